import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/commands/index.ts'
import { commandHelp } from '../../src/options/help.ts'
import { environment, openScene, type Scene } from '../scene.ts'
import { runShell } from '../shell.ts'
import { builtCli } from './cf-audit.ts'

const helps = suite('the help of each command')

for (const entry of commands) {
  helps(`${entry.name}: 80 columns, and examples of its own`, async () => {
    const text = await commandHelp(entry)
    const { examples } = await entry.load()
    const lines = examples.flatMap(({ line }) => line.split('\n'))
    for (const line of text.split('\n')) {
      assert.ok(line.length <= 80 || lines.some(example => line.endsWith(example)), line)
    }
    assert.ok(examples.length > 0)
    for (const { line } of examples) assert.match(line, /cf-audit|ssh-keygen|sha256sum/)
  })
}
helps.run()

// The examples of a command share a folder: one may use what another has written.
const lines = suite<{ scene: Scene; folder: string; env: NodeJS.ProcessEnv }>('the examples of the help')

lines.before(async context => {
  // An auditor of the two orgs that the examples name.
  context.scene = await openScene({ events: 1500, user: 'two.orgs@example.gov' })
  const { home } = context.scene.cf
  context.folder = join(home, 'here')
  mkdirSync(context.folder)
  const own = join(home, 'cf-audit')
  writeFileSync(own, `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`)
  chmodSync(own, 0o755)
  const env = environment(context.scene.cf)
  context.env = { ...env, PATH: `${home}:${env.PATH}`, HOME: home }
})
lines.after(({ scene }) => scene.close())

// Those need a key of yours, a plugin of cf, or a workbook of the month before.
const needsMore = /ssh-keygen|^cf-audit plugin/

for (const { name, load } of commands) {
  lines(`of ${name} work as they stand`, async ({ folder, env }) => {
    for (const { line } of (await load()).examples) {
      if (needsMore.test(line)) continue
      const { code, stderr } = await runShell(`set -o pipefail\n${line}`, { cwd: folder, env })
      // Half of last month is older than what Cloud Foundry keeps.
      const isPartial = name === 'evidence' && code === 6 && stderr.includes(' are partial: ')
      assert.ok(code === 0 || isPartial, `${line}\n${stderr}`)
      // An empty table is no example.
      assert.not.match(stderr, /^(0 (events|rows|roles)|No events)/m, line)
    }
    // verify is shown with the evidence of the command before it.
    if (name !== 'evidence')
      for (const made of readdirSync(folder)) rmSync(join(folder, made), { recursive: true })
  })
}
lines.run()
