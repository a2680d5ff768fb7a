import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findOtherCfs, identifyCf, otherCfs } from '../../src/cf/binary.ts'
import type { RunCf, RunResult } from '../../src/cf/run.ts'
import { CfUnusable, Interrupted, TimedOut } from '../../src/errors.ts'

interface Place {
  dir: string
  env: NodeJS.ProcessEnv
}

const place = (test: ReturnType<typeof suite<Place>>) => {
  test.before.each(context => {
    context.dir = mkdtempSync(join(tmpdir(), 'cf-audit-test-'))
    context.env = { CF_AUDIT_CACHE: join(context.dir, 'cache') }
  })
  test.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }))
}

function program(dir: string, folder: string, name: string): string {
  mkdirSync(join(dir, folder), { recursive: true })
  const path = join(dir, folder, name)
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, 0o755)
  return path
}

const prints =
  (stdout: string, stderr = '', exitCode = 0): RunCf =>
  async (): Promise<RunResult> => ({ stdout: Buffer.from(stdout), stderr, exitCode })

// --- What it is ---------------------------------------------------------------------------------------------------

const installation = suite<Place>('what a cf says it is')
place(installation)

/** A native cf. */
function native(dir: string): string {
  const bin = program(dir, 'a', 'cf')
  writeFileSync(bin, '\x7fELF')
  return bin
}

installation('a Cloud Foundry CLI, cached for later', async ({ dir, env }) => {
  const bin = native(dir)
  const found = await identifyCf(bin, prints('cf version 8.18.4+x.2026-06-29\n'), env).versionInfo()
  assert.is(found.says, 'cf version 8.18.4+x.2026-06-29')
  assert.equal(found.version, [8, 18, 4])
  assert.is(found.knownBugs.length, 1)
  const unasked: RunCf = async () => assert.unreachable('it was asked again') as never
  assert.equal(await identifyCf(bin, unasked, env).version(), [8, 18, 4])
})

installation('asked anew, whatever is cached; the rest of the run believes it', async ({ dir, env }) => {
  const bin = native(dir)
  await identifyCf(bin, prints('cf version 8.18.4\n'), env).versionInfo()
  const it = identifyCf(bin, prints('cf version 8.19.0\n'), env)
  assert.equal((await it.versionInfo()).version, [8, 19, 0])
  assert.equal(await it.version(), [8, 19, 0])
})

for (const [what, runCf, says] of [
  ['another program', prints('cf 1.0.0\n'), 'cf 1.0.0'],
  ['a wrapper', prints('', "cf: I don't know how to version\n", 1), "cf: I don't know how to version"],
  ['a silent one', prints(''), ''],
  ['one with escapes', prints('\u001b[31mred\u001b[0m\n'), '␛[31mred␛[0m'],
] as const) {
  installation(`${what}: its words are kept, and safe to show`, async ({ dir, env }) => {
    const found = await identifyCf(program(dir, 'a', 'cf'), runCf, env).versionInfo()
    assert.equal(found, { says, version: 'unknown', knownBugs: [] })
  })
}

installation('what a wrapper prints beside the version: no secret is remembered', async ({ dir, env }) => {
  const told = prints('cf version 8.18.4\n+ CF_PASSWORD=hunter2\n')
  await identifyCf(native(dir), told, env).versionInfo()
  const cache = join(dir, 'cache')
  const texts = readdirSync(cache).map(name => readFileSync(join(cache, name), 'utf8'))
  assert.match(texts.join(), '8.18.4')
  assert.not.match(texts.join(), 'hunter2')
})

installation('a login file that it cannot read', async ({ dir, env }) => {
  const runCf = prints('FAILED\nError read/writing config:  unexpected end of JSON input\n', '', 1)
  const error = await identifyCf(program(dir, 'a', 'cf'), runCf, env)
    .versionInfo()
    .catch((each: unknown) => each)
  assert.instance(error, CfUnusable)
  assert.match((error as CfUnusable).message, 'cannot read its login file')
})

installation.run()

// --- Others of that name ------------------------------------------------------------------------------------------

const namesakes = suite<Place>('other programs named cf')
place(namesakes)

namesakes('each once, whatever links lead to it', async ({ dir }) => {
  const chosen = program(dir, 'a', 'cf')
  const other = program(dir, 'b', 'cf')
  const cf7 = program(dir, 'b', 'cf7')
  mkdirSync(join(dir, 'c'))
  symlinkSync(chosen, join(dir, 'c', 'cf8'))
  symlinkSync(other, join(dir, 'c', 'cf'))
  const PATH = ['a', 'b', 'c', 'none'].map(each => join(dir, each)).join(delimiter)
  assert.equal(await findOtherCfs(chosen, { PATH }), [other, cf7])
  assert.equal(await findOtherCfs(cf7, { PATH }), [chosen, other])
  assert.equal(await findOtherCfs(chosen, { PATH: join(dir, 'a') }), [])
  assert.equal(await findOtherCfs(chosen, {}), [])
})

const asked: readonly (readonly [what: string, runCf: RunCf, says: string, isCloudFoundry: boolean])[] = [
  ['a Cloud Foundry CLI', prints('cf7 version 7.8.0+x\n'), 'cf7 version 7.8.0+x', true],
  ['another program', prints('cf 1.0.0\n'), 'cf 1.0.0', false],
  ['one that prints escapes', prints('\u001b]0;x\u0007\n'), '␛]0;x␇', false],
  [
    'one that hangs',
    async () => {
      throw new TimedOut('', '')
    },
    '',
    false,
  ],
  [
    'one that cannot be run',
    async () => {
      throw new CfUnusable('', '')
    },
    '',
    false,
  ],
  [
    'one whose login file is broken',
    prints('FAILED\nError read/writing config:  x\n', '', 1),
    'FAILED Error read/writing config: x',
    true,
  ],
]
for (const [what, runCf, says, isCloudFoundry] of asked) {
  namesakes(what, async ({ dir }) => {
    const chosen = program(dir, 'a', 'cf')
    const path = program(dir, 'b', 'cf')
    const PATH = [join(dir, 'a'), join(dir, 'b')].join(delimiter)
    const runnerOf = (bin: string): RunCf => {
      assert.is(bin, path)
      return runCf
    }
    assert.equal(await otherCfs(chosen, runnerOf, { PATH }), [{ path, says, isCloudFoundry }])
  })
}

namesakes('a bug is not mistaken for a program that cannot be run', async ({ dir }) => {
  const chosen = program(dir, 'a', 'cf')
  program(dir, 'b', 'cf')
  const runnerOf = (): RunCf => async () => {
    throw new TypeError('a bug')
  }
  assert.instance(await otherCfs(chosen, runnerOf, { PATH: join(dir, 'b') }).catch(each => each), TypeError)
})

namesakes('an interruption ends it', async ({ dir }) => {
  const chosen = program(dir, 'a', 'cf')
  program(dir, 'b', 'cf')
  const runnerOf = (): RunCf => async () => {
    throw new Interrupted('SIGINT')
  }
  const PATH = join(dir, 'b')
  assert.instance(await otherCfs(chosen, runnerOf, { PATH }).catch(each => each), Interrupted)
})

namesakes.run()
