import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSafeForBatch, createRunCf, type RunOptions, type RunResult } from '../../src/cf/run.ts'
import { AuditError, CfUnusable, Failed, Interrupted, TimedOut, UsageError } from '../../src/errors.ts'
import { isAlive } from '../traces.ts'

interface Place {
  dir: string
}

/** Writes a program, and gives its path. */
function program(dir: string, text: string | Buffer, mode = 0o755): string {
  const bin = join(dir, 'cf')
  writeFileSync(bin, text)
  chmodSync(bin, mode)
  return bin
}

const script = (dir: string, ...lines: string[]) => program(dir, `#!/bin/sh\n${lines.join('\n')}\n`)

/** Runs a program with the options of an ordinary call, but for those given. */
function run(
  bin: string,
  args: readonly string[] = [],
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  const { signal } = new AbortController()
  return createRunCf({ bin, env: process.env, signal, timeoutMs: 60_000, ...options })(args)
}

/** The error in which a run ends, sooner than anybody would give up waiting for it. */
async function failureOf(running: Promise<RunResult>): Promise<AuditError> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('it does not end')), 20_000)
  })
  try {
    await Promise.race([running, patience])
  } catch (error) {
    assert.instance(error, AuditError, String(error))
    return error as AuditError
  } finally {
    clearTimeout(timer)
  }
  assert.unreachable('it ended well')
  throw new Error()
}

/** Waits for a file with a line in it, such as the process ids that a script wrote down. */
async function numbersIn(file: string, count = 1): Promise<number[]> {
  for (;;) {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    if (lines.length >= count) return lines.map(Number)
    await pause(5)
  }
}

/** Waits until a process is gone; whoever waits for ever here has found one that stays. */
async function goneSoon(pid: number): Promise<boolean> {
  const end = Date.now() + 5000
  while (isAlive(pid) && Date.now() < end) await pause(5)
  return !isAlive(pid)
}

function prepare(tests: ReturnType<typeof suite<Place>>): void {
  tests.before.each(place => {
    place.dir = mkdtempSync(join(tmpdir(), 'run-'))
  })
  tests.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }))
}

/** A test that mostly waits: it starts now, beside the others. */
function slow(tests: ReturnType<typeof suite<Place>>, name: string, test: (place: Place) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), 'run-'))
  const ended = test({ dir }).finally(() => rmSync(dir, { recursive: true, force: true }))
  ended.catch(() => {})
  tests(name, () => ended)
}

const given = suite<Place>('what cf is given')
prepare(given)

given('its arguments as they are, no shell between', async ({ dir }) => {
  const bin = script(dir, `for each in "$@"; do printf '%s\\0' "$each"; done`)
  const args = [
    'curl',
    '',
    ' ',
    'two words',
    "it's",
    'say "hello"',
    '$HOME',
    '$(touch owned)',
    '`id`',
    '*',
    '?[a-z]',
    '~',
    'a;b|c&d>e<f',
    'line\nbreak',
    'tab\ttab',
    'back\\slash\\',
    '%41%2C',
    '-i',
    '--',
    'Köln 🏛',
    '\u001b[31m',
    '',
  ]
  const { stdout } = await run(bin, args)
  assert.equal(stdout.toString().split('\0').slice(0, -1), args)
})

