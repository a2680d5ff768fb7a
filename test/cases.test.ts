// What people who audit Cloud Foundry do and keep, reduced to the smallest.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from './foundation/event.ts'
import { sampleFoundation } from './foundation/sample.ts'
import type { Role, User } from './foundation/state.ts'
import type { StoredEvent } from './foundation/store.ts'
import { type Run, run } from './run.ts'
import { type SceneOptions, withScene } from './scene.ts'

const sample = sampleFoundation({ events: 0 })
const { org } = sample
const space = sample.spaces.find(each => each.orgGuid === org.guid && each.name === 'dev')!
const guid = (number: number) => `63617365-0000-4000-8000-${String(number).padStart(12, '0')}`
const yesterday = new Date(Date.now() - 24 * 3600_000).toISOString().slice(0, 10)

/** An event of yesterday in the org, in order. */
const happened = (second: number, parts: Partial<StoredEvent>): StoredEvent =>
  event({
    guid: guid(900 + second),
    orgGuid: org.guid,
    spaceGuid: space.guid,
    actor: 'ci-client',
    actorName: '',
    actorUsername: '',
    timestamp: `${yesterday}T10:00:${String(second).padStart(2, '0')}Z`,
    ...parts,
  })

const rowsOf = ({ stdout }: Run) =>
  stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => line.split(','))

/** Neither a part of the events nor more than was asked may pass for "nothing". */
const claimsNothing = (stderr: string) => assert.not.match(stderr, /[Nn]othing (of this kind )?happened/)

// --- Service accounts of cloud.gov ------------------------------------------------------------------------------
// The user name is a UUID, other than the id in the UAA, and all accounts of a space share one email address.

const accounts = [1, 2].map(number => ({
  id: guid(number),
  name: `5e5e5e5e-2222-4333-8444-55555555555${number}`,
}))
const [first] = accounts
const serviceAccounts: SceneOptions = {
  user: 'admin@example.gov',
  foundation: {
    users: [
      ...sample.users,
      ...accounts.map(
        ({ id, name }): User => ({
          guid: id,
          username: name,
          email: 'operators@example.gov',
          origin: 'uaa',
          scopes: [],
        }),
      ),
    ],
    roles: [
      ...sample.roles,
      ...accounts.flatMap(({ id }): Role[] => [
        { guid: `org-${id}`, type: 'organization_user', userGuid: id, orgGuid: org.guid, spaceGuid: null },
        { guid: `space-${id}`, type: 'space_developer', userGuid: id, orgGuid: null, spaceGuid: space.guid },
      ]),
    ],
    events: accounts.flatMap(({ id, name }, index) => [
      happened(index, {
        type: 'audit.user.space_developer_add',
        actee: id,
        acteeType: 'user',
        acteeName: name,
        metadata: { request: { relationships: { user: { data: { username: name } } } } },
      }),
      happened(10 + index, {
        type: 'audit.app.map-route',
        actor: id,
        actorName: 'operators@example.gov',
        actorUsername: name,
        actee: guid(20 + index),
        acteeType: 'app',
        acteeName: `app-${index + 1}`,
        metadata: { route_guid: guid(30 + index) },
      }),
    ]),
  },
}

const accountTests = suite('service accounts')

const scopes = [[org.guid], ['demo-org'], ['--all-orgs']] as const

for (const scope of scopes) {
  for (const api of ['v3', 'v2'] as const) {
    accountTests(`as the target of ${scope} through ${api}, by name and by id`, () =>
      withScene(serviceAccounts, async ({ cf }) => {
        for (const word of [first!.name, first!.name.toUpperCase(), first!.id]) {
          const ended = await run(cf, ['user-access', ...scope, '--api', api, '--target', word])
          assert.is(ended.code, 0, ended.stderr)
          assert.equal(
            rowsOf(ended).map(cells => cells.slice(1, 4)),
            [['ci-client', 'audit.user.space_developer_add', first!.name]],
            word,
          )
        }
      }),
    )

    accountTests(`as the actor of ${scope} through ${api}, by name and by id`, () =>
      withScene(serviceAccounts, async ({ cf }) => {
        for (const word of [first!.name, first!.id]) {
          const ended = await run(cf, ['events', ...scope, '--api', api, '--actor', word, '-f', 'csv'])
          assert.is(ended.code, 0, ended.stderr)
          assert.equal(
            rowsOf(ended).map(cells => cells.slice(2, 4)),
            [['audit.app.map-route', 'app-1']],
            word,
          )
        }
      }),
    )
  }

  accountTests(`as the holder of roles of ${scope}, by name and by id`, () =>
    withScene(serviceAccounts, async ({ cf }) => {
      for (const word of [first!.name, first!.id]) {
        const ended = await run(cf, ['roles', ...scope, '--user', word])
        assert.is(ended.code, 0, ended.stderr)
        assert.equal(
          rowsOf(ended).map(([name, id, , role]) => [name, id, role]),
          ['organization_user', 'space_developer'].map(role => [first!.name, first!.id, role]),
          word,
        )
      }
    }),
  )
}

