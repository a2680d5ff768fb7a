import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { applyTypes, type TypeArgs } from '../../src/options/types.ts'
import { reportNamed, typesToAsk } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'

const asked = suite('--type')

async function ask(
  report: string,
  args: TypeArgs & { asDocumented?: boolean; format?: 'csv' | 'json' | 'ndjson' | 'table' },
  ofOneOrg = true,
): Promise<{ types: readonly string[] | undefined; notes: string[]; warnings: string[] }> {
  const notes: string[] = []
  const warnings: string[] = []
  const kind = await applyTypes(reportNamed(report), { asDocumented: false, ...args }, ofOneOrg, {
    info: text => notes.push(text),
    warn: text => warnings.push(text),
  })
  return { types: typesToAsk(kind, ofOneOrg), notes, warnings }
}

const create = 'audit.route.create'
const update = 'audit.route.update'
const cases: readonly (readonly [given: readonly string[], types: readonly string[]])[] = [
  [[create], [create]],
  [
    [create, update],
    [create, update],
  ],
  [[`${update},${create}`], [update, create]],
  [[` ${create} , ${update} `], [create, update]],
  [[create, create, `${create},${create}`], [create]],
  [['Audit.Route.CREATE'], [create]],
  [['audit.route.{create,update}'], [create, update]],
  [['audit.route.{create,update},app.crash'], [create, update, 'app.crash']],
  [
    ['app.crash', 'audit.route_policy.*'],
    ['app.crash', ...typesLike('audit.route_policy.')],
  ],
]
for (const [given, types] of cases) {
  asked(`${JSON.stringify(given)}: ${types.join(', ')}`, async () => {
    for (const report of ['routes', 'events', 'services'])
      assert.equal((await ask(report, { type: given })).types, types)
  })
}

function typesLike(beginning: string): string[] {
  return eventTypes.filter(type => type.startsWith(beginning))
}

asked('a type that several patterns find is asked for once', async () => {
  const { types, notes } = await ask('routes', { type: ['audit.user.space_*,audit.user.*'] })
  assert.equal([...(types ?? [])].sort(), typesLike('audit.user.'))
  assert.equal(notes.slice(0, 2), ['--type audit.user.space_*: 8 types.', '--type audit.user.*: 16 types.'])
})

asked('columns that were made for other types are told of', async () => {
  const told = ['The columns of routes are made for its own types; those of events fit all.']
  const type = [create, 'app.crash']
  assert.equal((await ask('routes', { type })).notes, told)
  assert.equal((await ask('routes', { type, format: 'table' })).notes, told)
  assert.equal((await ask('routes', { type, format: 'json' })).notes, [])
  assert.equal((await ask('routes', { type, format: 'ndjson' })).notes, [])
  assert.equal((await ask('routes', { type: [create] })).notes, [])
  assert.equal((await ask('events', { type })).notes, [])
})

asked('without it the report is untouched', async () => {
  const routes = reportNamed('routes')
  const same = await applyTypes(routes, { asDocumented: true }, true, { info() {}, warn() {} })
  assert.is(same, routes)
})

for (const ofOneOrg of [true, false]) {
  asked(`what covers the whole catalogue asks for every type (of one org: ${ofOneOrg})`, async () => {
    for (const type of [['*'], ['audit.*', 'app.crash,blob.*']]) {
      const { types, warnings } = await ask('services', { type }, ofOneOrg)
      assert.is(types, undefined)
      assert.equal(warnings, [])
    }
  })
}

asked('types of no org are left out of a question about one org, with a warning', async () => {
  const { types, warnings } = await ask('services', { type: ['audit.stack.create', create] })
  assert.equal(types, [create])
  assert.equal(warnings, [
    'audit.stack.create belongs to no org, so none can be found here; --all-orgs asks for them.',
  ])
  const { warnings: several } = await ask('events', { type: ['audit.*'] })
  assert.match(
    several[0] ?? '',
    /^audit\.buildpack\.create, audit\.buildpack\.delete and 19 more belong to no org/,
  )
})

asked('and are asked for of all orgs', async () => {
  const { types, warnings } = await ask('routes', { type: ['audit.stack.*'] }, false)
  assert.equal(types, typesLike('audit.stack.'))
  assert.equal(warnings, [])
})

asked('a name that the catalogue lacks, when that is wanted', async () => {
  const { types } = await ask('routes', {
    type: ['audit.new.Thing,audit.route.CREATE'],
    allowUnknownTypes: true,
  })
  assert.equal(types, ['audit.new.Thing', create])
})

type Given = TypeArgs & { asDocumented?: boolean }
const refused: readonly (readonly [given: Given, message: RegExp, advice: RegExp])[] = [
  [
    { type: ['audit.user.space_devloper_add'] },
    /^audit\.user\.space_devloper_add is none of the 140 event types\. Did you mean audit\.user\.space_developer_add\?$/,
    /cf-audit types .*--allow-unknown-types/,
  ],
  [{ type: [create, 'nonsense'] }, /^nonsense is none of the 140 event types\.$/, /cf-audit types/],
  [{ type: ['audit.user'] }, /Did you mean 'audit\.user\.\*'\?$/, /cf-audit types/],
  [{ type: ['__proto__'] }, /none of the 140/, /cf-audit types/],
  [{ type: ['audit.app.constructor'] }, /none of the 140/, /cf-audit types/],
  [
    { type: ['audit.usr.*'] },
    /^--type audit\.usr\.\* matches none of the 140 event types\. Did you mean 'audit\.user\.\*'\?$/,
    /cf-audit types/,
  ],
  [{ type: ['audit.usr.*'], allowUnknownTypes: true }, /matches none/, /cf-audit types/],
  [{ type: ['!audit.*'] }, /matches none/, /cf-audit types/],
  [{ type: [''] }, /empty type/, /cf-audit types/],
  [{ type: [`${create},`] }, /empty type/, /cf-audit types/],
  [{ type: ['*'.repeat(70_000)] }, /^\*{40}… is no pattern\.$/, /audit\.user/],
  [{ type: [create], asDocumented: true }, /--type and --as-documented exclude each other/, /one of them/],
  [{ allowUnknownTypes: true }, /--allow-unknown-types is for --type/, /Leave it out/],
  [{ type: ['audit.stack.create'] }, /^audit\.stack\.create belongs to no org/, /--all-orgs/],
  [
    { type: ['audit.stack.*,audit.buildpack.*'] },
    /^audit\.stack\.create, audit\.stack\.delete and 5 more belong to no org/,
    /--all-orgs/,
  ],
]
for (const [given, message, advice] of refused) {
  asked(`${JSON.stringify(given).slice(0, 90)}: exit code 2, with the reason`, async () => {
    const error = await ask('routes', given).then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.instance(error, UsageError)
    assert.match((error as UsageError).message, message)
    assert.match((error as UsageError).advice, advice)
    assert.ok((error as UsageError).message.length < 300)
  })
}

asked.run()
