import { Failed, Incomplete } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { seconds } from '../time.ts'
import { acceptedSize, isTooDeep, mayBeTooLarge } from './page.ts'

/** A row of a listing that the API can order by time. */
export interface TimedRow {
  readonly guid: string
  /** `YYYY-MM-DDThh:mm:ssZ`, the second that holds it. Never changes. */
  readonly time: string
}

/** The part of a listing that lies in `[from, until)`, in whole seconds since 1970; undefined: no bound. */
export interface TimeSlice {
  readonly from: number | undefined
  readonly until: number | undefined
  /** How many rows it may hold. */
  readonly expected: number
  /** Seconds from one row to the next, on average, just before it. */
  readonly pace?: number | undefined
  /** How many more requests to make for a tenth of a page, because a full page was too large. */
  readonly tenths?: number | undefined
}

/** Asks for one page of a slice, counted from 1. */
export type GetRows<Row> = (
  slice: TimeSlice,
  order: 'time' | 'newest',
  page: number,
  perPage: number,
) => Promise<RowPage<Row>>

/** One answer. */
export interface RowPage<Row> {
  readonly rows: readonly Row[]
  /** How many the API counts in the slice. */
  readonly total: number
}

/** What one reading of a slice gave. */
export interface SliceReading<Row> extends RowPage<Row> {
  /** How many of the rows lie in seconds that are not asked for again. */
  readonly settled: number
  /** The slices left to read, in order. The first may start with the last second of `rows`. */
  readonly rest: readonly TimeSlice[]
}

/** Shared by all slices of a listing. */
export interface SliceReaderOptions {
  /** 'time': oldest first. */
  readonly order: 'time' | 'newest'
  /** The most rows to ask for at once. */
  readonly pageSize: number
  /** What the rows are, in an error: 'events'. */
  readonly what: string
}

/** Reads slices of one listing. */
export interface SliceReader<Row> {
  /**
   * Reads as much of a slice as one page holds.
   * @throws Incomplete when the API keeps counting other rows than it lists.
   */
  read(slice: TimeSlice): Promise<SliceReading<Row>>
  /** How many rows the API gives at once, as far as is known. */
  pageSize(): number
}

/** How often a slice is requested whose rows are not as many as counted, and how often a second is read. */
const maxAttempts = 6

/**
 * Reads a listing in slices of time, so that the result is complete by construction.
 *
 * Cloud Controller offers no snapshot. Between two requests rows are committed late, expire, are deleted, or become
 * visible or hidden with a role; and an answer is counted by another query than the one that selects its rows. But the
 * GUID and the time of a row never change; the time shown is the one that is filtered and sorted by (every recorder writes
 * both columns as CURRENT_TIMESTAMP of one INSERT, app/repositories); and each answer is one SELECT: the first rows, by
 * time, of those that are there at that moment.
 *
 * Claim: a row that is there and visible from the first request to the last is given, once. Proof: `read` takes a slice
 * apart into pieces that share no second, and one of these settles each second, independent of the counts:
 *
 * 1. A page that is not full holds every row of its slice.
 * 2. A full page that ends in a later second than its slice begins with holds every row before that second, for they are
 *    sorted before its last row. The rest of the slice, that second included, is a slice of its own. The page may lack
 *    rows of that second, so it is asked for again, whole; a row that is seen twice is known by its GUID.
 * 3. A full page that does not get past its first second: that second and the rest become slices.
 * 4. A second that holds more than a page is read until two readings in a row hold the same GUIDs, and exactly as many
 *    as each request of both counted. Suppose they lack a row that was there throughout. Between the two readings this
 *    row and all that they hold were there: one more than the first request of the second reading counted. So one of them
 *    had been deleted by then, and since rows are counted before they are selected (lib/cloud_controller/paging/
 *    sequel_paginator.rb), the second reading cannot hold it. This needs no order, which is good: before 3.102 there is
 *    none within a second, and until 3.142 newest first is not the reverse of oldest first. Only a row that is hidden and
 *    shown again can deceive two readings. So a second of up to two pages is read from both ends: where the order is one
 *    (v2, and v3 since 3.143), both pages share a row, and no row can lie between them.
 *
 * A page is full when it has as many rows as were asked for, or as this server gives at once, or fewer than it counts.
 */
