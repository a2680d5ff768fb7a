import { AuditError, Interrupted } from '../errors.ts'
import { excerpt } from '../plain.ts'
import { type CfVersion, findNamesakes, parseVersion, rememberVersion } from './binary.ts'
import { meaningOf } from './failures.ts'
import { type Fault, faultsOf } from './faults.ts'
import type { RunCf } from './run.ts'

/** What a program named `cf` says it is. */
export interface Installation {
  /** What `cf version` prints, on one line; '' when that is nothing. */
  readonly says: string
  readonly version: CfVersion
  readonly faults: readonly Fault[]
}

/** Another program on PATH that goes by a name of `cf`. */
export interface Namesake {
  readonly path: string
  /** What it prints when it is asked for its version; '' when that is nothing, or when it cannot be run. */
  readonly says: string
  readonly isCloudFoundry: boolean
}

/**
 * Asks a `cf` what it is, remembered or not.
 * @throws AuditError when it cannot be run, does not end, or fails for a reason that its words tell.
 */
export async function askInstallation(
  bin: string,
  runCf: RunCf,
  env: NodeJS.ProcessEnv,
): Promise<Installation> {
  const { stdout, stderr, exitCode } = await runCf(['version'])
  const line = await rememberVersion(bin, stdout, env)
  const version = parseVersion(line)
  if (version === 'unknown' && exitCode !== 0) {
    const reason = meaningOf(line) ?? meaningOf(stderr)
    if (reason !== undefined) throw reason
  }
  return { says: excerpt(line, 80) || excerpt(stderr, 80), version, faults: faultsOf(version) }
}

/** Asks each other program of that name on PATH what it is. */
export async function askNamesakes(
  bin: string,
  runnerOf: (bin: string) => RunCf,
  env: NodeJS.ProcessEnv,
): Promise<Namesake[]> {
  const namesakes: Namesake[] = []
  for (const path of await findNamesakes(bin, env)) {
    const says = await runnerOf(path)(['version']).then(
      ({ stdout }) => stdout.subarray(0, 200).toString('utf8').trim(),
      error => {
        if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
        return ''
      },
    )
    // Every command of cf, even this one, stops at a login file that it cannot read.
    const isCloudFoundry = parseVersion(says) !== 'unknown' || says.includes('Error read/writing config')
    namesakes.push({ path, says: excerpt(says, 80), isCloudFoundry })
  }
  return namesakes
}
