import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ReaderGone, UsageError } from '../../src/errors.ts'
import { bufferedSink, fileSink, streamSink } from '../../src/output/sink.ts'
import { inFolder } from '../scene.ts'

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

async function assertRefused(promise: Promise<unknown>, words: RegExp): Promise<UsageError> {
  const error = (await failure(promise)) as UsageError
  assert.instance(error, UsageError)
  assert.match(error.message, words)
  assert.is(error.exitCode, 2)
  assert.is.not(error.advice, '')
  return error
}

// --- Files ------------------------------------------------------------------------------------------------------

const files = suite('a file: whole, or not at all')

files(
  'appears when it is committed, not before, and for nobody else to read',
  inFolder(async folder => {
    const path = join(folder, 'report.csv')
    const sink = await fileSink(path, false)
    await sink.write('one\n')
    await sink.write(Buffer.from('zwö\n'))
    assert.not.ok(existsSync(path))
    for (const name of await readdir(folder)) {
      assert.is((await stat(join(folder, name))).mode & 0o777, 0o600)
      assert.match(name, /^\.report\.csv\..*\.partial$/)
    }
    assert.is(await sink.commit(), 9)
    assert.is(await readFile(path, 'utf8'), 'one\nzwö\n')
    assert.is((await stat(path)).mode & 0o777, 0o600)
    assert.equal(await readdir(folder), ['report.csv'])
    await sink.abandon()
    assert.equal(await readdir(folder), ['report.csv'])
  }),
)

files(
  'mode 0600 whatever the umask',
  inFolder(async folder => {
    const before = process.umask(0)
    try {
      const sink = await fileSink(join(folder, 'x'), false)
      await sink.commit()
    } finally {
      process.umask(before)
    }
    assert.is((await stat(join(folder, 'x'))).mode & 0o777, 0o600)
  }),
)

files(
  'with the longest name that a folder takes',
  inFolder(async folder => {
    const name = 'x'.repeat(255)
    const sink = await fileSink(join(folder, name), false)
    await sink.commit()
    assert.equal(await readdir(folder), [name])
  }),
)

files(
  'of nothing is an empty file',
  inFolder(async folder => {
    const sink = await fileSink(join(folder, 'x'), false)
    assert.is(await sink.commit(), 0)
    assert.is(await readFile(join(folder, 'x'), 'utf8'), '')
  }),
)

files(
  'of some megabytes',
  inFolder(async folder => {
    const sink = await fileSink(join(folder, 'x'), false)
    const part = Buffer.alloc(1_000_003, 'abc')
    for (let time = 0; time < 5; time++) await sink.write(part)
    assert.is(await sink.commit(), 5 * part.length)
    assert.ok((await readFile(join(folder, 'x'))).equals(Buffer.concat([part, part, part, part, part])))
  }),
)

files(
  'abandoned: nothing is left, however often',
  inFolder(async folder => {
    const sink = await fileSink(join(folder, 'x'), false)
    await sink.write('one\n')
    await sink.abandon()
    await sink.abandon()
    assert.equal(await readdir(folder), [])
  }),
)

files(
  'a file that is there is refused and stays as it was',
  inFolder(async folder => {
    const path = join(folder, 'x')
    await writeFile(path, 'mine')
    await assertRefused(fileSink(path, false), /x already exists/)
    assert.is(await readFile(path, 'utf8'), 'mine')
    assert.equal(await readdir(folder), ['x'])
  }),
)

files(
  'with force it is replaced, at the end and not before',
  inFolder(async folder => {
    const path = join(folder, 'x')
    await writeFile(path, 'mine', { mode: 0o644 })
    const sink = await fileSink(path, true)
    await sink.write('new')
    assert.is(await readFile(path, 'utf8'), 'mine')
    await sink.commit()
    assert.is(await readFile(path, 'utf8'), 'new')
    assert.is((await stat(path)).mode & 0o777, 0o600)
    assert.equal(await readdir(folder), ['x'])
  }),
)

