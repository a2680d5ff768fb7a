import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fault, FaultyRequest } from '../foundation/faults.ts'
import type { InstallOptions } from '../foundation/install-cf.ts'
import { environment, openScene, type Scene, type SceneOptions } from '../scene.ts'
import { builtCli } from './cf-audit.ts'

/** A scene whose every `cf` writes down its process id, with a folder for temporary files of its own. */
interface Place extends Scene {
  readonly env: NodeJS.ProcessEnv
  readonly cfPath: string
  readonly temporary: string
  /** The processes of `cf` that were ever started. */
  pids(): number[]
}

async function openPlace(options: SceneOptions): Promise<Place> {
  const scene = await openScene(options)
  const cfPath = join(dirname(scene.cf.bin), 'counted-cf')
  const pids = join(scene.cf.home, 'pids')
  const temporary = join(scene.cf.home, 'tmp')
  mkdirSync(temporary)
  writeFileSync(cfPath, `#!/bin/sh\necho $$ >> '${pids}'\nexec '${scene.cf.bin}' "$@"\n`, { mode: 0o755 })
  return {
    ...scene,
    cfPath,
    temporary,
    env: { ...environment(scene.cf), CF_AUDIT_CF: cfPath, TMPDIR: temporary },
    pids: () => (existsSync(pids) ? readFileSync(pids, 'utf8').split('\n').slice(0, -1).map(Number) : []),
  }
}

