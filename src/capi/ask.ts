import { type Curl, type Response, Silent } from '../cf/curl.ts'
import { logInAgain } from '../cf/failures.ts'
import { type AuditError, CfUnusable, CutShort, Failed, Refused } from '../errors.ts'
import { excerpt } from '../plain.ts'
import { textAt, valueAt } from './event.ts'
import { createCutter } from './records.ts'

/** Nothing is served at this path: API v2 is off, v3 is too old, or the answer is not Cloud Foundry's. */
export class NotServed extends Failed {}

/** Cloud Foundry does not accept the question; the message holds its reason. */
export class BadQuestion extends Failed {}

/** An answer that was read. */
export interface Answer<T> {
  readonly value: T
  /** The API's clock when it answered, in milliseconds since 1970; undefined without headers. */
  readonly date: number | undefined
}

/**
 * Asks for one path until there is an answer, or no hope of one.
 * `read` turns the body into a value; it may throw CutShort, which is worth asking again.
 * @throws NotServed on 404; BadQuestion on 400; CutShort and TimedOut where a smaller question may do; else the error
 * that the answer stands for.
 */
export type Ask = <T>(path: string, read: (body: Buffer) => T) => Promise<Answer<T>>

/** What patience needs. */
export interface AskOptions {
  readonly curl: Curl
  /** Why `cf` is silent, if it can be found out. */
  readonly reasonForSilence: () => Promise<AuditError | undefined>
  /** Waits; rejects when the run is interrupted. */
  readonly wait: (ms: number) => Promise<void>
  readonly now: () => number
  /** The longest that rate limits together, or one back-off, may keep us waiting. */
  readonly maxWaitMs: number
  readonly note: (text: string) => void
  /** A number in [0, 1). */
  readonly random: () => number
}

const attempts = 4

export function createAsk(options: AskOptions): Ask {
  const { curl, reasonForSilence, wait, now, maxWaitMs, note, random } = options

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
          await wait(pause)
          attempt--
          continue
        }
        if (status < 300) return { value: readWhole(response, status, read), date: dateOf(response) }
        failure = refusal(status, response)
        if (![500, 502, 503, 504].includes(status)) throw failure
      } catch (error) {
        if (!(error instanceof CutShort)) throw error
        failure = error
        if (error instanceof Silent) {
          const reason = await reasonForSilence()
          // An expired session or a missing right does not pass by waiting; a dead network may.
          if (reason !== undefined && !(reason instanceof Failed)) throw reason
          failure = reason ?? failure
        }
      }
      if (attempt === attempts) throw failure
      // 1, 2, 4 s, each half to one and a half times: many runs that failed at once must not return at once.
      await wait(Math.min(maxWaitMs, 1000 * 2 ** (attempt - 1) * (0.5 + random())))
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

/** Error codes of cloud_controller_ng's errors/v2.yml, for bodies that came without their status line. */
const statusOfCode = new Map([
  [1000, 401],
  [10000, 404],
  [10001, 500],
  [10002, 401],
  [10003, 403],
  [10005, 400],
  [10007, 403],
  [10010, 404],
  [10011, 500],
  [10012, 400],
  [10013, 429],
  [10014, 429],
  [10015, 503],
  [10018, 429],
  [20004, 503],
])

function statusOf(body: Buffer): number {
  const json = jsonOf(body)
  if (json === undefined) return 404 // Not JSON: whatever this is, it is not the API.
  const code = valueAt(json, 'code') ?? valueAt(valueAt(json, 'errors'), '0', 'code')
  return typeof code === 'number' ? (statusOfCode.get(code) ?? 500) : 200
}

/** The JSON that a short body begins with, such as an error; undefined for other text, {} for pages of events. */
function jsonOf(body: Buffer): unknown {
  if (body.length > 64 * 1024) return {}
  try {
    // v6 and v7 print warnings behind the JSON.
    const cutter = createCutter('first')
    const envelope = [...cutter.push(body), ...cutter.end()].find(piece => 'envelope' in piece)
    return JSON.parse(envelope?.envelope ?? '')
  } catch {
    return body.toString('latin1').trimStart().startsWith('{') ? {} : undefined
  }
}

/** What Cloud Foundry says in its error body; JSON in the shape of either API, else the text itself. */
function reasonIn(body: Buffer): string {
  const json = jsonOf(body)
  const said =
    textAt(valueAt(json, 'errors'), '0', 'detail') ||
    textAt(json, 'description') ||
    body.toString('utf8', 0, 4096).replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
  return excerpt(said)
}

function codeIn(body: Buffer): number | undefined {
  const json = jsonOf(body)
  const code = valueAt(json, 'code') ?? valueAt(valueAt(json, 'errors'), '0', 'code')
  return typeof code === 'number' ? code : undefined
}

/** The error that a status stands for. Bodies may be JSON, plain text or HTML: only the status is certain. */
function refusal(status: number, { body }: Response): AuditError {
  const said = reasonIn(body)
  const quoted = said === '' ? '' : `: ${said}`
  switch (status) {
    case 400:
    case 422:
      return new BadQuestion(
        `Cloud Foundry does not accept the question${quoted}`,
        'Its API may be older than this tool; cf-audit --verbose names the call.',
      )
    case 401:
      return codeIn(body) === 10002
        ? new CfUnusable('You are not logged in.', logInAgain)
        : new CfUnusable('Your session has expired.', logInAgain)
    case 403:
      return new Refused(
        `Cloud Foundry forbids it${quoted}`,
        'Ask an Org Manager for the Org Auditor role (cf set-org-role USER ORG OrgAuditor); with a role of API v3 alone, use --api v3.',
      )
    case 404:
      return new NotServed(said === '' ? 'nothing' : said, '')
    case 500:
    case 502:
    case 503:
    case 504:
      return new Failed(
        `Cloud Foundry failed with status ${status}${quoted}`,
        'Try again later; if it stays so, tell its operators.',
      )
    default:
      return new Failed(
        `Cloud Foundry answered with status ${status}${quoted}`,
        'Try the same with cf curl itself.',
      )
  }
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
