/**
 * Who writes events of a type: requests to API v2, to v3, or to either. Nobody's request, but Cloud Foundry itself
 * (Diego, the SSH proxy, a nightly job) writes those of 'the platform'.
 */
export type Writer = 'v2' | 'v3' | 'v2 and v3' | 'the platform'

/**
 * A type: what happened, in plain words; who writes it today; and whether it belongs to no org, so that a question about
 * one org never finds it (app/repositories/*_event_repository.rb of cloud_controller_ng).
 */
export type Entry = readonly [what: string, writer: Writer, reach?: 'no org']

/** Families of types: `family.action`. */
export type Families = Readonly<Record<string, Readonly<Record<string, Entry>>>>

/** Apps, what they are built from and what they run. */
export const apps = {
  app: {
    crash: ['an app crashed, as audit.app.process.crash tells, too', 'the platform'],
  },
  'audit.app': {
    apply_manifest: ['a manifest was applied to an app', 'v3'],
    'build.create': ['a build of an app was started', 'v3'],
    'build.failed': ['a build of an app failed', 'the platform'],
    'build.staged': ['a build of an app ended with a droplet', 'the platform'],
    'copy-bits': ['files were copied from one app to another', 'v2'],
    create: ['an app was created', 'v2 and v3'],
    'delete-request': ['the deletion of an app was asked for', 'v2 and v3'],
    'deployment.cancel': ['a deployment of an app was cancelled', 'v3'],
    'deployment.continue': ['a paused deployment of an app was continued', 'v3'],
    'deployment.create': ['a deployment of an app was started', 'v3'],
    'droplet.create': ['a droplet of an app was created', 'v2 and v3'],
    'droplet.delete': ['a droplet of an app was deleted', 'v2 and v3'],
    'droplet.download': ['a droplet of an app was downloaded', 'v3'],
    'droplet.mapped': ['a droplet became the current one of an app', 'v3'],
    'droplet.upload': ['a droplet of an app was uploaded', 'v3'],
    'environment.show': ['the whole environment of an app was read, service credentials included', 'v3'],
    'environment_variables.show': ['the environment variables set for an app were read', 'v3'],
    'map-route': ['a route was mapped to an app', 'v2 and v3'],
    'package.create': ['a package (source code or image) of an app was created', 'v3'],
    'package.delete': ['a package of an app was deleted', 'v2 and v3'],
    'package.download': ['a package of an app was downloaded', 'v3'],
    'package.upload': ['a package of an app was uploaded', 'v3'],
    'process.crash': ['an instance of an app crashed', 'the platform'],
    'process.create': ['a process (web, worker, …) was added to an app', 'v3'],
    'process.delete': ['a process of an app was deleted', 'v2 and v3'],
    'process.not-ready': ['an instance of an app ceased to be ready for requests', 'the platform'],
    'process.ready': ['an instance of an app became ready for requests', 'the platform'],
    'process.rescheduling': ['an instance of an app is being placed anew', 'the platform'],
    'process.scale': ['a process of an app was scaled: its instances, memory or disk', 'v3'],
    'process.terminate_instance': ['one instance of an app was terminated', 'v3'],
    'process.update': ['the command or health check of a process of an app was changed', 'v3'],
    restage: ['an app was restaged', 'v2'],
    restart: ['an app was restarted', 'v3'],
    'revision.create': ['a revision of an app was created', 'v2 and v3'],
    'revision.environment_variables.show': ['the environment variables of a revision were read', 'v3'],
    'ssh-authorized': ['a user was let into an app by SSH', 'the platform'],
    'ssh-unauthorized': ['a user was refused access to an app by SSH', 'the platform'],
    start: ['an app was started', 'v3'],
    stop: ['an app was stopped', 'v3'],
    'task.cancel': ['a task of an app was cancelled', 'v2 and v3'],
    'task.create': ['a task of an app was started', 'v3'],
    'unmap-route': ['a route was unmapped from an app', 'v2 and v3'],
    update: ['an app was changed; by API v2 also started, stopped or scaled', 'v2 and v3'],
    'upload-bits': ['source code of an app was uploaded', 'v2'],
  },
} as const satisfies Families

/** Routes; their mappings are events of the app. */
export const routes = {
  'audit.route': {
    create: ['a route was created', 'v2 and v3'],
    'delete-request': ['a route was deleted, or its deletion was asked for', 'v2 and v3'],
    share: ['a route was shared with other spaces', 'v3'],
    'transfer-owner': ['a route was handed over to another space', 'v3'],
    unshare: ['a route is no longer shared with a space', 'v3'],
    update: ['a route was changed, or mapped to or unmapped from an app', 'v2'],
  },
  'audit.route_policy': {
    create: ['a policy on who may call a route was created', 'v3'],
    delete: ['a policy on who may call a route was deleted', 'v3'],
    update: ['a policy on who may call a route was changed', 'v3'],
  },
} as const satisfies Families

