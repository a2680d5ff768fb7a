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

/**
 * The cells of rows: some in memory, more in a private file.
 * @param mostCells in memory; a cell takes some 50 bytes there.
 */
export function createRowSpool(mostCells: number): Spool<readonly string[]> {
  let held: (readonly string[])[] = []
  let cells = 0
  let file: PrivateFile | undefined
  const chunks: { at: number; length: number }[] = []
  return {
    async append(rows) {
      for (const row of rows) held.push(row)
      cells += rows.length * (rows[0]?.length ?? 0)
      if (cells < mostCells) return
      file ??= await openPrivateFile()
      const bytes = Buffer.from(JSON.stringify(held))
      chunks.push({ at: await file.append(bytes), length: bytes.length })
      held = []
      cells = 0
    },
    async *replay() {
      for (const { at, length } of chunks) yield JSON.parse((await file!.read(at, length)).toString())
      if (held.length > 0) yield held
    },
    close: async () => file?.close(),
  }
}
