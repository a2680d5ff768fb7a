import { type CapiClient, createClient } from '../capi/client.ts'
import { asGuid } from '../capi/event.ts'
import { listOrgs, type Org } from '../capi/orgs-and-spaces.ts'
import type { Cf } from '../cf/cf.ts'
import type { AnsweredOrg } from '../commands/interactive/answers.ts'
import type { Context } from '../context.ts'
import { AuditError, Forbidden, Interrupted, LoggedOut, NoOrgTargeted, Unreachable } from '../errors.ts'
import type { Choice, Prompter } from '../ui/prompter.ts'
import type { Scope } from './scope.ts'

/** The orgs of a scope as they are named; undefined: all. */
export async function orgNamesInScope(
  { orgs }: Scope,
  cf: Cf,
  context: Context,
): Promise<readonly string[] | undefined> {
  if (orgs === 'targeted') return [await targetedOrg(cf, context)]
  return orgs === 'all' ? undefined : orgs
}

/**
 * How a command asks Cloud Foundry.
 * @param orgs that are asked for: `cf org` of one of them tells why `cf curl` is silent.
 * @param maxWait seconds that rate limits may keep us waiting.
 */
export function clientFor(
  cf: Cf,
  orgs: readonly string[] | undefined,
  { maxWait }: { readonly maxWait: number },
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
    maxWaitMs: maxWait * 1000,
    note: messages.info,
    random: Math.random,
  })
}

/** The name of the targeted org or, where none is targeted and a person can be asked, of the one that they choose. */
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

/** For how long a person waits for a list, in milliseconds. */
const patience = 30_000

/** Asks on behalf of a question: nothing is said while a person answers, and the wait is short. */
export function quietClient(cf: Cf, { wait, now }: Context) {
  return createClient({
    curl: cf.curl,
    diagnoseEmptyOutput: () => cf.diagnoseEmptyOutput(undefined),
    wait,
    now,
    maxWaitMs: patience,
    note: () => {},
    random: Math.random,
    attempts: 2,
  })
}

/**
 * The orgs that the user can see; undefined when nobody tells, and the name has to be written.
 * @throws LoggedOut, Unreachable when no question will be answered; Refused when there is no org to choose.
 */
export async function visibleOrgs(cf: Cf, context: Context): Promise<readonly Org[] | undefined> {
  const orgs =
    (await orUndefined(listOrgs(quietClient(cf, context)))) ??
    // Where API v3 is off, or behind a cf that knows few paths.
    (await orUndefined(cf.orgs()))?.map(name => ({ name, guid: undefined }))
  if (orgs?.length === 0) {
    throw new Forbidden(
      'You can see no org here.',
      'Ask for a role: an Org Manager gives it with cf set-org-role USER ORG OrgAuditor.',
    )
  }
  return orgs
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    const isFinal = error instanceof Interrupted || error instanceof LoggedOut || error instanceof Unreachable
    if (isFinal || !(error instanceof AuditError)) throw error
    return undefined
  }
}

/**
 * Asks for an org: the targeted one first, the others by name.
 * @param orgs undefined: the name has to be written.
 */
export function promptForOrg(
  prompter: Prompter,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
): Promise<AnsweredOrg>
export function promptForOrg(
  prompter: Prompter,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
  more: readonly Choice<'all'>[],
): Promise<AnsweredOrg | 'all'>
export async function promptForOrg(
  prompter: Prompter,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
  more: readonly Choice<'all'>[] = [],
): Promise<AnsweredOrg | 'all'> {
  if (orgs === undefined) {
    const check = (text: string) => (text === '' ? 'An org has a name.' : undefined)
    const name = await prompter.write('Which org?', { initial: targeted, check })
    return { name, guid: asGuid(name) }
  }
  return prompter.search<AnsweredOrg | 'all'>('Which org?', [...orgChoices(orgs, targeted), ...more])
}

/** The orgs as they are offered. */
export function orgChoices(orgs: readonly Org[], targeted: string | undefined): Choice<AnsweredOrg>[] {
  const { compare } = new Intl.Collator('en', { numeric: true })
  const isTargeted = ({ name }: Org) => Number(name === targeted)
  return [...orgs]
    .sort((a, b) => isTargeted(b) - isTargeted(a) || compare(a.name, b.name))
    .map(org => ({ label: org.name, value: org, hint: org.name === targeted ? 'targeted' : undefined }))
}
