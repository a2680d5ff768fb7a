import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import which from 'which'
import { CfUnusable, Failed, Interrupted, isSystemError, noWorkingDirectory, TimedOut } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'

/** What one run of `cf` printed. */
export interface RunResult {
  readonly stdout: Buffer
  /** Without NULs: a panic of `cf` prints a mebibyte of them. */
  readonly stderr: string
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined
}

/** Runs `cf` with these arguments, without a shell. The only way in which this tool starts a program. */
export type RunCf = (args: readonly string[]) => Promise<RunResult>

/** How to run `cf`. */
export interface RunOptions {
  readonly bin: string
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** For one call: no version of `cf` has a time limit of its own. */
  readonly timeoutMs: number
  /** Called when a call has ended, however it ended. */
  readonly onCall?: (args: readonly string[], ms: number, outcome: string) => void
  /** Holds each call until its process has ended. */
  readonly calls?: Set<Promise<unknown>>
}

// A page of 5000 events has a few megabytes; no response of Cloud Foundry comes near these.
const stdoutCap = 128 * 1024 * 1024
const stderrCap = 8 * 1024 * 1024

// How long a process that was asked to stop may take before it is killed.
const killAfterMs = 2000

// How long output may still come when `cf` has exited but another process holds its pipes (a wrapper that ends in
// `| tee log`, or leaves something in the background): without any for so long, and at most.
const quietMs = 500
const lateMs = 2000

/**
 * Makes the function that runs `cf`.
 *
 * The environment is ours without what would change the output: CF_TRACE=true replaces the body by a trace, CF_COLOR=true
 * forces escapes into a pipe, CF_RAISE_ERROR_ON_WARNINGS makes v6 fail on warnings (cloudfoundry/cli, util/configv3 and
 * cf/commands/curl.go).
 * @throws CfUnusable when it cannot be started, TimedOut, Interrupted, or Failed when it prints without end.
 */
export function createRunCf(options: RunOptions): RunCf {
  return args => {
    const call = runOnce(options, args)
    options.calls?.add(call)
    const forget = () => void options.calls?.delete(call)
    call.then(forget, forget)
    return call
  }
}

async function runOnce(
  { bin, env, signal, timeoutMs, onCall }: RunOptions,
  args: readonly string[],
): Promise<RunResult> {
  if (signal.aborted) throw interruption(signal)
  assertSafeForBatch(bin, args)
  const { execa } = await import('execa')
  const started = process.hrtime.bigint() // The first use of `performance` takes two milliseconds.
  const child = execa(bin, args, {
    stdin: 'ignore',
    buffer: false,
    reject: false,
    encoding: 'buffer',
    verbose: 'none', // NODE_DEBUG=execa would print tokens.
    cleanup: false,
    // A process group of its own, so that a wrapper is stopped together with what it runs.
    detached: process.platform !== 'win32',
    extendEnv: false,
    env: {
      ...env,
      CF_TRACE: 'false',
      CF_COLOR: 'false',
      CF_RAISE_ERROR_ON_WARNINGS: undefined,
      FORCE_TTY: undefined,
    },
  })
  const closePipes = () => {
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const timers: NodeJS.Timeout[] = []
  let stopped: 'timed out' | 'flooded' | 'aborted' | undefined
  const stop = (reason: NonNullable<typeof stopped>) => {
    if (stopped !== undefined) return
    stopped = reason
    killGroup(child, 'SIGTERM')
    timers.push(
      setTimeout(() => {
        killGroup(child, 'SIGKILL')
        closePipes() // A process that has left the group may still hold them.
      }, killAfterMs),
    )
  }
  const stdout = collect(child.stdout, stdoutCap, () => stop('flooded'))
  const stderr = collect(child.stderr, stderrCap, () => stop('flooded'))
  const onAbort = () => stop('aborted')
  signal.addEventListener('abort', onAbort, { once: true })
  timers.push(setTimeout(() => stop('timed out'), timeoutMs))
  child.once('exit', () => {
    if (stopped !== undefined) return
    const quiet = setTimeout(closePipes, quietMs)
    timers.push(quiet, setTimeout(closePipes, lateMs))
    for (const stream of [child.stdout, child.stderr]) stream.on('data', () => quiet.refresh())
  })

  const { exitCode, signal: killedBy, code, cause } = await child
  for (const timer of timers) clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  if (stopped !== undefined) killGroup(child, 'SIGKILL') // What it ran may have closed the pipes and gone on.
  const isStarted = exitCode !== undefined || killedBy !== undefined
  const outcome = stopped ?? (isStarted ? `exit ${exitCode ?? killedBy}` : (code ?? 'not started'))
  onCall?.(args, Number(process.hrtime.bigint() - started) / 1e6, outcome)

  if (signal.aborted) throw interruption(signal)
  if (stopped === 'timed out') {
    const said = /^(mkdir|open) .+: .+$/m.exec(stderr().toString('utf8'))?.[0]
    if (said !== undefined) throw traceNotWritable(said)
    throw new TimedOut(
      `${inWords(bin, args)} did not finish within ${timeoutMs / 1000} s.`,
      'Try again, or raise --timeout.',
    )
  }
  if (stopped === 'flooded') {
    throw new Failed(
      `${inWords(bin, args)} printed more than any Cloud Foundry response.`,
      `Is ${bin} the Cloud Foundry CLI? Check what it prints, or name another with --cf PATH.`,
    )
  }
  if (!isStarted) throw notStarted(bin, cause)
  return {
    stdout: stdout(),
    stderr: stderr().toString('utf8').replaceAll('\0', ''),
    exitCode,
  }
}

/**
 * Windows runs a batch file with cmd.exe, which can take what follows a quote or a line break for a command
 * (https://flatt.tech/research/posts/batbadbut-you-cant-securely-execute-commands-on-windows/).
 * @throws CfUnusable when `bin` is one, and an argument has such a character.
 */
export function assertSafeForBatch(
  bin: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
): void {
  if (platform !== 'win32' || /\.(exe|com)$/i.test(bin)) return
  const unsafe = args.find(arg => /["\r\n]/.test(arg))
  if (unsafe === undefined) return
  throw new CfUnusable(
    `${bin} is a batch file, and Windows could run a part of this argument as a command: ${unsafe}`,
    'Name cf.exe with --cf PATH, or use a GUID instead of the name.',
  )
}

/** Keeps what a stream gives, up to `cap` bytes. */
function collect(stream: Readable, cap: number, onFlood: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > cap) onFlood()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks)
}

function killGroup(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): unknown },
  signal: NodeJS.Signals,
): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch (error) {
    if (!isSystemError(error)) throw error // It has ended already.
  }
}

