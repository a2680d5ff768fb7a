import type { Writable } from 'node:stream'
import { isCi } from './messages.ts'
import { widthOf } from './width.ts'

/** A program that reads what we write, and owns the terminal until it ends. */
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
 * without a shell. undefined: no pager, as for an empty command, for `cat`, and in CI.
 */
export function pagerFor(
  text: string,
  { rows, columns }: Screen,
  env: NodeJS.ProcessEnv,
): readonly string[] | undefined {
  const lines = text.split('\n')
  // Some terminals claim to have no rows. The last row is for the prompt.
  if (!rows || !columns || lines.length <= rows || isCi(env) || env.TERM === 'dumb') return undefined
  const isWide = lines.some(line => line.length > columns && widthOf(line) > columns)
  // less would wrap long lines, which makes a table unreadable.
  const command = wordsOf(env.CF_AUDIT_PAGER ?? env.PAGER ?? (isWide ? 'less -FRXS' : 'less -FRX'))
  return command[0] === undefined || command[0] === 'cat' ? undefined : command
}

/** The words of a command line as a shell splits it, quotes and backslashes included. On Windows, backslashes separate folders. */
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
 * Shows a text in a pager until the user quits it.
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
  // As git does: without it, less prints our colors as control characters.
  const reader = start(command, { LESS: 'FRX', LV: '-c', ...env })
  const stop = () => reader.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    reader.stdin?.on('error', () => {}) // The user may quit before the end.
    reader.stdin?.end(text)
    const isStarted = await reader.ended
    signal.throwIfAborted()
    return isStarted
  } finally {
    signal.removeEventListener('abort', stop)
    free()
  }
}

/** Ctrl-C also reaches the pager, and is meant for it. */
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
