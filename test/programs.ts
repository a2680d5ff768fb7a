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
