import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CfVersion, findCf, isAtLeast, parseVersion, versionOf } from '../../src/cf/binary.ts'
import type { RunCf } from '../../src/cf/run.ts'
import { CfUnusable } from '../../src/errors.ts'

/** Runs a test in a folder of its own, which is gone afterwards. */
const inFolder = (test: (folder: string) => Promise<void>) => async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cf-audit-test-'))
  try {
    await test(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function program(path: string, mode = 0o755): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '#!/bin/sh\n', { mode })
  await chmod(path, mode)
  return path
}

// --- Versions ---------------------------------------------------------------------------------------------------

const versions = suite('versions of cf')

const texts: readonly (readonly [text: string, version: CfVersion])[] = [
  ['cf version 8.18.4+3fcd823a1.2026-06-29\n', [8, 18, 4]],
  ['cf8 version 8.6.1+b5a352a.2023-02-27', [8, 6, 1]],
  ['cf.exe version 7.8.0+cb395bfe8.2024-12-02\r\n', [7, 8, 0]],
  ['cf version 6.53.0+8e2b70a4a.2020-09-30\n', [6, 53, 0]],
  ['cf version 6.22.2+a95e24c-2016-10-27\n', [6, 22, 2]],
  ['cf version 8.7.10+5b7ce3c5f.2024-04-03\n', [8, 7, 10]],
  ['cf version v9.0.0\n', [9, 0, 0]],
  ['cf version 9.0.0-beta.1+abc\n', [9, 0, 0]],
  ['cf version 8.18.4', [8, 18, 4]],
  ['my cf wrapper version 8.18.4', [8, 18, 4]],
  ['A notice.\ncf version 8.18.4+x\n', [8, 18, 4]],
  // Built without a version.
  ['cf version 0.0.0-unknown-version\n', [0, 0, 0]],
  ['', 'unknown'],
  ['4.40.0\n', 'unknown'],
  ['cf 1.2.3\n', 'unknown'],
  ['cf version 8.18\n', 'unknown'],
  ['cf version eight\n', 'unknown'],
  ['cf version 8.18.4 of something else\n', 'unknown'],
  ['conversion 8.18.4\n', 'unknown'],
]
for (const [text, version] of texts) {
  versions(JSON.stringify(text), () => assert.equal(parseVersion(text), version))
}

const comparisons: readonly (readonly [
  version: CfVersion,
  least: readonly [number, number, number],
  is: boolean,
])[] = [
  [[8, 17, 0], [8, 17, 0], true],
  [[8, 17, 1], [8, 17, 0], true],
  [[8, 18, 0], [8, 17, 5], true],
  [[9, 0, 0], [8, 17, 0], true],
  [[8, 16, 9], [8, 17, 0], false],
  [[8, 7, 10], [8, 7, 11], false],
  [[8, 7, 11], [8, 7, 11], true],
  [[8, 10, 0], [8, 7, 11], true],
  [[7, 99, 99], [8, 0, 0], false],
  [[0, 0, 0], [0, 0, 1], false],
  ['unknown', [0, 0, 0], false],
]
for (const [version, least, is] of comparisons) {
  versions(`${version} is ${is ? '' : 'not '}at least ${least}`, () =>
    assert.is(isAtLeast(version, least), is),
  )
}
versions.run()

// --- findCf -----------------------------------------------------------------------------------------------------

const finding = suite('the cf to run')

finding(
  'cf on PATH comes first, whatever else is there',
  inFolder(async folder => {
    for (const name of ['cf8', 'cf7']) await program(join(folder, 'a', name))
    const cf = await program(join(folder, 'b', 'cf'))
    assert.is(await findCf(undefined, { PATH: `${folder}/a:${folder}/b` }), cf)
  }),
)

