import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Foundation, type FoundationOptions, startFoundation } from '../foundation/foundation.ts'
import { type InstalledCf, type InstallOptions, installCf } from '../foundation/install-cf.ts'
import { type Sample, sampleFoundation } from '../foundation/sample.ts'
import { secretsIn, temporaryFolder, tokensOf, whatIsLeft } from './traces.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** What one run of the built tool printed and returned. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a run is told apart from an ordinary one. */
export interface RunOptions {
  readonly env?: Record<string, string | undefined>
  readonly stdin?: string
  readonly cwd?: string
}

/**
 * Runs the built tool with an installed `cf`. Whatever it prints or writes, no token may be in it; and nothing temporary
 * may be left.
 */
export async function run(cf: InstalledCf, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const tokens = [...tokensOf(cf)]
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: options.cwd,
    env: { ...environment(cf), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {}) // It may end without reading.
  child.stdin.end(options.stdin ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
  const code = await new Promise<number | null>(done => child.on('close', done))
  const found = secretsIn(cf, { stdout, stderr }, [...tokens, ...tokensOf(cf)])
  if (found.length > 0) throw new Error(`${args.join(' ')} told a secret: ${found.join(', ')}`)
  const left = whatIsLeft(cf)
  if (left.length > 0) throw new Error(`${args.join(' ')} left ${left.join(', ')}`)
  return { code, stdout, stderr }
}

/** The environment of a run: this machine's, with the installed `cf` first, and folders of its own. */
export function environment(cf: InstalledCf): NodeJS.ProcessEnv {
  const { CF_TRACE, CF_COLOR, CF_AUDIT_CF, FORCE_COLOR, ...rest } = process.env
  return { ...rest, ...cf.env, CF_AUDIT_CACHE: join(cf.home, 'cache'), TMPDIR: temporaryFolder(cf) }
}

/** The path of a file of the tool, for tests that start it themselves. */
export const builtCli = cli

/** A foundation, a sample in it, and a `cf` that is logged in to it. */
export interface Scene {
  readonly foundation: Foundation
  readonly sample: Sample
  readonly cf: InstalledCf
  close(): Promise<void>
}

/** What a scene is made of; the user is an Org Auditor of demo-org and 8.18.4 is the version of `cf` unless said. */
export interface SceneOptions {
  readonly events?: number
  readonly user?: string
  readonly foundation?: FoundationOptions
  readonly cf?: InstallOptions
  readonly targeted?: boolean
}

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const sample = sampleFoundation({ events: options.events ?? 1000 })
  const foundation = await startFoundation({ ...sample, ...options.foundation })
  const session = foundation.login(options.user ?? 'auditor@example.gov')
  const cf = installCf({
    foundation,
    session,
    ...(options.targeted === false ? {} : { org: sample.org }),
    ...options.cf,
  })
  return {
    foundation,
    sample,
    cf,
    async close() {
      cf.remove()
      await foundation.close()
    },
  }
}

/** Opens a scene for the length of `use`. */
export async function withScene<T>(options: SceneOptions, use: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await openScene(options)
  try {
    return await use(scene)
  } finally {
    await scene.close()
  }
}

/** A real `cf` to run the same tests through; undefined when CF_AUDIT_TEST_CF names none. */
export const realCf = process.env.CF_AUDIT_TEST_CF || undefined
