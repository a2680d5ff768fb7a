import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2, v3 } from '../../src/capi/api.ts'
import { createJson } from '../../src/reports/formats.ts'

const envelopes = suite('the merged envelope')

/** What is written for these resources, with this end. */
function written(records: readonly string[], tail: string): string {
  const json = createJson()
  const resources = records.map(record => json.resource(Buffer.from(record)).toString('utf8'))
  return json.head() + resources.join('') + json.tail(tail)
}

envelopes('of nothing', () => {
  const text = written([], '"total_results":0}')
  assert.is(text, '{"resources":[],"total_results":0}\n')
  assert.equal(JSON.parse(text), { resources: [], total_results: 0 })
})

envelopes('one resource a line', () => {
  assert.is(written(['{"a":1}', '{"b":2}'], '"n":2}'), '{"resources":[\n{"a":1},\n{"b":2}\n],"n":2}\n')
})

envelopes('keeps the bytes of a resource', () => {
  const records = ['{ "n": 9007199254740993,\n   "u": "\\u00e9\\/\\ud800" }', '{"ü":"🚀"}']
  const text = written(records, '"n":2}')
  for (const record of records) assert.ok(text.includes(record))
})

envelopes('counts', () => {
  const json = createJson()
  assert.is(json.written(), 0)
  json.resource(Buffer.from('{}'))
  json.resource(Buffer.from('{}'))
  assert.is(json.written(), 2)
})

envelopes('of v2: one page, no next', () => {
  assert.equal(
    JSON.parse(written(['{"a":1}'], v2.envelopeTail(1, { total_results: 7, next_url: '/v2/events?page=2' }))),
    {
      resources: [{ a: 1 }],
      total_results: 1,
      total_pages: 1,
      prev_url: null,
      next_url: null,
    },
  )
})

envelopes('of v3: one page, no next, first and last as they came', () => {
  const first = { href: 'https://api.example.gov/v3/audit_events?page=1&per_page=5000' }
  assert.equal(
    JSON.parse(written(['{"a":1}'], v3.envelopeTail(1, { pagination: { total_results: 9, first } }))),
    {
      resources: [{ a: 1 }],
      pagination: { total_results: 1, total_pages: 1, first, last: first, next: null, previous: null },
    },
  )
})

envelopes('of v3 when the first page says nothing about itself', () => {
  for (const first of [undefined, null, {}, { pagination: null }]) {
    const { pagination } = JSON.parse(written([], v3.envelopeTail(0, first)))
    assert.equal(pagination, {
      total_results: 0,
      total_pages: 1,
      first: null,
      last: null,
      next: null,
      previous: null,
    })
  }
})
envelopes.run()
