import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CapiClient, createClient, UaaUnavailable } from '../../src/capi/client.ts'
import { listRoles, type Roles, spacesShown } from '../../src/capi/roles.ts'
import { findUsers } from '../../src/capi/users.ts'
import type { Login } from '../../src/capi/visibility.ts'
import { Failed, Incomplete } from '../../src/errors.ts'
import { client as request } from '../foundation/ask.ts'
import { type Foundation, type FoundationOptions, startFoundation } from '../foundation/foundation.ts'
import { sampleFoundation } from '../foundation/sample.ts'
import type { Role } from '../foundation/state.ts'

const sample = sampleFoundation({ events: 0 })
const demo = sample.orgs[0]!
const acme = sample.orgs[1]!
const spacesOf = (org: { guid: string }) => sample.spaces.filter(({ orgGuid }) => orgGuid === org.guid)
const inOrg = (org: { guid: string }) => sample.roles.filter(({ orgGuid }) => orgGuid === org.guid)
const inSpaces = (spaces: readonly { guid: string }[]) =>
  sample.roles.filter(({ spaceGuid }) => spaces.some(({ guid }) => guid === spaceGuid))

/** Asks a foundation as somebody, without `cf`. */
interface Asking {
  readonly client: CapiClient
  readonly paths: string[]
  readonly foundation: Foundation
}

async function as(
  user: string,
  use: (asking: Asking) => Promise<void>,
  options: FoundationOptions = {},
): Promise<void> {
  const foundation = await startFoundation({ ...sample, ...options })
  const paths: string[] = []
  const session = foundation.login(user)
  const client = createClient({
    async curl(path) {
      paths.push(path)
      const { status, headers, text } = await request(foundation, session, path)
      return { status, headers: new Map(headers.entries()), body: Buffer.from(text) }
    },
    diagnoseEmptyOutput: async () => undefined,
    wait: async () => {},
    now: Date.now,
    maxWaitMs: 1000,
    note: () => {},
    random: () => 0,
  })
  try {
    await use({ client, paths, foundation })
  } finally {
    await foundation.close()
  }
}

const guidsOf = (roles: readonly { guid: string }[]) => roles.map(({ guid }) => guid).sort()
const same = (found: Roles, expected: readonly Role[]) =>
  assert.equal(guidsOf(found.roles), guidsOf(expected))

const listing = suite('listing roles')

const dev = spacesOf(demo)[0]!
const rows: readonly (readonly [user: string, spaces: readonly { guid: string }[]])[] = [
  ['admin@example.gov', spacesOf(demo)],
  ['readonly.admin@example.gov', spacesOf(demo)],
  ['global.auditor@example.gov', spacesOf(demo)],
  ['manager@example.gov', spacesOf(demo)],
  ['auditor@example.gov', []],
  ['billing@example.gov', []],
  ['user@example.gov', []],
  ['sandbox-bot', []],
  ['space.manager@example.gov', [dev]],
  ['developer@example.gov', [dev]],
  ['supporter@example.gov', [dev]],
  ['space.auditor@example.gov', [dev]],
]
for (const [user, spaces] of rows) {
  listing(`${user}: the roles of the org and of ${spaces.length} spaces`, () =>
    as(user, async ({ client, paths }) => {
      const found = await listRoles(client, { orgGuids: [demo.guid], spaceRoles: true })
      same(found, [...inOrg(demo), ...inSpaces(spaces)])
      assert.equal(guidsOf(found.spaces ?? []), guidsOf(spaces))
      assert.is(paths.length, spaces.length === 0 ? 2 : 3)
      assert.is(found.namesLacking, undefined)
    }),
  )
}

listing('a role has the org of its space, which it does not tell itself', () =>
  as('manager@example.gov', async ({ client }) => {
    const { roles } = await listRoles(client, { orgGuids: [demo.guid], spaceRoles: true })
    assert.ok(roles.some(({ spaceGuid }) => spaceGuid === dev.guid))
    assert.ok(roles.every(({ orgGuid }) => orgGuid === demo.guid))
    assert.ok(
      roles.every(({ since, userGuid }) => /^2024-01-15T\d\d:\d\d:00Z$/.test(since) && userGuid !== ''),
    )
  }),
)

listing('without space roles nobody asks for spaces', () =>
  as('manager@example.gov', async ({ client, paths }) => {
    same(await listRoles(client, { orgGuids: [demo.guid], spaceRoles: false }), inOrg(demo))
    assert.is(paths.length, 1)
  }),
)

