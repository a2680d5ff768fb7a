import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CapiClient } from '../../src/capi/client.ts'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { Failed, Interrupted } from '../../src/errors.ts'
import { eventsAbout } from '../../src/names/about.ts'
import { seconds } from '../../src/time.ts'
import { event } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { listen } from '../messages.ts'

/** A GUID that says what it stands for. */
const guid = (what: string) =>
  `${Buffer.from(what.padEnd(4, '0').slice(0, 4)).toString('hex')}-0000-4000-8000-000000000000`
const [db, app, otherApp, binding, key, otherBinding, route, routeBinding, ann, bob, space] = [
  ...['db', 'app', 'oapp', 'bind', 'key', 'obin', 'rout', 'rbin', 'ann', 'bob', 'spac'],
].map(guid) as [string, string, string, string, string, string, string, string, string, string, string]

const related = (things: Record<string, string>) => ({
  request: {
    relationships: Object.fromEntries(
      Object.entries(things).map(([kind, guid]) => [kind, { data: { guid } }]),
    ),
  },
})
const flat = (request: Record<string, string>) => ({ request })

const bound = { acteeType: 'service_binding', acteeName: '' }
const history: Readonly<Record<string, Partial<StoredEvent>>> = {
  dbCreated: {
    type: 'audit.service_instance.create',
    actee: db,
    acteeType: 'service_instance',
    acteeName: 'my-db',
  },
  bound: {
    ...bound,
    type: 'audit.service_binding.create',
    actee: binding,
    metadata: related({ app, service_instance: db }),
  },
  // Names nothing but itself.
  relabelled: { ...bound, type: 'audit.service_binding.update', actee: binding, metadata: flat({}) },
  unbound: {
    ...bound,
    type: 'audit.service_binding.delete',
    actee: binding,
    metadata: flat({ app_guid: app, service_instance_guid: db }),
  },
  keyed: {
    type: 'audit.service_key.create',
    actee: key,
    acteeType: 'service_key',
    acteeName: 'k',
    metadata: flat({ service_instance_guid: db }),
  },
  unkeyed: {
    type: 'audit.service_key.delete',
    actee: key,
    acteeType: 'service_key',
    acteeName: 'k',
    metadata: {},
  },
  otherBound: {
    ...bound,
    type: 'audit.service_binding.create',
    actee: otherBinding,
    metadata: related({ app: otherApp, service_instance: guid('odb') }),
  },
  mapped: {
    type: 'audit.app.map-route',
    actee: app,
    acteeType: 'app',
    acteeName: 'my-app',
    metadata: { route_guid: route },
  },
  routed: {
    type: 'audit.service_route_binding.create',
    actee: routeBinding,
    acteeType: 'service_route_binding',
    acteeName: '',
    metadata: related({ route, service_instance: db }),
  },
  routeCreated: { type: 'audit.route.create', actee: route, acteeType: 'route', acteeName: 'www' },
  granted: {
    type: 'audit.user.space_developer_add',
    actor: bob,
    actorName: 'bob@example.gov',
    actorUsername: 'bob',
    actee: ann,
    acteeType: 'user',
    acteeName: 'Ann',
    spaceGuid: space,
    metadata: { request: {} },
  },
}

const names = Object.keys(history)
const read = (api: 'v2' | 'v3'): AuditEvent[] =>
  Object.values(history).map((parts, index) => {
    const stored = event({
      actor: guid('some'),
      actorName: 'somebody',
      spaceGuid: guid('osp'),
      ...parts,
      guid: `event-${index}`,
    })
    const resource = api === 'v2' ? v2Resource(stored) : v3Resource(stored, 'https://api.x')
    return readEvent(Buffer.from(JSON.stringify(resource)), api, 'here')
  })

/** Lists by the last word of their path: names by GUID. */
type Lists = Readonly<Record<string, Readonly<Record<string, string>>>>

async function about(
  words: readonly string[],
  {
    lists,
    error,
    api = 'v3',
    orgs,
  }: { lists?: Lists; error?: Error; api?: 'v2' | 'v3'; orgs?: string[] } = {},
) {
  const paths: string[] = []
  const client = (async (path, readBody) => {
    paths.push(path)
    if (error !== undefined) throw error
    const { pathname, searchParams } = new URL(path, 'https://api.x')
    const kind = pathname.split('/').at(-1) ?? ''
    const [of = ''] = [...searchParams.values()]
    const field = { routes: 'host', users: 'username' }[kind] ?? 'name'
    const resources = Object.entries(lists?.[kind] ?? {})
      // As Postgres compares names, and the UAA those of users.
      .filter(([, name]) => (kind === 'users' ? name.toLowerCase() === of.toLowerCase() : name === of))
      .map(([guid, name]) => ({ guid, [field]: name, created_at: seconds(0) }))
    const body = { pagination: { total_results: resources.length }, resources }
    return { value: readBody(Buffer.from(JSON.stringify(body))), date: undefined }
  }) as CapiClient
  const { messages, said } = listen()
  async function* pages() {
    const all = read(api)
    yield all.slice(0, 4)
    yield all.slice(4)
  }
  const kept: string[] = []
  const source =
    lists === undefined && error === undefined ? { names: new Map() } : { client, orgGuids: orgs }
  const history = eventsAbout(words, pages(), source, messages)
  for await (const page of history.events) {
    kept.push(...page.map(({ guid }) => names[Number(guid.slice(6))] ?? ''))
  }
  history.logSummary(messages)
  return { kept: kept.join(' '), said, paths }
}

