import type { Api } from '../capi/api.ts'
import type { AuditEvent } from '../capi/event.ts'
import type { PlaceNames } from '../capi/visibility.ts'
import type { Context } from '../context.ts'
import { createRecords, eventSource, printsData } from '../options/event-output.ts'
import { logFile, type OutputArgs, openSink } from '../options/output.ts'
import type { OutputPlan, Source, Writer } from '../reports/formats.ts'
import { type Cells, createAccounts, withPlaceNames } from './columns.ts'
import type { Lookup } from './lookup.ts'
import type { Name } from './name-index.ts'
import { createNameResolver } from './resolve.ts'
import { createRowSpool } from './spool.ts'

/** What is printed, and with what beside it. */
export interface Printing {
  readonly name: string
  readonly plan: OutputPlan<AuditEvent>
  readonly args: OutputArgs
  /** The names of orgs and spaces that are known when rows are printed. */
  readonly places: () => PlaceNames
  /** Names that were looked up before, by GUID. */
  readonly saved?: ReadonlyMap<string, Name>
  /** Whose envelope stands around the records in JSON, once all of them are there. */
  readonly closing: () => { readonly api: Api; readonly envelope: unknown }
  /** What a workbook says about itself. */
  readonly about?: Source<AuditEvent>['about']
}

/** Prints events in any format, with the names that are asked for. */
export interface EventPrinter {
  /** Notes the names in events that may not be printed, and who shares one. */
  note(events: readonly AuditEvent[]): void
  /**
   * @param lookup how names are looked up; undefined: they are not.
   * @returns how many events there were.
   */
  print(events: AsyncIterable<AuditEvent[]>, lookup: Lookup | undefined): Promise<number>
  /** Shows what was printed, and says what there is to know about it. */
  commit(): Promise<void>
  /** Frees what was not shown. */
  abandon(): Promise<void>
}

/** @throws UsageError for an output file that exists, or cannot be written. */
export async function openPrinter(
  { name, plan, args, places, saved, closing, about }: Printing,
  context: Context,
): Promise<EventPrinter> {
  const { format } = plan
  // The documented recipe has columns of its own.
  const hasCells = format.hasColumns && plan.columns.length > 0
  const resolver = args.names
    ? createNameResolver(hasCells ? plan.columns : undefined, format.name === 'table', saved)
    : undefined
  const accounts = createAccounts()
  const records = createRecords(args.asDocumented === true, args.unredacted === true)
  let sink = await openSink(args, format, context)
  const spool = createRowSpool(10_000)
  const writer = await (hasCells ? openRows() : openRecords()).catch(async error => {
    await sink.abandon()
    throw error
  })

  function openRecords(): Promise<Writer<AuditEvent>> {
    const end = () => ({ ...closing(), names: resolver?.json() })
    return format.open(plan, eventSource(name, records.record, end), sink.write)
  }

  async function openRows(): Promise<Writer<AuditEvent>> {
    const placed = withPlaceNames(resolver?.columns ?? plan.columns, places)
    const { columns, cells, mayChange, hasChanged } = accounts.columns(placed)
    const source: Source<Cells> = {
      name,
      head: '',
      tail: () => '',
      record: () => Buffer.of(),
      ...(about && { about }),
    }
    const open = () => format.open({ ...plan, columns }, source, sink.write)
    let rows = await open()
    return {
      async write(events) {
        const page = events.map(cells)
        // Where names are looked up, the events have waited already.
        if (mayChange && resolver === undefined) await spool.append(page)
        await rows.write(page)
      },
      async end() {
        // Seldom: all rows are written again.
        if (hasChanged()) {
          await sink.abandon()
          sink = await openSink(args, format, context)
          rows = await open()
          for await (const waiting of spool.replay()) await rows.write(waiting)
        }
        await rows.end()
      },
      logWarnings: messages => rows.logWarnings(messages),
    }
  }

  async function* noted(pages: AsyncIterable<AuditEvent[]>): AsyncGenerator<AuditEvent[]> {
    for await (const page of pages) {
      accounts.note(page)
      yield page
    }
  }

  return {
    note(events) {
      accounts.note(events)
      resolver?.note(events)
    },
    async print(events, lookup) {
      let printed = 0
      const pages = noted(events)
      for await (const page of resolver?.events(pages, lookup) ?? pages) {
        printed += page.length
        await writer.write(printsData(plan) ? await records.redact(page) : page)
      }
      return printed
    },
    async commit() {
      await writer.end()
      const size = await sink.commit()
      const { messages } = context
      writer.logWarnings(messages)
      accounts.logWarnings(messages)
      records.log(messages)
      resolver?.logOutcome(messages)
      logFile(args.output, size, messages)
    },
    async abandon() {
      await spool.close()
      await resolver?.close()
      await sink.abandon()
    },
  }
}
