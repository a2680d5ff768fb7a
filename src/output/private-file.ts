import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { append, notWritable } from './disk.ts'

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
      'The file in which the rows wait',
      error,
      `Name a folder with room: TMPDIR is ${tmpdir()}.`,
    )
  }
  const folder: string = await mkdtemp(join(tmpdir(), 'cf-audit-')).catch(waiting)
  const file: FileHandle = await open(join(folder, 'rows'), 'wx+', 0o600).catch(waiting)
  await rm(folder, { recursive: true, force: true })
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
