import { type AuditEvent, isClientId, textAt, valueAt } from '../capi/event.ts'
import { compact, rangesAt } from '../capi/json-ranges.ts'
import type { Answer } from '../output/table.ts'
import { actionWords } from './event-types.ts'

/** A column: where the text of its cells comes from, for every shape in which events were ever written. */
export interface Column<Row = AuditEvent> {
  /** Its name in `--columns`. */
  readonly key: string
  readonly heading: string
  /** Text is typed by people; times and GUIDs come from Cloud Controller only. */
  readonly kind: 'time' | 'guid' | 'text'
  /** The question that it answers: a narrow table treats it accordingly. */
  readonly answers?: Answer | undefined
  /** '' when the event does not say. */
  readonly cell: (row: Row) => string
  /** The same in words, for a table, unless the user named the column. */
  readonly words?: ((row: Row) => string) | undefined
}

/** A part of the request behind an event. It is null, {} or missing in many events. */
const request = (event: AuditEvent, ...path: string[]) => textAt(event.data, 'request', ...path)
// Before 2017 a relationship was written without `data`.
const related = (event: AuditEvent, kind: string) =>
  request(event, 'relationships', kind, 'data', 'guid') || request(event, 'relationships', kind, 'guid')

const isFamily = (event: AuditEvent, family: string) => event.type.startsWith(`${family}.`)
const isCreate = ({ type }: AuditEvent) => /\.(start_)?create$/.test(type)

const isInstance = (event: AuditEvent) =>
  isFamily(event, 'audit.service_instance') || isFamily(event, 'audit.user_provided_service_instance')
const isMapping = ({ type }: AuditEvent) => type === 'audit.app.map-route' || type === 'audit.app.unmap-route'
// A credential binding of an app, a service key, or the binding of a route to a route service: their target is the
// binding itself, never the app or the instance.
const isBinding = (event: AuditEvent) =>
  isFamily(event, 'audit.service_binding') ||
  isFamily(event, 'audit.service_key') ||
  isFamily(event, 'audit.service_route_binding')

export const column = <Row = AuditEvent>(
  key: string,
  heading: string,
  kind: Column['kind'],
  answers: Answer | undefined,
  cell: (row: Row) => string,
): Column<Row> => ({ key, heading, kind, answers, cell })

export const time = column('time', 'Timestamp', 'time', undefined, event => event.time)

/** v2 gives the user name, v3 only the email address. A client has neither; its GUID is its client ID. */
export const actor = column(
  'actor',
  'User Performing Action',
  'text',
  'who',
  ({ actor }) => actor.username || actor.name || actor.guid,
)

/** The event type as Cloud Foundry spells it; in a table only if the user named the column. */
export const type: Column = {
  ...column('type', 'Action Type', 'text', 'what', event => event.type),
  words: event => actionWords(event.type),
}

/**
 * Who gained or lost the role. Never `request.name`, which the documented recipe prints: it is null, or the name of the
 * space or org that was created along with the role.
 */
export const user = column(
  'user',
  'User',
  'text',
  'who',
  event =>
    event.target.name || request(event, 'relationships', 'user', 'data', 'username') || event.target.guid,
)

/** The host of the route: events never have the full address. The target of a mapping is the app. */
export const route = column('route', 'Route', 'text', 'which', event => {
  if (isMapping(event)) return textAt(event.data, 'route_guid')
  if (isFamily(event, 'audit.route')) return event.target.name || event.target.guid
  if (event.type === 'audit.route_policy.create') return related(event, 'route')
  return ''
})

/** The service instance, by name where the event has one. */
export const instance = column('service', 'Service Name', 'text', 'which', event => {
  if (isInstance(event)) return event.target.name || request(event, 'name') || event.target.guid
  if (isFamily(event, 'audit.service_route_binding')) return boundInstance(event)
  return ''
})

/** The instance, offering, plan, broker or dashboard client by name; a binding names no service. */
export const service = column('service', 'Service Name', 'text', 'which', event => {
  const named = [
    'audit.service',
    'audit.service_plan',
    'audit.service_broker',
    'audit.service_dashboard_client',
  ]
  return isInstance(event) || named.some(family => isFamily(event, family)) ? event.target.name : ''
})

export const appGuid = column('app_guid', 'App GUID', 'guid', 'which', event => {
  if (isMapping(event) || isFamily(event, 'audit.app') || event.type === 'app.crash') return event.target.guid
  if (event.type === 'audit.route.update') {
    // API v2 wrote this event for a mapping as well; a change of the route itself names no app.
    return (
      request(event, 'app') || (request(event, 'relation') === 'apps' ? request(event, 'related_guid') : '')
    )
  }
  if (isFamily(event, 'audit.route_policy')) return /^cf:app:([^:]+)$/.exec(event.target.name)?.[1] ?? ''
  if (isFamily(event, 'audit.service_binding')) {
    const named = request(event, 'app_guid')
    return isCreate(event) ? related(event, 'app') || named : named
  }
  return ''
})

