import { spawn } from 'node:child_process'
import type { Run } from './run.ts'

/** Runs lines in a real bash, as if they were pasted, while the foundation of this process answers. */
export async function runShell(
  text: string,
  { cwd, env }: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv },
): Promise<Run> {
  const child = spawn('bash', ['--norc', '-s'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(text)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
  const code = await new Promise<number | null>(done => child.on('close', done))
  return { code, stdout, stderr }
}
