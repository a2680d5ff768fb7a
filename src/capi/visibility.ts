import type { Cf } from '../cf/cf.ts'
import { recoverable } from '../errors.ts'
import { joinNames, shellLine } from '../text.ts'
import { asCount, type Query } from './api.ts'
import type { CapiClient } from './client.ts'
import { type ApiName, textAt, valueAt } from './event.ts'
import { filterLists, filterValue, getList, type Included, listAll, type Resource } from './resource-list.ts'
import { findUsers } from './users.ts'

/** Which of the events that were asked for the user's roles show. */
export type Visibility =
  | { readonly sees: 'all' }
  /** Those of these orgs, and of these spaces elsewhere, by name. */
  | { readonly sees: 'some'; readonly orgs: readonly string[]; readonly spaces: readonly string[] }
  | { readonly sees: 'none'; readonly isManager: boolean }
  | { readonly sees: 'unknown'; readonly why: string }

/** Where events are read. */
export type VisibilityScope = Pick<Query, 'orgGuids' | 'spaceGuids'>

/** Names of orgs and spaces, by GUID. */
export interface PlaceNames {
  readonly orgs: ReadonlyMap<string, string>
  readonly spaces: ReadonlyMap<string, string>
}

/** What one look at the user's roles gave. */
export interface VisibilityLookup {
  /** What the user sees through an API. */
  readonly visibility: (api: ApiName) => Visibility
  readonly user: Grantee
  /** The orgs and spaces that came along. */
  readonly names: PlaceNames
  /** Equal for two looks between which nothing that decides about visibility changed; undefined: it is unknown. */
  readonly fingerprint: string | undefined
}

/** Who can be given a role. */
export interface Grantee {
  /** A user's name, or the id of a client. */
  readonly user: string
  /** undefined: unknown. */
  readonly isClient?: boolean
}

/** Who is logged in, as the login file of `cf` or `cf target` has it. */
export interface Login {
  readonly user: string
  readonly guid?: string
  readonly isClient?: boolean
  /** By the scopes of the token; undefined: unknown. */
  readonly isGlobalReader?: boolean
}

/** All roles and spaces of the orgs of a scope that the user can list, as they were just listed. */
export interface KnownRoles {
  readonly roles: readonly Resource[]
  readonly included: Included
  readonly spaces: readonly Resource[] | undefined
}

const noNames: PlaceNames = { orgs: new Map(), spaces: new Map() }

/**
 * Looks up which events of a scope the user's roles show, by lists, which write no audit events of their own: the roles
 * of the user or, for a global reader, the spaces of the orgs, for their names. Never remembered: a role may be taken away
 * between two runs.
 *
 * A global reader sees everything; others the orgs where they are auditor, and the spaces where they are developer,
 * auditor or, in API v3 alone, supporter. Managers of any kind get 200 and an empty list (lib/cloud_controller/permissions.rb,
 * readable_event_dataset; app/models/runtime/event.rb, user_visibility_filter).
 */
export async function lookUpVisibility(
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  client: CapiClient,
  scope: VisibilityScope,
  known?: KnownRoles,
): Promise<VisibilityLookup> {
  let user: Login = { user: '' }
  try {
    user = (await cf.savedLogin()) ?? (await cf.target())
    return user.isGlobalReader
      ? await ofGlobalReader(user, client, scope, known)
      : await ofRoleHolder(user, client, scope, known)
  } catch (error) {
    const why = recoverable(error).message
    return {
      visibility: () => ({ sees: 'unknown', why }),
      user,
      names: noNames,
      fingerprint: undefined,
    }
  }
}

async function ofGlobalReader(
  user: Login,
  client: CapiClient,
  { orgGuids }: VisibilityScope,
  known?: KnownRoles,
): Promise<VisibilityLookup> {
  const included: Included = new Map(known?.included)
  const spaces = new Map(known?.spaces?.map(({ guid, value }) => [guid, textAt(value, 'name')]))
  try {
    // Without a role of the org, roles do not show its name.
    const isKnown = known?.spaces && orgGuids?.every(guid => included.get('organizations')?.has(guid))
    const lists = isKnown
      ? []
      : orgGuids === undefined
        ? ['']
        : filterLists(orgGuids).map(list => `organization_guids=${list}&`)
    for (const list of lists) {
      const listed = await listAll(client, `/v3/spaces?${list}include=organization`)
      for (const { guid, value } of listed.resources) spaces.set(guid, textAt(value, 'name'))
      for (const [kind, those] of listed.included)
        included.set(kind, new Map([...(included.get(kind) ?? []), ...those]))
    }
  } catch (error) {
    recoverable(error) // Without the names of spaces, their GUIDs are shown.
  }
  const names = { orgs: includedNames(included, 'organizations'), spaces }
  return { visibility: () => ({ sees: 'all' }), user, names, fingerprint: 'global reader' }
}

const roleTypes = [
  'organization_auditor',
  'organization_manager',
  'space_developer',
  'space_auditor',
  'space_supporter',
]

