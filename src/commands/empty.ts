import type { Ask } from '../capi/ask.ts'
import { readEvent } from '../capi/event.ts'
import { readPage } from '../capi/page.ts'
import type { Api } from '../capi/query.ts'
import type { Cf } from '../cf/connect.ts'
import { Refused } from '../errors.ts'
import { shellWord } from '../reports/explain.ts'
import type { Say } from '../ui/say.ts'
import { lookAtGuids } from './named-by-guid.ts'
import { partsOf } from './narration.ts'
import type { Place } from './place.ts'
import { type Grantee, sightNow } from './sight.ts'
import type { Window } from './window.ts'

/** An empty report, and what it was asked for. */
export interface Empty {
  readonly api: Api
  readonly place: Place
  readonly window: Window
}

/**
 * Says what an empty report means. To those whose roles cannot see events Cloud Foundry answers with an empty list, too.
 * @throws Refused when the roles of the user cannot see these events, or when nobody can tell.
 */
export async function explainEmpty(
  { api, place, window }: Empty,
  ask: Ask,
  cf: Pick<Cf, 'savedLogin' | 'target'>,
  say: Say,
): Promise<void> {
  const where = place.label ?? 'any org'
  const orgGuids = place.orgs?.map(({ guid }) => guid)
  const spaceGuids = place.spaces?.map(({ guid }) => guid)
  // Any event at all, of any type and time, proves that events can be seen.
  const scope = { orgGuids, spaceGuids }
  const path = api.path({ ...scope, order: 'time' }, 1, 1)
  const { value: any } = await ask(path, body => readPage(api, body))
  const visible = await sightNow(cf, ask, scope)
  if (any.total > 0) {
    // Other events can be seen. That proves nothing of those that cannot.
    const oldest = any.records[0] && readEvent(any.records[0], api.name, 'the oldest record').time
    if (oldest !== undefined && window.until !== undefined && window.until <= oldest)
      say.warn(
        `whether anything happened in this window cannot be told: the oldest event of ${where} that can be seen is of ${oldest}.`,
      )
    else if (visible.sees === 'all')
      say.note(`Nothing of this kind happened that Cloud Foundry still keeps: your roles would show it.`)
    if (visible.sees !== 'all')
      say.warn(
        `nothing of this kind that Cloud Foundry still keeps happened where your roles can see it${visible.sees === 'some' ? ` (${partsOf(visible)})` : ''}. All of ${where} takes Org Auditor.`,
      )
    return
  }
  const { orgNames, doubts } = await lookAtGuids(place, ask)
  for (const doubt of doubts) say.warn(doubt)
  switch (visible.sees) {
    case 'all':
      say.note(`Nothing happened in ${where} that Cloud Foundry still keeps: your roles would show it.`)
      return
    case 'some':
      say.warn(
        `your roles show only the events of ${partsOf(visible)}, where nothing happened. The rest of ${where} takes Org Auditor.`,
      )
      return
    case 'none':
      throw new Refused(
        `Your roles cannot see the events of ${where}: that takes Org Auditor, or Space Auditor, Developer or Supporter of its spaces.`,
        place.orgs === undefined
          ? 'Ask for one of these roles, or for the scope cloud_controller.global_auditor.'
          : howToGetAll(
              visible.who,
              place.orgs.map(({ guid, name }) => orgNames.get(guid) ?? name),
              visible.isManager,
            ),
      )
    case 'unknown':
      throw new Refused(
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
