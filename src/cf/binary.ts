import { existsSync } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fieldsOf, jsonCache } from '../cache.ts'
import { CfUnusable, isSystemError, recoverable } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { loginFileStamp } from './config-file.ts'
import { errorFromCfOutput } from './error-messages.ts'
import { howToName, programs, type RunCf } from './run.ts'

/** The version of a Cloud Foundry CLI; 'unknown' when it does not print one, or is another program of that name. */
export type CfVersion = readonly [major: number, minor: number, patch: number] | 'unknown'

/**
 * The path of the `cf` to run: `--cf`, else CF_AUDIT_CF, else `cf` on PATH, else `cf8`, `cf7` (the names that Homebrew
 * and Debian use).
 * @throws CfUnusable when there is none.
 */
export async function findCf(asked: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const named = asked ?? (env.CF_AUDIT_CF || undefined)
  for (const candidate of named === undefined ? ['cf', 'cf8', 'cf7'] : [named]) {
    const [found] = programs(candidate, env)
    if (found !== undefined) return found
  }
  if (named === undefined) throw new CfUnusable('There is no cf on your PATH.', howToName)
  const why = existsSync(named) ? 'it is not executable' : 'no such program'
  throw new CfUnusable(`Cannot run ${named}: ${why}.`, howToName)
}

/** The other programs on PATH that are named like `cf`; each once, even where several links lead to it. */
export async function findOtherCfs(bin: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const seen = new Set([await realpath(bin)])
  const others: string[] = []
  for (const name of ['cf', 'cf8', 'cf7', 'cf6']) {
    for (const found of programs(name, env)) {
      const real = await realpath(found)
      if (!seen.has(real)) others.push(found)
      seen.add(real)
    }
  }
  return others
}

const versionPattern = /\bversion v?(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+\S+)?\s*$/m

