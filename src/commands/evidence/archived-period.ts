import { coverageOf, readManifests, type StoredManifest } from '../../archive/manifest.ts'
import { linesOfPart } from '../../archive/parts.ts'
import { archivedNames, eventsIn, orgsIn, partsFor, uncovered } from '../../archive/read.ts'
import { allOrgs } from '../../archive/update.ts'
import { type AuditEvent, asGuid } from '../../capi/event.ts'
import { NotFound, UsageError } from '../../errors.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import { placeNamesFrom, rolesFrom } from '../../evidence/views.ts'
import type { NamedResource } from '../../options/scope.ts'
import type { Window } from '../../options/window.ts'

/** What an archive has of a period. */
export interface ArchivedPeriod {
  readonly events: AsyncGenerator<AuditEvent[]>
  /** By GUID, as names.json has them. */
  readonly names: Readonly<Record<string, unknown>>
  /** Lines of roles.ndjson: those of the first run after the period, or else of the last one. */
  readonly roleLines: readonly string[]
  /** undefined: all that the archive has of its foundation. */
  readonly orgs: readonly NamedResource[] | undefined
  /** The run that read the roles: who was logged in, where, and when. */
  readonly run: StoredManifest['manifest']
  /** The newest one, which vouches for all before it. */
  readonly newest: { readonly file: string; readonly sha256: string }
  /** The end of what is covered; undefined: nothing is. */
  readonly until: string | undefined
  /** Since when all of it is covered up to the end of the period; undefined: it is not. */
  readonly coveredFrom: string | undefined
  readonly verdict: Verdict
}

/**
 * Opens a period of an archive.
 * @param words orgs, by name or GUID; none: all that the archive has.
 * @throws NotFound for an org that the archive does not have; UsageError for orgs of several foundations.
 */
export async function openPeriod(
  archive: string,
  words: readonly string[],
  window: Window,
): Promise<ArchivedPeriod> {
  const manifests = await readManifests(archive)
  const orgs = await orgsOf(archive, manifests, words)
  const hosts = new Set(orgs.map(({ host }) => host))
  const [host] = hosts
  if (host === undefined) {
    throw new UsageError(`${archive} is not an archive with a run.`, "Run 'cf-audit archive update' first.")
  }
  if (hosts.size > 1) {
    throw new UsageError(
      `${archive} has orgs of several foundations: ${[...hosts].join(', ')}.`,
      'Name orgs of one of them.',
    )
  }
  const newest = manifests.at(-1)!
  const own = manifests.filter(({ manifest }) => manifest.foundation.host === host)
  const isAll = orgs.some(({ guid }) => guid === allOrgs)
  const guids = orgs.map(({ guid }) => guid)
  const query = { host, orgGuids: isAll ? undefined : guids, ...window }
  const coverage = orgs.map(org => ({ ...org, covered: coverageOf(manifests, host, org.guid) }))
  const reasons = coverage.flatMap(({ name, covered }) => {
    const gaps = uncovered(covered, window)
    if (gaps === 'all') return [`the archive does not cover ${name}`]
    return gaps.map(({ from, until }) => `the archive does not cover ${name} from ${from} to ${until}`)
  })
  const starts = coverage.map(({ covered }) => covered.at(-1)?.from)
  const ends = coverage.flatMap(({ covered }) => covered.at(-1)?.until ?? [])
  const { run, roleLines } = await rolesAfter(archive, own, guids, window.until)
  return {
    events: eventsIn(archive, partsFor(manifests, query), query),
    names: await archivedNames(archive, own),
    roleLines,
    orgs: isAll ? undefined : orgs.map(({ guid, name }) => ({ guid, name })),
    run,
    newest: { file: newest.file, sha256: newest.sha256 },
    until: ends.sort()[0],
    coveredFrom: starts.some(each => each === undefined) ? undefined : starts.sort().at(-1),
    verdict: { state: reasons.length === 0 ? 'complete' : 'unprovable', reasons },
  }
}

async function orgsOf(archive: string, manifests: readonly StoredManifest[], words: readonly string[]) {
  const known = orgsIn(manifests)
  if (words.length === 0) {
    const all = known.filter(({ guid }) => guid === allOrgs)
    return all.length > 0 ? all : known
  }
  // What a listing of all orgs has brought is known by its names alone.
  const { orgs } = placeNamesFrom(await archivedNames(archive, manifests))
  const host = known.find(({ guid }) => guid === allOrgs)?.host
  const listed =
    host === undefined
      ? []
      : [...orgs]
          .filter(([guid]) => !known.some(org => org.guid === guid))
          .map(([guid, name]) => ({ host, guid, name }))
  return words.flatMap(word => {
    const found = [...known, ...listed].filter(({ guid, name }) => name === word || guid === asGuid(word))
    if (found.length > 0) return found
    throw new NotFound(
      `the archive has no org named ${word}.`,
      "'cf-audit archive status' lists the orgs that it has.",
    )
  })
}

/** The roles of each org as the first run after a time listed them, or else the last run. */
async function rolesAfter(
  archive: string,
  manifests: readonly StoredManifest[],
  guids: readonly string[],
  after: string | undefined,
) {
  const roleLines: string[] = []
  let run = manifests.at(-1)!.manifest
  let readAt = ''
  for (const guid of guids) {
    const listed = manifests.flatMap(({ manifest }) => {
      const own =
        manifest.orgs.find(org => org.guid === guid) ?? manifest.orgs.find(org => org.guid === allOrgs)
      return own?.roles ? [{ manifest, part: own.roles, isOwn: own.guid === guid }] : []
    })
    const found = listed.find(({ part }) => after !== undefined && part.read_at >= after) ?? listed.at(-1)
    if (found === undefined) continue
    for await (const line of linesOfPart(archive, found.part)) {
      const text = line.toString('utf8')
      const [role] = rolesFrom([JSON.parse(text)])
      if (found.isOwn || role?.role.orgGuid === guid) roleLines.push(`${text}\n`)
    }
    if (found.part.read_at > readAt) {
      readAt = found.part.read_at
      run = found.manifest
    }
  }
  return { run, roleLines }
}
