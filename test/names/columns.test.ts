import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { referencesOf, withNames, withPlaceNames } from '../../src/names/columns.ts'
import type { Name } from '../../src/names/name-index.ts'
import { reportNamed, reports } from '../../src/reports/catalog.ts'
import { type Column, moreColumns, wideColumns } from '../../src/reports/columns.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'

const apis: readonly ApiName[] = ['v2', 'v3']

function read(shapeName: string, api: ApiName): AuditEvent {
  const shape = shapes.find(({ name }) => name === shapeName)
  if (shape === undefined) throw new Error(`No shape is named ${shapeName}`)
  const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
  return readEvent(Buffer.from(JSON.stringify(resource)), api, shapeName)
}

const name = (parts: Partial<Name>): Name => ({
  kind: 'app',
  name: 'x',
  source: 'event',
  state: 'named',
  ...parts,
})
const wordOf: Readonly<Record<string, string>> = {
  '6d616e61': 'manager',
  '75736572': 'user',
  '6f726761': 'org',
  '73706163': 'space',
  '61707030': 'app',
  '73657276': 'instance',
  '726f7574': 'route',
}
/** Says which kind of name was asked for, and whose. */
const asked = (kind: string, guid: string) => name({ name: `${kind} ${wordOf[guid.slice(0, 8)] ?? guid}` })

const named = suite('columns of names')

const besideGuids = (columns: readonly Column[], nameOf = asked) => withNames(columns, nameOf, false)
const inPlace = (columns: readonly Column[], nameOf = asked) => withNames(columns, nameOf, true)
const keys = (columns: readonly Column[]) => columns.map(({ key }) => key).join()
const headings = (columns: readonly Column[]) => columns.map(({ heading }) => heading).join()

for (const [report, expected] of [
  [
    'events',
    'time,actor,actor_name,type,target,target_name,target_type,space_guid,space_guid_name,org_guid,org_guid_name,event_guid',
  ],
  ['user-access', 'time,actor,actor_name,type,user,user_name'],
  ['routes', 'time,actor,actor_name,type,route,route_name,app_guid,app_guid_name'],
  ['service-instances', 'time,actor,actor_name,type,service,service_name'],
  ['service-bindings', 'time,actor,actor_name,type,app_guid,app_guid_name,service_guid,service_guid_name'],
  ['services', 'time,actor,actor_name,type,service,app_guid,app_guid_name,service_guid,service_guid_name'],
] as const) {
  const { columns } = reportNamed(report)
  named(`${report}: right after each column of GUIDs, or in its place`, () => {
    assert.is(keys(besideGuids(columns)), expected)
    assert.is(keys(inPlace(columns)), keys(columns))
  })
}

named('every column of GUIDs has one, but that of the event itself', () => {
  const all = [...reports.flatMap(({ columns }) => columns), ...moreColumns, ...wideColumns]
  for (const column of all.filter(({ kind }) => kind === 'guid')) {
    const has = column.key !== 'event_guid'
    assert.is(besideGuids([column]).length, has ? 2 : 1, column.key)
    assert.is(inPlace([column])[0]?.kind, has ? 'text' : 'guid', column.key)
  }
})

named('is text, which may be a formula', () => {
  for (const column of besideGuids(wideColumns)) {
    if (column.key.endsWith('_guid_name')) assert.is(column.kind, 'text', column.key)
  }
})

named('in place: under the heading of the name, and no column repeats another', () => {
  const { columns } = reportNamed('service-bindings')
  assert.is(
    headings(inPlace(columns)),
    'Timestamp,User Performing Action,Action Type,App Name,Service Instance Name',
  )
  assert.is(
    keys(inPlace(wideColumns)),
    'time,actor_name,actor_kind,action,type,target_name,target_kind,role,app_guid,service_guid,route_guid,space_guid,org_guid,event_guid',
  )
  assert.is(new Set(inPlace(wideColumns).map(({ heading }) => heading)).size, inPlace(wideColumns).length)
  assert.is(inPlace(wideColumns)[1]?.cell(read('route.create written by v3', 'v3')), 'user manager')
})

