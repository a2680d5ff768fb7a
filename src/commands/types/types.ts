import type { Context } from '../../context.ts'
import { decideLayout, type OutputArgs, openSink } from '../../options/output.ts'
import { didYouMean } from '../../options/suggest.ts'
import { quoted, wholeFamilies } from '../../options/types.ts'
import type { Table } from '../../output/table.ts'
import type { Column } from '../../reports/columns.ts'
import { type CatalogEntry, catalogue, isGlob, search, vocabulary } from '../../reports/event-type-search.ts'
import { type Layout, type TableStyle, tableStyle, warnHidden } from '../../reports/formats.ts'

/** What was said on the command line about the catalogue of event types. */
export interface EventTypesArgs
  extends Pick<OutputArgs, 'format' | 'output' | 'columns' | 'header' | 'excel' | 'truncate'> {
  /** Words and shell patterns, perhaps several in one. */
  readonly text: readonly string[]
  readonly force: boolean
}

const columns: readonly Column<CatalogEntry>[] = [
  { key: 'type', heading: 'Event Type', kind: 'text', cell: listed => listed.type },
  { key: 'what', heading: 'What Happened', kind: 'text', cell: listed => listed.what },
  { key: 'reports', heading: 'Reports', kind: 'text', cell: listed => listed.reports.join(', ') },
  { key: 'written_by', heading: 'Written By', kind: 'text', cell: listed => listed.writer },
]

/** Prints those event types that a text is found in, or all. What is found by nothing is told; that is no error. */
export async function listEventTypes(args: EventTypesArgs, context: Context): Promise<void> {
  const layout = decideLayout(
    { name: 'types', own: 'csv', columns, more: [] },
    { ...args, guard: true, asDocumented: false },
    context.stdout.isTTY === true,
  )
  const words = args.text.flatMap(text => text.split(/\s+/)).filter(word => word !== '')
  const { listed, strange } = await search(words)
  const rows = listed.map(each => layout.columns.map(column => column.cell(each)))
  const screen = tableStyle(args, context)
  // Columns that somebody chose all stay.
  const room = args.columns === undefined ? roomFor(rows, layout.columns, screen.width) : undefined
  const table = layout.format === 'table' ? await tableOf(layout, screen, room) : undefined
  const sink = await openSink(args, true, context, table !== undefined)
  try {
    await sink.write(table === undefined ? await bytesOf(listed, rows, layout) : table.lines(rows))
    await sink.commit()
  } finally {
    await sink.abandon()
  }
  const { messages } = context
  if (table !== undefined) warnHidden(table, messages)
  if (listed.length === 0) messages.warn(nothing(words, strange))
  else
    messages.info(`${listed.length} of ${catalogue.length} event types. The report events holds all of them.`)
}

function nothing(words: readonly string[], strange: readonly string[]): string {
  const [first] = strange
  if (first === undefined) return `no event type has all of ${words.join(', ')}.`
  const known = isGlob(first) ? wholeFamilies : vocabulary()
  return `no event type has ${first}.${didYouMean(first, known, quoted)}`
}

/** A table that rather lacks the last columns than to cut what happened to pieces. */
async function tableOf(
  { columns, header }: Layout<CatalogEntry>,
  screen: TableStyle,
  room: number | undefined,
): Promise<Table> {
  const { createTable } = await import('../../output/table.ts')
  const shown = columns.slice(0, room)
  const table = createTable(shown, { header, ...screen })
  const left = columns.slice(shown.length).map(({ heading }) => heading)
  return { ...table, dropped: () => [...table.dropped(), ...left] }
}

/** How many columns there is room for, two at least; the longest cells of a column may be cut. */
export function roomFor(
  rows: readonly (readonly string[])[],
  columns: readonly Pick<Column<CatalogEntry>, 'key' | 'heading'>[],
  width = Number.POSITIVE_INFINITY,
): number {
  const needed = columns.map(({ key, heading }, index) => {
    const longest = rows.reduce((most, cells) => Math.max(most, cells[index]?.length ?? 0), heading.length)
    return Math.min(longest, key === 'reports' ? 20 : 48)
  })
  const fits = (count: number) => needed.slice(0, count).reduce((sum, each) => sum + each + 2, -2) <= width
  return [4, 3].find(count => count <= columns.length && fits(count)) ?? Math.min(2, columns.length)
}

async function bytesOf(
  listed: readonly CatalogEntry[],
  rows: readonly (readonly string[])[],
  { format, columns, header, excel }: Layout<CatalogEntry>,
): Promise<string> {
  if (format === 'csv') {
    const { createCsv } = await import('../../output/csv.ts')
    const csv = createCsv(columns, { header, excel, guard: false })
    return csv.head() + rows.map(csv.row).join('')
  }
  const records = listed.map(recordOf)
  if (format === 'ndjson') return records.map(record => `${record}\n`).join('')
  return records.length === 0 ? '[]\n' : `[\n${records.join(',\n')}\n]\n`
}

function recordOf({ type, what, reports, writer }: CatalogEntry): string {
  return JSON.stringify({ type, what, reports, written_by: writer.replace('the ', '').split(' and ') })
}
