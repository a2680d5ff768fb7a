// How a report ends when its reader, its disk or its user does not let it go on. test/e2e/streams.test.ts has the same
// with real pipes, signals and processes, once for each kind.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createClock } from '../../foundation/clock.ts'
import { arrival, type Fault, type FaultyRequest } from '../../foundation/faults.ts'
import type { InstallOptions } from '../../foundation/install-cf.ts'
import { type Run, run, start } from '../../run.ts'
import { type Scene, withScene } from '../../scene.ts'

const formats = ['csv', 'json', 'ndjson', 'table'] as const

/** Resolves when this process has nothing else to do. */
const quiet = () => createClock().wait(0)

const failing = (code: string) => Object.assign(new Error(code), { code })

/** A stdout whose reader takes lines up to a number, then closes the pipe, or lets the disk be full. */
function endingAfter(lines: number, code: string) {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      if (text.split('\n').length > lines) return done(failing(code))
      text += chunk
      done()
    },
  })
  return { stream, text: () => text }
}

const wholeLines = (text: string) => {
  assert.ok(text === '' || text.endsWith('\n'), `half a line: ${JSON.stringify(text.slice(-80))}`)
  return text.split('\n').slice(0, -1)
}

/** What needs no answer of Cloud Foundry. */
const withoutAsking = [
  ['routes', 'demo-org', '--explain'],
  ['completion', 'bash'],
  ['types'],
  ['--help'],
  ['routes', '--help'],
  ['--version'],
]

const paged = (perPage = 100) => ({ maxPerPage: { v2: perPage, v3: perPage } })

/** The requests for events that follow the first. */
const afterFirst = /audit_events\?.*gte/

// --- A reader that leaves ----------------------------------------------------------------------------------------

const reader = suite('a reader that leaves early')

for (const format of formats) {
  for (const lines of [0, 1]) {
    reader(`${format}, after ${lines} lines: no error, and no word`, () =>
      withScene({ events: 1200, foundation: paged() }, async ({ cf }) => {
        const { stream, text } = endingAfter(lines, 'EPIPE')
        const args = ['events', '-f', format, '-q']
        const { code, stderr, error } = await start(cf, args, { streams: { stdout: stream } }).ended
        assert.is(code, 0, stderr)
        assert.is(stderr, '')
        assert.is(error, 'ReaderGone')
        if (lines > 0) assert.ok(text().includes('\n'))
      }),
    )
  }
}

reader('ndjson, while the next pages hang: the run does not wait for them', () =>
  withScene({ events: 400, foundation: paged(20) }, async scene => {
    // The next page comes when one of those beside it hangs.
    const days = 24 * 3600_000
    const isNext = ({ raw }: FaultyRequest) =>
      Date.parse(/gte%5D=([\dTZ:-]+)/.exec(raw)?.[1] ?? '') < Date.now() - 20 * days
    let hangs = () => {}
    const until = new Promise<void>(done => {
      hangs = done
    })
    const isBeside = (request: FaultyRequest) => {
      const isSo = afterFirst.test(request.raw) && !isNext(request)
      if (isSo) hangs()
      return isSo
    }
    scene.foundation.faults.add(
      { on: isNext, times: Number.POSITIVE_INFINITY, answer: { until } },
      { on: isBeside, times: Number.POSITIVE_INFINITY, answer: 'hang' },
    )
    const { stream } = endingAfter(1, 'EPIPE')
    const args = ['events', '-f', 'ndjson', '-q']
    const { code, stderr } = await start(scene.cf, args, { streams: { stdout: stream }, patient: true }).ended
    assert.is(code, 0, stderr)
    assert.is(stderr, '')
    assert.ok(scene.foundation.requests.some(({ status }) => status === 0))
  }),
)

reader('what is printed without asking Cloud Foundry', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    for (const args of withoutAsking) {
      const { stream } = endingAfter(0, 'EPIPE')
      const { code, stderr } = await start(cf, args, { streams: { stdout: stream } }).ended
      assert.is(code, 0, args.join(' '))
      assert.is(stderr, '', args.join(' '))
    }
  }),
)

