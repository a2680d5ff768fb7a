import type { CapiClient } from '../capi/client.ts'
import { type AuditEvent, asGuid, type Kind, kindOf, textAt } from '../capi/event.ts'
import { filterLists, filterValue, listAll } from '../capi/resource-list.ts'
import { type AuditError, recoverable } from '../errors.ts'
import { allChecked } from '../options/actors-and-targets.ts'
import * as columns from '../reports/columns.ts'
import { joinNames, plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { type Name, namesInEvent } from './name-index.ts'
import { openEventSpool } from './spool.ts'

/** The history of something. */
export interface History {
  /** Its events, once everything has been read. */
  readonly events: AsyncGenerator<AuditEvent[]>
  /** After the last event: how many of how many are about it. */
  logSummary(messages: Messages): void
}

/** Where names are found that no event holds. */
export type NameSource =
  | NameLists
  /** Those that are known when the events have been read, by GUID. */
  | { readonly names: ReadonlyMap<string, Name> }

/** Lists of Cloud Foundry. */
export interface NameLists {
  readonly client: CapiClient
  /** The orgs whose events are read; undefined: all. */
  readonly orgGuids: readonly string[] | undefined
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

// app/messages/*_list_message.rb of cloud_controller_ng. A route is listed by host, the first part of its address, and a
// user has no org.
const lists: readonly { readonly kind: Kind; readonly path: string; readonly hasOrg: boolean }[] = [
  { kind: 'app', path: '/v3/apps?names=', hasOrg: true },
  { kind: 'service_instance', path: '/v3/service_instances?names=', hasOrg: true },
  { kind: 'space', path: '/v3/spaces?names=', hasOrg: true },
  { kind: 'route', path: '/v3/routes?hosts=', hasOrg: true },
  { kind: 'user', path: '/v3/users?usernames=', hasOrg: false },
]

/**
 * The history of something: every event that names it in one of its GUID columns, and those of the bindings and keys found
 * that way, whose updates and deletes may name only themselves. What belongs to it is known only after the last event, so
 * the events wait in a private file and are read twice.
 * @param words names or GUIDs.
 * @param source knows names that no event holds: Cloud Foundry, or what was saved beside the events.
 */
export function eventsAbout(
  words: readonly string[],
  read: AsyncIterable<AuditEvent[]>,
  source: NameSource,
  messages: Messages,
): History {
  const byName = new Map(words.map(word => [word.toLowerCase(), word]))
  const meanings = new Map(words.map(word => [word, new Map<string, Kind>()]))
  const add = (word: string, kind: Kind, guid: string) => void meanings.get(word)?.set(guid, kind)
  let trouble: AuditError | undefined
  let total = 0
  let kept = 0

  async function* events(): AsyncGenerator<AuditEvent[]> {
    const spool = await openEventSpool()
    try {
      for await (const page of read) {
        total += page.length
        for (const event of page) {
          const { actor } = event
          const email = { kind: kindOf(actor), guid: actor.guid, name: actor.name } // beside the user name of API v2
          for (const { kind, guid, name } of [...namesInEvent(event), email]) {
            const word = byName.get(name.toLowerCase())
            if (word !== undefined && kind !== undefined) add(word, kind, guid)
          }
        }
        await spool.append(page)
      }
      if (total === 0) return
      if ('client' in source) trouble = await lookUp(words, source, add)
      else {
        for (const [guid, { kind, name }] of source.names) {
          const word = name === null ? undefined : byName.get(name.toLowerCase())
          if (word !== undefined && kind !== 'client') add(word, kind, guid)
        }
      }
      for (const [word, things] of meanings) {
        if (things.size < 2 || asGuid(word) !== undefined) continue
        const those = [...things].map(([guid, kind]) => `${kind.replace('_', ' ')} ${guid}`)
        messages.warn(`${word} matches ${joinNames(those)}; this report covers them all.`)
      }
      const subjects = new Set([
        ...words.flatMap(word => asGuid(word) ?? []),
        ...[...meanings.values()].flatMap(things => [...things.keys()]),
      ])
      const bindings = new Set<string>()
      for await (const page of spool.replay()) {
        for (const event of page)
          if (isBinding(event) && namesOne(event, subjects)) bindings.add(event.target.guid)
      }
      for await (const page of spool.replay()) {
        const those = page.filter(event => namesOne(event, subjects) || bindings.has(event.target.guid))
        kept += those.length
        yield those
      }
    } finally {
      await spool.close()
    }
  }

  return {
    events: events(),
    logSummary(messages) {
      if (total === 0) return
      const about = joinNames(words, { word: 'or' })
      const checked = allChecked(total)
      if (kept > 0) {
        messages.info(`${plural(kept, 'event')} ${kept === 1 ? 'is' : 'are'} about ${about} (${checked}).`)
        return
      }
      const why = trouble === undefined ? '' : ` Not everything could be looked up: ${trouble.message}`
      messages.warn(`no event matches --about ${about} (${checked}): check the name, or use a GUID.${why}`)
    },
  }
}

const namesOne = (event: AuditEvent, subjects: ReadonlySet<string>) =>
  guidColumns.some(({ cell }) => subjects.has(cell(event)))

/** Adds what lists show. @returns why not everything could be listed. */
async function lookUp(
  words: readonly string[],
  { client, orgGuids }: NameLists,
  add: (word: string, kind: Kind, guid: string) => void,
): Promise<AuditError | undefined> {
  let trouble: AuditError | undefined
  const ofOrgs =
    orgGuids === undefined ? [''] : filterLists(orgGuids).map(list => `&organization_guids=${list}`)
  for (const word of words) {
    for (const { kind, path, hasOrg } of lists) {
      const name = kind === 'route' ? word.replace(/\..*/, '') : word
      try {
        for (const orgs of hasOrg ? ofOrgs : ['']) {
          const { resources } = await listAll(client, `${path}${filterValue(name)}${orgs}`)
          for (const { guid, value } of resources) {
            const names = ['name', 'username', 'host', 'url'].map(key => textAt(value, key).toLowerCase())
            if (names.includes(word.toLowerCase())) add(word, kind, guid)
          }
        }
      } catch (error) {
        trouble = recoverable(error) // The names in events are left.
      }
    }
  }
  return trouble
}
