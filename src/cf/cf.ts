import type { AuditError } from '../errors.ts'
import {
  type CfVersion,
  type CfVersionInfo,
  cachedVersion,
  findCf,
  type OtherCf,
  versionOf,
} from './binary.ts'
import {
  diagnoseEmptyOutput,
  orgGuid,
  orgs,
  type Target,
  target,
  targetedOrg,
  tokenExpiry,
} from './commands.ts'
import { type CfConcurrency, createConcurrency, serialize } from './concurrency.ts'
import { type Login, type Settings, savedLogin } from './config-file.ts'
import { type Curl, createCurl } from './curl.ts'
import { createRunCf as createSpawningRunCf } from './run.ts'

/** The installed `cf`, as far as we use it. */
export interface Cf {
  /** Its path. */
  readonly bin: string
  readonly curl: Curl
  /** How many calls may run side by side, at most `most`; without this call, one. */
  concurrency(most: number): CfConcurrency
  orgGuid(name: string): Promise<string>
  /** Runs nothing; undefined when the file of `cf` does not say. */
  savedLogin(): Promise<Login | undefined>
  target(): Promise<Target>
  targetedOrg(): Promise<string>
  /** By name. */
  orgs(): Promise<string[]>
  diagnoseEmptyOutput(orgName: string | undefined): Promise<AuditError | undefined>
  versionInfo(): Promise<CfVersionInfo>
  otherCfs(): Promise<OtherCf[]>
  settings(): Promise<Settings>
}

/** Which `cf`, and how. */
export interface ConnectOptions {
  /** `--cf`. */
  readonly bin: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onCall: (args: readonly string[], ms: number, outcome: string) => void
  /** How `cf` is run; undefined: as a process. */
  readonly createRunCf?: typeof createSpawningRunCf | undefined
}

// A program that we only ask its name need not be waited for.
const namesakeMs = 10_000

/** Finds `cf`. Nothing is run before it is needed. */
export async function connect({ bin: asked, ...options }: ConnectOptions): Promise<Cf> {
  const bin = await findCf(asked, options.env)
  const createRunCf = options.createRunCf ?? createSpawningRunCf
  let limit = () => 1
  const runCf = serialize(createRunCf({ bin, ...options }), () => limit())
  // It is needed when the first `cf` has answered: it is read meanwhile.
  const recalled = cachedVersion(bin, options.env)
  recalled.catch(() => {}) // Whoever needs it is told.
  let known: Promise<CfVersion> | undefined
  const version = () => {
    known ??= versionOf(bin, runCf, options.env, recalled)
    return known
  }
  return {
    bin,
    curl: createCurl(runCf, version),
    concurrency(most) {
      const lanes = createConcurrency({
        most,
        version,
        tokenExpiry: () => tokenExpiry(runCf),
        now: options.now,
      })
      limit = lanes.limit
      return lanes
    },
    orgGuid: name => orgGuid(runCf, name),
    savedLogin: () => savedLogin(options.env),
    target: () => target(runCf),
    targetedOrg: () => targetedOrg(runCf),
    orgs: () => orgs(runCf),
    diagnoseEmptyOutput: name => diagnoseEmptyOutput(runCf, name),
    async versionInfo() {
      const { versionInfo } = await import('./binary.ts')
      return versionInfo(bin, runCf, options.env)
    },
    async otherCfs() {
      const { otherCfs } = await import('./binary.ts')
      const timeoutMs = Math.min(options.timeoutMs, namesakeMs)
      return otherCfs(bin, other => createRunCf({ ...options, bin: other, timeoutMs }), options.env)
    },
    async settings() {
      const { readSettings } = await import('./config-file.ts')
      return readSettings(options.env, process.cwd())
    },
  }
}
