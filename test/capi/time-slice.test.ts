import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BadRequest } from '../../src/capi/client.ts'
import {
  createSliceReader,
  type GetRows,
  secondOf,
  type TimedRow,
  type TimeSlice,
  timeOf,
} from '../../src/capi/time-slice.ts'
import { CutShort, Failed, Incomplete, TimedOut } from '../../src/errors.ts'

const start = secondOf('2026-11-01T00:00:00Z')
const row = (guid: string, second: number): TimedRow => ({ guid, time: timeOf(start + second) })
const rowsAt = (...seconds: number[]) => seconds.map((second, index) => row(`row-${100 + index}`, second))
const guids = (rows: readonly TimedRow[]) => rows.map(({ guid }) => guid)

interface Request {
  readonly from: number | undefined
  readonly until: number | undefined
  readonly order: string
  readonly page: number
  readonly perPage: number
}

/** A listing, what it was asked for, and what happens to a request: before it is answered, or instead. */
function listing(
  rows: TimedRow[],
  {
    before = () => {},
    total = count => count,
  }: { before?: (request: Request, number: number) => void; total?: (count: number) => number } = {},
): { get: GetRows<TimedRow>; requests: Request[] } {
  const requests: Request[] = []
  const get: GetRows<TimedRow> = async ({ from, until }, order, page, perPage) => {
    const relative = (second: number | undefined) => second && second - start
    const request = { from: relative(from), until: relative(until), order, page, perPage }
    requests.push(request)
    if (requests.length > 200) throw new Error('This never ends')
    before(request, requests.length)
    const found = rows
      .filter(({ time }) => secondOf(time) >= (from ?? 0) && secondOf(time) < (until ?? Infinity))
      .sort((a, b) => (a.time + a.guid < b.time + b.guid ? -1 : 1))
    if (order === 'newest') found.reverse()
    return { rows: found.slice((page - 1) * perPage, page * perPage), total: total(found.length) }
  }
  return { get, requests }
}

const everything: TimeSlice = { from: undefined, until: undefined, expected: 0 }
const between = (from: number, until: number): TimeSlice => ({
  from: start + from,
  until: start + until,
  expected: 0,
})

/** Reads a slice and what is left of it, one after the other. */
async function readAll(
  get: GetRows<TimedRow>,
  order: 'time' | 'newest' = 'time',
  pageSize = 4,
  slice = everything,
): Promise<string[]> {
  const reader = createSliceReader(get, { order, pageSize, what: 'events' })
  const found = new Set<string>()
  const slices = [slice]
  for (let next = slices.shift(); next !== undefined; next = slices.shift()) {
    const { rows, rest } = await reader.read(next)
    for (const { guid } of rows) found.add(guid)
    slices.unshift(...rest)
  }
  return [...found]
}

const slices = suite('a slice of time')

slices('a page that is not full is all', async () => {
  const rows = rowsAt(1, 2, 3)
  const { get, requests } = listing(rows)
  const reader = createSliceReader(get, { order: 'time', pageSize: 4, what: 'events' })
  assert.equal(await reader.read(between(0, 9)), {
    rows,
    total: 3,
    isFull: false,
    isWhole: true,
    settled: 3,
    rest: [],
  })
  assert.is(requests.length, 1)
})

slices(
  'a full page leaves the slice that begins with its last second, even if it holds all that is counted',
  async () => {
    const rows = rowsAt(1, 2, 5, 5)
    const { get } = listing(rows)
    const reader = createSliceReader(get, { order: 'time', pageSize: 4, what: 'events' })
    const { settled, rest } = await reader.read(between(0, 9))
    assert.is(settled, 2)
    assert.equal(rest, [{ ...between(5, 9), expected: 2, pace: 5 / 4, tenths: undefined }])
  },
)

slices('newest first it is the slice that ends with its last second', async () => {
  const { get } = listing(rowsAt(1, 2, 5, 5, 8))
  const reader = createSliceReader(get, { order: 'newest', pageSize: 4, what: 'events' })
  const { rows, settled, rest } = await reader.read(between(0, 9))
  assert.equal(guids(rows), ['row-104', 'row-103', 'row-102', 'row-101'])
  assert.is(settled, 3)
  assert.is(rest.length, 1)
  assert.equal([rest[0]?.from, rest[0]?.until], [start, start + 3])
})

