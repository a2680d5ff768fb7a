import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { type Run, run } from '../../run.ts'
import { type SceneOptions, withScene } from '../../scene.ts'

// What a sample's seed makes is the same in each of them.
const sample = sampleFoundation({ events: 1 })
const { org } = sample
const [dev] = sample.spaces.filter(space => space.orgGuid === org.guid)
const acme = sample.orgs.find(({ name }) => name === 'acme, inc')
if (dev === undefined || acme === undefined) throw new Error('The sample is another')

const guid = (number: number) => `68697374-0000-4000-8000-${String(number).padStart(12, '0')}`
const [db, other, binding, key, app] = [1, 2, 3, 4, 5].map(guid) as [string, string, string, string, string]
const data = (guid: string) => ({ data: { guid } })

let minutes = 0
const happened = (type: string, parts: Partial<StoredEvent>): StoredEvent =>
  event({
    type: `audit.${type}`,
    orgGuid: org.guid,
    spaceGuid: dev.guid,
    timestamp: new Date(Date.now() - (1000 - minutes++) * 60_000).toISOString(),
    ...parts,
  })
const ofInstance = (verb: string, actee: string, acteeName: string, parts: Partial<StoredEvent> = {}) =>
  happened(`service_instance.${verb}`, { actee, acteeType: 'service_instance', acteeName, ...parts })
const ofBinding = (verb: string, metadata: StoredEvent['metadata'], actee = binding) =>
  happened(`service_binding.${verb}`, { actee, acteeType: 'service_binding', acteeName: '', metadata })
const ofKey = (verb: string, metadata: StoredEvent['metadata']) =>
  happened(`service_key.${verb}`, { actee: key, acteeType: 'service_key', acteeName: 'k', metadata })

/** What happened to an instance, some of which names nothing but itself. */
const history = [
  ofInstance('create', db, 'db'),
  ofBinding('create', { request: { relationships: { app: data(app), service_instance: data(db) } } }),
  ofBinding('update', { request: { metadata: { labels: { a: 'b' } } } }),
  ofKey('create', { request: { service_instance_guid: db, name: 'k' } }),
  ofKey('delete', { request: {} }),
  ofBinding('delete', { request: { app_guid: app, service_instance_guid: db } }),
  ofInstance('delete', db, 'db'),
]
const others = [
  ofInstance('create', other, 'other'),
  ofBinding('create', { request: { relationships: { service_instance: data(other) } } }, guid(6)),
  ofBinding('update', { request: {} }, guid(6)),
  happened('app.update', { actee: app, acteeName: 'my-app' }),
]

const scene = (events: readonly StoredEvent[], more: SceneOptions = {}): SceneOptions => ({
  ...more,
  foundation: { ...more.foundation, events },
})
const guidsOf = (events: readonly StoredEvent[]) => events.map(({ guid }) => guid)
const guidsIn = ({ code, stdout, stderr }: Run) => {
  assert.is(code, 0, stderr)
  return stdout.trimEnd().split('\n').slice(1)
}
const line = (org: string, ...about: string[]) => [
  'events',
  org,
  '-f',
  'csv',
  '--columns',
  'event_guid',
  ...about.flatMap(word => ['--about', word]),
]

const about = suite('--about')

for (const api of ['v2', 'v3']) {
  about(`an instance with its bindings and keys, by name and GUID, ${api}`, () =>
    withScene(scene([...history, ...others]), async ({ cf }) => {
      for (const word of ['db', 'DB', db, db.toUpperCase()]) {
        const result = await run(cf, [...line('demo-org', word), '--api', api])
        assert.equal(guidsIn(result), guidsOf(history), word)
        // How many of how many; the last line speaks of all that were read.
        assert.match(result.stderr, new RegExp(`^7 events .*\\b${word}\\b.*\\b11 events\\b`, 'm'))
        assert.match(result.stderr, /^✓ Complete: 11 events of demo-org\b.*\n$/m)
        assert.not.match(result.stderr, 'Warning')
      }
    }),
  )
}

about('an app, a space and a user: every event that names it in a GUID column', () =>
  withScene(scene([...history, ...others]), async ({ cf }) => {
    const ofApp = [...history, ...others].filter(
      ({ actee, metadata }) => actee === app || JSON.stringify(metadata).includes(app),
    )
    // Of a binding of the app the update is part of the history, though it names nothing.
    const withUpdate = guidsOf([...ofApp, history[2]!]).sort()
    assert.equal(guidsIn(await run(cf, line('demo-org', 'my-app'))).sort(), withUpdate)
    assert.is(guidsIn(await run(cf, line('demo-org', dev.guid))).length, 11)
    assert.is(guidsIn(await run(cf, [...line('demo-org', 'user@example.gov'), '--api', 'v2'])).length, 11)
  }),
)

about('several words: any of them', () =>
  withScene(scene([...history, ...others]), async ({ cf }) => {
    const result = await run(cf, line('demo-org', 'db', 'other'))
    assert.equal(guidsIn(result), guidsOf([...history, ...others.slice(0, 3)]))
    assert.not.match(result.stderr, 'Warning')
  }),
)

about('a name that fits several things takes all of them, and they are listed', () =>
  withScene(
    scene([...history, happened('app.create', { actee: app, acteeName: 'db' }), others[0]!]),
    async ({ cf }) => {
      const result = await run(cf, line('demo-org', 'db'))
      assert.is(guidsIn(result).length, 8)
      const warning = result.stderr.split('\n').find(line => line.startsWith('Warning: '))
      assert.match(warning ?? '', new RegExp(`service instance ${db}\\b.*\\bapp ${app}\\b`))
      assert.match(result.stderr, /^8 events .*\bdb\b.*\b9 events\b/m)
    },
  ),
)

