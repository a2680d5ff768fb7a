import { spawnSync } from 'node:child_process'

/**
 * Whether a program that a machine may lack is here. What needs it is left out otherwise, and `npm test` prints a note;
 * with CF_AUDIT_TEST_NO_SKIP, as in CI, that is a failure.
 * @param purpose what is not tested without it
 */
export function hasProgram(name: string, purpose: string, args: readonly string[] = ['--version']): boolean {
  if (spawnSync(name, args, { stdio: 'ignore' }).status === 0) return true
  skipped(`${name} is not installed: ${purpose}`)
  return false
}

/** Notes what is left out, or fails where nothing may be. */
export function skipped(what: string): void {
  if (process.env.CF_AUDIT_TEST_NO_SKIP) throw new Error(`Nothing may be skipped. ${what}`)
  console.log(`note: ${what}`)
}

/** A python3 that has a module; undefined, and noted, where there is none. */
export function pythonWith(module: string, purpose: string): string | undefined {
  // Debian's packages belong to /usr/bin/python3, which need not be the first one on PATH.
  const python = ['python3', '/usr/bin/python3'].find(
    program => spawnSync(program, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0,
  )
  if (python === undefined) skipped(`there is no python3 with ${module}: ${purpose}`)
  return python
}
