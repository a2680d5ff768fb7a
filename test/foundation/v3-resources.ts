import { type Answer, json, resourceNotFound, unprocessable } from './answer.ts'
import { decode, type Request } from './request.ts'
import type { App, Domain, Org, Role, Route, ServiceInstance, Space, State, User } from './state.ts'
import { type ListMessage, type ListRules, listAnswer, readList } from './v3-list.ts'
import {
  readableOrgs,
  readableRouteSpaces,
  readableSpaces,
  readableUsers,
  readsGlobally,
} from './visibility.ts'

/** One kind of v3 resource: who may list which, how each filter reads it, and what is shown. */
interface Kind<T extends { guid: string }> {
  rules: ListRules
  all(state: State, user: User): T[]
  /** For each list parameter the values of one resource; several count when any of them is wanted. */
  filters: Record<string, (each: T, state: State) => (string | null)[]>
  show(each: T, state: State, url: string): unknown
  sort?: Record<string, (each: T) => string>
  included?(page: T[], message: ListMessage, state: State, url: string): unknown
  notFound: string
}

/** When everything that has no date of its own was made. */
const created = '2024-01-15T09:00:00Z'

const spaceOf = (state: State, guid: string) => state.spaces.find(space => space.guid === guid)

const orgOfSpace = (state: State, guid: string) => spaceOf(state, guid)?.orgGuid ?? null

const metadata = { labels: {}, annotations: {} }

const orgJson = (org: Org, url: string) => ({
  guid: org.guid,
  created_at: created,
  updated_at: created,
  name: org.name,
  suspended: false,
  relationships: { quota: { data: { guid: 'default-quota' } } },
  metadata,
  links: {
    self: { href: `${url}/v3/organizations/${org.guid}` },
    domains: { href: `${url}/v3/organizations/${org.guid}/domains` },
    default_domain: { href: `${url}/v3/organizations/${org.guid}/domains/default` },
    quota: { href: `${url}/v3/organization_quotas/default-quota` },
  },
})

const spaceJson = (space: Space, url: string) => ({
  guid: space.guid,
  created_at: created,
  updated_at: created,
  name: space.name,
  suspended: false,
  relationships: { organization: { data: { guid: space.orgGuid } }, quota: { data: null } },
  metadata,
  links: {
    self: { href: `${url}/v3/spaces/${space.guid}` },
    organization: { href: `${url}/v3/organizations/${space.orgGuid}` },
    features: { href: `${url}/v3/spaces/${space.guid}/features` },
    apply_manifest: { href: `${url}/v3/spaces/${space.guid}/actions/apply_manifest`, method: 'POST' },
  },
})

const userJson = (user: User, url: string) => ({
  guid: user.guid,
  created_at: created,
  updated_at: created,
  // UAA knows clients by another name: Cloud Controller shows none.
  username: user.clientId ? null : user.username,
  presentation_name: (user.clientId ? null : user.username) ?? user.guid,
  origin: user.clientId || user.username === null ? null : user.origin,
  metadata,
  links: { self: { href: `${url}/v3/users/${encodeURIComponent(user.guid)}` } },
})

const pick = <T extends { guid: string }>(list: T[], guids: (string | null)[]): T[] =>
  list.filter(each => guids.includes(each.guid))

const orgs: Kind<Org> = {
  rules: {
    path: '/v3/organizations',
    keys: ['names'],
    single: ['label_selector'],
    orderBy: ['created_at', 'updated_at', 'name'],
  },
  all: (state, user) => pick(state.orgs, [...readableOrgs(state, user)]),
  filters: { names: org => [org.name] },
  sort: { name: org => org.name },
  show: (org, _, url) => orgJson(org, url),
  notFound: 'Organization',
}

