import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run as runHere } from '../run.ts'
import { withScene } from '../scene.ts'
import { run } from './cf-audit.ts'

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

start.run()
