import { type AuditEvent, asGuid, textAt, valueAt } from '../capi/event.ts'
import type { Included } from '../capi/resource-list.ts'
import type { Role } from '../capi/roles.ts'
import { type Column, column } from '../reports/columns.ts'
import { eventType } from '../reports/event-types.ts'
import type { Source, Tabular } from '../reports/formats.ts'
import { type RoleRow, roleName, roleSource, userColumns, userOf } from '../reports/role-rows.ts'
import { seconds } from '../time.ts'

/** A current role, or one of an earlier review, with what the events say about it. */
export interface ReviewRow extends RoleRow {
  readonly account: 'person' | 'service account' | 'client' | 'gone' | 'unknown'
  readonly isPrivileged: boolean
  /** The event that granted it; undefined when none is known. */
  readonly grant: GrantEvent | undefined
  /** The time of the newest event by this user; '' when none is known. Not a login: those leave no event. */
  readonly lastSeen: string
  readonly flags: readonly Flag[]
  /** What changed since an earlier review. 'not listed before': the role is older than that review, which lacks it. */
  readonly change: '' | 'added' | 'removed' | 'not listed before'
  /** The event that made the change; undefined when none is known. */
  readonly changeEvent: GrantEvent | undefined
}

/** An event that granted or revoked a role. */
export interface GrantEvent {
  readonly guid: string
  readonly time: string
  readonly actor: string
  readonly actorGuid: string
}

export type Flag =
  | 'new'
  | 'no-grant-event'
  | `not-seen-in-${number}-days`
  | 'self-granted'
  | 'only-manager'
  | 'gone'
  | 'service-account'

/** What the events of a review cover, and so what it may claim. */
export interface Coverage {
  /** Whether every event of the orgs can be seen. */
  readonly isWhole: boolean
  /** From when on all events are known, as `YYYY-MM-DDThh:mm:ssZ`; undefined: from no time on. */
  readonly from: string | undefined
  /** Until when they are, in milliseconds since 1970. */
  readonly until: number
  readonly staleDays: number
  /** The time of the roles, where the events end before; else the same. */
  readonly now?: number
  /** Since when a grant is new, where the events go back further; else `from`. */
  readonly newFrom?: string | undefined
}

// An archive that is updated every day ends at most so long before the roles are read.
export const behindMs = 26 * 3600_000

/** Whether the events are recent enough to say since when somebody has not acted. */
export const isUpToDate = ({ until, now = until }: Coverage) => now - until <= behindMs

/** Those who change things or read credentials. */
const privileged = new Set(['organization_manager', 'space_manager', 'space_developer', 'space_supporter'])

const roleEvent = /^audit\.user\.(\w+)_(add|remove)$/

/** Whether the actor of an event acted. Builds and crashes name a user who did not; SSH access names one who did. */
const isAct = (type: string) =>
  eventType(type)?.writer !== 'the platform' || type.startsWith('audit.app.ssh-')

/** A role of an earlier review or listing. */
export interface FormerRole {
  readonly type: string
  readonly userGuid: string
  readonly orgGuid: string
  readonly spaceGuid: string
  readonly since: string
  readonly userName: string
  readonly origin: string
  /** By name, or by GUID where the file lacks the name. */
  readonly org: string
  readonly space: string
  readonly resource: unknown
}

/** An earlier review, or a listing of roles. */
export interface FormerReview {
  readonly roles: readonly FormerRole[]
  /** Whether the current reader could see a role if somebody still held it. */
  readonly isVisible: (role: FormerRole) => boolean
}

export type Review = ReturnType<typeof createReview>

