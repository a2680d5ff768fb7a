import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openRelay } from '../../relay.ts'
import { run } from '../../run.ts'
import { openScene, type Scene, withScene } from '../../scene.ts'
import { runShell } from '../../shell.ts'
import {
  escaped,
  keys,
  openTerminal,
  questions as q,
  type Terminal,
  type TerminalOptions,
} from '../../terminal.ts'

/** A question as it is read, and what is typed then. */
type Step = readonly [question: string | RegExp, answer: string]

const { enter, down, up, ctrlU } = keys
// All orgs come first.
const demoOrg = down + enter

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
  const terminal = openTerminal(cf, args, options)
  await answer(terminal, steps)
  const end = await terminal.ended
  return { ...end, text: terminal.text(), bytes: terminal.bytes(), stdout: terminal.stdout() }
}

/** A folder of its own for what is written. */
function folderIn({ cf }: Scene, name: string): string {
  const folder = join(cf.home, name)
  mkdirSync(folder)
  return folder
}

const toCsvFile = (file: string): Step[] => [
  [q.what, enter],
  [q.org, demoOrg],
  [q.part, enter],
  [q.time, enter],
  [q.names, enter],
  [q.format, down + enter],
  [q.place, enter],
  [q.file, file === '' ? enter : ctrlU + file + enter],
]

/** The command line at the end, which the terminal breaks at its edge. */
const lineIn = (text: string) =>
  /^(cf-audit [\s\S]*?)\n*$/m.exec(text.slice(text.lastIndexOf('\ncf-audit ')))?.[1] ?? ''

/** Runs a line in a shell, where cf-audit is on PATH. */
async function inShell(scene: Scene, line: string, cwd: string): Promise<number | null> {
  const relay = openRelay(scene)
  try {
    return (await runShell(line, { cwd, env: relay.env })).code
  } finally {
    relay.close()
  }
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
      [q.what, down + down + enter],
      [q.org, demoOrg],
      [q.part, enter],
      [q.time, down + enter],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
    ],
    { columns: 200 },
  )
  assert.is(code, 0, text)
  assert.match(text, /User Performing\s+Action/)
  assert.is(lineIn(text), 'cf-audit routes demo-org --since 31d --format table')
})

