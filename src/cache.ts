import { constants, type Stats, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { isSystemError } from './errors.ts'

/**
 * The folder for what can be found out again: CF_AUDIT_CACHE, else `cf-audit` in the user's cache folder. It may not exist.
 * @returns undefined for a user without a home directory.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (env.CF_AUDIT_CACHE) return env.CF_AUDIT_CACHE
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homeOfUser()
  const below = (...names: string[]) => (home === undefined ? undefined : join(home, ...names))
  if (platform === 'win32') {
    const folder = env.LOCALAPPDATA || below('AppData', 'Local')
    return folder && join(folder, 'cf-audit', 'Cache')
  }
  // The XDG base directory specification ignores relative paths.
  const xdg = isAbsolute(env.XDG_CACHE_HOME ?? '') ? env.XDG_CACHE_HOME : undefined
  const folder = platform === 'darwin' ? below('Library', 'Caches') : (xdg ?? below('.cache'))
  return folder && isAbsolute(folder) ? join(folder, 'cf-audit') : undefined
}

/** The variable that names the folder for temporary files, as `os.tmpdir` reads it. */
export const temporaryVariable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR'

function homeOfUser(): string | undefined {
  try {
    return homedir()
  } catch (error) {
    if (isSystemError(error)) return undefined // No HOME, and no entry in the password database.
    throw error
  }
}

/**
 * Lets Node 22.8 and later keep compiled code in the cache folder, which saves a tenth of a short report's time. It is
 * code, so no one else may be able to write there. The folder must exist: below some folders (/proc) Node would try to
 * create one forever.
 */
export function keepCompiled({ env, getuid }: Pick<NodeJS.Process, 'env' | 'getuid'>): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown }
  if (enableCompileCache === undefined) return
  const folder = cacheFolder(env)
  if (folder === undefined) return
  try {
    const stats = statSync(folder)
    if (stats.isDirectory() && isOurs(stats, getuid?.()) && (stats.mode & 0o200) !== 0) {
      enableCompileCache(join(folder, 'compiled'))
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

/** Whether a file or folder belongs to this user, and no one else can write to it. Always so on Windows. */
function isOurs({ uid, mode }: Stats, user: number | undefined): boolean {
  return user === undefined || (uid === user && (mode & 0o022) === 0)
}

/** What an earlier run found out, by key. Never a secret, and nothing that cannot be asked again. */
export interface JsonCache<T> {
  /** Empty when there is no file, or none that can be trusted. */
  read(): Promise<Partial<Record<string, T>>>
  /** Replaces the file by the last 200 of these entries. Does nothing where it cannot be written. */
  write(entries: Partial<Record<string, T>>): Promise<void>
}

const mostEntries = 200
const mostBytes = 1024 * 1024

/**
 * A file of the cache folder.
 * @param parse an entry as it is expected; undefined for a value of another shape, which is dropped.
 */
export function jsonCache<T>(
  name: string,
  env: NodeJS.ProcessEnv,
  parse: (value: unknown) => T | undefined,
): JsonCache<T> {
  const folder = cacheFolder(env)
  if (folder === undefined) return { read: async () => ({}), write: async () => {} }
  const file = join(folder, name)
  return {
    async read() {
      const entries: [string, T][] = []
      for (const [key, value] of Object.entries(fieldsOf(await readOwnJson(file)))) {
        const entry = parse(value)
        if (entry !== undefined) entries.push([key, entry])
      }
      return Object.fromEntries(entries)
    },
    async write(entries) {
      const last = Object.entries(entries).slice(-mostEntries)
      await writeOwn(file, JSON.stringify(Object.fromEntries(last)))
    },
  }
}

/** The JSON value of a file that only this user can have written; undefined for any other. */
async function readOwnJson(path: string): Promise<unknown> {
  const isTrusted = (stats: Stats) => isOurs(stats, process.getuid?.())
  const text = await readRegularFile(path, mostBytes, constants.O_NOFOLLOW ?? 0, isTrusted)
  return text === undefined ? undefined : parseJson(text)
}

/**
 * The text of a file; undefined when it cannot be read, is larger than `most` bytes, or is no regular file: to open a
 * FIFO would wait for its writer.
 * @param flags more flags for `open`.
 */
export async function readRegularFile(
  path: string,
  most: number,
  flags = 0,
  isTrusted: (stats: Stats) => boolean = () => true,
): Promise<string | undefined> {
  let file: FileHandle | undefined
  try {
    // Windows has neither O_NONBLOCK nor O_NOFOLLOW.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags)
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > most || !isTrusted(stats)) return undefined
    return await file.readFile('utf8')
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  } finally {
    await file?.close()
  }
}

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The fields of a JSON object; none for any other value. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

async function writeOwn(path: string, text: string): Promise<void> {
  try {
    await createFolders(dirname(path))
    const draft = `${path}.${process.pid}`
    const file = await open(draft, 'wx', 0o600) // Exclusively: a link of that name is not followed.
    try {
      await file.writeFile(text).finally(() => file.close())
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  } catch (error) {
    if (!isSystemError(error)) throw error // The next run asks again.
  }
}

/** Not `recursive`: where no folder can be created although its parent exists (/proc), Node would try forever. */
async function createFolders(folder: string): Promise<void> {
  for (const each of [dirname(folder), folder]) {
    try {
      await mkdir(each, { mode: 0o700 })
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }
}
