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
  { key: 'type', heading: 'Event Type', kind: 'text', answers: 'what', cell: listed => listed.type },
  { key: 'what', heading: 'What Happened', kind: 'text', cell: listed => listed.what },
  { key: 'reports', heading: 'Reports', kind: 'text', cell: listed => listed.reports.join(', ') },
  {
    key: 'written_by',
    heading: 'Written By',
    kind: 'text',
    answers: 'detail',
    cell: listed => listed.writer,
  },
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
  const table = layout.format === 'table' ? await tableOf(layout, tableStyle(args, context)) : undefined
  const sink = await openSink(args, table === undefined, context, table !== undefined)
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

async function tableOf({ columns, header, chosen }: Layout<CatalogEntry>, style: TableStyle): Promise<Table> {
  const { createTable } = await import('../../output/table.ts')
  return createTable(columns, { header, chosen, ...style })
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
