import { rejects } from 'node:assert'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Page, type Query, v3 } from '../../src/capi/api.ts'
import type { CapiClient } from '../../src/capi/client.ts'
import {
  type Concurrency,
  createPrefetcher,
  oneLane,
  openListing,
  type Proof,
} from '../../src/capi/event-listing.ts'
import { Failed } from '../../src/errors.ts'
import { Random } from '../foundation/random.ts'

/** Pages that are answered when the test says so. */
class Manual {
  /** Every number that was asked for, in the order of asking. */
  readonly asked: number[] = []
  most = 0
  private readonly open = new Map<number, { done: (page: Page) => void; fail: (error: Error) => void }>()

  readonly askOne = (number: number): Promise<Page> => {
    this.asked.push(number)
    assert.not.ok(this.open.has(number), `page ${number} is asked for twice at once`)
    const page = new Promise<Page>((done, fail) => this.open.set(number, { done, fail }))
    this.most = Math.max(this.most, this.open.size)
    return page
  }

  get underWay(): number[] {
    return [...this.open.keys()]
  }

  answer(number: number): void {
    const page = this.open.get(number)
    assert.ok(page, `page ${number} is not under way`)
    this.open.delete(number)
    page.done({ total: 0, records: [], envelope: number })
  }

  fail(number: number, error: Error): void {
    const page = this.open.get(number)
    assert.ok(page, `page ${number} is not under way`)
    this.open.delete(number)
    page.fail(error)
  }
}

/** So many at a time, for ever; counts how often that was found out, and that nothing was under way then. */
function lanesOf(width: number, pages?: Manual): Concurrency & { renewed: number; now: number } {
  return {
    renewed: 0,
    now: width,
    async refresh() {
      assert.equal(pages?.underWay ?? [], [], 'renewed while calls are under way')
      this.renewed++
    },
    limit() {
      return this.now
    },
  }
}

