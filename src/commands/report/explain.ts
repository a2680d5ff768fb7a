import { type Api, type Query, v3 } from '../../capi/api.ts'
import { asGuid } from '../../capi/event.ts'
import { splitQuery } from '../../capi/event-listing.ts'
import { spacesPaths } from '../../capi/orgs-and-spaces.ts'
import { filterValue } from '../../capi/resource-list.ts'
import type { Context } from '../../context.ts'
import type { ActorsAndTargets } from '../../options/actors-and-targets.ts'
import type { Scope, ScopeFilter } from '../../options/scope.ts'
import type { Window } from '../../options/window.ts'
import { streamSink } from '../../output/sink.ts'
import type { Documented, Report } from '../../reports/catalog.ts'
import { eventTypes } from '../../reports/event-types.ts'
import type { Format } from '../../reports/formats.ts'
import { posixWord, powerShellText, shellWord } from '../../text.ts'

// What jq takes from a list.
const firstGuid = '.resources[0].guid'
const allGuids = '[.resources[].guid] | join(",")'

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
    // As long as a GUID: so many fit into one call.
    const placeholder = `ORG-${variable}-END`.padEnd(36, '-')
    variables.set(placeholder, `$${variable}`)
    return placeholder
  })
  const inShell = (path: string) =>
    [...variables].reduce((text, [word, variable]) => text.replaceAll(word, variable), path)

  const named = scope.spaces.filter(space => asGuid(space) === undefined)
  const given = scope.spaces.filter(space => asGuid(space) !== undefined)
  if (named.length > 0 && orgGuids !== undefined) {
    const paths = spacesPaths(named, orgGuids).map(path => `${path}&page=1&per_page=5000`)
    const names = paths.map((_, index) => `SPACES${index === 0 ? '' : index + 1}`)
    for (const [index, path] of paths.entries()) {
      calls.push({ args: ['curl', inShell(path)], jq: allGuids, into: names[index]! })
    }
    variables.set(spaceGuids, names.map(name => `$${name}`).join())
  }
  const spaces = [...(named.length > 0 ? [spaceGuids] : []), ...given]
  const whole = query({ orgGuids, spaceGuids: spaces.length === 0 ? undefined : spaces })
  const pages = splitQuery(api, whole).map(part => {
    // One name can stand for several spaces.
    const path = api
      .path(part, 1, api.pageSize)
      .replace(`space_guid:${spaceGuids}`, `space_guid+IN+${spaceGuids}`)
    return { args: ['curl', inShell(path), '-i'] }
  })
  return [...calls, ...pages]
}

/** `cf org` would take a name that begins with a dash for an option. */
function callForOrg(name: string): Call {
  return name.startsWith('-')
    ? { args: ['curl', `/v3/organizations?names=${filterValue(name)}`], jq: firstGuid }
    : { args: ['org', name, '--guid'] }
}

/** A command line that asks for an explanation. */
export interface ExplainRequest {
  readonly report: Report
  readonly scope: Scope
  readonly window: Window
  readonly asked: ActorsAndTargets
  readonly apis: readonly Api[]
  readonly query: (where: ScopeFilter) => Query
  readonly format: Format['name']
}

/** Prints the documented recipe, what it misses, and the calls that the report would make. Runs nothing. */
export async function printExplanation(request: ExplainRequest, { stdout, signal }: Context): Promise<void> {
  const { report, scope, window, asked, apis, query, format } = request
  const wantsJson = format === 'json' || format === 'ndjson'
  const sink = streamSink(stdout, signal)
  await sink.write(
    explain({
      report,
      orgs: orgsToExplain(scope),
      format: wantsJson && report.recipes.includes('json') ? 'json' : 'csv',
      calls: callsFor(scope, query, apis[0] ?? v3),
      beyond: beyondTheRecipe(scope, asked, window, report.documented),
    }),
  )
  await sink.commit()
}

/**
 * What this command line asks for and the recipe cannot do.
 * @param documented the recipe: without types it has no org either.
 */
