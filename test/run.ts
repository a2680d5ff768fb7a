// Runs cf-audit in this process: with streams that are collected, a stand-in `cf` that is no process, and no waiting.
import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { createRunCf } from '../src/cf/run.ts'
import type { Doubles } from '../src/context.ts'
import { Interrupted, TimedOut } from '../src/errors.ts'
import { main } from '../src/main.ts'
import type { Clock } from './foundation/clock.ts'
import type { InstalledCf } from './foundation/install-cf.ts'
import { readStandIn, runStandIn, type StandInRun } from './foundation/stand-in.ts'
import { environment } from './scene.ts'
import { secretsIn, tokensOf } from './traces.ts'

/** What a run printed and returned. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The class of the error that ended it. */
  readonly error?: string
}

/** What makes a run other than an ordinary one. */
export interface RunOptions {
  readonly env?: Record<string, string | undefined>
  readonly stdin?: string
  readonly cwd?: string
  /** Where temporary files go; nothing is expected of that folder afterwards. */
  readonly temporary?: string
}

/** Streams of a process; those that are missing are collected, and not terminals. */
export interface Streams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
}

/** How a run is started, for those that do more than wait for its end. */
export interface StartOptions extends RunOptions {
  readonly streams?: Streams
  /** Waits in earnest: for what never comes, and for the end of a rate limit. Such a run has to be ended by a signal. */
  readonly patient?: boolean
}

/** A run at work. */
export interface Running {
  readonly ended: Promise<Run>
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void
  /** What was printed so far. */
  stdout(): string
}

/**
 * Runs cf-audit with an installed `cf`. No token may be in anything that it prints or writes, and no temporary file may
 * be left. A `cf` that hangs is one that takes longer than --timeout, at once.
 */
export function run(cf: InstalledCf, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return start(cf, args, options).ended
}

/** Starts such a run. */
export function start(cf: InstalledCf, args: readonly string[], options: StartOptions = {}): Running {
  const tokens = [...tokensOf(cf)]
  const stdout = collector()
  const stderr = collector()
  const double = Object.assign(new EventEmitter(), {
    stdin: Object.assign(Readable.from([Buffer.from(options.stdin ?? '')]), { isTTY: false }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: withoutUndefined({ ...environment(cf), ...options.env }),
    ...options.streams,
  })
  async function ended(): Promise<Run> {
    let error: unknown
    const doubles: Doubles = {
      ...(options.patient ? { createRunCf: inProcess(cf.clock, true) } : atOnce(cf.clock)),
      onError(reason) {
        error = reason
      },
    }
    const leave = enter(options)
    const code = await main(args, double as unknown as NodeJS.Process, doubles).finally(leave)
    const printed = { stdout: stdout.text(), stderr: stderr.text() }
    const found = secretsIn(cf, printed, [...tokens, ...tokensOf(cf)])
    if (found.length > 0) throw new Error(`${args.join(' ')} told a secret: ${found.join(', ')}`)
    return { code, ...printed, ...(error instanceof Error && { error: error.constructor.name }) }
  }
  return { ended: ended(), signal: name => void double.emit(name), stdout: stdout.text }
}

function collector() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** Nothing takes time but waiting, which is over at once. */
function atOnce(clock: Clock): Doubles {
  clock.stop()
  return { createRunCf: inProcess(clock, false), now: clock.now, wait: clock.wait }
}

// --- What belongs to this whole process: where it is, and where its temporary files are ----------------------------

const temporary = mkdtempSync(join(tmpdir(), 'cf-audit-temporary-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
const outside = { cwd: process.cwd(), TMPDIR: process.env.TMPDIR }
let inside = 0

/** For the length of a run. Runs may overlap, unless one is in a folder of its own. */
function enter({ cwd, temporary: folder = temporary }: RunOptions): () => void {
  if (inside > 0 && (cwd ?? outside.cwd) !== process.cwd())
    throw new Error('Another run is in another folder.')
  inside++
  process.env.TMPDIR = folder
  if (cwd !== undefined) process.chdir(cwd)
  return () => {
    inside--
    if (inside > 0) return
    if (outside.TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = outside.TMPDIR
    process.chdir(outside.cwd)
    const left = readdirSync(temporary)
    for (const name of left) rmSync(join(temporary, name), { recursive: true, force: true })
    if (left.length > 0) throw new Error(`Temporary files were left: ${left.join(', ')}`)
  }
}

// --- cf ----------------------------------------------------------------------------------------------------------

/** What src/cf/run.ts makes of a process, made of a stand-in in this process. Any other program is started. */
function inProcess(clock: Clock, patient: boolean): typeof createRunCf {
  return options => {
    const { bin, signal, timeoutMs, onCall } = options
    const standIn = readStandIn(bin)
    if (standIn === undefined) return createRunCf(options)
    const { CF_RAISE_ERROR_ON_WARNINGS, FORCE_TTY, ...env } = options.env
    const aborted = new Promise<'aborted'>(done =>
      signal.addEventListener('abort', () => done('aborted'), { once: true }),
    )
    const interruption = () =>
      signal.reason instanceof Interrupted ? signal.reason : new Interrupted('SIGINT')
    return async args => {
      if (signal.aborted) throw interruption()
      const started = clock.now()
      const tell = (outcome: string) => onCall?.(args, clock.now() - started, outcome)
      const ended = runStandIn(standIn, args, {
        env: { ...env, CF_TRACE: 'false', CF_COLOR: 'false' },
        now: clock.now,
        wait: clock.wait,
      })
      const end = await Promise.race([
        ended.then<StandInRun | 'aborted'>(ran => (ran.code === undefined && patient ? aborted : ran)),
        aborted,
      ])
      if (end === 'aborted' || signal.aborted) {
        tell('aborted')
        throw interruption()
      }
      if (end.code === undefined) {
        await clock.wait(timeoutMs)
        tell('timed out')
        throw new TimedOut(
          `${bin} ${args.join(' ')} gave no answer within ${timeoutMs / 1000} s.`,
          'Try again with a larger --timeout.',
        )
      }
      tell(`exit ${end.code}`)
      return {
        stdout: end.stdout,
        stderr: end.stderr.toString('utf8').replaceAll('\0', ''),
        exitCode: end.code,
      }
    }
  }
}

function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}