/** Service instances, what is bound to them, and the marketplace that they come from. */
export const services = {
  'audit.service': {
    create: ['a service offering was added to the marketplace', 'v2 and v3', 'no org'],
    delete: ['a service offering was removed from the marketplace', 'v2 and v3', 'no org'],
    update: ['a service offering of the marketplace was changed', 'v2 and v3', 'no org'],
  },
  'audit.service_binding': {
    create: ['an app was bound to a service instance', 'v2 and v3'],
    delete: ['an app was unbound from a service instance', 'v2 and v3'],
    show: ['the credentials of a binding were read', 'v2 and v3'],
    start_create: ['binding an app to a service instance began', 'v2 and v3'],
    start_delete: ['unbinding an app from a service instance began', 'v2 and v3'],
    update: ['labels or annotations of a binding were changed', 'v3'],
  },
  'audit.service_broker': {
    create: ['a service broker was registered', 'v2 and v3', 'no org'],
    delete: ['a service broker was removed', 'v2 and v3', 'no org'],
    update: ['a service broker was changed', 'v2 and v3', 'no org'],
  },
  'audit.service_dashboard_client': {
    create: ['a client for the dashboard of a service was created', 'v2 and v3', 'no org'],
    delete: ['a client for the dashboard of a service was deleted', 'v2 and v3', 'no org'],
  },
  'audit.service_instance': {
    bind_route: ['a route was bound to a service instance by API v2', 'v2'],
    create: ['a managed service instance was created', 'v2 and v3'],
    delete: ['a managed service instance was deleted', 'v2 and v3'],
    purge: ['a service instance was purged: forgotten without a word to its broker', 'v2 and v3'],
    share: ['a service instance was shared with other spaces', 'v3'],
    show: ['a service instance was read', 'v2'],
    start_create: ['the creation of a service instance began', 'v2 and v3'],
    start_delete: ['the deletion of a service instance began', 'v2 and v3'],
    start_update: ['a change of a service instance began', 'v2 and v3'],
    unbind_route: ['a route was unbound from a service instance by API v2', 'v2'],
    unshare: ['a service instance is no longer shared with a space', 'v2 and v3'],
    update: ['a managed service instance was changed', 'v2 and v3'],
  },
  'audit.service_key': {
    create: ['a service key was created', 'v2 and v3'],
    delete: ['a service key was deleted', 'v2 and v3'],
    show: ['the credentials of a service key were read', 'v2 and v3'],
    start_create: ['the creation of a service key began', 'v3'],
    start_delete: ['the deletion of a service key began', 'v3'],
    update: ['labels or annotations of a service key were changed', 'v3'],
  },
  'audit.service_plan': {
    create: ['a service plan was added to the marketplace', 'v2 and v3', 'no org'],
    delete: ['a service plan was removed from the marketplace', 'v2 and v3', 'no org'],
    update: ['a service plan of the marketplace was changed', 'v2 and v3', 'no org'],
  },
  // Through v3 an update belongs to no org, through v2 to the org that sees the plan.
  'audit.service_plan_visibility': {
    create: ['an org was allowed to see a service plan', 'v2'],
    delete: ['an org is no longer allowed to see a service plan', 'v2 and v3'],
    update: ['who may see a service plan was changed', 'v2 and v3'],
  },
  'audit.service_route_binding': {
    create: ['a route was bound to a service instance', 'v3'],
    delete: ['a route was unbound from a service instance', 'v3'],
    start_create: ['binding a route to a service instance began', 'v3'],
    start_delete: ['unbinding a route from a service instance began', 'v3'],
    update: ['labels or annotations of a route binding were changed', 'v3'],
  },
  'audit.user_provided_service_instance': {
    create: ['a user-provided service instance was created', 'v2 and v3'],
    delete: ['a user-provided service instance was deleted', 'v2 and v3'],
    show: ['the credentials of a user-provided service instance were read', 'v2 and v3'],
    update: ['a user-provided service instance was changed', 'v2 and v3'],
  },
} as const satisfies Families

/** Roles of users. An "add" is written before the role is, and when the role was there already. */
export const access = {
  'audit.user': {
    organization_auditor_add: ['a user was given the role Org Auditor (or had it)', 'v2 and v3'],
    organization_auditor_remove: ['a user lost the role Org Auditor', 'v2 and v3'],
    organization_billing_manager_add: ['a user was given the role Billing Manager (or had it)', 'v2 and v3'],
    organization_billing_manager_remove: ['a user lost the role Billing Manager', 'v2 and v3'],
    organization_manager_add: ['a user was given the role Org Manager (or had it)', 'v2 and v3'],
    organization_manager_remove: ['a user lost the role Org Manager', 'v2 and v3'],
    organization_user_add: ['a user became a member of an org (or was one)', 'v2 and v3'],
    organization_user_remove: ['a user ceased to be a member of an org', 'v2 and v3'],
    space_auditor_add: ['a user was given the role Space Auditor (or had it)', 'v2 and v3'],
    space_auditor_remove: ['a user lost the role Space Auditor', 'v2 and v3'],
    space_developer_add: ['a user was given the role Space Developer (or had it)', 'v2 and v3'],
    space_developer_remove: ['a user lost the role Space Developer', 'v2 and v3'],
    space_manager_add: ['a user was given the role Space Manager (or had it)', 'v2 and v3'],
    space_manager_remove: ['a user lost the role Space Manager', 'v2 and v3'],
    space_supporter_add: ['a user was given the role Space Supporter (or had it)', 'v3'],
    space_supporter_remove: ['a user lost the role Space Supporter', 'v3'],
  },
} as const satisfies Families

