import { type AuditError, CfUnusable, Failed, Refused } from '../errors.ts'
import { excerpt } from '../plain.ts'
import type { Curl } from './curl.ts'
import { meaningOf, noOrgTargeted, noSuchOrg, panicOf } from './failures.ts'
import type { Ran, RunCf } from './run.ts'

/**
 * The GUID of an org: by `cf org NAME --guid`, else by asking the API for the name. v6 finds orgs through API v2 alone,
 * and no version of `cf` can be given a name that begins with a dash: even behind `--` it is read as an option.
 * @throws Refused when there is no such org, CfUnusable without a session, Failed when the answer is no GUID.
 */
export async function orgGuid(runCf: RunCf, curl: Curl, name: string): Promise<string> {
  if (name.startsWith('-')) return orgGuidByCurl(curl, name)
  const ran = await runCf(['org', name, '--guid'])
  const guid = ran.stdout.toString('utf8').trim()
  if (ran.exitCode === 0 && guidShape.test(guid)) return guid
  const reason = failure(ran, `cf org ${name} --guid`)
  if (reason instanceof Refused || meaningOfRun(ran) instanceof CfUnusable) throw reason
  return orgGuidByCurl(curl, name).catch(error => {
    throw error instanceof Refused ? error : reason
  })
}

const guidShape = /^(?!FAILED$|OK$)[\w-]+$/

async function orgGuidByCurl(curl: Curl, name: string): Promise<string> {
  // Cloud Controller splits the value at commas, then unescapes each part once more.
  const { body } = await curl(`/v3/organizations?names=${encodeURIComponent(encodeURIComponent(name))}`)
  let orgs: unknown
  try {
    orgs = JSON.parse(body.toString('utf8')).resources
  } catch (cause) {
    throw new Failed(`The orgs named ${name} cannot be listed.`, 'Try cf orgs.', { cause })
  }
  const org = Array.isArray(orgs) ? orgs.find(candidate => candidate?.name === name) : undefined
  if (typeof org?.guid === 'string' && guidShape.test(org.guid)) return org.guid
  throw noSuchOrg(name)
}

/** What `cf target` shows. It says nothing about whether the session is still alive. */
export interface Target {
  readonly api: string
  readonly user: string
  /** undefined when no org is targeted. */
  readonly org: string | undefined
}

/** Whom `cf` is logged in as, and where. */
export async function target(runCf: RunCf): Promise<Target> {
  const ran = await runCf(['target'])
  const text = ran.stdout.toString('utf8')
  // v6 writes "api endpoint:", later versions "API endpoint:"; a name can hold anything but a line break.
  const row = (name: string) => new RegExp(`^${name}: +(.+?) *$`, 'im').exec(text)?.[1]
  const api = row('api endpoint')
  if (ran.exitCode !== 0 || api === undefined) throw failure(ran, 'cf target')
  const user = row('user')
  if (user === undefined) throw meaningOf(text) ?? failure(ran, 'cf target')
  return { api, user, org: row('org') }
}

/** The name of the targeted org. */
export async function targetedOrg(runCf: RunCf): Promise<string> {
  const { org } = await target(runCf)
  if (org === undefined) throw noOrgTargeted()
  return org
}

/**
 * Why `cf curl` says nothing. v8 up to 8.18.4 keeps the reason to itself, but `cf org` and `cf orgs` of the same version
 * tell it.
 * @returns undefined when they find nothing wrong.
 */
export async function reasonForSilence(
  runCf: RunCf,
  orgName: string | undefined,
): Promise<AuditError | undefined> {
  const args = orgName === undefined || orgName.startsWith('-') ? ['orgs'] : ['org', orgName, '--guid']
  const ran = await runCf(args)
  return ran.exitCode === 0 ? undefined : failure(ran, `cf ${args.join(' ')}`)
}

/** What the words of a run mean; v6 and v7 have them on stdout, v8 on stderr. */
function meaningOfRun({ stdout, stderr }: Ran): AuditError | undefined {
  return meaningOf(stdout.subarray(0, 64 * 1024).toString('utf8')) ?? meaningOf(stderr)
}

function failure(ran: Ran, call: string): AuditError {
  const known = meaningOfRun(ran)
  if (known !== undefined) return known
  const { stdout, stderr, exitCode } = ran
  const panic = panicOf(stderr)
  if (panic !== undefined) return new Failed(`cf itself crashed: ${panic}`, 'Update cf, then try again.')
  const printed = stdout.subarray(0, 64 * 1024).toString('utf8')
  const said = excerpt(stderr) || excerpt(printed.replace(/^\s*FAILED\b/, ''))
  if (exitCode === 0) {
    return new Failed(
      said === '' ? `${call} printed nothing.` : `${call} printed something else than its answer: ${said}`,
      'Is this the Cloud Foundry CLI? cf version tells; another can be named with --cf PATH.',
    )
  }
  return new CfUnusable(
    said === '' ? `${call} failed without a word.` : `${call} failed: ${said}`,
    'Try the same with cf itself.',
  )
}
