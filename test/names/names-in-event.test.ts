import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, isClientId, kindOf, readEvent } from '../../src/capi/event.ts'
import { type NameMention, namesInEvent } from '../../src/names/name-index.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'
import type { StoredEvent } from '../foundation/store.ts'

const apis: readonly ApiName[] = ['v2', 'v3']

function read(stored: StoredEvent, api: ApiName): AuditEvent {
  const resource = api === 'v2' ? v2Resource(stored) : v3Resource(stored, 'https://api.example.gov')
  return readEvent(Buffer.from(JSON.stringify(resource)), api, stored.guid)
}

const shapeNamed = (name: string) => {
  const shape = shapes.find(candidate => candidate.name === name)
  if (shape === undefined) throw new Error(`No shape is named ${name}`)
  return shape
}

const line = ({ kind, name, isUserName, isDeletion, route }: NameMention) =>
  [
    kind,
    name,
    ...(isUserName ? ['(user name)'] : []),
    ...(isDeletion ? ['(deleted)'] : []),
    ...(route === undefined ? [] : [JSON.stringify(Object.values(route))]),
  ].join(' ')

const told = suite('what an event tells of names')

const actor = { v2: 'user manager@example.gov (user name)', v3: 'user org.manager.mail@example.gov' }
const domain = '646f6d61-0000-4000-8000-000000000000'
const user = 'user user.name@example.gov (user name)'

/** What each shape tells besides its actor, through both APIs. */
const rows: readonly (readonly [shape: string, ...told: string[]])[] = [
  // The name of a role's request is never the user: it is the space or org made along with it.
  ['user.space_developer_add by GUID, written by v3', user, 'space '],
  ['user.organization_manager_add by GUID, written by v3', user, 'organization '],
  ['user.space_manager_remove without any metadata', user, 'space '],
  [
    'user.space_developer_add with the body of the space or organization: its name is NOT the user',
    user,
    'space dev',
  ],
  [
    'user.organization_manager_add with the body of the space or organization: its name is NOT the user',
    user,
    'organization demo-org',
  ],
  ['user.space_developer_add of a user that UAA has forgotten', 'user  (user name)', 'space '],
  // Routes: the host alone, unless it is the creation.
  ['route.create written by v3', `route myapproute ${JSON.stringify(['myapproute', '/x', '', domain])}`],
  ['route.create written by v2', `route myapproute ${JSON.stringify(['myapproute', '', '', domain])}`],
  ['route.create by a manifest: no domain', `route myapproute ${JSON.stringify(['myapproute', '', '', ''])}`],
  ['route.create of a TCP route: no host', `route  ${JSON.stringify(['', '', '1024', domain])}`],
  ['route.update by PUT, written by v2', 'route myapproute'],
  ['route.delete-request written by v3, after the deletion', 'route myapproute (deleted)'],
  ['route.delete-request of a route without a host', 'route  (deleted)'],
  // Of a mapping the target is the app.
  ['app.map-route written by v3', 'app my-app'],
  ['app.update that renames it, written by v3', 'app my-app-2'],
  ['app.update that starts it, written by v2', 'app my-app'],
  ['app.create written by v2', 'app my-app'],
  ['app.delete-request written by v3', 'app my-app (deleted)'],
  ['app.delete-request written by v2', 'app my-app (deleted)'],
  ['app.apply_manifest with YAML that holds a template', 'app my-app'],
  ['app.task.create', 'app my-app'], // whose request has the name of the task
  ['service_instance.create whose target has lost its name', 'service_instance my-service-name'],
  ['service_instance.start_delete written by v2', 'service_instance my-service-name'],
  [
    'service_instance.delete with a null request, written by v3',
    'service_instance my-service-name (deleted)',
  ],
  ['service_instance.purge with a null request', 'service_instance my-service-name (deleted)'],
  [
    'service_instance.update that renames, written by v3: the target keeps the old name',
    'service_instance my-service-name-renamed',
  ],
  ['user_provided_service_instance.delete written by v2', 'service_instance my-service-name (deleted)'],
  ['space.update that renames', 'space dev-2'],
  ['space.delete-request', 'space dev (deleted)'],
  ['organization.update that renames', 'organization demo-org 2'],
  ['organization.update beside a v2 removal of an organization role', 'organization demo-org'],
  ['organization.delete-request', 'organization demo-org (deleted)'],
  // Nothing that a list names.
  ['service_binding.create with a name and raw parameters, written by v3'],
  ['service_key.create written by v3'],
  ['service_broker.create written by v3'],
  ['service_plan_visibility.update written by v3: the target is the plan'],
  ['space_quota.delete'],
]
for (const [shape, ...expected] of rows) {
  for (const api of apis) {
    told(`${shape}, read through ${api}`, () => {
      assert.equal(namesInEvent(read(shapeNamed(shape), api)).map(line), [actor[api], ...expected])
    })
  }
}