const histories = suite('--about')

const ofDb = 'dbCreated bound relabelled unbound keyed unkeyed routed'
const cases: readonly (readonly [words: readonly string[], kept: string, lists?: Lists])[] = [
  // An instance: its bindings and keys, and what those name only themselves in
  [[db], ofDb],
  [[db.toUpperCase()], ofDb],
  [['my-db'], ofDb],
  [['MY-DB'], ofDb],
  // An app: its bindings are the instance's as well
  [[app], 'bound relabelled unbound mapped'],
  [['my-app'], 'bound relabelled unbound mapped'],
  // A route, by its host, and by its address where a list has it
  [[route], 'mapped routed routeCreated'],
  [['www'], 'mapped routed routeCreated'],
  // A user, as target and as actor
  [[ann], 'granted'],
  [['ann'], 'granted'],
  [[bob], 'granted'],
  [[space], 'granted'],
  // Names that no event holds
  [['my-other-app'], 'otherBound', { apps: { [otherApp]: 'my-other-app' } }],
  [['dev'], 'granted', { spaces: { [space]: 'dev' } }],
  [['bob'], 'granted', { users: { [bob]: 'Bob' } }],
  // Several
  [['my-app', ann], 'bound relabelled unbound mapped granted'],
  // A part of a name is none
  [['my'], ''],
]
for (const [words, kept, lists] of cases) {
  for (const api of ['v2', 'v3'] as const) {
    histories(`${words} through ${api}: ${kept || 'nothing'}`, async () => {
      assert.is((await about(words, { api, ...(lists && { lists }) })).kept, kept)
    })
  }
}

histories('an actor by what the API calls it: v2 has the user name, v3 the email address', async () => {
  assert.is((await about(['bob@example.gov'], { api: 'v3' })).kept, 'granted')
  assert.is((await about(['bob'], { api: 'v2' })).kept, 'granted')
  assert.is((await about(['BOB@example.gov'], { api: 'v2' })).kept, 'granted')
  assert.is((await about(['bob'], { api: 'v3' })).kept, '')
})

histories('a word that looks like a GUID may be a user name', async () => {
  const { kept } = await about([guid('name')], { lists: { users: { [ann]: guid('name') } } })
  assert.is(kept, 'granted')
})

histories('a name of several things takes all of them, and says so; each word for itself', async () => {
  const { kept, said } = await about(['my-app', 'ann'], { lists: { apps: { [otherApp]: 'my-app' } } })
  assert.is(kept, 'bound relabelled unbound otherBound mapped granted')
  assert.is(said.length, 2)
  assert.match(said[0]!, `warning: my-app matches app ${app} and app ${otherApp};`)
})

histories('lists are asked for the orgs that are read, and for a route by its host', async () => {
  const { paths } = await about(['www.example.gov'], { lists: {}, orgs: ['o1', 'o2'] })
  assert.equal(
    paths.map(path => path.replace(/&order_by.*/, '')),
    [
      '/v3/apps?names=www.example.gov&organization_guids=o1,o2',
      '/v3/service_instances?names=www.example.gov&organization_guids=o1,o2',
      '/v3/spaces?names=www.example.gov&organization_guids=o1,o2',
      '/v3/routes?hosts=www&organization_guids=o1,o2',
      '/v3/users?usernames=www.example.gov',
    ],
  )
})

histories('how many of how many, and nothing found is said with the words and no more', async () => {
  assert.equal((await about(['my-app'])).said, ['4 events are about my-app (all 11 events were checked).'])
  const { kept, said } = await about(['zz', 'yy'], { lists: {} })
  assert.is(kept, '')
  assert.equal(said, [
    'warning: no event matches --about zz or yy (all 11 events were checked): check the name, or use a GUID.',
  ])
})

histories(
  'a list that fails: the names in events are left; where they lack the word, it is said',
  async () => {
    const error = new Failed('Status 500.', '')
    const found = await about(['my-app'], { error })
    assert.is(found.kept, 'bound relabelled unbound mapped')
    assert.is(found.said.length, 1)
    assert.match((await about(['zz'], { error })).said[0] ?? '', /^warning: .*zz.*Status 500\.$/)
  },
)

histories('an interruption ends it', async () => {
  await rejects(about(['zz'], { error: new Interrupted('SIGINT') }), Interrupted)
})
histories.run()
