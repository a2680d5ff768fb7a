import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Query, v2 } from '../../src/capi/api.ts'

const paths = suite('paths of /v2/events')

const tail = 'order-direction=asc&page=1&results-per-page=100'
const order = 'time'
const queries: readonly (readonly [what: string, query: Query, path: string])[] = [
  ['everything', { order }, `/v2/events?${tail}`],
  ['one type', { order, types: ['audit.app.start'] }, `/v2/events?q=type+IN+audit.app.start&${tail}`],
  [
    'types, as the published recipes write them',
    { order, types: ['audit.route.create', 'audit.route.delete-request'] },
    `/v2/events?q=type+IN+audit.route.create,audit.route.delete-request&${tail}`,
  ],
  ['an org', { order, orgGuids: ['o-1'] }, `/v2/events?q=organization_guid:o-1&${tail}`],
  ['several orgs', { order, orgGuids: ['o-1', 'o-2'] }, `/v2/events?q=organization_guid+IN+o-1,o-2&${tail}`],
  ['a space', { order, spaceGuids: ['s-1'] }, `/v2/events?q=space_guid:s-1&${tail}`],
  ['spaces', { order, spaceGuids: ['s-1', 's-2'] }, `/v2/events?q=space_guid+IN+s-1,s-2&${tail}`],
  ['a target', { order, targetGuids: ['t-1'] }, `/v2/events?q=actee:t-1&${tail}`],
  ['targets', { order, targetGuids: ['t-1', 't-2'] }, `/v2/events?q=actee+IN+t-1,t-2&${tail}`],
  [
    'a comma, where there is one value: only IN splits there',
    { order, targetGuids: ['a,b'] },
    `/v2/events?q=actee:a%2Cb&${tail}`,
  ],
  [
    'from a time',
    { order, from: '2026-08-01T00:00:00Z' },
    `/v2/events?q=timestamp%3E=2026-08-01T00:00:00Z&${tail}`,
  ],
  [
    'until a time',
    { order, until: '2026-09-01T00:00:00Z' },
    `/v2/events?q=timestamp%3C2026-09-01T00:00:00Z&${tail}`,
  ],
  [
    'all of it: each condition in a q of its own, for a raw ; would drop what follows',
    {
      order,
      types: ['a', 'b'],
      orgGuids: ['o'],
      spaceGuids: ['s'],
      targetGuids: ['t', 'u'],
      from: '2026-08-01T00:00:00Z',
      until: '2026-09-01T00:00:00Z',
    },
    `/v2/events?q=type+IN+a,b&q=organization_guid:o&q=space_guid:s&q=actee+IN+t,u&q=timestamp%3E=2026-08-01T00:00:00Z&q=timestamp%3C2026-09-01T00:00:00Z&${tail}`,
  ],
  [
    'the newest first',
    { order: 'newest', targetGuids: ['t-1'] },
    '/v2/events?q=actee:t-1&order-direction=desc&page=1&results-per-page=100',
  ],
  [
    'what needs escapes',
    { order, types: ['a;b', 'c&d=ü +'], orgGuids: ['o;x&y'] },
    `/v2/events?q=type+IN+a%3Bb,c%26d%3D%C3%BC%20%2B&q=organization_guid:o%3Bx%26y&${tail}`,
  ],
]
for (const [what, query, path] of queries) paths(what, () => assert.is(v2.path(query, 1, v2.pageSize), path))

paths('another page of another size', () => {
  assert.is(v2.path({ order }, 12, 10), '/v2/events?order-direction=asc&page=12&results-per-page=10')
})

paths('nothing in a path would be sent raw that may not be', () => {
  for (const [, query] of queries) assert.match(v2.path(query, 1, 100), /^[\w/?&=+,:.%-]+$/)
})
paths.run()

const pages = suite('pages of v2')

pages('hold 100 events at most', () => {
  assert.is(v2.name, 'v2')
  assert.is(v2.pageSize, 100)
})

const totals: readonly (readonly [envelope: unknown, total: number | undefined])[] = [
  [{ total_results: 0, total_pages: 1, resources: [] }, 0],
  [{ total_results: 1234 }, 1234],
  [{ total_results: null }, undefined],
  [{ total_results: '7' }, undefined],
  [{ total_results: -1 }, undefined],
  [{ total_results: 1.5 }, undefined],
  [{ total_results: 2 ** 53 }, undefined],
  [{ pagination: { total_results: 7 } }, undefined],
  [{ code: 10000, description: 'Unknown request' }, undefined],
  [{}, undefined],
  [[], undefined],
  ['total_results', undefined],
  [null, undefined],
  [undefined, undefined],
]
for (const [envelope, total] of totals) {
  pages(`the count of ${JSON.stringify(envelope)}`, () => assert.is(v2.total(envelope), total))
}

const link = (page: number) =>
  `/v2/events?order-direction=asc&page=${page}&q=type%20IN%20a&results-per-page=50`

pages('those of one listing say so, whichever way their links lead', () => {
  const first = v2.listing({ prev_url: null, next_url: link(2) })
  assert.type(first, 'string')
  assert.is(v2.listing({ prev_url: link(1), next_url: link(3) }), first)
  assert.is(v2.listing({ prev_url: link(11), next_url: null }), first)
})

pages('those of another listing do not', () => {
  const first = v2.listing({ next_url: link(2) })
  assert.is.not(v2.listing({ next_url: link(2).replace('IN%20a', 'IN%20b') }), first)
  assert.is.not(v2.listing({ next_url: link(2).replace('page=50', 'page=60') }), first)
})

pages('a page without links does not say', () => {
  for (const envelope of [{ prev_url: null, next_url: null }, {}, null, { next_url: 7 }]) {
    assert.is(v2.listing(envelope), undefined)
  }
})

pages('the merged envelope', () => {
  assert.is(
    v2.envelopeTail(7, undefined),
    '"total_results":7,"total_pages":1,"prev_url":null,"next_url":null}',
  )
})
pages.run()
