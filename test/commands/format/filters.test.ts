import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { v3Resource } from '../../foundation/serialise.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { type Run, run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const filters = suite<{ scene: Scene }>('which of the saved events are printed')

filters.before(async context => {
  context.scene = await openScene({ events: 0 })
})
filters.after(({ scene }) => scene.close())

const db = '64620000-0000-4000-8000-000000000000'
const happened = (hour: number, type: string, actee: string, parts: Partial<StoredEvent> = {}) =>
  event({
    type: `audit.${type}`,
    actee,
    acteeType: type.slice(0, type.indexOf('.')),
    acteeName: '',
    timestamp: `2026-11-02T${String(hour).padStart(2, '0')}:00:00Z`,
    ...parts,
  })
const events = [
  happened(1, 'service_instance.create', db, { acteeName: 'db' }),
  happened(2, 'service_key.create', 'k', { metadata: { request: { service_instance_guid: db } } }),
  happened(3, 'route.create', 'r', { acteeName: 'www', actor: 'sandbox-bot', actorName: '' }),
  happened(4, 'service_key.delete', 'k', { metadata: { request: {} } }),
  happened(5, 'app.update', 'a', { acteeName: 'my-app' }),
]
const resources = events.map(event => v3Resource(event, 'https://api.example.gov'))
const counted = JSON.stringify({ pagination: { total_results: events.length }, resources })
const uncounted = JSON.stringify(resources)

const format = ({ scene }: { scene: Scene }, stdin: string, ...args: string[]) =>
  run(scene.cf, ['format', ...args], { stdin, env: { PATH: '/nonexistent' } })
/** Which of the events are in ndjson, by number. */
const numbersIn = ({ stdout }: Run) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map(line => events.findIndex(({ guid }) => guid === JSON.parse(line).guid) + 1)

const chosen: readonly (readonly [args: readonly string[], numbers: readonly number[], says: RegExp])[] = [
  [['--about', 'db'], [1, 2, 4], /^3 events .*\bdb\b.*\b5 events\b/m],
  [['--about', db.toUpperCase()], [1, 2, 4], /^3 events .*\b5 events\b/m],
  [['--about', 'db', '--about', 'www'], [1, 2, 3, 4], /^4 events .*\bdb\b.*\bwww\b.*\b5 events\b/m],
  [['--about', 'dbb'], [], /^Warning: .*\bdbb\b/m],
  [['--about', 'db', '--limit', '2'], [1, 2], /./],
  [['--about', 'db', '--actor', 'actor-guid'], [1, 2, 4], /^3 events .*actor-guid.*\b3 events\b/m],
  [['--actor', 'SANDBOX-BOT'], [3], /^1 event .*SANDBOX-BOT.*\b5 events\b/m],
  [['--target', 'WWW'], [3], /^1 event .*WWW.*\b5 events\b/m],
  [['--type', 'audit.service_key.*'], [2, 4], /^2 events\b.*\b3 of other types/m],
  [['--since', '2026-11-02T03:00:00Z'], [3, 4, 5], /^3 events\b.*\b2 of other times/m],
  [['--until', '2026-11-02T03:00:00Z'], [1, 2], /^2 events\b.*\b3 of other times/m],
  // In Kiritimati it is the third of November from 10:00 UTC on.
  [['--until', '2026-11-02', '--tz', 'Pacific/Kiritimati'], [1, 2, 3, 4, 5], /^5 events\b/m],
  [['--since', '2026-11-03', '--tz', 'Pacific/Kiritimati'], [], /^0 events\b.*\b5 of other times/m],
  [['--limit', '2'], [1, 2], /./],
]
for (const [args, numbers, says] of chosen) {
  filters(args.join(' '), async context => {
    const result = await format(context, counted, 'events', '-f', 'ndjson', ...args)
    assert.is(result.code, 0, result.stderr)
    assert.equal(numbersIn(result), numbers)
    assert.match(result.stderr, says)
  })
}

filters('times in the zone that --tz names', async context => {
  const { stdout } = await format(
    context,
    counted,
    'routes',
    '-f',
    'csv',
    '--no-header',
    '--tz',
    'Europe/Berlin',
    '--columns',
    'time',
  )
  assert.is(stdout, '2026-11-02T04:00:00+01:00\n')
})

filters('--strict: events that nothing counts end with 6, and are printed', async context => {
  const args = ['events', '-f', 'ndjson']
  for (const [stdin, code, error] of [
    [counted, 0, undefined],
    [uncounted, 6, 'Incomplete'],
    [counted + uncounted, 6, 'Incomplete'],
  ] as const) {
    const strict = await format(context, stdin, ...args, '--strict')
    assert.is(strict.code, code, strict.stderr)
    assert.is(strict.error, error)
    assert.equal(numbersIn(strict), [1, 2, 3, 4, 5])
    const result = await format(context, stdin, ...args)
    assert.is(result.code, 0)
    assert.is(/^Warning: .*total_results/m.test(result.stderr), code === 6)
  }
})

filters('--strict and --limit exclude each other', async context => {
  const { code, error, stdout, stderr } = await format(context, counted, 'routes', '--strict', '--limit', '1')
  assert.is(code, 2)
  assert.is(error, 'UsageError')
  assert.is(stdout, '')
  assert.match(stderr, /--strict.*--limit/)
})

filters.run()
