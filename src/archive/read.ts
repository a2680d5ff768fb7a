import { type AuditEvent, readEvent, textAt } from '../capi/event.ts'
import { GuidSet } from '../capi/guid-set.ts'
import {
  coverageOf,
  type EventPart,
  gapsIn,
  type Range,
  readManifests,
  type StoredManifest,
} from './manifest.ts'
import { linesOfPart } from './parts.ts'

/** What to read of an archive. */
export interface ArchiveQuery {
  /** undefined: all. */
  readonly host?: string | undefined
  /** GUIDs; undefined: all. */
  readonly orgGuids?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly until?: string | undefined
}

/** Events of an archive. */
export interface ArchiveReading {
  /** Each event once, in the order of the parts: by month, then by run. */
  readonly events: AsyncGenerator<AuditEvent[]>
  /** What of the time range is not known to be archived, for each org. */
  readonly missing: readonly { readonly org: string; readonly gaps: readonly Range[] | 'all' }[]
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

/** The parts with events of a query, those of other months and orgs left out. */
export function partsFor(
  manifests: readonly StoredManifest[],
  { host, orgGuids, from, until }: ArchiveQuery,
): EventPart[] {
  return manifests
    .filter(({ manifest }) => host === undefined || manifest.foundation.host === host)
    .flatMap(({ manifest }) => manifest.orgs)
    .flatMap(({ parts }) => parts)
    .filter(({ path }) => orgGuids === undefined || orgGuids.some(guid => path.includes(`/org=${guid}/`)))
    .filter(
      ({ first, last }) => (from === undefined || last >= from) && (until === undefined || first < until),
    )
    .sort((a, b) => (a.first < b.first ? -1 : 1))
}

/** @throws Failed for a part that is missing or damaged. */
export async function* eventsIn(
  archive: string,
  parts: readonly EventPart[],
  query: ArchiveQuery,
): AsyncGenerator<AuditEvent[]> {
  const { from, until } = query
  const seen = new GuidSet()
  for (const part of parts) {
    let page: AuditEvent[] = []
    for await (const line of linesOfPart(archive, part)) {
      const event = readEvent(line, 'v3', `an event of ${part.path}`)
      if ((from !== undefined && event.time < from) || (until !== undefined && event.time >= until)) continue
      if (seen.add(event.guid) !== undefined) continue
      page.push(event)
      if (page.length < 1000) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }
}

/** Opens the events of a time range. */
export async function readArchive(archive: string, query: ArchiveQuery): Promise<ArchiveReading> {
  const manifests = await readManifests(archive)
  const wanted = orgsIn(manifests).filter(({ guid }) => query.orgGuids?.includes(guid) ?? true)
  return {
    events: eventsIn(archive, partsFor(manifests, query), query),
    missing: wanted.map(({ host, guid, name }) => ({
      org: name,
      gaps: uncovered(coverageOf(manifests, host, guid), query),
    })),
  }
}

/** What of a time range no coverage holds; 'all' where nothing is covered. */
export function uncovered(covered: readonly Range[], { from, until }: ArchiveQuery): Range[] | 'all' {
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

/** Everything that an archive knows a name of, the newest of each, by GUID: from the runs that ended since a time. */
export async function archivedNames(
  archive: string,
  manifests: readonly StoredManifest[],
  since?: string,
): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const { manifest } of manifests) {
    if (since !== undefined && manifest.ended < since) continue
    for (const { names } of manifest.orgs) {
      if (names === null) continue
      for await (const line of linesOfPart(archive, names)) {
        const { guid, ...entry } = JSON.parse(line.toString('utf8')) as Record<string, unknown>
        const known = all[String(guid)]
        if (known === undefined || textAt(entry, 'name') !== '') all[String(guid)] = entry
      }
    }
  }
  return all
}
