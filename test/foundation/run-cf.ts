import { spawn } from 'node:child_process'
import type { InstalledCf } from './install-cf.ts'
import { readStandIn, runStandIn } from './stand-in.ts'

export interface CfRun {
  stdout: string
  stderr: string
  /** Null when it was killed, or would have to be. */
  code: number | null
}

/** Runs an installed cf: a stand-in in this process, any other as a program would. */
export const runCf = async (
  cf: InstalledCf,
  args: string[],
  options: { env?: Record<string, string>; killAfterMs?: number } = {},
): Promise<CfRun> => {
  const standIn = readStandIn(cf.bin)
  if (standIn === undefined) return spawnCf(cf, args, options)
  const { now, wait } = cf.clock
  const env = { ...standardEnv, ...cf.env, ...options.env }
  const { stdout, stderr, code = null } = await runStandIn(standIn, args, { env, now, wait })
  return { stdout: stdout.toString(), stderr: stderr.toString(), code }
}

const standardEnv = { CF_TRACE: 'false', CF_COLOR: 'false' }

/** Runs it as a program would: no terminal, stdin closed. Killed after `killAfterMs`. */
export const spawnCf = (
  cf: InstalledCf,
  args: string[],
  options: { env?: Record<string, string>; killAfterMs?: number } = {},
): Promise<CfRun> =>
  new Promise((resolve, reject) => {
    const child = spawn(cf.bin, args, {
      env: { ...standardEnv, ...cf.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', chunk => stdout.push(chunk))
    child.stderr.on('data', chunk => stderr.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), options.killAfterMs ?? 120_000)
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code })
    })
  })
