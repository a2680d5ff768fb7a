import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { sayOptions } from './commands/options.ts'
import { addAlone } from './commands/typed/alone.ts'
import { type Action, Chosen, type Program, type SayArgs } from './commands/typed/chosen.ts'
import { addCommands } from './commands/typed/commands.ts'
import { refuseNonsense, usageError } from './commands/usage.ts'
import { type Context, createContext } from './context.ts'
import { AuditError, Cancelled, exitCodes, Interrupted, ReaderGone } from './errors.ts'
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
    return createContext(process, say, args, stop.signal)
  }
  try {
    const action = await choose(argv, process.stdout.columns)
    await action?.(open)
    return exitCodes.done
  } catch (error) {
    return tell(stop.signal.aborted && !(error instanceof Interrupted) ? stop.signal.reason : error, say)
  } finally {
    for (const each of forget) each()
    stop.abort() // Whatever cf is still at work for this run: nobody waits for it any more.
  }
}

function tell(error: unknown, say: Say): number {
  if (error instanceof ReaderGone || error instanceof Cancelled) return error.exitCode
  if (error instanceof AuditError) {
    say.error(error.message, error.advice)
    return error.exitCode
  }
  say.error('This is a bug in cf-audit.', 'Please report it with the command line and what follows.')
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of trace.split('\n')) say.error(line, '')
  return exitCodes.bug
}

/** The command that was typed; undefined when yargs has answered it all (--help, --version). */
async function choose(argv: readonly string[], columns: number | undefined): Promise<Action | undefined> {
  try {
    await programFor(argv, columns).parseAsync()
    return undefined
  } catch (error) {
    if (error instanceof Chosen) return error.action
    throw error
  }
}

function programFor(argv: readonly string[], columns: number | undefined): Program {
  const program: Program = yargs([...argv])
    .scriptName('cf-audit')
    .locale('en') // yargs would follow LANG; our own words do not.
    .usage('$0 COMMAND [ORG]\n\nWho got access, which routes and services changed, and is this all of it?')
    .options(sayOptions)
    .strict()
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
    .fail((message, error, usage) => {
      if (error !== undefined && error !== null && error.name !== 'YError') throw error
      throw usageError(message ?? error.message, argv, String(usage.help()))
    })

  return addAlone(addCommands(program, argv), argv, words => choose(words, columns))
}

function version(): string {
  // The same relative path from src/ and from dist/.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