export function beyondTheRecipe(
  { orgs, spaces }: Scope,
  { actor, target, about }: ActorsAndTargets,
  { from, until }: Window,
  documented: Pick<Documented, 'types'> | undefined,
): string[] {
  const lines: string[] = []
  const isOfAll = documented?.types === undefined
  if (isOfAll && orgs !== 'all') lines.push('It has no org filter: it prints events of all orgs you can see.')
  if (!isOfAll && orgs === 'all') lines.push('It takes one org at a time, not all orgs.')
  if (!isOfAll && Array.isArray(orgs)) {
    if (orgs.length > 1) lines.push('It takes one org at a time.')
    if (orgs.some(name => name.startsWith('-')))
      lines.push('cf org reads a name that begins with a dash as an option.')
  }
  if (from !== undefined || until !== undefined)
    lines.push('It has no time range: it prints the oldest events that Cloud Foundry keeps.')
  if (spaces.length > 0) lines.push('It has no space filter: it prints events of the whole org.')
  const filters = [
    ...(actor.length > 0 ? ['--actor'] : []),
    ...(target.length > 0 ? ['--target'] : []),
    ...(about.length > 0 ? ['--about'] : []),
  ]
  if (filters.length > 0) {
    lines.push(
      'It has no filter for actors or targets.',
      `cf-audit reads the whole list, then applies ${filters.join(' and ')}.`,
    )
  }
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

/** What `--explain` prints. The GUIDs of orgs are in shell variables: nothing is run. */
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
 * A text that can be pasted into a shell as it is: what is no command is a comment. An interactive zsh takes a comment for
 * a command, too: none may hold anything that means something to a shell, and what was typed stands there quoted.
 */
export function explain(
  { report, orgs = ['YOUR-ORG'], format, calls, beyond = [] }: Explained,
  platform: NodeJS.Platform = process.platform,
): string {
  const isWindows = platform === 'win32'
  const { documented } = report
  const ours = [
    ...calls.map(isWindows ? powerShellCall : shellCall),
    '# ... and more pages, until all events are read.',
    '',
  ]
  const shell = isWindows ? ', for PowerShell' : ''
  if (documented === undefined) return [`# What cf-audit runs${shell}:`, ...ours].join('\n')
  const title = format === 'csv' ? documented.titles.at(-1) : documented.titles[0]
  const recipes = documented.types === undefined ? orgs.slice(0, 1) : orgs
  return [
    `# The documented recipe, "${title}"${isWindows ? ', for bash' : ''}:`,
    ...recipes.flatMap(org => recipe(report, org, format)),
    '',
    '# What it misses:',
    ...[...misses(documented, report.types, format), ...beyond].map(line => `# - ${line}`),
    '',
    `# What cf-audit runs instead${shell}:`,
    ...ours,
  ].join('\n')
}

/** The page's pipeline for an org, ready to paste. */
export function recipe({ documented }: Report, org: ExplainedOrg, format: 'csv' | 'json'): string[] {
  if (documented?.types === undefined) return ['cf curl /v2/events']
  const { types, cells } = documented
  const curl = `cf curl "/v2/events?q=type+IN+${types.join(',')}&q=organization_guid:$GUID"`
  const filter =
    format === 'json' || cells === undefined
      ? ''
      : ` | jq -c -r '.resources[].entity | [ ${cells.join(', ')} ] | @csv' | sed -e s/\\"//g`
  return [`export GUID=${guidOf(org)}`, curl + filter]
}

function guidOf(org: ExplainedOrg): string {
  if (typeof org === 'string') return `$(cf org ${posixWord(org)} --guid)`
  return 'guid' in org ? posixWord(org.guid) : `$(${shellCall(org.call)})`
}

function misses(documented: Documented, types = eventTypes, format: 'csv' | 'json'): string[] {
  const lines = [
    'All but the first 50 events: it reads one page, the oldest, and does not say that there are more.',
    'Everything where API v2 is off, the default since January 2025: the answer is "V2 endpoints disabled".',
    'All failures: cf curl exits with 0 whatever Cloud Foundry answers.',
  ]
  if (documented.types !== undefined) {
    const asked = documented.types
    const missing = types.filter(type => !asked.includes(type))
    if (missing.length > 0) {
      const named = missing.filter(type => eventTypes.includes(type))
      const others = missing.length - named.length
      const list = [...named, ...(others > 0 ? [`${others} that cf-audit does not know`] : [])]
      lines.push(`${missing.length} of ${types.length} event types: ${list.join(', ')}.`)
    }
    const unknown = asked.filter(type => !eventTypes.includes(type))
    if (unknown.length > 0) lines.push(`It asks for ${unknown.join(', ')}, which Cloud Foundry never writes.`)
  }
  if (format === 'csv') {
    lines.push(
      ...documented.faults,
      'sed deletes all quotes: a comma or a line break in a name breaks its row.',
    )
  } else if (documented.cells === undefined) lines.push(...documented.faults)
  return lines
}

/** A call of ours. Only in a path does `$GUID` mean a variable: an org can be named so. */
function shellCall({ args, into, jq }: Call): string {
  const words = args.map(word => (isPath(word, args) ? shellPath(word) : posixWord(word)))
  const line = ['cf', ...words].join(' ') + (jq === undefined ? '' : ` | jq -r ${posixWord(jq)}`)
  return into === undefined ? line : `${into}=$(${line})`
}

const isPath = (word: string, args: readonly string[]) => args[0] === 'curl' && word.startsWith('/')

const variable = /\$(?:GUID|SPACES)\d*/

function shellPath(path: string): string {
  const parts = path.split(new RegExp(`(${variable.source})`))
  if (parts.length === 1) return posixWord(path)
  if (parts.every((part, index) => index % 2 === 1 || /^[\w./:=@%+,?&-]*$/.test(part))) return `"${path}"`
  return parts.map((part, index) => (index % 2 === 1 ? `"${part}"` : part && posixWord(part))).join('')
}

/** The same for PowerShell, which needs no jq. */
function powerShellCall({ args, into, jq }: Call): string {
  const words = args.map(word =>
    isPath(word, args) && variable.test(word) ? powerShellText(word, variable) : shellWord(word, 'win32'),
  )
  const line = ['cf', ...words].join(' ')
  const guids = jq === firstGuid ? 'resources[0].guid' : 'resources.guid -join ","'
  const value = jq === undefined ? line : `(${line} | ConvertFrom-Json).${guids}`
  return into === undefined ? value : `$${into} = ${value}`
}
