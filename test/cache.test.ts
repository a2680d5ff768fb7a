import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cacheFolder, fieldsOf, type JsonCache, jsonCache, keepCompiled } from '../src/cache.ts'
import { fc, holds } from './generated/check.ts'

const cache = suite('the cache folder')

const folders: readonly (readonly [
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  folder: string | undefined,
])[] = [
  [{ CF_AUDIT_CACHE: '/somewhere', HOME: '/home/ann' }, 'linux', '/somewhere'],
  [{ CF_AUDIT_CACHE: '', HOME: '/home/ann' }, 'linux', '/home/ann/.cache/cf-audit'],
  [{ XDG_CACHE_HOME: '/caches', HOME: '/home/ann' }, 'linux', '/caches/cf-audit'],
  [{ XDG_CACHE_HOME: 'caches', HOME: '/home/ann' }, 'linux', '/home/ann/.cache/cf-audit'],
  [{ XDG_CACHE_HOME: '', HOME: '/home/ann' }, 'linux', '/home/ann/.cache/cf-audit'],
  [{ HOME: 'ann' }, 'linux', undefined],
  [{ HOME: '/Users/ann', XDG_CACHE_HOME: '/caches' }, 'darwin', '/Users/ann/Library/Caches/cf-audit'],
  [{ LOCALAPPDATA: '/local', USERPROFILE: '/ann' }, 'win32', '/local/cf-audit/Cache'],
  [{ USERPROFILE: '/ann', HOME: '/x' }, 'win32', '/ann/AppData/Local/cf-audit/Cache'],
]
for (const [env, platform, folder] of folders) {
  cache(`${platform}, ${JSON.stringify(env)}: ${folder}`, () => {
    assert.is(cacheFolder(env, platform), folder)
  })
}

const me = process.getuid?.() ?? 0
const folder = mkdtempSync(join(tmpdir(), 'cf-cache-'))
symlinkSync('loop', join(folder, 'loop'))
const rows: readonly (readonly [
  what: string,
  path: string,
  mode: number,
  uid: number | undefined,
  kept: boolean,
])[] = [
  ['our own', folder, 0o700, me, true],
  ['that others may read', folder, 0o755, me, true],
  ['that others may write', folder, 0o777, me, false],
  ['that the group may write', folder, 0o770, me, false],
  ['of somebody else', folder, 0o700, me + 1, false],
  ['that is not there', join(folder, 'missing'), 0o700, me, false],
  ['that is a file', '/etc/passwd', 0o700, 0, false],
  ['behind links in a circle', join(folder, 'loop'), 0o700, me, false],
  ['whose name is too long', `/${'x'.repeat(5000)}`, 0o700, me, false],
  ['below which Node would make folders for ever', '/proc', 0o700, me, false],
  ['of a system without owners', folder, 0o700, undefined, true],
]

for (const [what, path, mode, uid, kept] of rows) {
  cache(`code is ${kept ? '' : 'not '}kept in a folder ${what}`, () => {
    const real = module as { enableCompileCache?: unknown }
    const { enableCompileCache } = real
    const folders: string[] = []
    real.enableCompileCache = (folder: string) => folders.push(folder)
    try {
      chmodSync(folder, mode)
      keepCompiled({
        env: { CF_AUDIT_CACHE: path },
        ...(uid !== undefined && { getuid: () => uid }),
      } as unknown as NodeJS.Process)
    } finally {
      real.enableCompileCache = enableCompileCache
    }
    assert.equal(folders, kept ? [join(path, 'compiled')] : [])
  })
}