/** Always an instance: the target of a binding or a key is that binding or key. */
export const serviceGuid = column('service_guid', 'Service GUID', 'guid', 'which', event => {
  if (isInstance(event)) return event.target.guid
  return isBinding(event) ? boundInstance(event) : ''
})

// A create has app and instance in its relationships. Later events have them side by side, as have creates of keys
// through API v2, and creates of bindings before 2017.
function boundInstance(event: AuditEvent): string {
  const named = request(event, 'service_instance_guid')
  return isCreate(event) ? related(event, 'service_instance') || named : named
}

export const target = column('target', 'Target', 'text', 'who', ({ target }) => target.name || target.guid)
export const targetType = column('target_type', 'Target Type', 'text', 'detail', event => event.target.type)
export const spaceGuid = column('space_guid', 'Space GUID', 'guid', 'where', event => event.spaceGuid)
export const orgGuid = column('org_guid', 'Organization GUID', 'guid', 'where', event => event.orgGuid)
/** The space and the org of an event: their names, where they are known. */
export const space = column('space', 'Space', 'text', 'where', event => event.spaceGuid)
export const org = column('org', 'Organization', 'text', 'where', event => event.orgGuid)

/** The event's own data, compact. Secrets are redacted before events are printed. */
export const data = column('data', 'Data', 'text', 'data', ({ api, record }) => {
  const range = rangesAt(record, api === 'v2' ? ['entity', 'metadata'] : ['data']).at(-1)
  return range === undefined ? '' : compact(record.subarray(...range)).toString('utf8')
})

export const eventGuid = column('event_guid', 'Event GUID', 'guid', 'detail', event => event.guid)

export const routeGuid = column('route_guid', 'Route GUID', 'guid', 'which', event => {
  if (isFamily(event, 'audit.route')) return event.target.guid
  if (isMapping(event)) return textAt(event.data, 'route_guid')
  return related(event, 'route') || request(event, 'route_guid')
})

export const actorGuid = column('actor_guid', 'Actor GUID', 'guid', 'detail', event => event.actor.guid)
export const targetGuid = column('target_guid', 'Target GUID', 'guid', 'detail', event => event.target.guid)
export const targetName = column('target_name', 'Target Name', 'text', 'who', event => event.target.name)

/** What every report can show besides its own columns. */
export const moreColumns: readonly Column[] = [
  eventGuid,
  actorGuid,
  column('actor_type', 'Actor Type', 'text', 'detail', event => event.actor.type),
  targetGuid,
  targetType,
  targetName,
  space,
  org,
  spaceGuid,
  orgGuid,
  routeGuid,
  appGuid,
  serviceGuid,
  data,
]

export const actorName = column(
  'actor_name',
  'Actor Name',
  'text',
  'who',
  ({ actor }) => actor.username || actor.name,
)

/**
 * user, client, broker, system (which includes apps and processes) or unknown, which is Cloud Foundry's own word. A
 * client token has no user name (lib/cloud_controller/security_context.rb), and its events call the client a user.
 */
const actorKind = column('actor_kind', 'Actor Kind', 'text', 'detail', event => {
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
  // The actor of a finished build has no name either, but is null in v2. v3 does not tell them apart.
  return isClientId(actor.guid) || valueAt(resource, 'entity', 'actor_username') === ''
}

const action = column('action', 'Action', 'text', 'what', ({ type }) => actionWords(type))

/** Cloud Foundry's own word for it; only a client is called a client, as among actors. */
const targetKind = column('target_kind', 'Target Kind', 'text', 'detail', ({ target }) =>
  target.type === 'user' && target.name === '' && isClientId(target.guid) ? 'client' : target.type,
)

/** The role as /v3/roles names it. Only the event type has it. */
const role = column(
  'role',
  'Role',
  'text',
  'detail',
  ({ type }) => /^audit\.user\.(\w+)_(?:add|remove)$/.exec(type)?.[1] ?? '',
)

/** The columns of --wide, the same in every report. */
export const wideColumns: readonly Column[] = [
  time,
  actorName,
  actorGuid,
  actorKind,
  action,
  { ...type, words: undefined },
  targetName,
  targetGuid,
  targetKind,
  role,
  appGuid,
  serviceGuid,
  routeGuid,
  spaceGuid,
  orgGuid,
  eventGuid,
]
