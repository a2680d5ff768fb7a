import { type AuditEvent, isClientId, valueAt } from '../capi/event.ts'
import type { Column } from './columns.ts'
import * as columns from './columns.ts'
import { eventType } from './event-types.ts'

const { column } = columns

const actorName = column('actor_name', 'Actor Name', 'text', ({ actor }) => actor.username || actor.name)

/**
 * user, client, broker or system: also what Cloud Foundry reports in the name of an app or of one of its processes. A
 * client token has no user name (lib/cloud_controller/security_context.rb), and the event calls its client a user.
 * unknown is Cloud Foundry's own word.
 */
const actorKind = column('actor_kind', 'Actor Kind', 'text', event => {
  const { guid, type } = event.actor
  if (guid === 'UNKNOWN') return 'unknown'
  if (type === 'user') return isClient(event) ? 'client' : 'user'
  return kindOfActor.get(type) ?? type
})

const kindOfActor: ReadonlyMap<string, string> = new Map([
  ['service_broker', 'broker'],
  ['app', 'system'],
  ['process', 'system'],
])

function isClient({ actor, resource }: AuditEvent): boolean {
  if (actor.username !== '' || actor.name !== '') return false
  // A build that ended has an actor without a name, too: there v2 says null. v3 makes no such difference.
  return isClientId(actor.guid) || valueAt(resource, 'entity', 'actor_username') === ''
}

const action = column('action', 'Action', 'text', ({ type }) => eventType(type)?.what ?? type)

/** Cloud Foundry's own word for it; a user that is a client is told apart, as among the actors. */
const targetKind = column('target_kind', 'Target Kind', 'text', ({ target }) =>
  target.type === 'user' && target.name === '' && isClientId(target.guid) ? 'client' : target.type,
)

/** As /v3/roles names it: the type of the event is all that tells. */
const role = column(
  'role',
  'Role',
  'text',
  ({ type }) => /^audit\.user\.(\w+)_(?:add|remove)$/.exec(type)?.[1] ?? '',
)

/** What --wide shows of every event, whatever the report. */
export const wideColumns: readonly Column[] = [
  columns.time,
  actorName,
  columns.actorGuid,
  actorKind,
  action,
  columns.type,
  columns.targetName,
  columns.targetGuid,
  targetKind,
  role,
  columns.appGuid,
  columns.serviceGuid,
  columns.routeGuid,
  columns.spaceGuid,
  columns.orgGuid,
  columns.eventGuid,
]
