import { isUtf8 } from 'node:buffer'
import { v2, v3 } from '../../capi/api.ts'
import { type ApiName, type AuditEvent, textAt, toEvent } from '../../capi/event.ts'
import { createJsonSplitter, type Part } from '../../capi/json-splitter.ts'
import { Failed } from '../../errors.ts'
import { redactedExcerpt } from '../../text.ts'
import { type Completeness, createTally } from './completeness.ts'
import { findInputs, type Input, type Stdin, textOf } from './inputs.ts'
import { createNoiseFilter, type Noise } from './noise.ts'
import {
  cfErrorIn,
  isEntityAlone,
  isObject,
  otherListOf,
  type Problem,
  problemOfEnvelope,
  saveEvents,
  shapeOf,
} from './shape.ts'

/** What people have saved: read once, from the first input to the last. */
export interface Saved {
  /** How a message names the input: the path, if there is one. */
  readonly name: string
  /**
   * Each event once, some at a time, in the order in which they stand; those of one array are of one API.
   * @throws Failed for anything that is neither an event nor known to hold none, by file and line.
   */
  readonly events: AsyncIterable<AuditEvent[]>

  // What follows holds when the events have been read.

  /** Whose events these are; undefined where there are none. */
  api(): ApiName | 'both' | undefined
  /** The envelope of the first page; undefined where there is none. */
  envelope(): unknown
  completeness(): Completeness
  /** The names that stand beside the events, by GUID. */
  names(): { readonly orgs: ReadonlyMap<string, string>; readonly spaces: ReadonlyMap<string, string> }
  /** How many lines were left out, because they are known to hold nothing of an answer. */
  noise(): number
  /** How many events were there more than once, each time counted. */
  doubles(): number
}

/**
 * Opens saved JSON: pages of either API, arrays, streams and single events, in any mix.
 * @param paths files and folders; none, or '-': stdin.
 * @throws UsageError for a path that cannot be read.
 */
