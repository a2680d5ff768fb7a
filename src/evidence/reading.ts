import { type Api, type Query, v2, v3 } from '../capi/api.ts'
import type { CapiClient } from '../capi/client.ts'
import { asGuid } from '../capi/event.ts'
import { type Listing, openListing, type Proof } from '../capi/event-listing.ts'
import { orgsOfGuids } from '../capi/orgs-and-spaces.ts'
import { listRoles, type Roles, spacesShown } from '../capi/roles.ts'
import {
  lookUpVisibility,
  type PlaceNames,
  type Visibility,
  type VisibilityLookup,
} from '../capi/visibility.ts'
import type { Cf } from '../cf/cf.ts'
import type { Login } from '../cf/config-file.ts'
import type { Context } from '../context.ts'
import { Incomplete, recoverable } from '../errors.ts'
import { type Connection, clientFor, orgNamesInScope } from '../options/connection.ts'
import { type ResolvedScope, resolveScope, type Scope, type ScopeFilter } from '../options/scope.ts'
import { seconds } from '../time.ts'

/** What a reading of events needs to know. */
export interface ReadingRequest {
  readonly scope: Scope
  readonly connection: Connection
  /** The APIs that may answer, in turn. */
  readonly apis: readonly Api[]
  /** How many calls of cf may run side by side, at most. */
  readonly concurrency: number
  readonly query: (where: ScopeFilter) => Query
  /** How many events will do; undefined: all. */
  readonly limit?: number | undefined
  /** Lists the roles of the orgs beside the first page, for a caller who wants them: the user's own need no call then. */
  readonly roles?: (client: CapiClient, cf: Cf, orgGuids: readonly string[]) => Promise<Roles | undefined>
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
  /** What the user's roles show, as the reading begins. */
  readonly visibility: Visibility
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

/**
 * Finds the orgs, opens the listing of their events, and looks up what the user's roles show of them.
 *
 * Where calls of `cf` may run side by side, these three do. While `cf org` runs, the first page is read with the GUID that
 * the org had when it was last seen: the login file has that of the targeted org, the cache those of others. When `cf org`
 * prints another GUID, or fails, what was read so far is dropped. Those calls are left to end all the same: a `cf` that is
 * killed while it renews the token may lose the login.
 * @throws NotFound for an org or space that cannot be seen; else as `openListing`.
 */
export async function openReading(request: ReadingRequest, context: Context): Promise<Reading> {
  const { scope: asked, connection, apis } = request
  const cf = await context.cf(connection)
  const login = await cf.savedLogin()
  const orgs =
    asked.orgs === 'targeted' && login?.org !== undefined
      ? [login.org.name]
      : await orgNamesInScope(asked, cf, context)
  const client = clientFor(cf, orgs, connection, context)
  // A remark is not worth as long a wait as a report.
  const hurried = clientFor(cf, orgs, { maxWaitMs: Math.min(connection.maxWaitMs, 10_000) }, context)
  const concurrency = cf.concurrency(request.concurrency)
  await concurrency.refresh()
  const isParallel = concurrency.limit() > 1

  const filterOf = ({ orgs, spaces }: Pick<ResolvedScope, 'orgs' | 'spaces'>): ScopeFilter => ({
    orgGuids: orgs?.map(({ guid }) => guid),
    spaceGuids: spaces?.map(({ guid }) => guid),
  })
  const lookUp = (where: ScopeFilter) => lookUpVisibility(cf, hurried, where)
  const open = (where: ScopeFilter) =>
    openListing(apis, request.query(where), { client, concurrency, now: context.now, limit: request.limit })
  const firstLook = async (where: ScopeFilter) =>
    lookUpVisibility(
      cf,
      hurried,
      where,
      where.orgGuids && (await request.roles?.(client, cf, where.orgGuids)),
    )
  async function begin(where: ScopeFilter): Promise<readonly [Listing, VisibilityLookup]> {
    if (isParallel) return allOf(open(where), firstLook(where))
    const listing = await open(where)
    return [listing, await firstLook(where)]
  }

  const memory = await orgMemory(login, context)
  const guess = isParallel && orgs !== undefined && asked.spaces.length === 0 ? memory.guess(orgs) : undefined
  const early = guess && begin({ orgGuids: guess, spaceGuids: undefined })
  early?.catch(() => {}) // Only what is used is waited for, and thrown.
  let scope: ResolvedScope
  try {
    scope = await resolveScope(orgs, asked, cf, client)
  } catch (error) {
    await Promise.allSettled([early])
    throw error
  }
  const where = filterOf(scope)
  const isRight = early !== undefined && guess?.join() === where.orgGuids?.join()
  if (!isRight) await Promise.allSettled([early])
  const [listing, start] = isRight ? await early : await begin(where)
  await memory.keep(scope.orgs ?? [])

  /** What the roles show after the last request, and whether an org is gone; undefined where one request was enough. */
  const look = async (requests: number) =>
    requests < 2 ? undefined : await allOf(lookUp(where), isGone(scope, start, hurried))
  // Beside the work on the last events. A listing that is left before its end needs none.
  const atEnd = request.limit === undefined ? listing.answered.then(look) : undefined
  atEnd?.catch(() => {}) // It is thrown where it is waited for.

  return {
    cf,
    client,
    concurrency,
    scope,
    where,
    listing,
    names: start.names,
    visibility: start.visibility(listing.api.name),
    async conclude() {
      const proof = listing.proof()
      const looked = await (atEnd ?? look(proof.requests))
      if (looked === undefined)
        return { proof, visibility: start.visibility(listing.api.name), user: start.user }
      const [end, hasGone] = looked
      const isKnown = start.fingerprint !== undefined && end.fingerprint !== undefined
      if (isKnown && end.fingerprint !== start.fingerprint) throw changed('your roles changed')
      if (hasGone) throw changed('the org was deleted')
      const last = start.fingerprint === undefined ? start : end
      return { proof, visibility: last.visibility(listing.api.name), user: end.user }
    },
  }
}

/** Both values, or the first error once both have ended: no call is left behind. */
async function allOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b])
  return [await a, await b]
}

