import { type AuditEvent, asV2Record, v2Entity } from '../capi/event.ts'
import type { Api } from '../capi/query.ts'
import { redacted } from '../capi/redaction.ts'
import { onOneLine } from '../capi/spans.ts'
import { v2 } from '../capi/v2.ts'
import { Failed } from '../errors.ts'
import { createJson } from '../output/json.ts'
import { documentedRow, JqWouldStop, jqRefuses } from '../reports/documented.ts'
import type { Say } from '../ui/say.ts'
import type { Rendering } from './rendering.ts'
import { type Screen, tellHidden } from './screen.ts'

/** Turns pages of events into the bytes of one format. */
export interface Writer {
  /** Whether the bytes may be shown before the last page is read and counted. */
  readonly flows: boolean
  /** Whether there are colours among them, and what Cloud Foundry said has been made plain. */
  readonly painted?: boolean
  head(): string
  page(events: readonly AuditEvent[]): Buffer | string
  /**
   * @param first the envelope of the first page that was read.
   * @param names what stands behind the GUIDs, as JSON.
   */
  tail(api: Api, first: unknown, names?: string): string
  /** What the reader of the result has to know about its cells. */
  remarks(say: Say): void
}

/** Makes the writer of a format, and loads what only that format needs. */
export async function createWriter(rendering: Rendering, screen: Screen = {}): Promise<Writer> {
  if (rendering.format === 'json' || rendering.format === 'ndjson') return jsonWriter(rendering)
  if (rendering.asDocumented) return documentedWriter(rendering)
  return rendering.format === 'csv' ? csvWriter(rendering) : tableWriter(rendering, screen)
}

async function csvWriter({ columns, ...options }: Rendering): Promise<Writer> {
  const { createCsv } = await import('../output/csv.ts')
  const csv = createCsv(columns, options)
  return {
    flows: false,
    head: csv.head,
    page: events => events.map(event => csv.row(columns.map(column => column.cell(event)))).join(''),
    tail: () => '',
    remarks: say => tellGuarded(csv.guarded(), say),
  }
}

/** Says how many cells of CSV were changed. */
export function tellGuarded(count: number, say: Say): void {
  if (count === 0) return
  const cells = count === 1 ? '1 cell begins' : `${count} cells begin`
  say.note(`${cells} like a formula and got a leading '; --no-guard leaves them as they are.`)
}

async function tableWriter({ columns, header }: Rendering, screen: Screen): Promise<Writer> {
  const { createTable } = await import('../output/table.ts')
  const table = createTable(columns, { header, ...screen })
  let empty = true
  return {
    flows: true,
    painted: true,
    head: () => '',
    page(events) {
      if (events.length === 0) return ''
      empty = false
      return table.lines(events.map(event => columns.map(column => column.cell(event))))
    },
    tail: () => (empty ? table.lines([]) : ''),
    remarks: say => tellHidden(table, say),
  }
}

function documentedWriter({ report }: Rendering): Writer {
  const cells = report.documented.cells ?? []
  return {
    flows: false,
    head: () => '',
    page: events => events.map(event => `${rowOf(event, cells)}\n`).join(''),
    tail: () => '',
    remarks() {},
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

function jsonWriter({ format, asDocumented, unredacted }: Rendering): Writer {
  const json = createJson()
  let secrets = 0

  function recordOf(event: AuditEvent): Buffer {
    const safe = redacted(event)
    if (safe !== event.record) secrets++
    if (asDocumented) return asV2Record(event)
    return unredacted ? event.record : safe
  }

  function remarks(say: Say): void {
    if (secrets === 0) return
    const events = secrets === 1 ? '1 event' : `${secrets} events`
    if (asDocumented) say.warn(`${events} hold credentials, and --as-documented prints them.`)
    else if (unredacted) say.warn(`${events} hold credentials, and --unredacted prints them.`)
    else say.note(`The credentials in ${events} are [REDACTED]; --unredacted prints them.`)
  }

  if (format === 'ndjson') {
    const newline = Buffer.from('\n')
    return {
      flows: true,
      head: () => '',
      page: events => Buffer.concat(events.flatMap(event => [onOneLine(recordOf(event)), newline])),
      // A line of its own: those of the events are Cloud Foundry's.
      tail: (_api, _first, names) => (names === undefined ? '' : `{"names":${names}}\n`),
      remarks,
    }
  }
  return {
    flows: false,
    head: json.head,
    page: events => Buffer.concat(events.map(event => json.resource(recordOf(event)))),
    tail(api, first, names) {
      const rest = (asDocumented ? v2 : api).envelopeTail(json.written(), first)
      return json.tail(names === undefined ? rest : `"names":${names},${rest}`)
    },
    remarks,
  }
}
