import { Interrupted } from '../errors.ts'
import type { Ask } from './ask.ts'
import { textAt, valueAt } from './event.ts'
import { askList, filterValue } from './list.ts'
import { asCount, type Query } from './query.ts'

/** Which of the events that were asked for somebody's roles show. */
export type Visibility =
  | { readonly sees: 'all' }
  /** Those of these orgs, and of these spaces elsewhere, by name. */
  | { readonly sees: 'some'; readonly orgs: readonly string[]; readonly spaces: readonly string[] }
  | { readonly sees: 'none'; readonly isManager: boolean }
  | { readonly sees: 'unknown'; readonly why: string }

/** Whose sight it is. */
export interface Reader {
  /** A user's name, or the id of a client. */
  readonly user: string
  /** Looked up by the name, if not known. */
  readonly guid?: string | undefined
  /** By the scopes of the login; undefined: they are not known. */
  readonly readsAll?: boolean
}

// lib/cloud_controller/permissions.rb, readable_event_dataset: everything for global readers; else the orgs where one is
// auditor, and the spaces where one is developer, auditor or supporter. Managers of any kind get 200 and an empty list.
const roles = 'organization_auditor,organization_manager,space_developer,space_auditor,space_supporter'

/** Looks up what the roles of a reader show, by list calls, which write no audit events of their own. */
export async function visibilityOf(
  ask: Ask,
  reader: Reader,
  { orgGuids, spaceGuids }: Pick<Query, 'orgGuids' | 'spaceGuids'>,
): Promise<Visibility> {
  if (reader.readsAll) return { sees: 'all' }
  try {
    const users = reader.guid === undefined ? await userGuids(ask, reader.user) : filterValue(reader.guid)
    const path = `/v3/roles?user_guids=${users}&types=${roles}&include=organization,space&per_page=5000`
    const { resources, envelope } = await askList(ask, path)
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
    if (seesOrgs || seesSpaces || (await isGlobalReader(ask))) return { sees: 'all' }
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
async function userGuids(ask: Ask, user: string): Promise<string> {
  const { resources } = await askList(ask, `/v3/users?usernames=${filterValue(user)}&per_page=5000`)
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
export async function isGlobalReader(ask: Ask): Promise<boolean> {
  const { envelope } = await askList(ask, '/v3/app_usage_events?per_page=1')
  return (asCount(valueAt(envelope, 'pagination', 'total_results')) ?? 0) > 0
}
