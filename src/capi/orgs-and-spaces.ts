import type { Cf } from '../cf/cf.ts'
import { isOneWord } from '../cf/commands.ts'
import { UnrecognizedOutput } from '../cf/curl.ts'
import { noSuchOrg } from '../cf/error-messages.ts'
import { Failed, Forbidden, NotFound, recoverable, TimedOut, Unreachable } from '../errors.ts'
import { type CapiClient, EndpointMissing } from './client.ts'
import { asGuid, textAt } from './event.ts'
import { filterLists, filterValue, getList, listAll, type Resource } from './resource-list.ts'

/**
 * The GUID of an org. A GUID needs no request: the events of a deleted org are still there, the org is not.
 * Tries `cf` first, then the API: v6 finds orgs through API v2 alone, and no version of `cf` can be given a name that
 * begins with a dash, for even behind `--` it is read as an option.
 * @throws NotFound when there is no org of that name to be seen.
 */
export async function findOrg(cf: Pick<Cf, 'orgGuid'>, client: CapiClient, name: string): Promise<string> {
  const given = asGuid(name)
  if (given !== undefined) return given
  if (name.startsWith('-')) return orgByName(client, name)
  try {
    return await cf.orgGuid(name)
  } catch (reason) {
    if (isFinal(reason)) throw reason
    return await orgByName(client, name).catch(error => {
      throw recoverable(error) instanceof Forbidden ? error : reason
    })
  }
}

/** Whether the API would give the same answer that `cf org` has got. */
function isFinal(reason: unknown): boolean {
  if (reason instanceof UnrecognizedOutput) return false
  return !(reason instanceof Failed) || reason instanceof Unreachable || reason instanceof TimedOut
}

/** @throws NotFound when there is no org of that name to be seen. */
export async function orgByName(client: CapiClient, name: string): Promise<string> {
  const { resources } = await getList(client, `/v3/organizations?names=${filterValue(name)}`).catch(error => {
    throw error instanceof EndpointMissing ? noOrgList(error.message) : error
  })
  const guid = textAt(
    resources.find(org => textAt(org, 'name') === name),
    'guid',
  )
  if (isOneWord(guid)) return guid
  throw noSuchOrg(name)
}

/** The names of those of these orgs that the user can see, by GUID. */
export async function orgsOfGuids(
  client: CapiClient,
  guids: readonly string[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const list of filterLists(guids)) {
    const { resources } = await listAll(client, `/v3/organizations?guids=${list}`)
    for (const { guid, value } of resources) names.set(guid, textAt(value, 'name'))
  }
  return names
}

/** An org by its name; its GUID is not always known. */
export interface Org {
  readonly name: string
  readonly guid: string | undefined
}

/** The orgs that the user can see. */
export async function listOrgs(client: CapiClient): Promise<Org[]> {
  const { resources } = await listAll(client, '/v3/organizations')
  return resources.map(({ guid, value }) => ({ name: textAt(value, 'name'), guid }))
}

/** Their names. */
export async function orgNames(client: CapiClient): Promise<string[]> {
  return (await listOrgs(client)).map(({ name }) => name)
}

function noOrgList(said: string): Failed {
  return new Failed(
    `Cannot list orgs: Cloud Foundry answered ${said}.`,
    'Check the API address with cf target.',
  )
}

/** A space of an org. */
export interface Space {
  readonly guid: string
  readonly name: string
  readonly orgGuid: string
}

/**
 * The spaces of these names in these orgs, as far as the user can list them: members and managers can, an Org Auditor
 * can not (lib/cloud_controller/permissions.rb, readable_space_guids).
 * @param names undefined: all of them.
 */
export function listSpaces(
  client: CapiClient,
  names: readonly string[] | undefined,
  orgGuids: readonly string[],
): Promise<Space[]> {
  return askSpaces(client, spacesPaths(names, orgGuids))
}

/** Those of these spaces that the user can list. */
export function spacesOfGuids(client: CapiClient, guids: readonly string[]): Promise<Space[]> {
  return askSpaces(
    client,
    filterLists(guids).map(list => `/v3/spaces?guids=${list}`),
  )
}

async function askSpaces(client: CapiClient, paths: readonly string[]): Promise<Space[]> {
  const resources: Resource[] = []
  for (const path of paths) {
    const listed = await listAll(client, path).catch(error => {
      throw error instanceof EndpointMissing ? noSpaceList(error.message) : error
    })
    resources.push(...listed.resources)
  }
  return resources
    .map(({ guid, value }) => ({
      guid,
      name: textAt(value, 'name'),
      orgGuid: textAt(value, 'relationships', 'organization', 'data', 'guid'),
    }))
    .filter(({ guid }) => asGuid(guid) !== undefined)
}

/** The paths that `listSpaces` asks for, but for their pages. */
export function spacesPaths(names: readonly string[] | undefined, orgGuids: readonly string[]): string[] {
  const named = names === undefined ? [''] : filterLists(names).map(list => `names=${list}&`)
  return named.flatMap(names =>
    filterLists(orgGuids).map(orgs => `/v3/spaces?${names}organization_guids=${orgs}`),
  )
}

/** A space that you cannot list looks the same as one that does not exist. */
export function noSuchSpace(name: string, where: string): NotFound {
  return new NotFound(
    `No space named ${name} in ${where} is visible to you.`,
    `Names are case-sensitive. Org Auditors cannot list spaces: use the GUID. ${howToFindGuid}`,
  )
}

/** No space of an org can be listed: the user is most likely an Org Auditor. */
export function noSpacesListed(name: string, where: string): NotFound {
  return new NotFound(
    `You cannot list the spaces of ${where}, so ${name} cannot be looked up by name. Org Auditors see all events but cannot list spaces.`,
    `Use the GUID of the space. ${howToFindGuid}`,
  )
}

const howToFindGuid = '--columns +space_guid shows it for each event.'

function noSpaceList(said: string): Failed {
  return new Failed(
    `Cannot list spaces: Cloud Foundry answered ${said}.`,
    'Give the GUID of the space instead of its name.',
  )
}
