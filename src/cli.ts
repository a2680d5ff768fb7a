#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { keepCompiled } from './cache.ts'
import { AuditError, exitCodes, isSystemError, noWorkingDirectory } from './errors.ts'
import { prepared } from './prepared.ts'

const argv = process.argv.slice(2)
const answer = prepared(argv)

// What is printed without a command of ours (--help, --version) has no one else to check that it was written.
let failure: NodeJS.ErrnoException | undefined
process.stdout.on('error', error => {
  failure ??= error
})
process.on('exit', () => {
  if (process.exitCode || failure === undefined || failure.code === 'EPIPE') return
  complain(`The output cannot be written: ${failure.code ?? failure.message}.`)
  process.exitCode = exitCodes.usage
})

if (answer !== undefined) process.stdout.write(answer)
else void start()

// No `await` outside of functions: the bundle is CommonJS, which starts sooner.
async function start(): Promise<void> {
  try {
    requireWorkingDirectory()
    keepCompiled(process)
    const { main } = await import('./main.ts')
    const code = await main(argv, process)
    process.exitCode = code

    // A reader that does not read would hold the last write, and the process with it, forever: an interruption ends both.
    const signal = ({ 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' } as const)[code]
    if (signal !== undefined && process.stdout.writableLength > 0) process.kill(process.pid, signal)
  } catch (error) {
    const isKnown = error instanceof AuditError
    complain(isKnown ? `${error.message}\n${error.advice}` : `cf-audit cannot start: ${reasonOf(error)}`)
    process.exitCode = isKnown ? error.exitCode : exitCodes.bug
  }
}

function requireWorkingDirectory(): void {
  try {
    process.cwd()
  } catch (error) {
    throw isSystemError(error) ? noWorkingDirectory() : error
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error)
}

/** Written at once: an exit does not wait for a stream. */
function complain(text: string): void {
  try {
    writeSync(2, `${text}\n`)
  } catch (error) {
    if (!isSystemError(error)) throw error // Nobody reads stderr.
  }
}
