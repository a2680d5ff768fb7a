import { UsageError } from '../../errors.ts'
import { defineCommand } from '../../options/command.ts'
import { columnsOption, madeBy, openSink, outputOptions, planOutput } from '../../options/output.ts'
import { didYouMean } from '../../options/suggest.ts'
import { globOf, isGlob, quoted, wholeFamilies } from '../../options/types.ts'
import { reports } from '../../reports/catalog.ts'
import type { Column } from '../../reports/columns.ts'
import { eventType, eventTypes, type Writer } from '../../reports/event-types.ts'
import type { Source } from '../../reports/formats.ts'
import { joinNames, plural } from '../../text.ts'

/** A type as the catalogue shows it. */
interface CatalogEntry {
  readonly type: string
  /** What happened. */
  readonly what: string
  /** The reports that are made for it; `events`, which holds all, only where there is no other. */
  readonly reports: readonly string[]
  readonly writer: Writer
}

/** The whole catalogue, in alphabetical order. */
export const catalogue: readonly CatalogEntry[] = eventTypes
  .flatMap(name => eventType(name) ?? [])
  .map(({ name, what, writer }) => ({ type: name, what, reports: reportsOf(name), writer }))

function reportsOf(type: string): string[] {
  const made = reports.filter(report => report.types?.includes(type)).map(({ name }) => name)
  return made.length > 0 ? made : ['events']
}

const columns: readonly Column<CatalogEntry>[] = [
  { key: 'type', heading: 'Event Type', kind: 'text', answers: 'what', cell: entry => entry.type },
  { key: 'what', heading: 'What Happened', kind: 'text', cell: entry => entry.what },
  { key: 'reports', heading: 'Reports', kind: 'text', cell: entry => entry.reports.join(', ') },
  { key: 'written_by', heading: 'Written By', kind: 'text', answers: 'detail', cell: entry => entry.writer },
]

const source: Source<CatalogEntry> = {
  name: 'types',
  head: '[',
  record: ({ type, what, reports, writer }) =>
    Buffer.from(
      JSON.stringify({ type, what, reports, written_by: writer.replace('the ', '').split(' and ') }),
    ),
  tail: () => ']',
}

export const command = defineCommand({
  about: `Print the event types of Cloud Foundry: what happened, which report has them, and
which API writes them. Runs no cf.`,
  arguments: [
    {
      name: 'TEXT…',
      describe: "Words to look for, or a pattern such as 'audit.user.*'",
      complete: () => eventTypes,
    },
  ],
  options: { ...outputOptions, columns: columnsOption(() => columns) },
  examples: [
    { why: 'Which types are about space developers?', line: 'cf-audit types space developer' },
    { why: 'All types of a family', line: "cf-audit types 'audit.service_key.*'" },
    { why: 'All of them, for a spreadsheet', line: 'cf-audit types -O event-types.csv' },
  ],
  notes: [
    { heading: 'Logins', text: 'The UAA records logins, not Cloud Foundry: no event type is about them.' },
  ],
  async run(args, open) {
    const context = open(args)
    const plan = planOutput({ name: 'types', own: 'csv', columns, more: [] }, args, context)
    const words = args.words.flatMap(text => text.split(/\s+/)).filter(word => word !== '')
    if (args.words.length > 0 && words.length === 0) {
      throw new UsageError(
        'the search text is empty.',
        'Name words to look for, or leave them out for all types.',
      )
    }
    const { listed, strange } = await search(words)
    const sink = await openSink(args, { ...plan.format, streams: true }, context)
    const about = () => [
      ['Event types', `${listed.length} of ${catalogue.length}`] as const,
      ...madeBy(context),
    ]
    try {
      const writer = await plan.format.open(plan, { ...source, about }, sink.write)
      await writer.write(listed)
      await writer.end()
      await sink.commit()
      const { messages } = context
      writer.logWarnings(messages)
      if (listed.length === 0) messages.warn(nothing(words, strange))
      else
        messages.info(
          `${listed.length} of ${plural(catalogue.length, 'event type')}; the report 'events' has all of them.`,
        )
    } finally {
      await sink.abandon()
    }
  },
})

function nothing(words: readonly string[], strange: readonly string[]): string {
  if (words.some(word => /^log(ged)?-?(in|on|out|off)s?$/i.test(word))) {
    return 'no event type is about logins: the UAA records them, not Cloud Foundry. Ask its operators for the UAA audit log.'
  }
  const [first] = strange
  if (first === undefined) return `no event type matches all of ${joinNames(words)}.`
  return `no event type matches ${first}.${didYouMean(first, isGlob(first) ? wholeFamilies : vocabulary(), quoted)}`
}

/** What a search found, and those of its words that nothing has. */
interface Found {
  readonly listed: readonly CatalogEntry[]
  readonly strange: readonly string[]
}

/**
 * Those types that have every one of the words, in any case, somewhere in what is shown of them; a shell pattern has to
 * fit the whole name.
 */
export async function search(words: readonly string[]): Promise<Found> {
  const tests = await Promise.all(words.map(testFor))
  return {
    listed: catalogue.filter(listed => tests.every(test => test(listed))),
    strange: words.filter((_, index) => !catalogue.some(listed => tests[index]?.(listed))),
  }
}

async function testFor(word: string): Promise<(listed: CatalogEntry) => boolean> {
  if (isGlob(word)) {
    const matches = await globOf(word)
    return ({ type }) => matches(type)
  }
  const lower = word.toLowerCase()
  return listed => textOf(listed).includes(lower)
}

function textOf({ type, what, reports, writer }: CatalogEntry): string {
  return [type, what, ...reports, writer].join('\n').toLowerCase()
}

/** All words of the catalogue, for guesses at what was meant. */
export function vocabulary(): string[] {
  return [...new Set(catalogue.flatMap(listed => textOf(listed).match(/[a-z0-9]{3,}/g) ?? []))]
}
