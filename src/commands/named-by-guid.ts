import type { Ask } from '../capi/ask.ts'
import { asGuid } from '../capi/guid.ts'
import { orgByName, orgsOfGuids } from '../capi/org.ts'
import { type Space, spacesOfGuids } from '../capi/space.ts'
import { AuditError, Interrupted, NotFound } from '../errors.ts'
import type { Place } from './place.ts'

/** What is known of the GUIDs that were typed. */
export interface Typed {
  /** Names of orgs, as `cf` takes them, by GUID. */
  readonly orgNames: ReadonlyMap<string, string>
  /** Why nothing may have been found, in sentences. */
  readonly doubts: readonly string[]
}

/**
 * Looks up the GUIDs that stand in a command line, when not one event was found: Cloud Foundry answers a mistyped GUID as
 * it does an org where nothing happens.
 * @throws NotFound when a GUID is that of no org which the user can see, or of a space elsewhere.
 */
export async function lookAtGuids({ orgs = [], spaces = [] }: Place, ask: Ask): Promise<Typed> {
  const orgGuids = orgs.filter(isTyped).map(({ guid }) => guid)
  const names = orgGuids.length === 0 ? new Map() : await known(() => orgsOfGuids(ask, orgGuids))
  const strange = names && orgGuids.find(guid => !names.has(guid))
  if (strange !== undefined) throw await noOrg(strange, ask)

  const spaceGuids = spaces.filter(isTyped).map(({ guid }) => guid)
  const listed = spaceGuids.length === 0 ? [] : await known(() => spacesOfGuids(ask, spaceGuids))
  for (const space of listed ?? []) refuseElsewhere(space, orgs)
  const unlisted =
    listed === undefined ? [] : spaceGuids.filter(guid => !listed.some(each => each.guid === guid))
  return {
    orgNames: names ?? new Map(),
    doubts: unlisted.map(
      guid =>
        `no space with the GUID ${guid} can be listed: it may be mistyped, be deleted, or be hidden from you (an Org Auditor lists no space).`,
    ),
  }
}

const isTyped = ({ name }: { readonly name: string }) => asGuid(name) !== undefined

function refuseElsewhere({ guid, name, orgGuid }: Space, orgs: NonNullable<Place['orgs']>): void {
  if (orgs.length === 0 || orgs.some(org => org.guid === orgGuid)) return
  throw new NotFound(
    `The space ${guid} (${name}) is not in ${orgs.map(org => org.name).join(' or ')}: its org is ${orgGuid}.`,
    `Name its org: --org ${orgGuid}.`,
  )
}

/** A name can look like a GUID; it is taken for one. */
async function noOrg(guid: string, ask: Ask): Promise<NotFound> {
  const named = await known(() => orgByName(ask, guid))
  return new NotFound(
    `There is no org with the GUID ${guid} that you can see, and no event of one.`,
    named === undefined
      ? 'cf org NAME --guid prints one. What happened in a deleted org is shown to global readers alone, as long as it is kept.'
      : `An org is named so. Its own GUID finds it: --org ${named}.`,
  )
}

/** undefined where Cloud Foundry does not tell: that is no reason to say less than is known otherwise. */
async function known<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
    return undefined
  }
}
