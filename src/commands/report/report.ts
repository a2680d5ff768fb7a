import { type Api, type Query, v2, v3 } from '../../capi/api.ts'
import type { CapiClient } from '../../capi/client.ts'
import type { AuditEvent } from '../../capi/event.ts'
import { openListing } from '../../capi/event-listing.ts'
import { cachedVisibility } from '../../capi/visibility.ts'
import type { Context } from '../../context.ts'
import type { NameResolver } from '../../names/resolve.ts'
import {
  type ActorTargetArgs,
  type ActorTargetFilter,
  assertActorsAndTargets,
  createActorTargetFilter,
  targetsToAsk,
} from '../../options/actors-and-targets.ts'
import { clientFor, orgNamesInScope } from '../../options/connection.ts'
import { assertCompatibleWithExplain, type OutputArgs, openSink, planOutput } from '../../options/output.ts'
import {
  assertDocumentedScope,
  assertQueryFits,
  type NamedResource,
  resolveScope,
  type Scope,
  type ScopeArgs,
  type ScopeFilter,
  scopeOf,
} from '../../options/scope.ts'
import { applyTypes, type TypeArgs } from '../../options/types.ts'
import { type Window, type WindowArgs, windowOf } from '../../options/window.ts'
import { streamSink } from '../../output/sink.ts'
import { type Report, typesToAsk } from '../../reports/catalog.ts'
import { createWriter, type OutputPlan, tableStyle } from '../../reports/formats.ts'
import type { Progress } from '../../ui/progress.ts'
import { createUnmatchedGuids, diagnoseEmptyResult, type UnmatchedGuids } from './empty.ts'
import { beyondTheRecipe, callsFor, explain, orgsToExplain } from './explain.ts'
import { logFile, logSummary, logVisibility, scopeNotes } from './summary.ts'

