import { UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import type { Format, LayoutArgs, RenderingArgs } from './rendering.ts'

type Asked = readonly (readonly [option: string, given: boolean | undefined])[]

/** @throws UsageError for an option that the format has no use for: whoever gave it expects something to come of it. */
export function refuseForFormat(args: LayoutArgs, format: Format): void {
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
export function refuseUnredacted(format: Format): void {
  if (format === 'json' || format === 'ndjson') return
  throw new UsageError(
    `--unredacted is for json and ndjson; ${format} shows no credentials.`,
    'Leave out --unredacted, or use --format json.',
  )
}

/** @throws UsageError for --force without a file that it could replace. */
export function refuseIdleForce(output: string | undefined, force: boolean): void {
  if (!force || (output !== undefined && output !== '-')) return
  throw new UsageError(
    '--force replaces the file that --output names, and none is named.',
    'Leave out --force, or name a file with --output.',
  )
}

/** @throws UsageError for what --explain, which prints no rows, has no use for. */
export function refuseForExplain(args: RenderingArgs & { readonly force: boolean }): void {
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
export function refuseUndocumented(report: Report, args: RenderingArgs, format: Format): void {
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
