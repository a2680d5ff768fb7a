import { type AuditError, Failed } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { shellLine } from '../text.ts'
import { claimsOf, expiryOf } from './config-file.ts'
import { UnrecognizedOutput } from './curl.ts'
import { errorFromCfOutput, linesIn, noOrgTargeted, panicOf, printedMore } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/**
 * The GUID of an org, by `cf org NAME --guid`.
 * @throws NotFound when there is no such org; CfUnusable when a wrapper prints more than it; UnrecognizedOutput when `cf` fails without a reason, as v6 does where API v2
 * is off; else what its message means.
 */
export async function orgGuid(runCf: RunCf, name: string): Promise<string> {
  const ran = await runCf(['org', name, '--guid'])
  const lines = linesIn(ran.stdout.toString('utf8'))
  const guid = lines.pop()?.trim() ?? ''
  if (ran.exitCode === 0 && isOneWord(guid)) {
    if (lines.length === 0) return guid
    if (looksLikeGuid(guid) && !lines.some(looksLikeGuid)) {
      throw errorFromCfOutput(lines.join('\n')) ?? printedMore(lines)
    }
  }
  throw failure(ran, shellLine(['cf', 'org', name, '--guid']))
}

/** Whether a text is one word, as a GUID is: `cf` prints help, or FAILED, with exit code 0 in some cases. */
export function isOneWord(text: string): boolean {
  return /^[\w-]+$/.test(text) && text !== 'FAILED' && text !== 'OK'
}

const looksLikeGuid = (line: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(line)

/** What `cf target` shows, with an expired session too. */
export interface Target {
  readonly api: string
  readonly user: string
  /** undefined when no org is targeted. */
  readonly org: string | undefined
}

/** Who is logged in, and where. */
export async function target(runCf: RunCf): Promise<Target> {
  const ran = await runCf(['target'])
  const text = ran.stdout.toString('utf8')
  // v6 writes "api endpoint:", later versions "API endpoint:"; a name can hold anything but a line break.
  const row = (name: string) => new RegExp(`^${name}: *(.*?) *$`, 'im').exec(text)?.[1]
  const api = row('api endpoint')
  const user = row('user')
  if (ran.exitCode !== 0 || !api || user === undefined) throw failure(ran, 'cf target')
  return { api, user, org: row('org') || undefined }
}

/** The name of the targeted org. */
export async function targetedOrg(runCf: RunCf): Promise<string> {
  const { org } = await target(runCf)
  if (org === undefined) throw noOrgTargeted()
  return org
}

/** The names of the orgs that the user can see, by `cf orgs`: v6 lists them where API v3 is off. */
export async function orgs(runCf: RunCf): Promise<string[]> {
  const ran = await runCf(['orgs'])
  const lines = ran.stdout.toString('utf8').split(/\r?\n/)
  const heading = lines.findIndex(line => line.trim() === 'name')
  if (ran.exitCode === 0 && heading < 0 && lines.some(line => /^No orgs found/.test(line))) return []
  if (ran.exitCode !== 0 || heading < 0) throw failure(ran, 'cf orgs')
  return lines.slice(heading + 1).filter(line => line !== '')
}

/**
 * When the access token expires, in seconds since 1970, by `cf oauth-token`, which renews a token that has less than 60 s
 * left. The token itself is not kept.
 * @returns undefined when the token does not say.
 */
export async function tokenExpiry(runCf: RunCf): Promise<number | undefined> {
  const { stdout, exitCode } = await runCf(['oauth-token'])
  const claims = claimsOf(stdout.toString('latin1'))
  stdout.fill(0)
  return exitCode === 0 ? expiryOf(claims) : undefined
}

/**
 * Why `cf curl` printed nothing: v8 up to 8.18.4 does not print the reason of a failed request, but its `cf org` and
 * `cf orgs` do.
 * @returns undefined when they find nothing wrong.
 */
export async function diagnoseEmptyOutput(
  runCf: RunCf,
  orgName: string | undefined,
): Promise<AuditError | undefined> {
  const args = orgName === undefined || orgName.startsWith('-') ? ['orgs'] : ['org', orgName, '--guid']
  const ran = await runCf(args)
  return ran.exitCode === 0 ? undefined : failure(ran, shellLine(['cf', ...args]))
}

/** What a failed run means; v6 and v7 print the reason on stdout, v8 on stderr. */
function failure({ stdout, stderr, exitCode }: RunResult, call: string): AuditError {
  const printed = stdout.toString('utf8', 0, 64 * 1024)
  const known = errorFromCfOutput(printed) ?? errorFromCfOutput(stderr)
  if (known !== undefined) return known
  const panic = panicOf(stderr)
  if (panic !== undefined) return new Failed(`cf crashed: ${panic}`, 'Update cf, then try again.')
  const said = redactedExcerpt(stderr) || redactedExcerpt(printed.replace(/^\s*FAILED\b/, ''))
  if (exitCode === 0) {
    return new UnrecognizedOutput(
      said === '' ? `${call} printed nothing.` : `${call} printed something unexpected: ${said}`,
      'Check with cf version that this is the Cloud Foundry CLI, or name another with --cf PATH.',
    )
  }
  return new UnrecognizedOutput(
    said === '' ? `${call} failed without a message.` : `${call} failed: ${said}`,
    'Run the same call with cf itself; --cf PATH names another cf.',
  )
}
