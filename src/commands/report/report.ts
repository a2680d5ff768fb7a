import type { Query } from '../../capi/api.ts'
import { v2 } from '../../capi/api.ts'
import type { AuditEvent } from '../../capi/event.ts'
import { findUsers } from '../../capi/users.ts'
import type { Context } from '../../context.ts'
import { apisFor, type Conclusion, openReading, type Reading } from '../../evidence/reading.ts'
import { judge } from '../../evidence/verdict.ts'
import type { History } from '../../names/about.ts'
import type { Lookup } from '../../names/lookup.ts'
import { openPrinter } from '../../names/printer.ts'
import {
  type ActorTargetFilter,
  actorsAndTargetsOf,
  actorTargetOptions,
  createActorTargetFilter,
  targetsToAsk,
} from '../../options/actors-and-targets.ts'
import {
  type Command,
  defineCommand,
  type Open,
  type OptionTable,
  type Parsed,
} from '../../options/command.ts'
import { connectionOf, connectionOptions, readingOf, readingOptions } from '../../options/connection.ts'
import {
  columnNotes,
  columnsToChoose,
  notComplete,
  planDocumented,
  planEvents,
} from '../../options/event-output.ts'
import {
  assertNoOutputOptions,
  columnsOption,
  eventOutputOptions,
  limitOf,
  madeBy,
  outputOptions,
} from '../../options/output.ts'
import {
  assertDocumentedScope,
  orgArgument,
  type Scope,
  type ScopeFilter,
  scopeOf,
  scopeOptions,
} from '../../options/scope.ts'
import { applyTypes, typeOptions } from '../../options/types.ts'
import { windowOf, windowOptions, windowSentence } from '../../options/window.ts'
import { type Documented, type Report, typesToAsk } from '../../reports/catalog.ts'
import { createUnmatchedGuids, diagnoseEmptyResult } from './empty.ts'
import { aboutRows, firstInWords, logResult, scopeNotes } from './summary.ts'

const options = {
  ...scopeOptions,
  ...typeOptions,
  ...actorTargetOptions,
  ...windowOptions,
  ...outputOptions,
  ...eventOutputOptions,
  ...readingOptions,
  ...connectionOptions,
  explain: {
    type: 'boolean',
    group: 'Cloud Foundry',
    describe: 'Print the documented recipe, what it misses, and the cf calls made instead; run nothing',
  },
} as const satisfies OptionTable

type ReportArgs = Parsed<typeof options>

/** The command of a report. */
export function reportCommand(report: Report): Command {
  const { summary, documented, examples } = report
  return defineCommand({
    about: `Print ${summary}.${documented === undefined ? '' : replaces(documented)}`,
    arguments: [
      report.types === undefined
        ? { ...orgArgument, describe: 'Org, by name or GUID (default: all orgs you can see)' }
        : orgArgument,
    ],
    options: { ...options, columns: columnsOption(() => columnsToChoose(report)) },
    examples,
    notes: columnNotes(report),
    run: (args, open) => runReport(report, args, open),
  })
}

const replaces = ({ titles }: Documented) => `
Replaces ${titles.length > 1 ? 'these recipes' : 'this recipe'} of cloud.gov's page "Auditing activity":
${titles.map(title => `  ${title}`).join('\n')}`