export function createSliceReader<Row extends TimedRow>(
  get: GetRows<Row>,
  { order, pageSize, what }: SliceReaderOptions,
): SliceReader<Row> {
  let size = pageSize
  let wasLowered = false // because a page was too large
  let hadFullPage = false
  let cap = Number.POSITIVE_INFINITY // the most rows of a page that was shorter than asked for and than counted
  let isMirrored = true // newest first is the reverse of oldest first

  /** Asks for the largest page that the API answers; once for a tenth of it, if it takes too long or is cut. */
  async function sized<T>(
    tenths: number,
    ask: (perPage: number) => Promise<T>,
  ): Promise<{ answer: T; tenths: number }> {
    for (;;) {
      const whole = size
      const perPage = tenths > 0 ? Math.ceil(whole / 10) : whole
      try {
        return { answer: await ask(perPage), tenths }
      } catch (error) {
        const accepted = acceptedSize(error) ?? 0
        if (accepted >= 1 && accepted < perPage) size = Math.min(size, accepted)
        else if (!mayBeTooLarge(error) || whole < 10) throw error
        else if (size < whole)
          continue // Another slice has lowered it meanwhile.
        else if (tenths > 0 || wasLowered) throw error
        else if (hadFullPage) tenths = 10
        else {
          size = Math.ceil(size / 10)
          wasLowered = true
        }
      }
    }
  }

  async function page(
    slice: TimeSlice,
    direction: 'time' | 'newest',
    number: number,
    perPage: number,
  ): Promise<RowPage<Row> & { isFull: boolean; isWhole: boolean }> {
    const { rows: given, total } = await get(slice, direction, number, perPage)
    if (given.length >= perPage) hadFullPage = true
    if (given.length > cap) cap = Number.POSITIVE_INFINITY
    else if (number === 1 && given.length < Math.min(perPage, total)) {
      cap = Number.isFinite(cap) ? Math.max(cap, given.length) : given.length
    }
    const rows = distinct(given)
    const isFull = given.length >= Math.min(perPage, Math.max(1, cap)) || rows.length < total
    return { rows, total, isFull, isWhole: !isFull && rows.length === total }
  }

  async function read(slice: TimeSlice): Promise<SliceReading<Row>> {
    for (let attempt = 1; ; attempt++) {
      const { answer, tenths } = await sized(slice.tenths ?? 0, perPage => page(slice, order, 1, perPage))
      assertWithin(slice, answer.rows, what)
      if (answer.isWhole) return { ...answer, settled: answer.rows.length, rest: [] }
      if (answer.isFull && answer.rows.length > 0) {
        return isOrdered(answer.rows, order)
          ? splitAt({ ...slice, tenths: tenths > 1 ? tenths - 1 : undefined }, answer)
          : readUntilSteady(slice)
      }
      if (attempt === maxAttempts) throw notAsCounted(slice, answer.rows.length, answer.total)
    }
  }

  /** Splits a slice where its full page ends. */
  async function splitAt(slice: TimeSlice, { rows, total }: RowPage<Row>): Promise<SliceReading<Row>> {
    const { from, until } = slice
    const lastTime = rows.at(-1)!.time
    const last = secondOf(lastTime)
    const first = secondOf(rows[0]!.time)
    const settled = rows.findIndex(({ time }) => time === lastTime)
    const isPast =
      order === 'time' ? from === undefined || last > from : until === undefined || last + 1 < until
    if (isPast) {
      const others = {
        ...slice,
        ...(order === 'time' ? { from: last } : { until: last + 1 }),
        expected: Math.max(0, total - settled),
        pace: (Math.abs(last - first) + 1) / rows.length,
      }
      return { rows, total, settled, rest: [others] }
    }
    if (from !== undefined && until === from + 1) return readUntilSteady(slice)
    const second = { ...slice, from: last, until: last + 1, expected: rows.length }
    const others = {
      ...slice,
      ...(order === 'time' ? { from: last + 1 } : { until: last }),
      expected: Math.max(0, total - rows.length),
    }
    return { rows: [], total, settled: 0, rest: [second, others] }
  }

  /** Reads a slice that cannot be split. */
  async function readUntilSteady(slice: TimeSlice): Promise<SliceReading<Row>> {
    let before: Reading<Row> | undefined
    for (let number = 1; ; number++) {
      const { answer } = await sized(slice.tenths ?? 0, perPage => readWhole(slice, perPage)).catch(error => {
        throw isTooDeep(error) ? tooDeep(slice, error) : error
      })
      const { rows, total } = answer
      if (answer.isWhole || (answer.isSteady && before?.isSteady && isSame(before.rows, rows))) {
        const inOrder = [...rows.values()]
        if (order === 'newest') inOrder.reverse()
        return { rows: inOrder, total, settled: rows.size, rest: [] }
      }
      if (number === maxAttempts) throw notAsCounted(slice, rows.size, total)
      before = answer
    }
  }

  /** All of a slice: from both ends if that covers it, else page by page. */
  async function readWhole(slice: TimeSlice, perPage: number): Promise<Reading<Row>> {
    const first = await page(slice, 'time', 1, perPage)
    const { total } = first
    const rows = new Map(first.rows.map(row => [row.guid, row]))
    if (first.isWhole) return { rows, total, isWhole: true, isSteady: true }
    const step = first.rows.length < total ? Math.max(1, Math.min(perPage, first.rows.length)) : perPage
    let isSteady = true
    const add = (more: RowPage<Row>) => {
      for (const row of more.rows) rows.set(row.guid, row)
      isSteady &&= more.total === total && more.rows.length > 0
    }
    if (isMirrored && total < 2 * step) {
      const end = await page(slice, 'newest', 1, perPage)
      add({ ...end, rows: end.rows.toReversed() })
      if (isSteady && rows.size < total) isMirrored = false
    } else {
      for (let number = 2; isSteady && (number - 1) * step < total; number++) {
        add(await page(slice, 'time', number, perPage))
      }
    }
    return { rows, total, isWhole: false, isSteady: isSteady && rows.size === total }
  }

  const notAsCounted = (slice: TimeSlice, read: number, counted: number) =>
    new Incomplete(
      `Incomplete: Cloud Foundry counts ${counted} ${what}${span(slice)}, but lists ${read}.`,
      `Run it again${what === 'events' ? '; --until with a time in the past helps' : ''}. If it happens again, ask the operators of Cloud Foundry.`,
    )

  const tooDeep = (slice: TimeSlice, cause: Error) =>
    new Incomplete(
      `Incomplete: there are more ${what}${span(slice)} than Cloud Foundry shows. ${cause.message}`,
      `${what === 'events' ? 'Use a shorter time range, or ask' : 'Ask'} the operators to raise max_total_results.`,
      { cause },
    )

  return { read, pageSize: () => Math.max(1, Math.min(size, cap)) }
}

