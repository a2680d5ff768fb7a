import type { Cf } from '../cf/connect.ts'
import { NoAnswer } from '../cf/curl.ts'
import { noSuchOrg } from '../cf/failures.ts'
import { isGuid } from '../cf/session.ts'
import { CutShort, Failed, Refused, TimedOut, Unreachable } from '../errors.ts'
import { type Ask, NotServed } from './ask.ts'
import { textAt, valueAt } from './event.ts'
import { createCutter } from './records.ts'

/**
 * The GUID of an org. `cf` is asked first, then the API: v6 finds orgs through API v2 alone, and no version of `cf` can
 * be given a name that begins with a dash, for even behind `--` it is read as an option.
 * @throws Refused when there is no org of that name to be seen.
 */
export async function findOrg(cf: Pick<Cf, 'orgGuid'>, ask: Ask, name: string): Promise<string> {
  if (name.startsWith('-')) return orgByName(ask, name)
  try {
    return await cf.orgGuid(name)
  } catch (reason) {
    if (isFinal(reason)) throw reason
    return await orgByName(ask, name).catch(error => {
      throw error instanceof Refused ? error : reason
    })
  }
}

/** Whether the API would give the same answer that `cf org` has got. */
function isFinal(reason: unknown): boolean {
  if (reason instanceof NoAnswer) return false
  return !(reason instanceof Failed) || reason instanceof Unreachable || reason instanceof TimedOut
}

async function orgByName(ask: Ask, name: string): Promise<string> {
  // Cloud Controller splits the value at commas, then unescapes each part once more.
  const path = `/v3/organizations?names=${encodeURIComponent(encodeURIComponent(name))}`
  const { value: orgs } = await ask(path, readList).catch(error => {
    throw error instanceof NotServed ? noList(error.message) : error
  })
  const org = orgs.find(candidate => textAt(candidate, 'name') === name)
  const guid = textAt(org, 'guid')
  if (isGuid(guid)) return guid
  throw noSuchOrg(name)
}

function readList(body: Buffer): unknown[] {
  try {
    const cutter = createCutter('first')
    const pieces = [...cutter.push(body), ...cutter.end()]
    const envelope: unknown = JSON.parse(pieces.find(piece => 'envelope' in piece)?.envelope ?? '')
    if (!Array.isArray(valueAt(envelope, 'resources'))) throw noList('JSON that is not a list of orgs')
    return pieces.flatMap(piece => ('record' in piece ? [JSON.parse(piece.record.toString('utf8'))] : []))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new CutShort('The list of orgs is not whole.', 'Try again; cf-audit --verbose names the call.', {
      cause,
    })
  }
}

function noList(said: string): Failed {
  return new Failed(
    `Cloud Foundry lists no orgs here: it answered ${said}.`,
    'Check the API address with cf target.',
  )
}
