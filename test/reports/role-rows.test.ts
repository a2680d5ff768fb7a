import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UaaUnavailable } from '../../src/capi/client.ts'
import type { Included } from '../../src/capi/resource-list.ts'
import type { Role, Roles } from '../../src/capi/roles.ts'
import { logSummary, warnMissingNames, warnMissingSpaces } from '../../src/commands/roles/summary.ts'
import type { Format, Layout } from '../../src/reports/formats.ts'
import { matches, printRoles, type RoleRow, roleTable, rowsOf } from '../../src/reports/role-rows.ts'
import type { Messages } from '../../src/ui/messages.ts'

const ann = '11111111-1111-4111-8111-111111111111'
const bob = '22222222-2222-4222-8222-222222222222'
const gone = '33333333-3333-4333-8333-333333333333'

function role(guid: string, type: string, userGuid: string, orgGuid: string, spaceGuid = ''): Role {
  const record = Buffer.from(`{"guid":"${guid}",  "type":"${type}"}`)
  return { guid, type, userGuid, orgGuid, spaceGuid, since: '2026-01-02T03:04:05Z', record, value: {} }
}

const byGuid = (...resources: { guid: string }[]) => new Map(resources.map(each => [each.guid, each]))

const included: Included = new Map([
  [
    'users',
    byGuid(
      { guid: ann, username: 'Ann', origin: 'ldap' } as { guid: string },
      { guid: bob, username: '=bob', origin: 'uaa' } as { guid: string },
      { guid: gone, username: null, origin: null } as { guid: string },
      { guid: 'ci-client', username: null, origin: null } as { guid: string },
    ),
  ],
  ['organizations', byGuid({ guid: 'o1', name: 'one' } as { guid: string })],
  [
    'spaces',
    byGuid(
      { guid: 's1', name: 'dev' } as { guid: string },
      { guid: 's2', name: '$& prod' } as { guid: string },
    ),
  ],
])

const found = (...roles: Role[]): Roles => ({ roles, included, spaces: [], namesLacking: undefined })

const all = found(
  role('r1', 'space_developer', bob, 'o1', 's1'),
  role('r2', 'organization_user', gone, 'o1'),
  role('r3', 'space_developer', ann, 'o1', 's2'),
  role('r4', 'organization_user', bob, 'o1'),
  role('r5', 'organization_user', ann, 'o1'),
  role('r6', 'organization_auditor', 'ci-client', 'o1'),
  role('r7', 'space_auditor', ann, 'o2', 's3'),
  role('r8', 'organization_auditor', ann, 'o1'),
)

const guids = (rows: readonly RoleRow[]) => rows.map(({ role }) => role.guid).join(' ')
const cells = (row: RoleRow | undefined) => row && roleTable.columns.map(({ cell }) => cell(row)).join('|')

const rows = suite('rows of roles')

rows('a user has all roles together, the org before its spaces; names without case', () => {
  assert.is(guids(rowsOf(all)), 'r2 r4 r1 r7 r8 r5 r3 r6')
})

rows('the order does not depend on the order of the API', () => {
  const { roles } = all
  assert.is(guids(rowsOf(found(...roles))), guids(rowsOf(found(...[...roles].reverse()))))
})

rows('cells', () => {
  const byRole = new Map(rowsOf(all).map(row => [row.role.guid, row]))
  assert.is(cells(byRole.get('r3')), `Ann|${ann}|ldap|space_developer|one|$& prod|2026-01-02T03:04:05Z`)
  assert.is(cells(byRole.get('r8')), `Ann|${ann}|ldap|organization_auditor|one||2026-01-02T03:04:05Z`)
  assert.is(cells(byRole.get('r2')), `${gone}|${gone}|(gone)|organization_user|one||2026-01-02T03:04:05Z`)
  assert.is(
    cells(byRole.get('r6')),
    'ci-client|ci-client|(client)|organization_auditor|one||2026-01-02T03:04:05Z',
  )
  // What no list shows has its GUID.
  assert.is(cells(byRole.get('r7')), `Ann|${ann}|ldap|space_auditor|o2|s3|2026-01-02T03:04:05Z`)
})

rows('the UAA could not be asked: nobody is called gone', () => {
  const nameless = { ...all, included: new Map(), namesLacking: new UaaUnavailable('down', '') }
  for (const row of rowsOf(nameless)) {
    assert.is(row.holder, row.role.userGuid === 'ci-client' ? 'client' : 'unknown')
    assert.is(cells(row)?.split('|')[2], row.holder === 'client' ? '(client)' : '')
  }
})

