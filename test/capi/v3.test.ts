import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Query, v3 } from '../../src/capi/api.ts'

const paths = suite('paths of /v3/audit_events')

const order = 'time'
const tail = 'order_by=created_at&page=1&per_page=5000'
const queries: readonly (readonly [what: string, query: Query, path: string])[] = [
  ['everything', { order }, `/v3/audit_events?${tail}`],
  [
    'types',
    { order, types: ['audit.route.create', 'audit.route.delete-request'] },
    `/v3/audit_events?types=audit.route.create,audit.route.delete-request&${tail}`,
  ],
  ['an org', { order, orgGuids: ['o-1'] }, `/v3/audit_events?organization_guids=o-1&${tail}`],
  [
    'several orgs: one parameter, for the last of two would win',
    { order, orgGuids: ['o-1', 'o-2'] },
    `/v3/audit_events?organization_guids=o-1,o-2&${tail}`,
  ],
  ['targets', { order, targetGuids: ['t-1', 't-2'] }, `/v3/audit_events?target_guids=t-1,t-2&${tail}`],
  ['spaces', { order, spaceGuids: ['s-1', 's-2'] }, `/v3/audit_events?space_guids=s-1,s-2&${tail}`],
  [
    'from a time',
    { order, from: '2026-08-01T00:00:00Z' },
    `/v3/audit_events?created_ats%5Bgte%5D=2026-08-01T00:00:00Z&${tail}`,
  ],
  [
    'until a time',
    { order, until: '2026-09-01T00:00:00Z' },
    `/v3/audit_events?created_ats%5Blt%5D=2026-09-01T00:00:00Z&${tail}`,
  ],
  [
    'all of it: every parameter once, for the last one wins',
    {
      order,
      types: ['a', 'b'],
      orgGuids: ['o', 'p'],
      spaceGuids: ['s'],
      targetGuids: ['t', 'u'],
      from: '2026-08-01T00:00:00Z',
      until: '2026-09-01T00:00:00Z',
    },
    `/v3/audit_events?types=a,b&organization_guids=o,p&space_guids=s&target_guids=t,u&created_ats%5Bgte%5D=2026-08-01T00:00:00Z&created_ats%5Blt%5D=2026-09-01T00:00:00Z&${tail}`,
  ],
  [
    'the newest first',
    { order: 'newest', targetGuids: ['t-1'] },
    '/v3/audit_events?target_guids=t-1&order_by=-created_at&page=1&per_page=5000',
  ],
  [
    'a comma inside an item is escaped twice',
    { order, types: ['a,b', 'c'] },
    `/v3/audit_events?types=a%252Cb,c&${tail}`,
  ],
  [
    'and so is all that needs it',
    { order, types: ['a&b=c%2C ü'] },
    `/v3/audit_events?types=a%2526b%253Dc%25252C%2520%25C3%25BC&${tail}`,
  ],
]
for (const [what, query, path] of queries) paths(what, () => assert.is(v3.path(query, 1, v3.pageSize), path))

paths('another page of another size', () => {
  assert.is(v3.path({ order }, 12, 500), '/v3/audit_events?order_by=created_at&page=12&per_page=500')
})

paths('no parameter twice, and nothing raw that may not be', () => {
  for (const [, query] of queries) {
    const path = v3.path(query, 1, 5000)
    assert.match(path, /^[\w/?&=,:.%-]+$/)
    const names = path
      .replace(/^.*\?/, '')
      .split('&')
      .map(parameter => parameter.replace(/=.*/, ''))
    assert.is(new Set(names).size, names.length)
  }
})
paths.run()

const pages = suite('pages of v3')

pages('hold 5000 events at most', () => {
  assert.is(v3.name, 'v3')
  assert.is(v3.pageSize, 5000)
})

const totals: readonly (readonly [envelope: unknown, total: number | undefined])[] = [
  [{ pagination: { total_results: 0 } }, 0],
  [{ pagination: { total_results: 1234 } }, 1234],
  [{ pagination: { total_results: '7' } }, undefined],
  [{ pagination: { total_results: -1 } }, undefined],
  [{ pagination: { total_results: 0.5 } }, undefined],
  [{ pagination: null }, undefined],
  [{ pagination: {} }, undefined],
  [{ total_results: 7 }, undefined],
  [{ errors: [{ code: 10000 }] }, undefined],
  [[], undefined],
  [null, undefined],
  [undefined, undefined],
]
for (const [envelope, total] of totals) {
  pages(`the count of ${JSON.stringify(envelope)}`, () => assert.is(v3.total(envelope), total))
}

const page = (query: string) => ({
  pagination: { first: { href: `https://api.x/v3/audit_events?${query}page=1&per_page=50` }, next: null },
})

pages('those of one listing say so', () => {
  assert.type(v3.listing(page('types=a&')), 'string')
  assert.is(v3.listing(page('types=a&')), v3.listing(page('types=a&')))
  assert.is.not(v3.listing(page('types=a&')), v3.listing(page('types=b&')))
})

pages('a page without links does not say', () => {
  for (const envelope of [
    {},
    null,
    { pagination: { first: null } },
    { pagination: { first: { href: 7 } } },
  ]) {
    assert.is(v3.listing(envelope), undefined)
  }
})

pages('the merged envelope', () => {
  assert.is(
    v3.envelopeTail(7, page('')),
    '"pagination":{"total_results":7,"total_pages":1,"first":{"href":"https://api.x/v3/audit_events?page=1&per_page=50"},"last":{"href":"https://api.x/v3/audit_events?page=1&per_page=50"},"next":null,"previous":null}}',
  )
})
pages.run()
