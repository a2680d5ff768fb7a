import { EmptyOutput, UnrecognizedOutput } from '../cf/curl.ts'
import { Failed, UsageError } from '../errors.ts'
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

async function openThrough(api: Api, query: Query, options: ListingOptions): Promise<Listing> {
  const [first, ...others] = splitQuery(api, query)
  const { concurrency } = options
  const count = others.length + 1
  const share = { ...concurrency, limit: () => Math.max(1, Math.floor(concurrency.limit() / count)) }
  const start = await openPart(api, first, { ...options, concurrency: share })
  if (count === 1) return start
  const { until } = start
  const rest = await Promise.all(
    others.map(part => openPart(api, { ...part, until }, { ...options, concurrency: share })),
  )
  return together([start, ...rest], query.order)
}

// nginx in front of Cloud Controller takes a request line of 8 KiB (large_client_header_buffers); 'GET ' and ' HTTP/1.1'
// count too.
const longestPath = 8000

/**
 * The query in parts that a request line can hold. No event is in two of them: it has one type, org, space and target.
 * @throws UsageError for a single name that is too long.
 */
export function splitQuery(api: Api, query: Query): [Query, ...Query[]] {
  const time = '2026-01-01T00:00:00Z'
  const path = api.path({ ...query, from: time, until: time }, 100_000, api.pageSize)
  if (path.length <= longestPath) return [query]
  const lists = (['orgGuids', 'spaceGuids', 'targetGuids', 'types'] as const)
    .map(key => ({ key, values: query[key] ?? [], length: query[key]?.join(',').length ?? 0 }))
    .filter(({ values }) => values.length > 1)
  const [longest] = lists.sort((a, b) => b.length - a.length)
  if (longest === undefined) {
    throw new UsageError('the request is too long for Cloud Foundry.', 'Use a shorter --type.')
  }
  const { key, values } = longest
  const half = Math.ceil(values.length / 2)
  return [
    ...splitQuery(api, { ...query, [key]: values.slice(0, half) }),
    ...splitQuery(api, { ...query, [key]: values.slice(half) }),
  ]
}

/** Listings without a common event as one. */
function together(parts: readonly [Part, ...Part[]], order: Query['order']): Listing {
  const [first] = parts
  return {
    ...first,
    total: sumOf(parts, ({ total }) => total),
    events: merge(
      parts.map(({ events }) => events),
      order,
    ),
    answered: Promise.all(parts.map(({ answered }) => answered)).then(all =>
      sumOf(all, requests => requests),
    ),
    proof() {
      const proofs = parts.map(({ proof }) => proof())
      const oldest = proofs.flatMap(({ oldest }) => oldest ?? []).sort()[0]
      const newest = proofs
        .flatMap(({ newest }) => newest ?? [])
        .sort()
        .at(-1)
      return {
        ...first.proof(),
        read: sumOf(proofs, ({ read }) => read),
        counted: sumOf(proofs, ({ counted }) => counted),
        vanished: sumOf(proofs, ({ vanished }) => vanished),
        requests: sumOf(proofs, ({ requests }) => requests),
        oldest,
        newest,
      }
    },
  }
}

const sumOf = <T>(all: readonly T[], count: (each: T) => number) =>
  all.reduce((sum, each) => sum + count(each), 0)

/** Merges events that are in order into one order of time. */
async function* merge(
  parts: readonly Listing['events'][],
  order: Query['order'],
): AsyncGenerator<AuditEvent[], void> {
  const isAfter = (a: string, b: string) => (order === 'time' ? a > b : a < b)
  let open = parts.map(events => ({ events, page: [] as AuditEvent[] }))
  try {
    for (;;) {
      const read = open.map(async ({ events, page }) => {
        if (page.length > 0) return { events, page }
        const next = await events.next()
        return next.done ? undefined : { events, page: next.value }
      })
      open = (await Promise.all(read)).flatMap(part => part ?? [])
      if (open.length === 0) return
      // Nothing that has yet to be read comes before the last event of any page.
      const end = open.map(({ page }) => page.at(-1)!.time).reduce((a, b) => (isAfter(a, b) ? b : a))
      const ready = open.flatMap(({ page }) => page.filter(({ time }) => !isAfter(time, end)))
      open = open.map(({ events, page }) => ({ events, page: page.filter(({ time }) => isAfter(time, end)) }))
      yield ready.sort((a, b) => (a.time === b.time ? 0 : isAfter(a.time, b.time) ? 1 : -1))
    }
  } finally {
    await Promise.all(parts.map(events => events.return()))
  }
}

/** A listing whose requests fit, and where it ends: `YYYY-MM-DDThh:mm:ssZ`, excluded. */
interface Part extends Listing {
  readonly until: string
}

async function openPart(
  api: Api,
  query: Query,
  { client, concurrency, now, limit }: ListingOptions,
): Promise<Part> {
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
    until: timeOf(until),
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

/** The oldest event of a query; undefined: there is none. */
export async function oldestEvent(
  api: Api,
  query: Omit<Query, 'order'>,
  client: CapiClient,
): Promise<AuditEvent | undefined> {
  const oldest: AuditEvent[] = []
  for (const part of splitQuery(api, { ...query, order: 'time' })) {
    const { value } = await getPage(api, part, 1, 1, client)
    oldest.push(...value.records.map(({ record }) => readEvent(record, api.name, 'the oldest record')))
  }
  return oldest.sort((a, b) => (a.time < b.time ? -1 : 1))[0]
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