const spaces: Kind<Space> = {
  rules: {
    path: '/v3/spaces',
    keys: ['names', 'organization_guids', 'include'],
    single: ['label_selector'],
    orderBy: ['created_at', 'updated_at', 'name'],
    include: ['org', 'organization'],
  },
  all: (state, user) => pick(state.spaces, [...readableSpaces(state, user)]),
  filters: { names: space => [space.name], organization_guids: space => [space.orgGuid] },
  sort: { name: space => space.name },
  show: (space, _, url) => spaceJson(space, url),
  included: (page, _, state, url) => ({
    organizations: pick(
      state.orgs,
      page.map(space => space.orgGuid),
    ).map(org => orgJson(org, url)),
  }),
  notFound: 'Space',
}

const apps: Kind<App> = {
  rules: {
    path: '/v3/apps',
    keys: ['names', 'organization_guids', 'space_guids', 'stacks', 'include'],
    single: ['label_selector', 'lifecycle_type'],
    orderBy: ['created_at', 'updated_at', 'name', 'state'],
    include: ['space', 'org', 'space.organization'],
  },
  all: (state, user) => {
    const readable = readableSpaces(state, user)
    return state.apps.filter(app => readable.has(app.spaceGuid))
  },
  filters: {
    names: app => [app.name],
    space_guids: app => [app.spaceGuid],
    organization_guids: (app, state) => [orgOfSpace(state, app.spaceGuid)],
    stacks: () => ['cflinuxfs4'],
  },
  sort: { name: app => app.name, state: app => app.state },
  show: (app, _, url) => ({
    guid: app.guid,
    created_at: created,
    updated_at: created,
    name: app.name,
    state: app.state,
    lifecycle: { type: 'buildpack', data: { buildpacks: [], stack: 'cflinuxfs4' } },
    relationships: { space: { data: { guid: app.spaceGuid } }, current_droplet: { data: { guid: null } } },
    metadata,
    links: { self: { href: `${url}/v3/apps/${app.guid}` } },
  }),
  included: (page, message, state, url) => {
    const wanted = message.lists.get('include')!
    const mine = pick(
      state.spaces,
      page.map(app => app.spaceGuid),
    )
    const theirs = pick(
      state.orgs,
      mine.map(space => space.orgGuid),
    )
    return {
      ...(wanted.includes('space') ? { spaces: mine.map(space => spaceJson(space, url)) } : {}),
      ...(wanted.some(each => each !== 'space')
        ? { organizations: theirs.map(org => orgJson(org, url)) }
        : {}),
    }
  },
  notFound: 'App',
}

const serviceInstances: Kind<ServiceInstance> = {
  rules: {
    path: '/v3/service_instances',
    keys: ['names', 'space_guids', 'organization_guids', 'service_plan_guids', 'service_plan_names'],
    single: ['label_selector', 'type', 'fields'],
    orderBy: ['created_at', 'updated_at', 'name'],
  },
  all: (state, user) => {
    const readable = readableSpaces(state, user)
    return state.serviceInstances.filter(each => readable.has(each.spaceGuid))
  },
  filters: {
    names: each => [each.name],
    space_guids: each => [each.spaceGuid],
    organization_guids: (each, state) => [orgOfSpace(state, each.spaceGuid)],
    service_plan_guids: () => [],
    service_plan_names: () => [],
    type: each => [each.type],
  },
  sort: { name: each => each.name },
  show: (each, _, url) => ({
    guid: each.guid,
    created_at: created,
    updated_at: created,
    name: each.name,
    tags: [],
    last_operation: {
      type: 'create',
      state: 'succeeded',
      description: '',
      updated_at: created,
      created_at: created,
    },
    type: each.type,
    relationships: { space: { data: { guid: each.spaceGuid } } },
    metadata,
    links: { self: { href: `${url}/v3/service_instances/${each.guid}` } },
  }),
  notFound: 'Service instance',
}

