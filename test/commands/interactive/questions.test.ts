import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Answers,
  commandFor,
  fileNameFor,
  isLong,
  type Wanted,
} from '../../../src/commands/interactive/answers.ts'
import { monthAt, pathOf, wrongIn } from '../../../src/commands/interactive/questions.ts'
import { canPrompt } from '../../../src/context.ts'
import { orgChoices } from '../../../src/options/connection.ts'
import { pathStatus } from '../../../src/output/files.ts'
import { reportNamed } from '../../../src/reports/catalog.ts'
import { shellLine } from '../../../src/text.ts'

const what = reportNamed('user-access')
const guid = '2f3c9a4e-1111-4222-8333-444455556666'
const now = Date.parse('2026-11-23T12:00:00Z')
const base: Answers = {
  what,
  org: { name: 'demo-org', guid },
  only: {},
  window: {},
  names: false,
  format: 'csv',
  file: undefined,
}

const lines = suite('answers as a command line')

const commands: readonly (readonly [answers: Partial<Answers>, words: string, again?: string])[] = [
  [{}, 'cf-audit user-access demo-org --format csv'],
  [{ window: { since: '7d' } }, 'cf-audit user-access demo-org --since 7d --format csv'],
  [
    { window: { month: '2026-11' }, format: 'json' },
    'cf-audit user-access demo-org --month 2026-11 --format json',
  ],
  [
    { window: { since: '2026-11-01T00:00:00+01:00', until: 'yesterday' } },
    'cf-audit user-access demo-org --since 2026-11-01T00:00:00+01:00 --until yesterday --format csv',
  ],
  [{ what: 'roles', format: 'table' }, 'cf-audit roles demo-org --format table'],
  [{ what: 'access-review', format: 'xlsx' }, 'cf-audit access-review demo-org --format xlsx'],
  [{ names: true }, 'cf-audit user-access demo-org --names --format csv'],
  [
    { only: { space: { name: 'my space', guid } } },
    "cf-audit user-access demo-org --space 'my space' --format csv",
  ],
  [
    { only: { space: { name: '00000000-0000-4000-8000-000000000000', guid } } },
    `cf-audit user-access demo-org --space ${guid} --format csv`,
  ],
  [{ only: { space: { name: '-x', guid } } }, 'cf-audit user-access demo-org --space=-x --format csv'],
  [
    { only: { person: 'ann@example.gov' } },
    'cf-audit user-access demo-org --actor ann@example.gov --format csv',
  ],
  [
    { only: { person: 'ann@example.gov' }, what: 'roles' },
    'cf-audit roles demo-org --user ann@example.gov --format csv',
  ],
  [{ only: { about: 'my app' } }, "cf-audit user-access demo-org --about 'my app' --format csv"],
  [{ org: 'all', what: reportNamed('events') }, 'cf-audit events --all-orgs --format csv'],
  [{ org: { name: '-x', guid } }, 'cf-audit user-access --org=-x --format csv'],
  [{ org: { name: '--', guid } }, 'cf-audit user-access --org=-- --format csv'],
  [{ org: { name: "it's $HOME", guid } }, "cf-audit user-access 'it'\\''s $HOME' --format csv"],
  [
    { org: { name: 'a\u202eb', guid } },
    "cf-audit user-access 'a'\"$(printf '\\342\\200\\256')\"'b' --format csv",
  ],
  // What looks like a GUID is taken for the GUID of an org.
  [
    { org: { name: '00000000-0000-4000-8000-000000000000', guid } },
    `cf-audit user-access ${guid} --format csv`,
  ],
  [
    { file: { name: 'x y.csv', replaces: false } },
    "cf-audit user-access demo-org --format csv --output 'x y.csv'",
    "cf-audit user-access demo-org --format csv --output 'x y.csv' --force",
  ],
  [
    { file: { name: 'x.csv', replaces: true } },
    'cf-audit user-access demo-org --format csv --output x.csv --force',
  ],
]
for (const [answers, words, again = words] of commands) {
  lines(words, () => {
    const command = commandFor({ ...base, ...answers })
    assert.is(shellLine(['cf-audit', ...command.words]), words)
    assert.is(shellLine(['cf-audit', ...command.again]), again)
  })
}
lines.run()

const files = suite('a name for the file')

