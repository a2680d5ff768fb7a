import type { Context } from '../../context.ts'
import { AuditError, UsageError } from '../../errors.ts'
import { streamSink } from '../../output/sink.ts'
import { escapeControls, escapeLines } from '../../text.ts'
import { createPaint, type Paint } from '../../ui/messages.ts'
import { widthOf, wrapWords } from '../../ui/width.ts'
import { type Check, names } from './check.ts'
import { checksOf, exitCodeOf, worstOf } from './checks.ts'
import { collectFacts } from './collect.ts'

/** What was said on the command line about a look at everything that a report needs. */
export interface DoctorArgs {
  /** As an argument. */
  readonly name?: string | undefined
  readonly org?: string | undefined
  readonly format: 'table' | 'json'
  readonly cf?: string | undefined
  /** Seconds. */
  readonly timeout: number
  /** Seconds. */
  readonly maxWait: number
  readonly color?: boolean | undefined
}

/** What the screen has shown in full; on stderr only how many problems there are, and where to begin. */
class Problems extends AuditError {
  readonly exitCode: number

  constructor(checks: readonly Check[]) {
    const [first] = checks.filter(({ status }) => status === 'problem')
    const advice = first !== undefined && 'advice' in first ? (first.advice ?? '') : ''
    super(`${tally(checks)}.`, `To begin with ${first?.name}: ${advice}`)
    this.exitCode = exitCodeOf(checks)
  }
}

/**
 * Prints what stands in the way of a report, line by line, and what to do about it.
 * @throws Problems after that, when there are any.
 */
export async function doctor(args: DoctorArgs, context: Context): Promise<void> {
  const { stdout, messages, signal, env } = context
  const org = orgOf(args)
  messages.info('Asking cf and Cloud Foundry, question by question.')
  const checks = checksOf(await collectFacts({ ...args, org }, context))
  const isTerminal = stdout.isTTY === true
  const sink = streamSink(stdout, signal)
  if (args.format === 'json') {
    const json = jsonOf(checks)
    await sink.write(isTerminal ? escapeLines(json) : json)
  } else {
    const paint = createPaint(stdout, env, args.color)
    await sink.write(renderChecks(checks, paint, isTerminal ? stdout.columns : undefined))
  }
  await sink.commit()
  if (exitCodeOf(checks) > 0) throw new Problems(checks)
  messages.info(`${tally(checks)}.`)
}

/** @throws UsageError when the argument and --org contradict each other. */
function orgOf({ name, org }: DoctorArgs): string | undefined {
  if (name !== undefined && org !== undefined && name !== org) {
    throw new UsageError(
      `Two orgs are named: ${name} and ${org}.`,
      'Name one, as the argument or with --org.',
    )
  }
  const named = name ?? org
  if (named !== '') return named
  throw new UsageError('The name of the org is empty.', 'Name an org, or leave it out for the targeted one.')
}

function tally(checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter(check => check.status === status).length
  const tell = (number: number, word: string) =>
    `${number === 0 ? 'no' : number} ${word}${number === 1 ? '' : 's'}`
  const text = `${tell(count('problem'), 'problem')}, ${tell(count('warning'), 'warning')}`
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const gap = '  '
const statusWidth = Math.max(...['ok', 'warning', 'problem', 'skipped'].map(({ length }) => length))
const nameWidth = Math.max(...names.map(({ length }) => length))
const indent = ' '.repeat(statusWidth + gap.length + nameWidth + gap.length)
const arrow = '→ '

/**
 * The lines as a table: what was found, and below it what to do.
 * @param width of the terminal, in columns; undefined: no line is broken.
 */
export function renderChecks(checks: readonly Check[], paint: Paint, width: number | undefined): string {
  const colours = { ok: paint.green, warning: paint.magenta, problem: paint.red, skipped: paint.dim }
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(24, width - indent.length)
  const lines = checks.flatMap(check => {
    const { name, status, finding } = check
    const head =
      colours[status](status) + ' '.repeat(statusWidth - status.length) + gap + name.padEnd(nameWidth) + gap
    const [first = '', ...rest] = wrapWords(escapeControls(finding), room)
    const advice =
      'advice' in check && check.advice ? brokenAdvice(escapeControls(check.advice), room - arrow.length) : []
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
  if (words === undefined || command === undefined || widthOf(text) <= room) return wrapWords(text, room)
  return [...wrapWords(words, room), command]
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
