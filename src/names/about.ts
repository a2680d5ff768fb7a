import type { CapiClient } from '../capi/client.ts'
import { type AuditEvent, asGuid, type Kind, kindOf, textAt } from '../capi/event.ts'
import { filterValue, listAll } from '../capi/resource-list.ts'
import { recoverable } from '../errors.ts'
import * as columns from '../reports/columns.ts'
import { joinNames } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { openEventSpool } from './event-spool.ts'
import { namesInEvent } from './name-index.ts'

/** Something that --about names. */
interface Subject {
  readonly kind: Kind | 'binding'
  readonly guid: string
}

// What a GUID column of an event can name.
const guidColumns = [
  columns.actorGuid,
  columns.targetGuid,
  columns.appGuid,
  columns.serviceGuid,
  columns.routeGuid,
  columns.spaceGuid,
  columns.orgGuid,
]

const isBinding = ({ type }: AuditEvent) => /^audit\.service_(binding|key|route_binding)\./.test(type)

// app/messages/*_list_message.rb of cloud_controller_ng. A route has no name of its own.
const lists: Readonly<Partial<Record<Kind, (name: string) => string>>> = {
  app: name => `/v3/apps?names=${name}`,
  service_instance: name => `/v3/service_instances?names=${name}`,
  space: name => `/v3/spaces?names=${name}`,
  route: name => `/v3/routes?hosts=${name}`,
  user: name => `/v3/users?usernames=${name}`,
}

/**
 * Keeps the events of the history of something: every event that names it in one of its GUID columns, and those of the
 * bindings and keys found that way, whose updates and deletes may name only themselves. What belongs to it is known only
 * after the last event, so the events wait in a private file and are read twice.
 * @param words names or GUIDs.
 * @param client looks names up where no event holds them; undefined: nothing is looked up.
 */
export async function* eventsAbout(
  words: readonly string[],
  read: AsyncIterable<AuditEvent[]>,
  client: CapiClient | undefined,
  messages: Messages,
): AsyncGenerator<AuditEvent[]> {
  const subjects = new Map<string, Subject>()
  const names = new Map(words.map(word => [word.toLowerCase(), word]))
  const matched = new Set<string>()
  const add = (word: string, kind: Subject['kind'], guid: string) => {
    matched.add(word)
    subjects.set(guid, { kind, guid })
  }
  for (const word of words) {
    const guid = asGuid(word)
    if (guid !== undefined) subjects.set(guid, { kind: 'app', guid })
  }
  const spool = await openEventSpool()
  try {
    for await (const events of read) {
      for (const event of events) {
        for (const { kind, guid, name } of namesInEvent(event)) {
          const word = names.get(name.toLowerCase())
          if (word !== undefined) add(word, kind, guid)
        }
      }
      await spool.append(events)
    }
    if (client !== undefined) await lookUp(words, client, add)

    for (const word of words) {
      const found = [...subjects.values()].filter(({ guid }) => guid === asGuid(word) || matched.has(word))
      if (found.length > 1 && !asGuid(word)) {
        const those = found.map(({ kind, guid }) => `${kind.replace('_', ' ')} ${guid}`)
        messages.warn(`${word} is the name of ${joinNames(those)}; this report is about all of them.`)
      }
    }
    const bindings = new Set<string>()
    for await (const events of spool.replay()) {
      for (const event of events) {
        if (isBinding(event) && namesOne(event, subjects)) bindings.add(event.target.guid)
      }
    }
    let kept = 0
    for await (const events of spool.replay()) {
      const those = events.filter(event => namesOne(event, subjects) || bindings.has(event.target.guid))
      kept += those.length
      yield those
    }
    if (kept === 0) messages.warn(`no event is about ${joinNames(words, { word: 'or' })}.`)
  } finally {
    await spool.close()
  }
}

const namesOne = (event: AuditEvent, subjects: ReadonlyMap<string, Subject>) =>
  guidColumns.some(({ cell }) => subjects.has(cell(event)))

async function lookUp(
  words: readonly string[],
  client: CapiClient,
  add: (word: string, kind: Kind, guid: string) => void,
): Promise<void> {
  for (const word of words) {
    for (const [kind, path] of Object.entries(lists) as [Kind, (name: string) => string][]) {
      try {
        const { resources } = await listAll(client, path(filterValue(word)))
        for (const { guid, value } of resources) {
          const name = textAt(value, 'name') || textAt(value, 'username') || textAt(value, 'host')
          if (name.toLowerCase() === word.toLowerCase() && kindOf({ type: kind, guid }) !== undefined)
            add(word, kind, guid)
        }
      } catch (error) {
        recoverable(error) // The names in events are left.
      }
    }
  }
}
