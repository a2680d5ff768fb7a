import { Chosen, type Program } from './chosen.ts'

/**
 * Adds the command that makes a shell complete the others.
 * @param addAll adds every command to a program.
 */
export function addCompletion(program: Program, addAll: (program: Program) => Program): Program {
  return program.command(
    'completion <shell>',
    'a script for bash or zsh that completes commands, options and event types',
    command =>
      command
        .usage(
          '$0 completion SHELL\n\nPrints a script that makes your shell complete cf-audit. It asks nobody.',
        )
        .positional('shell', { choices: ['bash', 'zsh'] as const, demandOption: true }),
    args => {
      throw new Chosen(async open => {
        const { completion } = await import('../completion.ts')
        completion(args.shell, addAll, open(args))
      })
    },
  )
}