cache('a user without a home directory has none, and nothing is cached', async () => {
  // Another user than those of this machine, in a process of its own: os.homedir() looks into the password database.
  const source = new URL('../src/cache.ts', import.meta.url).href
  const code = `import { cacheFolder, jsonCache, keepCompiled } from ${JSON.stringify(source)}
    process.setuid(54321)
    keepCompiled(process)
    const cache = jsonCache('x.json', {}, value => value)
    await cache.write({ a: 1 })
    console.log(JSON.stringify([cacheFolder({}) ?? null, await cache.read()]))`
  if (process.getuid?.() !== 0) return console.log('note: only root can become a user without a home')
  const { HOME, CF_AUDIT_CACHE, ...env } = process.env
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', code],
    { encoding: 'utf8', env },
  )
  assert.is(stdout, '[null,{}]\n', stderr)
})

cache.after(() => rmSync(folder, { recursive: true }))
cache.run()

// --- Its files ----------------------------------------------------------------------------------------------------

interface Place {
  dir: string
  file: string
  cache: JsonCache<{ n: number }>
}

const files = suite<Place>('a file of the cache folder')

files.before.each(place => {
  place.dir = mkdtempSync(join(tmpdir(), 'cf-cache-'))
  place.file = join(place.dir, 'cache', 'some.json')
  place.cache = cacheIn(place.dir)
})
files.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }))

const cacheIn = (dir: string) =>
  jsonCache('some.json', { CF_AUDIT_CACHE: join(dir, 'cache') }, value => {
    const { n } = fieldsOf(value)
    return typeof n === 'number' ? { n } : undefined
  })

/** A file as it should be, with the text given. */
function put({ dir, file }: Place, text: string | Buffer): void {
  mkdirSync(join(dir, 'cache'), { mode: 0o700, recursive: true })
  writeFileSync(file, text, { mode: 0o600 })
}

files('gives back what was written, to nobody else', async ({ dir, file, cache }) => {
  await cache.write({ a: { n: 1 }, b: { n: 2 } })
  assert.equal(await cache.read(), { a: { n: 1 }, b: { n: 2 } })
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(statSync(join(dir, 'cache')).mode & 0o777, 0o700)
  assert.equal(readdirSync(join(dir, 'cache')), ['some.json'])
})

files('keeps the last 200 entries', async ({ cache }) => {
  await cache.write(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, { n }])))
  const keys = Object.keys(await cache.read())
  assert.equal([keys.length, keys[0], keys.at(-1)], [200, 'k100', 'k299'])
})

const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
const shapes: readonly (readonly [what: string, text: string | Buffer, read: unknown])[] = [
  ['nothing', '', {}],
  ['half of it', '{"a":{"n":1}', {}],
  ['null', 'null', {}],
  ['a number', '7', {}],
  ['a list', '[{"n":1}]', { 0: { n: 1 } }],
  ['entries of another shape', '{"a":1,"b":null,"c":{"n":"1"},"d":[],"e":{"n":5,"more":1}}', { e: { n: 5 } }],
  ['a key that is special to JavaScript', '{"__proto__":{"n":1},"constructor":{"n":2}}', undefined],
  ['very deep JSON', deep, {}],
  ['very deep JSON in an entry', `{"a":{"n":1,"x":${deep}}}`, { a: { n: 1 } }],
  ['bytes that are no text', Buffer.from([0xff, 0x00, 0x80]), {}],
  ['more than a megabyte', `{"a":{"n":1}}${' '.repeat(1024 * 1024)}`, {}],
]
for (const [what, text, read] of shapes) {
  files(`that holds ${what}`, async place => {
    put(place, text)
    const found = await place.cache.read()
    if (read !== undefined) assert.equal(found, read)
    assert.is(Object.getPrototypeOf(found), Object.prototype)
    await place.cache.write({ ...found, z: { n: 26 } })
    assert.equal((await place.cache.read()).z, { n: 26 })
  })
}