accountTests('tell two accounts apart: by GUID, and with --names by user name', () =>
  withScene(serviceAccounts, async ({ cf }) => {
    const args = ['events', 'demo-org', '--type', 'audit.app.map-route', '--columns', 'actor', '--no-header']
    const email = 'operators@example.gov'
    const expected = [
      [['-f', 'csv'], accounts.map(({ id }) => `${email} (${id})`)],
      [['-f', 'csv', '--names'], accounts.map(({ id, name }) => `${email} (${id}),${name}`)],
      [['-f', 'table', '--names'], accounts.map(({ name }) => name)],
      [['-f', 'csv', '--api', 'v2'], accounts.map(({ name }) => name)],
    ] as const
    for (const [more, rows] of expected) {
      const { code, stdout, stderr } = await run(cf, [...args, ...more])
      assert.is(code, 0, stderr)
      assert.equal(
        stdout
          .trimEnd()
          .split('\n')
          .map(line => line.trimEnd()),
        rows,
        more.join(' '),
      )
    }
  }),
)

accountTests('one of two that share a name has its GUID in a filtered list', () =>
  withScene(serviceAccounts, async ({ cf }) => {
    const args = ['events', 'demo-org', '--actor', first!.name, '-f', 'csv', '--columns', 'actor']
    const ended = await run(cf, args)
    assert.equal(rowsOf(ended), [[`operators@example.gov (${first!.id})`]], ended.stderr)
  }),
)

accountTests('their history, by name', () =>
  withScene(serviceAccounts, async ({ cf }) => {
    const ended = await run(cf, ['events', 'demo-org', '--about', first!.name, '-f', 'csv'])
    assert.equal(
      rowsOf(ended).map(cells => cells[2]),
      ['audit.user.space_developer_add', 'audit.app.map-route'],
    )
  }),
)

accountTests('a name that is nobody: no row, how many events were checked, and no claim', () =>
  withScene(serviceAccounts, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['user-access', 'demo-org', '--target', guid(77)])
    assert.is(code, 0)
    assert.is(stdout.split('\n').length, 2)
    assert.match(stderr, 'all 2 events were checked')
    claimsNothing(stderr)
  }),
)
accountTests.run()

// --- The history of one service instance, with its bindings and keys ----------------------------------------------

const db = guid(61)
const related = (things: Record<string, string>) => ({
  request: {
    relationships: Object.fromEntries(
      Object.entries(things).map(([kind, guid]) => [kind, { data: { guid } }]),
    ),
  },
})
const instances: SceneOptions = {
  foundation: {
    events: [
      happened(0, {
        type: 'audit.service_instance.create',
        actee: db,
        acteeType: 'service_instance',
        acteeName: 'my-db',
        metadata: { request: { name: 'my-db' } },
      }),
      happened(10, {
        type: 'audit.service_binding.create',
        actee: guid(63),
        acteeType: 'service_binding',
        acteeName: '',
        metadata: related({ app: guid(80), service_instance: db }),
      }),
      happened(20, {
        type: 'audit.service_key.create',
        actee: guid(65),
        acteeType: 'service_key',
        acteeName: 'k',
        metadata: related({ service_instance: db }),
      }),
      happened(30, {
        type: 'audit.service_binding.delete',
        actee: guid(63),
        acteeType: 'service_binding',
        acteeName: '',
        metadata: {
          request: { app_guid: guid(80), route_guid: null, service_instance_guid: db },
        },
      }),
      happened(40, {
        type: 'audit.service_binding.create',
        actee: guid(64),
        acteeType: 'service_binding',
        acteeName: '',
        metadata: related({ app: guid(80), service_instance: guid(62) }),
      }),
    ],
  },
}

const historyTests = suite('the bindings of a service instance')

