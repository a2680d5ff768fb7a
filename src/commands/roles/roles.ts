import { type CapiClient, UaaUnavailable } from '../../capi/client.ts'
import { asGuid, textAt } from '../../capi/event.ts'
import { filterLists, listAll } from '../../capi/resource-list.ts'
import { listRoles, type Roles, readsGlobally, spacesShown, userGuids } from '../../capi/roles.ts'
import { loginOf } from '../../capi/visibility.ts'
import type { Cf } from '../../cf/cf.ts'
import type { Context } from '../../context.ts'
import { Forbidden, NotFound, UsageError } from '../../errors.ts'
import { clientFor, orgNamesInScope } from '../../options/connection.ts'
import { decideLayout, type OutputArgs, openSink } from '../../options/output.ts'
import { roleTypesOf } from '../../options/roles.ts'
import { labelOf, type NamedResource, resolveScope, type ScopeArgs, scopeOf } from '../../options/scope.ts'
import { didYouMean } from '../../options/suggest.ts'
import { tableStyle } from '../../reports/formats.ts'
import {
  matches,
  printRoles,
  type RoleFilter,
  type RoleRow,
  roleTable,
  rowsOf,
  userOf,
} from '../../reports/role-rows.ts'
import { logFile } from '../report/summary.ts'
import { logSummary, warnMissingNames, warnMissingOrgs, warnMissingSpaces } from './summary.ts'

/** What was said on the command line about roles. */
export interface RolesArgs extends ScopeArgs, OutputArgs {
  readonly user: readonly string[]
  readonly role: readonly string[]
  readonly force: boolean
  readonly cf?: string | undefined
  /** Seconds. */
  readonly timeout: number
  /** Seconds. */
  readonly maxWait: number
}

/** Prints who holds which role now. */
export async function roles(args: RolesArgs, context: Context): Promise<void> {
  const { stdout, messages, progress } = context
  const layout = decideLayout(roleTable, args, stdout.isTTY === true)
  const scope = scopeOf(args, 'targeted')
  const filter = filterOf(args)
  if (scope.spaces.length > 0 && !wantsSpaces(filter)) {
    throw new UsageError('--space shows roles of spaces, --role those of orgs.', 'Leave out one of them.')
  }
  // All is read and counted before the first byte is written.
  const isTable = layout.format === 'table'
  const sink = await openSink(args, !isTable, context, isTable)
  progress.start()
  try {
    const cf = await context.cf({ bin: args.cf, timeoutMs: args.timeout * 1000 })
    const names = await orgNamesInScope(scope, cf, context)
    const client = clientFor(cf, names, args, context)
    // Spaces are chosen among those whose roles are listed: a GUID shows no more of them than a name does.
    const { orgs } = await resolveScope(names, { ...scope, spaces: [] }, cf, client)

    const found = await listRoles(client, await queryFor(orgs, filter, client))
    const all = rowsOf(found)
    if (orgs !== undefined) await refuseUnseen(orgs, all, client)
    if (filter.users !== undefined) refuseNameless(filter.users, found, all)
    const spaces = scope.spaces.length === 0 ? undefined : chosenSpaces(scope.spaces, found)
    const printed = all.filter(matches({ ...filter, spaces }))

    const grouped = stdout.isTTY === true && (args.output === undefined || args.output === '-')
    const { parts, warnings } = await printRoles(
      printed,
      found.included,
      layout,
      grouped,
      tableStyle(args, context),
    )
    for (const part of parts) await sink.write(part)
    const size = await sink.commit()

    warnings(messages)
    const shown = orgs?.map(({ guid, name }) => ({ guid, name: orgName(found, guid) || name }))
    const where =
      shown === undefined
        ? whereAll(found)
        : (labelOf(
            shown.map(({ name }) => name),
            [],
          ) ?? '')
    logSummary({ all, printed, where }, messages)
    logFile(args.output, size, messages)
    warnMissingNames(found, messages)
    if (filter.users !== undefined) tellUnknown(filter.users, all, messages.warn)
    if (spaces !== undefined) messages.info('--space leaves out the roles of the org itself.')
    if (shown === undefined)
      warnMissingOrgs((await cf.savedLogin())?.isGlobalReader || (await readsGlobally(client)), messages)
    else if (spaces === undefined && wantsSpaces(filter)) await tellSpaces(shown, found, client, cf, context)
  } finally {
    progress.stop()
    await sink.abandon()
  }
}

/** @throws UsageError for a word that means no role, or no user. */
function filterOf({ role, user }: RolesArgs): RoleFilter {
  if (user.includes(''))
    throw new UsageError('The name of the user is empty.', 'Name a user, or leave out --user.')
  return { types: roleTypesOf(role), users: user.length === 0 ? undefined : user }
}

const wantsSpaces = ({ types }: RoleFilter) => types?.some(type => type.startsWith('space_')) ?? true

async function queryFor(orgs: readonly NamedResource[] | undefined, filter: RoleFilter, client: CapiClient) {
  const spaceRoles = wantsSpaces(filter)
  if (orgs !== undefined) return { orgGuids: orgs.map(({ guid }) => guid), spaceRoles }
  const { types, users } = filter
  if (users === undefined) return { orgGuids: 'all' as const, spaceRoles, types }
  const guids = await userGuids(
    client,
    users.filter(user => asGuid(user) === undefined),
  )
  return { orgGuids: 'all' as const, spaceRoles, types, userGuids: [...new Set([...guids, ...users])] }
}

/** @throws Refused for an org without a role that can be seen, and that cannot be seen itself either. */
async function refuseUnseen(
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
        `There is no org ${unseen.name} that you can see.`,
        'Members of an org see who has a role in it: ask one, or a global reader, to run this.',
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
      `Your roles show no space ${name} here.${meant}`,
      'Names are exact. Who holds a role in a space is shown to those who hold one there, to Org Managers and global readers.',
    )
  })
  return new Set(chosen.flat().map(({ guid }) => guid))
}

/** @throws UaaUnavailable when somebody is asked for by a name that could not be looked up. */
function refuseNameless(users: readonly string[], { namesLacking }: Roles, all: readonly RoleRow[]): void {
  const isGuid = (user: string) =>
    asGuid(user) !== undefined || all.some(({ role }) => role.userGuid === user)
  if (namesLacking === undefined || users.every(isGuid)) return
  throw new UaaUnavailable(namesLacking.message, 'Try again later, or give the GUID of the user with --user.')
}

function whereAll({ included }: Roles): string {
  const orgs = included.get('organizations')?.size ?? 0
  return orgs === 1 ? 'the one org that you can see' : `the ${orgs} orgs that you can see`
}

function tellUnknown(users: readonly string[], all: readonly RoleRow[], warn: (text: string) => void): void {
  for (const user of users) {
    if (all.some(matches({ users: [user], types: undefined }))) continue
    warn(`nobody named ${user} holds a role that you can see here.${didYouMean(user, all.map(userOf))}`)
  }
}

const orgName = ({ included }: Roles, guid: string) =>
  textAt(included.get('organizations')?.get(guid), 'name')

async function tellSpaces(
  orgs: readonly NamedResource[],
  found: Roles,
  client: CapiClient,
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  { messages }: Context,
): Promise<void> {
  const login = await loginOf(cf)
  const guids = orgs.map(({ guid }) => guid)
  const shown = await spacesShown(client, 'why' in login ? undefined : login, found, guids)
  const named = orgs.map(org => ({ ...org, shown: shown.get(org.guid) ?? 'unknown' }))
  warnMissingSpaces(named, found.spaces ?? [], messages)
}
