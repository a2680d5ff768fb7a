import { UsageError } from '../errors.ts'
import { type OptionTable, type Values, valuesOf } from './command.ts'
import { didYouMean } from './suggest.ts'

/** Whose roles, and which. */
export const roleOptions = {
  user: {
    type: 'string',
    repeats: true,
    group: 'Scope',
    value: 'USER',
    describe: 'Only this user: user name, GUID or client ID; repeat for several',
  },
  role: {
    type: 'string',
    repeats: true,
    list: true,
    group: 'Scope',
    value: 'ROLE',
    complete: () => roleTypes,
    describe: 'Only this role: OrgManager, space_developer, "Space Developer" and so on; repeat for several',
  },
} as const satisfies OptionTable

export type RoleArgs = Partial<Values<typeof roleOptions>>

/**
 * Whose roles, and which, a command line asks for.
 * @throws UsageError for an empty user, and for a word that means no role, or more than one.
 */
export function roleFilterOf(args: RoleArgs): {
  readonly types: readonly string[] | undefined
  readonly users: readonly string[] | undefined
} {
  const users = valuesOf(args.user)
  if (users?.includes(''))
    throw new UsageError('the user name is empty.', 'Name a user, or leave out --user.')
  return { types: roleTypesOf(valuesOf(args.role) ?? []), users }
}

/** The roles of an org, then those of a space (lib/cloud_controller/membership.rb), with the names that `cf` takes. */
const cfNames = {
  organization_user: 'OrgUser',
  organization_auditor: 'OrgAuditor',
  organization_manager: 'OrgManager',
  organization_billing_manager: 'BillingManager',
  space_auditor: 'SpaceAuditor',
  space_developer: 'SpaceDeveloper',
  space_manager: 'SpaceManager',
  space_supporter: 'SpaceSupporter',
} as const

export const roleTypes: readonly string[] = Object.keys(cfNames)

/** Words for the same role: only letters count, and a role that only orgs or only spaces have needs no prefix. */
const meanings = new Map<string, string[]>()
for (const [type, cfName] of Object.entries(cfNames)) {
  const words = lettersOf(type)
  const short = words.replace(/^(organization|space)/, '')
  for (const word of new Set([words, lettersOf(cfName), words.replace('organization', 'org'), short])) {
    meanings.set(word, [...(meanings.get(word) ?? []), type])
  }
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '')
}

/**
 * The types of roles that words mean, as `cf` or the API spell them: `OrgAuditor`, `space_developer`, "Space Developer",
 * several with commas; undefined when nothing was said.
 * @throws UsageError for a word that means no role, or more than one.
 */
export function roleTypesOf(words: readonly string[]): string[] | undefined {
  if (words.length === 0) return undefined
  return [...new Set(words.flatMap(word => word.split(',')).map(typeOf))]
}

function typeOf(word: string): string {
  const letters = lettersOf(word)
  const [type, other] = meanings.get(letters) ?? meanings.get(letters.replace(/s$/, '')) ?? []
  const known = `Roles are ${Object.values(cfNames).join(', ')}.`
  if (type === undefined) {
    throw new UsageError(`unknown role "${word}".${didYouMean(word, Object.values(cfNames))}`, known)
  }
  if (other !== undefined) {
    throw new UsageError(
      `--role ${word} can mean ${nameOf(type)} or ${nameOf(other)}.`,
      'Name the one that you mean. Repeat --role for both.',
    )
  }
  return type
}

function nameOf(type: string): string {
  return new Map(Object.entries<string>(cfNames)).get(type) ?? type
}
