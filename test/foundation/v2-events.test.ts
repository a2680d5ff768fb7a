import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from './ask.ts'
import { event } from './event.ts'
import { type Foundation, startFoundation } from './foundation.ts'

const admin = {
  guid: 'admin-guid',
  username: 'admin',
  email: 'admin@example.gov',
  origin: 'uaa',
  scopes: ['cloud_controller.admin', 'cloud_controller.read'],
}

const at = (second: number, fraction = '') =>
  `2026-08-01T10:00:${String(second).padStart(2, '0')}${fraction}Z`

const events = [
  event({ guid: 'a', type: 'audit.app.create', timestamp: at(2) }),
  event({ guid: 'b', type: 'audit.app.update', timestamp: at(1, '.900') }),
  event({ guid: 'c', type: 'audit.app.update', timestamp: at(1, '.100'), actee: 'other', spaceGuid: '' }),
  event({ guid: 'd', type: 'x;y', timestamp: at(3), orgGuid: '', spaceGuid: '', metadata: null }),
  event({ guid: 'e', type: 'a,b', timestamp: at(3), orgGuid: 'org-2' }),
]

const test = suite<{ api: Foundation }>('GET /v2/events')
test.before(async context => {
  context.api = await startFoundation({ events, users: [admin] })
})
test.after(context => context.api.close())

const list = async (api: Foundation, query: string) => client(api, 'admin', `/v2/events${query}`)
const guids = (body: { resources: { metadata: { guid: string } }[] }) =>
  body.resources.map(each => each.metadata.guid).join('')

const found: [query: string, guids: string, why: string][] = [
  ['', 'cbade', 'ordered by timestamp and id, oldest first'],
  ['?order-direction=desc', 'edabc', 'both descending'],
  ['?order-by=id', 'cbade', 'order-by is accepted and ignored'],
  ['?q=', 'cbade', 'an empty q filters nothing'],
  ['?q=type:audit.app.update', 'cb', 'equality'],
  ['?q=type:audit.app.create,audit.app.update', '', 'a list after : is one literal value'],
  ['?q=type:a,b', 'e', 'as here'],
  ['?q=type+IN+audit.app.create,audit.app.update', 'cba', 'IN with plus signs'],
  ['?q=type%20IN%20audit.app.create,audit.app.update', 'cba', 'IN with escapes'],
  ['?q=type+IN+audit.app.create,+audit.app.update', 'a', 'IN does not trim'],
  ['?q=type+IN+', '', 'IN nothing'],
  ['?q=type:audit.app.create&q=type:audit.app.update', '', 'repeated q is AND'],
  ['?q=type:audit.app.update&q=actee:other', 'c', 'repeated q is AND'],
  ['?q=type:audit.app.update%3Bactee:other', 'c', 'an encoded ; is AND'],
  ['?q=type:audit.app.update;actee:other', 'cb', 'a raw ; cuts the rest off'],
  ['?q=type:x%3B%3By', 'd', 'a doubled ; is a literal one'],
  ['?q=type>=audit.app.&q=type<audit.app/', 'cba', 'ranges of text'],
  ['?q=type', '', 'a key alone is compared with NULL'],
  ['?q=organization_guid:org-2', 'e', 'by organization'],
  ['?q=space_guid:space-guid', 'bae', 'by space'],
  [`?q=timestamp>=${at(2)}`, 'ade', 'from a second on'],
  [`?q=timestamp>${at(1)}`, 'ade', '> leaves the whole second out'],
  [`?q=timestamp<=${at(1)}`, 'cb', '<= has the whole second in'],
  [`?q=timestamp<${at(2)}`, 'cb', 'before a second'],
  [`?q=timestamp:${at(1)}`, 'cb', 'the whole second'],
  [`?q=timestamp+IN+${at(1)},${at(2)}`, 'cba', 'several seconds'],
  [`?q=timestamp>=${at(1)}&q=timestamp<${at(2)}`, 'cb', 'half open'],
  ['?q=timestamp>=2026-08-01', 'cbade', 'a bare date'],
  ['?q=timestamp>=2026-08-01T12:00:01%2B02:00', 'cbade', 'an encoded offset'],
  ['?q=timestamp>=2026-08-01T12:00:01+02:00', '', 'a raw + is a space: the offset is lost'],
  ['?results-per-page=2&page=2', 'ad', 'the second page'],
  ['?results-per-page=2&page=9', '', 'a page past the end'],
  ['?inline-relations-depth=1', 'cbade', 'which has no effect'],
]
for (const [query, expected, why] of found) {
  test(`${query || '(nothing)'}: ${why}`, async ({ api }) => {
    const { status, json } = await list(api, query)
    assert.is(status, 200)
    assert.is(guids(json), expected)
  })
}