path('options that every command has are kept', async ({ scene }) => {
  const steps: Step[] = [
    [q.what, up + up + enter],
    [q.words, `route.create${enter}`],
  ]
  const { code, text } = await talk(scene, ['-v', '--no-color'], steps, { columns: 200 })
  assert.is(code, 0, text)
  assert.match(text, /^audit\.route\.create /m)
  assert.match(text, /^cf target {2}\(\d+ ms/m)
  assert.is(lineIn(text), 'cf-audit --verbose --no-color types route.create')
  const quiet = await talk(scene, ['-q'], steps)
  assert.not.match(quiet.text, 'cf-audit types')
})

path('who holds which role, which has no time', async ({ scene }) => {
  const folder = folderIn(scene, 'roles')
  const steps: Step[] = [
    [q.what, up + up + up + up + enter],
    [q.org, demoOrg],
    [q.part, enter],
    [q.format, down + enter],
    [q.place, enter],
    [q.file, enter],
  ]
  const { code, text } = await talk(scene, [], steps, { cwd: folder, columns: 200 })
  assert.is(code, 0, text)
  const [file = ''] = readdirSync(folder)
  assert.match(file, /^roles-demo-org-\d{4}-\d\d-\d\d\.csv$/)
  assert.is(lineIn(text), `cf-audit roles demo-org --format csv --output ${file} --force`)
})

path('doctor', async ({ scene }) => {
  const { text } = await talk(scene, [], [[q.what, up + enter]], { columns: 200 })
  assert.is(lineIn(text), 'cf-audit doctor')
})

path('own dates: what is no time is said, and asked for again', async ({ scene }) => {
  const { code, text } = await talk(
    scene,
    [],
    [
      [q.what, enter],
      [q.org, demoOrg],
      [q.part, enter],
      [q.time, up + enter],
      [q.from, `2026-02-30${enter}`],
      [/"2026-02-30"[\s\S]*36h/, `${ctrlU}9d${enter}`],
      [q.until, `10d${enter}`],
      [/--since[\s\S]*--until/, `${ctrlU} yesterday ${enter}`],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
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
      [q.what, enter],
      [q.org, demoOrg],
      [q.part, enter],
      [q.time, up + enter],
      ['as far back as Cloud Foundry keeps events', enter],
      [/Until when\?[^\n]*\n[^\n]*now/, enter],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
    ],
  )
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit user-access demo-org --format table')
})

path('a month: the last, this one, or one that is written', async ({ scene }) => {
  const before = (steps: readonly Step[]): Step[] => [
    [q.what, enter],
    [q.org, demoOrg],
    [q.part, enter],
    [q.time, down + down + enter],
    ...steps,
  ]
  const month = (offset: number) => {
    const today = new Date()
    const first = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + offset)
    return new Date(first).toISOString().slice(0, 7)
  }
  const folder = folderIn(scene, 'month')
  const file: Step[] = [
    [q.names, enter],
    [q.format, down + enter],
    [q.place, enter],
    [q.file, enter],
  ]
  const now = await talk(scene, [], before([[q.month, down + enter], ...file]), {
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
      [q.month, up + enter],
      [q.otherMonth, `2026-13${enter}`],
      ['"2026-13"', ctrlU + month(0) + enter],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
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
      [q.what, enter],
      [q.org, demoOrg],
      [q.part, enter],
      [q.time, up + enter],
      [q.from, `2020-01-01${enter}`],
      [q.until, `2020-01-02${enter}`],
      [q.isEmpty, enter],
      [q.time, up + enter],
      [q.from, `2020-01-01${enter}`],
      [q.until, `2020-01-03${enter}`],
      [q.isEmpty, down + enter],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
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
      [q.isTaken, enter],
      [q.file, `${ctrlU}missing/x.csv${enter}`],
      [/▲[\s\S]*missing/, `${ctrlU}.${enter}`],
      [/▲[\s\S]*folder/, `${ctrlU}${enter}`],
      [/▲[\s\S]*name/, `other.csv${enter}`],
    ],
    { cwd: folder },
  )
  assert.is(other.code, 0, other.text)
  assert.is(readFileSync(taken, 'utf8'), 'precious')
  assert.equal(readdirSync(folder).sort(), ['other.csv', 'taken.csv'])

  const steps: Step[] = [...toCsvFile('taken.csv'), [q.isTaken, down + enter]]
  const replaced = await talk(scene, [], steps, { cwd: folder })
  assert.is(replaced.code, 0, replaced.text)
  assert.is(readFileSync(taken, 'utf8'), readFileSync(join(folder, 'other.csv'), 'utf8'))
})

path('a home folder and a name with a dash are what they look like', async ({ scene }) => {
  const folder = folderIn(scene, 'home')
  const home = await talk(scene, [], toCsvFile('~/in home.csv'), { cwd: folder, columns: 300 })
  assert.is(home.code, 0, home.text)
  assert.ok(readdirSync(scene.cf.home).includes('in home.csv'))
  assert.is(await inShell(scene, lineIn(home.text), folder), 0)
  const dash = await talk(scene, [], toCsvFile('-f'), { cwd: folder, columns: 300 })
  assert.is(dash.code, 0, dash.text)
  assert.equal(readdirSync(folder), ['-f'])
  assert.is(await inShell(scene, lineIn(dash.text), folder), 0)
})

path('a redirected stdout is where it goes, and holds no question', async ({ scene }) => {
  const steps: Step[] = [
    [q.what, enter],
    [q.org, demoOrg],
    [q.part, enter],
    [q.time, enter],
    [q.names, enter],
    [q.format, enter],
  ]
  const { code, text, stdout } = await talk(scene, [], steps, { redirected: true, columns: 200 })
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit user-access demo-org --since 7d --format csv')
  const direct = await run(scene.cf, ['user-access', 'demo-org', '--since', '7d'])
  assert.is(stdout, direct.stdout)
})

path.run()

const toPart: Step[] = [
  [q.what, enter],
  [q.org, demoOrg],
]
const toTime: Step[] = [...toPart, [q.part, enter]]

// --- A part ------------------------------------------------------------------------------------------------------

const part = suite<{ scene: Scene }>('a part of it')
part.before(async context => {
  context.scene = await openScene({ events: 600 })
})
part.after(({ scene }) => scene.close())

