import { type Ask, createAsk } from '../capi/ask.ts'
import { asGuid } from '../capi/guid.ts'
import type { Cf } from '../cf/connect.ts'
import type { Context } from '../context.ts'
import type { Scope } from './scope.ts'
import { targetedOrg } from './targeted-org.ts'

/** The orgs of a scope as they are named; undefined: all. */
export async function namesOf(
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
export function askWith(
  cf: Cf,
  orgs: readonly string[] | undefined,
  { maxWait }: { readonly maxWait: number },
  { wait, now, say, progress }: Context,
): Ask {
  const org = orgs?.find(name => asGuid(name) === undefined)
  return createAsk({
    curl: cf.curl,
    reasonForSilence: () => cf.reasonForSilence(org),
    wait(ms, why) {
      progress.waiting(ms, why === 'rate limit' ? 'for the rate limit' : 'to try again')
      return wait(ms)
    },
    now,
    maxWaitMs: maxWait * 1000,
    note: say.note,
    random: Math.random,
  })
}
