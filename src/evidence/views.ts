import { type AuditEvent, type Kind, textAt, valueAt } from '../capi/event.ts'
import type { Included } from '../capi/resource-list.ts'
import type { Role, Roles } from '../capi/roles.ts'
import type { PlaceNames } from '../capi/visibility.ts'
import { withPlaceNames } from '../names/columns.ts'
import { createCsv } from '../output/csv.ts'
import { reportNamed, reports } from '../reports/catalog.ts'
import { type Column, eventGuid, org, space, wideColumns } from '../reports/columns.ts'
import { eventTypes } from '../reports/event-types.ts'
import { type RoleRow, roleSource, roleTable, rowsOf } from '../reports/role-rows.ts'
import { type Coverage, createReview, type ReviewRow, reviewTable } from './access-review.ts'
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

/** The names and roles of a bag, and what its review may claim. */
export interface BagData {
  readonly names: PlaceNames
  readonly roles: readonly RoleRow[]
  readonly coverage: Coverage
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

/** The tables of events, in the order of the workbook. Their columns are fixed by the version in the statement. */
export function eventViews(names: PlaceNames): readonly EventView[] {
  const placed = (columns: readonly Column[]) => withPlaceNames(columns, () => names)
  const view = (
    name: string,
    title: string,
    columns: readonly Column[],
    holds: EventView['holds'],
    isFile: boolean,
  ): EventView => {
    const eventColumns = placed(columns)
    return { name, title, columns: eventColumns, eventColumns, holds, isFile }
  }
  const ofReports = reports
    .filter(({ types }) => types !== undefined)
    .map(({ name, columns, types }) => {
      const wanted = new Set(types)
      return view(
        name,
        titleOf(name),
        [...columns, space, org, eventGuid],
        ({ type }) => wanted.has(type),
        true,
      )
    })
  const brief = reportNamed('events').columns.filter(({ kind }) => kind !== 'guid')
  const wide = [...wideColumns.slice(0, -3), space, org, eventGuid]
  return [
    view('events', 'Events', [...brief, space, org, eventGuid], () => true, false),
    ...ofReports,
    view('apps', 'Apps', wide, ({ type }) => appTypes.has(type), false),
    view('ssh', 'SSH', wide, isSsh, false),
    view('credentials', 'Credential Reads', wide, readsCredentials, false),
  ]
}

const titleOf = (name: string) =>
  name.replace(/(^|-)(\w)/g, (_, dash, letter) => (dash ? ' ' : '') + letter.toUpperCase())

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

/** Receives the cells of each table. */
export interface RowReceiver {
  rows(view: View, rows: readonly (readonly string[])[]): Promise<void>
}

/**
 * Derives every table of a bag from its events, names and roles: while a bag is written, and again when it is verified.
 * @param look is called with every event.
 */
export async function deriveViews(
  events: AsyncIterable<readonly AuditEvent[]>,
  { names, roles, coverage }: BagData,
  receiver: RowReceiver,
  look: (event: AuditEvent) => void = () => {},
): Promise<readonly ReviewRow[]> {
  const views = eventViews(names)
  const review = createReview()
  for await (const page of events) {
    for (const event of page) {
      review.note(event)
      look(event)
    }
    for (const view of views) {
      const rows = page.filter(view.holds).map(event => view.eventColumns.map(({ cell }) => cell(event)))
      if (rows.length > 0) await receiver.rows(view, rows)
    }
  }
  const reviewed = review.rows(roles, () => coverage)
  const [roleView, reviewView] = roleViews
  await receiver.rows(
    roleView,
    roles.map(row => roleView.columns.map(({ cell }) => cell(row))),
  )
  await receiver.rows(
    reviewView,
    reviewed.map(row => reviewView.columns.map(({ cell }) => cell(row))),
  )
  return reviewed
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
