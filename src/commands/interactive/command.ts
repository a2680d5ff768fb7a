import { UsageError } from '../../errors.ts'
import { type Action, argument, CommandSelected, type Program, usageError } from '../../options/parse.ts'
import { commandNames } from '../overview.ts'

/**
 * Adds what happens when no command is typed: on a terminal, questions whose answers are a command line.
 * @param argv what was typed: nothing but options that every command has.
 * @param choose the command that a command line stands for.
 */
export function addAlone(
  program: Program,
  argv: readonly string[],
  choose: (words: readonly string[]) => Promise<Action | undefined>,
): Program {
  return program.command(
    '$0',
    false,
    command => command,
    args => {
      const rest = argument(args, undefined)
      if (rest !== undefined) throw usageError(`Unknown argument: ${rest}`, [])
      const options = argv.filter(word => word !== '--')
      throw new CommandSelected(async open => {
        const context = open(args)
        if (context.prompter === undefined) throw nobodyToAsk()
        const { askCommand } = await import('./interactive.ts')
        const { words, again } = await askCommand(context, await context.prompter())
        const action = await choose([...options, ...words])
        try {
          await action?.(open)
        } finally {
          if (!context.signal.aborted) {
            const { shellLine } = await import('./answers.ts')
            context.messages.info('The same without questions:')
            context.messages.info(shellLine([...options, ...again]))
          }
        }
      })
    },
  )
}

function nobodyToAsk(): UsageError {
  return new UsageError(
    'No command is given, and there is no terminal to ask on.',
    `Name one: ${commandNames.join(', ')}. cf-audit --help tells what they do.`,
  )
}
