import { AuditError, exitCodes } from '../../errors.ts'
import { defineCommand, type Open, type Parsed } from '../../options/command.ts'
import { connectionOf, connectionOptions } from '../../options/connection.ts'
import { isJson, tableOrJsonOption } from '../../options/output.ts'
import { orgArgument, scopeOf, scopeOptions } from '../../options/scope.ts'
import { streamSink } from '../../output/sink.ts'
import { escapeControls, escapeLines, plural } from '../../text.ts'
import { createPaint, type Paint } from '../../ui/messages.ts'
import { widthOf, wrapWords } from '../../ui/width.ts'
import { archiveNames, type Check, type CheckFn, type Name, names } from './check.ts'
import { checkArchive, checkCoverage, checkLastRun } from './check-archive.ts'
import {
  checkApi,
  checkClock,
  checkOldestEvent,
  checkOrg,
  checkSession,
  checkUser,
  checkV2,
  checkV3,
  checkVisibility,
} from './check-capi.ts'
import { checkCf, checkEnvironment, checkOtherCfs, checkTrace, checkVersion } from './check-cf.ts'
import { collectFacts, type Facts } from './collect.ts'

/** The checks have been printed; stderr gets how many problems there are, and which to fix first. */
class Problems extends AuditError {
  readonly exitCode: number

  constructor(checks: readonly Check[]) {
    const [first] = checks.filter(({ status }) => status === 'problem')
    const advice = first !== undefined && 'advice' in first ? (first.advice ?? '') : ''
    super(`${tally(checks)}.`, `Fix ${first?.name} first: ${advice}`)
    this.exitCode = exitCodeOf(checks)
  }
}

const options = {
  org: {
    ...scopeOptions.org,
    repeats: false,
    describe: 'The same as the argument, for a name that begins with a dash',
  },
  format: tableOrJsonOption,
  archive: {
    type: 'string',
    group: 'Scope',
    value: 'DIR',
    describe: 'Check this archive too: its files, its last run, and what it covers',
  },
  ...connectionOptions,
  timeout: { ...connectionOptions.timeout, describe: 'Time limit for each cf call (default: 30)' },
  'max-wait': {
    ...connectionOptions['max-wait'],
    describe: 'Total time to wait for rate limits (default: 30)',
  },
} as const

export const command = defineCommand({
  about: `Check cf, its settings, the login, the API, and what your roles show of an org, and
say how to fix what is wrong.`,
  arguments: [orgArgument],
  options,
  examples: [
    { why: 'Is everything ready for the org that cf targets?', line: 'cf-audit doctor' },
    { why: 'For another org', line: 'cf-audit doctor demo-org' },
    {
      why: 'Does the archive grow, and cover everything?',
      line: 'cf-audit archive update audit demo-org\ncf-audit doctor --archive audit',
    },
    {
      why: 'What to fix, for a script',
      line: "cf-audit doctor demo-org -f json | jq -r '.checks[].advice // empty'",
    },
  ],
  run: printChecks,
})

/**
 * Prints one line for each check, and below it what to do.
 * @throws Problems after that, when there are any.
 */
async function printChecks(args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { stdout, messages, signal, env, color, progress } = context
  const { orgs } = scopeOf(args, args.words[0], 'targeted')
  const org = orgs === 'targeted' || orgs === 'all' ? undefined : orgs[0]
  const wantsJson = isJson(args)
  const connection = connectionOf(args, 30)
  progress.start()
  const checks = checksOf(await collectFacts({ org, archive: args.archive, connection }, context))
  progress.stop()
  const isTerminal = stdout.isTTY === true
  const sink = streamSink(stdout, signal)
  if (wantsJson) {
    const json = jsonOf(checks)
    await sink.write(isTerminal ? escapeLines(json) : json)
  } else {
    const paint = createPaint(stdout, env, color)
    await sink.write(renderChecks(checks, paint, isTerminal ? stdout.columns : undefined))
  }
  await sink.commit()
  if (exitCodeOf(checks) > 0) throw new Problems(checks)
  messages.info(`${tally(checks)}.`)
}

const looks: Readonly<Record<Name, CheckFn>> = {
  cf: checkCf,
  'cf-version': checkVersion,
  'other-cf': checkOtherCfs,
  trace: checkTrace,
  settings: checkEnvironment,
  api: checkApi,
  user: checkUser,
  session: checkSession,
  org: checkOrg,
  'api-v3': checkV3,
  'api-v2': checkV2,
  visibility: checkVisibility,
  'oldest-event': checkOldestEvent,
  clock: checkClock,
  archive: checkArchive,
  'last-run': checkLastRun,
  coverage: checkCoverage,
}

/** What the facts mean, line by line, always all of them; those of an archive where one is named. */
export function checksOf(facts: Facts): Check[] {
  const done = new Map<Name, Check>()
  const all = facts.archive === undefined ? names : [...names, ...archiveNames]
  for (const name of all) done.set(name, { name, ...looks[name](facts, done) })
  return [...done.values()]
}

/** The worst of all lines. */
export function worstOf(checks: readonly Check[]): 'ok' | 'warning' | 'problem' {
  const has = (status: Check['status']) => checks.some(check => check.status === status)
  return has('problem') ? 'problem' : has('warning') ? 'warning' : 'ok'
}

/** The highest exit code of the problems; warnings have none. */
export function exitCodeOf(checks: readonly Check[]): number {
  return Math.max(
    exitCodes.done,
    ...checks.map(check => (check.status === 'problem' ? check.exitCode : exitCodes.done)),
  )
}

function tally(checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter(check => check.status === status).length
  const text = `${plural(count('problem'), 'problem')}, ${plural(count('warning'), 'warning')}`.replace(
    /\b0 /g,
    'no ',
  )
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
  const colors = { ok: paint.green, warning: paint.magenta, problem: paint.red, skipped: paint.dim }
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(24, width - indent.length)
  const lines = checks.flatMap(check => {
    const { name, status, finding } = check
    const head =
      colors[status](status) + ' '.repeat(statusWidth - status.length) + gap + name.padEnd(nameWidth) + gap
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
