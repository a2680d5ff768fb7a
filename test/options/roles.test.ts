import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { roleFilterOf, roleTypes, roleTypesOf } from '../../src/options/roles.ts'

const test = suite('--role and --user')

const isRefusal = (words: RegExp) => (error: unknown) =>
  error instanceof UsageError && words.test(error.message) && error.advice !== ''

const spellings: Readonly<Record<string, readonly string[]>> = {
  organization_user: ['organization_user', 'OrgUser', 'org_user', 'Organization User', 'user', 'users'],
  organization_auditor: ['organization_auditor', 'OrgAuditor', 'orgauditor', 'org-auditor', 'Org Auditors'],
  organization_manager: ['organization_manager', 'OrgManager', 'ORG_MANAGER', 'organization-managers'],
  organization_billing_manager: [
    'organization_billing_manager',
    'BillingManager',
    'billing_manager',
    'billing managers',
    'OrgBillingManager',
  ],
  space_auditor: ['space_auditor', 'SpaceAuditor', 'space auditor'],
  space_developer: [
    'space_developer',
    'SpaceDeveloper',
    'Space Developer',
    ' space_developer ',
    'developers',
    'Developer',
  ],
  space_manager: ['space_manager', 'SpaceManager', 'space-manager'],
  space_supporter: ['space_supporter', 'SpaceSupporter', 'supporter'],
}

for (const [type, words] of Object.entries(spellings)) {
  for (const word of words) test(`${word} is ${type}`, () => assert.equal(roleTypesOf([word]), [type]))
}

test('there are eight', () => assert.equal([...roleTypes].sort(), Object.keys(spellings).sort()))

test('several, with commas or repeated, each once', () => {
  assert.equal(roleTypesOf(['OrgManager, org_auditor', 'OrgManager']), [
    'organization_manager',
    'organization_auditor',
  ])
})

test('nothing said is no condition', () => assert.is(roleTypesOf([]), undefined))

const wrong: readonly (readonly [word: string, says: RegExp])[] = [
  ['OrgAudtor', /^unknown role "OrgAudtor"\. Did you mean OrgAuditor\?$/],
  ['space_develper', /"space_develper".*Did you mean SpaceDeveloper\?$/],
  ['admin', /"admin"\.$/],
  ['', /""/],
  ['OrgManager,', /""/],
  ['auditor', /--role auditor .*OrgAuditor or SpaceAuditor/],
  ['Managers', /--role Managers .*OrgManager or SpaceManager/],
  ['constructor', /"constructor"/],
]
for (const [word, says] of wrong) {
  test(`${word || 'nothing'} is refused`, () => {
    assert.throws(() => roleTypesOf([word]), isRefusal(says))
  })
}

test('users are taken as they are typed, and none of them is empty', () => {
  assert.equal(roleFilterOf({}), { types: undefined, users: undefined })
  assert.equal(roleFilterOf({ user: 'Ann', role: ['OrgManager', 'developer'] }), {
    types: ['organization_manager', 'space_developer'],
    users: ['Ann'],
  })
  assert.equal(roleFilterOf({ user: ['Ann', 'bob'] }).users, ['Ann', 'bob'])
  assert.throws(() => roleFilterOf({ user: ['Ann', ''] }), isRefusal(/user name is empty/))
})

test.run()
