import type { Example } from '../reports/catalog.ts'
import {
  type CommandEntry,
  type HelpNote,
  helpOptions,
  messageOptions,
  type OptionTable,
  type Program,
} from './command.ts'

// Help fits the usual smallest terminal.
const columns = 80

type Wrap = (text: string, width: number) => string

/** The usage line of a command: `cf-audit routes [ORG]`. */
export const usageOf = ({ name, usage }: Pick<CommandEntry, 'name' | 'usage'>): string =>
  `cf-audit ${name} ${usage}`.trimEnd()

/** The help of the whole program: its commands in groups. */
export function programHelp({ about, commands, notes }: Program): string {
  const rows = commands.map(({ name, usage, summary, group }) => ({
    group,
    row: [`${name} ${usage}`, summary] as const,
  }))
  const width = Math.max(...rows.map(({ row }) => row[0].length))
  const rowsOf = (group: string) => rows.filter(each => each.group === group).map(({ row }) => row)
  const groups = [...new Set(commands.map(({ group }) => group))]
  return joined([
    'Usage: cf-audit COMMAND [ORG] [OPTIONS]',
    about,
    ...groups.map(group => section(group, rowsOf(group), text => text, width)),
    ...optionSections({ ...messageOptions, ...helpOptions }, text => text),
    notes,
  ])
}

/** The help of a command. */
export async function commandHelp(entry: CommandEntry): Promise<string> {
  const { wrapWords } = await import('../ui/width.ts')
  const wrap: Wrap = (text, width) => wrapWords(text, width).join('\n')
  const { about, arguments: words, options, notes = [], examples } = await entry.load()
  return joined([
    `Usage: ${usageOf(entry)} [OPTIONS]`,
    // Line breaks of the source are spaces; indented lines stay as they are.
    about
      .split(/\n(?= )/)
      .map((part, index) => (index === 0 ? wrap(part.replaceAll('\n', ' '), columns) : part))
      .join('\n'),
    section(
      'Arguments',
      words.map(({ name, describe }) => [name, describe] as const),
      wrap,
    ),
    ...optionSections({ ...options, ...messageOptions, ...helpOptions }, wrap),
    ...notes.map(note => paragraph(note, wrap)),
    `Examples:\n${examples.map(example).join('\n')}`,
    "See 'cf-audit --help' for environment variables and exit codes.",
  ])
}

const joined = (sections: readonly string[]) => `${sections.filter(each => each !== '').join('\n\n')}\n`

const paragraph = ({ heading, text }: HelpNote, wrap: Wrap) =>
  `${heading}:\n${wrap(text, columns - 2).replace(/^/gm, '  ')}`

const example = ({ why, line }: Example) => `# ${why}\n${line}`.replace(/^/gm, '  ')

function optionSections(options: OptionTable, wrap: Wrap): string[] {
  const all = Object.entries(options)
  return [...new Set(all.map(([, { group }]) => group ?? ''))].map(group => {
    const those = all.filter(([, option]) => option.group === group)
    return section(
      group,
      those.map(([name, option]) => [flag(name, option), option.describe ?? ''] as const),
      wrap,
    )
  })
}

function flag(name: string, { alias, value }: OptionTable[string]): string {
  const letter = typeof alias === 'string' ? `-${alias}, ` : '    '
  return `${letter}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** A heading, and below it names with their meanings. */
function section(
  heading: string,
  rows: readonly (readonly [string, string])[],
  wrap: Wrap,
  least = 0,
): string {
  if (rows.length === 0) return ''
  const width = Math.max(least, ...rows.map(([name]) => name.length))
  const indent = ' '.repeat(width + 4)
  const lines = rows.map(
    ([name, meaning]) =>
      `  ${name.padEnd(width)}  ${wrap(meaning, columns - indent.length).replace(/\n/g, `\n${indent}`)}`,
  )
  return `${heading}:\n${lines.map(line => line.trimEnd()).join('\n')}`
}
