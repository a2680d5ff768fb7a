import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { assertDocumentedScope, type Scope, type ScopeArgs, scopeOf } from '../../src/options/scope.ts'

const guid = '6f726761-0000-4000-8000-00000000000a'
/** What is given, with the argument apart from the options. */
type Given = ScopeArgs & { readonly name?: string }

const scopeFor = ({ name, ...args }: Given, otherwise: 'targeted' | 'all') => scopeOf(args, name, otherwise)

const scopes = suite('whose events')

const cases: readonly (readonly [otherwise: 'targeted' | 'all', given: Given, scope: Scope])[] = [
  ['targeted', {}, { orgs: 'targeted', spaces: [] }],
  ['all', {}, { orgs: 'all', spaces: [] }],
  ['all', { name: 'x' }, { orgs: ['x'], spaces: [] }],
  ['all', { org: ['x'] }, { orgs: ['x'], spaces: [] }],
  ['all', { allOrgs: true }, { orgs: 'all', spaces: [] }],
  ['targeted', { allOrgs: true }, { orgs: 'all', spaces: [] }],
  ['targeted', { name: 'my org' }, { orgs: ['my org'], spaces: [] }],
  ['targeted', { name: 'x', org: ['x'] }, { orgs: ['x'], spaces: [] }],
  ['targeted', { name: 'x', org: ['x', 'x'] }, { orgs: ['x'], spaces: [] }],
  ['targeted', { name: '-x' }, { orgs: ['-x'], spaces: [] }],
  ['targeted', { org: [' '] }, { orgs: [' '], spaces: [] }],
  ['targeted', { org: ['0'] }, { orgs: ['0'], spaces: [] }],
  ['targeted', { org: ['b', 'a', 'b'] }, { orgs: ['b', 'a'], spaces: [] }],
  ['targeted', { org: ['a,b'] }, { orgs: ['a,b'], spaces: [] }],
  ['targeted', { org: ['a', 'A'] }, { orgs: ['a', 'A'], spaces: [] }],
  ['targeted', { name: guid }, { orgs: [guid], spaces: [] }],
  ['targeted', { org: [guid.toUpperCase(), guid] }, { orgs: [guid], spaces: [] }],
  ['targeted', { space: ['dev'] }, { orgs: 'targeted', spaces: ['dev'] }],
  ['targeted', { name: 'x', space: ['dev', 'a, b', 'dev'] }, { orgs: ['x'], spaces: ['dev', 'a, b'] }],
  ['targeted', { org: ['x', 'y'], space: ['dev'] }, { orgs: ['x', 'y'], spaces: ['dev'] }],
  ['targeted', { space: [guid.toUpperCase()] }, { orgs: 'targeted', spaces: [guid] }],
  ['all', { space: [guid] }, { orgs: 'all', spaces: [guid] }],
  ['targeted', { space: [guid], allOrgs: true }, { orgs: 'all', spaces: [guid] }],
]
for (const [otherwise, given, scope] of cases) {
  scopes(`${JSON.stringify(given)}, otherwise ${otherwise}: ${JSON.stringify(scope)}`, () => {
    assert.equal(scopeFor(given, otherwise), scope)
  })
}

const isRefusal = (words: RegExp) => (error: unknown) =>
  error instanceof UsageError && error.exitCode === 2 && words.test(error.message) && error.advice !== ''

const refused: readonly (readonly [given: Given, words: RegExp])[] = [
  [{ name: 'x', org: ['y'] }, /^two orgs are named: x and y\.$/],
  [{ name: 'x', org: ['X'] }, /two orgs/],
  [{ name: 'x', org: ['x', 'y'] }, /x and y/],
  [{ name: 'x', allOrgs: true }, /--all-orgs/],
  [{ org: ['x'], allOrgs: true }, /--all-orgs/],
  [{ org: ['x', 'y'], allOrgs: true }, /--all-orgs/],
  [{ name: '' }, /org name is empty/],
  [{ org: [''] }, /org name is empty/],
  [{ org: ['x', ''] }, /org name is empty/],
  [{ org: [''], allOrgs: true }, /empty|--all-orgs/],
  [{ name: 'x', space: [''] }, /space name is empty/],
  [{ space: ['dev'], allOrgs: true }, /--space dev needs an org/],
  [{ space: [guid, 'dev'], allOrgs: true }, /--space dev needs an org/],
]
for (const [given, words] of refused) {
  for (const otherwise of ['targeted', 'all'] as const) {
    scopes(`${JSON.stringify(given)}, otherwise ${otherwise}: exit code 2, with the reason`, () => {
      assert.throws(() => scopeFor(given, otherwise), isRefusal(words))
    })
  }
}

scopes('events of every org: a space needs a GUID, for its name can be that of many', () => {
  assert.throws(() => scopeFor({ space: ['dev'] }, 'all'), isRefusal(/--space dev needs an org/))
})

scopes('the documented recipe has one org, or none, and no space', () => {
  for (const orgs of ['targeted', 'all', ['x'], [guid]] as const) assertDocumentedScope({ orgs, spaces: [] })
  for (const scope of [
    { orgs: ['x', 'y'], spaces: [] },
    { orgs: 'targeted', spaces: ['dev'] },
    { orgs: 'all', spaces: [guid] },
  ] as const) {
    assert.throws(() => assertDocumentedScope(scope), isRefusal(/--as-documented/))
  }
})

scopes.run()