export async function openSaved(paths: readonly string[], stdin: Stdin, signal: AbortSignal): Promise<Saved> {
  const inputs = await findInputs(paths, stdin)
  const tally = createTally()
  const names = createNames()
  const apis = new Set<ApiName>()
  let envelope: unknown
  let noise = 0
  let doubles = 0

  async function* read(input: Input): AsyncGenerator<AuditEvent[]> {
    const { name } = input
    const splitter = createJsonSplitter('documents')
    const filter = createNoiseFilter()
    let records = 0
    let documents = 0
    // What is wrong with a record of the page that is being read: its envelope may say it better.
    let suspect: Failed | undefined

    const failed = (at: number | undefined, what: string, advice = saveEvents, cause?: unknown) =>
      new Failed(`${name}, line ${splitter.line(at)}${what}.`, advice, { cause })

    function parse(json: Buffer, at: number): unknown {
      const text = json.toString('utf8')
      // V8 reads invalid bytes as this character, which is seldom meant.
      if (text.includes('\ufffd') && !isUtf8(json)) {
        throw failed(at, ' is not UTF-8', 'Save it as UTF-8: another encoding loses letters.')
      }
      try {
        return JSON.parse(text)
      } catch (cause) {
        throw failed(
          at,
          `: record ${records} is not JSON: ${redactedExcerpt(messageOf(cause))}`,
          'Save it again.',
          cause,
        )
      }
    }

    function take(part: Part): AuditEvent | undefined {
      if ('record' in part) {
        records++
        const value = parse(part.record, part.at)
        const shape = shapeOf(value)
        if (typeof shape === 'object') {
          suspect ??= failed(part.at, `: record ${records}${shape.what}`, shape.advice)
          return undefined
        }
        return eventOf(value, part.record, shape, tally.add)
      }
      if ('noise' in part) takeNoise(part.noise, part.at)
      else {
        documents++
        filter.document()
        if ('envelope' in part) takeEnvelope(part.envelope, part.at)
        else return takeDocument(part.document, part.at)
      }
      return undefined
    }

    function takeNoise(line: string, at: number): void {
      const wrong = filter.check(line, () => splitter.line(at))
      if (wrong === undefined) noise++
      else throw failedNoise(wrong, at)
    }

    function failedNoise(wrong: Noise, at: number): Failed {
      if ('unanswered' in wrong) {
        return new Failed(
          `${name}, line ${wrong.line}: the answer that begins here has no body: ${redactedExcerpt(wrong.unanswered)}.`,
          'Save this page again.',
        )
      }
      const isCsv =
        /\.csv$/i.test(name) || /^\ufeff?"?(Timestamp|[\w ]+)"?(,"?[\w ]+"?){2,}\r?$/.test(wrong.stray)
      return isCsv
        ? failed(at, ' is CSV: a view of events, not the events', 'Name the JSON that it was made from.')
        : failed(at, ` holds no JSON, but: ${redactedExcerpt(wrong.stray)}`)
    }

    function takeEnvelope(json: string, at: number): void {
      let value: unknown
      try {
        value = JSON.parse(json)
      } catch (cause) {
        throw failed(
          at,
          `: this page is not JSON: ${redactedExcerpt(messageOf(cause))}`,
          'Save it again.',
          cause,
        )
      }
      if (isObject(value)) endPage(value, at)
    }

    function endPage(value: Readonly<Record<string, unknown>>, at: number): void {
      const list = otherListOf(value)
      if (list !== undefined) {
        throw new Failed(`${name} holds a list of ${list}, not of audit events.`, saveEvents)
      }
      if (suspect !== undefined) throw suspect
      const problem = problemOfEnvelope(value)
      if (problem !== undefined) throw failed(at, problem.what, problem.advice)
      names.readEnvelope(value)
      const api = [v3, v2].find(each => each.total(value) !== undefined)
      if (api === undefined) {
        tally.uncounted()
        return
      }
      apis.add(api.name)
      envelope ??= value
      tally.endPage(api, value)
    }

    function takeDocument(json: Buffer, at: number): AuditEvent | undefined {
      records++
      const value = parse(json, at)
      const shape = shapeOf(value)
      if (typeof shape === 'string') return eventOf(value, json, shape, tally.addUncounted)
      if (Array.isArray(value) && value.length === 0) tally.uncounted()
      else if (isObject(value) && isObject(value.names) && !Object.hasOwn(value, 'guid'))
        names.readNames(value.names)
      else if (isObject(value) && [v3, v2].some(api => api.total(value) !== undefined)) endPage(value, at)
      else throw problemOf(value, shape, at)
      return undefined
    }

    function problemOf(value: unknown, { what, advice }: Problem, at: number): Failed {
      const said = cfErrorIn(value)
      if (said !== undefined) {
        return failed(at, ` holds an error of Cloud Foundry instead of events: ${redactedExcerpt(said)}`)
      }
      if (isEntityAlone(value)) {
        return failed(
          at,
          ": these are v2 entities without their metadata (jq '.resources[].entity'): no GUID, so neither counted nor told from doubles",
          'Save .resources, not .resources[].entity.',
        )
      }
      const isEventLike =
        !isObject(value) || ['guid', 'type', 'actor', 'entity'].some(key => Object.hasOwn(value, key))
      return isEventLike
        ? failed(at, `: record ${records}${what}`, advice)
        : failed(at, ' holds JSON, but not a page of audit events')
    }

    function eventOf(
      value: unknown,
      record: Buffer,
      api: ApiName,
      add: (guid: string) => boolean,
    ): AuditEvent | undefined {
      const event = toEvent(value, record, api)
      apis.add(api)
      names.readEvent(event)
      if (add(event.guid)) return event
      doubles++
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

    try {
      for await (const chunk of textOf(input, signal)) yield* eventsOf(splitter.push(chunk))
      yield* eventsOf(splitter.end())
    } catch (cause) {
      signal.throwIfAborted()
      if (!(cause instanceof SyntaxError)) throw cause
      const line = splitter.line()
      throw new Failed(
        cause.message.startsWith('The text ends')
          ? `${name} is not JSON to its end: the value that begins in line ${line} is cut off.`
          : `${name}, line ${line} is not JSON: ${cause.message.replace(/ at byte .*/, '.')}`,
        'Save it again, and all of it.',
        { cause },
      )
    }
    const wrong = filter.end()
    if (wrong !== undefined) throw failedNoise(wrong, 0)
    if (documents === 0) {
      throw new Failed(
        noise === 0 ? `${name} is empty.` : `${name} holds no JSON.`,
        'An answer of cf curl may have been lost: save it again.',
      )
    }
  }

  return {
    name: inputs.length === 1 ? (inputs[0]?.name ?? '') : 'The input',
    events: (async function* () {
      for (const input of inputs) yield* read(input)
    })(),
    api: () => (apis.size === 2 ? 'both' : [...apis][0]),
    envelope: () => envelope,
    completeness: tally.completeness,
    names: names.all,
    noise: () => noise,
    doubles: () => doubles,
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** The names of orgs and spaces. A list of them is believed before an event, and of two events the newer one. */
function createNames() {
  const orgs = new Map<string, string>()
  const spaces = new Map<string, string>()
  const since = new Map<string, string>()
  const fromList = '~' // later than any time

  function note(all: Map<string, string>, guid: string, name: string, time: string): void {
    if (guid === '' || name === '' || time < (since.get(guid) ?? '')) return
    since.set(guid, time)
    all.set(guid, name)
  }

  function noteList(all: Map<string, string>, list: unknown): void {
    for (const each of Array.isArray(list) ? list : [list]) {
      const guid = textAt(each, 'guid') || textAt(each, 'metadata', 'guid')
      note(all, guid, textAt(each, 'name') || textAt(each, 'entity', 'name'), fromList)
    }
  }

  function readNames(names: unknown): void {
    if (!isObject(names)) return
    for (const [guid, value] of Object.entries(names)) {
      const kind = textAt(value, 'kind')
      if (kind === 'organization') note(orgs, guid, textAt(value, 'name'), fromList)
      if (kind === 'space') note(spaces, guid, textAt(value, 'name'), fromList)
    }
  }

  return {
    all: () => ({ orgs, spaces }),
    readNames,

    /** The names that scripts put beside the events, and ours. */
    readEnvelope(envelope: Readonly<Record<string, unknown>>): void {
      noteList(orgs, envelope.org)
      noteList(spaces, envelope.space)
      readNames(envelope.names)
    },

    /** What the log shipper of cloud.gov adds to each event. */
    readEvent({ resource, orgGuid, spaceGuid, time }: AuditEvent): void {
      const { organization_name: org, space_name: space } = resource as Readonly<Record<string, unknown>>
      if (typeof org === 'string') note(orgs, orgGuid, org, time)
      if (typeof space === 'string') note(spaces, spaceGuid, space, time)
    },
  }
}
