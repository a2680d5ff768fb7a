import type { Api, Query } from '../capi/api.ts'
import type { CapiClient } from '../capi/client.ts'
import { asGuid } from '../capi/event.ts'
import { findOrg, listSpaces, noSpacesListed, noSuchSpace, orgNames } from '../capi/orgs-and-spaces.ts'
import type { Cf } from '../cf/cf.ts'
import { AuditError, Interrupted, NotFound, UsageError } from '../errors.ts'

/** What was said on the command line about orgs and spaces. */
export interface ScopeArgs {
  /** The org, as an argument. */
  readonly name?: string | undefined
  readonly org?: readonly string[] | undefined
  readonly space?: readonly string[] | undefined
  readonly allOrgs: boolean
}

/** Whose events are asked for. Orgs and spaces are named by name or GUID, each once. */
export interface Scope {
  /** 'targeted': the one that `cf` targets. 'all': every org, and what belongs to none. */
  readonly orgs: readonly string[] | 'targeted' | 'all'
  /** Empty: no condition. */
  readonly spaces: readonly string[]
}

/**
 * What the words of a command line mean. A word that looks like a GUID is one: an org named like a GUID is found by its
 * own GUID alone.
 * @param otherwise whose events are asked for when no org is named.
 * @throws UsageError when the argument and the options contradict each other.
 */
export function scopeOf(args: ScopeArgs, otherwise: 'targeted' | 'all'): Scope {
  const { name, org = [], space = [], allOrgs } = args
  const other = name === undefined ? undefined : org.find(each => each !== name)
  if (name !== undefined && other !== undefined) {
    throw new UsageError(
      `Two orgs are named: ${name} and ${other}.`,
      'Name one, as the argument or with --org; or several, each with an --org of its own.',
    )
  }
  const orgs = once(name === undefined ? org : [name])
  if (orgs.includes('')) {
    throw new UsageError(
      'The name of the org is empty.',
      'Name an org, or leave it out for the targeted one.',
    )
  }
  if (orgs.length > 0 && allOrgs) {
    throw new UsageError('--all-orgs and the name of an org exclude each other.', 'Leave out one of them.')
  }
  const scope: Scope = {
    orgs: orgs.length > 0 ? orgs : allOrgs ? 'all' : otherwise,
    spaces: once(space),
  }
  assertSpacesAllowed(scope)
  return scope
}

function assertSpacesAllowed({ orgs, spaces }: Scope): void {
  if (spaces.includes('')) {
    throw new UsageError('The name of the space is empty.', 'Name a space, or leave out --space.')
  }
  const named = spaces.find(space => asGuid(space) === undefined)
  if (orgs !== 'all' || named === undefined) return
  throw new UsageError(
    `Every org can have a space named ${named}: --space needs the org, too.`,
    'Name the org, or give the GUID of the space.',
  )
}

/** @throws UsageError when the page's own recipe cannot have this scope: it has one org, or none, and never a space. */
export function assertDocumentedScope({ orgs, spaces }: Scope): void {
  const because = 'the page’s own recipe asks for one org and knows no spaces'
  if (spaces.length > 0) {
    throw new UsageError(
      `--space and --as-documented exclude each other: ${because}.`,
      'Leave out one of them.',
    )
  }
  if (Array.isArray(orgs) && orgs.length > 1) {
    throw new UsageError(
      `--as-documented takes one org: ${because}.`,
      'Run it once for each org, or leave out --as-documented.',
    )
  }
}

// nginx in front of Cloud Controller takes a request line of 8 KiB (large_client_header_buffers); 'GET ' and ' HTTP/1.1'
// are part of it. One listing cannot be asked for in parts: its order, its bound and its count are one.
const longestPath = 8000

/** @throws UsageError when so much is named that the question would not fit into one request. */
export function assertQueryFits(apis: readonly Api[], query: Query): void {
  const time = '2026-01-01T00:00:00Z'
  const paths = apis.map(api => api.path({ ...query, from: time, until: time }, 100_000, api.pageSize))
  if (paths.every(path => path.length <= longestPath)) return
  throw new UsageError(
    'So many orgs, spaces or types are named that the question is too long for Cloud Foundry.',
    'Name fewer at a time, or use --all-orgs and look at the column of +org_guid.',
  )
}

const once = (words: readonly string[]) => [...new Set(words.map(word => asGuid(word) ?? word))]

/** An org or a space that was asked for. */
export interface NamedResource {
  /** As it was named: by name or by GUID. */
  readonly name: string
  readonly guid: string
}

