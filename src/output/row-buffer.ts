import { deflateRawSync, inflateRawSync } from 'node:zlib'

type Rows = readonly (readonly string[])[]

/** Rows that wait for the last one. */
export interface RowBuffer {
  append(rows: Rows): void
  /** All rows, some at a time. */
  batches(): Generator<Rows>
}

const batchSize = 5000

/** Makes a buffer that packs rows once there are many: what they name comes again and again. */
export function createRowBuffer(): RowBuffer {
  const packed: Buffer[] = []
  let latest: (readonly string[])[] = []
  return {
    append(rows) {
      for (const row of rows) latest.push(row)
      if (latest.length < batchSize) return
      packed.push(deflateRawSync(JSON.stringify(latest), { level: 1 }))
      latest = []
    },
    *batches() {
      for (const batch of packed) yield JSON.parse(inflateRawSync(batch).toString()) as Rows
      yield latest
    },
  }
}
