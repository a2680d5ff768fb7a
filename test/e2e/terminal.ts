import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { InstalledCf } from '../foundation/install-cf.ts'
import { environment } from '../scene.ts'
import { createReader, shownBy, stripped } from '../terminal.ts'
import { tokensOf } from '../traces.ts'
import { builtCli } from './cf-audit.ts'

const python = fileURLToPath(new URL('terminal.py', import.meta.url))

/** How a command ended, and how it left its terminal. */
export interface End {
  /** Negative: the signal that ended it. */
  readonly code: number
  /** Whether typed keys are shown, and read by the line: as a shell wants to find it. */
  readonly echo: boolean
  readonly lines: boolean
}

/** A program on a terminal, with somebody who reads and types. */
export interface Terminal {
  /** Waits until a text is shown behind the one that was last waited for. */
  see(text: string | RegExp): Promise<void>
  type(keys: string): void
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<End>
  /** All that was shown, without colours and movements. */
  text(): string
  /** The same as it came. */
  bytes(): string
  /** What stands on it in the end, line for line. */
  lines(): string[]
}

/** What can be unusual about a terminal. */
export interface TerminalOptions {
  readonly env?: Record<string, string | undefined>
  readonly cwd?: string
  readonly columns?: number
  readonly rows?: number
  /** Where stdout goes instead of the terminal. */
  readonly stdout?: string
}

// A text that has not come by then never will, however busy the machine is.
const patienceMs = 60_000
const longestMs = 90_000

/** A word of a shell. */
export const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The built tool with these arguments, as words of a command. */
export const audit = (...args: string[]): string[] => [process.execPath, builtCli, ...args]

/** Runs a command on a terminal. */
export function onTerminal(
  cf: InstalledCf,
  command: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  const { columns = 80, rows = 24, stdout = '-' } = options
  const tokens = [...tokensOf(cf)]
  const { CI, NO_COLOR, TERM, ...env } = environment(cf)
  const child = spawn('python3', [python, `${columns}`, `${rows}`, stdout, ...command], {
    cwd: options.cwd ?? cf.home,
    env: { ...env, TERM: 'xterm-256color', CF_AUDIT_PAGER: 'cat', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {}) // Whoever types does not see that nobody reads any more.
  let told = ''
  const reader = createReader(
    () => ended,
    giveUp => {
      const timer = setTimeout(() => {
        giveUp('Much time passed')
        child.kill()
      }, patienceMs)
      return () => clearTimeout(timer)
    },
  )
  child.stderr.setEncoding('utf8').on('data', part => (told += part))
  child.stdout.setEncoding('utf8').on('data', reader.add)
  const ended = new Promise<End>((done, fail) => {
    const limit = setTimeout(() => child.kill(), longestMs)
    child.on('close', () => {
      clearTimeout(limit)
      for (const token of [...tokens, ...tokensOf(cf)]) {
        if (reader.bytes().includes(token)) fail(new Error('A token was shown'))
      }
      const [, end = ''] = told.split('\n')
      if (end.startsWith('{')) done(JSON.parse(end))
      else fail(new Error(`It did not end: ${told}${stripped(reader.bytes())}`))
    })
  })
  ended.catch(() => {})

  return {
    see: reader.see,
    type: typed => void child.stdin.write(typed),
    signal: name => void process.kill(Number(told.split('\n')[0]), name),
    ended,
    text: () => stripped(reader.bytes()),
    bytes: reader.bytes,
    lines: () => shownBy(reader.bytes()),
  }
}
