import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Query, v2, v3 } from '../../src/capi/api.ts'
import { type CapiClient, EndpointMissing } from '../../src/capi/client.ts'
import { countEvents, openListing, type Proof, splitQuery } from '../../src/capi/event-listing.ts'
import { Failed, Incomplete, TimedOut, UsageError } from '../../src/errors.ts'
import { fc, holds } from '../generated/check.ts'
import { oneLane } from '../one-lane.ts'

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
  /** Seconds after the start; undefined: it does not say. */
  readonly clock?: number | undefined
}

/** A listing without a snapshot, as Cloud Controller's, and the paths that it was asked for. */
function api(
  all: Row[],
  { before, total, ...trouble }: Trouble = {},
): { client: CapiClient; paths: string[] } {
  const paths: string[] = []
  const clock = 'clock' in trouble ? trouble.clock : 1_000_000
  const client: CapiClient = async (path, read) => {
    paths.push(path)
    before?.(all, paths.length, path)
    const { searchParams } = new URL(path, 'http://api')
    const perPage = Number(searchParams.get('per_page'))
    const from = searchParams.get('created_ats[gte]') ?? ''
    const until = searchParams.get('created_ats[lt]') ?? '~'
    const found = all.filter(({ time }) => time >= from && time < until)
    found.sort((a, b) => (a.time + a.guid < b.time + b.guid ? -1 : 1))
    if (searchParams.get('order_by') === '-created_at') found.reverse()
    const first = (Number(searchParams.get('page')) - 1) * perPage
    const body = {
      pagination: { total_results: total?.(found.length, paths.length) ?? found.length },
      resources: found
        .slice(first, first + perPage)
        .map(({ guid, time }) => ({ guid, created_at: time, type: 't' })),
    }
    const date = clock === undefined ? undefined : start + clock * 1000
    return { value: read(Buffer.from(JSON.stringify(body))), date }
  }
  return { client, paths }
}

const small = { ...v3, pageSize: 10 }
const query: Query = { order: 'time' }
const now = () => start

async function readAll(client: CapiClient, asked: Query = query): Promise<{ guids: string[]; proof: Proof }> {
  const listing = await openListing([small], asked, { client, now, concurrency: oneLane })
  const guids: string[] = []
  for await (const page of listing.events) guids.push(...page.map(event => event.guid))
  return { guids, proof: listing.proof() }
}

const guidsOf = (all: readonly Row[]) => all.map(({ guid }) => guid)

const steady = suite('a listing that stands still')

for (const [count, requests] of [
  [0, 1],
  [1, 1],
  [9, 1],
  // A page that is full may not be all: its last second is asked for again.
  [10, 2],
  [11, 2],
  [18, 2],
  [19, 3],
  [35, 4],
] as const) {
  steady(`${count} events, each once, no request too many`, async () => {
    for (const order of ['time', 'newest'] as const) {
      const { client, paths } = api(rows(count))
      const { guids, proof } = await readAll(client, { order })
      assert.equal(guids, order === 'time' ? guidsOf(rows(count)) : guidsOf(rows(count)).reverse())
      assert.is(paths.length, requests)
      assert.equal(proof, {
        read: count,
        counted: count,
        vanished: 0,
        until: at(1_000_001),
        settled: false,
        oldest: count === 0 ? undefined : at(1),
        newest: count === 0 ? undefined : at(count),
        requests,
      })
    }
  })
}

steady('the upper bound is the API’s clock and a second, from the second request on', async () => {
  const { client, paths } = api(rows(25))
  const { proof } = await readAll(client)
  assert.not.match(paths[0]!, 'created_ats')
  for (const path of paths.slice(1)) assert.match(path, 'created_ats%5Blt%5D=2026-11-12T13:46:41Z')
  assert.is(proof.until, '2026-11-12T13:46:41Z')
})