files(
  'with force and abandoned it stays as it was',
  inFolder(async folder => {
    const path = join(folder, 'x')
    await writeFile(path, 'mine')
    const sink = await fileSink(path, true)
    await sink.write('new')
    await sink.abandon()
    assert.is(await readFile(path, 'utf8'), 'mine')
    assert.equal(await readdir(folder), ['x'])
  }),
)

files(
  'that somebody makes meanwhile is not replaced',
  inFolder(async folder => {
    const path = join(folder, 'x')
    const sink = await fileSink(path, false)
    await sink.write('new')
    await writeFile(path, 'theirs')
    await assertRefused(sink.commit(), /x already exists/)
    await sink.abandon()
    assert.is(await readFile(path, 'utf8'), 'theirs')
    assert.equal(await readdir(folder), ['x'])
  }),
)

files(
  'a folder is refused, with force as well',
  inFolder(async folder => {
    for (const force of [false, true]) await assertRefused(fileSink(folder, force), /is a folder/)
    assert.equal(await readdir(folder), [])
  }),
)

files(
  'in a folder that does not exist, or that is a file',
  inFolder(async folder => {
    await writeFile(join(folder, 'file'), '')
    await assertRefused(fileSink(join(folder, 'none', 'x'), false), /its folder does not exist/)
    await assertRefused(fileSink(join(folder, 'file', 'x'), false), /its folder is a file/)
    assert.equal(await readdir(folder), ['file'])
  }),
)

files(
  'whose folder is renamed or deleted meanwhile: the error says where the rest of it is',
  inFolder(async folder => {
    for (const force of [false, true]) {
      const [before, after] = [join(folder, 'before'), join(folder, 'after')]
      await mkdir(before)
      const sink = await fileSink(join(before, 'x'), force)
      await sink.write('new')
      await rename(before, after)
      const error = await assertRefused(sink.commit(), /its folder was renamed or deleted meanwhile/)
      await sink.abandon()
      const [draft] = await readdir(after)
      assert.is(error.advice, `If it was renamed, delete ${draft} from it.`)
      await rm(after, { recursive: true })
    }
  }),
)

files(
  'with a name that is too long',
  inFolder(async folder => {
    await assertRefused(fileSink(join(folder, 'x'.repeat(300)), false), /the name is too long/)
  }),
)

files(
  'where one may not write',
  inFolder(async folder => {
    if (process.getuid?.() === 0) return // To root all is allowed.
    await chmod(folder, 0o500)
    await assertRefused(fileSink(join(folder, 'x'), false), /permission denied/)
  }),
)

files(
  'a device is refused, and so is a pipe',
  inFolder(async folder => {
    for (const force of [false, true])
      await assertRefused(fileSink('/dev/full', force), /is not a regular file/)
    const pipe = join(folder, 'pipe')
    await new Promise(done => spawn('mkfifo', [pipe]).on('close', done))
    for (const force of [false, true]) await assertRefused(fileSink(pipe, force), /is not a regular file/)
  }),
)

files(
  'a link is there already, even if it leads nowhere',
  inFolder(async folder => {
    const path = join(folder, 'link')
    await symlink(join(folder, 'none'), path)
    await assertRefused(fileSink(path, false), /link already exists/)
    assert.equal(await readdir(folder), ['link'])
  }),
)

files(
  'with force a link to a file gives the new file, and does no harm to the old one before it is committed',
  inFolder(async folder => {
    await writeFile(join(folder, 'file'), 'mine')
    const path = join(folder, 'link')
    await symlink(join(folder, 'file'), path)
    const sink = await fileSink(path, true)
    await sink.write('new')
    assert.is(await readFile(path, 'utf8'), 'mine')
    await sink.commit()
    assert.is(await readFile(path, 'utf8'), 'new')
    assert.is((await stat(path)).mode & 0o777, 0o600)
  }),
)

files(
  'a link to a device or a folder is as good as that: with force it must not be replaced',
  inFolder(async folder => {
    const device = join(folder, 'device') // as /dev/stdout is one
    await symlink('/dev/full', device)
    await assertRefused(fileSink(device, true), /is not a regular file/)
    const other = join(folder, 'other')
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), other)
    await assertRefused(fileSink(other, true), /is a folder/)
    assert.ok((await lstat(device)).isSymbolicLink())
    assert.ok((await lstat(other)).isSymbolicLink())
  }),
)

