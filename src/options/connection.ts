import { type CapiClient, createClient } from '../capi/client.ts'
import { asGuid } from '../capi/event.ts'
import { listOrgs, type Org } from '../capi/orgs-and-spaces.ts'
import type { Cf } from '../cf/cf.ts'
import type { Context } from '../context.ts'
import { Forbidden, LoggedOut, NoOrgTargeted, recoverable, Unreachable, UsageError } from '../errors.ts'
import type { Choice, Prompter } from '../ui/prompts.ts'
import { numberIn, type OptionTable, oneOf, type Values } from './command.ts'
import type { Scope } from './scope.ts'

const group = 'Cloud Foundry'

/** How to call Cloud Foundry. */
export const connectionOptions = {
  cf: {
    type: 'string',
    group,
    value: 'PATH',
    describe: 'The cf to run (default: $CF_AUDIT_CF, else cf on your PATH)',
  },
  timeout: {
    type: 'string',
    group,
    value: 'SECONDS',
    describe: 'Time limit for each cf call (default: 300)',
  },
  'max-wait': {
    type: 'string',
    group,
    value: 'SECONDS',
    describe: 'Total time to wait for rate limits (default: 300)',
  },
} as const satisfies OptionTable

/** How a report reads its pages. */
export const readingOptions = {
  api: {
    type: 'string',
    group,
    value: 'VERSION',
    complete: () => apiNames,
    describe: 'auto, v2 or v3 (default: auto; v2 only where v3 is off)',
  },
  concurrency: {
    type: 'string',
    group,
    value: 'N',
    describe: 'Parallel cf calls, 1 to 4 (default: 4 where safe)',
  },
} as const satisfies OptionTable

const apiNames = ['auto', 'v2', 'v3'] as const

// Node keeps no timer for longer than 2^31 ms.
const longestTimer = 2_147_483

/** How to run `cf` and how long to wait for it. */
export interface Connection {
  /** `--cf`. */
  readonly bin: string | undefined
  /** For one call of `cf`. */
  readonly timeoutMs: number
  /** The total time to wait for rate limits. */
  readonly maxWaitMs: number
}

/**
 * @param seconds for one call and for rate limits, where the command line does not say.
 * @throws UsageError
 */
export function connectionOf(args: Partial<Values<typeof connectionOptions>>, seconds = 300): Connection {
  const { cf, timeout = String(seconds), maxWait = String(seconds) } = args
  return {
    bin: cf,
    timeoutMs: numberIn('--timeout', timeout, [1, longestTimer]) * 1000,
    maxWaitMs: numberIn('--max-wait', maxWait, [0, longestTimer]) * 1000,
  }
}

/**
 * @param option that reads an archive instead of Cloud Foundry.
 * @throws UsageError for an option that only makes sense where cf runs.
 */
export function assertNoConnection(
  {
    cf,
    timeout,
    maxWait,
    api,
    concurrency,
  }: Partial<Values<typeof connectionOptions & typeof readingOptions>>,
  option: string,
): void {
  const given = Object.entries({ cf, timeout, 'max-wait': maxWait, api, concurrency })
  const [unfit] = given.find(([, value]) => value !== undefined) ?? []
  if (unfit === undefined) return
  throw new UsageError(`--${unfit} cannot be combined with ${option}.`, 'An archive is read without cf.')
}

/**
 * Which API is read, and how many calls of `cf` may run side by side.
 * @throws UsageError
 */
export function readingOf({ api = 'auto', concurrency = '4' }: Partial<Values<typeof readingOptions>>) {
  return {
    api: oneOf('API version', api, apiNames),
    concurrency: numberIn('--concurrency', concurrency, [1, 4]),
  }
}

/** The orgs of a scope by name or GUID; undefined: all. */
export async function orgNamesInScope(
  { orgs }: Scope,
  cf: Cf,
  context: Context,
): Promise<readonly string[] | undefined> {
  if (orgs === 'targeted') return [await targetedOrg(cf, context)]
  return orgs === 'all' ? undefined : orgs
}

