import { clearLine, cursorTo, type Direction, moveCursor } from 'node:readline'
import { Writable } from 'node:stream'
// --- When it is shown -------------------------------------------------------------------------------------------

import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMessages } from '../../src/ui/messages.ts'
import { createPace, createProgress, fitting, type ProgressOptions } from '../../src/ui/progress.ts'
import { shownBy } from '../terminal.ts'

/** A terminal of so many columns: what a spinner needs of tty.WriteStream, and no more. */
class Screen extends Writable {
  readonly isTTY: boolean = true
  readonly columns: number
  /** All that was ever written. */
  bytes = ''

  constructor(columns: number) {
    super({ decodeStrings: false })
    this.columns = columns
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    // A terminal moves to the first column with each new line.
    this.bytes += chunk.toString().replaceAll('\n', '\r\n')
    done()
  }

  cursorTo = (column: number) => cursorTo(this, column)
  moveCursor = (columns: number, rows: number) => moveCursor(this, columns, rows)
  clearLine = (direction: Direction) => clearLine(this, direction)

  /** The lines that are not empty. */
  lines = () => shownBy(this.bytes).filter(row => row !== '')
}

const showing = suite('when progress is shown')
showing.before.each(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }))
showing.after.each(() => mock.timers.reset())

/** A progress whose spinner is written down instead of turned. */
function watched(options: Partial<ProgressOptions> = {}) {
  const log: string[] = []
  const stop = new AbortController()
  let line = () => ''
  const progress = createProgress({
    stream: new Screen(80),
    env: {},
    now: Date.now,
    signal: stop.signal,
    async spin(_, told) {
      line = told
      log.push('spin')
      return { stop: () => log.push('gone') }
    },
    ...options,
  })
  return { progress, log, abort: () => stop.abort(), line: () => line() }
}

/** Lets the clock go on, and what waited for it come to its end. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  await turn()
}

showing('not before 400 ms, and never for what is done sooner', async () => {
  const long = watched()
  long.progress.start()
  await pass(399)
  assert.equal(long.log, [])
  await pass(1)
  assert.equal(long.log, ['spin'])
  long.progress.stop()
  assert.equal(long.log, ['spin', 'gone'])

  const short = watched()
  short.progress.start()
  await pass(399)
  short.progress.stop()
  await pass(10_000)
  assert.equal(short.log, [])
})

showing('gone once, and for good', async () => {
  const { progress, log } = watched()
  progress.start()
  await pass(400)
  progress.stop()
  progress.stop()
  progress.start()
  progress.page(5)
  await pass(10_000)
  assert.equal(log, ['spin', 'gone'])
})

showing('an interruption takes it away at once', async () => {
  const { progress, log, abort } = watched()
  progress.start()
  await pass(400)
  abort()
  assert.equal(log, ['spin', 'gone'])
})

showing('stopped while the spinner is being loaded, it never turns', async () => {
  let loaded = (_: { stop(): void }) => {}
  const log: string[] = []
  const { progress } = watched({ spin: () => new Promise(done => (loaded = done)) })
  progress.start()
  await pass(400)
  progress.stop()
  loaded({ stop: () => log.push('gone') })
  await turn()
  assert.equal(log, ['gone'])
})

showing('a spinner that cannot be loaded costs nothing', async () => {
  const { progress } = watched({ spin: async () => Promise.reject(new Error('no')) })
  progress.start()
  await pass(400)
  progress.stop()
})

const nobodyLooks: readonly (readonly [what: string, options: Partial<ProgressOptions>])[] = [
  ['a pipe', { stream: Object.assign(new Screen(80), { isTTY: false }) }],
  ['a terminal that claims to have no columns', { stream: new Screen(0) }],
  ['TERM=dumb', { env: { TERM: 'dumb' } }],
  ['CI=true', { env: { CI: 'true' } }],
  ['CI=1', { env: { CI: '1' } }],
  ['--quiet', { quiet: true }],
  ['--verbose, which names every call', { verbose: true }],
]
for (const [what, options] of nobodyLooks) {
  showing(`${what}: nothing`, async () => {
    const { progress, log } = watched(options)
    progress.start()
    progress.expect(100)
    progress.page(10)
    progress.waiting(1000, 'for the rate limit')
    await pass(10_000)
    progress.stop()
    assert.equal(log, [])
  })
}

showing('CI=false is no CI', async () => {
  const { progress, log } = watched({ env: { CI: 'false' } })
  progress.start()
  await pass(400)
  assert.equal(log, ['spin'])
  progress.stop()
})

showing('the line follows the run', async () => {
  const { progress, line } = watched()
  progress.start()
  await pass(500)
  assert.is(line(), 'Waiting for Cloud Foundry')
  progress.expect(20_000)
  await pass(500)
  progress.page(5000)
  assert.is(line(), '5,000 of 20,000 events, page 1 of 4, 5,000/s, 3 s left')
  await pass(1000)
  assert.is(line(), '5,000 of 20,000 events, page 1 of 4, 5,000/s, 2 s left')
  progress.waiting(12_000, 'for the rate limit')
  assert.is(line(), '5,000 of 20,000 events, waiting 12 s for the rate limit')
  await pass(11_500)
  assert.is(line(), '5,000 of 20,000 events, waiting 1 s for the rate limit')
  await pass(1000)
  progress.page(15_000)
  progress.naming()
  assert.is(line(), '20,000 of 20,000 events, looking up names')
  progress.waiting(3000, 'to try again')
  assert.is(line(), '20,000 of 20,000 events, waiting 3 s to try again')
  progress.stop()
})
showing.run()

// --- What it says -----------------------------------------------------------------------------------------------

const saying = suite('what progress says')

/** Pages as [milliseconds, events], and what is said at the end of them. */
const runs: readonly (readonly [
  what: string,
  total: number | undefined,
  pages: readonly (readonly [number, number])[],
  now: number,
  line: string,
])[] = [
  ['nothing yet', undefined, [], 0, 'Waiting for Cloud Foundry'],
  ['counted, not read', 7, [], 10, '0 of 7 events, page 0'],
  ['one event', 1, [[1000, 1]], 1000, '1 of 1 event, page 1, 1/s'],
  ['at the end nothing is left', 300, [[1000, 300]], 1000, '300 of 300 events, page 1, 300/s'],
  ['more than were counted', 300, [[1000, 301]], 1000, '301 events, page 1, 301/s'],
  [
    'millions',
    1_234_567,
    [[1000, 5000]],
    1000,
    '5,000 of 1,234,567 events, page 1 of 247, 5,000/s, 4 min 6 s left',
  ],
  [
    'hours',
    100_000_000,
    [[1000, 5000]],
    1000,
    '5,000 of 100,000,000 events, page 1 of 20,000, 5,000/s, 5 h 33 min left',
  ],
  ['a page of no time', 10, [[0, 5]], 0, '5 of 10 events, page 1 of 2'],
  ['an empty page', 10, [[1000, 0]], 1000, '0 of 10 events, page 1'],
  ['late: never less than 1 s', 10, [[1000, 5]], 60_000, '5 of 10 events, page 1 of 2, 5/s, 1 s left'],
]
for (const [what, total, pages, now, line] of runs) {
  saying(what, () => {
    const pace = createPace(0)
    if (total !== undefined) pace.expect(total)
    for (const [at, events] of pages) pace.page(events, at)
    assert.is(pace.parts(now).join(', '), line)
  })
}

