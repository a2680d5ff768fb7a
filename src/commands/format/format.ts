import { v2, v3 } from '../../capi/api.ts'
import { type AuditEvent, asGuid } from '../../capi/event.ts'
import { Failed, Incomplete, UsageError } from '../../errors.ts'
import type { History } from '../../names/about.ts'
import { openPrinter } from '../../names/printer.ts'
import {
  type ActorTargetFilter,
  actorsAndTargetsOf,
  actorTargetOptions,
  createActorTargetFilter,
} from '../../options/actors-and-targets.ts'
import { defineCommand, type Open, oneOf, type Parsed, valuesOf } from '../../options/command.ts'
import {
  columnNotes,
  columnsToChoose,
  notComplete,
  planDocumented,
  planEvents,
} from '../../options/event-output.ts'
import { columnsOption, eventOutputOptions, limitOf, madeBy, outputOptions } from '../../options/output.ts'
import { scopeOptions } from '../../options/scope.ts'
import { applyTypes, typeOptions } from '../../options/types.ts'
import { windowOf, windowOptions } from '../../options/window.ts'
import { expandPaths } from '../../output/files.ts'
import { reportNamed, reports } from '../../reports/catalog.ts'
import { org, space } from '../../reports/columns.ts'
import { plural } from '../../text.ts'
import { usersNamed } from './names.ts'
import { openPaths, type Saved } from './saved.ts'

const { limit, reverse: _, ...output } = eventOutputOptions

const options = {
  org: scopeOptions.org,
  space: scopeOptions.space,
  ...typeOptions,
  ...actorTargetOptions,
  ...windowOptions,
  ...outputOptions,
  columns: columnsOption(() => reports.flatMap(columnsToChoose)),
  ...output,
  names: { ...output.names, describe: 'Show the names behind GUIDs that the files have' },
  limit,
} as const

const reportNames = reports.map(({ name }) => name)

export const command = defineCommand({
  about: `Print a report of events that were saved before, such as the output of cf curl.
Runs no cf. Replaces the second half of each recipe of cloud.gov's page
"Auditing activity": | jq ... | sed ...`,
  arguments: [
    {
      name: 'REPORT',
      describe: `${reportNames.slice(0, 3).join(', ')}, ${reportNames.slice(3).join(', ')}`,
      complete: () => reportNames,
    },
    {
      name: 'PATH…',
      describe: 'Files or folders with saved events, evidence, or an archive (default: stdin)',
    },
  ],
  options,
  examples: [
    {
      why: 'A report on the output of cf curl',
      line: "cf curl '/v3/audit_events?per_page=5000' | cf-audit format routes",
    },
    {
      why: 'A report on a saved file',
      line: "cf curl '/v3/audit_events?per_page=5000' > saved.json\ncf-audit format events saved.json -f table",
    },
    {
      why: 'Combine saved pages',
      line: 'cat saved*.json | cf-audit format user-access -O access.csv --force',
    },
  ],
  notes: columnNotes(reportNamed('events')),
  run: formatSaved,
})