for (const api of ['v3', 'v2'] as const) {
  historyTests(`--about finds them through ${api}, by GUID and by name`, () =>
    withScene(instances, async ({ cf }) => {
      const expected = [
        'audit.service_binding.create',
        'audit.service_key.create',
        'audit.service_binding.delete',
      ]
      const ended = await run(cf, ['service-bindings', org.guid, '--api', api, '--about', db])
      assert.is(ended.code, 0, ended.stderr)
      assert.equal(
        rowsOf(ended).map(cells => cells[2]),
        expected,
      )
      const named = await run(cf, ['events', 'demo-org', '--api', api, '--about', 'my-db', '-f', 'csv'])
      assert.equal(
        rowsOf(named).map(cells => cells[2]),
        ['audit.service_instance.create', ...expected],
      )
    }),
  )

  historyTests(`--target finds none through ${api}: a binding is its own target`, () =>
    withScene(instances, async ({ cf }) => {
      const ended = await run(cf, ['service-bindings', org.guid, '--api', api, '--target', db])
      assert.is(ended.code, 0, ended.stderr)
      assert.equal(rowsOf(ended), [])
      claimsNothing(ended.stderr)
    }),
  )
}
historyTests.run()

// --- Times as people write them -----------------------------------------------------------------------------------

const timeTests = suite('times')

for (const [since, code] of [
  ['today', 0],
  ['15m', 0],
  ['2w', 0],
  ['yesterday', 0],
  ['20261028', 2],
  ['7', 2],
  ['1 week ago', 2],
  ['last month', 2],
] as const) {
  timeTests(`--since ${since}: exit code ${code}`, () =>
    withScene(instances, async ({ cf, foundation }) => {
      const ended = await run(cf, ['service-bindings', 'demo-org', '--since', since])
      assert.is(ended.code, code, ended.stderr)
      if (code === 0) return assert.match(ended.stderr, /From \d{4}-\d\d-\d\d \d\d:\d\d until now \(UTC\)/)
      assert.is(ended.error, 'UsageError')
      assert.match(ended.stderr, /2026-11-01/)
      assert.equal(foundation.requests, [])
    }),
  )
}

timeTests('a compact date is named in the right form', () =>
  withScene(instances, async ({ cf }) => {
    const { stderr } = await run(cf, ['service-bindings', 'demo-org', '--since', '20261028'])
    assert.match(stderr, 'Did you mean 2026-10-28?')
  }),
)
timeTests.run()

// --- The event's own data as a column -----------------------------------------------------------------------------

const crash = {
  guid: guid(1),
  created_at: '2026-09-02T10:00:00Z',
  type: 'audit.app.process.crash',
  actor: { guid: guid(80), type: 'process', name: 'web' },
  target: { guid: guid(80), type: 'app', name: 'my-app' },
  data: { instance: 'x', index: 1, exit_description: "Instance became unhealthy: timed out, 'x'" },
  space: { guid: space.guid },
  organization: { guid: org.guid },
}

const dataTests = suite('the data column')

dataTests('of a saved page: compact JSON, quoted as CSV', () =>
  withScene({}, async ({ cf }) => {
    const page = JSON.stringify({ pagination: { total_results: 1 }, resources: [crash] }, null, 2)
    const args = ['format', 'events', '-f', 'csv', '--columns', 'time,type,data']
    const { code, stdout, stderr } = await run(cf, args, { stdin: page })
    assert.is(code, 0, stderr)
    const cell = JSON.stringify(crash.data).replaceAll('"', '""')
    assert.is(stdout, `Timestamp,Action Type,Data\n2026-09-02T10:00:00Z,audit.app.process.crash,"${cell}"\n`)
  }),
)

dataTests('without secrets, as in ndjson, and with them where they are wanted', () =>
  withScene({}, async ({ cf }) => {
    const secret = {
      ...crash,
      type: 'audit.service_key.create',
      data: { request: { parameters: { pin: 'hush' } } },
    }
    const stdin = JSON.stringify(secret)
    const args = ['format', 'events', '-f', 'csv', '--columns', 'data']
    const redacted = await run(cf, args, { stdin })
    assert.not.match(redacted.stdout, 'hush')
    assert.match(redacted.stdout, '[REDACTED]')
    const whole = await run(cf, [...args, '--unredacted'], { stdin })
    assert.match(whole.stdout, 'hush')
  }),
)
dataTests.run()
