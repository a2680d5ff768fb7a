import type { Ask } from './ask.ts'
import { askPage } from './page.ts'
import { mayBeServedElsewhere } from './pages.ts'
import type { Api, Query } from './query.ts'

/** How many events there are, and how many of them come with one call. */
export interface Counted {
  readonly total: number
  readonly pageSize: number
}

/**
 * How many events the first of `apis` that serves them counts: one question, for a page of one event.
 * @throws AuditError when none does.
 */
export async function countEvents(apis: readonly Api[], query: Query, ask: Ask): Promise<Counted> {
  const [api, ...others] = apis
  if (api === undefined) throw new Error('No version of the API is named')
  try {
    const { value } = await askPage(api, query, 1, 1, ask)
    return { total: value.total, pageSize: api.pageSize }
  } catch (error) {
    if (others.length === 0 || !mayBeServedElsewhere(error)) throw error
    return countEvents(others, query, ask)
  }
}
