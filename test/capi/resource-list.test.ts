import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BadRequest, type CapiClient } from '../../src/capi/client.ts'
import { filterLists, include, listAll, type WholeList } from '../../src/capi/resource-list.ts'
import { Failed, Incomplete, TimedOut } from '../../src/errors.ts'

/** A list whose rows a test may change before each answer, as Cloud Controller serves it. */
interface Served {
  rows: { guid: string; created_at?: string }[]
  total?: number | undefined
  included?: unknown
}

const start = Date.UTC(2026, 7, 1, 10)
const at = (second: number) => new Date(start + second * 1000).toISOString().replace('.000Z', 'Z')

/** One a second. */
const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ guid: `guid-${index + 1}`, created_at: at(index + 1) }))

/**
 * An API with one list.
 * @param change is called with the number of the question before it is answered; what it throws is the answer.
 */
function listing(served: Served, change: (question: number, path: string) => void = () => {}) {
  const paths: string[] = []
  const client: CapiClient = async (path, read) => {
    paths.push(path)
    if (paths.length > 40) throw new Error('This never ends')
    change(paths.length, path)
    const query = new URLSearchParams(path.replace(/^.*?\?/, ''))
    const size = Number(query.get('per_page'))
    const from = query.get('created_ats[gte]') ?? ''
    const until = query.get('created_ats[lt]') ?? '~'
    const found = served.rows.filter(({ created_at: time = '' }) => time >= from && time < until)
    if (query.get('order_by') === '-created_at') found.reverse()
    const first = (Number(query.get('page')) - 1) * size
    const page = found.slice(first, first + size)
    // The window function knows no total of an empty page.
    const total = served.total ?? (page.length === 0 ? 0 : found.length)
    const body = JSON.stringify({
      pagination: { total_results: total },
      resources: page,
      ...(served.included === undefined ? {} : { included: served.included }),
    })
    return { value: read(Buffer.from(body)), date: start }
  }
  return { client, paths }
}

const guidsOf = (all: Served['rows']) => all.map(({ guid }) => guid)
const guids = ({ resources }: WholeList) => resources.map(({ guid }) => guid)

const whole = suite('a list to its end')

whole('one page is one question', async () => {
  const { client, paths } = listing({ rows: rows(3) })
  assert.equal(guids(await listAll(client, '/v3/roles?types=a')), ['guid-1', 'guid-2', 'guid-3'])
  assert.equal(paths, ['/v3/roles?types=a&order_by=created_at&page=1&per_page=5000'])
})

whole('a path without filters', async () => {
  const { client, paths } = listing({ rows: [] })
  assert.equal(guids(await listAll(client, '/v3/organizations')), [])
  assert.equal(paths, ['/v3/organizations?order_by=created_at&page=1&per_page=5000'])
})

whole('what comes after a page is asked for by its time', async () => {
  for (const [count, more] of [
    [5001, [at(5000)]],
    [10_000, [at(5000), at(9999)]],
  ] as const) {
    const { client, paths } = listing({ rows: rows(count) })
    assert.equal(guids(await listAll(client, '/v3/roles?x=1')), guidsOf(rows(count)))
    assert.equal(paths, [
      '/v3/roles?x=1&order_by=created_at&page=1&per_page=5000',
      ...more.map(
        time => `/v3/roles?x=1&created_ats%5Bgte%5D=${time}&order_by=created_at&page=1&per_page=5000`,
      ),
    ])
  }
})

whole('all of one second, as roles are that are older than their dates', async () => {
  const old = rows(5400).map(row => ({ ...row, created_at: at(0) }))
  const { client } = listing({
    rows: [...old, ...rows(10).map(row => ({ ...row, guid: `new-${row.guid}` }))],
  })
  assert.is((await listAll(client, '/v3/roles')).resources.length, 5410)
})

whole('rows without a time', async () => {
  const { client } = listing({ rows: rows(5400).map(({ guid }) => ({ guid })) })
  assert.is((await listAll(client, '/v3/anything')).resources.length, 5400)
})

whole('records keep their bytes, values are parsed', async () => {
  const body =
    '{"pagination":{"total_results":1},"resources":[{"guid":"a",  "big":12345678901234567890}]}\nWarning: old'
  const list = await listAll(
    async (_, read) => ({ value: read(Buffer.from(body)), date: undefined }),
    '/v3/x',
  )
  assert.is(list.resources[0]?.record.toString(), '{"guid":"a",  "big":12345678901234567890}')
  assert.is(list.resources[0]?.guid, 'a')
})

