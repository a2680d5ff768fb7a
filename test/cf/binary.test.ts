import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CfVersion, findCf, identifyCf, isAtLeast, parseVersion } from '../../src/cf/binary.ts'
import type { RunCf } from '../../src/cf/run.ts'
import { CfUnusable } from '../../src/errors.ts'
import { inFolder } from '../scene.ts'

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
  ['--cf that does not exist', '/none/such', {}, /^Cannot run \/none\/such: no such program/],
  [
    'CF_AUDIT_CF that does not exist',
    undefined,
    { CF_AUDIT_CF: 'nonesuch' },
    /^Cannot run nonesuch: no such program/,
  ],
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
  'a named cf that is not executable: so it is told',
  inFolder(async folder => {
    const cf = await program(join(folder, 'cf'), 0o644)
    const error = await findCf(cf, { PATH: folder }).catch(thrown => thrown)
    assert.is(error.message, `Cannot run ${cf}: it is not executable.`)
  }),
)

finding(
  'a named cf that is missing is not replaced by another',
  inFolder(async folder => {
    await program(join(folder, 'cf'))
    assert.instance(await findCf('cf9', { PATH: folder }).catch(thrown => thrown), CfUnusable)
  }),
)
finding.run()

// --- identifyCf -------------------------------------------------------------------------------------------------

/** A file that begins like a native executable; it is never run. */
async function native(path: string, magic = '\x7fELF\x02\x01', more = ''): Promise<string> {
  await program(path)
  await writeFile(path, Buffer.from(`${magic} and code${more}`, 'latin1'))
  return path
}

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

/** The version as each of two runs of ours finds it out, when `cf version` prints something else each time. */
async function twice(bin: string, env: NodeJS.ProcessEnv, between: () => Promise<unknown> = async () => {}) {
  const { runCf } = answering('cf version 7.0.0\n', 'cf version 8.0.0\n')
  const first = await identifyCf(bin, runCf, env).version()
  await between()
  return [first, await identifyCf(bin, runCf, env).version()]
}

const asked: readonly CfVersion[] = [
  [7, 0, 0],
  [8, 0, 0],
]
const cached: readonly CfVersion[] = [
  [7, 0, 0],
  [7, 0, 0],
]

const identity = suite('the version of a cf')

for (const name of ['cf', 'cf6', 'cf7', 'cf8', 'cf9', 'cf.exe', 'CF8.EXE']) {
  identity(
    `a native ${name} is asked once`,
    inFolder(async folder => {
      const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
      assert.equal(await twice(await native(join(folder, name)), env), cached)
    }),
  )
}

for (const magic of ['\x7fELF', '\xfe\xed\xfa\xcf', '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe', 'MZ']) {
  identity(
    `so is one that begins with ${JSON.stringify(magic)}`,
    inFolder(async folder => {
      const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
      assert.equal(await twice(await native(join(folder, 'cf'), magic), env), cached)
    }),
  )
}

identity(
  'so is one behind a link of any name',
  inFolder(async folder => {
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const bin = await native(join(folder, 'real', 'cf8'))
    await symlink(bin, join(folder, 'my-cf'))
    assert.equal(await twice(join(folder, 'my-cf'), env), cached)
  }),
)

const shims: readonly (readonly [what: string, make: (folder: string) => Promise<string>])[] = [
  ['a script', folder => program(join(folder, 'cf'))],
  [
    'a link to a script: asdf, a wrapper of docker',
    async folder => {
      await symlink(await program(join(folder, 'shims', 'cf')), join(folder, 'cf'))
      return join(folder, 'cf')
    },
  ],
  [
    'a link to a native program of another name: mise',
    async folder => {
      await symlink(await native(join(folder, 'mise')), join(folder, 'cf'))
      return join(folder, 'cf')
    },
  ],
  ['a native program of another name', folder => native(join(folder, 'cfx'))],
  ['an empty file', folder => native(join(folder, 'cf'), '')],
]
for (const [what, make] of shims) {
  identity(
    `${what} is asked in each run`,
    inFolder(async folder => {
      const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
      assert.equal(await twice(await make(folder), env), asked)
      assert.equal(await readdir(folder).then(names => names.includes('cache')), false)
    }),
  )
}

const changes: readonly (readonly [what: string, change: (bin: string) => Promise<unknown>])[] = [
  ['has another size', bin => native(bin, undefined, ' more')],
  ['has another time', bin => utimes(bin, 1, 1)],
  [
    'was replaced by one of the same size and time',
    async bin => {
      const { atime, mtime } = await stat(bin)
      await native(`${bin}.new`)
      await utimes(`${bin}.new`, atime, mtime)
      await rename(`${bin}.new`, bin)
    },
  ],
]
for (const [what, change] of changes) {
  identity(
    `a native cf is asked again when it ${what}`,
    inFolder(async folder => {
      const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
      const bin = await native(join(folder, 'cf'))
      await utimes(bin, 5, 5)
      assert.equal(await twice(bin, env, () => change(bin)), asked)
    }),
  )
}

