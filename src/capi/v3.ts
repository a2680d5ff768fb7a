import { textAt, valueAt } from './event.ts'
import { type Api, asCount } from './query.ts'

/**
 * `GET /v3/audit_events` (app/messages/events_list_message.rb, lib/cloud_controller/paging).
 *
 * A repeated parameter is not merged (the last one wins), so lists are joined by commas; each item is unescaped a second
 * time by the API, so a comma inside one is escaped twice. `[gte]` and `[lt]` are exact, the other operators widen.
 * Without order_by the order is that of insertion.
 */
export const v3: Api = {
  name: 'v3',
  pageSize: 5000,

  path({ types, orgGuids, spaceGuids, targetGuids, from, until, order }, page, perPage) {
    const parameters: string[] = []
    if (types !== undefined) parameters.push(`types=${list(types)}`)
    if (orgGuids !== undefined) parameters.push(`organization_guids=${list(orgGuids)}`)
    if (spaceGuids !== undefined) parameters.push(`space_guids=${list(spaceGuids)}`)
    if (targetGuids !== undefined) parameters.push(`target_guids=${list(targetGuids)}`)
    if (from !== undefined) parameters.push(`created_ats%5Bgte%5D=${from}`)
    if (until !== undefined) parameters.push(`created_ats%5Blt%5D=${until}`)
    if (order === 'time') parameters.push('order_by=created_at')
    if (order === 'newest') parameters.push('order_by=-created_at')
    parameters.push(`page=${page}`, `per_page=${perPage}`)
    return `/v3/audit_events?${parameters.join('&')}`
  },

  total: envelope => asCount(valueAt(envelope, 'pagination', 'total_results')),

  envelopeTail(total, first) {
    const href = textAt(first, 'pagination', 'first', 'href')
    const link = href === '' ? 'null' : JSON.stringify({ href })
    return (
      `"pagination":{"total_results":${total},"total_pages":1,` +
      `"first":${link},"last":${link},"next":null,"previous":null}}`
    )
  },

  listing(envelope) {
    const link = valueAt(envelope, 'pagination', 'first', 'href')
    return typeof link === 'string' ? link.replace(/([?&])page=\d+/, '$1') : undefined
  },
}

const list = (items: readonly string[]) =>
  items.map(item => encodeURIComponent(encodeURIComponent(item))).join(',')
