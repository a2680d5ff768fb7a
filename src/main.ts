import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { addCommands } from './commands/index.ts'
import { addAlone } from './commands/interactive/command.ts'
import { overview } from './commands/overview.ts'
import { type Context, createContext } from './context.ts'
import { AuditError, Cancelled, exitCodes, Interrupted, ReaderGone } from './errors.ts'
import { messageOptions } from './options/options.ts'
import {
  type Action,
  assertSaneArguments,
  CommandSelected,
  type MessageArgs,
  type Program,
  usageError,
} from './options/parse.ts'
import { createMessages, type Messages } from './ui/messages.ts'

/**
 * Runs one command line.
 * @returns the exit code; every error has become words by then, here and nowhere else.
 */
export async function main(argv: readonly string[], process: NodeJS.Process): Promise<number> {
  let messages = createMessages(process.stderr, process.env, {})
  const stop = new AbortController()
  const calls = new Set<Promise<unknown>>()
  // The first one ends the run. Another must not end the process before its drafts and calls are gone.
  const forget = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(name => {
    const listener = () => stop.abort(new Interrupted(name))
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  const open = (args: MessageArgs): Context => {
    messages = createMessages(process.stderr, process.env, args)
    return createContext(process, messages, args, stop.signal, calls)
  }
  try {
    const action = await choose(argv)
    await action?.(open)
    return exitCodes.done
  } catch (error) {
    return tell(stop.signal.aborted && !(error instanceof Interrupted) ? stop.signal.reason : error, messages)
  } finally {
    stop.abort() // Ends the calls of cf that are still under way, whose responses are no longer needed.
    await Promise.allSettled(calls)
    for (const each of forget) each()
  }
}

function tell(error: unknown, messages: Messages): number {
  if (error instanceof ReaderGone || error instanceof Cancelled) return error.exitCode
  if (error instanceof AuditError) {
    messages.error(error.message, error.advice)
    return error.exitCode
  }
  messages.error('This is a bug in cf-audit.', 'Please report it with the command line and what follows.')
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of trace.split('\n')) messages.error(line, '')
  return exitCodes.bug
}

/** The command that was typed; undefined when yargs has answered it all (--help, --version). */
async function choose(argv: readonly string[]): Promise<Action | undefined> {
  try {
    await programFor(argv).parseAsync()
    return undefined
  } catch (error) {
    if (error instanceof CommandSelected) return error.action
    throw error
  }
}

const purpose = 'Who got access, which routes and services changed, and is this all of it?'

const closing = `cf-audit COMMAND --help shows the options of a command, with examples.
cf-audit alone, on a terminal, asks what you want to know.`

function programFor(argv: readonly string[]): Program {
  const program: Program = yargs([...argv])
    .scriptName('cf-audit')
    .locale('en') // yargs would follow LANG; our own words do not.
    .usage(`$0 COMMAND [ORG]\n\n${purpose}\n\n${overview()}`)
    .options(messageOptions)
    .strict()
    .exitProcess(false)
    .showHelpOnFail(false)
    .help('help', 'what a command does, and its options')
    .alias('help', 'h')
    .version('version', 'the version of cf-audit', version())
    .group(['help', 'version'], 'About:')
    .epilogue(closing)
    .wrap(null) // All of it fits 80 columns, and is laid out by hand.
    .updateStrings({ 'Positionals:': 'Arguments:' })
    .parserConfiguration({ 'populate--': true })
    .check(args => {
      assertSaneArguments(args)
      return true
    })
    .fail((message, error, usage) => {
      if (error !== undefined && error !== null && error.name !== 'YError') throw error
      throw usageError(message ?? error.message, argv, String(usage.help()))
    })

  withoutTypes(program)
  return addAlone(addCommands(program, argv), argv, choose)
}

/** Our own words tell what an option takes. (This method is not in the types of yargs.) */
function withoutTypes(program: Program & { usageConfiguration?(config: object): unknown }): void {
  program.usageConfiguration?.({ 'hide-types': true })
}

function version(): string {
  // The same relative path from src/ and from dist/.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