/** The same for a query. */
export type ScopeFilter = Pick<Query, 'orgGuids' | 'spaceGuids'>

/** What a scope names, found. */
export interface ResolvedScope {
  /** undefined: no org is asked for. */
  readonly orgs: readonly NamedResource[] | undefined
  /** undefined: no space is asked for. */
  readonly spaces: readonly NamedResource[] | undefined
  /** Both, in words; undefined: everything. */
  readonly label: string | undefined
  /** What was named and is not everywhere, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Finds the orgs and spaces of a scope: one `cf org` for each org that is named, one call for all spaces that are. What is
 * given by GUID asks nobody.
 * @param names the orgs of the scope; undefined: all of them.
 * @throws NotFound, with what the name may have meant, before anything is written.
 */
export async function resolveScope(
  names: readonly string[] | undefined,
  { spaces: spaceNames }: Scope,
  cf: Pick<Cf, 'orgGuid'>,
  client: CapiClient,
): Promise<ResolvedScope> {
  const orgs = names && (await findOrgs(names, cf, client))
  const { spaces, warnings } =
    spaceNames.length === 0
      ? { spaces: undefined, warnings: [] }
      : await findSpaces(spaceNames, orgs ?? [], client)
  return { orgs, spaces, label: labelOf(orgs && namesOf(orgs), spaces ? namesOf(spaces) : []), warnings }
}

const namesOf = (places: readonly NamedResource[]) => [...new Set(places.map(({ name }) => name))]

/** Orgs and spaces in words; undefined: everything. */
export function labelOf(orgs: readonly string[] | undefined, spaces: readonly string[]): string | undefined {
  const where = orgs && listOf(orgs)
  if (spaces.length === 0) return where
  const part = `${spaces.length === 1 ? 'space' : 'spaces'} ${listOf(spaces)}`
  return where === undefined ? part : `${where} (${part})`
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  const shown = names.map(name => (name.includes(',') ? `"${name}"` : name))
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

async function findOrgs(
  names: readonly string[],
  cf: Pick<Cf, 'orgGuid'>,
  client: CapiClient,
): Promise<NamedResource[]> {
  const orgs: NamedResource[] = []
  for (const name of names) {
    const guid = await findOrg(cf, client, name).catch(async error => {
      throw error instanceof NotFound ? await meaning(error, name, () => orgNames(client)) : error
    })
    if (!orgs.some(org => org.guid === guid)) orgs.push({ name, guid })
  }
  return orgs
}

async function findSpaces(
  names: readonly string[],
  orgs: readonly NamedResource[],
  client: CapiClient,
): Promise<{ spaces: NamedResource[]; warnings: string[] }> {
  const wanted = names.filter(name => asGuid(name) === undefined)
  const orgGuids = orgs.map(({ guid }) => guid)
  const listed = wanted.length === 0 ? [] : await listSpaces(client, wanted, orgGuids)
  const spaces: NamedResource[] = []
  const warnings: string[] = []
  for (const name of names) {
    const guid = asGuid(name)
    // MySQL compares names without case.
    const found = guid === undefined ? listed.filter(space => space.name === name) : [{ guid }]
    if (found.length === 0) throw await noSpace(name, orgs, client)
    for (const { guid } of found) if (!spaces.some(space => space.guid === guid)) spaces.push({ name, guid })
    const without = orgs.filter(org => !found.some(space => 'orgGuid' in space && space.orgGuid === org.guid))
    if (guid !== undefined || without.length === 0) continue
    const where = listOf(namesOf(without))
    warnings.push(`you can list no space named ${name} in ${where}: nothing of that org is in this report.`)
  }
  return { spaces, warnings }
}

async function noSpace(
  name: string,
  orgs: readonly NamedResource[],
  client: CapiClient,
): Promise<AuditError> {
  const where = listOf(namesOf(orgs))
  const all = await listSpaces(
    client,
    undefined,
    orgs.map(({ guid }) => guid),
  )
  if (all.length === 0) return noSpacesListed(name, where)
  return meaning(noSuchSpace(name, where), name, async () => all.map(space => space.name))
}

/** The error, with the names that are like the one which was not found. */
async function meaning(
  error: NotFound,
  name: string,
  candidates: () => Promise<readonly string[]>,
): Promise<AuditError> {
  try {
    const { didYouMean } = await import('./suggest.ts')
    return new NotFound(error.message + didYouMean(name, await candidates()), error.advice)
  } catch (cause) {
    // Its own reason is worth more than why nothing could be suggested.
    if (cause instanceof Interrupted || !(cause instanceof AuditError)) throw cause
    return error
  }
}
