import { NoAnswer, Silent } from '../cf/curl.ts'
import { Failed, Incomplete } from '../errors.ts'
import { NotServed } from './ask.ts'
import { type AuditEvent, readEvent } from './event.ts'
import { acceptedSize, askPage, mayBeTooLarge } from './page.ts'
import type { Api, Page, Query } from './query.ts'
import { Seen } from './seen.ts'
import { createSweep, type Reader } from './sweep.ts'

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
  readonly events: AsyncGenerator<AuditEvent[], Proof>
}

/** The most times that a listing is read from its start before its count is given up. */
const sweeps = 3

// While pages are read, as many rows can come late as expire. Every page counts alike then, and one row is missing. A
// look at what is there in the end tells. It costs a call, which is saved where no row can come late any more: a
// transaction of Cloud Controller is over long before.
const settled = 15 * 60_000
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
      return { api, envelope, total, events: readAll(api, query, reader, start) }
    } catch (error) {
      if (!mayBeServedElsewhere(error)) throw error
      first ??= error
      absent.push(`${api.path({ order: 'time' }, 1, 1).replace(/\?.*/, '')} answered: ${error.message}`)
    }
  }
  if (first !== undefined && !(first instanceof NotServed)) throw first
  throw new Failed(
    `Cloud Foundry lists no audit events here. ${absent.join('; ')}`,
    apis.length === 1
      ? 'Leave out --api to let the other version answer.'
      : 'Check the API address with cf target, and with cf curl / which versions it serves.',
  )
}

/** Whether the other version of the API may answer what this one did not. */
export function mayBeServedElsewhere(error: unknown): error is Error {
  return error instanceof NotServed || error instanceof NoAnswer || error instanceof Silent
}

/** The first page, which decides how the others are asked for. */
interface Start {
  readonly page: Page
  readonly perPage: number
  readonly until: string
  /** The listing ended so long before it was read that nothing can be added to it. */
  readonly isSettled: boolean
}

async function readFirst(api: Api, query: Query, { ask, now }: Reader): Promise<Start> {
  for (let perPage = api.pageSize; ; ) {
    try {
      const { value: page, date } = await askPage(api, query, 1, perPage, ask)
      const started = date ?? now()
      const until = boundOf(query.until, instant(started))
      return { page, perPage, until, isSettled: Date.parse(until) < started - settled }
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
  const seen = new Seen()
  const span: { oldest?: string; newest?: string } = {}
  const proof = (counted: number, expired: number): Proof => ({
    read: seen.size,
    counted,
    expired,
    until,
    inOneAnswer,
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
    const ours = first ? seen : new Seen()
    const sweep = createSweep(api, bounded, reader, start.perPage, first ? start.page : undefined)
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
    const { value: probe } = await askPage(api, { ...bounded, order: 'time' }, 1, 1, reader.ask)
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
