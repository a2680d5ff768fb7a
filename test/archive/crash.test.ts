// What becomes of an archive when its disk fails, or a run ends midway: at each step that it takes on the disk.
import { rejects } from 'node:assert'
import fs from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { verifyArchive } from '../../src/archive/verify.ts'
import { Failed, UsageError } from '../../src/errors.ts'
import { day, filesOf, hour, type World, withWorld } from './world.ts'

const crash = suite('archive after a crash')

/** A process that has ended runs no `finally`, and says nothing. */
class Killed extends Error {}

type Step = (name: string) => Error | undefined

/** Lets `decide` fail any step on the disk below a folder, for the length of `use`; a write that fails writes a half. */
async function withDisk<T>(folder: string, decide: Step, use: () => Promise<T>): Promise<T> {
  const { promises } = fs
  const real = { open: promises.open, rename: promises.rename, rm: promises.rm, mkdir: promises.mkdir }
  const isOurs = (path: unknown) => String(path).startsWith(folder)
  function take(name: string) {
    const error = decide(name)
    if (error !== undefined) throw error
  }
  function watched(handle: FileHandle): FileHandle {
    const { writeFile, sync } = handle
    const write = handle.write as (bytes: Buffer, at: number, length?: number) => Promise<unknown>
    return Object.assign(handle, {
      async write(bytes: Buffer, at = 0) {
        const error = decide('write')
        if (error === undefined) return write.call(handle, bytes, at)
        await write.call(handle, bytes, at, (bytes.length - at) >> 1)
        throw error
      },
      async writeFile(text: string) {
        const error = decide('write')
        if (error === undefined) return writeFile.call(handle, text)
        await writeFile.call(handle, text.slice(0, text.length >> 1))
        throw error
      },
      async sync() {
        take('sync')
        return sync.call(handle)
      },
    })
  }
  Object.assign(promises, {
    async open(path: string, flags: string, mode: number) {
      if (!isOurs(path)) return real.open(path, flags, mode)
      take(`open ${flags}`)
      return watched(await real.open(path, flags, mode))
    },
    async rename(from: string, to: string) {
      if (isOurs(from)) take('rename')
      return real.rename(from, to)
    },
    async rm(path: string, options: object) {
      if (isOurs(path)) take('rm')
      return real.rm(path, options)
    },
    async mkdir(path: string, options: object) {
      if (isOurs(path)) take('mkdir')
      return real.mkdir(path, options)
    },
  })
  syncBuiltinESMExports()
  try {
    return await use()
  } finally {
    Object.assign(promises, real)
    syncBuiltinESMExports()
  }
}

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' })

/** An archive of one run, and events for a second one in two months. */
async function prepare(world: World) {
  const made = [world.add({ timestamp: '2026-07-30T10:00:00Z' }), world.add()]
  await world.update()
  world.now += day
  made.push(
    world.add({ timestamp: '2026-08-01T23:00:00Z' }),
    world.add({ timestamp: '2026-07-31T23:00:00Z' }),
  )
  world.now += hour
  return made
}

async function assertWhole(world: World, made: readonly { guid: string }[]): Promise<void> {
  assert.equal(world.held().sort(), made.map(({ guid }) => guid).sort())
  assert.equal(
    (await verifyArchive(world.archive)).filter(({ state }) => state !== 'valid'),
    [],
  )
  assert.equal(
    filesOf(world.archive).filter(file => /partial|\.lock/.test(file)),
    [],
  )
}

/** A copy of one prepared archive for every step that a run takes, when all goes well. */
async function atEveryStep(
  use: (world: World, made: readonly { guid: string }[], step: number) => Promise<void>,
): Promise<void> {
  let steps = 0
  const count: Step = () => {
    steps++
    return undefined
  }
  await withWorld({}, async world => {
    const made = await prepare(world)
    const { archive, now } = world
    const copyOf = (step: number) => {
      world.archive = join(archive, '..', `copy-${step}`, 'audit')
      world.now = now
      fs.cpSync(archive, world.archive, { recursive: true })
    }
    copyOf(0)
    await withDisk(world.archive, count, () => world.update())
    assert.ok(steps > 25, `A run takes only ${steps} steps on the disk`)
    for (let step = 1; step <= steps; step++) {
      copyOf(step)
      await use(world, made, step)
    }
  })
}

crash('a run that is killed at any step loses nothing and doubles nothing', () =>
  atEveryStep(async (world, made, step) => {
    let taken = 0
    // Nothing is written after the end.
    const kill: Step = () => (++taken >= step ? new Killed() : undefined)
    await withDisk(world.archive, kill, () => rejects(world.update(), Killed))
    assert.is(new Set(await world.read()).size >= 2, true, `step ${step}: what was there can be read`)
    // Between making the lock and writing into it there is no time to speak of.
    const lock = join(world.archive, '.lock')
    if (fs.existsSync(lock)) fs.utimesSync(lock, 1, 1)
    world.now += hour
    await world.update()
    await assertWhole(world, made)
  }),
)