files(
  'names of all kinds',
  inFolder(async folder => {
    for (const name of ['.hidden', 'a b', '-x', "it's", 'ü日🚀', 'x.partial']) {
      const sink = await fileSink(join(folder, name), false)
      await sink.write(name)
      await sink.commit()
      assert.is(await readFile(join(folder, name), 'utf8'), name)
    }
    assert.is((await readdir(folder)).length, 6)
  }),
)
files.run()

// --- Streams ----------------------------------------------------------------------------------------------------

/** A stream that keeps what it gets. */
function collector(options: { highWaterMark?: number } = {}): { stream: Writable; text: () => string } {
  const parts: Buffer[] = []
  const stream = new Writable({
    ...options,
    write(chunk, _encoding, done) {
      parts.push(chunk)
      setImmediate(done)
    },
  })
  return { stream, text: () => Buffer.concat(parts).toString('utf8') }
}

/** A stream whose n-th write fails. */
function failing(code: string, at = 1, highWaterMark = 16): Writable {
  let writes = 0
  return new Writable({
    highWaterMark,
    write(_chunk, _encoding, done) {
      const error = ++writes >= at ? Object.assign(new Error(`write ${code}`), { code }) : null
      setImmediate(() => done(error))
    },
  })
}

const flowing = suite('a stream that flows')

flowing('shows at once what is written', async () => {
  const { stream, text } = collector()
  const sink = streamSink(stream)
  await sink.write('one\n')
  assert.is(text(), 'one\n')
  await sink.write(Buffer.from('zwö\n'))
  assert.is(await sink.commit(), 9)
  assert.is(text(), 'one\nzwö\n')
})

flowing('an abandoned one keeps what it has', async () => {
  const { stream, text } = collector()
  const sink = streamSink(stream)
  await sink.write('one\n')
  await sink.abandon()
  assert.is(text(), 'one\n')
  assert.not.ok(stream.destroyed)
})

flowing('a slow reader holds the writing back', async () => {
  let release = () => {}
  const stream = new Writable({
    highWaterMark: 4,
    write(_chunk, _encoding, done) {
      release = done
    },
  })
  const sink = streamSink(stream)
  let written = false
  const writing = sink.write('more than four').then(() => {
    written = true
  })
  await new Promise(setImmediate)
  assert.not.ok(written)
  release()
  await writing
  assert.ok(written)
})

flowing('commit waits until all is handed over', async () => {
  const { stream, text } = collector({ highWaterMark: 1_000_000 })
  const sink = streamSink(stream)
  for (let line = 0; line < 100; line++) await sink.write(`${line}\n`)
  await sink.commit()
  assert.is(text().split('\n').length, 101)
})

for (const code of ['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET', 'EOF']) {
  flowing(`${code}: the reader has gone, and nothing is wrong`, async () => {
    const sink = streamSink(failing(code))
    const error = await failure(
      (async () => {
        for (let time = 0; time < 10; time++) await sink.write('more than sixteen bytes')
        await sink.commit()
      })(),
    )
    assert.instance(error, ReaderGone)
    assert.is((error as ReaderGone).exitCode, 0)
  })
}

for (const highWaterMark of [1, 1_000_000]) {
  flowing(`a full disk is an error, not silence (buffer of ${highWaterMark})`, async () => {
    const sink = streamSink(failing('ENOSPC', 1, highWaterMark))
    const error = await failure(sink.write('one\n').then(() => sink.commit()))
    assert.match(String(error), /UsageError: The output cannot be written: the disk is full\./)
  })

  flowing(`a reader that goes before the last line is noticed (buffer of ${highWaterMark})`, async () => {
    const sink = streamSink(failing('EPIPE', 1, highWaterMark))
    assert.instance(await failure(sink.write('one\n').then(() => sink.commit())), ReaderGone)
  })
}
flowing.run()

