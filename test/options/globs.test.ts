import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { globOf, isGlob } from '../../src/options/types.ts'
import { eventTypes } from '../../src/reports/event-types.ts'

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
