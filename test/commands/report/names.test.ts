import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { wrong } from '../../foundation/faults.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { run } from '../../run.ts'
import { realCf, type Scene, type SceneOptions, withScene } from '../../scene.ts'

// What a sample's seed makes is the same in each of them.
const sample = sampleFoundation({ events: 1 })
const { org } = sample
const [dev] = sample.spaces.filter(space => space.orgGuid === org.guid)
const prod = sample.spaces.find(space => space.orgGuid === org.guid && space.name === 'prod')
const appsOf = (space: { guid: string }) => sample.apps!.filter(app => app.spaceGuid === space.guid)
const routesOf = (space: { guid: string }) => sample.routes!.filter(route => route.spaceGuid === space.guid)
const userNamed = (name: string | null) => sample.users.find(({ username }) => username === name)!.guid
const manager = userNamed('manager@example.gov')
const developer = userNamed('developer@example.gov')
if (dev === undefined || prod === undefined) throw new Error('The sample has other spaces')
const [devApp] = appsOf(dev)
const [prodApp] = appsOf(prod)
const devRoute = routesOf(dev).find(({ host }) => host === 'api')!
const [instance] = sample.serviceInstances!.filter(({ spaceGuid }) => spaceGuid === dev.guid)
const gone = (number: number) => `676f6e65-0000-4000-8000-${String(number).padStart(12, '0')}`

let minutes = 0
const day = new Date(Date.now() - 24 * 3600 * 1000).toISOString().slice(0, 10)
/** An event of yesterday, each a minute after the one before. */
const happened = (parts: Partial<StoredEvent>): StoredEvent =>
  event({
    actor: manager,
    actorName: 'mail.manager@example.gov',
    actorUsername: 'manager@example.gov',
    orgGuid: org.guid,
    spaceGuid: dev.guid,
    timestamp: `${day}T10:${String(minutes++ % 60).padStart(2, '0')}:00Z`,
    ...parts,
  })
const data = (guid: string) => ({ data: { guid } })
const bound = (app: string, to: string, parts: Partial<StoredEvent> = {}) =>
  happened({
    type: 'audit.service_binding.create',
    actee: gone(1),
    acteeType: 'service_binding',
    acteeName: '',
    metadata: { request: { relationships: { app: data(app), service_instance: data(to) } } },
    ...parts,
  })
const mapped = (app: string, route: string, parts: Partial<StoredEvent> = {}) =>
  happened({
    type: 'audit.app.map-route',
    actee: app,
    acteeType: 'app',
    acteeName: 'my-app',
    metadata: { route_guid: route },
    ...parts,
  })
const roleAdded = (user: string, name: string, parts: Partial<StoredEvent> = {}) =>
  happened({
    type: 'audit.user.space_developer_add',
    actee: user,
    acteeType: 'user',
    acteeName: name,
    metadata: { request: {} },
    ...parts,
  })

const scene = (events: readonly StoredEvent[], more: SceneOptions = {}): SceneOptions => ({
  ...more,
  foundation: { ...more.foundation, events },
})
const forever = Number.POSITIVE_INFINITY
/** CSV without quotes in it, as cells. */
const rows = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => line.split(','))
const asked = ({ foundation }: Scene, what: RegExp) =>
  foundation.requests.filter(({ path }) => what.test(path)).map(({ path }) => decodeURIComponent(path))

const names = suite('names')

// --- Who may list what ------------------------------------------------------------------------------------------

