import type { Context } from '../context.ts'
import type { Program } from '../options/parse.ts'
import { streamSink } from '../output/sink.ts'
import { bashScript } from './completion/bash.ts'
import { commandsOf } from './completion/commands.ts'
import { zshScript } from './completion/zsh.ts'

/** Prints a script that makes a shell complete the commands that `addAll` adds, with their options and what these take. */
export async function completion(
  shell: 'bash' | 'zsh',
  addAll: (program: Program) => Program,
  { stdout, signal }: Context,
): Promise<void> {
  const commands = commandsOf(addAll)
  const sink = streamSink(stdout, signal)
  await sink.write(shell === 'bash' ? bashScript(commands) : zshScript(commands))
  await sink.commit()
}
