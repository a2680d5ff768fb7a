import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Query, v2, v3 } from '../../src/capi/api.ts'
import { BadRequest, type CapiClient, EndpointMissing } from '../../src/capi/client.ts'
import { oneLane, openListing, type Proof } from '../../src/capi/event-listing.ts'
import { CutShort, Failed, Incomplete, TimedOut } from '../../src/errors.ts'

/** An event in a listing of the smallest API that there is. */
interface Row {
  readonly guid: string
  readonly time: string
}

const start = Date.parse('2026-11-01T00:00:00Z')
const at = (second: number) => new Date(start + second * 1000).toISOString().replace('.000Z', 'Z')
const row = (number: number, second = number): Row => ({
  guid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  time: at(second),
})
const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index + 1))

/** What a test does to the API: before a request is answered, or instead of the answer. */
interface Trouble {
  /** Changes the rows, or throws; `number` counts the requests from 1. */
  readonly before?: (rows: Row[], number: number, path: string) => void
  readonly total?: (count: number, number: number) => number
  readonly largest?: number
}

/** An offset listing without a snapshot, as Cloud Controller's, and the paths that it was asked for. */
function api(
  all: Row[],
  { before, total, largest = 100 }: Trouble = {},
): { client: CapiClient; paths: string[] } {
  const paths: string[] = []
  const client: CapiClient = async (path, read) => {
    paths.push(path)
    before?.(all, paths.length, path)
    const url = new URL(path, 'http://api')
    const parameter = (name: string) => url.searchParams.get(name)
    const perPage = Math.min(Number(parameter('per_page')), largest)
    const from = parameter('created_ats[gte]') ?? ''
    const until = parameter('created_ats[lt]') ?? '~'
    const found = all.filter(({ time }) => time >= from && time < until)
    if (parameter('order_by') !== null) found.sort((a, b) => (a.time + a.guid < b.time + b.guid ? -1 : 1))
    const first = (Number(parameter('page')) - 1) * perPage
    const body = {
      pagination: { total_results: total?.(found.length, paths.length) ?? found.length },
      resources: found
        .slice(first, first + perPage)
        .map(({ guid, time }) => ({ guid, created_at: time, type: 't' })),
    }
    return { value: read(Buffer.from(JSON.stringify(body))), date: start + 1_000_000_000 }
  }
  return { client, paths }
}

const small = { ...v3, pageSize: 10 }
const query: Query = { order: 'time' }
const now = () => start

async function readAll(client: CapiClient, asked: Query = query): Promise<{ guids: string[]; proof: Proof }> {
  const { events } = await openListing([small], asked, { client, now, concurrency: oneLane })
  const guids: string[] = []
  let step = await events.next()
  for (; !step.done; step = await events.next()) guids.push(...step.value.map(event => event.guid))
  return { guids, proof: step.value }
}

const guidsOf = (all: readonly Row[]) => all.map(({ guid }) => guid)
const pageOf = (path: string) => new URL(path, 'http://api').searchParams.get('page')

const steady = suite('pages of a steady listing')

for (const count of [0, 1, 9, 10, 11, 20, 35]) {
  steady(`${count} events, each once, no request too many`, async () => {
    const { client, paths } = api(rows(count))
    const { guids, proof } = await readAll(client)
    assert.equal(guids, guidsOf(rows(count)))
    // Of more than one page, one more tells whether rows came and went alike.
    assert.is(paths.length, count <= 10 ? 1 : Math.ceil(count / 10) + 1)
    assert.is(proof.read, count)
    assert.is(proof.counted, count)
    assert.is(proof.oldest, count === 0 ? undefined : at(1))
    assert.is(proof.newest, count === 0 ? undefined : at(count))
  })
}

steady('an upper bound is fixed by the API’s clock as soon as there is a second page', async () => {
  const { client, paths } = api(rows(25))
  await readAll(client)
  assert.not.match(paths[0]!, 'created_ats')
  for (const path of paths.slice(1)) assert.match(path, 'created_ats%5Blt%5D=2026-11-12T13:46:40Z')
})

