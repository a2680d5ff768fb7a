import type { Included } from '../capi/list.ts'
import { onOneLine } from '../capi/spans.ts'
import { v3 } from '../capi/v3.ts'
import { createJson } from '../output/json.ts'
import type { Say } from '../ui/say.ts'
import type { Layout } from './rendering.ts'
import { type RoleRow, userColumns } from './role-rows.ts'
import { type Screen, tellHidden } from './screen.ts'
import { tellGuarded } from './writer.ts'

/** Rows as the bytes of one format, in parts. */
export interface Printed {
  readonly parts: Iterable<string | Buffer>
  /** What the reader of the bytes has to know about their cells, after all parts were taken. */
  remarks(say: Say): void
}

/**
 * Prints roles.
 * @param grouped whether a table shows each user once.
 */
export async function printRoles(
  rows: readonly RoleRow[],
  included: Included,
  layout: Layout<RoleRow>,
  grouped: boolean,
  screen: Screen = {},
): Promise<Printed> {
  const { format, columns } = layout
  if (format === 'json') return { parts: jsonOf(rows, included), remarks() {} }
  if (format === 'ndjson') return { parts: rows.map(row => lineOf(row, included)), remarks() {} }
  if (format === 'csv') {
    const { createCsv } = await import('../output/csv.ts')
    const csv = createCsv(columns, layout)
    const cells = rows.map(row => csv.row(columns.map(({ cell }) => cell(row))))
    return { parts: [csv.head(), ...cells], remarks: say => tellGuarded(csv.guarded(), say) }
  }
  const { createTable } = await import('../output/table.ts')
  const table = createTable(columns, { header: layout.header, width: screen.width })
  const isNew = (row: RoleRow, index: number) => rows[index - 1]?.role.userGuid !== row.role.userGuid
  const cells = rows.map((row, index) =>
    columns.map(column =>
      grouped && userColumns.includes(column) && !isNew(row, index) ? '' : column.cell(row),
    ),
  )
  return { parts: [table.lines(cells)], remarks: say => tellHidden(table, say) }
}

/** The envelope of `/v3/roles` around the roles' own bytes, on one page, with what the roles name. */
function* jsonOf(rows: readonly RoleRow[], included: Included): Generator<string | Buffer> {
  const json = createJson()
  yield json.head()
  for (const { role } of rows) yield json.resource(role.record)
  const named = JSON.stringify(namedBy(rows, included))
  // Several questions were asked, so no one link leads to all of these.
  const tail = v3.envelopeTail(rows.length, undefined)
  yield json.tail(tail.replace(/\}$/, () => `,"included":${named}}`))
}

/** One role as `GET /v3/roles/:guid?include=user,organization,space` shows it, and the org of its space besides. */
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
