import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { type Fault, type FaultAnswer, type FaultyRequest, wrong } from '../../foundation/faults.ts'
import type { FoundationOptions } from '../../foundation/foundation.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { State } from '../../foundation/state.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { type Run, run } from '../../run.ts'
import { type Scene, withScene } from '../../scene.ts'

type ApiName = 'v2' | 'v3'
/** Whether a request is for the events that are exported, not for what the closing words take. */
const isListing = (path: string) => /\/(audit_)?events\?/.test(path)

const apis: readonly ApiName[] = ['v2', 'v3']

const orgGuid = sampleFoundation({ events: 0 }).org.guid
const day = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString()
const second = (ms: number) => iso(ms).replace(/\.\d+Z$/, 'Z')

/** When the oldest event of a test happened, and how far apart two of them are. */
const oldest = Math.floor((Date.now() - 20 * day) / 1000) * 1000
const apart = 40_000

/** Events of the org, oldest first; three of five share their second. */
const listing = (
  count: number,
  time = (index: number) => oldest + (index - (index % 5 > 2 ? 2 : 0)) * apart,
) => Array.from({ length: count }, (_, index) => event({ orgGuid, timestamp: iso(time(index)) }))

/** A foundation of these events, and a page size with which there are many pages. */
async function withListing(
  events: readonly StoredEvent[],
  options: FoundationOptions,
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  await withScene({ events: 0, foundation: { maxPerPage: { v3: 100 }, ...options, events } }, use)
}

const done = ({ code, stderr }: Run) => assert.is(code, 0, stderr)

function guidsOf({ stdout }: Run, api: ApiName): string[] {
  const records = stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  return records.map(record => (api === 'v2' ? record.metadata.guid : record.guid))
}

const missing = (wanted: readonly string[], found: readonly string[]) => {
  const has = new Set(found)
  return wanted.filter(guid => !has.has(guid))
}

/** Each once, all that were there from the start to the end, and nothing that never was. */
function complete(
  guids: readonly string[],
  { start, end, ever }: Record<'start' | 'end' | 'ever', readonly string[]>,
): void {
  assert.is(new Set(guids).size, guids.length, 'an event is there twice')
  const stayed = start.filter(guid => end.includes(guid))
  assert.equal(missing(stayed, guids), [], 'events are missing')
  assert.equal(missing(guids, ever), [], 'there are events that never were')
}

const guids = (events: readonly StoredEvent[]) => events.map(({ guid }) => guid)

/** What happens to the events before a listing is answered; what is added is remembered. */
class Movement {
  readonly added: StoredEvent[] = []
  private readonly ids: number[] = []

  /** Something happens now. */
  add(state: State, count = 3): void {
    for (let times = 0; times < count; times++) this.insert(state, Date.now())
  }

  /** The retention job takes the oldest. */
  expire(state: State, count = 7): void {
    const times = state.events
      .all()
      .map(({ timestamp }) => Date.parse(timestamp))
      .sort((a, b) => a - b)
    state.events.expire(new Date(times[count] ?? 0))
  }

  /** Transactions that began before the export will commit while it runs. */
  begin(state: State, count: number): void {
    for (let times = 0; times < count; times++) this.ids.push(state.events.takeId())
  }

  /** One of them commits. */
  commit(state: State, time: number): void {
    const late = event({ orgGuid, timestamp: iso(time) })
    const id = this.ids.shift()
    if (id === undefined) return
    this.added.push(late)
    state.events.commit(id, late)
  }

  private insert(state: State, time: number): void {
    const fresh = event({ orgGuid, timestamp: iso(time) })
    this.added.push(fresh)
    state.events.add(fresh)
  }
}

const count = 1150

/** Old enough to lie before most of what has been read when it commits. */
const early = oldest + 50 * apart + 13_000

const movements: Readonly<Record<string, (movement: Movement, state: State, number: number) => void>> = {
  'new events': (movement, state) => movement.add(state),
  'the oldest expire': (movement, state) => movement.expire(state),
  'the oldest expire, more than a page each time': (movement, state, number) =>
    number < 6 && movement.expire(state, 130),
  'events commit late, before what was read': (movement, state, number) =>
    number > 4 && number < 9 && movement.commit(state, early + number * 1000),
  'events commit late, among what comes': (movement, state, number) =>
    number < 9 && movement.commit(state, oldest + (count - 30) * apart),
  'one expires and one commits late, so that the count stays': (movement, state, number) => {
    if (number < 3 || number > 8) return
    const before = state.events.length
    movement.expire(state, 3)
    for (let lost = before - state.events.length; lost > 0; lost--)
      movement.commit(state, early + number * 1000)
  },
  'all of it together': (movement, state, number) => {
    movement.add(state)
    movement.expire(state)
    if (number > 2 && number < 9) movement.commit(state, early + number * 1000)
  },
}