/** The names beside every GUID of the wide columns: actor, target, app, instance, route, space, org. */
const rows: readonly (readonly [shape: string, ...names: string[]])[] = [
  [
    'user.space_developer_add by GUID, written by v3',
    'user manager',
    'user user',
    '',
    '',
    '',
    'space space',
    'organization org',
  ],
  [
    'user.organization_manager_remove written by v3',
    'user manager',
    'user user',
    '',
    '',
    '',
    '',
    'organization org',
  ],
  [
    'user.space_developer_add by a client token: the actor is a client id without a name',
    'user sandbox-bot',
    'user user',
    '',
    '',
    '',
    'space space',
    'organization org',
  ],
  [
    'user.space_auditor_add by somebody UNKNOWN',
    'UNKNOWN',
    'user user',
    '',
    '',
    '',
    'space space',
    'organization org',
  ],
  [
    'route.create written by v3',
    'user manager',
    'route route',
    '',
    '',
    'route route',
    'space space',
    'organization org',
  ],
  [
    'app.map-route by the system',
    'system',
    'app app',
    'app app',
    '',
    'route route',
    'space space',
    'organization org',
  ],
  [
    'app.process.crash by its process',
    'web',
    'app app',
    'app app',
    '',
    '',
    'space space',
    'organization org',
  ],
  [
    'app.crash by the app, whose user name is null',
    'app app',
    'app app',
    'app app',
    '',
    '',
    'space space',
    'organization org',
  ],
  [
    'user_provided_service_instance.delete written by v2',
    'user manager',
    'service_instance instance',
    '',
    'service_instance instance',
    '',
    'space space',
    'organization org',
  ],
  // The target is a binding or a key, which no list names: what the event says.
  [
    'service_binding.create with a name and raw parameters, written by v3',
    'user manager',
    'primary',
    'app app',
    'service_instance instance',
    '',
    'space space',
    'organization org',
  ],
  [
    'service_key.show written by v3',
    'user manager',
    'my-key',
    '',
    'service_instance instance',
    '',
    'space space',
    'organization org',
  ],
  [
    'service_route_binding.delete written by v3',
    'user manager',
    '',
    '',
    'service_instance instance',
    'route route',
    'space space',
    'organization org',
  ],
  ['space.delete-request', 'user manager', 'space space', '', '', '', 'space space', 'organization org'],
  [
    'organization.update that renames',
    'user manager',
    'organization org',
    '',
    '',
    '',
    '',
    'organization org',
  ],
  ['service.create by a broker, without a request', 'postgres-broker', 'postgres', '', '', '', '', ''],
  ['blob.remove_orphan by the system', 'system', '', '', '', '', '', ''],
]
const beside = [
  'actor_guid',
  'target_guid',
  'app_guid',
  'service_guid',
  'route_guid',
  'space_guid',
  'org_guid',
]
for (const [shape, ...expected] of rows) {
  for (const api of apis) {
    named(`${shape}, read through ${api}`, () => {
      const event = read(shape, api)
      const columns = besideGuids(wideColumns)
      assert.equal(
        beside.map(key => columns.find(column => column.key === `${key}_name`)?.cell(event)),
        expected,
      )
    })
  }
}

for (const [report, key, shape, expected] of [
  ['user-access', 'user', 'user.space_developer_add of a user that UAA has forgotten', 'user user'],
  ['user-access', 'actor', 'user.space_developer_add by GUID, written by v3', 'user manager'],
  ['routes', 'route', 'route.create written by v3', 'route route'],
  ['routes', 'route', 'app.unmap-route written by v3', 'route route'],
  ['service-instances', 'service', 'service_instance.delete written by v2', 'service_instance instance'],
  ['service-instances', 'service', 'service_route_binding.create written by v3', 'service_instance instance'],
  ['events', 'target', 'route.create written by v3', 'route route'],
] as const) {
  named(`${report}: ${key} of ${shape}`, () => {
    const column = besideGuids(reportNamed(report).columns).find(each => each.key === `${key}_name`)
    for (const api of apis) assert.is(column?.cell(read(shape, api)), expected)
  })
}

