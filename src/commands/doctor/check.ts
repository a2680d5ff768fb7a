import type { AuditError } from '../../errors.ts'
import type { Facts } from './collect.ts'

/** The lines of the screen, in their order. Scripts read them: a name once given stays. */
export const names = [
  'cf',
  'cf-version',
  'other-cf',
  'trace',
  'settings',
  'api',
  'user',
  'session',
  'org',
  'api-v3',
  'api-v2',
  'visibility',
  'oldest-event',
  'clock',
] as const
/** The lines of --archive, below the others. */
export const archiveNames = ['archive', 'last-run', 'coverage'] as const
export type Name = (typeof names | typeof archiveNames)[number]

/** What was found on one line. */
export type Finding =
  | { readonly status: 'ok'; readonly finding: string }
  | { readonly status: 'warning'; readonly finding: string; readonly advice: string }
  | {
      readonly status: 'problem'
      readonly finding: string
      readonly advice: string
      readonly exitCode: number
    }
  /** Not looked at, because something before it failed or is not there: never a guess. */
  | { readonly status: 'skipped'; readonly finding: string; readonly advice?: string }

/** A line of the screen. */
export type Check = { readonly name: Name } & Finding

/** What makes a line of the facts; `done` holds the lines before it. */
export type CheckFn = (facts: Facts, done: ReadonlyMap<Name, Check>) => Finding

export const ok = (finding: string): Finding => ({ status: 'ok', finding })

export const warning = (finding: string, advice: string): Finding => ({ status: 'warning', finding, advice })

export const problem = (finding: string, advice: string, exitCode: number): Finding => ({
  status: 'problem',
  finding,
  advice,
  exitCode,
})

export const problemOf = ({ message, advice, exitCode }: AuditError): Finding =>
  problem(message, advice, exitCode)

export const needs = (name: Name): Finding => ({
  status: 'skipped',
  finding: `Skipped: needs ${name}.`,
})

/** The line that keeps another from being looked at, if one does: the first of them that failed. */
export function skippedBecause(
  done: ReadonlyMap<Name, Check>,
  ...names: readonly Name[]
): Finding | undefined {
  const failed = names.find(name => done.get(name)?.status === 'problem')
  if (failed !== undefined) return needs(failed)
  const unseen = names.map(name => done.get(name)).find(check => check?.status === 'skipped')
  // What kept that one from being looked at keeps this one, too.
  return unseen && { status: 'skipped', finding: unseen.finding }
}
