import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ReportArgs, type Scope, scopeOf } from '../../src/commands/report.ts'
import { UsageError } from '../../src/errors.ts'
import { reportNamed, reports } from '../../src/reports/catalog.ts'

const args = (given: Partial<ReportArgs>) => ({ allOrgs: false, ...given }) as ReportArgs

const scopes = suite('whose events')

const others = reports.filter(({ name }) => name !== 'events').map(({ name }) => name)
const cases: readonly (readonly [name: string, given: Partial<ReportArgs>, scope: Scope])[] = [
  ...others.map(name => [name, {}, 'targeted'] as const),
  ['events', {}, 'all'],
  ['events', { name: 'x' }, { org: 'x' }],
  ['events', { org: 'x' }, { org: 'x' }],
  ['events', { allOrgs: true }, 'all'],
  ['routes', { allOrgs: true }, 'all'],
  ['routes', { name: 'my org' }, { org: 'my org' }],
  ['routes', { org: 'my org' }, { org: 'my org' }],
  ['routes', { name: 'x', org: 'x' }, { org: 'x' }],
  ['routes', { name: '-x' }, { org: '-x' }],
  ['routes', { org: ' ' }, { org: ' ' }],
  ['routes', { org: '0' }, { org: '0' }],
]
for (const [name, given, scope] of cases) {
  scopes(`${name} ${JSON.stringify(given)}: ${JSON.stringify(scope)}`, () => {
    assert.equal(scopeOf(reportNamed(name), args(given)), scope)
  })
}

const refused: readonly (readonly [given: Partial<ReportArgs>, words: RegExp])[] = [
  [{ name: 'x', org: 'y' }, /Two orgs are named: x and y/],
  [{ name: 'x', org: 'X' }, /Two orgs/],
  [{ name: 'x', allOrgs: true }, /--all-orgs/],
  [{ org: 'x', allOrgs: true }, /--all-orgs/],
  [{ name: '' }, /empty/],
  [{ org: '' }, /empty/],
  [{ org: '', allOrgs: true }, /empty|--all-orgs/],
]
for (const [given, words] of refused) {
  for (const name of ['events', 'routes']) {
    scopes(`${name} ${JSON.stringify(given)}: exit code 2, with the reason`, () => {
      assert.throws(
        () => scopeOf(reportNamed(name), args(given)),
        (error: unknown) =>
          error instanceof UsageError &&
          error.exitCode === 2 &&
          words.test(error.message) &&
          error.advice !== '',
      )
    })
  }
}
scopes.run()
