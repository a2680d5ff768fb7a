import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import type { FoundationOptions } from '../../foundation/foundation.ts'
import type { InstalledCf, InstallOptions } from '../../foundation/install-cf.ts'
import { runCf } from '../../foundation/run-cf.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { realCf, type Scene, withScene } from '../../scene.ts'

const orgGuid = sampleFoundation({ events: 0 }).org.guid
const perPage = 5

/** So many pages of events, the last one not full. */
const events = (pages: number) =>
  Array.from({ length: pages * perPage - 2 }, (_, index) =>
    event({
      orgGuid,
      type: 'audit.route.create',
      timestamp: new Date(Date.UTC(2026, 6, 1) + index * 1000).toISOString(),
    }),
  )

/** How long the third page takes: what comes meanwhile comes beside it. */
const slowMs = 500
const thirdPage = /[?&]page=3&/

/** A listing that was asked for, and when. */
interface Arrival {
  readonly path: string
  readonly time: number
}

/** A scene of so many pages, and what was asked for. */
async function withPages(
  pages: number,
  options: { foundation?: FoundationOptions; cf?: InstallOptions },
  use: (scene: Scene, arrivals: Arrival[]) => Promise<void>,
): Promise<void> {
  const arrivals: Arrival[] = []
  let now = Date.now
  const watch = ({ raw }: { raw: string }) => {
    if (/\/(audit_)?events\?/.test(raw)) arrivals.push({ path: raw, time: now() })
    return false
  }
  const foundation: FoundationOptions = {
    maxPerPage: { v2: perPage, v3: perPage },
    // Time that takes none to pass, but keeps calls apart from each other.
    latencyMs: 10,
    events: events(pages),
    faults: [
      { on: watch, answer: 'hang' },
      { on: thirdPage, times: Number.POSITIVE_INFINITY, answer: { delayMs: slowMs } },
    ],
    ...options.foundation,
  }
  await withScene({ events: 0, foundation, ...(options.cf && { cf: options.cf }) }, scene => {
    now = scene.foundation.clock.now
    return use(scene, arrivals)
  })
}

/** Whether a later page was asked for before the third one can have been answered. */
function sideBySide(arrivals: readonly Arrival[]): boolean {
  const third = arrivals.find(({ path }) => thirdPage.test(path))
  assert.ok(third, 'there is no third page')
  const isLater = (path: string) => Number(/[?&]page=(\d+)/.exec(path)?.[1]) > 3
  return arrivals.some(({ path, time }) => isLater(path) && time < third.time + slowMs - 20)
}

/** A call as the stand-in writes it down; milliseconds since 1970. */
interface Call {
  readonly argv: readonly string[]
  readonly start: number
  readonly end: number
}

const callsOf = ({ log }: InstalledCf): Call[] =>
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line))
    : []

/** What a call was, without the path that it asked for. */
const nameOf = ({ argv }: Call) => argv.map(word => word.replace(/\?.*/, '')).join(' ')
const countOf = (calls: readonly Call[], command: string) =>
  calls.filter(({ argv }) => argv[0] === command).length

/** How many calls were at work at the same time. */
const widest = (calls: readonly Call[]) =>
  Math.max(
    0,
    ...calls.map(one => calls.filter(({ start, end }) => start <= one.start && one.start < end).length),
  )

function complete(result: Run, { foundation }: Scene, api: 'v2' | 'v3' = 'v3'): void {
  assert.is(result.code, 0, result.stderr)
  const read = result.stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
    .map(record => (api === 'v2' ? record.metadata.guid : record.guid))
  assert.equal(
    read.toSorted(),
    foundation.state.events
      .all()
      .map(({ guid }) => guid)
      .sort(),
  )
  for (const text of [result.stdout, result.stderr]) {
    assert.not.match(text, /eyJ[\w-]{8}/, 'a token was printed')
    assert.not.match(text, /\b[0-9a-f]{32}-r\b/, 'a refresh token was printed')
    assert.not.match(text, /bearer/i)
  }
}

const routes = ({ cf }: Scene, api: 'v2' | 'v3', ...args: string[]) =>
  run(cf, ['routes', 'demo-org', '-f', 'ndjson', '--verbose', '--api', api, ...args])

function rewrite({ cf }: Scene, change: Record<string, string>): void {
  const config = JSON.parse(readFileSync(cf.config, 'utf8'))
  writeFileSync(cf.config, JSON.stringify({ ...config, ...change }, null, 2), { mode: 0o600 })
}