steady(
  'as many events come late as expire between two pages: every page counts alike, and none is lost',
  async () => {
    const late = row(99, 24)
    const { client } = api(rows(25), {
      before(all, number) {
        if (number === 2) all.splice(0, 1, late)
      },
    })
    const { guids, proof } = await readAll(client)
    assert.equal(guids.toSorted(), guidsOf([...rows(25), late]).toSorted())
    assert.equal([proof.read, proof.counted, proof.expired], [26, 25, 1])
  },
)

steady('what ended long ago cannot grow: no request more than pages', async () => {
  const { client, paths } = api(rows(35))
  const { guids } = await readAll(client, { ...query, until: at(36) })
  assert.is(guids.length, 35)
  assert.is(paths.length, 4)
})

steady('a bound that was asked for stands in every request', async () => {
  const { client, paths } = api(rows(25))
  const { guids } = await readAll(client, { ...query, from: at(5), until: at(20) })
  assert.equal(guids, guidsOf(rows(25).slice(4, 19)))
  for (const path of paths) assert.match(path, `created_ats%5Blt%5D=${at(20)}`)
})

steady('all events in one second', async () => {
  const tied = rows(35).map(({ guid }, index) => ({ ...row(index + 1, 7), guid }))
  const { guids } = await readAll(api(tied).client)
  assert.equal(guids, guidsOf(tied))
})

steady('a server with smaller pages than asked for', async () => {
  const { guids } = await readAll(api(rows(25), { largest: 4 }).client)
  assert.equal(guids, guidsOf(rows(25)))
})

steady.run()

const moving = suite('pages of a listing that moves')

moving('events that are added at the end of time do not matter', async () => {
  const all = rows(35)
  const { client } = api(all, { before: (rows, number) => rows.push(row(1000 + number, 2_000_000)) })
  const { guids, proof } = await readAll(client)
  assert.equal(guids, guidsOf(rows(35)))
  assert.is(proof.counted, 35)
})

for (const lost of [1, 3, 10, 25]) {
  moving(`${lost} events that expire before each request cost no other event`, async () => {
    const all = rows(95)
    const { client } = api(all, { before: (rows, number) => number > 1 && rows.splice(0, lost) })
    const { guids } = await readAll(client)
    const missing = guidsOf(rows(95)).filter(guid => !guids.includes(guid))
    // Only what had gone before it could be read may be missing, and nothing is there twice.
    for (const guid of missing)
      assert.not.ok(
        all.some(left => left.guid === guid),
        `${guid} is still there`,
      )
    assert.is(new Set(guids).size, guids.length)
  })
}

moving('events that were read and then expired are kept, and told', async () => {
  const all = rows(35)
  const { client } = api(all, { before: (rows, number) => number === 3 && rows.splice(0, 5) })
  const { guids, proof } = await readAll(client)
  assert.equal(guids, guidsOf(rows(35)))
  assert.is(proof.expired, 5)
  assert.is(proof.counted, 30)
})

moving('an event that is committed late, before what was read, is found', async () => {
  const all = rows(35)
  const late = { ...row(900), time: at(3) }
  const { client } = api(all, { before: (rows, number) => number === 3 && rows.push(late) })
  const { guids } = await readAll(client)
  assert.equal(guids.toSorted(), guidsOf([...rows(35), late]).toSorted())
})

moving('in a long listing one expires and one comes late at the same moment', async () => {
  const all = rows(120)
  const { client } = api(all, {
    before(rows, number) {
      if (number < 2 || number > 5) return
      rows.shift()
      rows.push({ ...row(900 + number), time: at(100 + number) })
    },
  })
  const { guids } = await readAll(client)
  for (const left of all) assert.ok(guids.includes(left.guid), `${left.guid} is missing`)
})

moving('in the order of insertion, where no time bounds the rest, the listing is read again', async () => {
  const all = rows(45)
  const { client } = api(all, { before: (rows, number) => number === 3 && rows.splice(0, 4) })
  const { guids, proof } = await readAll(client, { order: 'inserted' })
  assert.equal(guids.toSorted(), guidsOf(rows(45)))
  assert.is(proof.expired, 4)
})

for (const [name, total] of [
  ['too many', (count: number) => count + 1],
  ['too few', (count: number) => count - 1],
] as const) {
  moving(`a count of ${name} ends as incomplete`, async () => {
    await rejects(
      readAll(api(rows(25), { total }).client),
      (error: Error) => error instanceof Incomplete && /25 events .* counts 2[46]/.test(error.message),
    )
  })
}

