// A terminal in this process, with somebody who reads and types. What only a real one can prove is in test/e2e.
import { PassThrough, Writable } from 'node:stream'
import type { InstalledCf } from './foundation/install-cf.ts'
import { type Run, type StartOptions, start } from './run.ts'

/** How a run ended, and how it left its terminal. */
export interface End {
  readonly code: number | null
  /** Whether typed keys are still read one by one. */
  readonly isRaw: boolean
}

export interface Terminal {
  /** Waits until a text is shown behind the one that was last waited for. */
  see(text: string | RegExp): Promise<void>
  type(keys: string): void
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void
  readonly ended: Promise<End>
  /** All that was shown, without colours and movements. */
  text(): string
  /** The same as it came. */
  bytes(): string
  /** What went to a stdout that is no terminal. */
  stdout(): string
}

/** What can be unusual about a terminal. */
export interface TerminalOptions extends Omit<StartOptions, 'streams'> {
  readonly columns?: number
  readonly rows?: number
  /** Whether stdout goes elsewhere. */
  readonly redirected?: boolean
}

/** Keys by name. */
export const keys = {
  enter: '\r',
  down: '\u001b[B',
  up: '\u001b[A',
  escape: '\u001b',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  /** Deletes all that was typed. */
  ctrlU: '\u0015',
  backspace: '\u007f',
} as const

// Nothing takes time here: a text that has not come by then never will, however busy the machine is.
const patienceMs = 20_000

/** Runs cf-audit on a terminal. */
export function openTerminal(
  cf: InstalledCf,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  const { columns = 80, rows = 24, redirected = false } = options
  let shown = ''
  let read = 0
  let look = () => {}
  const screen = () =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          // A terminal moves to the first column with each new line.
          shown += String(chunk).replace(/\r?\n/g, '\r\n')
          done()
          look()
        },
      }),
      { isTTY: true, columns, rows },
    )
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(mode: boolean) {
      stdin.isRaw = mode
      return stdin
    },
    ref: () => stdin,
    unref: () => stdin,
  })
  const run = start(cf, args, {
    ...options,
    env: { CI: undefined, NO_COLOR: undefined, TERM: 'xterm-256color', ...options.env },
    streams: { stdin, stderr: screen(), ...(!redirected && { stdout: screen() }) },
  })
  const ended = run.ended.then(({ code }: Run) => ({ code, isRaw: stdin.isRaw }))
  ended.catch(() => {})

  function see(text: string | RegExp): Promise<void> {
    const pattern = typeof text === 'string' ? new RegExp(escaped(text)) : text
    return new Promise((done, fail) => {
      const give = (error?: Error) => {
        look = () => {}
        clearTimeout(timer)
        if (error === undefined) return done()
        run.signal('SIGTERM') // What comes next is not for a run that waits.
        fail(error)
      }
      const missing = (why: string) => new Error(`${why} without showing ${text}:\n${stripped(shown)}`)
      const timer = setTimeout(() => give(missing('Much time passed')), patienceMs)
      look = () => {
        const found = pattern.exec(stripped(shown).slice(read))
        if (found === null) return
        read += found.index + found[0].length
        give()
      }
      ended.then(
        () => setImmediate(() => give(missing('It ended'))),
        error => give(error),
      )
      look()
    })
  }

  return {
    see,
    type(typed) {
      // Where keys are read by the line, the terminal itself makes signals of them.
      if (typed === keys.ctrlC && !stdin.isRaw) run.signal('SIGINT')
      else if (typed === keys.ctrlD && !stdin.isRaw) stdin.end()
      else stdin.write(typed)
    },
    signal: run.signal,
    ended,
    text: () => stripped(shown),
    bytes: () => shown,
    stdout: run.stdout,
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

// What stands in the first column begins a line, whatever stood there before.
const stripped = (bytes: string) =>
  bytes
    .replace(/\u001b\[1?G/g, '\n')
    .replace(/\u001b\[[?\d;]*[A-Za-z]/g, '')
    .replaceAll('\r', '')
