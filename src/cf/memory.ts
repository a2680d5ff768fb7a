import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../cache.ts'

/** What one of our files in the cache folder holds, by key. Never a secret, and nothing that cannot be asked again. */
export interface Memory<T> {
  recall(): Promise<Partial<Record<string, T>>>
  /** A file that cannot be written is no reason to stop: then it is asked again the next time. */
  remember(all: Partial<Record<string, T>>): Promise<void>
}

/** The file `name` in CF_AUDIT_CACHE, else in the user's cache folder. Whoever reads it checks what it finds. */
export function memoryOf<T>(name: string, env: NodeJS.ProcessEnv): Memory<T> {
  const file = join(cacheFolder(env), name)
  return {
    async recall() {
      try {
        const all: unknown = JSON.parse(await readFile(file, 'utf8'))
        return typeof all === 'object' && all !== null ? (all as Partial<Record<string, T>>) : {}
      } catch {
        return {}
      }
    },
    remember: all => write(file, JSON.stringify(all)).catch(() => undefined),
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