const afterPart: Step[] = [
  [q.time, enter],
  [q.names, enter],
  [q.format, enter],
  [q.place, enter],
]

/** The line at the end of a report about a part. */
async function lineAbout(scene: Scene, what: string, chosen: readonly Step[], rest = afterPart) {
  const steps: Step[] = [[q.what, what], [q.org, demoOrg], ...chosen, ...rest]
  const { code, text } = await talk(scene, [], steps, { columns: 200 })
  assert.is(code, 0, text)
  return lineIn(text)
}

part('a space, found by typing', () =>
  withScene({ user: 'admin@example.gov' }, async scene => {
    assert.is(
      await lineAbout(scene, down + enter, [
        [q.part, down + enter],
        [/Which space\?[\s\S]*● dev[\s\S]*prod/, 'stag'],
        ['● staging', enter],
      ]),
      'cf-audit events demo-org --space staging --since 7d --format table',
    )
  }),
)

part('a space is written where spaces cannot be listed', () =>
  withScene({}, async scene => {
    scene.foundation.faults.add({
      on: /v3\/spaces/,
      answer: { status: 500, body: '{}' },
      times: Number.POSITIVE_INFINITY,
    })
    const terminal = openTerminal(scene.cf, [])
    await answer(terminal, [
      ...[[q.what, enter] as const, [q.org, demoOrg] as const],
      [q.part, down + enter],
      ['Which space? Name or GUID.', enter],
      ['Type a name or a GUID.', `prod${enter}`],
      [q.time, keys.ctrlC],
    ])
    assert.is((await terminal.ended).code, 130)
  }),
)

part('a person: who did it, or who holds the role', async ({ scene }) => {
  const who: Step[] = [
    [q.part, down + down + enter],
    [q.person, enter],
    ['Type a name or a GUID.', `auditor@example.gov${enter}`],
  ]
  assert.is(
    await lineAbout(scene, down + enter, who),
    'cf-audit events demo-org --actor auditor@example.gov --since 7d --format table',
  )
  assert.is(
    await lineAbout(scene, up + up + up + up + enter, who, afterPart.slice(2)),
    'cf-audit roles demo-org --user auditor@example.gov --format table',
  )
})

part('the history of one thing', async ({ scene }) => {
  const thing = scene.sample.spaces[0]!.guid
  assert.is(
    await lineAbout(scene, down + enter, [
      [q.part, up + enter],
      [q.thing, `${thing}${enter}`],
    ]),
    `cf-audit events demo-org --about ${thing} --since 7d --format table`,
  )
})

part('all orgs have no one space; roles have no history', async ({ scene }) => {
  const terminal = openTerminal(scene.cf, [])
  await answer(terminal, [
    [q.what, up + up + up + up + enter],
    [q.org, enter],
    [/Filter the report\?\n.*Everything.*\n.*One person +the roles of this user\n.*navigate/, keys.ctrlC],
  ])
  assert.is((await terminal.ended).code, 130, terminal.text())
})

part('names are looked up where they are wanted', async ({ scene }) => {
  const names: Step[] = [[q.time, enter], [q.names, down + enter], ...afterPart.slice(2)]
  assert.is(
    await lineAbout(scene, enter, [[q.part, enter]], names),
    'cf-audit user-access demo-org --since 7d --names --format table',
  )
})

part('an access review asks for nothing but the org and the output', async ({ scene }) => {
  assert.is(
    await lineAbout(scene, up + up + up + enter, [], afterPart.slice(2)),
    'cf-audit access-review demo-org --format table',
  )
})

part('each choice is explained beside it, on one line of 80 columns', async ({ scene }) => {
  const terminal = openTerminal(scene.cf, [])
  await answer(terminal, [
    [/user-access {8}who gained or lost[^\n]*\n[^\n]*events {13}all audit events\n/, ''],
    [/services {11}service, plan and broker events\n/, ''],
    [/access-review {6}who should still have access\n/, enter],
    [/● All orgs \(plus events outside any org\)/, keys.ctrlC],
  ])
  assert.is((await terminal.ended).code, 130)
})