saying('the rate is that of the last pages, so a slow start is forgotten', () => {
  const pace = createPace(0)
  pace.expect(100_000)
  pace.page(100, 10_000)
  for (let page = 1; page <= 12; page++) pace.page(100, 10_000 + page * 100)
  assert.match(pace.parts(11_200).join(), '1,000/s')
})

saying('waiting does not count against the rate; pauses side by side count once', () => {
  const pace = createPace(0)
  pace.expect(1000)
  pace.page(100, 1000)
  pace.waiting(1000, 30_000, 'for the rate limit')
  pace.waiting(1500, 20_000, 'for the rate limit')
  pace.waiting(2000, 30_000, 'for the rate limit')
  assert.is(pace.parts(2000).join(), '100 of 1,000 events,waiting 30 s for the rate limit')
  pace.page(100, 33_000)
  assert.match(pace.parts(33_000).join(), ',100/s,8 s left')
})

saying('before anything is counted it says why it waits', () => {
  const pace = createPace(0)
  pace.waiting(0, 2000, 'to try again')
  assert.is(pace.parts(0).join(), 'waiting 2 s to try again')
})

saying('what does not fit the terminal is left out from the end', () => {
  const parts = ['5,000 of 20,000 events', 'page 1 of 4', '3 s left']
  assert.is(fitting(parts, 80), '5,000 of 20,000 events, page 1 of 4, 3 s left')
  assert.is(fitting(parts, 35), '5,000 of 20,000 events, page 1 of 4')
  assert.is(fitting(parts, 34), '5,000 of 20,000 events')
  assert.is(fitting(parts, 7), '5,000 o')
  assert.is(fitting(parts, -3), '')
  assert.is(fitting([], 10), '')
})
saying.run()

// --- The spinner itself -----------------------------------------------------------------------------------------

const spinning = suite('the spinner')
// Loaded with the clock that goes.
spinning.before(async () => {
  await import('ora')
})
spinning.before.each(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }))
spinning.after.each(() => mock.timers.reset())

spinning('turns below what is said meanwhile, and leaves nothing of itself', async () => {
  const screen = new Screen(60)
  const stop = new AbortController()
  const progress = createProgress({ stream: screen, env: {}, now: Date.now, signal: stop.signal })
  const messages = createMessages(screen, {}, {})
  const stdin = process.stdin.listenerCount('data')

  messages.info('Before.')
  progress.start()
  await pass(400)
  for (let turns = 0; screen.lines().length < 2 && turns < 1000; turns++) await turn() // It is being imported.
  assert.match(screen.lines()[1] ?? '', /^\S Waiting for Cloud Foundry$/)
  progress.expect(100)
  progress.page(50)
  for (let step = 0; step < 10; step++) await pass(80)
  assert.match(screen.lines()[1]!, /^\S 50 of 100 events, page 1 of 2/)
  messages.info('Between.')
  messages.warn('also between.')
  assert.equal(screen.lines().slice(0, 3), ['Before.', 'Between.', 'Warning: also between.'])
  assert.match(screen.lines()[3]!, /^\S 50 of 100 events/)
  progress.stop()
  messages.info('After.')
  assert.equal(screen.lines(), ['Before.', 'Between.', 'Warning: also between.', 'After.'])

  assert.not.match(screen.bytes, '\u001b[?25', 'the cursor is left alone')
  assert.not.match(screen.bytes, '\u001b[36m', 'no colour')
  assert.is(process.stdin.listenerCount('data'), stdin)
})
spinning.run()
