/** A request as a fault may look at it. */
export interface FaultyRequest {
  method: string
  /** Path and query, raw. */
  raw: string
  /** The number of this request among all, from 1. */
  number: number
}

/** What goes wrong: `delayMs` and `until` keep the right answer back, a function rewrites its JSON. */
export type FaultAnswer =
  | { status: number; headers?: Record<string, string | string[]>; body?: string }
  | 'hang'
  | 'reset'
  | 'cut'
  | 'empty'
  | { delayMs: number }
  | { until: Promise<unknown> }
  // biome-ignore lint/suspicious/noExplicitAny: a page is whatever JSON the API answers
  | ((page: any) => unknown)

/** One thing that goes wrong: on which requests, from the `at`th of these on, and how many times. */
export interface Fault {
  /** Matched against `METHOD path?query`; without it every request counts. */
  on?: RegExp | ((request: FaultyRequest) => boolean)
  /** The first matching request that goes wrong, from 1 (default). */
  at?: number
  /** How many requests go wrong; 1 by default, Infinity for all. */
  times?: number
  answer: FaultAnswer
}

/** A fault on the requests of a pattern, and the moment at which the nth of them arrives. */
export function arrival(on: RegExp, answer: FaultAnswer, nth = 1): { fault: Fault; arrived: Promise<void> } {
  let seen = 0
  let arrive = () => {}
  const arrived = new Promise<void>(done => {
    arrive = done
  })
  const matches = ({ method, raw }: FaultyRequest) => {
    const match = on.test(`${method} ${raw}`)
    if (match && ++seen === nth) arrive()
    return match
  }
  return { fault: { on: matches, times: Number.POSITIVE_INFINITY, answer }, arrived }
}

/** The faults of one foundation, each with how often it matched. */
export class Faults {
  private readonly list: { fault: Fault; seen: number }[]

  constructor(faults: Fault[]) {
    this.list = faults.map(fault => ({ fault, seen: 0 }))
  }

  add(...faults: Fault[]): void {
    this.list.push(...faults.map(fault => ({ fault, seen: 0 })))
  }

  /** What goes wrong with this request; every matching fault counts it, the first that is due wins. */
  next(request: FaultyRequest): FaultAnswer | undefined {
    let due: FaultAnswer | undefined
    for (const each of this.list) {
      const { on, at = 1, times = 1, answer } = each.fault
      const matches =
        on === undefined || (on instanceof RegExp ? on.test(`${request.method} ${request.raw}`) : on(request))
      if (!matches) continue
      each.seen++
      if (due === undefined && each.seen >= at && each.seen < at + times) due = answer
    }
    return due
  }
}

const rateLimited = (v2: boolean, retryAfter: number): FaultAnswer => {
  const suffix = v2 ? '-V2-API' : ''
  const detail = v2
    ? 'Rate Limit of V2 API Exceeded. Please consider using the V3 API'
    : 'Rate Limit Exceeded'
  const title = v2 ? 'CF-RateLimitV2APIExceeded' : 'CF-RateLimitExceeded'
  const code = v2 ? 10018 : 10013
  return {
    status: 429,
    headers: {
      [`X-RateLimit-Limit${suffix}`]: '2000',
      [`X-RateLimit-Reset${suffix}`]: String(Math.floor(Date.now() / 1000) + retryAfter),
      [`X-RateLimit-Remaining${suffix}`]: '0',
      'Retry-After': String(retryAfter),
      // The body is JSON all the same.
      'Content-Type': 'text/plain; charset=utf-8',
    },
    body: JSON.stringify(
      v2 ? { description: detail, error_code: title, code } : { errors: [{ detail, title, code }] },
    ),
  }
}

const router = (status: number, error: string, body: string): FaultAnswer => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Cf-RouterError': error },
  body: `${body}\n`,
})

/** The answers that an exporter meets sooner or later, as each component words them. */
export const wrong = {
  rateLimitV3: (retryAfter = 1) => rateLimited(false, retryAfter),
  rateLimitV2: (retryAfter = 1) => rateLimited(true, retryAfter),
  /** nginx's own limit: HTML, and no Retry-After. */
  rateLimitNginx: (): FaultAnswer => ({
    status: 429,
    headers: { 'Content-Type': 'text/html' },
    body: '<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
  }),
  maintenance: (): FaultAnswer => ({
    status: 503,
    headers: { 'Content-Type': 'text/plain' },
    body: 'API down for maintenance',
  }),
  router404: () =>
    router(404, 'unknown_route', "404 Not Found: Requested route ('api.example.gov') does not exist."),
  router502: () =>
    router(502, 'endpoint_failure', '502 Bad Gateway: Registered endpoint failed to handle the request.'),
  router503: () =>
    router(503, 'no_endpoints', '503 Service Unavailable: Requested route has no available endpoints.'),
  unknownV3: (): FaultAnswer => ({
    status: 500,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: '{"errors":[{"title":"UnknownError","detail":"An unknown error occurred.","code":10001}]}',
  }),
  unknownV2: (): FaultAnswer => ({
    status: 500,
    headers: { 'Content-Type': 'application/json;charset=utf-8' },
    body: '{"error_code":"UnknownError","description":"An unknown error occurred.","code":10001}',
  }),
  database: (): FaultAnswer => ({
    status: 503,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: '{"errors":[{"detail":"Database connection failure","title":"CF-ServiceUnavailable","code":10015}]}',
  }),
}
