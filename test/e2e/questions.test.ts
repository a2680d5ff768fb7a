import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtCli, environment, openScene, run, type Scene, withScene } from './cf-audit.ts'
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

// --- Left unanswered ---------------------------------------------------------------------------------------------

const left = suite<{ scene: Scene }>('a question that is left')
left.before(async context => {
  context.scene = await openScene({ events: 3000 })
})
left.after(({ scene }) => scene.close())

/** Every question there is, each behind those that lead to it. */
const everyQuestion: readonly (readonly Step[])[] = [
  [...toCsvFile('taken.csv'), ['is there already', enter], ['Which file?', '']],
  [
    ...toCsvFile('taken.csv').slice(0, 2),
    ['Which time?', down + down + enter],
    ['Which month?', up + enter],
    ['As in 2026-11.', ''],
  ],
  [
    ...toCsvFile('taken.csv').slice(0, 2),
    ['Which time?', up + enter],
    ['From when?', `no${enter}`],
    ['is no time', `${ctrlU}2020-01-01${enter}`],
    ['Until when?', `2020-01-02${enter}`],
    ['There are no such events', ''],
  ],
  [
    [what, down + enter],
    ['Which org?', enter],
    ['Which time?', down + enter],
    ['Which format?', enter],
    ['Where to?', enter],
    ['Read them all?', ''],
  ],
  [
    [what, up + up + enter],
    ['Which words', ''],
  ],
]
const ways: readonly (readonly [string, string])[] = [
  ['Ctrl-C', keys.ctrlC],
  ['Esc', keys.escape],
  // In a line that holds something it deletes, as in a shell.
  ['Ctrl-D', keys.ctrlU + keys.ctrlD],
]

for (const [index, steps] of everyQuestion.entries()) {
  for (let count = index === 0 ? 0 : 2; count < steps.length; count++) {
    const question = steps[count]![0]
    left(`Ctrl-C, Esc and Ctrl-D at ${question}, way ${index + 1}`, async ({ scene }) => {
      const folder = folderIn(scene, `left-${index}-${count}`)
      writeFileSync(join(folder, 'taken.csv'), 'precious')
      await Promise.all(
        ways.map(async ([name, key]) => {
          const terminal = onTerminal(scene.cf, [], { cwd: folder })
          await answer(terminal, steps.slice(0, count))
          await terminal.see(question)
          terminal.type(key)
          const end = await terminal.ended
          assert.equal(end, { code: 130, echo: true, lines: true }, `${name}: ${terminal.text()}`)
          assert.not.match(terminal.text(), /Interrupted|bug|Error|The same without/, name)
          isAsFound(terminal)
        }),
      )
      assert.equal(readdirSync(folder), ['taken.csv'])
      assert.is(readFileSync(join(folder, 'taken.csv'), 'utf8'), 'precious')
    })
  }
}

