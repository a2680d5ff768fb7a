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

/** A scene of so many pages. */
async function withPages(
  pages: number,
  options: { foundation?: FoundationOptions; cf?: InstallOptions },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const foundation: FoundationOptions = {
    maxPerPage: { v2: perPage, v3: perPage },
    // Time that takes none to pass, but keeps calls apart from each other.
    latencyMs: 10,
    events: events(pages),
    ...options.foundation,
  }
  await withScene({ events: 0, foundation, ...(options.cf && { cf: options.cf }) }, use)
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
async function exportOnce(scene: Scene, { expiresIn, beside }: Row, cf: InstallOptions) {
  logIn(scene, expiresIn)
  rmSync(scene.cf.log, { force: true })
  complete(await routes(scene, 'v3'), scene)
  if (cf.bin === undefined) {
    const calls = callsOf(scene.cf)
    const together = widest(calls)
    assert.ok(together <= 4)
    if (beside !== undefined) assert.is(together > 1, beside, beside ? 'never side by side' : 'side by side')
    // The login file says when the token expires.
    assert.is(countOf(calls, 'oauth-token'), 0)
  }
  await stillLoggedIn(scene)
}

for (const [transport, cf] of transports) {
  for (const row of rows) {
    rotating(`${row.name}, ${transport}`, async () => {
      const foundation = { rotateRefreshTokens: true }
      await Promise.all(
        exports.map(([pages = 0, ...more]) =>
          withPages(pages, { foundation, cf }, async scene => {
            scene.foundation.uaa.lifetime = row.lifetime ?? 1200
            for (const _ of [pages, ...more]) await exportOnce(scene, row, cf)
          }),
        ),
      )
    })
  }
}

rotating('a session that nears its end during an export: side by side before, alone after', async () => {
  // So many that they are not all read while one of them is waited for.
  await withPages(60, { foundation: { rotateRefreshTokens: true } }, async scene => {
    logIn(scene, 98)
    const [, payload = ''] = JSON.parse(readFileSync(scene.cf.config, 'utf8')).AccessToken.split('.')
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const alone = (exp - 90) * 1000
    // One page comes when that moment has passed: everything that starts after it has to go alone.
    const { clock, faults } = scene.foundation
    let pages = 0
    const eighth = ({ raw }: { raw: string }) => raw.startsWith('/v3/audit_events?') && ++pages === 8
    faults.add({ on: eighth, answer: { delayMs: alone + 300 - clock.now() } })
    complete(await routes(scene, 'v3'), scene)

    const calls = callsOf(scene.cf)
    const after = calls.filter(({ start }) => start >= alone)
    assert.ok(widest(calls.filter(({ start }) => start < alone)) > 1, 'never side by side')
    assert.ok(after.length > 2, 'the export was over before')
    assert.is(widest(after), 1, 'side by side near the end')
    await stillLoggedIn(scene)
  })
})

rotating.run()

const counted = suite('the calls that an export makes')

counted('the version of a cf that is a script, once and first', () =>
  withPages(7, {}, async scene => {
    for (let times = 0; times < 2; times++) {
      rmSync(scene.cf.log, { force: true })
      complete(await routes(scene, 'v3'), scene)
      const calls = callsOf(scene.cf)
      assert.is(countOf(calls, 'version'), 1)
      const [first] = calls.toSorted((one, other) => one.start - other.start)
      assert.equal(first?.argv, ['version'])
      assert.ok(calls.every(call => call === first || call.start >= first!.end))
    }
  }),
)

for (const most of [1, 2, 3, 4]) {
  counted(`--concurrency ${most} is the most`, () =>
    withPages(8, {}, async scene => {
      complete(await routes(scene, 'v3', '--concurrency', String(most)), scene)
      const calls = callsOf(scene.cf)
      assert.is(widest(calls), most)
      assert.is(countOf(calls, 'oauth-token'), 0)
    }),
  )
}

for (const api of ['v2', 'v3'] as const) {
  for (const [version, beside] of [
    ['6.53.0', false],
    ['7.8.0', false],
    ['8.7.10', false],
    ['8.7.11', true],
    ['8.16.0', true],
    ['8.19.0', true],
  ] as const) {
    counted(`${version}, ${api}: ${beside ? 'side by side' : 'one at a time'}`, () =>
      withPages(7, { cf: { version } }, async scene => {
        complete(await routes(scene, api), scene, api)
        const calls = callsOf(scene.cf)
        assert.is(widest(calls) > 1, beside)
        assert.is(countOf(calls, 'oauth-token'), 0)
      }),
    )
  }
}

counted.run()