interface Reading<Row> {
  readonly rows: ReadonlyMap<string, Row>
  readonly total: number
  /** One page held all. */
  readonly isWhole: boolean
  /** Every request counted what was read. */
  readonly isSteady: boolean
}

function distinct<Row extends TimedRow>(rows: readonly Row[]): readonly Row[] {
  const guids = new Set<string>()
  for (const { guid } of rows) guids.add(guid)
  if (guids.size === rows.length) return rows
  return [...new Map(rows.map(row => [row.guid, row])).values()]
}

const isSame = (some: ReadonlyMap<string, unknown>, others: ReadonlyMap<string, unknown>) =>
  some.size === others.size && [...some.keys()].every(guid => others.has(guid))

const wholeSecond = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** Times of the same form compare as texts. */
function isOrdered(rows: readonly TimedRow[], order: 'time' | 'newest'): boolean {
  const [first, last] = order === 'time' ? [rows[0], rows.at(-1)] : [rows.at(-1), rows[0]]
  if (!wholeSecond.test(first?.time ?? '') || !wholeSecond.test(last?.time ?? '')) return false
  return rows.every(({ time }, at) => {
    const before = rows[at - 1]?.time ?? time
    return order === 'time' ? before <= time : before >= time
  })
}

function assertWithin({ from, until }: TimeSlice, rows: readonly TimedRow[], what: string): void {
  const start = from === undefined ? '' : timeOf(from)
  const end = until === undefined ? '~' : timeOf(until)
  for (const { time } of rows) {
    if (time >= start && time < end) continue
    throw new Failed(
      `Requested ${what}${span({ from, until })} from Cloud Foundry, but got one ${time === '' ? 'without a time' : `of ${redactedExcerpt(time, 40)}`}.`,
      'Its API may be too old for cf-audit; --verbose shows the call.',
    )
  }
}

/** Seconds since 1970 of `YYYY-MM-DDThh:mm:ssZ`. */
export const secondOf = (time: string): number => Date.parse(time) / 1000

/** Seconds since 1970 as the API writes and accepts them. */
export const timeOf = (second: number): string => seconds(second * 1000)

function span({ from, until }: Pick<TimeSlice, 'from' | 'until'>): string {
  const since = from === undefined ? '' : ` from ${timeOf(from)}`
  return until === undefined ? since : `${since} ${from === undefined ? 'before' : 'to'} ${timeOf(until)}`
}
