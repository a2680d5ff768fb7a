import { createReadStream } from 'node:fs'
import { type AuditEvent, readEvent, textAt, valueAt } from '../capi/event.ts'
import { createCutter, type Piece } from '../capi/records.ts'
import { Seen } from '../capi/seen.ts'
import { v2 } from '../capi/v2.ts'
import { v3 } from '../capi/v3.ts'
import type { Context } from '../context.ts'
import { Failed, Incomplete, UsageError } from '../errors.ts'
import { excerpt } from '../plain.ts'
import type { Report } from '../reports/catalog.ts'
import { decideRendering, type RenderingArgs } from './rendering.ts'
import { openSink } from './sink.ts'
import { createWriter } from './writer.ts'

/** What was said on the command line about saved answers. */
export interface FormatArgs extends RenderingArgs {
  /** undefined or '-': stdin. */
  readonly file?: string | undefined
  readonly force: boolean
}

/** Prints a report of saved answers of `cf curl`; asks nobody. */
export async function format(kind: Report, args: FormatArgs, context: Context): Promise<void> {
  const { say, signal } = context
  const rendering = decideRendering(kind, args, context.stdout.isTTY === true)
  const { name, chunks } = openInput(args.file, context)
  const types = rendering.asDocumented ? kind.documented.types : kind.types
  const wanted = types && new Set(types)
  const saved = createSaved(name)
  const seen = new Seen()
  const left = { types: 0, doubles: 0 }
  const isKept = (event: AuditEvent) => {
    if (wanted !== undefined && !wanted.has(event.type)) left.types++
    else if (!seen.add(event.guid, event.time)) left.doubles++
    else return true
    return false
  }

  const writer = await createWriter(rendering)
  const sink = await openSink(args, writer.flows, context)
  try {
    await sink.write(writer.head())
    for await (const events of saved.events(chunks)) {
      signal.throwIfAborted()
      await sink.write(writer.page(events.filter(isKept)))
    }
    const { api, first } = saved.origin()
    if (api === 'both' && rendering.format === 'json' && !rendering.asDocumented) {
      throw new Failed(
        `${name} holds answers of API v2 and of v3: no one envelope fits both.`,
        'Use --format ndjson, or --as-documented for the shape of v2.',
      )
    }
    await sink.write(writer.tail(api === 'v2' ? v2 : v3, first))
    await sink.commit()
    writer.remarks(say)
    say.note(
      `${counted(seen.size)} of ${name}. Left out: ${left.types} of other types, ${left.doubles} doubles.`,
    )
    const { held, total } = saved.shortfall()
    if (held < total) {
      throw new Incomplete(
        `Incomplete: ${name} holds ${held} events of a listing whose total_results is ${total}.`,
        'Save the missing pages too, or let cf-audit read them all from Cloud Foundry.',
      )
    }
  } finally {
    await sink.abandon()
  }
}

const counted = (count: number) => (count === 1 ? '1 event' : `${count} events`)

function openInput(
  file: string | undefined,
  { stdin }: Context,
): { name: string; chunks: AsyncIterable<Buffer> } {
  if (file !== undefined && file !== '-') return { name: file, chunks: readFile(file) }
  if (stdin.isTTY) {
    throw new UsageError(
      'There is no saved answer to read.',
      'Name a file, or pipe one in: cf curl … | cf-audit format …',
    )
  }
  return { name: 'The input', chunks: stdin }
}

async function* readFile(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code
    throw new UsageError(`${file} cannot be read: ${why}.`, 'Name a file that cf curl has written.', {
      cause,
    })
  }
}

/** Saved answers: any number of pages of either API, behind one another. */
function createSaved(name: string) {
  // A page says of which listing it is part. Each listing must be as long as it says; an event may be in several.
  const listings = new Map<string, { total: number; held: Seen }>()
  let page = new Seen()
  let documents = 0
  let records = 0
  const apis = new Set<'v2' | 'v3'>()
  let first: unknown

  function take(pieces: readonly Piece[]): AuditEvent[] {
    const events: AuditEvent[] = []
    for (const piece of pieces) {
      if ('record' in piece) {
        const event = readEvent(piece.record, 'either', `record ${++records} of ${name}`)
        page.add(event.guid, event.time)
        events.push(event)
      } else close(JSON.parse(piece.envelope))
    }
    return events
  }

  function close(envelope: unknown): void {
    documents++
    const api = [v3, v2].find(candidate => candidate.total(envelope) !== undefined)
    if (api === undefined) throw notEvents(envelope)
    apis.add(api.name)
    first ??= envelope
    const total = api.total(envelope) ?? 0
    const key = api.listing(envelope) ?? `document ${documents}`
    const listing = listings.get(key)
    if (listing === undefined) listings.set(key, { total, held: page })
    else {
      listing.held.addAll(page)
      listing.total = Math.max(listing.total, total)
    }
    page = new Seen()
  }

  function notEvents(envelope: unknown): Failed {
    const said = textAt(valueAt(envelope, 'errors'), '0', 'detail') || textAt(envelope, 'description')
    return new Failed(
      said === ''
        ? `${name} is JSON, but not a page of audit events (its part ${documents}).`
        : `${name} holds an error of Cloud Foundry instead of events: ${excerpt(said)}`,
      'Save the answer of cf curl for /v3/audit_events or /v2/events.',
    )
  }

  function notJson(cause: unknown): unknown {
    if (!(cause instanceof SyntaxError)) return cause
    return new Failed(
      `${name} is not JSON to its end: ${excerpt(cause.message)}.`,
      'Save the bare answer of cf curl (without -i), and all of it.',
      { cause },
    )
  }

  return {
    async *events(chunks: AsyncIterable<Buffer>): AsyncGenerator<AuditEvent[]> {
      const cutter = createCutter()
      try {
        for await (const chunk of chunks) yield take(cutter.push(chunk))
        yield take(cutter.end())
      } catch (error) {
        throw notJson(error)
      }
      if (documents === 0) throw new Failed(`${name} is empty.`, 'Save the answer of cf curl first.')
    },

    /** Which API answered. */
    origin: () => ({ api: apis.size === 2 ? 'both' : [...apis][0], first }) as const,

    /** The listing that misses most of what it counts; the counts of a whole one if none misses any. */
    shortfall(): { held: number; total: number } {
      const counts = [...listings.values()].map(({ held, total }) => ({ held: held.size, total }))
      return counts.reduce(
        (worst, next) => (next.total - next.held > worst.total - worst.held ? next : worst),
        {
          held: 0,
          total: 0,
        },
      )
    },
  }
}
