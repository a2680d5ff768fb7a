import { plain } from '../../plain.ts'
import type { Paint } from '../../ui/say.ts'
import { type Check, names } from './check.ts'
import { exitCodeOf, worstOf } from './checks.ts'

const gap = '  '
const statusWidth = Math.max(...['ok', 'warning', 'problem', 'skipped'].map(({ length }) => length))
const nameWidth = Math.max(...names.map(({ length }) => length))
const indent = ' '.repeat(statusWidth + gap.length + nameWidth + gap.length)
const arrow = '→ '

/**
 * The lines as a table: what was found, and below it what to do.
 * @param width of the terminal, in columns; undefined: no line is broken.
 */
export function screenOf(checks: readonly Check[], paint: Paint, width: number | undefined): string {
  const colours = { ok: paint.green, warning: paint.magenta, problem: paint.red, skipped: paint.dim }
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(24, width - indent.length)
  const lines = checks.flatMap(check => {
    const { name, status, finding } = check
    const head =
      colours[status](status) + ' '.repeat(statusWidth - status.length) + gap + name.padEnd(nameWidth) + gap
    const [first = '', ...rest] = broken(plain(finding), room)
    const advice =
      'advice' in check && check.advice ? brokenAdvice(plain(check.advice), room - arrow.length) : []
    return [
      head + first,
      ...rest.map(line => indent + line),
      ...advice.map((line, index) => indent + (index === 0 ? arrow : ' '.repeat(arrow.length)) + line),
    ]
  })
  return lines.map(line => `${line}\n`).join('')
}

/** A command at the end has a line of its own that is never broken: it is there to be copied. */
function brokenAdvice(text: string, room: number): string[] {
  const [, words, command] = /^(.*:) (cf .*)$/.exec(text) ?? []
  if (words === undefined || command === undefined || text.length <= room) return broken(text, room)
  return [...broken(words, room), command]
}

/** The words of a text on lines of at most `room` characters; a longer word has a line of its own. */
function broken(text: string, room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** The lines as JSON; the README names its keys. */
export function jsonOf(checks: readonly Check[]): string {
  const lines = checks.map(check => ({
    name: check.name,
    status: check.status,
    finding: check.finding,
    advice: 'advice' in check ? (check.advice ?? null) : null,
  }))
  const whole = { checks: lines, worst: worstOf(checks), exitCode: exitCodeOf(checks) }
  return `${JSON.stringify(whole, null, 2)}\n`
}
