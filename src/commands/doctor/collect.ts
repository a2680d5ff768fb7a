import { join } from 'node:path'
import {
  assertArchive,
  filesOf,
  firstBreak,
  readManifests,
  type StoredManifest,
} from '../../archive/manifest.ts'
import { sizeOf } from '../../archive/parts.ts'
import { type Api, asCount, getRoot, type Root, v2, v3 } from '../../capi/api.ts'
import { type CapiClient, createClient, EndpointMissing } from '../../capi/client.ts'
import { readEvent, valueAt } from '../../capi/event.ts'
import { findOrg } from '../../capi/orgs-and-spaces.ts'
import { getPage } from '../../capi/page.ts'
import { getList } from '../../capi/resource-list.ts'
import { lookUpVisibility, type Visibility } from '../../capi/visibility.ts'
import type { CfVersionInfo, OtherCf } from '../../cf/binary.ts'
import type { Cf } from '../../cf/cf.ts'
import type { Target } from '../../cf/commands.ts'
import type { Login, Settings } from '../../cf/config-file.ts'
import type { Curl } from '../../cf/curl.ts'
import type { Context } from '../../context.ts'
import { type AuditError, LoggedOut, recoverable } from '../../errors.ts'
import type { Connection } from '../../options/connection.ts'
import { seconds } from '../../time.ts'

/** What to check. */
export interface DoctorTarget {
  /** undefined: the targeted one. */
  readonly org: string | undefined
  /** The folder of an archive; undefined: none. */
  readonly archive: string | undefined
  readonly connection: Connection
}

type Found = { -readonly [key in keyof Facts]: Facts[key] }

/** Asks `cf` and Cloud Foundry, one question after the other, as far as the answers let it. */
export async function collectFacts(asked: DoctorTarget, context: Context): Promise<Facts> {
  const { env, now } = context
  const { archive: path } = asked
  const archive = path === undefined ? undefined : { path, ...(await known(() => examineArchive(path))) }
  const cf = await known(() => context.cf(asked.connection))
  if (cf.error) return { now: now(), cf, archive }
  const by = asked.connection.bin !== undefined ? '--cf' : env.CF_AUDIT_CF ? 'CF_AUDIT_CF' : 'PATH'
  const facts: Found = { now: now(), cf: { value: { path: cf.value.bin, by } }, archive }

  facts.settings = await cf.value.settings()
  facts.versionInfo = await known(() => cf.value.versionInfo())
  facts.otherCfs = await cf.value.otherCfs()
  if (facts.versionInfo.error) return facts
  const { trace } = facts.settings
  if (typeof trace === 'object' && !trace.isWritable) return facts // cf would wait for it until it is stopped.
  facts.target = await known(() => cf.value.target())
  facts.login = await cf.value.savedLogin()
  await examineCloudFoundry(facts, cf.value, asked, context)
  return facts
}

/** Reads the manifests of an archive, and looks whether the files that they name are there. */
async function examineArchive(path: string): Promise<Archive> {
  await assertArchive(path)
  const manifests = await readManifests(path)
  const broken = firstBreak(manifests)
  if (broken !== undefined) return { manifests, damage: `${broken.file} ${broken.problem}` }
  for (const part of manifests.flatMap(({ manifest }) => filesOf(manifest))) {
    const size = await sizeOf(join(path, part.path))
    if (size === part.bytes) continue
    return {
      manifests,
      damage: `${part.path} is ${size === undefined ? 'missing' : 'of the wrong size'}`,
    }
  }
  return { manifests, damage: undefined }
}

async function examineCloudFoundry(
  facts: Found,
  cf: Cf,
  asked: DoctorTarget,
  context: Context,
): Promise<void> {
  const isWrapper = facts.versionInfo?.value?.version === 'unknown'
  const watch = timed(cf.curl, context.now)
  const client = askOnce(watch.curl, cf, asked, context)
  let until: number | undefined

  facts.root = await known<Root>(async () => {
    const { value, date } = await getRoot(client)
    until = date
    facts.clock = date === undefined ? undefined : compare(date, watch.last())
    return value
  })
  // A wrapper need not know this path; anything else that fails here fails in every request.
  if (facts.root.error && !isWrapper) return
  if (facts.target?.error instanceof LoggedOut) return

  facts.session = await known(() => countOrgs(client))
  if (facts.session.error && !isWrapper && !(facts.session.error instanceof EndpointMissing)) return

  const target = facts.target?.value
  const name = asked.org ?? target?.org
  if (name !== undefined) facts.org = { name, guid: await known(() => findOrg(cf, client, name)) }
  const guid = facts.org?.guid.value

  const end = until ?? context.now()
  facts.v3 = await known(() => eventsOf(v3, guid, end, client))
  const v2IsOff = facts.root.value && facts.root.value.v2 === undefined
  if (!v2IsOff) facts.v2 = await known(() => eventsOf(v2, guid, end, client))
  if (facts.org === undefined || guid !== undefined) {
    const orgGuids = guid === undefined ? undefined : [guid]
    const lookup = await lookUpVisibility(cf, client, { orgGuids })
    facts.visibility = lookup.visibility(
      facts.v3.error !== undefined && facts.v2?.value !== undefined ? 'v2' : 'v3',
    )
  }
}