const moving = suite('exports while events come and go')

for (const api of apis) {
  for (const [name, move] of Object.entries(movements)) {
    moving(`${api}: ${name}`, async () => {
      const movement = new Movement()
      const start = listing(count)
      let begun = false
      const mutate = (state: State, number: number) => {
        if (!begun) movement.begin(state, 60)
        begun = true
        move(movement, state, number)
      }
      await withListing(start, { mutate }, async ({ cf, foundation }) => {
        const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
        done(result)
        const read = guidsOf(result, api)
        complete(read, {
          start: guids(start),
          end: guids(foundation.state.events.all()),
          ever: guids([...start, ...movement.added]),
        })
        assert.ok(foundation.requests.length > 8)
      })
    })
  }

  moving(`${api}: all events of one second, and new ones come`, async () => {
    const movement = new Movement()
    const start = listing(count, () => oldest)
    const mutate = (state: State) => movement.add(state)
    await withListing(start, { mutate }, async ({ cf, foundation }) => {
      const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
      done(result)
      const all = foundation.state.events.all()
      complete(guidsOf(result, api), { start: guids(start), end: guids(all), ever: guids(all) })
    })
  })

  moving(`${api}: the retention job ends within a second, of which the API shows no parts`, async () => {
    const start = listing(count, index => (index < 250 ? oldest + index * 3 : oldest + index * apart))
    const mutate = (state: State, number: number) => {
      if (number === 6) state.events.expire(new Date(oldest + 300))
    }
    await withListing(start, { mutate }, async ({ cf, foundation }) => {
      const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
      done(result)
      const end = guids(foundation.state.events.all())
      assert.is(end.length, count - 100)
      complete(guidsOf(result, api), { start: guids(start), end, ever: guids(start) })
    })
  })

  moving(`${api}: some of what was read is deleted by an administrator`, async () => {
    const start = listing(count)
    const mutate = (state: State, number: number) => {
      const gone = new Set(guids(start.slice(210, 260)))
      if (number === 6) state.events.remove(({ guid }) => gone.has(guid))
    }
    await withListing(start, { mutate }, async ({ cf, foundation }) => {
      const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
      done(result)
      const end = guids(foundation.state.events.all())
      complete(guidsOf(result, api), { start: guids(start), end, ever: guids(start) })
    })
  })

  moving(`${api}: what commits late for ever keeps nobody waiting`, async () => {
    const movement = new Movement()
    const start = listing(250)
    const mutate = (state: State, number: number) => {
      if (number === 1) movement.begin(state, 1000)
      if (number > 2) movement.commit(state, early)
    }
    await withListing(start, { mutate }, async ({ cf }) => {
      const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
      done(result)
      const ever = guids([...start, ...movement.added])
      complete(guidsOf(result, api), { start: guids(start), end: guids(start), ever })
    })
  })

  moving(`${api}: as documented`, async () => {
    const start = listing(1000)
    const mutate = (state: State, number: number) => {
      if (number === 4) new Movement().expire(state, 40)
    }
    await withListing(start, { mutate }, async ({ cf, foundation }) => {
      const result = await run(cf, ['events', '--as-documented', '--api', api, '-f', 'ndjson', '-q'])
      done(result)
      const end = guids(foundation.state.events.all())
      complete(guidsOf(result, 'v2'), { start: guids(start), end, ever: guids(start) })
    })
  })
}

moving.run()

const failing = suite('exports while requests fail')

/** Answers that cf itself repeats twice at once, so that three of them make one that we see. */
const answers: readonly (readonly [name: string, times: number, answer: FaultAnswer])[] = [
  ['500', 3, wrong.unknownV3()],
  ['502', 3, wrong.router502()],
  ['503', 3, wrong.maintenance()],
  [
    '504',
    3,
    { status: 504, headers: { 'Content-Type': 'text/html' }, body: '<html>Gateway Time-out</html>' },
  ],
  ['cut', 1, 'cut'],
  ['empty', 1, 'empty'],
  ['reset', 3, 'reset'],
]

const requests = 7
const positions = Array.from({ length: requests }, (_, index) => index)

