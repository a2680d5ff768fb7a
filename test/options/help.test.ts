import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { programOf } from '../../src/commands/index.ts'
import { commandHelp, programHelp, usageOf } from '../../src/options/help.ts'
import { smallProgram } from './program.ts'

const help = suite('help')

const { program } = smallProgram()
const [fruits, trees] = program.commands

help('of the program: its commands in groups, the options of all of them, and notes', () => {
  assert.is(
    programHelp(program),
    `Usage: cf-audit COMMAND [ORG] [OPTIONS]

Counts fruits.

Reports:
  fruits [ORG]   what grows

Help:
  trees [TEXT…]  where it grows

Messages:
  -q, --quiet     Print only warnings and errors
  -v, --verbose   Log each cf call and its duration
      --color     Always use color
      --no-color  Never use color

Help:
  -h, --help     Show this help
      --version  Show the version of cf-audit

Exit codes: few.
`,
  )
})

help('of a command: usage, arguments, options in groups, notes, examples', async () => {
  const text = await commandHelp(fruits!)
  assert.match(
    text,
    /^Usage: cf-audit fruits \[ORG\] \[OPTIONS\]\n\nPrint fruits of an orchard\.\n\nArguments:\n {2}ORG {2}Org/,
  )
  assert.match(text, /\nScope:\n {2}-o, --org ORG {6}\S.*\n/)
  assert.match(text, /\n {6}--month MONTH {2}Events of a month: 2026-11, last or this\n/)
  assert.match(text, /\nColumns:\n {2}time, name\n\nExamples:\n {2}# All of them\n {2}cf-audit fruits\n/)
  const headings = [...text.matchAll(/^(\w[\w ]*):$/gm)].map(([, heading]) => heading)
  assert.equal(headings, ['Arguments', 'Scope', 'Time', 'Output', 'Messages', 'Help', 'Columns', 'Examples'])
})

help('of a command without arguments and notes has no headings for them', async () => {
  const text = await commandHelp({
    ...trees!,
    load: async () => ({ ...(await trees!.load()), arguments: [] }),
  })
  assert.not.match(text, /^(Arguments|Columns):/m)
})

help('a usage line', () => {
  assert.is(usageOf(fruits!), 'cf-audit fruits [ORG]')
  assert.is(usageOf({ name: 'x', usage: '' }), 'cf-audit x')
})

const real = programOf('1.2.3', async () => {})
help('fits a terminal of 80 columns, but for lines to be pasted', async () => {
  const texts = [programHelp(real), ...(await Promise.all(real.commands.map(commandHelp)))]
  for (const text of texts) {
    const [before = ''] = text.split('\nExamples:\n')
    for (const line of before.split('\n')) assert.ok(line.length <= 80, line)
  }
})

for (const entry of real.commands) {
  help(
    `${entry.name}: every option is in the help of its command, under a heading, with its value`,
    async () => {
      const text = await commandHelp(entry)
      const { options } = await entry.load()
      for (const [name, { type, value, describe, group }] of Object.entries(options)) {
        assert.match(text, new RegExp(`--${name}( |$)${type === 'string' ? `${value}` : ''}`, 'm'))
        assert.ok(describe && group, name)
        assert.ok(type === 'boolean' || value, `${name} takes a value`)
      }
    },
  )
}
help.run()
