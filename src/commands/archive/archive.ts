import { type CoverageRow, statusOf } from '../../archive/coverage.ts'
import { assertArchive, readChain } from '../../archive/manifest.ts'
import { updateArchive } from '../../archive/update.ts'
import { Incomplete, UsageError } from '../../errors.ts'
import { defineCommand, type Open, oneOf, type Parsed, valuesOf } from '../../options/command.ts'
import { connectionOf, connectionOptions, readingOf, readingOptions } from '../../options/connection.ts'
import { columnsOption, logFile, openSink, outputOptions, planOutput } from '../../options/output.ts'
import { scopeOf, scopeOptions } from '../../options/scope.ts'
import type { Column } from '../../reports/columns.ts'
import type { Source, Tabular } from '../../reports/formats.ts'
import { joinNames, plural, shellPath } from '../../text.ts'

const actions = ['update', 'status'] as const

const columns: readonly Column<CoverageRow>[] = [
  { key: 'org', heading: 'Org', kind: 'text', answers: 'where', cell: row => row.org },
  { key: 'from', heading: 'From', kind: 'time', cell: row => row.from },
  { key: 'until', heading: 'Until', kind: 'time', cell: row => row.until },
  { key: 'state', heading: 'State', kind: 'text', answers: 'what', cell: row => row.state },
  { key: 'foundation', heading: 'Foundation', kind: 'text', answers: 'detail', cell: row => row.host },
  { key: 'org_guid', heading: 'Organization GUID', kind: 'guid', cell: row => row.guid },
]
const table: Tabular<CoverageRow> = { name: 'archive', own: 'csv', columns, more: [] }

const source: Source<CoverageRow> = {
  name: 'archive',
  head: '[',
  record: ({ host, guid, org, from, until, state }) =>
    Buffer.from(JSON.stringify({ foundation: host, org, org_guid: guid, from, until, state })),
  tail: () => ']',
}

const options = {
  org: scopeOptions.org,
  'all-orgs': scopeOptions['all-orgs'],
  ...outputOptions,
  columns: columnsOption(() => columns),
  concurrency: readingOptions.concurrency,
  ...connectionOptions,
} as const

export const command = defineCommand({
  about: `Keep events beyond the 31 days after which Cloud Foundry deletes them. 'update' adds what is new to a folder;
run it daily. 'status' prints which time of each org is covered: read in time, by a user whose roles show every event.`,
  arguments: [
    { name: 'ACTION', describe: 'update or status', complete: () => actions },
    { name: 'DIR', describe: 'The folder of the archive' },
    {
      name: 'ORG…',
      describe: 'Orgs to update, by name or GUID (default: those in the archive, or the org that cf targets)',
    },
  ],
  options,
  examples: [
    { why: 'Start an archive, and add to it every day', line: 'cf-audit archive update audit demo-org' },
    { why: 'Which time is covered?', line: 'cf-audit archive status audit' },
    { why: 'A report from it', line: 'cf-audit format user-access audit --month last' },
    { why: 'Is it whole and unchanged?', line: 'cf-audit verify audit' },
  ],
  notes: [
    {
      heading: 'Exit codes',
      text: "'update' exits with 6 when Cloud Foundry has deleted events since the last run, or your roles do not show every event of an org. The new events are saved all the same; 'status' shows what is covered.",
    },
  ],
  run: runArchive,
})

async function runArchive(args: Parsed<typeof options>, open: Open): Promise<void> {
  const [action, archive, ...orgs] = args.words
  if (action === undefined || archive === undefined) {
    throw new UsageError(
      'an archive needs an action and a folder.',
      'Usage: cf-audit archive update DIR [ORG…], or cf-audit archive status DIR.',
    )
  }
  if (oneOf('action', action, actions) === 'update') return update(archive, orgs, args, open)
  if (orgs.length > 0)
    throw new UsageError(`unexpected argument: ${orgs[0]}.`, 'Usage: cf-audit archive status DIR.')
  return printStatus(archive, args, open)
}

async function update(
  archive: string,
  words: readonly string[],
  args: Parsed<typeof options>,
  open: Open,
): Promise<void> {
  const context = open(args)
  const { messages, progress } = context
  const named = [...words, ...(valuesOf(args.org) ?? [])]
  const scope = scopeOf({ org: named, allOrgs: args.allOrgs }, undefined, 'targeted')
  const orgs = scope.orgs === 'targeted' ? [] : scope.orgs
  const { concurrency } = readingOf({ ...args, api: 'v3' })
  progress.start()
  try {
    const { manifest, error } = await updateArchive(
      { archive, orgs, connection: connectionOf(args), concurrency },
      context,
    )
    progress.stop()
    for (const { name, added, vanished } of manifest.orgs) {
      messages.info(`${name}: ${plural(added, 'new event')}.`)
      if (vanished.length > 0) {
        messages.warn(
          `${name}: ${plural(vanished.length, 'archived event')} disappeared from Cloud Foundry early: ${joinNames(vanished)}. The newest manifest in ${archive}/runs lists them.`,
        )
      }
    }
    if (error !== undefined) throw error
    const problems = manifest.orgs.flatMap(({ name, gap, verdict }) => [
      ...(gap === null
        ? []
        : [`${name} from ${gap.from} to ${gap.until} was not read before Cloud Foundry deleted it`]),
      // The verdict of a run that opens a gap repeats it.
      ...(gap === null && verdict.state !== 'complete'
        ? [`${name} is not covered: ${verdict.reasons.join('; ')}`]
        : []),
    ])
    if (problems.length > 0) {
      throw new Incomplete(
        `Incomplete: ${problems.join('. ')}.`,
        `The new events were saved. Run this every day. To see what is covered, run: cf-audit archive status ${shellPath(archive)}`,
      )
    }
    messages.success(`Updated ${archive}.`)
  } finally {
    progress.stop()
  }
}

async function printStatus(archive: string, args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { messages } = context
  const plan = planOutput(table, args, context)
  await assertArchive(archive)
  const status = statusOf(await readChain(archive))
  const sink = await openSink(args, { ...plan.format, streams: true }, context)
  try {
    const writer = await plan.format.open(plan, source, sink.write)
    await writer.write(status.rows)
    await writer.end()
    const size = await sink.commit()
    writer.logWarnings(messages)
    logFile(args.output, size, messages)
  } finally {
    await sink.abandon()
  }
  if (status.vanished > 0)
    messages.warn(
      `${plural(status.vanished, 'archived event')} disappeared from Cloud Foundry early; the manifests in ${archive}/runs list them.`,
    )
  messages.info(
    `${plural(status.events, 'event')} in ${plural(status.runs, 'run')}${status.updated === undefined ? '' : `; last run ${status.updated}`}.`,
  )
}