function interruption(signal: AbortSignal): Interrupted {
  return signal.reason instanceof Interrupted ? signal.reason : new Interrupted('SIGINT')
}

// v8 keeps the lock of a trace file that it cannot open, and waits for it forever (util/ui,
// request_logger_file_writer.go). No variable overrides a file that cf config --trace has named.
function traceNotWritable(said: string): CfUnusable {
  return new CfUnusable(
    `cf hangs because it cannot write its trace file: ${redactedExcerpt(said)}`,
    'Run cf config --trace false, then try again.',
  )
}

const whyNotStarted: Readonly<Record<string, string>> = {
  ENOENT: 'no such program',
  EACCES: 'it is not executable',
  ENOEXEC: 'it is not a program for this system',
}

function notStarted(bin: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause
  const code = cause.code ?? cause.message
  if (code === 'ENOENT' && !existsSync(process.cwd())) return noWorkingDirectory()
  return new CfUnusable(`Cannot run ${bin}: ${whyNotStarted[code] ?? code}.`, howToName)
}

/** What to do when there is no usable `cf`. */
export const howToName = 'Install the Cloud Foundry CLI, or name it with --cf PATH or CF_AUDIT_CF.'

/** The call without its query, which names people and orgs, and is long. */
function inWords(bin: string, args: readonly string[]): string {
  return [bin, ...args].join(' ').replace(/\?.*/, '')
}

/** The programs of that name on PATH, in its order; for a path, itself if it can be run. */
export function programs(name: string, env: NodeJS.ProcessEnv): readonly string[] {
  return which.sync(name, { path: env.PATH ?? env.Path ?? '', all: true, nothrow: true }) ?? []
}

/**
 * Makes what starts a program that has our terminal, such as a pager, and reads what we write. Its `ended` is whether it
 * could be started, and settles when it has ended.
 */
export async function readerStarter() {
  const { execa } = await import('execa')
  return ([name = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) => {
    // Windows would start cmd.exe for a program that is not there.
    const [bin] = programs(name, env)
    if (bin === undefined) return { stdin: null, ended: Promise.resolve(false), stop: () => {} }
    const child = execa(bin, args, {
      stdin: 'pipe',
      stdout: 'inherit',
      stderr: 'inherit',
      buffer: false,
      reject: false,
      extendEnv: false,
      env,
    })
    return {
      stdin: child.stdin,
      // Where it never ran, it has neither an exit code nor a signal.
      ended: child.then(({ exitCode, signal }) => exitCode !== undefined || signal !== undefined),
      stop: () => child.kill(),
    }
  }
}