async function runReport(kind: Report, args: ReportArgs, open: Open): Promise<void> {
  const context = open(args)
  const { messages, progress } = context
  const asDocumented = args.asDocumented === true
  const scope = scopeOf(args, args.words[0], kind.types === undefined ? 'all' : 'targeted')
  const report = await applyTypes(kind, args, isOfOrgs(scope), messages)
  if (args.explain) assertNoOutputOptions(args, '--explain', ['format', 'as-documented'])
  const plan = asDocumented
    ? planDocumented(report, args, context)
    : planEvents(report, args, severalOrgs(scope), context)
  if (asDocumented) assertDocumentedScope(scope)
  const asked = actorsAndTargetsOf(args)
  const started = context.now()
  const window = windowOf(args, started)
  const limit = limitOf(args)
  const { api, concurrency } = readingOf(args)
  const connection = connectionOf(args)
  const apis = apisFor(api, asDocumented)
  const types = asDocumented ? report.documented?.types : typesToAsk(report, isOfOrgs(scope))
  const order = args.reverse ? 'newest' : 'time'
  const targetGuids = targetsToAsk(asked, types)
  const query = (where: ScopeFilter): Query => ({ types, ...where, targetGuids, ...window, order })
  if (args.explain) {
    const { printExplanation } = await import('./explain.ts')
    return printExplanation({ report, scope, window, asked, apis, query, format: plan.format.name }, context)
  }

  let reading: Reading | undefined
  let conclusion: Conclusion | undefined
  let first = ''
  const printer = await openPrinter(
    {
      name: kind.name,
      plan,
      args,
      places: () => (reading as Reading).names,
      closing() {
        const { api, envelope } = (reading as Reading).listing
        return { api: asDocumented ? v2 : api, envelope }
      },
      about: () =>
        conclusion === undefined || reading === undefined
          ? [['Report', `${kind.name}: ${kind.summary}`], ['Events', first], ...madeBy(context)]
          : aboutRows({ ...conclusion, window, scope: reading.scope, started }, kind, context),
    },
    context,
  )
  progress.start()
  try {
    // How many are left of a page that is filtered here is not known before; a history takes all pages.
    const isFiltered = [asked.actor, asked.target].some(words => words.length > 0)
    const needed = limit !== undefined && isFiltered ? Number.POSITIVE_INFINITY : limit
    const enough = asked.about.length > 0 ? undefined : needed
    const request = { scope, connection, apis, concurrency, query, limit: enough }
    reading = await openReading(request, context)
    const { listing } = reading
    const time = windowSentence(window)
    if (time !== undefined) messages.info(time)
    for (const note of scopeNotes(report, reading.scope, args)) messages.info(note)
    for (const warning of reading.scope.warnings) messages.warn(warning)
    const unmatched = createUnmatchedGuids(reading.scope)
    const filter = await filterOf(asked, types, reading)
    progress.expect(listing.total)
    let read = 0

    let events: AsyncIterable<AuditEvent[]> = watched(listing.events, page => {
      progress.page(page.length)
      read += page.length
      unmatched.check(page)
      if (isFiltered || asked.about.length > 0) printer.note(page)
      return page
    })
    let history: History | undefined
    if (asked.about.length > 0) {
      const { eventsAbout } = await import('../../names/about.ts')
      const source = { client: reading.client, orgGuids: reading.where.orgGuids }
      history = eventsAbout(asked.about, events, source, messages)
      events = history.events
    }
    // Another user may have made a binding whose update names only itself.
    events = watched(events, filter.keep)
    // Before names are looked up: only those of the rows that are printed.
    if (limit !== undefined) events = firstOf(limit, events)
    const printed = await printer.print(events, lookupOf(reading, context))
    // Before anything is shown that could pass for a result.
    filter.assertUsersKnown()
    if (printed === limit) {
      const { total } = listing
      const { about } = asked
      first = firstInWords({ printed, read, total, order, about, matching: filter.words })
      await printer.commit()
      messages.info(first)
      return
    }
    conclusion = await reading.conclude()
    const { proof, visibility, user } = conclusion
    if (proof.read === 0) await diagnoseEmptyResult(reading, window, visibility, user, messages)
    await printer.commit()
    history?.logSummary(messages)
    filter.logSummary(messages)
    unmatched.logWarnings(messages)
    const verdict = judge(visibility, window, reading.scope.label ?? 'the foundation', started)
    const targets = targetGuids && [...new Set(asked.target)]
    logResult({ proof, window, verdict, label: reading.scope.label, targets }, messages)
    if (args.strict && verdict.state !== 'complete') throw notComplete()
  } finally {
    progress.stop()
    await printer.abandon()
  }
}

const severalOrgs = ({ orgs }: Scope) => orgs === 'all' || (Array.isArray(orgs) && orgs.length > 1)

const isOfOrgs = ({ orgs, spaces }: Scope) => orgs !== 'all' || spaces.length > 0

async function filterOf(
  asked: ReturnType<typeof actorsAndTargetsOf>,
  types: readonly string[] | undefined,
  { client }: Reading,
): Promise<ActorTargetFilter> {
  // What the API was asked for needs no comparing.
  const target = targetsToAsk(asked, types) === undefined ? asked.target : []
  const names = [...asked.actor, ...target]
  return createActorTargetFilter(
    { actor: asked.actor, target },
    names.length === 0 ? undefined : await findUsers(client, names),
  )
}

async function* watched(
  pages: AsyncIterable<AuditEvent[]>,
  look: (page: AuditEvent[]) => AuditEvent[],
): AsyncGenerator<AuditEvent[]> {
  for await (const page of pages) yield look(page)
}

async function* firstOf(count: number, pages: AsyncIterable<AuditEvent[]>): AsyncGenerator<AuditEvent[]> {
  let left = count
  for await (const page of pages) {
    const rows = page.slice(0, left)
    left -= rows.length
    yield rows
    if (left === 0) return
  }
}

function lookupOf({ client, concurrency, listing }: Reading, { progress }: Context): Lookup {
  return {
    api: listing.api,
    concurrency,
    client(path, read) {
      progress.naming()
      return client(path, read)
    },
  }
}
