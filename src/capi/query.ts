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
  /** 'time': oldest first. 'inserted': the API's own order, which is what the published recipes get. */
  readonly order: 'time' | 'newest' | 'inserted'
}

/** A page of an answer, cut but not yet read. */
export interface Page {
  /** How many events the API counts for the whole query, at the moment of this answer. */
  readonly total: number
  readonly records: readonly Buffer[]
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
  /** The API's own count of the whole listing; undefined when the envelope is not that of this API. */
  total(envelope: unknown): number | undefined
  /** The JSON text that ends an envelope of `total` events on one page, begun with `{"resources":[…]`. */
  envelopeTail(total: number, first: unknown): string
  /** What identifies the listing that a page belongs to, whatever the page's number; undefined when it does not say. */
  listing(envelope: unknown): string | undefined
}

/** A count: a whole number, not negative. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
