import { UsageError } from '../../errors.ts'
import { defineCommand, oneOf } from '../../options/command.ts'
import { completionScript } from '../../options/parse.ts'
import { streamSink } from '../../output/sink.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export const command = defineCommand({
  about: `Print a script that makes your shell complete commands, options, event types,
columns and formats. Completing runs no cf.`,
  arguments: [{ name: 'SHELL', describe: 'bash, zsh or fish', complete: () => shells }],
  options: {},
  examples: [
    { why: 'In this shell (bash; or use zsh)', line: 'source <(cf-audit completion bash)' },
    { why: 'In every new bash', line: "echo 'source <(cf-audit completion bash)' >> ~/.bashrc" },
    { why: 'In every new zsh, after compinit', line: "echo 'source <(cf-audit completion zsh)' >> ~/.zshrc" },
  ],
  async run(args, open) {
    const [shell] = args.words
    if (shell === undefined)
      throw new UsageError(
        'no shell given.',
        'Usage: cf-audit completion SHELL, where SHELL is bash, zsh or fish.',
      )
    const { stdout, signal } = open(args)
    const sink = streamSink(stdout, signal)
    await sink.write(await completionScript(oneOf('shell', shell, shells)))
    await sink.commit()
  },
})
