// Runs cf-audit on the sample foundation of the tests: a Cloud Foundry API on loopback and a stand-in `cf` that is logged
// in to it as an Org Auditor. `npm run demo` shows the main job; `npm run demo -- routes --format csv` runs any command.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startFoundation } from '../test/foundation/foundation.ts'
import { installCf } from '../test/foundation/install-cf.ts'
import { sampleFoundation } from '../test/foundation/sample.ts'
import { buildDist } from './build.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const asked = process.argv.slice(2)

await buildDist()
const sample = sampleFoundation({ events: 2000 })
const foundation = await startFoundation(sample)
const session = foundation.login('auditor@example.gov')
const cf = installCf({ foundation, session, org: sample.org })
const env = { ...process.env, ...cf.env }

function run(args: readonly string[], stdout: 'inherit' | 'pipe'): Promise<{ code: number; text: string }> {
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['inherit', stdout, 'inherit'] })
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', part => (text += part))
  return new Promise(done => child.on('close', code => done({ code: code ?? 1, text })))
}

/** Runs one command line and shows it with the first lines of what it prints. */
async function show(comment: string, ...args: string[]): Promise<void> {
  console.log(`\n# ${comment}\n$ cf-audit ${args.join(' ')}`)
  const { code, text } = await run(args, 'pipe')
  const lines = text.trimEnd().split('\n')
  const shown = 8
  console.log(lines.slice(0, shown).join('\n'))
  if (lines.length > shown) console.log(`… and ${lines.length - shown} more lines`)
  if (code !== 0) process.exitCode = code
}

try {
  if (asked.length > 0) {
    const { code } = await run(asked, 'inherit')
    process.exitCode = code
  } else {
    console.log(
      'A sample foundation is running on loopback, and cf is logged in to it as auditor@example.gov.',
    )
    await show('Who was given or lost which role?', 'user-access', 'demo-org', '--format', 'table')
    await show('The same for a spreadsheet.', 'user-access', 'demo-org', '--format', 'csv')
    await show('Which routes changed?', 'routes', 'demo-org', '--format', 'csv')
    await show('The exact bytes of the page’s recipe.', 'service-bindings', 'demo-org', '--as-documented')
    console.log('\nAny other command: npm run demo -- routes --format csv')
  }
} finally {
  cf.remove()
  await foundation.close()
}
