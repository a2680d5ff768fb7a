import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Page, v2, v3 } from '../../src/capi/api.ts'
import { type AuditEvent, asV2Record, readEvent, v2Entity } from '../../src/capi/event.ts'
import { onOneLine } from '../../src/capi/json-ranges.ts'
import { readPage } from '../../src/capi/page.ts'
import { redact } from '../../src/capi/redaction.ts'
import { openSaved } from '../../src/commands/format/saved.ts'
import { AuditError, Failed } from '../../src/errors.ts'
import { columnsToChoose, createRecords, eventSource } from '../../src/options/event-output.ts'
import { documentedFormat } from '../../src/reports/as-documented.ts'
import { type Report, reports } from '../../src/reports/catalog.ts'
import { moreColumns } from '../../src/reports/columns.ts'
import { type Format, formatNamed, formats } from '../../src/reports/formats.ts'
import { fc, holds } from './check.ts'
import { anyText, pageText, v2Record, v3Record } from './json.ts'

const apis = { v2, v3 }
const jsonOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'))

/** undefined for an error that says why not; anything else is a crash. */
function noCrash(error: unknown): undefined {
  if (!(error instanceof AuditError)) throw error
  assert.ok(error.message.length > 0 && error.message.length < 1000)
  assert.not.match(error.message, /\[object|undefined|NaN/)
  return undefined
}

/** What is read, or undefined for an error that says why not. */
function orError<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    return noCrash(error)
  }
}

/** What a report prints of a page in a format; undefined for an error that says why not. */
async function print(
  report: Report,
  format: Format,
  asDocumented: boolean,
  events: readonly AuditEvent[],
  envelope: unknown,
): Promise<Buffer | undefined> {
  const records = createRecords(asDocumented, false)
  const api = events[0]?.api ?? 'v3'
  const source = eventSource(report.name, records.record, () => ({
    api: apis[asDocumented ? 'v2' : api],
    envelope,
  }))
  const plan = {
    format,
    columns: columnsToChoose(report),
    isChosen: false,
    header: true,
    excel: false,
    guard: true,
    timeZone: 'Asia/Kolkata',
    style: { isTerminal: false },
  }
  const chunks: Buffer[] = []
  const opened = asDocumented ? documentedFormat(format, report.documented?.cells ?? []) : format
  try {
    const writer = await opened.open(plan, source, async chunk => void chunks.push(Buffer.from(chunk)))
    await writer.write(await records.redact(events))
    await writer.end()
  } catch (error) {
    return noCrash(error)
  }
  return Buffer.concat(chunks)
}

// A workbook takes as long as all other formats together.
const workbookEvery = 50
let pagesWritten = 0

/** Each way to write is tried, of the reports one after the other; what comes of it can be read. */
async function written(events: readonly AuditEvent[], envelope: unknown): Promise<void> {
  const turn = pagesWritten++
  for (const format of formats) {
    if (format.name === 'xlsx' && turn % workbookEvery !== 0) continue
    // Records are the same whatever the report.
    const report = reports[format.hasColumns ? turn % reports.length : 0]!
    const hasRecipe = format.name === 'csv' ? report.documented?.cells !== undefined : !format.hasColumns
    for (const asDocumented of hasRecipe ? [false, true] : [false]) {
      const bytes = await print(report, format, asDocumented, events, envelope)
      if (bytes === undefined) continue
      const text = bytes.toString('utf8')
      if (format.name === 'json') assert.is(JSON.parse(text).resources.length, events.length)
      if (format.name === 'ndjson') {
        const lines = text.split('\n').slice(0, -1)
        assert.is(lines.length, events.length)
        for (const line of lines) JSON.parse(line)
      }
      if (format.name === 'table')
        assert.not.match(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udbff](?![\udc00-\udfff])/)
      if (format.name === 'xlsx') assert.is(bytes.toString('latin1', 0, 4), 'PK\u0003\u0004')
    }
  }
}

const records = suite('any JSON as a record')

for (const [name, record] of [
  ['v2', v2Record],
  ['v3', v3Record],
] as const) {
  records(`${name}: its cells are its texts, and its bytes stay`, () =>
    holds(
      3000,
      fc.property(fc.oneof({ arbitrary: record, weight: 9 }, { arbitrary: anyText, weight: 1 }), text => {
        const bytes = Buffer.from(text)
        const value = jsonOf(bytes) as Record<string, Record<string, unknown>>
        const event = orError(() => readEvent(bytes, name, 'the record'))
        const guid = name === 'v2' ? value?.metadata?.guid : value?.guid
        assert.is(event !== undefined, typeof guid === 'string' && guid !== '')
        if (event === undefined) return
        assert.is(event.guid, guid)
        const asText = (found: unknown) => (typeof found === 'string' ? found : '')
        assert.is(event.type, asText(name === 'v2' ? value.entity?.type : value.type))
        assert.is(event.target.name, asText(name === 'v2' ? value.entity?.actee_name : value.target?.name))
        for (const column of [...reports.flatMap(({ columns }) => columns), ...moreColumns])
          assert.type(column.cell(event), 'string')
        assert.equal(jsonOf(onOneLine(bytes)), value)
        assert.not.match(onOneLine(bytes).toString('latin1'), /[\r\n]/)
        const safe = jsonOf(redact(event).record) as typeof value
        assert.equal(Object.keys(safe), Object.keys(value))
        const rebuilt = jsonOf(asV2Record(event)) as typeof value
        if (name === 'v2') return
        const entity = JSON.parse(JSON.stringify(v2Entity(event)))
        assert.equal(rebuilt.entity, { ...entity, metadata: value.data ?? {} })
      }),
    ),
  )
}
records.run()

