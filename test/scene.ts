import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Foundation, type FoundationOptions, startFoundation } from './foundation/foundation.ts'
import { type InstalledCf, type InstallOptions, installCf } from './foundation/install-cf.ts'
import { type Sample, sampleFoundation } from './foundation/sample.ts'

/** A foundation, a sample in it, and a `cf` that is logged in to it. */
export interface Scene {
  readonly foundation: Foundation
  readonly sample: Sample
  readonly cf: InstalledCf
  close(): Promise<void>
}

/** What a scene is made of; by default the user is an Org Auditor of demo-org, and the version of `cf` is 8.18.4. */
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

/** The environment of a run: that of this machine, with the installed `cf` first, and its own folders. */
export function environment(cf: InstalledCf): NodeJS.ProcessEnv {
  // How much of src a built run executes cannot be counted, and takes time.
  const { CF_TRACE, CF_COLOR, CF_AUDIT_CF, FORCE_COLOR, NODE_V8_COVERAGE, ...rest } = process.env
  return { ...rest, ...cf.env, CF_AUDIT_CACHE: join(cf.home, 'cache'), TMPDIR: temporaryFolder(cf) }
}

/** The folder for temporary files of runs with a `cf`, and of nothing else. */
export function temporaryFolder(cf: InstalledCf): string {
  const folder = join(dirname(cf.home), 'tmp')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A real `cf` to run the same tests through; undefined when CF_AUDIT_TEST_CF names none. */
export const realCf = process.env.CF_AUDIT_TEST_CF || undefined

/** Runs a test in a folder of its own, which is gone afterwards. */
export const inFolder = (test: (folder: string) => Promise<void>) => async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cf-audit-test-'))
  try {
    await test(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
