import { type Api, v2 } from '../capi/api.ts'
import { type AuditEvent, asV2Record, v2Entity } from '../capi/event.ts'
import { onOneLine } from '../capi/json-ranges.ts'
import { redacted } from '../capi/redaction.ts'
import type { Context } from '../context.ts'
import { Failed } from '../errors.ts'
import type { TableOptions } from '../output/table.ts'
import { createPaint, type Messages, type Paint } from '../ui/messages.ts'
import type { Report } from './catalog.ts'
import type { Column } from './columns.ts'
import { actionWords, type ChangeKind, changeKindOf, eventTypes } from './event-types.ts'
import { documentedRow, JqWouldStop, jqRefuses } from './jq-csv.ts'

export const formats = ['csv', 'json', 'ndjson', 'table'] as const
export type Format = (typeof formats)[number]

/** What is printed by rows: its columns, and those that can be added. */
export interface Tabular<Row> {
  readonly name: string
  /** The format where none is asked for. */
  readonly own: Format
  readonly columns: readonly Column<Row>[]
  readonly more: readonly Column<Row>[]
}

/** How rows are printed. */
export interface Layout<Row> {
  readonly format: Format
  readonly columns: readonly Column<Row>[]
  /** The reader chose the columns. */
  readonly chosen?: boolean | undefined
  readonly header: boolean
  readonly excel: boolean
  readonly guard: boolean
}

/** How a report is printed: every question answered. */
export interface OutputPlan extends Layout<AuditEvent> {
  readonly report: Report
  readonly asDocumented: boolean
  readonly unredacted: boolean
  readonly resolve?: boolean | undefined
}

/** Turns pages of events into the bytes of one format. */
export interface ReportWriter {
  /** Whether the bytes may be shown before the last page is read and counted. */
  readonly streams: boolean
  /** Whether there are colours among them, and what Cloud Foundry said has been made plain. */
  readonly sanitized?: boolean
  head(): string
  page(events: readonly AuditEvent[]): Buffer | string
  /**
   * @param first the envelope of the first page that was read.
   * @param names what stands behind the GUIDs, as JSON.
   */
  tail(api: Api, first: unknown, names?: string): string
  /** What the reader of the result has to know about its cells. */
  warnings(messages: Messages): void
}

/** Makes the writer of a format, and loads what only that format needs. */
export async function createWriter(plan: OutputPlan, screen: TableStyle = {}): Promise<ReportWriter> {
  if (plan.format === 'json' || plan.format === 'ndjson') return jsonWriter(plan)
  if (plan.asDocumented) return documentedWriter(plan)
  return plan.format === 'csv' ? csvWriter(plan) : tableWriter(plan, screen)
}

async function csvWriter({ columns, ...options }: OutputPlan): Promise<ReportWriter> {
  const { createCsv } = await import('../output/csv.ts')
  const csv = createCsv(columns, options)
  return {
    streams: false,
    head: csv.head,
    page: events => events.map(event => csv.row(columns.map(column => column.cell(event)))).join(''),
    tail: () => '',
    warnings: messages => logGuarded(csv.guarded(), messages),
  }
}

/** Says how many cells of CSV were changed. */
export function logGuarded(count: number, messages: Messages): void {
  if (count === 0) return
  const cells = count === 1 ? '1 cell begins' : `${count} cells begin`
  messages.info(`${cells} like a formula and got a leading '; --no-guard leaves them as they are.`)
}

async function tableWriter(
  { columns, header, chosen }: OutputPlan,
  style: TableStyle,
): Promise<ReportWriter> {
  const { createTable } = await import('../output/table.ts')
  const table = createTable(columns, { header, chosen, ...style })
  const rows: string[][] = []
  return {
    streams: false,
    sanitized: true,
    head: () => '',
    page(events) {
      for (const event of events) rows.push(columns.map(column => (column.words ?? column.cell)(event)))
      return ''
    },
    tail: () => table.lines(rows),
    warnings: messages => warnHidden(table, messages),
  }
}

function documentedWriter({ report }: OutputPlan): ReportWriter {
  const cells = report.documented.cells ?? []
  return {
    streams: false,
    head: () => '',
    page: events => events.map(event => `${rowOf(event, cells)}\n`).join(''),
    tail: () => '',
    warnings() {},
  }
}