/** Reads the pages `from` to `last`, answering whichever of those under way `choose` names. */
async function readAll(
  pages: Manual,
  concurrency: Concurrency,
  last: number,
  choose: (underWay: readonly number[]) => number,
): Promise<unknown[]> {
  const ahead = createPrefetcher(pages.askOne, concurrency)
  const got: unknown[] = []
  let ended = false
  const reading = (async () => {
    for (let number = 1; number <= last; number++) got.push((await ahead.page(number, last)).envelope)
  })().finally(() => {
    ended = true
  })
  reading.catch(() => {}) // It is told below.
  while (!ended) {
    await turn()
    if (pages.underWay.length > 0) pages.answer(choose(pages.underWay))
  }
  await reading
  return got
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
const random = new Random(7)

const ahead = suite('pages asked for ahead')

for (const [name, choose] of [
  ['the first asked for answers first', (numbers: readonly number[]) => numbers[0]!],
  ['the last asked for answers first', (numbers: readonly number[]) => numbers.at(-1)!],
  ['the first asked for answers last', (numbers: readonly number[]) => numbers[1] ?? numbers[0]!],
  ['any answers first', (numbers: readonly number[]) => random.pick([...numbers])],
] as const) {
  for (const width of [1, 2, 3, 4]) {
    ahead(`in order, each once, at most ${width} under way: ${name}`, async () => {
      for (const last of [1, 4, 5, 6, 23]) {
        const pages = new Manual()
        assert.equal(await readAll(pages, lanesOf(width, pages), last, choose), upTo(last))
        assert.equal(
          pages.asked.toSorted((a, b) => a - b),
          upTo(last),
        )
        assert.is(pages.most, last < 5 ? 1 : width)
      }
    })
  }
}

ahead('as many are under way as are allowed, and always the next ones', async () => {
  const pages = new Manual()
  const reader = createPrefetcher(pages.askOne, lanesOf(4))
  for (let number = 1; number <= 10; number++) {
    const page = reader.page(number, 10)
    await turn()
    assert.equal(
      pages.underWay,
      upTo(10).filter(each => each >= number && each < number + 4),
    )
    pages.answer(number)
    await page
  }
})

ahead('while nobody asks for the next page, no more is asked for', async () => {
  const pages = new Manual()
  const reader = createPrefetcher(pages.askOne, lanesOf(4))
  const first = reader.page(1, 1000)
  await turn()
  for (const number of [4, 3, 2, 1]) pages.answer(number)
  await first
  await turn()
  assert.equal(pages.asked, [1, 2, 3, 4])
})

ahead('fewer than five are not worth it: one at a time, and nothing is found out', async () => {
  for (const last of [1, 2, 3, 4]) {
    const pages = new Manual()
    const concurrency = lanesOf(4, pages)
    await readAll(pages, concurrency, last, ([number]) => number!)
    assert.is(pages.most, 1)
    assert.is(concurrency.renewed, 0)
  }
  const pages = new Manual()
  const concurrency = lanesOf(4, pages)
  await readAll(pages, concurrency, 5, ([number]) => number!)
  assert.is(pages.most, 4)
  assert.is(concurrency.renewed, 1)
})

ahead('one lane is one at a time', async () => {
  const pages = new Manual()
  await readAll(pages, oneLane, 12, ([number]) => number!)
  assert.is(pages.most, 1)
  assert.equal(pages.asked, upTo(12))
})

ahead('when only one is allowed any more, what is under way ends first; then each goes alone', async () => {
  const pages = new Manual()
  const concurrency = lanesOf(4, pages)
  const reader = createPrefetcher(pages.askOne, concurrency)
  const first = reader.page(1, 20)
  await turn()
  assert.equal(pages.underWay, [1, 2, 3, 4])
  concurrency.now = 1
  pages.answer(1)
  await first
  for (const number of [2, 3, 4]) {
    const page = reader.page(number, 20)
    await turn()
    assert.equal(
      pages.underWay,
      [2, 3, 4].filter(each => each >= number),
    )
    pages.answer(number)
    await page
  }
  assert.is(concurrency.renewed, 1)
  for (const number of [5, 6]) {
    const page = reader.page(number, 20)
    await turn()
    assert.equal(pages.underWay, [number])
    pages.answer(number)
    await page
  }
  assert.is(concurrency.renewed, 3)
  concurrency.now = 3
  const page = reader.page(7, 20)
  await turn()
  assert.equal(pages.underWay, [7, 8, 9])
  for (const number of [7, 8, 9]) pages.answer(number)
  await page
})

ahead('drained, nothing is under way, and pages are asked for anew', async () => {
  const pages = new Manual()
  const reader = createPrefetcher(pages.askOne, lanesOf(4, pages))
  const first = reader.page(1, 10)
  await turn()
  pages.answer(1)
  await first
  let drained = false
  const drain = reader.drain().then(() => {
    drained = true
  })
  pages.answer(2)
  pages.fail(4, new Error('nobody needs this page any more'))
  await turn()
  assert.is(drained, false)
  pages.answer(3)
  await drain
  const again = reader.page(2, 10)
  await turn()
  assert.equal(pages.asked, [1, 2, 3, 4, 2, 3, 4, 5])
  for (const number of [2, 3, 4, 5]) pages.answer(number)
  assert.is((await again).envelope, 2)
})

ahead('the end may move while pages are read', async () => {
  const pages = new Manual()
  const reader = createPrefetcher(pages.askOne, lanesOf(4))
  const read = async (number: number, last: number) => {
    const page = reader.page(number, last)
    await turn()
    if (pages.underWay.includes(number)) pages.answer(number)
    assert.is((await page).envelope, number)
  }
  await read(1, 6)
  await read(2, 4)
  assert.equal(pages.asked, [1, 2, 3, 4])
  await read(3, 4)
  await read(4, 9)
  assert.equal(pages.asked, [1, 2, 3, 4, 5, 6, 7])
})

ahead('an error is told where its page would be, and to nobody else', async () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  try {
    const pages = new Manual()
    const reader = createPrefetcher(pages.askOne, lanesOf(4))
    const first = reader.page(1, 12)
    await turn()
    const third = new Failed('the third', '')
    pages.fail(3, third)
    pages.fail(4, new Failed('the fourth', ''))
    await turn()
    pages.answer(1)
    assert.is((await first).envelope, 1)
    const second = reader.page(2, 12)
    await turn()
    pages.answer(2)
    assert.is((await second).envelope, 2)
    await rejects(reader.page(3, 12), third)
    await rejects(reader.page(4, 12), /the fourth/)
    // Whoever goes on after an error gets the pages that did come.
    const fifth = reader.page(5, 12)
    await turn()
    pages.answer(5)
    assert.is((await fifth).envelope, 5)
    // What fails after the last look at it is nobody's error.
    for (const number of pages.underWay) pages.fail(number, new Error('never asked for'))
    await turn()
    await turn()
    assert.equal(unhandled, [])
  } finally {
    process.off('unhandledRejection', listener)
  }
})

ahead('an error of the only page is told as well', async () => {
  const reader = createPrefetcher(async () => {
    throw new Failed('the only one', '')
  }, oneLane)
  await rejects(reader.page(1, 1), /the only one/)
})

ahead.run()

