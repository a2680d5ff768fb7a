import type { Argv, InferredOptionTypes } from 'yargs'
import { commandNames } from '../commands/overview.ts'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { shellWord } from '../text.ts'
import type { ActorTargetArgs } from './actors-and-targets.ts'
import type { messageOptions, outputOptions } from './options.ts'
import type { OutputArgs } from './output.ts'
import { didYouMean } from './suggest.ts'

const seeHelp = 'cf-audit --help lists the commands, cf-audit COMMAND --help their options.'

/**
 * What yargs found wrong with the command line, in our words. Its own name neither the option nor a way out.
 * @param help the help of what was typed, which names all that could have been.
 */
export function usageError(message: string, argv: readonly string[], help = ''): UsageError {
  const line = message.trim().replace(/\s*\n\s*/g, ' ')

  const unknown = /^Unknown arguments?: (.*)/.exec(line)?.[1]
  if (unknown !== undefined) {
    const first = unknown.split(', ')[0]
    // yargs takes `-demo-org` for its letters.
    const bundle = argv.find(
      word => /^-[^-]./.test(word) && unknown.split(', ').every(letter => word.includes(letter)),
    )
    if (bundle !== undefined) {
      return new UsageError(
        `There is no option ${bundle}.`,
        `${seeHelp} A name that begins with a dash: --org=${shellWord(bundle)}.`,
      )
    }
    if (first !== undefined && first === argv.find(word => !word.startsWith('-'))) {
      return new UsageError(`There is no command ${first}.${didYouMean(first, commandNames)}`, seeHelp)
    }
    const typed = unknown.split(', ').flatMap(name => asTyped(name, argv) ?? [])
    return typed.length > 0
      ? noOption(typed, help)
      : new UsageError(`What is ${unknown} for?`, `${seeHelp} A name with spaces needs quotes.`)
  }

  const invalid = /Argument: (\S+), Given: "?(.*?)"?, Choices: (.*)$/.exec(line)
  if (invalid !== null) {
    const [, name = '', given = '', quoted = ''] = invalid
    const option = /^[A-Z]/.test(name) ? name : `--${name}`
    const choices = quoted.replaceAll('"', '')
    return new UsageError(
      `${option} cannot be ${given}.${didYouMean(given, choices.split(', '))}`,
      `It is one of ${choices}.`,
    )
  }
  const lacking = /^Not enough arguments following: (\S+)/.exec(line)?.[1]
  if (lacking !== undefined) {
    const long = { f: 'format', o: 'org', s: 'space', O: 'output' }[lacking] ?? lacking
    const option = lacking.length === 1 ? `-${lacking}` : `--${lacking}`
    return new UsageError(
      `${option} needs a value.`,
      `As in ${option} VALUE; a value that begins with a dash: --${long}=-VALUE.`,
    )
  }
  const strange = argv.find(word => /^--[a-z]/.test(word) && !isOption(word, help))
  // yargs takes the word behind an option that it does not know for its value, and then lacks it.
  if (strange !== undefined && /^(Not enough non-option arguments|Which command)/.test(line)) {
    return noOption([strange.replace(/=[\s\S]*/, '')], help)
  }
  if (/^Not enough non-option arguments/.test(line)) {
    const usage = /^cf-audit .*/.exec(help)?.[0]
    const advice = usage === undefined ? seeHelp : `It goes: ${usage}. ${seeHelp}`
    return new UsageError('Something is missing from the command line.', advice)
  }
  return new UsageError(`${line.charAt(0).toUpperCase()}${line.slice(1)}`, seeHelp)
}

function noOption(typed: readonly string[], help: string): UsageError {
  const first = typed[0]?.replace(/^-+/, '') ?? ''
  const dash = help === '' || isOption('--org', help) ? ' A name that begins with a dash: --org=-NAME.' : ''
  return new UsageError(
    `There is no option ${typed.join(', ')}.${didYouMean(first, optionsIn(help), name => `--${name}`)}`,
    `${seeHelp}${dash}`,
  )
}

/** An option as it was typed, without its value: yargs drops dashes, and the `no-` of what it takes for a negation. */
function asTyped(name: string, argv: readonly string[]): string | undefined {
  const words = argv.map(word => word.replace(/=[\s\S]*/, ''))
  return words.find(
    word => word.startsWith('-') && word.replace(/^-+(no-)?/, '') === name.replace(/^no-/, ''),
  )
}

