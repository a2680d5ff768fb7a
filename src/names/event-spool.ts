import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { type ApiName, type AuditEvent, readEvent } from '../capi/event.ts'
import { openPrivateFile } from '../output/files.ts'

/** Where pages of events wait, outside of memory, until they can be shown. */
export interface EventSpool {
  append(events: readonly AuditEvent[]): Promise<void>
  /** The same pages, in the order in which they were put. */
  replay(): AsyncGenerator<AuditEvent[]>
  close(): Promise<void>
}

/** Opens a shelf in a private file without a name. Records of Cloud Foundry are long and alike: a tenth is left of them. */
export async function openEventSpool(): Promise<EventSpool> {
  const file = await openPrivateFile()
  const shelved: { at: number; length: number; sizes: readonly number[]; api: ApiName }[] = []
  return {
    async append(events) {
      const api = events[0]?.api
      if (api === undefined) return
      const records = events.map(({ record }) => record)
      const packed = deflateRawSync(Buffer.concat(records), { level: 1 })
      const at = await file.append(packed)
      shelved.push({ at, length: packed.length, sizes: records.map(({ length }) => length), api })
    },
    async *replay() {
      for (const { at, length, sizes, api } of shelved) {
        const records = inflateRawSync(await file.read(at, length))
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
