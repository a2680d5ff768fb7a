import { open, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { textAt, valueAt } from '../capi/event.ts'
import { UsageError } from '../errors.ts'
import { codeOf } from '../output/files.ts'
import { archiveNotWritable } from './parts.ts'

/**
 * Locks an archive for one run; gives what unlocks it. A lock that a crash has left on this machine is taken over.
 * @throws UsageError when another run is at work, or may be.
 */
export async function lockArchive(path: string, now: string): Promise<() => Promise<void>> {
  const file = join(path, '.lock')
  const mine = { pid: process.pid, host: hostname(), since: now }
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600)
      try {
        await handle.writeFile(JSON.stringify(mine))
      } catch (error) {
        await rm(file, { force: true })
        throw error
      } finally {
        await handle.close()
      }
      return () => rm(file, { force: true })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw archiveNotWritable(path, error)
    }
    const held = await readLock(file)
    if (attempt > 0 || !(await isLeft(file, held))) throw locked(path, file, held)
    await rm(file, { force: true })
  }
}

interface Lock {
  readonly pid: number
  readonly host: string
  readonly since: string
}

async function readLock(file: string): Promise<Lock> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    // Another run has just begun, or just ended.
    if (!(error instanceof SyntaxError) && codeOf(error) === undefined) throw error
  }
  const pid = valueAt(json, 'pid')
  return { pid: typeof pid === 'number' ? pid : 0, host: textAt(json, 'host'), since: textAt(json, 'since') }
}

// A run writes into its lock as soon as it has made it.
const emptyMs = 60_000

/** Whether a crash has left a lock. This process has no other: in a container, each run may have the same number. */
async function isLeft(file: string, { host, pid }: Lock): Promise<boolean> {
  if (host !== '') return host === hostname() && (pid === process.pid || !isAlive(pid))
  const made = await stat(file).catch(error => {
    if (codeOf(error) === undefined) throw error
    return undefined
  })
  return made !== undefined && Date.now() - made.mtimeMs > emptyMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

function locked(path: string, file: string, { pid, host, since }: Lock): UsageError {
  const who = host === '' ? 'another run' : `process ${pid} on ${host}, since ${since}`
  return new UsageError(
    `${path} is in use by ${who}.`,
    `Wait until it ends. If it is no longer running, remove ${file} and try again.`,
  )
}
