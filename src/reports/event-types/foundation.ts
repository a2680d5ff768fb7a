import type { Families } from './entry.ts'

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
