import { statSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import module from 'node:module'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'

/** The folder for what can be found out again: CF_AUDIT_CACHE, else the user's own cache folder. It may not be there. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.CF_AUDIT_CACHE || envPaths('cf-audit', { suffix: '' }).cache
}

/**
 * Lets Node 22.8 and later keep in that folder what they compile from here on: a tenth less time for a short report. It
 * is code, so nobody else may be able to write there; and it has to be there, for below some folders (/proc) Node tries
 * to make one for ever.
 */
export function keepCompiled({ env, getuid }: Pick<NodeJS.Process, 'env' | 'getuid'>): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown }
  if (enableCompileCache === undefined) return
  const folder = cacheFolder(env)
  if (isOurs(folder, getuid?.())) enableCompileCache(join(folder, 'compiled'))
}

function isOurs(folder: string, user: number | undefined): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined || !found.isDirectory()) return false
  return (
    user === undefined || (found.uid === user && (found.mode & 0o022) === 0 && (found.mode & 0o200) !== 0)
  )
}

/** What one of our files in the cache folder holds, by key. Never a secret, and nothing that cannot be asked again. */
export interface JsonCache<T> {
  read(): Promise<Partial<Record<string, T>>>
  /** A file that cannot be written is no reason to stop: then it is asked again the next time. */
  write(all: Partial<Record<string, T>>): Promise<void>
}

/** The file `name` in CF_AUDIT_CACHE, else in the user's cache folder. Whoever reads it checks what it finds. */
export function jsonCache<T>(name: string, env: NodeJS.ProcessEnv): JsonCache<T> {
  const file = join(cacheFolder(env), name)
  return {
    async read() {
      try {
        const all: unknown = JSON.parse(await readFile(file, 'utf8'))
        return typeof all === 'object' && all !== null ? (all as Partial<Record<string, T>>) : {}
      } catch {
        return {}
      }
    },
    write: all => write(file, JSON.stringify(all)).catch(() => undefined),
  }
}

async function write(file: string, text: string): Promise<void> {
  // Not `recursive`: where a folder cannot be made although its parent is there (/proc), Node tries for ever.
  for (const folder of [dirname(dirname(file)), dirname(file)]) {
    await mkdir(folder, { mode: 0o700 }).catch(() => undefined)
  }
  const draft = `${file}.${process.pid}`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, file)
}
