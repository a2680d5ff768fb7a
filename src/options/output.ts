import { fstatSync } from 'node:fs'
import { extname } from 'node:path'
import type { Context, Output } from '../context.ts'
import { UsageError } from '../errors.ts'
import { bufferedSink, fileSink, pagedSink, type Sink, streamSink } from '../output/sink.ts'
import type { Report } from '../reports/catalog.ts'
import { type Column, moreColumns, wideColumns } from '../reports/columns.ts'
import type { Format, Layout, OutputPlan, Tabular } from '../reports/formats.ts'
import { escapeLines, escapeUncolored } from '../text.ts'

/** What was said on the command line about the output of a report. */
export interface OutputArgs {
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

export type LayoutArgs = Omit<OutputArgs, 'unredacted'>

/**
 * Decides the format and the columns of rows of any kind.
 * @throws UsageError for a combination that cannot work, with the reason.
 */
export function decideLayout<Row>(what: Tabular<Row>, args: LayoutArgs, toTerminal: boolean): Layout<Row> {
  const format = chooseFormat(what.own, args, toTerminal)
  assertCompatibleWithFormat(args, format)
  return {
    format,
    columns: args.columns === undefined ? what.columns : chooseColumns(what, args.columns),
    chosen: args.columns !== undefined,
    header: args.header,
    excel: args.excel,
    guard: args.guard,
  }
}

/**
 * Decides the format and the columns.
 * @throws UsageError for a combination that cannot work, with the reason.
 */
export function planOutput(report: Report, args: OutputArgs, toTerminal: boolean): OutputPlan {
  const own = report.recipes[0] ?? 'csv'
  const format = chooseFormat(own, args, toTerminal)
  if (args.asDocumented) assertDocumentedOutput(report, args, format)
  else assertCompatibleWithFormat(args, format)
  if (args.unredacted) assertUnredactedFormat(format)
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
    chosen: args.wide || args.columns !== undefined,
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
    if (column !== undefined) return column.words === undefined ? column : { ...column, words: undefined }
    throw new UsageError(
      key === '' ? '--columns names an empty column.' : `${name} has no column ${key}.`,
      `Its columns: ${[...new Set(known.map(candidate => candidate.key))].join(', ')}.`,
    )
  })
  return added ? [...columns, ...named] : named
}

type Asked = readonly (readonly [option: string, given: boolean | undefined])[]

/** @throws UsageError for an option that the format has no use for: whoever gave it expects something to come of it. */
export function assertCompatibleWithFormat(args: LayoutArgs, format: Format): void {
  const forRows: Asked = [
    ['--columns', args.columns !== undefined],
    ['--wide', args.wide],
    ['--no-header', !args.header],
  ]
  const forCsv: Asked = [
    ['--excel', args.excel],
    ['--no-guard', !args.guard],
  ]
  const forTables: Asked = [['--no-truncate', args.truncate === false]]
  if (format === 'json' || format === 'ndjson') {
    const because = (option: string) => `${option} is for csv and table; ${format} holds whole records.`
    refuse(forRows, because, 'csv')
    refuse(forCsv, option => because(option).replace(' and table', ''), 'csv')
  }
  if (format === 'table') {
    refuse(forCsv, option => `${option} is for csv: no spreadsheet reads a table.`, 'csv')
  } else {
    refuse(forTables, option => `${option} is for tables; ${format} is never cut.`, 'table')
  }
}

function refuse(asked: Asked, because: (option: string) => string, instead: Format): void {
  const option = asked.find(([, given]) => given)?.[0]
  if (option !== undefined) {
    throw new UsageError(because(option), `Leave out ${option}, or use --format ${instead}.`)
  }
}

/** @throws UsageError where no credential could be printed: none of the columns has one. */
export function assertUnredactedFormat(format: Format): void {
  if (format === 'json' || format === 'ndjson') return
  throw new UsageError(
    `--unredacted is for json and ndjson; ${format} shows no credentials.`,
    'Leave out --unredacted, or use --format json.',
  )
}

/** @throws UsageError for --force without a file that it could replace. */
export function assertForceHasFile(output: string | undefined, force: boolean): void {
  if (!force || (output !== undefined && output !== '-')) return
  throw new UsageError(
    '--force replaces the file that --output names, and none is named.',
    'Leave out --force, or name a file with --output.',
  )
}

/** @throws UsageError for what --explain, which prints no rows, has no use for. */
export function assertCompatibleWithExplain(args: OutputArgs & { readonly force: boolean }): void {
  const asked: Asked = [
    ['--output', args.output !== undefined],
    ['--force', args.force],
    ['--columns', args.columns !== undefined],
    ['--wide', args.wide],
    ['--resolve', args.resolve],
    ['--no-header', !args.header],
    ['--no-truncate', args.truncate === false],
    ['--excel', args.excel],
    ['--no-guard', !args.guard],
    ['--unredacted', args.unredacted],
  ]
  const option = asked.find(([, given]) => given)?.[0]
  if (option !== undefined) {
    throw new UsageError(
      `--explain prints the recipe and the calls to stdout, and no rows; ${option} is for a report.`,
      'Leave out one of them.',
    )
  }
}

/** @throws UsageError for what the page's own recipe cannot do. */
export function assertDocumentedOutput(report: Report, args: OutputArgs, format: Format): void {
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
  const refused: Asked = [
    ['--columns', args.columns !== undefined],
    ['--wide', args.wide],
    ['--resolve', args.resolve],
    ['--no-truncate', args.truncate === false],
    ['--excel', args.excel],
    ['--no-guard', !args.guard],
  ]
  for (const [option, given] of refused) {
    if (given)
      throw new UsageError(
        `${option} and --as-documented exclude each other: it ${because}.`,
        'Leave out one of them.',
      )
  }
}

/**
 * Where the output goes: the file that --output names, else stdout, at once (`flows`) or when all is proven. Progress
 * ends before stdout shows anything.
 * @param painted whether colours of ours are in the output, and whatever is not ours has been made plain.
 */
export async function openSink(
  { output, force }: { readonly output?: string | undefined; readonly force: boolean },
  flows: boolean,
  context: Context,
  painted = false,
): Promise<Sink> {
  const { stdout, signal, progress } = context
  assertForceHasFile(output, force)
  const commit = (sink: Sink) => () => {
    progress.stop()
    return sink.commit()
  }
  if (output !== undefined && output !== '-') {
    const sink = await fileSink(output, force)
    return { ...sink, commit: commit(sink) }
  }
  const sink = flows
    ? streamSink(stdout, signal)
    : painted && stdout.isTTY
      ? pagedSink(stdout, context, (await import('../cf/run.ts')).startReader)
      : bufferedSink(stdout, signal)
  const safe = painted ? escapeUncolored : escapeLines
  const shows = flows && !isFile(stdout)
  return {
    ...sink,
    write(chunk) {
      if (shows && chunk.length > 0) progress.stop()
      // A pipe or a file gets the exact bytes. A terminal would obey the escapes that a name can hold.
      return sink.write(stdout.isTTY ? safe(chunk.toString('utf8')) : chunk)
    },
    commit: commit(sink),
  }
}

/** Rows that go into a file disturb nobody; at the end of a pipe there may be a pager, on the same terminal. */
function isFile({ fd }: Output): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isFile()
  } catch {
    return false
  }
}
