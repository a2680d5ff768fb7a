import { once } from 'node:events'
import { link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { Interrupted, ReaderGone, UsageError } from '../errors.ts'
import type { Messages } from '../ui/messages.ts'
import type { Screen, StartReader } from '../ui/pager.ts'
import { append, codeOf, draftNotWritable, notWritable, openPrivateFile, type PrivateFile } from './files.ts'

/** Where the bytes of a report go. */
export interface Sink {
  write(chunk: string | Buffer): Promise<void>
  /** Hands over what was written, and gives its size in bytes. Before that only a flowing sink shows anything. */
  commit(): Promise<number>
  /** Leaves nothing behind; does nothing after a commit. */
  abandon(): Promise<void>
}

/** Bytes that reach the stream as they come; a slow reader holds the writing back. */
export function streamSink(stream: Writable, signal?: AbortSignal): Sink {
  let size = 0
  const gone = new Promise<never>((_, reject) => {
    stream.once('error', error => reject(endOf(error)))
    // Otherwise a reader that has stopped reading would hold back the interruption.
    const interrupt = () => {
      // The message about the interruption says that a part was written.
      if (size > 0 && signal?.reason instanceof Interrupted) signal.reason.leavesAPart()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', interrupt, { once: true })
  })
  gone.catch(() => {}) // The next write throws it.

  return {
    async write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      if (!stream.write(bytes)) await Promise.race([once(stream, 'drain'), gone])
    },
    async commit() {
      // The callback of a failed write comes before its error event.
      const flushed = new Promise<void>((done, fail) =>
        stream.write('', error => (error ? fail(endOf(error)) : done())),
      )
      await Promise.race([flushed, gone])
      return size
    },
    async abandon() {},
  }
}

// Most reports are smaller, and need not wait for a file to be made.
const heldInMemory = 1024 * 1024

/** Bytes that reach the stream all together, or not at all. Until then they wait in memory, or in an unlinked private file. */
export function bufferedSink(stream: Writable, signal?: AbortSignal): Sink {
  let held: Buffer[] = []
  let size = 0
  let file: PrivateFile | undefined
  return {
    async write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      held.push(bytes)
      if (size <= heldInMemory) return
      file ??= await openPrivateFile()
      await file.append(Buffer.concat(held))
      held = []
    },
    async commit() {
      const flowing = streamSink(stream, signal)
      if (file === undefined) await flowing.write(Buffer.concat(held))
      for (let at = 0; file !== undefined && at < file.size(); ) {
        const part = await file.read(at, 1024 * 1024)
        if (part.length === 0) break
        await flowing.write(part)
        at += part.length
      }
      await flowing.commit()
      await file?.close()
      return size
    },
    abandon: async () => file?.close(),
  }
}

/**
 * Text for a person, which goes through the pager where it is longer than the screen.
 * @param start starts the pager.
 */
export function pagedSink(
  stdout: Writable & Screen,
  {
    env,
    signal,
    messages,
  }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal; readonly messages: Messages },
  start: StartReader,
): Sink {
  let text = ''
  return {
    async write(chunk) {
      text += chunk
    },
    async commit() {
      const { pagerFor, showInPager } = await import('../ui/pager.ts')
      const pager = pagerFor(text, stdout, env)
      const isShown = pager !== undefined && (await showInPager(text, pager, env, signal, start))
      if (pager !== undefined && !isShown && (env.CF_AUDIT_PAGER ?? env.PAGER) !== undefined) {
        messages.warn(
          `the pager ${pager[0]} could not be started. Set CF_AUDIT_PAGER to another, or to cat for none.`,
        )
      }
      const direct = streamSink(stdout, signal)
      if (!isShown) await direct.write(text)
      await direct.commit()
      return Buffer.byteLength(text)
    },
    async abandon() {},
  }
}

/**
 * A file that is written atomically: to a temporary file beside it, mode 0600, synced, then renamed.
 * @throws UsageError when the file already exists (without `force`), or cannot be created.
 */
export async function fileSink(name: string, force: boolean): Promise<Sink> {
  // A link stays a link: what it leads to is replaced, and that only if it is a file. /dev/stdout is a link, too.
  const path = await realpath(name).catch(() => name)
  const present = await lstat(path).catch(error => {
    if (codeOf(error) === 'ENAMETOOLONG') throw notWritable(path, error)
    return undefined
  })
  const behind = present?.isSymbolicLink() ? await stat(path).catch(() => undefined) : present
  if (behind?.isDirectory()) throw new UsageError(`${path} is a folder.`, 'Name a file with --output.')
  if (behind !== undefined && !behind.isFile()) {
    throw new UsageError(
      `${path} is not a regular file.`,
      'Leave out --output and redirect the output with >.',
    )
  }
  if (present !== undefined && !force) throw fileExists(path)

  // The longest name that a folder takes must leave room for what makes it a draft.
  const stem = basename(path).slice(0, 40)
  const draft = join(dirname(path), `.${stem}.${process.pid}-${Date.now()}.partial`)
  const file = await open(draft, 'wx', 0o600).catch(error => {
    throw notWritable(path, error)
  })
  let size = 0
  let done = false
  return {
    async write(chunk) {
      size += await append(file, chunk).catch(error => {
        throw draftNotWritable(path, error, draft)
      })
    },
    async commit() {
      try {
        await file.sync()
        await file.close()
        if (force) await rename(draft, path)
        else await nameOnce(draft, path)
        done = true
        return size
      } catch (error) {
        throw draftNotWritable(path, error, draft)
      }
    },
    async abandon() {
      if (done) return
      done = true
      await file.close().catch(() => {})
      await rm(draft, { force: true })
    },
  }
}

/** Unlike a rename, a hard link never replaces a file that somebody made meanwhile. */
async function nameOnce(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw fileExists(path)
    // Some file systems have no hard links.
    await rename(draft, path)
    return
  }
  await rm(draft)
}

function fileExists(path: string): UsageError {
  return new UsageError(`${path} already exists.`, 'Name another file, or replace it with --force.')
}

/** What the failure of a stream means for us. */
function endOf(error: unknown): unknown {
  if (isClosedPipe(error)) return new ReaderGone()
  return notWritable('The output', error, 'The output is incomplete. Choose another destination.')
}

function isClosedPipe(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET' || code === 'EOF'
}
