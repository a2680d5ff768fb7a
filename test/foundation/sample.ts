import { awkwardNames } from './awkward.ts'
import { ordinaryNames } from './ordinary.ts'
import { Random } from './random.ts'
import { type Scene, type Template, templates } from './shapes.ts'
import type { App, Org, Role, RoleType, Route, ServiceInstance, Space, StartingState, User } from './state.ts'
import type { LazyEvents, StoredEvent } from './store.ts'

export interface SampleOptions {
  events?: number
  seed?: number
  /** The sample ends a little before this time and reaches 31 days back. */
  now?: Date
  /** Events are built whenever they are read, not at once; always so above 200,000. */
  lazy?: boolean
  /** How many spaces demo-org has, at least 4. */
  spaces?: number
  /** How many users there are, as far as there are more than those in a role or with an awkward name. */
  users?: number
  /** Everybody and everything has an ordinary name: for showing, not for testing. */
  ordinary?: boolean
}

/** Names besides those that every sample has. */
interface Names {
  readonly people: readonly string[]
  readonly things: readonly string[]
}

const awkward: Names = { people: awkwardNames, things: awkwardNames }

/** A sample, and the names that tests ask for. */
export interface Sample extends StartingState {
  events: readonly StoredEvent[] | LazyEvents
  orgs: Org[]
  spaces: Space[]
  users: User[]
  roles: Role[]
  /** `demo-org`, to which about 69% of the events belong. */
  org: Org
}

/** Up to this many events are built at once; more are built whenever they are read. */
const builtAtOnce = 200_000

/** A space with what lives in it. */
interface Place {
  org: Org
  space: Space
  apps: App[]
  services: ServiceInstance[]
  routes: Route[]
}

/** A foundation as it may be found: a few organizations, users in every role, 31 days of events. */
export const sampleFoundation = (options: SampleOptions = {}): Sample => {
  const { events = 20_000, seed = 1, now = new Date(), lazy = events > builtAtOnce } = options
  const { spaces = 4, users = 0 } = options
  const more = options.ordinary ? ordinaryNames : awkward
  const random = new Random(seed)
  const orgs = orgNames.map(name => ({ guid: random.guid(), name }))
  const org = orgs[0]!
  const domain = { guid: random.guid(), name: 'app.example.gov' }
  const places = orgs.flatMap(each =>
    (each === org ? ['dev', 'staging', 'prod', 'space with spaces'] : ['main', 'a, b']).map(name =>
      place(random, each, name, domain.guid, more),
    ),
  )
  const people = peopleOf(random, orgs, places, more)
  // What is added comes last, so that it changes nothing of the rest.
  for (let number = 5; number <= spaces; number++)
    places.push(place(random, org, `space-${number}`, domain.guid, more))
  for (let number = people.users.length + 1; number <= users; number++)
    people.add(`person-${number}@example.gov`)
  const table = lazyEvents(events, seed, now, places, people.users, more)
  return {
    events: lazy ? table : Array.from({ length: events }, (_, index) => table.event(index)),
    orgs,
    spaces: places.map(each => each.space),
    users: people.users,
    roles: people.roles,
    apps: places.flatMap(each => each.apps),
    domains: [domain],
    routes: places.flatMap(each => each.routes),
    serviceInstances: places.flatMap(each => each.services),
    org,
  }
}

const orgNames = [
  'demo-org',
  'acme, inc',
  'the "best" org',
  'a/b',
  'Köln Bürger',
  '-dash-org',
  'org with spaces',
]

