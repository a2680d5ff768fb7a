import { createAsk } from '../capi/ask.ts'
import type { AuditEvent } from '../capi/event.ts'
import { findOrg } from '../capi/org.ts'
import { openListing } from '../capi/pages.ts'
import type { Api, Query } from '../capi/query.ts'
import { v2 } from '../capi/v2.ts'
import { v3 } from '../capi/v3.ts'
import type { Cf } from '../cf/connect.ts'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { type Report, typesToAsk } from '../reports/catalog.ts'
import { explain } from '../reports/explain.ts'
import type { Progress } from '../ui/progress.ts'
import { type TypeArgs, withTypes } from './asked-types.ts'
import { explainEmpty } from './empty.ts'
import { beforeReading, tellEnd, tellSight, tellWritten } from './narration.ts'
import { decideRendering, type Rendering, type RenderingArgs } from './rendering.ts'
import type { Resolving } from './resolving.ts'
import { rememberedSight } from './sight.ts'
import { openSink } from './sink.ts'
import { type Window, type WindowArgs, windowOf } from './window.ts'
import { createWriter } from './writer.ts'

/** What was said on the command line about a report. */
export interface ReportArgs extends RenderingArgs, TypeArgs, WindowArgs {
  /** As an argument. */
  readonly name?: string | undefined
  readonly org?: string | undefined
  readonly allOrgs: boolean
  readonly force: boolean
  readonly api: 'auto' | 'v2' | 'v3'
  readonly cf?: string | undefined
  /** Seconds. */
  readonly timeout: number
  /** Seconds. */
  readonly maxWait: number
  /** How many calls of cf may run side by side, 1 to 4. */
  readonly concurrency: number
  readonly explain: boolean
}

/** Whose events are asked for: of one org by name, of the targeted one, or of all. */
export type Scope = { readonly org: string } | 'targeted' | 'all'

/** Prints a report. */
export async function report(kind: Report, args: ReportArgs, context: Context): Promise<void> {
  const scope = scopeOf(kind, args)
  const asked = await withTypes(kind, args, scope !== 'all', context.say)
  const rendering = decideRendering(asked, args, context.stdout.isTTY === true)
  const window = windowOf(args, context.now())
  if (args.explain && args.output !== undefined) {
    throw new UsageError('--explain prints to stdout; --output is for a report.', 'Leave out one of them.')
  }
  if (args.explain) return explainReport(rendering, scope, window, args, context)

  const resolving = rendering.resolve ? await resolvingOf(rendering) : undefined
  const writer = await createWriter(resolving?.rendering ?? rendering)
  const sink = await openSink(args, writer.flows, context)
  const { progress } = context
  progress.start()
  try {
    const cf = await context.cf({ bin: args.cf, timeoutMs: args.timeout * 1000 })
    const org = scope === 'targeted' ? await cf.targetedOrg() : scope === 'all' ? undefined : scope.org
    const ask = askWith(cf, org, args, context)
    const orgGuid = org === undefined ? undefined : await findOrg(cf, ask, org)
    for (const note of beforeReading(rendering, org, window)) context.say.note(note)

    const lanes = cf.lanes(args.concurrency)
    const reader = { ask, lanes, now: context.now }
    const listing = await openListing(apisFor(args), queryFor(rendering, orgGuid, window), reader)
    progress.expect(listing.total)
    const read = watched(listing.events, progress)
    const events = resolving?.events(read, { ask, lanes, api: listing.api }) ?? read
    await sink.write(writer.head())
    let step = await events.next()
    for (; !step.done; step = await events.next()) await sink.write(writer.page(step.value))
    // Before anything is shown that could pass for a result.
    if (step.value.read === 0) await explainEmpty({ api: listing.api, org, orgGuid }, ask, cf, context.say)
    await sink.write(writer.tail(listing.api, listing.envelope, resolving?.json()))
    const size = await sink.commit()
    writer.remarks(context.say)
    resolving?.tell(context.say)
    tellEnd(step.value, org, window, context)
    tellWritten(args.output, size, context.say)
    if (step.value.read === 0) return
    // For a remark nobody waits as long as for a report.
    const hurried = askWith(cf, org, { maxWait: Math.min(args.maxWait, 10) }, context)
    const scoped = { orgGuids: orgGuid === undefined ? undefined : [orgGuid] }
    tellSight(await rememberedSight(cf, hurried, scoped, context), org, context.say)
  } finally {
    progress.stop()
    await sink.abandon()
  }
}

/** The same pages, each told as it is read. */
async function* watched<Proof>(
  pages: AsyncGenerator<AuditEvent[], Proof>,
  progress: Progress,
): AsyncGenerator<AuditEvent[], Proof> {
  for (;;) {
    const step = await pages.next()
    if (step.done) return step.value
    progress.page(step.value.length)
    yield step.value
  }
}

async function resolvingOf(rendering: Rendering): Promise<Resolving> {
  const { createResolving } = await import('./resolving.ts')
  return createResolving(rendering)
}

/** @throws UsageError when the argument, --org and --all-orgs contradict each other. */
export function scopeOf(kind: Report, { name, org, allOrgs }: ReportArgs): Scope {
  if (name !== undefined && org !== undefined && name !== org) {
    throw new UsageError(
      `Two orgs are named: ${name} and ${org}.`,
      'Name one, as the argument or with --org.',
    )
  }
  const named = name ?? org
  if (named === '')
    throw new UsageError(
      'The name of the org is empty.',
      'Name an org, or leave it out for the targeted one.',
    )
  if (named !== undefined && allOrgs) {
    throw new UsageError('--all-orgs and the name of an org exclude each other.', 'Leave out one of them.')
  }
  if (named !== undefined) return { org: named }
  return allOrgs || kind.types === undefined ? 'all' : 'targeted'
}

// v3 first: it is on everywhere and its pages hold fifty times as much. The page's own bytes come from v2, where it
// still answers.
function apisFor({ api, asDocumented }: ReportArgs): Api[] {
  if (api !== 'auto') return [api === 'v2' ? v2 : v3]
  return asDocumented ? [v2, v3] : [v3, v2]
}

function queryFor({ report, asDocumented }: Rendering, orgGuid: string | undefined, window: Window): Query {
  return {
    types: asDocumented ? report.documented.types : typesToAsk(report, orgGuid !== undefined),
    orgGuids: orgGuid === undefined ? undefined : [orgGuid],
    ...window,
    order: asDocumented ? 'inserted' : 'time',
  }
}

function askWith(
  cf: Cf,
  org: string | undefined,
  { maxWait }: Pick<ReportArgs, 'maxWait'>,
  context: Context,
) {
  const { wait, now, say, progress } = context
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

async function explainReport(
  rendering: Rendering,
  scope: Scope,
  window: Window,
  args: ReportArgs,
  { stdout }: Context,
): Promise<void> {
  const { report, format } = rendering
  const wantsJson = format === 'json' || format === 'ndjson'
  const org = scope === 'all' ? undefined : scope === 'targeted' ? 'YOUR-ORG' : scope.org
  const api = apisFor(args)[0] ?? v3
  const path = api.path(
    queryFor(rendering, org === undefined ? undefined : 'ORG-GUID', window),
    1,
    api.pageSize,
  )
  const calls = [
    ...(scope === 'targeted' ? [['target']] : []),
    ...(org === undefined ? [] : [['org', org, '--guid']]),
    ['curl', path.replace('ORG-GUID', '$GUID'), '-i'],
  ]
  stdout.write(
    explain({ report, org, format: wantsJson && report.recipes.includes('json') ? 'json' : 'csv', calls }),
  )
}