moving('a count beyond all measure ends too', async () => {
  const { client, paths } = api(rows(25), { total: () => 1_000_000_000 })
  await rejects(readAll(client), Incomplete)
  assert.ok(paths.length < 20)
})

moving.run()

const troubled = suite('pages that cannot be had')

troubled('a page that takes too long is asked for in tenths, the others are not', async () => {
  const { client, paths } = api(rows(35), {
    before(_rows, _number, path) {
      if (pageOf(path) === '2' && path.includes('per_page=10')) throw new TimedOut('slow', '')
    },
  })
  const { guids } = await readAll(client)
  assert.equal(guids, guidsOf(rows(35)))
  assert.is(paths.filter(path => /page=(1[1-9]|20)&per_page=1$/.test(path)).length, 10)
  assert.is(paths.filter(path => path.endsWith('per_page=10')).length, 4)
})

troubled('a first page that is cut is asked for in tenths', async () => {
  const large = { ...v3, pageSize: 100 }
  const { client, paths } = api(rows(35), {
    before(_, number) {
      if (number === 1) throw new CutShort('cut', '')
    },
  })
  const { events } = await openListing([large], query, { client, now, concurrency: oneLane })
  let count = 0
  for await (const page of events) count += page.length
  assert.is(count, 35)
  assert.match(paths[1]!, 'per_page=10')
})

troubled('what times out in tenths too is an error', async () => {
  const { client } = api(rows(35), {
    before(_, number) {
      if (number > 1) throw new TimedOut('slow', '')
    },
  })
  await rejects(readAll(client), TimedOut)
})

troubled('a lower limit of per_page is obeyed', async () => {
  const { client, paths } = api(rows(25), {
    before(_rows, _number, path) {
      const size = Number(new URL(path, 'http://api').searchParams.get('per_page'))
      if (size > 7)
        throw new BadRequest('The query parameter is invalid: Per page must be between 1 and 7', '')
    },
  })
  const { guids } = await readAll(client)
  assert.equal(guids, guidsOf(rows(25)))
  assert.is(paths.length, 1 + 4 + 1)
})

troubled('a limit of the depth is passed by time', async () => {
  const { client } = api(rows(55), {
    before(_rows, _number, path) {
      const { searchParams } = new URL(path, 'http://api')
      if (Number(searchParams.get('page')) * Number(searchParams.get('per_page')) >= 25) {
        throw new BadRequest('Maximum result (page * per_page) must be less than 25', '')
      }
    },
  })
  const { guids, proof } = await readAll(client)
  assert.equal(guids, guidsOf(rows(55)))
  assert.is(proof.counted, 55)
})

troubled('the other API is asked only where the first is not served', async () => {
  const asked: string[] = []
  const client: CapiClient = async (path, read) => {
    asked.push(path.slice(0, 4))
    if (path.startsWith('/v3')) throw new EndpointMissing('Unknown request', '')
    return { value: read(Buffer.from('{"total_results":0,"resources":[]}')), date: start }
  }
  const listing = await openListing([v3, v2], query, { client, now, concurrency: oneLane })
  assert.is(listing.api.name, 'v2')
  assert.equal(asked, ['/v3/', '/v2/'])

  const failing: CapiClient = async () => {
    throw new Failed('status 500', '')
  }
  await rejects(openListing([v3, v2], query, { client: failing, now, concurrency: oneLane }), /status 500/)
})

troubled('a page that is JSON of another kind is not served', async () => {
  const client: CapiClient = async (_, read) => ({
    value: read(Buffer.from('{"hello":"world"}')),
    date: start,
  })
  await rejects(
    openListing([v3, v2], query, { client, now, concurrency: oneLane }),
    (error: Error) => error instanceof Failed && /v2\/events/.test(error.message),
  )
})

troubled('a record without a GUID is named', async () => {
  const client: CapiClient = async (_, read) => ({
    value: read(Buffer.from('{"pagination":{"total_results":1},"resources":[{"guid":7}]}')),
    date: start,
  })
  await rejects(readAll(client), /record 1 of page 1 has no GUID/)
})

troubled.run()
