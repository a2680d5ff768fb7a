import { extname } from 'node:path'
import type { AuditEvent } from '../capi/event.ts'
import { UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import { type Column, moreColumns } from '../reports/columns.ts'
import { wideColumns } from '../reports/wide.ts'
import { refuseForFormat, refuseUndocumented, refuseUnredacted } from './refusals.ts'

export const formats = ['csv', 'json', 'ndjson', 'table'] as const
export type Format = (typeof formats)[number]

/** What was said on the command line about the output of a report. */
export interface RenderingArgs {
  readonly format?: Format | undefined
  readonly output?: string | undefined
  readonly columns?: string | undefined
  readonly header: boolean
  readonly excel: boolean
  readonly guard: boolean
  readonly asDocumented: boolean
  readonly unredacted: boolean
  /** false: a table is as wide as it needs to be, on a terminal too. */
  readonly truncate?: boolean | undefined
  /** The whole record of each event in columns. */
  readonly wide?: boolean | undefined
  /** The names behind GUIDs. */
  readonly resolve?: boolean | undefined
}

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
export interface Rendering extends Layout<AuditEvent> {
  readonly report: Report
  readonly asDocumented: boolean
  readonly unredacted: boolean
  readonly resolve?: boolean | undefined
}

export type LayoutArgs = Omit<RenderingArgs, 'unredacted'>

/**
 * Decides the format and the columns of rows of any kind.
 * @throws UsageError for a combination that cannot work, with the reason.
 */
export function decideLayout<Row>(what: Tabular<Row>, args: LayoutArgs, toTerminal: boolean): Layout<Row> {
  const format = chooseFormat(what.own, args, toTerminal)
  refuseForFormat(args, format)
  return {
    format,
    columns: args.columns === undefined ? what.columns : chooseColumns(what, args.columns),
    header: args.header,
    excel: args.excel,
    guard: args.guard,
  }
}

/**
 * Decides the format and the columns.
 * @throws UsageError for a combination that cannot work, with the reason.
 */
export function decideRendering(report: Report, args: RenderingArgs, toTerminal: boolean): Rendering {
  const own = report.recipes[0] ?? 'csv'
  const format = chooseFormat(own, args, toTerminal)
  if (args.asDocumented) refuseUndocumented(report, args, format)
  else refuseForFormat(args, format)
  if (args.unredacted) refuseUnredacted(format)
  if (args.wide && args.columns !== undefined) {
    throw new UsageError(
      '--wide shows all of its columns, --columns chooses some.',
      'Leave out one of them; --columns knows those of --wide too.',
    )
  }
  const columns = args.wide ? wideColumns : report.columns
  const more = [...moreColumns, ...wideColumns]
  return {
    ...decideLayout({ name: report.name, own, columns, more }, args, toTerminal),
    report,
    asDocumented: args.asDocumented,
    unredacted: args.unredacted,
    resolve: args.resolve,
  }
}

function chooseFormat(own: Format, args: LayoutArgs, toTerminal: boolean): Format {
  if (args.format !== undefined) return args.format
  if (args.asDocumented) return own
  const ending = extname(args.output ?? '')
    .slice(1)
    .toLowerCase()
  if (ending === 'csv' || ending === 'json' || ending === 'ndjson') return ending
  const toStdout = args.output === undefined || args.output === '-'
  return toTerminal && toStdout ? 'table' : own
}

function chooseColumns<Row>({ name, columns, more }: Tabular<Row>, asked: string): Column<Row>[] {
  const known = [...columns, ...more]
  const added = asked.startsWith('+')
  const keys = asked
    .slice(added ? 1 : 0)
    .split(',')
    .map(key => key.trim())
  const named = keys.map(key => {
    const column = known.find(candidate => candidate.key === key)
    if (column !== undefined) return column
    throw new UsageError(
      key === '' ? '--columns names an empty column.' : `${name} has no column ${key}.`,
      `Its columns: ${[...new Set(known.map(candidate => candidate.key))].join(', ')}.`,
    )
  })
  return added ? [...columns, ...named] : named
}
