import { fstatSync } from 'node:fs'
import { extname } from 'node:path'
import { readerStarter } from '../cf/run.ts'
import type { Context, Output } from '../context.ts'
import { UsageError } from '../errors.ts'
import { bufferedSink, fileSink, pagedSink, type Sink, streamSink } from '../output/sink.ts'
import type { Column } from '../reports/columns.ts'
import {
  type Format,
  formatNamed,
  formatNames,
  formats,
  type OutputPlan,
  type Tabular,
  tableStyle,
} from '../reports/formats.ts'
import { escapeLines, escapeUncolored, plural, shellLine } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { numberIn, type OptionTable, oneOf, type Values } from './command.ts'
import { didYouMean } from './suggest.ts'
import { timeZoneOf } from './window.ts'

const group = 'Output'

/** How rows of any kind are printed, and where. */
export const outputOptions = {
  format: {
    type: 'string',
    alias: 'f',
    group,
    value: 'FORMAT',
    complete: () => formatNames,
    describe: `${formatNames.slice(0, -1).join(', ')} or ${formatNames.at(-1)} (default: by the ending of --output, else a table on a terminal)`,
  },
  output: {
    type: 'string',
    alias: 'O',
    group,
    value: 'FILE',
    describe: 'Write to FILE (atomic, mode 0600)',
  },
  force: { type: 'boolean', group, describe: 'Replace FILE if it exists' },
  columns: {
    type: 'string',
    list: true,
    group,
    value: 'LIST',
    describe: 'Columns by key or heading: a,b prints only these, +a,+b adds them',
  },
  'no-header': { type: 'boolean', group, describe: "Don't print headings" },
  'no-truncate': { type: 'boolean', group, describe: "Don't truncate or wrap cells" },
  excel: { type: 'boolean', group, describe: 'CSV with byte-order mark and CRLF, for Excel' },
  'no-guard': { type: 'boolean', group, describe: "Don't escape cells that look like formulas" },
} as const satisfies OptionTable

/** How events are printed, besides. */
export const eventOutputOptions = {
  names: { type: 'boolean', group, describe: 'Look up the names behind GUIDs' },
  wide: { type: 'boolean', group, describe: 'Show the whole record in columns' },
  limit: { type: 'string', group, value: 'N', describe: 'Print only the first N rows' },
  reverse: { type: 'boolean', group, describe: 'Print the newest first' },
  unredacted: { type: 'boolean', group, describe: "Don't redact credentials in records" },
  'as-documented': {
    type: 'boolean',
    group,
    describe: 'Print exactly what the documented recipe prints, from all pages',
  },
  strict: { type: 'boolean', group, describe: 'Exit with 6 unless the result is known to be complete' },
} as const satisfies OptionTable

/** --format of a command that prints no rows. */
export const tableOrJsonOption = {
  ...outputOptions.format,
  complete: () => tableOrJson,
  describe: 'table (default), or json for scripts',
}

const tableOrJson = ['table', 'json'] as const

/** @throws UsageError */
export const isJson = ({ format = 'table' }: { readonly format?: string | undefined }): boolean =>
  oneOf('format', format, tableOrJson) === 'json'

/** --columns of some rows, completed with their columns. */
export const columnsOption = (columns: () => readonly { readonly key: string }[]) => ({
  ...outputOptions.columns,
  complete: () => columns().map(({ key }) => key),
})

/** The output options, including those of event reports. */
export type OutputArgs = Partial<Values<typeof outputOptions & typeof eventOutputOptions>> & {
  readonly tz?: string | undefined
}

/**
 * Decides how rows are printed.
 * @throws UsageError for options that have no effect together, with the reason.
 */
export function planOutput<Row>(
  what: Tabular<Row>,
  args: OutputArgs,
  context: Pick<Context, 'stdout' | 'env' | 'color'>,
): OutputPlan<Row> {
  const format = chooseFormat(what.own, args, context.stdout.isTTY === true)
  assertCompatibleWithFormat(args, format)
  if (args.wide && args.columns !== undefined && !args.columns.startsWith('+')) {
    throw new UsageError(
      '--wide cannot be combined with --columns.',
      'Use one of them, or add columns with --columns +a.',
    )
  }
  const columns = (args.wide && what.wide) || what.columns
  return {
    format,
    columns: args.columns === undefined ? columns : chooseColumns({ ...what, columns }, args.columns),
    isChosen: args.columns !== undefined || args.wide === true,
    header: !args.noHeader,
    excel: args.excel === true,
    guard: !args.noGuard,
    timeZone: timeZoneOf(args),
    style: tableStyle(args, context),
  }
}

const isStdout = (output: string | undefined) => output === undefined || output === '-'

function chooseFormat(own: Format['name'], args: OutputArgs, toTerminal: boolean): Format {
  const { format, output } = args
  const ending = isStdout(output) ? '' : extname(output ?? '').slice(1)
  if (format !== undefined) return formatNamed(oneOf('format', format, formatNames))
  if (args.asDocumented) return formatNamed(own)
  if (ending !== '') return formatOf(ending)
  return formatNamed(toTerminal && isStdout(output) ? 'table' : own)
}

function formatOf(ending: string): Format {
  const format = formats.find(({ endings }) => endings.includes(ending.toLowerCase()))
  if (format !== undefined) return format
  const endings = formats.flatMap(each => each.endings.map(known => `.${known}`))
  throw new UsageError(
    `cannot write a .${ending} file.${didYouMean(`.${ending}`, endings)}`,
    `Use a name that ends in ${endings.join(', ')}, or choose the format with --format.`,
  )
}

