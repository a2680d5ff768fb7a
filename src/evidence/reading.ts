import { type Api, type Query, v2, v3 } from '../capi/api.ts'
import type { CapiClient } from '../capi/client.ts'
import { type Listing, openListing, type Proof } from '../capi/event-listing.ts'
import {
  lookUpVisibility,
  type PlaceNames,
  type Visibility,
  type VisibilityLookup,
} from '../capi/visibility.ts'
import type { Cf } from '../cf/cf.ts'
import type { Context } from '../context.ts'
import { Incomplete } from '../errors.ts'
import type { Connection } from '../options/connection.ts'
import { clientFor, orgNamesInScope } from '../options/connection.ts'
import { type ResolvedScope, resolveScope, type Scope, type ScopeFilter } from '../options/scope.ts'

/** What a reading of events needs to know. */
export interface ReadingRequest {
  readonly scope: Scope
  readonly connection: Connection
  /** The APIs that may answer, in turn. */
  readonly apis: readonly Api[]
  /** How many calls of cf may run side by side, at most. */
  readonly concurrency: number
  readonly query: (where: ScopeFilter) => Query
}

/** A reading of events that has begun: its first page is there. */
export interface Reading {
  readonly cf: Cf
  readonly client: CapiClient
  readonly concurrency: ReturnType<Cf['concurrency']>
  readonly scope: ResolvedScope
  readonly where: ScopeFilter
  readonly listing: Listing
  /** The names of orgs and spaces that came with the look at the user's roles. */
  readonly names: PlaceNames
  /**
   * After the last event.
   * @throws Incomplete when what the user can see changed while the events were read.
   */
  conclude(): Promise<Conclusion>
}

/** What a reading that has ended has shown. */
export interface Conclusion {
  readonly proof: Proof
  readonly visibility: Visibility
  readonly user: VisibilityLookup['user']
}

/** @throws NotFound for an org or space of the scope that cannot be seen; else as `openListing`. */
export async function openReading(request: ReadingRequest, context: Context): Promise<Reading> {
  const { scope: asked, connection, apis } = request
  const cf = await context.cf(connection)
  const orgs = await orgNamesInScope(asked, cf, context)
  const client = clientFor(cf, orgs, connection, context)
  const scope = await resolveScope(orgs, asked, cf, client)
  const where: ScopeFilter = {
    orgGuids: scope.orgs?.map(({ guid }) => guid),
    spaceGuids: scope.spaces?.map(({ guid }) => guid),
  }
  const concurrency = cf.concurrency(request.concurrency)
  // A remark is not worth as long a wait as a report.
  const hurried = clientFor(cf, orgs, { maxWaitMs: Math.min(connection.maxWaitMs, 10_000) }, context)
  const lookUp = () => lookUpVisibility(cf, hurried, where)
  const listing = await openListing(apis, request.query(where), { client, concurrency, now: context.now })
  const start = await lookUp()

  return {
    cf,
    client,
    concurrency,
    scope,
    where,
    listing,
    names: start.names,
    async conclude() {
      const proof = listing.proof()
      const end = proof.requests > 1 ? await lookUp() : start
      if (end.fingerprint !== start.fingerprint) throw changed()
      return { proof, visibility: end.visibility(listing.api.name), user: end.user }
    },
  }
}

function changed(): Incomplete {
  return new Incomplete(
    'Incomplete: your roles changed while the events were read, so some may be missing.',
    'Run it again.',
  )
}

/** v3 first: it is on everywhere and its pages hold fifty times as much. The documented bytes come from v2, where it is on. */
export function apisFor(api: 'auto' | 'v2' | 'v3', asDocumented = false): readonly Api[] {
  if (api !== 'auto') return [api === 'v2' ? v2 : v3]
  return asDocumented ? [v2, v3] : [v3, v2]
}
