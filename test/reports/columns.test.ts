// The GUIDs of the example scene, in which every shape is written.

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { type Report, reportNamed, reports } from '../../src/reports/catalog.ts'
import { data as dataColumn, moreColumns } from '../../src/reports/columns.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { type Shape, shapes } from '../foundation/shapes.ts'

const manager = '6d616e61-0000-4000-8000-000000000000'
const user = '75736572-0000-4000-8000-000000000000'
const org = '6f726761-0000-4000-8000-000000000000'
const space = '73706163-0000-4000-8000-000000000000'
const app = '61707030-0000-4000-8000-000000000000'
const instance = '73657276-0000-4000-8000-000000000000'
const route = '726f7574-0000-4000-8000-000000000000'
const binding = '62696e64-0000-4000-8000-000000000000'
const key = '6b657930-0000-4000-8000-000000000000'

const apis: readonly ApiName[] = ['v2', 'v3']

function read(shape: Shape, api: ApiName): AuditEvent {
  const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
  return readEvent(Buffer.from(JSON.stringify(resource)), api, shape.name)
}

function shapeNamed(name: string): Shape {
  const shape = shapes.find(candidate => candidate.name === name)
  if (shape === undefined) throw new Error(`No shape is named ${name}`)
  return shape
}

/** The cells of a report's columns, or of others that it can show. */
function cells(report: Report, keys: readonly string[], event: AuditEvent): string[] {
  return keys.map(key => {
    const column = [...report.columns, ...moreColumns].find(candidate => candidate.key === key)
    if (column === undefined) throw new Error(`${report.name} has no column ${key}`)
    return column.cell(event)
  })
}

type Row = readonly [shape: string, ...cells: string[]]

/** Every row of a table, through both APIs; and the table must have a row for every shape of the report's types. */
function table(name: string, keys: readonly string[], rows: readonly Row[]): void {
  const report = reportNamed(name)
  const tests = suite(`cells of ${name}`)
  for (const [shape, ...expected] of rows) {
    for (const api of apis) {
      tests(`${shape}, read through ${api}`, () => {
        assert.equal(cells(report, keys, read(shapeNamed(shape), api)), expected)
      })
    }
  }
  tests('every shape of its types has a row', () => {
    const wanted = shapes.filter(shape => report.types?.includes(shape.type)).map(shape => shape.name)
    assert.equal(rows.map(([shape]) => shape).sort(), wanted.sort())
  })
  tests('every one of its types has a shape', () => {
    assert.equal(
      report.types?.filter(type => !shapes.some(shape => shape.type === type)),
      [],
    )
  })
  tests.run()
}

// --- user-access ------------------------------------------------------------------------------------------------

const name = 'user.name@example.gov'
const nameless = 'of a user that UAA has forgotten'
const organizationRoles = [
  'organization_user',
  'organization_auditor',
  'organization_billing_manager',
  'organization_manager',
]
const spaceRoles = ['space_auditor', 'space_developer', 'space_manager']
table(
  'user-access',
  ['user'],
  [
    ...[...organizationRoles, ...spaceRoles].flatMap((role): Row[] => [
      [`user.${role}_add by user name, written by v3`, name],
      [`user.${role}_add by GUID, written by v3`, name],
      [`user.${role}_remove written by v3`, name],
      [`user.${role}_add with a null request, written by v2`, name],
      [`user.${role}_remove with a null request, written by v2`, name],
      [`user.${role}_add through /v2/users`, name],
      [`user.${role}_remove by GUID, written by v2`, name],
      [`user.${role}_add with the body of the space or organization: its name is NOT the user`, name],
      [`user.${role}_add ${nameless}`, user],
    ]),
    ['user.space_supporter_add by user name, written by v3', name],
    ['user.space_supporter_add by GUID, written by v3', name],
    ['user.space_supporter_remove written by v3', name],
    [
      'user.organization_manager_add with an organization made by a non-admin: the name is the organization',
      name,
    ],
    ['user.space_developer_add by a client token: the actor is a client id without a name', name],
    ['user.space_developer_add to a client: UAA has no name for it', 'sandbox-bot'],
    ['user.space_auditor_add by somebody UNKNOWN', name],
    ['user.space_manager_remove without any metadata', name],
  ],
)

