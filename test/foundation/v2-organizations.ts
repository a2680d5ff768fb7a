import { type Answer, ApiError, badQuery, json } from './answer.ts'
import { cgiValues, type Request } from './request.ts'
import type { Org, State, User } from './state.ts'
import { readableOrgs } from './visibility.ts'

/** GET /v2/organizations, which v6 of cf looks names up in, and /v2/organizations/:guid. */
export const v2Organizations = (state: State, user: User, request: Request): Answer => {
  const readable = readableOrgs(state, user)
  let found = state.orgs.filter(org => readable.has(org.guid))
  const guid = request.path.split('/')[3]
  if (guid !== undefined) {
    const org = found.find(each => each.guid === guid)
    if (!org)
      throw new ApiError(
        404,
        30003,
        'CF-OrganizationNotFound',
        `The organization could not be found: ${guid}`,
      )
    return json(resource(org))
  }
  for (const query of cgiValues(request.query, 'q')) {
    const [, key = query, operator, value = ''] = /^(.*?)(:| IN )(.*)$/s.exec(query) ?? []
    if (key !== 'name') throw badQuery(key)
    const names = operator === ' IN ' ? value.split(',') : [value]
    found = found.filter(org => names.includes(org.name))
  }
  const total = found.length
  return json({
    total_results: total,
    total_pages: 1,
    prev_url: null,
    next_url: null,
    resources: found.map(resource),
  })
}

const resource = (org: Org) => ({
  metadata: {
    guid: org.guid,
    url: `/v2/organizations/${org.guid}`,
    created_at: '2024-01-15T09:00:00Z',
    updated_at: '2024-01-15T09:00:00Z',
  },
  entity: {
    name: org.name,
    billing_enabled: false,
    quota_definition_guid: 'default-quota',
    status: 'active',
    default_isolation_segment_guid: null,
    spaces_url: `/v2/organizations/${org.guid}/spaces`,
    users_url: `/v2/organizations/${org.guid}/users`,
  },
})
