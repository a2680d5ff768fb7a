import type { Ask } from '../../capi/ask.ts'
import { type Counted, countEvents } from '../../capi/count.ts'
import { v2 } from '../../capi/v2.ts'
import { v3 } from '../../capi/v3.ts'
import { AuditError, Interrupted, LoggedOut } from '../../errors.ts'
import { typesToAsk } from '../../reports/catalog.ts'
import { windowOf } from '../window.ts'
import type { Wanted } from './answers.ts'

/**
 * How many events a report will hold.
 * @param now milliseconds since 1970.
 * @returns undefined when nobody says: the report itself will tell why.
 */
export async function countFor(
  { what, org, window }: Wanted,
  ask: Ask,
  now: number,
): Promise<Counted | undefined> {
  if (what === 'roles' || (org !== 'all' && org.guid === undefined)) return undefined
  const orgGuids = org === 'all' || org.guid === undefined ? undefined : [org.guid]
  const types = typesToAsk(what, orgGuids !== undefined)
  try {
    return await countEvents([v3, v2], { types, orgGuids, ...windowOf(window, now), order: 'time' }, ask)
  } catch (error) {
    const isFinal = error instanceof Interrupted || error instanceof LoggedOut
    if (isFinal || !(error instanceof AuditError)) throw error
    return undefined
  }
}
