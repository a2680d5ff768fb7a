import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UaaUnavailable } from '../../../src/capi/client.ts'
import type { Roles } from '../../../src/capi/roles.ts'
import {
  summaryOf,
  warnMissingNames,
  warnMissingOrgs,
  warnMissingSpaces,
} from '../../../src/commands/roles/roles.ts'
import type { Holder, RoleRow } from '../../../src/reports/role-rows.ts'
import { listen } from '../../messages.ts'

const words = suite('what is said about roles')

const row = (holder: Holder, userGuid: string): RoleRow => ({
  role: {
    guid: 'r',
    type: 'organization_user',
    userGuid,
    orgGuid: 'o',
    spaceGuid: '',
    since: '2026-01-02T03:04:05Z',
    record: Buffer.from('{}'),
    value: {},
  },
  holder,
  userName: '',
  origin: '',
  org: 'one',
  space: '',
})

const all = [row('user', 'a'), row('user', 'a'), row('user', 'b'), row('client', 'c'), row('gone', 'd')]

words('how many, of how many users, and who is no active user', () => {
  assert.is(
    summaryOf({ all, printed: all, where: 'one', isNarrowed: false }),
    '5 roles of 4 users in one, including 1 client and 1 deleted or inactive user.',
  )
})

words('how many of how many match', () => {
  assert.is(
    summaryOf({ all, printed: all.slice(0, 2), where: 'one', isNarrowed: false }),
    '2 roles of 1 user match, of 5 roles of 4 users in one.',
  )
})

words('no more than what was asked, where only some roles were listed', () => {
  const of = (rows: RoleRow[]) => summaryOf({ all: rows, printed: rows, where: 'one', isNarrowed: true })
  assert.is(of([]), '0 roles of 0 users match in one.')
  assert.is(of(all.slice(0, 1)), '1 role of 1 user matches in one.')
  assert.is(of(all.slice(0, 2)), '2 roles of 1 user match in one.')
})

words('that users have no names', () => {
  const { messages, said } = listen()
  const roles: Roles = { roles: [], included: new Map(), spaces: [], namesLacking: undefined }
  warnMissingNames(roles, messages)
  assert.equal(said, [])
  warnMissingNames({ ...roles, namesLacking: new UaaUnavailable('The UAA is down.', '') }, messages)
  assert.is(said.length, 1)
  assert.match(said[0]!, /^warning: .*GUID.*The UAA is down\.$/)
})

words('that there may be other orgs', () => {
  const { messages, said } = listen()
  warnMissingOrgs(true, messages)
  assert.equal(said, [])
  warnMissingOrgs(false, messages)
  assert.match(said.join(), /^warning: .*global auditor/)
})

const space = (name: string, org: string) => ({
  guid: `${name}-guid`,
  record: Buffer.from(''),
  value: { name, relationships: { organization: { data: { guid: org } } } },
})
const org = (name: string, shown: 'all' | 'some' | 'unknown') => ({ name, guid: name, shown })

const missing: readonly (readonly [
  name: string,
  orgs: Parameters<typeof warnMissingSpaces>[0],
  spaces: Parameters<typeof warnMissingSpaces>[1],
  says: readonly RegExp[],
])[] = [
  ['all', [org('a', 'all')], [space('x', 'a')], []],
  ['all of none', [org('a', 'all')], [], []],
  ['none', [org('a', 'some')], [], [/^warning: space roles are missing: you cannot list the spaces of a\./]],
  [
    'none, and nobody knows',
    [org('a', 'unknown')],
    [],
    [/missing: a has no spaces, or you cannot list them/],
  ],
  [
    'some',
    [org('a', 'some')],
    [space('x', 'a'), space('y', 'a')],
    [/^warning: .* x and y are shown; you cannot list other spaces of a\./],
  ],
  [
    'some, and nobody knows',
    [org('a', 'unknown')],
    [space('x', 'a')],
    [/x are shown; a may have other spaces/],
  ],
  [
    'each org its own',
    [org('a', 'all'), org('b', 'some'), org('c', 'some'), org('d', 'some')],
    [space('x', 'a'), space('y', 'a'), space('z', 'b')],
    [/cannot list the spaces of c and d/, /space roles of z are shown; .* of b\./],
  ],
  [
    'many',
    [org('a', 'some')],
    ['s', 't', 'u', 'v', 'w', 'x', 'y'].map(name => space(name, 'a')),
    [/roles of s, t, u, v, w and 2 more are shown;/],
  ],
]
for (const [name, orgs, spaces, says] of missing) {
  words(`spaces that can be listed: ${name}`, () => {
    const { messages, said } = listen()
    warnMissingSpaces(orgs, spaces, messages)
    assert.is(said.length, says.length, said.join('\n'))
    for (const [index, words] of says.entries()) assert.match(said[index]!, words)
  })
}

words.run()
