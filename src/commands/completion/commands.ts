import type { Options, PositionalOptions } from 'yargs'
import { messageOptions } from '../../options/options.ts'
import type { Program } from '../../options/parse.ts'
import { roleTypes } from '../../options/roles.ts'
import { reports } from '../../reports/catalog.ts'
import { moreColumns, wideColumns } from '../../reports/columns.ts'
import { roleTable } from '../../reports/role-rows.ts'
import { listed } from '../overview.ts'

/** What can stand at a place of a command line: words (several with commas, if a list), an event type, a file, any text. */
export type Value = { readonly words: readonly string[]; readonly isList: boolean } | 'type' | 'file' | 'text'

/** An option, as it is typed. */
export interface Option {
  /** `--format` and `-f`. */
  readonly names: readonly string[]
  readonly describe: string
  /** undefined: it takes none. */
  readonly value: Value | undefined
  readonly repeats: boolean
}

/** A command, as it is typed. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** What its arguments are, in turn. */
  readonly arguments: readonly { readonly name: string; readonly value: Value }[]
  readonly options: readonly Option[]
}

/** The commands that `addAll` adds to a program: what it is told of them, it is made to tell. */
export function commandsOf(addAll: (program: Program) => Program): Command[] {
  const commands: Command[] = []
  const program = {
    command(line: string, _: unknown, build: (command: object) => unknown) {
      const told: Told = {
        positionals: {},
        options: { ...messageOptions, help: { alias: 'h', type: 'boolean', describe: 'the help' } },
      }
      build(recorder(told))
      const [name = ''] = line.split(' ')
      commands.push({
        name,
        summary: listed(name).summary,
        arguments: Object.entries(told.positionals).map(([name, { choices }]) => ({
          name,
          value: placeOf(name, choices),
        })),
        options: Object.entries(told.options)
          .filter(([, { hidden }]) => hidden !== true)
          .map(([option, spec]) => optionOf(option, spec, name)),
      })
      return program
    },
  }
  addAll(program as unknown as Program)
  return commands
}

interface Told {
  readonly positionals: Record<string, PositionalOptions>
  readonly options: Record<string, Options>
}

/** Stands in for the program within a command. */
function recorder(told: Told): object {
  const command = {
    usage: () => command,
    example: () => command,
    epilogue: () => command,
    positional(name: string, spec: PositionalOptions) {
      told.positionals[name] = spec
      return command
    },
    options(specs: Record<string, Options>) {
      Object.assign(told.options, specs)
      return command
    },
    hide(name: string) {
      delete told.options[name]
      return command
    },
  }
  return command
}

function optionOf(name: string, spec: Options, command: string): Option {
  const letters = [spec.alias ?? []].flat().map(letter => `-${letter}`)
  return {
    names: [`--${name}`, ...letters],
    describe: String(spec.describe ?? '').replace(/\s+/g, ' '),
    value: spec.type === 'boolean' ? undefined : placeOf(name, spec.choices, command),
    repeats: ['org', 'space', 'type', 'actor', 'target', 'user', 'role'].includes(name),
  }
}

function placeOf(name: string, choices: Options['choices'], command = ''): Value {
  if (choices !== undefined) return { words: choices.map(String), isList: false }
  switch (name) {
    case 'type':
    case 'text': // Of types.
      return 'type'
    case 'role':
      return { words: roleTypes, isList: true }
    case 'columns': {
      const words = columnsOf(command)
      return words.length === 0 ? 'text' : { words, isList: true }
    }
    case 'since':
    case 'until':
      return { words: ['24h', '7d', '31d', 'yesterday'], isList: false }
    case 'month':
      return { words: ['last'], isList: false }
    case 'FILE':
    case 'output':
    case 'cf':
      return 'file'
    default:
      return 'text'
  }
}

/** The columns that a command knows by name; none where they are not listed here. */
function columnsOf(command: string): string[] {
  const report = reports.find(({ name }) => name === command)
  const known =
    command === roleTable.name
      ? [...roleTable.columns, ...roleTable.more]
      : report && [...report.columns, ...moreColumns, ...wideColumns]
  return [...new Set(known?.map(({ key }) => key))]
}