about('a thing of the same name in another org is of no report of this one', async () => {
  const there = { guid: guid(7), name: 'there', orgGuid: acme.guid }
  const instance = { name: 'db', type: 'managed' } as const
  const foundation = {
    spaces: [...sample.spaces, there],
    serviceInstances: [
      { ...instance, guid: db, spaceGuid: dev.guid },
      { ...instance, guid: guid(8), spaceGuid: there.guid },
    ],
  }
  const elsewhere = ofInstance('update', guid(8), 'db', { orgGuid: acme.guid, spaceGuid: there.guid })
  await withScene(
    scene([...history, elsewhere, ...others], { user: 'admin@example.gov', foundation }),
    async ({ cf }) => {
      const one = await run(cf, line('demo-org', 'db'))
      assert.equal(guidsIn(one), guidsOf(history))
      assert.not.match(one.stderr, guid(8))
      assert.not.match(one.stderr, 'Warning')
      const all = await run(cf, line('--all-orgs', 'db'))
      assert.equal(guidsIn(all).sort(), guidsOf([...history, elsewhere]).sort())
      assert.match(all.stderr, new RegExp(`Warning: .*${db}.*${guid(8)}`))
    },
  )
})

about('a name that only a list holds', () =>
  withScene(
    scene([happened('app.stop', { actee: app, acteeName: 'old-name' }), ...others.slice(0, 2)], {
      user: 'admin@example.gov',
      foundation: { apps: [{ guid: app, name: 'new-name', spaceGuid: dev.guid, state: 'STOPPED' }] },
    }),
    async ({ cf }) => {
      for (const name of ['new-name', 'old-name'])
        assert.is(guidsIn(await run(cf, line('demo-org', name))).length, 1, name)
    },
  ),
)

about('a word that looks like a GUID may be the name of a user', () => {
  const robot = { guid: guid(9), username: guid(10), email: '', origin: 'uaa', scopes: [] }
  const role = { guid: guid(11), type: 'organization_user' as const, userGuid: robot.guid, spaceGuid: null }
  return withScene(
    scene([ofInstance('update', other, 'other', { actor: robot.guid }), ...others], {
      foundation: {
        users: [...sample.users, robot],
        roles: [...sample.roles, { ...role, orgGuid: org.guid }],
      },
    }),
    async ({ cf }) => assert.is(guidsIn(await run(cf, line('demo-org', guid(10)))).length, 1),
  )
})

about('lists that cannot be read leave the names in events', () =>
  withScene(
    scene([...history, ...others], {
      foundation: {
        faults: [
          {
            on: /\/v3\/(apps|service_instances|spaces|routes|users)\?/,
            times: Number.POSITIVE_INFINITY,
            answer: { status: 403, body: '{}' },
          },
        ],
      },
    }),
    async ({ cf }) => assert.equal(guidsIn(await run(cf, line('demo-org', 'db'))), guidsOf(history)),
  ),
)

about('with an actor: both hold', () => {
  const theirs = [...history, ...others].map((event, index) =>
    index % 2 === 0 ? { ...event, actor: 'sandbox-bot', actorName: '' } : event,
  )
  return withScene(scene(theirs), async ({ cf }) => {
    const result = await run(cf, [...line('demo-org', 'db'), '--actor', 'sandbox-bot'])
    assert.equal(guidsIn(result), guidsOf(history.filter((_, index) => index % 2 === 0)))
    assert.match(result.stderr, /^7 events .*\bdb\b.*\b11 events\b/m)
    assert.match(result.stderr, /^4 events .*sandbox-bot.*\b7 events\b/m)
  })
})

about('what nothing is about: no rows, no claim that nothing happened', () =>
  withScene(scene([...history, ...others]), async ({ cf }) => {
    for (const word of ['dbb', guid(12)]) {
      const result = await run(cf, line('demo-org', word))
      assert.equal(guidsIn(result), [])
      assert.match(result.stderr, new RegExp(`^Warning: .*\\b${word}\\b.*\\b11 events\\b`, 'm'))
      assert.is(result.stderr.split(word).length, 2, result.stderr)
      assert.not.match(result.stderr, /[Nn]othing happened/)
    }
  }),
)

about('an Org Manager learns that the roles show nothing, not that nothing is about it', () =>
  withScene(scene([...history, ...others], { user: 'manager@example.gov' }), async ({ cf, foundation }) => {
    const { code, error, stdout, stderr } = await run(cf, line('demo-org', 'db'))
    assert.is(code, 4)
    assert.is(error, 'Forbidden')
    assert.is(stdout, '')
    assert.is(stderr.trimEnd().split('\n').length, 2)
    assert.match(stderr, /demo-org[\s\S]*OrgAuditor/)
    assert.not.match(stderr, /\bdb\b/)
    assert.not.ok(foundation.requests.some(({ path }) => /[?&](names|hosts)=db/.test(path)))
  }),
)

about('the first rows of a history', () =>
  withScene(scene([...history, ...others]), async ({ cf }) => {
    const result = await run(cf, [...line('demo-org', 'db'), '--limit', '3', '--reverse'])
    assert.equal(guidsIn(result), guidsOf(history).reverse().slice(0, 3))
    assert.not.match(result.stderr, 'Complete')
  }),
)

about.run()
