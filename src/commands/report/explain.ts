import type { Api, Query } from '../../capi/api.ts'
import { asGuid } from '../../capi/event.ts'
import { spacesPath } from '../../capi/orgs-and-spaces.ts'
import { filterValue } from '../../capi/resource-list.ts'
import { type ActorTargetArgs, targetsToAsk } from '../../options/actors-and-targets.ts'
import type { Scope, ScopeFilter } from '../../options/scope.ts'
import type { Window } from '../../options/window.ts'
import type { Documented, Report } from '../../reports/catalog.ts'
import { eventTypes } from '../../reports/event-types.ts'
import { shellWord } from '../../text.ts'

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
export function callsFor(scope: Scope, query: (where: ScopeFilter) => Query, api: Api): Call[] {
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
  parties: ActorTargetArgs,
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
  const local = [
    ...(actor.length > 0 ? ['--actor'] : []),
    ...(target.length > 0 && targetsToAsk(parties) === undefined ? ['--target'] : []),
  ]
  if (local.length > 0)
    lines.push(`Nor can our calls: cf-audit reads the whole list, then applies ${local.join(' and ')}.`)
  return lines
}

/** An org as it was named, for a shell: `cf org` knows the GUID of a name, or else another call does; a GUID is known. */
export type ExplainedOrg = string | { readonly guid: string } | { readonly call: Call }

/** A call that cf-audit would make. */
export interface Call {
  /** As arguments of `cf`; in a path `$GUID`, `$GUID2` and `$SPACES` stand for what earlier calls printed. */
  readonly args: readonly string[]
  /** The shell variable that keeps what it prints. */
  readonly into?: string
  /** What jq takes from it. */
  readonly jq?: string
}

/** What `--explain` is told. The GUIDs of orgs are known to shell variables alone: nothing is run. */
export interface Explained {
  readonly report: Report
  /** undefined: all orgs. */
  readonly orgs: readonly ExplainedOrg[] | undefined
  readonly format: 'csv' | 'json'
  readonly calls: readonly Call[]
  /** What this command line asks for and the page's recipe cannot. */
  readonly beyond?: readonly string[]
}

/**
 * A text to paste into a shell: everything that is not a command is a comment. An interactive zsh runs comments as commands,
 * so a comment holds no typed words and no characters that mean something to a shell.
 */
export function explain({ report, orgs = ['YOUR-ORG'], format, calls, beyond = [] }: Explained): string {
  const { documented } = report
  const title = format === 'csv' ? documented.titles.at(-1) : documented.titles[0]
  const recipes = documented.types === undefined ? orgs.slice(0, 1) : orgs
  return [
    `# The recipe of the page, "${title}":`,
    ...recipes.flatMap(org => recipe(report, org, format)),
    '',
    '# What it misses, and why:',
    ...[...misses(report, format), ...beyond].map(line => `# - ${line}`),
    '',
    '# What cf-audit runs instead:',
    ...calls.map(shellLine),
    '# … and further pages, until every event that Cloud Foundry counts has been read.',
    '',
  ].join('\n')
}

/** The page's pipeline for an org, ready to paste. */
export function recipe({ documented }: Report, org: ExplainedOrg, format: 'csv' | 'json'): string[] {
  const { types, cells } = documented
  if (types === undefined) return ['cf curl /v2/events']
  const curl = `cf curl "/v2/events?q=type+IN+${types.join(',')}&q=organization_guid:$GUID"`
  const filter =
    format === 'json' || cells === undefined
      ? ''
      : ` | jq -c -r '.resources[].entity | [ ${cells.join(', ')} ] | @csv' | sed -e s/\\"//g`
  return [`export GUID=${guidOf(org)}`, curl + filter]
}

function guidOf(org: ExplainedOrg): string {
  if (typeof org === 'string') return `$(cf org ${shellWord(org)} --guid)`
  return 'guid' in org ? shellWord(org.guid) : `$(${shellLine(org.call)})`
}

function misses({ documented, types = eventTypes }: Report, format: 'csv' | 'json'): string[] {
  const lines = [
    'Everything after the first 50 events: it asks for one page, the oldest, and does not say that there are more.',
    'Everything, where API v2 is off, which is the default since January 2025: the answer is "V2 endpoints disabled".',
    'Every failure: cf curl exits with 0 whatever Cloud Foundry answers.',
  ]
  if (documented.types !== undefined) {
    const asked = documented.types
    const missing = types.filter(type => !asked.includes(type))
    if (missing.length > 0) {
      const named = missing.filter(type => eventTypes.includes(type))
      const others = missing.length - named.length
      const list = [
        ...named,
        ...(others > 0 ? [others === 1 ? 'an unknown one' : `${others} unknown ones`] : []),
      ]
      lines.push(`${missing.length} of ${types.length} types of this kind of event: ${list.join(', ')}.`)
    }
    const unknown = asked.filter(type => !eventTypes.includes(type))
    if (unknown.length > 0) lines.push(`It asks for ${unknown.join(', ')}, which Cloud Foundry never wrote.`)
  }
  if (format === 'csv') {
    lines.push(
      ...documented.faults,
      'sed deletes every quote: a comma or a line break in a name breaks its row.',
    )
  } else if (documented.cells === undefined) lines.push(...documented.faults)
  return lines
}

/** A call of ours. Only in a path does `$GUID` mean a variable: an org can be named so. */
function shellLine({ args, into, jq }: Call): string {
  const words = args.map(word =>
    args[0] === 'curl' && word.startsWith('/') ? shellPath(word) : shellWord(word),
  )
  const line = ['cf', ...words].join(' ') + (jq === undefined ? '' : ` | jq -r ${shellWord(jq)}`)
  return into === undefined ? line : `${into}=$(${line})`
}

function shellPath(path: string): string {
  const parts = path.split(/(\$(?:GUID\d*|SPACES))/)
  if (parts.length === 1) return shellWord(path)
  if (parts.every((part, index) => index % 2 === 1 || /^[\w./:=@%+,?&-]*$/.test(part))) return `"${path}"`
  return parts.map((part, index) => (index % 2 === 1 ? `"${part}"` : part && shellWord(part))).join('')
}
