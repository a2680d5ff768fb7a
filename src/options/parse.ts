import type { Options } from 'yargs'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { completions } from './completion.ts'
import { commandHelp, programHelp, usageOf } from './help.ts'
import { didYouMean } from './suggest.ts'

/** An option as a command declares it: what yargs reads, what the help shows, and what a Tab completes. */
export interface Option extends Options {
  /** What stands for the value in the help: `WHEN` in `--since WHEN`. */
  readonly value?: string
  /** Whether it may be given more than once. */
  readonly repeats?: boolean
  /** The words that complete its value. Without them a shell completes file names. */
  readonly complete?: () => readonly string[]
  /** Whether its value is a list with commas. */
  readonly list?: boolean
}

export type OptionTable = Readonly<Record<string, Option>>

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name

/** The values of some options, by name in camel case; undefined for those that were not given. */
export type Values<Table extends OptionTable> = {
  readonly [Name in keyof Table as Camel<Name & string>]:
    | (Table[Name]['type'] extends 'boolean'
        ? boolean
        : Table[Name]['repeats'] extends true
          ? string | readonly string[]
          : string)
    | undefined
}

/** Options of every command. */
export const messageOptions = {
  quiet: { type: 'boolean', alias: 'q', group: 'Messages', describe: 'Print only warnings and errors' },
  verbose: {
    type: 'boolean',
    alias: 'v',
    group: 'Messages',
    describe: 'Log each cf call and its duration',
  },
  color: { type: 'boolean', group: 'Messages', describe: 'Always use color' },
  'no-color': { type: 'boolean', group: 'Messages', describe: 'Never use color' },
} as const satisfies OptionTable

export const helpOptions = {
  help: { type: 'boolean', alias: 'h', group: 'Help', describe: 'Show this help' },
  version: { type: 'boolean', group: 'Help', describe: 'Show the version of cf-audit' },
} as const satisfies OptionTable

export type MessageArgs = Values<typeof messageOptions>

/** An argument that is no option, such as ORG. */
export interface Argument {
  readonly name: string
  readonly describe: string
  readonly complete?: () => readonly string[]
}

/** A command line that works as it stands, and what it is for. */
export interface Example {
  readonly why: string
  readonly line: string
}

/** A paragraph of the help under a heading of its own. */
export interface HelpNote {
  readonly heading: string
  readonly text: string
}

/** What a command prints, what it takes, and what it does. */
export interface Command<Table extends OptionTable = OptionTable> {
  /** What it prints. */
  readonly about: string
  readonly arguments: readonly Argument[]
  readonly options: Table
  readonly examples: readonly Example[]
  /** What else stands in its help, such as its columns. */
  readonly notes?: readonly HelpNote[]
  /** Checks the arguments, then opens the context and works. @throws AuditError */
  run(args: Parsed<Table>, open: Open): Promise<void>
}

/** Opens the context of a run, once the command line has been found to make sense. */
export type Open = (args: MessageArgs) => Context

/** The values of the options, and the arguments in their order; those after `--` are among them. */
export type Parsed<Table extends OptionTable> = Values<Table & typeof messageOptions> & {
  readonly words: readonly string[]
}

/** Gives the options of a command their types. */
export const defineCommand = <Table extends OptionTable>(command: Command<Table>): Command =>
  command as unknown as Command

/** A command as the index lists it; the rest of it is loaded when it is typed. */
export interface CommandEntry {
  readonly name: string
  /** The arguments, as the usage line shows them: `[ORG]`. */
  readonly usage: string
  readonly summary: string
  /** Whose heading it stands under in the help. */
  readonly group: string
  readonly load: () => Promise<Command>
}

/** The whole program, as its command lines see it. */
export interface Program {
  readonly commands: readonly CommandEntry[]
  /** What runs when no command is named. */
  readonly interactive: () => Promise<Command>
  /** The first lines of the help. */
  readonly about: string
  /** The last lines of the help. */
  readonly notes: string
  readonly version: string
}

/** What a command line asks for: a text to print, or work to do. */
export type Request =
  | { readonly text: string }
  | { readonly run: (open: Open) => Promise<void>; readonly text?: never }