function rowOf(event: AuditEvent, cells: readonly string[]): string {
  try {
    if (jqRefuses(event.record)) throw new JqWouldStop('jq refuses half of a surrogate pair')
    return documentedRow(v2Entity(event), cells)
  } catch (cause) {
    if (!(cause instanceof JqWouldStop)) throw cause
    throw new Failed(
      `The page's recipe would stop at event ${event.guid}: ${cause.message}.`,
      'Nothing was printed. Without --as-documented the report shows this event too.',
      { cause },
    )
  }
}

function jsonWriter({ format, asDocumented, unredacted }: OutputPlan): ReportWriter {
  const json = createJson()
  let secrets = 0

  function recordOf(event: AuditEvent): Buffer {
    const safe = redacted(event)
    if (safe !== event.record) secrets++
    if (asDocumented) return asV2Record(event)
    return unredacted ? event.record : safe
  }

  function warnings(messages: Messages): void {
    if (secrets === 0) return
    const events = secrets === 1 ? '1 event' : `${secrets} events`
    if (asDocumented) messages.warn(`${events} hold credentials, and --as-documented prints them.`)
    else if (unredacted) messages.warn(`${events} hold credentials, and --unredacted prints them.`)
    else messages.info(`The credentials in ${events} are [REDACTED]; --unredacted prints them.`)
  }

  if (format === 'ndjson') {
    const newline = Buffer.from('\n')
    return {
      streams: true,
      head: () => '',
      page: events => Buffer.concat(events.flatMap(event => [onOneLine(recordOf(event)), newline])),
      // A line of its own: those of the events are Cloud Foundry's.
      tail: (_api, _first, names) => (names === undefined ? '' : `{"names":${names}}\n`),
      warnings,
    }
  }
  return {
    streams: false,
    head: json.head,
    page: events => Buffer.concat(events.map(event => json.resource(recordOf(event)))),
    tail(api, first, names) {
      const rest = (asDocumented ? v2 : api).envelopeTail(json.written(), first)
      return json.tail(names === undefined ? rest : `"names":${names},${rest}`)
    },
    warnings,
  }
}

/** What a table has to fit, and the colours it may have. */
export type TableStyle = Pick<TableOptions, 'width' | 'paint'>

/**
 * What is known of the place where a table will be shown. A pipe and a file are as wide as they need to be, and a file
 * is never coloured.
 * @param truncate false: nothing is cut on a terminal either.
 */
export function tableStyle(
  {
    output,
    truncate = true,
  }: { readonly output?: string | undefined; readonly truncate?: boolean | undefined },
  { stdout, env, color }: Pick<Context, 'stdout' | 'env' | 'color'>,
): TableStyle {
  if (output !== undefined && output !== '-') return {}
  // Some terminals claim to be without columns.
  const width = stdout.isTTY === true && truncate ? stdout.columns || undefined : undefined
  return { width, paint: painter(createPaint(stdout, env, color)) }
}

/** Colors what happened by what it did. */
function painter(paint: Paint): TableStyle['paint'] {
  // Magenta, because yellow cannot be read on white, nor blue on black.
  const colors: Record<ChangeKind, (text: string) => string> = {
    added: paint.green,
    removed: paint.red,
    changed: paint.magenta,
  }
  const kinds = new Map(eventTypes.map(type => [actionWords(type), changeKindOf(type)]))
  return (key, cell, shown) => {
    const kind = key === 'type' || key === 'action' ? (kinds.get(cell) ?? changeKindOf(cell)) : undefined
    return kind === undefined ? shown : colors[kind](shown)
  }
}

/** Says what a table does not show, and how to see it. */
export function warnHidden(table: { cut(): number; dropped(): readonly string[] }, messages: Messages): void {
  const dropped = table.dropped()
  const hidden = [
    ...(table.cut() > 0 ? ['cells that end with … are shortened'] : []),
    ...(dropped.length > 0 ? [`${dropped.join(', ')} ${dropped.length === 1 ? 'is' : 'are'} hidden`] : []),
  ]
  if (hidden.length === 0) return
  messages.info(`To fit this terminal, ${hidden.join(' and ')}; --no-truncate shows everything.`)
}

/**
 * The merged envelope around resources that keep their own bytes. Its counts stand behind the resources, because they
 * are known, and proven, only when the last page has been read.
 */
export function createJson() {
  let written = 0
  return {
    head: () => '{"resources":[',
    /** One resource with what stands before it. */
    resource: (record: Buffer): Buffer =>
      Buffer.concat([Buffer.from(written++ === 0 ? '\n' : ',\n'), record]),
    /** @param rest the end of the envelope, as `"total_results":2,…}` */
    tail: (rest: string): string => `${written === 0 ? '' : '\n'}],${rest}\n`,
    written: () => written,
  }
}
