import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { wideColumns } from '../../src/reports/columns.ts'
import { actionWords } from '../../src/reports/event-types.ts'
import { event as stored } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'
import type { StoredEvent } from '../foundation/store.ts'

const apis: readonly ApiName[] = ['v2', 'v3']

function read(event: StoredEvent, api: ApiName): AuditEvent {
  const resource = api === 'v2' ? v2Resource(event) : v3Resource(event, 'https://api.example.gov')
  return readEvent(Buffer.from(JSON.stringify(resource)), api, event.guid)
}

function cell(key: string, event: AuditEvent): string {
  const column = wideColumns.find(candidate => candidate.key === key)
  if (column === undefined) throw new Error(`No column ${key}`)
  return column.cell(event)
}

const wide = suite('the wide columns')

wide('are the whole record of an event', () => {
  assert.is(
    wideColumns.map(({ key }) => key).join(),
    'time,actor_name,actor_guid,actor_kind,action,type,target_name,target_guid,target_kind,role,app_guid,service_guid,route_guid,space_guid,org_guid,event_guid',
  )
  assert.is(
    wideColumns.map(({ heading }) => heading).join(),
    'Timestamp,Actor Name,Actor GUID,Actor Kind,Action,Action Type,Target Name,Target GUID,Target Kind,Role,App GUID,Service GUID,Route GUID,Space GUID,Organization GUID,Event GUID',
  )
})

// What an event says in one place, whatever its type: the stored event is the witness.
const plain: Readonly<Record<string, (event: StoredEvent, api: ApiName) => string>> = {
  time: ({ timestamp }) => timestamp.replace(/\.\d+Z$/, 'Z'),
  actor_name: ({ actorUsername, actorName }, api) =>
    (api === 'v2' ? actorUsername || actorName : actorName) ?? '',
  actor_guid: ({ actor }) => actor,
  type: ({ type }) => type,
  target_name: ({ acteeName }) => acteeName,
  target_guid: ({ actee }) => actee,
  space_guid: ({ spaceGuid }) => spaceGuid,
  org_guid: ({ orgGuid }) => orgGuid,
  event_guid: ({ guid }) => guid,
}

// The GUIDs of the example scene.
const app = '61707030-0000-4000-8000-000000000000'
const instance = '73657276-0000-4000-8000-000000000000'
const route = '726f7574-0000-4000-8000-000000000000'

const roles: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'organization_user',
    'organization_auditor',
    'organization_billing_manager',
    'organization_manager',
    'space_auditor',
    'space_developer',
    'space_manager',
    'space_supporter',
  ].flatMap(role => [
    [`audit.user.${role}_add`, role],
    [`audit.user.${role}_remove`, role],
  ]),
)

const actorKinds: Readonly<Record<string, string>> = {
  'user.space_developer_add by a client token: the actor is a client id without a name': 'client',
  'user.space_auditor_add by somebody UNKNOWN': 'unknown',
  'app.map-route by the system': 'system',
  'app.unmap-route by the system': 'system',
  'blob.remove_orphan by the system': 'system',
  'app.process.crash by its process': 'system',
  'app.process.ready by its process': 'system',
  'app.process.not-ready by its process': 'system',
  'app.process.rescheduling by its process': 'system',
  'app.crash by the app, whose user name is null': 'system',
  'service.create by a broker, without a request': 'broker',
  'service.update by a broker, without a request': 'broker',
  'service.delete by a broker': 'broker',
  'service_plan.create by a broker, without a request': 'broker',
  'service_plan.update by a broker, without a request': 'broker',
  'service_plan.delete by a broker': 'broker',
  'service_dashboard_client.create by a broker': 'broker',
  'service_dashboard_client.delete by a broker': 'broker',
}

/** The first pattern that the name of a shape matches says which app, instance and route the event is about. */
const about: readonly (readonly [shapes: RegExp, app: string, instance: string, route: string])[] = [
  [/^app\.(un)?map-route /, app, '', route],
  [/^app\./, app, '', ''],
  [/^route\.update of an? (un)?mapping/, app, '', route],
  [/^route\./, '', '', route],
  [/^route_policy\.create for an app/, app, '', route],
  [/^route_policy\.create for a space/, '', '', route],
  [/^route_policy\.\w+ for an app/, app, '', ''],
  [/^service_instance\.(un)?bind_route /, '', instance, route],
  [/^(user_provided_)?service_instance\./, '', instance, ''],
  [/^service_route_binding\.update /, '', '', ''],
  [/^service_route_binding\./, '', instance, route],
  [/^service_binding\.update /, '', '', ''],
  [/^service_binding\./, app, instance, ''],
  [/^service_key\.(delete written by v2: it names nothing|update )/, '', '', ''],
  [/^service_key\./, '', instance, ''],
  [/./, '', '', ''],
]

for (const shape of shapes) {
  for (const api of apis) {
    wide(`${shape.name}, read through ${api}`, () => {
      const event = read(shape, api)
      for (const [key, expected] of Object.entries(plain))
        assert.is(cell(key, event), expected(shape, api), key)
      assert.is(cell('actor_kind', event), actorKinds[shape.name] ?? 'user')
      const toClient = shape.name === 'user.space_developer_add to a client: UAA has no name for it'
      assert.is(cell('target_kind', event), toClient ? 'client' : shape.acteeType)
      assert.is(cell('role', event), roles[shape.type] ?? '')
      assert.is(cell('action', event), actionWords(shape.type))
      const [, ...guids] = about.find(([pattern]) => pattern.test(shape.name)) ?? []
      assert.equal(
        ['app_guid', 'service_guid', 'route_guid'].map(key => cell(key, event)),
        guids,
      )
    })
  }
}

const person = '6d616e61-0000-4000-8000-000000000000'
const odd: readonly (readonly [
  what: string,
  parts: Partial<StoredEvent>,
  key: string,
  v2: string,
  v3: string,
])[] = [
  [
    'a client with a name that looks like a GUID',
    { actor: person, actorName: '', actorUsername: '' },
    'actor_kind',
    'client',
    'user',
  ],
  [
    'a user without an e-mail address',
    { actor: person, actorName: '', actorUsername: 'x' },
    'actor_kind',
    'user',
    'user',
  ],
  [
    'an actor of a kind to come',
    { actor: 'x', actorType: 'robot', actorName: '' },
    'actor_kind',
    'robot',
    'robot',
  ],
  [
    'a kind that JavaScript knows',
    { actor: 'x', actorType: 'constructor', actorName: '' },
    'actor_kind',
    'constructor',
    'constructor',
  ],
  ['a type to come', { type: 'audit.moon.land' }, 'action', 'audit.moon.land', 'audit.moon.land'],
  ['a role to come', { type: 'audit.user.moon_keeper_add' }, 'role', 'moon_keeper', 'moon_keeper'],
  ['what is no role', { type: 'audit.user.renamed' }, 'role', '', ''],
  [
    'a named target that is no GUID',
    { acteeType: 'user', actee: 'x', acteeName: 'y' },
    'target_kind',
    'user',
    'user',
  ],
]
for (const [what, parts, key, ...expected] of odd) {
  for (const [index, api] of apis.entries()) {
    wide(`${key} of ${what}, read through ${api}`, () => {
      assert.is(cell(key, read(stored(parts), api)), expected[index])
    })
  }
}
wide.run()