/** Matches the listing's first request, its second and so on, each as often as it is repeated. */
function nthRequests(): (number: number) => (request: FaultyRequest) => boolean {
  const paths: string[] = []
  return number =>
    ({ raw }) => {
      if (!isListing(raw) || !/per[-_]page=100$/.test(raw)) return false
      if (!paths.includes(raw)) paths.push(raw)
      return paths[number] === raw
    }
}

/** An export of several pages, some of them side by side, in which these requests fail; it is complete all the same. */
async function survives(api: ApiName, faults: Fault[], args: readonly string[]): Promise<Run> {
  const start = listing(650)
  let result: Run | undefined
  await withListing(start, { faults }, async ({ cf, foundation }) => {
    result = await run(cf, ['events', '--api', api, '-f', 'ndjson', ...args])
    done(result)
    complete(guidsOf(result, api), { start: guids(start), end: guids(start), ever: guids(start) })
    for (const { on } of faults) {
      const met = foundation.requests.filter(({ method, path }, index) =>
        (on as (request: FaultyRequest) => boolean)({ method, raw: path, number: index }),
      )
      assert.ok(met.length > 1, 'nothing was repeated')
    }
  })
  return result!
}

for (const api of apis) {
  for (const [turn, [first]] of answers.entries()) {
    // In each turn every request meets another of these, so that each of them happens at each request.
    failing(`${api}: a failure at every request, the first meets ${first}`, async () => {
      const nth = nthRequests()
      const faults = positions.map((number): Fault => {
        const [, times, answer] = answers[(number + turn) % answers.length]!
        return { on: nth(number), times, answer }
      })
      await survives(api, faults, ['--max-wait', '0', '-q'])
    })
  }

  // Three of them within one call of cf are one failure; up to three failures of a request are survived.
  failing(`${api}: three failures in a row at the last request`, async () => {
    const fault: Fault = { on: nthRequests()(requests - 1), times: 9, answer: wrong.router503() }
    await survives(api, [fault], ['--max-wait', '0', '-q'])
  })

  failing(`${api}: a rate limit at every request`, async () => {
    const plain = (headers: Record<string, string>): FaultAnswer => ({ status: 429, headers, body: '{}' })
    const limits = [
      plain({ 'Retry-After': '0' }),
      plain({ 'Retry-After': '1' }),
      plain({ 'X-RateLimit-Reset': String(Math.floor(Date.now() / 1000)) }),
      api === 'v2' ? wrong.rateLimitV2(0) : wrong.rateLimitV3(0),
    ]
    // They do little but wait, so they may do it at the same time.
    await Promise.all(
      limits.map(async answer => {
        const nth = nthRequests()
        const faults = positions.map(number => ({ on: nth(number), answer }))
        const { stderr } = await survives(api, faults, [])
        const notes = stderr.match(/^Rate limited by Cloud Foundry; continuing in [01] s\.$/gm)
        assert.is(notes?.length, requests, stderr)
      }),
    )
  })
}

failing('a rate limit of the foundation itself is waited for', async () => {
  const start = listing(350)
  await withListing(start, { rateLimit: { general: 2, seconds: 3 } }, async ({ cf, foundation }) => {
    const result = await run(cf, ['events', '--api', 'v3', '-f', 'ndjson'])
    done(result)
    complete(guidsOf(result, 'v3'), { start: guids(start), end: guids(start), ever: guids(start) })
    assert.ok(foundation.requests.some(({ status }) => status === 429))
    assert.match(result.stderr, 'Rate limited by Cloud Foundry')
  })
})

failing.run()

const counting = suite('counts and limits of the API')

/** Every count, or that of the pages from `from` on, is wrong by so many. */
const lie = (by: number, from = 1): Fault => ({
  on: /\/v[23]\/(audit_)?events/,
  at: from,
  times: Number.POSITIVE_INFINITY,
  answer: page => {
    const envelope = page.pagination ?? page
    if ('total_results' in envelope) envelope.total_results += by
    return page
  },
})

