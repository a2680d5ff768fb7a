import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { InstalledCf } from './foundation/install-cf.ts'
import { temporaryFolder } from './scene.ts'

// What a run leaves behind: files, processes, and secrets where they do not belong.

/** The temporary files that are still there. */
export function whatIsLeft(cf: InstalledCf): string[] {
  return readdirSync(temporaryFolder(cf))
}

/** The tokens in the login file of a `cf`, however it is printed. */
export function* tokensOf(cf: InstalledCf): Generator<string> {
  if (!existsSync(cf.config)) return
  const text = readFileSync(cf.config, 'utf8')
  for (const [, token] of text.matchAll(/"(?:AccessToken|RefreshToken)":\s*"(?:bearer )?([^"]{12,})"/gi))
    yield token!
}

// Any access token, any refresh token and any cookie of the foundation, whoever got it and when.
const shapes = [/eyJ[\w-]{8,}\.eyJ[\w-]{8,}/, /\b[0-9a-f]{32}-r\b/, /secret-cookie/, /\bbearer [\w-]{8}/i]

/** Where a secret is told: in what was printed, or in a file of the home other than the login file of `cf` itself. */
export function secretsIn(
  cf: InstalledCf,
  printed: Readonly<Record<string, string>>,
  tokens: readonly string[],
): string[] {
  const tells = (text: string) =>
    tokens.some(token => text.includes(token)) || shapes.some(shape => shape.test(text))
  return [
    ...Object.keys(printed).filter(name => tells(printed[name]!)),
    ...filesOf(cf.home)
      .filter(file => !file.startsWith(dirname(cf.config)))
      .filter(file => tells(readFileSync(file, 'latin1')))
      .map(file => relative(cf.home, file)),
  ]
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(file => statSync(file, { throwIfNoEntry: false })?.isFile())
}

/** Whether a process runs. One that has ended may wait for its parent to notice. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = `/proc/${pid}/stat`
    return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/**
 * The processes that were started for a `cf` and are still at work, as far as the system tells (/proc): whatever has its
 * home in its environment. One that was killed may take a moment to be gone.
 */
export async function processesLeft(cf: InstalledCf): Promise<string[]> {
  let left = processesOf(cf)
  for (const end = Date.now() + 3000; left.length > 0 && Date.now() < end; left = processesOf(cf))
    await pause(20)
  return left
}

function processesOf({ home }: InstalledCf): string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`CF_HOME=${home}`)
        return isOurs ? [`${pid} ${readlinkSync(`/proc/${pid}/exe`)}`] : []
      } catch {
        return [] // It has ended, or is somebody else's.
      }
    })
}
