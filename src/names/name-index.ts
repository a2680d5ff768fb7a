import { type AuditEvent, type Kind, kindOf, textAt, valueAt } from '../capi/event.ts'

/** What one event says about a user or a resource. */
export interface NameMention {
  readonly kind: Kind
  readonly guid: string
  /** '' when the event has none. Of a route it is the host alone. */
  readonly name: string
  /** A user name identifies better than an email address, which is all that API v3 has of an actor. */
  readonly isUserName: boolean
  /** The event is the deletion. */
  readonly isDeletion: boolean
  /** What the event of a route's creation was asked for. */
  readonly route?: RouteParts | undefined
}

/** The parts of a route's address; '' if the event does not have them. */
export interface RouteParts {
  readonly host: string
  readonly path: string
  readonly port: string
  readonly domainGuid: string
}

// A start_delete is only an attempt, which the broker can refuse.
const deletions = new Set([
  'audit.app.delete-request',
  'audit.route.delete-request',
  'audit.service_instance.delete',
  'audit.service_instance.purge',
  'audit.user_provided_service_instance.delete',
  'audit.space.delete-request',
  'audit.organization.delete-request',
])

/** Every name and deletion in an event. */
export function namesInEvent(event: AuditEvent): NameMention[] {
  const { actor, target, type, data, spaceGuid, orgGuid } = event
  const mentions: NameMention[] = []
  const mention = (kind: Kind, guid: string, name: string, more: Partial<NameMention> = {}) =>
    mentions.push({ kind, guid, name, isUserName: false, isDeletion: false, ...more })

  const actorKind = kindOf(actor)
  if (actorKind !== undefined) {
    mention(actorKind, actor.guid, actor.username || actor.name, { isUserName: actor.username !== '' })
  }
  const request = (...path: string[]) => textAt(data, 'request', ...path)
  const targetKind = kindOf(target)
  // Not just any create: a task is created, too, and its app is the target.
  const isCreation = type === `audit.${target.type}.create`
  if (targetKind === 'user') {
    const name = target.name || request('relationships', 'user', 'data', 'username')
    mention('user', target.guid, name, { isUserName: true })
    // The only name in the request of a role is that of the space or org that was created with it.
    if (type.startsWith('audit.user.space_') && spaceGuid !== '') mention('space', spaceGuid, request('name'))
    if (type.startsWith('audit.user.organization_') && orgGuid !== '')
      mention('organization', orgGuid, request('name'))
  } else if (targetKind === 'route') {
    const route = isCreation ? routeParts(event) : undefined
    mention('route', target.guid, target.name, { route, isDeletion: deletions.has(type) })
  } else if (targetKind !== undefined) {
    // The new name. Which of the two the event itself has depends on the version of the API that wrote it.
    const isNamed = isCreation || type === `audit.${target.type}.update`
    const name = (isNamed && request('name')) || target.name
    mention(targetKind, target.guid, name, { isDeletion: deletions.has(type) })
  }
  return mentions
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

/** The names found for one GUID. */
export interface NameEntry {
  /** The newest name in the events; '' when they have none. */
  name: string
  isUserName: boolean
  /** The time of the event that the name is from. */
  at: string
  isDeleted: boolean
  route: RouteParts | undefined
  /** What a list calls it: '' for a user that the UAA has no name for; undefined when no list shows it. */
  listed: string | undefined
  /** Whether its name is wanted. */
  isWanted: boolean
  /** Whether a list that would show it has answered. */
  isAsked: boolean
}

/**
 * The known names of users, apps, service instances, routes, spaces and orgs. It grows with their number, not with the
 * number of events.
 */
export class NameIndex {
  /** Names of domains by GUID, for routes that no list shows. */
  readonly domains = new Map<string, string>()
  private readonly kinds = new Map<Kind, Map<string, NameEntry>>()

  /** Notes the names and deletions in an event. */
  note(event: AuditEvent): void {
    for (const { kind, guid, name, isUserName, isDeletion, route } of namesInEvent(event)) {
      const known = this.entry(kind, guid)
      if (isDeletion) known.isDeleted = true
      known.route ??= route
      // The newest name wins, in any order of events; but an email address never replaces a user name.
      const isNewer = isUserName === known.isUserName ? event.time >= known.at : isUserName
      if (name !== '' && (known.name === '' || isNewer)) {
        known.name = name
        known.isUserName = isUserName
        known.at = event.time
      }
    }
  }

  want(kind: Kind, guid: string): void {
    this.entry(kind, guid).isWanted = true
  }

  /** Notes the name that a list has. */
  list(kind: Kind, guid: string, name: string): void {
    this.entry(kind, guid).listed = name
  }

  /** Notes that a list has answered for these GUIDs. */
  asked(kind: Kind, guids: readonly string[]): void {
    for (const guid of guids) this.entry(kind, guid).isAsked = true
  }

  get(kind: Kind, guid: string): NameEntry | undefined {
    return this.kinds.get(kind)?.get(guid)
  }

  /** The name in the events; '' if they have none. For a route, the full address if its creation was read. */
  nameInEvents({ name, route }: NameEntry): string {
    const domain = route && this.domains.get(route.domainGuid)
    if (route === undefined || domain === undefined) return name
    if (route.port !== '') return `${domain}:${route.port}`
    return `${route.host === '' ? '' : `${route.host}.`}${domain}${route.path}`
  }

  /** Whether the events have the domain of a route, and so its full address. */
  hasAddress({ route }: NameEntry): boolean {
    return route !== undefined && this.domains.has(route.domainGuid)
  }

  /** Names that several users share, such as an email address (all that API v3 has of an actor). They identify no user. */
  sharedNames(): ReadonlySet<string> {
    const seen = new Set<string>()
    const shared = new Set<string>()
    for (const { name } of this.kinds.get('user')?.values() ?? []) {
      if (name !== '' && seen.has(name)) shared.add(name)
      seen.add(name)
    }
    return shared
  }

  /** The wanted GUIDs of a kind for which the test holds. */
  wanted(kind: Kind, test: (known: NameEntry) => boolean = () => true): string[] {
    const all = this.kinds.get(kind) ?? new Map<string, NameEntry>()
    return [...all].filter(([, known]) => known.isWanted && test(known)).map(([guid]) => guid)
  }

  private entry(kind: Kind, guid: string): NameEntry {
    let all = this.kinds.get(kind)
    if (all === undefined) {
      all = new Map()
      this.kinds.set(kind, all)
    }
    let known = all.get(guid)
    if (known === undefined) {
      known = {
        name: '',
        isUserName: false,
        at: '',
        isDeleted: false,
        route: undefined,
        listed: undefined,
        isWanted: false,
        isAsked: false,
      }
      all.set(guid, known)
    }
    return known
  }
}

/**
 * deleted: the event of its deletion was read, and no list shows it. not visible: no list shows it to this user, and no
 * event names it. host only: the domain of a route is unknown. nameless: the UAA has no name for the user, or has it no
 * more. not asked: no list was read.
 */
export const nameStates = ['named', 'host only', 'deleted', 'not visible', 'nameless', 'not asked'] as const

/** The name behind a GUID, as far as it is known. */
export interface Name {
  readonly kind: Kind | 'client'
  /** null: unknown. For a route the address (host, domain, path), or only the host where no more is known. */
  readonly name: string | null
  /** Where the name is from; null when there is none. */
  readonly source: 'event' | 'lookup' | null
  readonly state: (typeof nameStates)[number]
}