// --- routes -----------------------------------------------------------------------------------------------------

table(
  'routes',
  ['route', 'app_guid', 'route_guid'],
  [
    ['route.create written by v3', 'myapproute', '', route],
    ['route.create written by v2', 'myapproute', '', route],
    ['route.create by a manifest: no domain', 'myapproute', '', route],
    ['route.create of a TCP route: no host', route, '', route],
    ['route.update by PUT, written by v2', 'myapproute', '', route],
    ['route.update of a mapping, written by v2', 'myapproute', app, route],
    ['route.update of an unmapping, written by v2', 'myapproute', app, route],
    ['route.update of a mapping that names only the related GUID', 'myapproute', app, route],
    ['route.delete-request written by v3, after the deletion', 'myapproute', '', route],
    ['route.delete-request written by v2, before the deletion', 'myapproute', '', route],
    ['route.delete-request of a route without a host', route, '', route],
    ['route.share written by v3', 'myapproute', '', route],
    ['route.unshare written by v3', 'myapproute', '', route],
    ['route.transfer-owner written by v3: in the old space', 'myapproute', '', route],
    ['route_policy.create for an app', route, app, route],
    ['route_policy.create for a space', route, '', route],
    ['route_policy.update for an app', '', app, ''],
    ['route_policy.update for a space', '', '', ''],
    ['route_policy.delete for an app', '', app, ''],
    ['route_policy.delete for a space', '', '', ''],
    ['app.map-route written by v3', route, app, route],
    ['app.map-route with an unspecified port, written by v2', route, app, route],
    ['app.map-route by a manifest', route, app, route],
    ['app.map-route by the system', route, app, route],
    ['app.unmap-route written by v3', route, app, route],
    ['app.unmap-route with an unspecified port, written by v2', route, app, route],
    ['app.unmap-route by a manifest', route, app, route],
    ['app.unmap-route by the system', route, app, route],
  ],
)

// --- service-instances ------------------------------------------------------------------------------------------

const named = 'my-service-name'
const lost = 'whose target has lost its name'
table(
  'service-instances',
  ['service', 'service_guid'],
  [
    ['service_instance.create written by v3', named, instance],
    ['service_instance.start_create written by v3', named, instance],
    ['service_instance.create written by v2', named, instance],
    ['service_instance.start_create written by v2', named, instance],
    ['service_instance.create by a manifest', named, instance],
    ['service_instance.update of the plan, written by v3', named, instance],
    ['service_instance.start_update of parameters, written by v3', named, instance],
    ['service_instance.update that renames, written by v3: the target keeps the old name', named, instance],
    ['service_instance.update of the plan, written by v2', named, instance],
    ['service_instance.update that renames, written by v2: the target has the new name', named, instance],
    ['service_instance.delete with a null request, written by v3', named, instance],
    ['service_instance.start_delete with a null request, written by v3', named, instance],
    ['service_instance.delete written by v2', named, instance],
    ['service_instance.start_delete written by v2', named, instance],
    ['service_instance.purge with a null request', named, instance],
    ['service_instance.show with a null request: reading it writes it', named, instance],
    [`service_instance.create ${lost}`, named, instance],
    [`service_instance.delete ${lost}`, instance, instance],
    ['service_instance.bind_route written by v2: the target is the instance', named, instance],
    ['service_instance.unbind_route written by v2: the target is the instance', named, instance],
    ['service_instance.share written by v3', named, instance],
    ['service_instance.unshare written by v3', named, instance],
    ['service_instance.unshare by a purge: an object where a GUID belongs', named, instance],
    ['user_provided_service_instance.create written by v3, with passwords in two URLs', named, instance],
    ['user_provided_service_instance.create written by v2', named, instance],
    ['user_provided_service_instance.update of its URLs', named, instance],
    ['user_provided_service_instance.delete with a null request', named, instance],
    ['user_provided_service_instance.delete written by v2', named, instance],
    ['user_provided_service_instance.show with a null request: reading it writes it', named, instance],
    ['service_route_binding.create written by v3', instance, instance],
    ['service_route_binding.create with raw parameters', instance, instance],
    ['service_route_binding.start_create with raw parameters', instance, instance],
    ['service_route_binding.delete written by v3', instance, instance],
    ['service_route_binding.start_delete written by v3', instance, instance],
    ['service_route_binding.update of labels only', '', ''],
  ],
)

