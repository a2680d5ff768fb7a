import { Interrupted } from '../errors.ts'
import type { Ask } from './ask.ts'
import { textAt } from './event.ts'
import type { Roles } from './roles.ts'
import { isGlobalReader, type Reader } from './visibility.ts'

/** Whether somebody can list every space of an org; 'unknown': nothing tells. */
export type SpacesShown = 'all' | 'some' | 'unknown'

/**
 * Which orgs show the user all their spaces. Managers of an org and global readers list them all, everybody else those
 * where they hold a role (lib/cloud_controller/permissions.rb, ROLES_FOR_SPACE_READING). One call, and none for a manager.
 * @param reader undefined: nobody knows who asks.
 */
export async function spacesShown(
  ask: Ask,
  reader: Reader | undefined,
  roles: Roles,
  orgGuids: readonly string[],
): Promise<Map<string, SpacesShown>> {
  const shown = new Map(orgGuids.map(guid => [guid, byOwnRoles(reader, roles, guid)]))
  const isPart = [...shown.values()].some(each => each !== 'all')
  if (isPart && (reader?.readsAll || (await readsGlobally(ask)))) {
    for (const guid of orgGuids) shown.set(guid, 'all')
  }
  return shown
}

/** Whether the user is a global reader, as far as it can be told; then every org and space is theirs to see. */
export async function readsGlobally(ask: Ask): Promise<boolean> {
  try {
    return await isGlobalReader(ask)
  } catch (error) {
    if (error instanceof Interrupted) throw error
    return false
  }
}

function byOwnRoles(reader: Reader | undefined, { roles, included }: Roles, orgGuid: string): SpacesShown {
  if (reader === undefined) return 'unknown'
  const { user, guid } = reader
  const nameOf = (userGuid: string) => textAt(included.get('users')?.get(userGuid), 'username').toLowerCase()
  const isSelf = (userGuid: string) =>
    guid === undefined ? userGuid === user || nameOf(userGuid) === user.toLowerCase() : userGuid === guid
  const own = roles.filter(role => role.orgGuid === orgGuid && role.spaceGuid === '' && isSelf(role.userGuid))
  // A name can stand for one user of each origin, and then nobody tells which of them asks. A client has only its id.
  const selves = new Set(own.map(({ userGuid }) => userGuid))
  const managers = new Set(
    own.filter(({ type }) => type === 'organization_manager').map(role => role.userGuid),
  )
  if (selves.size === 0 || (managers.size > 0 && managers.size < selves.size)) return 'unknown'
  return managers.size > 0 ? 'all' : 'some'
}
