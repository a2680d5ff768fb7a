import type { CapiClient } from '../../capi/client.ts'
import { asGuid, textAt } from '../../capi/event.ts'
import { UaaUnavailable } from '../../capi/http-errors.ts'
import { filterLists, listAll, type Resource } from '../../capi/resource-list.ts'
import { listRoles, type Roles, readsGlobally, type SpacesShown, spacesShown } from '../../capi/roles.ts'
import { findUsers } from '../../capi/users.ts'
import type { Cf } from '../../cf/cf.ts'
import { Forbidden, NotFound, recoverable, UsageError } from '../../errors.ts'
import { defineCommand, type Open, type Parsed } from '../../options/command.ts'
import { clientFor, connectionOf, connectionOptions, orgNamesInScope } from '../../options/connection.ts'
import { columnsOption, logFile, madeBy, openSink, outputOptions, planOutput } from '../../options/output.ts'
import { roleFilterOf, roleOptions } from '../../options/roles.ts'
import {
  labelOf,
  type NamedResource,
  orgArgument,
  resolveScope,
  scopeOf,
  scopeOptions,
} from '../../options/scope.ts'
import { didYouMean } from '../../options/suggest.ts'
import { windowOptions } from '../../options/window.ts'
import {
  matches,
  type RoleFilter,
  type RoleRow,
  roleSource,
  roleTable,
  rowsOf,
  userOf,
} from '../../reports/role-rows.ts'
import { joinNames, plural } from '../../text.ts'
import { seconds } from '../../time.ts'
import type { Messages } from '../../ui/messages.ts'

const options = {
  ...scopeOptions,
  'all-orgs': { ...scopeOptions['all-orgs'], describe: 'All orgs you can see' },
  ...roleOptions,
  ...outputOptions,
  columns: columnsOption(() => [...roleTable.columns, ...roleTable.more]),
  tz: { ...windowOptions.tz, group: 'Output', describe: 'Show times in this zone, such as Europe/Berlin' },
  ...connectionOptions,
} as const

export const command = defineCommand({
  about: `Print who holds which role now: in the org, and in each space that you can list.
Replaces the menu "Users" of cloud.gov's dashboard.`,
  arguments: [orgArgument],
  options,
  examples: [
    { why: 'Who holds which role in an org', line: 'cf-audit roles demo-org' },
    { why: 'The managers of the org', line: 'cf-audit roles demo-org --role OrgManager -f csv' },
    {
      why: 'All roles of one person',
      line: 'cf-audit roles --all-orgs --user manager@example.gov -O roles.csv',
    },
  ],
  notes: [
    { heading: 'Columns', text: [...roleTable.columns, ...roleTable.more].map(({ key }) => key).join(', ') },
  ],
  run: printRoles,
})

