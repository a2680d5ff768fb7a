import { statSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import envPaths from 'env-paths'

/** The folder for what can be found out again: CF_AUDIT_CACHE, else the user's own cache folder. It may not be there. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.CF_AUDIT_CACHE || envPaths('cf-audit', { suffix: '' }).cache
}

/**
 * Lets Node 22.8 and later keep in that folder what they compile from here on: a tenth less time for a short report. It
 * is code, so nobody else may be able to write there; and it has to be there, for below some folders (/proc) Node tries
 * to make one for ever.
 */
export function keepCompiled({ env, getuid }: Pick<NodeJS.Process, 'env' | 'getuid'>): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown }
  if (enableCompileCache === undefined) return
  const folder = cacheFolder(env)
  if (isOurs(folder, getuid?.())) enableCompileCache(join(folder, 'compiled'))
}

function isOurs(folder: string, user: number | undefined): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined || !found.isDirectory()) return false
  return (
    user === undefined || (found.uid === user && (found.mode & 0o022) === 0 && (found.mode & 0o200) !== 0)
  )
}
