import type { SliceReader, SliceReading, TimedRow, TimeSlice } from './time-slice.ts'

/** How many calls of `cf` may run side by side. */
export interface Concurrency {
  /** Looks again, if need be. To be called while no call is under way. */
  refresh(): Promise<void>
  /** How many at this moment; 1: each alone. */
  limit(): number
}

/** What the slices that were read add up to. */
export interface SliceTotals {
  /** Different rows. */
  read: number
  /** Rows that the API counts, each slice as it was when it was read. */
  counted: number
  /** Rows that the API counted in a slice, and no longer in its parts. */
  vanished: number
}

/** The rows of a listing, read slice by slice. */
export interface SliceQueue<Row> {
  /** Every row once, in order, a page at a time. */
  readonly pages: AsyncGenerator<Row[], void>
  /** So far. */
  readonly totals: Readonly<SliceTotals>
  /** Settles when the last request has been answered, which may be long before the last row is given. */
  readonly answered: Promise<void>
}

/** How the slices that are left are read. */
export interface SliceQueueOptions {
  readonly order: 'time' | 'newest'
  readonly concurrency: Concurrency
  /** Whether to ask for a page before it is wanted. */
  readonly readAhead: boolean
}

/** A slice that waits, is being read, or was read but not yet given. */
interface Entry<Row> {
  readonly slice: TimeSlice
  /** The slice that it is a part of. */
  readonly whole: Parts
  reading?: Promise<SliceReading<Row>>
  isRead?: boolean
}

/** What the parts of a slice have yet to account for. */
interface Parts {
  /** How many rows the API counted there. */
  due: number
  unread: number
}

// Large pages: one a slice, which is cut a little smaller, because the guess is never right. Small pages: several a slice,
// because the last one of each is only partly filled.
const largePage = 1000
const slicePages = (pageSize: number) => (pageSize < largePage ? 8 : 0.75)

/**
 * Reads what the first page of a listing left, as many slices side by side as are allowed and a bounded number of pages
 * ahead, and gives the rows in order. Slices are cut by the count of the API and the pace of the rows so far; one that turns
 * out large is cut again. Where calls run one at a time, slices are not cut.
 */