const parserConfiguration = {
  'populate--': true,
  'dot-notation': false,
  'boolean-negation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/**
 * Finds out what a command line asks for.
 * @throws UsageError for anything that is not understood.
 */
export async function parseCommandLine(argv: readonly string[], program: Program): Promise<Request> {
  // The script of yargs asks so.
  if (argv[0] === '--get-yargs-completions') return { text: await completions(argv.slice(2), program) }
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const before = argv.slice(0, end)
  const at = before.findIndex(word => !word.startsWith('-'))
  const name = before[at]
  const wantsHelp = before.some(word => word === '--help' || /^-[qv]*h[qv]*$/.test(word))

  if (name === undefined || name === 'help') {
    const named = name === undefined ? undefined : before.slice(at + 1).find(word => !word.startsWith('-'))
    if (named !== undefined) return { text: await commandHelp(entryNamed(named, program)) }
    if (wantsHelp || name === 'help') return { text: programHelp(program) }
    if (before.includes('--version')) return { text: `${program.version}\n` }
    return runOf(await program.interactive(), argv, '')
  }
  if (name === 'version') return { text: `${program.version}\n` }
  const entry = entryNamed(name, program)
  if (wantsHelp) return { text: await commandHelp(entry) }
  return runOf(await entry.load(), argv.toSpliced(at, 1), usageOf(entry))
}

function entryNamed(name: string, { commands }: Program): CommandEntry {
  const entry = commands.find(command => command.name === name)
  if (entry !== undefined) return entry
  const names = commands.map(command => command.name)
  throw new UsageError(`unknown command "${name}".${didYouMean(name, names)}`, seeAllHelp)
}

const seeAllHelp = "See 'cf-audit --help'."

async function runOf(command: Command, argv: readonly string[], usage: string): Promise<Request> {
  const options: OptionTable = { ...messageOptions, ...command.options }
  // Loaded here, because the help does not need it.
  const { default: yargs } = await import('yargs')
  const parsed = await yargs([...argv])
    .options(options)
    .help(false)
    .version(false)
    .locale('en') // yargs would follow LANG; our own words do not.
    .strictOptions()
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration(parserConfiguration)
    .fail((message, error) => {
      if (error !== undefined && error !== null && error.name !== 'YError') throw error
      throw usageError(message ?? error.message, argv, options, usage)
    })
    .parseAsync()
  const { _, '--': rest = [], ...values } = parsed as { _: unknown[]; '--'?: unknown[] }
  const words = [..._, ...rest].map(String)
  assertGivenOnce(values, options)
  const last = command.arguments.at(-1)?.name ?? ''
  if (words.length > command.arguments.length && !last.endsWith('…')) {
    const extra = words.slice(command.arguments.length).join(' ')
    throw new UsageError(
      `unexpected argument: ${extra}`,
      usage === '' ? seeAllHelp : `Usage: ${usage}. A name with spaces needs quotes.`,
    )
  }
  return { run: open => command.run({ ...values, words } as never, open) }
}

function assertGivenOnce(values: Readonly<Record<string, unknown>>, options: OptionTable): void {
  for (const [name, option] of Object.entries(options)) {
    const value = values[name]
    if (Array.isArray(value) && !option.repeats) {
      throw new UsageError(`--${name} was given ${value.length} times.`, 'Give it once.')
    }
    if (option.type === 'string' && [value].flat().includes('') && !option.repeats) {
      throw new UsageError(`--${name} is empty.`, 'Leave it out, or give it a value.')
    }
  }
}

/** The values of an option that may be repeated; undefined when it was not given. */
export function valuesOf(value: unknown): string[] | undefined {
  return value === undefined ? undefined : [value].flat().map(String)
}

/**
 * One of the words that an option takes, in any case.
 * @throws UsageError
 */
export function oneOf<Word extends string>(name: string, given: string, known: readonly Word[]): Word {
  const found = known.find(word => word === given.toLowerCase())
  if (found !== undefined) return found
  throw new UsageError(
    `unknown ${name} "${given}".${didYouMean(given, known)}`,
    `It is one of ${known.join(', ')}.`,
  )
}

/**
 * A number that an option takes.
 * @throws UsageError
 */
export function numberIn(option: string, given: string, [least, most]: readonly [number, number]): number {
  const number = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`"${given}" is not a valid ${option}.`, `It takes a number from ${least} to ${most}.`)
}

