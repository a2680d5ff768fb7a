import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonCache } from './cache.ts'
import type { Cf } from './cf/cf.ts'
import { shellWord } from './text.ts'
import { type MessageOptions, type Messages, wantsColor } from './ui/messages.ts'
import { createProgress, type Progress } from './ui/progress.ts'
import { canPrompt, openPrompter, type Prompter } from './ui/prompter.ts'

/** A stream of this process, and whether a person looks at it. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly fd?: number }

/** What a command may touch. Whatever it does to the world, it does through this. */
export interface Context {
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
  /** What earlier runs found out, in a file of the cache folder. */
  readonly cache: <T>(name: string) => Promise<JsonCache<T>>
  /** Waits so many milliseconds; rejects when the run is interrupted. */
  readonly wait: (ms: number) => Promise<void>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Aborted with an Interrupted when the user or the system wants us to stop. */
  readonly signal: AbortSignal
}

/** The context of a real process. `cf` and what it needs are loaded when a command asks for it: --help does not. */
export function createContext(
  process: NodeJS.Process,
  messages: Messages,
  { quiet, verbose, color }: MessageOptions,
  signal: AbortSignal,
): Context {
  const { env, stdin, stdout, stderr: stream } = process
  return {
    env,
    stdin,
    stdout,
    messages,
    color,
    progress: createProgress({ stream, env, quiet, verbose, now: Date.now, signal }),
    prompter: canPrompt(process)
      ? () => openPrompter({ stdin, stderr: stream, env, signal, color: wantsColor(stream, env, color) })
      : undefined,
    signal,
    now: Date.now,
    cache: async name => (await import('./cache.ts')).jsonCache(name, env),
    wait: ms => wait(ms, undefined, { signal }).then(() => {}),
    async cf(options) {
      const { connect } = await import('./cf/cf.ts')
      return connect({
        ...options,
        env,
        signal,
        now: Date.now,
        onCall: (args, ms, outcome) =>
          messages.debug(`cf ${args.map(shellWord).join(' ')}  (${Math.round(ms)} ms, ${outcome})`),
      })
    },
  }
}
