import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CfVersion } from '../../src/cf/binary.ts'
import { createConcurrency, serialize } from '../../src/cf/concurrency.ts'
import type { RunResult } from '../../src/cf/run.ts'
import { fc, holds } from '../generated/check.ts'

const noon = Date.parse('2026-11-23T12:00:00Z')

/** A clock, a `cf` and a token that the test moves. */
function scene({ most = 4, version = [8, 18, 4] as CfVersion, expiresIn = 1200, hasLoginFile = false } = {}) {
  const it = {
    now: noon,
    /** Seconds since 1970, as `cf oauth-token` tells it. */
    expiry: (noon / 1000 + expiresIn) as number | undefined,
    /** The same in the login file. */
    saved: (hasLoginFile ? noon / 1000 + expiresIn : undefined) as number | undefined,
    versions: 0,
    tokens: 0,
  }
  const concurrency = createConcurrency({
    most,
    now: () => it.now,
    async version() {
      it.versions++
      return version
    },
    savedExpiry: async () => it.saved,
    async tokenExpiry() {
      it.tokens++
      return it.expiry
    },
  })
  return Object.assign(it, { concurrency })
}

const deciding = suite('how many calls may run at once')

deciding('before anything was found out, one', () => {
  assert.is(scene().concurrency.limit(), 1)
})

for (const version of [
  'unknown',
  [6, 53, 0],
  [7, 0, 0],
  [7, 7, 11],
  [7, 99, 99],
  [8, 0, 0],
  [8, 6, 99],
  [8, 7, 0],
  [8, 7, 10],
] as const) {
  deciding(`${String(version)}: one, and the token is never asked for`, async () => {
    const it = scene({ version })
    for (let times = 0; times < 3; times++) {
      await it.concurrency.refresh()
      assert.is(it.concurrency.limit(), 1)
      it.now += 3_600_000
    }
    assert.is(it.tokens, 0)
  })
}

for (const version of [
  [8, 7, 11],
  [8, 8, 0],
  [8, 18, 4],
  [8, 19, 0],
  [9, 0, 0],
  [10, 0, 0],
] as const) {
  deciding(`${String(version)}: as many as are wanted`, async () => {
    for (const most of [2, 3, 4]) {
      const it = scene({ version, most })
      await it.concurrency.refresh()
      assert.is(it.concurrency.limit(), most)
      assert.is(it.tokens, 1)
    }
  })
}

deciding('where one is wanted nothing is asked', async () => {
  for (const most of [1, 0]) {
    const it = scene({ most })
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
    assert.is(it.versions, 0)
    assert.is(it.tokens, 0)
  }
})

deciding('an expiry that cannot be read: one for good', async () => {
  const it = scene()
  it.expiry = undefined
  await it.concurrency.refresh()
  assert.is(it.concurrency.limit(), 1)
  it.expiry = noon / 1000 + 1200
  await it.concurrency.refresh()
  assert.is(it.concurrency.limit(), 1)
  assert.is(it.tokens, 1)
})

deciding('none starts beside another later than 90 s before the end', async () => {
  const it = scene({ expiresIn: 1200 })
  await it.concurrency.refresh()
  const end = noon + 1_200_000
  for (const [left, limit] of [
    [1_200_000, 4],
    [90_001, 4],
    [90_000, 1],
    [89_999, 1],
    [60_000, 1],
    [0, 1],
    [-1000, 1],
  ] as const) {
    it.now = end - left
    assert.is(it.concurrency.limit(), limit, `${left} ms left`)
  }
})

deciding('a token that is near its end from the start: one until cf must have renewed it', async () => {
  for (const left of [89, 61, 56]) {
    const it = scene({ expiresIn: left })
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
    it.now += 500
    await it.concurrency.refresh()
    assert.is(it.tokens, 1, `asked again with ${left} s left`)
    // 54 s before its end cf has renewed it, at the latest when it is asked.
    it.now = noon + (left - 54) * 1000
    it.expiry = it.now / 1000 + 1200
    await it.concurrency.refresh()
    assert.is(it.tokens, 2)
    assert.is(it.concurrency.limit(), 4)
  }
})

