import { valueAt } from '../capi/event.ts'
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
  /** The newest manifest of the archive that the events are from; undefined: they are from Cloud Foundry. */
  readonly archive?: { readonly file: string; readonly sha256: string }
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

/** What bag-info.txt calls a bag: where it was read, which orgs, which time. */
export function externalId({ api, asked, read }: Statement): string {
  const orgs = asked.orgs?.map(({ guid }) => guid).join('+') ?? 'all-orgs'
  return `${api.url ?? 'unknown'} ${orgs} ${asked.from ?? 'oldest'}/${asked.until ?? read.started}`
}

const isText = (value: unknown) => typeof value === 'string'
const isTextOrNull = (value: unknown) => value === null || isText(value)
const isCount = (value: unknown) => Number.isSafeInteger(value)
const isOrgs = (value: unknown) =>
  value === null || (Array.isArray(value) && value.every(org => isText(valueAt(org, 'guid'))))
const isVerdict = (value: unknown) =>
  isText(valueAt(value, 'state')) && Array.isArray(valueAt(value, 'reasons'))

function isVisibility(value: unknown): boolean {
  const lists = ['orgs', 'spaces'].map(key => valueAt(value, key))
  switch (valueAt(value, 'sees')) {
    case 'all':
    case 'none':
      return true
    case 'some':
      return lists.every(list => Array.isArray(list) && list.every(isText))
    case 'unknown':
      return isText(valueAt(value, 'why'))
    default:
      return false
  }
}

const needed: readonly (readonly [path: string, holds: (value: unknown) => boolean])[] = [
  ['tool.version', isText],
  ['api.url', isTextOrNull],
  ['api.read_through', value => value === 'v2' || value === 'v3'],
  ['user.name', isText],
  ['asked.from', isTextOrNull],
  ['asked.until', isTextOrNull],
  ['asked.orgs', isOrgs],
  ['read.started', value => isText(value) && !Number.isNaN(Date.parse(value as string))],
  ['events.exported', isCount],
  ['events.first', isTextOrNull],
  ['events.last', isTextOrNull],
  ['visibility', isVisibility],
  ['roles.exported', isCount],
  ['roles.read', isText],
  ['review.covered_from', isTextOrNull],
  ['review.stale_days', isCount],
  ['verdict.events', isVerdict],
  ['verdict.roles', isVerdict],
]

/** The field of a statement of this version that is missing or has another type; undefined: none. */
export const faultOf = (statement: unknown): string | undefined =>
  needed.find(([path, holds]) => !holds(valueAt(statement, ...path.split('.'))))?.[0]

/** What a review may claim, by its statement. */
export const coverageOf = ({ visibility, review, read, events }: Statement): Coverage => ({
  isWhole: visibility.sees === 'all',
  from: review.covered_from ?? undefined,
  // What happened later is not in the events.
  until: Math.min(Date.parse(read.started), Date.parse(events.until)),
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
