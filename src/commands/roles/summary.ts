import { textAt } from '../../capi/event.ts'
import type { Resource } from '../../capi/resource-list.ts'
import type { Roles, SpacesShown } from '../../capi/roles.ts'
import type { RoleRow } from '../../reports/role-rows.ts'
import type { Messages } from '../../ui/messages.ts'

/** An org that was asked for. */
export interface OrgShown {
  readonly guid: string
  /** As it was named. */
  readonly name: string
  readonly shown: SpacesShown
}

/** How much was read, and how much of it is printed. */
export interface RolesEnd {
  readonly all: readonly RoleRow[]
  readonly printed: readonly RoleRow[]
  /** In words, such as `demo-org`. */
  readonly where: string
}

/** The closing words: how many roles of how many users, and that Cloud Foundry counts as many. */
export function logSummary({ all, printed, where }: RolesEnd, messages: Messages): void {
  const of = printed.length === all.length ? '' : `${counted(printed)} match, of the `
  messages.info(`${of}${counted(all)} in ${where}: all that Cloud Foundry counts for your roles.`)
  const holders = (kind: RoleRow['holder']) =>
    new Set(printed.filter(row => row.holder === kind).map(({ role }) => role.userGuid)).size
  const clients = holders('client')
  const gone = holders('gone')
  if (clients > 0) messages.info(`${many(clients, 'of them is a client', 'of them are clients')} of the UAA.`)
  if (gone > 0) {
    messages.info(`${many(gone, 'of them is', 'of them are')} gone from the UAA, or not active there.`)
  }
}

const counted = (rows: readonly RoleRow[]) =>
  `${many(rows.length, 'role')} of ${many(new Set(rows.map(({ role }) => role.userGuid)).size, 'user')}`

const many = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`

/** Says that users have no names. */
export function warnMissingNames({ namesLacking }: Roles, messages: Messages): void {
  if (namesLacking === undefined) return
  messages.warn(`users are shown by GUID alone. ${namesLacking.message}`)
}

const allTakes = 'Org Manager, or a global reader'

/** Says which space roles are missing, of which orgs, and whom to ask. No number of spaces that cannot be seen is known. */
export function warnMissingSpaces(
  orgs: readonly OrgShown[],
  spaces: readonly Resource[],
  messages: Messages,
): void {
  const seen = (org: OrgShown) =>
    spaces.filter(({ value }) => textAt(value, 'relationships', 'organization', 'data', 'guid') === org.guid)
  const whole = orgs.filter(({ shown }) => shown === 'all')
  const count = whole.flatMap(seen).length
  if (whole.length > 0) {
    const where = listOf(whole.map(({ name }) => name))
    const those = count === 1 ? `the one space of ${where}` : `all ${count} spaces of ${where}`
    messages.info(count === 0 ? `${where} has no spaces.` : `Your roles show ${those}.`)
  }
  const partial = orgs.filter(({ shown }) => shown !== 'all')
  const dark = partial.filter(org => seen(org).length === 0)
  if (dark.length > 0) {
    const where = listOf(dark.map(({ name }) => name))
    const why = dark.some(({ shown }) => shown === 'some')
      ? `your roles cannot list the spaces of ${where}`
      : `${where} has no spaces, or your roles cannot list them`
    messages.warn(`space roles are not shown: ${why}. That takes ${allTakes}: ask one to run this.`)
  }
  for (const org of partial.filter(org => !dark.includes(org))) {
    const those = listOf(seen(org).map(({ value, guid }) => textAt(value, 'name') || guid))
    const others =
      org.shown === 'some'
        ? `your roles list no other space of ${org.name}`
        : `whether ${org.name} has other spaces cannot be told`
    messages.warn(
      `only the space roles of ${those} are shown: ${others}. All of them takes ${allTakes}: ask one to run this.`,
    )
  }
}

/** The same where every org was asked for. */
export function warnMissingOrgs(readsGlobally: boolean, messages: Messages): void {
  if (readsGlobally) return
  messages.warn(
    'these are the orgs where you hold a role, and the spaces where you are Org Manager or hold a role. Those of the whole foundation take a global reader: ask one to run this.',
  )
}

// A screen is no place for a hundred names.
const named = 5

function listOf(names: readonly string[]): string {
  if (names.length > named) return `${names.slice(0, named).join(', ')} and ${names.length - named} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
