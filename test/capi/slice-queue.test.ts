import { rejects } from 'node:assert'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Concurrency, createSliceQueue } from '../../src/capi/slice-queue.ts'
import {
  createSliceReader,
  type GetRows,
  secondOf,
  type TimedRow,
  type TimeSlice,
  timeOf,
} from '../../src/capi/time-slice.ts'
import { Failed } from '../../src/errors.ts'
import { Random } from '../foundation/random.ts'
import { oneLane } from '../one-lane.ts'

const start = secondOf('2026-11-01T00:00:00Z')
const end = start + 100_000

interface Request {
  readonly slice: TimeSlice
  answer(): void
  fail(error: Error): void
}

/** A listing whose requests are answered when the test says so. */
class Manual {
  readonly rows: TimedRow[]
  /** Those that are under way. */
  readonly open: Request[] = []
  asked = 0
  most = 0

  /** @param times seconds after the start. */
  constructor(times: readonly number[]) {
    this.rows = times
      .map((second, index) => ({ guid: `row-${10_000 + index}`, time: timeOf(start + Math.floor(second)) }))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  }

  readonly get: GetRows<TimedRow> = (slice, order, page, perPage) => {
    this.asked++
    const found = this.rows.filter(
      ({ time }) => secondOf(time) >= (slice.from ?? 0) && secondOf(time) < (slice.until ?? Infinity),
    )
    if (order === 'newest') found.reverse()
    const answer = { rows: found.slice((page - 1) * perPage, page * perPage), total: found.length }
    return new Promise((done, failed) => {
      const close = (request: Request) => void this.open.splice(this.open.indexOf(request), 1)
      const request: Request = {
        slice,
        answer() {
          close(request)
          done(answer)
        },
        fail(error) {
          close(request)
          failed(error)
        },
      }
      this.open.push(request)
      this.most = Math.max(this.most, this.open.length)
    })
  }
}

const evenly = (count: number) => Array.from({ length: count }, (_, index) => (index * 99_990) / count)

/** Most of it on a few days. */
const inBursts = (count: number) => {
  const random = new Random(7)
  const days = Array.from({ length: 5 }, () => random.below(95_000))
  return Array.from({ length: count }, () => random.pick(days) + random.below(3000))
}

const lanes = (limit: number, manual?: Manual): Concurrency & { refreshed: number; now: number } => ({
  refreshed: 0,
  now: limit,
  async refresh() {
    assert.is(manual?.open.length ?? 0, 0, 'refreshed while calls are under way')
    this.refreshed++
  },
  limit() {
    return this.now
  },
})

interface Options {
  readonly order?: 'time' | 'newest'
  readonly pageSize?: number
  readonly from?: number | undefined
  readonly readAhead?: boolean
}

async function open(
  manual: Manual,
  concurrency: Concurrency,
  { order = 'time', pageSize = 10, from = start, readAhead = true }: Options = {},
) {
  const reader = createSliceReader(manual.get, { order, pageSize, what: 'events' })
  const first = reader.read({ from, until: end, expected: 0 })
  manual.open[0]?.answer()
  return createSliceQueue(await first, reader, { order, concurrency, readAhead })
}

/** Reads all, answering whichever request `choose` names. */
async function readAll(
  manual: Manual,
  concurrency: Concurrency,
  choose: (open: readonly Request[]) => Request,
  options: Options = {},
): Promise<string[]> {
  const { pages, totals } = await open(manual, concurrency, options)
  const given: string[] = []
  let isOver = false
  const reading = (async () => {
    for await (const page of pages) given.push(...page.map(({ guid }) => guid))
  })().finally(() => {
    isOver = true
  })
  while (!isOver) {
    await turn()
    if (manual.open.length > 0) choose(manual.open).answer()
  }
  await reading
  assert.is(totals.read, manual.rows.length)
  assert.is(totals.counted, manual.rows.length)
  assert.is(totals.vanished, 0)
  return given
}

const guids = (rows: readonly TimedRow[]) => rows.map(({ guid }) => guid)
const sideBySide = suite('slices side by side')
const random = new Random(3)

