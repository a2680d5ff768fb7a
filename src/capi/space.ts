import { Failed, NotFound } from '../errors.ts'
import { type Ask, NotServed } from './ask.ts'
import { textAt } from './event.ts'
import { asGuid } from './guid.ts'
import { askAll, filterValue } from './list.ts'

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
  ask: Ask,
  names: readonly string[] | undefined,
  orgGuids: readonly string[],
): Promise<Space[]> {
  return askSpaces(ask, spacesPath(names, orgGuids))
}

/** Those of these spaces that the user can list. */
export function spacesOfGuids(ask: Ask, guids: readonly string[]): Promise<Space[]> {
  return askSpaces(ask, `/v3/spaces?guids=${guids.join(',')}`)
}

async function askSpaces(ask: Ask, path: string): Promise<Space[]> {
  const { resources } = await askAll(ask, path).catch(error => {
    throw error instanceof NotServed ? noList(error.message) : error
  })
  return resources
    .map(({ guid, value }) => ({
      guid,
      name: textAt(value, 'name'),
      orgGuid: textAt(value, 'relationships', 'organization', 'data', 'guid'),
    }))
    .filter(({ guid }) => asGuid(guid) !== undefined)
}

/** The path that `listSpaces` asks for, but for its page. */
export function spacesPath(names: readonly string[] | undefined, orgGuids: readonly string[]): string {
  const named = names === undefined ? '' : `names=${names.map(filterValue).join(',')}&`
  return `/v3/spaces?${named}organization_guids=${orgGuids.join(',')}`
}

/** Nobody can tell a space that does not exist from one that you cannot list. */
export function noSuchSpace(name: string, where: string): NotFound {
  return new NotFound(
    `There is no space named ${name} in ${where} that you can list.`,
    `Names are exact. An Org Auditor alone lists no spaces, but a GUID works: ${whereGuidsStand}`,
  )
}

/** When not one space of an org can be listed, its auditors most likely read this. */
export function noSpacesListed(name: string, where: string): NotFound {
  return new NotFound(
    `Your roles cannot list the spaces of ${where}, so ${name} cannot be found by name: Org Auditors see every event, but no space.`,
    `Give the GUID of the space instead: ${whereGuidsStand}`,
  )
}

const whereGuidsStand = 'it stands in every event of the space (--columns +space_guid).'

function noList(said: string): Failed {
  return new Failed(
    `Cloud Foundry lists no spaces here: it answered ${said}.`,
    'Give the GUID of the space instead of its name.',
  )
}
