import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { referencesOf, withNames } from '../../src/names/columns.ts'
import type { Name } from '../../src/names/resolve.ts'
import { reportNamed, reports } from '../../src/reports/catalog.ts'
import { moreColumns, wideColumns } from '../../src/reports/columns.ts'
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

for (const [report, keys] of [
  [
    'events',
    'time,actor,actor_resolved,type,target,target_resolved,target_type,space_guid,space_guid_resolved,org_guid,org_guid_resolved,event_guid',
  ],
  ['user-access', 'time,actor,actor_resolved,type,user,user_resolved'],
  ['routes', 'time,actor,actor_resolved,type,route,route_resolved,app_guid,app_guid_resolved'],
  ['service-instances', 'time,actor,actor_resolved,type,service,service_resolved'],
  [
    'service-bindings',
    'time,actor,actor_resolved,type,app_guid,app_guid_resolved,service_guid,service_guid_resolved',
  ],
  [
    'services',
    'time,actor,actor_resolved,type,service,app_guid,app_guid_resolved,service_guid,service_guid_resolved',
  ],
] as const) {
  named(`${report}: right after each of GUIDs`, () => {
    assert.is(
      withNames(reportNamed(report).columns, asked)
        .map(({ key }) => key)
        .join(),
      keys,
    )
  })
}

named('every column of GUIDs has one, but that of the event itself', () => {
  const all = [...reports.flatMap(({ columns }) => columns), ...moreColumns, ...wideColumns]
  for (const column of all.filter(({ kind }) => kind === 'guid')) {
    assert.is(withNames([column], asked).length, column.key === 'event_guid' ? 1 : 2, column.key)
  }
})

named('is text, which may be a formula', () => {
  for (const column of withNames(wideColumns, asked)) {
    if (column.key.endsWith('_guid_resolved')) assert.is(column.kind, 'text', column.key)
  }
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
      const columns = withNames(wideColumns, asked)
      assert.equal(
        beside.map(key => columns.find(column => column.key === `${key}_resolved`)?.cell(event)),
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
    const column = withNames(reportNamed(report).columns, asked).find(each => each.key === `${key}_resolved`)
    for (const api of apis) assert.is(column?.cell(read(shape, api)), expected)
  })
}

for (const [parts, expected] of [
  [{}, 'x'],
  [{ state: 'deleted' }, 'x (deleted)'],
  [{ name: null, state: 'deleted' }, '(deleted)'],
  [{ name: null, state: 'not visible' }, '(not visible)'],
  [{ name: null, state: 'nameless' }, '(nameless)'],
  [{ name: null, state: 'not asked' }, '(not asked)'],
] as const) {
  named(`${JSON.stringify(parts)} is shown as ${expected}`, () => {
    const [, column] = withNames(reportNamed('service-bindings').columns.slice(-1), () => name(parts))
    assert.is(column?.cell(read('service_key.show written by v3', 'v3')), expected)
  })
}

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
