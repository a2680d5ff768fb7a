import { type Curl, EmptyOutput, type Response } from '../cf/curl.ts'
import { type AuditError, CutShort, Failed } from '../errors.ts'
import { errorFromStatus, reasonIn, statusOf, UaaUnavailable } from './http-errors.ts'

export { BadRequest, EndpointMissing, UaaUnavailable } from './http-errors.ts'

/** A response that was read. */
export interface Answer<T> {
  readonly value: T
  /** The API's clock when it answered, in milliseconds since 1970; undefined without headers. */
  readonly date: number | undefined
}

/**
 * Requests a path, and again where that may help.
 * @param read turns the body into a value; when it throws CutShort, the request is repeated.
 * @throws EndpointMissing on 404; BadRequest on 400 and 422; UaaUnavailable where names of users were asked for; CutShort and
 * TimedOut where a smaller page may work; else the error that the response stands for.
 */
export type CapiClient = <T>(path: string, read: (body: Buffer) => T) => Promise<Answer<T>>

/** How requests are made and repeated. */
export interface ClientOptions {
  readonly curl: Curl
  /** Why `cf` printed nothing, if it can be found out. */
  readonly diagnoseEmptyOutput: () => Promise<AuditError | undefined>
  /** Waits; rejects when the run is interrupted. */
  readonly wait: (ms: number, why: 'rate limit' | 'failure') => Promise<void>
  readonly now: () => number
  /** The longest that the rate limits of one request, or one pause before a retry, may take. */
  readonly maxWaitMs: number
  readonly note: (text: string) => void
  /** A number in [0, 1). */
  readonly random: () => number
  /** How often a failing request is made; 4 times by default. */
  readonly attempts?: number
}

export function createClient(options: ClientOptions): CapiClient {
  const { curl, diagnoseEmptyOutput, wait, now, maxWaitMs, note, random, attempts = 4 } = options

  return async (path, read) => {
    let limited = 0
    for (let attempt = 1; ; attempt++) {
      let failure: AuditError
      try {
        const response = await curl(path)
        const status = response.status ?? statusOf(response.body)
        if (status === 429) {
          const pause = pauseOf(response, now())
          limited += pause
          if (limited > maxWaitMs) throw tooManyRequests(response, pause, limited)
          note(`Rate limited by Cloud Foundry; continuing in ${Math.ceil(pause / 1000)} s.`)
          await wait(pause, 'rate limit')
          attempt--
          continue
        }
        if (status < 300) return { value: readWhole(response, status, read), date: dateOf(response) }
        failure = errorFromStatus(status, response)
        // Cloud Controller itself has tried to reach the UAA for a minute (lib/cloud_controller/uaa/uaa_client.rb).
        if (![500, 502, 503, 504].includes(status) || failure instanceof UaaUnavailable) throw failure
      } catch (error) {
        if (!(error instanceof CutShort)) throw error
        failure = error
        if (error instanceof EmptyOutput) {
          const reason = await diagnoseEmptyOutput()
          // Waiting does not help against an expired session or a missing permission; the network may recover.
          if (reason !== undefined && !(reason instanceof Failed)) throw reason
          failure = reason ?? failure
        }
      }
      if (attempt === attempts) throw failure
      // 1, 2, 4 s, each times 0.5 to 1.5: many runs that failed together must not retry together.
      await wait(Math.min(maxWaitMs, 1000 * 2 ** (attempt - 1) * (0.5 + random())), 'failure')
    }
  }
}

function readWhole<T>(response: Response, status: number, read: (body: Buffer) => T): T {
  // v8 prints the headers of an answer whose body was cut, no body, and exits with 0.
  if (status !== 204 && isBlank(response.body)) {
    throw new CutShort(
      'Cloud Foundry sent an empty response.',
      'Try again. If it keeps failing, contact its operators.',
    )
  }
  return read(response.body)
}

function isBlank(body: Buffer): boolean {
  return body.length < 16 && body.toString('latin1').trim() === ''
}

// Retry-After is in seconds; X-RateLimit-Reset (v3) and X-RateLimit-Reset-V2-API are seconds since 1970
// (middleware/base_rate_limiter.rb). nginx sends neither.
function pauseOf({ headers }: Response, now: number): number {
  const after = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(after)) return Math.max(1000, Number(after) * 1000)
  if (/[a-z]{3}/i.test(after) && !Number.isNaN(Date.parse(after)))
    return Math.max(1000, Date.parse(after) - now)
  const reset = Number(headers.get('x-ratelimit-reset') ?? headers.get('x-ratelimit-reset-v2-api'))
  if (reset > 0) return Math.max(1000, reset * 1000 - now)
  return 10_000
}

/** @param waited what this request has had to wait, this pause included. */
function tooManyRequests(response: Response, pause: number, waited: number): Failed {
  const seconds = (ms: number) => Math.ceil(ms / 1000)
  return new Failed(
    `Rate limited by Cloud Foundry, which asks you to wait ${seconds(pause)} s: ${reasonIn(response.body)}`,
    `Try again after that, or allow a longer wait with --max-wait ${seconds(waited)}.`,
  )
}

function dateOf({ headers }: Response): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date
}