whole('what is included is merged over the pages, each once', async () => {
  const served: Served = { rows: rows(5001) }
  const { client } = listing(served, question => {
    served.included = { users: [{ guid: 'both' }, { guid: `user-${question}` }], spaces: [] }
  })
  const { included } = await listAll(client, '/v3/roles?include=user')
  assert.equal([...(included.get('users')?.keys() ?? [])], ['both', 'user-1', 'user-2'])
  assert.is(included.get('spaces')?.size, 0)
  include(included, { users: [{ guid: 'more' }], odd: 7 })
  assert.is(included.get('users')?.size, 4)
  include(included, null)
})

whole('rows that are deleted in front of the reader cost no other row', async () => {
  const served: Served = { rows: rows(5003) }
  const { client, paths } = listing(served, question => {
    if (question === 2) served.rows.splice(0, 3)
  })
  assert.is((await listAll(client, '/v3/roles')).resources.length, 5003)
  assert.is(paths.length, 2)
})

whole('fewer rows than counted, and a GUID that comes twice, are incomplete', async () => {
  for (const served of [
    { rows: rows(3), total: 4 },
    { rows: [...rows(2), { guid: 'guid-2', created_at: at(2) }] },
  ]) {
    const { client } = listing(served)
    await rejects(
      listAll(client, '/v3/roles?x=1'),
      (error: Error) =>
        error instanceof Incomplete &&
        /counts \d resources of \/v3\/roles/.test(error.message) &&
        // A list has no such option.
        !error.advice.includes('--until'),
    )
  }
})

whole('a lower limit of the operators is obeyed', async () => {
  const { client, paths } = listing({ rows: rows(250) }, (_, path) => {
    if (path.includes('per_page=5000')) throw new BadRequest('Per page must be between 1 and 100', '')
  })
  assert.is((await listAll(client, '/v3/users')).resources.length, 250)
  assert.is(paths.length, 4)
})

whole('a page that is too large is asked for in tenths, each row once', async () => {
  const { client } = listing({ rows: rows(5400) }, (question, path) => {
    if (question > 1 && path.includes('per_page=5000')) throw new TimedOut('slow', '')
  })
  const list = await listAll(client, '/v3/roles')
  assert.equal(guids(list), guidsOf(rows(5400)))
})

whole('more in a second than operators show: incomplete, with the reason', async () => {
  const { client } = listing({ rows: rows(1500).map(row => ({ ...row, created_at: at(1) })) }, (_, path) => {
    const query = new URLSearchParams(path.replace(/^.*?\?/, ''))
    if (Number(query.get('page')) * Number(query.get('per_page')) >= 500) {
      throw new BadRequest('Maximum result (page * per_page) must be less than 500', '')
    }
  })
  await rejects(
    listAll(client, '/v3/roles?x=1'),
    (error: Error) =>
      error instanceof Incomplete &&
      /more resources of \/v3\/roles .* must be less than 500/.test(error.message),
  )
})

whole('what is no list is a failure', async () => {
  for (const body of [
    '{}',
    '[]',
    '{"resources":[]}',
    '{"pagination":{"total_results":"1"},"resources":[]}',
    '{"pagination":{"total_results":1},"resources":[{}]}',
    '{"pagination":{"total_results":1},"resources":[7]}',
    '{"pagination":{"total_results":1},"resources":[{"guid":null}]}',
  ]) {
    const client: CapiClient = async (_, read) => ({ value: read(Buffer.from(body)), date: undefined })
    await rejects(listAll(client, '/v3/roles'), Failed, body)
  }
})

whole('values of a filter fill as few request lines as they fit into', () => {
  assert.equal(filterLists([]), [])
  assert.equal(filterLists(['a,b', 'c d']), ['a%252Cb,c%2520d'])
  const many = Array.from(
    { length: 250 },
    (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  )
  const lists = filterLists(new Set(many))
  assert.equal(
    lists.map(list => list.split(',').length),
    [108, 108, 34],
  )
  assert.equal(lists.join(',').split(','), many)
  assert.ok(lists.every(list => list.length <= 4000))
  assert.is(filterLists(['x'.repeat(5000), 'y']).length, 2)
})

whole.run()