steady('who just did something sees it, and what comes later is not waited for', async () => {
  const all = [...rows(25), row(26, 100), row(27, 101)]
  const { client } = api(all, {
    clock: 100,
    before: (rows, number) => number > 1 && rows.push(row(30 + number, 100 + number)),
  })
  const { guids, proof } = await readAll(client)
  assert.equal(guids, guidsOf(all.slice(0, 26)))
  assert.is(proof.until, at(101))
  assert.is(proof.vanished, 1) // The first count saw the future, too; that is more than a second away in a test only.
})

steady('one answer is kept whole, whatever the clock says', async () => {
  const { guids, proof } = await readAll(api(rows(9), { clock: 5 }).client)
  assert.equal(guids, guidsOf(rows(9)))
  assert.is(proof.requests, 1)
})

steady('without a clock of the API it is ours', async () => {
  const { client, paths } = api(rows(25), { clock: undefined })
  const all = await openListing([small], query, { client, now: () => start + 20_500, concurrency: oneLane })
  const guids: string[] = []
  for await (const page of all.events) guids.push(...page.map(({ guid }) => guid))
  assert.equal(guids, guidsOf(rows(20)))
  assert.match(paths[1]!, `lt%5D=${at(21)}`)
  assert.is(all.proof().vanished, 0)
})

steady('a bound that was asked for stands in every request; one that has yet to come does not', async () => {
  const { client, paths } = api(rows(25))
  const { guids, proof } = await readAll(client, { ...query, from: at(5), until: at(20) })
  assert.equal(guids, guidsOf(rows(25).slice(4, 19)))
  for (const path of paths) assert.match(path, `created_ats%5Blt%5D=${at(20)}`)
  assert.equal([proof.until, proof.settled], [at(20), true])

  const future = api(rows(25))
  const { proof: later } = await readAll(future.client, { ...query, until: at(2_000_000) })
  assert.equal([later.until, later.settled], [at(1_000_001), false])
})

steady('what ended a quarter of an hour ago is settled', async () => {
  for (const [ago, settled] of [
    [16, true],
    [14, false],
  ] as const) {
    const until = at(1_000_000 - ago * 60)
    assert.is((await readAll(api(rows(5)).client, { ...query, until })).proof.settled, settled)
  }
})

steady('all events in one second', async () => {
  const tied = rows(35).map(({ guid }, index) => ({ ...row(index + 1, 7), guid }))
  for (const order of ['time', 'newest'] as const) {
    const { guids } = await readAll(api([...tied]).client, { order })
    assert.equal(guids, order === 'time' ? guidsOf(tied) : guidsOf(tied).reverse())
  }
})

steady('the proof of what is not yet read is a mistake', async () => {
  const { client } = api(rows(25))
  const listing = await openListing([small], query, { client, now, concurrency: oneLane })
  assert.throws(() => listing.proof(), /not been read to its end/)
  for await (const _ of listing.events) break
  assert.throws(() => listing.proof(), /not been read to its end/)
})

steady('who wants but a few gets pages of that size, and no more than they take', async () => {
  const { client, paths } = api(rows(500))
  const listing = await openListing(
    [v3],
    { order: 'newest' },
    { client, now, concurrency: oneLane, limit: 20 },
  )
  assert.is(listing.total, 500)
  for await (const page of listing.events) {
    assert.equal(
      page.map(({ guid }) => guid),
      guidsOf(rows(500)).slice(480).reverse(),
    )
    break
  }
  assert.equal(paths, ['/v3/audit_events?order_by=-created_at&page=1&per_page=20'])
})

steady.run()

const moving = suite('a listing that moves')

moving('events that are added at the end of time do not matter', async () => {
  const { client } = api(rows(35), { before: (rows, number) => rows.push(row(1000 + number, 2_000_000)) })
  const { guids, proof } = await readAll(client)
  assert.equal(guids, guidsOf(rows(35)))
  assert.is(proof.counted, 35)
})

