import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import type { Example } from '../reports/catalog.ts'
import { didYouMean } from './suggest.ts'

/** An option as a command declares it: what is parsed, what the help shows, and what a Tab completes. */
export interface Option {
  /** A string needs a value. */
  readonly type: 'string' | 'boolean'
  /** Its letter. */
  readonly alias?: string
  /** The heading above it in the help. */
  readonly group: string
  readonly describe: string
  /** The name of the value in the help: `WHEN` in `--since WHEN`. */
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

/** Option values by camelCase name; undefined if not given. */
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

/** A positional argument, such as ORG. */
export interface Argument {
  readonly name: string
  readonly describe: string
  readonly complete?: () => readonly string[]
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
  /** More paragraphs of its help, such as its columns. */
  readonly notes?: readonly HelpNote[]
  /** Checks the arguments, then opens the context and works. @throws AuditError */
  run(args: Parsed<Table>, open: Open): Promise<void>
}

/** Opens the context of a run, once the command line has been checked. */
export type Open = (args: MessageArgs) => Context

/** The values of the options, and the arguments in order, including those after `--`. */
export type Parsed<Table extends OptionTable> = Values<Table & typeof messageOptions> & {
  readonly words: readonly string[]
}

/** Gives the options of a command their types. */
export const defineCommand = <Table extends OptionTable>(command: Command<Table>): Command =>
  command as unknown as Command

/** A command as the index lists it; the rest is loaded when it runs. */
export interface CommandEntry {
  readonly name: string
  /** The arguments, as the usage line shows them: `[ORG]`. */
  readonly usage: string
  readonly summary: string
  /** Whose heading it stands under in the help. */
  readonly group: string
  readonly load: () => Promise<Command>
}

/** The program: its name, commands and global options. */
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
    `Use one of ${known.join(', ')}.`,
  )
}

/**
 * A whole number that an option takes.
 * @throws UsageError
 */
export function numberIn(option: string, given: string, [least, most]: readonly [number, number]): number {
  const number = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`"${given}" is not a valid ${option}.`, `Use a whole number from ${least} to ${most}.`)
}