for (const [since, warns] of [
  ['60d', true],
  ['10d', false],
] as const) {
  part(`a time that ${warns ? 'begins before' : 'lies within'} what is kept`, async ({ scene }) => {
    const terminal = openTerminal(scene.cf, [])
    await answer(terminal, [
      ...toTime,
      [q.time, up + enter],
      [q.from, since + enter],
      [q.until, enter],
      [q.names, keys.ctrlC],
    ])
    assert.is((await terminal.ended).code, 130)
    const text = terminal.text()
    assert.is(
      /Warning: Cloud Foundry deletes events after 31 days/.test(text.replace(/\n/g, ' ')),
      warns,
      text,
    )
  })
}

part.run()

// --- Left unanswered ---------------------------------------------------------------------------------------------

const left = suite<{ scene: Scene }>('a question that is left')
left.before(async context => {
  context.scene = await openScene({ events: 3000 })
})
left.after(({ scene }) => scene.close())

/** Every question there is, each behind those that lead to it. */
const everyQuestion: readonly (readonly Step[])[] = [
  [...toCsvFile('taken.csv'), [q.isTaken, enter], [q.file, '']],
  [
    ...toCsvFile('taken.csv').slice(0, 3),
    [q.time, down + down + enter],
    [q.month, up + enter],
    [q.otherMonth, ''],
  ],
  [
    ...toCsvFile('taken.csv').slice(0, 3),
    [q.time, up + enter],
    [q.from, `no${enter}`],
    ['"no"', `${ctrlU}2020-01-01${enter}`],
    [q.until, `2020-01-02${enter}`],
    [q.isEmpty, ''],
  ],
  [
    [q.what, down + enter],
    [q.org, demoOrg],
    [q.part, enter],
    [q.time, down + enter],
    [q.names, enter],
    [q.format, enter],
    [q.place, enter],
    [q.isLong, ''],
  ],
  [
    [q.what, up + up + enter],
    [q.words, ''],
  ],
]
const ways: readonly (readonly [string, string])[] = [
  ['Ctrl-C', keys.ctrlC],
  // In a line that holds something it deletes, as in a shell.
  ['Ctrl-D', keys.ctrlU + keys.ctrlD],
]

for (const [index, steps] of everyQuestion.entries()) {
  for (let count = index === 0 ? 0 : Math.min(3, steps.length - 1); count < steps.length; count++) {
    const question = steps[count]![0]
    left(`Ctrl-C and Ctrl-D at ${question}, way ${index + 1}`, async ({ scene }) => {
      const folder = folderIn(scene, `left-${index}-${count}`)
      writeFileSync(join(folder, 'taken.csv'), 'precious')
      for (const [name, key] of ways) {
        const terminal = openTerminal(scene.cf, [], { cwd: folder })
        await answer(terminal, steps.slice(0, count))
        await terminal.see(question)
        terminal.type(key)
        const end = await terminal.ended
        assert.equal(end, { code: 130, isRaw: false }, `${name}: ${terminal.text()}`)
        assert.not.match(terminal.text(), /Interrupted|bug|Error|cf-audit user-access/, name)
        isAsFound(terminal)
      }
      assert.equal(readdirSync(folder), ['taken.csv'])
      assert.is(readFileSync(join(folder, 'taken.csv'), 'utf8'), 'precious')
    })
  }
}

const toFormat: Step[] = [...toTime, [q.time, enter], [q.names, enter]]
const toPlace: Step[] = [...toFormat, [q.format, enter]]
const emptyDates: Step[] = [
  [q.time, up + enter],
  [q.from, `2020-01-01${enter}`],
  [q.until, `2020-01-02${enter}`],
]

