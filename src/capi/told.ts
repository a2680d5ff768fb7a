import { type AuditEvent, type Kind, kindOf, textAt, valueAt } from './event.ts'

/** What one event tells of somebody or something. */
export interface Told {
  readonly kind: Kind
  readonly guid: string
  /** '' when the event has none. Of a route it is the host alone. */
  readonly name: string
  /** A user name says more than an e-mail address, which is all that API v3 tells of an actor. */
  readonly isUserName: boolean
  /** The event is the deletion. */
  readonly isDeletion: boolean
  /** What the event of a route's creation was asked for. */
  readonly route?: RouteParts | undefined
}

/** The parts of a route's address; '' for those that the event does not tell. */
export interface RouteParts {
  readonly host: string
  readonly path: string
  readonly port: string
  readonly domainGuid: string
}

// A start_delete is but an intention, which the broker can refuse.
const deletions = new Set([
  'audit.app.delete-request',
  'audit.route.delete-request',
  'audit.service_instance.delete',
  'audit.service_instance.purge',
  'audit.user_provided_service_instance.delete',
  'audit.space.delete-request',
  'audit.organization.delete-request',
])

/** Every name and deletion that an event tells. */
export function toldBy(event: AuditEvent): Told[] {
  const { actor, target, type, data, spaceGuid, orgGuid } = event
  const told: Told[] = []
  const tell = (kind: Kind, guid: string, name: string, more: Partial<Told> = {}) =>
    told.push({ kind, guid, name, isUserName: false, isDeletion: false, ...more })

  const actorKind = kindOf(actor)
  if (actorKind !== undefined) {
    tell(actorKind, actor.guid, actor.username || actor.name, { isUserName: actor.username !== '' })
  }
  const request = (...path: string[]) => textAt(data, 'request', ...path)
  const targetKind = kindOf(target)
  // Not just any create: a task is created, too, and its app is the target.
  const isCreation = type === `audit.${target.type}.create`
  if (targetKind === 'user') {
    const name = target.name || request('relationships', 'user', 'data', 'username')
    tell('user', target.guid, name, { isUserName: true })
    // The only name in the request of a role is that of the space or org that was made along with it.
    if (type.startsWith('audit.user.space_') && spaceGuid !== '') tell('space', spaceGuid, request('name'))
    if (type.startsWith('audit.user.organization_') && orgGuid !== '')
      tell('organization', orgGuid, request('name'))
  } else if (targetKind === 'route') {
    const route = isCreation ? routeParts(event) : undefined
    tell('route', target.guid, target.name, { route, isDeletion: deletions.has(type) })
  } else if (targetKind !== undefined) {
    // A new name: the event's own is the old one or the new one, as the version of the API that wrote it goes.
    const isNamed = isCreation || type === `audit.${target.type}.update`
    const name = (isNamed && request('name')) || target.name
    tell(targetKind, target.guid, name, { isDeletion: deletions.has(type) })
  }
  return told
}

function routeParts({ data, target }: AuditEvent): RouteParts {
  const request = (...path: string[]) => textAt(data, 'request', ...path)
  const port = valueAt(data, 'request', 'port')
  return {
    host: target.name || request('host'),
    path: request('path'),
    port: typeof port === 'number' && port > 0 ? String(port) : '',
    domainGuid: request('relationships', 'domain', 'data', 'guid') || request('domain_guid'),
  }
}
