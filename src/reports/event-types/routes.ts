import type { Families } from './entry.ts'

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
