import type { AuditEvent } from '../capi/event.ts'
import { asGuid } from '../capi/guid.ts'
import type { Say } from '../ui/say.ts'
import type { Place } from './place.ts'

/** Watches for orgs and spaces that no event is of. */
export interface Unmet {
  look(events: readonly AuditEvent[]): void
  tell(say: Say): void
}

/**
 * Of several orgs or spaces, one that was typed as a GUID may be mistyped, and what the others hold would hide it. (Names
 * are looked up before anything is read, and a report that holds nothing at all is explained.)
 */
export function createUnmet({ orgs = [], spaces = [] }: Pick<Place, 'orgs' | 'spaces'>): Unmet {
  const typed = [...orgs, ...spaces].filter(({ name }) => asGuid(name) !== undefined)
  if (typed.length === 0 || Math.max(orgs.length, spaces.length) < 2) return { look() {}, tell() {} }
  const met = new Set<string>()
  return {
    look(events) {
      for (const { orgGuid, spaceGuid } of events) met.add(orgGuid).add(spaceGuid)
    },
    tell(say) {
      for (const { guid } of typed) {
        if (!met.has(guid))
          say.warn(`no event here is of ${guid}: it may be mistyped, or nothing happened there.`)
      }
    },
  }
}
