import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from './ask.ts'
import { startFoundation } from './foundation.ts'
import { sampleFoundation } from './sample.ts'
import { shapes } from './shapes.ts'
import type { StoredEvent } from './store.ts'

const now = new Date('2026-11-20T12:00:00Z')
const test = suite('The sample')

test('every type has a shape, and every shape a name and a GUID of its own', () => {
  assert.is(new Set(shapes.map(shape => shape.type)).size, 140)
  assert.is(new Set(shapes.map(shape => shape.name)).size, shapes.length)
  assert.is(new Set(shapes.map(shape => shape.guid)).size, shapes.length)
  assert.ok(shapes.every(shape => shape.acteeName !== undefined && shape.actor !== ''))
})

test('the same seed makes the same events', () => {
  const [one, two, three] = [1, 1, 2].map(seed =>
    JSON.stringify(sampleFoundation({ events: 500, seed, now }).events),
  )
  assert.is(one, two)
  assert.is.not(one, three)
})

test('20,000 events: over two thirds in demo-org, 31 days, ties, late commits', () => {
  const { events, org } = sampleFoundation({ now })
  const list = events as StoredEvent[]
  assert.is(list.length, 20_000)
  const share = list.filter(event => event.orgGuid === org.guid).length / list.length
  assert.ok(share > 0.68 && share < 0.7, String(share))
  assert.ok(list.some(event => event.orgGuid === ''))
  const times = list.map(event => Date.parse(event.timestamp))
  assert.ok(Math.min(...times) > now.getTime() - 31 * 86_400_000)
  assert.ok(Math.max(...times) < now.getTime())
  assert.ok(times.some((time, index) => index > 0 && time < times[index - 1]!))
  assert.ok(new Set(times.map(time => Math.floor(time / 1000))).size < 16_000)
  assert.is(new Set(list.map(event => event.guid)).size, 20_000)
})

test('secrets are there to be redacted', () => {
  const text = JSON.stringify(shapes)
  assert.match(text, /"parameters":\{"password":"hunter2-very-secret"/)
  assert.match(text, /https:\/\/drain:hunter2-very-secret@logs/)
})

test('a page of 5000 out of 20,000 is fast', async () => {
  const sample = sampleFoundation({ now })
  const api = await startFoundation(sample)
  const path = `/v3/audit_events?per_page=5000&order_by=created_at&organization_guids=${sample.org.guid}`
  await client(api, 'auditor@example.gov', path)
  const start = performance.now()
  await client(api, 'auditor@example.gov', path)
  // Some 30 ms; the limit is wide, for machines that do other things as well.
  assert.ok(performance.now() - start < 500)
  await api.close()
})

test('built when read, they are the same', async () => {
  const bodies = []
  for (const lazy of [true, false]) {
    const sample = sampleFoundation({ events: 1000, now, lazy })
    assert.is(Array.isArray(sample.events), !lazy)
    const api = await startFoundation({ ...sample, externalUrl: 'https://api.example.gov' })
    const path = '/v3/audit_events?per_page=500&page=2&order_by=-created_at&types=audit.app.update,app.crash'
    bodies.push((await client(api, 'auditor@example.gov', path)).text)
    await api.close()
  }
  assert.is(bodies[0], bodies[1])
})

test.run()
