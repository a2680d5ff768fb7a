import type { Cf } from '../cf/cf.ts'
import type { Context } from '../context.ts'
import { Interrupted } from '../errors.ts'
import { asCount, type Query } from './api.ts'
import type { CapiClient } from './client.ts'
import { textAt, valueAt } from './event.ts'
import { filterValue, getList } from './resource-list.ts'

/** Which of the events that were asked for somebody's roles show. */
export type Visibility =
  | { readonly sees: 'all' }
  /** Those of these orgs, and of these spaces elsewhere, by name. */
  | { readonly sees: 'some'; readonly orgs: readonly string[]; readonly spaces: readonly string[] }
  | { readonly sees: 'none'; readonly isManager: boolean }
  | { readonly sees: 'unknown'; readonly why: string }

/** Whose sight it is. */
export interface RoleHolder {
  /** A user's name, or the id of a client. */
  readonly user: string
  /** Looked up by the name, if not known. */
  readonly guid?: string | undefined
  /** By the scopes of the login; undefined: they are not known. */
  readonly isGlobalReader?: boolean
}

// lib/cloud_controller/permissions.rb, readable_event_dataset: everything for global readers; else the orgs where one is
// auditor, and the spaces where one is developer, auditor or supporter. Managers of any kind get 200 and an empty list.
const roles = 'organization_auditor,organization_manager,space_developer,space_auditor,space_supporter'

/** Looks up what the roles of a reader show, by list calls, which write no audit events of their own. */
export async function visibilityOf(
  client: CapiClient,
  reader: RoleHolder,
  { orgGuids, spaceGuids }: Pick<Query, 'orgGuids' | 'spaceGuids'>,
): Promise<Visibility> {
  if (reader.isGlobalReader) return { sees: 'all' }
  try {
    const users = reader.guid === undefined ? await userGuids(client, reader.user) : filterValue(reader.guid)
    const path = `/v3/roles?user_guids=${users}&types=${roles}&include=organization,space&per_page=5000`
    const { resources, envelope } = await getList(client, path)
    const orgsWhere = (type: string) =>
      resources
        .filter(role => textAt(role, 'type') === type)
        .map(role => textAt(role, 'relationships', 'organization', 'data', 'guid'))
        .filter(guid => orgGuids?.includes(guid) ?? true)
    const audited = orgsWhere('organization_auditor')
    // Of the orgs of its roles the answer names the spaces, too; those of an org that is seen anyway tell nothing more.
    const spaces = included(envelope, 'spaces')
      .map(space => ({
        ...space,
        orgGuid: textAt(space.resource, 'relationships', 'organization', 'data', 'guid'),
      }))
      .filter(({ orgGuid }) => (orgGuids?.includes(orgGuid) ?? true) && !audited.includes(orgGuid))
      .filter(({ guid }) => spaceGuids?.includes(guid) ?? true)

    const seesOrgs = orgGuids?.every(guid => audited.includes(guid)) ?? false
    const seesSpaces = spaceGuids?.every(guid => spaces.some(space => space.guid === guid)) ?? false
    if (seesOrgs || seesSpaces || (await isGlobalReader(client))) return { sees: 'all' }
    if (audited.length === 0 && spaces.length === 0) {
      return { sees: 'none', isManager: orgsWhere('organization_manager').length > 0 }
    }
    const orgs = included(envelope, 'organizations').filter(({ guid }) => audited.includes(guid))
    return { sees: 'some', orgs: orgs.map(({ name }) => name), spaces: spaces.map(({ name }) => name) }
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error
    return { sees: 'unknown', why: error.message }
  }
}

/** A name can stand for one user of each origin; a client is not found by name, and its GUID is its id. */
async function userGuids(client: CapiClient, user: string): Promise<string> {
  const { resources } = await getList(client, `/v3/users?usernames=${filterValue(user)}&per_page=5000`)
  const guids = resources.map(each => textAt(each, 'guid')).filter(guid => guid !== '')
  return (guids.length === 0 ? [user] : guids).map(filterValue).join(',')
}

