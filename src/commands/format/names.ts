import { type AuditEvent, textAt } from '../../capi/event.ts'
import { areOurNames, type JsonObject } from './shape.ts'

/** Names by GUID. */
export interface SavedNames {
  readonly orgs: ReadonlyMap<string, string>
  readonly spaces: ReadonlyMap<string, string>
}

/** Collects the names that people have saved beside events. */
export interface NameCollector {
  all(): SavedNames
  /** What --names writes: `{GUID: {name, kind, …}}`. */
  addOurs(names: JsonObject): void
  /** `{org, space, resources}`, as scripts have it, and our own JSON. */
  addEnvelope(envelope: JsonObject): void
  /** What cloud.gov adds to the events in its logging system. */
  addEvent(event: AuditEvent): void
}

/** The keys beside or in events behind which names stand. */
export const nameKeys = ['names', 'org', 'organization_name', 'space_name'] as const

/** A list of names is believed before an event, and a newer event before an older one. */
export function createNameCollector(): NameCollector {
  const orgs = new Map<string, string>()
  const spaces = new Map<string, string>()
  const times = new Map<string, string>() // of the events that the names are from
  const always = '~' // later than any time

  function add(all: Map<string, string>, guid: string, name: string, time: string): void {
    if (guid === '' || name === '' || time < (times.get(guid) ?? '')) return
    times.set(guid, time)
    all.set(guid, name)
  }

  function addList(all: Map<string, string>, list: unknown): void {
    for (const each of Array.isArray(list) ? list : [list]) {
      const guid = textAt(each, 'guid') || textAt(each, 'metadata', 'guid')
      add(all, guid, textAt(each, 'name') || textAt(each, 'entity', 'name'), always)
    }
  }

  function addOurs(names: JsonObject): void {
    for (const [guid, value] of Object.entries(names)) {
      const kind = textAt(value, 'kind')
      if (kind === 'organization') add(orgs, guid, textAt(value, 'name'), always)
      if (kind === 'space') add(spaces, guid, textAt(value, 'name'), always)
    }
  }

  return {
    all: () => ({ orgs, spaces }),
    addOurs,

    addEnvelope({ org, space, names }) {
      addList(orgs, org)
      addList(spaces, space)
      if (areOurNames(names)) addOurs(names)
    },

    addEvent({ resource, orgGuid, spaceGuid, time }) {
      const { organization_name: org, space_name: space } = resource as JsonObject
      if (typeof org === 'string') add(orgs, orgGuid, org, time)
      if (typeof space === 'string') add(spaces, spaceGuid, space, time)
    },
  }
}