/** The cursor is shown again, and the shell's prompt begins a line. */
function isAsFound(terminal: Terminal): void {
  const bytes = terminal.bytes()
  assert.ok(bytes.lastIndexOf('\u001b[?25h') >= bytes.lastIndexOf('\u001b[?25l'), 'the cursor is hidden')
  assert.match(bytes.replace(/\u001b\[[?\d;]*[A-Za-z]/g, ''), /\n$/)
}

for (const [name, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const) {
  left(`${name} at a question`, async ({ scene }) => {
    const terminal = onTerminal(scene.cf, [])
    await terminal.see(what)
    terminal.signal(name)
    assert.equal(await terminal.ended, { code, echo: true, lines: true }, terminal.text())
    isAsFound(terminal)
  })
}

left('Ctrl-C while Cloud Foundry is waited for', () =>
  withScene({}, async scene => {
    scene.foundation.faults.add({ on: /organizations/, answer: 'hang', times: Number.POSITIVE_INFINITY })
    const terminal = onTerminal(scene.cf, [])
    await answer(terminal, [
      [what, enter],
      ['Asking Cloud Foundry', keys.ctrlC],
    ])
    assert.is((await terminal.ended).code, 130)
  }),
)
left.run()

// --- Which org ---------------------------------------------------------------------------------------------------

const orgs = suite('which org')

orgs('the targeted one first; typing finds the others', () =>
  withScene({ user: 'admin@example.gov' }, async scene => {
    for (let number = 1; number <= 3000; number++) {
      scene.foundation.state.orgs.push({ guid: `many-${number}`, name: `tenant-${number}` })
    }
    const acme = scene.sample.orgs[1]!.name
    const { code, text } = await talk(
      scene,
      [],
      [
        [what, enter],
        [/Which org\?[\s\S]*● demo-org \(targeted\)/, 'Tenant-299'],
        ['(11 matches)', 'x'],
        ['No matches found', enter],
        ['None has this in its name.', `${keys.backspace}9`],
        ['(1 match)', ctrlU + acme.slice(0, 4)],
        [`● ${acme}`, enter],
        ['Which time?', enter],
        ['Which format?', enter],
        ['Where to?', enter],
      ],
      { columns: 200 },
    )
    assert.is(code, 0, text)
    assert.is(lineIn(text), `cf-audit user-access '${acme}' --since 7d --format table`)
  }),
)

orgs('all of them', () =>
  withScene({ user: 'admin@example.gov' }, async scene => {
    const folder = folderIn(scene, 'all')
    const [first, , ...rest] = toCsvFile('')
    const steps: Step[] = [first!, ['Which org?', 'all of'], [/● All of them/, enter], ...rest]
    const { code, text } = await talk(scene, [], steps, { columns: 200, cwd: folder })
    assert.is(code, 0, text)
    assert.match(lineIn(text), 'cf-audit user-access --all-orgs --since 7d')
    assert.match(readdirSync(folder).join(), /^user-access-all-orgs-/)
  }),
)

const awkward = 'it\'s "$(touch pwned)" `x` \u001b[31m\u202e=1 100% ‰'

orgs('a name is shown and never obeyed, and pasted as it is', () =>
  withScene({ user: 'admin@example.gov' }, async scene => {
    const org = { guid: '5d7a3c5e-0000-4000-8000-00000000abcd', name: awkward }
    scene.foundation.state.orgs.push(org)
    const folder = folderIn(scene, 'awkward')
    const [first, , ...rest] = toCsvFile('')
    const steps: Step[] = [
      first!,
      ['Which org?', 'it\'s "$('],
      ['␛[31m', enter],
      ['Which time?', up + enter],
      ['From when?', enter],
      ['Until when?', enter],
      ['There are no such events', down + enter],
      ...rest.slice(1),
    ]
    const { text, bytes } = await talk(scene, [], steps, { columns: 400, cwd: folder })
    assert.not.match(bytes, '\u001b[31m\u202e')
    const line = lineIn(text)
    assert.match(line, /^cf-audit user-access .*"\$\(printf /)
    const [file = ''] = readdirSync(folder)
    assert.match(file, /^user-access-it-s-touch-pwned-x-31m-1-100-until-[\d-]+\.csv$/)
    assert.is(await inShell(scene, line, folder, 'sh'), 0)
    const echo = spawn('sh', ['-c', line.replace('cf-audit', 'printf "<%s>" ')], { cwd: folder })
    let printed = ''
    echo.stdout.setEncoding('utf8').on('data', part => (printed += part))
    await new Promise(done => echo.on('close', done))
    assert.match(printed, `<${awkward}>`)
    assert.equal(readdirSync(folder), [file])
  }),
)

orgs('no org is targeted: it alone is asked for, and stdout holds the report alone', () =>
  withScene({ targeted: false }, async scene => {
    const stdout = join(scene.cf.home, 'out.csv')
    const { code, text } = await talk(scene, ['user-access'], [['Which org?', enter]], { stdout })
    assert.is(code, 0, text)
    const { stdout: direct } = await run(scene.cf, ['user-access', 'demo-org'])
    assert.is(readFileSync(stdout, 'utf8'), direct)
    assert.not.match(text, what)
    const roles = await talk(scene, ['roles', '-f', 'csv'], [['Which org?', enter]])
    assert.match(roles.text, /demo-org/)
  }),
)

orgs('the question for the org can be left: no file, no words', () =>
  withScene({ targeted: false }, async scene => {
    const folder = folderIn(scene, 'alone')
    const terminal = onTerminal(scene.cf, ['user-access', '-O', 'x.csv'], { cwd: folder })
    await answer(terminal, [['Which org?', keys.ctrlC]])
    assert.equal(await terminal.ended, { code: 130, echo: true, lines: true })
    assert.not.match(terminal.text(), 'Interrupted')
    assert.equal(readdirSync(folder), [])
  }),
)

orgs('where API v3 is off, cf orgs tells', () =>
  withScene({ foundation: { v2: true, v3: false }, cf: { version: '6.53.0' } }, async scene => {
    const { code, text } = await talk(
      scene,
      [],
      [
        [what, enter],
        [/● demo-org \(targeted\)/, enter],
        ['Which time?', enter],
        ['Which format?', enter],
        ['Where to?', enter],
      ],
    )
    assert.is(code, 0, text)
    assert.match(text, /^\d+ events\.$/m, text)
  }),
)

orgs('where nobody tells, the name is written; what is no org is said, and asked for again', () =>
  withScene({}, async scene => {
    const answerTo = { status: 500, body: '{}' }
    scene.foundation.faults.add({
      on: /organizations\?(?!names)/,
      answer: answerTo,
      times: Number.POSITIVE_INFINITY,
    })
    const { code, text } = await talk(
      scene,
      [],
      [
        [what, enter],
        [/Which org\?[\s\S]*demo-org/, `x${enter}`],
        ['There is no org named demo-orgx', ''],
        [/Which org\?[\s\S]*demo-org/, enter],
        ['Which time?', enter],
        ['Which format?', enter],
        ['Where to?', enter],
      ],
    )
    assert.is(code, 0, text)
  }),
)

orgs('nobody with no org is asked for one', () =>
  withScene({ user: 'outsider@example.gov', targeted: false }, async scene => {
    const { code, text } = await talk(scene, [], [[what, enter]])
    assert.is(code, 4, text)
    assert.match(text, /You can see no org here\.\n/)
  }),
)
orgs.run()

// --- Nobody to ask -----------------------------------------------------------------------------------------------

const nobody = suite('nobody to ask')

nobody('in a pipe the commands are named', () =>
  withScene({ targeted: false }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, [])
    assert.is(code, 2)
    assert.is(stdout, '')
    assert.match(
      stderr,
      /^No command is given, and there is no terminal to ask on\.\nName one: events, user-access, .*doctor/,
    )
    const org = await run(cf, ['user-access'])
    assert.is(org.code, 3)
    assert.match(org.stderr, /cf has no org targeted\.\nName the org with --org ORG, or/)
  }),
)

nobody('in CI neither, though it has a terminal', () =>
  withScene({ targeted: false }, async scene => {
    const alone = await talk(scene, [], [], { env: { CI: 'true' } })
    assert.is(alone.code, 2)
    assert.match(alone.text, 'No command is given')
    assert.is((await talk(scene, ['user-access'], [], { env: { CI: '1' } })).code, 3)
  }),
)

nobody('what is no command is refused, and asks nothing', () =>
  withScene({}, async scene => {
    for (const args of [['rotes'], ['--since', '7d'], ['--', 'x'], ['--bogus']]) {
      const { code, text } = await talk(scene, args, [])
      assert.is(code, 2, text)
      assert.not.match(text, what)
    }
  }),
)

nobody('whoever is not logged in is told before any question', () =>
  withScene({ cf: { session: undefined } }, async scene => {
    const { code, text } = await talk(scene, [], [])
    assert.is(code, 3, text)
    assert.match(text, /cf login/)
    assert.not.match(text, what)
  }),
)

nobody('whose session has expired is told as soon as it is needed', () =>
  withScene({}, async scene => {
    scene.foundation.uaa.trouble = 401
    scene.foundation.faults.add({
      on: /./,
      answer: {
        status: 401,
        body: '{"errors":[{"code":1000,"title":"CF-InvalidAuthToken","detail":"Invalid Auth Token"}]}',
      },
      times: Number.POSITIVE_INFINITY,
    })
    const { code, text } = await talk(scene, [], [[what, enter]])
    assert.is(code, 3, text)
    assert.match(text, /cf login/)
  }),
)
nobody.run()

// --- A terminal that moves nothing -------------------------------------------------------------------------------

const dumb = suite('a terminal that moves nothing')
const env = { TERM: 'dumb' }

dumb('asks line by line', () =>
  withScene({ events: 600 }, async scene => {
    const folder = folderIn(scene, 'dumb')
    writeFileSync(join(folder, 'x.csv'), '')
    const { code, text, bytes } = await talk(
      scene,
      [],
      [
        [/What do you want to know\?\n {2}1 {2}user-access[\s\S]*1 to 9, or Enter for 1:/, '99\n'],
        ['99 is none of them.', 'routes\n'],
        [/Which org\?\n {2}1 {2}demo-org \(targeted\)/, '\n'],
        ['Which time?', '4\n'],
        ['From when?', 'nonsense\n'],
        ['--since nonsense is no time.', '7d\n'],
        ['Until when? A date includes its day. (Enter: now)', '\n'],
        ['Which format?', '2\n'],
        ['Where to?', '\n'],
        ['Which file?', 'x.csv\n'],
        ['x.csv is there already.', '2\n'],
      ],
      { env, columns: 200, cwd: folder },
    )
    assert.is(code, 0, text)
    assert.not.match(bytes, '\u001b')
    assert.is(lineIn(text), 'cf-audit routes demo-org --since 7d --format csv --output x.csv --force')
  }),
)

dumb('many orgs are found by a part of their name', () =>
  withScene({ user: 'admin@example.gov', targeted: false }, async scene => {
    for (let number = 1; number <= 300; number++) {
      scene.foundation.state.orgs.push({ guid: `many-${number}`, name: `tenant-${number}` })
    }
    const { code, text } = await talk(
      scene,
      ['user-access'],
      [
        [/Which org\? \(\d+ of them; a part of the name\)/, 'tenant\n'],
        ['300 have this in their name.', 'nowhere\n'],
        ['None has this in its name.', 'emo-o\n'],
        [/Which org\?\n {2}1 {2}demo-org/, '1\n'],
      ],
      { env },
    )
    assert.is(code, 0, text)
  }),
)

dumb('Ctrl-C and Ctrl-D leave without a word', () =>
  withScene({}, async scene => {
    for (const key of [keys.ctrlC, keys.ctrlD]) {
      const terminal = onTerminal(scene.cf, [], { env })
      await answer(terminal, [['or Enter for 1:', key]])
      assert.equal(await terminal.ended, { code: 130, echo: true, lines: true })
      assert.match(terminal.text(), /or Enter for 1: (\^C)?\n$/, JSON.stringify(terminal.text().slice(-60)))
    }
  }),
)
dumb.run()
