import type { Context } from '../context.ts'
import { flowingSink } from '../output/sink.ts'
import { bashScript } from './completion/bash.ts'
import { commandsOf } from './completion/commands.ts'
import { zshScript } from './completion/zsh.ts'
import type { Program } from './typed/chosen.ts'

/** Prints a script that makes a shell complete the commands that `addAll` adds, with their options and what these take. */
export async function completion(
  shell: 'bash' | 'zsh',
  addAll: (program: Program) => Program,
  { stdout, signal }: Context,
): Promise<void> {
  const commands = commandsOf(addAll)
  const sink = flowingSink(stdout, signal)
  await sink.write(shell === 'bash' ? bashScript(commands) : zshScript(commands))
  await sink.commit()
}