/** Logs in anew, with an access token that has so many seconds left. */
function logIn(scene: Scene, expiresIn: number): void {
  const { accessToken, refreshToken } = scene.foundation.login('auditor@example.gov', { expiresIn })
  rewrite(scene, { AccessToken: `bearer ${accessToken}`, RefreshToken: refreshToken })
}

/** A further call works although it has to renew the token: what `cf` has kept is good. */
async function stillLoggedIn(scene: Scene): Promise<void> {
  const { accessToken } = scene.foundation.login('auditor@example.gov', { expiresIn: -10 })
  rewrite(scene, { AccessToken: `bearer ${accessToken}` })
  const { code, stdout, stderr } = await runCf(scene.cf, ['org', 'demo-org', '--guid'])
  assert.is(code, 0, `no longer logged in: ${stdout} ${stderr}`)
  assert.is(stdout.trim(), orgGuid)
}

/** One way in which a session nears its end. */
interface Row {
  readonly name: string
  readonly expiresIn: number
  /** Seconds that a renewed token lives; 1200 unless said. */
  readonly lifetime?: number
  /** Whether pages are read side by side; undefined where that depends on the moment. */
  readonly beside: boolean | undefined
}

const rows: readonly Row[] = [
  { name: 'a fresh token', expiresIn: 1200, beside: true },
  { name: 'a token that has expired: the first call renews it', expiresIn: -10, beside: true },
  { name: '30 s left: the first call renews it', expiresIn: 30, beside: true },
  { name: '105 s left: side by side, for the moment', expiresIn: 105, beside: true },
  { name: '89 s left: alone', expiresIn: 89, beside: false },
  { name: '61 s left: one of the calls renews it', expiresIn: 61, beside: undefined },
  { name: 'every token lives 61 s: alone', expiresIn: 61, lifetime: 61, beside: false },
  { name: 'every token lives 30 s: each call renews it, alone', expiresIn: 30, lifetime: 30, beside: false },
]

/** The pages of each export of a row: a long one, and shorter ones beside it with a `cf` of their own. */
const exports = [[21], [6, 6, 6], [6, 6, 6]]

const rotating = suite('a user whose refresh tokens are used once')

const transports: readonly (readonly [name: string, cf: InstallOptions])[] = [
  ['8.18.4', { version: '8.18.4' }],
  ...(realCf === undefined ? [] : [[`the real ${realCf}`, { bin: realCf }] as const]),
]

rotating('fifty exports and more', () => {
  assert.ok(rows.length * exports.flat().length >= 50)
})

/** One export, and whether it did what it should to the session. */
async function exportOnce(
  scene: Scene,
  arrivals: Arrival[],
  { expiresIn, lifetime, beside }: Row,
  cf: InstallOptions,
) {
  logIn(scene, expiresIn)
  arrivals.length = 0
  rmSync(scene.cf.log, { force: true })
  complete(await routes(scene, 'v3'), scene)
  const together = sideBySide(arrivals)
  if (beside !== undefined) assert.is(together, beside, beside ? 'never side by side' : 'side by side')
  if (cf.bin === undefined) {
    const calls = callsOf(scene.cf)
    assert.ok(together ? widest(calls) > 1 && widest(calls) <= 4 : widest(calls) === 1)
    // Where every token is about to expire, it is looked at before each page.
    if (lifetime === undefined) assert.is(countOf(calls, 'oauth-token'), 1)
  }
  await stillLoggedIn(scene)
}

for (const [transport, cf] of transports) {
  for (const row of rows) {
    rotating(`${row.name}, ${transport}`, async () => {
      const foundation = { rotateRefreshTokens: true }
      await Promise.all(
        exports.map(([pages = 0, ...more]) =>
          withPages(pages, { foundation, cf }, async (scene, arrivals) => {
            scene.foundation.uaa.lifetime = row.lifetime ?? 1200
            for (const _ of [pages, ...more]) await exportOnce(scene, arrivals, row, cf)
          }),
        ),
      )
    })
  }
}

rotating('a session that nears its end during an export: side by side before, alone after', async () => {
  await withPages(16, { foundation: { rotateRefreshTokens: true } }, async scene => {
    // Without this the version of cf would have to be asked first.
    complete(await routes(scene, 'v3'), scene)
    rmSync(scene.cf.log)
    logIn(scene, 98)
    const [, payload = ''] = JSON.parse(readFileSync(scene.cf.config, 'utf8')).AccessToken.split('.')
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const alone = (exp - 90) * 1000
    // One of the first pages comes when that moment has passed: everything after it has to go alone.
    const delayMs = alone + 300 - scene.foundation.clock.now()
    scene.foundation.faults.add({ on: /page=4&per_page=5$/, answer: { delayMs } })
    complete(await routes(scene, 'v3'), scene)

    const calls = callsOf(scene.cf)
    const after = calls.filter(({ start }) => start >= alone)
    assert.ok(widest(calls.filter(({ start }) => start < alone)) > 1, 'never side by side')
    assert.ok(after.length > 6, 'the export was over before')
    assert.is(widest(after), 1, 'side by side near the end')
    await stillLoggedIn(scene)
  })
})

