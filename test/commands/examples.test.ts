import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/commands/index.ts'
import { hasProgram } from '../programs.ts'
import { openRelay, type Relay } from '../relay.ts'
import { openScene, type Scene } from '../scene.ts'
import { runShell } from '../shell.ts'

const examples = suite<{ scene: Scene; relay: Relay }>('the examples of the help')

examples.before(async context => {
  // An auditor of the two orgs that the examples name.
  context.scene = await openScene({ events: 1500, user: 'two.orgs@example.gov' })
  context.relay = openRelay(context.scene)
})
examples.after(async ({ scene, relay }) => {
  relay.close()
  await scene.close()
})

/** What some examples find in their folder. */
const before: Readonly<Record<string, string>> = {
  verify: 'cf-audit evidence demo-org --month last -O 2026-10',
  'access-review': 'cf-audit roles demo-org -O before.json',
}

/** Lines that need what is not here: a key to sign with, and a cf that takes plugins. */
const isElsewhere = (line: string) => /ssh-keygen|cf-audit plugin/.test(line)

const hasJq = hasProgram('jq', 'examples of the help that use it were not run')

for (const { name, load } of commands) {
  examples(`of ${name} work as they stand`, async ({ scene, relay }) => {
    const all = (await load()).examples
    assert.ok(all.length > 1)
    const cwd = join(scene.cf.home, name)
    mkdirSync(cwd)
    const shell = (line: string) =>
      runShell(`set -o pipefail\n${line}`, { cwd, env: { ...relay.env, HOME: cwd } })
    if (before[name] !== undefined) await shell(before[name])
    for (const { line } of all) {
      if (isElsewhere(line) || (/\bjq\b/.test(line) && !hasJq)) continue
      const { code, stdout, stderr } = await shell(line)
      // Last month began before what Cloud Foundry keeps: evidence of it is partial, and says so.
      assert.ok(code === 0 || (code === 6 && /evidence .*--month/.test(line)), `${line}\n${stderr}`)
      const file = /(?:-O|>) (\w[\w.-]+)/.exec(line)?.[1]
      if (file !== undefined) assert.ok(readdirSync(cwd).includes(file), line)
      else if (!/completion|archive update|\bjq\b/.test(line)) assert.is.not(stdout, '', line)
      // An empty table shows nobody anything.
      assert.not.match(stderr, /\b0 (events|roles)\b/, line)
    }
  })
}

examples.run()