/** What was said on the command line about a report. */
export interface ReportArgs extends ScopeArgs, TypeArgs, ActorTargetArgs, WindowArgs, OutputArgs {
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

/** Prints a report. */
export async function report(kind: Report, args: ReportArgs, context: Context): Promise<void> {
  const scope = scopeOf(args, kind.types === undefined ? 'all' : 'targeted')
  const asked = await applyTypes(kind, args, isOfOrgs(scope), context.messages)
  if (args.explain) assertCompatibleWithExplain(args)
  const plan = planOutput(asked, args, context.stdout.isTTY === true)
  if (args.asDocumented) assertDocumentedScope(scope)
  assertActorsAndTargets(args, args.asDocumented)
  const started = context.now()
  const window = windowOf(args, started)
  if (args.explain) return explainReport(plan, scope, window, args, context)

  const resolver = plan.resolve ? await resolvingOf(plan) : undefined
  const writer = await createWriter(resolver?.plan ?? plan, tableStyle(args, context))
  const sink = await openSink(args, writer.streams, context, writer.sanitized)
  const { progress } = context
  progress.start()
  try {
    const cf = await context.cf({ bin: args.cf, timeoutMs: args.timeout * 1000 })
    const names = await orgNamesInScope(scope, cf, context)
    const client = clientFor(cf, names, args, context)
    const resolved = await resolveScope(names, scope, cf, client)
    for (const note of scopeNotes(plan, resolved, window)) context.messages.info(note)
    for (const lack of resolved.warnings) context.messages.warn(lack)
    const unmatched = createUnmatchedGuids(resolved)
    const filter = await actorTargetFilterFor(args, client)

    const apis = apisFor(args)
    const where = { orgGuids: guidsOf(resolved.orgs), spaceGuids: guidsOf(resolved.spaces) }
    const query = queryFor(plan, where, args, window)
    assertQueryFits(apis, query)
    const concurrency = cf.concurrency(args.concurrency)
    const listing = await openListing(apis, query, { client, concurrency, now: context.now })
    progress.expect(listing.total)
    const kept = filter.events(watched(listing.events, progress, unmatched))
    const events =
      resolver?.events(kept, { client: naming(client, progress), concurrency, api: listing.api }) ?? kept
    await sink.write(writer.head())
    let step = await events.next()
    for (; !step.done; step = await events.next()) await sink.write(await writer.page(step.value))
    // Before anything is shown that could pass for a result.
    filter.assertUsersKnown()
    if (step.value.read === 0)
      await diagnoseEmptyResult({ api: listing.api, scope: resolved, window }, client, cf, context.messages)
    await sink.write(writer.tail(listing.api, listing.envelope, resolver?.json()))
    const size = await sink.commit()
    writer.warnings(context.messages)
    resolver?.logOutcome(context.messages)
    await filter.logSummary(context.messages)
    unmatched.logWarnings(context.messages)
    logSummary(step.value, resolved.label, window, started, context.messages)
    logFile(args.output, size, context.messages)
    if (step.value.read === 0) return
    // For a remark nobody waits as long as for a report.
    const hurried = clientFor(cf, names, { maxWait: Math.min(args.maxWait, 10) }, context)
    logVisibility(await cachedVisibility(cf, hurried, where, context), resolved.label, context.messages)
  } finally {
    progress.stop()
    await resolver?.close()
    await sink.abandon()
  }
}

/** The same pages, each told as it is read. */
async function* watched<Proof>(
  pages: AsyncGenerator<AuditEvent[], Proof>,
  progress: Progress,
  unmatched: UnmatchedGuids,
): AsyncGenerator<AuditEvent[], Proof> {
  for (;;) {
    const step = await pages.next()
    if (step.done) return step.value
    progress.page(step.value.length)
    unmatched.check(step.value)
    yield step.value
  }
}

/** The same questions, told to be about names. */
function naming(client: CapiClient, progress: Progress): CapiClient {
  return (path, read) => {
    progress.naming()
    return client(path, read)
  }
}

/** The targets that the API is asked for need no looking at; actors are asked for by no API. */
async function actorTargetFilterFor(args: ReportArgs, client: CapiClient): Promise<ActorTargetFilter> {
  const { actor, target } = targetsToAsk(args) === undefined ? args : { ...args, target: [] }
  if (actor.length === 0) return createActorTargetFilter({ actor, target })
  const { usersNamed } = await import('../../capi/users.ts')
  return createActorTargetFilter({ actor, target }, await usersNamed(actor, client))
}

async function resolvingOf(plan: OutputPlan): Promise<NameResolver> {
  const { createNameResolver } = await import('../../names/resolve.ts')
  return createNameResolver(plan)
}

// v3 first: it is on everywhere and its pages hold fifty times as much. The page's own bytes come from v2, where it
// still answers.
function apisFor({ api, asDocumented }: ReportArgs): Api[] {
  if (api !== 'auto') return [api === 'v2' ? v2 : v3]
  return asDocumented ? [v2, v3] : [v3, v2]
}

function queryFor(
  { report, asDocumented }: OutputPlan,
  where: ScopeFilter,
  parties: ActorTargetArgs,
  window: Window,
): Query {
  const ofOrgs = where.orgGuids !== undefined || where.spaceGuids !== undefined
  return {
    types: asDocumented ? report.documented.types : typesToAsk(report, ofOrgs),
    ...where,
    targetGuids: targetsToAsk(parties),
    ...window,
    order: asDocumented ? 'inserted' : 'time',
  }
}

const guidsOf = (places: readonly NamedResource[] | undefined) => places?.map(({ guid }) => guid)

const isOfOrgs = ({ orgs, spaces }: Scope) => orgs !== 'all' || spaces.length > 0

async function explainReport(
  plan: OutputPlan,
  scope: Scope,
  window: Window,
  args: ReportArgs,
  { stdout, signal }: Context,
): Promise<void> {
  const { report, format } = plan
  const wantsJson = format === 'json' || format === 'ndjson'
  const calls = callsFor(scope, where => queryFor(plan, where, args, window), apisFor(args)[0] ?? v3)
  const sink = streamSink(stdout, signal)
  await sink.write(
    explain({
      report,
      orgs: orgsToExplain(scope),
      format: wantsJson && report.recipes.includes('json') ? 'json' : 'csv',
      calls,
      beyond: beyondTheRecipe(scope, args, window, report.documented),
    }),
  )
  await sink.commit()
}