const place = (random: Random, org: Org, name: string, domainGuid: string, { things }: Names): Place => {
  const space = { guid: random.guid(), name, orgGuid: org.guid }
  const names = (kinds: string[]) => [...kinds, random.pick(things), random.pick(things)]
  const apps = names(['my-app', 'api', 'worker', 'web']).map(
    (app, number): App => ({
      guid: random.guid(),
      name: app,
      spaceGuid: space.guid,
      state: number % 3 === 2 ? 'STOPPED' : 'STARTED',
    }),
  )
  const services = names(['my-service-name', 'postgres', 'redis', 'logs']).map(
    (service, number): ServiceInstance => ({
      guid: random.guid(),
      name: service,
      type: number === 3 ? 'user-provided' : 'managed',
      spaceGuid: space.guid,
    }),
  )
  const routes = ['myapproute', 'api', 'www', ''].map(
    (host, number): Route => ({
      guid: random.guid(),
      host,
      path: number === 1 ? '/v1' : '',
      port: null,
      domainGuid,
      spaceGuid: space.guid,
      appGuids: [apps[number]!.guid],
    }),
  )
  return { org, space, apps, services, routes }
}

const userScopes = ['openid', 'password.write', 'cloud_controller.read', 'cloud_controller.write']

/** Somebody in every role, each named after it; more members of demo-org can be added. */
const peopleOf = (
  random: Random,
  orgs: Org[],
  places: Place[],
  more: Names,
): { users: User[]; roles: Role[]; add: (name: string) => void } => {
  const users: User[] = []
  const roles: Role[] = []
  const mailOf = (username: string) => (more === awkward ? `mail.${username}` : username)
  const [demo, acme] = orgs as [Org, Org]
  const dev = places.find(each => each.org === demo)!.space
  const person = (username: string | null, scopes: string[] = []): User => {
    const user: User = {
      guid: random.guid(),
      username,
      email: username === null ? '' : username.includes('@') ? mailOf(username) : '',
      origin: username === null ? null : 'uaa',
      scopes: [...userScopes, ...scopes],
    }
    users.push(user)
    return user
  }
  const give = (user: User, type: RoleType, where: { guid: string }) => {
    const inSpace = type.startsWith('space_')
    roles.push({
      guid: random.guid(),
      type,
      userGuid: user.guid,
      orgGuid: inSpace ? null : where.guid,
      spaceGuid: inSpace ? where.guid : null,
      createdAt: new Date(Date.UTC(2024, 0, 15, 9, roles.length)).toISOString().replace('.000', ''),
    })
  }
  const member = (username: string | null, type: RoleType, where: { guid: string }, org: Org = demo) => {
    const user = person(username)
    give(user, 'organization_user', org)
    if (type !== 'organization_user') give(user, type, where)
    return user
  }
  person('admin@example.gov', ['cloud_controller.admin'])
  person('readonly.admin@example.gov', ['cloud_controller.admin_read_only'])
  person('global.auditor@example.gov', ['cloud_controller.global_auditor'])
  member('auditor@example.gov', 'organization_auditor', demo)
  member('manager@example.gov', 'organization_manager', demo)
  member('billing@example.gov', 'organization_billing_manager', demo)
  member('user@example.gov', 'organization_user', demo)
  member('space.manager@example.gov', 'space_manager', dev)
  member('developer@example.gov', 'space_developer', dev)
  member('supporter@example.gov', 'space_supporter', dev)
  member('space.auditor@example.gov', 'space_auditor', dev)
  member('acme.auditor@example.gov', 'organization_auditor', acme, acme)
  give(member('two.orgs@example.gov', 'organization_auditor', demo), 'organization_auditor', acme)
  person('outsider@example.gov')
  if (more === awkward) member(null, 'space_developer', dev)
  for (const name of more.people) member(name, 'space_developer', dev)
  const bot: User = {
    guid: 'sandbox-bot',
    username: null,
    email: '',
    origin: null,
    scopes: ['cloud_controller.read'],
    clientId: 'sandbox-bot',
  }
  users.push(bot)
  give(bot, 'organization_auditor', demo)
  return { users, roles, add: name => void member(name, 'space_developer', dev) }
}

const day = 86_400_000

