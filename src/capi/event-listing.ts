import { EmptyOutput, UnrecognizedOutput } from '../cf/curl.ts'
import { Failed } from '../errors.ts'
import type { Api, Query } from './api.ts'
import { type CapiClient, EndpointMissing } from './client.ts'
import { type AuditEvent, readEvent } from './event.ts'
import { getPage } from './page.ts'
import { type Concurrency, createSliceQueue } from './slice-queue.ts'
import {
  createSliceReader,
  type GetRows,
  type SliceReading,
  secondOf,
  type TimeSlice,
  timeOf,
} from './time-slice.ts'

/** The proof of a listing that was read to its end: it has every event that was there and visible throughout. */
export interface Proof {
  /** How many different events were read. */
  readonly read: number
  /** How many Cloud Foundry counted, each part of the listing at the time it was read. */
  readonly counted: number
  /** How many were counted and then vanished while the listing was read: deleted, or hidden with a role. */
  readonly vanished: number
  /** The end of the time that was read, excluded: the query's own, but at most a second after the reading began. */
  readonly until: string
  /** Whether the listing ended so long ago that nothing can be added to it any more. */
  readonly settled: boolean
  readonly oldest: string | undefined
  readonly newest: string | undefined
  /** How many requests were answered. One answer is a snapshot. */
  readonly requests: number
}

/** A listing whose first page has been read. */
export interface Listing {
  readonly api: Api
  /** The envelope of the first page. */
  readonly envelope: unknown
  /** How many events Cloud Foundry counted when the reading began. */
  readonly total: number
  /** Every event once, in order, a page at a time. */
  readonly events: AsyncGenerator<AuditEvent[], void>
  /** How many requests were answered, once the last one was: before the last events are given. */
  readonly answered: Promise<number>
  /** To be called after the last event. */
  proof(): Proof
}

/** How listings are read. */
export interface ListingOptions {
  readonly client: CapiClient
  readonly concurrency: Concurrency
  /** Milliseconds since 1970, for an API that does not send its own time. */
  readonly now: () => number
  /** How many events are wanted: pages are no larger, and none is read ahead. */
  readonly limit?: number | undefined
}

// Only the deletion of a large space with all its apps is a transaction that may take longer.
const settledSeconds = 15 * 60

/**
 * Opens a listing through the first of `apis` that serves it. time-slice.ts says why nothing is missing in the end.
 *
 * The first answer fixes the upper bound: the query's own, but at most a second after the clock of the API, so that who
 * just did something sees it. A listing that came in one answer is kept whole.
 * @throws Incomplete, while it is read, when Cloud Foundry keeps counting other events than it lists.
 */
export async function openListing(
  apis: readonly Api[],
  query: Query,
  options: ListingOptions,
): Promise<Listing> {
  const absent: string[] = []
  let first: Error | undefined
  for (const api of apis) {
    try {
      return await openThrough(api, query, options)
    } catch (error) {
      if (!mayBeServedElsewhere(error)) throw error
      first ??= error
      absent.push(`${api.path({ order: 'time' }, 1, 1).replace(/\?.*/, '')} answered: ${error.message}`)
    }
  }
  if (first !== undefined && !(first instanceof EndpointMissing)) throw first
  throw new Failed(
    `Cloud Foundry lists no audit events here. ${absent.join('; ')}`,
    apis.length === 1
      ? 'Leave out --api to use the other version.'
      : 'Check the API address with cf target, and its versions with cf curl /.',
  )
}

/** Whether the other version of the API may answer what this one did not. */
function mayBeServedElsewhere(error: unknown): error is Error {
  return (
    error instanceof EndpointMissing || error instanceof UnrecognizedOutput || error instanceof EmptyOutput
  )
}

async function openThrough(
  api: Api,
  query: Query,
  { client, concurrency, now, limit }: ListingOptions,
): Promise<Listing> {
  const { order } = query
  let requests = 0
  let envelope: unknown
  let clock: number | undefined // the API's, in milliseconds since 1970
  let isOver = false

  const get: GetRows<AuditEvent> = async (slice, order, page, perPage) => {
    const { value, date } = await getPage(api, { ...query, ...boundsOf(slice), order }, page, perPage, client)
    requests++
    envelope ??= value.envelope
    clock ??= date
    const rows = value.records.map(({ record, value }, index) =>
      readEvent(record, api.name, `record ${index + 1} of page ${page}`, value),
    )
    return { rows, total: value.total }
  }

  const pageSize = limit === undefined ? api.pageSize : Math.max(1, Math.min(api.pageSize, limit))
  const reader = createSliceReader(get, { order, pageSize, what: 'events' })
  const all: TimeSlice = { from: second(query.from), until: second(query.until), expected: 0 }
  const answer = await reader.read(all)
  const started = Math.floor((clock ?? now()) / 1000)
  const until = Math.min(all.until ?? Number.POSITIVE_INFINITY, started + 1)
  const first = order === 'time' ? endingAt(answer, until, clock !== undefined) : answer
  const { pages, totals, answered } = createSliceQueue(first, reader, {
    order,
    concurrency,
    readAhead: limit === undefined,
  })
  let oldest: string | undefined
  let newest: string | undefined

  async function* events(): AsyncGenerator<AuditEvent[], void> {
    for await (const page of pages) {
      for (const { time } of page) {
        if (oldest === undefined || time < oldest) oldest = time
        if (newest === undefined || time > newest) newest = time
      }
      yield page
    }
    isOver = true
  }

  return {
    api,
    envelope,
    total: answer.total,
    events: events(),
    answered: answered.then(() => requests),
    proof() {
      if (!isOver) throw new Error('The listing has not been read to its end')
      return {
        ...totals,
        until: timeOf(until),
        settled: until < started - settledSeconds,
        oldest,
        newest,
        requests,
      }
    },
  }
}

const second = (time: string | undefined) => (time === undefined ? undefined : secondOf(time))

function boundsOf({ from, until }: TimeSlice): Pick<Query, 'from' | 'until'> {
  return {
    from: from === undefined ? undefined : timeOf(from),
    until: until === undefined ? undefined : timeOf(until),
  }
}

/**
 * Bounds what the first answer left: it was asked for without a bound, or with one in the future.
 * @param isClockOfApi otherwise the answer may have counted events behind the bound.
 */
function endingAt(
  first: SliceReading<AuditEvent>,
  until: number,
  isClockOfApi: boolean,
): SliceReading<AuditEvent> {
  if (first.rest.length === 0) return first
  const rest = first.rest
    .map(slice => ({ ...slice, until: Math.min(slice.until ?? until, until) }))
    .filter(slice => slice.from === undefined || slice.from < slice.until)
  const rows = first.rows.filter(({ time }) => secondOf(time) < until)
  if (rest.length === 0) return { rows, total: rows.length, settled: rows.length, rest }
  return { ...first, total: isClockOfApi ? first.total : first.settled, rows, rest }
}

/** How many events there are, and how many of them come with one call. */
export interface Counted {
  readonly total: number
  readonly pageSize: number
}

/**
 * How many events the first of `apis` that serves them counts: one question, for a page of one event.
 * @throws AuditError when none does.
 */
export async function countEvents(apis: readonly Api[], query: Query, client: CapiClient): Promise<Counted> {
  const [api, ...others] = apis
  if (api === undefined) throw new Error('No version of the API is named')
  try {
    const { value } = await getPage(api, query, 1, 1, client)
    return { total: value.total, pageSize: api.pageSize }
  } catch (error) {
    if (others.length === 0 || !mayBeServedElsewhere(error)) throw error
    return countEvents(others, query, client)
  }
}