const access: readonly (readonly [
  user: string,
  app: string,
  inProd: string,
  instance: string,
  route: string,
])[] = [
  // An Org Auditor lists routes and users, and neither apps nor service instances.
  ['auditor@example.gov', '(not visible)', '(not visible)', '(not visible)', 'api.app.example.gov/v1'],
  ['admin@example.gov', devApp!.name, prodApp!.name, instance!.name, 'api.app.example.gov/v1'],
]
for (const [user, ...expected] of access) {
  names(`what the lists show to ${user}`, () =>
    withScene(
      scene(
        [bound(devApp!.guid, instance!.guid), bound(prodApp!.guid, gone(2)), mapped(gone(3), devRoute.guid)],
        {
          user,
        },
      ),
      async ({ cf }) => {
        const bindings = await run(cf, ['service-bindings', 'demo-org', '-f', 'csv', '--names'])
        assert.is(bindings.code, 0, bindings.stderr)
        const [headings, first, second] = rows(bindings.stdout)
        assert.is(
          headings?.join(),
          'Timestamp,User Performing Action,Actor Name,Action Type,App GUID,App Name,Service GUID,Service Instance Name,Space,Space Name',
        )
        assert.equal([first?.[5], second?.[5], first?.[7]], expected.slice(0, 3))
        assert.is(second?.[7], '(not visible)')
        const routes = await run(cf, ['routes', 'demo-org', '-f', 'csv', '--names'])
        assert.equal(rows(routes.stdout)[1]?.slice(4, 8), [devRoute.guid, expected[3], gone(3), 'my-app'])
      },
    ),
  )
}

names('a Space Developer lists what is in the space, and sees no more events', () =>
  withScene(
    scene([bound(devApp!.guid, instance!.guid), bound(prodApp!.guid, gone(2), { spaceGuid: prod.guid })], {
      user: 'developer@example.gov',
    }),
    async ({ cf }) => {
      const { code, stdout } = await run(cf, ['service-bindings', 'demo-org', '-f', 'csv', '--names'])
      assert.is(code, 0)
      assert.equal(
        rows(stdout)
          .slice(1)
          .map(cells => [cells[5], cells[7]]),
        [[devApp!.name, instance!.name]],
      )
    },
  ),
)

names('an Org Manager sees no events: nothing is looked up for an empty report', () =>
  withScene(
    scene([bound(devApp!.guid, instance!.guid)], { user: 'manager@example.gov' }),
    async ({ cf, ...rest }) => {
      const { code, stdout } = await run(cf, ['service-bindings', 'demo-org', '--names'])
      assert.is(code, 4)
      assert.is(stdout, '')
      assert.equal(asked({ cf, ...rest }, /[?&](target_)?guids=/), [])
    },
  ),
)

names('an Org Manager who is also an auditor gets every name', () =>
  withScene(
    scene([bound(prodApp!.guid, instance!.guid)], {
      user: 'manager@example.gov',
      foundation: {
        roles: [
          ...sample.roles,
          { guid: 'r', type: 'organization_auditor', userGuid: manager, orgGuid: org.guid, spaceGuid: null },
        ],
      },
    }),
    async ({ cf }) => {
      const { stdout } = await run(cf, [
        'service-bindings',
        'demo-org',
        '--names',
        '--columns',
        'app_guid,space_guid,org_guid',
      ])
      assert.equal(rows(stdout)[1], [prodApp!.guid, prodApp!.name, dev.guid, 'dev', org.guid, 'demo-org'])
    },
  ),
)

names('what no list shows is named by other events, of any time and type', () =>
  withScene(
    scene([
      happened({
        type: 'audit.app.stop',
        actee: devApp!.guid,
        acteeName: 'old',
        timestamp: `${day}T01:00:00Z`,
      }),
      happened({
        type: 'audit.app.start',
        actee: devApp!.guid,
        acteeName: 'new',
        timestamp: `${day}T02:00:00Z`,
      }),
      bound(devApp!.guid, instance!.guid),
    ]),
    async ({ cf, ...rest }) => {
      const { stdout } = await run(cf, [
        'service-bindings',
        'demo-org',
        '--names',
        '--since',
        `${day}T09:00:00Z`,
      ])
      assert.is(rows(stdout)[1]?.[5], 'new')
      assert.equal(asked({ cf, ...rest }, /\/v3\/apps/), [])
    },
  ),
)

// --- Deleted ----------------------------------------------------------------------------------------------------