async function printRoles(args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { messages, progress } = context
  const plan = planOutput(roleTable, args, context)
  const scope = scopeOf(args, args.words[0], 'targeted')
  const filter = roleFilterOf(args)
  const connection = connectionOf(args)
  if (scope.spaces.length > 0 && !wantsSpaces(filter)) {
    throw new UsageError(
      '--space shows space roles, and --role asks for org roles only.',
      'Leave out one of them.',
    )
  }
  // Everything is read and counted before the first byte is written.
  const sink = await openSink(args, { ...plan.format, streams: true }, context)
  progress.start()
  try {
    const cf = await context.cf(connection)
    const names = await orgNamesInScope(scope, cf, context)
    const client = clientFor(cf, names, connection, context)
    // Spaces are chosen among those whose roles are listed: a GUID shows no more of them than a name does.
    const { orgs } = await resolveScope(names, { ...scope, spaces: [] }, cf, client)

    const found = await listRoles(client, await queryFor(orgs, filter, client))
    const all = rowsOf(found)
    if (orgs !== undefined) await assertVisible(orgs, all, client)
    if (filter.users !== undefined) assertNamesKnown(filter.users, found, all)
    const spaces = scope.spaces.length === 0 ? undefined : chosenSpaces(scope.spaces, found)
    const printed = all.filter(matches({ ...filter, spaces }))
    const shown = orgs?.map(({ guid, name }) => ({ guid, name: orgName(found, guid) || name }))
    const label =
      shown &&
      labelOf(
        shown.map(({ name }) => name),
        [],
      )
    const limits: string[] = []
    const limited = { warn: (limit: string) => void limits.push(limit) }
    warnMissingNames(found, limited)
    if (shown === undefined) warnMissingOrgs(await isGlobal(cf, client), limited)
    else if (spaces === undefined && wantsSpaces(filter)) await logSpaces(shown, found, client, cf, limited)
    const where = label ?? whereAll(found)
    const isNarrowed = orgs === undefined && (filter.users !== undefined || filter.types !== undefined)
    const summary = summaryOf({ all, printed, where, isNarrowed })
    const about = (): (readonly [string, string])[] => [
      ['Roles', summary],
      ['Missing', limits.length === 0 ? 'nothing' : limits.join(' ')],
      ['Read at', seconds(context.now())],
      ...madeBy(context),
    ]
    const source = { ...roleSource(printed, found.included), about }
    const writer = await plan.format.open(plan, source, sink.write)
    await writer.write(printed)
    await writer.end()
    const size = await sink.commit()

    writer.logWarnings(messages)
    logFile(args.output, size, messages)
    if (filter.users !== undefined) warnUnknown(filter.users, all, messages)
    if (spaces !== undefined) messages.info('--space leaves out the roles of the org itself.')
    for (const limit of limits) messages.warn(limit)
    messages.success(summary)
  } finally {
    progress.stop()
    await sink.abandon()
  }
}

async function isGlobal(cf: Cf, client: CapiClient): Promise<boolean> {
  return (await cf.savedLogin())?.isGlobalReader ?? (await readsGlobally(client))
}

const wantsSpaces = ({ types }: RoleFilter) => types?.some(type => type.startsWith('space_')) ?? true

async function queryFor(orgs: readonly NamedResource[] | undefined, filter: RoleFilter, client: CapiClient) {
  const spaceRoles = wantsSpaces(filter)
  if (orgs !== undefined) return { orgGuids: orgs.map(({ guid }) => guid), spaceRoles }
  const { types, users } = filter
  if (users === undefined) return { orgGuids: 'all' as const, spaceRoles, types }
  // A user name may look like a GUID.
  const { guids, trouble } = await findUsers(client, users)
  if (trouble !== undefined && users.some(user => asGuid(user) === undefined)) throw trouble
  const userGuids = [...new Set([...[...guids.values()].flat(), ...users])]
  return { orgGuids: 'all' as const, spaceRoles, types, userGuids }
}

/** @throws Refused for an org without a role that can be seen, and that cannot be seen itself either. */
async function assertVisible(
  orgs: readonly NamedResource[],
  rows: readonly RoleRow[],
  client: CapiClient,
): Promise<void> {
  const empty = orgs.filter(({ guid }) => !rows.some(({ role }) => role.orgGuid === guid))
  for (const list of filterLists(empty.map(({ guid }) => guid))) {
    const { resources } = await listAll(client, `/v3/organizations?guids=${list}`)
    const unseen = empty.find(org => !resources.some(({ guid }) => guid === org.guid))
    if (unseen !== undefined) {
      throw new Forbidden(
        `No org named ${unseen.name} is visible to you.`,
        'Only members of an org see its roles. Ask one of them, or a global auditor, to run this.',
      )
    }
  }
}

/**
 * The GUIDs of the spaces that are named.
 * @throws NotFound for one that is not among those whose roles can be seen.
 */
function chosenSpaces(names: readonly string[], { included, spaces }: Roles): Set<string> {
  const known = [...(included.get('spaces') ?? [])].map(([guid, space]) => ({
    guid,
    name: textAt(space, 'name'),
  }))
  const chosen = names.map(name => {
    const those = known.filter(space => space.name === name || space.guid === name)
    if (those.length > 0) return those
    // Of every org only the spaces of the roles that were found are known.
    if (spaces === undefined) return [{ guid: name }]
    const meant = didYouMean(
      name,
      known.map(space => space.name),
    )
    throw new NotFound(
      `No space named ${name} is visible to you.${meant}`,
      'To see the roles of a space you need a role in it, Org Manager, or a global role.',
    )
  })
  return new Set(chosen.flat().map(({ guid }) => guid))
}