for (const [name, choose] of [
  ['the first asked for answers first', (open: readonly Request[]) => open[0]!],
  ['the last asked for answers first', (open: readonly Request[]) => open.at(-1)!],
  ['any answers first', (open: readonly Request[]) => random.pick([...open])],
] as const) {
  for (const limit of [1, 2, 4]) {
    for (const order of ['time', 'newest'] as const) {
      sideBySide(`${order}, in order, each once, at most ${limit} under way: ${name}`, async () => {
        for (const times of [evenly(11), evenly(300), inBursts(300), Array(45).fill(50_000)]) {
          for (const from of [start, undefined]) {
            const manual = new Manual(times)
            const wanted = order === 'time' ? guids(manual.rows) : guids(manual.rows).reverse()
            const given = await readAll(manual, lanes(limit, manual), choose, { order, from })
            assert.equal(given.toSorted(), wanted.toSorted())
            const timesOf = new Map(manual.rows.map(({ guid, time }) => [guid, time]))
            const inOrder = given.map(guid => timesOf.get(guid)!)
            if (order === 'newest') inOrder.reverse()
            assert.equal(inOrder, inOrder.toSorted())
            assert.ok(manual.most <= limit)
            if (times.length === 300) assert.is(manual.most, limit)
          }
        }
      })
    }
  }
}

for (const [pageSize, count, most] of [
  // So many pages there are; each slice costs a page that is not full, or one that is asked for again.
  [10, 1000, 100 * 1.3],
  [1000, 3000, 7],
] as const) {
  sideBySide(`pages of ${pageSize}: not many more requests than pages`, async () => {
    const manual = new Manual(evenly(count))
    await readAll(manual, lanes(4), ([first]) => first!, { pageSize })
    assert.ok(manual.asked <= most, `${manual.asked} requests`)
  })
}

sideBySide('a slice that turns out large is cut again', async () => {
  const times = [...evenly(100), ...Array.from({ length: 900 }, (_, index) => 40_000 + index)]
  const manual = new Manual(times)
  await readAll(manual, lanes(4), ([first]) => first!)
  assert.ok(manual.asked < 150, `${manual.asked} requests`)
  const one = new Manual(times)
  await readAll(one, oneLane, ([first]) => first!)
  assert.ok(one.asked < 130, `${one.asked} requests`)
})

sideBySide('the rest of a single page is not worth finding out what is allowed', async () => {
  const manual = new Manual(evenly(15))
  const concurrency = lanes(4, manual)
  await readAll(manual, concurrency, ([first]) => first!)
  assert.is(concurrency.refreshed, 0)
  assert.is(manual.most, 1)
})

sideBySide('while no page is taken, only so many are asked for', async () => {
  const manual = new Manual(evenly(3000))
  const { pages } = await open(manual, lanes(4))
  assert.is(manual.asked, 1, 'nothing is asked for before the first page is taken')
  const first = await pages.next()
  assert.is(first.value?.length, 10)
  for (let turns = 0; turns < 200; turns++) {
    manual.open[0]?.answer()
    await turn()
  }
  assert.ok(manual.asked <= 1 + 4 * 8, `${manual.asked} requests`)
  await pages.return()
})

sideBySide('for somebody who will leave early, nothing is asked for before it is wanted', async () => {
  for (const order of ['time', 'newest'] as const) {
    const manual = new Manual(evenly(100))
    const concurrency = lanes(4, manual)
    const { pages } = await open(manual, concurrency, { order, readAhead: false })
    await pages.next()
    for (let turns = 0; turns < 20; turns++) await turn()
    assert.is(manual.asked, 1)
    const second = pages.next()
    await turn()
    assert.is(manual.asked, 2)
    manual.open[0]?.answer()
    assert.is((await second).value?.length, 9)
    await pages.return()
    assert.is(manual.asked, 2)
    assert.is(concurrency.refreshed, 0)
  }
})

sideBySide(
  'when only one is allowed any more, what is under way ends first; then each goes alone',
  async () => {
    const manual = new Manual(evenly(1000))
    const concurrency = lanes(4, manual)
    let answered = 0
    const given = await readAll(manual, concurrency, open => {
      if (++answered === 10) {
        concurrency.now = 1
        manual.most = 0
      }
      if (answered === 40) {
        assert.ok(manual.most <= 3, `${manual.most}`) // those that were left
        manual.most = 0
      }
      if (answered === 60) {
        assert.is(manual.most, 1)
        concurrency.now = 4
      }
      return open[0]!
    })
    assert.equal(given, guids(manual.rows))
    assert.is(manual.most, 4)
  },
)