deciding('asked again only in the last 55 s, and then once', async () => {
  const it = scene({ expiresIn: 1200 })
  const end = noon + 1_200_000
  for (const left of [1_200_000, 90_000, 60_000, 55_001]) {
    it.now = end - left
    await it.concurrency.refresh()
    assert.is(it.tokens, 1, `${left} ms left`)
  }
  it.now = end - 55_000
  it.expiry = it.now / 1000 + 1200
  await it.concurrency.refresh()
  await it.concurrency.refresh()
  assert.is(it.tokens, 2)
  assert.is(it.concurrency.limit(), 4)
  // And so on, as long as the export lasts.
  for (let times = 3; times < 6; times++) {
    it.now = (it.expiry ?? 0) * 1000 - 89_000
    assert.is(it.concurrency.limit(), 1)
    it.now += 40_000
    it.expiry = it.now / 1000 + 1200
    await it.concurrency.refresh()
    assert.is(it.tokens, times)
    assert.is(it.concurrency.limit(), 4)
  }
})

deciding('a token that was not renewed: one for good, and nothing is asked any more', async () => {
  const it = scene({ expiresIn: 1200 })
  await it.concurrency.refresh()
  it.now = noon + 1_200_000 - 54_000
  await it.concurrency.refresh()
  assert.is(it.tokens, 2)
  assert.is(it.concurrency.limit(), 1)
  it.expiry = it.now / 1000 + 3600
  for (let times = 0; times < 3; times++) {
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
  }
  assert.is(it.tokens, 2)
})

deciding('a token that becomes unreadable: one for good', async () => {
  const it = scene({ expiresIn: 1200 })
  await it.concurrency.refresh()
  it.now = noon + 1_200_000 - 54_000
  it.expiry = undefined
  await it.concurrency.refresh()
  assert.is(it.concurrency.limit(), 1)
})

deciding.run()

const saved = suite('the expiry in the login file')

saved('no call of cf is made for it', async () => {
  const it = scene({ hasLoginFile: true })
  await it.concurrency.refresh()
  assert.is(it.concurrency.limit(), 4)
  assert.is(it.tokens, 0)
})

for (const version of ['unknown', [6, 53, 0], [7, 8, 0], [8, 7, 10]] as const) {
  saved(`does not lift the limit of ${String(version)}`, async () => {
    const it = scene({ hasLoginFile: true, version })
    await it.concurrency.refresh()
    await it.concurrency.afterCall()
    assert.is(it.concurrency.limit(), 1)
  })
}

for (const left of [89, 61, 30, 0, -1000]) {
  saved(`${left} s left: one call alone, and what it has renewed is read again`, async () => {
    const it = scene({ hasLoginFile: true, expiresIn: left })
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
    it.saved = it.now / 1000 + 1200
    assert.is(it.concurrency.limit(), 1)
    await it.concurrency.afterCall()
    assert.is(it.concurrency.limit(), 4)
    assert.is(it.tokens, 0)
  })
}

saved('tokens that live for a minute: always alone, and no call of cf is made for them', async () => {
  const it = scene({ hasLoginFile: true, expiresIn: 61 })
  for (let times = 0; times < 5; times++) {
    await it.concurrency.refresh()
    assert.is(it.concurrency.limit(), 1)
    it.now += 30_000
    it.saved = it.now / 1000 + 61
    await it.concurrency.afterCall()
  }
  assert.is(it.tokens, 0)
})

saved('where it can be read no more, cf is asked', async () => {
  const it = scene({ hasLoginFile: true, expiresIn: 30 })
  await it.concurrency.refresh()
  it.saved = undefined
  it.expiry = noon / 1000 + 1200
  await it.concurrency.refresh()
  assert.is(it.concurrency.limit(), 4)
  assert.is(it.tokens, 1)
})