const pages = suite('any JSON as a page')

for (const name of ['v2', 'v3'] as const) {
  pages(`${name}: as many records as it has, or a named error`, () =>
    holds(
      2000,
      fc.asyncProperty(pageText, async text => {
        const value = JSON.parse(text)
        const page: Page | undefined = orError(() => readPage(apis[name], Buffer.from(text)))
        const total = name === 'v2' ? value?.total_results : value?.pagination?.total_results
        const isPage = Number.isSafeInteger(total) && total >= 0
        assert.is(page !== undefined, isPage)
        if (page === undefined) return
        assert.is(page.total, total)
        // Of a list that comes twice JSON.parse knows the last one alone.
        if (text.match(/"resources"/g)?.length === 1 && Array.isArray(value.resources))
          assert.equal(
            page.records.map(({ record }) => jsonOf(record)),
            value.resources,
          )
        const events = page.records.flatMap(
          ({ record, value }) => orError(() => readEvent(record, name, 'a record', value)) ?? [],
        )
        if (events.length > 0) await written(events.slice(0, 2), page.envelope)
      }),
    ),
  )
}

const marks = ['', '\ufeff', 'HTTP/1.1 200 OK\r\nDate: today\r\n\r\n', '\n \n']

pages('saved, in pieces, with marks before and pages behind: events or a named error', () =>
  holds(
    1500,
    fc.asyncProperty(
      fc.array(pageText, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...marks),
      fc.boolean(),
      fc.integer({ min: 1, max: 400 }),
      async (texts, mark, wide, size) => {
        const whole = Buffer.from(mark + texts.join('\n'), wide && mark === '\ufeff' ? 'utf16le' : 'utf8')
        async function* chunks() {
          for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
        }
        const saved = await openSaved([], Readable.from(chunks()), new AbortController().signal)
        let count = 0
        try {
          for await (const events of saved.events) count += events.length
        } catch (error) {
          if (!(error instanceof Failed)) throw error
          return
        }
        const found = saved.completeness()
        if (found.kind === 'short') assert.ok(found.held <= count && found.held < found.total)
        saved.api()
      },
    ),
  ),
)
pages.run()

const huge = suite('records beyond measure')

const deep = 30_000
const monsters: readonly (readonly [name: string, text: string])[] = [
  ['nested lists', `${'['.repeat(deep)}${']'.repeat(deep)}`],
  ['nested objects', `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
  ['a string of 10 MB', `"${'x'.repeat(10_000_000)}"`],
  ['a string of 1 MB that is all escapes', `"${'\\u001b'.repeat(170_000)}"`],
  ['a hundred thousand numbers', `[${'1,'.repeat(99_999)}1]`],
  ['many keys', `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}`).join(',')}}`],
]
const places = ['guid', 'created_at', 'actor', 'data', 'other'] as const

for (const [name, monster] of monsters) {
  huge(name, async () => {
    // The long string is long enough in one place.
    for (const place of monster.length > 5_000_000 ? (['actor'] as const) : places) {
      const plain: Record<string, string> = {
        guid: '"g"',
        created_at: '"2026-11-01T00:00:00Z"',
        type: '"audit.service_binding.create"',
      }
      const inside = `{"name":${monster},"guid":${monster},"request":{"parameters":${monster}}}`
      for (const text of place === 'actor' ? [inside] : [monster]) {
        const members = { ...plain, [place]: text }
        const record = `{${Object.entries(members)
          .map(([key, value]) => `"${key}":${value}`)
          .join(',')}}`
        const body = `{"pagination":{"total_results":1,"first":${place === 'other' ? monster : 'null'}},"resources":[${record}]}`
        const page = orError(() => readPage(v3, Buffer.from(body)))
        assert.ok(page, place)
        const event = orError(() => readEvent(page.records[0]!.record, 'v3', 'the record'))
        assert.is(event === undefined, place === 'guid' && !text.startsWith('"'))
        if (event === undefined) continue
        orError(() => asV2Record(event))
        orError(() => redact(event))
        // A cell is made the same way in all reports.
        const [report] = reports
        for (const name of ['csv', 'json'] as const) {
          for (const asDocumented of name === 'json' ? [false, true] : [false])
            await print(report!, formatNamed(name), asDocumented, [event], page.envelope)
        }
      }
    }
  })
}
huge.run()
