import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasProgram } from '../programs.ts'
import { recipes as page } from '../recipes.ts'
import { environment, realCf, withScene } from '../scene.ts'
import { runShell } from '../shell.ts'
import { run } from './cf-audit.ts'

const recipes = suite('the recipes of the page, in a shell')

const transports = [{ version: '8.18.4' }, ...(realCf === undefined ? [] : [{ bin: realCf }])]

if (hasProgram('jq', 'the recipes of the page were not run in a shell')) {
  for (const cf of transports) {
    recipes(`the built tool prints the same bytes, through ${'bin' in cf ? cf.bin : cf.version}`, () =>
      withScene({ events: 160, cf }, async scene => {
        for (const [report, { csv }] of Object.entries(page)) {
          if (csv === undefined) continue
          const lines = `set -e\nexport GUID=$(cf org demo-org --guid)\n${csv}`
          const theirs = await runShell(lines, { env: environment(scene.cf) })
          assert.is(theirs.code, 0, theirs.stderr)
          const ours = await run(scene.cf, [report, 'demo-org', '--as-documented'])
          assert.is(ours.code, 0, ours.stderr)
          assert.is(ours.stdout, theirs.stdout, report)
          assert.ok(ours.stdout.split('\n').length > 3, report)
        }
      }),
    )
  }
}

recipes.run()
