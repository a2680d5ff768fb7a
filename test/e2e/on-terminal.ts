import { spawn, spawnSync } from 'node:child_process'
import type { InstalledCf } from '../foundation/install-cf.ts'
import { environment } from '../scene.ts'
import { builtCli } from './cf-audit.ts'

/** What a run on a terminal left behind. */
export interface TerminalRun {
  readonly code: number | null
  /** Everything that reached the terminal, stdout and stderr as they came. */
  readonly bytes: string
  /** What stands on the terminal in the end, line for line; a line of any length is one. */
  readonly lines: readonly string[]
}

export interface TerminalOptions {
  readonly columns?: number
  readonly env?: Record<string, string | undefined>
  /** What is typed as soon as the terminal shows something: pairs of what is awaited and the keys. */
  readonly keys?: readonly (readonly [shown: RegExp, keys: string])[]
}

// The two families of script(1), which runs a command on a terminal of its own.
const isUtilLinux = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')

/** Whether this machine can give a test a terminal. */
export const hasTerminal =
  isUtilLinux || (process.platform === 'darwin' && spawnSync('which', ['script']).status === 0)

/** A word of a shell. */
export const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The built tool with these arguments, as a command of a shell. */
export const audit = (...args: string[]): string => [process.execPath, builtCli, ...args].map(word).join(' ')

/** Runs a command of a shell on a terminal, with an installed `cf`. */
export async function onTerminal(
  cf: InstalledCf,
  command: string,
  { columns = 80, env, keys = [] }: TerminalOptions = {},
): Promise<TerminalRun> {
  const text = `stty cols ${columns} rows 24; ${command}`
  const args = isUtilLinux ? ['-qec', text, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', text]
  const child = spawn('script', args, {
    env: {
      ...environment(cf),
      NO_COLOR: undefined,
      CI: undefined,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      CF_AUDIT_PAGER: 'cat',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = [...keys]
  let bytes = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', part => {
    bytes += part
    for (let next = waiting[0]; next?.[0].test(bytes.slice(from)); next = waiting[0]) {
      waiting.shift()
      from = bytes.length
      child.stdin.write(next[1])
    }
  })
  const code = await new Promise<number | null>(done => child.on('close', done))
  return { code, bytes, lines: shownBy(bytes) }
}

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