const domains: Kind<Domain> = {
  rules: { path: '/v3/domains', keys: ['names', 'organization_guids'], single: ['label_selector'] },
  all: state => state.domains,
  filters: { names: domain => [domain.name], organization_guids: () => [] },
  show: (domain, _, url) => ({
    guid: domain.guid,
    created_at: created,
    updated_at: created,
    name: domain.name,
    internal: false,
    router_group: null,
    supported_protocols: ['http'],
    metadata,
    relationships: { organization: { data: null }, shared_organizations: { data: [] } },
    links: { self: { href: `${url}/v3/domains/${domain.guid}` } },
  }),
  notFound: 'Domain',
}

const routes: Kind<Route> = {
  rules: {
    path: '/v3/routes',
    keys: [
      'hosts',
      'space_guids',
      'organization_guids',
      'domain_guids',
      'paths',
      'app_guids',
      'include',
      'ports',
      'service_instance_guids',
    ],
    single: ['label_selector'],
    include: ['domain', 'space', 'space.organization', 'route_policies'],
  },
  all: (state, user) => {
    const readable = readableRouteSpaces(state, user)
    return state.routes.filter(route => readable.has(route.spaceGuid))
  },
  filters: {
    hosts: route => [route.host],
    space_guids: route => [route.spaceGuid],
    organization_guids: (route, state) => [orgOfSpace(state, route.spaceGuid)],
    domain_guids: route => [route.domainGuid],
    paths: route => [route.path],
    app_guids: route => route.appGuids,
    ports: route => [route.port === null ? null : String(route.port)],
    service_instance_guids: () => [],
  },
  show: (route, state, url) => {
    const domain = state.domains.find(each => each.guid === route.domainGuid)?.name ?? ''
    const address = route.port
      ? `${domain}:${route.port}`
      : `${route.host === '' ? '' : `${route.host}.`}${domain}${route.path}`
    return {
      guid: route.guid,
      created_at: created,
      updated_at: created,
      protocol: route.port ? 'tcp' : 'http',
      host: route.host,
      path: route.path,
      port: route.port,
      url: address,
      destinations: route.appGuids.map(guid => ({
        guid: `${guid}-destination`,
        app: { guid, process: { type: 'web' } },
        weight: null,
        port: 8080,
        protocol: 'http1',
      })),
      metadata,
      relationships: {
        space: { data: { guid: route.spaceGuid } },
        domain: { data: { guid: route.domainGuid } },
      },
      links: { self: { href: `${url}/v3/routes/${route.guid}` } },
    }
  },
  included: (page, message, state, url) => {
    const wanted = message.lists.get('include')!
    const mine = pick(
      state.spaces,
      page.map(route => route.spaceGuid),
    )
    return {
      ...(wanted.includes('domain')
        ? {
            domains: pick(
              state.domains,
              page.map(route => route.domainGuid),
            ).map(domain => domains.show(domain, state, url)),
          }
        : {}),
      ...(wanted.some(each => each.startsWith('space'))
        ? { spaces: mine.map(space => spaceJson(space, url)) }
        : {}),
      ...(wanted.includes('space.organization')
        ? {
            organizations: pick(
              state.orgs,
              mine.map(space => space.orgGuid),
            ).map(org => orgJson(org, url)),
          }
        : {}),
    }
  },
  notFound: 'Route',
}

const users: Kind<User> = {
  rules: {
    path: '/v3/users',
    keys: ['usernames', 'partial_usernames', 'origins'],
    single: ['label_selector'],
    refuse: unprocessable,
  },
  all: (state, user) => pick(state.users, [...readableUsers(state, user)]),
  filters: {
    usernames: user => [user.username],
    origins: user => [user.origin],
  },
  show: (user, _, url) => userJson(user, url),
  notFound: 'User',
}

