import { type Ask, UaaUnavailable } from '../capi/ask.ts'
import { textAt } from '../capi/event.ts'
import { asGuid } from '../capi/guid.ts'
import { askAll, filterLists } from '../capi/list.ts'
import { listRoles, type Roles, userGuids } from '../capi/roles.ts'
import { readsGlobally, spacesShown } from '../capi/spaces-shown.ts'
import type { Cf } from '../cf/connect.ts'
import type { Context } from '../context.ts'
import { NotFound, Refused, UsageError } from '../errors.ts'
import { askWith, namesOf } from './asking.ts'
import { tellWritten } from './narration.ts'
import { findPlace, labelOf, type Named } from './place.ts'
import { decideLayout, type RenderingArgs } from './rendering.ts'
import { tellMissing, tellMissingEverywhere, tellNamesLacking, tellRoles } from './role-ending.ts'
import { matches, type RoleFilter, type RoleRow, roleTable, rowsOf, userOf } from './role-rows.ts'
import { roleTypesOf } from './role-types.ts'
import { printRoles } from './role-writer.ts'
import { type ScopeArgs, scopeOf } from './scope.ts'
import { screenOf } from './screen.ts'
import { loginOf } from './sight.ts'
import { openSink } from './sink.ts'
import { didYouMean } from './suggest.ts'

/** What was said on the command line about roles. */
export interface RolesArgs extends ScopeArgs, RenderingArgs {
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
  const { stdout, say, progress } = context
  const layout = decideLayout(roleTable, args, stdout.isTTY === true)
  const scope = scopeOf(args, 'targeted')
  const filter = filterOf(args)
  if (scope.spaces.length > 0 && !wantsSpaces(filter)) {
    throw new UsageError('--space shows roles of spaces, --role those of orgs.', 'Leave out one of them.')
  }
  // All is read and counted before the first byte is written.
  const sink = await openSink(args, true, context)
  progress.start()
  try {
    const cf = await context.cf({ bin: args.cf, timeoutMs: args.timeout * 1000 })
    const names = await namesOf(scope, cf, context)
    const ask = askWith(cf, names, args, context)
    // Spaces are chosen among those whose roles are listed: a GUID shows no more of them than a name does.
    const { orgs } = await findPlace(names, { ...scope, spaces: [] }, cf, ask)

    const found = await listRoles(ask, await queryFor(orgs, filter, ask))
    const all = rowsOf(found)
    if (orgs !== undefined) await refuseUnseen(orgs, all, ask)
    if (filter.users !== undefined) refuseNameless(filter.users, found, all)
    const spaces = scope.spaces.length === 0 ? undefined : chosenSpaces(scope.spaces, found)
    const printed = all.filter(matches({ ...filter, spaces }))

    const grouped = stdout.isTTY === true && (args.output === undefined || args.output === '-')
    const { parts, remarks } = await printRoles(
      printed,
      found.included,
      layout,
      grouped,
      screenOf(args, context),
    )
    for (const part of parts) await sink.write(part)
    const size = await sink.commit()

    remarks(say)
    const shown = orgs?.map(({ guid, name }) => ({ guid, name: orgName(found, guid) || name }))
    const where =
      shown === undefined
        ? whereAll(found)
        : (labelOf(
            shown.map(({ name }) => name),
            [],
          ) ?? '')
    tellRoles({ all, printed, where }, say)
    tellWritten(args.output, size, say)
    tellNamesLacking(found, say)
    if (filter.users !== undefined) tellUnknown(filter.users, all, say.warn)
    if (spaces !== undefined) say.note('--space leaves out the roles of the org itself.')
    if (shown === undefined)
      tellMissingEverywhere((await cf.savedLogin())?.readsAll || (await readsGlobally(ask)), say)
    else if (spaces === undefined && wantsSpaces(filter)) await tellSpaces(shown, found, ask, cf, context)
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

async function queryFor(orgs: readonly Named[] | undefined, filter: RoleFilter, ask: Ask) {
  const spaceRoles = wantsSpaces(filter)
  if (orgs !== undefined) return { orgGuids: orgs.map(({ guid }) => guid), spaceRoles }
  const { types, users } = filter
  if (users === undefined) return { orgGuids: 'all' as const, spaceRoles, types }
  const guids = await userGuids(
    ask,
    users.filter(user => asGuid(user) === undefined),
  )
  return { orgGuids: 'all' as const, spaceRoles, types, userGuids: [...new Set([...guids, ...users])] }
}

/** @throws Refused for an org without a role that can be seen, and that cannot be seen itself either. */
async function refuseUnseen(orgs: readonly Named[], rows: readonly RoleRow[], ask: Ask): Promise<void> {
  const empty = orgs.filter(({ guid }) => !rows.some(({ role }) => role.orgGuid === guid))
  for (const list of filterLists(empty.map(({ guid }) => guid))) {
    const { resources } = await askAll(ask, `/v3/organizations?guids=${list}`)
    const unseen = empty.find(org => !resources.some(({ guid }) => guid === org.guid))
    if (unseen !== undefined) {
      throw new Refused(
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
  orgs: readonly Named[],
  found: Roles,
  ask: Ask,
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  { say }: Context,
): Promise<void> {
  const login = await loginOf(cf)
  const guids = orgs.map(({ guid }) => guid)
  const shown = await spacesShown(ask, 'why' in login ? undefined : login, found, guids)
  const named = orgs.map(org => ({ ...org, shown: shown.get(org.guid) ?? 'unknown' }))
  tellMissing(named, found.spaces ?? [], say)
}
