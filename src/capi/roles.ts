import { Failed, recoverable } from '../errors.ts'
import { type CapiClient, EndpointMissing, UaaUnavailable } from './client.ts'
import { textAt } from './event.ts'
import {
  filterLists,
  type Included,
  include,
  listAll,
  type Resource,
  type WholeList,
} from './resource-list.ts'
import { isGlobalReader, type Login } from './visibility.ts'

/** A role that somebody holds now, as `/v3/roles` shows it. Texts that it leaves out are ''. */
export interface Role extends Resource {
  /** Such as `organization_auditor` or `space_developer`. */
  readonly type: string
  /** `YYYY-MM-DDThh:mm:ssZ`. */
  readonly since: string
  readonly userGuid: string
  /** For a space role the org of its space, which the role itself does not hold. */
  readonly orgGuid: string
  /** '' for the role of an org. */
  readonly spaceGuid: string
}

/** Which roles are asked for. */
export interface RolesQuery {
  /** 'all': of every org and space that the user can see. */
  readonly orgGuids: readonly string[] | 'all'
  /** Whether to read space roles. Org roles also show what the user may see. */
  readonly spaceRoles: boolean
  /** Both narrow a question about every org; undefined: no condition. */
  readonly types?: readonly string[] | undefined
  readonly userGuids?: readonly string[] | undefined
}

/** Roles, each once, as many as Cloud Foundry counts. */
export interface Roles {
  readonly roles: readonly Role[]
  /** The `users`, `organizations` and `spaces` that the roles name, as far as they can be seen. */
  readonly included: Included
  /** The spaces that the user can list, those without roles too; undefined: not listed. */
  readonly spaces: readonly Resource[] | undefined
  /** Why users have no names; undefined when the UAA was asked. */
  readonly namesLacking: UaaUnavailable | undefined
}

/**
 * Lists roles. Of an org these are two lists: `organization_guids` finds the roles of orgs alone, for the row of a space
 * role has no org (app/models/runtime/role.rb); those of spaces are found by the GUIDs of the spaces. What the user may
 * not see is silently absent (lib/cloud_controller/permissions.rb): members of an org see its roles, but only managers
 * of the org, those with a role in a space, and global readers see that space.
 * Only lists are read: they write no audit events.
 * @throws Failed if API v3 is off, Incomplete if a list cannot be proven complete.
 */
export async function listRoles(client: CapiClient, query: RolesQuery): Promise<Roles> {
  try {
    return query.orgGuids === 'all'
      ? await ofEveryOrg(client, query)
      : await ofOrgs(client, query, query.orgGuids)
  } catch (error) {
    throw error instanceof EndpointMissing ? needsV3(error.message) : error
  }
}

async function ofOrgs(
  client: CapiClient,
  { spaceRoles }: RolesQuery,
  orgGuids: readonly string[],
): Promise<Roles> {
  const found = new RoleCollector(client)
  for (const list of filterLists(orgGuids)) {
    await found.roles(`/v3/roles?organization_guids=${list}`, 'organization')
  }
  const spaces: Resource[] = []
  if (spaceRoles) {
    for (const list of filterLists(orgGuids)) {
      spaces.push(...(await listAll(client, `/v3/spaces?organization_guids=${list}`)).resources)
    }
    found.include({ spaces: spaces.map(({ value }) => value) })
    for (const list of filterLists(spaces.map(({ guid }) => guid))) {
      await found.roles(`/v3/roles?space_guids=${list}`)
    }
  }
  return found.all(spaces)
}

async function ofEveryOrg(client: CapiClient, { spaceRoles, types, userGuids }: RolesQuery): Promise<Roles> {
  const found = new RoleCollector(client)
  const orgs = await listAll(client, '/v3/organizations')
  found.include({ organizations: orgs.resources.map(({ value }) => value) })
  const ofTypes = types === undefined ? '' : `types=${types.join(',')}`
  for (const list of userGuids === undefined ? [''] : filterLists(userGuids)) {
    const filters = [ofTypes, list === '' ? '' : `user_guids=${list}`].filter(filter => filter !== '')
    const question = filters.length === 0 ? '' : `?${filters.join('&')}`
    await found.roles(`/v3/roles${question}`, ...(spaceRoles ? ['space'] : []))
  }
  return found.all(undefined)
}

/** Collects roles from several lists. */
class RoleCollector {
  private readonly client: CapiClient
  private readonly byGuid = new Map<string, Resource>()
  private readonly included: Included = new Map()
  private namesLacking: UaaUnavailable | undefined