for (const order of ['time', 'newest'] as const) {
  slices(`${order}: every row, whatever second it lies in`, async () => {
    for (const seconds of [
      [],
      [3],
      [1, 1, 1, 1],
      [1, 2, 3, 4, 5, 6, 7],
      [1, 1, 1, 1, 1, 2],
      [1, 5, 5, 5, 5, 5, 5, 9],
    ]) {
      const rows = rowsAt(...seconds)
      const wanted = order === 'time' ? guids(rows) : guids(rows).reverse()
      assert.equal(await readAll(listing([...rows]).get, order), wanted, `${seconds}`)
    }
  })
}

slices('a second of up to two pages is read twice from both ends', async () => {
  const { get, requests } = listing(rowsAt(1, 1, 1, 1, 1, 1, 1))
  assert.is((await readAll(get, 'time', 4, between(1, 2))).length, 7)
  assert.equal(
    requests.map(({ order }) => order),
    ['time', 'time', 'newest', 'time', 'newest'],
  )
})

slices('a second of more is read twice page by page', async () => {
  const { get, requests } = listing(rowsAt(...Array(9).fill(1)))
  assert.is((await readAll(get, 'time', 4, between(1, 2))).length, 9)
  assert.equal(
    requests.map(({ page }) => page),
    [1, 1, 2, 3, 1, 2, 3],
  )
})

slices('where newest first is not the reverse of oldest first, too', async () => {
  const { get, requests } = listing(rowsAt(...Array(6).fill(1)))
  const upwards: typeof get = (slice, _, page, perPage) => get(slice, 'time', page, perPage)
  assert.is((await readAll(upwards, 'time', 4, between(1, 2))).length, 6)
  assert.equal(
    requests.map(({ page }) => page),
    [1, 1, 1, 1, 2, 1, 2],
  )
})

slices('a row that commits while such a second is read: it is read until two readings agree', async () => {
  const rows = rowsAt(...Array(9).fill(1))
  const { get } = listing(rows, {
    before(_, number) {
      if (number === 3 || number === 6) rows.push(row(`row-0${number}`, 1))
    },
  })
  assert.is((await readAll(get, 'time', 4, between(1, 2))).length, 11)
})

slices('a second that never stands still is incomplete, and the requests are bounded', async () => {
  const rows = rowsAt(...Array(9).fill(1))
  let number = 0
  const { get, requests } = listing(rows, { before: () => rows.push(row(`late-${++number}`, 1)) })
  await rejects(readAll(get, 'time', 4, between(1, 2)), Incomplete)
  assert.ok(requests.length < 30, `${requests.length}`)
})

for (const [name, total] of [
  ['one too many', (count: number) => count + 1],
  ['one too few', (count: number) => Math.max(0, count - 1)],
  ['far too many', () => 1_000_000],
] as const) {
  slices(`a count of ${name} is incomplete, and the requests are bounded`, async () => {
    for (const count of [3, 4, 9]) {
      const rows = rowsAt(...Array.from({ length: count }, (_, index) => index))
      await rejects(
        readAll(listing(rows, { total }).get),
        (error: Error) =>
          error instanceof Incomplete &&
          /^Incomplete: Cloud Foundry counts \d+ events.*, but lists \d+\.$/.test(error.message),
      )
    }
  })
}

slices('a count that was wrong for a moment is asked for again', async () => {
  let number = 0
  const rows = rowsAt(1, 2, 3)
  const { get, requests } = listing(rows, { total: count => count + (++number === 1 ? 1 : 0) })
  assert.equal(await readAll(get), guids(rows))
  assert.is(requests.length, 2)
})

slices('a row that is given twice in an answer counts once', async () => {
  const rows = [...rowsAt(1, 2), row('row-101', 2)]
  await rejects(readAll(listing(rows).get), Incomplete)
})

slices('rows that are not in order are read until two readings agree', async () => {
  const rows = rowsAt(...Array.from({ length: 9 }, (_, index) => index))
  const { get } = listing(rows)
  const shuffled: typeof get = async (slice, order, page, perPage) => {
    const answer = await get(slice, order, page, perPage)
    return { ...answer, rows: answer.rows.toReversed() }
  }
  assert.equal((await readAll(shuffled)).sort(), guids(rows))
})

