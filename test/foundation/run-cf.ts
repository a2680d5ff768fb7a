import { spawn } from 'node:child_process'
import type { InstalledCf } from './install-cf.ts'

export interface CfRun {
  stdout: string
  stderr: string
  /** Null when it was killed. */
  code: number | null
}

/** Runs an installed cf as a program would: no terminal, stdin closed. Killed after `killAfterMs`. */
export const runCf = (
  cf: InstalledCf,
  args: string[],
  options: { env?: Record<string, string>; killAfterMs?: number } = {},
): Promise<CfRun> =>
  new Promise((resolve, reject) => {
    const child = spawn(cf.bin, args, {
      env: { CF_TRACE: 'false', CF_COLOR: 'false', ...cf.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', chunk => stdout.push(chunk))
    child.stderr.on('data', chunk => stderr.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), options.killAfterMs ?? 30_000)
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code })
    })
  })
