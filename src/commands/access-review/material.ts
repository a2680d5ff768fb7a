import { coverageOf } from '../../archive/coverage.ts'
import { allOrgs, assertArchive, loginOf, type StoredManifest } from '../../archive/manifest.ts'
import { foundationOf, namesIn, openPeriod, roleListings } from '../../archive/read.ts'
import type { AuditEvent } from '../../capi/event.ts'
import type { Role, Roles } from '../../capi/roles.ts'
import type { Context } from '../../context.ts'
import { NotFound } from '../../errors.ts'
import { behindMs, type Coverage, isUpToDate, keyOfRole, type Review } from '../../evidence/access-review.ts'
import { openReading, type ReadingRequest, readRoles } from '../../evidence/reading.ts'
import { namesOf, rolesIn } from '../../evidence/views.ts'
import { type Connection, clientFor, orgNamesInScope } from '../../options/connection.ts'
import { resolveScope, type Scope } from '../../options/scope.ts'
import { type RoleRow, rowsOf } from '../../reports/role-rows.ts'
import { joinNames, shellPath } from '../../text.ts'
import { keptSince, seconds } from '../../time.ts'

/** What a review is made of: roles, and events that say who granted them and who acted. */
export interface Material {
  readonly events: AsyncIterable<readonly AuditEvent[]>
  readonly roles: Roles
  /** By GUID. */
  readonly orgs: readonly string[] | 'all'
  /** A phrase, such as `demo-org`. */
  readonly where: string
  readonly seesRoles: boolean
  /** @param review that has noted every event. */
  conclude(review: Review): Promise<Basis>
}

/** What a review rests on, once the events are read. */
export interface Basis {
  readonly rows: readonly RoleRow[]
  readonly coverageOf: (orgGuid: string) => Coverage
  /** Which time the events of all orgs cover; undefined: none. */
  readonly time: { readonly from: string; readonly until: string } | undefined
  readonly eventsSeen: string
  /** Why it is not whole, in sentences. */
  readonly reasons: readonly string[]
}

const allOrgsLabel = 'all orgs you can see'
const rolesHidden = 'your roles may not show all space roles (you need Org Manager)'
const notFlagged = 'missing grants and inactive users are not flagged'

/** The roles and the events of now. */
export async function fromCloudFoundry(
  request: Omit<ReadingRequest, 'query'>,
  staleDays: number,
  context: Context,
): Promise<Material> {
  const started = context.now()
  const query = (where: object) => ({ types: undefined, ...where, order: 'time' as const })
  const reading = await openReading({ ...request, query }, context)
  const orgs = reading.where.orgGuids ?? ('all' as const)
  const { found, isWhole: seesRoles } = await readRoles(reading.client, reading.cf, orgs)
  const hidden = [
    ...(reading.visibility.sees === 'all' ? [] : ['all events']),
    ...(seesRoles ? [] : ['all space roles']),
  ]
  if (hidden.length > 0) {
    context.messages.warn(
      `your roles may not show ${joinNames(hidden)} of the org. For a complete review you need Org Auditor for the events and Org Manager for the space roles, or a global role.`,
    )
  }
  context.progress.expect(reading.listing.total)
  return {
    events: reading.listing.events,
    roles: found,
    orgs,
    where: reading.scope.label ?? allOrgsLabel,
    seesRoles,
    async conclude() {
      const { proof, visibility } = await reading.conclude()
      const { oldest, until } = proof
      const kept = keptSince(started)
      // Operators may keep events for less time: only the time from the oldest event on is known to be covered.
      const from = oldest !== undefined && oldest < kept ? kept : oldest
      const isWhole = visibility.sees === 'all'
      return {
        rows: rowsOf(found),
        coverageOf: () => ({ isWhole, from, until: started, staleDays }),
        time: from === undefined ? undefined : { from, until },
        eventsSeen: visibility.sees,
        reasons: [
          ...(isWhole ? [] : [`your roles do not show all events, so ${notFlagged} (you need Org Auditor)`]),
          ...(seesRoles ? [] : [rolesHidden]),
        ],
      }
    },
  }
}

/** The roles of now, and the events of an archive. */
export async function withArchive(
  archive: string,
  { scope, connection }: { readonly scope: Scope; readonly connection: Connection },
  staleDays: number,
  context: Context,
): Promise<Material> {
  await assertArchive(archive)
  const now = context.now()
  const cf = await context.cf(connection)
  const { host } = await loginOf(cf)
  const names = await orgNamesInScope(scope, cf, context)
  const client = clientFor(cf, names, connection, context)
  const { orgs, label } = await resolveScope(names, scope, cf, client)
  const { events, manifests } = await openPeriod(archive, orgs ?? [], {}, host)
  const guids = orgs?.map(({ guid }) => guid) ?? ('all' as const)
  const { found, isWhole: seesRoles } = await readRoles(client, cf, guids)
  const users = namesOf('user', await namesIn(archive, manifests))
  return {
    events,
    roles: found,
    orgs: guids,
    where: label ?? allOrgsLabel,
    seesRoles,
    async conclude() {
      const rows = rowsOf(found, users)
      const coverageOf = archivedCoverage(manifests, host, now, staleDays)
      const reasons = seesRoles ? [] : [rolesHidden]
      return basisOf(rows, coverageOf, reasons)
    },
  }
}

