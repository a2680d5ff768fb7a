import { isUtf8 } from 'node:buffer'
import { v2, v3 } from '../../capi/api.ts'
import { type ApiName, type AuditEvent, toEvent } from '../../capi/event.ts'
import { createJsonSplitter, type Part } from '../../capi/json-splitter.ts'
import { Failed } from '../../errors.ts'
import { redactedExcerpt } from '../../secrets.ts'
import type { Tally } from './completeness.ts'
import { type Input, textOf } from './inputs.ts'
import type { NameCollector } from './names.ts'
import {
  areOurNames,
  cfErrorIn,
  isEntityAlone,
  isObject,
  type JsonObject,
  otherListOf,
  type Problem,
  problemOfEnvelope,
  saveEvents,
  shapeOf,
} from './shape.ts'

/** What inputs hold besides events. */
export interface Findings {
  readonly tally: Tally
  readonly names: NameCollector
  readonly apis: Set<ApiName>
  /** Of the first page. */
  envelope: unknown
  /** How many lines were ignored. */
  noise: number
  doubles: number
}

/**
 * Reads the events of one input: each once, some at a time, those of one array of one API.
 * @param found collects what inputs hold besides events.
 * @throws Failed for anything that is neither an event nor known to hold none, by file and line.
 */
export async function* readDocuments(
  input: Input,
  found: Findings,
  signal: AbortSignal,
): AsyncGenerator<AuditEvent[]> {
  const { name } = input
  const { tally, names, apis } = found
  const splitter = createJsonSplitter('documents')
  const filter = createNoiseFilter()
  let records = 0
  let isEmpty = true
  let noise = 0
  // A problem with a record of the current page: the envelope may explain it better.
  let suspect: Failed | undefined

  const failed = (line: number, what: string, advice = saveEvents, cause?: unknown) =>
    new Failed(`${name}, line ${line}${what}.`, advice, { cause })

  function take(part: Part): AuditEvent | undefined {
    if ('record' in part) return takeRecord(part.record, part.at, part.value)
    if ('noise' in part) {
      takeNoise(part.noise, part.at)
      return undefined
    }
    isEmpty = false
    filter.document()
    if ('document' in part) return takeDocument(part.document, part.at, part.value)
    takeEnvelope(part.envelope, part.line)
    return undefined
  }

  function takeRecord(record: Buffer, at: number, read: unknown): AuditEvent | undefined {
    records++
    const value = read ?? parse(record, at)
    const shape = shapeOf(value)
    if (typeof shape === 'string') return eventOf(value, record, shape, tally.add)
    suspect ??= failed(splitter.line(at), `: record ${records}${shape.what}`, shape.advice)
    return undefined
  }

  function takeDocument(json: Buffer, at: number, read: unknown): AuditEvent | undefined {
    records++
    const value = read ?? parse(json, at)
    const shape = shapeOf(value)
    if (typeof shape === 'string') return eventOf(value, json, shape, tally.addUncounted)
    if (Array.isArray(value) && value.length === 0) tally.uncounted()
    else if (!isObject(value)) throw problemOf(value, shape, splitter.line(at))
    else if (areOurNames(value.names) && Object.keys(value).length === 1) names.addOurs(value.names)
    else if (countingApi(value) !== undefined || typeof value.resources === 'string') {
      endPage(value, splitter.line(at))
    } else throw problemOf(value, shape, splitter.line(at))
    return undefined
  }

  function takeEnvelope(json: string, line: number): void {
    let value: JsonObject
    try {
      value = JSON.parse(json)
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      throw failed(line, `: this page is not JSON: ${redactedExcerpt(cause.message)}`, saveAgain, cause)
    }
    endPage(value, line)
  }

  function endPage(value: JsonObject, line: number): void {
    const list = otherListOf(value)
    if (list !== undefined) {
      throw new Failed(`${name} holds a list of ${list}, not of audit events.`, saveEvents)
    }
    if (suspect !== undefined) throw suspect
    const problem = problemOfEnvelope(value)
    if (problem !== undefined) throw failed(line, problem.what, problem.advice)
    names.addEnvelope(value)
    if (areOurNames(value.names)) names.addOurs(value.names)
    const api = countingApi(value)
    if (api === undefined) {
      tally.uncounted()
      return
    }
    apis.add(api.name)
    found.envelope ??= value
    tally.endPage(api, value)
  }

  function takeNoise(text: string, at: number): void {
    const wrong = filter.check(text, () => splitter.line(at))
    if (wrong === undefined) {
      found.noise++
      noise++
    } else throw failedNoise(wrong, splitter.line(at))
  }

  function failedNoise(wrong: Noise, line: number): Failed {
    if ('unanswered' in wrong) {
      const said = redactedExcerpt(wrong.unanswered)
      return failed(wrong.line, `: the response that starts here has no body: ${said}`, saveAgain)
    }
    if (isCsv(wrong.stray, name)) {
      return failed(
        line,
        ' is CSV, which does not hold the events themselves',
        'Name the JSON that it was made from.',
      )
    }
    const said = redactedExcerpt(wrong.stray) || 'control characters'
    return failed(line, ` is not JSON: ${said}`)
  }

  function problemOf(value: unknown, { what, advice }: Problem, line: number): Failed {
    const said = cfErrorIn(value)
    if (said !== undefined) {
      return failed(line, ` holds an error of Cloud Foundry instead of events: ${said}`)
    }
    if (isEntityAlone(value)) {
      return failed(
        line,
        ": these are v2 entities without their metadata (jq '.resources[].entity'): they have no GUID, so they can be neither counted nor deduplicated",
        'Save .resources, not .resources[].entity.',
      )
    }
    const isLikeEvent =
      !isObject(value) || ['guid', 'type', 'actor', 'entity'].some(key => Object.hasOwn(value, key))
    return isLikeEvent
      ? failed(line, `: record ${records}${what}`, advice)
      : failed(line, ' is JSON, but not a page of audit events')
  }

  function parse(json: Buffer, at: number): unknown {
    const text = json.toString()
    // What bytes of no character become.
    if (text.includes('\ufffd') && !isUtf8(json)) {
      throw failed(splitter.line(at), ' is not UTF-8', 'Save it again as UTF-8.')
    }
    try {
      return JSON.parse(text)
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      const said = redactedExcerpt(cause.message)
      throw failed(splitter.line(at), `: record ${records} is not JSON: ${said}`, saveAgain, cause)
    }
  }

  function eventOf(
    value: unknown,
    record: Buffer,
    api: ApiName,
    add: (guid: string) => boolean,
  ): AuditEvent | undefined {
    const event = toEvent(value, record, api)
    apis.add(api)
    names.addEvent(event)
    if (add(event.guid)) return event
    found.doubles++
    return undefined
  }

  function* eventsOf(parts: readonly Part[]): Generator<AuditEvent[]> {
    let events: AuditEvent[] = []
    for (const part of parts) {
      const event = take(part)
      if (event === undefined) continue
      if (events.length > 0 && events[0]?.api !== event.api) {
        yield events
        events = []
      }
      events.push(event)
    }
    if (events.length > 0) yield events
  }

  /** The text cannot be JSON; any other error as it is. */
  function notJson(cause: unknown): unknown {
    if (!(cause instanceof SyntaxError)) return cause
    const line = splitter.line()
    const advice = 'Save it again in full.'
    return cause.message.startsWith('The text ends')
      ? new Failed(`${name} is incomplete JSON: it ends within the value on line ${line}.`, advice, {
          cause,
        })
      : failed(line, ` is not JSON: ${cause.message.replace(/ at byte .*/, '')}`, advice, cause)
  }

  try {
    for await (const chunk of textOf(input, signal)) yield* eventsOf(splitter.push(chunk))
    yield* eventsOf(splitter.end())
  } catch (error) {
    signal.throwIfAborted()
    throw notJson(error)
  }
  const wrong = filter.end()
  if (wrong !== undefined) throw failedNoise(wrong, 0)
  if (isEmpty) throw new Failed(`${name} ${noise === 0 ? 'is empty' : 'has no JSON'}.`, saveAgain)
}

