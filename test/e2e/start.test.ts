import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Scene, withScene } from '../scene.ts'
import { builtCli, run } from './cf-audit.ts'

interface Place {
  dir: string
}

const start = suite<Place>('a start in a hostile environment')

start.before.each(place => {
  place.dir = mkdtempSync(join(tmpdir(), 'cf-start-'))
})
start.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }))

const caches: readonly (readonly [what: string, make: (dir: string) => string])[] = [
  [
    'behind links in a circle',
    dir => {
      symlinkSync('loop', join(dir, 'loop'))
      return join(dir, 'loop')
    },
  ],
  ['whose name is too long', () => `/${'x'.repeat(5000)}`],
  [
    'that is a file',
    dir => {
      writeFileSync(join(dir, 'file'), '')
      return join(dir, 'file')
    },
  ],
  ['where none can be created', () => '/proc/nowhere/deep'],
  [
    'with files that hold something else',
    dir => {
      const folder = join(dir, 'cache')
      mkdirSync(folder, { mode: 0o700 })
      writeFileSync(join(folder, 'versions.json'), `${'['.repeat(200_000)}${']'.repeat(200_000)}`, {
        mode: 0o600,
      })
      return folder
    },
  ],
  [
    'with a FIFO for a file',
    dir => {
      const folder = join(dir, 'cache')
      mkdirSync(folder, { mode: 0o700 })
      assert.is(spawnSync('mkfifo', [join(folder, 'versions.json')]).status, 0)
      return folder
    },
  ],
]
for (const [what, make] of caches) {
  start(`a cache folder ${what}: the report is whole`, ({ dir }) =>
    withScene({ events: 50 }, async ({ cf }) => {
      const env = { CF_AUDIT_CACHE: make(dir) }
      const { code, stdout, stderr } = await run(cf, ['routes', 'demo-org', '-f', 'csv'], { env })
      assert.is(code, 0, stderr)
      assert.match(stdout, /^Timestamp,/)
    }),
  )
}

start('no HOME, and no entry in the password database', ({ dir }) => {
  if (process.getuid?.() !== 0) return console.log('note: only root can become a user without a home')
  cpSync(dirname(builtCli), join(dir, 'dist'), { recursive: true })
  cpSync(join(dirname(builtCli), '..', 'package.json'), join(dir, 'package.json'))
  spawnSync('chmod', ['-R', 'a+rX', dir])
  for (const args of [['--help'], ['--version'], ['types', 'route', '-q']]) {
    const { status, stderr } = spawnSync(process.execPath, [join(dir, 'dist', 'cli.js'), ...args], {
      uid: 54321,
      gid: 54321,
      cwd: '/',
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
    })
    assert.is(status, 0, stderr)
    assert.is(stderr, '')
  }
})

start('a current directory that was deleted: one sentence, and what to do', ({ dir }) => {
  for (const args of ['--help', 'types', 'routes demo-org']) {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" ${args}`, process.execPath, builtCli],
      { cwd: dir, encoding: 'utf8' },
    )
    assert.is(status, 2)
    assert.is(stdout, '')
    assert.is(
      stderr,
      'The current directory no longer exists.\nChange to another directory, then run the same command again.\n',
    )
  }
})

const without = (place: Scene, TMPDIR: string) =>
  run(place.cf, ['routes', 'demo-org', '-f', 'csv', '-q'], { env: { TMPDIR } })

for (const [version, code] of [
  ['8.16.0', 3],
  ['8.18.4', 0],
  ['7.8.0', 0],
] as const) {
  start(`no folder for temporary files, ${version}: exit code ${code}`, ({ dir }) =>
    withScene({ events: 50, cf: { version } }, async scene => {
      const result = await without(scene, join(dir, 'missing'))
      assert.is(result.code, code, result.stderr)
      if (code === 0) assert.match(result.stdout, /^Timestamp,/)
      else
        assert.match(
          result.stderr,
          /^cf before v8\.17 needs a folder .*missing is not usable.*\nSet TMPDIR .*\n$/,
        )
    }),
  )
}

start('an installation without its files: one line', ({ dir }) => {
  cpSync(dirname(builtCli), join(dir, 'dist'), { recursive: true })
  for (const name of readdirSync(join(dir, 'dist'))) {
    if (/^main-/.test(name)) rmSync(join(dir, 'dist', name))
  }
  const { status, stderr } = spawnSync(process.execPath, [join(dir, 'dist', 'cli.js'), '--help'], {
    encoding: 'utf8',
  })
  assert.is(status, 1)
  assert.match(stderr, /^cf-audit cannot start: Cannot find module .*\n$/)
})

start.run()