const roles: Kind<Role> = {
  rules: {
    path: '/v3/roles',
    keys: ['organization_guids', 'space_guids', 'user_guids', 'types', 'include'],
    include: ['user', 'organization', 'space'],
    refuse: unprocessable,
    defaultOrder: 'created_at',
  },
  all: (state, user) => {
    const inOrgs = readableOrgs(state, user)
    const inSpaces = readableSpaces(state, user)
    return state.roles.filter(
      role =>
        (role.orgGuid !== null && inOrgs.has(role.orgGuid)) ||
        (role.spaceGuid !== null && inSpaces.has(role.spaceGuid)),
    )
  },
  filters: {
    // A space role has no organization on its row: organization_guids never finds one.
    organization_guids: role => [role.orgGuid],
    space_guids: role => [role.spaceGuid],
    user_guids: role => [role.userGuid],
    types: role => [role.type],
  },
  sort: { created_at: role => role.createdAt ?? created },
  show: (role, _, url) => {
    const user = { data: { guid: role.userGuid } }
    const space = { data: role.spaceGuid === null ? null : { guid: role.spaceGuid } }
    const organization = { data: role.orgGuid === null ? null : { guid: role.orgGuid } }
    const self = { href: `${url}/v3/roles/${role.guid}` }
    const own = { href: `${url}/v3/users/${encodeURIComponent(role.userGuid)}` }
    return {
      guid: role.guid,
      created_at: role.createdAt ?? created,
      updated_at: role.createdAt ?? created,
      type: role.type,
      relationships: role.spaceGuid === null ? { user, organization, space } : { user, space, organization },
      links:
        role.spaceGuid === null
          ? { self, user: own, organization: { href: `${url}/v3/organizations/${role.orgGuid}` } }
          : { self, user: own, space: { href: `${url}/v3/spaces/${role.spaceGuid}` } },
    }
  },
  included: (page, message, state, url) => {
    const wanted = message.lists.get('include')!
    const of = <T extends { guid: string }>(list: T[], guid: (role: Role) => string | null) =>
      pick(list, page.map(guid))
    return {
      ...(wanted.includes('user')
        ? { users: of(state.users, role => role.userGuid).map(user => userJson(user, url)) }
        : {}),
      ...(wanted.includes('organization')
        ? { organizations: of(state.orgs, role => role.orgGuid).map(org => orgJson(org, url)) }
        : {}),
      ...(wanted.includes('space')
        ? { spaces: of(state.spaces, role => role.spaceGuid).map(space => spaceJson(space, url)) }
        : {}),
    }
  },
  notFound: 'Role',
}

/** Usage is told to global readers only; everybody else hears that there was none. */
const appUsageEvents: Kind<App> = {
  rules: {
    path: '/v3/app_usage_events',
    keys: ['after_guid'],
    orderBy: ['created_at'],
    refuse: unprocessable,
  },
  all: (state, user) => (readsGlobally(user) ? state.apps : []),
  filters: {},
  show: (app, state, url) => ({
    guid: `usage-${app.guid}`,
    created_at: created,
    updated_at: created,
    state: { current: app.state, previous: 'STOPPED' },
    app: { guid: app.guid, name: app.name },
    process: { guid: app.guid, type: 'web' },
    space: { guid: app.spaceGuid, name: spaceOf(state, app.spaceGuid)?.name ?? null },
    organization: { guid: orgOfSpace(state, app.spaceGuid) },
    buildpack: { guid: null, name: null },
    task: { guid: null, name: null },
    memory_in_mb_per_instance: { current: 64, previous: 64 },
    instance_count: { current: 1, previous: 1 },
    links: { self: { href: `${url}/v3/app_usage_events/usage-${app.guid}` } },
  }),
  notFound: 'App usage event',
}

type Served = (
  state: State,
  user: User,
  request: Request,
  url: string,
  maxTotalResults: number | undefined,
) => Answer

/** Whether Cloud Controller has to ask UAA for the names of users (app/models/runtime/user.rb, uaa_users_info). */
export const asksUaa = ({ path, query }: Request): boolean =>
  /^\/v3\/users(\/|$)/.test(path) ||
  (/^\/v3\/roles(\/|$)/.test(path) && /(^|&)include=[^&]*\buser\b/.test(query))