/** One try each: doctor reports a failure, it does not wait until it has passed. */
function askOnce(
  curl: Curl,
  cf: Cf,
  { org, connection: { maxWaitMs } }: DoctorTarget,
  { wait, now, messages }: Context,
): CapiClient {
  return createClient({
    curl,
    diagnoseEmptyOutput: () => cf.diagnoseEmptyOutput(org),
    wait,
    now,
    maxWaitMs,
    note: messages.info,
    random: Math.random,
    attempts: 1,
  })
}

/** A `cf curl` that knows when its last call began and ended. */
function timed(curl: Curl, now: () => number): { curl: Curl; last: () => Span } {
  let last: Span = { start: 0, end: 0 }
  return {
    async curl(path) {
      const start = now()
      const response = await curl(path)
      last = { start, end: now() }
      return response
    },
    last: () => last,
  }
}

interface Span {
  readonly start: number
  readonly end: number
}

/** The header names the second that had begun when it was written, at some moment of the call. */
function compare(date: number, { start, end }: Span): Clock {
  return { aheadMs: date + 500 - (start + end) / 2, toleranceMs: 500 + (end - start) / 2 }
}

async function countOrgs(client: CapiClient): Promise<{ orgs: number | undefined }> {
  const { envelope } = await getList(client, '/v3/organizations?per_page=1')
  return { orgs: asCount(valueAt(envelope, 'pagination', 'total_results')) }
}

/** @param end the API's time, in milliseconds since 1970: asked with the bound that every report has. */
async function eventsOf(
  api: Api,
  orgGuid: string | undefined,
  end: number,
  client: CapiClient,
): Promise<Events> {
  const until = seconds(end)
  const orgGuids = orgGuid === undefined ? undefined : [orgGuid]
  const { value } = await getPage(api, { orgGuids, until, order: 'time' }, 1, 1, client)
  const [oldest] = value.records
  if (oldest === undefined) return { total: value.total, oldest: undefined }
  const { time, type, target } = readEvent(oldest.record, api.name, 'the oldest event', oldest.value)
  return { total: value.total, oldest: { time, type, targetGuid: target.guid } }
}

/** An expected error is a finding. */
async function known<T>(question: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await question() }
  } catch (error) {
    return { error: recoverable(error) }
  }
}

/** What a question gave: a value, or the reason why there is none. */
export type Known<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly value?: never; readonly error: AuditError }

/** What was found out. What was not asked, because something before it failed, is undefined. */
export interface Facts {
  /** Milliseconds since 1970, on this machine. */
  readonly now: number
  /** The archive that --archive names. */
  readonly archive?: (Known<Archive> & { readonly path: string }) | undefined
  readonly cf: Known<{
    readonly path: string
    /** What named it. */
    readonly by: '--cf' | 'CF_AUDIT_CF' | 'PATH'
  }>
  readonly versionInfo?: Known<CfVersionInfo>
  readonly otherCfs?: readonly OtherCf[]
  readonly settings?: Settings
  readonly target?: Known<Target>
  /** Who is logged in, as the file of `cf` says. */
  readonly login?: Login | undefined
  readonly root?: Known<Root>
  readonly clock?: Clock | undefined
  /** How many orgs the user can see. */
  readonly session?: Known<{ readonly orgs: number | undefined }>
  /** undefined also when no org is named and none is targeted. */
  readonly org?: { readonly name: string; readonly guid: Known<string> }
  readonly v3?: Known<Events>
  readonly v2?: Known<Events>
  /** Of the org, or of every org when none is known. */
  readonly visibility?: Visibility
}

/** The runs of an archive, and the first thing that is wrong with its files; undefined: nothing. */
export interface Archive {
  readonly manifests: readonly StoredManifest[]
  readonly damage: string | undefined
}

/** The API's clock against ours, in milliseconds. */
export interface Clock {
  /** Positive when ours is behind. */
  readonly aheadMs: number
  /** How far off that may be: the `Date` header has whole seconds, and the answer took its time. */
  readonly toleranceMs: number
}

/** The events that the user can see of the org, or of every org when none is known. */
export interface Events {
  readonly total: number
  readonly oldest: { readonly time: string; readonly type: string; readonly targetGuid: string } | undefined
}
