// A terminal in this process, with somebody who reads and types. What only a real one can prove is in test/e2e.
import { PassThrough, Writable } from 'node:stream'
import { isAtWork } from './foundation/clock.ts'
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
  /** What stands on it in the end, line for line; a line of any length is one. */
  lines(): string[]
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

/** The questions, by their words. */
export const questions = {
  what: 'What do you want to know?',
  org: 'Which org?',
  part: 'Filter the report?',
  space: 'Which space?',
  person: 'Who?',
  thing: 'Which one?',
  names: 'Show names instead of GUIDs?',
  time: 'What period?',
  month: 'Which month?',
  otherMonth: 'As in 2026-11.',
  from: 'From when?',
  until: 'Until when?',
  format: 'Which format?',
  place: 'Where should the report go?',
  file: 'Which file?',
  isTaken: 'already exists',
  isEmpty: 'No events in this period',
  isLong: 'Read them all?',
  words: 'Search for:',
} as const

// Nothing takes time here: a text that has not come when the process has had nothing to do for so many seconds never will.
const idleSeconds = 3

/** The environment of somebody at a terminal. A pager would write to the one of this process. */
const ordinary = { CI: undefined, NO_COLOR: undefined, TERM: 'xterm-256color', CF_AUDIT_PAGER: 'cat' }

/** Runs cf-audit on a terminal. */
export function openTerminal(
  cf: InstalledCf,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  const { columns = 80, rows = 24, redirected = false } = options
  const reader = createReader(
    () => ended,
    giveUp => {
      let idle = 0
      let seen = reader.bytes().length
      const timer = setInterval(() => {
        idle = reader.bytes().length === seen && !isAtWork() ? idle + 1 : 0
        seen = reader.bytes().length
        if (idle < idleSeconds) return
        clearInterval(timer)
        // Whatever comes next comes when this run is over.
        run.signal('SIGTERM')
        void ended.catch(() => {}).finally(() => giveUp('Nothing more happened'))
      }, 1000)
      return () => clearInterval(timer)
    },
  )
  // A terminal moves to the first column with each new line.
  const show = (text: string) => reader.add(text.replace(/\r?\n/g, '\r\n'))
  const screen = () =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          show(String(chunk))
          done()
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
    env: { ...ordinary, ...options.env },
    streams: { stdin, stderr: screen(), ...(!redirected && { stdout: screen() }) },
  })
  const ended = run.ended.then(({ code }: Run) => ({ code, isRaw: stdin.isRaw }))
  ended.catch(() => {})

  return {
    see: reader.see,
    type(typed) {
      if (stdin.isRaw) return void stdin.write(typed)
      // Where keys are read by the line, the terminal itself shows them, and makes signals of some.
      if (typed === keys.ctrlC) return run.signal('SIGINT')
      if (typed === keys.ctrlD) return void stdin.end()
      show(typed)
      stdin.write(typed)
    },
    signal: run.signal,
    ended,
    text: () => stripped(reader.bytes()),
    bytes: reader.bytes,
    lines: () => shownBy(reader.bytes()),
    stdout: run.stdout,
  }
}

/**
 * Somebody who reads what a terminal shows.
 * @param patience starts to wait for a text, and calls `giveUp` when it has waited for too long; gives what ends that.
 */
export function createReader(
  ended: () => Promise<unknown>,
  patience: (giveUp: (why: string) => void) => () => void,
) {
  let shown = ''
  let read = 0
  let look = () => {}
  return {
    /** All that was shown so far. */
    bytes: () => shown,
    /** The terminal shows more. */
    add(text: string) {
      shown += text
      look()
    },
    /** Waits until a text is shown behind the one that was last waited for. */
    see(text: string | RegExp): Promise<void> {
      const pattern = typeof text === 'string' ? new RegExp(escaped(text)) : text
      return new Promise((done, fail) => {
        const stop = patience(why => give(new Error(`${why} without showing ${text}:\n${stripped(shown)}`)))
        const give = (error?: unknown) => {
          look = () => {}
          stop()
          if (error === undefined) done()
          else fail(error)
        }
        look = () => {
          const found = pattern.exec(stripped(shown).slice(read))
          if (found === null) return
          read += found.index + found[0].length
          give()
        }
        const missing = () => give(new Error(`It ended without showing ${text}:\n${stripped(shown)}`))
        ended().then(() => setImmediate(missing), give)
        look()
      })
    },
  }
}

/** A text as a pattern. */
export const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Without colours and movements; what stands in the first column begins a line, whatever stood there before. */
export const stripped = (bytes: string) =>
  bytes
    .replace(/\u001b\[1?G/g, '\n')
    .replace(/\u001b\[[?\d;]*[A-Za-z]/g, '')
    .replaceAll('\r', '')

/**
 * What stands on a terminal that was sent these bytes.
 * @throws Error for an escape that nothing of ours sends.
 */
export function shownBy(bytes: string): string[] {
  const rows = ['']
  let row = 0
  let column = 0
  for (const part of bytes.match(/\u001b\[[?\d;]*[A-Za-z]|[\s\S]/gu) ?? []) {
    const [, parameter = '', name = ''] = /^\u001b\[([?\d;]*)([A-Za-z])$/.exec(part) ?? []
    if (part === '\n') rows[++row] ??= ''
    else if (part === '\r') column = 0
    else if (name === 'G') column = Number(parameter || 1) - 1
    else if (name === 'A') row = Math.max(0, row - Number(parameter || 1))
    else if (name === 'K' && Number(parameter) === 0) rows[row] = rows[row]!.slice(0, column)
    else if (name === 'm' || /^\?2026[hl]$/.test(parameter + name)) continue
    else if (/[\u0000-\u001f\u007f-\u009f]/.test(part))
      throw new Error(`The terminal got ${JSON.stringify(part)}`)
    else {
      const text = rows[row]!.padEnd(column)
      rows[row] = text.slice(0, column) + part + text.slice(column + part.length)
      column += part.length
    }
  }
  if (rows.at(-1) === '') rows.pop()
  return rows
}