sideBySide('an error is heard where its rows would be, and nowhere else', async () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  try {
    for (const limit of [1, 2, 4]) {
      for (let failing = 1; failing < 12; failing++) {
        const manual = new Manual(evenly(200))
        const { pages } = await open(manual, lanes(limit))
        const failure = new Failed('the only one', '')
        let failed = Number.POSITIVE_INFINITY
        const given: TimedRow[] = []
        const reading = (async () => {
          for await (const page of pages) given.push(...page)
        })()
        let heard: unknown
        reading.catch(error => {
          heard = error
        })
        for (let number = 1; heard === undefined; number++) {
          await turn()
          const request = random.pick([...manual.open])
          if (request === undefined) continue
          if (number === failing) {
            failed = request.slice.from!
            request.fail(failure)
          } else request.answer()
        }
        await rejects(reading, failure)
        // All that lies before the slice that failed, and nothing behind it.
        const before = manual.rows.filter(({ time }) => secondOf(time) < failed)
        assert.equal(guids(given).slice(0, before.length), guids(before))
        assert.ok(given.length <= before.length + 1)
        for (const request of [...manual.open]) request.fail(new Failed('not wanted any more', ''))
        await turn()
      }
    }
    assert.equal(unhandled, [])
  } finally {
    process.off('unhandledRejection', listener)
  }
})

sideBySide('what cannot be found out about the lanes is heard', async () => {
  const manual = new Manual(evenly(200))
  const concurrency: Concurrency = {
    refresh: async () => {
      throw new Failed('no token', '')
    },
    limit: () => 4,
  }
  const { pages } = await open(manual, concurrency)
  await rejects(async () => {
    for await (const _ of pages);
  }, /no token/)
})

sideBySide('rows that vanish in front of the reader are counted', async () => {
  for (const limit of [1, 4]) {
    const manual = new Manual(evenly(300))
    const { pages, totals } = await open(manual, lanes(limit))
    await pages.next()
    for (const request of [...manual.open]) request.answer()
    manual.rows.splice(200, 20)
    let isOver = false
    const rest = (async () => {
      for await (const _ of pages);
    })().finally(() => {
      isOver = true
    })
    while (!isOver) {
      await turn()
      manual.open[0]?.answer()
    }
    await rest
    // Some of them may have been read before they went.
    assert.is(totals.read + totals.vanished, 300)
    assert.is(totals.counted, totals.read)
    assert.ok(totals.vanished > (limit === 1 ? 19 : 10), `${totals.vanished}`)
  }
})

for (const limit of [1, 3]) {
  sideBySide(
    `at most ${limit} under way: the last answer is known before the last rows are given`,
    async () => {
      const manual = new Manual(evenly(45))
      const { pages, answered } = await open(manual, lanes(limit, manual))
      let isAnswered = false
      void answered.then(() => {
        isAnswered = true
      })
      const first = pages.next()
      for (;;) {
        await turn()
        const last = manual.open.at(-1)
        if (last === undefined) break
        assert.not.ok(isAnswered)
        last.answer()
      }
      assert.ok(isAnswered)
      let given = (await first).value?.length ?? 0
      assert.ok(given < 45)
      for await (const page of pages) given += page.length
      assert.is(given, 45)
    },
  )
}

sideBySide('where a request fails, the last answer is never known', async () => {
  const manual = new Manual(evenly(45))
  const { pages, answered } = await open(manual, lanes(2, manual))
  void answered.then(() => assert.unreachable())
  const all = (async () => {
    for await (const _ of pages);
  })()
  for (let failed = false; !failed; ) {
    await turn()
    failed = manual.asked > 2
    if (failed) for (const request of [...manual.open]) request.fail(new Failed('', ''))
    else manual.open[0]?.answer()
  }
  await rejects(all, Failed)
  await turn()
})

sideBySide.run()
