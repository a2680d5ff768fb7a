import type { Api } from '../../capi/api.ts'
import type { CapiClient } from '../../capi/client.ts'
import { type AuditEvent, asGuid, readEvent } from '../../capi/event.ts'
import { orgByName, orgsOfGuids, type Space, spacesOfGuids } from '../../capi/orgs-and-spaces.ts'
import { readPage } from '../../capi/page.ts'
import { currentVisibility, type Grantee } from '../../capi/visibility.ts'
import type { Cf } from '../../cf/cf.ts'
import { AuditError, Forbidden, Interrupted, NotFound } from '../../errors.ts'
import type { ResolvedScope } from '../../options/scope.ts'
import type { Window } from '../../options/window.ts'
import { shellWord } from '../../text.ts'
import type { Messages } from '../../ui/messages.ts'
import { visibleParts } from './summary.ts'

/** An empty report, and what it was asked for. */
export interface EmptyResult {
  readonly api: Api
  readonly scope: ResolvedScope
  readonly window: Window
}

/**
 * Says what an empty report means. To those whose roles cannot see events Cloud Foundry answers with an empty list, too.
 * @throws Refused when the roles of the user cannot see these events, or when nobody can tell.
 */
export async function diagnoseEmptyResult(
  { api, scope, window }: EmptyResult,
  client: CapiClient,
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  messages: Messages,
): Promise<void> {
  const where = scope.label ?? 'any org'
  const orgGuids = scope.orgs?.map(({ guid }) => guid)
  const spaceGuids = scope.spaces?.map(({ guid }) => guid)
  // Any event at all, of any type and time, proves that events can be seen.
  const within = { orgGuids, spaceGuids }
  const path = api.path({ ...within, order: 'time' }, 1, 1)
  const { value: any } = await client(path, body => readPage(api, body))
  const visible = await currentVisibility(cf, client, within)
  if (any.total > 0) {
    // Other events can be seen. That proves nothing of those that cannot.
    const oldest = any.records[0] && readEvent(any.records[0], api.name, 'the oldest record').time
    if (oldest !== undefined && window.until !== undefined && window.until <= oldest)
      messages.warn(
        `whether anything happened in this window cannot be told: the oldest event of ${where} that can be seen is of ${oldest}.`,
      )
    else if (visible.sees === 'all')
      messages.info(`Nothing of this kind happened that Cloud Foundry still keeps: your roles would show it.`)
    if (visible.sees !== 'all')
      messages.warn(
        `nothing of this kind that Cloud Foundry still keeps happened where your roles can see it${visible.sees === 'some' ? ` (${visibleParts(visible)})` : ''}. All of ${where} takes Org Auditor.`,
      )
    return
  }
  const { orgNames, doubts } = await verifyGuids(scope, client)
  for (const doubt of doubts) messages.warn(doubt)
  switch (visible.sees) {
    case 'all':
      messages.info(`Nothing happened in ${where} that Cloud Foundry still keeps: your roles would show it.`)
      return
    case 'some':
      messages.warn(
        `your roles show only the events of ${visibleParts(visible)}, where nothing happened. The rest of ${where} takes Org Auditor.`,
      )
      return
    case 'none':
      throw new Forbidden(
        `Your roles cannot see the events of ${where}: that takes Org Auditor, or Space Auditor, Developer or Supporter of its spaces.`,
        scope.orgs === undefined
          ? 'Ask for one of these roles, or for the scope cloud_controller.global_auditor.'
          : howToGetAll(
              visible.who,
              scope.orgs.map(({ guid, name }) => orgNames.get(guid) ?? name),
              visible.isManager,
            ),
      )
    case 'unknown':
      throw new Forbidden(
        `No event of ${where} can be seen, and your roles could not be read: ${visible.why}`,
        'So it cannot be told whether nothing happened or you may not see it. Ask an Org Manager which roles you have.',
      )
  }
}

/** The line that gives somebody the role which shows all events of an org, and who can run it. */
export function howToGet(who: Grantee, org: string, isManager: boolean): string {
  const line = grantLine(who, org)
  return isManager
    ? `As Org Manager you can grant it yourself, which is audited in turn: ${line}`
    : `Ask an Org Manager to run: ${line}`
}

