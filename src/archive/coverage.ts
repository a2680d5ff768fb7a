import type { Window } from '../options/window.ts'
import { allOrgs, type Range, type StoredManifest } from './manifest.ts'

/** Ranges in order, those that touch as one. */
export function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = []
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = result.at(-1)
    if (last !== undefined && range.from <= last.until) {
      if (range.until > last.until) result[result.length - 1] = { from: last.from, until: range.until }
    } else result.push(range)
  }
  return result
}

/** What is left of ranges within another between those that are covered. */
function gapsIn(covered: readonly Range[]): Range[] {
  return covered.slice(1).map((range, index) => ({ from: covered[index]!.until, until: range.from }))
}

/** The coverage of an org: its own, and that of all orgs together. */
export function coverageOf(manifests: readonly StoredManifest[], host: string, guid: string): Range[] {
  return merged(
    manifests
      .filter(({ manifest }) => manifest.foundation.host === host)
      .flatMap(({ manifest }) => manifest.orgs)
      .filter(org => org.guid === guid || org.guid === allOrgs)
      .flatMap(({ covers }) => covers ?? []),
  )
}

/** What of a time range no coverage holds; 'all' where nothing is covered. */
export function uncovered(covered: readonly Range[], { from, until }: Window): Range[] | 'all' {
  if (covered.length === 0) return 'all'
  const start = from ?? covered[0]!.from
  const end = until ?? covered.at(-1)!.until
  const within = covered
    .map(range => ({
      from: range.from > start ? range.from : start,
      until: range.until < end ? range.until : end,
    }))
    .filter(range => range.from < range.until)
  const edges = [{ from: start, until: start }, ...within, { from: end, until: end }]
  return gapsIn(edges).filter(gap => gap.from < gap.until)
}

/** The orgs of an archive, by foundation: the name that each had last. */
export function orgsIn(manifests: readonly StoredManifest[]): { host: string; guid: string; name: string }[] {
  const orgs = new Map<string, { host: string; guid: string; name: string }>()
  for (const { manifest } of manifests) {
    for (const { guid, name } of manifest.orgs) {
      const { host } = manifest.foundation
      orgs.set(`${host} ${guid}`, { host, guid, name })
    }
  }
  return [...orgs.values()]
}

/** A time range of an org: covered without exception, or not. */
export interface CoverageRow extends Range {
  readonly host: string
  readonly guid: string
  readonly org: string
  readonly state: 'covered' | 'deleted before it was read' | 'not covered' | 'nothing covered'
}

/** What an archive holds. */
export interface ArchiveStatus {
  readonly rows: readonly CoverageRow[]
  readonly events: number
  readonly runs: number
  /** The end of the last run; undefined for none. */
  readonly updated: string | undefined
  /** How many archived events Cloud Foundry no longer had before their time. */
  readonly vanished: number
}

/** What a chain of manifests says of the archive, without a look at its parts. */
export function statusOf(manifests: readonly StoredManifest[]): ArchiveStatus {
  const runs = manifests.flatMap(({ manifest }) =>
    manifest.orgs.map(org => ({ ...org, host: manifest.foundation.host })),
  )
  const rows = orgsIn(manifests).flatMap(({ host, guid, name }): CoverageRow[] => {
    const own = runs.filter(org => org.host === host && org.guid === guid)
    const covered = coverageOf(manifests, host, guid)
    const deleted = merged(own.flatMap(({ gap }) => gap ?? []))
    const row = { host, guid, org: name }
    const last = covered.at(-1)
    if (last === undefined) return [{ ...row, from: '', until: '', state: 'nothing covered' }]
    const isDeleted = ({ from, until }: Range) => deleted.some(gap => gap.from <= from && gap.until >= until)
    const open = deleted.filter(gap => gap.until > last.until)
    const gaps = [...gapsIn(covered), ...open].map(range => ({
      ...row,
      ...range,
      state: isDeleted(range) ? ('deleted before it was read' as const) : ('not covered' as const),
    }))
    return [...covered.map(range => ({ ...row, ...range, state: 'covered' as const })), ...gaps].sort(
      (a, b) => (a.from < b.from ? -1 : 1),
    )
  })
  return {
    rows,
    events: runs.flatMap(({ parts }) => parts).reduce((sum, { lines }) => sum + lines, 0),
    runs: manifests.length,
    updated: manifests.at(-1)?.manifest.ended,
    vanished: new Set(runs.flatMap(({ vanished }) => vanished)).size,
  }
}
