import { Interrupted } from '../errors.ts'
import type { KnownUsers } from '../options/actors-and-targets.ts'
import type { CapiClient } from './client.ts'
import { asGuid, textAt } from './event.ts'
import { filterLists, listAll } from './resource-list.ts'

/**
 * The GUIDs of actors that are given by user name: in events API v3 names them by e-mail address alone. E-mail addresses
 * and the ids of clients are found in the events themselves; whoever is no user of that name is in no answer.
 */
export async function usersNamed(actors: readonly string[], client: CapiClient): Promise<KnownUsers> {
  const words = actors.filter(word => asGuid(word) === undefined)
  const guids = new Map<string, string[]>()
  try {
    for (const list of filterLists(words)) {
      const { resources } = await listAll(client, `/v3/users?usernames=${list}`)
      for (const { guid, value } of resources) {
        const name = textAt(value, 'username').toLowerCase()
        const word = words.find(each => each.toLowerCase() === name)
        if (word !== undefined) guids.set(word, [...(guids.get(word) ?? []), guid])
      }
    }
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error
    return { guids, trouble: error }
  }
  return { guids }
}
