import { type Command, defineCommand, type Program } from '../../src/options/command.ts'
import { outputOptions } from '../../src/options/output.ts'
import { scopeOptions } from '../../src/options/scope.ts'
import { windowOptions } from '../../src/options/window.ts'

/** A program of two commands, which keeps the arguments that they are run with. */
export function smallProgram(): { readonly program: Program; readonly ran: Record<string, unknown>[] } {
  const ran: Record<string, unknown>[] = []
  const command = (parts: Partial<Command>): Command =>
    defineCommand({
      about: 'Print fruits\nof an orchard.',
      arguments: [],
      options: {},
      examples: [{ why: 'All of them', line: 'cf-audit fruits' }],
      run: async args => void ran.push({ ...args }),
      ...parts,
    })
  const fruits = command({
    arguments: [{ name: 'ORG', describe: 'Org, by name or GUID' }],
    options: { ...scopeOptions, ...windowOptions, ...outputOptions },
    notes: [{ heading: 'Columns', text: 'time, name' }],
  })
  return {
    ran,
    program: {
      version: '1.2.3',
      about: 'Counts fruits.',
      notes: 'Exit codes: few.',
      interactive: async () => command({}),
      commands: [
        { name: 'fruits', usage: '[ORG]', summary: 'what grows', group: 'Reports', load: async () => fruits },
        {
          name: 'trees',
          usage: '[TEXT…]',
          summary: 'where it grows',
          group: 'Help',
          load: async () => command({ arguments: [{ name: 'TEXT…', describe: 'Words' }] }),
        },
      ],
    },
  }
}