rows('by user: name or GUID in any case, whole', () => {
  const of = (...users: string[]) => guids(rowsOf(all).filter(matches({ users, types: undefined })))
  assert.is(of('ANN'), 'r7 r8 r5 r3')
  assert.is(of(gone.toUpperCase()), 'r2')
  assert.is(of('CI-client', gone), 'r2 r6')
  assert.is(of('an'), '')
})

rows('by role', () => {
  const types = ['organization_auditor', 'space_auditor']
  assert.is(guids(rowsOf(all).filter(matches({ types, users: undefined }))), 'r7 r8 r6')
  assert.is(guids(rowsOf(all).filter(matches({ types, users: ['ann'] }))), 'r7 r8')
})

rows('by space', () => {
  const filter = { types: undefined, users: undefined }
  assert.is(guids(rowsOf(all).filter(matches({ ...filter, spaces: new Set(['s1', 's3']) }))), 'r1 r7')
})

rows.run()

const bytes = suite('roles as bytes')

const layout = (format: Format, more: Partial<Layout<RoleRow>> = {}): Layout<RoleRow> => ({
  format,
  columns: roleTable.columns,
  header: true,
  excel: false,
  guard: true,
  ...more,
})

async function print(format: Format, roles: Roles, grouped = false, more: Partial<Layout<RoleRow>> = {}) {
  const notes: string[] = []
  const printed = await printRoles(rowsOf(roles), roles.included, layout(format, more), grouped)
  const text = [...printed.parts].map(String).join('')
  printed.warnings({ info: (text: string) => void notes.push(text) } as unknown as Messages)
  return { text, notes }
}

bytes('csv: headings, and the guard on names alone', async () => {
  const { text, notes } = await print('csv', found(role('r4', 'organization_user', bob, 'o1')))
  assert.is(
    text,
    `User,User GUID,Origin,Role,Org,Space,Since\n'=bob,${bob},uaa,organization_user,one,,2026-01-02T03:04:05Z\n`,
  )
  assert.match(notes.join(), /^1 cell that looks like a formula was escaped/)
})

bytes('csv: the guard looks at names that could be GUIDs, too', async () => {
  const users = byGuid({ guid: ann, username: '-1' } as { guid: string })
  const { text } = await print('csv', {
    ...found(role('r5', 'organization_user', ann, '-o', '-s')),
    included: new Map([['users', users]]),
  })
  assert.is(text.split('\n')[1], `'-1,${ann},,organization_user,'-o,'-s,2026-01-02T03:04:05Z`)
})

bytes('csv: as asked', async () => {
  const more = { header: false, excel: true, guard: false, columns: roleTable.columns.slice(0, 1) }
  const { text, notes } = await print('csv', found(role('r4', 'organization_user', bob, 'o1')), false, more)
  assert.is(text, '\ufeff=bob\r\n')
  assert.equal(notes, [])
})

bytes('csv without roles is its headings', async () => {
  assert.is((await print('csv', found())).text, 'User,User GUID,Origin,Role,Org,Space,Since\n')
})

bytes('a table for people shows each user once, one for programs on every line', async () => {
  const those = found(...all.roles.filter(({ userGuid }) => userGuid === ann))
  const shown = async (grouped: boolean) =>
    (await print('table', those, grouped)).text.split('\n').filter(line => line.includes('Ann')).length
  assert.is(await shown(true), 1)
  assert.is(await shown(false), 4)
})

bytes('json: the records byte for byte, in one envelope, with what they name and nothing else', async () => {
  const { text } = await print('json', found(role('r3', 'space_developer', ann, 'o1', 's2')))
  assert.ok(text.includes('{"guid":"r3",  "type":"space_developer"}'))
  const page = JSON.parse(text)
  assert.equal(Object.keys(page), ['resources', 'pagination', 'included'])
  assert.is(page.pagination.total_results, 1)
  assert.is(page.pagination.next, null)
  assert.equal(page.included.users, [{ guid: ann, username: 'Ann', origin: 'ldap' }])
  assert.equal(page.included.organizations, [{ guid: 'o1', name: 'one' }])
  assert.equal(page.included.spaces, [{ guid: 's2', name: '$& prod' }])
})

