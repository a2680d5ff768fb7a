import { EmptyOutput, UnrecognizedOutput } from '../cf/curl.ts'
import { Failed, Incomplete } from '../errors.ts'
import type { Api, Page, Query } from './api.ts'
import { type CapiClient, EndpointMissing } from './client.ts'
import { type AuditEvent, readEvent } from './event.ts'
import { GuidSet } from './guid-set.ts'
import { acceptedSize, getPage, isTooDeep, mayBeTooLarge } from './page.ts'

/** What was proven about a listing that was read to its end. */
export interface Proof {
  /** How many different events were read. */
  readonly read: number
  /** How many Cloud Foundry counts. */
  readonly counted: number
  /** How many of those read have been deleted by Cloud Foundry's retention since. */
  readonly expired: number
  /** The end of what was read, excluded: the query's own, but no later than the API's clock when the reading began. */
  readonly until: string
  /** Everything came in one answer: also what happened in the second named by `until`, as far as it had. */
  readonly inOneAnswer: boolean
  /** How many requests were made. */
  readonly requests: number
  readonly oldest: string | undefined
  readonly newest: string | undefined
}

/** A listing whose first page has been read. */
export interface Listing {
  readonly api: Api
  /** The envelope of the first page. */
  readonly envelope: unknown
  /** How many events Cloud Foundry counted when the reading began. */
  readonly total: number
  /** Every event once, a page at a time, each page as soon as it is read. Ends only when the count is proven. */
  readonly events: AsyncIterable<AuditEvent[]>
  /** After the last event. */
  proof(): Proof
}

/** The most times that a listing is read from its start before its count is given up. */
const sweeps = 3

// While pages are read, as many rows can come late as expire. Every page counts alike then, and one row is missing. A
// look at what is there in the end tells. It costs a call, which is saved where no row can come late any more: a
// transaction of Cloud Controller is over long before.
const settledMs = 15 * 60_000
const longListing = 8

/**
 * Opens a listing through the first of `apis` that serves it.
 *
 * An offset listing without a snapshot loses rows when others vanish in front of them (retention) and doubles them when
 * others appear (late commits). So the upper bound is fixed, the order is one, each event is kept once, and the API's
 * count is compared on every page. When it changed, what lies behind the last row is asked for anew, bounded below by
 * that row's time: there, nothing that happens in front matters any more. In the end the rows must be as many as the
 * API counts, or the reading begins again.
 * @throws Incomplete when that cannot be proven after all.
 */
