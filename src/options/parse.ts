import { UsageError } from '../errors.ts'
import { shellWord } from '../text.ts'
import {
  type Command,
  type CommandEntry,
  helpOptions,
  messageOptions,
  type Option,
  type OptionTable,
  type Program,
  type Request,
} from './command.ts'
import { completions } from './completion.ts'
import { commandHelp, programHelp, usageOf } from './help.ts'
import { didYouMean } from './suggest.ts'

/**
 * Finds out what a command line asks for.
 * @throws UsageError for anything that is not understood.
 */
export async function parseCommandLine(argv: readonly string[], program: Program): Promise<Request> {
  // The script of yargs asks so.
  if (argv[0] === '--get-yargs-completions') return { text: await completions(argv.slice(2), program) }
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const before = argv.slice(0, end)
  const at = await commandAt(before, program)
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

/** Where the command stands: options may come before it, with their values. */
async function commandAt(words: readonly string[], { commands }: Program): Promise<number> {
  const first = words.findIndex(word => !word.startsWith('-'))
  // The options of every command take no value. Others are known when all commands are loaded.
  const flags = Object.keys({ ...messageOptions, ...helpOptions }).map(name => `--${name}`)
  const isFlag = (word: string) => flags.includes(word) || /^-[hqv]+$/.test(word)
  if (words.slice(0, Math.max(0, first)).every(isFlag)) return first
  const loaded = await Promise.all(commands.map(({ load }) => load()))
  const takesValue = new Set(
    loaded
      .flatMap(({ options }) => Object.entries(options))
      .filter(([, { type }]) => type !== 'boolean')
      .flatMap(([name, { alias }]) => [`--${name}`, `-${alias}`]),
  )
  return words.findIndex((word, at) => !word.startsWith('-') && !takesValue.has(words[at - 1] ?? ''))
}

function entryNamed(name: string, { commands }: Program): CommandEntry {
  const entry = commands.find(command => command.name === name)
  if (entry !== undefined) return entry
  const names = commands.map(command => command.name)
  const instead = otherCommands.get(name)
  const meant =
    instead !== undefined && names.includes(instead) ? ` Use ${instead}.` : didYouMean(name, names)
  throw new UsageError(`unknown command "${name}".${meant}`, seeAllHelp)
}

const seeAllHelp = "See 'cf-audit --help'."

async function runOf(command: Command, argv: readonly string[], usage: string): Promise<Request> {
  const options: OptionTable = { ...messageOptions, ...command.options }
  const { _, '--': rest = [], ...given } = await parseWords(argv, options, usage)
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(options, name))
  if (unknown.length > 0) throw unknownOption(unknown, argv, options, usage)
  const words = [..._, ...rest].map(String)
  assertGivenOnce(given, options)
  const last = command.arguments.at(-1)?.name ?? ''
  if (words.length > command.arguments.length && !last.endsWith('…')) {
    const extra = words.slice(command.arguments.length).join(' ')
    throw new UsageError(
      `unexpected argument: ${extra}`,
      usage === '' ? seeAllHelp : `Usage: ${usage}. A name with spaces needs quotes.`,
    )
  }
  const values = Object.fromEntries(Object.entries(given).map(([name, value]) => [camelCase(name), value]))
  return { run: open => command.run({ ...values, words } as never, open) }
}

// The parser of yargs without the rest of it: yargs measures the width of texts, and loads Intl for that, which takes as
// long as a third of the start of Node.
async function parseWords(argv: readonly string[], options: OptionTable, usage: string) {
  const { default: parser } = await import('yargs-parser')
  const named = (type: Option['type']) => Object.keys(options).filter(name => options[name]?.type === type)
  const { argv: parsed, error } = parser.detailed([...argv], {
    boolean: named('boolean'),
    string: named('string'),
    narg: Object.fromEntries(named('string').map(name => [name, 1])),
    alias: Object.fromEntries(Object.entries(options).map(([name, { alias = [] }]) => [name, alias])),
    configuration: {
      'populate--': true,
      'dot-notation': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    },
  })
  if (error !== null) throw parserError(error.message, options, usage)
  return parsed
}

