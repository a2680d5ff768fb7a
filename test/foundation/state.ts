import { EventStore, type LazyEvents, type StoredEvent } from './store.ts'

export interface Org {
  guid: string
  name: string
}

export interface Space {
  guid: string
  name: string
  orgGuid: string
}

/** Somebody that can hold a token: a person, or a UAA client (then `clientId` is set). */
export interface User {
  guid: string
  /** Null when UAA no longer knows the user. */
  username: string | null
  email: string
  origin: string | null
  scopes: string[]
  clientId?: string
}

export type RoleType =
  | 'organization_user'
  | 'organization_auditor'
  | 'organization_manager'
  | 'organization_billing_manager'
  | 'space_auditor'
  | 'space_developer'
  | 'space_manager'
  | 'space_supporter'

/** An organization role has no space, a space role has no organization: that is how the rows are. */
export interface Role {
  guid: string
  type: RoleType
  userGuid: string
  orgGuid: string | null
  spaceGuid: string | null
  createdAt?: string
}

export interface App {
  guid: string
  name: string
  spaceGuid: string
  state: 'STARTED' | 'STOPPED'
}

export interface Domain {
  guid: string
  name: string
}

export interface Route {
  guid: string
  host: string
  path: string
  port: number | null
  domainGuid: string
  spaceGuid: string
  appGuids: string[]
}

export interface ServiceInstance {
  guid: string
  name: string
  type: 'managed' | 'user-provided'
  spaceGuid: string
}

/** Everything that the foundation knows. Tests may change any of it at any time. */
export interface State {
  events: EventStore
  orgs: Org[]
  spaces: Space[]
  users: User[]
  roles: Role[]
  apps: App[]
  domains: Domain[]
  routes: Route[]
  serviceInstances: ServiceInstance[]
}

/** What can be handed in: any part of the state, with events as a list or built lazily. */
export interface StartingState extends Partial<Omit<State, 'events'>> {
  events?: readonly StoredEvent[] | LazyEvents
}

/** A state of its own, so that two foundations never share what a test changes. */
export const stateFrom = (start: StartingState): State => ({
  events: new EventStore(start.events),
  orgs: [...(start.orgs ?? [])],
  spaces: [...(start.spaces ?? [])],
  users: [...(start.users ?? [])],
  roles: [...(start.roles ?? [])],
  apps: [...(start.apps ?? [])],
  domains: [...(start.domains ?? [])],
  routes: [...(start.routes ?? [])],
  serviceInstances: [...(start.serviceInstances ?? [])],
})