const names: readonly (readonly [wanted: Partial<Wanted>, format: Answers['format'], name: string])[] = [
  [{ window: { month: '2026-11' } }, 'csv', 'user-access-demo-org-2026-11.csv'],
  [{ window: { month: 'last' } }, 'csv', 'user-access-demo-org-2026-10.csv'],
  [{ window: { since: '7d' } }, 'json', 'user-access-demo-org-2026-11-16-to-2026-11-23.json'],
  [
    { window: { since: '2026-11-01', until: '2026-11-02' } },
    'ndjson',
    'user-access-demo-org-2026-11-01-to-2026-11-02.ndjson',
  ],
  [{ window: { since: 'yesterday', until: 'yesterday' } }, 'csv', 'user-access-demo-org-2026-11-22.csv'],
  [
    { window: { since: '2026-11-20', until: '2030-01-01' } },
    'csv',
    'user-access-demo-org-2026-11-20-to-2026-11-23.csv',
  ],
  [{ window: {} }, 'table', 'user-access-demo-org-until-2026-11-23.txt'],
  [{ what: 'roles' }, 'csv', 'roles-demo-org-2026-11-23.csv'],
  [{ org: 'all', window: { month: '2026-11' } }, 'csv', 'user-access-all-orgs-2026-11.csv'],
  [{ org: { name: '../../etc', guid }, window: { month: '2026-11' } }, 'csv', 'user-access-etc-2026-11.csv'],
  [
    { org: { name: 'Gemüse & Obst\n', guid }, window: { month: '2026-11' } },
    'csv',
    'user-access-Gemüse-Obst-2026-11.csv',
  ],
  [
    { org: { name: '\u001b[31m?', guid }, window: { month: '2026-11' } },
    'csv',
    'user-access-31m-2026-11.csv',
  ],
  [{ org: { name: '///', guid }, window: { month: '2026-11' } }, 'csv', 'user-access-2026-11.csv'],
  [
    { org: { name: 'x'.repeat(250), guid }, window: { month: '2026-11' } },
    'csv',
    `user-access-${'x'.repeat(60)}-2026-11.csv`,
  ],
]
for (const [wanted, format, name] of names) {
  files(name, () => assert.is(fileNameFor({ ...base, ...wanted }, format, now), name))
}

files('a home folder is meant as in a shell; a dash is a name', () => {
  assert.is(pathOf('~/x.csv', '/home/a'), '/home/a/x.csv')
  assert.is(pathOf('~/x.csv', undefined), '~/x.csv')
  assert.is(pathOf('~x', '/home/a'), '~x')
  assert.is(pathOf('-', undefined), './-')
})

files('what stands there already', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vacancy-'))
  try {
    const at = (name: string) => join(folder, name)
    writeFileSync(at('file'), '')
    mkdirSync(at('folder'))
    assert.is(pathStatus(at('new')), 'free')
    assert.is(pathStatus(at('file')), 'taken')
    assert.equal(pathStatus(at('folder')), { problem: `${at('folder')} is a folder.` })
    assert.equal(pathStatus(at('new/')), { problem: `${at('new')}/ is a folder.` })
    assert.equal(pathStatus(at('none/new')), { problem: `There is no folder ${at('none')}.` })
    assert.equal(pathStatus(at('file/new')), { problem: `${at('file')} is not a folder.` })
    assert.equal(pathStatus('/dev/null'), { problem: '/dev/null is not a regular file.' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
files.run()

const rest = suite('what questions decide')

rest('ten pages are long, and a thousand rows on the screen', () => {
  assert.not.ok(isLong({ total: 1000, pageSize: 5000 }, true))
  assert.ok(isLong({ total: 1001, pageSize: 5000 }, true))
  assert.not.ok(isLong({ total: 50_000, pageSize: 5000 }, false))
  assert.ok(isLong({ total: 50_001, pageSize: 5000 }, false))
  assert.ok(isLong({ total: 1001, pageSize: 100 }, false))
})

rest('months go back over the new year, and from the end of a long one', () => {
  assert.is(monthAt(Date.parse('2026-01-31T23:59:59Z'), -1), '2025-12')
  assert.is(monthAt(Date.parse('2026-03-31T12:00:00Z'), -1), '2026-02')
  assert.is(monthAt(Date.parse('2026-03-31T12:00:00Z'), 0), '2026-03')
})

rest('a wrong time is explained as on the command line', () => {
  assert.is(wrongIn({ since: '7d' }, now), undefined)
  assert.match(wrongIn({ since: 'x' }, now) ?? '', /"x".* 7d/)
  assert.match(wrongIn({ since: '7d', until: '9d' }, now) ?? '', /2026-11-16.*2026-11-14.*--since.*--until/)
})

rest('the targeted org comes first, the others as people sort', () => {
  const orgs = ['org10', 'Zeta', 'org9', 'alpha', 'mine'].map(name => ({ name, guid }))
  const choices = orgChoices(orgs, 'mine')
  assert.equal(
    choices.map(({ label }) => label),
    ['mine', 'alpha', 'org9', 'org10', 'Zeta'],
  )
  assert.equal(
    choices.map(({ hint }) => hint),
    ['targeted', undefined, undefined, undefined, undefined],
  )
})

const terminals: readonly (readonly [
  stdin: boolean,
  stderr: boolean,
  env: NodeJS.ProcessEnv,
  asks: boolean,
])[] = [
  [true, true, {}, true],
  [true, true, { CI: 'false' }, true],
  [true, true, { CI: 'true' }, false],
  [false, true, {}, false],
  [true, false, {}, false],
]
for (const [stdin, stderr, env, asks] of terminals) {
  rest(`keys ${stdin}, screen ${stderr}, ${JSON.stringify(env)}: ${asks ? 'asks' : 'does not ask'}`, () => {
    const streams = { stdin: { isTTY: stdin }, stderr: { isTTY: stderr } } as unknown as NodeJS.Process
    assert.is(canPrompt({ stdin: streams.stdin, stderr: streams.stderr, env }), asks)
  })
}
rest.run()
