import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { programOf } from './commands/index.ts'
import { type Context, createContext, type Doubles } from './context.ts'
import { AuditError, Cancelled, exitCodes, Interrupted, ReaderGone } from './errors.ts'
import type { MessageArgs } from './options/command.ts'
import { parseCommandLine } from './options/parse.ts'
import { streamSink } from './output/sink.ts'
import { createMessages, type MessageOptions, type Messages } from './ui/messages.ts'

/**
 * Runs one command line.
 * @returns the exit code. Errors become words here and nowhere else.
 */
export async function main(
  argv: readonly string[],
  process: NodeJS.Process,
  doubles: Doubles = {},
): Promise<number> {
  let messages = createMessages(process.stderr, process.env, {})
  const stop = new AbortController()
  const calls = new Set<Promise<unknown>>()
  // The first signal ends the run. Another must not end the process before temporary files and cf calls are gone.
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(name => {
    const listener = () => stop.abort(new Interrupted(name))
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  // Loaded only for terminals: it takes as long as the rest of the start.
  let wrap: MessageOptions['wrap']
  const openFor =
    (words: readonly string[]) =>
    (args: MessageArgs): Context => {
      const options = {
        quiet: args.quiet,
        verbose: args.verbose,
        color: args.noColor ? false : args.color,
        wrap,
      }
      messages = createMessages(process.stderr, process.env, options)
      return createContext(
        process,
        { version: version(), words },
        messages,
        options,
        stop.signal,
        calls,
        doubles,
      )
    }
  const run = async (words: readonly string[]): Promise<void> => {
    const request = await parseCommandLine(words, programOf(version(), run))
    if (request.text === undefined) {
      if (process.stderr.isTTY) {
        const { wrapWords } = await import('./ui/width.ts')
        wrap = (text, width) => wrapWords(text, width).join('\n')
      }
      return request.run(openFor(words))
    }
    const sink = streamSink(process.stdout, stop.signal)
    await sink.write(request.text)
    await sink.commit()
  }
  try {
    await run(argv)
    return exitCodes.done
  } catch (error) {
    // Ctrl-C also ends the program whose output we read. Its end may arrive before our own signal.
    if (!stop.signal.aborted) await delay(5)
    const reason = stop.signal.aborted && !(error instanceof Interrupted) ? stop.signal.reason : error
    doubles.onError?.(reason)
    return report(reason, messages)
  } finally {
    stop.abort() // Stops every cf that is still running for this command.
    await Promise.allSettled(calls)
    for (const forget of listeners) forget()
  }
}

function report(error: unknown, messages: Messages): number {
  if (error instanceof ReaderGone || error instanceof Cancelled) return error.exitCode
  if (error instanceof AuditError) {
    messages.error(error.message, error.advice)
    return error.exitCode
  }
  messages.error('This is a bug in cf-audit.', 'Please report it, with the command line and these lines:')
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of trace.split('\n')) messages.error(line, '')
  return exitCodes.bug
}

function version(): string {
  // The same relative path from src/ and from dist/.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