const actors: readonly (readonly [shape: string, v2: string | undefined, v3: string | undefined])[] = [
  ['user.space_developer_add by a client token: the actor is a client id without a name', 'user ', 'user '],
  ['user.space_auditor_add by somebody UNKNOWN', undefined, undefined],
  ['app.map-route by the system', undefined, undefined],
  ['app.crash by the app, whose user name is null', 'app my-app', 'app my-app'],
  // `web` is the name of the process, and its GUID that of the app.
  ['app.process.crash by its process', 'app my-app', 'app my-app'],
  ['service.create by a broker, without a request', undefined, undefined],
  ['app.build.staged by an actor without a name', 'user ', 'user '],
]
for (const [shape, ...expected] of actors) {
  for (const [index, api] of apis.entries()) {
    told(`the actor of ${shape}, read through ${api}`, () => {
      const event = read(shapeNamed(shape), api)
      const [first] = namesInEvent(event).filter(({ guid }) => guid === event.actor.guid)
      assert.is(first && line(first), expected[index])
    })
  }
}

told('every GUID that is told of is one that the event has, and none is empty', () => {
  for (const shape of shapes) {
    for (const api of apis) {
      for (const { guid } of namesInEvent(read(shape, api))) {
        assert.ok(
          [shape.actor, shape.actee, shape.spaceGuid, shape.orgGuid].includes(guid) && guid !== '',
          shape.name,
        )
      }
    }
  }
})

told('whatever the metadata are, nothing is thrown', () => {
  for (const metadata of [null, [], 'x', 1, { request: 'x' }, { request: { name: 1, port: 'x' } }]) {
    for (const shape of shapes) {
      const event = read({ ...shape, metadata: metadata as StoredEvent['metadata'] }, 'v3')
      for (const { name } of namesInEvent(event)) assert.type(name, 'string')
    }
  }
})
told.run()

const kinds = suite('kinds of parties')
for (const [type, guid, expected] of [
  ['user', 'x', 'user'],
  ['app', 'x', 'app'],
  ['service_instance', 'x', 'service_instance'],
  ['user_provided_service_instance', 'x', 'service_instance'],
  ['route', 'x', 'route'],
  ['space', 'x', 'space'],
  ['organization', 'x', 'organization'],
  ['user', '', undefined],
  ['user', 'UNKNOWN', undefined],
  ['UNKNOWN', 'UNKNOWN', undefined],
  ['system', 'system', undefined],
  ['process', 'x', undefined],
  ['service_broker', 'x', undefined],
  ['service_binding', 'x', undefined],
  ['', 'x', undefined],
  ['constructor', 'x', undefined],
] as const) {
  kinds(`${type} ${guid}: ${expected}`, () => assert.is(kindOf({ type, guid }), expected))
}
for (const [guid, expected] of [
  ['75736572-0000-4000-8000-000000000000', false],
  ['75736572-0000-4000-8000-00000000ABCD', false],
  ['sandbox-bot', true],
  ['', true],
  ['75736572-0000-4000-8000-0000000000001', true],
  ['x75736572-0000-4000-8000-000000000000', true],
] as const) {
  kinds(`${guid} ${expected ? 'is' : 'is not'} a client`, () => assert.is(isClientId(guid), expected))
}
kinds.run()