reader('when nobody reads the words, the data is whole all the same', () =>
  withScene({ events: 600, foundation: paged() }, async ({ cf }) => {
    const args = ['events', '-f', 'ndjson', '-v']
    const { stream } = endingAfter(0, 'EPIPE')
    const alone = await start(cf, args, { streams: { stderr: stream } }).ended
    assert.is(alone.code, 0)
    assert.ok(wholeLines(alone.stdout).length > 300)
    assert.is(alone.stdout, (await run(cf, args)).stdout)
  }),
)

reader.run()

// --- A reader that does not read ---------------------------------------------------------------------------------

/** A stdout that takes nothing after its first bytes until it is told to. */
function stalling() {
  let text = ''
  let go = () => {}
  let isOpen = false
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk
      if (isOpen) done()
      else go = done
    },
  })
  return {
    stream,
    text: () => text,
    open() {
      isOpen = true
      go()
    },
  }
}

const slow = suite('a reader that does not read')

slow('holds ndjson back, and gets all of it in the end', () =>
  withScene({ events: 12_000, foundation: paged() }, async ({ cf, foundation }) => {
    const args = ['events', '-f', 'ndjson', '-q']
    const { stream, text, open } = stalling()
    const { ended } = start(cf, args, { streams: { stdout: stream } })
    await quiet()
    const asked = foundation.requests.length
    assert.ok(text().length > 0, 'it has begun')
    open()
    assert.is((await ended).code, 0)
    const all = foundation.requests.length
    // What was asked for before are the first pages, and a bounded number ahead.
    assert.ok(asked < 50 && all > 80, `${asked} of ${all} pages were asked for`)
    assert.is(text(), (await run(cf, args)).stdout)
  }),
)

for (const format of ['ndjson', 'table', 'csv']) {
  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    slow(`does not keep ${name} from ending it, ${format}`, () =>
      withScene({ events: 3000 }, async ({ cf }) => {
        const { stream } = stalling()
        const running = start(cf, ['events', '-f', format, '-q'], { streams: { stdout: stream } })
        await quiet()
        running.signal(name)
        const { error, stderr, ...end } = await running.ended
        assert.is(end.code, code)
        assert.is(error, 'Interrupted')
        assert.is(wholeLines(stderr).length, 2)
      }),
    )
  }
}

slow.run()

// --- A run that is ended -----------------------------------------------------------------------------------------

/** Where it hangs: which requests never get an answer, and how many of them must have come. */
const hangs: readonly (readonly [name: string, on: RegExp, answer: Fault['answer'], nth: number])[] = [
  ['the org', /organizations/, 'hang', 1],
  ['the first page', /events\?/, 'hang', 1],
  ['pages side by side', afterFirst, 'hang', 2],
  [
    'the wait for a rate limit',
    afterFirst,
    { status: 429, headers: { 'Retry-After': '60', 'Content-Type': 'text/plain' }, body: '{}' },
    1,
  ],
]
const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const

/** Ends a run where it hangs, and looks at what is left. */
async function interrupted(
  [name, code]: (typeof signals)[number],
  [, on, answer, nth]: (typeof hangs)[number],
  args: readonly string[],
  cf: InstallOptions = {},
): Promise<void> {
  const { fault, arrived } = arrival(on, answer, nth)
  await withScene({ events: 1200, cf, foundation: { ...paged(), faults: [fault] } }, async scene => {
    const folder = join(scene.cf.home, 'out')
    mkdirSync(folder)
    const file = args.includes('-O') ? [join(folder, 'report.csv')] : []
    const running = start(scene.cf, ['events', 'demo-org', '-q', ...args, ...file], { patient: true })
    await Promise.race([arrived, running.ended])
    await quiet()
    running.signal(name)
    const end = await running.ended
    assert.is(end.code, code, end.stderr)
    assert.is(end.error, 'Interrupted')
    assert.is(wholeLines(end.stderr).length, 2, end.stderr)
    assert.equal(readdirSync(folder), [])
    const lines = wholeLines(end.stdout)
    if (!args.includes('ndjson')) assert.equal(lines, [])
    for (const line of args.includes('ndjson') ? lines : []) JSON.parse(line)
  })
}

const ended = suite('a run that is ended while cf hangs')