const held = suite('a stream that is held')

/** With a folder of its own for temporary files. */
const withTemporary = (test: (folder: string) => Promise<void>) =>
  inFolder(async folder => {
    const before = process.env.TMPDIR
    process.env.TMPDIR = folder
    try {
      await test(folder)
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

held(
  'shows nothing before it is committed, and then all',
  withTemporary(async folder => {
    const { stream, text } = collector()
    const sink = bufferedSink(stream)
    await sink.write('one\n')
    await sink.write(Buffer.from('zwö\n'))
    assert.is(text(), '')
    assert.equal(await readdir(folder), [], 'the file has no name')
    assert.is(await sink.commit(), 9)
    assert.is(text(), 'one\nzwö\n')
    await sink.abandon()
    assert.not.ok(stream.destroyed)
  }),
)

held(
  'abandoned: nothing is shown, however often',
  withTemporary(async folder => {
    const { stream, text } = collector()
    const sink = bufferedSink(stream)
    await sink.write('one\n')
    await sink.abandon()
    await sink.abandon()
    assert.is(text(), '')
    assert.equal(await readdir(folder), [])
  }),
)

held(
  'several megabytes, byte for byte',
  withTemporary(async () => {
    const parts: Buffer[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        parts.push(chunk)
        setImmediate(done)
      },
    })
    const sink = bufferedSink(stream)
    const data = Buffer.from(Array.from({ length: 3_000_001 }, (_, index) => (index * 31) % 251))
    await sink.write(data)
    assert.is(await sink.commit(), data.length)
    assert.ok(Buffer.concat(parts).equals(data))
  }),
)

held(
  'nothing at all',
  withTemporary(async () => {
    const { stream, text } = collector()
    assert.is(await bufferedSink(stream).commit(), 0)
    assert.is(text(), '')
  }),
)

held(
  'a reader that has gone, and a full disk, are told apart',
  withTemporary(async () => {
    for (const [code, gone] of [
      ['EPIPE', true],
      ['ENOSPC', false],
    ] as const) {
      const sink = bufferedSink(failing(code, 1, 1_000_000))
      await sink.write('one\n')
      const error = await failure(sink.commit())
      assert.is(error instanceof ReaderGone, gone, code)
      if (!gone) assert.match(String(error), /cannot be written: the disk is full/)
      await sink.abandon()
    }
  }),
)

held(
  'no place for temporary files',
  withTemporary(async folder => {
    process.env.TMPDIR = join(folder, 'none')
    const sink = bufferedSink(collector().stream)
    await sink.write('what is small needs no place')
    const error = await failure(sink.write(Buffer.alloc(2 * 1024 * 1024)))
    assert.ok(error instanceof Error)
    await sink.abandon()
  }),
)
held.run()

// --- The real stdout --------------------------------------------------------------------------------------------

const real = suite('the stdout of a process')

const module = new URL('../../src/output/sink.ts', import.meta.url).href
const program = (make: string) => `
  const { streamSink, bufferedSink } = await import(${JSON.stringify(module)})
  const sink = await ${make}(process.stdout)
  try {
    await sink.write('one line\\n')
    await sink.commit()
    process.exitCode = 0
  } catch (error) {
    process.exitCode = error.name === 'ReaderGone' ? 10 : 11
  }`

/** Runs it with its stdout sent elsewhere by a shell; gives its exit code. */
const exitCodeOf = (make: string, redirection: string) =>
  new Promise<number | null>((done, failed) => {
    const words = `"$1" --import tsx --input-type=module -e "$2" ${redirection}`
    spawn('sh', ['-c', words, 'sh', process.execPath, program(make)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
      .on('error', failed)
      .on('close', done)
  })

for (const make of ['streamSink', 'bufferedSink']) {
  real(`${make}: a file that takes it`, async () => assert.is(await exitCodeOf(make, '> /dev/null'), 0))
  real(`${make}: a disk that is full`, async () => {
    if (existsSync('/dev/full')) assert.is(await exitCodeOf(make, '> /dev/full'), 11)
  })
}
real.run()
