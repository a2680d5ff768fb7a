// Real pipes, signals and processes, once for each kind; test/commands/report/streams.test.ts has all the rest.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { arrival, type Fault } from '../foundation/faults.ts'
import type { InstallOptions } from '../foundation/install-cf.ts'
import { environment, openScene, type Scene, type SceneOptions } from '../scene.ts'
import { isAlive } from '../traces.ts'
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

/** No `cf` is at work, and no temporary file is there. A process that was killed may take a moment to be gone. */
async function nothingLeft({ pids, temporary }: Place): Promise<void> {
  const end = Date.now() + 30_000
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

/** `ended`, or 'still running' when that takes longer than the busiest machine needs. */
function soon({ child, ended }: Running, ms = 60_000): Promise<number | string | null> {
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

const wholeLines = (text: string) => {
  assert.ok(text === '' || text.endsWith('\n'), `half a line: ${JSON.stringify(text.slice(-80))}`)
  return text.split('\n').slice(0, -1)
}

const reader = suite('a reader that leaves early')

/** The tool in front of a reader that takes what it wants, as a shell connects them. */
function piped(place: Place, args: readonly string[], script: string, words = ''): Running {
  const command = [process.execPath, builtCli, ...args]
  return watch(
    spawn('sh', ['-c', `{ "$@" ${words}; echo "exit $?" >&2; } | ${script}`, 'sh', ...command], {
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
}

for (const [format, first] of [
  ['csv', /^Timestamp,[^\n]*\n$/],
  ['ndjson', /^\{"guid":[^\n]*\}\n$/],
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

reader('words and data into the same closed pipe', () =>
  withPlace({ events: 600, foundation: { maxPerPage: { v3: 100 } } }, async place => {
    const running = piped(place, ['events', '-f', 'ndjson', '-v'], 'true', '2>&1')
    assert.is(await soon(running), 0)
    assert.is(running.stderr(), 'exit 0\n')
  }),
)

reader.run()

const slow = suite('a reader that does not read')

slow('does not keep SIGTERM from ending it', () =>
  // One page that is more than a pipe holds.
  withPlace({ events: 3000 }, async place => {
    const child = spawn(process.execPath, [builtCli, 'events', '-f', 'ndjson', '-q'], {
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stalled = watch(child, false)
    await new Promise(done => child.stdout.once('readable', done))
    child.kill('SIGTERM')
    // To a shell a signal that ended it is the same number.
    const end = await soon(stalled)
    assert.ok(end === 143 || end === 'SIGTERM', `${end}`)
    assert.is(wholeLines(stalled.stderr()).length, 2)
    child.stdout.destroy()
  }),
)

slow.run()

const ended = suite('a run that is ended while cf hangs')

/** How much of it the signal reaches. */
type Reach = 'itself' | 'its group'

async function interrupted(
  name: 'SIGINT' | 'SIGTERM' | 'SIGHUP',
  code: number,
  cf: InstallOptions = {},
  reach: Reach = 'itself',
): Promise<void> {
  const { fault, arrived } = arrival(afterFirst, 'hang', 1)
  const options = { events: 1200, cf, foundation: { maxPerPage: { v3: 100 }, faults: [fault] } }
  await withPlace(options, async place => {
    const folder = join(place.cf.home, 'out')
    mkdirSync(folder)
    const args = ['events', 'demo-org', '-q', '-O', join(folder, 'report.csv')]
    const child = spawn(process.execPath, [builtCli, ...args], {
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const running = watch(child)
    assert.is(await Promise.race([arrived, running.ended]), undefined, running.stderr())
    process.kill(reach === 'itself' ? child.pid! : -child.pid!, name)
    assert.is(await soon(running), code, running.stderr())
    assert.equal(readdirSync(folder), [])
    assert.is(running.stdout(), '')
    assert.is(wholeLines(running.stderr()).length, 2)
  })
}

ended('SIGINT', () => interrupted('SIGINT', 130))
// This version prints into a file, which is a temporary one.
ended('SIGTERM, a cf that prints into a file', () => interrupted('SIGTERM', 143, { version: '8.16.0' }))
ended('SIGHUP', () => interrupted('SIGHUP', 129))
// A terminal sends Ctrl-C to every process in front of it.
ended('Ctrl-C, which reaches cf too', () => interrupted('SIGINT', 130, {}, 'its group'))

ended('a second signal at once, while cf does not want to end', () =>
  withPlace({ events: 1200 }, async place => {
    const folder = join(place.cf.home, 'out')
    mkdirSync(folder)
    const pids = join(place.cf.home, 'pids')
    const stubborn = `if [ "$1" = curl ]; then trap '' TERM; echo $$ >> '${pids}'; while :; do sleep 1; done; fi`
    writeFileSync(place.cfPath, `#!/bin/sh\n${stubborn}\nexec '${place.cf.bin}' "$@"\n`, { mode: 0o755 })
    const running = start(place, ['events', 'demo-org', '-O', join(folder, 'report.csv')])
    while (place.pids().length === 0 && running.child.exitCode === null) await turn()
    running.child.kill('SIGINT')
    running.child.kill('SIGTERM')
    // Of two signals that wait, either may come first.
    const end = await soon(running)
    assert.ok(end === 130 || end === 143, `${end}: ${running.stderr()}`)
    assert.equal(readdirSync(folder), [])
  }),
)

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
    assert.is(await soon(running), 130, running.stderr())
    assert.is(wholeLines(running.stderr()).length, 2)
  }),
)

ended.run()

const silent = suite('a server that says nothing')

silent('--timeout ends the call, and then the run', () => {
  const faults: Fault[] = [{ on: /audit_events/, times: Number.POSITIVE_INFINITY, answer: 'hang' }]
  return withPlace({ events: 1, foundation: { faults } }, async place => {
    const running = start(place, ['events', '--timeout', '1', '-q'])
    assert.is(await soon(running), 5, running.stderr())
    assert.match(running.stderr(), '--timeout')
    assert.is(running.stdout(), '')
  })
})

silent.run()

const full = suite('a disk that is full')

if (existsSync('/dev/full')) {
  full('an error in words, and not silence', () =>
    withPlace({ events: 300 }, async place => {
      const device = openSync('/dev/full', 'w')
      const running = start(place, ['events', '-f', 'csv', '-q'], ['ignore', device, 'pipe'])
      closeSync(device)
      assert.is(await soon(running), 2, running.stderr())
      assert.is(wholeLines(running.stderr()).length, 2)
    }),
  )
}

full.run()