listing('several orgs are one question', () =>
  as('admin@example.gov', async ({ client, paths }) => {
    const found = await listRoles(client, { orgGuids: [demo.guid, acme.guid], spaceRoles: true })
    same(found, [...inOrg(demo), ...inOrg(acme), ...inSpaces([...spacesOf(demo), ...spacesOf(acme)])])
    assert.is(paths.length, 3)
    assert.is(found.included.get('organizations')?.size, 2)
  }),
)

listing('an org of 50 spaces and 300 users: three questions', async () => {
  const org = { guid: 'org', name: 'big' }
  const spaces = Array.from({ length: 50 }, (_, number) => ({
    guid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `space-${number}`,
    orgGuid: 'org',
  }))
  const users = Array.from({ length: 300 }, (_, number) => ({
    ...sample.users[0]!,
    guid: `user-${number}`,
    username: `user-${number}`,
  }))
  const role = (guid: string, userGuid: string, orgGuid: string | null, spaceGuid: string | null): Role => ({
    guid,
    type: orgGuid === null ? 'space_developer' : 'organization_user',
    userGuid,
    orgGuid,
    spaceGuid,
  })
  const roles = users.flatMap(({ guid }, number) => [
    role(`o-${number}`, guid, 'org', null),
    ...spaces.slice(0, 10).map((space, index) => role(`s-${number}-${index}`, guid, null, space.guid)),
    role(`l-${number}`, guid, null, spaces[10 + (number % 40)]!.guid),
  ])
  await as(
    'admin@example.gov',
    async ({ client, paths }) => {
      const found = await listRoles(client, { orgGuids: ['org'], spaceRoles: true })
      assert.is(found.roles.length, 3600)
      assert.is(found.included.get('users')?.size, 300)
      assert.is(paths.length, 3)
    },
    { orgs: [org], spaces, users: [...sample.users, ...users], roles },
  )
})

listing('more spaces than a request line can name: more questions, each role once', async () => {
  const spaces = Array.from({ length: 250 }, (_, number) => ({
    guid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `space-${number}`,
    orgGuid: demo.guid,
  }))
  const roles = spaces.map(
    ({ guid }, number): Role => ({
      guid: `role-${number}`,
      type: 'space_auditor',
      userGuid: sample.users[0]!.guid,
      orgGuid: null,
      spaceGuid: guid,
    }),
  )
  await as(
    'admin@example.gov',
    async ({ client, paths }) => {
      same(await listRoles(client, { orgGuids: [demo.guid], spaceRoles: true }), roles)
      assert.is(paths.length, 2 + 3)
      assert.ok(paths.every(path => path.length < 4200))
    },
    { spaces, roles },
  )
})

listing('every org: two questions, with types and users asked of the API', () =>
  as('admin@example.gov', async ({ client, paths }) => {
    const orgGuids = 'all'
    same(await listRoles(client, { orgGuids, spaceRoles: true }), sample.roles)
    assert.is(paths.length, 2)
    const types = ['organization_auditor', 'space_developer']
    const { guids } = await findUsers(client, ['TWO.orgs@example.gov'])
    const [user = ''] = guids.get('TWO.orgs@example.gov') ?? []
    assert.is.not(user, '')
    const found = await listRoles(client, {
      orgGuids,
      spaceRoles: true,
      types,
      userGuids: [user, 'sandbox-bot'],
    })
    same(
      found,
      sample.roles.filter(
        ({ type, userGuid }) => types.includes(type) && (userGuid === user || userGuid === 'sandbox-bot'),
      ),
    )
    assert.is(found.roles.length, 3)
    assert.is(found.spaces, undefined)
  }),
)

listing('every org that somebody can see, and no other', () =>
  as('developer@example.gov', async ({ client }) => {
    same(await listRoles(client, { orgGuids: 'all', spaceRoles: true }), [...inOrg(demo), ...inSpaces([dev])])
  }),
)

for (const trouble of [500, 503] as const) {
  listing(`a UAA that is down (${trouble}): the same roles without names, asked with names once`, () =>
    as('manager@example.gov', async ({ client, paths, foundation }) => {
      foundation.uaa.trouble = trouble
      const found = await listRoles(client, { orgGuids: [demo.guid], spaceRoles: true })
      same(found, [...inOrg(demo), ...inSpaces(spacesOf(demo))])
      assert.instance(found.namesLacking, UaaUnavailable)
      assert.is(found.included.get('users'), undefined)
      assert.is(found.included.get('organizations')?.size, 1)
      assert.is(paths.filter(path => path.includes('include=user')).length, 1)
    }),
  )
}