/** How often each kind of event comes; what isn't named comes once in a while. */
const weightOf = (template: Template): number => {
  const { type } = template
  if (/^audit\.(service_broker|service|service_plan|buildpack|stack|blob|organization_quota)\./.test(type))
    return 1
  if (/^blob/.test(type)) return 1
  if (/^audit\.user\./.test(type)) return 4
  if (/^audit\.(service_binding|service_instance|route)\./.test(type)) return 8
  if (/^audit\.app\.(update|start|stop|map-route|build|create)/.test(type)) return 20
  return 4
}

/** Events of the given places, each depending on nothing but the seed and its own number. */
const lazyEvents = (
  length: number,
  seed: number,
  now: Date,
  places: Place[],
  users: User[],
  more: Names,
): LazyEvents => {
  const weighted = templates.flatMap(each => Array.from({ length: weightOf(each) }, () => each))
  const end = Math.floor(now.getTime() / 60_000) * 60_000 - 10 * 60_000
  const start = now.getTime() - 31 * day + 60 * 60_000
  const own = places.filter(each => each.org === places[0]!.org)
  const others = places.filter(each => each.org !== places[0]!.org)
  const people = users.filter(each => !each.clientId)
  const event = (index: number): StoredEvent => {
    const random = new Random(Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b))
    // The first ones show every shape once; the rest come as often as they do in life.
    const template = index < templates.length ? templates[index]! : random.pick(weighted)
    const written = template.write(
      scene(random, random.pick(random.next() < 0.705 ? own : others), people, timeOf(index), more),
    )
    // Random numbers of 32 bits meet again among a million events; their own number does not.
    const own12 = (index * 0x1000 + (seed & 0xfff)).toString(16).padStart(12, '0')
    return { ...written, guid: written.guid.slice(0, 24) + own12 }
  }
  const timeOf = (index: number): string => {
    // Three of eight share a second: on MySQL, and in one transaction, ties are the norm.
    const tied = index % 8 > 2 && index % 8 < 6 ? index - (index % 8) + 3 : index
    const even = start + Math.floor(((end - start) * tied) / Math.max(1, length) / 1000) * 1000
    const fraction = tied === index ? (index * 37) % 1000 : 0
    // A long transaction commits rows that are dated earlier than rows already there.
    const late = index % 97 === 96 ? 90_000 : 0
    return new Date(even + fraction - late).toISOString()
  }
  return { length, event, columns: index => columnsOf(event(index)) }
}

/** Without the rest of the event, so that a million of these do not hold a million of those. */
const columnsOf = ({ guid, timestamp, type, actee, spaceGuid, orgGuid }: StoredEvent) => ({
  guid,
  timestamp,
  type,
  actee,
  spaceGuid,
  orgGuid,
})

const scene = (random: Random, where: Place, people: User[], timestamp: string, more: Names): Scene => {
  // Most is done by a few.
  const actor = random.next() < 0.8 ? people[random.below(12)]! : random.pick(people)
  const target = random.pick(people)
  const client = random.next() < 0.05
  const app = random.pick(where.apps)
  const service = random.pick(where.services)
  const route = random.pick(where.routes)
  const deleted = random.next() < 0.1
  return {
    guid: () => random.guid(),
    timestamp,
    actor: client
      ? { guid: 'sandbox-bot', type: 'user', name: '', username: '' }
      : { guid: actor.guid, type: 'user', name: actor.email, username: actor.username ?? '' },
    user: { guid: target.guid, username: target.username ?? '' },
    org: where.org,
    space: where.space,
    otherSpace: { guid: random.guid() },
    app: deleted ? { guid: random.guid(), name: 'deleted-app' } : app,
    service: deleted ? { guid: random.guid(), name: 'deleted-service' } : service,
    route: deleted
      ? { guid: random.guid(), host: 'deleted', domainGuid: route.domainGuid }
      : { guid: route.guid, host: route.host, domainGuid: route.domainGuid },
    binding: random.guid(),
    key: { guid: random.guid(), name: random.next() < 0.2 ? random.pick(more.things) : 'my-key' },
    secret: `hunter2-very-secret-${random.below(1000)}`,
  }
}
