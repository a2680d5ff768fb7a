import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Failed, UsageError } from '../../errors.ts'
import { notReadable, openPrivateFile } from '../../output/files.ts'

const chunkSize = 128 * 1024

/** A file, or stdin. */
export interface Input {
  /** How an error names it. */
  readonly name: string
  /** Whether its bytes are gone once they were read: stdin, a pipe. */
  readonly isOnce: boolean
  /** Its bytes as they are kept. An abort ends them with an error. */
  bytes(signal: AbortSignal): AsyncIterable<Buffer>
}

/** stdin, and whether it is a terminal. */
export type Stdin = Readable & { readonly isTTY?: boolean | undefined }

/**
 * The files that paths stand for: a folder stands for all files in it, at any depth, by name; hidden ones are left out.
 * @param paths none, or '-': stdin.
 * @throws UsageError for a path that is not there, an empty folder, or a terminal as stdin.
 */
export async function findInputs(paths: readonly string[], stdin: Stdin): Promise<Input[]> {
  const inputs: Input[] = []
  if (paths.includes('')) throw new UsageError('a file name is empty.', 'Leave it out, or name a file.')
  if (paths.indexOf('-') !== paths.lastIndexOf('-')) {
    throw new UsageError('stdin (-) is named twice.', 'Name it once.')
  }
  for (const path of paths.length === 0 ? ['-'] : paths) {
    if (path === '-') inputs.push(openStdin(stdin))
    // An evidence bag or an archive is a folder, too: here is the place to know it, and to read its parts instead.
    else {
      const kind = await kindOf(path)
      inputs.push(...(kind === 'folder' ? await filesIn(path) : [fileAt(path, kind === 'other')]))
    }
  }
  return inputs
}

function openStdin(stdin: Stdin): Input {
  if (stdin.isTTY) {
    throw new UsageError(
      'no saved events to read.',
      'Name a file or a folder, or pipe JSON in: cf curl … | cf-audit format …',
    )
  }
  return { name: 'The input', isOnce: true, bytes: signal => addAbortSignal(signal, stdin) }
}

function fileAt(path: string, isOnce = false): Input {
  return {
    name: path,
    isOnce,
    async *bytes(signal) {
      try {
        yield* createReadStream(path, { highWaterMark: chunkSize, signal })
      } catch (error) {
        signal.throwIfAborted()
        throw notReadable(path, error, nameJson)
      }
    },
  }
}

/** The input as one that can be read again and again, until it is closed. */
export async function keep(input: Input, signal: AbortSignal): Promise<Input & { close(): Promise<void> }> {
  if (!input.isOnce) return { ...input, close: async () => {} }
  const file = await openPrivateFile()
  try {
    for await (const chunk of input.bytes(signal)) await file.append(chunk)
  } catch (error) {
    await file.close()
    signal.throwIfAborted()
    throw error
  }
  return {
    name: input.name,
    isOnce: false,
    async *bytes() {
      for (let at = 0; at < file.size(); at += chunkSize) {
        signal.throwIfAborted()
        yield await file.read(at, chunkSize)
      }
    },
    close: file.close,
  }
}

/** Whether the text of an input may have one of these keys. */
export async function mentions(keys: readonly string[], input: Input, signal: AbortSignal): Promise<boolean> {
  const needles = keys.map(key => Buffer.from(`"${key}"`))
  const longest = Math.max(...needles.map(({ length }) => length))
  let end: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of textOf(input, signal)) {
      const border = Buffer.concat([end, chunk.subarray(0, longest)])
      if (needles.some(needle => chunk.includes(needle) || border.includes(needle))) return true
      end = Buffer.concat([end, chunk.subarray(-longest)]).subarray(-longest)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
  return false
}

async function filesIn(folder: string, above: readonly string[] = []): Promise<Input[]> {
  const place = await realpath(folder)
  if (above.includes(place)) return []
  const inputs: Input[] = []
  const names = await readdir(folder).catch(error => {
    throw notReadable(folder, error, nameJson)
  })
  for (const name of names.sort()) {
    const path = join(folder, name)
    if (name.startsWith('.')) continue
    const kind = await kindOf(path)
    if (kind === 'other') {
      throw new UsageError(`${path} is not a regular file.`, 'Remove it from the folder, or name the files.')
    }
    inputs.push(...(kind === 'folder' ? await filesIn(path, [...above, place]) : [fileAt(path)]))
  }
  if (inputs.length === 0 && above.length === 0) {
    throw new UsageError(`there are no files in ${folder}.`, 'Name the folder that holds the saved JSON.')
  }
  return inputs
}