// --- service-bindings -------------------------------------------------------------------------------------------

const bindingRows: readonly Row[] = [
  ['service_binding.create written by v2', app, instance],
  ['service_binding.start_create written by v2', app, instance],
  ['service_binding.create written by v3', app, instance],
  ['service_binding.create with a name and raw parameters, written by v3', app, instance],
  ['service_binding.start_create with raw parameters, written by v3', app, instance],
  ['service_binding.create by a manifest', app, instance],
  ['service_binding.delete written by v2', app, instance],
  ['service_binding.start_delete written by v2', app, instance],
  ['service_binding.delete written by v3', app, instance],
  ['service_binding.start_delete written by v3', app, instance],
  ['service_binding.show written by v2', app, instance],
  ['service_binding.show written by v3', app, instance],
  ['service_binding.update of labels: no GUID but its own', '', ''],
  ['service_key.create written by v2', '', instance],
  ['service_key.show written by v2', '', instance],
  ['service_key.delete written by v2: it names nothing', '', ''],
  ['service_key.create written by v3', '', instance],
  ['service_key.create with raw parameters, written by v3', '', instance],
  ['service_key.start_create with raw parameters, written by v3', '', instance],
  ['service_key.delete written by v3', '', instance],
  ['service_key.start_delete written by v3', '', instance],
  ['service_key.show written by v3', '', instance],
  ['service_key.update of labels', '', ''],
  ['service_instance.bind_route written by v2: the target is the instance', '', instance],
  ['service_instance.unbind_route written by v2: the target is the instance', '', instance],
  ['service_route_binding.create written by v3', '', instance],
  ['service_route_binding.create with raw parameters', '', instance],
  ['service_route_binding.start_create with raw parameters', '', instance],
  ['service_route_binding.delete written by v3', '', instance],
  ['service_route_binding.start_delete written by v3', '', instance],
  ['service_route_binding.update of labels only', '', ''],
]
table('service-bindings', ['app_guid', 'service_guid'], bindingRows)

// --- services ---------------------------------------------------------------------------------------------------

const isInstance = (shape: string) => /^(user_provided_)?service_instance\./.test(shape)
const instanceShapes = shapes.map(shape => shape.name).filter(isInstance)
table(
  'services',
  ['service', 'app_guid', 'service_guid'],
  [
    ...instanceShapes.map((shape): Row => [shape, shape.includes(lost) ? '' : named, '', instance]),
    ...bindingRows
      .filter(([shape]) => !isInstance(shape))
      .map(([shape, ...guids]): Row => [shape, '', ...guids]),
    ['service.create by a broker, without a request', 'postgres', '', ''],
    ['service.update by a broker, without a request', 'postgres', '', ''],
    ['service.delete by a broker', 'postgres', '', ''],
    ['service.delete by a user', 'postgres', '', ''],
    ['service.delete that purges', 'postgres', '', ''],
    ['service_plan.create by a broker, without a request', 'small', '', ''],
    ['service_plan.update by a broker, without a request', 'small', '', ''],
    ['service_plan.delete by a broker', 'small', '', ''],
    ['service_broker.create written by v3', 'postgres-broker', '', ''],
    ['service_broker.create written by v2', 'postgres-broker', '', ''],
    ['service_broker.update written by v3', 'postgres-broker', '', ''],
    ['service_broker.delete', 'postgres-broker', '', ''],
    ['service_dashboard_client.create by a broker', 'dashboard-client', '', ''],
    ['service_dashboard_client.delete by a broker', 'dashboard-client', '', ''],
    ['service_plan_visibility.create written by v2: the target is the visibility', '', '', ''],
    ['service_plan_visibility.update written by v2: the target is the visibility', '', '', ''],
    ['service_plan_visibility.update written by v3: the target is the plan', '', '', ''],
    ['service_plan_visibility.delete written by v3', '', '', ''],
  ],
)

