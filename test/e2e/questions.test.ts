import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtCli, environment, openScene, run, type Scene } from './cf-audit.ts'
import { keys, onTerminal, type Terminal, type TerminalOptions } from './interactive.ts'

/** A question as it is read, and what is typed then. */
type Step = readonly [question: string | RegExp, answer: string]

const { enter, down, up, ctrlU } = keys

async function answer(terminal: Terminal, steps: readonly Step[]): Promise<void> {
  for (const [question, typed] of steps) {
    await terminal.see(question)
    terminal.type(typed)
  }
}

/** Runs cf-audit to its end, with all questions answered. */
async function talk(
  { cf }: Scene,
  args: readonly string[],
  steps: readonly Step[],
  options: TerminalOptions = {},
) {
  const terminal = onTerminal(cf, args, options)
  await answer(terminal, steps)
  const end = await terminal.ended
  return { ...end, text: terminal.text(), bytes: terminal.bytes() }
}

/** A folder of its own for what is written. */
function folderIn({ cf }: Scene, name: string): string {
  const folder = join(cf.home, name)
  mkdirSync(folder)
  return folder
}

const what = 'What do you want to know?'
const toCsvFile = (file: string): Step[] => [
  [what, enter],
  ['Which org?', enter],
  ['Which time?', enter],
  ['Which format?', down + enter],
  ['Where to?', enter],
  ['Which file?', file === '' ? enter : ctrlU + file + enter],
]

/** The line at the end, which the terminal breaks at its edge. */
const lineIn = (text: string) => /The same without questions:\n([\s\S]*?)\n*$/.exec(text)?.[1] ?? ''

/** Runs a line in a shell, where cf-audit is on PATH. */
async function inShell({ cf }: Scene, line: string, cwd: string, shell = 'bash'): Promise<number | null> {
  const bin = join(cf.home, 'bin-of-shell')
  mkdirSync(bin, { recursive: true })
  const script = `#!/bin/sh\nexec '${process.execPath}' '${builtCli}' "$@"\n`
  writeFileSync(join(bin, 'cf-audit'), script, { mode: 0o755 })
  const env = environment(cf)
  const child = spawn(shell, ['-c', line], {
    cwd,
    env: { ...env, PATH: `${bin}:${env.PATH}` },
    stdio: 'ignore',
  })
  return new Promise(done => child.on('close', done))
}

// --- From question to question -----------------------------------------------------------------------------------

const path = suite<{ scene: Scene }>('questions')
path.before(async context => {
  context.scene = await openScene({ events: 600 })
})
path.after(({ scene }) => scene.close())

path('every answer is in the line at the end, which prints the same bytes', async ({ scene }) => {
  const folder = folderIn(scene, 'whole')
  const { code, text } = await talk(scene, [], toCsvFile(''), { cwd: folder, columns: 300 })
  assert.is(code, 0, text)
  assert.match(text, /cf is logged in to http:\S+ as auditor@example\.gov\./)
  assert.match(text, /^\d+ events\.$/m)
  const [file = ''] = readdirSync(folder)
  assert.match(file, /^user-access-demo-org-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d\.csv$/)
  const line = lineIn(text)
  assert.is(line, `cf-audit user-access demo-org --since 7d --format csv --output ${file} --force`)
  const bytes = readFileSync(join(folder, file), 'utf8')
  assert.ok(bytes.split('\n').length > 3, bytes)
  writeFileSync(join(folder, file), '')
  assert.is(await inShell(scene, line, folder), 0)
  assert.is(readFileSync(join(folder, file), 'utf8'), bytes)
})

path('to the screen', async ({ scene }) => {
  const { code, text } = await talk(
    scene,
    [],
    [
      [what, down + down + enter],
      ['Which org?', enter],
      ['Which time?', down + enter],
      ['Which format?', enter],
      ['Where to?', enter],
    ],
    { columns: 200 },
  )
  assert.is(code, 0, text)
  assert.match(text, /User Performing\s+Action/)
  assert.is(lineIn(text), 'cf-audit routes demo-org --since 31d --format table')
})

