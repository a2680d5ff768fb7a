import { createReadStream } from 'node:fs'
import { v2, v3 } from '../../capi/api.ts'
import type { AuditEvent } from '../../capi/event.ts'
import { GuidSet } from '../../capi/guid-set.ts'
import type { Context } from '../../context.ts'
import { Failed, Incomplete, UsageError } from '../../errors.ts'
import {
  type ActorTargetArgs,
  assertActorsAndTargets,
  createActorTargetFilter,
} from '../../options/actors-and-targets.ts'
import { type OutputArgs, openSink, planOutput } from '../../options/output.ts'
import { applyTypes, type TypeArgs } from '../../options/types.ts'
import type { Report } from '../../reports/catalog.ts'
import { createWriter, tableStyle } from '../../reports/formats.ts'
import { logFile } from '../report/summary.ts'
import { createSavedResponses } from './saved.ts'

/** What was said on the command line about saved answers. */
export interface FormatArgs extends OutputArgs, TypeArgs, ActorTargetArgs {
  /** undefined or '-': stdin. */
  readonly file?: string | undefined
  readonly force: boolean
}

/** Prints a report of saved answers of `cf curl`; asks nobody. */
export async function format(kind: Report, args: FormatArgs, context: Context): Promise<void> {
  const { messages, signal } = context
  const asked = await applyTypes(kind, args, false, messages)
  const plan = planOutput(asked, args, context.stdout.isTTY === true)
  assertActorsAndTargets(args, args.asDocumented)
  const filter = createActorTargetFilter(args)
  const { name, chunks } = openInput(args.file, context)
  const types = plan.asDocumented ? asked.documented.types : asked.types
  const wanted = types && new Set(types)
  const saved = createSavedResponses(name)
  const seen = new GuidSet()
  const left = { types: 0, doubles: 0 }
  const isKept = (event: AuditEvent) => {
    if (wanted !== undefined && !wanted.has(event.type)) left.types++
    else if (!seen.add(event.guid, '')) left.doubles++
    else return true
    return false
  }

  const writer = await createWriter(plan, tableStyle(args, context))
  const sink = await openSink(args, writer.streams, context, writer.sanitized)
  try {
    await sink.write(writer.head())
    for await (const events of saved.events(chunks)) {
      signal.throwIfAborted()
      await sink.write(await writer.page(filter.keep(events.filter(isKept))))
    }
    const { api, first } = saved.origin()
    if (api === 'both' && plan.format === 'json' && !plan.asDocumented) {
      throw new Failed(
        `${name} holds answers of API v2 and of v3: no one envelope fits both.`,
        'Use --format ndjson, or --as-documented for the shape of v2.',
      )
    }
    await sink.write(writer.tail(api === 'v2' ? v2 : v3, first))
    const size = await sink.commit()
    writer.warnings(messages)
    messages.info(
      `${counted(seen.size)} of ${name === 'The input' ? 'the input' : name}. Left out: ${left.types} of other types, ${left.doubles} doubles.`,
    )
    await filter.logSummary(messages)
    if (saved.noise() > 0)
      messages.info(`${saved.noise()} lines that are no JSON were left out: headers, or warnings of cf.`)
    logFile(args.output, size, messages)
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
