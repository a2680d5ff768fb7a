import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BadRequest,
  type ClientOptions,
  createClient,
  EndpointMissing,
  UaaUnavailable,
} from '../../src/capi/client.ts'
import { EmptyOutput, type Response, UnrecognizedOutput } from '../../src/cf/curl.ts'
import {
  type AuditError,
  CfUnusable,
  CutShort,
  Failed,
  Forbidden,
  Interrupted,
  LoggedOut,
  TimedOut,
} from '../../src/errors.ts'

const now = Date.UTC(2026, 7, 1, 10)

/** One answer of the stub: a response, or what is thrown instead. */
type Given = Response | Error

function answer(status: number | undefined, body: unknown, headers: Record<string, string> = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: new Map(Object.entries(headers)), body: Buffer.from(text) }
}

const v3Error = (code: number, title: string, detail: string) => ({ errors: [{ code, title, detail }] })
const v2Error = (code: number, error_code: string, description: string) => ({ code, error_code, description })

const ok = answer(200, '{"ok":true}\n')
const silent = new EmptyOutput('cf printed nothing, and no reason.', 'Ask cf.')

interface Tried {
  readonly value: unknown
  readonly paths: readonly string[]
  readonly waits: readonly number[]
  readonly notes: readonly string[]
  readonly reasonsAsked: number
}

interface Setting extends Partial<Pick<ClientOptions, 'maxWaitMs' | 'random' | 'wait' | 'attempts'>> {
  readonly reason?: AuditError | undefined
  readonly read?: (body: Buffer) => unknown
}

/** Asks once; the last answer stands for all later ones. Never waits. */
async function ask(given: readonly Given[], setting: Setting = {}): Promise<Tried & { error: unknown }> {
  const paths: string[] = []
  const waits: number[] = []
  const notes: string[] = []
  let reasonsAsked = 0
  const asked = createClient({
    async curl(path) {
      const next = given[Math.min(paths.length, given.length - 1)]!
      paths.push(path)
      if (paths.length > 50) throw new Error('This never ends')
      if (next instanceof Error) throw next
      return next
    },
    async diagnoseEmptyOutput() {
      reasonsAsked++
      return setting.reason
    },
    async wait(ms, why) {
      waits.push(ms)
      await setting.wait?.(ms, why)
    },
    now: () => now,
    maxWaitMs: setting.maxWaitMs ?? 300_000,
    note: text => notes.push(text),
    random: setting.random ?? (() => 0.5),
    ...(setting.attempts === undefined ? {} : { attempts: setting.attempts }),
  })
  let value: unknown
  let error: unknown
  try {
    value = await asked('/v3/x', setting.read ?? (body => JSON.parse(body.toString('utf8'))))
  } catch (thrown) {
    error = thrown
  }
  return { value, error, paths, waits, notes, reasonsAsked }
}

/** What was thrown, as its class, exit code and words. */
async function refused(given: readonly Given[], setting?: Setting): Promise<AuditError & Tried> {
  const { error, ...tried } = await ask(given, setting)
  assert.ok(error instanceof Error, 'nothing was thrown')
  return Object.assign(error as AuditError, tried)
}

// --- Answers ----------------------------------------------------------------------------------------------------

const answers = suite('answers')

answers('the first good one is read', async () => {
  const { value, paths, waits } = await ask([ok])
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.equal(paths, ['/v3/x'])
  assert.equal(waits, [])
})

for (const attempts of [1, 2]) {
  answers(`no more than ${attempts} are tried for, where so many are wanted`, async () => {
    for (const given of [answer(503, '{}'), silent]) {
      const { error, paths } = await ask([given], { attempts })
      assert.ok(error)
      assert.is(paths.length, attempts)
    }
  })
}

answers('with the clock of the API', async () => {
  const { value } = await ask([answer(200, '{}', { date: 'Sat, 01 Aug 2026 10:00:07 GMT' })])
  assert.equal(value, { value: {}, date: now + 7000 })
})

answers('with a clock that is none', async () => {
  const { value } = await ask([answer(200, '{}', { date: 'yesterday' })])
  assert.equal(value, { value: {}, date: undefined })
})

