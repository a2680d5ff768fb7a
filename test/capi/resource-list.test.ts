import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BadRequest, type CapiClient } from '../../src/capi/client.ts'
import { filterLists, include, listAll, type WholeList } from '../../src/capi/resource-list.ts'
import { CutShort, Failed, Incomplete, TimedOut } from '../../src/errors.ts'

const date = Date.UTC(2026, 7, 1, 10, 0, 0, 500)

/** A list whose rows a test may change before each answer, as Cloud Controller serves it. */
interface Served {
  rows: object[]
  total?: number | undefined
  included?: unknown
}

const rows = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => ({ guid: `guid-${from + index}` }))

/**
 * An API with one list.
 * @param change is called with the number of the question before it is answered; what it throws is the answer.
 */
function listing(served: Served, change: (question: number, path: string) => void = () => {}, dated = true) {
  const paths: string[] = []
  const client: CapiClient = async (path, read) => {
    paths.push(path)
    if (paths.length > 40) throw new Error('This never ends')
    change(paths.length, path)
    const query = new URLSearchParams(path.replace(/^.*?\?/, ''))
    const size = Number(query.get('per_page'))
    const start = (Number(query.get('page')) - 1) * size
    const page = served.rows.slice(start, start + size)
    // The window function knows no total of an empty page.
    const total = served.total ?? (page.length === 0 ? 0 : served.rows.length)
    const body = JSON.stringify({
      pagination: { total_results: total },
      resources: page,
      ...(served.included === undefined ? {} : { included: served.included }),
    })
    return { value: read(Buffer.from(body)), date: dated ? date : undefined }
  }
  return { ask: client, paths }
}

const guids = ({ resources }: WholeList) => resources.map(({ guid }) => guid)

const whole = suite('a list to its end')

whole('one page is one question', async () => {
  const { ask: client, paths } = listing({ rows: rows(3) })
  assert.equal(guids(await listAll(client, '/v3/roles?types=a')), ['guid-1', 'guid-2', 'guid-3'])
  assert.equal(paths, ['/v3/roles?types=a&page=1&per_page=5000'])
})

whole('a path without filters', async () => {
  const { ask: client, paths } = listing({ rows: [] })
  assert.equal(guids(await listAll(client, '/v3/organizations')), [])
  assert.equal(paths, ['/v3/organizations?page=1&per_page=5000'])
})

whole(
  'pages behind the first are bounded by the time of the first; none is asked for past the end',
  async () => {
    for (const count of [5001, 10_000]) {
      const { ask: client, paths } = listing({ rows: rows(count) })
      assert.is((await listAll(client, '/v3/roles?x=1')).resources.length, count)
      assert.equal(paths, [
        '/v3/roles?x=1&page=1&per_page=5000',
        '/v3/roles?x=1&page=2&per_page=5000&created_ats%5Blt%5D=2026-08-01T10:00:00Z',
      ])
    }
  },
)

whole('an answer without a date bounds nothing', async () => {
  const { ask: client, paths } = listing({ rows: rows(5001) }, undefined, false)
  assert.is((await listAll(client, '/v3/roles')).resources.length, 5001)
  assert.is(paths[1], '/v3/roles?page=2&per_page=5000')
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
  const { ask: client } = listing(served, question => {
    served.included = { users: [{ guid: 'both' }, { guid: `user-${question}` }], spaces: [] }
  })
  const { included } = await listAll(client, '/v3/roles?include=user')
  assert.equal([...(included.get('users')?.keys() ?? [])], ['both', 'user-1', 'user-2'])
  assert.is(included.get('spaces')?.size, 0)
  include(included, { users: [{ guid: 'more' }], odd: 7 })
  assert.is(included.get('users')?.size, 4)
  include(included, null)
})

whole(
  'a row deleted in front while reading: the list is read again, and holds what is there then',
  async () => {
    const served: Served = { rows: rows(5003) }
    const { ask: client, paths } = listing(served, question => {
      if (question === 2) served.rows.shift()
    })
    const list = await listAll(client, '/v3/roles')
    assert.is(list.resources.length, 5002)
    assert.not.ok(guids(list).includes('guid-1'))
    assert.is(paths.length, 4)
  },
)

whole('a list that shrinks to one page while reading counts 0 behind it, and is read again', async () => {
  const served: Served = { rows: rows(5001) }
  const { ask: client } = listing(served, question => {
    if (question === 2) served.rows = rows(10)
  })
  assert.is((await listAll(client, '/v3/roles')).resources.length, 10)
})

whole('a list that never stands still is incomplete after three readings', async () => {
  const served: Served = { rows: rows(5900) }
  const { ask: client, paths } = listing(served, () => void served.rows.shift())
  await rejects(listAll(client, '/v3/roles?x=1'), (error: Error) => {
    assert.instance(error, Incomplete)
    assert.match(error.message, /resources of \/v3\/roles could be read, but Cloud Foundry counts \d+/)
    return true
  })
  assert.is(paths.length, 6)
})

whole('fewer rows than counted, and a GUID that comes twice, are incomplete', async () => {
  for (const served of [{ rows: rows(3), total: 4 }, { rows: [...rows(2), { guid: 'guid-1' }] }]) {
    const { ask: client, paths } = listing(served)
    await rejects(listAll(client, '/v3/roles'), Incomplete)
    assert.is(paths.length, 3)
  }
})

whole('a lower limit of the operators is obeyed', async () => {
  const { ask: client, paths } = listing({ rows: rows(250) }, (_, path) => {
    if (path.includes('per_page=5000')) throw new BadRequest('Per page must be between 1 and 100', '')
  })
  assert.is((await listAll(client, '/v3/users')).resources.length, 250)
  assert.is(paths.length, 4)
})

whole('a page that is too large is asked for in tenths, each row once', async () => {
  for (const failure of [new TimedOut('slow', ''), new CutShort('cut', '')]) {
    const { ask: client, paths } = listing({ rows: rows(5400) }, (question, path) => {
      if (question > 1 && path.includes('per_page=5000')) throw failure
    })
    const list = await listAll(client, '/v3/roles')
    assert.is(list.resources.length, 5400)
    assert.is(new Set(guids(list)).size, 5400)
    assert.is(paths.length, 2 + 11)
  }
})

whole('a page that no size helps is the failure itself', async () => {
  const { ask: client, paths } = listing({ rows: rows(1) }, () => {
    throw new TimedOut('slow', '')
  })
  await rejects(listAll(client, '/v3/roles'), TimedOut)
  assert.is(paths.length, 4)
})

whole('operators that show only the beginning of a list: incomplete, with the reason', async () => {
  const { ask: client, paths } = listing({ rows: rows(1500) }, (_, path) => {
    const query = new URLSearchParams(path.replace(/^.*?\?/, ''))
    if (Number(query.get('page')) * Number(query.get('per_page')) >= 1000) {
      throw new BadRequest('Maximum result (page * per_page) must be less than 1000', '')
    }
  })
  await rejects(listAll(client, '/v3/roles?x=1'), (error: Error) => {
    assert.instance(error, Incomplete)
    assert.match(error.message, /beginning of \/v3\/roles\. Maximum result .* must be less than 1000/)
    return true
  })
  assert.is(paths.length, 3)
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
