import { extname } from 'node:path'
import { UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import { type Column, moreColumns } from '../reports/columns.ts'

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
}

/** How a report is printed: every question answered. */
export interface Rendering {
  readonly report: Report
  readonly format: Format
  readonly columns: readonly Column[]
  readonly header: boolean
  readonly excel: boolean
  readonly guard: boolean
  readonly asDocumented: boolean
  readonly unredacted: boolean
}

/**
 * Decides the format and the columns.
 * @throws UsageError for a combination that cannot work, with the reason.
 */
export function decideRendering(report: Report, args: RenderingArgs, toTerminal: boolean): Rendering {
  const format = chooseFormat(report, args, toTerminal)
  if (args.asDocumented) refuseUndocumented(report, args, format)
  if (format === 'json' || format === 'ndjson') refuseForJson(args, format)
  return {
    report,
    format,
    columns: args.columns === undefined ? report.columns : chooseColumns(report, args.columns),
    header: args.header,
    excel: args.excel,
    guard: args.guard,
    asDocumented: args.asDocumented,
    unredacted: args.unredacted,
  }
}

function chooseFormat(report: Report, args: RenderingArgs, toTerminal: boolean): Format {
  if (args.format !== undefined) return args.format
  const own = report.recipes[0] ?? 'csv'
  if (args.asDocumented) return own
  const ending = extname(args.output ?? '')
    .slice(1)
    .toLowerCase()
  if (ending === 'csv' || ending === 'json' || ending === 'ndjson') return ending
  const toStdout = args.output === undefined || args.output === '-'
  return toTerminal && toStdout ? 'table' : own
}

function refuseUndocumented(report: Report, args: RenderingArgs, format: Format): void {
  const because = 'prints the bytes of the page’s own recipe'
  if (format === 'table') {
    throw new UsageError(
      `--as-documented ${because}, and the page has no table.`,
      'Use --format csv or json.',
    )
  }
  if (format === 'csv' && report.documented.cells === undefined) {
    throw new UsageError(
      `The page has no CSV recipe for ${report.name}, so there is none to reproduce.`,
      'Leave out --as-documented, or use --format json.',
    )
  }
  const refused = [
    ['--columns', args.columns !== undefined],
    ['--excel', args.excel],
    ['--no-guard', !args.guard],
  ] as const
  for (const [option, given] of refused) {
    if (given)
      throw new UsageError(
        `${option} and --as-documented exclude each other: it ${because}.`,
        'Leave out one of them.',
      )
  }
}

function refuseForJson(args: RenderingArgs, format: Format): void {
  const refused = [
    ['--columns', args.columns !== undefined],
    ['--no-header', !args.header],
    ['--excel', args.excel],
    ['--no-guard', !args.guard],
  ] as const
  for (const [option, given] of refused) {
    if (given) {
      throw new UsageError(
        `${option} is for csv and table; ${format} is Cloud Foundry's own record.`,
        `Leave out ${option}, or use --format csv.`,
      )
    }
  }
}

function chooseColumns(report: Report, asked: string): Column[] {
  const known = [...report.columns, ...moreColumns]
  const added = asked.startsWith('+')
  const keys = asked
    .slice(added ? 1 : 0)
    .split(',')
    .map(key => key.trim())
  const named = keys.map(key => {
    const column = known.find(candidate => candidate.key === key)
    if (column !== undefined) return column
    throw new UsageError(
      key === '' ? '--columns names an empty column.' : `${report.name} has no column ${key}.`,
      `Its columns: ${[...new Set(known.map(candidate => candidate.key))].join(', ')}.`,
    )
  })
  return added ? [...report.columns, ...named] : named
}
