import { createReadStream } from 'node:fs'
import type { Context } from '../../context.ts'
import { UsageError } from '../../errors.ts'

/** Opens a file, or stdin. */
export function openInput(
  file: string | undefined,
  { stdin }: Pick<Context, 'stdin'>,
): { name: string; chunks: AsyncIterable<Buffer> } {
  if (file !== undefined && file !== '-') return { name: file, chunks: readFile(file) }
  if (stdin.isTTY) {
    throw new UsageError(
      'no saved events to read.',
      'Name a file, or pipe one in: cf curl … | cf-audit format …',
    )
  }
  return { name: 'The input', chunks: stdin }
}

async function* readFile(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code
    throw new UsageError(`cannot read ${file}: ${why}.`, 'Name a file that cf curl has written.', { cause })
  }
}