const serve =
  <T extends { guid: string }>(kind: Kind<T>): Served =>
  (state, user, request, url, maxTotalResults) => {
    const guid = request.path.split('/')[3]
    if (guid === undefined) return list(withLimit(kind, maxTotalResults), state, user, request, url)
    const found = kind.all(state, user).find(each => each.guid === decode(guid))
    if (!found) throw resourceNotFound(kind.notFound)
    return json(kind.show(found, state, url))
  }

/** Operators can bound page * per_page of every v3 listing alike; the 5000 of per_page is nobody's to change. */
const withLimit = <T extends { guid: string }>(
  kind: Kind<T>,
  maxTotalResults: number | undefined,
): Kind<T> => ({
  ...kind,
  rules: { ...kind.rules, maxTotalResults },
})

const kinds: { [path: string]: Served } = {
  organizations: serve(orgs),
  spaces: serve(spaces),
  apps: serve(apps),
  service_instances: serve(serviceInstances),
  domains: serve(domains),
  routes: serve(routes),
  users: serve(users),
  roles: serve(roles),
  app_usage_events: serve(appUsageEvents),
}

/** GET /v3/KIND and /v3/KIND/:guid, for the kinds that an exporter may look names up in. */
export const v3Resource = (
  state: State,
  user: User,
  request: Request,
  url: string,
  maxTotalResults?: number,
): Answer | undefined => {
  const [, , name = '', ...rest] = request.path.split('/')
  return rest.length > 1 ? undefined : kinds[name]?.(state, user, request, url, maxTotalResults)
}

const list = <T extends { guid: string }>(
  kind: Kind<T>,
  state: State,
  user: User,
  request: Request,
  url: string,
): Answer => {
  const message = readList(request.query, kind.rules)
  checkUsernames(kind.rules.path, message)
  let found = kind.all(state, user)
  for (const [name, values] of message.lists) {
    if (name === 'guids') found = found.filter(each => values.includes(each.guid))
    else if (name === 'partial_usernames') {
      found = found.filter(each => values.some(part => (each as unknown as User).username?.includes(part)))
    }
    const filter = kind.filters[name]
    // Cloud Controller has the UAA find users by name, which compares names without case.
    const same = (text: string) => (name === 'usernames' ? text.toLowerCase() : text)
    const wanted = new Set(values.map(same))
    if (filter)
      found = found.filter(each =>
        filter(each, state).some(value => value !== null && wanted.has(same(value))),
      )
  }
  const type = message.parameters.get('type')
  if (type !== undefined && kind.filters.type)
    found = found.filter(each => kind.filters.type!(each, state).includes(String(type)))
  const createdAt = (each: T) => String((kind.show(each, state, url) as { created_at: unknown }).created_at)
  const { createdAts } = message
  if (createdAts) found = found.filter(each => createdAts.keeps(Date.parse(createdAt(each)) / 1000))
  const key = message.orderBy === 'created_at' ? createdAt : message.orderBy && kind.sort?.[message.orderBy]
  if (key) found = [...found].sort((a, b) => compare(key(a), key(b)) || compare(a.guid, b.guid))
  if (message.descending) found = [...found].reverse()
  const page = found.slice((message.page - 1) * message.perPage, message.page * message.perPage)
  const included = message.lists.has('include') ? kind.included?.(page, message, state, url) : undefined
  // Other listings count with a window function: a page past the end knows no total.
  const total = page.length === 0 ? 0 : found.length
  const texts = page.map(each => JSON.stringify(kind.show(each, state, url)))
  return listAnswer(message, kind.rules, total, texts, url, included)
}

const checkUsernames = (path: string, message: ListMessage) => {
  if (path !== '/v3/users') return
  const { lists } = message
  if (lists.has('origins') && !lists.has('usernames') && !lists.has('partial_usernames')) {
    throw unprocessable('Origins filter cannot be provided without usernames or partial_usernames filter.')
  }
  if (lists.has('usernames') && lists.has('partial_usernames')) {
    throw unprocessable(
      'Usernames filter cannot be provided with both usernames and partial_usernames filter.',
    )
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