const nameJson = 'Name a file or a folder of saved JSON.'

async function kindOf(path: string): Promise<'file' | 'folder' | 'other'> {
  const found = await stat(path).catch(error => {
    throw notReadable(path, error, nameJson)
  })
  return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other'
}

/**
 * The text of an input in UTF-8, unpacked if it is gzip (of one member or several). Byte-order marks stay where UTF-8 has
 * them.
 * @throws Failed when it is packed or encoded in another way, or damaged.
 */
export async function* textOf(input: Input, signal: AbortSignal): AsyncGenerator<Buffer> {
  const [first, bytes] = await peek(input.bytes(signal))
  if (first[0] === 0x1f && first[1] === 0x8b) {
    const [inner, text] = await peek(unpacked(bytes, input.name))
    yield* inUtf8(inner, text, input.name)
  } else yield* inUtf8(first, bytes, input.name)
}

/** The first 4 bytes, or as many as there are; and all of them. */
async function peek(bytes: AsyncIterable<Buffer>): Promise<[first: Buffer, all: AsyncIterable<Buffer>]> {
  const iterator = bytes[Symbol.asyncIterator]()
  let first: Buffer = Buffer.alloc(0)
  let ended = false
  while (first.length < 4 && !ended) {
    const step = await iterator.next()
    if (step.done) ended = true
    else first = first.length === 0 ? step.value : Buffer.concat([first, step.value])
  }
  async function* all() {
    if (first.length > 0) yield first
    if (!ended) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return [first.subarray(0, 4), all()]
}

async function* unpacked(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let packed = 0
  async function* counted() {
    for await (const chunk of bytes) {
      packed += chunk.length
      yield chunk
    }
  }
  const gunzip = createGunzip({ chunkSize })
  pipeline(Readable.from(counted()), gunzip, () => {}) // Its error is that of `gunzip`, too.
  try {
    yield* gunzip
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'Z_BUF_ERROR') throw damaged(`${name} is truncated gzip.`, cause)
    if (code === 'Z_DATA_ERROR') throw damaged(`${name} is damaged gzip, or has other data after it.`, cause)
    throw cause
  }
  if (gunzip.bytesWritten < packed) throw damaged(`${name} has other data after its gzip data.`)
}

function damaged(message: string, cause?: unknown): Failed {
  return new Failed(message, 'Do not trust any part of it; save it again.', { cause })
}

const binary: readonly (readonly [start: string, what: string, instead: string])[] = [
  [
    'PK\x03\x04',
    'is a workbook or another zip archive. A workbook does not hold the events themselves',
    'Name the JSON that it was made from.',
  ],
  ['BZh', 'is compressed with bzip2', 'Decompress it: bzip2 -dc FILE | cf-audit format …'],
  ['\xfd7zX', 'is compressed with xz', 'Decompress it: xz -dc FILE | cf-audit format …'],
  ['\x28\xb5\x2f\xfd', 'is compressed with zstd', 'Decompress it: zstd -dc FILE | cf-audit format …'],
]

async function* inUtf8(first: Buffer, bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const start = first.toString('latin1')
  for (const [magic, what, instead] of binary) {
    if (start.startsWith(magic)) throw new Failed(`${name} ${what}.`, instead)
  }
  const encoding = utf16(start)
  if (encoding === undefined) return yield* bytes
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  const decode = (chunk?: Buffer) => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }))
    } catch (cause) {
      throw damaged(`${name} is not valid UTF-16.`, cause)
    }
  }
  for await (const chunk of bytes) yield decode(chunk)
  yield decode()
}

/** PowerShell's `>` writes UTF-16 with a byte-order mark. Without one, a NUL beside the first character shows it. */
function utf16(start: string): 'utf-16le' | 'utf-16be' | undefined {
  if (start.startsWith('\xff\xfe') || /^[\t-~]\0/.test(start)) return 'utf-16le'
  if (start.startsWith('\xfe\xff') || /^\0[\t-~]/.test(start)) return 'utf-16be'
  return undefined
}
