import { readFileSync } from 'node:fs'
import yargs, { type Argv, type InferredOptionTypes } from 'yargs'
import { askOptions, outputOptions, sayOptions, scopeOptions, windowOptions } from './commands/options.ts'
import type { RenderingArgs } from './commands/rendering.ts'
import { refuseNonsense, usageError } from './commands/usage.ts'
import { type Context, createContext } from './context.ts'
import { AuditError, exitCodes, Interrupted, ReaderGone } from './errors.ts'
import { reportNamed, reports } from './reports/catalog.ts'
import { createSay, type Say } from './ui/say.ts'

/**
 * Runs one command line.
 * @returns the exit code; every error has become words by then, here and nowhere else.
 */
export async function main(argv: readonly string[], process: NodeJS.Process): Promise<number> {
  let say = createSay(process.stderr, process.env, {})
  const stop = new AbortController()
  const forget = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(name => {
    const listener = () => stop.abort(new Interrupted(name))
    process.once(name, listener)
    return () => process.off(name, listener)
  })
  const open = (args: SayArgs): Context => {
    say = createSay(process.stderr, process.env, args)
    return createContext(process, say, stop.signal)
  }
  try {
    const action = await choose(argv, process.stdout.columns)
    await action?.(open)
    return exitCodes.done
  } catch (error) {
    return tell(stop.signal.aborted ? stop.signal.reason : error, say)
  } finally {
    for (const each of forget) each()
    stop.abort() // Whatever cf is still at work for this run: nobody waits for it any more.
  }
}

function tell(error: unknown, say: Say): number {
  if (error instanceof ReaderGone) return error.exitCode
  if (error instanceof AuditError) {
    say.error(error.message, error.advice)
    return error.exitCode
  }
  say.error('This is a bug in cf-audit.', 'Please report it with the command line and what follows.')
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of trace.split('\n')) say.error(line, '')
  return exitCodes.bug
}

type SayArgs = InferredOptionTypes<typeof sayOptions>

/** What a command line stands for. */
type Action = (open: (args: SayArgs) => Context) => Promise<void>

/**
 * Thrown by the handler of a command: behind one that returns, yargs prints the whole help to memory, which takes longer
 * than anything else at start-up.
 */
class Chosen extends Error {
  readonly action: Action

  constructor(action: Action) {
    super('A command was chosen.')
    this.action = action
  }
}

/** The command that was typed; undefined when yargs has answered it all (--help, --version). */
async function choose(argv: readonly string[], columns: number | undefined): Promise<Action | undefined> {
  try {
    await program(argv, columns).parseAsync()
    return undefined
  } catch (error) {
    if (error instanceof Chosen) return error.action
    throw error
  }
}

function program(argv: readonly string[], columns: number | undefined): Argv {
  let parser: Argv<SayArgs> = yargs([...argv])
    .scriptName('cf-audit')
    .locale('en') // yargs would follow LANG; our own words do not.
    .usage('$0 COMMAND [ORG]\n\nWho got access, which routes and services changed, and is this all of it?')
    .options(sayOptions)
    .strict()
    .demandCommand(1, 'Which command?')
    .recommendCommands()
    .exitProcess(false)
    .showHelpOnFail(false)
    .help()
    .alias('help', 'h')
    .version(version())
    .wrap(Math.min(110, columns || 110))
    .parserConfiguration({ 'populate--': true })
    .check(args => {
      refuseNonsense(args)
      return true
    })
    .fail((message, error) => {
      if (error !== undefined && error !== null && error.name !== 'YError') throw error
      throw usageError(message ?? error.message, argv)
    })

  for (const kind of reports) {
    parser = parser.command(
      `${kind.name} [name]`,
      kind.summary,
      command =>
        command
          .usage(`$0 ${kind.name} [ORG]\n\nPrints ${kind.summary}.`)
          .positional('name', {
            type: 'string',
            describe: `the org${kind.types ? ' (the targeted one, if left out)' : ''}`,
          })
          .options({ ...scopeOptions, ...windowOptions, ...outputOptions, ...askOptions }),
      args => {
        const name = argument(args, args.name)
        const { org, since, until, month, allOrgs = false, force = false, explain = false } = args
        const { api, cf, timeout, maxWait, concurrency } = args
        const asked = {
          name,
          org,
          since,
          until,
          month,
          allOrgs,
          force,
          explain,
          api,
          cf,
          timeout,
          maxWait,
          concurrency,
        }
        throw new Chosen(async open => {
          const { report } = await import('./commands/report.ts')
          await report(kind, { ...asked, ...renderingArgs(args) }, open(args))
        })
      },
    )
  }

  return parser.command(
    'format <report> [file]',
    'a report of saved answers of cf curl (a file, or stdin); asks nobody',
    command =>
      command
        .positional('report', { choices: reports.map(({ name }) => name), demandOption: true })
        .positional('file', { type: 'string', describe: 'saved JSON of API v2 or v3, one page or several' })
        .options(outputOptions),
    args => {
      const { report, force = false } = args
      // yargs reads a lone dash as an empty text.
      const file = argument(args, args.file === '' && argv.includes('-') ? '-' : args.file)
      throw new Chosen(async open => {
        const { format } = await import('./commands/format.ts')
        await format(reportNamed(report), { file, force, ...renderingArgs(args) }, open(args))
      })
    },
  )
}

type OutputArgs = InferredOptionTypes<typeof outputOptions>

function renderingArgs(args: OutputArgs & { asDocumented?: boolean | undefined }): RenderingArgs {
  const {
    format,
    output,
    columns,
    header,
    excel = false,
    guard,
    asDocumented = false,
    unredacted = false,
  } = args
  return { format, output, columns, header, excel, guard, asDocumented, unredacted }
}

/** The argument of a command; behind `--` even a name that begins with a dash is one. */
function argument(args: object, name: string | undefined): string | undefined {
  const words = '--' in args && Array.isArray(args['--']) ? args['--'].map(String) : []
  const all = name === undefined ? words : [name, ...words]
  if (all.length > 1) throw usageError(`Unknown argument: ${all.slice(1).join(', ')}`, [])
  return all[0]
}

function version(): string {
  // The same relative path from src/ and from dist/.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
