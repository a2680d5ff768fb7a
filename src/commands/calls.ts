import { asGuid } from '../capi/guid.ts'
import { filterValue } from '../capi/list.ts'
import type { Api, Query } from '../capi/query.ts'
import { spacesPath } from '../capi/space.ts'
import type { Documented } from '../reports/catalog.ts'
import { type Call, type ExplainedOrg, shellWord } from '../reports/explain.ts'
import { type PartyArgs, targetsToAsk } from './parties.ts'
import type { Where } from './place.ts'
import type { Scope } from './scope.ts'
import type { Window } from './window.ts'

// Letters and dashes: no escape changes them on their way into a path.
const spaceGuids = 'SPACE-GUIDS'

/** The orgs of a scope, as far as they are known before anything is run. */
export function orgsToExplain({ orgs }: Scope): ExplainedOrg[] | undefined {
  if (orgs === 'all') return undefined
  if (orgs === 'targeted') return ['YOUR-ORG']
  return orgs.map(name => {
    const guid = asGuid(name)
    if (guid !== undefined) return { guid }
    return name.startsWith('-') ? { call: callForOrg(name) } : name
  })
}

/** The calls that a report of this scope would make, up to the first page. */
export function callsFor(scope: Scope, query: (where: Where) => Query, api: Api): Call[] {
  const calls: Call[] = scope.orgs === 'targeted' ? [{ args: ['target'] }] : []
  const variables = new Map<string, string>()
  const orgGuids = orgsToExplain(scope)?.map((org, index) => {
    if (typeof org !== 'string' && 'guid' in org) return org.guid
    const variable = `GUID${index === 0 ? '' : index + 1}`
    calls.push({ ...(typeof org === 'string' ? callForOrg(org) : org.call), into: variable })
    variables.set(`ORG-${variable}-END`, `$${variable}`)
    return `ORG-${variable}-END`
  })
  const inShell = (path: string) =>
    [...variables].reduce((text, [word, variable]) => text.replaceAll(word, variable), path)

  const named = scope.spaces.filter(space => asGuid(space) === undefined)
  const given = scope.spaces.filter(space => asGuid(space) !== undefined)
  if (named.length > 0 && orgGuids !== undefined) {
    const path = `${spacesPath(named, orgGuids)}&page=1&per_page=5000`
    calls.push({
      args: ['curl', inShell(path)],
      jq: '[.resources[].guid] | join(",")',
      into: 'SPACES',
    })
    variables.set(spaceGuids, '$SPACES')
  }
  const spaces = [...(named.length > 0 ? [spaceGuids] : []), ...given]
  const path = api
    .path(query({ orgGuids, spaceGuids: spaces.length === 0 ? undefined : spaces }), 1, api.pageSize)
    // One name can stand for several spaces.
    .replace(`space_guid:${spaceGuids}`, `space_guid+IN+${spaceGuids}`)
  return [...calls, { args: ['curl', inShell(path), '-i'] }]
}

/** `cf org` would take a name that begins with a dash for an option. */
function callForOrg(name: string): Call {
  return name.startsWith('-')
    ? { args: ['curl', `/v3/organizations?names=${filterValue(name)}`], jq: '.resources[0].guid' }
    : { args: ['org', name, '--guid'] }
}

/**
 * What is asked for and the page's recipe has no words for.
 * @param documented the recipe: without types it knows no org either.
 */
export function beyondTheRecipe(
  { orgs, spaces }: Scope,
  parties: PartyArgs,
  { from, until }: Window,
  documented: Pick<Documented, 'types'>,
): string[] {
  const lines: string[] = []
  const asksForAll = documented.types === undefined
  if (asksForAll && orgs !== 'all')
    lines.push('It cannot ask for an org: it prints those of every org that you can see.')
  if (!asksForAll && orgs === 'all') lines.push('It cannot ask for all orgs: it asks for one at a time.')
  if (!asksForAll && Array.isArray(orgs)) {
    if (orgs.length > 1) lines.push('It asks for one org at a time.')
    if (orgs.some(name => name.startsWith('-')))
      lines.push('cf org takes a name that begins with a dash for an option: here it is looked up otherwise.')
  }
  if (from !== undefined || until !== undefined)
    lines.push('It cannot ask for a time: it prints the oldest that Cloud Foundry keeps.')
  if (spaces.length > 0) lines.push('It cannot ask for a space: it prints those of the whole org.')
  const { actor, target } = parties
  if (target.length > 0) lines.push('It cannot ask for a target: it prints what was done to any.')
  if (actor.length > 0) lines.push('It cannot ask for an actor: it prints what was done by anybody.')
  const local = [...actor, ...(targetsToAsk(parties) === undefined ? target : [])]
  if (local.length > 0) {
    lines.push(
      `Nor can our calls: cf-audit reads the whole list, then keeps what names ${local.map(shellWord).join(' or ')}.`,
    )
  }
  return lines
}
