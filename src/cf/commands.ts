import { type AuditError, Failed } from '../errors.ts'
import { redactedExcerpt, shellWord } from '../text.ts'
import { UnrecognizedOutput } from './curl.ts'
import { errorFromCfOutput, noOrgTargeted, panicOf } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/**
 * The GUID of an org, by `cf org NAME --guid`.
 * @throws Refused when there is no such org; NoAnswer when `cf` fails in words that do not say why, as v6 does where API
 * v2 is off; else what its words mean.
 */
export async function orgGuid(runCf: RunCf, name: string): Promise<string> {
  const ran = await runCf(['org', name, '--guid'])
  const guid = ran.stdout.toString('utf8').trim()
  if (ran.exitCode === 0 && isOneWord(guid)) return guid
  throw failure(ran, `cf org ${shellWord(name)} --guid`)
}

/** Whether a text can be the GUID of something: one word. Help texts and FAILED come with exit code 0 too. */
export function isOneWord(text: string): boolean {
  return /^[\w-]+$/.test(text) && text !== 'FAILED' && text !== 'OK'
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

/** The names of the orgs that the user can see, by `cf orgs`, which finds them where `cf curl` can not. */
export async function orgs(runCf: RunCf): Promise<string[]> {
  const ran = await runCf(['orgs'])
  const lines = ran.stdout.toString('utf8').split(/\r?\n/)
  const heading = lines.findIndex(line => line.trim() === 'name')
  if (ran.exitCode === 0 && heading < 0 && lines.some(line => /^No orgs found/.test(line))) return []
  if (ran.exitCode !== 0 || heading < 0) throw failure(ran, 'cf orgs')
  return lines.slice(heading + 1).filter(line => line !== '')
}

/**
 * When the access token expires, in seconds since 1970; undefined when it does not say. `cf oauth-token` renews a token
 * that has less than 60 s left. The token itself is dropped at once.
 */
export async function tokenExpiry(runCf: RunCf): Promise<number | undefined> {
  const { stdout, exitCode } = await runCf(['oauth-token'])
  const payload = /^\s*(?:bearer )?[\w-]+\.([\w-]+)\./i.exec(stdout.toString('latin1'))?.[1]
  stdout.fill(0)
  if (exitCode !== 0 || payload === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined
  } catch {
    return undefined
  }
}

/**
 * Why `cf curl` says nothing. v8 up to 8.18.4 keeps the reason to itself, but `cf org` and `cf orgs` of the same version
 * tell it.
 * @returns undefined when they find nothing wrong.
 */
export async function diagnoseEmptyOutput(
  runCf: RunCf,
  orgName: string | undefined,
): Promise<AuditError | undefined> {
  const args = orgName === undefined || orgName.startsWith('-') ? ['orgs'] : ['org', orgName, '--guid']
  const ran = await runCf(args)
  return ran.exitCode === 0 ? undefined : failure(ran, `cf ${args.map(shellWord).join(' ')}`)
}

/** What the words of a run mean; v6 and v7 have them on stdout, v8 on stderr. */
function meaningOfRun({ stdout, stderr }: RunResult): AuditError | undefined {
  return errorFromCfOutput(stdout.subarray(0, 64 * 1024).toString('utf8')) ?? errorFromCfOutput(stderr)
}

function failure(ran: RunResult, call: string): AuditError {
  const known = meaningOfRun(ran)
  if (known !== undefined) return known
  const { stdout, stderr, exitCode } = ran
  const panic = panicOf(stderr)
  if (panic !== undefined) return new Failed(`cf itself crashed: ${panic}`, 'Update cf, then try again.')
  const printed = stdout.subarray(0, 64 * 1024).toString('utf8')
  const said = redactedExcerpt(stderr) || redactedExcerpt(printed.replace(/^\s*FAILED\b/, ''))
  if (exitCode === 0) {
    return new UnrecognizedOutput(
      said === '' ? `${call} printed nothing.` : `${call} printed something else than its answer: ${said}`,
      'Is this the Cloud Foundry CLI? cf version tells; another can be named with --cf PATH.',
    )
  }
  return new UnrecognizedOutput(
    said === '' ? `${call} failed without a word.` : `${call} failed: ${said}`,
    'Try the same with cf itself; another can be named with --cf PATH.',
  )
}
