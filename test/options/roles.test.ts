import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { roleTypes, roleTypesOf } from '../../src/options/roles.ts'

const test = suite('--role')

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
  ['OrgAudtor', /^There is no role OrgAudtor\. Did you mean OrgAuditor\?$/],
  ['space_develper', /^There is no role space_develper\. Did you mean SpaceDeveloper\?$/],
  ['admin', /^There is no role admin\.$/],
  ['', /^There is no role ''\.$/],
  ['OrgManager,', /^There is no role ''\.$/],
  ['auditor', /^--role auditor can mean OrgAuditor or SpaceAuditor\.$/],
  ['Managers', /^--role Managers can mean OrgManager or SpaceManager\.$/],
  ['constructor', /^There is no role constructor\.$/],
]
for (const [word, says] of wrong) {
  test(`${word || 'nothing'} is refused`, () => {
    try {
      roleTypesOf([word])
    } catch (error) {
      assert.instance(error, UsageError)
      assert.match((error as UsageError).message, says)
      return
    }
    assert.unreachable()
  })
}

test.run()