crash('a disk that is full at any step is explained, and loses nothing', async () => {
  let explained = 0
  await atEveryStep(async (world, made, step) => {
    let taken = 0
    const fill: Step = name => (++taken >= step && name !== 'rm' ? failure('ENOSPC') : undefined)
    const { error } = await withDisk(world.archive, fill, () => world.update()).catch(error => ({ error }))
    if (error !== undefined) {
      assert.instance(error, UsageError, `step ${step}: ${error.stack}`)
      assert.match(error.message, /audit cannot be written: the disk is full\.$/)
      assert.match(error.advice, /Earlier runs are kept/)
      explained++
    }
    world.now += hour
    await world.update()
    await assertWhole(world, made)
  })
  assert.ok(explained > 20, String(explained))
})

crash('a folder that is read-only is explained', () =>
  withWorld({}, async world => {
    const refuse: Step = () => failure('EROFS')
    await withDisk(world.archive, refuse, () =>
      rejects(world.update(), /cannot be written: the file system is read-only/),
    )
    await prepare(world)
    const deny: Step = name => (/wx/.test(name) ? failure('EACCES') : undefined)
    await withDisk(world.archive, deny, () => rejects(world.update(), /cannot be written: permission denied/))
  }),
)

crash('what no manifest names is swept, and other files are left alone', () =>
  withWorld({}, async world => {
    const made = await prepare(world)
    const part = filesOf(world.archive).find(file => file.startsWith('events/'))!
    const left = join(world.archive, part, '..', 'events-20260801T000000Z-20260801T000000Z-x.ndjson.gz')
    fs.copyFileSync(join(world.archive, part), left)
    fs.writeFileSync(join(world.archive, 'runs', '.x.json.partial'), '')
    fs.writeFileSync(join(world.archive, 'README'), 'ours')
    await world.update()
    await assertWhole(world, made)
    assert.ok(filesOf(world.archive).includes('README'))
  }),
)

crash('nothing is swept where a manifest is missing', () =>
  withWorld({}, async world => {
    await prepare(world)
    await world.update()
    const [first] = filesOf(world.archive).filter(file => file.startsWith('runs/'))
    fs.rmSync(join(world.archive, first!))
    const before = filesOf(world.archive)
    await rejects(world.update(), Failed)
    assert.equal(filesOf(world.archive), before)
  }),
)

// --- The lock ------------------------------------------------------------------------------------------------------

const lockOf = (world: World) => join(world.archive, '.lock')
function writeLock(world: World, lock: object | string) {
  fs.writeFileSync(lockOf(world), typeof lock === 'string' ? lock : JSON.stringify(lock))
}
const since = '2026-08-01T00:00:00Z'
/** A number that no process has. */
const nobody = 2 ** 22 + 1

crash('a second run ends in words', () =>
  withWorld({}, async world => {
    await world.update()
    writeLock(world, { pid: process.ppid, host: hostname(), since })
    const error = await world.update().catch(error => error)
    assert.instance(error, UsageError)
    assert.match(error.message, `is in use by process ${process.ppid} on ${hostname()}, since ${since}.`)
    assert.match(error.advice, /Wait until it ends.*remove .*\.lock/)
    assert.ok(fs.existsSync(lockOf(world)))
  }),
)

crash('the lock of another host is explained', () =>
  withWorld({}, async world => {
    await world.update()
    writeLock(world, { pid: nobody, host: 'elsewhere', since })
    await rejects(world.update(), /in use by process \d+ on elsewhere, since 2026/)
  }),
)

for (const [name, lock] of [
  ['of a dead process', { pid: nobody, host: hostname(), since }],
  ['of an earlier process with our number', { pid: process.pid, host: hostname(), since }],
] as const) {
  crash(`a lock ${name} is taken over`, () =>
    withWorld({}, async world => {
      const made = await prepare(world)
      writeLock(world, lock)
      await world.update()
      await assertWhole(world, made)
    }),
  )
}

crash('an empty lock is taken over once it is old', () =>
  withWorld({}, async world => {
    const made = await prepare(world)
    writeLock(world, '')
    await rejects(world.update(), /in use by another run/)
    fs.utimesSync(lockOf(world), 1, 1)
    await world.update()
    await assertWhole(world, made)
  }),
)

crash('a run that fails leaves no lock', () =>
  withWorld({}, async world => {
    await world.update()
    await rejects(world.update(['gone']))
    assert.not.ok(fs.existsSync(lockOf(world)))
  }),
)

crash.run()
