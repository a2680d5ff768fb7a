import { Failed } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { errorFromCfOutput } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/** A plugin that `cf` has installed. */
export interface InstalledPlugin {
  readonly name: string
  /** As `cf` shows it: `1.2.3`, or `N/A`. */
  readonly version: string
  readonly command: string
}

/** The plugins of this user, by `cf plugins`: a row for each command, in the order name, version, command. */
export async function plugins(runCf: RunCf): Promise<InstalledPlugin[]> {
  const ran = await runCf(['plugins'])
  if (ran.exitCode !== 0) throw failure(ran, 'cf plugins')
  return ran.stdout
    .toString('utf8')
    .split(/\r?\n/)
    .map(line => /^(\S+) {2,}(\S+) {2,}(\S+)/.exec(line))
    .filter(row => row !== null)
    .map(([, name, version, command]) => ({ name: name!, version: version!, command: command! }))
}

/** Installs a plugin, or replaces the one of the same name. `cf` runs it for its metadata. */
export async function installPlugin(runCf: RunCf, path: string): Promise<void> {
  const ran = await runCf(['install-plugin', path, '-f'])
  if (ran.exitCode !== 0) throw failure(ran, 'cf install-plugin')
}

export async function uninstallPlugin(runCf: RunCf, name: string): Promise<void> {
  const ran = await runCf(['uninstall-plugin', name])
  if (ran.exitCode !== 0) throw failure(ran, 'cf uninstall-plugin')
}

function failure({ stdout, stderr }: RunResult, call: string): Error {
  const printed = stdout.toString('utf8')
  const known = errorFromCfOutput(printed) ?? errorFromCfOutput(stderr)
  if (known !== undefined) return known
  const said = redactedExcerpt(
    `${stderr}\n${printed}`.replace(/^(FAILED|Attention: .*|Install and use .*)$/gm, ''),
  )
  return new Failed(`${call} failed: ${said || 'it printed no reason'}`, 'Run the same call with cf itself.')
}