/** A listing like Cloud Controller's without a snapshot, whose answers come in an order of their own. */
class Api {
  readonly rows: { guid: string; time: string }[]
  running = 0
  most = 0
  requests = 0
  /** What happens to the API before it answers; a promise is waited for. */
  before: (number: number) => unknown = () => {}
  private readonly random = new Random(11)
  /** Turns of the event loop that each half of an answer takes. */
  delay = () => this.random.below(9)

  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, index) => ({
      guid: `guid-${String(index + 1).padStart(5, '0')}`,
      time: new Date(start + index * 1000).toISOString().replace('.000Z', 'Z'),
    }))
  }

  readonly client: CapiClient = async (path, read) => {
    this.most = Math.max(this.most, ++this.running)
    const number = ++this.requests
    try {
      for (let turns = this.delay(); turns > 0; turns--) await turn()
      await this.before(number)
      const { searchParams } = new URL(path, 'http://api')
      const from = searchParams.get('created_ats[gte]') ?? ''
      const until = searchParams.get('created_ats[lt]') ?? '~'
      const found = this.rows.filter(({ time }) => time >= from && time < until)
      if (searchParams.has('order_by')) found.sort((a, b) => (a.time + a.guid < b.time + b.guid ? -1 : 1))
      const perPage = Number(searchParams.get('per_page'))
      const first = (Number(searchParams.get('page')) - 1) * perPage
      const body = JSON.stringify({
        pagination: { total_results: found.length },
        resources: found
          .slice(first, first + perPage)
          .map(({ guid, time }) => ({ guid, created_at: time, type: 't' })),
      })
      for (let turns = this.delay(); turns > 0; turns--) await turn()
      return { value: read(Buffer.from(body)), date: start + 1e9 }
    } finally {
      this.running--
    }
  }

  async read(order: Query['order'], width: number): Promise<{ guids: string[]; proof: Proof }> {
    const { events } = await openListing(
      [{ ...v3, pageSize: 10 }],
      { order },
      { client: this.client, now: () => start, concurrency: { refresh: async () => {}, limit: () => width } },
    )
    const guids: string[] = []
    let step = await events.next()
    for (; !step.done; step = await events.next()) guids.push(...step.value.map(({ guid }) => guid))
    return { guids, proof: step.value }
  }
}

const start = Date.parse('2026-11-01T00:00:00Z')

const sideBySide = suite('listings read side by side')

for (const order of ['time', 'inserted'] as const) {
  for (const width of [1, 2, 4]) {
    sideBySide(`${width} at a time, ordered by ${order}: every event once and in order`, async () => {
      const api = new Api(205)
      const { guids, proof } = await api.read(order, width)
      assert.equal(
        guids,
        api.rows.map(({ guid }) => guid),
      )
      assert.is(proof.counted, 205)
      assert.is(api.most, width)
      // A long listing is looked at once more in the end.
      assert.is(api.requests, 21 + 1)
    })

    sideBySide(`${width} at a time, ordered by ${order}, while the oldest expire`, async () => {
      for (const [lost, from, to] of [
        [1, 4, 9],
        [10, 4, 9],
        [40, 4, 9],
        [160, 8, 8],
        [200, 6, 6],
      ] as const) {
        const api = new Api(205)
        const all = api.rows.map(({ guid }) => guid)
        api.before = number => {
          if (number >= from && number <= to) api.rows.splice(0, lost)
        }
        const { guids } = await api.read(order, width)
        assert.is(new Set(guids).size, guids.length)
        for (const { guid } of api.rows) assert.ok(guids.includes(guid), `${guid} is missing`)
        for (const guid of guids) assert.ok(all.includes(guid))
        assert.ok(api.most <= width, `${api.most} at a time, and ${width} are allowed`)
      }
    })
  }
}

sideBySide(
  'a reading that begins again does not pile its calls onto those that are still under way',
  async () => {
    const api = new Api(205)
    let release = () => {}
    const released = new Promise<void>(done => {
      release = done
    })
    api.delay = () => 1
    api.before = async number => {
      // Page 7 finds that most are gone; the answers to those asked for beside it take their time.
      if (number === 7) api.rows.splice(0, 140)
      if (number > 7 && number < 11) await released
    }
    const reading = api.read('inserted', 4)
    for (let turns = 0; turns < 500; turns++) await turn()
    release()
    const { guids } = await reading
    for (const { guid } of api.rows) assert.ok(guids.includes(guid), `${guid} is missing`)
    assert.ok(api.most <= 4, `${api.most} at a time, and 4 are allowed`)
  },
)

sideBySide.run()
