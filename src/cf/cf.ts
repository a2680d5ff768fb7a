import type { AuditError } from '../errors.ts'
import { type CfVersionInfo, findCf, identifyCf, type OtherCf, otherCfs } from './binary.ts'
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
import { type Login, readSettings, type Settings, savedLogin } from './config-file.ts'
import { type Curl, createCurl } from './curl.ts'
import { type InstalledPlugin, installPlugin, plugins, uninstallPlugin } from './plugin.ts'
import { createRunCf as createSpawningRunCf } from './run.ts'

/** What we use of the installed `cf`. */
export interface Cf {
  /** Its path. */
  readonly bin: string
  readonly curl: Curl
  /** How many calls may run at once, at most `most`; before this is called, one. */
  concurrency(most: number): CfConcurrency
  orgGuid(name: string): Promise<string>
  /** From the login file; undefined if it cannot be read, or this `cf` uses another one. */
  savedLogin(): Promise<Login | undefined>
  target(): Promise<Target>
  targetedOrg(): Promise<string>
  /** By name. */
  orgs(): Promise<string[]>
  diagnoseEmptyOutput(orgName: string | undefined): Promise<AuditError | undefined>
  versionInfo(): Promise<CfVersionInfo>
  otherCfs(): Promise<OtherCf[]>
  settings(): Promise<Settings>
  plugins(): Promise<InstalledPlugin[]>
  installPlugin(path: string): Promise<void>
  uninstallPlugin(name: string): Promise<void>
}

/** Which `cf`, and how to run it. */
export interface ConnectOptions {
  /** `--cf`. */
  readonly bin: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onCall: (args: readonly string[], ms: number, outcome: string) => void
  /** Holds each call until its process has ended. */
  readonly calls?: Set<Promise<unknown>>
  /** How `cf` is run; undefined: as a process. */
  readonly createRunCf?: typeof createSpawningRunCf | undefined
}

// The most that another program named cf may take for its version, in milliseconds.
const otherCfMs = 10_000

/** Finds `cf`. Nothing is run before it is needed. */
export async function connect({ bin: asked, ...options }: ConnectOptions): Promise<Cf> {
  const { env, now, createRunCf = createSpawningRunCf } = options
  const bin = await findCf(asked, env)
  const runOne = createRunCf({ bin, ...options })
  let concurrency: CfConcurrency | undefined
  const runCf = serialize(
    args => runOne(args).finally(() => concurrency?.afterCall()),
    () => concurrency?.limit() ?? 1,
  )
  const identity = identifyCf(bin, runCf, env)
  const login = async () => ((await identity.usesLoginFile()) ? savedLogin(env) : undefined)
  return {
    bin,
    curl: createCurl(runCf, identity.version),
    concurrency(most) {
      concurrency = createConcurrency({
        most,
        now,
        version: identity.version,
        savedExpiry: async () => (await login())?.tokenExpiry,
        tokenExpiry: () => tokenExpiry(runCf),
      })
      return concurrency
    },
    orgGuid: name => orgGuid(runCf, name),
    savedLogin: login,
    target: () => target(runCf),
    targetedOrg: () => targetedOrg(runCf),
    orgs: () => orgs(runCf),
    diagnoseEmptyOutput: name => diagnoseEmptyOutput(runCf, name),
    versionInfo: identity.versionInfo,
    otherCfs() {
      const timeoutMs = Math.min(options.timeoutMs, otherCfMs)
      return otherCfs(bin, other => createRunCf({ ...options, bin: other, timeoutMs }), env)
    },
    settings: () => readSettings(env, process.cwd()),
    plugins: () => plugins(runCf),
    installPlugin: path => installPlugin(runCf, path),
    uninstallPlugin: name => uninstallPlugin(runCf, name),
  }
}
