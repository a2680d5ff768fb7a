import { type AuditEvent, textAt } from '../../capi/event.ts'
import { areOurNames, type JsonObject } from './shape.ts'

/** Names by GUID. */
export interface SavedNames {
  readonly orgs: ReadonlyMap<string, string>
  readonly spaces: ReadonlyMap<string, string>
}

/** Collects the names that people have saved beside events. A list of names goes before an event, a newer event before an older one. */
export function createSavedNames() {
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

  /** What --names writes: `{GUID: {name, kind, …}}`. */
  function addOurs(names: JsonObject): void {
    for (const [guid, value] of Object.entries(names)) {
      const kind = textAt(value, 'kind')
      if (kind === 'organization') add(orgs, guid, textAt(value, 'name'), always)
      if (kind === 'space') add(spaces, guid, textAt(value, 'name'), always)
    }
  }

  return {
    all: (): SavedNames => ({ orgs, spaces }),
    addOurs,

    /** `{org, space, resources}`, as scripts have it, and our own JSON. */
    addEnvelope({ org, space, names }: JsonObject): void {
      addList(orgs, org)
      addList(spaces, space)
      if (areOurNames(names)) addOurs(names)
    },

    /** What cloud.gov adds to the events in its logging system. */
    addEvent({ resource, orgGuid, spaceGuid, time }: AuditEvent): void {
      const { organization_name: org, space_name: space } = resource as JsonObject
      if (typeof org === 'string') add(orgs, orgGuid, org, time)
      if (typeof space === 'string') add(spaces, spaceGuid, space, time)
    },
  }
}