slices('rows without a time, too', async () => {
  const rows = Array.from({ length: 9 }, (_, index) => ({ guid: `row-${index}`, time: '' }))
  const get: GetRows<TimedRow> = async (_, order, page, perPage) => {
    const all = order === 'time' ? rows : rows.toReversed()
    return { rows: all.slice((page - 1) * perPage, page * perPage), total: 9 }
  }
  assert.equal((await readAll(get)).sort(), guids(rows))
})

slices('an answer that is not of the slice is no answer', async () => {
  const { get } = listing(rowsAt(1, 2, 3, 4, 5, 6))
  const deaf: typeof get = (_, order, page, perPage) => get(everything, order, page, perPage)
  await rejects(
    readAll(deaf),
    (error: Error) =>
      error instanceof Failed &&
      /from 2026-11-01T00:00:04Z .* got one of 2026-11-01T00:00:01Z/.test(error.message),
  )
})

slices.run()

const sizes = suite('the size of a page')

sizes('a lower limit is obeyed from then on', async () => {
  const rows = rowsAt(...Array.from({ length: 12 }, (_, index) => index))
  for (const [limit, words] of [
    [3, 'Per page must be between 1 and 3'],
    [3, 'results_per_page must be <= 3'],
    [3, '(page * per_page) must be less than 4'],
  ] as const) {
    const { get, requests } = listing(rows, {
      before({ page, perPage }) {
        if (page * perPage > limit) throw new BadRequest(words, '')
      },
    })
    assert.equal(await readAll(get, 'time', 10), guids(rows))
    assert.equal(
      requests.map(({ perPage }) => perPage),
      [10, ...Array(requests.length - 1).fill(3)],
    )
  }
})

sizes('a server that gives fewer than it was asked for', async () => {
  for (const count of [1, 3, 4, 11]) {
    const rows = rowsAt(...Array.from({ length: count }, (_, index) => index))
    const { get } = listing(rows)
    const stingy: typeof get = (slice, order, page, perPage) => get(slice, order, page, Math.min(3, perPage))
    assert.equal(await readAll(stingy, 'time', 10), guids(rows))
  }
})

sizes('a second that is deeper than the server shows is incomplete, with the reason', async () => {
  const { get } = listing(rowsAt(...Array(9).fill(1)), {
    before({ page, perPage }) {
      if (page * perPage > 5) throw new BadRequest('Maximum result (page * per_page) must be less than 5', '')
    },
  })
  await rejects(
    readAll(get),
    (error: Error) =>
      error instanceof Incomplete && /from 2026-11-01T00:00:01Z to .*must be less than 5/.test(error.message),
  )
})

const many = () => rowsAt(...Array.from({ length: 60 }, (_, index) => index))

for (const failure of [new TimedOut('slow', ''), new CutShort('cut', '')]) {
  sizes(`${failure.name}: the first page is asked for in tenths, and so are all`, async () => {
    const { get, requests } = listing(many(), {
      before({ perPage }) {
        if (perPage > 2) throw failure
      },
    })
    assert.equal(await readAll(get, 'time', 20), guids(many()))
    assert.is(requests.filter(({ perPage }) => perPage === 20).length, 1)
  })

  sizes(`${failure.name}: a later page is asked for in tenths, the others are not`, async () => {
    const { get, requests } = listing(many(), {
      before({ from, perPage }) {
        if (from === 19 && perPage === 20) throw failure
      },
    })
    assert.equal(await readAll(get, 'time', 20), guids(many()))
    assert.is(requests.filter(({ perPage }) => perPage === 2).length, 10)
    assert.ok(requests.filter(({ perPage }) => perPage === 20).length > 3)
  })

  sizes(`${failure.name}: what fails in tenths, too, is an error`, async () => {
    for (const fails of [1, 2]) {
      const { get, requests } = listing(many(), {
        before(_, number) {
          if (number >= fails) throw failure
        },
      })
      await rejects(readAll(get, 'time', 20), failure)
      assert.is(requests.length, fails + 1)
    }
  })
}

sizes.run()
