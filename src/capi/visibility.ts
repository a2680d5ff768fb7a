import { Interrupted } from '../errors.ts'
import type { Ask } from './ask.ts'
import { textAt, valueAt } from './event.ts'
import { askList, filterValue } from './list.ts'
import { asCount } from './query.ts'

/** Which events of an org somebody's roles show. */
export type Visibility =
  | { readonly sees: 'all' }
  /** Those of these spaces, by name. */
  | { readonly sees: 'some'; readonly spaces: readonly string[] }
  | { readonly sees: 'none'; readonly isManager: boolean }
  | { readonly sees: 'unknown'; readonly why: string }

// lib/cloud_controller/permissions.rb, readable_event_dataset: everything for global readers; else the orgs where one is
// auditor, and the spaces where one is developer, auditor or supporter. Managers of any kind get 200 and an empty list.
const spaceRoles = 'space_developer,space_auditor,space_supporter'

/**
 * Looks up what the roles of a user show of an org, by list calls, which write no audit events of their own.
 * @param orgGuid undefined: every org; then only 'all' and 'none' are told apart.
 */
export async function visibilityOf(ask: Ask, user: string, orgGuid: string | undefined): Promise<Visibility> {
  try {
    const guids = orgGuid === undefined ? '' : await userGuids(ask, user)
    const inOrg = orgGuid === undefined ? [] : await roleTypes(ask, guids, orgGuid)
    if (inOrg.includes('organization_auditor') || (await isGlobalReader(ask))) return { sees: 'all' }
    const spaces = orgGuid === undefined ? [] : await spacesOf(ask, guids, orgGuid)
    if (spaces.length > 0) return { sees: 'some', spaces }
    return { sees: 'none', isManager: inOrg.includes('organization_manager') }
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

async function roleTypes(ask: Ask, userGuids: string, orgGuid: string): Promise<string[]> {
  const path = `/v3/roles?user_guids=${userGuids}&organization_guids=${filterValue(orgGuid)}&per_page=5000`
  return (await askList(ask, path)).resources.map(role => textAt(role, 'type'))
}

async function spacesOf(ask: Ask, userGuids: string, orgGuid: string): Promise<string[]> {
  const path = `/v3/roles?user_guids=${userGuids}&types=${spaceRoles}&include=space&per_page=5000`
  const spaces = valueAt((await askList(ask, path)).envelope, 'included', 'spaces')
  if (!Array.isArray(spaces)) return []
  return spaces
    .filter(space => textAt(space, 'relationships', 'organization', 'data', 'guid') === orgGuid)
    .map(space => textAt(space, 'name') || textAt(space, 'guid'))
}

/** Usage events are shown to global readers alone; where there are none at all, nobody can be told to be one. */
async function isGlobalReader(ask: Ask): Promise<boolean> {
  const { envelope } = await askList(ask, '/v3/app_usage_events?per_page=1')
  return (asCount(valueAt(envelope, 'pagination', 'total_results')) ?? 0) > 0
}
