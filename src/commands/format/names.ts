import { type AuditEvent, kinds, textAt } from '../../capi/event.ts'
import type { PlaceNames } from '../../capi/visibility.ts'
import { type Name, nameStates } from '../../names/name-index.ts'
import type { JsonObject } from './shape.ts'

/** Names that were saved beside events. */
export interface SavedNames extends PlaceNames {
  /** By GUID, those of orgs and spaces too. */
  readonly all: ReadonlyMap<string, Name>
}

/** Collects the names that people have saved beside events. */
export interface NameCollector extends SavedNames {
  /** What --names writes: `{GUID: {name, kind, …}}`. */
  addOurs(names: JsonObject): void
  /** `{org, space, …}`, as scripts have it. */
  addEnvelope(envelope: JsonObject): void
  /** What cloud.gov adds to the events in its logging system. */
  addEvent(event: AuditEvent): void
}

/** The keys beside or in events behind which names stand. */
export const nameKeys = ['names', 'org', 'organization_name', 'space_name'] as const

/** A list of names is believed before an event, and a newer event before an older one. */
export function createNameCollector(): NameCollector {
  const all = new Map<string, Name>()
  const orgs = new Map<string, string>()
  const spaces = new Map<string, string>()
  const times = new Map<string, string>() // of the events that the names are from
  const always = '~' // later than any time

  function add(guid: string, saved: Name, time: string): void {
    const { kind, name } = saved
    if (guid === '' || time < (times.get(guid) ?? '') || (!name && all.has(guid))) return
    times.set(guid, time)
    all.set(guid, saved)
    if (name && kind === 'organization') orgs.set(guid, name)
    if (name && kind === 'space') spaces.set(guid, name)
  }

  function addPlace(
    kind: 'organization' | 'space',
    guid: string,
    name: unknown,
    source: 'event' | 'lookup',
    time: string,
  ): void {
    if (typeof name === 'string' && name !== '') add(guid, { kind, name, source, state: 'named' }, time)
  }

  function addList(kind: 'organization' | 'space', list: unknown): void {
    for (const each of Array.isArray(list) ? list : [list]) {
      const guid = textAt(each, 'guid') || textAt(each, 'metadata', 'guid')
      addPlace(kind, guid, textAt(each, 'name') || textAt(each, 'entity', 'name'), 'lookup', always)
    }
  }

  return {
    all,
    orgs,
    spaces,

    addOurs(names) {
      for (const [guid, value] of Object.entries(names)) {
        const kind = [...kinds, 'client' as const].find(kind => kind === textAt(value, 'kind'))
        const name = textAt(value, 'name') || null
        const source = name === null ? null : textAt(value, 'source') === 'event' ? 'event' : 'lookup'
        const state = nameStates.find(state => state === textAt(value, 'state')) ?? 'named'
        if (kind !== undefined) add(guid, { kind, name, source, state }, always)
      }
    },

    addEnvelope({ org, space }) {
      addList('organization', org)
      addList('space', space)
    },

    addEvent({ resource, orgGuid, spaceGuid, time }) {
      const { organization_name: org, space_name: space } = resource as JsonObject
      addPlace('organization', orgGuid, org, 'event', time)
      addPlace('space', spaceGuid, space, 'event', time)
    },
  }
}

/** The GUIDs of the users whose saved names are among some words, in any case. */
export function usersNamed(
  words: readonly string[],
  names: SavedNames['all'],
): ReadonlyMap<string, readonly string[]> {
  const wanted = new Set(words.map(word => word.toLowerCase()))
  const byName = new Map<string, string[]>()
  if (words.length > 0) {
    for (const [guid, { kind, name }] of names) {
      const key = name?.toLowerCase() ?? ''
      if (kind === 'user' && wanted.has(key)) byName.set(key, [...(byName.get(key) ?? []), guid])
    }
  }
  return new Map(words.map(word => [word, byName.get(word.toLowerCase()) ?? []]))
}
