import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonCache } from './cache.ts'
import type { Cf } from './cf/cf.ts'
import type { createRunCf } from './cf/run.ts'
import { shellLine } from './text.ts'
import { isCi, type MessageOptions, type Messages, wantsColor } from './ui/messages.ts'
import { createProgress, type Progress } from './ui/progress.ts'
import type { Prompter } from './ui/prompts.ts'

/** A stream of this process, which may be a terminal. */
export type Output = Writable & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly fd?: number
}

/** Everything a command may touch: all its side effects go through this. */
export interface Context {
  /** The version of cf-audit. */
  readonly version: string
  /** The words of this command line, without `cf-audit`. */
  readonly words: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly stdin: NodeJS.ReadStream
  /** Data, and nothing else. */
  readonly stdout: Output
  readonly messages: Messages
  /** What --color says; undefined: as the stream and its environment suggest. */
  readonly color: boolean | undefined
  readonly progress: Progress
  /** Opens a dialog with the person at the terminal; undefined where there is none. */
  readonly prompter: (() => Promise<Prompter>) | undefined
  /** Finds `cf`; `timeoutMs` bounds each of its calls. */
  readonly cf: (options: { bin: string | undefined; timeoutMs: number }) => Promise<Cf>
  /** What earlier runs have learned, in a file of the cache folder; `parse` drops entries of another shape. */
  readonly cache: <T>(name: string, parse: (value: unknown) => T | undefined) => Promise<JsonCache<T>>
  /** Waits so many milliseconds; rejects when the run is interrupted. */
  readonly wait: (ms: number) => Promise<void>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Aborted with an Interrupted when the user or the system stops the run. */
  readonly signal: AbortSignal
}

/** Replacements for tests. */
export interface Doubles {
  readonly createRunCf?: typeof createRunCf
  readonly now?: () => number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Receives the error that ended the run, before it is printed. */
  readonly onError?: (error: unknown) => void
}

/**
 * The context of a real process. `cf` and what it needs are loaded when a command asks for it: --help does not.
 * @param calls holds each call of `cf` until its process has ended.
 */
export function createContext(
  process: NodeJS.Process,
  run: Pick<Context, 'version' | 'words'>,
  messages: Messages,
  { quiet, verbose, color }: MessageOptions,
  signal: AbortSignal,
  calls: Set<Promise<unknown>>,
  doubles: Doubles = {},
): Context {
  const { now = Date.now } = doubles
  const { env, stdin, stdout, stderr: stream } = process
  return {
    ...run,
    env,
    stdin,
    stdout,
    messages,
    color,
    progress: createProgress({ stream, env, quiet, verbose, now: Date.now, signal }),
    prompter: canPrompt(process)
      ? async () =>
          (await import('./ui/prompts.ts')).openPrompter({
            stdin,
            stderr: stream,
            env,
            signal,
            color: wantsColor(stream, env, color),
          })
      : undefined,
    signal,
    now,
    cache: async (name, parse) => (await import('./cache.ts')).jsonCache(name, env, parse),
    wait: ms => doubles.wait?.(ms, signal) ?? wait(ms, undefined, { signal }).then(() => {}),
    async cf(options) {
      const { connect } = await import('./cf/cf.ts')
      return connect({
        ...options,
        env,
        signal,
        calls,
        now,
        createRunCf: doubles.createRunCf,
        onCall: (args, ms, outcome) =>
          messages.debug(`${shellLine(['cf', ...args])}  (${Math.round(ms)} ms, ${outcome})`),
      })
    },
  }
}

/** Whether questions can be asked: stdin and stderr are a terminal, and this is not CI. */
export function canPrompt({ stdin, stderr, env }: Pick<NodeJS.Process, 'stdin' | 'stderr' | 'env'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !isCi(env)
}
