import type { Query } from '../capi/api.ts'
import type { CapiClient } from '../capi/client.ts'
import { asGuid } from '../capi/event.ts'
import { findOrg, listSpaces, noSpacesListed, noSuchSpace, orgNames } from '../capi/orgs-and-spaces.ts'
import type { Cf } from '../cf/cf.ts'
import { type AuditError, NotFound, recoverable, UsageError } from '../errors.ts'
import { joinNames } from '../text.ts'
import { type Argument, type OptionTable, type Values, valuesOf } from './command.ts'
import { didYouMean } from './suggest.ts'

/** Which orgs and spaces a command looks at. */
export const scopeOptions = {
  org: {
    type: 'string',
    repeats: true,
    alias: 'o',
    group: 'Scope',
    value: 'ORG',
    describe: 'Org, by name or GUID; repeat for several',
  },
  space: {
    type: 'string',
    repeats: true,
    alias: 's',
    group: 'Scope',
    value: 'SPACE',
    describe: 'Only this space of the org, by name or GUID; repeat for several',
  },
  'all-orgs': {
    type: 'boolean',
    group: 'Scope',
    describe: 'All orgs you can see, plus events outside any org',
  },
} as const satisfies OptionTable

/** The argument that names an org. */
export const orgArgument: Argument = {
  name: 'ORG',
  describe: 'Org, by name or GUID (default: the org that cf targets)',
}

export type ScopeArgs = Partial<Values<typeof scopeOptions>>

/** The orgs and spaces to report on, by name or GUID, without duplicates. */
export interface Scope {
  /** 'targeted': the org that `cf` targets. 'all': every org, and events outside any org. */
  readonly orgs: readonly string[] | 'targeted' | 'all'
  /** Empty: no condition. */
  readonly spaces: readonly string[]
}

/**
 * The scope that a command line asks for. A word that looks like a GUID is one: an org named like a GUID is found by its
 * own GUID alone.
 * @param name the org, as an argument.
 * @param otherwise the orgs to use when none is named.
 * @throws UsageError when the argument and the options contradict each other.
 */
export function scopeOf(args: ScopeArgs, name: string | undefined, otherwise: 'targeted' | 'all'): Scope {
  const org = valuesOf(args.org) ?? []
  const other = name === undefined ? undefined : org.find(each => each !== name)
  if (name !== undefined && other !== undefined) {
    throw new UsageError(
      `two orgs are named: ${name} and ${other}.`,
      'Name one, as the argument or with --org. For several orgs, repeat --org.',
    )
  }
  const orgs = once(name === undefined ? org : [name])
  if (orgs.includes('')) {
    throw new UsageError(
      'the org name is empty.',
      'Name an org, or leave it out to use the one that cf targets.',
    )
  }
  if (orgs.length > 0 && args.allOrgs) {
    throw new UsageError('--all-orgs cannot be combined with an org.', 'Use one of them.')
  }
  const scope: Scope = {
    orgs: orgs.length > 0 ? orgs : args.allOrgs ? 'all' : otherwise,
    spaces: once(valuesOf(args.space) ?? []),
  }
  assertSpacesAllowed(scope)
  return scope
}

function assertSpacesAllowed({ orgs, spaces }: Scope): void {
  if (spaces.includes('')) {
    throw new UsageError('the space name is empty.', 'Name a space, or leave out --space.')
  }
  const named = spaces.find(space => asGuid(space) === undefined)
  if (orgs !== 'all' || named === undefined) return
  throw new UsageError(
    `--space ${named} needs an org: several orgs may have a space of that name.`,
    'Name the org, or give the GUID of the space.',
  )
}

/** @throws UsageError for a scope that the documented recipe does not have: it takes one org or none, and no space. */
export function assertDocumentedScope({ orgs, spaces }: Scope): void {
  if (spaces.length > 0) {
    throw new UsageError(
      '--space cannot be combined with --as-documented: the documented recipe has no spaces.',
      'Use one of them.',
    )
  }
  if (Array.isArray(orgs) && orgs.length > 1) {
    throw new UsageError(
      '--as-documented takes one org, as the documented recipe does.',
      'Run it once for each org, or leave out --as-documented.',
    )
  }
}

const once = (words: readonly string[]) => [...new Set(words.map(word => asGuid(word) ?? word))]

/** An org or a space of the command line. */
export interface NamedResource {
  /** As given: a name or a GUID. */
  readonly name: string
  readonly guid: string
}

/** The same for a query. */
export type ScopeFilter = Pick<Query, 'orgGuids' | 'spaceGuids'>

/** A scope whose names have been looked up. */
export interface ResolvedScope {
  /** undefined: no org filter. */
  readonly orgs: readonly NamedResource[] | undefined
  /** undefined: no space filter. */
  readonly spaces: readonly NamedResource[] | undefined
  /** Orgs and spaces as a phrase; undefined: everything. */
  readonly label: string | undefined
  /** Spaces that some of the orgs do not have, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Finds the orgs and spaces of a scope: one `cf org` for each org that is named, one call for all spaces that are. A GUID
 * takes no call.
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

// Of those that a sentence names.
const most = 5

/** Orgs and spaces in a sentence; undefined: everything. */
export function labelOf(orgs: readonly string[] | undefined, spaces: readonly string[]): string | undefined {
  const where = orgs && joinNames(orgs, { most })
  if (spaces.length === 0) return where
  const part = `${spaces.length === 1 ? 'space' : 'spaces'} ${joinNames(spaces, { most })}`
  return where === undefined ? part : `${where} (${part})`
}

async function findOrgs(
  names: readonly string[],
  cf: Pick<Cf, 'orgGuid'>,
  client: CapiClient,
): Promise<NamedResource[]> {
  const orgs: NamedResource[] = []
  for (const name of names) {
    const guid = await findOrg(cf, client, name).catch(async error => {
      throw error instanceof NotFound ? await withSuggestion(error, name, () => orgNames(client)) : error
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
    const where = joinNames(namesOf(without))
    warnings.push(`no space named ${name} in ${where} is visible to you: this report has nothing from there.`)
  }
  return { spaces, warnings }
}

async function noSpace(
  name: string,
  orgs: readonly NamedResource[],
  client: CapiClient,
): Promise<AuditError> {
  const where = joinNames(namesOf(orgs))
  const all = await listSpaces(
    client,
    undefined,
    orgs.map(({ guid }) => guid),
  )
  if (all.length === 0) return noSpacesListed(name, where)
  return withSuggestion(noSuchSpace(name, where), name, async () => all.map(space => space.name))
}

/** The error, with suggestions of similar names. */
async function withSuggestion(
  error: NotFound,
  name: string,
  candidates: () => Promise<readonly string[]>,
): Promise<AuditError> {
  try {
    return new NotFound(error.message + didYouMean(name, await candidates()), error.advice)
  } catch (cause) {
    recoverable(cause) // The error stands without a suggestion.
    return error
  }
}
