import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  actionWords,
  changeKindOf,
  eventType,
  eventTypes,
  families,
  typesOf,
} from '../../src/reports/event-types.ts'
import { shapes } from '../foundation/shapes.ts'

const types = suite('event types')

types('140 of them, in alphabetical order, each once', () => {
  assert.is(eventTypes.length, 140)
  assert.is(new Set(eventTypes).size, 140)
  assert.equal([...eventTypes], [...eventTypes].sort())
})

types('138 begin with audit.', () => {
  assert.equal(
    eventTypes.filter(type => !type.startsWith('audit.')),
    ['app.crash', 'blob.remove_orphan'],
  )
})

types('those of Cloud Controller at API 3.228, letter by letter', () => {
  const list = createHash('sha256')
    .update(eventTypes.map(type => `${type}\n`).join(''))
    .digest('hex')
  assert.is(list, '992e0bc5030936cdd804abc2b397d484a9125bd766bebc41b5ccd154a9ba82a1')
})

types('each has a shape among the examples, and no example is of another type', () => {
  assert.equal([...new Set(shapes.map(shape => shape.type))].sort(), [...eventTypes])
})

const counts: readonly (readonly [family: keyof typeof families, count: number])[] = [
  ['app', 1],
  ['audit.app', 44],
  ['audit.buildpack', 4],
  ['audit.organization', 3],
  ['audit.organization_quota', 4],
  ['audit.route', 6],
  ['audit.route_policy', 3],
  ['audit.service', 3],
  ['audit.service_binding', 6],
  ['audit.service_broker', 3],
  ['audit.service_dashboard_client', 2],
  ['audit.service_instance', 12],
  ['audit.service_key', 6],
  ['audit.service_plan', 3],
  ['audit.service_plan_visibility', 3],
  ['audit.service_route_binding', 5],
  ['audit.space', 3],
  ['audit.space_quota', 5],
  ['audit.stack', 3],
  ['audit.user', 16],
  ['audit.user_provided_service_instance', 4],
  ['blob', 1],
]
for (const [family, count] of counts) {
  types(`${family} has ${count}`, () => {
    assert.is(typesOf(family).length, count)
    assert.ok(typesOf(family).every(type => type.startsWith(`${family}.`) && eventTypes.includes(type)))
  })
}

types('no family is left out', () => {
  assert.equal(Object.keys(families).sort(), counts.map(([family]) => family as string).sort())
})

types('some actions of a family, in the order of the family', () => {
  assert.equal(typesOf('audit.service_instance', 'unbind_route', 'bind_route'), [
    'audit.service_instance.bind_route',
    'audit.service_instance.unbind_route',
  ])
  assert.equal(typesOf('audit.app', 'none'), [])
})

const misprints = [
  'service_instance.bind_route',
  'audit.app.crash',
  'audit.user.org_manager_add',
  'audit.user.space_application_supporter_add',
  'audit.route.delete_request',
  'audit.route.map',
  'audit.space.role.add',
  'audit.app.delete',
]
for (const type of misprints)
  types(`${type} was never, or is no longer, written`, () => assert.not.ok(eventTypes.includes(type)))

types(
  'what belongs to no org: offerings, plans, brokers, their clients, buildpacks, stacks, org quotas, blobs',
  () => {
    const orgless =
      /^(audit\.(service|service_plan|service_broker|service_dashboard_client|buildpack|stack)\.|blob\.|audit\.organization_quota\.(?!apply))/
    assert.equal(
      eventTypes.filter(type => eventType(type)?.hasOrg === false),
      eventTypes.filter(type => orgless.test(type)),
    )
  },
)

types('the shapes of events in the examples agree', () => {
  for (const { name, type, orgGuid } of shapes) {
    if (eventType(type)?.hasOrg === false) assert.is(orgGuid, '', name)
  }
})

types('what a type stands for', () => {
  assert.equal(eventType('audit.user.space_supporter_add'), {
    name: 'audit.user.space_supporter_add',
    what: 'Space Supporter granted (role granted or re-granted)',
    writer: 'v3',
    hasOrg: true,
  })
})

for (const [type, words] of [
  ['audit.user.space_manager_add', 'Space Manager granted'],
  ['audit.user.organization_user_remove', 'Removed from the org'],
  ['audit.app.map-route', 'Route mapped'],
  ['audit.something.new', 'audit.something.new'],
  ['', ''],
] as const) {
  types(`a cell says of ${type || 'nothing'}: ${words}`, () => assert.is(actionWords(type), words))
}

for (const name of [...misprints, '', 'audit.app', 'audit.app.', 'audit.app.constructor', '__proto__.x'])
  types(`"${name}" stands for nothing`, () => assert.is(eventType(name), undefined))
types.run()

const tones = suite('what an event did')

for (const [type, tone] of [
  ['audit.user.space_developer_add', 'added'],
  ['audit.user.organization_user_remove', 'removed'],
  ['audit.app.map-route', 'added'],
  ['audit.app.unmap-route', 'removed'],
  ['audit.route.share', 'added'],
  ['audit.route.unshare', 'removed'],
  ['audit.route.transfer-owner', 'changed'],
  ['audit.service_instance.start_create', 'added'],
  ['audit.service_instance.start_delete', 'removed'],
  ['audit.service_instance.purge', 'removed'],
  ['audit.service_instance.bind_route', 'added'],
  ['audit.space_quota.remove', 'removed'],
  ['audit.app.delete-request', 'removed'],
  ['audit.app.process.scale', 'changed'],
  ['blob.remove_orphan', 'removed'],
  ['audit.app.environment.show', undefined],
  ['app.crash', undefined],
  ['audit.something.new', undefined],
  ['', undefined],
] as const) {
  tones(`${type || '(nothing)'}: ${tone}`, () => assert.is(changeKindOf(type), tone))
}

tones('every known type has a tone, but for looks, crashes and signs of life', () => {
  const without = eventTypes.filter(type => changeKindOf(type) === undefined)
  const silent =
    /\.(show|download|crash|failed|staged|ready|not-ready|rescheduling|ssh-authorized|ssh-unauthorized)$/
  assert.equal(
    without.filter(type => !silent.test(type)),
    [],
  )
  assert.equal(
    eventTypes.filter(type => silent.test(type) && changeKindOf(type) !== undefined),
    [],
  )
})
tones.run()
