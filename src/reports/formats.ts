import { type Api, v2 } from '../capi/api.ts'
import { type AuditEvent, asV2Record, v2Entity } from '../capi/event.ts'
import { onOneLine } from '../capi/json-ranges.ts'
import { redactPage } from '../capi/redaction.ts'
import type { Context } from '../context.ts'
import { Failed } from '../errors.ts'
import type { TableOptions } from '../output/table.ts'
import { createPaint, type Messages, type Paint } from '../ui/messages.ts'
import type { Report } from './catalog.ts'
import type { Column } from './columns.ts'
import { type ChangeKind, changeKindOf } from './event-types.ts'
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
  page(events: readonly AuditEvent[]): Buffer | string | Promise<Buffer>
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
  const cells =
    count === 1 ? '1 cell that looks like a formula was' : `${count} cells that look like formulas were`
  messages.info(`${cells} escaped with a '; --no-guard leaves them as they are.`)
}

async function tableWriter({ columns, header }: OutputPlan, screen: TableStyle): Promise<ReportWriter> {
  const { createTable } = await import('../output/table.ts')
  const table = createTable(columns, { header, ...screen })
  let empty = true
  return {
    streams: true,
    sanitized: true,
    head: () => '',
    page(events) {
      if (events.length === 0) return ''
      empty = false
      return table.lines(events.map(event => columns.map(column => column.cell(event))))
    },
    tail: () => (empty ? table.lines([]) : ''),
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
  let values = 0
  let changed = 0

  /** The records of a page as they are printed, and what was redacted or should have been. */
  async function recordsOf(events: readonly AuditEvent[]): Promise<Buffer[]> {
    const safe = await redactPage(events)
    values += safe.values
    changed += safe.changed
    if (asDocumented) return events.map(asV2Record)
    return (unredacted ? events : safe.events).map(({ record }) => record)
  }

  function warnings(messages: Messages): void {
    if (values === 0) return
    const found = values === 1 ? '1 value' : `${values} values`
    const where = changed === 1 ? '1 event' : `${changed} events`
    const option = asDocumented ? '--as-documented' : '--unredacted'
    if (asDocumented || unredacted) messages.warn(`${option} prints ${found} in ${where} that may be secret.`)
    else messages.info(`${found} redacted in ${where}; --unredacted prints ${values === 1 ? 'it' : 'them'}.`)
  }

  if (format === 'ndjson') {
    const newline = Buffer.from('\n')
    return {
      streams: true,
      head: () => '',
      page: async events =>
        Buffer.concat((await recordsOf(events)).flatMap(record => [onOneLine(record), newline])),
      // A line of its own: those of the events are Cloud Foundry's.
      tail: (_api, _first, names) => (names === undefined ? '' : `{"names":${names}}\n`),
      warnings,
    }
  }
  return {
    streams: false,
    head: json.head,
    page: async events => Buffer.concat((await recordsOf(events)).map(json.resource)),
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

/** Colours the types of events by what they did. */
function painter(paint: Paint): TableStyle['paint'] {
  // Magenta, because yellow cannot be read on white, nor blue on black.
  const colors: Record<ChangeKind, (text: string) => string> = {
    added: paint.green,
    removed: paint.red,
    changed: paint.magenta,
  }
  return (key, cell, shown) => {
    const tone = key === 'type' ? changeKindOf(cell) : undefined
    return tone === undefined ? shown : colors[tone](shown)
  }
}

/** Says what a table does not show, and how to see it. */
export function warnHidden(table: { cut(): number; dropped(): readonly string[] }, messages: Messages): void {
  const dropped = table.dropped()
  if (dropped.length > 0) {
    messages.warn(
      `no room on this terminal for ${dropped.join(', ')}. --no-truncate shows all columns, --columns chooses some.`,
    )
  } else if (table.cut() > 0) messages.info('Cells with … are cut to fit; --no-truncate shows them whole.')
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
