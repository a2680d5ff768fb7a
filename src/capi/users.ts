import { type AuditError, recoverable } from '../errors.ts'
import type { CapiClient } from './client.ts'
import { textAt } from './event.ts'
import { filterLists, listAll } from './resource-list.ts'

/** Users that were looked up by name. */
export interface KnownUsers {
  /** GUIDs by the name that was looked up; several, where users of several origins share a name. */
  readonly guids: ReadonlyMap<string, readonly string[]>
  /** Why not all names could be looked up. */
  readonly trouble?: AuditError
}

/**
 * The GUIDs of the users of these names, in any case and of every origin, that the user can see. A name may look like a
 * GUID: those of cloud.gov's service accounts do. (`GET /v3/users?usernames=`, app/fetchers/user_list_fetcher.rb.)
 */
export async function findUsers(client: CapiClient, names: readonly string[]): Promise<KnownUsers> {
  const guids = new Map<string, string[]>()
  try {
    for (const list of filterLists(names)) {
      const { resources } = await listAll(client, `/v3/users?usernames=${list}`)
      for (const { guid, value } of resources) {
        const username = textAt(value, 'username').toLowerCase()
        for (const name of names) {
          if (name.toLowerCase() === username) guids.set(name, [...(guids.get(name) ?? []), guid])
        }
      }
    }
  } catch (error) {
    return { guids, trouble: recoverable(error) }
  }
  return { guids }
}