for (const status of [200, 201, 202]) {
  answers(`status ${status}`, async () => {
    assert.equal((await ask([answer(status, '{"a":1}')])).value, { value: { a: 1 }, date: undefined })
  })
}

answers('204 has no body, or the {} of v8', async () => {
  const read = (body: Buffer) => body.toString('utf8').trim()
  assert.equal((await ask([answer(204, '\n')], { read })).value, { value: '', date: undefined })
  assert.equal((await ask([answer(204, '{}\n')], { read })).value, { value: '{}', date: undefined })
})
answers.run()

// --- Refusals ---------------------------------------------------------------------------------------------------

const refusals = suite('refusals')

type Class = new (...args: never[]) => AuditError
const cases: readonly (readonly [
  what: string,
  given: Response,
  kind: Class,
  exitCode: number,
  words: RegExp,
])[] = [
  // 401: who is logged in
  [
    '401 code 1000 of v3',
    answer(401, v3Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token')),
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    '401 code 1000 of v2',
    answer(401, v2Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token')),
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    '401 code 10002 of v3',
    answer(401, v3Error(10002, 'CF-NotAuthenticated', 'Authentication error')),
    LoggedOut,
    3,
    /not logged in/,
  ],
  [
    '401 code 10002 of v2',
    answer(401, v2Error(10002, 'CF-NotAuthenticated', 'Authentication error')),
    LoggedOut,
    3,
    /not logged in/,
  ],
  ['401 as plain text', answer(401, 'Unauthorized'), LoggedOut, 3, /session has expired/],
  ['401 without a body', answer(401, '\n'), LoggedOut, 3, /session has expired/],
  // 403: who may
  [
    '403 of v3',
    answer(403, v3Error(10003, 'CF-NotAuthorized', 'You are not authorized to perform the requested action')),
    Forbidden,
    4,
    /Permission denied by Cloud Foundry: You are not authorized to perform the requested action/,
  ],
  [
    '403 of v2',
    answer(403, v2Error(10007, 'CF-InsufficientScope', 'Your token lacks the necessary scopes')),
    Forbidden,
    4,
    /Your token lacks the necessary scopes/,
  ],
  [
    '403 as a sentence',
    answer(403, 'You are not permitted to use the V2 API'),
    Forbidden,
    4,
    /You are not permitted to use the V2 API/,
  ],
  ['403 without a body', answer(403, ''), Forbidden, 4, /Permission denied by Cloud Foundry$/],
  // 404: not there
  [
    '404 of v3',
    answer(404, v3Error(10000, 'CF-NotFound', 'Unknown request')),
    EndpointMissing,
    5,
    /^Unknown request$/,
  ],
  [
    '404 of v2',
    answer(404, v2Error(10000, 'CF-NotFound', 'Unknown request')),
    EndpointMissing,
    5,
    /^Unknown request$/,
  ],
  ['404, v2 is off', answer(404, 'V2 endpoints disabled\n'), EndpointMissing, 5, /^V2 endpoints disabled$/],
  [
    '404 as HTML',
    answer(
      404,
      '<html>\r\n<head><title>404 Not Found</title><style>a{b:c}</style></head>\r\n<body><center><h1>404 Not Found</h1></center><script>x("y")</script></body></html>\r\n',
    ),
    EndpointMissing,
    5,
    /^404 Not Found 404 Not Found$/,
  ],
  [
    '404 of the router',
    answer(404, "404 Not Found: Requested route ('api.example.gov') does not exist.\n"),
    EndpointMissing,
    5,
    /Requested route/,
  ],
  ['404 without a body', answer(404, ''), EndpointMissing, 5, /nothing/],
  // 400 and 422: the question
  [
    '400 of v3',
    answer(
      400,
      v3Error(
        10005,
        'CF-BadQueryParameter',
        'The query parameter is invalid: Per page must be between 1 and 100',
      ),
    ),
    BadRequest,
    5,
    /rejected the request: The query parameter is invalid: Per page must be between 1 and 100/,
  ],
  [
    '400 of v2',
    answer(
      400,
      v2Error(
        10005,
        'CF-BadQueryParameter',
        'The query parameter is invalid: results_per_page must be <= 50',
      ),
    ),
    BadRequest,
    5,
    /results_per_page must be <= 50/,
  ],
  [
    '422',
    answer(422, v3Error(10008, 'CF-UnprocessableEntity', 'Invalid guids')),
    BadRequest,
    5,
    /Invalid guids/,
  ],
  // Others
  ['418', answer(418, 'teapot'), Failed, 5, /status 418: teapot/],
  ['501', answer(501, ''), Failed, 5, /status 501$/],
  ['302', answer(302, 'Moved'), Failed, 5, /status 302/],
]
for (const [what, given, kind, exitCode, words] of cases) {
  refusals(`${what}: at once, exit code ${exitCode}`, async () => {
    const error = await refused([given, ok])
    assert.is(error.constructor, kind)
    assert.is(error.exitCode, exitCode)
    assert.match(error.message, words)
    assert.equal(error.waits, [])
    assert.is(error.paths.length, 1)
  })
}

// v6 and v7 of cf print the X-Cf-Warnings of an answer behind its body.
const warned = (body: unknown) => `${JSON.stringify(body, null, 3)}\nFirst warning\nSecond {warning}\n`

refusals('an error with warnings behind it: its words', async () => {
  const body = v3Error(10003, 'CF-NotAuthorized', 'You are not authorized')
  assert.match(
    (await refused([answer(403, warned(body))])).message,
    /Permission denied by Cloud Foundry: You are not authorized$/,
  )
})

refusals('an error with warnings behind it: its code', async () => {
  const body = v3Error(10002, 'CF-NotAuthenticated', 'Authentication error')
  assert.match((await refused([answer(401, warned(body))])).message, /not logged in/)
})

refusals('the advice to an expired session is to log in', async () => {
  const error = await refused([answer(401, v3Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token'))])
  assert.match(error.advice, /cf login/)
})

refusals('the advice to the forbidden names the role', async () => {
  const error = await refused([answer(403, '')])
  assert.match(error.advice, /OrgAuditor/)
})

refusals('what a server says is shown on one line, without escapes, and not at length', async () => {
  const error = await refused([answer(403, `\u001b[31mred\u0000\n\nand ${'x'.repeat(5000)}`)])
  assert.match(error.message, /␛\[31mred and x+…$/)
  assert.ok(error.message.length < 300)
})

refusals('details of an unexpected kind are no reason to stumble', async () => {
  for (const body of [
    { errors: [] },
    { errors: [{}] },
    { errors: {} },
    { errors: null },
    { description: 7 },
    [],
    null,
    7,
  ]) {
    const error = await refused([answer(403, body)])
    assert.instance(error, Forbidden)
  }
})
refusals.run()

// --- Bodies without a status ------------------------------------------------------------------------------------

const bare = suite('bodies that came without their status line')

const bareBodies: readonly (readonly [what: string, body: unknown, kind: Class, exitCode: number])[] = [
  ['no such path, v3', v3Error(10000, 'CF-NotFound', 'Unknown request'), EndpointMissing, 5],
  ['no such path, v2', v2Error(10000, 'CF-NotFound', 'Unknown request'), EndpointMissing, 5],
  ['not found', v3Error(10010, 'CF-ResourceNotFound', 'nope'), EndpointMissing, 5],
  ['expired', v3Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token'), LoggedOut, 3],
  ['not logged in', v2Error(10002, 'CF-NotAuthenticated', 'Authentication error'), LoggedOut, 3],
  ['forbidden', v3Error(10003, 'CF-NotAuthorized', 'no'), Forbidden, 4],
  ['without scope', v2Error(10007, 'CF-InsufficientScope', 'no'), Forbidden, 4],
  ['bad question', v3Error(10005, 'CF-BadQueryParameter', 'bad'), BadRequest, 5],
  ['v2 is off', 'V2 endpoints disabled', EndpointMissing, 5],
  ['HTML', '<html><body>404</body></html>', EndpointMissing, 5],
]
for (const [what, body, kind, exitCode] of bareBodies) {
  bare(`${what}: exit code ${exitCode}`, async () => {
    const error = await refused([answer(undefined, body)])
    assert.is(error.constructor, kind)
    assert.is(error.exitCode, exitCode)
    assert.equal(error.waits, [])
  })
}

for (const [code, status] of [
  [10001, 500],
  [10011, 500],
  [10015, 503],
  [99999, 500],
] as const) {
  bare(`code ${code} is a ${status}: asked again`, async () => {
    const { value, paths } = await ask([answer(undefined, v3Error(code, 'X', 'down')), ok])
    assert.equal(value, { value: { ok: true }, date: undefined })
    assert.is(paths.length, 2)
  })
}

for (const code of [10013, 10014, 10018]) {
  bare(`code ${code} is a 429`, async () => {
    const { notes, waits } = await ask([
      answer(undefined, v3Error(code, 'CF-RateLimitExceeded', 'Rate Limit Exceeded')),
      ok,
    ])
    assert.equal(waits, [10_000])
    assert.is(notes.length, 1)
  })
}

bare('a page of events', async () => {
  const page = { total_results: 0, resources: [] }
  assert.equal((await ask([answer(undefined, page)])).value, { value: page, date: undefined })
})

bare('a long page of events, whose first record holds a code', async () => {
  const page = { pagination: { total_results: 1 }, resources: [{ code: 10000, x: 'y'.repeat(70_000) }] }
  assert.equal((await ask([answer(undefined, page)])).value, { value: page, date: undefined })
})

bare('a page that was cut is asked for again', async () => {
  let reads = 0
  const read = (body: Buffer) => {
    if (reads++ === 0) throw new CutShort('cut', 'again')
    return body.toString('utf8')
  }
  const { value, paths } = await ask([answer(undefined, '{"resources":[{"a'), answer(undefined, '{}')], {
    read,
  })
  assert.equal(value, { value: '{}', date: undefined })
  assert.is(paths.length, 2)
})
bare.run()

// --- Rate limits ------------------------------------------------------------------------------------------------

const limits = suite('rate limits')

const limited = (headers: Record<string, string>, status: number | undefined = 429) =>
  answer(status, v3Error(10013, 'CF-RateLimitExceeded', 'Rate Limit Exceeded'), headers)
const inSeconds = (seconds: number) => String(now / 1000 + seconds)

const pauses: readonly (readonly [what: string, headers: Record<string, string>, ms: number])[] = [
  ['Retry-After', { 'retry-after': '7' }, 7000],
  ['Retry-After before X-RateLimit-Reset', { 'retry-after': '7', 'x-ratelimit-reset': inSeconds(90) }, 7000],
  ['X-RateLimit-Reset', { 'x-ratelimit-reset': inSeconds(42) }, 42_000],
  ['X-RateLimit-Reset-V2-API', { 'x-ratelimit-reset-v2-api': inSeconds(43) }, 43_000],
  ['X-RateLimit-Reset in the past', { 'x-ratelimit-reset': inSeconds(-5) }, 1000],
  ['X-RateLimit-Reset now', { 'x-ratelimit-reset': inSeconds(0) }, 1000],
  ['none', {}, 10_000],
  ['Retry-After: 0', { 'retry-after': '0' }, 1000],
  ['Retry-After as a date', { 'retry-after': new Date(now + 5000).toUTCString() }, 5000],
  ['a negative Retry-After', { 'retry-after': '-3' }, 10_000],
  ['words', { 'retry-after': 'later', 'x-ratelimit-reset': 'soon' }, 10_000],
]
for (const [what, headers, ms] of pauses) {
  limits(`${what}: waits ${ms} ms, says so, and asks again`, async () => {
    const { value, waits, notes, paths } = await ask([limited(headers), ok])
    assert.equal(value, { value: { ok: true }, date: undefined })
    assert.equal(waits, [ms])
    assert.is(paths.length, 2)
    assert.equal(notes, [`Rate limited by Cloud Foundry; continuing in ${ms / 1000} s.`])
  })
}

limits('again and again, as long as the waits together stay within the limit', async () => {
  const { value, waits } = await ask([...Array<Response>(9).fill(limited({ 'retry-after': '10' })), ok], {
    maxWaitMs: 90_000,
  })
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.is(waits.length, 9)
})

limits('does not use up the attempts for other failures', async () => {
  const down = answer(503, '')
  const limit = limited({ 'retry-after': '1' })
  const { value, waits } = await ask([limit, limit, limit, limit, down, limit, down, limit, down, ok])
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.equal(waits, [1000, 1000, 1000, 1000, 1000, 1000, 2000, 1000, 4000])
})

limits('a pause beyond the limit is not waited for: exit code 5, and how long it would be', async () => {
  const error = await refused([limited({ 'retry-after': '301' }), ok], { maxWaitMs: 300_000 })
  assert.is(error.exitCode, 5)
  assert.match(error.message, /301 s.*Rate Limit Exceeded/)
  assert.match(error.advice, /--max-wait 301\b/)
  assert.equal(error.waits, [])
  assert.is(error.paths.length, 1)
})

limits('a pause of just the limit is', async () => {
  assert.equal((await ask([limited({ 'retry-after': '300' }), ok], { maxWaitMs: 300_000 })).waits, [300_000])
})

limits('with --max-wait 0 nothing is waited for', async () => {
  const error = await refused([limited({ 'retry-after': '1' }), ok], { maxWaitMs: 0 })
  assert.equal(error.waits, [])
  assert.instance(error, Failed)
})

limits('the limit that is advised would have been enough', async () => {
  const error = await refused([limited({ 'retry-after': '40' })], { maxWaitMs: 60_000 })
  assert.equal(error.waits, [40_000])
  const advised = Number(/--max-wait (\d+)/.exec(error.advice)?.[1])
  assert.ok(advised >= 80, error.advice)
})

limits('an interruption ends the waiting', async () => {
  const stop = new Interrupted('SIGINT')
  const error = await refused([limited({ 'retry-after': '5' }), ok], { wait: () => Promise.reject(stop) })
  assert.instance(error, Interrupted)
  assert.is(error.paths.length, 1)
})
limits.run()

// --- Failures that may pass -------------------------------------------------------------------------------------

const passing = suite('failures that may pass')

const down = answer(503, v3Error(10015, 'CF-ServiceUnavailable', 'Database connection failure'))
const cut = () => {
  throw new CutShort('The answer of Cloud Foundry is not whole.', 'Try again.')
}

for (const status of [500, 502, 503, 504]) {
  passing(`${status}, then an answer`, async () => {
    const { value, waits, notes } = await ask([answer(status, '<html>bad gateway</html>'), ok])
    assert.equal(value, { value: { ok: true }, date: undefined })
    assert.equal(waits, [1000])
    assert.equal(notes, [])
  })
  passing(`${status} for ever: four attempts, exit code 5`, async () => {
    const error = await refused([answer(status, 'API down for maintenance\n')])
    assert.is(error.constructor, Failed)
    assert.is(error.exitCode, 5)
    assert.match(error.message, new RegExp(`status ${status}: API down for maintenance$`))
    assert.equal(error.waits, [1000, 2000, 4000])
    assert.is(error.paths.length, 4)
  })
}

for (const status of [503, undefined]) {
  passing(
    `a UAA that is down, status ${status}: Cloud Controller has tried for a minute, we do not`,
    async () => {
      const error = await refused([
        answer(status, v3Error(20004, 'CF-UaaUnavailable', 'The UAA service is down')),
      ])
      assert.is(error.constructor, UaaUnavailable)
      assert.is(error.exitCode, 5)
      assert.is(error.paths.length, 1)
      assert.equal(error.waits, [])
    },
  )
}

passing('a status of failure may come without a body', async () => {
  assert.match((await refused([answer(500, '\n')])).message, /status 500$/)
})

passing('the last failure is the one that is told', async () => {
  assert.match(
    (await refused([answer(502, ''), answer(503, ''), answer(504, ''), down])).message,
    /503: Database connection failure/,
  )
})

passing('the waits are spread', async () => {
  assert.equal((await refused([down], { random: () => 0 })).waits, [500, 1000, 2000])
  const most = (await refused([down], { random: () => 0.999 })).waits
  assert.ok(
    most.every((wait, index) => wait > 1400 * 2 ** index && wait < 1500 * 2 ** index),
    String(most),
  )
})

passing('no back-off is longer than --max-wait', async () => {
  assert.equal((await refused([down], { maxWaitMs: 3000 })).waits, [1000, 2000, 3000])
  assert.equal((await refused([down], { maxWaitMs: 0 })).waits, [0, 0, 0])
})

for (const [what, body] of [
  ['nothing', ''],
  ['a line break', '\n'],
  ['two, as v6 and v7 print', '\n\n'],
] as const) {
  passing(`200 with ${what}: asked again`, async () => {
    assert.equal((await ask([answer(200, body), ok])).value, { value: { ok: true }, date: undefined })
    const error = await refused([answer(200, body)])
    assert.instance(error, CutShort)
    assert.is(error.exitCode, 5)
    assert.is(error.paths.length, 4)
  })
}

passing('JSON that was cut, then whole', async () => {
  let reads = 0
  const read = (body: Buffer) => (reads++ < 2 ? cut() : body.toString('utf8'))
  const { value, waits } = await ask([ok], { read })
  assert.equal(value, { value: '{"ok":true}\n', date: undefined })
  assert.equal(waits, [1000, 2000])
})

passing('JSON that is always cut', async () => {
  const error = await refused([ok], { read: cut })
  assert.instance(error, CutShort)
  assert.match(error.message, /not whole/)
  assert.is(error.paths.length, 4)
})

passing('a failure to read that is no CutShort is not asked again', async () => {
  const error = await refused([ok], {
    read: () => {
      throw new EndpointMissing('JSON that is not a page of events', '')
    },
  })
  assert.instance(error, EndpointMissing)
  assert.is(error.paths.length, 1)
})

passing('cf cut short, then an answer', async () => {
  const { value, reasonsAsked } = await ask([new CutShort('unexpected EOF', 'again'), ok])
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.is(reasonsAsked, 0)
})

for (const error of [
  new TimedOut('no answer within 300 s', ''),
  new UnrecognizedOutput('cf failed: x', ''),
  new CfUnusable('not logged in', ''),
  new Forbidden('no', ''),
  new Interrupted('SIGTERM'),
  new Failed('dial tcp', ''),
  new TypeError('a bug'),
]) {
  passing(`${error.constructor.name} is not asked again`, async () => {
    const thrown = await refused([error, ok])
    assert.is(thrown as Error, error)
    assert.is(thrown.paths.length, 1)
    assert.equal(thrown.waits, [])
  })
}
passing.run()

// --- Silence ----------------------------------------------------------------------------------------------------

const silence = suite('silence of cf')

silence('then an answer, and nothing is found wrong', async () => {
  const { value, waits, reasonsAsked } = await ask([silent, ok])
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.equal(waits, [1000])
  assert.is(reasonsAsked, 1)
})

silence('an expired session is told at once', async () => {
  const reason = new CfUnusable('Your session has expired.', 'Run cf login.')
  const error = await refused([silent, ok], { reason })
  assert.is(error as Error, reason)
  assert.is(error.paths.length, 1)
  assert.equal(error.waits, [])
})

silence('an org that is gone, too', async () => {
  const reason = new Forbidden('No org named x is visible to you.', '')
  assert.is((await refused([silent, ok], { reason })) as Error, reason)
})

silence('a dead network may come back', async () => {
  const reason = new Failed('Cloud Foundry could not be reached: dial tcp', 'Check the network.')
  const { value, waits } = await ask([silent, silent, ok], { reason })
  assert.equal(value, { value: { ok: true }, date: undefined })
  assert.equal(waits, [1000, 2000])
})

silence('a network that stays dead is the reason that is told', async () => {
  const reason = new Failed('Cloud Foundry could not be reached: dial tcp', 'Check the network.')
  const error = await refused([silent], { reason })
  assert.is(error as Error, reason)
  assert.is(error.paths.length, 4)
})

silence('without a reason it stays silence: exit code 5', async () => {
  const error = await refused([silent])
  assert.instance(error, EmptyOutput)
  assert.is(error.exitCode, 5)
  assert.is(error.paths.length, 4)
})

silence('rejections of the stubs are seen at all', async () => {
  const broken = createClient({
    curl: () => Promise.reject(silent),
    diagnoseEmptyOutput: () => Promise.reject(new TimedOut('cf org gave no answer', '')),
    wait: async () => {},
    now: () => now,
    maxWaitMs: 1,
    note: () => {},
    random: () => 0,
  })
  await rejects(
    broken('/x', () => 1),
    TimedOut,
  )
})
silence.run()
