/**
 * Every event type that Cloud Controller records, by family: 138 `audit.*`, `app.crash` and `blob.remove_orphan`
 * (app/repositories/event_types.rb of cloud_controller_ng at API 3.228; the API itself accepts any name and finds
 * nothing for a wrong one).
 */
export const families = {
  app: ['crash'],
  'audit.app': [
    'apply_manifest',
    'build.create',
    'build.failed',
    'build.staged',
    'copy-bits',
    'create',
    'delete-request',
    'deployment.cancel',
    'deployment.continue',
    'deployment.create',
    'droplet.create',
    'droplet.delete',
    'droplet.download',
    'droplet.mapped',
    'droplet.upload',
    'environment.show',
    'environment_variables.show',
    'map-route',
    'package.create',
    'package.delete',
    'package.download',
    'package.upload',
    'process.crash',
    'process.create',
    'process.delete',
    'process.not-ready',
    'process.ready',
    'process.rescheduling',
    'process.scale',
    'process.terminate_instance',
    'process.update',
    'restage',
    'restart',
    'revision.create',
    'revision.environment_variables.show',
    'ssh-authorized',
    'ssh-unauthorized',
    'start',
    'stop',
    'task.cancel',
    'task.create',
    'unmap-route',
    'update',
    'upload-bits',
  ],
  'audit.buildpack': ['create', 'delete', 'update', 'upload'],
  'audit.organization': ['create', 'delete-request', 'update'],
  'audit.organization_quota': ['apply', 'create', 'delete', 'update'],
  'audit.route': ['create', 'delete-request', 'share', 'transfer-owner', 'unshare', 'update'],
  'audit.route_policy': ['create', 'delete', 'update'],
  'audit.service': ['create', 'delete', 'update'],
  'audit.service_binding': ['create', 'delete', 'show', 'start_create', 'start_delete', 'update'],
  'audit.service_broker': ['create', 'delete', 'update'],
  'audit.service_dashboard_client': ['create', 'delete'],
  'audit.service_instance': [
    'bind_route',
    'create',
    'delete',
    'purge',
    'share',
    'show',
    'start_create',
    'start_delete',
    'start_update',
    'unbind_route',
    'unshare',
    'update',
  ],
  'audit.service_key': ['create', 'delete', 'show', 'start_create', 'start_delete', 'update'],
  'audit.service_plan': ['create', 'delete', 'update'],
  'audit.service_plan_visibility': ['create', 'delete', 'update'],
  'audit.service_route_binding': ['create', 'delete', 'start_create', 'start_delete', 'update'],
  'audit.space': ['create', 'delete-request', 'update'],
  'audit.space_quota': ['apply', 'create', 'delete', 'remove', 'update'],
  'audit.stack': ['create', 'delete', 'update'],
  'audit.user': [
    'organization_auditor_add',
    'organization_auditor_remove',
    'organization_billing_manager_add',
    'organization_billing_manager_remove',
    'organization_manager_add',
    'organization_manager_remove',
    'organization_user_add',
    'organization_user_remove',
    'space_auditor_add',
    'space_auditor_remove',
    'space_developer_add',
    'space_developer_remove',
    'space_manager_add',
    'space_manager_remove',
    'space_supporter_add',
    'space_supporter_remove',
  ],
  'audit.user_provided_service_instance': ['create', 'delete', 'show', 'update'],
  blob: ['remove_orphan'],
} as const satisfies Record<string, readonly string[]>

export type Family = keyof typeof families

/** All types, in alphabetical order. */
export const eventTypes: readonly string[] = (Object.keys(families) as Family[])
  .flatMap(family => typesOf(family))
  .sort()

/** The full names of a family's types, or of those of its actions that are named. */
export function typesOf(family: Family, ...actions: string[]): string[] {
  const known: readonly string[] = families[family]
  return (actions.length === 0 ? known : known.filter(action => actions.includes(action))).map(
    action => `${family}.${action}`,
  )
}
