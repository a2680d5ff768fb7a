import { type AuditEvent, asGuid, readEvent, textAt } from '../capi/event.ts'
import { GuidSet } from '../capi/guid-set.ts'
import { NotFound, UsageError } from '../errors.ts'
import { placeNamesFrom, rolesFrom } from '../evidence/views.ts'
import type { NamedResource } from '../options/scope.ts'
import type { Window } from '../options/window.ts'
import { shellPath } from '../text.ts'
import { coverageOf, orgsIn, uncovered } from './coverage.ts'
import {
  allOrgs,
  assertArchive,
  type Manifest,
  type Range,
  readChain,
  type StoredManifest,
} from './manifest.ts'
import { type EventPart, linesOfPart } from './parts.ts'

/** What to read of an archive. */
interface ArchiveQuery {
  /** undefined: all. */
  readonly host?: string | undefined
  /** GUIDs; undefined: all. */
  readonly orgGuids?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly until?: string | undefined
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

/** A period of an archive. */
export interface Period {
  readonly manifests: readonly StoredManifest[]
  /** Each with the time that is covered without exception. */
  readonly orgs: readonly (NamedResource & { readonly host: string; readonly covered: readonly Range[] })[]
  /** Each event once, in the order of the parts: by month, then by run. */
  readonly events: AsyncGenerator<AuditEvent[]>
  /** What of the period is not known to be archived, in sentences; empty: all of it is. */
  readonly reasons: readonly string[]
}

/**
 * Opens a period of an archive.
 * @param words orgs, by name or GUID; none: all that the archive has.
 * @param host of the foundation; undefined: any.
 * @throws NotFound for an org that the archive does not have; UsageError when it has none.
 */
export async function openPeriod(
  archive: string,
  words: readonly (string | NamedResource)[],
  window: Window,
  host?: string,
): Promise<Period> {
  await assertArchive(archive)
  const all = await readChain(archive)
  const manifests = all.filter(
    ({ manifest }) => (host ?? manifest.foundation.host) === manifest.foundation.host,
  )
  if (manifests.length === 0) {
    throw new UsageError(
      `${archive} has no runs${host === undefined ? '' : ` of ${host}`}.`,
      `First run: cf-audit archive update ${shellPath(archive)}`,
    )
  }
  const found = await orgsOf(archive, manifests, words)
  const orgs = found.map(org => ({ ...org, covered: coverageOf(manifests, org.host, org.guid) }))
  const query = { orgGuids: words.length === 0 ? undefined : orgs.map(({ guid }) => guid), host, ...window }
  const reasons = orgs.flatMap(({ name, covered }) => {
    const gaps = uncovered(covered, window)
    if (gaps === 'all') return [`the archive does not cover ${name}`]
    return gaps.map(({ from, until }) => `the archive does not cover ${name} from ${from} to ${until}`)
  })
  return { manifests, orgs, events: eventsIn(archive, partsFor(manifests, query), query), reasons }
}

async function orgsOf(
  archive: string,
  manifests: readonly StoredManifest[],
  words: readonly (string | NamedResource)[],
) {
  const known = orgsIn(manifests)
  if (words.length === 0) {
    const lists = known.filter(({ guid }) => guid === allOrgs)
    return [...lists, ...known.filter(({ host }) => !lists.some(list => list.host === host))]
  }
  const isWanted = (word: string | NamedResource, { guid, name }: NamedResource) =>
    typeof word === 'string' ? name === word || guid === asGuid(word) : guid === word.guid
  const listed = await listedOrgs(archive, manifests, words, isWanted)
  const all = [...known, ...listed.filter(({ guid }) => !known.some(org => org.guid === guid))]
  return words.flatMap(word => {
    const found = all.filter(org => isWanted(word, org))
    if (found.length > 0) return found
    const former = known.filter(({ host, guid }) =>
      manifests.some(
        ({ manifest: { foundation, orgs } }) =>
          foundation.host === host && orgs.some(org => org.guid === guid && org.name === word),
      ),
    )
    if (former.length > 0) return former
    throw new NotFound(
      `the archive has no org named ${typeof word === 'string' ? word : word.name}.`,
      `To see the orgs that it has, run: cf-audit archive status ${shellPath(archive)}`,
    )
  })
}

/** The orgs that listings of all orgs have brought, which are known by their names alone: the newest name first. */
async function listedOrgs<Word>(
  archive: string,
  manifests: readonly StoredManifest[],
  words: readonly Word[],
  isWanted: (word: Word, org: NamedResource) => boolean,
) {
  const found = new Map<string, NamedResource & { host: string }>()
  const lists = manifests.filter(({ manifest }) => manifest.orgs.some(({ guid }) => guid === allOrgs))
  for (const stored of lists.toReversed()) {
    if (words.every(word => [...found.values()].some(org => isWanted(word, org)))) break
    const { host } = stored.manifest.foundation
    for (const [guid, name] of placeNamesFrom(await namesIn(archive, [stored])).orgs)
      if (!found.has(guid)) found.set(guid, { host, guid, name })
  }
  return [...found.values()]
}

/** @throws UsageError for orgs of several foundations. */
export function foundationOf(archive: string, orgs: Period['orgs']): string {
  const hosts = new Set(orgs.map(({ host }) => host))
  if (hosts.size === 1) return orgs[0]!.host
  throw new UsageError(
    `${archive} has orgs of several foundations: ${[...hosts].join(', ')}.`,
    'Name orgs of one of them, by GUID where their names are the same.',
  )
}

/** The roles of an org, as a run listed them. */
export interface RoleListing {
  readonly run: Manifest
  readonly readAt: string
  /** Whether the user could list every role; undefined: the run does not say. */
  readonly isWhole: boolean | undefined
  /** As in roles.ndjson. @throws Failed for a part that is missing or damaged. */
  lines(): Promise<string[]>
}

/** Every listing of the roles of an org, the oldest first. */
export function roleListings(
  archive: string,
  manifests: readonly StoredManifest[],
  { host, guid }: { readonly host: string; readonly guid: string },
): RoleListing[] {
  return manifests.flatMap(({ manifest: run }): RoleListing[] => {
    if (run.foundation.host !== host) return []
    const own = run.orgs.find(org => org.guid === guid) ?? run.orgs.find(org => org.guid === allOrgs)
    const part = own?.roles
    if (!part) return []
    async function lines() {
      const texts: string[] = []
      for await (const line of linesOfPart(archive, part!)) {
        const text = line.toString('utf8')
        const [role] = rolesFrom([JSON.parse(text)])
        if (own?.guid === guid || role?.role.orgGuid === guid) texts.push(`${text}\n`)
      }
      return texts
    }
    return [{ run, readAt: part.read_at, isWhole: part.whole, lines }]
  })
}

/** Everything that runs have named, the newest of each: by GUID, as in names.json. */
export async function namesIn(
  archive: string,
  manifests: readonly StoredManifest[],
): Promise<Record<string, unknown>> {
  const names: Record<string, unknown> = {}
  for (const { manifest } of manifests) {
    for (const { names: part } of manifest.orgs) {
      if (part === null) continue
      for await (const line of linesOfPart(archive, part)) {
        const { guid, ...entry } = JSON.parse(line.toString('utf8')) as Record<string, unknown>
        const known = names[String(guid)]
        if (known === undefined || textAt(entry, 'name') !== '') names[String(guid)] = entry
      }
    }
  }
  return names
}