/** Collects what events say about users and their roles. It grows with users and grants, not with events. */
export function createReview() {
  const grants = new Map<string, GrantEvent[]>()
  const revocations = new Map<string, GrantEvent[]>()
  const lastSeen = new Map<string, string>()

  return {
    note(event: AuditEvent): void {
      const { actor, type, time } = event
      const seen = `${actor.guid} ${event.orgGuid}`
      if (isAct(type) && time > (lastSeen.get(seen) ?? '')) lastSeen.set(seen, time)
      const [, role, action] = roleEvent.exec(type) ?? []
      if (role === undefined) return
      const place = role.startsWith('space_') ? event.spaceGuid : event.orgGuid
      const key = keyOf(event.target.guid, role, place)
      const noted = {
        guid: event.guid,
        time,
        actor: actor.username || actor.name || actor.guid,
        actorGuid: actor.guid,
      }
      const all = action === 'add' ? grants : revocations
      const known = all.get(key)
      if (known === undefined) all.set(key, [noted])
      else known.push(noted)
    },

    /** Whether an event shows that a role was revoked after a time. */
    isRevoked: (role: FormerRole | Role, after: string) =>
      (revocations.get(keyOfRole(role)) ?? []).some(({ time }) => time >= after),

    /**
     * The rows of a review.
     * @param coverageOf what the events cover of an org, by GUID.
     * @param former an earlier review; undefined: nothing is compared.
     */
    rows(
      roles: readonly RoleRow[],
      coverageOf: (orgGuid: string) => Coverage,
      former?: FormerReview,
    ): ReviewRow[] {
      const managers = new Map<string, number>()
      for (const { role } of roles) {
        if (role.type === 'organization_manager')
          managers.set(role.orgGuid, (managers.get(role.orgGuid) ?? 0) + 1)
      }
      const before = former && new Set(former.roles.map(keyOfRole))
      // A role that is no newer than those of the earlier review existed then, but its reader could not see it.
      const formerRead = (former?.roles ?? []).reduce(
        (newest, { since }) => (since > newest ? since : newest),
        '',
      )
      const now = new Set(roles.map(({ role }) => keyOfRole(role)))
      const current = roles.map((row): ReviewRow => {
        const key = keyOfRole(row.role)
        const grant = grantOf(row.role.since, grants.get(key) ?? [], revocations.get(key) ?? [])
        const isMissing = before !== undefined && !before.has(key)
        const isAdded = isMissing && row.role.since > formerRead
        const base = {
          ...row,
          account: accountOf(row),
          isPrivileged: privileged.has(row.role.type),
          grant,
          lastSeen: lastSeen.get(`${row.role.userGuid} ${row.role.orgGuid}`) ?? '',
          change: isAdded ? ('added' as const) : isMissing ? ('not listed before' as const) : ('' as const),
          changeEvent: isAdded ? grant : undefined,
        }
        return {
          ...base,
          flags: flagsOf(base, coverageOf(row.role.orgGuid), managers.get(row.role.orgGuid) ?? 0),
        }
      })
      const removed = (former?.roles ?? [])
        .filter(role => !now.has(keyOfRole(role)) && former?.isVisible(role))
        .map((role): ReviewRow => {
          const all = revocations.get(keyOfRole(role)) ?? []
          return removedRow(role, newestOf(all.filter(({ time }) => time >= role.since)))
        })
      return [...current, ...removed]
    },
  }
}

const keyOf = (user: string, type: string, place: string) => `${user} ${type} ${place}`
export const keyOfRole = ({
  userGuid,
  type,
  spaceGuid,
  orgGuid,
}: Pick<FormerRole, 'userGuid' | 'type' | 'spaceGuid' | 'orgGuid'>) =>
  keyOf(userGuid, type, type.startsWith('space_') ? spaceGuid : orgGuid)

const newestOf = (events: readonly GrantEvent[]) =>
  events.reduce<GrantEvent | undefined>(
    (newest, each) => (newest === undefined || each.time >= newest.time ? each : newest),
    undefined,
  )

// An event is written within the request that makes the role, a moment later.
const requestMs = 5000

/**
 * The event that granted a role: the one nearest to the role's own time, and not later than a request may take. Grants that
 * fail or repeat an existing role leave events as well. A grant that was revoked before the role's time is ruled out.
 */
