import type { AuditEvent, EntityRef } from '../capi/event.ts'
import type { Column } from '../reports/columns.ts'
import * as columns from '../reports/columns.ts'
import { plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'

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
      for (const name of shared) {
        const users = plural(guids.get(name)?.size ?? 0, 'user')
        messages.warn(`${name} is the name of ${users}; their GUIDs are shown beside it.`)
      }
    },
  }
}