// --- events -----------------------------------------------------------------------------------------------------

const everything = suite('cells of events')

const targets: readonly Row[] = [
  ['user.space_developer_add by GUID, written by v3', name, 'user', space, org],
  ['user.organization_user_add by GUID, written by v3', name, 'user', '', org],
  [`user.space_developer_add ${nameless}`, user, 'user', space, org],
  ['user.space_developer_add to a client: UAA has no name for it', 'sandbox-bot', 'user', space, org],
  ['route.create of a TCP route: no host', route, 'route', space, org],
  ['app.map-route written by v3', 'my-app', 'app', space, org],
  ['app.crash by the app, whose user name is null', 'my-app', 'app', space, org],
  ['service_binding.delete written by v2', binding, 'service_binding', space, org],
  ['service_key.delete written by v2: it names nothing', 'my-key', 'service_key', space, org],
  ['service_broker.delete', 'postgres-broker', 'service_broker', '', ''],
  ['blob.remove_orphan by the system', 'directory/ab/cd/orphan-blob', 'blob', '', ''],
  ['organization.create written by v3', 'demo-org', 'organization', '', org],
  ['service_plan_visibility.delete written by v3', 'plan-small', 'service_plan_visibility', '', org],
]
for (const [shape, ...expected] of targets) {
  for (const api of apis) {
    everything(`${shape}, read through ${api}`, () => {
      const event = read(shapeNamed(shape), api)
      const keys = ['target', 'target_type', 'space_guid', 'org_guid']
      assert.equal(cells(reportNamed('events'), keys, event), expected)
    })
  }
}

everything('every shape has a target, a GUID and a time, the same through both APIs', () => {
  for (const [number, shape] of shapes.entries()) {
    const keys = ['time', 'type', 'target', 'target_type', 'space_guid', 'org_guid', 'event_guid']
    const [v2, v3] = apis.map(api => cells(reportNamed('events'), keys, read(shape, api)))
    assert.equal(v2, v3, shape.name)
    const time = new Date(Date.UTC(2026, 7, 1, 10, 0, number)).toISOString().slice(0, 19)
    assert.is(v2?.[0], `${time}Z`, shape.name)
    assert.is(v2?.[1], shape.type)
    assert.is.not(v2?.[2], '', shape.name)
    assert.is(v2?.[6], `6576656e-0000-4000-8000-${String(number * 100).padStart(12, '0')}`, shape.name)
  }
})
everything.run()

// --- the actor --------------------------------------------------------------------------------------------------

const actors = suite('user performing action')

const exceptions: readonly (readonly [shape: string, through2: string, through3: string])[] = [
  [
    'user.space_developer_add by a client token: the actor is a client id without a name',
    'sandbox-bot',
    'sandbox-bot',
  ],
  ['user.space_auditor_add by somebody UNKNOWN', 'UNKNOWN', 'UNKNOWN'],
  ['app.map-route by the system', 'system', 'system'],
  ['app.unmap-route by the system', 'system', 'system'],
  ['blob.remove_orphan by the system', 'system', 'system'],
  ['app.build.staged by an actor without a name', manager, manager],
  ['app.build.failed by an actor without a name', manager, manager],
  ['app.process.crash by its process', 'web', 'web'],
  ['app.process.ready by its process', 'web', 'web'],
  ['app.process.not-ready by its process', 'web', 'web'],
  ['app.process.rescheduling by its process', 'web', 'web'],
  ['app.crash by the app, whose user name is null', 'my-app', 'my-app'],
  ['service.create by a broker, without a request', 'postgres-broker', 'postgres-broker'],
  ['service.update by a broker, without a request', 'postgres-broker', 'postgres-broker'],
  ['service.delete by a broker', 'postgres-broker', 'postgres-broker'],
  ['service_plan.create by a broker, without a request', 'postgres-broker', 'postgres-broker'],
  ['service_plan.update by a broker, without a request', 'postgres-broker', 'postgres-broker'],
  ['service_plan.delete by a broker', 'postgres-broker', 'postgres-broker'],
  ['service_dashboard_client.create by a broker', 'postgres-broker', 'postgres-broker'],
  ['service_dashboard_client.delete by a broker', 'postgres-broker', 'postgres-broker'],
]
const exceptional = new Map(exceptions.map(([shape, ...expected]) => [shape, expected]))
for (const shape of shapes) {
  const expected = exceptional.get(shape.name) ?? ['manager@example.gov', 'org.manager.mail@example.gov']
  actors(`${shape.name}: ${expected.join(', ')}`, () => {
    const seen = apis.map(api => cells(reportNamed('events'), ['actor'], read(shape, api))[0])
    assert.equal(seen, expected)
  })
}
actors('each exception is there', () => {
  assert.equal(
    exceptions.map(([shape]) => shape).filter(shape => !shapes.some(each => each.name === shape)),
    [],
  )
})
actors.run()

