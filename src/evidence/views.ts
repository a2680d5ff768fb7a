import { type AuditEvent, type Kind, textAt, valueAt } from '../capi/event.ts'
import type { Included } from '../capi/resource-list.ts'
import type { Role, Roles } from '../capi/roles.ts'
import type { PlaceNames } from '../capi/visibility.ts'
import { createCsv } from '../output/csv.ts'
import { reportNamed, reports } from '../reports/catalog.ts'
import { type Column, eventGuid, org, space, wideColumns } from '../reports/columns.ts'
import { eventTypes } from '../reports/event-types.ts'
import { type RoleRow, roleSource, roleTable, rowsOf } from '../reports/role-rows.ts'
import { type ReviewRow, reviewTable } from './access-review.ts'
import type { ListedRoles } from './reading.ts'

/** A table of a bag, whose rows are written as the events pass. */
export interface View {
  readonly name: string
  /** The title of its sheet. */
  readonly title: string
  readonly columns: readonly Pick<Column, 'heading' | 'kind'>[]
  /** Whether it is a CSV file as well as a sheet of the workbook. */
  readonly isFile: boolean
}

interface EventView extends View {
  readonly eventColumns: readonly Column[]
  readonly holds: (event: AuditEvent) => boolean
}

const typesLike = (pattern: RegExp) => new Set(eventTypes.filter(type => pattern.test(type)))
const credentialTypes = typesLike(
  /^audit\.(service_binding|service_key|user_provided_service_instance)\.show$|environment(_variables)?\.show$/,
)
const sshTypes = typesLike(/^audit\.app\.ssh-/)
const appTypes = typesLike(/^(audit\.app\.|app\.)/)

/** Whether an event shows that somebody read credentials. */
export const readsCredentials = ({ type }: AuditEvent) => credentialTypes.has(type)
export const isSsh = ({ type }: AuditEvent) => sshTypes.has(type)

const view = (
  name: string,
  columns: readonly Column[],
  holds: EventView['holds'],
  isFile = false,
  title = titleOf(name),
): EventView => {
  const eventColumns = [...columns, space, org, eventGuid]
  return { name, title, columns: eventColumns, eventColumns, holds, isFile }
}

const wide = wideColumns.slice(0, -3)

/**
 * The tables of events, in the order of the workbook. Their columns are fixed by the version in the statement. Rows have
 * the GUIDs of space and org, for `namedRow`.
 */
export const eventViews: readonly EventView[] = [
  view(
    'events',
    reportNamed('events').columns.filter(({ kind }) => kind !== 'guid'),
    () => true,
  ),
  ...reports.flatMap(({ name, columns, types }) => {
    const wanted = new Set(types)
    return types === undefined ? [] : [view(name, columns, ({ type }) => wanted.has(type), true)]
  }),
  view('apps', wide, ({ type }) => appTypes.has(type)),
  view('ssh', wide, isSsh, false, 'SSH'),
  view('credentials', wide, readsCredentials, false, 'Credential Reads'),
]

/** A row whose last three cells are space, org and event, with names in place of GUIDs. */
export function namedRow(row: readonly string[], { orgs, spaces }: PlaceNames): readonly string[] {
  const [space = '', org = ''] = row.slice(-3)
  return row.with(-3, spaces.get(space) || space).with(-2, orgs.get(org) || org)
}

function titleOf(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, dash, letter) => (dash ? ' ' : '') + letter.toUpperCase())
}

/** The tables of roles. */
export const roleViews = [
  { name: 'roles', title: 'Roles', columns: [...roleTable.columns, ...roleTable.more], isFile: true },
  {
    name: 'access-review',
    title: 'Access Review',
    columns: [...reviewTable(false).columns, ...reviewTable(false).more],
    isFile: true,
  },
] as const satisfies readonly View[]

/** A table, and rows of it. */
type Rows = readonly [view: View, rows: readonly (readonly string[])[]]

/** The rows of the tables that some events give. */
export const rowsIn = (events: readonly AuditEvent[]): readonly Rows[] =>
  eventViews.map(view => [
    view,
    events.filter(view.holds).map(event => view.eventColumns.map(({ cell }) => cell(event))),
  ])

/** The rows of the tables of roles. */
export function roleRowsIn(roles: readonly RoleRow[], reviewed: readonly ReviewRow[]): readonly Rows[] {
  const [roleView, reviewView] = roleViews
  return [
    [roleView, roles.map(row => roleView.columns.map(({ cell }) => cell(row)))],
    [reviewView, reviewed.map(row => reviewView.columns.map(({ cell }) => cell(row)))],
  ]
}

/** Writes the CSV of a view. The guard against formulas is on, as in a report. */
export const csvOf = ({ columns }: View) => createCsv(columns, { header: true, excel: false, guard: true })

/** The lines of roles.ndjson, each with its line break: the role as Cloud Foundry lists it, who holds it where, and when it was read. */
export function roleLines({ roles, readAt }: ListedRoles): string[] {
  if (typeof roles === 'string') return []
  const rows = rowsOf(roles.found)
  const source = roleSource(rows, roles.found.included)
  return rows.map(row => roleLine(source.line?.(row) ?? row.role.record, readAt))
}

const roleLine = (record: Buffer, readAt: string) =>
  `${record.toString('utf8').trimEnd().replace(/\}$/, '')},"read_at":${JSON.stringify(readAt)}}\n`

/** The roles of roles.ndjson as rows. */
export const rolesFrom = (lines: readonly unknown[]): RoleRow[] => rowsOf(rolesIn(lines))

/** The roles of roles.ndjson, as Cloud Foundry listed them. */
export function rolesIn(lines: readonly unknown[]): Roles {
  const included: Included = new Map()
  const roles = lines.map((line): Role => {
    const { included: _, read_at, ...value } = (line ?? {}) as Record<string, unknown>
    for (const kind of ['users', 'organizations', 'spaces']) {
      const all = valueAt(line, 'included', kind)
      const known = included.get(kind) ?? new Map<string, unknown>()
      included.set(kind, known)
      for (const each of Array.isArray(all) ? all : []) known.set(textAt(each, 'guid'), each)
    }
    const relation = (kind: string) => textAt(value, 'relationships', kind, 'data', 'guid')
    const orgOfSpace = textAt(
      included.get('spaces')?.get(relation('space')),
      'relationships',
      'organization',
      'data',
      'guid',
    )
    return {
      guid: textAt(value, 'guid'),
      value,
      record: Buffer.from(JSON.stringify(value)),
      type: textAt(value, 'type'),
      since: textAt(value, 'created_at'),
      userGuid: relation('user'),
      orgGuid: relation('organization') || orgOfSpace,
      spaceGuid: relation('space'),
    }
  })
  return { roles, included, spaces: undefined, namesLacking: undefined }
}

/** The names of a kind in names.json, by GUID. */
export function namesOf(kind: Kind, json: unknown): Map<string, string> {
  const entries = Object.entries((json ?? {}) as Record<string, unknown>)
  return new Map(
    entries
      .filter(([, entry]) => textAt(entry, 'kind') === kind && textAt(entry, 'name') !== '')
      .map(([guid, entry]) => [guid, textAt(entry, 'name')]),
  )
}

/** The names of orgs and spaces in names.json. */
export const placeNamesFrom = (json: unknown): PlaceNames => ({
  orgs: namesOf('organization', json),
  spaces: namesOf('space', json),
})
