import { type Answer, type CapiClient, EndpointMissing } from './client.ts'
import { textAt, valueAt } from './event.ts'
import { firstJson } from './http-errors.ts'
import type { JsonRecord } from './json-splitter.ts'

/** Which events are asked for, independent of the API that will answer. */
export interface Query {
  /** undefined: every type. */
  readonly types?: readonly string[] | undefined
  /** undefined: no org filter; every org that the user can see, and the events of no org. */
  readonly orgGuids?: readonly string[] | undefined
  /** Events of no space are in none of these. */
  readonly spaceGuids?: readonly string[] | undefined
  /** What something was done to: the API finds it by GUID alone. */
  readonly targetGuids?: readonly string[] | undefined
  /** `YYYY-MM-DDThh:mm:ssZ`, included. */
  readonly from?: string | undefined
  /** `YYYY-MM-DDThh:mm:ssZ`, excluded. */
  readonly until?: string | undefined
  /** 'time': oldest first. */
  readonly order: 'time' | 'newest'
}

/** A page of an answer, cut but not yet read. */
export interface Page {
  /** The API's count of events for the whole query, at the time of this response. */
  readonly total: number
  readonly records: readonly JsonRecord[]
  /** Everything but the records, for the merged envelope. */
  readonly envelope: unknown
}

/** What differs between the two versions of the API. */
export interface Api {
  readonly name: 'v2' | 'v3'
  /** The most events a page may hold by default; operators can lower it. */
  readonly pageSize: number
  /** The path with its query, ready for `cf curl`. Pages count from 1. */
  path(query: Query, page: number, perPage: number): string
  /** The API's count of the whole list; undefined if the envelope is not of this API. */
  total(envelope: unknown): number | undefined
  /** The JSON text that ends an envelope of `total` events on one page, begun with `{"resources":[…]`. */
  envelopeTail(total: number, first: unknown): string
  /** What identifies the listing that a page belongs to, without the page's number; undefined when unknown. */
  listing(envelope: unknown): string | undefined
}

/** A non-negative integer. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

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
  // The published recipes write `type+IN+a,b`; so do we, so that people who know them recognize the query.
  if (types !== undefined) q.push(`q=type+IN+${types.map(encodeURIComponent).join(',')}`)
  if (orgGuids !== undefined) q.push(oneOf('organization_guid', orgGuids))
  if (spaceGuids !== undefined) q.push(oneOf('space_guid', spaceGuids))
  if (targetGuids !== undefined) q.push(oneOf('actee', targetGuids))
  if (from !== undefined) q.push(`q=timestamp%3E=${from}`)
  if (until !== undefined) q.push(`q=timestamp%3C${until}`)
  return q
}

// `:` takes its value as it is, IN always splits at commas.
function oneOf(key: string, values: readonly string[]): string {
  const escaped = values.map(encodeURIComponent)
  return escaped.length === 1 ? `q=${key}:${escaped[0]}` : `q=${key}+IN+${escaped.join(',')}`
}

/**
 * `GET /v3/audit_events` (app/messages/events_list_message.rb, lib/cloud_controller/paging).
 *
 * A repeated parameter is not merged (the last one wins), so lists are joined by commas; each item is unescaped a second
 * time by the API, so a comma inside one is escaped twice. `[gte]` and `[lt]` are exact, the other operators widen.
 * Within a second the order is by GUID.
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
    parameters.push(`order_by=${order === 'newest' ? '-' : ''}created_at`)
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

/** What an API says of itself to anybody (app/controllers/runtime/root_controller.rb). */
export interface Root {
  /** The version of API v3; '' when it does not say. */
  readonly v3: string
  /**
   * The version of API v2; undefined when it is not listed, and so switched off. Until October 2024 it was listed
   * where it was off, too.
   */
  readonly v2: string | undefined
}

/**
 * Asks the API which versions of itself there are. It answers without a login.
 * @throws NotServed when something else answers there.
 */
export function getRoot(client: CapiClient): Promise<Answer<Root>> {
  return client('/', readRoot)
}

function readRoot(body: Buffer): Root {
  const links = valueAt(firstJson(body), 'links')
  const isListed = (name: string) => (valueAt(links, name) ?? undefined) !== undefined
  if (!isListed('cloud_controller_v3') && !isListed('cloud_controller_v2')) {
    throw new EndpointMissing('something that lists no Cloud Controller', '')
  }
  const version = (name: string) => textAt(links, name, 'meta', 'version')
  return {
    v3: version('cloud_controller_v3'),
    v2: isListed('cloud_controller_v2') ? version('cloud_controller_v2') : undefined,
  }
}
