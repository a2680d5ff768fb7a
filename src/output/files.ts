import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, win32 } from 'node:path'
import { temporaryVariable } from '../cache.ts'
import { UsageError } from '../errors.ts'

/** Writes all of it at the end of a file; gives how many bytes that were. */
export async function append(file: FileHandle, chunk: string | Buffer): Promise<number> {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
  return bytes.length
}

const reasons: Record<string, string> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EFBIG: 'the file is too large',
  EIO: 'input/output error',
  ENAMETOOLONG: 'the name is too long',
}

const elsewhere = 'No file was written. Choose another path with --output.'

/** The failure of a disk in words; any other error as it is. */
export function notWritable(what: string, error: unknown, advice = elsewhere): unknown {
  const code = codeOf(error)
  if (error instanceof UsageError || code === undefined) return error
  return new UsageError(`${what} cannot be written: ${reasons[code] ?? code}.`, advice, { cause: error })
}

/** The same for a file whose draft exists already. Its folder may have another name by now. */
export function draftNotWritable(what: string, error: unknown, draft: string): unknown {
  if (codeOf(error) !== 'ENOENT') return notWritable(what, error)
  const message = `${what} cannot be written: its folder was renamed or deleted meanwhile.`
  return new UsageError(message, `If it was renamed, delete ${basename(draft)} from it.`, { cause: error })
}

const readReasons: Record<string, string> = {
  ...reasons,
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  ELOOP: 'too many links',
}

/** The failure to read a file in words; any other error as it is. */
export function notReadable(path: string, error: unknown, advice: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  return new UsageError(`cannot read ${path}: ${readReasons[code] ?? code}.`, advice, { cause: error })
}

/** How Node names the failure of a system call. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A file without a name, for our eyes only, in which bytes wait. It vanishes with the process at the latest. */
export interface PrivateFile {
  /** Adds bytes at the end, and gives where they begin. */
  append(chunk: string | Buffer): Promise<number>
  /** The bytes from `at` on, at most so many; fewer at the end. */
  read(at: number, most: number): Promise<Buffer>
  /** In bytes. */
  size(): number
  close(): Promise<void>
}

/** @throws UsageError when the folder for temporary files takes none, or no more. */
export async function openPrivateFile(): Promise<PrivateFile> {
  const waiting = (error: unknown) => {
    throw notWritable(
      'The temporary file',
      error,
      `Set ${temporaryVariable} to a folder with more space (now ${tmpdir()}).`,
    )
  }
  const path = join(tmpdir(), `cf-audit-${crypto.randomUUID()}`)
  const file: FileHandle = await open(path, 'wx+', 0o600).catch(waiting)
  await rm(path) // Windows may keep the name until the file is closed.
  let size = 0
  let closed = false
  return {
    async append(chunk) {
      const at = size
      size += await append(file, chunk).catch(waiting)
      return at
    },
    async read(at, most) {
      const part = Buffer.alloc(Math.min(most, size - at))
      const { bytesRead } = await file.read(part, 0, part.length, at)
      return part.subarray(0, bytesRead)
    },
    size: () => size,
    async close() {
      if (!closed) await file.close()
      closed = true
    },
  }
}

/** What stands where a file is to be written: nothing, a file that could be replaced, or why there can be none. */
export type PathStatus = 'free' | 'taken' | { readonly problem: string }

/** Looks at the place of a file, before anything is made there. */
export function pathStatus(path: string): PathStatus {
  const folder = dirname(path)
  const place = statOf(path)
  if (place?.isDirectory() || /[/\\]$/.test(path)) return { problem: `${path} is a folder.` }
  if (place !== undefined && !place.isFile()) return { problem: `${path} is not a regular file.` }
  const parent = statOf(folder)
  if (parent === undefined) return { problem: `There is no folder ${folder}.` }
  if (!parent.isDirectory()) return { problem: `${folder} is not a folder.` }
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    return { problem: `Permission denied: ${folder}.` }
  }
  return place === undefined ? 'free' : 'taken'
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // Something on the way is no folder.
    if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'ENAMETOOLONG') return undefined
    throw error
  }
}

/**
 * The paths that words of a command line stand for. Shells expand `*` and `?`, but those of Windows do not: there a word
 * stands for the files and folders whose names match its last part, by name, or for itself when there are none.
 */
export async function expandPaths(
  words: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Promise<string[]> {
  const paths: string[] = []
  for (const word of words) {
    const name = win32.basename(word)
    const folder = word.slice(0, word.length - name.length)
    const isPattern = platform === 'win32' && /[*?]/.test(name)
    const names = isPattern ? await namesIn(folder || '.') : []
    const signs = name.replace(/[\\^$+.()|{}[\]]/g, '\\$&')
    const pattern = new RegExp(`^${signs.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'iu')
    const matching = names.filter(each => pattern.test(each) && !each.startsWith('.')).sort()
    paths.push(...(matching.length === 0 ? [word] : matching.map(each => `${folder}${each}`)))
  }
  return paths
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return []
  }
}

/** The lines of a file as bytes, without their `\n`. */
export const linesOf = (path: string): AsyncGenerator<Buffer> =>
  linesIn(createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>)

/** The lines in chunks, split at `\n` alone: texts may hold other characters that pass for line ends. */
export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a, start)) {
      yield text.subarray(start, end)
      start = end + 1
    }
    rest = text.subarray(start)
  }
  if (rest.length > 0) yield rest
}
