import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { changeKindOf, eventTypes } from '../../src/reports/event-types.ts'

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