/** @throws UaaUnavailable when --user has a name that could not be looked up. */
function assertNamesKnown(users: readonly string[], { namesLacking }: Roles, all: readonly RoleRow[]): void {
  const isGuid = (user: string) =>
    asGuid(user) !== undefined || all.some(({ role }) => role.userGuid === user)
  if (namesLacking === undefined || users.every(isGuid)) return
  throw new UaaUnavailable(namesLacking.message, 'Try again later, or give the GUID of the user with --user.')
}

function whereAll({ included }: Roles): string {
  const orgs = included.get('organizations')?.size ?? 0
  return orgs === 1 ? 'the only org you can see' : `the ${orgs} orgs you can see`
}

function warnUnknown(users: readonly string[], all: readonly RoleRow[], messages: Messages): void {
  for (const user of users) {
    if (all.some(matches({ users: [user], types: undefined }))) continue
    messages.warn(`no visible role belongs to ${user}.${didYouMean(user, all.map(userOf))}`)
  }
}

const orgName = ({ included }: Roles, guid: string) =>
  textAt(included.get('organizations')?.get(guid), 'name')

async function logSpaces(
  orgs: readonly NamedResource[],
  found: Roles,
  client: CapiClient,
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  messages: Warnings,
): Promise<void> {
  let login: Awaited<ReturnType<Cf['savedLogin']>> | Awaited<ReturnType<Cf['target']>>
  try {
    login = (await cf.savedLogin()) ?? (await cf.target())
  } catch (error) {
    recoverable(error) // Then it stays unknown which spaces are missing.
  }
  const guids = orgs.map(({ guid }) => guid)
  const shown = await spacesShown(client, login, found, guids)
  warnMissingSpaces(
    orgs.map(org => ({ ...org, shown: shown.get(org.guid) ?? 'unknown' })),
    found.spaces ?? [],
    messages,
  )
}

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
  /** Cloud Foundry was asked for some users or roles alone. */
  readonly isNarrowed: boolean
}

/** Where warnings go. */
type Warnings = Pick<Messages, 'warn'>

/** The last line: how many roles of how many users. */
export function summaryOf({ all, printed, where, isNarrowed }: RolesEnd): string {
  const holders = (kind: RoleRow['holder']) =>
    new Set(printed.filter(row => row.holder === kind).map(({ role }) => role.userGuid)).size
  const kinds = [
    [holders('client'), 'client'],
    [holders('gone'), 'deleted or inactive user'],
  ] as const
  const others = kinds.filter(([count]) => count > 0).map(([count, kind]) => plural(count, kind))
  const among = others.length === 0 ? '' : `, including ${joinNames(others)}`
  const matching =
    printed.length === all.length
      ? ''
      : `${counted(printed)} ${printed.length === 1 ? 'matches' : 'match'}, of `
  const some = isNarrowed && matching === '' ? ` ${printed.length === 1 ? 'matches' : 'match'}` : ''
  return `${matching}${counted(all)}${some} in ${where}${among}.`
}

const counted = (rows: readonly RoleRow[]) =>
  `${plural(rows.length, 'role')} of ${plural(new Set(rows.map(({ role }) => role.userGuid)).size, 'user')}`

/** Warns that user names are missing. */
export function warnMissingNames({ namesLacking }: Roles, messages: Warnings): void {
  if (namesLacking === undefined) return
  messages.warn(`users are shown by GUID only. ${namesLacking.message}`)
}

const askOthers = 'Ask an Org Manager or global auditor to run this.'
const most = 5

/** Warns which space roles are missing. How many spaces are hidden is unknown. */
export function warnMissingSpaces(
  orgs: readonly OrgShown[],
  spaces: readonly Resource[],
  messages: Warnings,
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
export function warnMissingOrgs(readsGlobally: boolean, messages: Warnings): void {
  if (readsGlobally) return
  messages.warn(
    'this covers only the orgs where you hold a role, and the spaces where you hold a role or are Org Manager. For the whole foundation, ask a global auditor to run this.',
  )
}