// --- shapes that nobody wrote yet, and parts that are missing -----------------------------------------------------

const odd = suite('cells of incomplete events')

interface Parts {
  readonly target?: object
  readonly actor?: object
  readonly data?: unknown
}

const oddEvent = (type: string, { target = {}, actor = {}, data }: Parts) =>
  readEvent(Buffer.from(JSON.stringify({ guid: 'g', type, target, actor, data })), 'v3', 'a record')

const data = (guid: unknown) => ({ data: { guid } })
const request = (members: unknown) => ({ data: { request: members } })

const oddities: readonly (readonly [type: string, parts: Parts, key: string, expected: string])[] = [
  // The user
  [
    'audit.user.space_developer_add',
    {
      target: { guid: 'U', name: '' },
      ...request({ relationships: { user: { data: { username: 'gone@example.gov' } } } }),
    },
    'user',
    'gone@example.gov',
  ],
  [
    'audit.user.space_developer_add',
    {
      target: { guid: 'U', name: null },
      ...request({ relationships: { user: { data: { username: '' } } } }),
    },
    'user',
    'U',
  ],
  [
    'audit.user.space_developer_add',
    { target: { guid: 'U' }, ...request({ name: 'a-space', developer_guids: ['U'] }) },
    'user',
    'U',
  ],
  [
    'audit.user.space_developer_add',
    { target: { guid: 'U' }, ...request({ relationships: { user: null } }) },
    'user',
    'U',
  ],
  [
    'audit.user.space_developer_add',
    { target: { guid: 'U' }, ...request({ relationships: { user: { data: { username: ['x'] } } } }) },
    'user',
    'U',
  ],
  ['audit.user.space_developer_add', {}, 'user', ''],
  // The actor
  ['audit.app.start', { actor: { guid: 'client', name: '' } }, 'actor', 'client'],
  ['audit.app.start', { actor: { guid: 'client', name: null } }, 'actor', 'client'],
  ['audit.app.start', { actor: { guid: 'client', name: 'a@b.c' } }, 'actor', 'a@b.c'],
  ['audit.app.start', {}, 'actor', ''],
  // Routes
  ['audit.route.create', { target: { guid: 'R', name: '' } }, 'route', 'R'],
  ['audit.route.update', request({ app: null, relation: 'apps', related_guid: 'A' }), 'app_guid', 'A'],
  ['audit.route.update', request({ app: '', relation: 'apps', related_guid: 'A' }), 'app_guid', 'A'],
  ['audit.route.update', request({ relation: 'spaces', related_guid: 'X' }), 'app_guid', ''],
  ['audit.route.update', request({ app: { guid: 'A' } }), 'app_guid', ''],
  ['audit.route.update', request(null), 'app_guid', ''],
  ['audit.route.create', request({ app: 'A' }), 'app_guid', ''],
  ['audit.route.share', request({ app: 'A', relation: 'apps', related_guid: 'A' }), 'app_guid', ''],
  ['audit.app.map-route', { target: { guid: 'A', name: 'my-app' }, data: {} }, 'route', ''],
  ['audit.app.map-route', { target: { guid: 'A', name: 'my-app' }, data: { route_guid: 7 } }, 'route', ''],
  ['audit.app.unmap-route', { target: { guid: 'A', name: 'my-app' }, data: null }, 'app_guid', 'A'],
  [
    'audit.route_policy.create',
    { target: { guid: 'P', name: 'cf:app:A' }, ...request({ relationships: { route: data('R') } }) },
    'route',
    'R',
  ],
  [
    'audit.route_policy.update',
    { target: { guid: 'P', name: 'cf:app:A' }, ...request({ relationships: { route: data('R') } }) },
    'route',
    '',
  ],
  ['audit.route_policy.delete', { target: { guid: 'P', name: 'cf:app:A' } }, 'app_guid', 'A'],
  ['audit.route_policy.create', { target: { guid: 'P', name: 'cf:space:S' } }, 'app_guid', ''],
  ['audit.route_policy.create', { target: { guid: 'P', name: 'cf:org:O' } }, 'app_guid', ''],
  ['audit.route_policy.create', { target: { guid: 'P', name: 'cf:any' } }, 'app_guid', ''],
  ['audit.route_policy.create', { target: { guid: 'P', name: 'x cf:app:A' } }, 'app_guid', ''],
  ['audit.route_policy.create', { target: { guid: 'P', name: '' } }, 'app_guid', ''],
  // Instances
  [
    'audit.service_instance.create',
    { target: { guid: 'I', name: '' }, ...request({ name: 'db' }) },
    'service',
    'db',
  ],
  ['audit.service_instance.delete', { target: { guid: 'I', name: '' }, ...request(null) }, 'service', 'I'],
  [
    'audit.user_provided_service_instance.update',
    { target: { guid: 'I' }, ...request({ name: 'db' }) },
    'service',
    'db',
  ],
  [
    'audit.service_instance.bind_route',
    { target: { guid: 'I', name: '' }, ...request({ route_guid: 'R' }) },
    'service',
    'I',
  ],
  // Bindings
  [
    'audit.service_binding.create',
    {
      target: { guid: 'B' },
      ...request({ relationships: { app: data(null), service_instance: data('I') } }),
    },
    'app_guid',
    '',
  ],
  [
    'audit.service_binding.create',
    { target: { guid: 'B' }, ...request({ relationships: { app: null } }) },
    'service_guid',
    '',
  ],
  ['audit.service_binding.create', { target: { guid: 'B', name: 'primary' }, data: {} }, 'service_guid', ''],
  ['audit.service_binding.delete', { target: { guid: 'B' }, ...request(null) }, 'app_guid', ''],
  [
    'audit.service_binding.update',
    { target: { guid: 'B' }, ...request({ metadata: {} }) },
    'service_guid',
    '',
  ],
  [
    'audit.service_key.create',
    { target: { guid: 'K' }, ...request({ service_instance_guid: 'I', name: 'k' }) },
    'service_guid',
    'I',
  ],
  [
    'audit.service_key.create',
    { target: { guid: 'K' }, ...request({ relationships: { service_instance: data('I') } }) },
    'service_guid',
    'I',
  ],
  [
    'audit.service_key.start_delete',
    { target: { guid: 'K' }, ...request({ app_guid: null, route_guid: null, service_instance_guid: 'I' }) },
    'app_guid',
    '',
  ],
  ['audit.service_key.delete', { target: { guid: 'K' }, ...request({}) }, 'service_guid', ''],
  [
    'audit.service_route_binding.delete',
    { target: { guid: 'B' }, ...request({ route_guid: 'R', service_instance_guid: 'I' }) },
    'route_guid',
    'R',
  ],
  [
    'audit.service_route_binding.create',
    { target: { guid: 'B' }, ...request({ relationships: { route: data('R') } }) },
    'route_guid',
    'R',
  ],
  [
    'audit.service_instance.bind_route',
    { target: { guid: 'I' }, ...request({ route_guid: 'R' }) },
    'route_guid',
    'R',
  ],
  // Types that only look alike
  ['audit.service_instance_share.create', { target: { guid: 'X', name: 'x' } }, 'service_guid', ''],
  ['audit.service_offering.create', { target: { guid: 'X', name: 'x' } }, 'service', ''],
  ['audit.routes.create', { target: { guid: 'X', name: 'x' } }, 'route', ''],
]
const reportOf: Readonly<Record<string, string>> = {
  user: 'user-access',
  route: 'routes',
  service: 'service-instances',
}
for (const [type, parts, column, expected] of oddities) {
  odd(`${column} of ${type} ${JSON.stringify(parts)} is '${expected}'`, () => {
    const report = reportNamed(reportOf[column] ?? 'events')
    assert.equal(cells(report, [column], oddEvent(type, parts)), [expected])
  })
}

