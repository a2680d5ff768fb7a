import { exitCodes } from '../../errors.ts'
import { type Check, type Look, type Name, names } from './check.ts'
import { lookAtApi, lookAtOrg, lookAtSession, lookAtUser, lookAtV2, lookAtV3 } from './cloud-foundry.ts'
import { lookAtClock, lookAtOldest, lookAtVisibility } from './events.ts'
import type { Facts } from './facts.ts'
import { lookAtCf, lookAtOthers, lookAtSettings, lookAtTrace, lookAtVersion } from './program.ts'

const looks: Readonly<Record<Name, Look>> = {
  cf: lookAtCf,
  'cf-version': lookAtVersion,
  'other-cf': lookAtOthers,
  trace: lookAtTrace,
  settings: lookAtSettings,
  api: lookAtApi,
  user: lookAtUser,
  session: lookAtSession,
  org: lookAtOrg,
  'api-v3': lookAtV3,
  'api-v2': lookAtV2,
  visibility: lookAtVisibility,
  'oldest-event': lookAtOldest,
  clock: lookAtClock,
}

/** What the facts mean, line by line, always all of them. */
export function checksOf(facts: Facts): Check[] {
  const done = new Map<Name, Check>()
  for (const name of names) done.set(name, { name, ...looks[name](facts, done) })
  return [...done.values()]
}

/** The worst of all lines. */
export function worstOf(checks: readonly Check[]): 'ok' | 'warning' | 'problem' {
  const has = (status: Check['status']) => checks.some(check => check.status === status)
  return has('problem') ? 'problem' : has('warning') ? 'warning' : 'ok'
}

/** The exit code: the highest of those that the problems have; warnings have none. */
export function exitCodeOf(checks: readonly Check[]): number {
  return Math.max(
    exitCodes.done,
    ...checks.map(check => (check.status === 'problem' ? check.exitCode : exitCodes.done)),
  )
}