const strange: readonly (readonly [what: string, make: (place: Place) => void])[] = [
  [
    'a link',
    ({ file, dir }) => {
      writeFileSync(join(dir, 'other.json'), '{"a":{"n":1}}', { mode: 0o600 })
      symlinkSync(join(dir, 'other.json'), file)
    },
  ],
  ['a FIFO', ({ file }) => assert.is(spawnSync('mkfifo', [file]).status, 0)],
  ['a folder', ({ file }) => mkdirSync(file)],
  [
    'a file that others may write',
    place => {
      put(place, '{"a":{"n":1}}')
      chmodSync(place.file, 0o602)
    },
  ],
  [
    'a file that the group may write',
    place => {
      put(place, '{"a":{"n":1}}')
      chmodSync(place.file, 0o660)
    },
  ],
]
for (const [what, make] of strange) {
  files(`is ${what}: as if it were not there`, async place => {
    mkdirSync(join(place.dir, 'cache'), { mode: 0o700 })
    make(place)
    assert.equal(await place.cache.read(), {})
    await place.cache.write({ a: { n: 2 } })
    const isFolder = statSync(place.file).isDirectory()
    assert.equal(await place.cache.read(), isFolder ? {} : { a: { n: 2 } })
    assert.equal(readdirSync(join(place.dir, 'cache')), ['some.json'])
    if (what === 'a link') assert.is(readFileSync(join(place.dir, 'other.json'), 'utf8'), '{"a":{"n":1}}')
  })
}

files('of another user is as if it were not there', async place => {
  if (process.getuid?.() !== 0) return console.log('note: only root can give a file away')
  put(place, '{"a":{"n":1}}')
  chownSync(place.file, 54321, 54321)
  assert.equal(await place.cache.read(), {})
})

files('is never written through a link', async ({ dir, file, cache }) => {
  mkdirSync(join(dir, 'cache'), { mode: 0o700 })
  writeFileSync(join(dir, 'victim'), 'as it was')
  symlinkSync(join(dir, 'victim'), `${file}.${process.pid}`)
  await cache.write({ a: { n: 1 } })
  assert.is(readFileSync(join(dir, 'victim'), 'utf8'), 'as it was')
})

const unusable: readonly (readonly [what: string, make: (dir: string) => string])[] = [
  [
    'behind links in a circle',
    dir => {
      symlinkSync('loop', join(dir, 'loop'))
      return join(dir, 'loop')
    },
  ],
  ['whose name is too long', () => `/${'x'.repeat(5000)}`],
  [
    'below a file',
    dir => {
      writeFileSync(join(dir, 'file'), '')
      return join(dir, 'file', 'cache')
    },
  ],
  ['where Node would make folders for ever', () => '/proc/nowhere/deep'],
]
for (const [what, make] of unusable) {
  files(`in a folder ${what}: nothing is read or written`, async ({ dir }) => {
    const cache = jsonCache('some.json', { CF_AUDIT_CACHE: make(dir) }, value => value)
    await cache.write({ a: 1 })
    assert.equal(await cache.read(), {})
  })
}

files('a bug in the code that reads an entry stays one', async place => {
  put(place, '{"a":1}')
  const bug = new TypeError('a bug')
  const cache = jsonCache('some.json', { CF_AUDIT_CACHE: join(place.dir, 'cache') }, () => {
    throw bug
  })
  assert.is(await cache.read().catch(error => error), bug)
})

files('a bug in what is written stays one', async ({ dir }) => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const cache = jsonCache<unknown>('some.json', { CF_AUDIT_CACHE: join(dir, 'cache') }, value => value)
  assert.instance(await Promise.resolve(cache.write(circle)).catch(error => error), TypeError)
})

files('any bytes and any JSON: entries of the right shape, or none', async place => {
  await holds(
    300,
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array().map(bytes => Buffer.from(bytes)),
        fc.json({ maxDepth: 6 }),
        fc.string(),
      ),
      async text => {
        put(place, text)
        for (const entry of Object.values(await place.cache.read())) {
          assert.equal(Object.keys(entry ?? {}), ['n'])
        }
      },
    ),
  )
})

files.run()