const services: readonly (readonly [type: string, parts: Parts, expected: string])[] = [
  ['audit.service_instance.create', { target: { guid: 'I', name: '' }, ...request({ name: 'db' }) }, ''],
  ['audit.service_instance.bind_route', { target: { guid: 'I', name: 'db' } }, 'db'],
  ['audit.service_plan_visibility.update', { target: { guid: 'P', name: 'small' } }, ''],
  ['audit.service_binding.create', { target: { guid: 'B', name: 'primary' } }, ''],
  ['audit.service_key.create', { target: { guid: 'K', name: 'my-key' } }, ''],
  ['audit.service_route_binding.create', { target: { guid: 'B', name: 'x' } }, ''],
]
for (const [type, parts, expected] of services) {
  odd(`service of ${type} in services is '${expected}'`, () => {
    assert.equal(cells(reportNamed('services'), ['service'], oddEvent(type, parts)), [expected])
  })
}

odd('no column throws, whatever the event holds', () => {
  const values = [
    undefined,
    null,
    '',
    'x',
    0,
    true,
    [],
    {},
    { request: [] },
    { request: 'x' },
    [{ request: {} }],
  ]
  const types = new Set([...shapes.map(shape => shape.type), 'x', 'audit.'])
  for (const type of types) {
    for (const value of values) {
      const event = oddEvent(type, { data: value })
      for (const { key, cell } of [...reports.flatMap(report => report.columns), ...moreColumns]) {
        assert.type(cell(event), 'string', `${key} of ${type}`)
      }
    }
  }
})
odd.run()