for (const api of apis) {
  for (const [name, by, from, ...outputs] of [
    ['one too many', 1, 1, '-f csv', '-f json', '-O report.csv'],
    ['one too few', -1, 1, '-f csv'],
    ['a page too many', 100, 1, '-O report.csv'],
    ['too many from the third request on', 7, 3, '-f json'],
  ] as const) {
    counting(`${api}: ${name}: both numbers are told, nothing is printed and no file is made`, async () => {
      for (const output of outputs) {
        await withListing(listing(240), { faults: [lie(by, from)] }, async ({ cf }) => {
          const args = ['events', '--api', api, '-q', ...output.split(' ')]
          const { code, stdout, stderr } = await run(cf, args, { cwd: cf.home })
          assert.is(code, 6, stderr)
          assert.is(stdout, '')
          assert.not.ok(existsSync(join(cf.home, 'report.csv')))
          const [, counted, listed] =
            /^Incomplete: Cloud Foundry counts (\d+) events.*, but lists (\d+)\.$/m.exec(stderr) ?? []
          assert.is(Number(counted) - Number(listed), by)
        })
      }
    })
  }

  counting(`${api}: a lowered limit of the page size is obeyed`, async () => {
    for (const limit of [99, 37]) {
      const start = listing(260)
      const limits = { maxPerPage: { v2: limit, v3: limit } }
      await withListing(start, limits, async ({ cf, foundation }) => {
        const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
        done(result)
        complete(guidsOf(result, api), { start: guids(start), end: guids(start), ever: guids(start) })
        const [refused, ...others] = foundation.requests.filter(({ path }) => isListing(path))
        assert.is(refused?.status, 400)
        assert.ok(others.every(({ status }) => status === 200))
        for (const { path } of others) assert.match(path, new RegExp(`per[-_]page=${limit}$`))
        assert.ok(others.length < (2.5 * 260) / limit, `${others.length} requests`)
      })
    }
  })

  counting(`${api}: a limit of the depth is obeyed`, async () => {
    for (const totalResults of [40, 99]) {
      const start = listing(count)
      await withListing(start, { maxTotalResults: totalResults }, async ({ cf, foundation }) => {
        const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', '-q'])
        done(result)
        complete(guidsOf(result, api), { start: guids(start), end: guids(start), ever: guids(start) })
        assert.ok(foundation.requests.some(({ status }) => status === 400))
      })
    }
  })

  counting(`${api}: a second that is deeper than the limit is an error, and not less than all`, async () => {
    const limits = { maxTotalResults: 200 }
    await withListing(
      listing(300, () => oldest),
      limits,
      async ({ cf }) => {
        const { code, stdout, stderr } = await run(cf, ['events', '--api', api, '-f', 'csv', '-q'])
        assert.ok(code === 5 || code === 6, stderr)
        assert.is(stdout, '')
      },
    )
  })
}

counting.run()

const windows = suite('windows of time')

/** What a request asks for: from when, and until when. */
const boundsIn = (path: string) =>
  [/(?:gte%5D=|timestamp%3E=)([\dTZ:-]+)/, /(?:lt%5D=|timestamp%3C)(\d[\dTZ:-]+)/].map(
    pattern => pattern.exec(path)?.[1],
  )

/** One event an hour for 29 days, and a few on the edges of days. */
const hourly = () => {
  const now = Math.floor(Date.now() / 1000) * 1000
  const midnight = Math.floor(now / day) * day
  const edges = [1, 2, 3, 10].flatMap(days => [0, 1000, -1000].map(offset => midnight - days * day + offset))
  return [...Array.from({ length: 29 * 24 }, (_, hours) => now - 2000 - hours * 3_600_000), ...edges]
    .sort((a, b) => a - b)
    .map(time => event({ orgGuid, timestamp: iso(time) }))
}

const today = () => Math.floor(Date.now() / day) * day
const dateOf = (ms: number) => iso(ms).slice(0, 10)

interface Row {
  readonly args: () => readonly string[]
  /** Milliseconds since 1970; undefined: no bound. */
  readonly from?: () => number
  readonly until?: () => number
  /** How far the bounds may be off, because time goes by. */
  readonly slack?: number
}

const rows: Readonly<Record<string, Row>> = {
  'seven days': { args: () => ['--since', '7d'], from: () => Date.now() - 7 * day, slack: 60_000 },
  'hours to hours': {
    args: () => ['--since', '72h', '--until', '24h'],
    from: () => Date.now() - 3 * day,
    until: () => Date.now() - day,
    slack: 60_000,
  },
  'a day, and that whole day': {
    args: () => ['--since', dateOf(today() - 3 * day), '--until', dateOf(today() - 3 * day)],
    from: () => today() - 3 * day,
    until: () => today() - 2 * day,
  },
  yesterday: {
    args: () => ['--since', 'yesterday', '--until', 'yesterday'],
    from: () => today() - day,
    until: () => today(),
  },
  'up to a time with a zone': {
    args: () => ['--until', `${dateOf(today() - 10 * day)}T02:00:00+02:00`],
    until: () => today() - 10 * day,
  },
  'a month': {
    args: () => ['--month', dateOf(today()).slice(0, 7)],
    from: () => Date.parse(`${dateOf(today()).slice(0, 7)}-01T00:00:00Z`),
    until: () => {
      const first = new Date(today())
      return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1)
    },
  },
}

