import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Options } from 'yargs'
import { examples } from '../../src/commands/help.ts'
import { commandNames, groups, usageOf } from '../../src/commands/overview.ts'
import * as options from '../../src/options/options.ts'
import { reports } from '../../src/reports/catalog.ts'
import { environment, openScene, type Scene } from '../scene.ts'
import { runShell } from '../shell.ts'
import { builtCli } from './cf-audit.ts'

const helpOf = (...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [builtCli, ...args, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '200', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
  })
  assert.is(status, 0)
  assert.is(stderr, '')
  return stdout
}
const headings = (help: string) => help.match(/^\S.*:$/gm)?.map(line => line.slice(0, -1)) ?? []

const help = suite('the help')

for (const name of ['', ...commandNames]) {
  const about = name === '' ? 'all' : name
  const words = name === '' ? [] : [name]

  help(`of ${about} fits 80 columns, and names arguments as people do`, () => {
    for (const line of helpOf(...words).split('\n')) assert.ok(line.length <= 80, line)
    assert.not.match(helpOf(...words), /\[name\]|\bname +the|<\w+>|\[(string|boolean|choices)/)
  })
}

help('of all has the commands in groups, one a line', () => {
  const text = helpOf()
  assert.equal(headings(text), [...groups.map(({ title }) => title), 'What is said', 'About'])
  for (const command of groups.flatMap(({ commands }) => commands)) {
    const line = text.split('\n').find(each => each.startsWith(`  ${usageOf(command)} `))
    assert.ok(line?.endsWith(`  ${command.summary}`), `${command.name}: ${line}`)
  }
  assert.match(text, /^cf-audit alone, on a terminal, asks/m)
  assert.match(text, /^cf-audit COMMAND --help shows/m)
})

help('of a command begins with what it does, has its options in groups, and ends with three examples', () => {
  const groupsOf: Record<string, string[]> = {
    routes: ['Arguments', 'Scope', 'Time', 'Output', 'Cloud Foundry'],
    roles: ['Arguments', 'Scope', 'Output', 'Cloud Foundry'],
    format: ['Arguments', 'Scope', 'Output'],
    types: ['Arguments', 'Output'],
    doctor: ['Arguments', 'Scope', 'Output', 'Cloud Foundry'],
    completion: ['Arguments'],
  }
  for (const name of commandNames) {
    const text = helpOf(name)
    const usage = usageOf(groups.flatMap(({ commands }) => commands).find(each => each.name === name)!)
    assert.ok(text.startsWith(`cf-audit ${usage}\n\n`), text)
    const own = headings(text).filter(heading => !/recipes? of cloud\.gov/.test(heading))
    assert.equal(own, [...(groupsOf[name] ?? groupsOf.routes!), 'What is said', 'About', 'Examples'])
    const shown = text.slice(text.indexOf('\nExamples:\n')).match(/^ {2}# .+\n {2}\S.*/gm)
    assert.is(shown?.length, 3, name)
  }
})

help('of a report names the recipes that it stands for', () => {
  for (const { name, documented } of reports) {
    const text = helpOf(name)
    assert.match(text, /^Instead of (this recipe|these recipes) of cloud\.gov's page "Auditing activity":$/m)
    for (const title of documented.titles) assert.ok(text.includes(`\n  ${title}\n`), title)
  }
})

help('says what an option takes, and what holds without it', () => {
  const all = Object.values(options).flatMap(group => Object.entries<Options>(group))
  assert.ok(all.length > 25)
  for (const [name, { choices = [], default: otherwise, describe, hidden }] of all) {
    if (hidden) continue
    assert.ok(describe, name)
    for (const choice of choices) assert.match(String(describe), String(choice), name)
    if (typeof otherwise === 'number') assert.match(String(describe), new RegExp(`\\(${otherwise}\\b`), name)
  }
})
help.run()

// --- Examples ---------------------------------------------------------------------------------------------------

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

lines('each command has three, of itself, and nothing else has any', () => {
  assert.equal(Object.keys(examples).sort(), [...commandNames].sort())
  for (const [name, all] of Object.entries(examples)) {
    assert.is(all.length, 3, name)
    for (const { line } of all) assert.match(line, `cf-audit ${name}`)
  }
})

for (const [name, all] of Object.entries(examples)) {
  lines(`of ${name} work as they stand`, async ({ folder, env, scene }) => {
    for (const { why, line } of all) {
      const before = new Set(readdirSync(folder))
      const { code, stdout, stderr } = await runShell(`set -o pipefail\n${line}`, { cwd: folder, env })
      assert.is(code, 0, `${line}\n${stderr}`)
      const file = /(?:-O|>) (\w[\w.-]+)/.exec(line)?.[1]
      if (file !== undefined) assert.ok(readdirSync(folder).includes(file), line)
      else if (name !== 'completion') assert.ok(stdout !== '' || /What to do/.test(why), line)
      // What was asked for was found: nobody learns from an empty table.
      assert.not.match(stderr, /no event here is|^0 (events|roles)|[Nn]othing (has )?happened/, line)
      for (const made of readdirSync(folder))
        if (!before.has(made) && made !== 'saved.json') rmSync(join(folder, made))
    }
    assert.ok(scene.foundation.requests.length > 0 || name === 'types' || name === 'completion')
  })
}
lines.run()