const saveAgain = 'A response of cf curl may be missing: save it again.'

/** The API whose count of a listing an envelope holds. */
const countingApi = (envelope: unknown) => [v3, v2].find(api => api.total(envelope) !== undefined)

/** Whether a line is the heading of a table that spreadsheets read. */
const isCsv = (line: string, name: string) =>
  /\.csv$/i.test(name) || /^"?[A-Z][\w ]*"?([,;]"?[A-Z][\w ]*"?){2,}\s*$/.test(line)

// What `cf`, and scripts around it, print between documents. The list is short on purpose: any other line may be what is
// left of an answer.

const status = /^HTTP\/[\d.]+ (\d{3})\b/
const request = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+ HTTP\/[\d.]+$/
const header = /^([A-Za-z0-9][\w-]*):(?:[ \t]+(.*))?$/

const known: readonly RegExp[] = [
  /^(FAILED|OK)$/,
  /^(REQUEST|RESPONSE): \[[^{}[\]"]*\](?: \[[^{}[\]"]*\])?$/, // CF_TRACE
  /^[^{}[\]"]*\bdeprecated\b[^{}[\]"]*$/i, // v6 and v7 print what X-Cf-Warnings says.
  /^(warning|tip): [^{}[\]"]*$/i,
  /^Your (CF )?API version [^{}[\]"]*$/,
  /^Cloud Foundry API version [^{}[\]"]* requires CLI version [^{}[\]"]*$/,
  /^[-=*#_~ ]{3,}$/, // a line that somebody drew
  /^==> [^{}[\]"]* <==$/, // head and tail, of several files
]

const colors = /\u001b\[[\d;]*m/g

/** A problem with the text between documents. */
type Noise =
  /** The line is not known to be harmless. */
  | { readonly stray: string }
  /** An answer begins here, with its status line, and has no body. */
  | { readonly unanswered: string; readonly line: number }

/** Separates known noise from lines that may be part of a response. */
interface NoiseFilter {
  /** @param line gives the number of the line, for an answer that turns out to have no body. */
  check(text: string, line: () => number): Noise | undefined
  /** A document begins: it is the body of the answer whose headers were read. */
  document(): void
  end(): Noise | undefined
}

function createNoiseFilter(): NoiseFilter {
  let answer: { unanswered: string; line: number } | undefined // whose headers were read, but no body
  let inHeaders = false
  const warnings = new Set<string>()

  function check(text: string, line: () => number): Noise | undefined {
    const plain = text.replace(colors, '').trim()
    const code = status.exec(plain)?.[1]
    if (code !== undefined) {
      const before = answer
      inHeaders = true
      // curl prints the headers of a proxy, of 100 Continue and of a redirection, too.
      const isInterim = /^[13]/.test(code) || /connection established$/i.test(plain)
      answer = isInterim ? undefined : { unanswered: plain, line: line() }
      return before
    }
    const [, name = '', value = ''] = (inHeaders && header.exec(plain)) || []
    if (name.toLowerCase() === 'x-cf-warnings')
      for (const each of value.split(',')) warnings.add(decoded(each))
    if (request.test(plain)) inHeaders = true
    else if (name === '' && !warnings.has(plain) && !known.some(each => each.test(plain)))
      return { stray: text }
    return undefined
  }

  return {
    check,
    document() {
      answer = undefined
      inHeaders = false
    },
    end: () => answer,
  }
}

/** What v6 and v7 of `cf` print for a part of X-Cf-Warnings: url.QueryUnescape of it. */
function decoded(warning: string): string {
  try {
    return decodeURIComponent(warning.replaceAll('+', ' ')).trim()
  } catch {
    return warning.trim()
  }
}