names('deleted where a delete event was read, with the last name; else not visible', () =>
  withScene(
    scene([
      mapped(gone(1), gone(2), { acteeName: 'first' }),
      mapped(gone(3), gone(4), { acteeName: '' }),
      happened({
        type: 'audit.route.create',
        actee: gone(2),
        acteeType: 'route',
        acteeName: 'www',
        metadata: { request: { path: '/x', relationships: { domain: data(sample.domains![0]!.guid) } } },
      }),
      happened({ type: 'audit.route.delete-request', actee: gone(2), acteeType: 'route', acteeName: 'www' }),
      happened({ type: 'audit.app.update', actee: gone(1), metadata: { request: { name: 'last' } } }),
      happened({ type: 'audit.app.delete-request', actee: gone(1), acteeName: 'last' }),
      // Written before a deletion that failed: the route is listed still.
      happened({
        type: 'audit.route.delete-request',
        actee: devRoute.guid,
        acteeType: 'route',
        acteeName: 'api',
      }),
    ]),
    async ({ cf }) => {
      const { stdout, stderr } = await run(cf, [
        'routes',
        'demo-org',
        '--columns',
        'route_guid,app_guid',
        '--names',
        '-f',
        'csv',
      ])
      assert.equal(rows(stdout).slice(1), [
        [gone(2), 'www.app.example.gov/x (deleted)', gone(1), 'first'],
        [gone(4), '(not visible)', gone(3), '(not visible)'],
        [gone(2), 'www.app.example.gov/x (deleted)', '', ''],
        [gone(2), 'www.app.example.gov/x (deleted)', '', ''],
        [devRoute.guid, 'api.app.example.gov/v1', '', ''],
      ])
      assert.match(stderr, /^3 names of 5 GUIDs\b.*\b1 app and 1 route\b/m)
      const all = await run(cf, ['events', 'demo-org', '--columns', 'app_guid', '--names', '-f', 'csv'])
      assert.ok(all.stdout.includes(`${gone(1)},last (deleted)\n`))
    },
  ),
)

// --- Trouble ----------------------------------------------------------------------------------------------------

const uaaDown = {
  status: 503,
  headers: { 'Content-Type': 'application/json' },
  body: '{"errors":[{"detail":"The UAA service is currently unavailable","title":"CF-UaaUnavailable","code":20004}]}',
}

for (const cf of [{ version: '8.18.4' }, ...(realCf === undefined ? [] : [{ bin: realCf }])]) {
  names(`UAA trouble leaves GUIDs, with a warning, through ${'bin' in cf ? cf.bin : cf.version}`, () =>
    withScene(
      scene([roleAdded(developer, '', { acteeName: '' }), bound(devApp!.guid, gone(1))], {
        cf,
        foundation: { faults: [{ on: /\/v3\/users/, times: forever, answer: uaaDown }] },
      }),
      async ({ cf }) => {
        const { code, stdout, stderr } = await run(cf, ['user-access', 'demo-org', '--names', '-q'])
        assert.is(code, 0)
        assert.equal(rows(stdout)[1]?.slice(4, 6), [developer, '(not asked)'])
        assert.match(stderr, /^Warning: .*users\b.*UAA/m)
      },
    ),
  )
}

names('a rate limit in a lookup is waited for', () =>
  withScene(
    scene([roleAdded(developer, '')], {
      foundation: { faults: [{ on: /\/v3\/users/, answer: wrong.rateLimitV3(1) }] },
    }),
    async ({ cf }) => {
      const { code, stdout, stderr } = await run(cf, ['user-access', 'demo-org', '--names'])
      assert.is(code, 0)
      assert.equal(rows(stdout)[1]?.slice(4, 6), [developer, 'developer@example.gov'])
      assert.match(stderr, 'Rate limited by Cloud Foundry')
    },
  ),
)

names('a rate limit that lasts too long costs the names, not the report', () =>
  withScene(
    scene([roleAdded(developer, '')], {
      foundation: { faults: [{ on: /[?&]guids=/, times: forever, answer: wrong.rateLimitV3(3000) }] },
    }),
    async ({ cf }) => {
      const { code, stdout, stderr } = await run(cf, ['user-access', 'demo-org', '--names'])
      assert.is(code, 0)
      assert.is(rows(stdout)[1]?.[5], '(not asked)')
      assert.match(stderr, /^Warning: .*users\b.*Rate limited/m)
      assert.match(stderr, /^\d+ names? of \d+ GUIDs\b.*\b1 user\b/m)
    },
  ),
)

