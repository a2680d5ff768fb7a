import type { Families } from './entry.ts'

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