const refused: [query: string, status: number, code: number, description: string][] = [
  ['?q=actor:a', 400, 10005, 'The query parameter is invalid: actor'],
  ['?q=type!=a', 400, 10005, 'The query parameter is invalid: type!=a'],
  ['?q=type+in+a,b', 400, 10005, 'The query parameter is invalid: type in a,b'],
  ['?q=guid:a', 400, 10005, 'The query parameter is invalid: guid'],
  ['?results-per-page=101', 400, 10005, 'The query parameter is invalid: results_per_page must be <= 100'],
  [
    '?order-direction=up',
    400,
    10005,
    "The query parameter is invalid: order_direction must be 'asc' or 'desc' but was 'up'",
  ],
  ['?order-by=type', 500, 10012, 'Cannot order by: type'],
  ['?q=timestamp>=garbage', 500, 10001, 'An unknown error occurred.'],
  ['?q=timestamp>=2026-13-01T00:00:00Z', 500, 10001, 'An unknown error occurred.'],
  ['?q=timestamp', 500, 10001, 'An unknown error occurred.'],
  ['?page=0', 500, 10001, 'An unknown error occurred.'],
  ['?page=x', 500, 10001, 'An unknown error occurred.'],
]
for (const [query, status, code, description] of refused) {
  test(`${query} is refused`, async ({ api }) => {
    const answer = await list(api, query)
    assert.is(answer.status, status)
    assert.is(answer.json.code, code)
    assert.is(answer.json.description, description)
  })
}

test('the envelope: next_url is a path with sorted parameters', async ({ api }) => {
  const { json } = await list(
    api,
    '?results-per-page=2&q=type+IN+audit.app.update,a,b&q=timestamp>=2020-01-01T00:00:00Z',
  )
  assert.equal(Object.keys(json), ['total_results', 'total_pages', 'prev_url', 'next_url', 'resources'])
  assert.is(json.total_results, 2)
  assert.is(json.next_url, null)
  const first = await list(
    api,
    '?results-per-page=2&q=timestamp>=2020-01-01T00:00:00Z&q=type+IN+audit.app.update,x%3B%3By',
  )
  assert.is(first.json.total_pages, 2)
  assert.is(
    first.json.next_url,
    '/v2/events?order-by=timestamp&order-by=id&order-direction=asc&page=2&q=timestamp%3E=2020-01-01T00:00:00Z&q=type%20IN%20audit.app.update,x6f2d0f9c-6f2b-4a33-9a52-5d0e5c4f4c1ey&results-per-page=2',
  )
  const second = await list(api, '?results-per-page=2&page=2')
  assert.match(second.json.prev_url, /page=1&results-per-page=2$/)
  const none = await list(api, '?q=type:none')
  assert.is(none.json.total_pages, 1)
})

test('the entity: all twelve keys, empty strings for what is not there, whole seconds', async ({ api }) => {
  const { json } = await list(api, '?q=type:x%3B%3By')
  assert.equal(json.resources[0], {
    metadata: { guid: 'd', url: '/v2/events/d', created_at: at(3), updated_at: at(3) },
    entity: {
      type: 'x;y',
      actor: 'actor-guid',
      actor_type: 'user',
      actor_name: 'mail@example.gov',
      actor_username: 'user@example.gov',
      actee: 'app-guid',
      actee_type: 'app',
      actee_name: 'my-app',
      timestamp: at(3),
      metadata: {},
      space_guid: '',
      organization_guid: '',
    },
  })
})

test('one event, a missing one, a deletion', async () => {
  const api = await startFoundation({ events, users: [admin] })
  assert.is((await client(api, 'admin', '/v2/events/a')).json.metadata.guid, 'a')
  const missing = await client(api, 'admin', '/v2/events/nope')
  assert.is(missing.status, 404)
  assert.equal(missing.json, {
    description: 'Event could not be found: nope',
    error_code: 'CF-EventNotFound',
    code: 230002,
  })
  assert.is((await client(api, 'admin', '/v2/events/a', { method: 'DELETE' })).status, 204)
  assert.is((await client(api, 'admin', '/v2/events/a')).status, 404)
  await api.close()
})

test('limits that an operator has lowered', async () => {
  const api = await startFoundation({ events, users: [admin], maxPerPage: { v2: 3 }, maxTotalResults: 4 })
  assert.match((await list(api, '?results-per-page=4')).text, /must be <= 3/)
  assert.match(
    (await list(api, '?results-per-page=3&page=2')).text,
    /\(page \* per_page\) must be less than 4/,
  )
  await api.close()
})

test('switched off: a plain 404 for anybody, /v2/info alone answers', async () => {
  const api = await startFoundation({ v2: false, users: [admin] })
  const off = await client(api, undefined, '/v2/events')
  assert.is(off.status, 404)
  assert.is(off.text, 'V2 endpoints disabled')
  assert.is(off.headers.get('content-type'), 'text/html')
  assert.is(off.headers.get('x-vcap-request-id'), null)
  assert.is((await client(api, undefined, '/v2/info')).json.support, 'CF API v2 is disabled')
  assert.is((await client(api, undefined, '/')).json.links.cloud_controller_v2, undefined)
  await api.close()
})

test.run()