const instance = '73657276-0000-4000-8000-000000000000'
const states: readonly (readonly [parts: Partial<Name>, beside: string, inPlace: string])[] = [
  [{}, 'x', 'x'],
  [{ state: 'deleted' }, 'x (deleted)', 'x (deleted)'],
  [{ state: 'host only' }, 'x (host only)', 'x (host only)'],
  // Without a name the GUID stays, which tells one from another.
  [{ name: null, state: 'deleted' }, '(deleted)', `${instance} (deleted)`],
  [{ name: null, state: 'not visible' }, '(not visible)', instance],
  [{ name: null, state: 'nameless' }, '(nameless)', instance],
  [{ name: null, state: 'not asked' }, '(not asked)', instance],
]
for (const [parts, beside, instead] of states) {
  named(`${JSON.stringify(parts)} is shown as ${beside}, in place as ${instead}`, () => {
    const event = read('service_key.show written by v3', 'v3')
    const columns = reportNamed('service-bindings').columns.slice(-1)
    assert.is(besideGuids(columns, () => name(parts))[1]?.cell(event), beside)
    assert.is(inPlace(columns, () => name(parts))[0]?.cell(event), instead)
  })
}

named('an event without the thing has an empty cell', () => {
  const event = read('service_key.show written by v3', 'v3')
  const [column] = inPlace([moreColumns.find(({ key }) => key === 'route_guid')!])
  assert.is(column?.cell(event), '')
})

const placed = (columns: readonly Column[], spaces: ReadonlyMap<string, string>) =>
  withPlaceNames(columns, () => ({
    spaces,
    orgs: new Map([['6f726761-0000-4000-8000-000000000000', 'demo']]),
  }))
    .map(column => column.cell(read('service_key.show written by v3', 'v3')))
    .join()

named('spaces and orgs have the names that the roles of the user show, and else their GUIDs', () => {
  const columns = moreColumns.filter(({ key }) => key === 'space' || key === 'org')
  const spaces = new Map([['73706163-0000-4000-8000-000000000000', 'dev']])
  assert.is(placed(columns, spaces), 'dev,demo')
  assert.is(placed(columns, new Map()), '73706163-0000-4000-8000-000000000000,demo')
  // Also where lists were asked, and do not show them.
  const unseen = inPlace(columns, () => name({ name: null, state: 'not visible' }))
  assert.is(placed(unseen, spaces), 'dev,demo')
  assert.is(placed(inPlace(columns), spaces), 'space space,organization org')
})

named('GUIDs of spaces and orgs stay GUIDs', () => {
  const columns = moreColumns.filter(({ key }) => key === 'space_guid')
  assert.is(
    placed(columns, new Map([['73706163-0000-4000-8000-000000000000', 'dev']])),
    '73706163-0000-4000-8000-000000000000',
  )
})

named('what an event refers to, and what some columns do', () => {
  const words = (shape: string, columns?: Parameters<typeof referencesOf>[1]) =>
    referencesOf(read(shape, 'v3'), columns).map(({ kind, guid }) => `${kind} ${wordOf[guid.slice(0, 8)]}`)
  assert.equal(words('service_binding.create written by v3'), [
    'user manager',
    'app app',
    'service_instance instance',
    'space space',
    'organization org',
  ])
  assert.equal(words('service_binding.create written by v3', reportNamed('service-bindings').columns), [
    'user manager',
    'app app',
    'service_instance instance',
  ])
  assert.equal(words('blob.remove_orphan by the system'), [])
})

named('of every shape, every reference has a GUID', () => {
  for (const shape of shapes) {
    for (const api of apis) {
      for (const { guid } of referencesOf(read(shape.name, api))) assert.match(guid, /^[\w-]+$/)
    }
  }
})
named.run()