// --- the columns themselves -------------------------------------------------------------------------------------

const columns = suite('columns of the reports')

const headings: readonly (readonly [report: string, keys: string, headings: string])[] = [
  [
    'events',
    'time,actor,type,target,target_type,space_guid,org_guid,event_guid',
    'Timestamp,User Performing Action,Action Type,Target,Target Type,Space GUID,Organization GUID,Event GUID',
  ],
  ['user-access', 'time,actor,type,user', 'Timestamp,User Performing Action,Action Type,User'],
  ['routes', 'time,actor,type,route,app_guid', 'Timestamp,User Performing Action,Action Type,Route,App GUID'],
  [
    'service-instances',
    'time,actor,type,service',
    'Timestamp,User Performing Action,Action Type,Service Name',
  ],
  [
    'service-bindings',
    'time,actor,type,app_guid,service_guid',
    'Timestamp,User Performing Action,Action Type,App GUID,Service GUID',
  ],
  [
    'services',
    'time,actor,type,service,app_guid,service_guid',
    'Timestamp,User Performing Action,Action Type,Service Name,App GUID,Service GUID',
  ],
]
for (const [report, keys, expected] of headings) {
  columns(`${report}: ${keys}`, () => {
    const shown = reportNamed(report).columns
    assert.is(shown.map(column => column.key).join(), keys)
    assert.is(shown.map(column => column.heading).join(), expected)
  })
}

columns('every report can show more', () => {
  assert.is(
    moreColumns.map(column => column.key).join(),
    'event_guid,actor_guid,actor_type,target_guid,target_type,target_name,space,org,space_guid,org_guid,route_guid,app_guid,service_guid,data',
  )
})

