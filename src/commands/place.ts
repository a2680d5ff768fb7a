import type { Ask } from '../capi/ask.ts'
import { asGuid } from '../capi/guid.ts'
import { findOrg, orgNames } from '../capi/org.ts'
import type { Query } from '../capi/query.ts'
import { listSpaces, noSpacesListed, noSuchSpace } from '../capi/space.ts'
import type { Cf } from '../cf/connect.ts'
import { AuditError, Interrupted, NotFound } from '../errors.ts'
import type { Scope } from './scope.ts'

/** An org or a space that was asked for. */
export interface Named {
  /** As it was named: by name or by GUID. */
  readonly name: string
  readonly guid: string
}

/** The same for a query. */
export type Where = Pick<Query, 'orgGuids' | 'spaceGuids'>

/** What a scope names, found. */
export interface Place {
  /** undefined: no org is asked for. */
  readonly orgs: readonly Named[] | undefined
  /** undefined: no space is asked for. */
  readonly spaces: readonly Named[] | undefined
  /** Both, in words; undefined: everything. */
  readonly label: string | undefined
  /** What was named and is not everywhere, in sentences. */
  readonly lacks: readonly string[]
}

/**
 * Finds the orgs and spaces of a scope: one `cf org` for each org that is named, one call for all spaces that are. What is
 * given by GUID asks nobody.
 * @param names the orgs of the scope; undefined: all of them.
 * @throws NotFound, with what the name may have meant, before anything is written.
 */
export async function findPlace(
  names: readonly string[] | undefined,
  { spaces: spaceNames }: Scope,
  cf: Pick<Cf, 'orgGuid'>,
  ask: Ask,
): Promise<Place> {
  const orgs = names && (await findOrgs(names, cf, ask))
  const { spaces, lacks } =
    spaceNames.length === 0 ? { spaces: undefined, lacks: [] } : await findSpaces(spaceNames, orgs ?? [], ask)
  return { orgs, spaces, label: labelOf(orgs && namesOf(orgs), spaces ? namesOf(spaces) : []), lacks }
}

const namesOf = (places: readonly Named[]) => [...new Set(places.map(({ name }) => name))]

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

async function findOrgs(names: readonly string[], cf: Pick<Cf, 'orgGuid'>, ask: Ask): Promise<Named[]> {
  const orgs: Named[] = []
  for (const name of names) {
    const guid = await findOrg(cf, ask, name).catch(async error => {
      throw error instanceof NotFound ? await meaning(error, name, () => orgNames(ask)) : error
    })
    if (!orgs.some(org => org.guid === guid)) orgs.push({ name, guid })
  }
  return orgs
}

async function findSpaces(
  names: readonly string[],
  orgs: readonly Named[],
  ask: Ask,
): Promise<{ spaces: Named[]; lacks: string[] }> {
  const wanted = names.filter(name => asGuid(name) === undefined)
  const orgGuids = orgs.map(({ guid }) => guid)
  const listed = wanted.length === 0 ? [] : await listSpaces(ask, wanted, orgGuids)
  const spaces: Named[] = []
  const lacks: string[] = []
  for (const name of names) {
    const guid = asGuid(name)
    // MySQL compares names without case.
    const found = guid === undefined ? listed.filter(space => space.name === name) : [{ guid }]
    if (found.length === 0) throw await noSpace(name, orgs, ask)
    for (const { guid } of found) if (!spaces.some(space => space.guid === guid)) spaces.push({ name, guid })
    const without = orgs.filter(org => !found.some(space => 'orgGuid' in space && space.orgGuid === org.guid))
    if (guid !== undefined || without.length === 0) continue
    const where = listOf(namesOf(without))
    lacks.push(`you can list no space named ${name} in ${where}: nothing of that org is in this report.`)
  }
  return { spaces, lacks }
}

async function noSpace(name: string, orgs: readonly Named[], ask: Ask): Promise<AuditError> {
  const where = listOf(namesOf(orgs))
  const all = await listSpaces(
    ask,
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
