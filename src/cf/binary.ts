import { realpath, stat } from 'node:fs/promises'
import which from 'which'
import { jsonCache } from '../cache.ts'
import { AuditError, CfUnusable, Interrupted } from '../errors.ts'
import { redactedExcerpt, redactSecrets } from '../text.ts'
import { errorFromCfOutput } from './error-messages.ts'
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
export async function findOtherCfs(bin: string, env: NodeJS.ProcessEnv): Promise<string[]> {
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
  recalled = cachedVersion(bin, env),
): Promise<CfVersion> {
  const version = await recalled
  if (version !== 'unknown') return version
  const { stdout } = await runCf(['version'])
  return parseVersion(await cacheVersion(bin, stdout, env))
}

/** The version that is remembered of a binary as it is now. Nothing is run. */
export async function cachedVersion(bin: string, env: NodeJS.ProcessEnv): Promise<CfVersion> {
  const [{ size, mtimeMs }, all] = await Promise.all([
    stat(bin),
    jsonCache<Known>('versions.json', env).read(),
  ])
  const known = all[bin]
  return known?.size === size && known.mtimeMs === mtimeMs ? parseVersion(known.line) : 'unknown'
}

/** Remembers what `cf version` printed, and gives it back as the line that is remembered. */
export async function cacheVersion(bin: string, stdout: Buffer, env: NodeJS.ProcessEnv): Promise<string> {
  // A wrapper may print more than the version.
  const line = redactSecrets(stdout.subarray(0, 200).toString('utf8').trim())
  // Only a version that was understood is worth remembering.
  if (parseVersion(line) !== 'unknown') {
    const { size, mtimeMs } = await stat(bin)
    const cache = jsonCache<Known>('versions.json', env)
    await cache.write({ ...(await cache.read()), [bin]: { size, mtimeMs, line } })
  }
  return line
}

/** What a binary said about itself, and by what it is known again. */
interface Known {
  readonly size: number
  readonly mtimeMs: number
  readonly line: string
}

/** What a program named `cf` says it is. */
export interface CfVersionInfo {
  /** What `cf version` prints, on one line; '' when that is nothing. */
  readonly says: string
  readonly version: CfVersion
  readonly knownBugs: readonly KnownBug[]
}

/** Another program on PATH that goes by a name of `cf`. */
export interface OtherCf {
  readonly path: string
  /** What it prints when it is asked for its version; '' when that is nothing, or when it cannot be run. */
  readonly says: string
  readonly isCloudFoundry: boolean
}

/**
 * Asks a `cf` what it is, remembered or not.
 * @throws AuditError when it cannot be run, does not end, or fails for a reason that its words tell.
 */
export async function versionInfo(bin: string, runCf: RunCf, env: NodeJS.ProcessEnv): Promise<CfVersionInfo> {
  const { stdout, stderr, exitCode } = await runCf(['version'])
  const line = await cacheVersion(bin, stdout, env)
  const version = parseVersion(line)
  if (version === 'unknown' && exitCode !== 0) {
    const reason = errorFromCfOutput(line) ?? errorFromCfOutput(stderr)
    if (reason !== undefined) throw reason
  }
  return {
    says: redactedExcerpt(line, 80) || redactedExcerpt(stderr, 80),
    version,
    knownBugs: knownBugs(version),
  }
}

/** Asks each other program of that name on PATH what it is. */
export async function otherCfs(
  bin: string,
  runnerOf: (bin: string) => RunCf,
  env: NodeJS.ProcessEnv,
): Promise<OtherCf[]> {
  const namesakes: OtherCf[] = []
  for (const path of await findOtherCfs(bin, env)) {
    const says = await runnerOf(path)(['version']).then(
      ({ stdout }) => stdout.subarray(0, 200).toString('utf8').trim(),
      error => {
        if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
        return ''
      },
    )
    // Every command of cf, even this one, stops at a login file that it cannot read.
    const isCloudFoundry = parseVersion(says) !== 'unknown' || says.includes('Error read/writing config')
    namesakes.push({ path, says: redactedExcerpt(says, 80), isCloudFoundry })
  }
  return namesakes
}

/** What is known to be wrong with a version of `cf`. */
export interface KnownBug {
  readonly what: string
  /** What it does to an export: nothing, because we work around it, or something that an update would mend. */
  readonly effect: 'none' | 'costs'
}

type Number3 = readonly [number, number, number]

/** From the first version that has it up to, not including, the one that has it no more. */
const known: readonly (readonly [from: Number3, to: Number3, fault: KnownBug])[] = [
  [
    [0, 0, 0],
    [0, 0, 1], // What a build prints that was given no version.
    { what: 'it was built without a version, so its faults cannot be told', effect: 'costs' },
  ],
  [
    [6, 0, 0],
    [8, 0, 0],
    {
      what: 'it is no longer maintained, and may lose the login when it runs side by side: pages are read one at a time',
      effect: 'costs',
    },
  ],
  [
    [8, 0, 0],
    [8, 7, 11],
    { what: 'it fails at random when it runs side by side: pages are read one at a time', effect: 'costs' },
  ],
  [[6, 0, 0], [7, 0, 0], { what: 'cf org and cf target need API v2', effect: 'none' }],
  [[6, 0, 0], [8, 0, 0], { what: 'it prints warnings behind the answer', effect: 'none' }],
  // util/ui ran text/template over what `cf curl` prints; fixed in v8.17.0.
  [[8, 0, 0], [8, 17, 0], { what: 'cf curl alters answers that hold {{', effect: 'none' }],
  // actor/v7action/curl.go drops the error of a request that got no answer; mended after v8.18.4.
  [[8, 0, 0], [8, 18, 5], { what: 'cf curl is silent about a dead network or session', effect: 'none' }],
]

/** The known faults of a version, those that cost something first. */
export function knownBugs(version: CfVersion): KnownBug[] {
  if (version === 'unknown') return []
  return known.filter(([from, to]) => isAtLeast(version, from) && !isAtLeast(version, to)).map(row => row[2])
}