const keysOfMore = [
  'actor_guid',
  'actor_type',
  'target_guid',
  'target_type',
  'target_name',
  'space_guid',
  'org_guid',
  'route_guid',
  'app_guid',
  'service_guid',
]
const more: readonly Row[] = [
  [
    'user.space_developer_add by GUID, written by v3',
    manager,
    'user',
    user,
    'user',
    name,
    space,
    org,
    '',
    '',
    '',
  ],
  ['service_broker.delete', manager, 'user', '', 'service_broker', 'postgres-broker', '', '', '', '', ''],
  [
    'service_binding.delete written by v3',
    manager,
    'user',
    binding,
    'service_binding',
    '',
    space,
    org,
    '',
    app,
    instance,
  ],
  [
    'service_key.show written by v3',
    manager,
    'user',
    key,
    'service_key',
    'my-key',
    space,
    org,
    '',
    '',
    instance,
  ],
  [
    'service_route_binding.create written by v3',
    manager,
    'user',
    binding,
    'service_route_binding',
    '',
    space,
    org,
    route,
    '',
    instance,
  ],
  [
    'service_route_binding.delete written by v3',
    manager,
    'user',
    binding,
    'service_route_binding',
    '',
    space,
    org,
    route,
    '',
    instance,
  ],
  [
    'service_instance.bind_route written by v2: the target is the instance',
    manager,
    'user',
    instance,
    'service_instance',
    named,
    space,
    org,
    route,
    '',
    instance,
  ],
  ['app.map-route written by v3', manager, 'user', app, 'app', 'my-app', space, org, route, app, ''],
  [
    'app.crash by the app, whose user name is null',
    app,
    'app',
    app,
    'app',
    'my-app',
    space,
    org,
    '',
    app,
    '',
  ],
]
for (const [shape, ...expected] of more) {
  for (const api of apis) {
    columns(`what else can be shown of ${shape}, read through ${api}`, () => {
      const event = read(shapeNamed(shape), api)
      const shown = cells(reportNamed('events'), keysOfMore, event)
      // The GUID of a broker event's target is made anew for each shape.
      if (shape === 'service_broker.delete') shown[2] = ''
      assert.equal(shown, expected)
    })
  }
}
columns('space and org are GUIDs, until their names are known', () => {
  const event = read(shapeNamed('app.map-route written by v3'), 'v3')
  assert.equal(cells(reportNamed('routes'), ['space', 'org'], event), [space, org])
})
columns.run()

const dataCells = suite('the data of an event as a cell')

const dataEvent = (api: ApiName, data: string) =>
  readEvent(
    Buffer.from(
      api === 'v2'
        ? `{"metadata":{"guid":"g"},"entity":{"type":"app.crash","metadata":${data}}}`
        : `{"guid":"g","type":"app.crash","data":${data}}`,
    ),
    api,
    'here',
  )

for (const api of apis) {
  for (const [json, cell] of [
    [
      '{"instance":"x", "n": 9007199254740993,\n  "text": "a  b" }',
      '{"instance":"x","n":9007199254740993,"text":"a  b"}',
    ],
    ['{}', '{}'],
  ] as const) {
    dataCells(`${JSON.stringify(json)} of ${api}: compact, and the values as they are`, () => {
      assert.is(dataColumn.cell(dataEvent(api, json)), cell)
    })
  }
}

dataCells('empty where there is none', () => {
  const event = readEvent(Buffer.from('{"guid":"g","type":"x"}'), 'v3', 'here')
  assert.is(dataColumn.cell(event), '')
})
dataCells.run()

const old = suite('bindings written before 2017')

for (const [name, request] of [
  ['flat', { app_guid: app, service_instance_guid: instance }],
  [
    'relationships without data',
    { relationships: { app: { guid: app }, service_instance: { guid: instance } } },
  ],
] as const) {
  for (const type of ['audit.service_binding.create', 'audit.service_binding.delete']) {
    if (name !== 'flat' && type.endsWith('delete')) continue
    old(`${name}, ${type}`, () => {
      const metadata = { guid: binding, created_at: '2016-09-01T10:00:00Z' }
      const entity = { type, actor: user, actee: binding, metadata: { request } }
      const event = readEvent(Buffer.from(JSON.stringify({ metadata, entity })), 'v2', name)
      for (const report of ['service-bindings', 'services']) {
        assert.equal(cells(reportNamed(report), ['app_guid', 'service_guid'], event), [app, instance])
      }
    })
  }
}
old.run()
