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
  event({ guid: 'z', type: 'audit.app.create', timestamp: at(2) }),
  event({ guid: 'y', timestamp: at(1, '.900') }),
  event({ guid: 'x', timestamp: at(1, '.900'), actee: 'other', spaceGuid: '' }),
  event({ guid: 'w', type: 'a,b', timestamp: at(3), orgGuid: '', spaceGuid: '', metadata: null }),
]

const test = suite<{ api: Foundation }>('GET /v3/audit_events')
test.before(async context => {
  context.api = await startFoundation({ events, users: [admin], externalUrl: 'https://api.example.gov' })
})
test.after(context => context.api.close())

const list = (api: Foundation, query: string) => client(api, 'admin', `/v3/audit_events${query}`)
const guids = (body: { resources: { guid: string }[] }) => body.resources.map(each => each.guid).join('')

const found: [query: string, guids: string, why: string][] = [
  ['', 'zyxw', 'ordered by id'],
  ['?order_by=created_at', 'xyzw', 'by time, then by GUID'],
  ['?order_by=%2Bcreated_at', 'xyzw', 'with an encoded plus'],
  ['?order_by=-created_at', 'wzyx', 'all of it descending'],
  ['?order_by=updated_at', 'xyzw', 'which is the same'],
  ['?types=audit.app.create,audit.app.update', 'zyx', 'a comma is OR'],
  ['?types=audit.app.create,%20audit.app.update', 'zyx', 'white space after it is dropped'],
  [
    '?types=audit.app.create&types=audit.app.update',
    'yx',
    'a repeated parameter is not merged: the last wins',
  ],
  ['?types=a%252Cb', 'w', 'a literal comma is escaped twice'],
  ['?types=a%2Cb', '', 'once is a separator'],
  ['?types=', '', 'an empty type matches nothing'],
  ['?types[]=audit.app.create', '', 'a list of Rack is taken literally'],
  ['?types=nonsense', '', 'types are never validated'],
  ['?types=audit.app.update&space_guids=space-guid', 'y', 'different parameters are AND'],
  ['?target_guids=other', 'x', 'by target'],
  ['?target_guids[not]=other', 'zyw', 'by anything but a target'],
  ['?target_guids%5Bnot%5D%5B%5D=other', 'zyxw', "the API's own link to page 2 excludes nothing"],
  ['?guids=z,w', 'zw', 'by GUID'],
  ['?organization_guids=nonsense', '', 'an unknown organization is no error'],
  [`?created_ats=${at(1)},${at(3)}`, 'yxw', 'whole seconds'],
  [`?created_ats[gt]=${at(1)}`, 'zw', 'gt leaves the second out'],
  [`?created_ats[gte]=${at(1)}&created_ats[lt]=${at(3)}`, 'zyx', 'half open'],
  [`?created_ats[lte]=${at(2)}`, 'zyx', 'lte has the second in'],
  [`?updated_ats[gte]=${at(2)}`, 'zw', 'updated is created'],
  ['?per_page=2&page=2', 'xw', 'the second page'],
  ['?per_page=2&page=3', '', 'past the end'],
]
for (const [query, expected, why] of found) {
  test(`${query || '(nothing)'}: ${why}`, async ({ api }) => {
    const { status, json } = await list(api, query)
    assert.is(status, 200)
    assert.is(guids(json), expected)
  })
}

const valid =
  "Valid parameters are: 'page', 'per_page', 'order_by', 'created_ats', 'updated_ats', 'guids', 'types', 'target_guids', 'space_guids', 'organization_guids'"
const format =
  "Created ats has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'"
const refused: [query: string, detail: string][] = [
  ['?actor=a', `Unknown query parameter(s): 'actor'. ${valid}`],
  ['?per_page=5001', 'Per page must be between 1 and 5000'],
  ['?per_page=0', 'Per page must be a positive integer'],
  ['?page=0', 'Page must be a positive integer'],
  ['?order_by=id', "Order by can only be: 'created_at', 'updated_at'"],
  ['?order_by=+created_at', "Order by can only be: 'created_at', 'updated_at'"],
  ['?created_ats[gte]=2026-08-01', format],
  ['?created_ats[gte]=2026-08-01T10:00:00.5Z', format],
  ['?created_ats[gte]=2026-08-01T10:00:00%2B02:00', format],
  [
    `?created_ats[gte]=${at(1)},${at(2)}`,
    'Created ats only accepts one value when using a relational operator',
  ],
  [`?created_ats[ge]=${at(1)}`, "Created ats Invalid relational operator: 'ge'"],
]
for (const [query, detail] of refused) {
  test(`${query} is refused`, async ({ api }) => {
    const { status, json } = await list(api, query)
    assert.is(status, 400)
    assert.equal(json, {
      errors: [
        { detail: `The query parameter is invalid: ${detail}`, title: 'CF-BadQueryParameter', code: 10005 },
      ],
    })
  })
}

test('a thirteenth month passes the format and fails in the database', async ({ api }) => {
  const { status, text } = await list(api, '?created_ats[gte]=2026-13-01T00:00:00Z')
  assert.is(status, 500)
  assert.match(text, /UnknownError/)
})

test('the envelope: links are absolute and every filter is encoded again', async ({ api }) => {
  const { json } = await list(
    api,
    `?types=audit.app.update,a%252Cb&per_page=1&page=2&order_by=created_at&created_ats[gte]=${at(1)}`,
  )
  const link = (page: number) =>
    `https://api.example.gov/v3/audit_events?created_ats%5Bgte%5D=2026-08-01T10%3A00%3A01Z&order_by=%2Bcreated_at&page=${page}&per_page=1&types=audit.app.update%2Ca%252Cb`
  assert.equal(json.pagination, {
    total_results: 3,
    total_pages: 3,
    first: { href: link(1) },
    last: { href: link(3) },
    next: { href: link(3) },
    previous: { href: link(1) },
  })
  const past = await list(api, '?page=9')
  assert.is(past.json.pagination.total_results, 4)
  assert.is(past.json.pagination.next, null)
  const broken = await list(api, '?target_guids[not]=other&per_page=1')
  assert.match(broken.json.pagination.next.href, /target_guids%5Bnot%5D%5B%5D=other/)
})

test('the resource: null for what is not there, no user name', async ({ api }) => {
  const { json } = await list(api, '?guids=w')
  assert.equal(json.resources[0], {
    guid: 'w',
    created_at: at(3),
    updated_at: at(3),
    type: 'a,b',
    actor: { guid: 'actor-guid', type: 'user', name: 'mail@example.gov' },
    target: { guid: 'app-guid', type: 'app', name: 'my-app' },
    data: {},
    space: null,
    organization: null,
    links: { self: { href: 'https://api.example.gov/v3/audit_events/w' } },
  })
})

test('one event, and a missing one', async ({ api }) => {
  assert.is((await client(api, 'admin', '/v3/audit_events/z')).json.guid, 'z')
  const missing = await client(api, 'admin', '/v3/audit_events/nope')
  assert.is(missing.status, 404)
  assert.equal(missing.json.errors[0], {
    detail: 'Event not found',
    title: 'CF-ResourceNotFound',
    code: 10010,
  })
})

test('before 3.78 the path is unknown', async () => {
  const api = await startFoundation({ v3: false, users: [admin] })
  const { status, json } = await client(api, 'admin', '/v3/audit_events')
  assert.is(status, 404)
  assert.equal(json.errors[0], { detail: 'Unknown request', title: 'CF-NotFound', code: 10000 })
  await api.close()
})

test.run()
