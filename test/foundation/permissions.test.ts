import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from './ask.ts'
import { event } from './event.ts'
import { type Foundation, startFoundation } from './foundation.ts'
import { sampleFoundation } from './sample.ts'

const sample = sampleFoundation({ events: 0 })
const { org } = sample
const other = sample.orgs[1]!
const dev = sample.spaces.find(space => space.orgGuid === org.guid && space.name === 'dev')!
const prod = sample.spaces.find(space => space.orgGuid === org.guid && space.name === 'prod')!

const events = [
  event({ guid: 'd', spaceGuid: dev.guid, orgGuid: org.guid }),
  event({ guid: 'p', spaceGuid: prod.guid, orgGuid: org.guid }),
  event({ guid: 'o', spaceGuid: '', orgGuid: org.guid }),
  event({ guid: 'x', spaceGuid: 'deleted-space', orgGuid: org.guid }),
  event({ guid: 'a', spaceGuid: '', orgGuid: other.guid }),
  event({ guid: 'u', spaceGuid: '', orgGuid: '' }),
]

const test = suite<{ api: Foundation }>('Who sees what')
test.before(async context => {
  context.api = await startFoundation({ ...sample, events })
})
test.after(context => context.api.close())

const everything = 'dpoxau'
const seen: [user: string, v3: string, v2: string | 403][] = [
  ['admin@example.gov', everything, everything],
  ['readonly.admin@example.gov', everything, everything],
  ['global.auditor@example.gov', everything, everything],
  ['auditor@example.gov', 'dpox', 'dpox'],
  ['two.orgs@example.gov', 'dpoxa', 'dpoxa'],
  ['acme.auditor@example.gov', 'a', 'a'],
  ['sandbox-bot', 'dpox', 'dpox'],
  ['manager@example.gov', '', ''],
  ['billing@example.gov', '', ''],
  ['user@example.gov', '', ''],
  ['outsider@example.gov', '', ''],
  ['space.manager@example.gov', '', ''],
  ['developer@example.gov', 'd', 'd'],
  ['space.auditor@example.gov', 'd', 'd'],
  ['supporter@example.gov', 'd', 403],
]
for (const [user, v3, v2] of seen) {
  test(user, async ({ api }) => {
    const third = await client(api, user, '/v3/audit_events')
    assert.is(third.status, 200)
    assert.is(third.json.resources.map((each: { guid: string }) => each.guid).join(''), v3)
    const second = await client(api, user, '/v2/events')
    if (v2 === 403) {
      assert.is(second.status, 403)
      assert.is(second.headers.get('content-type'), 'text/html')
      assert.match(second.text, /^You are not authorized to perform the requested action\. See section/)
    } else {
      assert.is(
        second.json.resources.map((each: { metadata: { guid: string } }) => each.metadata.guid).join(''),
        v2,
      )
    }
  })
}

test('an event that is hidden is missing in v3 and forbidden in v2', async ({ api }) => {
  assert.is((await client(api, 'auditor@example.gov', '/v3/audit_events/u')).status, 404)
  const second = await client(api, 'auditor@example.gov', '/v2/events/u')
  assert.is(second.status, 403)
  assert.is(second.json.code, 10003)
})

test('tokens', async ({ api }) => {
  const cases: [string, ReturnType<Foundation['login']> | undefined, string, number, number][] = [
    ['none', undefined, '/v3/audit_events', 401, 10002],
    ['none', undefined, '/v2/events', 401, 10002],
    ['expired', api.login('auditor@example.gov', { expiresIn: -1 }), '/v3/audit_events', 401, 1000],
    ['expired', api.login('auditor@example.gov', { expiresIn: -1 }), '/v2/events', 401, 1000],
    ['no scope', api.login('auditor@example.gov', { scopes: ['openid'] }), '/v3/audit_events', 403, 10003],
    ['no scope', api.login('auditor@example.gov', { scopes: ['openid'] }), '/v2/events', 403, 10007],
  ]
  for (const [name, session, path, status, code] of cases) {
    const answer = await client(api, session, path)
    assert.is(answer.status, status, `${name} ${path}`)
    assert.is(answer.json.code ?? answer.json.errors[0].code, code, `${name} ${path}`)
  }
  const revoked = api.login('auditor@example.gov')
  api.uaa.revoke(revoked)
  assert.is((await client(api, revoked, '/v3/audit_events')).status, 401)
})

/** How many of demo-org's each user may list: an Org Auditor and an Org Manager read the opposite halves. */
const listings: [user: string, counts: Record<string, 'all' | 'some' | 'none'>][] = [
  [
    'auditor@example.gov',
    {
      routes: 'all',
      roles: 'all',
      spaces: 'none',
      apps: 'none',
      service_instances: 'none',
      space_roles: 'none',
    },
  ],
  [
    'manager@example.gov',
    { routes: 'all', roles: 'all', spaces: 'all', apps: 'all', service_instances: 'all', space_roles: 'all' },
  ],
  [
    'developer@example.gov',
    {
      routes: 'some',
      roles: 'all',
      spaces: 'some',
      apps: 'some',
      service_instances: 'some',
      space_roles: 'some',
    },
  ],
  [
    'outsider@example.gov',
    {
      routes: 'none',
      roles: 'none',
      spaces: 'none',
      apps: 'none',
      service_instances: 'none',
      space_roles: 'none',
    },
  ],
]
const spaceGuids = sample.spaces.filter(space => space.orgGuid === org.guid).map(space => space.guid)
for (const [user, counts] of listings) {
  test(`${user} may list`, async ({ api }) => {
    for (const [kind, amount] of Object.entries(counts)) {
      const path =
        kind === 'space_roles'
          ? `/v3/roles?space_guids=${spaceGuids}`
          : `/v3/${kind}?organization_guids=${org.guid}`
      const mine = (await client(api, user, path)).json.pagination.total_results
      const all = (await client(api, 'admin@example.gov', path)).json.pagination.total_results
      const words = mine === 0 ? 'none' : mine === all ? 'all' : 'some'
      // All space roles of the sample are in one space.
      assert.is(
        words === 'all' && kind === 'space_roles' ? amount : words,
        amount === 'some' && kind === 'space_roles' ? 'some' : amount,
        kind,
      )
    }
  })
}

test('usage is told to global readers only', async ({ api }) => {
  const total = async (user: string) =>
    (await client(api, user, '/v3/app_usage_events')).json.pagination.total_results
  assert.ok((await total('global.auditor@example.gov')) > 0)
  assert.is(await total('auditor@example.gov'), 0)
})

test.run()
