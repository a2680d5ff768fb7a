import { type AuditEvent, type EntityRef, type Kind, kindOf } from '../capi/event.ts'
import type { PlaceNames } from '../capi/visibility.ts'
import type { Column } from '../reports/columns.ts'
import * as columns from '../reports/columns.ts'
import { joinNames, plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import type { Name } from './name-index.ts'

/** Somebody or something that an event names by GUID. */
export interface Reference {
  readonly kind: Kind
  readonly guid: string
}

/** What a cell refers to: a GUID that lists can name, or one that only the event itself can name ('' when it does not). */
type Referred = Reference | { readonly kind: undefined; readonly name: string }

const party = (of: EntityRef): Referred => {
  const kind = kindOf(of)
  return kind === undefined ? { kind, name: of.name } : { kind, guid: of.guid }
}

const actor = (event: AuditEvent) => party(event.actor)
const target = (event: AuditEvent) => party(event.target)
const cellAs =
  (kind: Kind, column: Column) =>
  (event: AuditEvent): Referred => ({ kind, guid: column.cell(event) })

/** What the cells of a column refer to, and the heading of the name beside them. */
type Naming = readonly [heading: string, referred: (event: AuditEvent) => Referred]

const user: Naming = ['User Name', cellAs('user', columns.targetGuid)]
const app: Naming = ['App Name', cellAs('app', columns.appGuid)]
const instance: Naming = ['Service Instance Name', cellAs('service_instance', columns.serviceGuid)]
const route: Naming = ['Route URL', cellAs('route', columns.routeGuid)]
const space: Naming = ['Space Name', cellAs('space', columns.spaceGuid)]
const organization: Naming = ['Organization Name', cellAs('organization', columns.orgGuid)]
const actorNaming: Naming = ['Actor Name', actor]
const targetNaming: Naming = ['Target Name', target]

/** The GUID columns, and those that fall back to a GUID if the event has no name. */
const namings: ReadonlyMap<Column, Naming> = new Map([
  [columns.actor, actorNaming],
  [columns.actorGuid, actorNaming],
  [columns.target, targetNaming],
  [columns.targetGuid, targetNaming],
  [columns.user, user],
  [columns.appGuid, app],
  [columns.instance, instance],
  [columns.serviceGuid, instance],
  [columns.route, route],
  [columns.routeGuid, route],
  [columns.space, space],
  [columns.spaceGuid, space],
  [columns.org, organization],
  [columns.orgGuid, organization],
])

/** The columns of names alone, which a name in the place of a GUID would repeat. */
const ofNames: ReadonlyMap<Column, Naming> = new Map([
  [columns.actorName, actorNaming],
  [columns.targetName, targetNaming],
])

/**
 * The columns with the names behind their GUIDs.
 * @param nameOf looks a name up when its cell is printed.
 * @param inPlace whether the name replaces the GUID, or has a column of its own beside it.
 */
export function withNames(
  shown: readonly Column[],
  nameOf: (kind: Kind, guid: string) => Name,
  inPlace: boolean,
): readonly Column[] {
  const headings = new Set<string>()
  return shown.flatMap(column => {
    const naming = namings.get(column) ?? (inPlace ? ofNames.get(column) : undefined)
    if (naming === undefined) return [column]
    const [heading, referred] = naming
    const nameIn = (event: AuditEvent, otherwise = '') => {
      const it = referred(event)
      if (it.kind === undefined) return it.name
      return it.guid === '' ? '' : textOf(nameOf(it.kind, it.guid), otherwise)
    }
    if (!inPlace) {
      return [
        column,
        columns.column(`${column.key}_name`, heading, 'text', undefined, event => nameIn(event)),
      ]
    }
    // Two GUID columns of the same thing would show the same name twice.
    if (headings.has(heading)) return []
    headings.add(heading)
    const isGuid = column.kind === 'guid'
    return [
      {
        ...column,
        heading: isGuid ? heading : column.heading,
        kind: 'text',
        cell: event => nameIn(event, column.cell(event)) || column.cell(event),
      },
    ]
  })
}

/** The columns with the names of orgs and spaces that are known by the time a row is printed. */
export function withPlaceNames(shown: readonly Column[], names: () => PlaceNames): readonly Column[] {
  return shown.map(column => {
    // By key: the names of lists may stand in it already.
    const kind =
      column.key === columns.space.key ? 'spaces' : column.key === columns.org.key ? 'orgs' : undefined
    if (kind === undefined) return column
    return {
      ...column,
      cell(event) {
        const guid = column.cell(event)
        return names()[kind].get(guid) || guid
      },
    }
  })
}

/**
 * A name as a cell shows it: what there is of it, and in brackets what has to be known with it, or instead.
 * @param otherwise what stands in the place of a name that is unknown.
 */
function textOf({ name, state }: Name, otherwise: string): string {
  if (state === 'named') return name ?? ''
  if (name === null && otherwise !== '' && state !== 'deleted') return otherwise
  return `${name ?? otherwise} (${state})`.trimStart()
}

/** Every GUID of an event that has a name, or those behind some columns alone. */
export function referencesOf(event: AuditEvent, shown: readonly Column[] = allGuids): Reference[] {
  const references: Reference[] = []
  for (const column of shown) {
    const it = namings.get(column)?.[1](event)
    if (it?.kind !== undefined && it.guid !== '') references.push(it)
  }
  return references
}

const allGuids: readonly Column[] = [
  columns.actorGuid,
  columns.targetGuid,
  columns.appGuid,
  columns.serviceGuid,
  columns.routeGuid,
  columns.spaceGuid,
  columns.orgGuid,
]

/** The cells of a row, and what decides about them in the end. */
export type Cells = readonly string[]

/**
 * Distinguishes users with the same name: API v3 has only the email address of an actor, which accounts may share, and
 * users of several origins may have one user name.
 */
export interface Accounts {
  note(events: readonly AuditEvent[]): void
  /** Columns that have the GUID beside such a name. */
  columns(shown: readonly Column[]): AccountColumns
  logWarnings(messages: Messages): void
}

export interface AccountColumns {
  readonly columns: readonly Column<Cells>[]
  readonly cells: (event: AuditEvent) => Cells
  /** Whether another event may change the cells of a row. */
  readonly mayChange: boolean
  /** Whether cells were read without the GUID of a name that has turned out to be shared. */
  hasChanged(): boolean
}

const userOf = (
  { type, guid, name }: EntityRef,
  username = '',
): Readonly<Record<'name' | 'guid', string>> => ({ name: type === 'user' ? username || name : '', guid })

/** The users that a column shows. By key: the names of lists may stand in it already. */
const users: Readonly<Record<string, (event: AuditEvent) => ReturnType<typeof userOf>>> = {
  [columns.actor.key]: ({ actor }) => userOf(actor, actor.username),
  [columns.user.key]: ({ target }) => userOf(target),
  [columns.target.key]: ({ target }) => userOf(target),
}

export function createAccounts(): Accounts {
  const guids = new Map<string, Set<string>>()
  const shared = new Set<string>()
  const alone = new Set<string>()
  return {
    note(events) {
      for (const event of events) {
        for (const { name, guid } of [users.actor!(event), users.target!(event)]) {
          if (name === '') continue
          const known = guids.get(name)
          if (known === undefined) guids.set(name, new Set([guid]))
          else known.add(guid)
        }
      }
    },

    columns(shown) {
      const parts: ((event: AuditEvent) => string)[] = []
      const add = (part: (event: AuditEvent) => string) => parts.push(part) - 1
      let mayChange = false
      const all = shown.map(({ cell, words, ...column }): Column<Cells> => {
        const text = add(cell)
        const inWords = words && add(words)
        const user = users[column.key]
        const guid =
          user &&
          add(event => {
            const { name, guid } = user(event)
            return name !== '' && name === cell(event) ? guid : ''
          })
        mayChange ||= guid !== undefined
        return {
          ...column,
          words: inWords === undefined ? undefined : row => row[inWords]!,
          cell(row) {
            const name = row[text]!
            if (guid === undefined || row[guid] === '') return name
            if ((guids.get(name)?.size ?? 0) < 2) {
              alone.add(name)
              return name
            }
            shared.add(name)
            return `${name} (${row[guid]})`
          },
        }
      })
      return {
        columns: all,
        cells: event => parts.map(part => part(event)),
        mayChange,
        hasChanged: () => [...alone].some(name => (guids.get(name)?.size ?? 0) > 1),
      }
    },

    logWarnings(messages) {
      const names = [...shared]
      const [name = ''] = names
      if (names.length === 1) {
        const users = plural(guids.get(name)?.size ?? 0, 'user')
        messages.warn(`${name} is the name of ${users}; their GUIDs are shown beside it.`)
      } else if (names.length > 1) {
        const some = joinNames(names, { most: 3 })
        messages.warn(`${some} are each the name of several users; their GUIDs are shown beside it.`)
      }
    },
  }
}
