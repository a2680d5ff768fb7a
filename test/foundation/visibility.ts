import type { RoleType, State, User } from './state.ts'
import type { Condition } from './store.ts'

const spaceRoles: RoleType[] = ['space_developer', 'space_manager', 'space_auditor', 'space_supporter']
const orgRoles: RoleType[] = [
  'organization_user',
  'organization_manager',
  'organization_auditor',
  'organization_billing_manager',
]

/** Global readers see everything, unscoped events included. */
export const readsGlobally = (user: User): boolean =>
  user.scopes.some(scope =>
    [
      'cloud_controller.admin',
      'cloud_controller.admin_read_only',
      'cloud_controller.global_auditor',
    ].includes(scope),
  )

const held = (state: State, user: User, types: RoleType[]) =>
  state.roles.filter(role => role.userGuid === user.guid && types.includes(role.type))

const guidsOf = (list: { guid: string }[]) => new Set(list.map(each => each.guid))

const orgsWith = (state: State, user: User, types: RoleType[]): Set<string> =>
  new Set(held(state, user, types).flatMap(role => role.orgGuid ?? []))

const spacesWith = (state: State, user: User, types: RoleType[]): Set<string> =>
  new Set(held(state, user, types).flatMap(role => role.spaceGuid ?? []))

/** Organizations that the user may know of: any role in the org itself. */
export const readableOrgs = (state: State, user: User): Set<string> =>
  readsGlobally(user) ? guidsOf(state.orgs) : orgsWith(state, user, orgRoles)

/** Spaces whose content the user may list: a role in the space, or Org Manager. Never an Org Auditor. */
export const readableSpaces = (state: State, user: User): Set<string> => {
  if (readsGlobally(user)) return guidsOf(state.spaces)
  const managed = orgsWith(state, user, ['organization_manager'])
  return new Set([
    ...spacesWith(state, user, spaceRoles),
    ...guidsOf(state.spaces.filter(space => managed.has(space.orgGuid))),
  ])
}

/** Spaces whose routes the user may list: these an Org Auditor reads too. */
export const readableRouteSpaces = (state: State, user: User): Set<string> => {
  const audited = orgsWith(state, user, ['organization_auditor'])
  return new Set([
    ...readableSpaces(state, user),
    ...guidsOf(state.spaces.filter(space => audited.has(space.orgGuid))),
  ])
}

/** Users that the user may list: the members of the user's organizations, and the user. */
export const readableUsers = (state: State, user: User): Set<string> => {
  if (readsGlobally(user)) return guidsOf(state.users)
  const mine = orgsWith(state, user, orgRoles)
  const members = state.roles.filter(role => role.orgGuid !== null && mine.has(role.orgGuid))
  return new Set([...members.map(role => role.userGuid), user.guid])
}

/** v2 has no Space Supporters: whoever is nothing else is turned away before any controller. */
export const supporterOnly = (state: State, user: User): boolean =>
  !readsGlobally(user) &&
  held(state, user, ['space_supporter']).length > 0 &&
  held(state, user, [...spaceRoles, ...orgRoles]).every(
    role => role.type === 'space_supporter' || role.type === 'organization_user',
  )

/** Which events the user may see; managers see none, and hear no error. */
export const visibleEvents = (state: State, user: User, api: 'v2' | 'v3'): Condition => {
  if (readsGlobally(user)) return { key: 'all', keeps: () => true }
  const orgs = orgsWith(state, user, ['organization_auditor'])
  const types: RoleType[] = ['space_developer', 'space_auditor']
  const spaces = spacesWith(state, user, api === 'v3' ? [...types, 'space_supporter'] : types)
  return {
    key: `visible ${[...orgs]} ${[...spaces]}`,
    keeps: event => spaces.has(event.spaceGuid) || orgs.has(event.orgGuid),
  }
}