rotating.run()

const counted = suite('the calls that an export makes')

counted('one page: the org and the page', () =>
  withPages(1, {}, async scene => {
    complete(await routes(scene, 'v3'), scene)
    // The version of cf is asked once, and remembered.
    assert.is(countOf(callsOf(scene.cf), 'version'), 1)
    rmSync(scene.cf.log)
    complete(await routes(scene, 'v3', '--concurrency', '4'), scene)
    // The foundation's pages are smaller than those that are asked for first.
    const ours = callsOf(scene.cf).map(nameOf)
    assert.equal(ours, ['org demo-org --guid', 'curl /v3/audit_events -i', 'curl /v3/audit_events -i'])
  }),
)

for (const api of ['v2', 'v3', 'auto']) {
  counted(`one page of the usual size, ${api}: one process for the org, one for the page`, () =>
    withPages(1, { foundation: { maxPerPage: {} } }, async scene => {
      await run(scene.cf, ['routes', 'demo-org', '--api', api])
      rmSync(scene.cf.log)
      const { code } = await run(scene.cf, ['routes', 'demo-org', '--api', api])
      assert.is(code, 0)
      const path = api === 'v2' ? '/v2/events' : '/v3/audit_events'
      assert.equal(callsOf(scene.cf).map(nameOf), ['org demo-org --guid', `curl ${path} -i`])

      rmSync(scene.cf.log)
      assert.is((await run(scene.cf, ['routes', '--api', api])).code, 0)
      assert.equal(callsOf(scene.cf).map(nameOf), ['target', 'org demo-org --guid', `curl ${path} -i`])

      await run(scene.cf, ['events', '--api', api])
      rmSync(scene.cf.log)
      assert.is((await run(scene.cf, ['events', '--api', api])).code, 0)
      assert.equal(callsOf(scene.cf).map(nameOf), [`curl ${path} -i`])
    }),
  )
}

for (const [pages, tokens] of [
  [2, 0],
  [5, 0],
  [6, 1],
  [21, 1],
] as const) {
  counted(`${pages} pages: the token is looked at ${tokens === 0 ? 'never' : 'once'}`, () =>
    withPages(pages, {}, async scene => {
      complete(await routes(scene, 'v3'), scene)
      const calls = callsOf(scene.cf)
      assert.is(countOf(calls, 'oauth-token'), tokens)
      assert.is(widest(calls) > 1, tokens > 0)
      // The size that is too large, the pages, and one look at the end.
      const asked = calls.filter(call => nameOf(call) === 'curl /v3/audit_events -i')
      assert.is(asked.length, 1 + pages + 1)
    }),
  )
}

for (const most of [1, 2, 3, 4]) {
  counted(`--concurrency ${most} is the most`, () =>
    withPages(8, {}, async scene => {
      complete(await routes(scene, 'v3', '--concurrency', String(most)), scene)
      const calls = callsOf(scene.cf)
      assert.ok(widest(calls) <= most)
      assert.is(widest(calls) > 1, most > 1)
      assert.is(countOf(calls, 'oauth-token'), most > 1 ? 1 : 0)
    }),
  )
}

for (const [version, beside] of [
  ['6.53.0', false],
  ['7.8.0', false],
  ['8.7.10', false],
  ['8.7.11', true],
  ['8.16.0', true],
  ['8.19.0', true],
] as const) {
  counted(`${version}: ${beside ? 'side by side' : 'one at a time, and the token is never looked at'}`, () =>
    withPages(7, { cf: { version } }, async (scene, arrivals) => {
      complete(await routes(scene, 'v3'), scene)
      const calls = callsOf(scene.cf)
      assert.is(widest(calls) > 1, beside)
      assert.is(sideBySide(arrivals), beside)
      assert.is(countOf(calls, 'oauth-token'), beside ? 1 : 0)
    }),
  )
}

counted('v2 pages are read side by side as well', () =>
  withPages(7, {}, async (scene, arrivals) => {
    complete(await routes(scene, 'v2'), scene, 'v2')
    assert.ok(sideBySide(arrivals))
    assert.ok(widest(callsOf(scene.cf)) > 1)
  }),
)

counted.run()
