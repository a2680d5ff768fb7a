import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import { run } from '../../run.ts'
import { withScene } from '../../scene.ts'

const orgGuid = sampleFoundation({ events: 0 }).org.guid
const hour = 3600_000
/** One event an hour, oldest first. */
const events = Array.from({ length: 450 }, (_, index) =>
  event({ orgGuid, timestamp: new Date(Date.now() - (450 - index) * hour).toISOString() }),
)
const guids = events.map(({ guid }) => guid)

const limits = suite('--limit')

for (const [args, wanted, pages, says = /^First \d+ of 450 events\.$/m] of [
  [['--limit', '5'], guids.slice(0, 5), ['5']],
  [['--limit', '5', '--reverse'], guids.slice(-5).reverse(), ['5']],
  [['--limit', '120', '--reverse'], guids.slice(-120).reverse(), ['120', '100', '100']],
  // Those of an actor are found here: whole pages, one after the other.
  [
    ['--limit', '120', '--actor', events[0]!.actor],
    guids.slice(0, 120),
    ['5000', '100', '100'],
    /^First 120 events that match --actor actor-guid \(the oldest 199 of 450 events were checked\)\.$/m,
  ],
  [
    ['--limit', '120', '--reverse', '--target', 'my-app'],
    guids.slice(-120).reverse(),
    ['5000', '100', '100'],
    /^First 120 events that match --target my-app \(the newest 199 of 450 events were checked\)\.$/m,
  ],
  // Names are looked up for the rows that are printed alone.
  [['--limit', '5', '--names'], guids.slice(0, 5), ['5']],
  // A history is known when everything has been read.
  [
    ['--limit', '5', '--about', 'my-app'],
    guids.slice(0, 5),
    undefined,
    /^First 5 events about my-app \(all 450 events were checked\)\.$/m,
  ],
  [['--reverse'], guids.toReversed(), undefined],
] as const) {
  limits(`${args.join(' ')}: no more than is needed`, () =>
    withScene({ events: 0, foundation: { maxPerPage: { v3: 100 }, events } }, async ({ cf, foundation }) => {
      const { code, stdout, stderr } = await run(cf, ['events', '-f', 'ndjson', ...args])
      assert.is(code, 0, stderr)
      const read = stdout
        .split('\n')
        .slice(0, -1)
        .flatMap(line => JSON.parse(line).guid ?? [])
      assert.equal(read, wanted)
      assert.not.match(stderr, 'Complete')
      const asked = foundation.requests.filter(
        ({ path }) => /audit_events\?/.test(path) && !path.includes('target_guids='),
      )
      if (args[0] === '--limit') assert.match(stderr, says)
      if (pages === undefined) return
      assert.equal(
        asked.map(({ path }) => /per_page=(\d+)/.exec(path)?.[1]),
        pages,
      )
    }),
  )
}

for (const format of ['csv', 'table', 'ndjson', 'xlsx']) {
  limits(`the first rows of ${format} are never called complete, those of all are`, () =>
    withScene({ events: 0, foundation: { events } }, async ({ cf }) => {
      const line = (limit: string) => ['events', '-f', format, '-O', '-', '--limit', limit]
      const few = await run(cf, line('3'))
      assert.is(few.code, 0, few.stderr)
      assert.match(few.stderr, /\b3\b.*\b450\b.*\n$/)
      assert.not.match(few.stderr, /Complete|Partial|Unprovable/)
      const all = await run(cf, line('451'))
      assert.is(all.code, 0, all.stderr)
      assert.match(all.stderr, /Partial: 450 events/)
      if (format === 'csv') {
        const whole = await run(cf, ['events', '-f', 'csv'])
        assert.is(all.stdout, whole.stdout)
        assert.is(few.stdout, `${whole.stdout.split('\n').slice(0, 4).join('\n')}\n`)
      }
    }),
  )
}

limits('newest first is the same rows, in every format', () =>
  withScene({ events: 0, foundation: { maxPerPage: { v2: 50, v3: 50 }, events } }, async ({ cf }) => {
    for (const api of ['v2', 'v3']) {
      const rows = async (...args: string[]) => {
        const { code, stdout, stderr } = await run(cf, [
          'events',
          'demo-org',
          '-f',
          'csv',
          '--api',
          api,
          ...args,
        ])
        assert.is(code, 0, stderr)
        assert.match(stderr, /^✓ Complete: 450 events of demo-org\b/m)
        return stdout.trimEnd().split('\n').slice(1)
      }
      assert.equal(await rows('--reverse'), (await rows()).reverse())
    }
  }),
)

limits('an Org Manager learns of the roles, not of first rows', () =>
  withScene({ events: 0, foundation: { events }, user: 'manager@example.gov' }, async ({ cf }) => {
    const { code, error, stdout } = await run(cf, ['events', 'demo-org', '-f', 'csv', '--limit', '3'])
    assert.is(code, 4)
    assert.is(error, 'Forbidden')
    assert.is(stdout, '')
  }),
)

limits('an actor whose name could not be looked up may be behind the first rows: exit code 5', () =>
  withScene({ events: 0, foundation: { events } }, async ({ cf, foundation }) => {
    const body = '{"errors":[{"detail":"The UAA is unavailable","title":"CF-UaaUnavailable","code":20004}]}'
    const headers = { 'Content-Type': 'application/json' }
    foundation.faults.add({
      on: /\/v3\/users/,
      times: Number.POSITIVE_INFINITY,
      answer: { status: 503, headers, body },
    })
    const { code, stdout } = await run(cf, [
      'events',
      '-f',
      'csv',
      '--limit',
      '3',
      '--actor',
      events[0]!.actor,
      '--actor',
      'ann',
    ])
    assert.is(code, 5)
    assert.is(stdout, '')
  }),
)

limits.run()