export async function openListing(apis: readonly Api[], query: Query, reader: Reader): Promise<Listing> {
  const absent: string[] = []
  let first: Error | undefined
  for (const api of apis) {
    try {
      const start = await readFirst(api, query, reader)
      const { envelope, total } = start.page
      return { api, envelope, total, ...consumable(readAll(api, query, reader, start)) }
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
      ? 'Leave out --api to let the other version answer.'
      : 'Check the API address with cf target, and with cf curl / which versions it serves.',
  )
}

function consumable(reading: AsyncGenerator<AuditEvent[], Proof>): Pick<Listing, 'events' | 'proof'> {
  let proof: Proof | undefined
  async function* events(): AsyncGenerator<AuditEvent[]> {
    for (;;) {
      const step = await reading.next()
      if (step.done) {
        proof = step.value
        return
      }
      yield step.value
    }
  }
  return {
    events: events(),
    proof() {
      if (proof === undefined) throw new Error('The listing has not been read to its end')
      return proof
    },
  }
}

/** Whether the other version of the API may answer what this one did not. */
export function mayBeServedElsewhere(error: unknown): error is Error {
  return (
    error instanceof EndpointMissing || error instanceof UnrecognizedOutput || error instanceof EmptyOutput
  )
}

/** The first page, which decides how the others are asked for. */
interface Start {
  readonly page: Page
  readonly perPage: number
  readonly until: string
  /** The listing ended so long before it was read that nothing can be added to it. */
  readonly isSettled: boolean
}

async function readFirst(api: Api, query: Query, { client, now }: Reader): Promise<Start> {
  for (let perPage = api.pageSize; ; ) {
    try {
      const { value: page, date } = await getPage(api, query, 1, perPage, client)
      const started = date ?? now()
      const until = boundOf(query.until, instant(started))
      return { page, perPage, until, isSettled: Date.parse(until) < started - settledMs }
    } catch (error) {
      const smaller = acceptedSize(error) ?? (mayBeTooLarge(error) ? perPage / 10 : perPage)
      if (!(smaller >= 1 && smaller < perPage) || !Number.isInteger(smaller)) throw error
      perPage = smaller
    }
  }
}

/** A bound that has yet to come bounds nothing: until then events are added below it. */
function boundOf(until: string | undefined, started: string): string {
  return until !== undefined && until < started ? until : started
}

async function* readAll(
  api: Api,
  query: Query,
  reader: Reader,
  start: Start,
): AsyncGenerator<AuditEvent[], Proof> {
  const { until } = start
  const inOneAnswer = start.page.records.length >= start.page.total
  const bounded = { ...query, until }
  const seen = new GuidSet()
  const span: { oldest?: string; newest?: string } = {}
  const proof = (counted: number, expired: number): Proof => ({
    read: seen.size,
    counted,
    expired,
    until,
    inOneAnswer,
    requests: inOneAnswer ? 1 : 2,
    oldest: span.oldest,
    newest: span.newest,
  })

  function isNew({ guid, time }: AuditEvent): boolean {
    if (!seen.add(guid, time)) return false
    if (span.oldest === undefined || time < span.oldest) span.oldest = time
    if (span.newest === undefined || time > span.newest) span.newest = time
    return true
  }

  let counted = 0
  let kept = 0
  for (let number = 1; number <= sweeps; number++) {
    const first = number === 1
    const ours = first ? seen : new GuidSet()
    const sweep = createPass(api, bounded, reader, start.perPage, first ? start.page : undefined)
    for await (const events of sweep.events) {
      // The first page was asked for before there was a bound. If there is more, what lies behind the bound is not ours.
      const within = inOneAnswer && first ? events : events.filter(event => event.time < until)
      if (!first) for (const event of within) ours.add(event.guid, event.time)
      yield within.filter(isNew)
    }
    counted = sweep.counted()
    const agreed = sweep.wasSteady() && ours.size === counted
    const isCalm = sweep.pages() <= (start.isSettled ? longListing : 1)
    if (agreed && isCalm) return proof(counted, seen.size - counted)

    // The oldest event that is still there tells how many of ours have expired since.
    const { value: probe } = await getPage(api, { ...bounded, order: 'time' }, 1, 1, reader.client)
    const eldest = probe.records[0] && readEvent(probe.records[0], api.name, 'the oldest record')
    const expired = eldest === undefined ? ours.size : ours.countBefore(eldest.time)
    counted = probe.total
    kept = ours.countBefore(until) - expired
    if (kept === counted) return proof(counted, seen.size - counted)
  }
  throw new Incomplete(
    `Incomplete: ${kept} events could be read, but Cloud Foundry counts ${counted}.`,
    'Run it again. A window that lies in the past is steadier; if it stays so, tell the operators of Cloud Foundry.',
  )
}

/** Milliseconds since 1970 as the API writes and accepts times: whole seconds, UTC. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
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

/** How pages are read. */
export interface Reader {
  readonly client: CapiClient
  readonly concurrency: Concurrency
  /** Milliseconds since 1970, for an API that does not tell its own clock. */
  readonly now: () => number
}

/** One reading of the listing from its start to its end. */
export interface Pass {
  readonly events: AsyncGenerator<AuditEvent[]>
  /** Whether every page counted alike; valid at the end. */
  wasSteady(): boolean
  /** What the first page counted for the whole listing. */
  counted(): number
  pages(): number
}

/**
 * Reads a listing from its start.
 * @param first the first page, if it has been read.
 */
export function createPass(
  api: Api,
  query: Query,
  { client, concurrency }: Reader,
  fullSize: number,
  first: Page | undefined,
): Pass {
  let steady = true
  let counted: number | undefined
  let pages = 0

  async function* events(): AsyncGenerator<AuditEvent[]> {
    let from = query.from
    let size = fullSize
    let number = 1
    let total: number | undefined // as counted on the page before; undefined at the start of a stretch
    let lastTime = ''
    let fullAfter = 0 // the page in tenths after which whole pages are asked for again

    const askOne = async (page: number) => (await getPage(api, { ...query, from }, page, size, client)).value
    const ahead = createPrefetcher(askOne, concurrency)

    // What comes after the last row is a listing of its own. It begins with that row's second, so nothing is lost, and
    // ends in the same place. Only an order by time has such a second, and it must have moved on.
    async function restartAfterLast(): Promise<boolean> {
      if (query.order !== 'time' || lastTime <= (from ?? '')) return false
      await ahead.drain()
      from = lastTime
      size = fullSize
      number = 1
      total = undefined
      fullAfter = 0
      return true
    }

    for (;;) {
      let page: Page
      try {
        page =
          first !== undefined && counted === undefined
            ? first
            : await ahead.page(number, total === undefined ? number : Math.ceil(total / size))
      } catch (error) {
        if (isTooDeep(error) && (await restartAfterLast())) continue
        if (!mayBeTooLarge(error) || size < fullSize || size % 10 !== 0) throw error
        await ahead.drain()
        fullAfter = number * 10
        number = (number - 1) * 10 + 1
        size /= 10
        continue
      }
      pages++
      counted ??= page.total
      if (total !== undefined && page.total !== total) {
        steady = false
        if (await restartAfterLast()) continue
      }
      total = page.total
      const read = page.records.map((record, index) =>
        readEvent(record, api.name, `record ${index + 1} of page ${number}`),
      )
      lastTime = read.at(-1)?.time ?? lastTime
      yield read

      if (read.length === 0 && number * size < total) {
        steady = false // More was promised: whatever this is, going through it page by page will not end.
        await ahead.drain()
        return
      }
      // A server with smaller pages than it was asked for sets the size.
      if (number === 1 && read.length > 0 && read.length < Math.min(size, total)) size = read.length
      if (number * size >= total) {
        await ahead.drain() // The count may have shrunk below what was asked for ahead.
        return
      }
      if (number === fullAfter) {
        await ahead.drain()
        number /= 10
        size = fullSize
        fullAfter = 0
      }
      number++
    }
  }

  return { events: events(), wasSteady: () => steady, counted: () => counted ?? 0, pages: () => pages }
}

/** How many calls of `cf` may run side by side. */
export interface Concurrency {
  /** Finds it out anew if need be. To be called while no call is under way. */
  refresh(): Promise<void>
  /** How many at this moment; 1: each alone. */
  limit(): number
}

/** Each page alone. */
export const oneLane: Concurrency = { refresh: async () => {}, limit: () => 1 }

/** Fewer pages than this are not worth asking for more than one at a time. */
const minParallelPages = 5

/** Pages that are asked for before they are needed, and given in their order. */
export interface Prefetcher {
  /** The page of that number; `last` is the last one there is, as far as is known. */
  page(number: number, last: number): Promise<Page>
  /** Waits for what is under way, and forgets it. */
  drain(): Promise<void>
}

/** @param askOne asks for one page. */
export function createPrefetcher(
  askOne: (number: number) => Promise<Page>,
  concurrency: Concurrency,
): Prefetcher {
  // Always the numbers that follow the page which was given last.
  const asked = new Map<number, Promise<Page>>()

  return {
    async page(number, last) {
      const worthIt = last - number + 1 >= minParallelPages
      if (asked.size === 0 && worthIt) await concurrency.refresh()
      if (asked.size > 0 || worthIt) {
        const width = concurrency.limit()
        for (let next = number + asked.size; width > 1 && asked.size < width && next <= last; next++) {
          const page = askOne(next)
          page.catch(() => {}) // Whoever comes to this page is told; if nobody does, nobody needs to be.
          asked.set(next, page)
        }
      }
      const page = asked.get(number) ?? askOne(number)
      asked.delete(number)
      return page
    },

    async drain() {
      await Promise.allSettled(asked.values())
      asked.clear()
    },
  }
}