function howToGetAll(who: Grantee, orgs: readonly string[], isManager: boolean): string {
  const [org = '', ...more] = orgs
  if (more.length === 0) return howToGet(who, org, isManager)
  return `Ask an Org Manager of each org to run: ${orgs.map(each => grantLine(who, each)).join('; ')}`
}

/** Without --client `cf` looks for a user of that name. */
export function grantLine({ user, isClient }: Grantee, org: string): string {
  return `cf set-org-role ${shellWord(user)} ${shellWord(org)} OrgAuditor${isClient ? ' --client' : ''}`
}

/** What is known of the GUIDs that were typed. */
export interface Typed {
  /** Names of orgs, as `cf` takes them, by GUID. */
  readonly orgNames: ReadonlyMap<string, string>
  /** Why nothing may have been found, in sentences. */
  readonly doubts: readonly string[]
}

/**
 * Looks up the GUIDs that stand in a command line, when not one event was found: Cloud Foundry answers a mistyped GUID as
 * it does an org where nothing happens.
 * @throws NotFound when a GUID is that of no org which the user can see, or of a space elsewhere.
 */
export async function verifyGuids(
  { orgs = [], spaces = [] }: ResolvedScope,
  client: CapiClient,
): Promise<Typed> {
  const orgGuids = orgs.filter(isTyped).map(({ guid }) => guid)
  const names = orgGuids.length === 0 ? new Map() : await known(() => orgsOfGuids(client, orgGuids))
  const strange = names && orgGuids.find(guid => !names.has(guid))
  if (strange !== undefined) throw await noOrg(strange, client)

  const spaceGuids = spaces.filter(isTyped).map(({ guid }) => guid)
  const listed = spaceGuids.length === 0 ? [] : await known(() => spacesOfGuids(client, spaceGuids))
  for (const space of listed ?? []) refuseElsewhere(space, orgs)
  const unlisted =
    listed === undefined ? [] : spaceGuids.filter(guid => !listed.some(each => each.guid === guid))
  return {
    orgNames: names ?? new Map(),
    doubts: unlisted.map(
      guid =>
        `no space with the GUID ${guid} can be listed: it may be mistyped, be deleted, or be hidden from you (an Org Auditor lists no space).`,
    ),
  }
}

const isTyped = ({ name }: { readonly name: string }) => asGuid(name) !== undefined

function refuseElsewhere({ guid, name, orgGuid }: Space, orgs: NonNullable<ResolvedScope['orgs']>): void {
  if (orgs.length === 0 || orgs.some(org => org.guid === orgGuid)) return
  throw new NotFound(
    `The space ${guid} (${name}) is not in ${orgs.map(org => org.name).join(' or ')}: its org is ${orgGuid}.`,
    `Name its org: --org ${orgGuid}.`,
  )
}

/** A name can look like a GUID; it is taken for one. */
async function noOrg(guid: string, client: CapiClient): Promise<NotFound> {
  const named = await known(() => orgByName(client, guid))
  return new NotFound(
    `There is no org with the GUID ${guid} that you can see, and no event of one.`,
    named === undefined
      ? 'cf org NAME --guid prints one. What happened in a deleted org is shown to global readers alone, as long as it is kept.'
      : `An org is named so. Its own GUID finds it: --org ${named}.`,
  )
}

/** undefined where Cloud Foundry does not tell: that is no reason to say less than is known otherwise. */
async function known<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
    return undefined
  }
}

/** Watches for orgs and spaces that no event is of. */
export interface UnmatchedGuids {
  check(events: readonly AuditEvent[]): void
  logWarnings(messages: Messages): void
}

/**
 * Of several orgs or spaces, one that was typed as a GUID may be mistyped, and what the others hold would hide it. (Names
 * are looked up before anything is read, and a report that holds nothing at all is explained.)
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
          messages.warn(`no event here is of ${guid}: it may be mistyped, or nothing happened there.`)
      }
    },
  }
}
