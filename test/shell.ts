import { spawn } from 'node:child_process'
import type { Run } from './run.ts'

interface ShellOptions {
  readonly cwd?: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs lines in a real bash, while the foundation of this process answers. */
export const runShell = (text: string, options: ShellOptions): Promise<Run> => bash(['-c', text], '', options)

/** The same, but the shell reads them as if they were pasted. */
export const pasteIntoShell = (text: string, options: ShellOptions): Promise<Run> =>
  bash(['-s'], text, options)

async function bash(args: readonly string[], input: string, { cwd, env }: ShellOptions): Promise<Run> {
  const child = spawn('bash', ['--norc', ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {}) // It may end without reading.
  child.stdin.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
  const code = await new Promise<number | null>(done => child.on('close', done))
  return { code, stdout, stderr }
}