/** The script that makes a shell complete cf-audit, as yargs writes it. */
export async function completionScript(shell: 'bash' | 'zsh' | 'fish'): Promise<string> {
  const { default: yargs } = await import('yargs')
  // yargs writes for the shell that these variables name, and prints.
  const { SHELL, ZSH_NAME } = process.env
  const { log } = console
  const printed: string[] = []
  process.env.SHELL = shell
  delete process.env.ZSH_NAME
  console.log = (text: string) => void printed.push(text)
  try {
    const program: { showCompletionScript(path?: string, command?: string): unknown } = yargs([]).scriptName(
      'cf-audit',
    )
    program.showCompletionScript('cf-audit', 'completion')
  } finally {
    console.log = log
    if (SHELL === undefined) delete process.env.SHELL
    else process.env.SHELL = SHELL
    if (ZSH_NAME !== undefined) process.env.ZSH_NAME = ZSH_NAME
  }
  return `${printed.join('\n').trimEnd()}\n`
}

/** Options of other tools, and what stands for them here. */
const elsewhere: Readonly<Record<string, string>> = {
  from: '--since',
  start: '--since',
  after: '--since',
  days: '--since 7d',
  last: '--since 7d',
  to: '--until',
  end: '--until',
  before: '--until',
  json: '--format json',
  csv: '--format csv',
  xlsx: '--format xlsx',
  excel: '--format xlsx',
  out: '--output',
  file: '--output',
  resolve: '--names',
  'no-headers': '--no-header',
  V: '--version',
}

/** What yargs found wrong with the command line, in our words. */
function usageError(
  message: string,
  argv: readonly string[],
  options: OptionTable,
  usage: string,
): UsageError {
  const line = message.trim().replace(/\s*\n\s*/g, ' ')
  const seeHelp = usage === '' ? seeAllHelp : `See '${usage.split(' ').slice(0, 2).join(' ')} --help'.`
  const unknown = /^Unknown arguments?: (.*)/.exec(line)?.[1]
  if (unknown !== undefined) {
    const names = unknown.split(', ')
    // yargs takes `-demo-org` for its letters.
    const bundle = argv.find(word => /^-[^-]./.test(word) && names.every(letter => word.includes(letter)))
    const typed = bundle ?? names.flatMap(name => asTyped(name, argv) ?? [])[0] ?? names[0] ?? ''
    const bare = typed.replace(/^-+/, '')
    const known = Object.keys(options).filter(name => !options[name]?.hidden)
    const instead = elsewhere[bare]
    const meant =
      instead !== undefined &&
      (instead === '--version' || known.includes(instead.slice(2).split(' ')[0] ?? ''))
        ? ` Use ${instead}.`
        : didYouMean(bare, known, name => `--${name}`)
    const dash =
      'org' in options && bundle !== undefined ? ` For a name that begins with a dash: --org=${bundle}.` : ''
    return new UsageError(`unknown option: ${typed}.${meant}`, `${seeHelp}${dash}`)
  }
  const lacking = /^Not enough arguments following: (\S+)/.exec(line)?.[1]
  if (lacking !== undefined) {
    const name = Object.entries(options).find(([, { alias }]) => alias === lacking)?.[0] ?? lacking
    const value = options[name]?.value ?? 'VALUE'
    return new UsageError(
      `--${name} needs a value.`,
      `Usage: --${name} ${value}. For a value that begins with a dash: --${name}=-VALUE.`,
    )
  }
  return new UsageError(line.charAt(0).toLowerCase() + line.slice(1), seeHelp)
}

/** An option as it was typed, without its value: yargs drops the dashes. */
function asTyped(name: string, argv: readonly string[]): string | undefined {
  return argv
    .map(word => word.replace(/=[\s\S]*/, ''))
    .find(word => word.startsWith('-') && word.replace(/^-+/, '') === name)
}
