import type { AuditEvent, Kind } from '../capi/event.ts'
import type { Lookup } from '../capi/lookup.ts'
import { type Name, Names, type Outcome } from '../capi/names.ts'
import { referencesOf, withNames } from '../reports/named.ts'
import type { Say } from '../ui/say.ts'
import type { Rendering } from './rendering.ts'
import { openShelf, type Shelf } from './shelf.ts'

/** A report that gets the names behind its GUIDs. */
export interface Resolving {
  /** The rendering with the columns of names. */
  readonly rendering: Rendering
  /** The same events. Before the last of them is given, or before any of them is, the names are looked up. */
  events<T>(read: AsyncGenerator<AuditEvent[], T>, lookup: Lookup): AsyncGenerator<AuditEvent[], T>
  /** All names as JSON, by GUID. To be had when the events have been given. */
  json(): string
  /** Says what could not be resolved, and why. */
  tell(say: Say): void
  /** To be called in the end, whatever that is. */
  close(): Promise<void>
}

/**
 * A name can be told, and a deletion too, by any event: the last one as well. And each GUID is to be asked for once. So
 * nothing is looked up before everything is read.
 *
 * In JSON the names stand behind the records, which pass through unchanged and at once. Rows of CSV or a table hold the
 * names, so their events wait, packed, in a private file, and are read again when the names are known. Either way memory
 * holds one page, and what is known of each GUID.
 */
export function createResolving(rendering: Rendering): Resolving {
  const names = new Names()
  const hasRows = rendering.format === 'csv' || rendering.format === 'table'
  const shown = hasRows ? rendering.columns : undefined
  let shelf: Shelf | undefined

  function note(events: readonly AuditEvent[]): void {
    for (const event of events) {
      names.note(event)
      for (const { kind, guid } of referencesOf(event, shown)) names.want(kind, guid)
    }
  }

  async function* passing<T>(
    read: AsyncGenerator<AuditEvent[], T>,
    lookup: Lookup,
  ): AsyncGenerator<AuditEvent[], T> {
    let step = await read.next()
    for (; !step.done; step = await read.next()) {
      note(step.value)
      yield step.value
    }
    await names.lookUp(lookup)
    return step.value
  }

  async function* waiting<T>(
    read: AsyncGenerator<AuditEvent[], T>,
    lookup: Lookup,
  ): AsyncGenerator<AuditEvent[], T> {
    shelf = await openShelf()
    let step = await read.next()
    for (; !step.done; step = await read.next()) {
      note(step.value)
      await shelf.put(step.value)
    }
    await names.lookUp(lookup)
    yield* shelf.pages()
    return step.value
  }

  return {
    rendering: hasRows
      ? { ...rendering, columns: withNames(rendering.columns, (kind, guid) => names.of(kind, guid)) }
      : rendering,
    events: hasRows ? waiting : passing,
    json: () => `{${[...names.all()].map(member).join(',')}}`,
    tell: say => tellOutcome(names.outcome(), say),
    close: async () => shelf?.close(),
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

const because: Readonly<Partial<Record<Name['state'], string>>> = {
  deleted: 'deleted, without a name in any event',
  nameless: 'without a name: the UAA has none for them (clients, or users that are gone)',
  'not visible':
    'not visible: no event that you may see names them, and no list shows them to you. They are long deleted, or your roles cannot list them (an Org Auditor lists no spaces, apps and service instances)',
  'not asked': 'not asked',
}

function tellOutcome(outcome: Outcome, say: Say): void {
  const { total, byEvents, byLists, deleted, without, failures, questions } = outcome
  for (const [source, reason] of failures) {
    say.warn(`${words[source]}s could not be looked up: ${reason}${/[.!?]$/.test(reason) ? '' : '.'}`)
  }
  const asked = questions === 1 ? '1 question' : `${questions} questions`
  const gone = deleted === 0 ? '' : ` (${deleted} deleted)`
  say.note(
    `Names of ${total} GUIDs${gone}: ${byEvents} by events, ${byLists} by lists, ${total - byEvents - byLists} not found (${asked}).`,
  )
  for (const [state, kinds] of without) {
    const list = [...kinds].map(([kind, count]) => `${count} ${words[kind]}${count === 1 ? '' : 's'}`)
    say.note(`${list.join(', ')} ${because[state] ?? state}.`)
  }
}
