import type { Cf } from '../cf/connect.ts'
import { NoAnswer } from '../cf/curl.ts'
import { noSuchOrg } from '../cf/failures.ts'
import { isGuid } from '../cf/session.ts'
import { Failed, Refused, TimedOut, Unreachable } from '../errors.ts'
import { type Ask, NotServed } from './ask.ts'
import { textAt } from './event.ts'
import { asGuid } from './guid.ts'
import { askAll, askList, filterValue } from './list.ts'

/**
 * The GUID of an org. What is a GUID already asks nobody: the events of a deleted org are still there, the org is not.
 * `cf` is asked first, then the API: v6 finds orgs through API v2 alone, and no version of `cf` can be given a name that
 * begins with a dash, for even behind `--` it is read as an option.
 * @throws NotFound when there is no org of that name to be seen.
 */
export async function findOrg(cf: Pick<Cf, 'orgGuid'>, ask: Ask, name: string): Promise<string> {
  const given = asGuid(name)
  if (given !== undefined) return given
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

/** @throws NotFound when there is no org of that name to be seen. */
export async function orgByName(ask: Ask, name: string): Promise<string> {
  const { resources } = await askList(ask, `/v3/organizations?names=${filterValue(name)}`).catch(error => {
    throw error instanceof NotServed ? noList(error.message) : error
  })
  const guid = textAt(
    resources.find(org => textAt(org, 'name') === name),
    'guid',
  )
  if (isGuid(guid)) return guid
  throw noSuchOrg(name)
}

/** The names of those of these orgs that the user can see, by GUID. */
export async function orgsOfGuids(ask: Ask, guids: readonly string[]): Promise<Map<string, string>> {
  const { resources } = await askAll(ask, `/v3/organizations?guids=${guids.join(',')}`)
  return new Map(resources.map(({ guid, value }) => [guid, textAt(value, 'name')]))
}

/** An org by its name; its GUID is not always known. */
export interface Org {
  readonly name: string
  readonly guid: string | undefined
}

/** The orgs that the user can see. */
export async function listOrgs(ask: Ask): Promise<Org[]> {
  const { resources } = await askAll(ask, '/v3/organizations')
  return resources.map(({ guid, value }) => ({ name: textAt(value, 'name'), guid }))
}

/** Their names. */
export async function orgNames(ask: Ask): Promise<string[]> {
  return (await listOrgs(ask)).map(({ name }) => name)
}

function noList(said: string): Failed {
  return new Failed(
    `Cloud Foundry lists no orgs here: it answered ${said}.`,
    'Check the API address with cf target.',
  )
}
