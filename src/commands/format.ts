import { createReadStream } from 'node:fs'
import type { AuditEvent } from '../capi/event.ts'
import { Seen } from '../capi/seen.ts'
import { v2 } from '../capi/v2.ts'
import { v3 } from '../capi/v3.ts'
import type { Context } from '../context.ts'
import { Failed, Incomplete, UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import { type TypeArgs, withTypes } from './asked-types.ts'
import { tellWritten } from './narration.ts'
import { createParties, type PartyArgs, refuseParties } from './parties.ts'
import { decideRendering, type RenderingArgs } from './rendering.ts'
import { createSaved } from './saved.ts'
import { screenOf } from './screen.ts'
import { openSink } from './sink.ts'
import { createWriter } from './writer.ts'

/** What was said on the command line about saved answers. */
export interface FormatArgs extends RenderingArgs, TypeArgs, PartyArgs {
  /** undefined or '-': stdin. */
  readonly file?: string | undefined
  readonly force: boolean
}

/** Prints a report of saved answers of `cf curl`; asks nobody. */
export async function format(kind: Report, args: FormatArgs, context: Context): Promise<void> {
  const { say, signal } = context
  const asked = await withTypes(kind, args, false, say)
  const rendering = decideRendering(asked, args, context.stdout.isTTY === true)
  refuseParties(args, args.asDocumented)
  const parties = createParties(args)
  const { name, chunks } = openInput(args.file, context)
  const types = rendering.asDocumented ? asked.documented.types : asked.types
  const wanted = types && new Set(types)
  const saved = createSaved(name)
  const seen = new Seen()
  const left = { types: 0, doubles: 0 }
  const isKept = (event: AuditEvent) => {
    if (wanted !== undefined && !wanted.has(event.type)) left.types++
    else if (!seen.add(event.guid, '')) left.doubles++
    else return true
    return false
  }

  const writer = await createWriter(rendering, screenOf(args, context))
  const sink = await openSink(args, writer.flows, context, writer.painted)
  try {
    await sink.write(writer.head())
    for await (const events of saved.events(chunks)) {
      signal.throwIfAborted()
      await sink.write(writer.page(parties.keep(events.filter(isKept))))
    }
    const { api, first } = saved.origin()
    if (api === 'both' && rendering.format === 'json' && !rendering.asDocumented) {
      throw new Failed(
        `${name} holds answers of API v2 and of v3: no one envelope fits both.`,
        'Use --format ndjson, or --as-documented for the shape of v2.',
      )
    }
    await sink.write(writer.tail(api === 'v2' ? v2 : v3, first))
    const size = await sink.commit()
    writer.remarks(say)
    say.note(
      `${counted(seen.size)} of ${name === 'The input' ? 'the input' : name}. Left out: ${left.types} of other types, ${left.doubles} doubles.`,
    )
    await parties.tell(say)
    if (saved.noise() > 0)
      say.note(`${saved.noise()} lines that are no JSON were left out: headers, or warnings of cf.`)
    tellWritten(args.output, size, say)
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