const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

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

/** Commands of other tools, and the equivalent here. */
const otherCommands: ReadonlyMap<string, string> = new Map([
  ['users', 'roles'],
  ['members', 'roles'],
  ['org-users', 'roles'],
  ['space-users', 'roles'],
  ['log', 'events'],
  ['logs', 'events'],
  ['export', 'events'],
])

/** Options of other tools, and the equivalent here. */
const otherOptions: ReadonlyMap<string, string> = new Map([
  ['from', '--since'],
  ['start', '--since'],
  ['after', '--since'],
  ['days', '--since 7d'],
  ['last', '--since 7d'],
  ['to', '--until'],
  ['end', '--until'],
  ['before', '--until'],
  ['user', '--actor'],
  ['who', '--actor'],
  ['by', '--actor'],
  ['app', '--about'],
  ['instance', '--about'],
  ['service', '--about'],
  ['route', '--about'],
  ['json', '--format json'],
  ['ndjson', '--format ndjson'],
  ['csv', '--format csv'],
  ['xlsx', '--format xlsx'],
  ['excel', '--format xlsx'],
  ['out', '--output'],
  ['file', '--output'],
  ['head', '--limit'],
  ['top', '--limit'],
  ['max', '--limit'],
  ['desc', '--reverse'],
  ['newest', '--reverse'],
  ['timezone', '--tz'],
  ['zone', '--tz'],
  ['debug', '--verbose'],
  ['silent', '--quiet'],
  ['resolve', '--names'],
  ['no-headers', '--no-header'],
  ['V', '--version'],
])

const seeHelpOf = (usage: string) =>
  usage === '' ? seeAllHelp : `See '${usage.split(' ').slice(0, 2).join(' ')} --help'.`

function unknownOption(
  names: readonly string[],
  argv: readonly string[],
  options: OptionTable,
  usage: string,
): UsageError {
  // The parser takes `-demo-org` for its letters.
  const bundle = argv.find(word => /^-[^-]./.test(word) && names.every(letter => word.includes(letter)))
  const typed = bundle ?? names.flatMap(name => asTyped(name, argv) ?? [])[0] ?? names[0] ?? ''
  const bare = typed.replace(/^-+/, '')
  const instead = otherOptions.get(bare)
  const meant =
    instead !== undefined && works(instead, options)
      ? ` Use ${instead}.`
      : didYouMean(bare, Object.keys(options), name => `--${name}`)
  const dash =
    'org' in options && bundle !== undefined
      ? ` For a name that begins with a dash: --org=${shellWord(bundle)}.`
      : ''
  return new UsageError(`unknown option: ${typed}.${meant}`, `${seeHelpOf(usage)}${dash}`)
}

/** Rewords what the parser rejected. */
function parserError(message: string, options: OptionTable, usage: string): UsageError {
  const lacking = /^Not enough arguments following: (\S+)/.exec(message)?.[1]
  if (lacking === undefined) {
    return new UsageError(message.charAt(0).toLowerCase() + message.slice(1), seeHelpOf(usage))
  }
  const name = Object.entries(options).find(([, { alias }]) => alias === lacking)?.[0] ?? lacking
  const value = options[name]?.value ?? 'VALUE'
  return new UsageError(
    `--${name} needs a value.`,
    `Usage: --${name} ${value}. For a value that begins with a dash: --${name}=-VALUE.`,
  )
}

/** Whether a command takes an option with this value: formats differ between commands. */
function works(line: string, options: OptionTable): boolean {
  const [flag = '', value] = line.split(' ')
  const all: OptionTable = { ...options, ...messageOptions, ...helpOptions }
  const option = all[flag.slice(2)]
  if (option === undefined || value === undefined) return option !== undefined
  return option.complete?.().includes(value) ?? true
}

/** An option as it was typed, without its value: the parser drops the dashes. */
function asTyped(name: string, argv: readonly string[]): string | undefined {
  return argv
    .map(word => word.replace(/=[\s\S]*/, ''))
    .find(word => word.startsWith('-') && word.replace(/^-+/, '') === name)
}
