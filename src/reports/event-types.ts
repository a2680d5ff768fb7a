/**
 * Who writes events of a type: requests to API v2, to v3, or to either. Cloud Foundry itself
 * (Diego, the SSH proxy, a nightly job) writes those of 'the platform', without a request.
 */
export type Writer = 'v2' | 'v3' | 'v2 and v3' | 'the platform'

/**
 * A type: what happened, in plain words (the cell of a table leaves out what is in brackets); who writes it today; and
 * whether it belongs to no org, so that a request for one org never finds it
 * (app/repositories/*_event_repository.rb of cloud_controller_ng).
 */
type Entry = readonly [what: string, writer: Writer, reach?: 'no org']

/** Families of types: `family.action`. */
type Families = Readonly<Record<string, Readonly<Record<string, Entry>>>>

/**
 * Every event type that Cloud Controller records, by family: 138 `audit.*`, `app.crash` and `blob.remove_orphan`
 * (app/repositories/event_types.rb of cloud_controller_ng at API 3.228; the API itself accepts any name and finds
 * nothing for a wrong one).
 */
export const families = {
  // Apps, what they are built from and what they run.
  app: {
    crash: ['App crashed (also recorded as audit.app.process.crash)', 'the platform'],
  },
  'audit.app': {
    apply_manifest: ['App manifest applied', 'v3'],
    'build.create': ['App build started', 'v3'],
    'build.failed': ['App build failed', 'the platform'],
    'build.staged': ['App build finished (produced a droplet)', 'the platform'],
    'copy-bits': ['App source copied (from one app to another)', 'v2'],
    create: ['App created', 'v2 and v3'],
    'delete-request': ['App deletion requested', 'v2 and v3'],
    'deployment.cancel': ['App deployment canceled', 'v3'],
    'deployment.continue': ['App deployment continued (after a pause)', 'v3'],
    'deployment.create': ['App deployment started', 'v3'],
    'droplet.create': ['Droplet created', 'v2 and v3'],
    'droplet.delete': ['Droplet deleted', 'v2 and v3'],
    'droplet.download': ['Droplet downloaded', 'v3'],
    'droplet.mapped': ['Droplet set as current (the app runs it)', 'v3'],
    'droplet.upload': ['Droplet uploaded', 'v3'],
    'environment.show': ['App environment viewed (including service credentials)', 'v3'],
    'environment_variables.show': ['App variables viewed (the environment variables set for the app)', 'v3'],
    'map-route': ['Route mapped (to an app)', 'v2 and v3'],
    'package.create': ['Package created (source code or image)', 'v3'],
    'package.delete': ['Package deleted', 'v2 and v3'],
    'package.download': ['Package downloaded', 'v3'],
    'package.upload': ['Package uploaded', 'v3'],
    'process.crash': ['App instance crashed', 'the platform'],
    'process.create': ['Process created (web, worker, …)', 'v3'],
    'process.delete': ['Process deleted', 'v2 and v3'],
    'process.not-ready': ['App instance not ready (no longer receives requests)', 'the platform'],
    'process.ready': ['App instance ready (receives requests)', 'the platform'],
    'process.rescheduling': ['App instance rescheduled', 'the platform'],
    'process.scale': ['Process scaled (instances, memory or disk)', 'v3'],
    'process.terminate_instance': ['App instance terminated', 'v3'],
    'process.update': ['Process updated (start command or health check)', 'v3'],
    restage: ['App restaged', 'v2'],
    restart: ['App restarted', 'v3'],
    'revision.create': ['Revision created', 'v2 and v3'],
    'revision.environment_variables.show': [
      'Revision variables viewed (the environment variables of a revision)',
      'v3',
    ],
    'ssh-authorized': ['SSH access allowed (to an app)', 'the platform'],
    'ssh-unauthorized': ['SSH access denied', 'the platform'],
    start: ['App started', 'v3'],
    stop: ['App stopped', 'v3'],
    'task.cancel': ['Task canceled', 'v2 and v3'],
    'task.create': ['Task started', 'v3'],
    'unmap-route': ['Route unmapped (from an app)', 'v2 and v3'],
    update: ['App updated (through API v2 also started, stopped or scaled)', 'v2 and v3'],
    'upload-bits': ['App source uploaded', 'v2'],
  },

  // Routes; their mappings are events of the app.
  'audit.route': {
    create: ['Route created', 'v2 and v3'],
    'delete-request': ['Route deleted (or its deletion requested)', 'v2 and v3'],
    share: ['Route shared (with other spaces)', 'v3'],
    'transfer-owner': ['Route transferred (to another space)', 'v3'],
    unshare: ['Route unshared (with a space)', 'v3'],
    update: ['Route updated (through API v2 also mapped or unmapped)', 'v2'],
  },
  'audit.route_policy': {
    create: ['Route policy created (who may call a route)', 'v3'],
    delete: ['Route policy deleted', 'v3'],
    update: ['Route policy updated', 'v3'],
  },

  // Service instances, their bindings, and the marketplace.
  'audit.service': {
    create: ['Service offering added (to the marketplace)', 'v2 and v3', 'no org'],
    delete: ['Service offering removed (from the marketplace)', 'v2 and v3', 'no org'],
    update: ['Service offering updated', 'v2 and v3', 'no org'],
  },
  'audit.service_binding': {
    create: ['App bound to service', 'v2 and v3'],
    delete: ['App unbound from service', 'v2 and v3'],
    show: ['Binding credentials viewed', 'v2 and v3'],
    start_create: ['App binding started', 'v2 and v3'],
    start_delete: ['App unbinding started', 'v2 and v3'],
    update: ['App binding updated (labels or annotations)', 'v3'],
  },
  'audit.service_broker': {
    create: ['Service broker registered', 'v2 and v3', 'no org'],
    delete: ['Service broker removed', 'v2 and v3', 'no org'],
    update: ['Service broker updated', 'v2 and v3', 'no org'],
  },
  'audit.service_dashboard_client': {
    create: ['Dashboard client created (for a service)', 'v2 and v3', 'no org'],
    delete: ['Dashboard client deleted', 'v2 and v3', 'no org'],
  },
  'audit.service_instance': {
    bind_route: ['Route bound through API v2 (to a service instance)', 'v2'],
    create: ['Service instance created (managed by a broker)', 'v2 and v3'],
    delete: ['Service instance deleted', 'v2 and v3'],
    purge: ['Service instance purged (without asking its broker)', 'v2 and v3'],
    share: ['Service instance shared (with other spaces)', 'v3'],
    show: ['Service instance viewed', 'v2'],
    start_create: ['Service instance creation started', 'v2 and v3'],
    start_delete: ['Service instance deletion started', 'v2 and v3'],
    start_update: ['Service instance update started', 'v2 and v3'],
    unbind_route: ['Route unbound through API v2 (from a service instance)', 'v2'],
    unshare: ['Service instance unshared (with a space)', 'v2 and v3'],
    update: ['Service instance updated', 'v2 and v3'],
  },
  'audit.service_key': {
    create: ['Service key created', 'v2 and v3'],
    delete: ['Service key deleted', 'v2 and v3'],
    show: ['Service key viewed (including its credentials)', 'v2 and v3'],
    start_create: ['Service key creation started', 'v3'],
    start_delete: ['Service key deletion started', 'v3'],
    update: ['Service key updated (labels or annotations)', 'v3'],
  },
  'audit.service_plan': {
    create: ['Service plan added (to the marketplace)', 'v2 and v3', 'no org'],
    delete: ['Service plan removed (from the marketplace)', 'v2 and v3', 'no org'],
    update: ['Service plan updated', 'v2 and v3', 'no org'],
  },
  // Through v3 an update belongs to no org, through v2 to the org that sees the plan.
  'audit.service_plan_visibility': {
    create: ['Service plan access granted (to an org)', 'v2'],
    delete: ['Service plan access revoked (from an org)', 'v2 and v3'],
    update: ['Service plan access changed', 'v2 and v3'],
  },
  'audit.service_route_binding': {
    create: ['Route bound to service', 'v3'],
    delete: ['Route unbound from service', 'v3'],
    start_create: ['Route binding started', 'v3'],
    start_delete: ['Route unbinding started', 'v3'],
    update: ['Route binding updated (labels or annotations)', 'v3'],
  },
  'audit.user_provided_service_instance': {
    create: ['User-provided service created', 'v2 and v3'],
    delete: ['User-provided service deleted', 'v2 and v3'],
    show: ['User-provided service viewed (including its credentials)', 'v2 and v3'],
    update: ['User-provided service updated', 'v2 and v3'],
  },

  // Roles of users. An "add" is written before the role is, and when the role was there already.
  'audit.user': {
    organization_auditor_add: ['Org Auditor granted (role granted or re-granted)', 'v2 and v3'],
    organization_auditor_remove: ['Org Auditor revoked (role removed)', 'v2 and v3'],
    organization_billing_manager_add: ['Billing Manager granted (role granted or re-granted)', 'v2 and v3'],
    organization_billing_manager_remove: ['Billing Manager revoked (role removed)', 'v2 and v3'],
    organization_manager_add: ['Org Manager granted (role granted or re-granted)', 'v2 and v3'],
    organization_manager_remove: ['Org Manager revoked (role removed)', 'v2 and v3'],
    organization_user_add: ['Added to the org (role Org User granted or re-granted)', 'v2 and v3'],
    organization_user_remove: ['Removed from the org (role Org User removed)', 'v2 and v3'],
    space_auditor_add: ['Space Auditor granted (role granted or re-granted)', 'v2 and v3'],
    space_auditor_remove: ['Space Auditor revoked (role removed)', 'v2 and v3'],
    space_developer_add: ['Space Developer granted (role granted or re-granted)', 'v2 and v3'],
    space_developer_remove: ['Space Developer revoked (role removed)', 'v2 and v3'],
    space_manager_add: ['Space Manager granted (role granted or re-granted)', 'v2 and v3'],
    space_manager_remove: ['Space Manager revoked (role removed)', 'v2 and v3'],
    space_supporter_add: ['Space Supporter granted (role granted or re-granted)', 'v3'],
    space_supporter_remove: ['Space Supporter revoked (role removed)', 'v3'],
  },

  // Orgs and spaces, and what the operators of the foundation look after.
  'audit.buildpack': {
    create: ['Buildpack created', 'v3', 'no org'],
    delete: ['Buildpack deleted', 'v3', 'no org'],
    update: ['Buildpack updated', 'v3', 'no org'],
    upload: ['Buildpack uploaded', 'v3', 'no org'],
  },
  'audit.organization': {
    create: ['Org created', 'v2 and v3'],
    'delete-request': ['Org deletion requested', 'v2 and v3'],
    update: ['Org updated', 'v2 and v3'],
  },
  'audit.organization_quota': {
    apply: ['Org quota applied (to an org)', 'v3'],
    create: ['Org quota created', 'v3', 'no org'],
    delete: ['Org quota deleted', 'v3', 'no org'],
    update: ['Org quota updated', 'v3', 'no org'],
  },
  'audit.space': {
    create: ['Space created', 'v2 and v3'],
    'delete-request': ['Space deletion requested', 'v2 and v3'],
    update: ['Space updated', 'v2 and v3'],
  },
  'audit.space_quota': {
    apply: ['Space quota applied (to a space)', 'v3'],
    create: ['Space quota created', 'v3'],
    delete: ['Space quota deleted', 'v3'],
    remove: ['Space quota removed (from a space)', 'v3'],
    update: ['Space quota updated', 'v3'],
  },
  'audit.stack': {
    create: ['Stack created', 'v3', 'no org'],
    delete: ['Stack deleted', 'v3', 'no org'],
    update: ['Stack updated', 'v3', 'no org'],
  },
  blob: {
    remove_orphan: ['Orphaned blob removed (a stored file that nothing used)', 'the platform', 'no org'],
  },
} as const satisfies Families