/** Whether an org that could be seen at the start can be seen no more. Other roles would have shown it. */
async function isGone(
  { orgs = [] }: ResolvedScope,
  start: VisibilityLookup,
  client: CapiClient,
): Promise<boolean> {
  if (start.fingerprint !== 'global reader') return false
  // A GUID that was typed may be that of an org which was deleted before.
  const named = orgs.filter(({ name }) => asGuid(name) === undefined).map(({ guid }) => guid)
  return named.length > 0 && (await orgsOfGuids(client, named)).size < named.length
}

function changed(what: string): Incomplete {
  return new Incomplete(
    `Incomplete: ${what} while the events were read, so some may be missing.`,
    'Run it again.',
  )
}

/** The GUIDs that orgs had when this user last saw them, for a first guess. */
async function orgMemory(login: Login | undefined, { cache }: Pick<Context, 'cache'>) {
  if (login === undefined) return { guess: () => undefined, keep: async () => {} }
  const file = await cache('orgs.json', value => (typeof value === 'string' ? asGuid(value) : undefined))
  const known = await file.read()
  const keyOf = (name: string) => `${login.api} ${login.guid} ${name}`
  return {
    guess(names: readonly string[]): string[] | undefined {
      const guids = names.map(
        name => asGuid(name) ?? (name === login.org?.name ? asGuid(login.org.guid) : known[keyOf(name)]),
      )
      return guids.every(guid => guid !== undefined) ? guids : undefined
    },
    async keep(orgs: NonNullable<ResolvedScope['orgs']>): Promise<void> {
      const news = orgs.filter(({ name, guid }) => asGuid(name) === undefined && known[keyOf(name)] !== guid)
      if (news.length > 0) {
        await file.write({
          ...known,
          ...Object.fromEntries(news.map(({ name, guid }) => [keyOf(name), guid])),
        })
      }
    },
  }
}

/**
 * Lists the roles of orgs.
 * @returns isWhole: whether the user can list the roles of every space.
 */
export async function readRoles(
  client: CapiClient,
  cf: Pick<Cf, 'savedLogin'>,
  orgGuids: readonly string[] | 'all',
): Promise<{ readonly found: Roles; readonly isWhole: boolean }> {
  const found = await listRoles(client, { orgGuids, spaceRoles: true })
  const login = await cf.savedLogin()
  if (orgGuids === 'all') return { found, isWhole: login?.isGlobalReader === true }
  const shown = await spacesShown(client, login, found, orgGuids)
  return { found, isWhole: [...shown.values()].every(each => each === 'all') }
}

/** The roles of orgs as they were listed at a time; a string is why they could not be. */
export interface ListedRoles {
  readonly roles: { readonly found: Roles; readonly isWhole: boolean } | string
  readonly readAt: string
}

/** Lists the roles of orgs beside their events: when that fails, it warns. */
export async function tryReadRoles(
  client: CapiClient,
  cf: Pick<Cf, 'savedLogin'>,
  orgGuids: readonly string[] | 'all',
  { now, messages }: Context,
): Promise<ListedRoles> {
  const readAt = seconds(now())
  try {
    return { roles: await readRoles(client, cf, orgGuids), readAt }
  } catch (error) {
    const why = recoverable(error).message
    messages.warn(`could not list roles: ${why}`)
    return { roles: why, readAt }
  }
}

/** v3 first: it is on everywhere and its pages hold fifty times as much. The documented bytes come from v2, where it is on. */
export function apisFor(api: 'auto' | 'v2' | 'v3', asDocumented = false): readonly Api[] {
  if (api !== 'auto') return [api === 'v2' ? v2 : v3]
  return asDocumented ? [v2, v3] : [v3, v2]
}
