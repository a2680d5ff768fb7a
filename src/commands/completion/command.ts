import { CommandSelected, type Program } from '../../options/parse.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

const about = `Prints a script that makes your shell complete commands, options, their values
and event types. Neither it nor a tab asks anybody.`

/**
 * Adds the command that makes a shell complete the others.
 * @param addAll adds every command to a program.
 */
export function addCompletion(program: Program, addAll: (program: Program) => Program): Program {
  return program.command(
    lineOf('completion'),
    false,
    command =>
      teach(command, 'completion', about).positional('SHELL', {
        choices: ['bash', 'zsh'] as const,
        demandOption: true,
        describe: 'bash or zsh',
      }),
    args => {
      throw new CommandSelected(async open => {
        const { completion } = await import('../completion.ts')
        await completion(args.SHELL, addAll, open(args))
      })
    },
  )
}
