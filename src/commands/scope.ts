import { asGuid } from '../capi/guid.ts'
import type { Api, Query } from '../capi/query.ts'
import { UsageError } from '../errors.ts'

/** What was said on the command line about orgs and spaces. */
export interface ScopeArgs {
  /** The org, as an argument. */
  readonly name?: string | undefined
  readonly org?: readonly string[] | undefined
  readonly space?: readonly string[] | undefined
  readonly allOrgs: boolean
}

/** Whose events are asked for. Orgs and spaces are named by name or GUID, each once. */
export interface Scope {
  /** 'targeted': the one that `cf` targets. 'all': every org, and what belongs to none. */
  readonly orgs: readonly string[] | 'targeted' | 'all'
  /** Empty: no condition. */
  readonly spaces: readonly string[]
}

/**
 * What the words of a command line mean. A word that looks like a GUID is one: an org named like a GUID is found by its
 * own GUID alone.
 * @param otherwise whose events are asked for when no org is named.
 * @throws UsageError when the argument and the options contradict each other.
 */
export function scopeOf(args: ScopeArgs, otherwise: 'targeted' | 'all'): Scope {
  const { name, org = [], space = [], allOrgs } = args
  const other = name === undefined ? undefined : org.find(each => each !== name)
  if (name !== undefined && other !== undefined) {
    throw new UsageError(
      `Two orgs are named: ${name} and ${other}.`,
      'Name one, as the argument or with --org; or several, each with an --org of its own.',
    )
  }
  const orgs = once(name === undefined ? org : [name])
  if (orgs.includes('')) {
    throw new UsageError(
      'The name of the org is empty.',
      'Name an org, or leave it out for the targeted one.',
    )
  }
  if (orgs.length > 0 && allOrgs) {
    throw new UsageError('--all-orgs and the name of an org exclude each other.', 'Leave out one of them.')
  }
  const scope: Scope = {
    orgs: orgs.length > 0 ? orgs : allOrgs ? 'all' : otherwise,
    spaces: once(space),
  }
  refuseSpaces(scope)
  return scope
}

function refuseSpaces({ orgs, spaces }: Scope): void {
  if (spaces.includes('')) {
    throw new UsageError('The name of the space is empty.', 'Name a space, or leave out --space.')
  }
  const named = spaces.find(space => asGuid(space) === undefined)
  if (orgs !== 'all' || named === undefined) return
  throw new UsageError(
    `Every org can have a space named ${named}: --space needs the org, too.`,
    'Name the org, or give the GUID of the space.',
  )
}

/** @throws UsageError when the page's own recipe cannot have this scope: it has one org, or none, and never a space. */
export function refuseUndocumentedScope({ orgs, spaces }: Scope): void {
  const because = 'the page’s own recipe asks for one org and knows no spaces'
  if (spaces.length > 0) {
    throw new UsageError(
      `--space and --as-documented exclude each other: ${because}.`,
      'Leave out one of them.',
    )
  }
  if (Array.isArray(orgs) && orgs.length > 1) {
    throw new UsageError(
      `--as-documented takes one org: ${because}.`,
      'Run it once for each org, or leave out --as-documented.',
    )
  }
}

// nginx in front of Cloud Controller takes a request line of 8 KiB (large_client_header_buffers); 'GET ' and ' HTTP/1.1'
// are part of it. One listing cannot be asked for in parts: its order, its bound and its count are one.
const longestPath = 8000

/** @throws UsageError when so much is named that the question would not fit into one request. */
export function refuseTooLong(apis: readonly Api[], query: Query): void {
  const time = '2026-01-01T00:00:00Z'
  const paths = apis.map(api => api.path({ ...query, from: time, until: time }, 100_000, api.pageSize))
  if (paths.every(path => path.length <= longestPath)) return
  throw new UsageError(
    'So many orgs, spaces or types are named that the question is too long for Cloud Foundry.',
    'Name fewer at a time, or use --all-orgs and look at the column of +org_guid.',
  )
}

const once = (words: readonly string[]) => [...new Set(words.map(word => asGuid(word) ?? word))]
