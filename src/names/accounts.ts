import type { AuditEvent } from '../capi/event.ts'
import type { Column } from '../reports/columns.ts'
import * as columns from '../reports/columns.ts'
import { plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'

/** Distinguishes actors with the same name: API v3 has only the email address, which accounts may share. */
export interface Accounts {
  /** The same events: to be called for each page before its rows are printed. */
  note(events: AuditEvent[]): AuditEvent[]
  /** The columns with the GUID beside such a name. */
  columns(shown: readonly Column[]): readonly Column[]
  logWarnings(messages: Messages): void
}

const nameOf = ({ actor }: AuditEvent) => (actor.type === 'user' ? actor.username || actor.name : '')

export function createAccounts(): Accounts {
  const guids = new Map<string, Set<string>>()
  const named = new Set<string>()
  return {
    note(events) {
      for (const event of events) {
        const name = nameOf(event)
        if (name === '') continue
        const known = guids.get(name)
        if (known === undefined) guids.set(name, new Set([event.actor.guid]))
        else known.add(event.actor.guid)
      }
      return events
    },

    columns: shown =>
      shown.map(column => {
        // By key: the names of lists may stand in it already.
        if (column.key !== columns.actor.key) return column
        return {
          ...column,
          cell(event) {
            const text = column.cell(event)
            const isShared = text === nameOf(event) && (guids.get(text)?.size ?? 0) > 1
            if (!isShared) return text
            named.add(text)
            return `${text} (${event.actor.guid})`
          },
        }
      }),

    logWarnings(messages) {
      for (const name of named) {
        const users = plural(guids.get(name)?.size ?? 0, 'user')
        messages.warn(`${name} is the name of ${users}; their GUIDs are shown beside it.`)
      }
    },
  }
}
