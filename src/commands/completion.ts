import type { Context } from '../context.ts'
import { bashScript } from './completion/bash.ts'
import { commandsOf } from './completion/commands.ts'
import { zshScript } from './completion/zsh.ts'
import type { Program } from './typed/chosen.ts'

/** Prints a script that makes a shell complete the commands that `addAll` adds, with their options and what these take. */
export function completion(
  shell: 'bash' | 'zsh',
  addAll: (program: Program) => Program,
  { stdout }: Context,
): void {
  const commands = commandsOf(addAll)
  stdout.write(shell === 'bash' ? bashScript(commands) : zshScript(commands))
}
