import { NoAnswer, Silent } from '../cf/curl.ts'
import { CutShort, Failed, Incomplete, TimedOut } from '../errors.ts'
import { type Answer, type Ask, BadQuestion, NotServed } from './ask.ts'
import { type AuditEvent, readEvent } from './event.ts'
import type { Api, Page, Query } from './query.ts'
import { createCutter } from './records.ts'
import { Seen } from './seen.ts'

/** What was proven about a listing that was read to its end. */
export interface Proof {
  /** How many different events were read. */
  readonly read: number
  /** How many Cloud Foundry counts. */
  readonly counted: number
  /** How many of those read have been deleted by Cloud Foundry's retention since. */
  readonly expired: number
  /** The end of what was asked for, excluded: the query's own, else the API's clock when the reading began. */
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
export async function openListing(
  apis: readonly Api[],
  query: Query,
  ask: Ask,
  now: () => number,
): Promise<Listing> {
  const absent: string[] = []
  let first: Error | undefined
  for (const api of apis) {
    try {
      const start = await readFirst(api, query, ask, now)
      const { envelope, total } = start.page
      return { api, envelope, total, events: readAll(api, query, ask, start) }
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

function mayBeServedElsewhere(error: unknown): error is Error {
  return error instanceof NotServed || error instanceof NoAnswer || error instanceof Silent
}

/** The first page, which decides how the others are asked for. */
interface Start {
  readonly page: Page
  readonly perPage: number
  readonly until: string
}

async function readFirst(api: Api, query: Query, ask: Ask, now: () => number): Promise<Start> {
  for (let perPage = api.pageSize; ; ) {
    try {
      const { value: page, date } = await askPage(api, query, 1, perPage, ask)
      return { page, perPage, until: query.until ?? instant(date ?? now()) }
    } catch (error) {
      const smaller = acceptedSize(error) ?? (mayBeTooLarge(error) ? perPage / 10 : perPage)
      if (!(smaller >= 1 && smaller < perPage) || !Number.isInteger(smaller)) throw error
      perPage = smaller
    }
  }
}

/** The page size that a 400 about per_page allows. Operators can lower it, and can limit page * per_page. */
function acceptedSize(error: unknown): number | undefined {
  if (!(error instanceof BadQuestion) || !/per_page|per page/i.test(error.message)) return undefined
  const limit = Number(/(\d+)\D*$/.exec(error.message)?.[1])
  // "must be between 1 and N" and "must be <= N" allow N; "(page * per_page) must be less than N" does not.
  return /less than/.test(error.message) ? limit - 1 : limit
}

/** "Maximum result (page * per_page) must be less than N": as far into the listing as this API goes. */
function isTooDeep(error: unknown): boolean {
  return error instanceof BadQuestion && /page \* per_page/.test(error.message)
}

function mayBeTooLarge(error: unknown): boolean {
  return error instanceof TimedOut || (error instanceof CutShort && !(error instanceof Silent))
}

function askPage(api: Api, query: Query, page: number, perPage: number, ask: Ask): Promise<Answer<Page>> {
  return ask(api.path(query, page, perPage), body => readPage(api, body))
}

/**
 * Cuts the body of an answer into a page.
 * @throws CutShort when the JSON ends too soon, NotServed when it is JSON of another kind.
 */
export function readPage(api: Api, body: Buffer): Page {
  const records: Buffer[] = []
  let envelope: unknown
  try {
    const cutter = createCutter('first')
    for (const piece of [...cutter.push(body), ...cutter.end()]) {
      if ('record' in piece) records.push(piece.record)
      else envelope = JSON.parse(piece.envelope)
    }
  } catch (cause) {
    throw new CutShort(
      'The answer of Cloud Foundry is not whole.',
      'Try again; cf-audit --verbose names the call.',
      {
        cause,
      },
    )
  }
  const total = api.total(envelope)
  if (total === undefined) throw new NotServed('JSON that is not a page of events', '')
  return { total, records, envelope }
}

async function* readAll(api: Api, query: Query, ask: Ask, start: Start): AsyncGenerator<AuditEvent[], Proof> {
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
    const sweep = createSweep(api, bounded, ask, start.perPage, first ? start.page : undefined)
    for await (const events of sweep.events) {
      // The first page was asked for before there was a bound. If there is more, what lies behind the bound is not ours.
      const within = inOneAnswer && first ? events : events.filter(event => event.time < until)
      if (!first) for (const event of within) ours.add(event.guid, event.time)
      yield within.filter(isNew)
    }
    counted = sweep.counted()
    const agreed = sweep.wasSteady() && ours.size === counted
    if (agreed && sweep.pages() <= shortListing) return proof(counted, seen.size - counted)

    // The oldest event that is still there tells how many of ours have expired since.
    const { value: probe } = await askPage(api, { ...bounded, order: 'time' }, 1, 1, ask)
    const eldest = probe.records[0] && readEvent(probe.records[0], api.name, 'the oldest record')
    const expired = eldest === undefined ? seen.size : seen.countBefore(eldest.time)
    counted = probe.total
    kept = seen.countBefore(until) - expired
    if (kept === counted) return proof(counted, expired)
  }
  throw new Incomplete(
    `Incomplete: ${kept} events could be read, but Cloud Foundry counts ${counted}.`,
    'Run it again. A window that lies in the past is steadier; if it stays so, tell the operators of Cloud Foundry.',
  )
}

// While a long listing is read, as many rows can come late as expire, and every page counts alike. A look at what is
// there in the end tells; for a few pages it would cost more than it is worth.
const shortListing = 8

/** One reading of the listing from its start to its end. */
interface Sweep {
  readonly events: AsyncGenerator<AuditEvent[]>
  /** Whether every page counted alike; valid at the end. */
  wasSteady(): boolean
  /** What the first page counted for the whole listing. */
  counted(): number
  pages(): number
}

function createSweep(api: Api, query: Query, ask: Ask, fullSize: number, first: Page | undefined): Sweep {
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

    // What comes after the last row is a listing of its own. It begins with that row's second, so nothing is lost, and
    // ends in the same place. Only an order by time has such a second, and it must have moved on.
    function restartAfterLast(): boolean {
      if (query.order !== 'time' || lastTime <= (from ?? '')) return false
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
            : (await askPage(api, { ...query, from }, number, size, ask)).value
      } catch (error) {
        if (isTooDeep(error) && restartAfterLast()) continue
        if (!mayBeTooLarge(error) || size < fullSize || size % 10 !== 0) throw error
        fullAfter = number * 10
        number = (number - 1) * 10 + 1
        size /= 10
        continue
      }
      pages++
      counted ??= page.total
      if (total !== undefined && page.total !== total) {
        steady = false
        if (restartAfterLast()) continue
      }
      total = page.total
      const read = page.records.map((record, index) =>
        readEvent(record, api.name, `record ${index + 1} of page ${number}`),
      )
      lastTime = read.at(-1)?.time ?? lastTime
      yield read

      if (read.length === 0 && number * size < total) {
        steady = false // More was promised: whatever this is, going through it page by page will not end.
        return
      }
      // A server with smaller pages than it was asked for sets the size.
      if (number === 1 && read.length > 0 && read.length < Math.min(size, total)) size = read.length
      if (number * size >= total) return
      if (number === fullAfter) {
        number /= 10
        size = fullSize
        fullAfter = 0
      }
      number++
    }
  }

  return { events: events(), wasSteady: () => steady, counted: () => counted ?? 0, pages: () => pages }
}

/** Milliseconds since 1970 as the API writes and accepts times: whole seconds, UTC. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
