import type { AuditError } from '../errors.ts'
import { findCf, versionOf } from './binary.ts'
import { type Curl, createCurl } from './curl.ts'
import { createRunCf } from './run.ts'
import { orgGuid, reasonForSilence, type Target, target, targetedOrg } from './session.ts'

/** The installed `cf`, as far as we use it. */
export interface Cf {
  readonly curl: Curl
  orgGuid(name: string): Promise<string>
  target(): Promise<Target>
  targetedOrg(): Promise<string>
  reasonForSilence(orgName: string | undefined): Promise<AuditError | undefined>
}

/** Which `cf`, and how. */
export interface ConnectOptions {
  /** `--cf`. */
  readonly bin: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly onCall: (args: readonly string[], ms: number, outcome: string) => void
}

/** Finds `cf`. Nothing is run before it is needed. */
export async function connect({ bin: asked, ...options }: ConnectOptions): Promise<Cf> {
  const bin = await findCf(asked, options.env)
  const runCf = createRunCf({ bin, ...options })
  let version: ReturnType<typeof versionOf> | undefined
  const curl = createCurl(runCf, () => {
    version ??= versionOf(bin, runCf, options.env)
    return version
  })
  return {
    curl,
    orgGuid: name => orgGuid(runCf, name),
    target: () => target(runCf),
    targetedOrg: () => targetedOrg(runCf),
    reasonForSilence: name => reasonForSilence(runCf, name),
  }
}