/** Orgs and spaces, and what the operators of the foundation look after. */
export const foundation = {
  'audit.buildpack': {
    create: ['a buildpack was created', 'v3', 'no org'],
    delete: ['a buildpack was deleted', 'v3', 'no org'],
    update: ['a buildpack was changed', 'v3', 'no org'],
    upload: ['the files of a buildpack were uploaded', 'v3', 'no org'],
  },
  'audit.organization': {
    create: ['an org was created', 'v2 and v3'],
    'delete-request': ['the deletion of an org was asked for', 'v2 and v3'],
    update: ['an org was changed', 'v2 and v3'],
  },
  'audit.organization_quota': {
    apply: ['an org quota was applied to an org', 'v3'],
    create: ['an org quota was created', 'v3', 'no org'],
    delete: ['an org quota was deleted', 'v3', 'no org'],
    update: ['an org quota was changed', 'v3', 'no org'],
  },
  'audit.space': {
    create: ['a space was created', 'v2 and v3'],
    'delete-request': ['the deletion of a space was asked for', 'v2 and v3'],
    update: ['a space was changed', 'v2 and v3'],
  },
  'audit.space_quota': {
    apply: ['a space quota was applied to a space', 'v3'],
    create: ['a space quota was created', 'v3'],
    delete: ['a space quota was deleted', 'v3'],
    remove: ['a space quota was taken from a space', 'v3'],
    update: ['a space quota was changed', 'v3'],
  },
  'audit.stack': {
    create: ['a stack was created', 'v3', 'no org'],
    delete: ['a stack was deleted', 'v3', 'no org'],
    update: ['a stack was changed', 'v3', 'no org'],
  },
  blob: {
    remove_orphan: ['a stored file that belonged to nothing was removed', 'the platform', 'no org'],
  },
} as const satisfies Families

/**
 * Every event type that Cloud Controller records, by family: 138 `audit.*`, `app.crash` and `blob.remove_orphan`
 * (app/repositories/event_types.rb of cloud_controller_ng at API 3.228; the API itself accepts any name and finds
 * nothing for a wrong one).
 */
export const families = { ...apps, ...routes, ...services, ...access, ...foundation } as const

export type Family = keyof typeof families

/** All types, in alphabetical order. */
export const eventTypes: readonly string[] = (Object.keys(families) as Family[])
  .flatMap(family => typesOf(family))
  .sort()

/** The full names of a family's types, or of those of its actions that are named. */
export function typesOf(family: Family, ...actions: string[]): string[] {
  const known = Object.keys(families[family])
  return (actions.length === 0 ? known : known.filter(action => actions.includes(action))).map(
    action => `${family}.${action}`,
  )
}

/** What the catalogue says of a type. */
export interface EventType {
  readonly name: string
  /** In plain words. */
  readonly what: string
  /** Who writes it today. */
  readonly writer: Writer
  /** Whether its events may belong to an org; those of the others are found by no question about one org. */
  readonly hasOrg: boolean
}

/** What the catalogue says of a type; undefined for a name that is not in it. */
export function eventType(name: string): EventType | undefined {
  const known: Families = families
  const family = Object.keys(known).find(each => name.startsWith(`${each}.`))
  if (family === undefined) return undefined
  const entries = new Map(Object.entries(known[family] ?? {}))
  const entry: Entry | undefined = entries.get(name.slice(family.length + 1))
  if (entry === undefined) return undefined
  const [what, writer, reach] = entry
  return { name, what, writer, hasOrg: reach !== 'no org' }
}

/** What an event did to what is there. */
export type ChangeKind = 'added' | 'removed' | 'changed'

const tones: readonly (readonly [ChangeKind, RegExp])[] = [
  ['added', /^((start_)?create|\w+_add|map-route|bind_route|share)$/],
  [
    'removed',
    /^((start_)?delete|delete-request|\w+_remove|remove|remove_orphan|unmap-route|unbind_route|unshare|purge)$/,
  ],
  [
    'changed',
    /^((start_)?update|upload|upload-bits|copy-bits|apply|apply_manifest|mapped|scale|start|stop|restart|restage|cancel|continue|terminate_instance|transfer-owner)$/,
  ],
]

/** What an event of that type did; undefined for a look, a crash, a sign of life, and a type that is not known. */
export function changeKindOf(type: string): ChangeKind | undefined {
  const action = type.slice(type.lastIndexOf('.') + 1)
  return tones.find(([, actions]) => actions.test(action))?.[0]
}