for (const api of apis) {
  for (const [name, { args, from, until, slack = 0 }] of Object.entries(rows)) {
    windows(`${api}: ${name}`, () =>
      withListing(hourly(), {}, async ({ cf, foundation }) => {
        const expectedFrom = from?.()
        const expectedUntil = until?.()
        const result = await run(cf, ['events', '--api', api, '-f', 'ndjson', ...args()])
        done(result)
        assert.match(result.stderr, /^From \d{4}-\d\d-\d\d |^Until \d{4}/m)

        // The API is asked for exactly that, or for parts of it.
        const asked = foundation.requests.filter(({ path, status }) => isListing(path) && status === 200)
        const [start, end] = boundsIn(asked[0]!.path)
        for (const [text, expected] of [
          [start, expectedFrom],
          [end, expectedUntil],
        ] as const) {
          assert.is(text === undefined, expected === undefined, result.stderr)
          if (text === undefined || expected === undefined) continue
          const off = Math.abs(Date.parse(text) - expected)
          assert.ok(off <= slack, `${text} is not ${second(expected)}`)
        }
        for (const { path } of asked.slice(1)) {
          const [from = '', until = '~'] = boundsIn(path)
          assert.ok(from >= (start ?? '') && until <= (end ?? second(Date.now() + 1000)), path)
        }

        const wanted = foundation.state.events.all().filter(({ timestamp }) => {
          const time = `${timestamp.slice(0, 19)}Z`
          return time >= (start ?? '') && time < (end ?? '~')
        })
        assert.ok(wanted.length > 0)
        assert.equal(guidsOf(result, api).toSorted(), guids(wanted).toSorted())
      }),
    )
  }

  windows(`${api}: no window is no lower bound, and no line about one`, () =>
    withListing(hourly(), {}, async ({ cf, foundation }) => {
      const result = await run(cf, ['events', '--api', api, '-f', 'ndjson'])
      done(result)
      assert.not.match(result.stderr, /^From /m)
      assert.is(guidsOf(result, api).length, foundation.state.events.length)
      const [first] = foundation.requests.filter(({ path }) => isListing(path))
      assert.equal(boundsIn(first!.path), [undefined, undefined])
    }),
  )

  windows(`${api}: without an end, it is the API’s clock that ends it`, async () => {
    const now = Math.floor((Date.now() - 5 * day) / 1000) * 1000
    await withListing(hourly(), { now: new Date(now) }, async ({ cf, foundation }) => {
      const result = await run(cf, [
        'events',
        '--api',
        api,
        '-f',
        'ndjson',
        '--until',
        dateOf(Date.now() + 3 * day),
      ])
      done(result)
      const asked = foundation.requests.filter(({ path, status }) => isListing(path) && status === 200)
      assert.ok(asked.length > 4)
      const ends = asked.slice(1).map(({ path }) => boundsIn(path)[1] ?? '~')
      assert.is(ends.sort().at(-1), second(now + 1000))
      const wanted = foundation.state.events
        .all()
        .filter(({ timestamp }) => Date.parse(timestamp) < now + 1000)
      assert.equal(guidsOf(result, api).toSorted(), guids(wanted).toSorted())
    })
  })
}

windows('a window that begins before what is kept is told, to the second', () =>
  withListing(hourly(), {}, async ({ cf }) => {
    for (const [args, warned] of [
      [['--since', dateOf(Date.now() - 40 * day)], true],
      [['--since', '45d'], true],
      [['--month', 'last', '-q'], true],
      // Events go once a day: those of up to a day more may be there.
      [['--since', dateOf(Date.now() - 32 * day)], true],
      [['--since', '31d'], false],
      [['--since', '29d'], false],
      [['--until', dateOf(Date.now() - 2 * day)], false],
    ] as const) {
      const result = await run(cf, ['events', '-f', 'ndjson', ...args])
      if (args[1] !== 'last') done(result)
      const kept = /the time range begins before (\S+Z),/.exec(result.stderr)?.[1]
      assert.is(kept !== undefined, warned, `${args.join(' ')}\n${result.stderr}`)
      if (kept === undefined) continue
      const more = Date.now() - 31 * day - Date.parse(kept)
      assert.ok(more >= 0 && more < day + 60_000, kept)
    }
  }),
)

windows.run()