given('the environment, less what would spoil the output', async ({ dir }) => {
  const bin = script(dir, 'exec env')
  const env = {
    PATH: process.env.PATH,
    HOME: '/home/somebody',
    CF_HOME: '/home/somebody/cf',
    CF_PLUGIN_HOME: '/plugins',
    CF_DIAL_TIMEOUT: '7',
    https_proxy: 'http://proxy.example.gov:3128',
    SSL_CERT_FILE: '/certificates.pem',
    LANG: 'de_DE.UTF-8',
    AWKWARD: 'two words, "quotes" and $HOME',
    CF_TRACE: 'true',
    CF_COLOR: 'true',
    CF_RAISE_ERROR_ON_WARNINGS: 'true',
    FORCE_TTY: '1',
  }
  process.env.ONLY_OURS = 'is not for cf'
  try {
    const { stdout } = await run(bin, [], { env })
    const seen = Object.fromEntries(
      stdout
        .toString()
        .trimEnd()
        .split('\n')
        .map(line => line.split(/=(.*)/s).slice(0, 2)),
    )
    // The shell adds these of its own, and Node.js the last one, where the coverage of src is measured.
    for (const name of ['PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_V8_COVERAGE']) delete seen[name]
    const { CF_RAISE_ERROR_ON_WARNINGS, FORCE_TTY, ...rest } = env
    assert.equal(seen, { ...rest, CF_TRACE: 'false', CF_COLOR: 'false' })
  } finally {
    delete process.env.ONLY_OURS
  }
})

given('no input', async ({ dir }) => {
  const bin = script(dir, 'if read -r line; then echo "read $line"; else echo "nothing to read"; fi')
  assert.is((await run(bin)).stdout.toString(), 'nothing to read\n')
})

given.run()

const printed = suite<Place>('what cf printed')
prepare(printed)

printed('every byte of it, the last line break too', async ({ dir }) => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 151) % 256))
  writeFileSync(join(dir, 'bytes'), bytes)
  const bin = script(dir, `cat '${join(dir, 'bytes')}'`, 'echo', 'echo')
  const { stdout, exitCode } = await run(bin)
  assert.is(exitCode, 0)
  assert.ok(stdout.equals(Buffer.concat([bytes, Buffer.from('\n\n')])))
})

printed('nothing at all', async ({ dir }) => {
  assert.equal(await run(script(dir, 'exit 0')), { stdout: Buffer.alloc(0), stderr: '', exitCode: 0 })
})

for (const code of [1, 3, 22, 255]) {
  printed(`exit code ${code} is returned, not judged`, async ({ dir }) => {
    const ran = await run(script(dir, 'echo FAILED', 'echo why >&2', `exit ${code}`))
    assert.equal(ran, { stdout: Buffer.from('FAILED\n'), stderr: 'why\n', exitCode: code })
  })
}

printed('a signal that ended it leaves no exit code', async ({ dir }) => {
  const ran = await run(script(dir, 'echo half', 'kill -9 $$'))
  assert.equal(ran, { stdout: Buffer.from('half\n'), stderr: '', exitCode: undefined })
})

printed('a panic is its words, without the mebibyte of NULs', async ({ dir }) => {
  const bin = script(
    dir,
    `printf 'Something unexpected happened. This is a bug in cf.\\nError\\nnil map\\n' >&2`,
    'head -c 1046700 /dev/zero >&2',
    `printf 'goroutine 1\\n' >&2`,
    'exit 1',
  )
  const started = performance.now()
  const { stderr, exitCode, stdout } = await run(bin)
  assert.is(exitCode, 1)
  assert.is(stdout.length, 0)
  assert.is(stderr, 'Something unexpected happened. This is a bug in cf.\nError\nnil map\ngoroutine 1\n')
  assert.ok(performance.now() - started < 5000)
})

printed('each call is reported when it has ended, however it did', async ({ dir }) => {
  const told: string[] = []
  const onCall = (args: readonly string[], ms: number, outcome: string) => {
    assert.ok(ms >= 0 && ms < 60_000)
    told.push(`${args.join(' ')}: ${outcome}`)
  }
  const bin = script(dir, 'case $1 in kill) kill -9 $$;; hang) exec sleep 600;; *) exit "$1";; esac')
  await run(bin, ['0'], { onCall })
  await run(bin, ['3', 'more'], { onCall })
  await run(bin, ['kill'], { onCall })
  await failureOf(run(bin, ['hang'], { onCall, timeoutMs: 50 }))
  await failureOf(run(join(dir, 'nothing'), ['org'], { onCall }))
  assert.equal(told, ['0: exit 0', '3 more: exit 3', 'kill: exit SIGKILL', 'hang: timed out', 'org: ENOENT'])
})