/** Reads what `cf version` prints (`cf8 version 8.6.1+b5a352a.2023-02-27`, v6 and wrappers alike). */
export function parseVersion(text: string): CfVersion {
  const match = versionPattern.exec(text)
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

/** What kind of program a `cf` is. */
export interface CfIdentity {
  /** Asks the program itself, unless its version is in the cache. */
  version(): Promise<CfVersion>
  /** Asks the program itself. */
  versionInfo(): Promise<CfVersionInfo>
  /**
   * Whether its login is in the file that the environment names. A wrapper may run `cf` in a container, for another user,
   * or with another CF_HOME.
   */
  usesLoginFile(): Promise<boolean>
}

/** Identifies a `cf`; runs `cf version` at most once. */
export function identifyCf(bin: string, runCf: RunCf, env: NodeJS.ProcessEnv): CfIdentity {
  // Read while the first call of cf runs.
  const native = nativeBinary(bin)
  const cached = native.then(file => (file === undefined ? 'unknown' : cachedVersion(file, env)))
  cached.catch(() => {}) // version() throws it.
  let asked: Promise<VersionAnswer> | undefined
  const ask = () => {
    asked ??= askVersion(runCf, env).then(async answer => {
      const file = await native
      // A wrapper may print more than the version, secrets too.
      const line = versionPattern.exec(answer.line)?.[0].trim()
      if (file !== undefined && line !== undefined) await cacheVersion(file, line, env)
      return answer
    })
    return asked
  }
  return {
    async version() {
      const version = asked === undefined ? await cached : 'unknown'
      return version === 'unknown' ? (await ask()).version : version
    },
    versionInfo: async () => infoFrom(await ask()),
    async usesLoginFile() {
      if ((await native) !== undefined) return true
      const { version, wroteLoginFile } = await ask()
      return version !== 'unknown' && wroteLoginFile
    },
  }
}

/** A native executable named `cf`: its version changes only when its file does. */
interface NativeBinary {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

/** @returns undefined for a script, a shim of a version manager, or a link to one: its version can change at any time. */
async function nativeBinary(bin: string): Promise<NativeBinary | undefined> {
  try {
    const path = await realpath(bin)
    if (!/^cf[6-9]?(\.exe)?$/i.test(basename(path)) || !(await isExecutableFormat(path))) return undefined
    const { size, mtimeMs, ctimeMs } = await stat(path)
    return { path, size, mtimeMs, ctimeMs }
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

// ELF; Mach-O in both byte orders and with several architectures; PE.
const magics = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', 'bebafeca', '4d5a']

async function isExecutableFormat(path: string): Promise<boolean> {
  const file: FileHandle = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return magics.some(magic => buffer.toString('hex').startsWith(magic))
  } finally {
    await file.close()
  }
}

/** What a native `cf` answered to `cf version`, and the file that it was then. */
interface CachedVersion {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly line: string
}

const versionCache = (env: NodeJS.ProcessEnv) =>
  jsonCache<CachedVersion>('versions.json', env, value => {
    const { size, mtimeMs, ctimeMs, line } = fieldsOf(value)
    if (typeof size !== 'number' || typeof mtimeMs !== 'number' || typeof ctimeMs !== 'number')
      return undefined
    return typeof line === 'string' ? { size, mtimeMs, ctimeMs, line } : undefined
  })

async function cachedVersion(file: NativeBinary, env: NodeJS.ProcessEnv): Promise<CfVersion> {
  const known = (await versionCache(env).read())[file.path]
  const isSame = known?.size === file.size && known.mtimeMs === file.mtimeMs && known.ctimeMs === file.ctimeMs
  return isSame ? parseVersion(known.line) : 'unknown'
}

async function cacheVersion(file: NativeBinary, line: string, env: NodeJS.ProcessEnv): Promise<void> {
  const cache = versionCache(env)
  const { path, size, mtimeMs, ctimeMs } = file
  const { [path]: _, ...others } = await cache.read()
  await cache.write({ ...others, [path]: { size, mtimeMs, ctimeMs, line } })
}

interface VersionAnswer {
  /** The beginning of what it printed. */
  readonly line: string
  readonly version: CfVersion
  readonly stderr: string
  readonly exitCode: number | undefined
  readonly wroteLoginFile: boolean
}

async function askVersion(runCf: RunCf, env: NodeJS.ProcessEnv): Promise<VersionAnswer> {
  const before = await loginFileStamp(env)
  const { stdout, stderr, exitCode } = await runCf(['version'])
  const wroteLoginFile = before !== (await loginFileStamp(env))
  const line = stdout.subarray(0, 1000).toString('utf8').trim()
  return { line, version: parseVersion(line), stderr, exitCode, wroteLoginFile }
}

/** What a program named `cf` prints about itself. */
export interface CfVersionInfo {
  /** What `cf version` prints, on one line; '' when it prints nothing. */
  readonly says: string
  readonly version: CfVersion
  readonly knownBugs: readonly KnownBug[]
}

/** @throws AuditError when the program failed for a reason that we know. */
function infoFrom({ line, version, stderr, exitCode }: VersionAnswer): CfVersionInfo {
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

/** Another program on PATH that is named like `cf`. */
export interface OtherCf {
  readonly path: string
  /** What it prints for `version`; '' when it prints nothing, or cannot be run. */
  readonly says: string
  readonly isCloudFoundry: boolean
}

/** Asks each of the other programs on PATH for its version. */
export async function otherCfs(
  bin: string,
  runnerOf: (bin: string) => RunCf,
  env: NodeJS.ProcessEnv,
): Promise<OtherCf[]> {
  const others: OtherCf[] = []
  for (const path of await findOtherCfs(bin, env)) {
    const says = await runnerOf(path)(['version']).then(
      ({ stdout }) => stdout.subarray(0, 200).toString('utf8').trim(),
      error => {
        recoverable(error)
        return ''
      },
    )
    // Every command of cf stops at a login file that it cannot read, cf version too.
    const isCloudFoundry = parseVersion(says) !== 'unknown' || says.includes('Error read/writing config')
    others.push({ path, says: redactedExcerpt(says, 80), isCloudFoundry })
  }
  return others
}

/** A known bug of a version of `cf`. */
export interface KnownBug {
  readonly what: string
  /** 'none': worked around. 'costs': it makes exports slower; an update helps. */
  readonly effect: 'none' | 'costs'
}

type Number3 = readonly [number, number, number]

/** From the first version that has the bug, up to but not including the one that fixed it. */
const known: readonly (readonly [from: Number3, to: Number3, bug: KnownBug])[] = [
  [
    [0, 0, 0],
    [0, 0, 1], // What a build without a version number prints.
    { what: 'it was built without a version number, so its known bugs cannot be checked', effect: 'costs' },
  ],
  [
    [6, 0, 0],
    [8, 0, 0],
    {
      what: 'it is no longer maintained, and parallel calls can lose the login: pages are read one at a time',
      effect: 'costs',
    },
  ],
  [
    [8, 0, 0],
    [8, 7, 11],
    { what: 'parallel calls fail at random: pages are read one at a time', effect: 'costs' },
  ],
  [[6, 0, 0], [7, 0, 0], { what: 'cf org and cf target need API v2', effect: 'none' }],
  [[6, 0, 0], [8, 0, 0], { what: 'it prints warnings after the response', effect: 'none' }],
  // util/ui ran text/template over what `cf curl` prints; fixed in v8.17.0.
  [[8, 0, 0], [8, 17, 0], { what: 'cf curl alters responses that contain {{', effect: 'none' }],
  // actor/v7action/curl.go drops the error of a request without a response; fixed after v8.18.4.
  [[8, 0, 0], [8, 18, 5], { what: 'cf curl prints no reason when a request fails', effect: 'none' }],
]

/** The known bugs of a version, costly ones first. */
export function knownBugs(version: CfVersion): KnownBug[] {
  if (version === 'unknown') return []
  return known.filter(([from, to]) => isAtLeast(version, from) && !isAtLeast(version, to)).map(row => row[2])
}
