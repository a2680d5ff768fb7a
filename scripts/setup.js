// Installs the development dependencies when a fresh clone (or a changed lock file) needs them, so that
// `npm test` and `npm run demo` are the only commands anyone has to know. Plain JavaScript: it runs before tsx exists.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} path */
const modified = path => statSync(`${root}${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0

// npm writes node_modules/.package-lock.json at the end of each complete install.
if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  console.error('Installing what the project needs (npm ci) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('npm ci failed: see its words above.')
    process.exitCode = 1
    throw new Error('The dependencies could not be installed.')
  }
}