names('where v3 is not served, names come from events of v2', () =>
  withScene(
    scene(
      [
        happened({ type: 'audit.app.start', actee: devApp!.guid, acteeName: 'by-event' }),
        bound(devApp!.guid, instance!.guid),
      ],
      {
        foundation: {
          v2: true,
          v3: false,
          faults: [{ on: /\/v3\/service_instances/, answer: { status: 404, body: 'V3 endpoints disabled' } }],
        },
      },
    ),
    async ({ cf }) => {
      const { code, stdout, stderr } = await run(cf, ['service-bindings', 'demo-org', '--names'])
      assert.is(code, 0, stderr)
      assert.equal(rows(stdout)[1]?.slice(4, 8), [devApp!.guid, 'by-event', instance!.guid, '(not asked)'])
      assert.match(stderr, /^Warning: .*service instances\b/m)
    },
  ),
)

names('through API v2 the same', () =>
  withScene(
    scene(
      [
        happened({ type: 'audit.app.start', actee: devApp!.guid, acteeName: 'by-event' }),
        bound(devApp!.guid, instance!.guid),
      ],
      { user: 'admin@example.gov', foundation: { v2: true } },
    ),
    async ({ cf }) => {
      const { stdout } = await run(cf, ['service-bindings', 'demo-org', '--names', '--api', 'v2'])
      assert.equal(rows(stdout)[1]?.slice(1, 8), [
        'manager@example.gov',
        'manager@example.gov',
        'audit.service_binding.create',
        devApp!.guid,
        'by-event',
        instance!.guid,
        instance!.name,
      ])
    },
  ),
)

// --- What a name can be -----------------------------------------------------------------------------------------

const client = { actor: 'sandbox-bot', actorName: '', actorUsername: '' }
const nobody = (name: string) => ({ actor: name, actorType: name, actorName: name, actorUsername: name })

names('clients, the system, an unknown actor, a user without a name', () =>
  withScene(
    scene([
      roleAdded('sandbox-bot', '', client),
      roleAdded(userNamed(null), '', nobody('UNKNOWN')),
      mapped(devApp!.guid, devRoute.guid, nobody('system')),
    ]),
    async ({ cf }) => {
      const columns = 'actor_guid,actor_kind,target_guid,target_kind'
      const { stdout, stderr } = await run(cf, [
        'events',
        'demo-org',
        '--names',
        '-f',
        'csv',
        '--columns',
        columns,
      ])
      assert.equal(rows(stdout).slice(1), [
        ['sandbox-bot', 'sandbox-bot', 'client', 'sandbox-bot', 'sandbox-bot', 'client'],
        ['UNKNOWN', 'UNKNOWN', 'unknown', userNamed(null), '(nameless)', 'user'],
        ['system', 'system', 'system', devApp!.guid, 'my-app', 'app'],
      ])
      assert.match(stderr, /\b1 user\b.*UAA/)
    },
  ),
)

names('brokers keep the name that the event has, and are looked up nowhere', () =>
  withScene(
    scene(
      [
        happened({
          type: 'audit.service.update',
          actor: gone(5),
          actorType: 'service_broker',
          actorName: 'postgres-broker',
          actee: gone(6),
          acteeType: 'service',
          acteeName: 'postgres',
          spaceGuid: '',
          orgGuid: '',
        }),
      ],
      { user: 'admin@example.gov' },
    ),
    async ({ cf, ...rest }) => {
      const { stdout } = await run(cf, ['services', '--all-orgs', '-f', 'csv', '--wide', '--names'])
      const [headings = [], cells = []] = rows(stdout)
      assert.is(cells[headings.indexOf('Actor Kind')], 'broker')
      assert.is(cells[headings.indexOf('Actor Name')], 'postgres-broker')
      assert.is(cells[headings.indexOf('Target Name')], 'postgres')
      assert.equal(asked({ cf, ...rest }, /[?&](target_)?guids=/), [])
    },
  ),
)

