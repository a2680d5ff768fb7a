import type { Families } from './entry.ts'

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
