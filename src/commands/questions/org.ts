import { createAsk } from '../../capi/ask.ts'
import { asGuid } from '../../capi/guid.ts'
import { listOrgs, type Org } from '../../capi/org.ts'
import type { Cf } from '../../cf/connect.ts'
import type { Context } from '../../context.ts'
import { AuditError, Interrupted, LoggedOut, Refused, Unreachable } from '../../errors.ts'
import type { Choice, Dialog } from '../../ui/dialog.ts'
import type { AnsweredOrg } from './answers.ts'

/** For how long a person waits for a list, in milliseconds. */
const patience = 30_000

/** Asks on behalf of a question: nothing is said while a person answers, and the wait is short. */
export function quietAsk(cf: Cf, { wait, now }: Context) {
  return createAsk({
    curl: cf.curl,
    reasonForSilence: () => cf.reasonForSilence(undefined),
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
export async function findOrgs(cf: Cf, context: Context): Promise<readonly Org[] | undefined> {
  const orgs =
    (await unlessTold(listOrgs(quietAsk(cf, context)))) ??
    // Where API v3 is off, or behind a cf that knows few paths.
    (await unlessTold(cf.orgs()))?.map(name => ({ name, guid: undefined }))
  if (orgs?.length === 0) {
    throw new Refused(
      'You can see no org here.',
      'Ask for a role: an Org Manager gives it with cf set-org-role USER ORG OrgAuditor.',
    )
  }
  return orgs
}

async function unlessTold<T>(answer: Promise<T>): Promise<T | undefined> {
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
export function askOrg(
  dialog: Dialog,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
): Promise<AnsweredOrg>
export function askOrg(
  dialog: Dialog,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
  more: readonly Choice<'all'>[],
): Promise<AnsweredOrg | 'all'>
export async function askOrg(
  dialog: Dialog,
  orgs: readonly Org[] | undefined,
  targeted: string | undefined,
  more: readonly Choice<'all'>[] = [],
): Promise<AnsweredOrg | 'all'> {
  if (orgs === undefined) {
    const check = (text: string) => (text === '' ? 'An org has a name.' : undefined)
    const name = await dialog.write('Which org?', { initial: targeted, check })
    return { name, guid: asGuid(name) }
  }
  return dialog.search<AnsweredOrg | 'all'>('Which org?', [...orgChoices(orgs, targeted), ...more])
}

/** The orgs as they are offered. */
export function orgChoices(orgs: readonly Org[], targeted: string | undefined): Choice<AnsweredOrg>[] {
  const { compare } = new Intl.Collator('en', { numeric: true })
  const isTargeted = ({ name }: Org) => Number(name === targeted)
  return [...orgs]
    .sort((a, b) => isTargeted(b) - isTargeted(a) || compare(a.name, b.name))
    .map(org => ({ label: org.name, value: org, hint: org.name === targeted ? 'targeted' : undefined }))
}
