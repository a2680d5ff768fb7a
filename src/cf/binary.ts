import { realpath, stat } from 'node:fs/promises'
import which from 'which'
import { CfUnusable } from '../errors.ts'
import { memoryOf } from './memory.ts'
import { howToName, type RunCf } from './run.ts'

/** The version of a Cloud Foundry CLI; 'unknown' for one that does not say, or for another program of that name. */
export type CfVersion = readonly [major: number, minor: number, patch: number] | 'unknown'

/**
 * The path of the `cf` to run: `--cf`, else CF_AUDIT_CF, else `cf` on PATH, else `cf8`, `cf7` (how Homebrew and Debian
 * name them).
 * @throws CfUnusable when there is none.
 */
export async function findCf(asked: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const named = asked ?? (env.CF_AUDIT_CF || undefined)
  const path = env.PATH ?? env.Path ?? ''
  for (const candidate of named === undefined ? ['cf', 'cf8', 'cf7'] : [named]) {
    const found = await which(candidate, { path, nothrow: true })
    if (found !== null) return found
  }
  if (named === undefined) throw new CfUnusable('There is no cf on your PATH.', howToName)
  throw new CfUnusable(`${named} cannot be run: there is no such program.`, howToName)
}

/** The other programs on PATH that go by a name of `cf`; each once, whatever links lead to it. */
export async function findNamesakes(bin: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const path = env.PATH ?? env.Path ?? ''
  const seen = new Set([await realpath(bin)])
  const others: string[] = []
  for (const name of ['cf', 'cf8', 'cf7', 'cf6']) {
    for (const found of (await which(name, { path, all: true, nothrow: true })) ?? []) {
      const real = await realpath(found)
      if (!seen.has(real)) others.push(found)
      seen.add(real)
    }
  }
  return others
}

/** Reads what `cf version` prints (`cf8 version 8.6.1+b5a352a.2023-02-27`, v6 and wrappers alike). */
export function parseVersion(text: string): CfVersion {
  const match = /\bversion v?(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+\S+)?\s*$/m.exec(text)
  return match === null ? 'unknown' : [Number(match[1]), Number(match[2]), Number(match[3])]
}

/** Whether `version` is at least `least`; an unknown version is not. */
export function isAtLeast(version: CfVersion, least: readonly [number, number, number]): boolean {
  if (version === 'unknown') return false
  for (const [index, number] of version.entries()) {
    if (number !== least[index]) return number > least[index]!
  }
  return true
}

/**
 * The version of a binary, asked once and remembered by path, size and time of change: `cf version` costs as much as
 * starting `cf` for a page, and the answer changes only with the file.
 */
export async function versionOf(
  bin: string,
  runCf: RunCf,
  env: NodeJS.ProcessEnv,
  recalled = recallVersion(bin, env),
): Promise<CfVersion> {
  const version = await recalled
  if (version !== 'unknown') return version
  const { stdout } = await runCf(['version'])
  return parseVersion(await rememberVersion(bin, stdout, env))
}

/** The version that is remembered of a binary as it is now. Nothing is run. */
export async function recallVersion(bin: string, env: NodeJS.ProcessEnv): Promise<CfVersion> {
  const [{ size, mtimeMs }, all] = await Promise.all([
    stat(bin),
    memoryOf<Known>('versions.json', env).recall(),
  ])
  const known = all[bin]
  return known?.size === size && known.mtimeMs === mtimeMs ? parseVersion(known.line) : 'unknown'
}

/** Remembers what `cf version` printed, and gives it back as the line that is remembered. */
export async function rememberVersion(bin: string, stdout: Buffer, env: NodeJS.ProcessEnv): Promise<string> {
  const line = stdout.subarray(0, 200).toString('utf8').trim()
  // Only a version that was understood is worth remembering.
  if (parseVersion(line) !== 'unknown') {
    const { size, mtimeMs } = await stat(bin)
    const memory = memoryOf<Known>('versions.json', env)
    await memory.remember({ ...(await memory.recall()), [bin]: { size, mtimeMs, line } })
  }
  return line
}

/** What a binary said about itself, and by what it is known again. */
interface Known {
  readonly size: number
  readonly mtimeMs: number
  readonly line: string
}
