import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run as runHere } from '../run.ts'
import { withScene } from '../scene.ts'
import { builtCli, run } from './cf-audit.ts'

const start = suite('the start of the built tool')

for (const args of [['--version'], ['--help'], ['routes', '--help'], ['types', 'crash']]) {
  start(`${args.join(' ')} prints what the source prints, and loads nothing that it does not need`, () =>
    withScene({ events: 0 }, async ({ cf }) => {
      const folder = mkdtempSync(join(tmpdir(), 'cf-start-'))
      try {
        // Node.js writes down which files it has loaded.
        const built = await run(cf, args, { env: { NODE_V8_COVERAGE: folder } })
        assert.is(built.code, 0, built.stderr)
        assert.equal(built, await runHere(cf, args))
        const loaded = readdirSync(folder)
          .flatMap(name => JSON.parse(readFileSync(join(folder, name), 'utf8')).result)
          .map(({ url }) => basename(url))
        assert.ok(loaded.includes('cli.js'))
        assert.equal(
          loaded.filter(name => /^(cf|execa|ora|prompts|pager|xlsx|interactive|doctor|evidence)-/.test(name)),
          [],
        )
      } finally {
        rmSync(folder, { recursive: true })
      }
    }),
  )
}

start('an old Node.js gets one sentence, and loads nothing else', () => {
  for (const [version, needs] of [
    ['v18.20.8', true],
    ['v20.18.3', true],
    ['v20.19.0', false],
    ['v24.0.0', false],
  ] as const) {
    const pretend = `data:text/javascript,Object.defineProperty(process,'version',{value:'${version}'})`
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', pretend, builtCli, '--version'],
      { encoding: 'utf8' },
    )
    assert.is(status, needs ? 2 : 0)
    assert.is(stdout === '', needs)
    assert.is(stderr, needs ? `cf-audit needs Node.js 20.19 or newer, and this is ${version}.\n` : '')
  }
  // What an old Node.js cannot read is in other files; the helper of the bundler is one that it can.
  const text = readFileSync(builtCli, 'utf8')
  assert.not.match(text, /static ?\{|\?\?=|#[a-z]+[;=(]/i)
  const imported = [...text.matchAll(/\bimport\s*(?:\{[^}]*\}\s*from\s*)?"(\.[^"]+)"/g)].map(
    ([, file]) => file!,
  )
  for (const file of imported) {
    const helper = readFileSync(new URL(file, pathToFileURL(builtCli)), 'utf8')
    assert.ok(helper.length < 1500, `${file} is loaded at once`)
  }
})

start('the source starts as the built tool does', () => {
  const source = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
  const run = (...command: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [...command, '--version'], { encoding: 'utf8' })
    assert.is(status, 0)
    return stdout
  }
  assert.is(run('--import', 'tsx', source), run(builtCli))
})

start.run()