names('a name that is a formula is guarded, one with escapes is shown and not obeyed', () => {
  const users = [userNamed('=HYPERLINK("http://evil.example","click")'), userNamed('\u001b[31mred\u001b[0m')]
  return withScene(scene(users.map(user => roleAdded(user, ''))), async ({ cf }) => {
    const csv = await run(cf, ['user-access', 'demo-org', '--names', '--columns', 'user'])
    assert.is(
      csv.stdout,
      `User,User Name\n${users[0]},"'=HYPERLINK(""http://evil.example"",""click"")"\n${users[1]},\u001b[31mred\u001b[0m\n`,
    )
    assert.match(csv.stderr, /\b1 cell\b.*--no-guard/)
    const table = await run(cf, ['user-access', 'demo-org', '--names', '--columns', 'user', '-f', 'table'])
    assert.match(table.stdout, '␛[31mred␛[0m')
    assert.not.ok(table.stdout.includes('\u001b'))
    const json = await run(cf, ['user-access', 'demo-org', '--names', '-f', 'json'])
    assert.is(JSON.parse(json.stdout).names[users[1]!].name, '\u001b[31mred\u001b[0m')
  })
})

// --- JSON -------------------------------------------------------------------------------------------------------

const mixed = () => [
  roleAdded(developer, '', client),
  bound(devApp!.guid, gone(2)),
  happened({ type: 'audit.app.delete-request', actee: gone(3), acteeName: 'was' }),
]
const expectedNames = {
  [developer]: { name: 'developer@example.gov', kind: 'user', source: 'lookup', state: 'named' },
  'sandbox-bot': { name: 'sandbox-bot', kind: 'client', source: 'event', state: 'named' },
  [manager]: { name: 'mail.manager@example.gov', kind: 'user', source: 'event', state: 'named' },
  [devApp!.guid]: { name: null, kind: 'app', source: null, state: 'not visible' },
  [gone(2)]: { name: null, kind: 'service_instance', source: null, state: 'not visible' },
  [gone(3)]: { name: 'was', kind: 'app', source: 'event', state: 'deleted' },
  [dev.guid]: { name: null, kind: 'space', source: null, state: 'not visible' },
  [org.guid]: { name: 'demo-org', kind: 'organization', source: 'lookup', state: 'named' },
}

names('json: the records as they are, byte for byte, and the names behind them', () =>
  withScene(scene(mixed()), async ({ cf }) => {
    const without = await run(cf, ['events', 'demo-org', '-f', 'json'])
    const { code, stdout } = await run(cf, ['events', 'demo-org', '-f', 'json', '--names'])
    assert.is(code, 0)
    const records = without.stdout.slice(0, without.stdout.indexOf('\n],'))
    assert.ok(stdout.startsWith(`${records}\n],"names":{`))
    const { names, ...rest } = JSON.parse(stdout)
    assert.equal(names, expectedNames)
    assert.equal(Object.keys(rest), Object.keys(JSON.parse(without.stdout)))
    assert.is(rest.pagination.total_results, 3)
  }),
)

names('ndjson: the same lines, and one more with the names', () =>
  withScene(scene(mixed()), async ({ cf }) => {
    const without = await run(cf, ['events', 'demo-org', '-f', 'ndjson'])
    const { stdout } = await run(cf, ['events', 'demo-org', '-f', 'ndjson', '--names'])
    assert.ok(stdout.startsWith(without.stdout))
    assert.equal(JSON.parse(stdout.slice(without.stdout.length)), { names: expectedNames })
  }),
)

// --- What it costs ----------------------------------------------------------------------------------------------

names('each GUID is asked for once in a run, of lists alone, and no event is written by that', () =>
  withScene({ events: 3000, user: 'admin@example.gov' }, async ({ cf, foundation, sample }) => {
    const { code, stderr } = await run(cf, ['events', 'demo-org', '--wide', '--names', '-f', 'csv'])
    assert.is(code, 0, stderr)
    const lists = new Map<string, string[]>()
    for (const { method, path } of foundation.requests) {
      assert.is(method, 'GET')
      assert.match(
        path,
        /^\/(v3\/(audit_events|users|apps|service_instances|routes|domains|spaces|organizations|roles|app_usage_events)\?|$|v3$|v2\/info)/,
      )
      const [, list, guids] = /^\/v3\/(\w+)\?(?:.*&)?guids=([^&]*)/.exec(path) ?? []
      if (list !== undefined) lists.set(list, [...(lists.get(list) ?? []), ...(guids ?? '').split(',')])
    }
    assert.ok(lists.size >= 4, [...lists.keys()].join())
    for (const [list, guids] of lists) assert.is(guids.length, new Set(guids).size, list)
    assert.is(foundation.state.events.all().length, sample.events.length)
  }),
)

