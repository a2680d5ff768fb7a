import { reports } from '../reports/catalog.ts'

/** A command, as it is listed. */
export interface CommandSummary {
  readonly name: string
  /** What stands behind the name, in the notation of yargs: `[ORG]`, `<REPORT> [FILE]`. */
  readonly takes: string
  readonly summary: string
}

/** Every command there is, in groups, in the order of the help. yargs has groups for options alone. */
export const groups: readonly { readonly title: string; readonly commands: readonly CommandSummary[] }[] = [
  {
    title: 'Reports of what happened',
    commands: reports.map(({ name, summary }) => ({ name, takes: '[ORG]', summary })),
  },
  {
    title: 'Roles, and the catalogue of event types',
    commands: [
      { name: 'roles', takes: '[ORG]', summary: 'who holds which role now, in an org and its spaces' },
      { name: 'types', takes: '[TEXT..]', summary: 'the event types, and which report holds them' },
    ],
  },
  {
    title: 'Saved answers',
    commands: [
      { name: 'format', takes: '<REPORT> [FILE]', summary: 'a report of what cf curl printed; runs no cf' },
    ],
  },
  {
    title: 'Help',
    commands: [
      { name: 'doctor', takes: '[ORG]', summary: 'looks at cf, the login, the API and your roles' },
      { name: 'completion', takes: '<SHELL>', summary: 'a script that completes cf-audit in bash or zsh' },
    ],
  },
]

const all = groups.flatMap(({ commands }) => commands)

/** The names of the commands. */
export const commandNames: readonly string[] = all.map(({ name }) => name)

/** The command of that name, as it is listed. */
export function listed(name: string): CommandSummary {
  const command = all.find(candidate => candidate.name === name)
  if (command === undefined) throw new Error(`No command is named ${name}`)
  return command
}

/** The line by which yargs knows a command. */
export function lineOf(name: string): string {
  return `${name} ${listed(name).takes}`
}

/** A command line for people: `format REPORT [FILE]`. */
export function usageOf({ name, takes }: CommandSummary): string {
  return `${name} ${takes.replace(/[<>]/g, '').replace('..]', ' …]')}`
}

/** All commands in their groups, one a line. */
export function overview(): string {
  const width = Math.max(...all.map(command => usageOf(command).length))
  return groups
    .map(({ title, commands }) =>
      [
        `${title}:`,
        ...commands.map(command => `  ${usageOf(command).padEnd(width)}  ${command.summary}`),
      ].join('\n'),
    )
    .join('\n\n')
}
