import type { Argv } from 'yargs'
import { examples } from './examples.ts'
import { listed, usageOf } from './overview.ts'

/**
 * Gives a command the help that is not about its options.
 * @param about what it does, and what it stands for, in lines of at most 80 columns: nothing wraps them.
 */
export function teach<Args>(command: Argv<Args>, name: string, about: string): Argv<Args> {
  return (examples[name] ?? []).reduce(
    (taught, { why, line }) => taught.example(`# ${why}\n${line}`, ''),
    command.usage(`$0 ${usageOf(listed(name))}\n\n${about}`),
  )
}
