import { type Ask, createAsk, NotServed } from '../../capi/ask.ts'
import { readEvent, valueAt } from '../../capi/event.ts'
import { askList } from '../../capi/list.ts'
import { findOrg } from '../../capi/org.ts'
import { askPage } from '../../capi/page.ts'
import { type Api, asCount } from '../../capi/query.ts'
import { askRoot, type Root } from '../../capi/root.ts'
import { v2 } from '../../capi/v2.ts'
import { v3 } from '../../capi/v3.ts'
import type { Cf } from '../../cf/connect.ts'
import type { Curl } from '../../cf/curl.ts'
import type { Context } from '../../context.ts'
import { AuditError, Interrupted, LoggedOut } from '../../errors.ts'
import { sightNow } from '../sight.ts'
import type { Clock, Events, Facts, Known } from './facts.ts'

/** What is to be looked at. */
export interface Patient {
  /** undefined: the targeted one. */
  readonly org: string | undefined
  /** `--cf`. */
  readonly cf?: string | undefined
  /** Seconds for one call of `cf`. */
  readonly timeout: number
  /** Seconds to wait for a rate limit. */
  readonly maxWait: number
}

type Found = { -readonly [key in keyof Facts]: Facts[key] }

/** Asks `cf` and Cloud Foundry, one question after the other, as far as the answers let it. */
export async function examine(patient: Patient, context: Context): Promise<Facts> {
  const { env, now } = context
  const cf = await known(() => context.cf({ bin: patient.cf, timeoutMs: patient.timeout * 1000 }))
  if (cf.error) return { now: now(), cf }
  const by = patient.cf !== undefined ? '--cf' : env.CF_AUDIT_CF ? 'CF_AUDIT_CF' : 'PATH'
  const facts: Found = { now: now(), cf: { value: { path: cf.value.bin, by } } }

  facts.settings = await cf.value.settings()
  facts.installation = await known(() => cf.value.installation())
  facts.namesakes = await cf.value.namesakes()
  if (facts.installation.error) return facts
  const { trace } = facts.settings
  if (typeof trace === 'object' && !trace.isWritable) return facts // cf would wait for it until it is stopped.
  facts.target = await known(() => cf.value.target())
  facts.login = await cf.value.savedLogin()
  await examineCloudFoundry(facts, cf.value, patient, context)
  return facts
}

async function examineCloudFoundry(facts: Found, cf: Cf, patient: Patient, context: Context): Promise<void> {
  const isWrapper = facts.installation?.value?.version === 'unknown'
  const watch = timed(cf.curl, context.now)
  const ask = askOnce(watch.curl, cf, patient, context)
  let until: number | undefined

  facts.root = await known<Root>(async () => {
    const { value, date } = await askRoot(ask)
    until = date
    facts.clock = date === undefined ? undefined : compare(date, watch.last())
    return value
  })
  // A wrapper need not know this path; anything else that fails here fails at every question.
  if (facts.root.error && !isWrapper) return
  if (facts.target?.error instanceof LoggedOut) return

  facts.session = await known(() => countOrgs(ask))
  if (facts.session.error && !isWrapper && !(facts.session.error instanceof NotServed)) return

  const target = facts.target?.value
  const name = patient.org ?? target?.org
  if (name !== undefined) facts.org = { name, guid: await known(() => findOrg(cf, ask, name)) }
  const guid = facts.org?.guid.value

  const end = until ?? context.now()
  facts.v3 = await known(() => eventsOf(v3, guid, end, ask))
  const v2IsOff = facts.root.value && facts.root.value.v2 === undefined
  if (!v2IsOff) facts.v2 = await known(() => eventsOf(v2, guid, end, ask))
  if (facts.org === undefined || guid !== undefined) {
    const orgGuids = guid === undefined ? undefined : [guid]
    facts.visibility = await sightNow(cf, ask, { orgGuids })
  }
}

/** One try each: whoever looks for the fault wants to hear of it, not to wait until it has passed. */
function askOnce(curl: Curl, cf: Cf, { org, maxWait }: Patient, { wait, now, say }: Context): Ask {
  return createAsk({
    curl,
    reasonForSilence: () => cf.reasonForSilence(org),
    wait,
    now,
    maxWaitMs: maxWait * 1000,
    note: say.note,
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
  return { ahead: date + 500 - (start + end) / 2, give: 500 + (end - start) / 2 }
}

async function countOrgs(ask: Ask): Promise<{ orgs: number | undefined }> {
  const { envelope } = await askList(ask, '/v3/organizations?per_page=1')
  return { orgs: asCount(valueAt(envelope, 'pagination', 'total_results')) }
}

/** @param end the API's time, in milliseconds since 1970: asked with the bound that every report has. */
async function eventsOf(api: Api, orgGuid: string | undefined, end: number, ask: Ask): Promise<Events> {
  const until = new Date(end).toISOString().replace(/\.\d+Z$/, 'Z')
  const orgGuids = orgGuid === undefined ? undefined : [orgGuid]
  const { value } = await askPage(api, { orgGuids, until, order: 'time' }, 1, 1, ask)
  const [record] = value.records
  if (record === undefined) return { total: value.total, oldest: undefined }
  const { time, type, target } = readEvent(record, api.name, 'the oldest event')
  return { total: value.total, oldest: { time, type, targetGuid: target.guid } }
}

/** An error that can be told is a finding. */
async function known<T>(question: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await question() }
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
    return { error }
  }
}