/** The way to a question, that question, and the one before it. */
const before: readonly (readonly [steps: readonly Step[], question: string, back: string])[] = [
  [[[q.what, up + up + enter]], q.words, q.what],
  [toPart.slice(0, 1), q.org, q.what],
  [toPart, q.part, q.org],
  [[...toPart, [q.part, down + enter]], q.space, q.part],
  [[...toPart, [q.part, down + down + enter]], q.person, q.part],
  [[...toPart, [q.part, up + enter]], q.thing, q.part],
  [toTime, q.time, q.part],
  [[...toTime, [q.time, down + down + enter]], q.month, q.time],
  [[...toTime, [q.time, down + down + enter], [q.month, up + enter]], q.otherMonth, q.month],
  [[...toTime, [q.time, up + enter]], q.from, q.time],
  [[...toTime, ...emptyDates.slice(0, 2)], q.until, q.from],
  [[...toTime, ...emptyDates], q.isEmpty, q.until],
  [toFormat.slice(0, -1), q.names, q.time],
  // A question of two steps: back to the second one.
  [[...toPart, [q.part, down + enter], [q.space, `dev${enter}`]], q.time, q.space],
  [[...toPart, [q.part, down + down + enter], [q.person, `ann${enter}`]], q.time, q.person],
  [[...toPart, [q.part, up + enter], [q.thing, `db${enter}`]], q.time, q.thing],
  [[...toTime, [q.time, down + down + enter], [q.month, down + enter]], q.names, q.month],
  [[...toTime, [q.time, up + enter], [q.from, enter], [q.until, enter]], q.names, q.until],
  [toFormat, q.format, q.names],
  [toPlace, q.place, q.format],
  [[...toPlace, [q.place, down + enter]], q.file, q.place],
  [[...toPlace, [q.place, down + enter], [q.file, `${ctrlU}taken.csv${enter}`]], q.isTaken, q.file],
  [
    [
      [q.what, down + enter],
      [q.org, demoOrg],
      [q.part, enter],
      [q.time, down + enter],
      [q.names, enter],
      [q.format, enter],
      [q.place, enter],
    ],
    q.isLong,
    q.place,
  ],
  // What has no time and no names is not asked for them on the way back.
  [
    [
      [q.what, up + up + up + up + enter],
      [q.org, demoOrg],
      [q.part, enter],
    ],
    q.format,
    q.part,
  ],
  [
    [
      [q.what, up + up + up + enter],
      [q.org, demoOrg],
    ],
    q.format,
    q.org,
  ],
]

/** The question that is open, behind those that have been answered or left. */
const open = (question: string) => new RegExp(`◆[^◆■◇]*${escaped(question)}`)

for (const [index, [steps, question, back]] of before.entries()) {
  left(`Esc at ${question}: back to ${back}`, async ({ scene }) => {
    const folder = folderIn(scene, `back-${index}`)
    writeFileSync(join(folder, 'taken.csv'), 'precious')
    const terminal = openTerminal(scene.cf, [], { cwd: folder })
    await answer(terminal, [...steps, [question, keys.escape], [open(back), keys.ctrlC]])
    assert.equal(await terminal.ended, { code: 130, isRaw: false }, terminal.text())
    isAsFound(terminal)
  })
}

left('Esc at the first question leaves', async ({ scene }) => {
  const terminal = openTerminal(scene.cf, [])
  await answer(terminal, [
    ['Esc goes back one question, Ctrl-C leaves.', ''],
    [q.what, keys.escape],
  ])
  assert.equal(await terminal.ended, { code: 130, isRaw: false }, terminal.text())
  assert.not.match(terminal.text(), /Interrupted|bug|Error/)
  isAsFound(terminal)
})

left('answers that were changed on the way back are in the line', async ({ scene }) => {
  const { code, text } = await talk(
    scene,
    [],
    [
      ...toFormat.slice(0, -1),
      [q.names, keys.escape],
      [open(q.time), keys.escape],
      [open(q.part), keys.escape],
      [open(q.org), keys.escape],
      [open(q.what), down + down + enter],
      [open(q.org), enter],
      [open(q.part), down + enter],
      [q.person, `auditor@example.gov${enter}`],
      [open(q.time), down + enter],
      [q.names, down + enter],
      [q.format, keys.escape],
      [open(q.names), enter],
      [open(q.format), enter],
      [q.place, enter],
    ],
    { columns: 200 },
  )
  assert.is(code, 0, text)
  assert.is(lineIn(text), 'cf-audit routes --all-orgs --actor auditor@example.gov --since 31d --format table')
  assert.match(text, /^\d+ events to check\.$/m)
})

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
    const terminal = openTerminal(scene.cf, [])
    await terminal.see(q.what)
    terminal.signal(name)
    assert.equal(await terminal.ended, { code, isRaw: false }, terminal.text())
    isAsFound(terminal)
  })
}

