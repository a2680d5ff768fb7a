import { valueAt } from './event.ts'
import { type Api, asCount, type Query } from './query.ts'

/**
 * `GET /v2/events` (app/controllers/runtime/events_controller.rb, lib/vcap/rest_api/query.rb).
 *
 * Conditions are repeated `q`s, which the API joins with AND; a raw `;` would silently drop what follows it.
 * `timestamp>=` and `timestamp<` compare to the exact second, the other operators widen it. The order is always
 * (timestamp, id), oldest first.
 */
export const v2: Api = {
  name: 'v2',
  pageSize: 100,

  path(query, page, perPage) {
    const paging = `order-direction=${query.order === 'newest' ? 'desc' : 'asc'}&page=${page}&results-per-page=${perPage}`
    return `/v2/events?${[...conditions(query), paging].join('&')}`
  },

  total: envelope => asCount(valueAt(envelope, 'total_results')),

  envelopeTail: total => `"total_results":${total},"total_pages":1,"prev_url":null,"next_url":null}`,

  listing(envelope) {
    const link = valueAt(envelope, 'next_url') ?? valueAt(envelope, 'prev_url')
    return typeof link === 'string' ? link.replace(/([?&])page=\d+/, '$1') : undefined
  },
}

function conditions({ types, orgGuids, spaceGuids, targetGuids, from, until }: Query): string[] {
  const q: string[] = []
  // The published recipes write `type+IN+a,b`; so do we, so that the query is recognised by whoever knows them.
  if (types !== undefined) q.push(`q=type+IN+${types.map(encodeURIComponent).join(',')}`)
  if (orgGuids !== undefined) q.push(oneOf('organization_guid', orgGuids))
  if (spaceGuids !== undefined) q.push(oneOf('space_guid', spaceGuids))
  if (targetGuids !== undefined) q.push(oneOf('actee', targetGuids))
  if (from !== undefined) q.push(`q=timestamp%3E=${from}`)
  if (until !== undefined) q.push(`q=timestamp%3C${until}`)
  return q
}

// `:` takes its value as it is, IN splits at commas and cannot be told not to.
function oneOf(key: string, values: readonly string[]): string {
  const escaped = values.map(encodeURIComponent)
  return escaped.length === 1 ? `q=${key}:${escaped[0]}` : `q=${key}+IN+${escaped.join(',')}`
}
