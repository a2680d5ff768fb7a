import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Page, v2, v3 } from '../../src/capi/api.ts'
import { type ApiName, type AuditEvent, asV2Record, readEvent, v2Entity } from '../../src/capi/event.ts'
import { onOneLine } from '../../src/capi/json-ranges.ts'
import { readPage } from '../../src/capi/page.ts'
import { redacted } from '../../src/capi/redaction.ts'
import { openSaved } from '../../src/commands/format/saved.ts'
import { AuditError, Failed } from '../../src/errors.ts'
import { reports } from '../../src/reports/catalog.ts'
import { moreColumns } from '../../src/reports/columns.ts'
import { createWriter, formats, type OutputPlan } from '../../src/reports/formats.ts'
import { fc, holds } from './check.ts'
import { anyText, pageText, v2Record, v3Record } from './json.ts'

const apis = { v2, v3 }
const jsonOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'))

/** What is read, or the named error that says why not; anything else is a crash. */
function orError<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    assert.ok(error.message.length > 0 && error.message.length < 1000)
    assert.not.match(error.message, /\[object|undefined|NaN/)
    return undefined
  }
}

/** The bytes of every format, or the named error; each way to write is tried. */
async function written(events: readonly AuditEvent[], first: unknown, api: ApiName): Promise<void> {
  for (const report of reports) {
    for (const format of formats) {
      for (const asDocumented of [false, true]) {
        if (asDocumented && (format === 'table' || (format === 'csv' && !report.documented.cells))) continue
        const columns = [...report.columns, ...moreColumns]
        const rest = { header: true, excel: false, guard: true, unredacted: false }
        const plan: OutputPlan = { report, format, columns, asDocumented, ...rest }
        const writer = await createWriter(plan)
        const text = orError(() =>
          [writer.head(), writer.page(events), writer.tail(apis[api], first)].join(''),
        )
        if (text === undefined) continue
        if (format === 'json') assert.is(JSON.parse(text).resources.length, events.length)
        if (format === 'ndjson') {
          const lines = text.split('\n').slice(0, -1)
          assert.is(lines.length, events.length)
          for (const line of lines) JSON.parse(line)
        }
        if (format === 'table')
          assert.not.match(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800-\udbff](?![\udc00-\udfff])/)
      }
      if (report.name !== 'events' && format !== 'csv') break // The writer of JSON knows no reports.
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
        const safe = jsonOf(redacted(event)) as typeof value
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
          assert.equal(page.records.map(jsonOf), value.resources)
        const events = page.records.flatMap(
          record => orError(() => readEvent(record, name, 'a record')) ?? [],
        )
        if (events.length > 0) await written(events.slice(0, 2), page.envelope, name)
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
        const event = orError(() => readEvent(page.records[0]!, 'v3', 'the record'))
        assert.is(event === undefined, place === 'guid' && !text.startsWith('"'))
        if (event === undefined) continue
        orError(() => asV2Record(event))
        orError(() => redacted(event))
        const [report] = reports
        // What a cell shows is made the same way for all of them.
        for (const format of ['csv', 'json'] as const) {
          for (const asDocumented of format === 'json' ? [false, true] : [false]) {
            const rest = { header: true, excel: false, guard: true, unredacted: false }
            const columns = [...report!.columns, ...moreColumns]
            const writer = await createWriter({ report: report!, format, columns, asDocumented, ...rest })
            orError(() => [writer.head(), writer.page([event]), writer.tail(v3, page.envelope)])
          }
        }
      }
    }
  })
}
huge.run()