saved.run()

/** What happens next to calls of `cf` beside each other: time passes, one is asked for, one ends. */
const steps = fc.array(
  fc.oneof(
    fc.record({ passMs: fc.integer({ min: 0, max: 60_000 }) }),
    fc.record({ startAfterMs: fc.integer({ min: 0, max: 25_000 }) }),
    fc.record({ end: fc.nat(9) }),
    fc.record({ refresh: fc.constant(true) }),
  ),
  { minLength: 10, maxLength: 60 },
)

const racing = suite('a call that renews the token')

for (const hasLoginFile of [true, false]) {
  racing(`runs alone, ${hasLoginFile ? 'by the login file' : 'by cf oauth-token'}`, () =>
    holds(
      300,
      fc.asyncProperty(
        fc.integer({ min: -10, max: 200 }),
        fc.integer({ min: 30, max: 300 }),
        steps,
        (expiresIn, lifetime, steps) => renewsAlone(scene({ hasLoginFile, expiresIn }), lifetime, steps),
      ),
    ),
  )
}

type Step = { passMs: number } | { startAfterMs: number } | { end: number } | { refresh: true }

/**
 * Fails when a call that renews the token overlaps with another. v8 renews it at the start of a call, with less than 60 s
 * left; and every call of v8 writes back at its end what it has read at its start.
 */
async function renewsAlone(it: ReturnType<typeof scene>, lifetime: number, steps: readonly Step[]) {
  const running: { readonly renews: boolean; end(): void }[] = []
  let overlaps = 0
  const run = serialize(
    ([delay = '0']) =>
      new Promise<RunResult>(done => {
        const renews = (it.expiry ?? 0) * 1000 - (it.now + Number(delay)) < 60_000
        if ((renews && running.length > 0) || running.some(call => call.renews)) overlaps++
        const call = {
          renews,
          end() {
            running.splice(running.indexOf(call), 1)
            if (renews) it.expiry = it.now / 1000 + lifetime
            if (it.saved !== undefined) it.saved = it.expiry
            void it.concurrency
              .afterCall()
              .then(() => done({ stdout: Buffer.alloc(0), stderr: '', exitCode: 0 }))
          },
        }
        running.push(call)
      }),
    it.concurrency.limit,
  )
  const all: Promise<unknown>[] = []
  for (const step of steps) {
    if ('passMs' in step) it.now += step.passMs
    else if ('startAfterMs' in step) all.push(run([String(step.startAfterMs)]))
    else if ('end' in step) running[step.end % running.length]?.end()
    else if (running.length === 0) await it.concurrency.refresh()
    await turn()
  }
  for (let left = steps.length; left > 0; left--) {
    running[0]?.end()
    await turn()
  }
  await Promise.all(all)
  assert.is(overlaps, 0)
}

racing.run()

/** Calls of `cf` that end when the test says so. */
class Calls {
  readonly started: string[] = []
  readonly running = new Set<string>()
  private readonly ends = new Map<string, (error?: Error) => void>()

  readonly run = ([name = '']: readonly string[]): Promise<RunResult> => {
    this.started.push(name)
    this.running.add(name)
    return new Promise((done, fail) => {
      this.ends.set(name, error => {
        this.running.delete(name)
        if (error === undefined) done({ stdout: Buffer.from(name), stderr: '', exitCode: 0 })
        else fail(error)
      })
    })
  }

  async end(name: string, error?: Error): Promise<void> {
    this.ends.get(name)?.(error)
    await turn()
  }
}

const alone = suite('calls that wait for others')

alone('while more are allowed, nobody waits', async () => {
  const calls = new Calls()
  const run = serialize(calls.run, () => 4)
  const names = ['a', 'b', 'c', 'd']
  const all = Promise.all(names.map(name => run([name])))
  await turn()
  assert.equal([...calls.running], names)
  for (const name of names.toReversed()) await calls.end(name)
  assert.equal(
    (await all).map(({ stdout }) => stdout.toString()),
    names,
  )
})