function grantOf(
  since: string,
  grants: readonly GrantEvent[],
  revocations: readonly GrantEvent[],
): GrantEvent | undefined {
  const made = Date.parse(since)
  const after = grants.filter(({ time }) => time >= since && Date.parse(time) - made <= requestMs)
  const before = grants.filter(
    ({ time }) => time < since && !revocations.some(each => each.time > time && each.time <= since),
  )
  const first = after.reduce<GrantEvent | undefined>(
    (oldest, each) => (oldest === undefined || each.time < oldest.time ? each : oldest),
    undefined,
  )
  const last = newestOf(before)
  if (first === undefined || last === undefined) return first ?? last
  return made - Date.parse(last.time) < Date.parse(first.time) - made ? last : first
}

/** The user name of a service account of cloud.gov is a GUID. */
function accountOf({ holder, userName }: RoleRow): ReviewRow['account'] {
  if (holder !== 'user') return holder
  return asGuid(userName) === undefined ? 'person' : 'service account'
}

function flagsOf(row: Omit<ReviewRow, 'flags'>, coverage: Coverage, managers: number): Flag[] {
  const flags: Flag[] = []
  const { isWhole, from, until, staleDays, now = until, newFrom = from } = coverage
  const { role, grant, lastSeen, account } = row
  const isCovered = from !== undefined && role.since >= from
  if (isCovered && role.since >= newFrom!) flags.push('new')
  // A flag that accuses needs all events of the time in question.
  if (isCovered && isWhole && grant === undefined && role.since < seconds(until)) flags.push('no-grant-event')
  const stale = seconds(now - staleDays * 24 * 3600_000)
  if (
    isWhole &&
    isUpToDate(coverage) &&
    from !== undefined &&
    from <= stale &&
    role.since < stale &&
    lastSeen < stale
  ) {
    flags.push(`not-seen-in-${staleDays}-days`)
  }
  if (grant !== undefined && grant.actorGuid === role.userGuid) flags.push('self-granted')
  if (role.type === 'organization_manager' && managers === 1) flags.push('only-manager')
  if (account === 'gone') flags.push('gone')
  if (account === 'service account' || account === 'client') flags.push('service-account')
  return flags
}

function removedRow(former: FormerRole, changeEvent: GrantEvent | undefined): ReviewRow {
  const { type, userGuid, orgGuid, spaceGuid, since, userName, origin, org, space, resource } = former
  const record = Buffer.from(JSON.stringify(resource))
  return {
    role: {
      guid: textAt(resource, 'guid'),
      value: resource,
      record,
      type,
      since,
      userGuid,
      orgGuid,
      spaceGuid,
    },
    holder: 'unknown',
    userName,
    origin,
    org,
    space,
    account: 'unknown',
    isPrivileged: privileged.has(type),
    grant: undefined,
    lastSeen: '',
    flags: [],
    change: 'removed',
    changeEvent,
  }
}

/** The roles in the JSON of `roles` or of an earlier review; undefined for any other JSON. */
export function formerRoles(json: unknown): FormerRole[] | undefined {
  const resources = valueAt(json, 'resources')
  if (!Array.isArray(resources)) return undefined
  const named = (kind: string) => {
    const all = valueAt(json, 'included', kind)
    return new Map((Array.isArray(all) ? all : []).map(each => [textAt(each, 'guid'), each as unknown]))
  }
  const [users, orgs, spaces] = [named('users'), named('organizations'), named('spaces')]
  const roles = resources.map((resource): FormerRole => {
    const relation = (kind: string) => textAt(resource, 'relationships', kind, 'data', 'guid')
    const spaceGuid = relation('space')
    const orgOfSpace = textAt(spaces.get(spaceGuid), 'relationships', 'organization', 'data', 'guid')
    const orgGuid = relation('organization') || orgOfSpace
    const user = users.get(relation('user'))
    return {
      type: textAt(resource, 'type'),
      userGuid: relation('user'),
      orgGuid,
      spaceGuid,
      since: textAt(resource, 'created_at'),
      userName: textAt(user, 'username'),
      origin: textAt(user, 'origin'),
      org: textAt(orgs.get(orgGuid), 'name') || orgGuid,
      space: textAt(spaces.get(spaceGuid), 'name') || spaceGuid,
      resource,
    }
  })
  return roles.every(({ type, userGuid }) => type !== '' && userGuid !== '') ? roles : undefined
}