interface Included {
  readonly guid: string
  readonly name: string
  readonly resource: unknown
}

function included(envelope: unknown, kind: 'organizations' | 'spaces'): Included[] {
  const found = valueAt(envelope, 'included', kind)
  if (!Array.isArray(found)) return []
  return found.map(resource => {
    const guid = textAt(resource, 'guid')
    return { guid, name: textAt(resource, 'name') || guid, resource }
  })
}

/** Usage events are shown to global readers alone; where there are none at all, nobody can be told to be one. */
export async function isGlobalReader(client: CapiClient): Promise<boolean> {
  const { envelope } = await getList(client, '/v3/app_usage_events?per_page=1')
  return (asCount(valueAt(envelope, 'pagination', 'total_results')) ?? 0) > 0
}

/** What can be asked of `cf` about its user. */
type Asked = Pick<Cf, 'savedLogin' | 'target'>

/** Where events are asked for. */
type VisibilityScope = Pick<Query, 'orgGuids' | 'spaceGuids'>

interface Remembered {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly visible: Visibility
}

const hour = 3600_000
const written = 'The report is whole; only what your roles show was not looked up.'

/**
 * What the user's roles show, as it was within the last hour; asked when that is not known. By then the report is
 * written, and an interruption says so.
 */
export async function cachedVisibility(
  cf: Asked,
  client: CapiClient,
  where: VisibilityScope,
  { cache: open, now }: Pick<Context, 'cache' | 'now'>,
): Promise<Visibility> {
  const cache = await open('visibility.json', parseRemembered)
  const [login, recalled] = await Promise.all([loginOf(cf), cache.read()])
  if ('why' in login) return { sees: 'unknown', why: login.why }
  const key = JSON.stringify([login.api, login.guid ?? login.user, where.orgGuids, where.spaceGuids])
  const fresh = Object.entries(recalled).filter(([, known]) => known !== undefined && isFresh(known, now()))
  const known = Object.fromEntries(fresh)[key]
  if (known !== undefined) return known.visible
  const visible = await visibilityOf(client, login, where).catch(error => {
    throw error instanceof Interrupted ? new Interrupted(error.signal, written) : error
  })
  // Who sees nothing is about to be granted something.
  if (visible.sees === 'all' || visible.sees === 'some') {
    await cache.write(Object.fromEntries([...fresh, [key, { at: now(), visible }]]))
  }
  return visible
}

/** What the user's roles show now. */
export async function currentVisibility(
  cf: Asked,
  client: CapiClient,
  where: VisibilityScope,
): Promise<Visibility & { who: Grantee }> {
  const login = await loginOf(cf)
  if ('why' in login) return { who: { user: '' }, sees: 'unknown', why: login.why }
  return { who: login, ...(await visibilityOf(client, login, where)) }
}

/** Who can be given a role. */
export interface Grantee {
  /** A user's name, or the id of a client. */
  readonly user: string
  /** undefined: that cannot be told. */
  readonly isClient?: boolean
}

interface Login {
  readonly api: string
  readonly user: string
  readonly guid?: string
  readonly isClient?: boolean
  readonly isGlobalReader?: boolean
}

/** The login that `cf` has saved, else what `cf target` says; a wrapper may know neither. */
export async function loginOf(cf: Asked): Promise<Login | { readonly why: string }> {
  try {
    return (await cf.savedLogin()) ?? (await cf.target())
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error
    return { why: error.message }
  }
}

function parseRemembered(value: unknown): Remembered | undefined {
  const at = valueAt(value, 'at')
  const visible = valueAt(value, 'visible') as Visibility | undefined
  const lists = [valueAt(visible, 'orgs'), valueAt(visible, 'spaces')]
  const isKnown = visible?.sees === 'all' || (visible?.sees === 'some' && lists.every(Array.isArray))
  return typeof at === 'number' && visible !== undefined && isKnown ? { at, visible } : undefined
}

function isFresh({ at }: Remembered, now: number): boolean {
  return at <= now && now - at < hour
}