/**
 * The client of a command.
 * @param orgs that the command is about: `cf org` of one of them gives the reason when `cf curl` prints nothing.
 */
export function clientFor(
  cf: Cf,
  orgs: readonly string[] | undefined,
  { maxWaitMs }: Pick<Connection, 'maxWaitMs'>,
  { wait, now, messages, progress }: Context,
): CapiClient {
  const org = orgs?.find(name => asGuid(name) === undefined)
  return createClient({
    curl: cf.curl,
    diagnoseEmptyOutput: () => cf.diagnoseEmptyOutput(org),
    wait(ms, why) {
      progress.waiting(ms, why === 'rate limit' ? 'for the rate limit' : 'to try again')
      return wait(ms)
    },
    now,
    maxWaitMs,
    note: messages.info,
    random: Math.random,
  })
}

/** The name of the targeted org. If none is targeted, asks for one on a terminal. */
export async function targetedOrg(cf: Cf, context: Context): Promise<string> {
  try {
    return await cf.targetedOrg()
  } catch (error) {
    if (!(error instanceof NoOrgTargeted) || context.prompter === undefined) throw error
    const { progress } = context
    const orgs = await visibleOrgs(cf, context)
    progress.pause()
    const org = await promptForOrg(await context.prompter(), orgs, undefined)
    progress.start()
    return org.name
  }
}

// A person is waiting for the question.
const promptWaitMs = 30_000

/** The client behind questions: it logs nothing, and does not wait for long. */
export function quietClient(cf: Cf, { wait, now }: Context) {
  return createClient({
    curl: cf.curl,
    diagnoseEmptyOutput: () => cf.diagnoseEmptyOutput(undefined),
    wait,
    now,
    maxWaitMs: promptWaitMs,
    note: () => {},
    random: Math.random,
    attempts: 2,
  })
}

/**
 * The orgs that the user can see; undefined when they cannot be listed, and the name has to be typed.
 * @throws LoggedOut, Unreachable; Forbidden when there is no org to choose.
 */
export async function visibleOrgs(cf: Cf, context: Context): Promise<readonly Org[] | undefined> {
  const orgs =
    (await orUndefined(listOrgs(quietClient(cf, context)))) ??
    // Where API v3 is off, or a wrapper of cf knows few paths.
    (await orUndefined(cf.orgs()))?.map(name => ({ name, guid: undefined }))
  if (orgs?.length === 0) {
    throw new Forbidden(
      'You cannot see any org.',
      'Ask an Org Manager for a role: cf set-org-role USER ORG OrgAuditor.',
    )
  }
  return orgs
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof LoggedOut || error instanceof Unreachable) throw error
    recoverable(error)
    return undefined
  }
}

/**
 * Asks for an org: the targeted one first, the others by name.
 * @param orgs undefined: the name has to be typed.
 */
export async function promptForOrg<More = never>(
  prompter: Prompter,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
  more: readonly Choice<More>[] = [],
): Promise<Org | More> {
  if (orgs === undefined) {
    const check = (text: string) => (text === '' ? 'Type the name of an org.' : undefined)
    const name = await prompter.write('Which org?', { initial: targeted, check })
    return { name, guid: asGuid(name) }
  }
  return prompter.search<Org | More>('Which org?', [...more, ...orgChoices(orgs, targeted)])
}

/** The orgs as choices. */
export function orgChoices(orgs: readonly Org[], targeted: string | undefined): Choice<Org>[] {
  const { compare } = new Intl.Collator('en', { numeric: true })
  const isTargeted = ({ name }: Org) => Number(name === targeted)
  return [...orgs]
    .sort((a, b) => isTargeted(b) - isTargeted(a) || compare(a.name, b.name))
    .map(org => ({ label: org.name, value: org, hint: org.name === targeted ? 'targeted' : undefined }))
}
