#!/usr/bin/env node
// An old Node.js must be able to read this file: everything else is loaded once its version is known.

/** The oldest version that has everything the code uses. */
const [neededMajor, neededMinor] = [20, 19]
const [major = 0, minor = 0] = process.version.slice(1).split('.').map(Number)

if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) {
  process.exitCode = 1 // Until the run is over: a run that ends before that has a bug.
  void start()
} else {
  process.exitCode = 2
  console.error(
    `cf-audit needs Node.js ${neededMajor}.${neededMinor} or newer, and this is ${process.version}.`,
  )
}

async function start(): Promise<void> {
  const { AuditError, exitCodes, isSystemError, noWorkingDirectory } = await import('./errors.ts')
  try {
    try {
      process.cwd() // Libraries ask for it while they are loaded.
    } catch (error) {
      throw isSystemError(error) ? noWorkingDirectory() : error
    }
    const { keepCompiled } = await import('./cache.ts')
    keepCompiled(process)

    const { main } = await import('./main.ts')
    const code = await main(process.argv.slice(2), process)
    process.exitCode = code

    // A stdout whose reader does not read would keep an interrupted process forever.
    const signal = ({ 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' } as const)[code]
    if (signal !== undefined && process.stdout.writableLength > 0) process.kill(process.pid, signal)
  } catch (error) {
    process.exitCode = error instanceof AuditError ? error.exitCode : exitCodes.bug
    console.error(
      error instanceof AuditError
        ? `${error.message}\n${error.advice}`
        : `cf-audit cannot start: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    )
  }
}