/** An event type of the catalogue. */
export interface EventType {
  readonly name: string
  /** In plain words. */
  readonly what: string
  /** Who writes it today. */
  readonly writer: Writer
  /** Whether its events may belong to an org. A request for one org never finds the others. */
  readonly hasOrg: boolean
}

const catalogue: ReadonlyMap<string, EventType> = new Map(
  Object.entries<Families[string]>(families).flatMap(([family, actions]) =>
    Object.entries(actions).map(([action, [what, writer, reach]]) => {
      const name = `${family}.${action}`
      return [name, { name, what, writer, hasOrg: reach !== 'no org' }]
    }),
  ),
)

/** All types, in alphabetical order. */
export const eventTypes: readonly string[] = [...catalogue.keys()].sort()

/** The type of that name; undefined if the catalogue does not have it. */
export const eventType = (name: string): EventType | undefined => catalogue.get(name)

/** The full names of a family's types, or of those of its actions that are named. */
export function typesOf(family: keyof typeof families, ...actions: string[]): string[] {
  const known = Object.keys(families[family])
  return (actions.length === 0 ? known : known.filter(action => actions.includes(action))).map(
    action => `${family}.${action}`,
  )
}

/** What an event of that type did, as in a cell: `Space Manager granted`. An unknown type is returned unchanged. */
export const actionWords = (type: string): string => eventType(type)?.what.replace(/ \(.*\)$/, '') ?? type

/** The kind of change that an event records. */
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

/** The kind of change of an event type; undefined for views, crashes, health events and unknown types. */
export function changeKindOf(type: string): ChangeKind | undefined {
  const action = type.slice(type.lastIndexOf('.') + 1)
  return tones.find(([, actions]) => actions.test(action))?.[0]
}
