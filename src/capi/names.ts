import { type AuditEvent, isClientId, type Kind, kinds } from './event.ts'
import { Knowledge } from './known.ts'
import { type Failures, type Lookup, lookUp } from './lookup.ts'

/** What stands behind a GUID, as far as it could be found out. */
export interface Name {
  readonly kind: Kind | 'client'
  /** null: nothing tells. Of a route it is the address (host, domain, path), or the host where nothing tells more. */
  readonly name: string | null
  /** Where the name is from; null when there is none. */
  readonly source: 'event' | 'lookup' | null
  /**
   * deleted: the event of its deletion was read, and no list shows it. not visible: no list shows it to this user, and no
   * event names it. host only: of a route nothing tells the domain. nameless: a user that the UAA has no name for (any more). not asked: the list could not be asked.
   */
  readonly state: 'named' | 'host only' | 'deleted' | 'not visible' | 'nameless' | 'not asked'
}

/** What became of all the GUIDs whose names were wanted. */
export interface Outcome {
  readonly total: number
  readonly byEvents: number
  readonly byLists: number
  readonly deleted: number
  /** How many of each kind have no name, by why. */
  readonly without: ReadonlyMap<Name['state'], ReadonlyMap<Name['kind'], number>>
  /** What could not be asked, and why. */
  readonly failures: Failures
  /** How many questions Cloud Foundry was asked. */
  readonly questions: number
}

/**
 * The names behind GUIDs: first from events (those that are read anyway, then others of the same targets, which an Org
 * Auditor may read), then from lists. Nothing but listings is asked: reading a single resource can write an audit event
 * of its own (`*.show`).
 */
export class Names {
  private readonly knowledge = new Knowledge()
  private failures: Failures = new Map()
  private questions = 0

  /** Learns the names that an event tells. */
  note(event: AuditEvent): void {
    this.knowledge.note(event)
  }

  /** Asks for a name, which `lookUp` finds out if no event tells it. */
  want(kind: Kind, guid: string): void {
    this.knowledge.want(kind, guid)
  }

  /** Asks Cloud Foundry for the names that are wanted and not known, each GUID once. */
  async lookUp(lookup: Lookup): Promise<void> {
    const ask: Lookup['ask'] = (path, read) => {
      this.questions++
      return lookup.ask(path, read)
    }
    this.failures = await lookUp(this.knowledge, { ...lookup, ask })
  }

  of(kind: Kind, guid: string): Name {
    if (kind === 'user' && isClientId(guid)) {
      return { kind: 'client', name: guid, source: 'event', state: 'named' }
    }
    const known = this.knowledge.get(kind, guid)
    if (known?.listed) return { kind, name: known.listed, source: 'lookup', state: 'named' }
    const name = (known && this.knowledge.told(known)) || null
    const source = name === null ? null : 'event'
    if (known?.isDeleted) return { kind, name, source, state: 'deleted' }
    if (name !== null) {
      const isPart = kind === 'route' && known !== undefined && !this.knowledge.tellsAddress(known)
      return { kind, name, source, state: isPart ? 'host only' : 'named' }
    }
    const isListed = known?.listed !== undefined
    const state = isListed ? 'nameless' : known?.isAsked ? 'not visible' : 'not asked'
    return { kind, name, source, state }
  }

  /** Every wanted GUID with its name. */
  *all(): Generator<[guid: string, name: Name]> {
    for (const kind of kinds)
      for (const guid of this.knowledge.wanted(kind)) yield [guid, this.of(kind, guid)]
  }

  outcome(): Outcome {
    const counts = { total: 0, byEvents: 0, byLists: 0, deleted: 0 }
    const without = new Map<Name['state'], Map<Name['kind'], number>>()
    for (const [, { kind, name, source, state }] of this.all()) {
      counts.total++
      if (source === 'event') counts.byEvents++
      if (source === 'lookup') counts.byLists++
      if (state === 'deleted') counts.deleted++
      if (name !== null) continue
      const ofState = without.get(state) ?? new Map<Name['kind'], number>()
      without.set(state, ofState.set(kind, (ofState.get(kind) ?? 0) + 1))
    }
    return { ...counts, without, failures: this.failures, questions: this.questions }
  }
}