finding(
  'else cf8, else cf7',
  inFolder(async folder => {
    const cf7 = await program(join(folder, 'a', 'cf7'))
    const cf8 = await program(join(folder, 'b', 'cf8'))
    assert.is(await findCf(undefined, { PATH: `${folder}/a:${folder}/b` }), cf8)
    assert.is(await findCf(undefined, { PATH: `${folder}/a` }), cf7)
  }),
)

finding(
  'the first folder of PATH that has it',
  inFolder(async folder => {
    await program(join(folder, 'b', 'cf'))
    const cf = await program(join(folder, 'a', 'cf'))
    assert.is(await findCf(undefined, { PATH: `${folder}/none:${folder}/a:${folder}/b` }), cf)
  }),
)

finding(
  'Path, as Windows writes it',
  inFolder(async folder => {
    const cf = await program(join(folder, 'cf'))
    assert.is(await findCf(undefined, { Path: folder }), cf)
  }),
)

finding(
  'what cannot be run is passed over: a folder, a file without that right',
  inFolder(async folder => {
    await mkdir(join(folder, 'a', 'cf'), { recursive: true })
    await program(join(folder, 'b', 'cf'), 0o644)
    const cf = await program(join(folder, 'c', 'cf'))
    assert.is(await findCf(undefined, { PATH: `${folder}/a:${folder}/b:${folder}/c` }), cf)
  }),
)

finding(
  'CF_AUDIT_CF by path or by name; an empty one is none',
  inFolder(async folder => {
    const cf = await program(join(folder, 'cf'))
    const other = await program(join(folder, 'my cf'))
    assert.is(await findCf(undefined, { PATH: folder, CF_AUDIT_CF: other }), other)
    assert.is(await findCf(undefined, { PATH: folder, CF_AUDIT_CF: 'my cf' }), other)
    assert.is(await findCf(undefined, { PATH: folder, CF_AUDIT_CF: '' }), cf)
  }),
)

finding(
  '--cf goes before CF_AUDIT_CF',
  inFolder(async folder => {
    const cf = await program(join(folder, 'cf'))
    const other = await program(join(folder, 'other'))
    assert.is(await findCf(other, { PATH: folder, CF_AUDIT_CF: cf }), other)
    assert.is(await findCf('other', { PATH: folder }), other)
  }),
)

const absent: readonly (readonly [
  what: string,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
  words: RegExp,
])[] = [
  ['an empty folder', undefined, {}, /There is no cf on your PATH/],
  ['an empty PATH', undefined, { PATH: '' }, /There is no cf on your PATH/],
  ['--cf that does not exist', '/none/such', {}, /\/none\/such cannot be run/],
  ['CF_AUDIT_CF that does not exist', undefined, { CF_AUDIT_CF: 'nonesuch' }, /nonesuch cannot be run/],
]
for (const [what, asked, env, words] of absent) {
  finding(
    `${what}: exit code 3, and how to name one`,
    inFolder(async folder => {
      const error = await findCf(asked, { PATH: folder, ...env }).catch(thrown => thrown)
      assert.instance(error, CfUnusable)
      assert.is(error.exitCode, 3)
      assert.match(error.message, words)
      assert.match(error.advice, /--cf PATH or CF_AUDIT_CF/)
    }),
  )
}

finding(
  'a named cf that is missing is not replaced by another',
  inFolder(async folder => {
    await program(join(folder, 'cf'))
    assert.instance(await findCf('cf9', { PATH: folder }).catch(thrown => thrown), CfUnusable)
  }),
)
finding.run()

// --- versionOf --------------------------------------------------------------------------------------------------

const remembering = suite('the remembered version')

/** A `cf` that answers `cf version` with these lines, one after the other. */
function answering(...lines: string[]): { runCf: RunCf; calls: (readonly string[])[] } {
  const calls: (readonly string[])[] = []
  return {
    calls,
    runCf: async args => {
      calls.push(args)
      return {
        stdout: Buffer.from(lines[Math.min(calls.length, lines.length) - 1] ?? ''),
        stderr: '',
        exitCode: 0,
      }
    },
  }
}

