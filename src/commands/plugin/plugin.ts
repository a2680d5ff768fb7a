import { realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PluginMetadata, sendMetadata, type Version } from '../../cf/plugin.ts'
import { UsageError } from '../../errors.ts'
import { type CommandEntry, defineCommand, type Open, oneOf, type Parsed } from '../../options/command.ts'
import { connectionOf, connectionOptions } from '../../options/connection.ts'
import { notWritable } from '../../output/files.ts'
import { posixWord } from '../../text.ts'

const actions = ['install', 'status', 'uninstall'] as const
const pluginName = 'cf-audit'
const pluginCommand = 'audit'

const options = { ...connectionOptions } as const

/**
 * @param commands what the help of `cf` lists.
 */
export const pluginCommandFor = (commands: () => readonly CommandEntry[]) =>
  defineCommand({
    about: `Make 'cf audit' run cf-audit, on the same terminal: a plugin of cf that runs this cf-audit. Linux and macOS.`,
    arguments: [{ name: 'ACTION', describe: actions.join(', '), complete: () => actions }],
    options,
    examples: [
      { why: 'Install it', line: 'cf-audit plugin install\ncf audit user-access demo-org' },
      { why: 'Is it installed, and does it run this version?', line: 'cf-audit plugin status' },
    ],
    notes: [
      {
        heading: 'What a plugin loses',
        text: "cf turns every exit code but 0 into 1; the last line on stderr has the real one. cf takes -h and -v for itself: use 'cf audit help COMMAND' and --verbose.",
      },
    ],
    run: (args, open) => runPlugin(args, open, commands),
  })

async function runPlugin(
  args: Parsed<typeof options>,
  open: Open,
  commands: () => readonly CommandEntry[],
): Promise<void> {
  const [action] = args.words
  // The launcher runs this, when cf asks it what it is.
  const port = /^send-metadata:(\d{1,5})$/.exec(action ?? '')?.[1]
  if (port !== undefined) return sendMetadata(Number(port), metadataOf(open(args).version, commands()))
  if (action === undefined) throw new UsageError('no action given.', `Use one of ${actions.join(', ')}.`)
  const known = oneOf('action', action, actions)
  if (process.platform === 'win32') {
    throw new UsageError(
      'cf on Windows runs only .exe files as plugins, and cf-audit is a script.',
      'Use cf-audit itself: the commands are the same.',
    )
  }
  const context = open(args)
  const { messages, version } = context
  const cf = await context.cf(connectionOf(args))
  if (known === 'install') {
    const path = join(tmpdir(), `cf-audit-plugin-${process.pid}`)
    try {
      const cli = await realpath(process.argv[1] ?? '')
      await writeFile(path, launcher(process.execPath, cli), { flag: 'wx', mode: 0o700 })
      await cf.installPlugin(path)
    } catch (error) {
      throw notWritable(path, error, 'Set TMPDIR to a folder that you may write.')
    } finally {
      await rm(path, { force: true })
    }
    messages.success(
      `Installed: 'cf ${pluginCommand}' runs cf-audit ${version}. Try: cf ${pluginCommand} help`,
    )
    return
  }
  const installed = (await cf.plugins()).find(({ name }) => name === pluginName)
  if (known === 'uninstall') {
    if (installed === undefined) throw new UsageError('the plugin is not installed.', 'Nothing to do.')
    await cf.uninstallPlugin(pluginName)
    messages.success('Uninstalled.')
    return
  }
  if (installed === undefined) {
    messages.info("Not installed. Install it with 'cf-audit plugin install'.")
    return
  }
  const isCurrent = installed.version === versionOf(version).join('.')
  messages.info(
    isCurrent
      ? `Installed, version ${installed.version}.`
      : `Installed by version ${installed.version}, and this is ${version}. Run 'cf-audit plugin install' for its help.`,
  )
}

/** `1.0.0-rc.1` as `cf` takes it. */
function versionOf(version: string): Version {
  const [major = 0, minor = 0, build = 0] = version.split(/[.-]/).map(part => Number.parseInt(part, 10) || 0)
  return [major, minor, build]
}

/** What `cf plugins` and `cf help audit` show. */
function metadataOf(version: string, commands: readonly CommandEntry[]): PluginMetadata {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const list = commands.map(({ name, summary }) => `   ${name.padEnd(width)}   ${summary}`).join('\n')
  return {
    name: pluginName,
    version: versionOf(version),
    command: {
      name: pluginCommand,
      help: 'Audit an org: who got access, which routes and services changed, and is the list complete?',
      usage: `cf ${pluginCommand} COMMAND [ORG] [OPTIONS]\n\nCOMMANDS:\n${list}\n\nEXAMPLES:\n   cf ${pluginCommand} user-access demo-org --month last\n   cf ${pluginCommand} help user-access\n\n   cf ${pluginCommand} alone asks what you want to know.`,
    },
  }
}

/**
 * The plugin: a shell script, because `cf` copies one file. `cf` runs it with a port, then SendMetadata,
 * CLI-MESSAGE-UNINSTALL, or the command and its words.
 * @param node the path of Node.js.
 * @param cli the path of cf-audit, which that runs.
 */
export function launcher(node: string, cli: string): string {
  return `#!/bin/sh
# Written by 'cf-audit plugin install'.
node=${posixWord(node)}
cli=${posixWord(cli)}
port=$1
shift
if [ "$1" = CLI-MESSAGE-UNINSTALL ]; then exit 0; fi
for file in "$node" "$cli"; do
  if [ ! -f "$file" ]; then
    printf '%s\\n' "cf audit cannot run: $file no longer exists." \\
      "Install cf-audit again (npm install --global cf-audit), then run 'cf-audit plugin install'." >&2
    exit 1
  fi
done
if [ "$1" = SendMetadata ]; then exec "$node" "$cli" plugin "send-metadata:$port"; fi
shift
"$node" "$cli" "$@"
code=$?
if [ "$code" -gt 1 ]; then printf '%s\\n' "cf-audit: exit code $code" >&2; fi
exit "$code"
`
}
