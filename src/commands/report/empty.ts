import type { CapiClient } from '../../capi/client.ts'
import type { AuditEvent } from '../../capi/event.ts'
import { asGuid } from '../../capi/event.ts'
import { oldestEvent } from '../../capi/event-listing.ts'
import { orgByName, orgsOfGuids, type Space, spacesOfGuids } from '../../capi/orgs-and-spaces.ts'
import {
  type Grantee,
  grantCommand,
  howToGetAccess,
  type Visibility,
  visibleParts,
} from '../../capi/visibility.ts'
import { Forbidden, NotFound, recoverable } from '../../errors.ts'
import type { Reading } from '../../evidence/reading.ts'
import type { ResolvedScope } from '../../options/scope.ts'
import type { Window } from '../../options/window.ts'
import { joinNames } from '../../text.ts'
import type { Messages } from '../../ui/messages.ts'

/**
 * Explains an empty listing: Cloud Foundry also answers with an empty list when the roles of the user do not show the
 * events.
 * @throws Forbidden when the user's roles cannot see these events, or when there is no way to know.
 */
export async function diagnoseEmptyResult(
  { client, listing: { api }, scope, where }: Pick<Reading, 'client' | 'listing' | 'scope' | 'where'>,
  window: Window,
  visibility: Visibility,
  user: Grantee,
  messages: Messages,
): Promise<void> {
  const place = scope.label ?? 'any org'
  // Any event at all, of any type and time, proves that events can be seen.
  const oldest = await oldestEvent(api, where, client)
  if (oldest !== undefined) {
    if (window.until !== undefined && window.until <= oldest.time) {
      messages.warn(
        `the oldest event of ${place} that you can see is from ${oldest.time}: there is no way to know whether anything happened before.`,
      )
    }
    return
  }
  const { orgNames, doubts } = await verifyGuids(scope, client)
  for (const doubt of doubts) messages.warn(doubt)
  switch (visibility.sees) {
    case 'all':
      return
    case 'some':
      messages.warn(`your roles show only ${visibleParts(visibility)}, where nothing happened.`)
      return
    case 'none':
      throw new Forbidden(
        `You cannot see the events of ${place}. You need Org Auditor, or Space Auditor, Space Developer or Space Supporter in its spaces.`,
        scope.orgs === undefined
          ? 'Ask for one of these roles, or for the scope cloud_controller.global_auditor.'
          : howToGetAll(
              user,
              scope.orgs.map(({ guid, name }) => orgNames.get(guid) ?? name),
              visibility.isManager,
            ),
      )
    case 'unknown':
      throw new Forbidden(
        `You see no events of ${place}, and your roles could not be looked up: ${visibility.why}`,
        'There is no way to know whether anything happened. Ask an Org Manager which roles you have.',
      )
  }
}

function howToGetAll(user: Grantee, orgs: readonly string[], isManager: boolean): string {
  const [org = '', ...more] = orgs
  if (more.length === 0) return howToGetAccess(user, org, isManager)
  return `Ask an Org Manager of each org to run: ${orgs.map(each => grantCommand(user, each)).join('; ')}`
}

/** The GUIDs of a command line, looked up. */
export interface VerifiedGuids {
  /** Names of orgs, as `cf` takes them, by GUID. */
  readonly orgNames: ReadonlyMap<string, string>
  /** Possible reasons why nothing was found, in sentences. */
  readonly doubts: readonly string[]
}

/**
 * Looks up the GUIDs of a command line when there is no event: Cloud Foundry answers the same for a mistyped GUID as for
 * an org where nothing happened.
 * @throws NotFound when no visible org has the GUID, or the space is in another org.
 */
export async function verifyGuids(
  { orgs = [], spaces = [] }: Pick<ResolvedScope, 'orgs' | 'spaces'>,
  client: CapiClient,
): Promise<VerifiedGuids> {
  const orgGuids = orgs.filter(isGuid).map(({ guid }) => guid)
  const names = orgGuids.length === 0 ? new Map() : await orUndefined(() => orgsOfGuids(client, orgGuids))
  const strange = names && orgGuids.find(guid => !names.has(guid))
  if (strange !== undefined) throw await noOrg(strange, client)

  const spaceGuids = spaces.filter(isGuid).map(({ guid }) => guid)
  const listed = spaceGuids.length === 0 ? [] : await orUndefined(() => spacesOfGuids(client, spaceGuids))
  for (const space of listed ?? []) assertIsIn(space, orgs)
  const unlisted =
    listed === undefined ? [] : spaceGuids.filter(guid => !listed.some(each => each.guid === guid))
  return {
    orgNames: names ?? new Map(),
    doubts: unlisted.map(
      guid =>
        `cannot list the space ${guid}: it may be mistyped, deleted, or hidden from you (Org Auditors cannot list spaces).`,
    ),
  }
}

const isGuid = ({ name }: { readonly name: string }) => asGuid(name) !== undefined

function assertIsIn({ guid, name, orgGuid }: Space, orgs: NonNullable<ResolvedScope['orgs']>): void {
  if (orgs.length === 0 || orgs.some(org => org.guid === orgGuid)) return
  throw new NotFound(
    `The space ${guid} (${name}) is not in ${joinNames(
      orgs.map(org => org.name),
      { word: 'or' },
    )}: its org is ${orgGuid}.`,
    `Name its org: --org ${orgGuid}.`,
  )
}

/** An org name can look like a GUID, and is then read as one. */
async function noOrg(guid: string, client: CapiClient): Promise<NotFound> {
  const named = await orUndefined(() => orgByName(client, guid))
  return new NotFound(
    `No org with the GUID ${guid} is visible to you, and no event belongs to it.`,
    named === undefined
      ? "'cf org NAME --guid' prints one. Only global readers see the events of a deleted org."
      : `An org has this name. Use its GUID: --org ${named}.`,
  )
}

/** undefined if the lookup fails: the report is still worth printing. */
async function orUndefined<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    recoverable(error)
    return undefined
  }
}

/** Watches for orgs and spaces without an event. */
export interface UnmatchedGuids {
  check(events: readonly AuditEvent[]): void
  logWarnings(messages: Messages): void
}

/**
 * Among several orgs or spaces, one that was given as a GUID may be mistyped, and the events of the others would hide it.
 * (Names are looked up before anything is read, and an empty report is explained.)
 */
export function createUnmatchedGuids({
  orgs = [],
  spaces = [],
}: Pick<ResolvedScope, 'orgs' | 'spaces'>): UnmatchedGuids {
  const typed = [...orgs, ...spaces].filter(({ name }) => asGuid(name) !== undefined)
  if (typed.length === 0 || Math.max(orgs.length, spaces.length) < 2) return { check() {}, logWarnings() {} }
  const met = new Set<string>()
  return {
    check(events) {
      for (const { orgGuid, spaceGuid } of events) met.add(orgGuid).add(spaceGuid)
    },
    logWarnings(messages) {
      for (const { guid } of typed) {
        if (!met.has(guid))
          messages.warn(`no event belongs to ${guid}: it may be mistyped, or nothing happened there.`)
      }
    },
  }
}
