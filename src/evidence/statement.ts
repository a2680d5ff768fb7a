import type { Proof } from '../capi/event-listing.ts'
import type { Visibility } from '../capi/visibility.ts'
import type { Window } from '../options/window.ts'
import type { Coverage } from './access-review.ts'
import type { Verdict } from './verdict.ts'

/** The version of the layout of a statement, and of the columns of the CSV files beside it. */
export const statementVersion = 1
export const columnsVersion = 1

/**
 * What a bag says about itself: what was asked, what the roles of the user could show, how many events were exported and
 * counted, and whether they are all. docs/evidence.md describes it field by field, docs/statement.schema.json as JSON Schema.
 */
export interface Statement {
  readonly version: typeof statementVersion
  readonly columns: typeof columnsVersion
  readonly tool: { readonly name: 'cf-audit'; readonly version: string }
  /** What `cf version` prints; null when it does not say. */
  readonly cf: { readonly version: string | null }
  readonly api: {
    readonly url: string | null
    readonly version: string | null
    readonly read_through: 'v2' | 'v3'
  }
  readonly user: { readonly name: string; readonly is_client: boolean }
  readonly command: readonly string[]
  readonly asked: {
    readonly from: string | null
    readonly until: string | null
    /** null: every org that the user can see. */
    readonly orgs: readonly { readonly name: string; readonly guid: string }[] | null
  }
  readonly read: { readonly started: string; readonly ended: string }
  readonly events: {
    readonly exported: number
    readonly counted: number
    readonly vanished: number
    readonly first: string | null
    readonly last: string | null
    /** Excluded. */
    readonly until: string
    readonly requests: number
    readonly settled: boolean
    readonly redacted: number
    readonly unredacted: boolean
  }
  readonly visibility: Visibility
  readonly retention: { readonly days: number; readonly kept_since: string }
  readonly roles: { readonly exported: number; readonly read: string }
  /** What the flags of the access review rest on. */
  readonly review: { readonly covered_from: string | null; readonly stale_days: number }
  readonly verdict: { readonly events: Verdict; readonly roles: Verdict }
}

/** What a review may claim, by its statement. */
export const coverageOf = ({ visibility, review, read }: Statement): Coverage => ({
  isWhole: visibility.sees === 'all',
  from: review.covered_from ?? undefined,
  until: Date.parse(read.started),
  staleDays: review.stale_days,
})

/** The part of a statement about the events of a reading. */
export function eventsPart(proof: Proof, redactedEvents: number, unredacted: boolean): Statement['events'] {
  const { read, counted, vanished, oldest, newest, until, requests, settled } = proof
  return {
    exported: read,
    counted,
    vanished,
    first: oldest ?? null,
    last: newest ?? null,
    until,
    requests,
    settled,
    redacted: redactedEvents,
    unredacted,
  }
}

/** The part about what was asked. */
export function askedPart(
  { from, until }: Window,
  orgs: readonly { readonly name: string; readonly guid: string }[] | undefined,
): Statement['asked'] {
  return {
    from: from ?? null,
    until: until ?? null,
    orgs: orgs?.map(({ name, guid }) => ({ name, guid })) ?? null,
  }
}