export function createSliceQueue<Row extends TimedRow>(
  first: SliceReading<Row>,
  reader: SliceReader<Row>,
  { order, concurrency, readAhead }: SliceQueueOptions,
): SliceQueue<Row> {
  const totals: SliceTotals = { read: 0, counted: 0, vanished: 0 }
  const queue: Entry<Row>[] = []
  const underWay = new Set<Promise<unknown>>()
  let launching: Promise<void> | undefined
  let isOver = false
  let allAnswered: () => void
  const answered = new Promise<void>(resolve => {
    allAnswered = resolve
  })

  /** Takes in what the reading of an entry gave. */
  function settle(entry: Entry<Row>, { total, settled, rest }: SliceReading<Row>): void {
    entry.whole.due -= total
    if (--entry.whole.unread === 0) totals.vanished += Math.max(0, entry.whole.due)
    totals.counted += rest.length === 0 ? total : settled
    const place = queue.indexOf(entry)
    if (place < 0) return // It lies behind a slice that could not be read.
    const whole: Parts = { due: total - settled, unread: rest.length }
    queue.splice(place + 1, 0, ...rest.map(slice => ({ slice, whole })))
    entry.isRead = true
    if (queue.every(({ isRead }) => isRead)) allAnswered()
  }

  function start(entry: Entry<Row>): void {
    const reading = reader.read(entry.slice).then(read => {
      settle(entry, read)
      return read
    })
    entry.reading = reading
    const ended = reading.then(
      () => {
        underWay.delete(ended)
        if (readAhead) launch().catch(() => {}) // It is tried again, and thrown, where the next page is wanted.
      },
      () => {
        underWay.delete(ended)
        // It is thrown where its rows would be; what lies behind is not read.
        const place = queue.indexOf(entry)
        if (place >= 0) queue.length = place + 1
      },
    )
    underWay.add(ended)
  }

  function launch(): Promise<void> {
    launching ??= launchAll().finally(() => {
      launching = undefined
    })
    return launching
  }

  async function launchAll(): Promise<void> {
    while (!isOver) {
      const waiting = queue.filter(({ reading }) => reading === undefined)
      let [next] = waiting
      if (next === undefined) return
      if (readAhead && underWay.size === 0 && isWorthwhile(waiting)) await concurrency.refresh()
      const limit = readAhead ? Math.max(1, concurrency.limit()) : 1
      const ahead = queue.length - waiting.length
      const mostAhead = Math.ceil(limit * Math.max(1, slicePages(reader.pageSize())))
      if (underWay.size >= limit || (ahead >= mostAhead && next !== queue[0])) return
      if (limit > 1) next = cut(next, limit, waiting.length === 1)
      start(next)
    }
  }

  /** Whether there is more than one call to make. */
  function isWorthwhile(waiting: readonly Entry<Row>[]): boolean {
    return waiting.length > 1 || waiting[0]!.slice.expected >= reader.pageSize()
  }

  /** Cuts a large slice, and gives its first part. */
  function cut(entry: Entry<Row>, limit: number, isLast: boolean): Entry<Row> {
    const { slice, whole } = entry
    const pageSize = reader.pageSize()
    if (slice.expected < pageSize || slice.tenths !== undefined) return entry
    const most = slicePages(pageSize) * pageSize
    // The last one is shared out, so that no call is left idle.
    const share = isLast ? Math.max(slice.expected / limit, 0.75 * pageSize) : most
    const slices = partsOf(slice, Math.ceil(slice.expected / Math.min(most, share)), order)
    const entries = slices.map((slice): Entry<Row> => ({ slice, whole }))
    whole.unread += entries.length - 1
    queue.splice(queue.indexOf(entry), 1, ...entries)
    return entries[0]!
  }

  async function* pages(): AsyncGenerator<Row[], void> {
    let edge = '' // the last second that was given …
    let given = new Set<string>() // … and what of it
    try {
      for (;;) {
        const [head] = queue
        if (head === undefined) return
        if (head.reading === undefined) {
          await launch()
          if (head.reading === undefined && underWay.size > 0) await Promise.race(underWay)
          continue
        }
        const { rows } = await head.reading
        queue.shift()
        if (readAhead) launch().catch(() => {})
        const fresh = rows.filter(({ guid }) => !given.has(guid))
        const last = rows.at(-1)?.time
        if (last !== undefined) {
          if (last !== edge) given = new Set()
          edge = last
          for (const { guid, time } of fresh) if (time === edge) given.add(guid)
        }
        totals.read += fresh.length
        if (fresh.length > 0) yield fresh
      }
    } finally {
      isOver = true
    }
  }

  const entry: Entry<Row> = { slice: noSlice, whole: { due: 0, unread: 1 }, reading: Promise.resolve(first) }
  queue.push(entry)
  settle(entry, first)
  return { pages: pages(), totals, answered }
}

const noSlice: TimeSlice = { from: undefined, until: undefined, expected: 0 }

/**
 * Cuts a slice into parts that may hold the same number of rows each, in the order in which they are read; fewer than
 * `count` where seconds run out. The guess: half of the rows go on at the pace so far, half are spread evenly.
 */
function partsOf(slice: TimeSlice, count: number, order: 'time' | 'newest'): TimeSlice[] {
  const { from, until, expected } = slice
  const [near, far] = order === 'time' ? [from, until] : [until, from]
  const atPace = slice.pace === undefined ? undefined : expected * slice.pace
  const length = near !== undefined && far !== undefined ? Math.abs(far - near) : atPace
  if (near === undefined || length === undefined) return [slice]
  const dense = Math.max(1, Math.min(length, atPace ?? length))
  const denseShare = (dense / length + 1) / 2
  const bounds = [near]
  for (let part = 1; part < count; part++) {
    const share = part / count
    const away = share < denseShare ? share / (0.5 / length + 0.5 / dense) : (2 * share - 1) * length
    const bound = near + Math.floor(away) * (order === 'time' ? 1 : -1)
    if (bound !== bounds.at(-1) && bound !== far) bounds.push(bound)
  }
  return bounds.map((bound, at): TimeSlice => {
    const end = bounds[at + 1] ?? far
    const [from, until] = order === 'time' ? [bound, end] : [end, bound]
    return { from, until, expected: expected / bounds.length }
  })
}
