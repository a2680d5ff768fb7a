import type { Writable } from 'node:stream'
import { isCi } from './messages.ts'
import { widthOf } from './width.ts'

/** A program that reads what we write, and has the terminal until it ends. */
export interface Reader {
  /** null when it could not be started. */
  readonly stdin: Writable | null
  /** Whether it could be started; settles when it has ended. */
  readonly ended: Promise<boolean>
  stop(): void
}

export type StartReader = (command: readonly string[], env: NodeJS.ProcessEnv) => Reader

/** A terminal, as far as a pager is concerned. */
export interface Screen {
  readonly rows?: number
  readonly columns?: number
}

/**
 * The command of the user's pager, when a text is longer than the screen: CF_AUDIT_PAGER, else PAGER, else less. It runs
 * without a shell. undefined: none, as for an empty one, for `cat`, and where a program watches the terminal.
 */
export function pagerFor(
  text: string,
  { rows, columns }: Screen,
  env: NodeJS.ProcessEnv,
): readonly string[] | undefined {
  const lines = text.split('\n')
  // Some terminals claim to be without rows. The last one is for the prompt.
  if (!rows || !columns || lines.length <= rows || isCi(env) || env.TERM === 'dumb') return undefined
  const isWide = lines.some(line => line.length > columns && widthOf(line) > columns)
  // Long lines that less breaks cannot be read.
  const command = wordsOf(env.CF_AUDIT_PAGER ?? env.PAGER ?? (isWide ? 'less -FRXS' : 'less -FRX'))
  return command[0] === undefined || command[0] === 'cat' ? undefined : command
}

/** The words of a command line as a shell splits it, quotes and backslashes included; on Windows they part folders. */
function wordsOf(line: string, platform = process.platform): string[] {
  const text = platform === 'win32' ? line.replaceAll('\\', '\\\\') : line
  const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? []
  return words.map(word =>
    word.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, quoted, literal) =>
      String(escaped ?? quoted?.replace(/\\(.)/g, '$1') ?? literal),
    ),
  )
}

/**
 * Shows a text in a pager, until the reader leaves it: whether to its end is no matter.
 * @returns false when it could not be started, and nothing was shown.
 * @throws the reason of the signal, when that aborts.
 */
export async function showInPager(
  text: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  start: StartReader,
): Promise<boolean> {
  const free = ignoreInterrupts()
  // What git sets: without it, less would show our colors as signs.
  const reader = start(command, { LESS: 'FRX', LV: '-c', ...env })
  const stop = () => reader.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    reader.stdin?.on('error', () => {}) // It has left before the end.
    reader.stdin?.end(text)
    const isStarted = await reader.ended
    signal.throwIfAborted()
    return isStarted
  } finally {
    signal.removeEventListener('abort', stop)
    free()
  }
}

/** Ctrl-C reaches the pager too, and is meant for it. */
function ignoreInterrupts(): () => void {
  const ignore = () => {}
  const listeners = process.rawListeners('SIGINT') as (() => void)[]
  process.on('SIGINT', ignore)
  for (const listener of listeners) process.off('SIGINT', listener)
  return () => {
    for (const listener of listeners) process.on('SIGINT', listener)
    process.off('SIGINT', ignore)
  }
}