for (const lost of [1, 3, 10, 25]) {
  moving(`${lost} events that expire before each request cost no other event, and are said`, async () => {
    const all = rows(95)
    const { client } = api(all, { before: (rows, number) => number > 1 && rows.splice(0, lost) })
    const { guids, proof } = await readAll(client)
    for (const { guid } of all) assert.ok(guids.includes(guid), `${guid} is missing`)
    assert.is(new Set(guids).size, guids.length)
    // Those that were read before they went are not missed.
    assert.is(proof.read, guids.length)
    assert.ok(proof.vanished >= 95 - proof.read)
  })
}

moving('as many events come late as expire between two pages: none is lost', async () => {
  for (const second of [3, 24]) {
    const { client } = api(rows(25), {
      before(all, number) {
        if (number === 2) all.splice(0, 1, row(99, second))
      },
    })
    const { guids } = await readAll(client)
    assert.equal(
      guids.filter(guid => guid !== row(99).guid),
      guidsOf(rows(25)),
    )
    assert.is(guids.includes(row(99).guid), second === 24)
  }
})

for (const [name, total] of [
  ['too many', (count: number) => count + 1],
  ['too few', (count: number) => Math.max(0, count - 1)],
  ['beyond all measure', () => 1_000_000_000],
] as const) {
  moving(`a count of ${name} ends as incomplete`, async () => {
    const { client, paths } = api(rows(25), { total })
    await rejects(readAll(client), Incomplete)
    assert.ok(paths.length < 40, `${paths.length}`)
  })
}

moving.run()

const served = suite('which API answers')

const options = { now, concurrency: oneLane }

served('the other API is asked only where the first is not served', async () => {
  const asked: string[] = []
  const client: CapiClient = async (path, read) => {
    asked.push(path.slice(0, 4))
    if (path.startsWith('/v3')) throw new EndpointMissing('Unknown request', '')
    return { value: read(Buffer.from('{"total_results":0,"resources":[]}')), date: start }
  }
  const listing = await openListing([v3, v2], query, { ...options, client })
  assert.is(listing.api.name, 'v2')
  assert.equal(asked, ['/v3/', '/v2/'])
  assert.equal(await countEvents([v3, v2], query, client), { total: 0, pageSize: 100 })

  for (const failure of [new Failed('status 500', ''), new TimedOut('slow', '')]) {
    const failing: CapiClient = async () => {
      throw failure
    }
    await rejects(openListing([v3, v2], query, { ...options, client: failing }), failure)
  }
})

served('a page that is JSON of another kind is not served', async () => {
  const client: CapiClient = async (_, read) => ({
    value: read(Buffer.from('{"hello":"world"}')),
    date: start,
  })
  await rejects(
    openListing([v3, v2], query, { ...options, client }),
    (error: Error) => error instanceof Failed && /v2\/events/.test(error.message),
  )
})

served('a record without a GUID is named', async () => {
  const client: CapiClient = async (_, read) => ({
    value: read(Buffer.from('{"pagination":{"total_results":1},"resources":[{"guid":7}]}')),
    date: start,
  })
  await rejects(readAll(client), /record 1 of page 1 has no GUID/)
})

served.run()

const split = suite('a query that no request line can hold')

