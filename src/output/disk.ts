import type { FileHandle } from 'node:fs/promises'
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
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EFBIG: 'it would be larger than a file may be',
  EIO: 'the device failed',
  ENAMETOOLONG: 'the name is too long',
}

const elsewhere = 'Nothing was left behind. Name another place with --output.'

/** The failure of a disk in words; any other error as it is. */
export function notWritable(what: string, error: unknown, advice = elsewhere): unknown {
  const code = codeOf(error)
  if (error instanceof UsageError || code === undefined) return error
  return new UsageError(`${what} cannot be written: ${reasons[code] ?? code}.`, advice, { cause: error })
}

/** How Node names the failure of a system call. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
