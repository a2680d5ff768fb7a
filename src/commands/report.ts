import type { Ask } from '../capi/ask.ts'
import type { AuditEvent } from '../capi/event.ts'
import { openListing } from '../capi/pages.ts'
import type { Api, Query } from '../capi/query.ts'
import { v2 } from '../capi/v2.ts'
import { v3 } from '../capi/v3.ts'
import type { Context } from '../context.ts'
import { flowingSink } from '../output/sink.ts'
import { type Report, typesToAsk } from '../reports/catalog.ts'
import { explain } from '../reports/explain.ts'
import type { Progress } from '../ui/progress.ts'
import { type TypeArgs, withTypes } from './asked-types.ts'
import { askWith, namesOf } from './asking.ts'
import { beyondTheRecipe, callsFor, orgsToExplain } from './calls.ts'
import { explainEmpty } from './empty.ts'
import { beforeReading, tellEnd, tellSight, tellWritten } from './narration.ts'
import { createParties, type Parties, type PartyArgs, refuseParties, targetsToAsk } from './parties.ts'
import { findPlace, type Named, type Where } from './place.ts'
import { refuseForExplain } from './refusals.ts'
import { decideRendering, type Rendering, type RenderingArgs } from './rendering.ts'
import type { Resolving } from './resolving.ts'
import { refuseTooLong, refuseUndocumentedScope, type Scope, type ScopeArgs, scopeOf } from './scope.ts'
import { screenOf } from './screen.ts'
import { rememberedSight } from './sight.ts'
import { openSink } from './sink.ts'
import { createUnmet, type Unmet } from './unmet.ts'
import { type Window, type WindowArgs, windowOf } from './window.ts'
import { createWriter } from './writer.ts'

/** What was said on the command line about a report. */
export interface ReportArgs extends ScopeArgs, TypeArgs, PartyArgs, WindowArgs, RenderingArgs {
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
  const asked = await withTypes(kind, args, isOfOrgs(scope), context.say)
  if (args.explain) refuseForExplain(args)
  const rendering = decideRendering(asked, args, context.stdout.isTTY === true)
  if (args.asDocumented) refuseUndocumentedScope(scope)
  refuseParties(args, args.asDocumented)
  const started = context.now()
  const window = windowOf(args, started)
  if (args.explain) return explainReport(rendering, scope, window, args, context)

  const resolving = rendering.resolve ? await resolvingOf(rendering) : undefined
  const writer = await createWriter(resolving?.rendering ?? rendering, screenOf(args, context))
  const sink = await openSink(args, writer.flows, context, writer.painted)
  const { progress } = context
  progress.start()
  try {
    const cf = await context.cf({ bin: args.cf, timeoutMs: args.timeout * 1000 })
    const names = await namesOf(scope, cf, context)
    const ask = askWith(cf, names, args, context)
    const place = await findPlace(names, scope, cf, ask)
    for (const note of beforeReading(rendering, place, window)) context.say.note(note)
    for (const lack of place.lacks) context.say.warn(lack)
    const unmet = createUnmet(place)
    const parties = await partiesOf(args, ask)

    const apis = apisFor(args)
    const where = { orgGuids: guidsOf(place.orgs), spaceGuids: guidsOf(place.spaces) }
    const query = queryFor(rendering, where, args, window)
    refuseTooLong(apis, query)
    const lanes = cf.lanes(args.concurrency)
    const listing = await openListing(apis, query, { ask, lanes, now: context.now })
    progress.expect(listing.total)
    const kept = parties.events(watched(listing.events, progress, unmet))
    const events = resolving?.events(kept, { ask: naming(ask, progress), lanes, api: listing.api }) ?? kept
    await sink.write(writer.head())
    let step = await events.next()
    for (; !step.done; step = await events.next()) await sink.write(writer.page(step.value))
    // Before anything is shown that could pass for a result.
    parties.prove()
    if (step.value.read === 0) await explainEmpty({ api: listing.api, place, window }, ask, cf, context.say)
    await sink.write(writer.tail(listing.api, listing.envelope, resolving?.json()))
    const size = await sink.commit()
    writer.remarks(context.say)
    resolving?.tell(context.say)
    await parties.tell(context.say)
    unmet.tell(context.say)
    tellEnd(step.value, place.label, window, started, context.say)
    tellWritten(args.output, size, context.say)
    if (step.value.read === 0) return
    // For a remark nobody waits as long as for a report.
    const hurried = askWith(cf, names, { maxWait: Math.min(args.maxWait, 10) }, context)
    tellSight(await rememberedSight(cf, hurried, where, context), place.label, context.say)
  } finally {
    progress.stop()
    await resolving?.close()
    await sink.abandon()
  }
}

/** The same pages, each told as it is read. */
async function* watched<Proof>(
  pages: AsyncGenerator<AuditEvent[], Proof>,
  progress: Progress,
  unmet: Unmet,
): AsyncGenerator<AuditEvent[], Proof> {
  for (;;) {
    const step = await pages.next()
    if (step.done) return step.value
    progress.page(step.value.length)
    unmet.look(step.value)
    yield step.value
  }
}

/** The same questions, told to be about names. */
function naming(ask: Ask, progress: Progress): Ask {
  return (path, read) => {
    progress.naming()
    return ask(path, read)
  }
}

/** The targets that the API is asked for need no looking at; actors are asked for by no API. */
async function partiesOf(args: ReportArgs, ask: Ask): Promise<Parties> {
  const { actor, target } = targetsToAsk(args) === undefined ? args : { ...args, target: [] }
  if (actor.length === 0) return createParties({ actor, target })
  const { usersNamed } = await import('./actors.ts')
  return createParties({ actor, target }, await usersNamed(actor, ask))
}

async function resolvingOf(rendering: Rendering): Promise<Resolving> {
  const { createResolving } = await import('./resolving.ts')
  return createResolving(rendering)
}

// v3 first: it is on everywhere and its pages hold fifty times as much. The page's own bytes come from v2, where it
// still answers.
function apisFor({ api, asDocumented }: ReportArgs): Api[] {
  if (api !== 'auto') return [api === 'v2' ? v2 : v3]
  return asDocumented ? [v2, v3] : [v3, v2]
}

function queryFor(
  { report, asDocumented }: Rendering,
  where: Where,
  parties: PartyArgs,
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

const guidsOf = (places: readonly Named[] | undefined) => places?.map(({ guid }) => guid)

const isOfOrgs = ({ orgs, spaces }: Scope) => orgs !== 'all' || spaces.length > 0

async function explainReport(
  rendering: Rendering,
  scope: Scope,
  window: Window,
  args: ReportArgs,
  { stdout, signal }: Context,
): Promise<void> {
  const { report, format } = rendering
  const wantsJson = format === 'json' || format === 'ndjson'
  const calls = callsFor(scope, where => queryFor(rendering, where, args, window), apisFor(args)[0] ?? v3)
  const sink = flowingSink(stdout, signal)
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
