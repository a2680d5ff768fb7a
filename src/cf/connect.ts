import type { AuditError } from '../errors.ts'
import { type CfVersion, findCf, recallVersion, versionOf } from './binary.ts'
import { type Curl, createCurl } from './curl.ts'
import type { Installation, Namesake } from './installation.ts'
import { type CfLanes, createLanes, oneByOne } from './lanes.ts'
import { type Login, savedLogin } from './login.ts'
import { createRunCf } from './run.ts'
import { orgGuid, orgs, reasonForSilence, type Target, target, targetedOrg, tokenExpiry } from './session.ts'
import type { Settings } from './settings.ts'

/** The installed `cf`, as far as we use it. */
export interface Cf {
  /** Its path. */
  readonly bin: string
  readonly curl: Curl
  /** How many calls may run side by side, at most `most`; without this call, one. */
  lanes(most: number): CfLanes
  orgGuid(name: string): Promise<string>
  /** Runs nothing; undefined when the file of `cf` does not say. */
  savedLogin(): Promise<Login | undefined>
  target(): Promise<Target>
  targetedOrg(): Promise<string>
  /** By name. */
  orgs(): Promise<string[]>
  reasonForSilence(orgName: string | undefined): Promise<AuditError | undefined>
  installation(): Promise<Installation>
  namesakes(): Promise<Namesake[]>
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
}

// A program that we only ask its name need not be waited for.
const namesakeMs = 10_000

/** Finds `cf`. Nothing is run before it is needed. */
export async function connect({ bin: asked, ...options }: ConnectOptions): Promise<Cf> {
  const bin = await findCf(asked, options.env)
  let width = () => 1
  const runCf = oneByOne(createRunCf({ bin, ...options }), () => width())
  // It is needed when the first `cf` has answered: it is read meanwhile.
  const recalled = recallVersion(bin, options.env)
  recalled.catch(() => {}) // Whoever needs it is told.
  let known: Promise<CfVersion> | undefined
  const version = () => {
    known ??= versionOf(bin, runCf, options.env, recalled)
    return known
  }
  return {
    bin,
    curl: createCurl(runCf, version),
    lanes(most) {
      const lanes = createLanes({ most, version, tokenExpiry: () => tokenExpiry(runCf), now: options.now })
      width = lanes.width
      return lanes
    },
    orgGuid: name => orgGuid(runCf, name),
    savedLogin: () => savedLogin(options.env),
    target: () => target(runCf),
    targetedOrg: () => targetedOrg(runCf),
    orgs: () => orgs(runCf),
    reasonForSilence: name => reasonForSilence(runCf, name),
    async installation() {
      const { askInstallation } = await import('./installation.ts')
      return askInstallation(bin, runCf, options.env)
    },
    async namesakes() {
      const { askNamesakes } = await import('./installation.ts')
      const timeoutMs = Math.min(options.timeoutMs, namesakeMs)
      return askNamesakes(bin, other => createRunCf({ ...options, bin: other, timeoutMs }), options.env)
    },
    async settings() {
      const { readSettings } = await import('./settings.ts')
      return readSettings(options.env, process.cwd())
    },
  }
}