  constructor(client: CapiClient) {
    this.client = client
  }

  /** Reads a list of roles with the names of their users, or without where the UAA cannot be asked. */
  async roles(path: string, ...including: string[]): Promise<void> {
    const list = await this.named(path, including)
    for (const role of list.resources) this.byGuid.set(role.guid, role)
    for (const [kind, resources] of list.included) this.include({ [kind]: [...resources.values()] })
  }

  private async named(path: string, including: readonly string[]): Promise<WholeList> {
    const asking = (kinds: readonly string[]) =>
      listAll(
        this.client,
        kinds.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}include=${kinds.join(',')}`,
      )
    if (this.namesLacking === undefined) {
      try {
        return await asking(['user', ...including])
      } catch (error) {
        if (!(error instanceof UaaUnavailable)) throw error
        this.namesLacking = error
      }
    }
    return asking(including)
  }

  include(resources: Record<string, readonly unknown[]>): void {
    include(this.included, resources)
  }

  all(spaces: readonly Resource[] | undefined): Roles {
    const roles = [...this.byGuid.values()].map(role => readRole(role, this.included))
    return { roles, included: this.included, spaces, namesLacking: this.namesLacking }
  }
}

function readRole(role: Resource, included: Included): Role {
  const { value } = role
  const spaceGuid = textAt(value, 'relationships', 'space', 'data', 'guid')
  const space = included.get('spaces')?.get(spaceGuid)
  return {
    ...role,
    type: textAt(value, 'type'),
    since: textAt(value, 'created_at'),
    userGuid: textAt(value, 'relationships', 'user', 'data', 'guid'),
    orgGuid:
      textAt(value, 'relationships', 'organization', 'data', 'guid') ||
      textAt(space, 'relationships', 'organization', 'data', 'guid'),
    spaceGuid,
  }
}

function needsV3(said: string): Failed {
  return new Failed(
    `Roles need API v3, and /v3/roles answered: ${said}`,
    'Where only API v2 is on, use cf org-users ORG and cf space-users ORG SPACE.',
  )
}

/** Whether somebody can list every space of an org; 'unknown': it cannot be found out. */
export type SpacesShown = 'all' | 'some' | 'unknown'

/**
 * Which orgs show the user all their spaces. Managers of an org and global readers list them all, others those
 * where they hold a role (lib/cloud_controller/permissions.rb, ROLES_FOR_SPACE_READING). One call, and none for a manager.
 * @param reader undefined: it is unknown who asks.
 */
export async function spacesShown(
  client: CapiClient,
  reader: Login | undefined,
  roles: Roles,
  orgGuids: readonly string[],
): Promise<Map<string, SpacesShown>> {
  const shown = new Map(orgGuids.map(guid => [guid, byOwnRoles(reader, roles, guid)]))
  const isPart = [...shown.values()].some(each => each !== 'all')
  if (isPart && (reader?.isGlobalReader ?? (await readsGlobally(client)))) {
    for (const guid of orgGuids) shown.set(guid, 'all')
  }
  return shown
}

/** Whether the user is a global reader, as far as it can be found out. Global readers see every org and space. */
export async function readsGlobally(client: CapiClient): Promise<boolean> {
  try {
    return await isGlobalReader(client)
  } catch (error) {
    recoverable(error)
    return false
  }
}

function byOwnRoles(reader: Login | undefined, { roles, included }: Roles, orgGuid: string): SpacesShown {
  if (reader === undefined) return 'unknown'
  const { user, guid } = reader
  const nameOf = (userGuid: string) => textAt(included.get('users')?.get(userGuid), 'username').toLowerCase()
  const isSelf = (userGuid: string) =>
    guid === undefined ? userGuid === user || nameOf(userGuid) === user.toLowerCase() : userGuid === guid
  const own = roles.filter(role => role.orgGuid === orgGuid && role.spaceGuid === '' && isSelf(role.userGuid))
  // A name can stand for one user of each origin, and then it is unknown which of them asks. A client has only its id.
  const selves = new Set(own.map(({ userGuid }) => userGuid))
  const managers = new Set(
    own.filter(({ type }) => type === 'organization_manager').map(role => role.userGuid),
  )
  if (selves.size === 0 || (managers.size > 0 && managers.size < selves.size)) return 'unknown'
  return managers.size > 0 ? 'all' : 'some'
}
