import { Failed } from '../errors.ts'
import { type Ask, NotServed, UaaUnavailable } from './ask.ts'
import { textAt } from './event.ts'
import { askAll, filterLists, type Included, include, type Resource, type WholeList } from './list.ts'

/** A role that somebody holds now, as `/v3/roles` shows it. Texts that it leaves out are ''. */
export interface Role extends Resource {
  /** Such as `organization_auditor` or `space_developer`. */
  readonly type: string
  /** `YYYY-MM-DDThh:mm:ssZ`. */
  readonly since: string
  readonly userGuid: string
  /** Of a space role: the org of its space, which the role itself does not tell. */
  readonly orgGuid: string
  /** '' for the role of an org. */
  readonly spaceGuid: string
}

/** Which roles are asked for. */
export interface RolesQuery {
  /** 'all': of every org and space that the user can see. */
  readonly orgGuids: readonly string[] | 'all'
  /** Whether roles of spaces are wanted at all; those of orgs also tell who asks. */
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
  /** The spaces that the user can list, those without roles too; for every org undefined: nobody asked. */
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
 * @throws Failed where API v3 is off, Incomplete when a list cannot be proven whole.
 */
export async function listRoles(ask: Ask, query: RolesQuery): Promise<Roles> {
  try {
    return query.orgGuids === 'all' ? await ofEveryOrg(ask, query) : await ofOrgs(ask, query, query.orgGuids)
  } catch (error) {
    throw error instanceof NotServed ? needsV3(error.message) : error
  }
}

async function ofOrgs(ask: Ask, { spaceRoles }: RolesQuery, orgGuids: readonly string[]): Promise<Roles> {
  const found = new Findings(ask)
  for (const list of filterLists(orgGuids)) {
    await found.roles(`/v3/roles?organization_guids=${list}`, 'organization')
  }
  const spaces: Resource[] = []
  if (spaceRoles) {
    for (const list of filterLists(orgGuids)) {
      spaces.push(...(await askAll(ask, `/v3/spaces?organization_guids=${list}`)).resources)
    }
    found.include({ spaces: spaces.map(({ value }) => value) })
    for (const list of filterLists(spaces.map(({ guid }) => guid))) {
      await found.roles(`/v3/roles?space_guids=${list}`)
    }
  }
  return found.all(spaces)
}

async function ofEveryOrg(ask: Ask, { spaceRoles, types, userGuids }: RolesQuery): Promise<Roles> {
  const found = new Findings(ask)
  const orgs = await askAll(ask, '/v3/organizations')
  found.include({ organizations: orgs.resources.map(({ value }) => value) })
  const ofTypes = types === undefined ? '' : `types=${types.join(',')}`
  for (const list of userGuids === undefined ? [''] : filterLists(userGuids)) {
    const filters = [ofTypes, list === '' ? '' : `user_guids=${list}`].filter(filter => filter !== '')
    const question = filters.length === 0 ? '' : `?${filters.join('&')}`
    await found.roles(`/v3/roles${question}`, ...(spaceRoles ? ['space'] : []))
  }
  return found.all(undefined)
}

/** What several lists tell together. */
class Findings {
  private readonly ask: Ask
  private readonly byGuid = new Map<string, Resource>()
  private readonly included: Included = new Map()
  private namesLacking: UaaUnavailable | undefined

  constructor(ask: Ask) {
    this.ask = ask
  }

  /** Reads a list of roles with the names of their users, or without where the UAA cannot be asked. */
  async roles(path: string, ...including: string[]): Promise<void> {
    const list = await this.named(path, including)
    for (const role of list.resources) this.byGuid.set(role.guid, role)
    for (const [kind, resources] of list.included) this.include({ [kind]: [...resources.values()] })
  }

  private async named(path: string, including: readonly string[]): Promise<WholeList> {
    const asking = (kinds: readonly string[]) =>
      askAll(
        this.ask,
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

/** The GUIDs of the users of these names, in any case and of every origin, that the user can see. */
export async function userGuids(ask: Ask, names: readonly string[]): Promise<string[]> {
  const guids: string[] = []
  for (const list of filterLists(names)) {
    const { resources } = await askAll(ask, `/v3/users?usernames=${list}`)
    guids.push(...resources.map(({ guid }) => guid))
  }
  return guids
}

function needsV3(said: string): Failed {
  return new Failed(
    `Roles are listed by API v3 alone, and here /v3/roles answered: ${said}`,
    'Where only API v2 is on, cf org-users ORG and cf space-users ORG SPACE show them.',
  )
}
