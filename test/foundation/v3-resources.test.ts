import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from './ask.ts'
import { type Foundation, startFoundation } from './foundation.ts'
import { sampleFoundation } from './sample.ts'

const sample = sampleFoundation({ events: 0 })
const { org } = sample
const dev = sample.spaces[0]!

const test = suite<{ api: Foundation }>('v3 listings')
test.before(async context => {
  context.api = await startFoundation(sample)
})
test.after(context => context.api.close())

const get = (api: Foundation, path: string, user = 'admin@example.gov') => client(api, user, path)
const names = (body: { resources: { name: string }[] }) => body.resources.map(each => each.name)

test('organizations by name: a comma is escaped twice', async ({ api }) => {
  assert.equal(names((await get(api, '/v3/organizations?names=acme%252C+inc')).json), ['acme, inc'])
  assert.equal(names((await get(api, '/v3/organizations?names=acme%2C+inc')).json), [])
  assert.equal(names((await get(api, '/v3/organizations?names=the+%22best%22+org,a%2Fb')).json), [
    'the "best" org',
    'a/b',
  ])
  assert.equal(names((await get(api, `/v3/organizations?guids=${org.guid}`)).json), ['demo-org'])
  assert.is((await get(api, `/v3/organizations/${org.guid}`)).json.name, 'demo-org')
  assert.is((await get(api, '/v3/organizations/nope')).json.errors[0].detail, 'Organization not found')
  assert.equal(names((await get(api, '/v3/organizations', 'auditor@example.gov')).json), ['demo-org'])
  assert.is((await get(api, '/v2/organizations?q=name:demo-org')).json.resources[0].metadata.guid, org.guid)
})

test('roles: organization_guids finds organization roles only', async ({ api }) => {
  const inOrg = (await get(api, `/v3/roles?organization_guids=${org.guid}&include=user&per_page=5000`)).json
  assert.ok(inOrg.resources.length > 10)
  assert.ok(inOrg.resources.every((each: { type: string }) => each.type.startsWith('organization_')))
  assert.equal(inOrg.resources[0].relationships.space, { data: null })
  assert.ok(
    inOrg.included.users.some((each: { username: string }) => each.username === 'auditor@example.gov'),
  )
  const inSpace = (await get(api, `/v3/roles?space_guids=${dev.guid}&include=user,space,organization`)).json
  assert.ok(inSpace.resources.every((each: { type: string }) => each.type.startsWith('space_')))
  assert.equal(
    inSpace.included.spaces.map((each: { guid: string }) => each.guid),
    [dev.guid],
  )
  assert.equal(inSpace.included.organizations, [])
  const both = await get(api, `/v3/roles?space_guids=${dev.guid}&organization_guids=${org.guid}`)
  assert.is(both.json.resources.length, 0)
})

test('users: no name for clients and for those whom UAA has forgotten', async ({ api }) => {
  const { resources } = (await get(api, '/v3/users?per_page=5000')).json
  const bot = resources.find((each: { guid: string }) => each.guid === 'sandbox-bot')
  assert.is(bot.username, null)
  assert.is(bot.presentation_name, 'sandbox-bot')
  assert.is(resources.filter((each: { username: string | null }) => each.username === null).length, 2)
  assert.is((await get(api, '/v3/users?usernames=auditor@example.gov')).json.resources.length, 1)
  assert.is((await get(api, '/v3/users', 'outsider@example.gov')).json.resources.length, 1)
})

test('users and roles answer 422 to bad parameters, the others 400', async ({ api }) => {
  for (const [path, status, code] of [
    ['/v3/users?foo=1', 422, 10008],
    ['/v3/users?origins=uaa', 422, 10008],
    ['/v3/roles?per_page=0', 422, 10008],
    ['/v3/roles?include=nobody', 422, 10008],
    ['/v3/spaces?foo=1', 400, 10005],
    ['/v3/apps?order_by=id', 400, 10005],
  ] as const) {
    const { status: got, json } = await get(api, path)
    assert.is(got, status, path)
    assert.is(json.errors[0].code, code, path)
  }
})

test('routes have an address; other listings forget the total past their end', async ({ api }) => {
  const { resources } = (await get(api, `/v3/routes?organization_guids=${org.guid}`)).json
  assert.ok(resources.some((each: { url: string }) => each.url === 'myapproute.app.example.gov'))
  assert.ok(resources.some((each: { url: string }) => each.url === 'api.app.example.gov/v1'))
  assert.is((await get(api, '/v3/routes?page=999')).json.pagination.total_results, 0)
})

test('unknown paths', async ({ api }) => {
  assert.equal((await get(api, '/v3/nope')).json, {
    errors: [{ detail: 'Unknown request', title: 'CF-NotFound', code: 10000 }],
  })
  assert.equal((await get(api, '/v2/nope')).json, {
    description: 'Unknown request',
    error_code: 'CF-NotFound',
    code: 10000,
  })
})

test('a UAA that is down: names of users cannot be had, everything else can', async ({ api }) => {
  api.uaa.trouble = 503
  try {
    for (const path of ['/v3/users', '/v3/roles?include=user', '/v3/roles?include=space,user&per_page=1']) {
      const { status, json } = await get(api, path)
      assert.is(status, 503, path)
      assert.is(json.errors[0].code, 20004)
    }
    for (const path of ['/v3/roles', '/v3/roles?include=space,organization', '/v3/spaces']) {
      assert.is((await get(api, path)).status, 200, path)
    }
  } finally {
    api.uaa.trouble = undefined
  }
})

test('users are found by name in any case', async ({ api }) => {
  const { json } = await get(api, '/v3/users?usernames=AUDITOR%40Example.gov')
  assert.equal(
    json.resources.map((each: { username: string }) => each.username),
    ['auditor@example.gov'],
  )
})

test.run()
