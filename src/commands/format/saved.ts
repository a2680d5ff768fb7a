import { v2, v3 } from '../../capi/api.ts'
import { type AuditEvent, readEvent, textAt, valueAt } from '../../capi/event.ts'
import { GuidSet } from '../../capi/guid-set.ts'
import { createJsonSplitter, type Part } from '../../capi/json-splitter.ts'
import { Failed } from '../../errors.ts'
import { redactedExcerpt } from '../../text.ts'

/** Saved answers: any number of pages of either API, behind one another. */
export function createSavedResponses(name: string) {
  // A page says of which listing it is part. Each listing must be as long as it says; an event may be in several.
  const listings = new Map<string, { total: number; held: GuidSet }>()
  let page = new GuidSet()
  let documents = 0
  let records = 0
  // Headers of `cf curl -i`, and the warnings that v6 and v7 print behind the JSON.
  const noise: string[] = []
  const apis = new Set<'v2' | 'v3'>()
  let first: unknown

  function take(pieces: readonly Part[]): AuditEvent[] {
    const events: AuditEvent[] = []
    for (const piece of pieces) {
      if ('record' in piece) {
        const event = readEvent(piece.record, 'either', `record ${++records} of ${name}`)
        page.add(event.guid)
        events.push(event)
      } else if ('envelope' in piece) close(JSON.parse(piece.envelope))
      else noise.push(piece.noise)
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
    page = new GuidSet()
  }

  function notEvents(envelope: unknown): Failed {
    const said = textAt(valueAt(envelope, 'errors'), '0', 'detail') || textAt(envelope, 'description')
    return new Failed(
      said === ''
        ? `${name} is JSON, but not a page of audit events (its part ${documents}).`
        : `${name} holds an error of Cloud Foundry instead of events: ${redactedExcerpt(said)}`,
      'Save the answer of cf curl for /v3/audit_events or /v2/events.',
    )
  }

  function notJson(cause: unknown): unknown {
    if (!(cause instanceof SyntaxError)) return cause
    return new Failed(
      `${name} is not JSON to its end: ${redactedExcerpt(cause.message)}.`,
      'Save the bare answer of cf curl (without -i), and all of it.',
      { cause },
    )
  }

  return {
    async *events(chunks: AsyncIterable<Buffer>): AsyncGenerator<AuditEvent[]> {
      const splitter = createJsonSplitter('objects')
      try {
        for await (const chunk of asUtf8(chunks)) yield take(splitter.push(chunk))
        yield take(splitter.end())
      } catch (error) {
        throw notJson(error)
      }
      if (documents > 0) return
      const what = noise.length === 0 ? 'is empty' : `holds no JSON, but: ${redactedExcerpt(noise.join(' '))}`
      throw new Failed(`${name} ${what}.`, 'Save the answer of cf curl for /v3/audit_events or /v2/events.')
    },

    /** How many lines were no JSON. */
    noise: () => noise.length,

    /** Which API answered. */
    origin: () => ({ api: apis.size === 2 ? 'both' : [...apis][0], first }) as const,

    /** The listing that misses most of what it counts; the counts of a whole one if none misses any. */
    missingCount(): { held: number; total: number } {
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

/** The text without a byte-order mark, and in UTF-8: PowerShell's `>` writes UTF-16. */
async function* asUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const utf16 = new TextDecoder('utf-16le')
  let isUtf16 = false
  let first = true
  for await (const chunk of chunks) {
    if (first && chunk[0] === 0xff && chunk[1] === 0xfe) isUtf16 = true
    const isMarked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
    first = false
    if (isUtf16) yield Buffer.from(utf16.decode(chunk, { stream: true }))
    else yield isMarked ? chunk.subarray(3) : chunk
  }
}
