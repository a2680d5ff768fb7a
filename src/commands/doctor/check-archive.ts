import { statusOf } from '../../archive/coverage.ts'
import { exitCodes } from '../../errors.ts'
import { joinNames, plural, shellPath } from '../../text.ts'
import { type CheckFn, ok, problem, problemOf, skippedBecause, warning } from './check.ts'
import type { Facts } from './collect.ts'

// The lines about an archive.

const hour = 3600_000
// A job that runs every day may take some time.
const lateMs = 26 * hour

/** What an archive holds, once it has been found whole. */
const stateOf = ({ archive }: Facts) => statusOf(archive?.value?.manifests ?? [])

const updateDaily = ({ archive }: Facts) =>
  `Run this every day: cf-audit archive update ${shellPath(archive?.path ?? '')}`

export const checkArchive: CheckFn = facts => {
  const { path, error, value } = facts.archive ?? { path: '' }
  if (error !== undefined) return problemOf(error)
  if (value?.damage !== undefined) {
    return problem(
      `${path} is damaged: ${value.damage}.`,
      `Restore the files from a backup. To list all damage, run: cf-audit verify ${shellPath(path)}`,
      exitCodes.incomplete,
    )
  }
  const { runs, events } = stateOf(facts)
  if (runs === 0) return warning(`${path} has no runs.`, updateDaily(facts))
  return ok(`${path}: ${plural(events, 'event')} in ${plural(runs, 'run')}; all files are there`)
}

export const checkLastRun: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'archive')
  const { updated } = stateOf(facts)
  if (stop !== undefined || updated === undefined) return stop ?? { status: 'skipped', finding: 'No runs.' }
  const age = facts.now - Date.parse(updated)
  const hours = Math.max(0, Math.floor(age / hour))
  const ago = `${updated}, ${hours < 48 ? plural(hours, 'hour') : plural(Math.floor(hours / 24), 'day')} ago`
  return age <= lateMs ? ok(ago) : warning(`${ago}.`, updateDaily(facts))
}

const most = 3

export const checkCoverage: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'archive')
  const { rows, runs, updated = '' } = stateOf(facts)
  if (stop !== undefined || runs === 0) return stop ?? { status: 'skipped', finding: 'No runs.' }
  const lasts = new Map(rows.map(row => [`${row.host} ${row.guid}`, row]))
  const behind = [...lasts.values()].filter(
    ({ state, until }) => state === 'covered' && Date.parse(updated) - Date.parse(until) > lateMs,
  )
  const gaps = rows.filter(({ state }) => state !== 'covered')
  const faults = [
    ...gaps.map(({ org, from, until, state }) =>
      from === '' ? `${org}: ${state}` : `${org}: ${from} to ${until} ${state}`,
    ),
    ...behind.map(({ org, until }) => `${org}: covered only until ${until}`),
  ]
  if (faults.length > 0) {
    const { path } = facts.archive ?? { path: '' }
    const rest = faults.length > most ? `; and ${faults.length - most} more` : ''
    return warning(
      `${faults.slice(0, most).join('; ')}${rest}.`,
      `Coverage needs a run every day, with Org Auditor or a global role. To see it, run: cf-audit archive status ${shellPath(path)}`,
    )
  }
  const from = rows.map(row => row.from).sort()
  const where = joinNames([...new Set(rows.map(({ org }) => org))], { most })
  return ok(`${where}, without gaps since ${from.at(-1)}`)
}