async function formatSaved(args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { messages } = context
  const [name, ...given] = args.words
  if (name === undefined) {
    throw new UsageError(
      'no report given.',
      `Usage: cf-audit format REPORT [PATH…], where REPORT is one of ${reportNames.join(', ')}.`,
    )
  }
  const kind = reportNamed(oneOf('report', name, reportNames))
  const report = await applyTypes(kind, args, false, messages)
  const asDocumented = args.asDocumented === true
  const plan = asDocumented ? planDocumented(report, args, context) : planEvents(report, args, true, context)
  const asked = actorsAndTargetsOf(args)
  const window = windowOf(args, context.now())
  const { from, until } = window
  const limit = limitOf(args)
  const { hasColumns } = plan.format
  const showsPlaces =
    hasColumns && !args.names && plan.columns.some(({ key }) => key === space.key || key === org.key)
  const orgs = valuesOf(args.org)
  const spaces = valuesOf(args.space)
  const words = [...asked.actor, ...asked.target]
  const namesFirst = showsPlaces || orgs !== undefined || spaces !== undefined || words.length > 0
  const saved = await openPaths(await expandPaths(given), window, orgs, namesFirst, context)
  const { names } = saved
  const types = asDocumented ? report.documented?.types : report.types
  const wanted = types && new Set(types)
  let kept = 0
  const left = { types: 0, times: 0, places: 0 }
  const isKept = (event: AuditEvent) => {
    if (wanted !== undefined && !wanted.has(event.type)) left.types++
    else if ((from !== undefined && event.time < from) || (until !== undefined && event.time >= until))
      left.times++
    else if (
      !isNamed(saved.isOfOrgs ? undefined : orgs, event.orgGuid, names.orgs) ||
      !isNamed(spaces, event.spaceGuid, names.spaces)
    )
      left.places++
    else {
      kept++
      return true
    }
    return false
  }

  let printed = 0
  let matching = 0
  /** How many events there are, and why others are left out. */
  function countOf(): string {
    const leftOut = [
      [left.types, 'of other types'],
      [left.times, 'of other times'],
      [left.places, 'of other orgs or spaces'],
      [saved.doubles(), 'duplicates'],
    ] as const
    const others = leftOut.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`)
    const from = saved.name === 'The input' ? 'the input' : saved.name
    const shown =
      printed < matching ? `First ${printed} of ${plural(matching, 'event')}` : plural(kept, 'event')
    return `${shown} of ${from}${others.length === 0 ? '' : `; left out: ${others.join(', ')}`}`
  }

  const printer = await openPrinter(
    {
      name: kind.name,
      plan,
      args,
      places: () => names,
      saved: names.all,
      closing() {
        const api = saved.api()
        return { api: asDocumented || api === 'v2' ? v2 : v3, envelope: saved.envelope() }
      },
      about: () => [
        ['Report', `${kind.name}: ${kind.summary}`],
        ['From', from ?? 'the first event there'],
        ['Until', until ?? 'the last event there'],
        ['Events', countOf()],
        ['Complete', inWords(saved.completeness())],
        ...madeBy(context),
      ],
    },
    context,
  )
  try {
    let events: AsyncIterable<AuditEvent[]> = (async function* () {
      for await (const page of saved.events) {
        printer.note(page)
        yield page.filter(isKept)
      }
    })()
    let history: History | undefined
    if (asked.about.length > 0) {
      const { eventsAbout } = await import('../../names/about.ts')
      history = eventsAbout(asked.about, events, { names: names.all }, messages)
      events = history.events
    }
    // Made when the names are known.
    let filter: ActorTargetFilter | undefined
    const filterEvents = () =>
      (filter ??= createActorTargetFilter(asked, { guids: usersNamed(words, names.all) }))
    const rows = (async function* () {
      let left = limit ?? Number.POSITIVE_INFINITY
      for await (const page of events) {
        const ours = filterEvents().keep(page)
        matching += ours.length
        const first = ours.slice(0, left)
        left -= first.length
        yield first
      }
    })()
    printed = await printer.print(rows, undefined)
    if (saved.api() === 'both' && plan.format.name === 'json' && !asDocumented) {
      throw new Failed(
        `${saved.name} holds events of API v2 and of v3: one JSON page cannot hold both.`,
        'Use --format ndjson, or --as-documented for the v2 format.',
      )
    }
    await printer.commit()
    history?.logSummary(messages)
    filterEvents().logSummary(messages)
    messages.info(`${countOf()}.`)
    if (saved.noise() > 0) {
      const lines = saved.noise() === 1 ? '1 line that is' : `${saved.noise()} lines that are`
      messages.info(`Ignored ${lines} not JSON: headers or messages of cf.`)
    }
    const complete = saved.completeness()
    if (complete.kind === 'unknown') {
      messages.warn('these may not be all events: the input does not say how many there are (total_results).')
    }
    if (complete.kind === 'partial') messages.caveat(`Partial: ${complete.reasons.join('; ')}.`)
    if ((complete.kind === 'unknown' || complete.kind === 'partial') && args.strict) throw notComplete()
    if (complete.kind === 'short') {
      throw new Incomplete(
        `Incomplete: ${saved.name} holds ${complete.held} of ${plural(complete.total, 'event')} in its listing (total_results).`,
        'Save the missing pages too, or let cf-audit read them all from Cloud Foundry.',
      )
    }
  } finally {
    await printer.abandon()
  }
}

function inWords(complete: ReturnType<Saved['completeness']>): string {
  switch (complete.kind) {
    case 'complete':
      return 'yes'
    case 'unknown':
      return 'unknown: the input does not say how many events there are (total_results)'
    case 'partial':
      return `partial: ${complete.reasons.join('; ')}`
    case 'short':
      return `no: ${complete.held} of ${plural(complete.total, 'event')} in its listing (total_results)`
  }
}

/** Whether an org or a space is one of those that were named, by name or GUID. */
function isNamed(
  wanted: readonly string[] | undefined,
  guid: string,
  names: ReadonlyMap<string, string>,
): boolean {
  return wanted?.some(word => (asGuid(word) ?? word) === guid || word === names.get(guid)) ?? true
}