const changeColumns: readonly Column<ReviewRow>[] = [
  column('change', 'Change', 'text', undefined, row => row.change),
  column('changed_by', 'Changed By', 'text', undefined, row => row.changeEvent?.actor ?? ''),
  column('change_event', 'Change Event', 'guid', undefined, row => row.changeEvent?.guid ?? ''),
]

/**
 * The columns of a review. The last ones are for the reviewer to fill in.
 * @param compares whether to add what changed since an earlier review.
 */
export const reviewTable = (compares: boolean): Tabular<ReviewRow> => ({
  name: 'access-review',
  own: 'csv',
  columns: [
    column('flags', 'Flags', 'text', 'what', row => row.flags.join(' ')),
    ...(userColumns as readonly Column<ReviewRow>[]),
    column('account', 'Account', 'text', undefined, row => row.account),
    {
      ...column('role', 'Role', 'text', 'what', row => row.role.type),
      words: row => roleName(row.role.type),
    },
    column('privileged', 'Privileged', 'text', undefined, row => (row.isPrivileged ? 'yes' : 'no')),
    column('org', 'Org', 'text', 'where', row => row.org),
    column('space', 'Space', 'text', 'where', row => row.space),
    column('since', 'Since', 'time', undefined, row => row.role.since),
    column('granted_by', 'Granted By', 'text', undefined, row => row.grant?.actor ?? ''),
    column('granting_event', 'Granting Event', 'guid', 'detail', row => row.grant?.guid ?? ''),
    column('last_seen', 'Last Seen Acting', 'time', undefined, row => row.lastSeen),
    ...(compares ? changeColumns : []),
    column('decision', 'Decision', 'text', 'detail', () => ''),
    column('justification', 'Justification', 'text', 'detail', () => ''),
    column('reviewer', 'Reviewer', 'text', 'detail', () => ''),
    column('date', 'Date', 'text', 'detail', () => ''),
  ],
  more: [
    column('role_guid', 'Role GUID', 'guid', undefined, row => row.role.guid),
    column('org_guid', 'Organization GUID', 'guid', undefined, row => row.role.orgGuid),
    column('space_guid', 'Space GUID', 'guid', undefined, row => row.role.spaceGuid),
  ],
})

/** A review as a source of rows. Its JSON is that of the roles, with a `review` in each. */
export function reviewSource(rows: readonly ReviewRow[], included: Included): Source<ReviewRow> {
  const roles = roleSource(rows, included)
  const withReview = (row: ReviewRow, record: Buffer) => {
    const { account, isPrivileged, grant, lastSeen, flags, change, changeEvent } = row
    const review = {
      user: userOf(row),
      account,
      privileged: isPrivileged,
      granted_by: grant?.actor ?? null,
      granting_event: grant?.guid ?? null,
      last_seen: lastSeen || null,
      flags,
      ...(change === ''
        ? {}
        : { change, changed_by: changeEvent?.actor ?? null, change_event: changeEvent?.guid ?? null }),
    }
    const text = record.toString('utf8').trimEnd().replace(/\}$/, '')
    return Buffer.from(`${text},"review":${JSON.stringify(review)}}`)
  }
  return {
    ...roles,
    name: 'access-review',
    record: row => withReview(row, row.role.record),
    line: row => withReview(row, roles.line?.(row) ?? row.role.record),
  }
}