remembering(
  'is asked for once',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const { runCf, calls } = answering('cf version 8.18.4+3fcd823a1.2026-06-29\n', 'cf version 1.0.0\n')
    assert.equal(await versionOf(bin, runCf, env), [8, 18, 4])
    assert.equal(await versionOf(bin, runCf, env), [8, 18, 4])
    assert.equal(calls, [['version']])
  }),
)

remembering(
  'for nobody else to read',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const cache = join(folder, 'deep', 'cache')
    await versionOf(bin, answering('cf version 8.18.4\n').runCf, { CF_AUDIT_CACHE: cache })
    const [file, ...others] = await readdir(cache)
    assert.equal(others, [])
    assert.is((await stat(join(cache, `${file}`))).mode & 0o777, 0o600)
    assert.is((await stat(cache)).mode & 0o777, 0o700)
    assert.match(await readFile(join(cache, `${file}`), 'utf8'), 'cf version 8.18.4')
  }),
)

remembering(
  'anew when the program has changed',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const { runCf } = answering('cf version 7.0.0\n', 'cf version 8.0.0\n', 'cf version 9.0.0\n')
    await utimes(bin, 2, 2)
    assert.equal(await versionOf(bin, runCf, env), [7, 0, 0])
    await writeFile(bin, '#!/bin/sh\n# of another size\n')
    await utimes(bin, 2, 2)
    assert.equal(await versionOf(bin, runCf, env), [8, 0, 0])
    await utimes(bin, 1, 1)
    assert.equal(await versionOf(bin, runCf, env), [9, 0, 0])
  }),
)

remembering(
  'of each program by itself, and of the one behind a link',
  inFolder(async folder => {
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const old = await program(join(folder, 'old'))
    const other = await program(join(folder, 'new'))
    await utimes(old, 5, 5)
    await utimes(other, 5, 5)
    const link = join(folder, 'cf')
    await symlink(old, link)
    assert.equal(await versionOf(old, answering('cf version 7.0.0\n').runCf, env), [7, 0, 0])
    assert.equal(await versionOf(other, answering('cf version 8.0.0\n').runCf, env), [8, 0, 0])
    assert.equal(await versionOf(link, answering('cf version 7.0.0\n').runCf, env), [7, 0, 0])
  }),
)

remembering(
  'not when it was not understood',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const { runCf, calls } = answering('something else\n', 'cf version 8.0.0\n')
    assert.is(await versionOf(bin, runCf, env), 'unknown')
    assert.equal(await versionOf(bin, runCf, env), [8, 0, 0])
    assert.is(calls.length, 2)
  }),
)

remembering(
  'where nothing can be remembered, it is asked each time',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    await writeFile(join(folder, 'file'), '')
    const env = { CF_AUDIT_CACHE: join(folder, 'file', 'cache') }
    const { runCf, calls } = answering('cf version 8.0.0\n')
    assert.equal(await versionOf(bin, runCf, env), [8, 0, 0])
    assert.equal(await versionOf(bin, runCf, env), [8, 0, 0])
    assert.is(calls.length, 2)
  }),
)

remembering(
  'not in a place where no folder can be made, and does not try for ever',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const said = answering('cf version 8.18.4\n')
    assert.equal(await versionOf(bin, said.runCf, { CF_AUDIT_CACHE: '/proc/nowhere/deep' }), [8, 18, 4])
  }),
)

remembering(
  'leaves no draft behind',
  inFolder(async folder => {
    const bin = await program(join(folder, 'cf'))
    const cache = join(folder, 'cache')
    await versionOf(bin, answering('cf version 8.0.0\n').runCf, { CF_AUDIT_CACHE: cache })
    const names = await readdir(cache)
    assert.is(names.length, 1)
    assert.match(`${names[0]}`, /^versions\.json$/)
  }),
)
remembering.run()
