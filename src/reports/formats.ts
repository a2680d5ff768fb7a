import { onOneLine } from '../capi/json-ranges.ts'
import type { Context } from '../context.ts'
import type { TableOptions } from '../output/table.ts'
import type { WorkbookAlterations } from '../output/xlsx.ts'
import { joinNames, plural } from '../text.ts'
import { inZone } from '../time.ts'
import { createPaint, type Messages } from '../ui/messages.ts'
import type { Column } from './columns.ts'
import { actionWords, type ChangeKind, changeKindOf, eventTypes } from './event-types.ts'

/** A list of rows to print: its columns, and those that can be added. */
export interface Tabular<Row> {
  readonly name: string
  /** The default format. */
  readonly own: Format['name']
  readonly columns: readonly Column<Row>[]
  readonly more: readonly Column<Row>[]
  /** What --wide shows instead. */
  readonly wide?: readonly Column<Row>[]
}

/** How rows are printed, with every option resolved. */
export interface OutputPlan<Row> {
  readonly format: Format
  readonly columns: readonly Column<Row>[]
  /** Whether the user chose the columns. */
  readonly isChosen: boolean
  readonly header: boolean
  readonly excel: boolean
  readonly guard: boolean
  /** The IANA zone in which times are shown. */
  readonly timeZone: string
  /** The terminal that shows a table. */
  readonly style: TableStyle
}

/** The width and the colors of a table. */
export interface TableStyle extends Pick<TableOptions, 'width' | 'paint'> {
  readonly isTerminal: boolean
}

/** What a command prints besides columns: a name, and the records behind the rows. */
export interface Source<Row> {
  readonly name: string
  /** The record behind a row, as Cloud Foundry wrote it. */
  record(row: Row): Buffer
  /** The record in ndjson, if that holds more. */
  readonly line?: (row: Row) => Buffer
  /** The JSON before the records. */
  readonly head: string
  /** The JSON after the records, once all have been written. */
  tail(written: number): string
  /** A last line of ndjson; '' for none. */
  readonly lastLine?: () => string
  /** What a workbook says about itself: scope, time range, counts, versions. */
  readonly about?: () => readonly (readonly [key: string, value: string])[]
  /** Rows that belong together, whose common columns a table on a terminal shows once. */
  readonly groups?: { readonly keys: readonly string[]; readonly of: (row: Row) => string }
}

/** Writes rows in one format. */
export interface Writer<Row> {
  write(rows: readonly Row[]): Promise<void>
  /** After the last row. */
  end(): Promise<void>
  /** Logs what the user should know about the cells. */
  logWarnings(messages: Messages): void
}

type Write = (chunk: string | Buffer) => Promise<void>

/** An output format, and everything that is special about it. */
export interface Format {
  readonly name: 'table' | 'csv' | 'json' | 'ndjson' | 'xlsx'
  /** What it is for, in the questions and the help. */
  readonly summary: string
  /** The file name endings that choose it. */
  readonly endings: readonly string[]
  /** Whether rows may be shown before all have been read and counted. */
  readonly streams: boolean
  /** Whether it is not text, and so not for a terminal. */
  readonly isBinary: boolean
  /** Whether it prints columns rather than records. */
  readonly hasColumns: boolean
  /** The output options that have an effect on it. */
  readonly options: readonly string[]
  open<Row>(plan: OutputPlan<Row>, source: Source<Row>, write: Write): Promise<Writer<Row>>
}

const rowOptions = ['columns', 'wide', 'no-header', 'tz', 'limit', 'reverse']

/** Every format, in the order of the help. */
export const formats: readonly Format[] = [
  {
    name: 'table',
    summary: 'to read on a terminal',
    endings: [],
    streams: false,
    isBinary: false,
    hasColumns: true,
    options: [...rowOptions, 'no-truncate'],
    open: tableWriter,
  },
  {
    name: 'csv',
    summary: 'for spreadsheets and scripts',
    endings: ['csv'],
    streams: false,
    isBinary: false,
    hasColumns: true,
    options: [...rowOptions, 'excel', 'no-guard'],
    open: csvWriter,
  },
  {
    name: 'json',
    summary: 'the records as Cloud Foundry wrote them',
    endings: ['json'],
    streams: false,
    isBinary: false,
    hasColumns: false,
    options: ['unredacted'],
    open: jsonWriter,
  },
  {
    name: 'ndjson',
    summary: 'the same, one record per line',
    endings: ['ndjson', 'jsonl'],
    streams: true,
    isBinary: false,
    hasColumns: false,
    options: ['unredacted', 'limit', 'reverse'],
    open: ndjsonWriter,
  },
  {
    name: 'xlsx',
    summary: 'an Excel workbook',
    endings: ['xlsx'],
    streams: false,
    isBinary: true,
    hasColumns: true,
    options: rowOptions.filter(option => option !== 'no-header'),
    open: xlsxWriter,
  },
]

export const formatNames = formats.map(({ name }) => name)

/** The format of that name. */
export function formatNamed(name: Format['name']): Format {
  const format = formats.find(candidate => candidate.name === name)
  if (format === undefined) throw new Error(`No format is named ${name}`)
  return format
}

/** The cells of a row as text, with times in the zone of the plan. */
function cellsOf<Row>({ columns, timeZone }: OutputPlan<Row>): (row: Row) => string[] {
  return row => columns.map(({ kind, cell }) => (kind === 'time' ? inZone(cell(row), timeZone) : cell(row)))
}

