import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { InstalledCf } from '../foundation/install-cf.ts'
import type { Run, RunOptions } from '../run.ts'
import { environment } from '../scene.ts'
import { secretsIn, tokensOf, whatIsLeft } from '../traces.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
if (!existsSync(cli)) throw new Error('dist/ is missing: run npm run build first.')

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

/** The path of a file of the tool, for tests that start it themselves. */
export const builtCli = cli
