// Runs every command line of the documentation on the sample foundation.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCf } from '../foundation/run-cf.ts'
import { type Run, run } from '../run.ts'
import { openScene, type Scene } from '../scene.ts'
import { type Call, type Page, pipelinesOf, readPages } from './pages.ts'

// Some lines list spaces by name, which an Org Auditor cannot do.
const users = ['auditor@example.gov', 'global.auditor@example.gov']

const commands = suite<{ scenes: Scene[]; saved: string }>('the command lines of the documentation')

commands.before(async context => {
  context.scenes = []
  for (const user of users) context.scenes.push(await openScene({ events: 1500, user }))
  const { stdout } = await runCf(context.scenes[0]!.cf, ['curl', '/v3/audit_events?per_page=5000'])
  context.saved = stdout
})
commands.after(async ({ scenes }) => {
  for (const scene of scenes) await scene.close()
})

let count = 0
for (const page of readPages()) {
  const scripts = scriptsOf(page)
  count += scripts.length
  if (scripts.length === 0) continue
  commands(`of ${page.path} work as they stand`, async ({ scenes, saved }) => {
    for (const script of scripts) {
      const folder = mkdtempSync(join(tmpdir(), 'cf-audit-docs-'))
      writeFileSync(join(folder, 'saved.json'), saved)
      try {
        for (const line of script) {
          for (const pipeline of pipelinesOf(line)) await runPipeline(pipeline, scenes, folder, line)
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  })
}

commands('are found', () => assert.ok(count > 30, `only ${count}`))
commands.run()

/** The lines that are run together in one folder: those of a block, or a single one in a sentence. */
function scriptsOf({ path, blocks, inline }: Page): string[][] {
  if (path === 'docs/reference.md') return [] // The help of each command; its examples have a test of their own.
  const shell = blocks.filter(({ language }) => language === 'sh' || language === 'cron')
  const scripts = [...shell.map(({ code }) => code.split('\n')), ...inline.map(code => [code])]
  return scripts
    .map(lines =>
      lines.map(line => line.replace(/^([\d*]+ ){5}/, '').replace('npm run demo -- ', 'cf-audit ')),
    )
    .filter(lines => lines.some(line => /(^|[\s(])cf-audit\s+[^\s]/.test(line)))
}

async function runPipeline(
  calls: readonly Call[],
  scenes: readonly Scene[],
  folder: string,
  line: string,
): Promise<void> {
  let stdin = ''
  for (const { words, file } of calls) {
    const [program, ...args] = words
    if (program === 'cf-audit' && args[0] === 'plugin') return // Needs a cf that takes plugins.
    if (program === 'cf-audit' && args.length > 0) {
      const { code, stdout, stderr } = await runAsSomeUser(args, stdin, scenes, folder)
      const isExpected = code === 0 || (code === 6 && (args.includes('--strict') || args[0] === 'evidence'))
      assert.ok(isExpected, `${line}\nexited with ${code}: ${stderr}`)
      // An example that finds nothing shows nothing.
      assert.not.match(stderr, /\b0 (events|roles)\b|no event (matches|is about)/, line)
      stdin = stdout
    } else if (program === 'cf' && args[0] === 'curl') stdin = (await runCf(scenes[0]!.cf, args)).stdout
    else if (program === 'cat') stdin = args.map(name => readFileSync(join(folder, name), 'utf8')).join('')
    else return
    if (file !== undefined) writeFileSync(join(folder, file), stdin)
  }
}

async function runAsSomeUser(
  args: readonly string[],
  stdin: string,
  scenes: readonly Scene[],
  cwd: string,
): Promise<Run> {
  let last: Run | undefined
  for (const { cf } of scenes) {
    last = await run(cf, args, { stdin, cwd })
    if (last.code !== 4) break
  }
  return last!
}