async function csvWriter<Row>(plan: OutputPlan<Row>, _: Source<Row>, write: Write): Promise<Writer<Row>> {
  const { createCsv } = await import('../output/csv.ts')
  const csv = createCsv(plan.columns, plan)
  const cells = cellsOf(plan)
  let head = csv.head()
  return {
    async write(rows) {
      await write(head + rows.map(row => csv.row(cells(row))).join(''))
      head = ''
    },
    end: () => write(head),
    logWarnings(messages) {
      const count = csv.guarded()
      if (count === 0) return
      messages.info(
        `Escaped ${plural(count, 'cell')} that a spreadsheet would run as a formula; --no-guard keeps them as they are.`,
      )
    },
  }
}

async function tableWriter<Row>(
  plan: OutputPlan<Row>,
  { groups }: Source<Row>,
  write: Write,
): Promise<Writer<Row>> {
  const { createTable } = await import('../output/table.ts')
  const { columns, header, isChosen, style } = plan
  const grouped = style.isTerminal ? groups?.keys : undefined
  const table = createTable(columns, { header, chosen: isChosen, grouped, ...style })
  const cells = cellsOf({
    ...plan,
    columns: columns.map(column => ({ ...column, cell: column.words ?? column.cell })),
  })
  return {
    async write(rows) {
      table.add(rows.map(row => (groups === undefined ? cells(row) : [...cells(row), groups.of(row)])))
    },
    async end() {
      for (const lines of table.lines()) await write(lines)
    },
    logWarnings(messages) {
      const dropped = table.dropped()
      const hidden = [
        ...(table.cut() > 0 ? ['cells that end with … are shortened'] : []),
        ...(dropped.length > 0
          ? [`${joinNames(dropped)} ${dropped.length === 1 ? 'is' : 'are'} hidden`]
          : []),
      ]
      if (hidden.length > 0)
        messages.info(`To fit this terminal, ${hidden.join(' and ')}; --no-truncate shows everything.`)
    },
  }
}

async function jsonWriter<Row>(_: OutputPlan<Row>, source: Source<Row>, write: Write): Promise<Writer<Row>> {
  let written = 0
  return {
    async write(rows) {
      const parts = rows.flatMap(row => [
        Buffer.from(written++ === 0 ? `${source.head}\n` : ',\n'),
        source.record(row),
      ])
      await write(Buffer.concat(parts))
    },
    end: () => write(`${written === 0 ? source.head : '\n'}${source.tail(written)}\n`),
    logWarnings() {},
  }
}

async function ndjsonWriter<Row>(
  _: OutputPlan<Row>,
  source: Source<Row>,
  write: Write,
): Promise<Writer<Row>> {
  const newline = Buffer.from('\n')
  return {
    write: rows =>
      write(Buffer.concat(rows.flatMap(row => [onOneLine((source.line ?? source.record)(row)), newline]))),
    async end() {
      const line = source.lastLine?.() ?? ''
      if (line !== '') await write(`${line}\n`)
    },
    logWarnings() {},
  }
}

async function xlsxWriter<Row>(
  plan: OutputPlan<Row>,
  source: Source<Row>,
  write: Write,
): Promise<Writer<Row>> {
  const { createWorkbook } = await import('../output/xlsx.ts')
  const { columns, timeZone } = plan
  const workbook = createWorkbook(write, { timeZone })
  const sheet = await workbook.sheet({ name: source.name, columns })
  let altered = { cutCells: 0, replacedCells: 0, splitSheets: 0 }
  return {
    // The dates of a workbook are wall times: it converts them itself.
    write: rows => sheet.rows(rows.map(row => columns.map(({ cell }) => cell(row)))),
    async end() {
      const about = source.about?.() ?? []
      if (about.length > 0) {
        const sheet = await workbook.sheet({ name: 'About', columns: aboutColumns })
        await sheet.rows(about)
      }
      altered = await workbook.close()
    },
    logWarnings: messages => logAlterations(altered, messages),
  }
}

/** Logs what a workbook could not hold unchanged. */
export function logAlterations(
  { cutCells, replacedCells, splitSheets }: WorkbookAlterations,
  messages: Messages,
): void {
  if (cutCells > 0)
    messages.warn(`cut ${plural(cutCells, 'cell')} to the 32,767 characters that a workbook can hold.`)
  if (replacedCells > 0)
    messages.info(`Replaced control characters in ${plural(replacedCells, 'cell')} with symbols.`)
  if (splitSheets > 0) messages.info('Continued on more sheets: a sheet holds at most 1,048,576 rows.')
}

const aboutColumns = [
  { heading: 'About', kind: 'text' },
  { heading: 'Value', kind: 'text' },
] as const

/**
 * The width and colors of a table for where it is shown. A pipe or a file has no width, and a file no colors.
 */
export function tableStyle(
  { output, noTruncate }: { readonly output?: string | undefined; readonly noTruncate?: boolean | undefined },
  { stdout, env, color }: Pick<Context, 'stdout' | 'env' | 'color'>,
): TableStyle {
  if (output !== undefined && output !== '-') return { isTerminal: false }
  // Some terminals claim to have no columns.
  const width = stdout.isTTY === true && !noTruncate ? stdout.columns || undefined : undefined
  const paint = createPaint(stdout, env, color)
  // Magenta: yellow is hard to read on white, and blue on black.
  const colors: Record<ChangeKind, (text: string) => string> = {
    added: paint.green,
    removed: paint.red,
    changed: paint.magenta,
  }
  const kinds = new Map(eventTypes.map(type => [actionWords(type), changeKindOf(type)]))
  return {
    isTerminal: stdout.isTTY === true,
    width,
    paint(key, cell, shown) {
      const kind = key === 'type' || key === 'action' ? (kinds.get(cell) ?? changeKindOf(cell)) : undefined
      return kind === undefined ? shown : colors[kind](shown)
    },
  }
}