listing('a UAA that goes down in between: what has names keeps them', () =>
  as('manager@example.gov', async ({ client, foundation }) => {
    foundation.faults.add({
      on: /space_guids=.*include=user/,
      times: Number.POSITIVE_INFINITY,
      answer: {
        status: 503,
        body: '{"errors":[{"code":20004,"title":"CF-UaaUnavailable","detail":"down"}]}',
      },
    })
    const found = await listRoles(client, { orgGuids: [demo.guid], spaceRoles: true })
    same(found, [...inOrg(demo), ...inSpaces(spacesOf(demo))])
    assert.instance(found.namesLacking, UaaUnavailable)
    assert.ok((found.included.get('users')?.size ?? 0) > 10)
  }),
)

listing('where API v3 is off, it says what answered', () =>
  as('manager@example.gov', async ({ client, foundation }) => {
    foundation.faults.add({
      on: /\/v3\//,
      times: Number.POSITIVE_INFINITY,
      answer: {
        status: 404,
        body: '{"errors":[{"code":10000,"title":"CF-NotFound","detail":"Unknown request"}]}',
      },
    })
    await rejects(listRoles(client, { orgGuids: [demo.guid], spaceRoles: true }), (error: Failed) => {
      assert.instance(error, Failed)
      assert.is(error.exitCode, 5)
      assert.match(error.message, /\/v3\/roles answered: Unknown request/)
      return true
    })
  }),
)

listing('a count that the rows never reach is incomplete', () =>
  as('manager@example.gov', async ({ client, foundation }) => {
    foundation.faults.add({
      on: /space_guids=/,
      times: Number.POSITIVE_INFINITY,
      answer: page => ({ ...page, resources: page.resources.slice(1) }),
    })
    await rejects(listRoles(client, { orgGuids: [demo.guid], spaceRoles: true }), Incomplete)
  }),
)

listing.run()

const shown = suite('whether every space of an org is shown')

const answers: readonly (readonly [user: string, says: 'all' | 'some' | 'unknown', calls: number])[] = [
  ['admin@example.gov', 'all', 1],
  ['readonly.admin@example.gov', 'all', 1],
  ['global.auditor@example.gov', 'all', 1],
  ['manager@example.gov', 'all', 0],
  ['auditor@example.gov', 'some', 1],
  ['user@example.gov', 'some', 1],
  ['developer@example.gov', 'some', 1],
  ['sandbox-bot', 'some', 1],
]

async function ask(asking: Asking, user: string | undefined, more: Partial<Login> = {}) {
  const found = await listRoles(asking.client, { orgGuids: [demo.guid], spaceRoles: true })
  const before = asking.paths.length
  const map = await spacesShown(asking.client, user === undefined ? undefined : { user, ...more }, found, [
    demo.guid,
  ])
  return { says: map.get(demo.guid), calls: asking.paths.length - before }
}

for (const [user, says, calls] of answers) {
  shown(`${user}: ${says}`, () =>
    as(user, async asking => assert.equal(await ask(asking, user), { says, calls })),
  )
}

shown('a name in another case is the same user', () =>
  as('manager@example.gov', async asking =>
    assert.is((await ask(asking, 'Manager@Example.gov')).says, 'all'),
  ),
)

shown('when cf does not tell who asks, nobody knows', () =>
  as('manager@example.gov', async asking => assert.is((await ask(asking, undefined)).says, 'unknown')),
)

const guidOf = (name: string) => sample.users.find(({ username }) => username === name)!.guid

shown('when the UAA is down, a name tells nothing, a GUID does', () =>
  as('manager@example.gov', async asking => {
    asking.foundation.uaa.trouble = 503
    const name = 'manager@example.gov'
    assert.is((await ask(asking, name)).says, 'unknown')
    assert.is((await ask(asking, name, { guid: guidOf(name) })).says, 'all')
  }),
)

shown('of two users of one name, one of them manager, their GUID tells which one asks', () => {
  const auditor = sample.users.find(({ username }) => username === 'auditor@example.gov')!
  const users = sample.users.map(user =>
    user === auditor ? { ...user, username: 'manager@example.gov', origin: 'ldap' } : user,
  )
  return as(
    auditor.guid,
    async asking => {
      assert.is((await ask(asking, 'manager@example.gov')).says, 'unknown')
      assert.is((await ask(asking, 'manager@example.gov', { guid: auditor.guid })).says, 'some')
    },
    { users },
  )
})

shown('whoever reads all by the scopes of the token is not looked up', () =>
  as('auditor@example.gov', async asking =>
    assert.equal(await ask(asking, 'auditor@example.gov', { isGlobalReader: true }), {
      says: 'all',
      calls: 0,
    }),
  ),
)

shown('usage events that cannot be asked for are no proof of anything', () =>
  as(
    'auditor@example.gov',
    async asking => assert.is((await ask(asking, 'auditor@example.gov')).says, 'some'),
    { faults: [{ on: /app_usage/, times: 9, answer: { status: 403, body: '{}' } }] },
  ),
)

shown.run()