bytes('json without roles', async () => {
  const page = JSON.parse((await print('json', found())).text)
  assert.is(page.pagination.total_results, 0)
  assert.equal(page.included, { users: [], organizations: [], spaces: [] })
})

bytes('ndjson: a role a line, with its user, org and space', async () => {
  const { text } = await print('ndjson', all)
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.is(lines.length, 8)
  const [last] = lines.filter(({ guid }) => guid === 'r3')
  assert.is(last.type, 'space_developer')
  assert.is(last.included.users[0].username, 'Ann')
  assert.is(last.included.spaces[0].name, '$& prod')
  assert.equal(lines.find(({ guid }) => guid === 'r7').included.spaces, [])
})

bytes('ndjson: what cf v7 has indented is one line all the same', async () => {
  const indented = {
    ...role('r5', 'organization_user', ann, 'o1'),
    record: Buffer.from('{\n   "guid": "r5"\n}\n'),
  }
  const { text } = await print('ndjson', found(indented))
  assert.is(text.split('\n').length, 2)
  assert.is(JSON.parse(text).guid, 'r5')
})

bytes.run()

const words = suite('closing words of roles')

function listen() {
  const said: string[] = []
  const say = {
    info: (text: string) => said.push(text),
    warn: (text: string) => said.push(`Warning: ${text}`),
  }
  return { said, say: say as unknown as Messages }
}

words('how many, and who is no user', () => {
  const { said, say: messages } = listen()
  const rows = rowsOf(all)
  logSummary({ all: rows, printed: rows, where: 'one' }, messages)
  assert.equal(said, [
    '8 roles of 4 users in one: all that Cloud Foundry counts for your roles.',
    '1 of them is a client of the UAA.',
    '1 of them is gone from the UAA, or not active there.',
  ])
})

words('how many of how many match', () => {
  const { said, say: messages } = listen()
  const rows = rowsOf(all)
  logSummary(
    { all: rows, printed: rows.filter(matches({ users: ['=bob'], types: undefined })), where: 'one' },
    messages,
  )
  assert.equal(said, [
    '2 roles of 1 user match, of the 8 roles of 4 users in one: all that Cloud Foundry counts for your roles.',
  ])
})

words('no names', () => {
  const { said, say: messages } = listen()
  warnMissingNames(all, messages)
  assert.equal(said, [])
  warnMissingNames({ ...all, namesLacking: new UaaUnavailable('UAA is down.', '') }, messages)
  assert.equal(said, ['Warning: users are shown by GUID alone. UAA is down.'])
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
  ['all', [org('a', 'all')], [space('x', 'a')], [/^Your roles show the one space of a\.$/]],
  ['all of none', [org('a', 'all')], [], [/^a has no spaces\.$/]],
  [
    'none',
    [org('a', 'some')],
    [],
    [/^Warning: space roles are not shown: your roles cannot list the spaces of a\. That takes Org Manager/],
  ],
  [
    'none, and nobody knows',
    [org('a', 'unknown')],
    [],
    [/not shown: a has no spaces, or your roles cannot list them/],
  ],
  [
    'some',
    [org('a', 'some')],
    [space('x', 'a'), space('y', 'a')],
    [/^Warning: only the space roles of x and y are shown: your roles list no other space of a\. /],
  ],
  [
    'some, and nobody knows',
    [org('a', 'unknown')],
    [space('x', 'a')],
    [/whether a has other spaces cannot be told/],
  ],
  [
    'each org its own',
    [org('a', 'all'), org('b', 'some'), org('c', 'some'), org('d', 'some')],
    [space('x', 'a'), space('y', 'a'), space('z', 'b')],
    [
      /^Your roles show all 2 spaces of a\.$/,
      /cannot list the spaces of c and d/,
      /space roles of z are shown: .* of b\./,
    ],
  ],
  [
    'many',
    [org('a', 'some')],
    ['s', 't', 'u', 'v', 'w', 'x', 'y'].map(name => space(name, 'a')),
    [/roles of s, t, u, v, w and 2 more are shown/],
  ],
]
for (const [name, orgs, spaces, says] of missing) {
  words(`spaces that can be listed: ${name}`, () => {
    const { said, say: messages } = listen()
    warnMissingSpaces(orgs, spaces, messages)
    assert.is(said.length, says.length, said.join('\n'))
    for (const [index, words] of says.entries()) assert.match(said[index]!, words)
  })
}

words.run()