for (const hang of hangs) ended(`SIGINT, ${hang[0]}`, () => interrupted(signals[0], hang, ['-O']))
for (const signal of signals) {
  for (const format of ['csv', 'ndjson'])
    ended(`${signal[0]}, ${format} to stdout`, () => interrupted(signal, hangs[2]!, ['-f', format]))
}
for (const signal of signals.slice(1)) {
  // This version prints into a file, which is a temporary one.
  ended(`${signal[0]}, a cf that prints into a file`, () =>
    interrupted(signal, ['', afterFirst, 'hang', 1], ['-O'], { version: '8.16.0' }),
  )
}

ended.run()

// --- A server that does not answer -------------------------------------------------------------------------------

const silent = suite('a server that does not answer')

/** The first request of a pattern, each time that it is made. */
function firstOf(pattern: RegExp): (request: FaultyRequest) => boolean {
  let first: string | undefined
  return ({ raw }) => {
    if (first === undefined && pattern.test(raw)) first = raw
    return raw === first
  }
}

async function impatient(
  args: readonly string[],
  on: NonNullable<Fault['on']>,
  check: (end: Run, scene: Scene) => void,
): Promise<void> {
  const fault: Fault = { on, times: Number.POSITIVE_INFINITY, answer: 'hang' }
  await withScene({ events: 400, foundation: { ...paged(50), faults: [fault] } }, async scene =>
    check(await run(scene.cf, [...args, '--timeout', '1', '-q']), scene),
  )
}

for (const [args, on] of [
  [['routes', 'demo-org'], /organizations/],
  [['events'], /audit_events/],
  [['events', '--api', 'v2'], /v2\/events/],
] as const) {
  silent(`--timeout ends each call, and then the run: ${args.join(' ')}`, () =>
    impatient(args, on, ({ code, error, stdout, stderr }) => {
      assert.is(code, 5, stderr)
      assert.is(error, 'TimedOut')
      assert.match(stderr, '--timeout')
      assert.is(stdout, '')
    }),
  )
}

silent('a page that hung is asked for in parts', () =>
  impatient(['events', '-f', 'ndjson'], firstOf(/gte.*per_page=50$/), ({ code, stdout, stderr }) => {
    assert.is(code, 0, stderr)
    const guids = wholeLines(stdout).map(line => JSON.parse(line).guid)
    assert.ok(guids.length > 200)
    assert.is(new Set(guids).size, guids.length)
  }),
)

silent.run()

// --- A disk that is full -----------------------------------------------------------------------------------------

const full = suite('a disk that is full')

/** Two lines, neither of them ours or that of Node.js. */
function isExplained({ code, error, stderr }: Run): void {
  assert.is(code, 2, stderr)
  assert.is(error, 'UsageError')
  assert.is(wholeLines(stderr).length, 2, stderr)
}

for (const format of formats) {
  for (const lines of [0, 1]) {
    full(`${format}, after ${lines} lines: an error in words`, () =>
      withScene({ events: 300 }, async ({ cf }) => {
        const { stream } = endingAfter(lines, 'ENOSPC')
        isExplained(await start(cf, ['events', '-f', format, '-q'], { streams: { stdout: stream } }).ended)
      }),
    )
  }
}

full('what is printed without asking Cloud Foundry', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    for (const args of withoutAsking) {
      const { stream } = endingAfter(0, 'ENOSPC')
      isExplained(await start(cf, args, { streams: { stdout: stream } }).ended)
    }
  }),
)

full('no folder for temporary files: a small report needs none, and a large one ends in words', () =>
  withScene({ events: 12_000 }, async ({ cf }) => {
    const missing = join(cf.home, 'missing')
    const small = await run(cf, ['events', '-f', 'csv', '-q', '--since', '1d'], { temporary: missing })
    assert.is(small.code, 0, small.stderr)
    assert.match(small.stdout, /^Timestamp/)
    const large = await run(cf, ['events', '-f', 'csv', '-q'], { temporary: missing })
    isExplained(large)
    assert.is(large.stdout, '')
    assert.not.ok(existsSync(missing))
    rmSync(missing, { recursive: true, force: true })
  }),
)

full.run()