/**
 * The roles and the events of an archive: who held which role at a time. Roles are those of the first run after it, without
 * those that were granted in between, and with those of the run before it that were revoked in between.
 * @param words orgs, by name or GUID; none: all that the archive has.
 * @throws NotFound when the archive has no roles of these orgs.
 */
export async function fromArchive(
  archive: string,
  words: readonly string[],
  asked: string,
  staleDays: number,
): Promise<Material> {
  const { events, manifests, orgs } = await openPeriod(archive, words, { until: asked })
  const host = foundationOf(archive, orgs)
  const all = orgs.map(org => ({ org, listings: roleListings(archive, manifests, org) }))
  const label = joinNames(orgs.map(({ name }) => name))
  const newest = all
    .flatMap(({ listings }) => listings.at(-1)?.readAt ?? [])
    .sort()
    .at(-1)
  if (newest === undefined) {
    throw new NotFound(
      `the archive has no roles of ${label}.`,
      `With a login that can list them, run: cf-audit archive update ${shellPath(archive)}`,
    )
  }
  const at = asked < newest ? asked : newest
  const around = all.map(({ org, listings }) => ({
    org,
    before: listings.findLast(({ readAt }) => readAt < at),
    after: listings.find(({ readAt }) => readAt >= at),
  }))
  const linesOf = async (which: 'before' | 'after') =>
    (await Promise.all(around.map(each => each[which]?.lines() ?? []))).flat().map(line => JSON.parse(line))
  const earlier = await linesOf('before')
  const roles = rolesIn([...earlier, ...(await linesOf('after'))])
  const users = namesOf('user', await namesIn(archive, manifests))
  const used = around.flatMap(({ before, after }) => [before ?? [], after ?? []].flat())
  const seesRoles = used.every(({ isWhole }) => isWhole === true)
  const isOld = (readAt: string) => Date.parse(asked) - Date.parse(readAt) > behindMs
  const reasons = [
    ...around.flatMap(({ org: { name }, before, after }) => {
      const last = after ?? before
      if (last === undefined) return [`the archive has no roles of ${name}`]
      if (isOld(last.readAt)) return [`the last roles of ${name} in the archive are from ${last.readAt}`]
      if (before !== undefined || last.readAt === at) return []
      return [
        `the first roles of ${name} in the archive are from ${last.readAt}, so roles removed before then are missing`,
      ]
    }),
    ...(seesRoles ? [] : ['the archive may not have all space roles']),
  ]
  return {
    events,
    roles,
    orgs: orgs.some(({ guid }) => guid === allOrgs) ? 'all' : orgs.map(({ guid }) => guid),
    where: `${label} at ${at}`,
    seesRoles,
    async conclude(review) {
      const isBefore = ({ since }: Role) => since < at
      const later = roles.roles.slice(earlier.length).filter(isBefore)
      const known = new Set(later.map(keyOfRole))
      const since = around.map(({ before }) => before?.readAt ?? '').sort()[0] ?? ''
      const revoked = roles.roles
        .slice(0, earlier.length)
        .filter(role => isBefore(role) && !known.has(keyOfRole(role)) && !review.isRevoked(role, since))
      const rows = rowsOf({ ...roles, roles: [...later, ...revoked] }, users)
      return basisOf(rows, archivedCoverage(manifests, host, Date.parse(at), staleDays), reasons)
    },
  }
}

function archivedCoverage(
  manifests: readonly StoredManifest[],
  host: string,
  now: number,
  staleDays: number,
) {
  return (orgGuid: string): Coverage => {
    const covered = coverageOf(manifests, host, orgGuid).findLast(({ from }) => from < seconds(now))
    const kept = keptSince(now)
    return {
      isWhole: covered !== undefined,
      from: covered?.from,
      until: covered === undefined ? now : Math.min(now, Date.parse(covered.until)),
      staleDays,
      now,
      newFrom: covered !== undefined && covered.from > kept ? covered.from : kept,
    }
  }
}

/** What the events of an archive cover of the orgs of some roles. */
function basisOf(
  rows: readonly RoleRow[],
  coverageOf: Basis['coverageOf'],
  reasons: readonly string[],
): Basis {
  const orgs = [...new Map(rows.map(({ role, org }) => [role.orgGuid, org]))]
  const covered = orgs.map(([guid, name]) => ({ name, coverage: coverageOf(guid) }))
  const lacking = covered.filter(({ coverage }) => coverage.from === undefined)
  const late = covered.filter(({ coverage }) => coverage.from !== undefined && !isUpToDate(coverage))
  const namesIn = (those: typeof covered) =>
    joinNames(
      those.map(({ name }) => name),
      { most: 5 },
    )
  const known = covered.flatMap(({ coverage }) => (coverage.from === undefined ? [] : [coverage]))
  const from = known
    .map(each => each.from ?? '')
    .sort()
    .at(-1)
  const until = Math.min(...known.map(each => each.until))
  return {
    rows,
    coverageOf,
    time: from === undefined ? undefined : { from, until: seconds(until) },
    eventsSeen: lacking.length === 0 ? 'all' : `not those of ${namesIn(lacking)}`,
    reasons: [
      ...(lacking.length === 0 ? [] : [`the archive does not cover ${namesIn(lacking)}, so ${notFlagged}`]),
      ...(late.length === 0
        ? []
        : [
            `the archive covers ${namesIn(late)} only until ${seconds(Math.min(...late.map(({ coverage }) => coverage.until)))}, so inactive users are not flagged`,
          ]),
      ...reasons,
    ],
  }
}
