import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { type ApiName, type AuditEvent, readEvent } from '../capi/event.ts'
import { openPrivateFile, type PrivateFile } from '../output/files.ts'

/** Where something waits, outside of memory, until it can be shown. */
export interface Spool<T> {
  append(items: readonly T[]): Promise<void>
  /** The same items, in the order in which they were put, some at a time. */
  replay(): AsyncGenerator<T[]>
  close(): Promise<void>
}

/** A private file without a name, packed: what Cloud Foundry writes is long and alike, and a tenth is left of it. */
async function openPacked() {
  const file = await openPrivateFile()
  return {
    async append(bytes: Buffer): Promise<() => Promise<Buffer>> {
      const packed = deflateRawSync(bytes, { level: 1 })
      const at = await file.append(packed)
      return async () => inflateRawSync(await file.read(at, packed.length))
    },
    close: file.close,
  }
}

export async function openEventSpool(): Promise<Spool<AuditEvent>> {
  const file = await openPacked()
  const pages: { read: () => Promise<Buffer>; sizes: readonly number[]; api: ApiName }[] = []
  return {
    async append(events) {
      const api = events[0]?.api
      if (api === undefined) return
      const records = events.map(({ record }) => record)
      const read = await file.append(Buffer.concat(records))
      pages.push({ read, sizes: records.map(({ length }) => length), api })
    },
    async *replay() {
      for (const { read, sizes, api } of pages) {
        const records = await read()
        let from = 0
        yield sizes.map((size, index) => {
          const record = records.subarray(from, from + size)
          from += size
          return readEvent(record, api, `record ${index + 1} of a page that was kept`)
        })
      }
    },
    close: file.close,
  }
}

const bytesInMemory = 1024 * 1024

/** The cells of rows, as text: a few in memory, more in a private file. */
export function createRowSpool(): Spool<readonly string[]> {
  let held = ''
  let file: PrivateFile | undefined
  const chunks: { at: number; length: number }[] = []
  const rowsIn = (text: string) =>
    text.split('\n', -1).flatMap(line => (line === '' ? [] : [JSON.parse(line) as string[][]]))
  return {
    async append(rows) {
      if (rows.length > 0) held += `${JSON.stringify(rows)}\n`
      if (held.length < bytesInMemory) return
      file ??= await openPrivateFile()
      const bytes = Buffer.from(held)
      chunks.push({ at: await file.append(bytes), length: bytes.length })
      held = ''
    },
    async *replay() {
      for (const { at, length } of chunks) yield* rowsIn((await file!.read(at, length)).toString())
      yield* rowsIn(held)
    },
    close: async () => file?.close(),
  }
}