path('options that every command has are kept', async ({ scene }) => {
  const steps: Step[] = [
    [what, up + up + enter],
    ['Which words do you look for?', `route.create${enter}`],
  ]
  const { code, text } = await talk(scene, ['-v', '--no-color'], steps, { columns: 200 })
  assert.is(code, 0, text)
  assert.match(text, /^audit\.route\.create /m)
  assert.match(text, /^cf target {2}\(\d+ ms/m)
  assert.is(lineIn(text), 'cf-audit -v --no-color types route.create')
  const quiet = await talk(scene, ['-q'], steps)
  assert.not.match(quiet.text, 'The same without questions')
})

path('who holds which role, which has no time', async ({ scene }) => {
  const folder = folderIn(scene, 'roles')
  const steps: Step[] = [
    [what, up + up + up + enter],
    ['Which org?', enter],
    ['Which format?', down + enter],
    ['Where to?', enter],
    ['Which file?', enter],
  ]
  const { code, text } = await talk(scene, [], steps, { cwd: folder, columns: 200 })
  assert.is(code, 0, text)
  const [file = ''] = readdirSync(folder)
  assert.match(file, /^roles-demo-org-\d{4}-\d\d-\d\d\.csv$/)
  assert.is(lineIn(text), `cf-audit roles demo-org --format csv --output ${file} --force`)
})

path('doctor', async ({ scene }) => {
  const { text } = await talk(scene, [], [[what, up + enter]], { columns: 200 })
  assert.is(lineIn(text), 'cf-audit doctor')
})

path('own dates: what is no time is said, and asked for again', async ({ scene }) => {
  const { code, text } = await talk(
    scene,
    [],
    [
      [what, enter],
      ['Which org?', enter],
      ['Which time?', up + enter],
      ['From when?', `2026-02-30${enter}`],
      [
        /--since 2026-02-30 is no time\. Accepted: 7d or 36h[\s\S]*\(2026-11-01T12:00:00Z,/,
        `${ctrlU}9d${enter}`,
      ],
      ['Until when?', `10d${enter}`],
      [/The window is empty: [\s\S]*Exchange/, `${ctrlU} yesterday ${enter}`],
      ['Which format?', enter],
      ['Where to?', enter],
    ],
    { columns: 100 },
  )
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit user-access demo-org --since 9d --until yesterday --format table')
})

path('own dates left empty are no bounds', async ({ scene }) => {
  const { code, text } = await talk(
    scene,
    [],
    [
      [what, enter],
      ['Which org?', enter],
      ['Which time?', up + enter],
      ['as far back as Cloud Foundry keeps events', enter],
      [/Until when\?[^\n]*\n[^\n]*now/, enter],
      ['Which format?', enter],
      ['Where to?', enter],
    ],
  )
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit user-access demo-org --format table')
})

path('a month: the last, this one, or one that is written', async ({ scene }) => {
  const before = (steps: readonly Step[]): Step[] => [
    [what, enter],
    ['Which org?', enter],
    ['Which time?', down + down + enter],
    ...steps,
  ]
  const month = (offset: number) => {
    const today = new Date()
    const first = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + offset)
    return new Date(first).toISOString().slice(0, 7)
  }
  const folder = folderIn(scene, 'month')
  const file: Step[] = [
    ['Which format?', down + enter],
    ['Where to?', enter],
    ['Which file?', enter],
  ]
  const now = await talk(scene, [], before([['Which month?', down + enter], ...file]), {
    cwd: folder,
    columns: 200,
  })
  assert.is(now.code, 0, now.text)
  assert.equal(readdirSync(folder), [`user-access-demo-org-${month(0)}.csv`])
  assert.match(lineIn(now.text), `user-access demo-org --month ${month(0)} --format csv`)

  const written = await talk(
    scene,
    [],
    before([
      ['Which month?', up + enter],
      ['As in 2026-11.', `2026-13${enter}`],
      ['--month 2026-13 is no month.', ctrlU + month(0) + enter],
      ['Which format?', enter],
      ['Where to?', enter],
    ]),
  )
  assert.is(written.code, 0, written.text)
  assert.match(lineIn(written.text), `--month ${month(0)}`)
})

path('nothing at that time: another one, or an explanation', async ({ scene }) => {
  const { text } = await talk(
    scene,
    [],
    [
      [what, enter],
      ['Which org?', enter],
      ['Which time?', up + enter],
      ['From when?', `2020-01-01${enter}`],
      ['Until when?', `2020-01-02${enter}`],
      ['There are no such events', enter],
      ['Which time?', up + enter],
      ['From when?', `2020-01-01${enter}`],
      ['Until when?', `2020-01-03${enter}`],
      ['There are no such events', down + enter],
      ['Which format?', enter],
      ['Where to?', enter],
    ],
  )
  assert.match(lineIn(text), '--until 2020-01-03')
})

path('a file that is there: another name, or replace it', async ({ scene }) => {
  const folder = folderIn(scene, 'there')
  const taken = join(folder, 'taken.csv')
  writeFileSync(taken, 'precious')
  const other = await talk(
    scene,
    [],
    [
      ...toCsvFile('taken.csv'),
      ['taken.csv is there already.', enter],
      ['Which file?', `${ctrlU}missing/x.csv${enter}`],
      ['There is no folder missing.', `${ctrlU}.${enter}`],
      ['. is a folder.', `${ctrlU}${enter}`],
      ['A file has a name.', `other.csv${enter}`],
    ],
    { cwd: folder },
  )
  assert.is(other.code, 0, other.text)
  assert.is(readFileSync(taken, 'utf8'), 'precious')
  assert.equal(readdirSync(folder).sort(), ['other.csv', 'taken.csv'])

  const steps: Step[] = [...toCsvFile('taken.csv'), ['taken.csv is there already.', down + enter]]
  const replaced = await talk(scene, [], steps, { cwd: folder })
  assert.is(replaced.code, 0, replaced.text)
  assert.is(readFileSync(taken, 'utf8'), readFileSync(join(folder, 'other.csv'), 'utf8'))
})

path('a home folder and a name with a dash are what they look like', async ({ scene }) => {
  const folder = folderIn(scene, 'home')
  const home = await talk(scene, [], toCsvFile('~/in home.csv'), { cwd: folder, columns: 300 })
  assert.is(home.code, 0, home.text)
  assert.ok(readdirSync(scene.cf.home).includes('in home.csv'))
  assert.is(await inShell(scene, lineIn(home.text), folder, 'sh'), 0)
  const dash = await talk(scene, [], toCsvFile('-f'), { cwd: folder, columns: 300 })
  assert.is(dash.code, 0, dash.text)
  assert.equal(readdirSync(folder), ['-f'])
  assert.is(await inShell(scene, lineIn(dash.text), folder, 'sh'), 0)
})

path('a redirected stdout is where it goes, and holds no question', async ({ scene }) => {
  const folder = folderIn(scene, 'redirected')
  const stdout = join(folder, 'out.csv')
  const steps: Step[] = [
    [what, enter],
    ['Which org?', enter],
    ['Which time?', enter],
    ['Which format?', enter],
  ]
  const { code, text } = await talk(scene, [], steps, { stdout, columns: 200 })
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit user-access demo-org --since 7d --format csv')
  const direct = await run(scene.cf, ['user-access', 'demo-org', '--since', '7d'])
  assert.is(readFileSync(stdout, 'utf8'), direct.stdout)
})

path('without colours nothing is coloured, and on 40 columns nothing is lost', async ({ scene }) => {
  const colour = /\u001b\[(3[0-79]|9[0-7])m/
  for (const [env, args, coloured] of [
    [{}, [], true],
    [{ NO_COLOR: '1' }, [], false],
    [{}, ['--no-color'], false],
  ] as const) {
    const terminal = onTerminal(scene.cf, args, { env, columns: 40 })
    await answer(terminal, [...toCsvFile('').slice(0, 2), ['Which time?', keys.ctrlC]])
    assert.is((await terminal.ended).code, 130)
    assert.is(colour.test(terminal.bytes()), coloured, JSON.stringify(env))
  }
})
path.run()