const guidOf = (number: number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`
const orgs = Array.from({ length: 500 }, (_, index) => guidOf(index))

/** A foundation whose events are in many orgs, and what was asked of it. */
function foundationOf(all: readonly (Row & { readonly org: string })[], pageSize: number) {
  const paths: string[] = []
  const client: CapiClient = async (path, read) => {
    paths.push(path)
    const { searchParams } = new URL(path, 'http://api')
    const asked = new Set(searchParams.get('organization_guids')?.split(','))
    const perPage = Math.min(Number(searchParams.get('per_page')), pageSize)
    const from = searchParams.get('created_ats[gte]') ?? ''
    const until = searchParams.get('created_ats[lt]') ?? '~'
    const found = all.filter(({ time, org }) => asked.has(org) && time >= from && time < until)
    found.sort((a, b) => (a.time + a.guid < b.time + b.guid ? -1 : 1))
    if (searchParams.get('order_by') === '-created_at') found.reverse()
    const first = (Number(searchParams.get('page')) - 1) * perPage
    const resources = found
      .slice(first, first + perPage)
      .map(({ guid, time }) => ({ guid, created_at: time, type: 't' }))
    const body = { pagination: { total_results: found.length }, resources }
    return { value: read(Buffer.from(JSON.stringify(body))), date: start + 1_000_000_000 }
  }
  return { client, paths }
}

for (const parallel of [false, true]) {
  split(
    `is read in parts, ${parallel ? 'side by side' : 'one call at a time'}: each event once, in order`,
    () =>
      holds(
        40,
        fc.asyncProperty(
          fc.array(fc.record({ org: fc.nat(499), second: fc.nat(60) }), { maxLength: 200 }),
          fc.constantFrom('time', 'newest'),
          fc.integer({ min: 2, max: 40 }),
          async (events, order, pageSize) => {
            const all = events.map(({ org, second }, number) => ({
              ...row(number, second),
              org: guidOf(org),
            }))
            const { client, paths } = foundationOf(all, pageSize)
            const concurrency = parallel ? { refresh: async () => {}, limit: () => 4 } : oneLane
            const listing = await openListing(
              [{ ...v3, pageSize }],
              { order, orgGuids: orgs },
              { client, now, concurrency },
            )
            const read: { guid: string; time: string }[] = []
            for await (const page of listing.events) read.push(...page)
            const times = read.map(({ time }) => time)
            assert.equal(times, order === 'time' ? [...times].sort() : [...times].sort().reverse())
            assert.equal(guidsOf(read).sort(), guidsOf(all).sort())
            assert.is(listing.total, all.length)
            const proof = listing.proof()
            assert.equal([proof.read, proof.counted, proof.vanished], [all.length, all.length, 0])
            assert.is(proof.requests, paths.length)
            assert.is(proof.oldest, [...times].sort()[0])
            assert.is(proof.newest, [...times].sort().at(-1))
            for (const path of paths) assert.ok(path.length <= 8000, `${path.length}`)
          },
        ),
      ),
  )
}

split('every part ends where the first one does, and reads no more than is wanted', async () => {
  const all = Array.from({ length: 300 }, (_, number) => ({ ...row(number), org: guidOf(number) }))
  const { client, paths } = foundationOf(all, 5000)
  const listing = await openListing(
    [v3],
    { order: 'time', orgGuids: orgs },
    { client, now, concurrency: oneLane, limit: 5 },
  )
  for await (const page of listing.events) {
    assert.equal(guidsOf(page), guidsOf(all.slice(0, page.length)))
    break
  }
  assert.is(listing.total, 300)
  assert.is(paths.length, 4)
  for (const path of paths) assert.match(path, /per_page=5$/)
  for (const path of paths.slice(1)) assert.match(path, `lt%5D=${at(1_000_001)}`)
})

split('all of its lists are split, the longest first; a name that is too long alone is refused', () => {
  const long = Array.from({ length: 140 }, (_, number) => `audit.family-${number}.something_that_happened`)
  for (const api of [v2, v3]) {
    const parts = splitQuery(api, { order: 'time', orgGuids: orgs, types: long, targetGuids: orgs })
    let asked = 0
    for (const part of parts) {
      assert.ok(api.path(part, 1, 5000).length < 8000)
      asked += part.orgGuids!.length * part.types!.length * part.targetGuids!.length
    }
    assert.is(asked, orgs.length * long.length * orgs.length)
    assert.is(new Set(parts.map(part => JSON.stringify(part))).size, parts.length)
  }
})

split('what fits is one', () => {
  const query: Query = { order: 'time', orgGuids: orgs.slice(0, 100), spaceGuids: orgs.slice(0, 100) }
  for (const api of [v2, v3]) assert.equal(splitQuery(api, query), [query])
  assert.throws(
    () => splitQuery(v3, { order: 'time', types: ['x'.repeat(8000)] }),
    (error: Error) => error instanceof UsageError && /too long/.test(error.message),
  )
})
split.run()
