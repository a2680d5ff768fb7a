import { type AuditEvent, isClientId, type Kind, kinds } from '../capi/event.ts'
import type { Column } from '../reports/columns.ts'
import { joinNames, plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { referencesOf, withNames } from './columns.ts'
import { type Failures, type Lookup, lookUp } from './lookup.ts'
import { type Name, NameIndex } from './name-index.ts'
import { openEventSpool, type Spool } from './spool.ts'

/** How many of the wanted names were found, and why others were not. */
export interface Outcome {
  readonly total: number
  readonly byEvents: number
  readonly byLists: number
  readonly deleted: number
  /** How many of each kind have no name, by reason. */
  readonly without: ReadonlyMap<Name['state'], ReadonlyMap<Name['kind'], number>>
  /** The lists that could not be read, and why. */
  readonly failures: Failures
  /** The number of requests to Cloud Foundry; undefined: it was not to be asked. */
  readonly questions: number | undefined
}

/**
 * The names behind GUIDs: first from events (those that are read anyway, then others of the same targets, which an Org
 * Auditor may read), then from lists. Only lists are requested: reading a single resource can write an audit event
 * of its own (`*.show`).
 */
export class Names {
  private readonly index = new NameIndex()
  private failures: Failures = new Map()
  private sharedNames: ReadonlySet<string> = new Set()
  private questions: number | undefined
  private readonly saved: ReadonlyMap<string, Name>

  /** @param saved what was looked up before, by GUID. */
  constructor(saved: ReadonlyMap<string, Name> = new Map()) {
    this.saved = saved
  }

  /** Notes the names in an event. */
  note(event: AuditEvent): void {
    this.index.note(event)
  }

  /** Notes the names that a list has shown. */
  list(kind: Kind, listed: ReadonlyMap<string, string>): void {
    const named = [...listed].filter(([, name]) => name !== '')
    for (const [guid, name] of named) this.index.list(kind, guid, name)
    this.index.asked(
      kind,
      named.map(([guid]) => guid),
    )
  }

  /** Asks for a name, which `lookUp` looks up if no event has it. */
  want(kind: Kind, guid: string): void {
    this.index.want(kind, guid)
  }

  /**
   * After the last event: asks Cloud Foundry for the names that are wanted and not known, each GUID once.
   * @param lookup undefined: nothing is asked.
   * @param of only names of these kinds.
   */
  async lookUp(lookup: Lookup | undefined, of: readonly Kind[] = kinds): Promise<void> {
    if (lookup !== undefined) {
      this.questions ??= 0
      const client: Lookup['client'] = (path, read) => {
        this.questions = (this.questions ?? 0) + 1
        return lookup.client(path, read)
      }
      const failures = await lookUp(this.index, { ...lookup, client }, of)
      this.failures = new Map([...this.failures, ...failures])
    }
    this.sharedNames = this.index.sharedNames()
  }

  of(kind: Kind, guid: string): Name {
    if (kind === 'user' && isClientId(guid)) {
      return { kind: 'client', name: guid, source: 'event', state: 'named' }
    }
    const saved = this.saved.get(guid)
    if (saved?.source === 'lookup') return saved
    const known = this.index.get(kind, guid)
    if (known?.listed) return { kind, name: known.listed, source: 'lookup', state: 'named' }
    const isShared = kind === 'user' && known !== undefined && this.sharedNames.has(known.name)
    const name = (!isShared && known && this.index.nameInEvents(known)) || null
    const source = name === null ? null : 'event'
    if (known?.isDeleted) return { kind, name, source, state: 'deleted' }
    if (name !== null) {
      const isPart = kind === 'route' && known !== undefined && !this.index.hasAddress(known)
      return { kind, name, source, state: isPart ? 'host only' : 'named' }
    }
    if (saved !== undefined) return saved
    const isListed = known?.listed !== undefined
    const state = isListed ? 'nameless' : known?.isAsked ? 'not visible' : 'not asked'
    return { kind, name, source, state }
  }

  /** Every wanted GUID with its name. */
  *all(): Generator<[guid: string, name: Name]> {
    for (const kind of kinds) for (const guid of this.index.wanted(kind)) yield [guid, this.of(kind, guid)]
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

/** Finds the names behind the GUIDs of a report while its events pass through. */
export interface NameResolver {
  /** The columns of the report with names in them. */
  readonly columns: readonly Column[]
  /** Notes the names in events whose rows are not printed. */
  note(events: readonly AuditEvent[]): void
  /** The same events. Before the last of them is given, or before any of them is, the names are looked up. */
  events(read: AsyncIterable<AuditEvent[]>, lookup: Lookup | undefined): AsyncGenerator<AuditEvent[]>
  /** Notes the names that a list has shown, by GUID. */
  list(kind: Kind, listed: ReadonlyMap<string, string>): void
  /** Looks up the names of some kinds that the events want so far, each once, where `events` had no lookup. */
  lookUp(lookup: Lookup, of: readonly Kind[]): Promise<void>
  /** All names as JSON, by GUID, after the last event. */
  json(): string
  /** Says what could not be resolved, and why. */
  logOutcome(messages: Messages): void
  /** Frees what the events wait in. */
  close(): Promise<void>
}

/**
 * Any event, the last one too, may hold a name or be a deletion, and each GUID is looked up once. So nothing is looked up
 * before everything has been read.
 *
 * In JSON the names stand behind the records, which pass through at once. Rows hold the names, so their events wait,
 * packed, in a private file, and are read again when the names are known. Either way memory holds one page, and what is
 * known of each GUID.
 * @param columns of the rows; undefined: records are printed.
 * @param inPlace whether a name stands in the place of its GUID, or beside it.
 * @param saved names that were looked up before, by GUID.
 */
export function createNameResolver(
  columns: readonly Column[] | undefined,
  inPlace = false,
  saved?: ReadonlyMap<string, Name>,
): NameResolver {
  const names = new Names(saved)
  let spool: Spool<AuditEvent> | undefined

  function want(events: readonly AuditEvent[]): void {
    for (const event of events) {
      names.note(event)
      for (const { kind, guid } of referencesOf(event, columns)) names.want(kind, guid)
    }
  }

  async function* passing(
    read: AsyncIterable<AuditEvent[]>,
    lookup: Lookup | undefined,
  ): AsyncGenerator<AuditEvent[]> {
    for await (const events of read) {
      want(events)
      yield events
    }
    await names.lookUp(lookup)
  }

  async function* waiting(
    read: AsyncIterable<AuditEvent[]>,
    lookup: Lookup | undefined,
  ): AsyncGenerator<AuditEvent[]> {
    spool = await openEventSpool()
    for await (const events of read) {
      want(events)
      await spool.append(events)
    }
    await names.lookUp(lookup)
    yield* spool.replay()
  }

  return {
    columns: withNames(columns ?? [], (kind, guid) => names.of(kind, guid), inPlace),
    note(events) {
      for (const event of events) names.note(event)
    },
    events: columns === undefined ? passing : waiting,
    list: (kind, listed) => names.list(kind, listed),
    lookUp: (lookup, of) => names.lookUp(lookup, of),
    json: () => `{${[...names.all()].map(member).join(',')}}`,
    logOutcome: messages => logOutcome(names.outcome(), messages),
    close: async () => spool?.close(),
  }
}

function member([guid, { name, kind, source, state }]: [guid: string, name: Name]): string {
  return `${JSON.stringify(guid)}:${JSON.stringify({ name, kind, source, state })}`
}

const words: Readonly<Record<Kind | 'client' | 'events' | 'domain', string>> = {
  user: 'user',
  client: 'client',
  app: 'app',
  service_instance: 'service instance',
  route: 'route',
  space: 'space',
  organization: 'org',
  domain: 'domain',
  events: 'event',
}

const reasons: Readonly<Partial<Record<Name['state'], string>>> = {
  deleted: 'deleted, and no event has the name',
  nameless: 'unknown to the UAA (client or deleted user)',
  'not visible': 'probably deleted, or hidden from your roles',
  'not asked': 'not looked up',
}

function logOutcome(outcome: Outcome, messages: Messages): void {
  const { total, byEvents, byLists, without, failures, questions } = outcome
  if (total === 0) return
  for (const [source, reason] of failures) {
    messages.warn(`could not look up ${words[source]}s: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`)
  }
  const missing = [...without].map(([state, kinds]) => {
    const list = [...kinds].map(([kind, count]) => plural(count, words[kind]))
    return `${joinNames(list)} ${reasons[state] ?? state}`
  })
  const how =
    questions === undefined ? 'found in the saved events' : `resolved with ${plural(questions, 'lookup')}`
  const resolved = `${plural(byEvents + byLists, 'name')} of ${plural(total, 'GUID')} ${how}`
  messages.info(missing.length === 0 ? `${resolved}.` : `${resolved}; no name: ${missing.join('; ')}.`)
}