left('Ctrl-C while Cloud Foundry is waited for', () =>
  withScene({}, async scene => {
    let arrive = () => {}
    const arrived = new Promise<void>(done => {
      arrive = done
    })
    const on = ({ raw }: { raw: string }) => {
      if (/organizations/.test(raw)) arrive()
      return /organizations/.test(raw)
    }
    scene.foundation.faults.add({ on, answer: 'hang', times: Number.POSITIVE_INFINITY })
    const terminal = openTerminal(scene.cf, [], { patient: true })
    await answer(terminal, [[q.what, enter]])
    await arrived
    terminal.type(keys.ctrlC)
    assert.equal(await terminal.ended, { code: 130, isRaw: false })
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
        [q.what, enter],
        [/Which org\?[\s\S]*● All orgs[^\n]*\n[^\n]*○ demo-org/, 'Tenant-299'],
        ['(11 matches)', 'x'],
        ['No matches found', enter],
        ['▲', `${keys.backspace}9`],
        ['(1 match)', ctrlU + acme.slice(0, 4)],
        [`● ${acme}`, enter],
        [q.part, enter],
        [q.time, enter],
        [q.names, enter],
        [q.format, enter],
        [q.place, enter],
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
    const steps: Step[] = [first!, [q.org, 'all'], [/● All/, enter], ...rest]
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
      [q.org, 'it\'s "$('],
      ['␛[31m', enter],
      [q.part, enter],
      [q.time, up + enter],
      [q.from, enter],
      [q.until, enter],
      [q.isEmpty, down + enter],
      ...rest.slice(2),
    ]
    const { text, bytes } = await talk(scene, [], steps, { columns: 400, cwd: folder })
    assert.not.match(bytes, '\u001b[31m\u202e')
    const line = lineIn(text)
    assert.match(line, /^cf-audit user-access 'it'[^\n]*\$\(printf /)
    const [file = ''] = readdirSync(folder)
    assert.match(file, /^user-access-it-s-touch-pwned-x-31m-1-100-until-[\d-]+\.csv$/)
    assert.is(await inShell(scene, line, folder), 0)
    const echo = line.replace('cf-audit', 'printf "<%s>" ')
    const { stdout: printed } = spawnSync('sh', ['-c', echo], { cwd: folder, encoding: 'utf8' })
    assert.match(printed, `<${awkward}>`)
    assert.equal(readdirSync(folder), [file])
  }),
)

orgs('no org is targeted: it alone is asked for, and stdout holds the report alone', () =>
  withScene({ targeted: false }, async scene => {
    const asked = { redirected: true }
    const { code, text, stdout } = await talk(scene, ['user-access'], [[q.org, enter]], asked)
    assert.is(code, 0, text)
    const { stdout: direct } = await run(scene.cf, ['user-access', 'demo-org'])
    assert.is(stdout, direct)
    assert.not.match(text, q.what)
    const roles = await talk(scene, ['roles', '-f', 'csv'], [[q.org, enter]])
    assert.match(roles.text, /demo-org/)
  }),
)

orgs('the question for the org can be left: no file, no words', () =>
  withScene({ targeted: false }, async scene => {
    const folder = folderIn(scene, 'alone')
    const terminal = openTerminal(scene.cf, ['user-access', '-O', 'x.csv'], { cwd: folder })
    await answer(terminal, [[q.org, keys.ctrlC]])
    assert.equal(await terminal.ended, { code: 130, isRaw: false })
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
        [q.what, enter],
        [q.org, down],
        [/● demo-org \(targeted\)/, enter],
        [q.part, enter],
        [q.time, enter],
        [q.names, enter],
        [q.format, enter],
        [q.place, enter],
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
        [q.what, enter],
        [/Which org\?[\s\S]*demo-org/, `x${enter}`],
        [/Warning: .*demo-orgx/, ''],
        [/Which org\?[\s\S]*demo-org/, enter],
        [q.part, enter],
        [q.time, enter],
        [q.names, enter],
        [q.format, enter],
        [q.place, enter],
      ],
    )
    assert.is(code, 0, text)
  }),
)

