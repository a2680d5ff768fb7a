#!/usr/bin/env node
import { keepCompiled } from './cache.ts'
import { AuditError, exitCodes, isSystemError, noWorkingDirectory } from './errors.ts'

try {
  requireWorkingDirectory()
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

/** Libraries ask for it while they are loaded. */
function requireWorkingDirectory(): void {
  try {
    process.cwd()
  } catch (error) {
    throw isSystemError(error) ? noWorkingDirectory() : error
  }
}
