import type { CapiClient } from '../capi/client.ts'
import { type AuditEvent, asGuid, type Kind, textAt } from '../capi/event.ts'
import { filterValue, listAll } from '../capi/resource-list.ts'
import { type AuditError, recoverable } from '../errors.ts'
import * as columns from '../reports/columns.ts'
import { joinNames } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { openEventSpool } from './event-spool.ts'
import { namesInEvent } from './name-index.ts'

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

// app/messages/*_list_message.rb of cloud_controller_ng. Routes are listed by host, which is the first part of an address.
const lists: Readonly<Partial<Record<Kind, (name: string) => string>>> = {
  app: name => `/v3/apps?names=${filterValue(name)}`,
  service_instance: name => `/v3/service_instances?names=${filterValue(name)}`,
  space: name => `/v3/spaces?names=${filterValue(name)}`,
  route: name => `/v3/routes?hosts=${filterValue(name.replace(/\..*/, ''))}`,
  user: name => `/v3/users?usernames=${filterValue(name)}`,
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
  // The kinds of things by GUID, for each word.
  const found = new Map(words.map(word => [folded(word), new Map<string, Kind | undefined>()]))
  for (const [word, things] of found) {
    const guid = asGuid(word)
    if (guid !== undefined) things.set(guid, undefined)
  }
  const spool = await openEventSpool()
  try {
    for await (const events of read) {
      for (const event of events) {
        for (const { kind, guid, name } of namesInEvent(event)) found.get(folded(name))?.set(guid, kind)
      }
      await spool.append(events)
    }
    const troubles = client === undefined ? [] : await lookUp(words, client, found)
    for (const word of words) {
      const things = [...(found.get(folded(word)) ?? [])]
      if (things.length > 1) {
        const those = things.map(([guid, kind]) => `${kind?.replace('_', ' ') ?? 'GUID'} ${guid}`)
        messages.warn(`${word} can be ${joinNames(those)}; this report is about all of them.`)
      }
      const [trouble] = troubles
      if (things.length === 0 && trouble !== undefined) {
        messages.warn(`could not look up ${word}: ${trouble.message}`)
      }
    }
    const subjects = new Set([...found.values()].flatMap(things => [...things.keys()]))
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

const folded = (text: string) => text.normalize('NFC').toLowerCase()

const namesOne = (event: AuditEvent, subjects: ReadonlySet<string>) =>
  guidColumns.some(({ cell }) => subjects.has(cell(event)))

/** Adds what lists show under each word. @returns what could not be listed. */
async function lookUp(
  words: readonly string[],
  client: CapiClient,
  found: ReadonlyMap<string, Map<string, Kind | undefined>>,
): Promise<AuditError[]> {
  const troubles: AuditError[] = []
  for (const word of words) {
    for (const [kind, path] of Object.entries(lists) as [Kind, (name: string) => string][]) {
      try {
        const { resources } = await listAll(client, path(word))
        for (const { guid, value } of resources) {
          const names = ['name', 'username', 'host', 'url'].map(key => folded(textAt(value, key)))
          if (names.includes(folded(word))) found.get(folded(word))?.set(guid, kind)
        }
      } catch (error) {
        troubles.push(recoverable(error)) // The names in events are left.
      }
    }
  }
  return troubles
}