orgs('nobody with no org is asked for one', () =>
  withScene({ user: 'outsider@example.gov', targeted: false }, async scene => {
    const { code, text } = await talk(scene, [], [[q.what, enter]])
    assert.is(code, 4, text)
    assert.not.match(text, q.org)
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
    assert.match(stderr, /events, user-access, .*doctor/)
    const org = await run(cf, ['user-access'])
    assert.is(org.code, 3)
    assert.is(org.error, 'NoOrgTargeted')
  }),
)

nobody('in CI neither, though it has a terminal', () =>
  withScene({ targeted: false }, async scene => {
    const alone = await talk(scene, [], [], { env: { CI: 'true' } })
    assert.is(alone.code, 2)
    assert.not.match(alone.text, q.what)
    assert.is((await talk(scene, ['user-access'], [], { env: { CI: '1' } })).code, 3)
  }),
)

nobody('what is no command is refused, and asks nothing', () =>
  withScene({}, async scene => {
    for (const args of [['rotes'], ['--since', '7d'], ['--', 'x'], ['--bogus']]) {
      const { code, text } = await talk(scene, args, [])
      assert.is(code, 2, text)
      assert.not.match(text, q.what)
    }
  }),
)

nobody('whoever is not logged in is told before any question', () =>
  withScene({ cf: { session: undefined } }, async scene => {
    const { code, text } = await talk(scene, [], [])
    assert.is(code, 3, text)
    assert.match(text, /cf login/)
    assert.not.match(text, q.what)
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
    const { code, text } = await talk(scene, [], [[q.what, enter]])
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
        [/What do you want to know\?\n {2}1 {2}user-access[\s\S]*1 to 10, or Enter for 1:/, '99\n'],
        [/\n99 /, 'routes\n'],
        [/Which org\?\n {2}1 {2}All orgs.*\n {2}2 {2}demo-org \(targeted\)/, '2\n'],
        [q.part, '\n'],
        [q.time, '4\n'],
        [q.from, 'nonsense\n'],
        ['"nonsense"', '7d\n'],
        [/Until when\?.*now/, '\n'],
        [q.names, '\n'],
        [q.format, '2\n'],
        [q.place, '\n'],
        [q.file, 'x.csv\n'],
        [q.isTaken, '2\n'],
      ],
      { env, columns: 200, cwd: folder },
    )
    assert.is(code, 0, text)
    assert.not.match(bytes, '\u001b')
    assert.is(lineIn(text), 'cf-audit routes demo-org --since 7d --format csv --output x.csv --force')
  }),
)

dumb('< goes back one question, and leaves at the first', () =>
  withScene({ events: 600 }, async scene => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const { code, text } = await talk(
      scene,
      [],
      [
        [/^< goes back one question, Ctrl-C leaves\.\n[\s\S]*1 to 10, or Enter for 1:/m, '\n'],
        [/Which org\?[\s\S]*Enter for 1:/, '2\n'],
        [q.part, '3\n'],
        [q.person, '<\n'],
        [q.part, '<\n'],
        [q.org, ' < \n'],
        [q.what, 'routes\n'],
        [q.org, 'demo-org\n'],
        [q.part, '\n'],
        [q.time, '4\n'],
        [q.from, '8d\n'],
        [q.until, '<\n'],
        [q.from, '9d\n'],
        [q.until, '\n'],
        [q.names, '\n'],
        [q.format, '\n'],
        [q.place, '\n'],
      ],
      { env, columns: 200 },
    )
    assert.is(code, 0, text)
    assert.is(lineIn(text), 'cf-audit routes demo-org --since 9d --format table')
    process.off('warning', note)
    assert.equal(warnings, [], 'each question leaves stdin as it was')
    const terminal = openTerminal(scene.cf, [], { env })
    await answer(terminal, [['or Enter for 1:', '<\n']])
    assert.equal(await terminal.ended, { code: 130, isRaw: false })
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
        [/Which org\? \(\d+/, 'tenant\n'],
        [/\n300 /, 'nowhere\n'],
        [/\nNo/, 'emo-o\n'],
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
      const terminal = openTerminal(scene.cf, [], { env })
      await answer(terminal, [['or Enter for 1:', key]])
      assert.equal(await terminal.ended, { code: 130, isRaw: false })
      assert.match(terminal.text(), /or Enter for 1: (\^C)?\n$/, JSON.stringify(terminal.text().slice(-60)))
    }
  }),
)
dumb.run()
