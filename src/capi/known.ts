import type { AuditEvent, Kind } from './event.ts'
import { type RouteParts, toldBy } from './told.ts'

/** What is known of one GUID. */
export interface Known {
  /** The newest name that an event tells, '' when none does. */
  name: string
  isUserName: boolean
  /** When the event that told the name happened. */
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
 * What has been learnt of users, apps, service instances, routes, spaces and orgs. It grows with how many of these there
 * are, not with how many events: that is what keeps a run that resolves names within bounds.
 */
export class Knowledge {
  /** Names of domains by GUID, for routes that no list shows. */
  readonly domains = new Map<string, string>()
  private readonly kinds = new Map<Kind, Map<string, Known>>()

  /** Learns what an event tells. */
  note(event: AuditEvent): void {
    for (const { kind, guid, name, isUserName, isDeletion, route } of toldBy(event)) {
      const known = this.entry(kind, guid)
      if (isDeletion) known.isDeleted = true
      known.route ??= route
      // Of two names the newer one, whatever order the events come in; but an e-mail address replaces no user name.
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

  /** Learns what a list calls something. */
  list(kind: Kind, guid: string, name: string): void {
    this.entry(kind, guid).listed = name
  }

  /** Learns that a list has answered what it was asked for. */
  asked(kind: Kind, guids: readonly string[]): void {
    for (const guid of guids) this.entry(kind, guid).isAsked = true
  }

  get(kind: Kind, guid: string): Known | undefined {
    return this.kinds.get(kind)?.get(guid)
  }

  /** What events tell of its name: '' when they do not. Of a route the whole address, if its creation was read. */
  told({ name, route }: Known): string {
    const domain = route && this.domains.get(route.domainGuid)
    if (route === undefined || domain === undefined) return name
    if (route.port !== '') return `${domain}:${route.port}`
    return `${route.host === '' ? '' : `${route.host}.`}${domain}${route.path}`
  }

  /** Whether events tell the domain of a route, and so the whole address. */
  tellsAddress({ route }: Known): boolean {
    return route !== undefined && this.domains.has(route.domainGuid)
  }

  /** The wanted GUIDs of a kind for which the test holds. */
  wanted(kind: Kind, test: (known: Known) => boolean = () => true): string[] {
    const all = this.kinds.get(kind) ?? new Map<string, Known>()
    return [...all].filter(([, known]) => known.isWanted && test(known)).map(([guid]) => guid)
  }

  private entry(kind: Kind, guid: string): Known {
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