printed('nothing that NODE_DEBUG=execa would print: it may be a token', async ({ dir }) => {
  const bin = script(dir, 'echo secret')
  const run = new URL('../../src/cf/run.ts', import.meta.url).href
  const code = `import { createRunCf } from ${JSON.stringify(run)}
    const options = { bin: ${JSON.stringify(bin)}, env: process.env, signal: new AbortController().signal, timeoutMs: 60000 }
    console.log(String((await createRunCf(options)(['oauth-token'])).stdout.length))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', code],
    { encoding: 'utf8', env: { ...process.env, NODE_DEBUG: 'execa' } },
  )
  assert.is(stdout, '7\n')
  assert.is(stderr, '')
})

printed.run()

const wrapped = suite<Place>('a cf whose pipes another process holds')
prepare(wrapped)

/** Runs a script that leaves a process behind, which writes down its id; gives what it printed, and the id. */
async function runLeaving(dir: string, ...lines: string[]): Promise<{ ran: RunResult; pid: number }> {
  const pids = join(dir, 'pids')
  const bin = script(dir, ...lines.map(line => line.replace('PIDS', pids)))
  const ran = await run(bin, [], { timeoutMs: 10 * 60_000 })
  const [pid] = await numbersIn(pids)
  return { ran, pid: pid! }
}

slow(wrapped, 'its exit ends the call, and what is left behind stays', async ({ dir }) => {
  const { ran, pid } = await runLeaving(
    dir,
    `sh -c 'echo $$ > PIDS; exec sleep 600' &`,
    'echo answer',
    'exit 3',
  )
  try {
    assert.equal(ran, { stdout: Buffer.from('answer\n'), stderr: '', exitCode: 3 })
    assert.ok(isAlive(pid))
  } finally {
    process.kill(pid, 'SIGKILL')
  }
})

wrapped('what comes soon after its exit belongs to the answer, as behind tee', async ({ dir }) => {
  const { ran } = await runLeaving(
    dir,
    'me=$$',
    '( while kill -0 $me 2> /dev/null; do :; done; echo late; echo $me > PIDS ) &',
    'echo first',
  )
  assert.is(ran.stdout.toString(), 'first\nlate\n')
})

slow(wrapped, 'what never ends does not hold the call', async ({ dir }) => {
  const { ran, pid } = await runLeaving(
    dir,
    `sh -c 'echo $$ > PIDS; while echo more; do sleep 0.1; done' &`,
    'echo first',
  )
  assert.match(ran.stdout.toString(), /^(first|more)\n/)
  assert.is(ran.exitCode, 0)
  assert.ok(await goneSoon(pid), 'it goes on, although nobody reads it')
})

wrapped.run()

const never = suite<Place>('a cf that cannot be started')
prepare(never)

never('is missing', async ({ dir }) => {
  const error = await failureOf(run(join(dir, 'no such cf')))
  assert.instance(error, CfUnusable)
  assert.is(error.message, `Cannot run ${join(dir, 'no such cf')}: no such program.`)
  assert.match(error.advice, '--cf PATH')
})

never('is not executable', async ({ dir }) => {
  for (const bin of [program(dir, '#!/bin/sh\n', 0o644), dir]) {
    const error = await failureOf(run(bin))
    assert.instance(error, CfUnusable)
    assert.is(error.message, `Cannot run ${bin}: it is not executable.`)
  }
})

never('lacks its interpreter', async ({ dir }) => {
  const error = await failureOf(run(program(dir, '#!/no/such/interpreter\n')))
  assert.instance(error, CfUnusable)
})

never('its directory has been deleted', async ({ dir }) => {
  const before = process.cwd()
  const gone = join(dir, 'gone')
  mkdirSync(gone)
  process.chdir(gone)
  try {
    process.cwd() // Node keeps it from here on.
    rmSync(gone, { recursive: true })
    const error = await failureOf(run(script(dir, 'echo hello')))
    assert.instance(error, UsageError)
    assert.is(error.message, 'The current directory no longer exists.')
  } finally {
    process.chdir(before)
  }
})

never('a bug of ours stays one', async ({ dir }) => {
  const error = await run(script(dir, 'echo hello'), ['with a \0']).catch(thrown => thrown)
  assert.instance(error, TypeError)
})

never('is no program: either the system says so, or a shell fails on it', async ({ dir }) => {
  for (const bytes of [
    Buffer.concat([Buffer.from('\u007fELF\u0002\u0001\u0001'), Buffer.alloc(4096)]),
    Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 151) % 256)),
  ]) {
    try {
      const { stdout, exitCode } = await run(program(dir, bytes))
      assert.is(stdout.length, 0)
      assert.is.not(exitCode, 0)
    } catch (error) {
      assert.instance(error, CfUnusable)
    }
  }
})

never('on Windows, a batch file is given no argument that cmd.exe could run', () => {
  const safe = (bin: string, args: readonly string[], platform: NodeJS.Platform = 'win32') =>
    assertSafeForBatch(bin, args, platform)
  for (const arg of ['x" & calc & "', '"', 'a\nb', 'a\rb']) {
    for (const bin of ['C:\\cf.cmd', 'C:\\CF.BAT', 'C:\\cf.js', 'C:\\cf']) {
      assert.throws(
        () => safe(bin, ['org', arg]),
        (error: unknown) => error instanceof CfUnusable && error.message.includes(`${bin} is a batch file`),
      )
    }
    safe('C:\\cf.exe', ['org', arg])
    safe('/bin/cf.cmd', ['org', arg], 'linux')
  }
  safe('C:\\cf.cmd', ['curl', '/v3/organizations?names=a%2522b&page=1', 'a & b ^ %PATH% | c'])
})

never.run()

const ended = suite<Place>('a cf that has to be ended')
prepare(ended)

slow(
  ended,
  'after its time: the error names the call without its query, and nothing is left',
  async ({ dir }) => {
    const pids = join(dir, 'pids')
    const bin = script(dir, `echo $$ > '${pids}'`, 'exec sleep 600')
    const path = '/v3/audit_events?organization_guids=secret'
    const error = await failureOf(run(bin, ['curl', path, '-i'], { timeoutMs: 1000 }))
    assert.instance(error, TimedOut)
    assert.is(error.message, `${bin} curl /v3/audit_events did not finish within 1 s.`)
    assert.match(error.advice, '--timeout')
    assert.ok(await goneSoon((await numbersIn(pids))[0]!))
  },
)

slow(
  ended,
  'after its time, when it waits for a trace file that it cannot write: so it is told',
  async ({ dir }) => {
    const bin = script(dir, 'echo "mkdir /nowhere: permission denied" >&2', 'exec sleep 600')
    const error = await failureOf(run(bin, ['curl', '/x'], { timeoutMs: 1000 }))
    assert.instance(error, CfUnusable)
    assert.match(
      error.message,
      /^cf hangs because it cannot write its trace file: mkdir \/nowhere: permission denied$/,
    )
    assert.match(error.advice, /^Run cf config --trace false,/)
  },
)

slow(ended, 'even when it does not want to end', async ({ dir }) => {
  const pids = join(dir, 'pids')
  const bin = script(dir, "trap '' TERM INT HUP", `echo $$ > '${pids}'`, 'exec sleep 600')
  const error = await failureOf(run(bin, [], { timeoutMs: 1000 }))
  assert.instance(error, TimedOut)
  assert.ok(await goneSoon((await numbersIn(pids))[0]!))
})

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  ended(`when we are: ${name}`, async ({ dir }) => {
    const pids = join(dir, 'pids')
    const bin = script(dir, `echo $$ > '${pids}'`, 'exec sleep 600')
    const stop = new AbortController()
    const failing = failureOf(run(bin, [], { signal: stop.signal }))
    const [pid] = await numbersIn(pids)
    const reason = new Interrupted(name)
    stop.abort(reason)
    assert.is(await failing, reason)
    assert.ok(await goneSoon(pid!))
  })
}

for (const end of ['after its time', 'when we are'] as const) {
  slow(ended, `a script around cf takes cf with it, and nobody waits for either: ${end}`, async ({ dir }) => {
    const pids = join(dir, 'pids')
    // What a wrapper without `exec` is: the program that holds our pipes is not the one that we started.
    const bin = script(
      dir,
      `echo $$ >> '${pids}'`,
      `sh -c 'echo $$ >> "${pids}"; exec sleep 600'`,
      'echo done',
    )
    const stop = new AbortController()
    const started = performance.now()
    const failing = failureOf(
      run(bin, [], end === 'when we are' ? { signal: stop.signal } : { timeoutMs: 2000 }),
    )
    const both = await numbersIn(pids, 2)
    if (end === 'when we are') stop.abort(new Interrupted('SIGINT'))
    try {
      assert.instance(await failing, end === 'when we are' ? Interrupted : TimedOut)
      assert.ok(performance.now() - started < 8000)
      for (const pid of both) assert.ok(await goneSoon(pid), `${pid} is left`)
    } finally {
      for (const pid of both) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
  })
}

slow(ended, 'nor is anything left that has closed its pipes and does not want to end', async ({ dir }) => {
  const pids = join(dir, 'pids')
  const child = `trap "" TERM; exec > /dev/null 2>&1; echo $$ >> "${pids}"; while :; do sleep 1; done`
  const bin = script(dir, `sh -c '${child}' &`, 'wait')
  const stop = new AbortController()
  const failing = failureOf(run(bin, [], { signal: stop.signal }))
  const [pid] = await numbersIn(pids)
  stop.abort(new Interrupted('SIGINT'))
  assert.instance(await failing, Interrupted)
  assert.ok(await goneSoon(pid!), `${pid} is left`)
})

slow(ended, 'each call is known until its process has ended', async ({ dir }) => {
  const pids = join(dir, 'pids')
  const bin = script(dir, "trap '' TERM", `echo $$ > '${pids}'`, 'while :; do sleep 1; done')
  const stop = new AbortController()
  const calls = new Set<Promise<unknown>>()
  run(bin, [], { signal: stop.signal, calls }).catch(() => {})
  const [pid] = await numbersIn(pids)
  assert.is(calls.size, 1)
  stop.abort(new Interrupted('SIGINT'))
  await Promise.allSettled(calls)
  assert.ok(await goneSoon(pid!))
  assert.is(calls.size, 0)
})

ended('after that none is started', async ({ dir }) => {
  const mark = join(dir, 'mark')
  const bin = script(dir, `touch '${mark}'`)
  const reason = new Interrupted('SIGTERM')
  assert.is(await failureOf(run(bin, [], { signal: AbortSignal.abort(reason) })), reason)
  assert.not.ok(existsSync(mark))
})

for (const [name, lines] of [
  ['lines', ['exec yes']],
  ['one long line', [`exec tr '\\0' x < /dev/zero`]],
  ['NULs', ['exec cat /dev/zero']],
  ['words on stderr', ['exec yes no >&2']],
] as const) {
  ended(`when it prints without end: ${name}`, async ({ dir }) => {
    const pids = join(dir, 'pids')
    const bin = script(dir, `echo $$ > '${pids}'`, ...lines)
    const started = performance.now()
    const error = await failureOf(run(bin, ['version']))
    assert.instance(error, Failed)
    assert.is(error.message, `${bin} version printed more than any Cloud Foundry response.`)
    assert.ok(await goneSoon((await numbersIn(pids))[0]!))
    assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`)
  })
}

ended('a page as large as they come is no flood', async ({ dir }) => {
  mkdirSync(join(dir, 'big'))
  const bin = script(dir, `head -c 60000000 /dev/zero | tr '\\0' x`)
  assert.is((await run(bin)).stdout.length, 60_000_000)
})

ended.run()
