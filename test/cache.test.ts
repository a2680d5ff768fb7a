import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cacheFolder, keepCompiled } from '../src/cache.ts'

const cache = suite('the cache folder')

cache('is named by the environment, else the user’s own', () => {
  assert.is(cacheFolder({ CF_AUDIT_CACHE: '/somewhere' }), '/somewhere')
  assert.match(cacheFolder({ CF_AUDIT_CACHE: '' }), /cf-audit$/)
})

const me = process.getuid?.() ?? 0
const folder = mkdtempSync(join(tmpdir(), 'cf-cache-'))
const rows: readonly (readonly [
  what: string,
  path: string,
  mode: number,
  uid: number | undefined,
  kept: boolean,
])[] = [
  ['our own', folder, 0o700, me, true],
  ['that others may read', folder, 0o755, me, true],
  ['that others may write', folder, 0o777, me, false],
  ['that the group may write', folder, 0o770, me, false],
  ['of somebody else', folder, 0o700, me + 1, false],
  ['that is not there', join(folder, 'missing'), 0o700, me, false],
  ['below which Node would make folders for ever', '/proc', 0o700, me, false],
  ['of a system without owners', folder, 0o700, undefined, true],
]

for (const [what, path, mode, uid, kept] of rows) {
  cache(`code is ${kept ? '' : 'not '}kept in a folder ${what}`, () => {
    const real = module as { enableCompileCache?: unknown }
    const { enableCompileCache } = real
    const folders: string[] = []
    real.enableCompileCache = (folder: string) => folders.push(folder)
    try {
      chmodSync(folder, mode)
      keepCompiled({
        env: { CF_AUDIT_CACHE: path },
        ...(uid !== undefined && { getuid: () => uid }),
      } as unknown as NodeJS.Process)
    } finally {
      real.enableCompileCache = enableCompileCache
    }
    assert.equal(folders, kept ? [join(path, 'compiled')] : [])
  })
}

cache.after(() => rmSync(folder, { recursive: true }))
cache.run()
