import { coverageOf, gapsIn, merged, type Range, type StoredManifest } from './manifest.ts'
import { orgsIn } from './read.ts'

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