function optionsIn(help: string): string[] {
  return [...help.matchAll(/(?:^ +(?:-\w, )?|\()--([a-z-]+)/gm)].map(([, name = '']) => name)
}

/** Whether the help names an option; without help each is taken for one. */
function isOption(word: string, help: string): boolean {
  const name = word.replace(/^-+(no-)?|=[\s\S]*$/g, '')
  return help === '' || optionsIn(help).some(option => option === name || option === `no-${name}`)
}

// Node keeps no timer for longer than 2^31 ms, and takes a longer one for none.
const longestTimer = 2_147_483

// What yargs itself keeps a list of, and what may be repeated. (It takes TEXT for words that were run together.)
const named = ['type', 'TEXT', 'T-e-x-t', 'org', 'o', 'space', 's', 'actor', 'target', 'user', 'role']
const repeatable = new Set(['_', '--', ...named])

// Options with a text for a value: `--no-org` would make one false.
const texts = new Set(['format', 'output', 'columns', 'since', 'until', 'month', 'api', 'cf', ...repeatable])

/**
 * What yargs lets pass: an option given twice (it makes an array of it, whatever its type, and nobody knows which one
 * was meant) and a number that is none.
 * @throws UsageError
 */
export function assertSaneArguments(args: Readonly<Record<string, unknown>>): void {
  // The long name of an option comes before its letter.
  for (const [name, value] of Object.entries(args).sort(([a], [b]) => b.length - a.length)) {
    if (Array.isArray(value) && !repeatable.has(name)) {
      throw new UsageError(`--${name} is given ${value.length} times.`, 'Give it once.')
    }
    if (value === false ? texts.has(name) : Array.isArray(value) && value.includes(false)) {
      throw new UsageError(`There is no option --no-${name}.`, `Leave out --${name} instead. ${seeHelp}`)
    }
    if (name === 'concurrency' && !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 4)) {
      throw new UsageError(
        '--concurrency takes a number from 1 to 4.',
        'Side by side, more calls gain nothing.',
      )
    }
    if (typeof value === 'number' && !(value >= (name === 'timeout' ? 1 : 0) && value <= longestTimer)) {
      throw new UsageError(`--${name} takes a number of seconds.`, `As in --${name} 300.`)
    }
    if (value === '' && (name === 'cf' || name === 'output' || name === 'columns')) {
      throw new UsageError(`--${name} is empty.`, `Leave it out, or give it a value.`)
    }
  }
}

export type MessageArgs = InferredOptionTypes<typeof messageOptions>

/** The program that commands are added to. */
export type Program = Argv<MessageArgs>

/** What a command line stands for. */
export type Action = (open: (args: MessageArgs) => Context) => Promise<void>

/**
 * Thrown by the handler of a command: behind one that returns, yargs prints the whole help to memory, which takes longer
 * than anything else at start-up.
 */
export class CommandSelected extends Error {
  readonly action: Action

  constructor(action: Action) {
    super('A command was chosen.')
    this.action = action
  }
}

/** The argument of a command; behind `--` even a name that begins with a dash is one. */
export function argument(args: object, name: string | undefined): string | undefined {
  const words = '--' in args && Array.isArray(args['--']) ? args['--'].map(String) : []
  const all = name === undefined ? words : [name, ...words]
  if (all.length > 1) throw usageError(`Unknown argument: ${all.slice(1).join(', ')}`, [])
  return all[0]
}

/** What was said with an option that may be repeated, one text for each time; undefined: nothing. */
export function valuesOf(value: unknown): string[] | undefined {
  return value === undefined ? undefined : [value].flat().map(String)
}

/** What was said about who did something, and to what. */
export function actorTargetArgs(args: { actor?: unknown; target?: unknown }): ActorTargetArgs {
  return { actor: valuesOf(args.actor) ?? [], target: valuesOf(args.target) ?? [] }
}

type ParsedOutputArgs = InferredOptionTypes<Omit<typeof outputOptions, 'as-documented' | 'unredacted'>>

/** What was said about the output, with what holds where nothing was said. */
export function outputArgs(
  args: ParsedOutputArgs & { asDocumented?: boolean | undefined; unredacted?: boolean | undefined },
): OutputArgs {
  const {
    format,
    output,
    columns,
    header,
    truncate,
    excel = false,
    guard,
    asDocumented = false,
    unredacted = false,
  } = args
  return { format, output, columns, header, truncate, excel, guard, asDocumented, unredacted }
}