names('a report without --names looks up no name', () =>
  withScene({ events: 300 }, async ({ cf, ...rest }) => {
    await run(cf, ['service-bindings', 'demo-org', '--wide'])
    assert.equal(asked({ cf, ...rest }, /[?&](target_)?guids=/), [])
  }),
)

// --- The whole record -------------------------------------------------------------------------------------------

names('--wide in plain words, in CSV and as a table', () =>
  withScene(scene([roleAdded(developer, 'developer@example.gov', client)]), async ({ cf }) => {
    const { stdout } = await run(cf, ['user-access', 'demo-org', '--wide'])
    const [headings = [], cells = []] = rows(stdout)
    assert.equal(Object.fromEntries(headings.map((heading, index) => [heading, cells[index]])), {
      Timestamp: cells[0],
      'Actor Name': '',
      'Actor GUID': 'sandbox-bot',
      'Actor Kind': 'client',
      Action: 'Space Developer granted',
      'Action Type': 'audit.user.space_developer_add',
      'Target Name': 'developer@example.gov',
      'Target GUID': developer,
      'Target Kind': 'user',
      Role: 'space_developer',
      'App GUID': '',
      'Service GUID': '',
      'Route GUID': '',
      'Space GUID': dev.guid,
      'Organization GUID': org.guid,
      'Event GUID': cells[15],
    })
    const table = await run(cf, ['user-access', 'demo-org', '--wide', '-f', 'table'])
    assert.match(table.stdout, 'Space Developer granted')
  }),
)

const refusals: readonly (readonly [args: readonly string[], words: RegExp])[] = [
  [['events', 'demo-org', '--wide', '-f', 'json'], /--wide\b.*json/],
  [['events', 'demo-org', '--wide', '-f', 'ndjson'], /--wide\b.*ndjson/],
  [['user-access', 'demo-org', '--wide', '--as-documented'], /--wide\b.*--as-documented\b/],
  [['user-access', 'demo-org', '--names', '--as-documented'], /--names\b.*--as-documented\b/],
  [['user-access', 'demo-org', '--wide', '--columns', 'time'], /--wide\b.*--columns\b/],
  [['routes', 'demo-org', '--explain', '--names'], /--names\b.*--explain\b/],
  [['user-access', 'demo-org', '--resolve'], /--resolve\b.*--names\b/],
]
names('what cannot be combined is refused, and Cloud Foundry is not asked', () =>
  withScene({ events: 10 }, async ({ cf, foundation }) => {
    for (const [args, words] of refusals) {
      const { code, error, stdout, stderr } = await run(cf, args)
      assert.is(code, 2, stderr)
      assert.is(error, 'UsageError')
      assert.is(stdout, '')
      assert.match(stderr, words)
    }
    assert.equal(foundation.requests, [])
  }),
)

names('format shows the whole record as well', () =>
  withScene(scene([roleAdded(developer, 'developer@example.gov')]), async ({ cf }) => {
    const saved = await run(cf, ['user-access', 'demo-org', '-f', 'json'])
    const wide = await run(cf, ['user-access', 'demo-org', '--wide'])
    const { code, stdout } = await run(cf, ['format', 'user-access', '--wide'], { stdin: saved.stdout })
    assert.is(code, 0)
    assert.is(stdout, wide.stdout)
    const resolved = await run(cf, ['user-access', 'demo-org', '-f', 'json', '--names'])
    const again = await run(cf, ['format', 'user-access', '--wide'], { stdin: resolved.stdout })
    assert.is(again.stdout, wide.stdout)
    const lines = await run(cf, ['user-access', 'demo-org', '-f', 'ndjson', '--names'])
    assert.ok(lines.stdout.trimEnd().split('\n').length === 2)
  }),
)

names.run()