/** The columns that --columns names, by key or heading in any case. */
function chooseColumns<Row>({ name, columns, more, wide = [] }: Tabular<Row>, asked: string): Column<Row>[] {
  const known = [...columns, ...more, ...wide]
  const adds = asked.startsWith('+')
  const named = asked.split(',').map(part => {
    const word = part.trim().replace(/^\+ */, '').toLowerCase()
    const column = known.find(({ key, heading }) => key === word || heading.toLowerCase() === word)
    // A column that is named shows its values, not words.
    if (column !== undefined) return column.words === undefined ? column : { ...column, words: undefined }
    const keys = [...new Set(known.map(({ key }) => key))]
    throw new UsageError(
      word === ''
        ? '--columns has an empty name.'
        : `${name} has no column "${part.trim()}".${didYouMean(word, keys)}`,
      `Use one of ${keys.join(', ')}.`,
    )
  })
  return adds ? [...columns, ...named.filter(column => !columns.includes(column))] : named
}

/** @throws UsageError for an option that has no effect on the format. */
function assertCompatibleWithFormat(args: OutputArgs, format: Format): void {
  const given = givenOptions(args)
  const bound = new Set(formats.flatMap(({ options }) => options))
  const showsData = format.hasColumns && /\bdata\b/i.test(args.columns ?? '')
  const idle = given.find(
    option =>
      bound.has(option) && !format.options.includes(option) && !(option === 'unredacted' && showsData),
  )
  if (idle !== undefined && idle !== 'tz') {
    const other = formats.find(({ options }) => options.includes(idle))
    throw new UsageError(
      `--${idle} has no effect on ${format.name}.`,
      `Leave it out, or use --format ${other?.name}.`,
    )
  }
}

/** The output options that were given, by name. */
const givenOptions = (args: OutputArgs): string[] =>
  [...Object.keys(outputOptions), ...Object.keys(eventOutputOptions), 'tz'].filter(
    name => (args as Record<string, unknown>)[inCamelCase(name)] !== undefined,
  )

const inCamelCase = (name: string) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())

/**
 * @throws UsageError for an output option that cannot be combined with another, which prints no rows or rows of its own.
 * @param allowed the options that can.
 */
export function assertNoOutputOptions(args: OutputArgs, other: string, allowed: readonly string[]): void {
  const option = givenOptions(args).find(name => !allowed.includes(name))
  if (option === undefined) return
  throw new UsageError(`--${option} cannot be combined with ${other}.`, 'Use one of them.')
}

/**
 * How many rows --limit allows; undefined: all.
 * @throws UsageError
 */
export function limitOf({ limit, strict }: OutputArgs): number | undefined {
  if (limit !== undefined && strict) {
    throw new UsageError(
      '--strict cannot be combined with --limit: the first rows are not the whole result.',
      'Use one of them.',
    )
  }
  return limit === undefined ? undefined : numberIn('--limit', limit, [1, 1_000_000_000])
}

/**
 * Where the output goes: the file that --output names, else stdout. Progress ends before stdout shows anything.
 * @throws UsageError for a file that exists and is not to be replaced, or cannot be made.
 */
export async function openSink(
  { output, force }: Pick<OutputArgs, 'output' | 'force'>,
  { name, streams, isBinary }: Format,
  context: Context,
): Promise<Sink> {
  const { stdout, signal, progress } = context
  const commit = (sink: Sink) => () => {
    progress.stop()
    return sink.commit()
  }
  if (output !== undefined && output !== '-') {
    const sink = await fileSink(output, force === true)
    return { ...sink, commit: commit(sink) }
  }
  if (force)
    throw new UsageError(
      '--force has no effect without --output.',
      'Leave it out, or name a file with --output.',
    )
  if (isBinary && stdout.isTTY) {
    throw new UsageError(
      `${name} is not text and cannot be shown on a terminal.`,
      `Name a file, as in -O report.${name}.`,
    )
  }
  const isPaged = name === 'table' && stdout.isTTY === true
  const sink = isPaged
    ? pagedSink(stdout, context, await readerStarter())
    : streams
      ? streamSink(stdout, signal)
      : bufferedSink(stdout, signal)
  // A table is already escaped, and its colors are ours.
  const safe = name === 'table' ? escapeUncolored : escapeLines
  const shows = streams && !isFile(stdout)
  return {
    ...sink,
    write(chunk) {
      if (shows && chunk.length > 0) progress.stop()
      // A pipe or a file gets the exact bytes. On a terminal, escapes in a name would take effect.
      return sink.write(stdout.isTTY ? safe(chunk.toString('utf8')) : chunk)
    },
    commit: commit(sink),
  }
}

/** Progress may stay while rows go to a file, but not to a pipe: a pager may use the same terminal. */
function isFile({ fd }: Output): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isFile()
  } catch {
    return false // A closed stdout: the first write says so.
  }
}

/** Logs the file that was written, and its size; nothing for stdout. */
export function logFile(output: string | undefined, bytes: number, messages: Messages): void {
  if (output !== undefined && output !== '-') messages.info(`Wrote ${output} (${sizeOf(bytes)}).`)
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let size = bytes
  let unit = 0
  // What would round to 1000 of a unit is 1 of the next.
  for (; size >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1; unit++) size /= 1000
  if (unit === 0) return plural(bytes, 'byte')
  return `${size.toFixed(1)} ${units[unit]}`
}

/** The last lines of the sheet that describes a workbook. */
export const madeBy = ({
  version,
  words,
}: Pick<Context, 'version' | 'words'>): [key: string, value: string][] => [
  ['Made by', `cf-audit ${version}`],
  ['Command line', shellLine(['cf-audit', ...words])],
]
