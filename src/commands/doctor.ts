import type { Context } from '../context.ts'
import { AuditError, UsageError } from '../errors.ts'
import { flowingSink } from '../output/sink.ts'
import { plainLines } from '../plain.ts'
import { createPaint } from '../ui/say.ts'
import type { Check } from './doctor/check.ts'
import { checksOf, exitCodeOf } from './doctor/checks.ts'
import { examine } from './doctor/examine.ts'
import { jsonOf, screenOf } from './doctor/screen.ts'

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
  const { stdout, say, signal, env } = context
  const org = orgOf(args)
  say.note('Asking cf and Cloud Foundry, question by question.')
  const checks = checksOf(await examine({ ...args, org }, context))
  const isTerminal = stdout.isTTY === true
  const sink = flowingSink(stdout, signal)
  if (args.format === 'json') {
    const json = jsonOf(checks)
    await sink.write(isTerminal ? plainLines(json) : json)
  } else {
    const paint = createPaint(stdout, env, args.color)
    await sink.write(screenOf(checks, paint, isTerminal ? stdout.columns : undefined))
  }
  await sink.commit()
  if (exitCodeOf(checks) > 0) throw new Problems(checks)
  say.note(`${tally(checks)}.`)
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
