import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import { Failed } from '../errors.ts'
import { append, codeOf, linesIn, notWritable } from '../output/files.ts'
import { shellPath } from '../text.ts'

/** A file of an archive. It is never changed once it is written. */
export interface Part {
  /** From the archive on, with `/`. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** How many lines it holds. */
  readonly lines: number
}

/** A part with events, and the times of its first and last one. */
export interface EventPart extends Part {
  readonly first: string
  readonly last: string
}

/** What the name of a file ends with until it is whole. */
export const draftEnding = '.partial'

const memberBytes = 4 * 1024 * 1024
const zipped = promisify(gzip)

/** A part that is being written. */
export interface PartWriter {
  /** Adds lines, each with its line break. */
  write(lines: Buffer): Promise<void>
  /** Writes what waits in memory. */
  flush(): Promise<void>
  /** Syncs the part and gives it its name. */
  close(name: string): Promise<Part>
}

/**
 * Begins a part in a folder of an archive. It is gzip in members, each of which holds what waited in memory: a run may
 * have a part for every org, and keeps no file open.
 * @param folder from the archive on.
 * @throws UsageError when it cannot be written.
 */
export function createPart(archive: string, folder: string, run: string): PartWriter {
  const draft = join(archive, folder, `.${run}${draftEnding}`)
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  let waiting: Buffer[] = []
  let waitingBytes = 0

  async function flush(): Promise<void> {
    if (waitingBytes === 0 && bytes > 0) return
    const member = await zipped(Buffer.concat(waiting))
    waiting = []
    waitingBytes = 0
    hash.update(member)
    try {
      await mkdir(join(archive, folder), { recursive: true, mode: 0o700 })
      const file = await open(draft, bytes === 0 ? 'wx' : 'a', 0o600)
      try {
        bytes += await append(file, member)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      throw archiveNotWritable(archive, error)
    }
  }

  return {
    async write(text) {
      for (const byte of text) if (byte === 0x0a) lines++
      waiting.push(text)
      waitingBytes += text.length
      if (waitingBytes >= memberBytes) await flush()
    },
    flush,
    async close(name) {
      await flush()
      const path = `${folder}/${name}`
      try {
        await rename(draft, join(archive, path))
        await syncFolder(dirname(draft))
      } catch (error) {
        throw archiveNotWritable(archive, error)
      }
      return { path, sha256: hash.digest('hex'), bytes, lines }
    },
  }
}

/**
 * The lines of a part, after its hash has been found right.
 * @throws Failed for a part that is missing, or other than it was written.
 */
export async function* linesOfPart(
  archive: string,
  part: Pick<Part, 'path' | 'sha256'>,
): AsyncGenerator<Buffer> {
  const found = await hashOfFile(join(archive, part.path))
  if (found !== part.sha256) {
    const what = found === undefined ? 'missing' : 'damaged: its hash does not match'
    throw damaged(archive, `${part.path} is ${what}`)
  }
  yield* unzippedLines(archive, part.path)
}

/** The lines of a part, as they are. @throws Failed for a part that is truncated or damaged gzip. */
export function unzippedLines(archive: string, path: string): AsyncGenerator<Buffer> {
  const unzipped = createGunzip()
  pipeline(createReadStream(join(archive, path)), unzipped, () => {}) // Its error is that of `unzipped` as well.
  return linesIn(chunksOf(unzipped, archive, path))
}

async function* chunksOf(
  unzipped: AsyncIterable<Buffer>,
  archive: string,
  path: string,
): AsyncGenerator<Buffer> {
  try {
    yield* unzipped
  } catch (cause) {
    if (codeOf(cause) === undefined) throw cause
    throw damaged(archive, `${path} is truncated or damaged gzip`, cause)
  }
}

/** The size of a file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** The SHA-256 of a file; undefined when there is none. */
export async function hashOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
  return hash.digest('hex')
}

/** The failure to read a file in words; any other error as it is. */
export function unreadable(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  return new Failed(`cannot read ${path}: ${code}.`, 'Check its permissions.', { cause: error })
}

/** @param what is wrong, in a sentence without its full stop. */
export const damaged = (archive: string, what: string, cause?: unknown) =>
  new Failed(
    `${what}.`,
    `Restore the files from a backup. To list all damage, run: cf-audit verify ${shellPath(archive)}`,
    { cause },
  )

/** The failure of a disk in words; any other error as it is. */
export const archiveNotWritable = (archive: string, error: unknown): unknown =>
  notWritable(archive, error, 'Earlier runs are kept. Fix this, then run the same command again.')

/** Makes the names in a folder survive a power cut, where the system can. Windows syncs no folders. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error
  }
}
