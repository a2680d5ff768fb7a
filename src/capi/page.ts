import { EmptyOutput } from '../cf/curl.ts'
import { CutShort, TimedOut } from '../errors.ts'
import type { Api, Page, Query } from './api.ts'
import { type Answer, BadRequest, type CapiClient, EndpointMissing } from './client.ts'
import { createJsonSplitter, type JsonRecord } from './json-splitter.ts'

/** The page size that a 400 about per_page allows. Operators can lower it, and can limit page * per_page. */
export function acceptedSize(error: unknown): number | undefined {
  if (!(error instanceof BadRequest) || !/per_page|per page/i.test(error.message)) return undefined
  const limit = Number(/(\d+)\D*$/.exec(error.message)?.[1])
  // "must be between 1 and N" and "must be <= N" allow N; "(page * per_page) must be less than N" does not.
  return /less than/.test(error.message) ? limit - 1 : limit
}

/** "Maximum result (page * per_page) must be less than N": as far into the listing as this API goes. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof BadRequest && /page \* per_page/.test(error.message)
}

/** Whether a smaller page may be answered where this one was not. */
export function mayBeTooLarge(error: unknown): boolean {
  return error instanceof TimedOut || (error instanceof CutShort && !(error instanceof EmptyOutput))
}

/** Asks for one page. Pages count from 1. */
export function getPage(
  api: Api,
  query: Query,
  page: number,
  perPage: number,
  client: CapiClient,
): Promise<Answer<Page>> {
  return client(api.path(query, page, perPage), body => readPage(api, body))
}

/**
 * Reads the body of an answer as a page of events.
 * @throws CutShort when the JSON ends too soon, EndpointMissing when it is JSON of another kind.
 */
export function readPage(api: Api, body: Buffer): Page {
  const { records, envelope } = splitBody(body)
  const total = api.total(envelope)
  if (total === undefined) throw new EndpointMissing('JSON that is not a page of events', '')
  return { total, records, envelope }
}

/**
 * Splits the body of an answer into the records of its `resources` and the envelope around them.
 * @throws CutShort when the JSON ends too soon.
 */
export function splitBody(body: Buffer): { records: JsonRecord[]; envelope: unknown } {
  const records: JsonRecord[] = []
  let envelope: unknown
  try {
    const splitter = createJsonSplitter('first') // v6 and v7 print warnings behind the JSON.
    for (const part of [...splitter.push(body), ...splitter.end()]) {
      if ('record' in part) records.push(part)
      else if ('envelope' in part) envelope = JSON.parse(part.envelope)
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw cutShort(cause)
  }
  return { records, envelope }
}

/** The answer ended too soon. */
export function cutShort(cause: SyntaxError): CutShort {
  return new CutShort('Incomplete response from Cloud Foundry.', 'Try again; --verbose shows the call.', {
    cause,
  })
}
