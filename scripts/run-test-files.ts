// Runs test files one after another in this process, which scripts/test.ts has started. What a file prints stands behind
// a line with its name.
import { pathToFileURL } from 'node:url'

// uvu would otherwise run each suite on its own, after all files.
const state = globalThis as { UVU_DEFER?: unknown; UVU_QUEUE?: unknown[][] }
state.UVU_DEFER = true
state.UVU_QUEUE = []
const { exec } = await import('uvu')

for (const file of process.argv.slice(2)) {
  console.log(`\n@@ ${file}`)
  state.UVU_QUEUE.splice(0, Number.POSITIVE_INFINITY, [null])
  try {
    await import(pathToFileURL(file).href)
    await exec()
  } catch (error) {
    console.error('It could not be run:', error)
  }
}
console.log('\n@@')
