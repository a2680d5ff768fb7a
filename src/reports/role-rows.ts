import { v3 } from '../capi/api.ts'
import { isClientId, textAt } from '../capi/event.ts'
import { onOneLine } from '../capi/json-ranges.ts'
import type { Included } from '../capi/resource-list.ts'
import type { Role, Roles } from '../capi/roles.ts'
import { type Column, column } from './columns.ts'
import type { Source, Tabular } from './formats.ts'

/**
 * Who holds a role. The UAA shows no names of clients, nor of users that were deleted or are inactive: Cloud Controller
 * only asks for active users (lib/cloud_controller/uaa/uaa_client.rb, fetch_users).
 */
export type Holder = 'user' | 'client' | 'gone' | 'unknown'

/** A role with the names of its user, org and space. */
export interface RoleRow {
  readonly role: Role
  readonly holder: Holder
  /** The user's name in the UAA, or the name that a user had who is gone; '' where there is none. */
  readonly userName: string
  /** Such as `uaa` or `ldap`; '' where there is none. */
  readonly origin: string
  /** By name, or by GUID where no list shows the name; '' for the space of an org role. */
  readonly org: string
  readonly space: string
}

/**
 * Roles as rows: those of one user together, by org and space, the roles of the org first.
 * @param formerNames of users whose name the UAA no longer shows.
 */
export function rowsOf(
  { roles, included, namesLacking }: Roles,
  formerNames: ReadonlyMap<string, string> = new Map(),
): RoleRow[] {
  const nameIn = (kind: string, guid: string) => textAt(included.get(kind)?.get(guid), 'name') || guid
  const rows = roles.map((role): RoleRow => {
    const user = included.get('users')?.get(role.userGuid)
    const userName = textAt(user, 'username')
    return {
      role,
      holder: holderOf(role.userGuid, userName, namesLacking === undefined && user !== undefined),
      userName: userName || (formerNames.get(role.userGuid) ?? ''),
      origin: textAt(user, 'origin'),
      org: nameIn('organizations', role.orgGuid),
      space: nameIn('spaces', role.spaceGuid),
    }
  })
  const keyed = rows.map(row => ({ row, key: sortKey(row) }))
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ row }) => row)
}

function holderOf(guid: string, name: string, asked: boolean): Holder {
  if (name !== '') return 'user'
  if (isClientId(guid)) return 'client'
  return asked ? 'gone' : 'unknown'
}

/** The name in the UAA, else the GUID or the id of the client. */
export const userOf = ({ userName, role }: RoleRow): string => userName || role.userGuid

function sortKey(row: RoleRow): readonly string[] {
  const { role, org, space } = row
  return [
    userOf(row).toLowerCase(),
    role.userGuid,
    org,
    role.orgGuid,
    space,
    role.spaceGuid,
    role.type,
    role.guid,
  ]
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index])
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}

/** A filter for roles; undefined matches any. */
export interface RoleFilter {
  readonly types: readonly string[] | undefined
  /** Names, GUIDs or client ids, in any case. */
  readonly users: readonly string[] | undefined
  /** By GUID. */
  readonly spaces?: ReadonlySet<string> | undefined
}

/** Whether a role matches the filter. */
export function matches({ types, users, spaces }: RoleFilter): (row: RoleRow) => boolean {
  const wanted = users && new Set(users.map(user => user.toLowerCase()))
  return ({ role, userName }) =>
    (types === undefined || types.includes(role.type)) &&
    (spaces === undefined || spaces.has(role.spaceGuid)) &&
    (wanted === undefined || wanted.has(userName.toLowerCase()) || wanted.has(role.userGuid.toLowerCase()))
}

// In brackets, so that it is not mistaken for an origin.
const holderLabels: Readonly<Record<Holder, string>> = {
  user: '',
  client: '(client)',
  gone: '(gone)',
  unknown: '',
}

/** The columns of a user, which a table on a terminal shows once. */
export const userColumns: readonly Column<RoleRow>[] = [
  column('user', 'User', 'text', 'who', userOf),
  column('user_guid', 'User GUID', 'guid', 'detail', ({ role }) => role.userGuid),
  column('origin', 'Origin', 'text', undefined, ({ origin, holder }) => origin || holderLabels[holder]),
]

const roleWords: ReadonlyMap<string, string> = new Map([
  ['organization_user', 'Org User'],
  ['organization_auditor', 'Org Auditor'],
  ['organization_manager', 'Org Manager'],
  ['organization_billing_manager', 'Billing Manager'],
  ['space_auditor', 'Space Auditor'],
  ['space_developer', 'Space Developer'],
  ['space_manager', 'Space Manager'],
  ['space_supporter', 'Space Supporter'],
])

/** A role as people call it; the type itself where it is unknown. */
export const roleName = (type: string): string => roleWords.get(type) ?? type

/** How `roles` is printed by rows. */
export const roleTable: Tabular<RoleRow> = {
  name: 'roles',
  own: 'csv',
  columns: [
    ...userColumns,
    {
      ...column('role', 'Role', 'text', 'what', ({ role }) => role.type),
      words: ({ role }) => roleName(role.type),
    },
    column('org', 'Org', 'text', 'where', ({ org }) => org),
    column('space', 'Space', 'text', 'where', ({ space }) => space),
    column('since', 'Since', 'time', undefined, ({ role }) => role.since),
  ],
  more: [
    column('role_guid', 'Role GUID', 'guid', 'detail', ({ role }) => role.guid),
    column('org_guid', 'Organization GUID', 'guid', 'where', ({ role }) => role.orgGuid),
    column('space_guid', 'Space GUID', 'guid', 'where', ({ role }) => role.spaceGuid),
  ],
}

/** Roles as a source of rows: each user once in a table, and JSON in the shape of `/v3/roles`. */
export function roleSource(rows: readonly RoleRow[], included: Included): Source<RoleRow> {
  return {
    name: 'roles',
    head: '{"resources":[',
    record: ({ role }) => role.record,
    line: row => lineOf(row, included),
    tail(written) {
      // It takes several requests, so there is no one link to all of these.
      const tail = v3.envelopeTail(written, undefined)
      return `],${tail.replace(/\}$/, () => `,"included":${JSON.stringify(namedBy(rows, included))}`)}}`
    },
    groups: { keys: userColumns.map(({ key }) => key), of: ({ role }) => role.userGuid },
  }
}

/** One role as `GET /v3/roles/:guid?include=user,organization,space` shows it, plus the org of its space. */
function lineOf(row: RoleRow, included: Included): Buffer {
  const record = onOneLine(row.role.record).toString('utf8').trimEnd().replace(/\}$/, '')
  return Buffer.from(`${record},"included":${JSON.stringify(namedBy([row], included))}}\n`)
}

function namedBy(rows: readonly RoleRow[], included: Included): Record<string, unknown[]> {
  const those = (kind: string, guidOf: (row: RoleRow) => string) => {
    const known = included.get(kind)
    return [...new Set(rows.map(guidOf))].flatMap(guid => known?.get(guid) ?? [])
  }
  return {
    users: those('users', ({ role }) => role.userGuid),
    organizations: those('organizations', ({ role }) => role.orgGuid),
    spaces: those('spaces', ({ role }) => role.spaceGuid),
  }
}