alone('while two are allowed, a third waits for either', async () => {
  const calls = new Calls()
  const run = serialize(calls.run, () => 2)
  const all = Promise.all(['a', 'b', 'c', 'd'].map(name => run([name])))
  await turn()
  assert.equal([...calls.running], ['a', 'b'])
  await calls.end('b')
  assert.equal([...calls.running], ['a', 'c'])
  await calls.end('a')
  assert.equal([...calls.running], ['c', 'd'])
  await calls.end('c')
  await calls.end('d')
  await all
})

alone('while one is allowed, each waits for the one before, and a failure frees the way too', async () => {
  const calls = new Calls()
  const run = serialize(calls.run, () => 1)
  const outcomes: string[] = []
  const all = ['a', 'b', 'c', 'd'].map(name =>
    run([name]).then(
      () => outcomes.push(`${name} done`),
      error => outcomes.push(`${name} ${error.message}`),
    ),
  )
  for (let rounds = 0; rounds < 4; rounds++) {
    await turn()
    assert.is(calls.running.size, 1)
    const [name = ''] = calls.running
    await calls.end(name, name === 'b' ? new Error('failed') : undefined)
  }
  await Promise.all(all)
  assert.equal(outcomes.toSorted(), ['a done', 'b failed', 'c done', 'd done'])
})

alone('a call that is repeated late, near the end of the session, runs alone', async () => {
  const it = scene({ expiresIn: 1200 })
  await it.concurrency.refresh()
  const calls = new Calls()
  const run = serialize(calls.run, () => it.concurrency.limit())

  // Four pages side by side; one of them is to be asked again after a long wait.
  it.now = noon + 1_200_000 - 91_000
  let waited = () => {}
  const wait = new Promise<void>(done => {
    waited = done
  })
  const pages = ['a', 'b', 'c'].map(name => run([name]))
  const late = run(['d'])
    .then(() => wait)
    .then(() => run(['d again']))
  await turn()
  assert.is(calls.running.size, 4)
  await calls.end('d')
  await calls.end('a')

  // Meanwhile the session nears its end: cf would renew the token, so nobody may be beside it.
  it.now += 35_000
  waited()
  await turn()
  assert.equal([...calls.running], ['b', 'c'])
  await calls.end('c')
  assert.equal([...calls.running], ['b'])
  await calls.end('b')
  assert.equal([...calls.running], ['d again'])

  // Nobody starts beside it either.
  const next = run(['e'])
  await turn()
  assert.equal([...calls.running], ['d again'])
  await calls.end('d again')
  assert.equal([...calls.running], ['e'])
  await calls.end('e')
  await Promise.all([...pages, late, next])
})

alone('two repetitions at the same moment go one after the other', async () => {
  let limit = 4
  const calls = new Calls()
  const run = serialize(calls.run, () => limit)
  const all = ['a', 'b', 'c', 'd'].map(async name => {
    await run([name])
    await run([`${name} again`])
  })
  await turn()
  assert.is(calls.running.size, 4)
  limit = 1
  for (const name of ['a', 'b', 'c']) {
    await calls.end(name)
    assert.not.ok([...calls.running].some(each => each.endsWith('again')))
  }
  await calls.end('d')
  for (let rounds = 0; rounds < 4; rounds++) {
    assert.is(calls.running.size, 1)
    await calls.end([...calls.running][0]!)
  }
  await Promise.all(all)
  assert.is(calls.started.length, 8)
})

alone('when more are allowed again, those who wait start together', async () => {
  let limit = 1
  const calls = new Calls()
  const run = serialize(calls.run, () => limit)
  const all = ['a', 'b', 'c'].map(name => run([name]))
  await turn()
  assert.is(calls.running.size, 1)
  limit = 4
  await calls.end('a')
  assert.equal([...calls.running].toSorted(), ['b', 'c'])
  await calls.end('b')
  await calls.end('c')
  await Promise.all(all)
})

alone.run()
