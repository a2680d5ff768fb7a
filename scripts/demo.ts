// Runs cf-audit on the sample foundation of the tests: a Cloud Foundry API on loopback and a stand-in `cf` that is logged
// in to it as an Org Auditor. `npm run demo` shows the main job; `npm run demo -- routes --format csv` runs any command.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import { startFoundation } from '../test/foundation/foundation.ts'
import { installCf } from '../test/foundation/install-cf.ts'
import { sampleFoundation } from '../test/foundation/sample.ts'
import { buildDist } from './build.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const asked = process.argv.slice(2)

await buildDist()
const sample = sampleFoundation({ events: 2000, ordinary: true })
const foundation = await startFoundation(sample)
const cf = installCf({ foundation, session: foundation.login('auditor@example.gov'), org: sample.org })
const env = { ...process.env, ...cf.env, CF_AUDIT_CACHE: join(cf.home, 'cache') }

/** Runs a command line on this terminal, or into this pipe. */
function run(args: readonly string[], cwd = process.cwd()): Promise<number> {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env, stdio: 'inherit' })
  return new Promise(done => child.on('close', code => done(code ?? 1)))
}

const heading = (text: string) =>
  process.stdout.isTTY && !process.env.NO_COLOR ? styleText('bold', text) : text

/** Shows a command line and all that it prints; a file that it writes is shown by its first lines. */
async function show(why: string, ...args: string[]): Promise<void> {
  console.log(
    `\n${heading(`# ${why}`)}\n$ cf-audit ${args.map(word => (/[*| ]/.test(word) ? `'${word}'` : word)).join(' ')}`,
  )
  const code = await run(args, cf.home)
  if (code !== 0) process.exitCode = code
  const file = args[args.indexOf('-O') + 1]
  if (code !== 0 || !args.includes('-O') || file === undefined) return
  console.log(`$ head -4 ${file}`)
  console.log(readFileSync(join(cf.home, file), 'utf8').split('\n').slice(0, 4).join('\n'))
  rmSync(join(cf.home, file))
}

try {
  if (asked.length > 0) process.exitCode = await run(asked)
  else {
    console.log('A sample foundation runs on loopback, and cf is logged in to it as auditor@example.gov.')
    await show(
      'Who gained or lost roles since yesterday?',
      'user-access',
      'demo-org',
      '--since',
      'yesterday',
      '-f',
      'table',
    )
    await show(
      'All changes of access for a spreadsheet, counted',
      'user-access',
      'demo-org',
      '-O',
      'access.csv',
    )
    await show(
      'Which routes changed in the last day, with full addresses?',
      'routes',
      'demo-org',
      '--since',
      '1d',
      '--columns',
      'time,type,route',
      '--names',
      '-f',
      'table',
    )
    await show(
      'Exactly what the documented recipe prints, from all pages',
      'service-bindings',
      'demo-org',
      '--as-documented',
      '-O',
      'bindings.csv',
    )
    await show('What that recipe misses', 'service-bindings', 'demo-org', '--explain')
    console.log(
      `\n${heading('# Run anything else on the same sample')}\nnpm run demo -- roles demo-org\nnpm run demo -- --help`,
    )
  }
} finally {
  cf.remove()
  await foundation.close()
}
