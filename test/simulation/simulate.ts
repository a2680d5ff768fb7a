import { setImmediate as turn } from 'node:timers/promises'
import { type Api, type Query, v2, v3 } from '../../src/capi/api.ts'
import type { CapiClient } from '../../src/capi/client.ts'
import { openListing, type Proof } from '../../src/capi/event-listing.ts'
import { listAll } from '../../src/capi/resource-list.ts'
import { Incomplete } from '../../src/errors.ts'
import { CloudController, epoch, startSecond, timeAt } from './cloud-controller.ts'
import type { Schedule } from './schedules.ts'

/** What a reader gave, in its order, and up to when it says that this is all. */
export interface Given {
  readonly rows: readonly { readonly guid: string; readonly time: string }[]
  /** undefined: there is no bound. */
  readonly until?: string | undefined
  /** Where it stopped: of this second, and of what lies before, nothing is promised. */
  readonly after?: string | undefined
  readonly proof?: Proof
}

/** Reads what a schedule asks for. @throws Incomplete where it cannot be proven to be all. */
export type Reader = (client: CapiClient, api: Api, query: Query, schedule: Schedule) => Promise<Given>

/** What became of a reading. What is lost, doubled or wrong counts only where it says to be complete. */
export interface Verdict {
  /** Whether the reader says that it read all. */
  readonly isComplete: boolean
  readonly requests: number
  /** What is wrong with that. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly wrong: readonly string[]
}

/** The reader that cf-audit has: of events, or of any other list. */
export const byTime: Reader = async (client, api, query, { installation, pageSize, width }) => {
  if (installation.api === 'list') {
    const { resources } = await listAll(client, '/v3/roles')
    return {
      rows: resources.map(({ guid, value }) => ({
        guid,
        time: (value as { created_at: string }).created_at,
      })),
    }
  }
  const concurrency = { refresh: async () => {}, limit: () => width }
  const now = () => epoch + startSecond * 1000
  const listing = await openListing([{ ...api, pageSize }], query, { client, concurrency, now })
  const rows: { guid: string; time: string }[] = []
  for await (const page of listing.events) rows.push(...page)
  const proof = listing.proof()
  return { rows, until: proof.until, proof }
}

/** The same for somebody who wants but the newest events, and then leaves. */
export const newest =
  (limit: number): Reader =>
  async (client, api, query, { pageSize }) => {
    const concurrency = { refresh: async () => {}, limit: () => 4 }
    const now = () => epoch + startSecond * 1000
    const listing = await openListing(
      [{ ...api, pageSize }],
      { ...query, order: 'newest' },
      { client, concurrency, now, limit },
    )
    const rows: { guid: string; time: string }[] = []
    for await (const page of listing.events) {
      rows.push(...page)
      if (rows.length >= limit) return { rows, after: rows.at(-1)?.time }
    }
    return { rows, until: listing.proof().until }
  }

/** Lets a reader read while a schedule happens, and compares what it gave with what was there all the while. */
export async function simulate(reader: Reader, schedule: Schedule): Promise<Verdict> {
  const { installation, rows, shown, changes, order, from, until, choices } = schedule
  const model = new CloudController(installation, rows, shown, changes)
  const query: Query = {
    order,
    ...(from !== undefined && { from: timeAt(from) }),
    ...(until !== undefined && { until: timeAt(until) }),
  }
  let ended: { given?: Given; error?: unknown } | undefined
  reader(model.client, installation.api === 'v2' ? v2 : v3, query, schedule).then(
    given => {
      ended = { given }
    },
    error => {
      ended = { error }
    },
  )
  for (let number = 0; ; number++) {
    await turn()
    if (ended !== undefined) break
    model.step(choices[number % choices.length]!)
  }
  const { given, error } = ended as { given?: Given; error?: unknown }
  if (given === undefined) {
    if (!(error instanceof Incomplete)) throw error
    return { isComplete: false, requests: model.requests, lost: [], doubled: [], wrong: [] }
  }
  return { isComplete: true, requests: model.requests, ...judge(given, model, query, schedule) }
}

function judge(
  { rows, until, after = '', proof }: Given,
  { throughout, ever, gone }: CloudController,
  query: Query,
  { installation }: Schedule,
): Pick<Verdict, 'lost' | 'doubled' | 'wrong'> {
  const guids = new Set(rows.map(({ guid }) => guid))
  const isList = installation.api === 'list'
  const start = (isList ? undefined : query.from) ?? ''
  const asked = (isList ? undefined : query.until) ?? '~'
  const end = until !== undefined && until < asked ? until : asked
  const lost = [...throughout].filter(guid => {
    const time = timeAt(Math.floor(ever.get(guid)!.micros / 1_000_000))
    return time >= start && time > after && time < end && !guids.has(guid)
  })
  const doubled = rows.map(({ guid }) => guid).filter((guid, at, all) => all.indexOf(guid) !== at)
  const wrong: string[] = []
  for (const { guid, time } of rows) {
    if (!ever.has(guid)) wrong.push(`${guid} never was`)
    if (time < start || time >= asked) wrong.push(`${guid} lies outside of the window`)
  }
  const times = rows.map(({ time }) => time)
  if ((times[0] ?? '') > (times.at(-1) ?? '')) times.reverse()
  if (times.some((time, at) => at > 0 && time < times[at - 1]!)) wrong.push('not in order')
  if (proof !== undefined) {
    if (proof.read !== rows.length) wrong.push(`${proof.read} are said to be read`)
    if (proof.counted > proof.read) wrong.push(`${proof.counted} are counted, and ${proof.read} read`)
    if (proof.read - proof.counted > gone) wrong.push(`only ${proof.counted} of ${proof.read} are counted`)
    // A database that is ahead of the API's clock counts events behind the bound.
    if (proof.vanished > gone && installation.skew <= 0) wrong.push(`${proof.vanished} of ${gone} vanished`)
  }
  return { lost, doubled, wrong }
}
