import type { Readable } from 'node:stream'
import spawn from 'cross-spawn'
import { CfUnusable, Failed, Interrupted, TimedOut } from '../errors.ts'
import { redactedExcerpt } from '../text.ts'

/** What one run of `cf` printed. */
export interface RunResult {
  readonly stdout: Buffer
  /** Without NULs: a panic of `cf` prints a mebibyte of them. */
  readonly stderr: string
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined
}

/** Runs `cf` with these arguments, no shell between. The only way in which this program starts another. */
export type RunCf = (args: readonly string[]) => Promise<RunResult>

/** How to run `cf`. */
export interface RunOptions {
  readonly bin: string
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** For one call; no version of `cf` has a limit of its own, so a silent server would hang it for ever. */
  readonly timeoutMs: number
  /** Told of every call that ended, however it ended. */
  readonly onCall?: (args: readonly string[], ms: number, outcome: string) => void
}

// A page of 5000 events is a few megabytes; nothing Cloud Foundry answers comes near these.
const stdoutCap = 128 * 1024 * 1024
const stderrCap = 8 * 1024 * 1024

// How long a `cf` that was told to stop may take before it is killed.
const graceMs = 2000

/**
 * Makes the one seam to `cf`.
 *
 * Its environment is ours, less what would spoil the output: CF_TRACE=true replaces the body by a trace, CF_COLOR=true
 * forces escapes into a pipe, CF_RAISE_ERROR_ON_WARNINGS turns v6 warnings into failures (all three in
 * cloudfoundry/cli, util/configv3 and cf/commands/curl.go).
 * @throws CfUnusable when it cannot be started, TimedOut, Interrupted, or Failed when it prints without end.
 */
export function createRunCf({ bin, env, signal, timeoutMs, onCall }: RunOptions): RunCf {
  return async args => {
    if (signal.aborted) throw interruption(signal)
    const started = process.hrtime.bigint() // The first use of `performance` takes two milliseconds.
    const child = spawn(bin, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a wrapper around `cf` is stopped together with what it runs.
      detached: process.platform !== 'win32',
      env: withoutUndefined({
        ...env,
        CF_TRACE: 'false',
        CF_COLOR: 'false',
        CF_RAISE_ERROR_ON_WARNINGS: undefined,
        FORCE_TTY: undefined,
      }),
    })
    const ended = endOf(child)
    let stopped: 'timed out' | 'flooded' | 'aborted' | undefined
    let killer: NodeJS.Timeout | undefined
    const stop = (reason: NonNullable<typeof stopped>) => {
      if (stopped !== undefined) return
      stopped = reason
      killGroup(child, 'SIGTERM')
      killer = setTimeout(() => {
        killGroup(child, 'SIGKILL')
        // Whoever left the group may still hold the pipes: nobody waits for that.
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, graceMs)
    }
    const stdout = collect(child.stdout, stdoutCap, () => stop('flooded'))
    const stderr = collect(child.stderr, stderrCap, () => stop('flooded'))
    const onAbort = () => stop('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    const limit = setTimeout(() => stop('timed out'), timeoutMs)

    const end = await ended
    clearTimeout(limit)
    clearTimeout(killer)
    signal.removeEventListener('abort', onAbort)
    const outcome = stopped ?? ('error' in end ? end.error : `exit ${end.exitCode ?? end.signal}`)
    onCall?.(args, Number(process.hrtime.bigint() - started) / 1e6, outcome)

    if (signal.aborted) throw interruption(signal)
    if (stopped === 'timed out') {
      const said = /^(mkdir|open) .+: .+$/m.exec(stderr().toString('utf8'))?.[0]
      if (said !== undefined) throw traceNotWritable(said)
      throw new TimedOut(
        `${name(bin, args)} gave no answer within ${timeoutMs / 1000} s.`,
        'Try again; a larger --timeout gives it longer.',
      )
    }
    if (stopped === 'flooded') {
      throw new Failed(
        `${name(bin, args)} printed more than any answer of Cloud Foundry holds.`,
        `Is ${bin} the Cloud Foundry CLI? Look at what it prints, or name another with --cf.`,
      )
    }
    if ('error' in end) throw notStarted(bin, end.error)
    return {
      stdout: stdout(),
      stderr: stderr().toString('utf8').replaceAll('\0', ''),
      exitCode: end.exitCode,
    }
  }
}

/** Starts a program that has our terminal, a pager, and reads what we write. */
export function startReader([bin = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(bin, args, { stdio: ['pipe', 'inherit', 'inherit'], env })
  return {
    stdin: child.stdin,
    /** Whether it could be started; settles when it has ended. */
    ended: endOf(child).then(end => !('error' in end)),
    stop: () => child.kill(),
  }
}

type ChildProcess = ReturnType<typeof spawn>

type End =
  | { readonly exitCode: number | undefined; readonly signal: string | undefined }
  | { /** The code of the error, such as ENOENT. */ readonly error: string }

/** How a process ended, or why it never began; its output is complete then. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise(done => {
    child.once('error', (error: NodeJS.ErrnoException) => done({ error: error.code ?? error.message }))
    child.once('close', (exitCode, signal) =>
      done({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
    )
  })
}

/** An undefined value would be passed on as the text "undefined". */
function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}

/** Keeps what a stream gives, up to `cap` bytes. */
function collect(stream: Readable | null, cap: number, onFlood: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > cap) onFlood()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks)
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended already.
  }
}

function interruption(signal: AbortSignal): Interrupted {
  return signal.reason instanceof Interrupted ? signal.reason : new Interrupted('SIGINT')
}

// v8 keeps the lock of a trace file that it cannot open, and waits for it without end (util/ui,
// request_logger_file_writer.go). No variable makes it forget a file that cf config --trace has named.
function traceNotWritable(said: string): CfUnusable {
  return new CfUnusable(
    `cf waits without end for its trace file, which it cannot write: ${redactedExcerpt(said)}`,
    'Run cf config --trace false, then the same command again.',
  )
}

function notStarted(bin: string, code: string): CfUnusable {
  const why =
    code === 'ENOENT'
      ? 'there is no such program'
      : code === 'EACCES'
        ? 'it is not executable'
        : code === 'ENOEXEC'
          ? 'it is not a program of this system'
          : code
  return new CfUnusable(`${bin} cannot be run: ${why}.`, howToName)
}

/** What to do when there is no usable `cf`. */
export const howToName = 'Install the Cloud Foundry CLI, or name it with --cf PATH or CF_AUDIT_CF.'

/** The call in words, without the query: the query names people and orgs, and is long. */
function name(bin: string, args: readonly string[]): string {
  return [bin, ...args].join(' ').replace(/\?.*/, '')
}
