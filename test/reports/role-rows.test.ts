import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UaaUnavailable } from '../../src/capi/client.ts'
import type { Included } from '../../src/capi/resource-list.ts'
import type { Role, Roles } from '../../src/capi/roles.ts'
import { type Format, formatNamed, type OutputPlan } from '../../src/reports/formats.ts'
import { matches, type RoleRow, roleSource, roleTable, rowsOf } from '../../src/reports/role-rows.ts'
import { listen } from '../messages.ts'

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

rows('names are in the order of their letters, whatever their case', () => {
  const names = ['Carl', 'bob', 'ANN', 'dora']
  const users = byGuid(...names.map(username => ({ guid: username, username })))
  const { roles } = found(...names.map(name => role(name, 'organization_user', name, 'o1')))
  const sorted = rowsOf({ ...found(...roles), included: new Map([['users', users]]) })
  assert.equal(
    sorted.map(({ userName }) => userName),
    ['ANN', 'bob', 'Carl', 'dora'],
  )
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

async function print(name: Format['name'], found: Roles, more: Partial<OutputPlan<RoleRow>> = {}) {
  const rows = rowsOf(found)
  const format = formatNamed(name)
  const plan: OutputPlan<RoleRow> = {
    format,
    columns: roleTable.columns,
    header: true,
    isChosen: false,
    excel: false,
    guard: true,
    timeZone: 'UTC',
    style: { isTerminal: false },
    ...more,
  }
  let text = ''
  const writer = await format.open(plan, roleSource(rows, found.included), async chunk => {
    text += chunk
  })
  await writer.write(rows)
  await writer.end()
  const { messages, said } = listen()
  writer.logWarnings(messages)
  return { text, said }
}

const header = 'User,User GUID,Origin,Role,Org,Space,Since\n'

bytes('csv: headings, and the guard on names alone', async () => {
  const { text, said } = await print('csv', found(role('r4', 'organization_user', bob, 'o1')))
  assert.is(text, `${header}'=bob,${bob},uaa,organization_user,one,,2026-01-02T03:04:05Z\n`)
  assert.match(said.join(), /1 cell /)
})

bytes('csv: the guard looks at names that could be GUIDs, too', async () => {
  const users = byGuid({ guid: ann, username: '-1' } as { guid: string })
  const { text } = await print('csv', {
    ...found(role('r5', 'organization_user', ann, '-o', '-s')),
    included: new Map([['users', users]]),
  })
  assert.is(text.split('\n')[1], `'-1,${ann},,organization_user,'-o,'-s,2026-01-02T03:04:05Z`)
})

bytes('csv without roles is its headings', async () => {
  assert.is((await print('csv', found())).text, header)
})

bytes(
  'a table for people shows each user once and roles in words, one for programs every line whole',
  async () => {
    const those = found(...all.roles.filter(({ userGuid }) => userGuid === ann))
    const lines = async (isTerminal: boolean) =>
      (await print('table', those, { style: { isTerminal } })).text
        .split('\n')
        .filter(line => line.includes('Ann'))
    assert.is((await lines(true)).length, 1)
    assert.is((await lines(false)).length, 4)
    assert.match((await print('table', those, { style: { isTerminal: true } })).text, 'Space Developer')
  },
)

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
