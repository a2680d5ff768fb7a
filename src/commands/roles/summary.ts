import { textAt } from '../../capi/event.ts'
import type { Resource } from '../../capi/resource-list.ts'
import type { Roles, SpacesShown } from '../../capi/roles.ts'
import type { RoleRow } from '../../reports/role-rows.ts'
import { joinNames, plural } from '../../text.ts'
import type { Messages } from '../../ui/messages.ts'

/** An org whose roles were listed. */
export interface OrgShown {
  readonly guid: string
  readonly name: string
  readonly shown: SpacesShown
}

/** The roles that were read, and those that are printed. */
export interface RolesEnd {
  readonly all: readonly RoleRow[]
  readonly printed: readonly RoleRow[]
  /** A phrase, such as `demo-org`. */
  readonly where: string
}

/** Logs the last line: how many roles of how many users. */
export function logSummary({ all, printed, where }: RolesEnd, messages: Messages): void {
  const holders = (kind: RoleRow['holder']) =>
    new Set(printed.filter(row => row.holder === kind).map(({ role }) => role.userGuid)).size
  const kinds = [
    [holders('client'), 'client'],
    [holders('gone'), 'deleted or inactive user'],
  ] as const
  const others = kinds.filter(([count]) => count > 0).map(([count, kind]) => plural(count, kind))
  const among = others.length === 0 ? '' : `, including ${joinNames(others)}`
  const matching = printed.length === all.length ? '' : `${counted(printed)} match, of `
  messages.success(`${matching}${counted(all)} in ${where}${among}.`)
}

const counted = (rows: readonly RoleRow[]) =>
  `${plural(rows.length, 'role')} of ${plural(new Set(rows.map(({ role }) => role.userGuid)).size, 'user')}`

/** Warns that user names are missing. */
export function warnMissingNames({ namesLacking }: Roles, messages: Messages): void {
  if (namesLacking === undefined) return
  messages.warn(`users are shown by GUID only. ${namesLacking.message}`)
}

const askOthers = 'Ask an Org Manager or global auditor to run this.'
const most = 5

/** Warns which space roles are missing. How many spaces are hidden is unknown. */
export function warnMissingSpaces(
  orgs: readonly OrgShown[],
  spaces: readonly Resource[],
  messages: Messages,
): void {
  const seen = (org: OrgShown) =>
    spaces.filter(({ value }) => textAt(value, 'relationships', 'organization', 'data', 'guid') === org.guid)
  const partial = orgs.filter(({ shown }) => shown !== 'all')
  const unlistable = partial.filter(org => seen(org).length === 0)
  if (unlistable.length > 0) {
    const where = joinNames(
      unlistable.map(({ name }) => name),
      { most },
    )
    const why = unlistable.some(({ shown }) => shown === 'some')
      ? `you cannot list the spaces of ${where}`
      : `${where} has no spaces, or you cannot list them`
    messages.warn(`space roles are missing: ${why}. ${askOthers}`)
  }
  for (const org of partial.filter(org => !unlistable.includes(org))) {
    const those = joinNames(
      seen(org).map(({ value, guid }) => textAt(value, 'name') || guid),
      { most },
    )
    const others =
      org.shown === 'some'
        ? `you cannot list other spaces of ${org.name}`
        : `${org.name} may have other spaces`
    messages.warn(`only the space roles of ${those} are shown; ${others}. ${askOthers}`)
  }
}

/** The same where all orgs were asked for. */
export function warnMissingOrgs(readsGlobally: boolean, messages: Messages): void {
  if (readsGlobally) return
  messages.warn(
    'this covers only the orgs where you hold a role, and the spaces where you hold a role or are Org Manager. For the whole foundation, ask a global auditor to run this.',
  )
}