identity(
  'a link that leads elsewhere is another cf',
  inFolder(async folder => {
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const link = join(folder, 'cf')
    await symlink(await native(join(folder, 'a', 'cf')), link)
    const next = await native(join(folder, 'b', 'cf'))
    const relink = () => rm(link).then(() => symlink(next, link))
    assert.equal(await twice(link, env, relink), asked)
  }),
)

identity(
  'is asked once in a run, whatever wants to know it',
  inFolder(async folder => {
    const { runCf, calls } = answering('cf version 8.18.4\n')
    const it = identifyCf(await program(join(folder, 'cf')), runCf, { CF_HOME: folder, HOME: folder })
    await Promise.all([it.version(), it.version(), it.usesLoginFile(), it.versionInfo(), it.version()])
    assert.equal(calls, [['version']])
  }),
)

identity(
  'when it is not understood, it is asked again in the next run',
  inFolder(async folder => {
    const bin = await native(join(folder, 'cf'))
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const { runCf, calls } = answering('something else\n', 'cf version 8.0.0\n')
    assert.is(await identifyCf(bin, runCf, env).version(), 'unknown')
    assert.equal(await identifyCf(bin, runCf, env).version(), [8, 0, 0])
    assert.is(calls.length, 2)
  }),
)

identity(
  'of many programs the last 200 are kept',
  inFolder(async folder => {
    const env = { CF_AUDIT_CACHE: join(folder, 'cache') }
    const { runCf } = answering('cf version 8.18.4\n')
    for (let index = 0; index < 205; index++) {
      await identifyCf(await native(join(folder, `${index}`, 'cf')), runCf, env).version()
    }
    const kept = Object.keys(JSON.parse(await readFile(join(folder, 'cache', 'versions.json'), 'utf8')))
    assert.equal(
      [kept.length, kept[0], kept.at(-1)],
      [200, join(folder, '5', 'cf'), join(folder, '204', 'cf')],
    )
  }),
)

identity('a cf that has vanished meanwhile is told by running it', async () => {
  const { runCf, calls } = answering('cf version 8.0.0\n')
  assert.equal(await identifyCf('/none/such/cf', runCf, {}).version(), [8, 0, 0])
  assert.is(calls.length, 1)
})
identity.run()

// --- The login file ---------------------------------------------------------------------------------------------

const using = suite('whether a cf uses the login file')

/** What `cf version` does besides: every version of cf rewrites its login file. */
const rewriting =
  (file: string, line: string): RunCf =>
  async () => {
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(`${file}.new`, '{}')
    await rename(`${file}.new`, file)
    return { stdout: Buffer.from(line), stderr: '', exitCode: 0 }
  }

for (const [what, wasThere] of [
  ['one that was there', true],
  ['a new one', false],
] as const) {
  using(
    `a script that writes it does: ${what}`,
    inFolder(async folder => {
      const file = join(folder, '.cf', 'config.json')
      await mkdir(join(folder, '.cf'))
      if (wasThere) await writeFile(file, '{}')
      const it = identifyCf(await program(join(folder, 'cf')), rewriting(file, 'cf version 8.18.4\n'), {
        CF_HOME: folder,
      })
      assert.is(await it.usesLoginFile(), true)
    }),
  )
}

using(
  'a script that writes another one does not: a container, a CF_HOME of its own',
  inFolder(async folder => {
    await mkdir(join(folder, '.cf'))
    await writeFile(join(folder, '.cf', 'config.json'), '{}')
    const runCf = rewriting(join(folder, 'other', '.cf', 'config.json'), 'cf version 8.18.4\n')
    const it = identifyCf(await program(join(folder, 'cf')), runCf, { CF_HOME: folder })
    assert.is(await it.usesLoginFile(), false)
  }),
)

using(
  'nor does another program, whatever it writes',
  inFolder(async folder => {
    const runCf = rewriting(join(folder, '.cf', 'config.json'), 'cf 1.0.0\n')
    const it = identifyCf(await program(join(folder, 'cf')), runCf, { CF_HOME: folder })
    assert.is(await it.usesLoginFile(), false)
  }),
)

using(
  'a native cf does, and is not asked',
  inFolder(async folder => {
    const { runCf, calls } = answering('cf version 8.18.4\n')
    const it = identifyCf(await native(join(folder, 'cf')), runCf, { CF_HOME: folder })
    assert.is(await it.usesLoginFile(), true)
    assert.equal(calls, [])
  }),
)
using.run()
