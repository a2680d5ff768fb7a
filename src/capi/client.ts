import { type Curl, EmptyOutput, type Response } from '../cf/curl.ts'
import { type AuditError, CutShort, Failed } from '../errors.ts'
import { errorFromStatus, reasonIn, statusOf, UaaUnavailable } from './http-errors.ts'

export { BadRequest, EndpointMissing, UaaUnavailable } from './http-errors.ts'

/** An answer that was read. */
export interface Answer<T> {
  readonly value: T
  /** The API's clock when it answered, in milliseconds since 1970; undefined without headers. */
  readonly date: number | undefined
}

/**
 * Asks for one path until there is an answer, or no hope of one.
 * `read` turns the body into a value; it may throw CutShort, which is worth asking again.
 * @throws NotServed on 404; BadQuestion on 400 and 422; UaaUnavailable where names of users were asked for; CutShort and
 * TimedOut where a smaller question may do; else the error that the answer stands for.
 */
export type CapiClient = <T>(path: string, read: (body: Buffer) => T) => Promise<Answer<T>>

/** What patience needs. */
export interface ClientOptions {
  readonly curl: Curl
  /** Why `cf` is silent, if it can be found out. */
  readonly diagnoseEmptyOutput: () => Promise<AuditError | undefined>
  /** Waits; rejects when the run is interrupted. */
  readonly wait: (ms: number, why: 'rate limit' | 'failure') => Promise<void>
  readonly now: () => number
  /** The longest that rate limits together, or one back-off, may keep us waiting. */
  readonly maxWaitMs: number
  readonly note: (text: string) => void
  /** A number in [0, 1). */
  readonly random: () => number
  /** How often a question is asked whose answer may yet come; 4 times unless said. */
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
          note(`Cloud Foundry limits the rate of requests; going on in ${Math.ceil(pause / 1000)} s.`)
          await wait(pause, 'rate limit')
          attempt--
          continue
        }
        if (status < 300) return { value: readWhole(response, status, read), date: dateOf(response) }
        failure = errorFromStatus(status, response)
        // Of UAA trouble we hear when Cloud Controller has tried for a minute (lib/cloud_controller/uaa/uaa_client.rb).
        if (![500, 502, 503, 504].includes(status) || failure instanceof UaaUnavailable) throw failure
      } catch (error) {
        if (!(error instanceof CutShort)) throw error
        failure = error
        if (error instanceof EmptyOutput) {
          const reason = await diagnoseEmptyOutput()
          // An expired session or a missing right does not pass by waiting; a dead network may.
          if (reason !== undefined && !(reason instanceof Failed)) throw reason
          failure = reason ?? failure
        }
      }
      if (attempt === attempts) throw failure
      // 1, 2, 4 s, each half to one and a half times: many runs that failed at once must not return at once.
      await wait(Math.min(maxWaitMs, 1000 * 2 ** (attempt - 1) * (0.5 + random())), 'failure')
    }
  }
}

function readWhole<T>(response: Response, status: number, read: (body: Buffer) => T): T {
  // v8 prints the headers of an answer whose body was cut, no body, and exits with 0.
  if (status !== 204 && isBlank(response.body)) {
    throw new CutShort(
      'Cloud Foundry answered without a body.',
      'Try again; if it stays so, ask its operators.',
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

/** @param waited with this pause, all that this question has had to wait. */
function tooManyRequests(response: Response, pause: number, waited: number): Failed {
  const seconds = (ms: number) => Math.ceil(ms / 1000)
  return new Failed(
    `Cloud Foundry limits the rate of requests and asks for a pause of ${seconds(pause)} s: ${reasonIn(response.body)}`,
    `Try again after that, or allow a longer wait with --max-wait ${seconds(waited)}.`,
  )
}

function dateOf({ headers }: Response): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date
}
