import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { run } from '../../run.ts'
import { type SceneOptions, withScene } from '../../scene.ts'

const guidOf = (number: number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`
const orgs = Array.from({ length: 300 }, (_, number) => ({ guid: guidOf(number), name: `org-${number}` }))
const spaces = orgs.map(({ guid }, number) => ({ guid: guidOf(1000 + number), name: 'dev', orgGuid: guid }))
/** Some events of each org, all orgs in turn. */
const events = Array.from({ length: 900 }, (_, number) =>
  event({
    type: 'audit.user.space_developer_add',
    orgGuid: guidOf(number % 300),
    spaceGuid: guidOf(1000 + (number % 300)),
    timestamp: new Date(Date.now() - (900 - number) * 60_000).toISOString(),
  }),
)
const guids = events.map(({ guid }) => guid)
const named = orgs.flatMap(({ guid }) => ['--org', guid])
const foundation: SceneOptions['foundation'] = { events, orgs, spaces, maxPerPage: { v3: 100 } }
const scene: SceneOptions = { events: 0, user: 'admin@example.gov', foundation }

const many = suite('hundreds of orgs')

for (const api of ['v3', 'v2']) {
  for (const concurrency of ['1', '4']) {
    many(`${api}, ${concurrency} at a time: every event once, in order, proven`, () =>
      withScene(scene, async ({ cf, foundation }) => {
        const read = async (...args: string[]) => {
          const line = ['events', ...named, '--api', api, '--concurrency', concurrency, ...args]
          const { code, stdout, stderr } = await run(cf, line)
          assert.is(code, 0, stderr)
          assert.ok(stderr.length < 2000, stderr)
          return { rows: stdout.trimEnd().split('\n').slice(1), stderr }
        }
        const whole = await read('-f', 'csv', '--columns', 'event_guid', '--since', '20d', '--strict')
        assert.equal(whole.rows, guids)
        assert.match(whole.stderr, /^✓ Complete: 900 events of 0+-.* and 295 more\b/m)
        const newest = await read('-f', 'csv', '--columns', 'event_guid', '--reverse', '--limit', '250')
        assert.equal(newest.rows, guids.toReversed().slice(0, 250))
        assert.match(newest.stderr, /^First 250 of 900 events\.$/m)
        const { stdout } = await run(cf, ['events', ...named, '--api', api, '-f', 'ndjson'])
        assert.is(stdout.split('\n').length, 901)
        for (const { path, status } of foundation.requests) {
          assert.ok(path.length < 8100, path.slice(0, 80))
          assert.is.not(status, 414, path.slice(0, 200))
        }
      }),
    )
  }
}

many('their access changes, by target, with names and a history', () =>
  withScene(scene, async ({ cf, foundation }) => {
    const rows = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(cf, [...args, '-f', 'csv'])
      assert.is(code, 0, stderr)
      return stdout.trimEnd().split('\n').length - 1
    }
    assert.is(await rows('user-access', ...named, '--names'), 900)
    assert.is(await rows('events', ...named, '--about', 'my-app'), 900)
    assert.is(await rows('events', ...named, '--space', 'dev'), 900)
    const targets = orgs.flatMap(({ guid }) => ['--target', guid])
    assert.is(await rows('routes', '--all-orgs', ...targets), 0)
    for (const { path, status } of foundation.requests) assert.is.not(status, 414, path.slice(0, 200))
  }),
)

many('nothing at all is explained', () =>
  withScene({ ...scene, foundation: { ...foundation, events: [] } }, async ({ cf, foundation }) => {
    const { code, stderr } = await run(cf, ['events', ...named, '-f', 'csv'])
    assert.is(code, 0, stderr)
    for (const { path, status } of foundation.requests) assert.is.not(status, 414, path.slice(0, 200))
  }),
)

many('--explain prints a call for each part', () =>
  withScene(scene, async ({ cf }) => {
    const byName = orgs.flatMap(({ name }) => ['--org', name])
    for (const line of [named, byName]) {
      const { code, stdout } = await run(cf, ['events', ...line, '--explain'])
      assert.is(code, 0)
      assert.is(stdout.match(/^cf curl ['"]?\/v3\/audit_events/gm)?.length, 2)
    }
  }),
)
many.run()
