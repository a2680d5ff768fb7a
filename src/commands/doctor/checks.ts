import { exitCodes } from '../../errors.ts'
import { archiveNames, type Check, type CheckFn, type Name, names } from './check.ts'
import { checkArchive, checkCoverage, checkLastRun } from './check-archive.ts'
import {
  checkApi,
  checkClock,
  checkOldestEvent,
  checkOrg,
  checkSession,
  checkUser,
  checkV2,
  checkV3,
  checkVisibility,
} from './check-capi.ts'
import { checkCf, checkEnvironment, checkOtherCfs, checkTrace, checkVersion } from './check-cf.ts'
import type { Facts } from './collect.ts'

const looks: Readonly<Record<Name, CheckFn>> = {
  cf: checkCf,
  'cf-version': checkVersion,
  'other-cf': checkOtherCfs,
  trace: checkTrace,
  settings: checkEnvironment,
  api: checkApi,
  user: checkUser,
  session: checkSession,
  org: checkOrg,
  'api-v3': checkV3,
  'api-v2': checkV2,
  visibility: checkVisibility,
  'oldest-event': checkOldestEvent,
  clock: checkClock,
  archive: checkArchive,
  'last-run': checkLastRun,
  coverage: checkCoverage,
}

/** What the facts mean, line by line, always all of them; those of an archive where one is named. */
export function checksOf(facts: Facts): Check[] {
  const done = new Map<Name, Check>()
  const all = facts.archive === undefined ? names : [...names, ...archiveNames]
  for (const name of all) done.set(name, { name, ...looks[name](facts, done) })
  return [...done.values()]
}

/** The worst of all lines. */
export function worstOf(checks: readonly Check[]): 'ok' | 'warning' | 'problem' {
  const has = (status: Check['status']) => checks.some(check => check.status === status)
  return has('problem') ? 'problem' : has('warning') ? 'warning' : 'ok'
}

/** The highest exit code of the problems; warnings have none. */
export function exitCodeOf(checks: readonly Check[]): number {
  return Math.max(
    exitCodes.done,
    ...checks.map(check => (check.status === 'problem' ? check.exitCode : exitCodes.done)),
  )
}