async function withPlace(options: SceneOptions, use: (place: Place) => Promise<void>): Promise<void> {
  const place = await openPlace(options)
  try {
    await use(place)
    await nothingLeft(place)
  } finally {
    for (const pid of place.pids()) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await place.close()
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** No `cf` is at work, and no temporary file is there. A process that was killed may take a moment to be gone. */
async function nothingLeft({ pids, temporary }: Place): Promise<void> {
  const end = Date.now() + 3000
  while (pids().some(isAlive) && Date.now() < end) await turn()
  assert.equal(pids().filter(isAlive), [], 'a cf is left')
  assert.equal(readdirSync(temporary), [])
}

interface Running {
  readonly child: ChildProcess
  /** The exit code, or the signal that ended it, once both streams are closed. */
  readonly ended: Promise<number | string | null>
  stdout(): string
  stderr(): string
}

/** Starts the built tool; its streams are collected unless they are given elsewhere. */
function start(
  place: Place,
  args: readonly string[],
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
): Running {
  return watch(spawn(process.execPath, [builtCli, ...args], { env: place.env, stdio }))
}

function watch(child: ChildProcess, reads = true): Running {
  let stdout = ''
  let stderr = ''
  if (reads) child.stdout?.setEncoding('utf8').on('data', part => (stdout += part))
  child.stderr?.setEncoding('utf8').on('data', part => (stderr += part))
  const ended = new Promise<number | string | null>(done =>
    child.on(reads ? 'close' : 'exit', (code, signal) => done(code ?? signal)),
  )
  return { child, ended, stdout: () => stdout, stderr: () => stderr }
}

/** `ended`, or 'still running' when that takes longer than anybody would wait. */
function soon({ child, ended }: Running, ms = 10_000): Promise<number | string | null> {
  return new Promise(done => {
    const timer = setTimeout(() => {
      done('still running')
      child.kill('SIGKILL')
    }, ms)
    ended.then(end => {
      clearTimeout(timer)
      done(end)
    })
  })
}

/** The requests for events that follow the first. */
const afterFirst = /audit_events\?.*gte/

/** The first request of a pattern, each time that it is made. */
function firstOf(pattern: RegExp): (request: FaultyRequest) => boolean {
  let first: string | undefined
  return ({ raw }) => {
    if (first === undefined && pattern.test(raw)) first = raw
    return raw === first
  }
}

/** A fault on the requests of a pattern, and the moment at which the nth of them arrives. */
function arrival(on: RegExp, answer: Fault['answer'], nth = 1): { fault: Fault; arrived: Promise<void> } {
  let seen = 0
  let arrive = () => {}
  const arrived = new Promise<void>(done => {
    arrive = done
  })
  const matches = ({ method, raw }: FaultyRequest) => {
    const match = on.test(`${method} ${raw}`)
    if (match && ++seen === nth) arrive()
    return match
  }
  return { fault: { on: matches, times: Number.POSITIVE_INFINITY, answer }, arrived }
}

const wholeLines = (text: string) => {
  assert.ok(text === '' || text.endsWith('\n'), `half a line: ${JSON.stringify(text.slice(-80))}`)
  return text.split('\n').slice(0, -1)
}

const reader = suite('a reader that leaves early')

/** The tool in front of a reader that takes what it wants, as a shell connects them. */
function piped(place: Place, args: readonly string[], script: string): Running {
  const command = [process.execPath, builtCli, ...args]
  return watch(
    spawn('sh', ['-c', `{ "$@"; echo "exit $?" >&2; } | ${script}`, 'sh', ...command], {
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
}

for (const [format, first] of [
  ['csv', /^Timestamp,[^\n]*\n$/],
  ['json', /^\{"resources":\[\n$/],
  ['ndjson', /^\{"guid":[^\n]*\}\n$/],
  ['table', /^Timestamp [^\n]*\n$/],
] as const) {
  reader(`${format} | head -1`, () =>
    withPlace({ events: 1200, foundation: { maxPerPage: { v3: 100 } } }, async place => {
      const running = piped(place, ['events', '-f', format, '-q'], 'head -1')
      assert.is(await soon(running), 0)
      assert.match(running.stdout(), first)
      assert.is(running.stderr(), 'exit 0\n')
    }),
  )
}

reader('ndjson | head -1, while the next pages hang: nobody waits for them', async () => {
  // The next page comes when those beside it are already asked for; by then the reader has gone.
  const isNext = ({ raw }: FaultyRequest) =>
    Date.parse(/gte%5D=([\dTZ:-]+)/.exec(raw)?.[1] ?? '') < Date.now() - 20 * 24 * 3600_000
  const late: Fault = { on: isNext, times: Number.POSITIVE_INFINITY, answer: { delayMs: 700 } }
  const fault: Fault = {
    on: request => afterFirst.test(request.raw) && !isNext(request),
    times: Number.POSITIVE_INFINITY,
    answer: 'hang',
  }
  const foundation = { maxPerPage: { v3: 20 }, faults: [fault, late] }
  await withPlace({ events: 400, foundation }, async place => {
    const running = piped(place, ['events', '-f', 'ndjson', '-q'], 'head -1')
    assert.is(await soon(running), 0)
    assert.is(running.stderr(), 'exit 0\n')
    assert.ok(place.foundation.requests.some(({ status }) => status === 0))
  })
})

reader('a reader that takes nothing at all', () =>
  withPlace({ events: 400, foundation: { maxPerPage: { v3: 100 } } }, async place => {
    for (const format of ['csv', 'ndjson', 'table']) {
      const running = piped(place, ['events', '-f', format, '-q'], 'true')
      assert.is(await soon(running), 0)
      assert.is(running.stderr(), 'exit 0\n')
    }
  }),
)

reader('what is printed without asking Cloud Foundry', () =>
  withPlace({ events: 0 }, async place => {
    for (const args of [
      ['routes', 'demo-org', '--explain'],
      ['completion', 'bash'],
      ['types'],
      ['--help'],
      ['routes', '--help'],
      ['--version'],
    ]) {
      const running = piped(place, args, 'true')
      assert.is(await soon(running), 0)
      assert.is(running.stderr(), 'exit 0\n', args.join(' '))
    }
  }),
)

reader('words and data into the same closed pipe', () =>
  withPlace({ events: 600, foundation: { maxPerPage: { v3: 100 } } }, async place => {
    const running = watch(
      spawn(
        'sh',
        [
          '-c',
          '{ "$@" 2>&1; echo "exit $?" >&2; } | head -1',
          'sh',
          process.execPath,
          builtCli,
          'events',
          '-f',
          'ndjson',
          '-v',
        ],
        { env: place.env, stdio: ['ignore', 'pipe', 'pipe'] },
      ),
    )
    assert.is(await soon(running), 0)
    assert.is(running.stderr(), 'exit 0\n')
    assert.match(running.stdout(), /^\S+/)
  }),
)

reader('when nobody reads the words, the data is whole all the same', () =>
  withPlace({ events: 600, foundation: { maxPerPage: { v3: 100 } } }, async place => {
    const args = ['events', '-f', 'ndjson', '-v']
    const { stdout, stderr, ...running } = start(place, args)
    running.child.stderr?.once('data', () => running.child.stderr?.destroy())
    assert.is(await soon({ stdout, stderr, ...running }), 0)
    const whole = start(place, args)
    assert.is(await soon(whole), 0)
    assert.is(stdout(), whole.stdout())
    assert.ok(wholeLines(stdout()).length > 300)
  }),
)

reader.run()

const slow = suite('a reader that does not read')

slow('holds ndjson back, and gets all of it in the end', async () => {
  const scene: SceneOptions = { events: 12_000, foundation: { maxPerPage: { v3: 100 } } }
  const args = ['events', '-f', 'ndjson', '-q']
  await withPlace(scene, async place => {
    await withPlace(scene, async other => {
      const child = spawn(process.execPath, [builtCli, ...args], {
        env: place.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const stalled = watch(child, false)
      // Its first bytes are there; nobody takes them.
      await new Promise(done => child.stdout.once('readable', done))
      // While another export of the same events goes from its start to its end …
      const eager = start(other, args)
      assert.is(await soon(eager, 60_000), 0)
      const all = other.foundation.requests.length
      // … this one has asked for no more than what the pipe holds, and a bounded number of pages ahead.
      const asked = place.foundation.requests.length
      assert.ok(asked < 50 && all > 80, `${asked} of ${all} pages were asked for`)
      let text = ''
      child.stdout.setEncoding('utf8').on('data', part => (text += part))
      await new Promise(done => child.stdout.once('end', done))
      assert.is(await soon(stalled), 0)
      assert.is(wholeLines(text).length, wholeLines(eager.stdout()).length)
    })
  })
})

for (const format of ['ndjson', 'table', 'csv']) {
  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    slow(`does not keep ${name} from ending it, ${format}`, () =>
      // One page that is more than a pipe holds.
      withPlace({ events: 3000 }, async place => {
        const child = spawn(process.execPath, [builtCli, 'events', '-f', format, '-q'], {
          env: place.env,
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        const stalled = watch(child, false)
        await new Promise(done => child.stdout.once('readable', done))
        child.kill(name)
        // To a shell a signal that ended it is the same number.
        const end = await soon(stalled, 5000)
        assert.ok(end === code || end === name, `${end}`)
        assert.match(stalled.stderr(), /^The output is incomplete\.$/m)
        child.stdout.destroy()
      }),
    )
  }
}

slow.run()

const ended = suite('a run that is ended while cf hangs')

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

/** How much of it the signal reaches: a terminal sends Ctrl-C to every process in front of it. */
type Reach = 'itself' | 'its group'

async function interrupted(
  name: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
  code: number,
  [, on, answer, nth]: (typeof hangs)[number],
  args: readonly string[],
  cf: InstallOptions = {},
  reach: Reach = 'itself',
): Promise<void> {
  const { fault, arrived } = arrival(on, answer, nth)
  const options = { events: 1200, cf, foundation: { maxPerPage: { v3: 100 }, faults: [fault] } }
  await withPlace(options, async place => {
    const folder = join(place.cf.home, 'out')
    mkdirSync(folder)
    const file = args.includes('-O') ? [join(folder, 'report.csv')] : []
    const child = spawn(process.execPath, [builtCli, 'events', 'demo-org', ...args, ...file], {
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const running = watch(child)
    assert.is(await Promise.race([arrived, running.ended]), undefined, running.stderr())
    process.kill(reach === 'itself' ? child.pid! : -child.pid!, name)
    assert.is(await soon(running, 5000), code, running.stderr())
    assert.equal(readdirSync(folder), [])
    const lines = wholeLines(running.stdout())
    const left = lines.length === 0 ? 'No output was written' : 'The output is incomplete'
    assert.match(running.stderr(), new RegExp(`^(Interrupted|Terminated)\\.\\n${left}\\.\\n$`, 'm'))
    if (args.includes('ndjson')) assert.ok(lines.length > 0)
    if (args.includes('ndjson')) for (const line of lines) JSON.parse(line)
    else assert.equal(lines, [])
  })
}

for (const hang of hangs) {
  ended(`SIGINT, ${hang[0]}`, () => interrupted('SIGINT', 130, hang, ['-O']))
}

for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  for (const format of ['csv', 'ndjson']) {
    ended(`${name}, ${format} to stdout`, () => interrupted(name, code, hangs[2]!, ['-f', format]))
  }
}

for (const [name, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  // This version prints into a file, which is a temporary one.
  ended(`${name}, a cf that prints into a file`, () =>
    interrupted(name, code, ['', afterFirst, 'hang', 1], ['-O'], { version: '8.16.0' }),
  )
}

for (const second of ['SIGINT', 'SIGTERM'] as const) {
  ended(`SIGINT, and ${second} 10 ms later, while cf does not want to end`, () =>
    withPlace({ events: 1200 }, async place => {
      const folder = join(place.cf.home, 'out')
      mkdirSync(folder)
      const pids = join(place.cf.home, 'pids')
      const stubborn = `if [ "$1" = curl ]; then trap '' TERM; echo $$ >> '${pids}'; while :; do sleep 1; done; fi`
      writeFileSync(place.cfPath, `#!/bin/sh\n${stubborn}\nexec '${place.cf.bin}' "$@"\n`, { mode: 0o755 })
      const running = start(place, ['events', 'demo-org', '-O', join(folder, 'report.csv')])
      while (place.pids().length === 0 && running.child.exitCode === null) await turn()
      running.child.kill('SIGINT')
      setTimeout(() => running.child.kill(second), 10)
      assert.is(await soon(running, 20_000), 130, running.stderr())
      assert.equal(readdirSync(folder), [])
    }),
  )
}

ended('Ctrl-C of a terminal reaches whatever stands in front of it', async () => {
  for (const hang of [hangs[0]!, hangs[2]!]) await interrupted('SIGINT', 130, hang, ['-O'], {}, 'its group')
})

ended('SIGINT, format while stdin waits', () =>
  withPlace({ events: 1 }, async place => {
    const child = spawn(process.execPath, [builtCli, 'format', 'events', '-f', 'ndjson'], {
      env: place.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const running = watch(child)
    child.stdin.on('error', () => {})
    child.stdin.write('{"guid":"a","type":"b","actor":{},"target":{}}\n')
    // It is at work, and waits for more.
    await new Promise(done => child.stdout.once('data', done))
    child.kill('SIGINT')
    assert.is(await soon(running, 5000), 130, running.stderr())
    assert.match(running.stderr(), /^Interrupted\.\nThe output is incomplete\.\n$/m)
  }),
)

ended.run()

const silent = suite('a server that says nothing')

const impatient = async (
  args: readonly string[],
  on: NonNullable<Fault['on']>,
): Promise<[end: number | string | null, running: Running]> => {
  const fault: Fault = { on, times: Number.POSITIVE_INFINITY, answer: 'hang' }
  let end: number | string | null = null
  let running: Running | undefined
  const options = {
    events: 400,
    foundation: { maxPerPage: { v3: 50 }, faults: [fault] },
  }
  await withPlace(options, async place => {
    running = start(place, [...args, '--timeout', '1', '-q'])
    end = await soon(running, 60_000)
  })
  return [end, running!]
}

silent('--timeout ends each call, and then the run', async () => {
  const rows = [
    [['routes', 'demo-org'], /organizations/, /cf org demo-org --guid did not end within 1 s\.\n.*--timeout/],
    [['events'], /audit_events/, /curl \/v3\/audit_events did not end within 1 s\.\n.*--timeout/],
    [['events', '--api', 'v2'], /v2\/events/, /curl \/v2\/events did not end within 1 s\.\n.*--timeout/],
  ] as const
  await Promise.all(
    rows.map(async ([args, on, says]) => {
      const [end, running] = await impatient(args, on)
      assert.is(end, 5, running.stderr())
      assert.match(running.stderr(), says)
      assert.is(running.stdout(), '')
    }),
  )
})

silent('a page that hung is asked for in parts', async () => {
  const [end, running] = await impatient(['events', '-f', 'ndjson'], firstOf(/gte.*per_page=50$/))
  assert.is(end, 0, running.stderr())
  const guids = wholeLines(running.stdout()).map(line => JSON.parse(line).guid)
  assert.ok(guids.length > 200)
  assert.is(new Set(guids).size, guids.length)
})

silent.run()

const full = suite('a disk that is full')

if (existsSync('/dev/full')) {
  for (const format of ['csv', 'json', 'ndjson', 'table']) {
    full(`${format}: an error in words, and not silence`, () =>
      withPlace({ events: 300 }, async place => {
        const device = openSync('/dev/full', 'w')
        const running = start(place, ['events', '-f', format, '-q'], ['ignore', device, 'pipe'])
        closeSync(device)
        const end = await soon(running)
        assert.ok(typeof end === 'number' && end > 1, `${end}: ${running.stderr()}`)
        assert.is(running.stderr().trimEnd().split('\n').length, 2, running.stderr())
        assert.match(running.stderr(), /cannot be written/)
      }),
    )
  }

  full('what is printed without asking Cloud Foundry', () =>
    withPlace({ events: 0 }, async place => {
      for (const args of [
        ['routes', 'demo-org', '--explain'],
        ['completion', 'bash'],
        ['types'],
        ['--help'],
        ['routes', '--help'],
        ['--version'],
      ]) {
        const device = openSync('/dev/full', 'w')
        const running = start(place, args, ['ignore', device, 'pipe'])
        closeSync(device)
        assert.is(await soon(running), 2)
        assert.match(running.stderr(), /^The output cannot be written: the disk is full\.\n./)
      }
    }),
  )
}

full('no place for temporary files: what is small needs none, and else there is an error in words', () =>
  withPlace({ events: 12_000 }, async place => {
    const env = { ...place.env, TMPDIR: join(place.temporary, 'missing') }
    const small = start({ ...place, env }, ['events', '-f', 'csv', '-q', '--since', '1d'])
    assert.is(await soon(small), 0, small.stderr())
    assert.match(small.stdout(), /^Timestamp,/)

    const running = start({ ...place, env }, ['events', '-f', 'csv', '-q'])
    const end = await soon(running)
    assert.ok(typeof end === 'number' && end > 1, `${end}: ${running.stderr()}`)
    assert.is(running.stderr().trimEnd().split('\n').length, 2, running.stderr())
    assert.is(running.stdout(), '')
  }),
)

full.run()
