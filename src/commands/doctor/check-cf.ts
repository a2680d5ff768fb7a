import { CfUnusable, exitCodes } from '../../errors.ts'
import { shellLine, shellWord } from '../../text.ts'
import {
  type CheckFn,
  type Finding,
  needs,
  ok,
  problem,
  problemOf,
  skippedBecause,
  warning,
} from './check.ts'
import type { Facts } from './collect.ts'

// The lines about the program `cf` and its settings.

export const checkCf: CheckFn = ({ cf }) => {
  if (cf.error) return problemOf(cf.error)
  const { path, by } = cf.value
  return ok(by === 'PATH' ? `${path}, on your PATH` : `${path}, named by ${by}`)
}

export const checkVersion: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'cf')
  const { versionInfo } = facts
  if (stop !== undefined || versionInfo === undefined) return stop ?? needs('cf-version')
  if (versionInfo.error instanceof CfUnusable) return problemOf(versionInfo.error)
  if (versionInfo.error) {
    // cf prints its version at once, even when everything else fails.
    return problem(versionInfo.error.message, nameTheRight(facts), exitCodes.cfUnusable)
  }
  const { version, says, knownBugs } = versionInfo.value
  if (version === 'unknown') return checkUnknownProgram(facts, says)

  const number = version.join('.')
  const costly = knownBugs.filter(({ effect }) => effect === 'costs').map(({ what }) => what)
  if (costly.length > 0) {
    return warning(`${number}: ${costly.join('; ')}.`, 'Update to the latest cf v8; large exports gain most.')
  }
  const mended = knownBugs.map(({ what }) => what)
  return ok(mended.length === 0 ? number : `${number}. Known bugs (worked around): ${mended.join('; ')}.`)
}

function checkUnknownProgram(facts: Facts, says: string): Finding {
  const saying = says === '' ? 'says nothing' : `says "${says}"`
  if (answers(facts)) {
    return warning(
      `Not the Cloud Foundry CLI itself: it ${saying}. It works, so it may be a wrapper.`,
      'If you do not know this wrapper, name the Cloud Foundry CLI with --cf PATH or CF_AUDIT_CF.',
    )
  }
  const isAnotherCf = /^(cf|cloudflare)[ /@]v?\d/i.test(says)
  return problem(
    `Not the Cloud Foundry CLI: asked for its version, it ${saying}.${isAnotherCf ? ' Cloudflare also ships a program named cf.' : ''}`,
    nameTheRight(facts),
    exitCodes.cfUnusable,
  )
}

function nameTheRight({ otherCfs }: Facts): string {
  const right = otherCfs?.find(({ isCloudFoundry }) => isCloudFoundry)
  return right === undefined
    ? 'Install the Cloud Foundry CLI, or name it with --cf PATH or CF_AUDIT_CF.'
    : `Name the Cloud Foundry CLI with --cf ${shellWord(right.path)}, or set CF_AUDIT_CF to it.`
}

/** Whether any question was answered by Cloud Foundry. */
function answers({ root, session, v3, v2 }: Facts): boolean {
  return [root, session, v3, v2].some(known => known?.value !== undefined)
}

export const checkOtherCfs: CheckFn = ({ cf, otherCfs }, done) => {
  const stop = skippedBecause(done, 'cf')
  if (stop !== undefined || otherCfs === undefined || cf.error) return stop ?? needs('cf-version')
  const strangers = otherCfs.filter(({ isCloudFoundry }) => !isCloudFoundry)
  const list = (those: typeof otherCfs) =>
    those.map(({ path, says }) => (says === '' ? path : `${path} ("${says}")`)).join(', ')
  // Behind the one on PATH they do no harm.
  if (strangers.length > 0 && cf.value.by !== 'PATH') {
    return warning(
      `Also on your PATH, and not the Cloud Foundry CLI: ${list(strangers)}.`,
      `When a message says to run cf login, run ${shellLine([cf.value.path, 'login'])}.`,
    )
  }
  return ok(
    otherCfs.length === 0
      ? 'no other program of that name on your PATH'
      : `also on your PATH: ${list(otherCfs)}`,
  )
}

const untrace = 'Run cf config --trace false.'

export const checkTrace: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'cf', 'cf-version')
  const { settings, versionInfo } = facts
  if (stop !== undefined || settings === undefined) return stop ?? needs('cf-version')
  const { trace } = settings
  if (trace === 'off') return ok('off')
  if (trace === 'stdout') {
    const version = versionInfo?.value?.version ?? 'unknown'
    const major = version === 'unknown' ? undefined : version[0]
    // v6 and v7 join the setting and the environment by OR (cf/trace, NewLogger).
    if (major !== 6 && major !== 7) return ok('on (cf config --trace), and turned off for cf-audit')
    return problem(
      `On (cf config --trace), and cf v${major} cannot turn it off for one call: it prints a trace instead of the response.`,
      untrace,
      exitCodes.cfUnusable,
    )
  }
  if (!trace.isWritable) {
    return problem(
      `To ${trace.file} (cf config --trace), which cannot be written: cf hangs.`,
      untrace,
      exitCodes.cfUnusable,
    )
  }
  return warning(
    `To ${trace.file} (cf config --trace): cf also writes every response there, including events.`,
    `${untrace} Then delete the file.`,
  )
}

export const checkEnvironment: CheckFn = ({ settings }, done) => {
  const stop = skippedBecause(done, 'cf')
  if (stop !== undefined || settings === undefined) return stop ?? needs('cf-version')
  const { variables } = settings
  if (variables.length === 0) return ok('no environment variables interfere with cf')
  return ok(`${variables.join(', ')}: set, but ignored by cf-audit`)
}
