import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { applyTypes, globOf, isGlob, type TypeArgs } from '../../src/options/types.ts'
import { reportNamed, typesToAsk } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'
import { listen } from '../messages.ts'

const asked = suite('--type')

type Given = TypeArgs & { asDocumented?: boolean }

async function ask(
  report: string,
  args: Given,
  ofOneOrg = true,
): Promise<{ types: readonly string[] | undefined; said: string[] }> {
  const { messages, said } = listen()
  const kind = await applyTypes(reportNamed(report), args, ofOneOrg, messages)
  return { types: typesToAsk(kind, ofOneOrg), said }
}

const typesLike = (beginning: string) => eventTypes.filter(type => type.startsWith(beginning))

const create = 'audit.route.create'
const update = 'audit.route.update'
const cases: readonly (readonly [given: string | readonly string[], types: readonly string[]])[] = [
  [create, [create]],
  [
    [create, update],
    [create, update],
  ],
  [`${update},${create}`, [update, create]],
  [` ${create} , ${update} `, [create, update]],
  [[create, create, `${create},${create}`], [create]],
  ['Audit.Route.CREATE', [create]],
  ['audit.route.{create,update}', [create, update]],
  ['audit.route.{create,update},app.crash', [create, update, 'app.crash']],
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

asked('a type that several patterns match is asked for once; --verbose shows what each matches', async () => {
  const { types, said } = await ask('routes', { type: ['audit.user.space_*,audit.user.*'] })
  assert.equal([...(types ?? [])].sort(), typesLike('audit.user.'))
  assert.is(said.length, 2)
  assert.match(said[0]!, /^debug: --type audit\.user\.space_\* matches audit\.user\.space_auditor_add, /)
})

asked('without it the report stays as it is', async () => {
  const routes = reportNamed('routes')
  assert.is(await applyTypes(routes, { asDocumented: true }, true, listen().messages), routes)
})

for (const ofOneOrg of [true, false]) {
  asked(`what covers the whole catalogue asks for every type (of one org: ${ofOneOrg})`, async () => {
    for (const type of ['*', ['audit.*', 'app.crash,blob.*']]) {
      const { types, said } = await ask('services', { type }, ofOneOrg)
      assert.is(types, undefined)
      assert.equal(
        said.filter(line => line.startsWith('warning')),
        [],
      )
    }
  })
}

asked('types that belong to no org are left out of a question about one org, with a warning', async () => {
  const { types, said } = await ask('services', { type: ['audit.stack.create', create] })
  assert.equal(types, [create])
  assert.is(said.length, 1)
  assert.match(said[0]!, /^warning: audit\.stack\.create belongs to no org .*--all-orgs to include it\.$/)
  const several = await ask('events', { type: ['audit.*'] })
  assert.match(several.said.at(-1)!, /^warning: \S+, \S+ and 19 more belong to no org .* include them\.$/)
})

asked('and are asked for of all orgs', async () => {
  const { types, said } = await ask('routes', { type: ['audit.stack.create'] }, false)
  assert.equal(types, ['audit.stack.create'])
  assert.equal(said, [])
})

asked('a name that the catalogue lacks, when that is wanted', async () => {
  const { types } = await ask('routes', {
    type: ['audit.new.Thing,audit.route.CREATE'],
    allowUnknownTypes: true,
  })
  assert.equal(types, ['audit.new.Thing', create])
})

const refused: readonly (readonly [given: Given, message: RegExp, advice: RegExp])[] = [
  [
    { type: 'audit.user.space_devloper_add' },
    /^unknown event type "audit\.user\.space_devloper_add"\. Did you mean audit\.user\.space_developer_add\?$/,
    /cf-audit types.*--allow-unknown-types/,
  ],
  [{ type: [create, 'nonsense'] }, /unknown event type "nonsense"\.$/, /cf-audit types/],
  [{ type: 'audit.user' }, /Did you mean 'audit\.user\.\*'\?$/, /cf-audit types/],
  [{ type: '__proto__' }, /unknown event type/, /cf-audit types/],
  [{ type: 'audit.app.constructor' }, /unknown event type/, /cf-audit types/],
  [
    { type: 'audit.usr.*' },
    /no event type matches audit\.usr\.\*.*Did you mean 'audit\.user\.\*'/,
    /cf-audit types/,
  ],
  [{ type: 'audit.usr.*', allowUnknownTypes: true }, /no event type matches/, /cf-audit types/],
  [{ type: '!audit.*' }, /no event type matches/, /cf-audit types/],
  [{ type: '' }, /--type .*empty/, /cf-audit types/],
  [{ type: `${create},` }, /--type .*empty/, /cf-audit types/],
  [{ type: '*'.repeat(70_000) }, /\*{40}…/, /audit\.user/],
  [{ type: create, asDocumented: true }, /--type .*--as-documented/, /one of them/],
  [{ allowUnknownTypes: true }, /--allow-unknown-types .*--type/, /--type/],
  [{ type: 'audit.stack.create' }, /audit\.stack\.create belongs to no org/, /--all-orgs/],
  [
    { type: 'audit.stack.*,audit.buildpack.*' },
    /audit\.stack\.create, audit\.stack\.delete and 5 more belong to no org/,
    /--all-orgs/,
  ],
]
for (const [given, message, advice] of refused) {
  asked(`${JSON.stringify(given).slice(0, 90)}: exit code 2, with the reason`, async () => {
    await rejects(ask('routes', given), (error: UsageError) => {
      assert.instance(error, UsageError)
      assert.match(error.message, message)
      assert.match(error.advice, advice)
      assert.ok(error.message.length < 300)
      return true
    })
  })
}

asked.run()

const globs = suite('shell patterns for types')

const found: readonly (readonly [pattern: string, count: number])[] = [
  ['*', 140],
  ['audit.*', 138],
  ['audit.user.*', 16],
  ['AUDIT.User.space_*', 8],
  ['*_add', 8],
  ['audit.route.{create,update}', 2],
  ['audit.?oute.*', 6],
  ['audit.[b]uildpack.*', 4],
  ['audit.user.!(space)*', 8],
  // A star stands for dots, too.
  ['audit.app.*.show', 3],
  ['*.create', eventTypes.filter(type => type.endsWith('.create')).length],
  // No "all but".
  ['!audit.*', 0],
  ['user', 0],
  ['audit.user', 0],
]
for (const [pattern, count] of found) {
  globs(`${pattern} finds ${count}`, async () => {
    const matches = await globOf(pattern)
    assert.is(eventTypes.filter(matches).length, count)
  })
}

for (const text of ['*', 'a?', '[ab]', '{a,b}', '@(a)', '+(a)', '!(a)'])
  globs(`${text} is a pattern`, () => assert.ok(isGlob(text)))
for (const text of ['', 'audit.user.space_developer_add', 'a(b)', '!a', 'a-b', 'a+b', 'a@b'])
  globs(`"${text}" is a name`, () => assert.not.ok(isGlob(text)))

globs('what is too long for a pattern is refused', async () => {
  const error = await globOf('*'.repeat(100_000)).then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(error, UsageError)
})

globs.run()