async function ofRoleHolder(
  user: Login,
  client: CapiClient,
  { orgGuids, spaceGuids }: VisibilityScope,
  known?: KnownRoles,
): Promise<VisibilityLookup> {
  const { resources, included } =
    known !== undefined && user.guid !== undefined
      ? { resources: ownOf(known.roles, user.guid), included: known.included }
      : await listOwn(client, user)
  const names = { orgs: includedNames(included, 'organizations'), spaces: includedNames(included, 'spaces') }
  const isAskedOrg = (guid: string) => orgGuids?.includes(guid) ?? true
  const orgsWhere = (type: string) =>
    resources
      .filter(({ value }) => textAt(value, 'type') === type)
      .map(({ value }) => textAt(value, 'relationships', 'organization', 'data', 'guid'))
      .filter(isAskedOrg)
  const audited = orgsWhere('organization_auditor')
  const spacesIn = (api: ApiName) => {
    const guids = resources
      .filter(({ value }) => textAt(value, 'type') !== 'space_supporter' || api === 'v3')
      .map(({ value }) => textAt(value, 'relationships', 'space', 'data', 'guid'))
      .filter(guid => guid !== '' && (spaceGuids?.includes(guid) ?? true))
      .filter(guid => {
        const org = textAt(included.get('spaces')?.get(guid), 'relationships', 'organization', 'data', 'guid')
        return isAskedOrg(org) && !audited.includes(org)
      })
    return [...new Set(guids)]
  }
  const seesOrgs = orgGuids?.every(guid => audited.includes(guid)) ?? false
  // The scopes of a token that could be read are certain.
  const readsAll = !seesOrgs && user.isGlobalReader === undefined && (await isGlobalReader(client))
  return {
    user,
    names,
    fingerprint: [readsAll, ...audited, ...spacesIn('v3')].sort().join(' '),
    visibility(api) {
      const spaces = spacesIn(api)
      const seesSpaces = spaceGuids?.every(guid => spaces.includes(guid)) ?? false
      if (seesOrgs || seesSpaces || readsAll) return { sees: 'all' }
      if (audited.length === 0 && spaces.length === 0) {
        return { sees: 'none', isManager: orgsWhere('organization_manager').length > 0 }
      }
      return {
        sees: 'some',
        orgs: audited.map(guid => names.orgs.get(guid) || guid),
        spaces: spaces.map(guid => names.spaces.get(guid) || guid),
      }
    },
  }
}

async function listOwn(client: CapiClient, user: Login) {
  const guids = user.guid === undefined ? await guidsOf(client, user.user) : [user.guid]
  const path = `/v3/roles?user_guids=${guids.map(filterValue).join(',')}&types=${roleTypes.join(',')}&include=organization,space`
  return listAll(client, path)
}

const ownOf = (roles: readonly Resource[], guid: string) =>
  roles.filter(
    ({ value }) =>
      textAt(value, 'relationships', 'user', 'data', 'guid') === guid &&
      roleTypes.includes(textAt(value, 'type')),
  )

/** A name can stand for one user of each origin; a client is not found by name, and its GUID is its id. */
async function guidsOf(client: CapiClient, user: string): Promise<readonly string[]> {
  const { guids, trouble } = await findUsers(client, [user])
  if (trouble !== undefined) throw trouble
  return guids.get(user) ?? [user]
}

/** The names of the orgs or spaces that came with a list, by GUID. */
export function includedNames(included: Included, kind: 'organizations' | 'spaces'): Map<string, string> {
  return new Map([...(included.get(kind) ?? [])].map(([guid, resource]) => [guid, textAt(resource, 'name')]))
}

/** Only global readers see usage events. Returns false if there are none, since that proves nothing. */
export async function isGlobalReader(client: CapiClient): Promise<boolean> {
  const { envelope } = await getList(client, '/v3/app_usage_events?per_page=1')
  return (asCount(valueAt(envelope, 'pagination', 'total_results')) ?? 0) > 0
}

/** The orgs and spaces that can be seen, in a sentence. */
export function visibleParts({ orgs, spaces }: Visibility & { sees: 'some' }): string {
  const inOrgs = orgs.length === 0 ? '' : `${orgs.length === 1 ? 'org' : 'orgs'} ${joinNames(orgs)}`
  const inSpaces =
    spaces.length === 0 ? '' : `${spaces.length === 1 ? 'space' : 'spaces'} ${joinNames(spaces)}`
  return [inOrgs, inSpaces].filter(part => part !== '').join(', ')
}

/** How to get the role that shows all events of an org. */
export function howToGetAccess(user: Grantee, org: string, isManager: boolean): string {
  return isManager
    ? `As an Org Manager you can grant yourself the role (the grant is audited): ${grantCommand(user, org)}`
    : `Ask an Org Manager to run: ${grantCommand(user, org)}`
}

/** Without --client, `cf` looks for a user of that name. */
export function grantCommand({ user, isClient }: Grantee, org: string): string {
  return shellLine(['cf', 'set-org-role', user, org, 'OrgAuditor', ...(isClient ? ['--client'] : [])])
}
