import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GuidSet } from '../../src/capi/guid-set.ts'
import { Random } from '../foundation/random.ts'

const seen = suite('events that were seen')

const guid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
const time = (second: number) =>
  new Date(Date.UTC(2026, 7, 1) + second * 1000).toISOString().replace('.000', '')

seen('each once', () => {
  const events = new GuidSet()
  assert.is(events.size, 0)
  assert.is(events.add(guid(1), time(0)), true)
  assert.is(events.add(guid(1), time(0)), false)
  assert.is(events.add(guid(1), time(9)), false)
  assert.is(events.add(guid(2), time(0)), true)
  assert.is(events.size, 2)
})

const others = [
  '',
  'a',
  'A',
  'not-a-guid',
  '6F726761-0000-4000-8000-000000000000',
  '6f726761-0000-4000-8000-000000000000 ',
  '6f72676100004000800000000000000',
  '__proto__',
]
for (const text of others) {
  seen(`${JSON.stringify(text)} is as good a GUID as any`, () => {
    const events = new GuidSet()
    assert.is(events.add(text, time(5)), true)
    assert.is(events.add(text, time(5)), false)
    assert.is(events.size, 1)
    assert.is(events.countBefore(time(5)), 0)
    assert.is(events.countBefore(time(6)), 1)
  })
}

seen('a GUID in capitals is another one than in small letters', () => {
  const events = new GuidSet()
  assert.is(events.add('6f726761-0000-4000-8000-00000000000a', time(0)), true)
  assert.is(events.add('6F726761-0000-4000-8000-00000000000A', time(0)), true)
  assert.is(events.size, 2)
})

seen('GUIDs that differ in one digit, wherever it stands', () => {
  const events = new GuidSet()
  const base = '6f726761-1234-4567-89ab-cdef01234567'
  assert.is(events.add(base, time(0)), true)
  for (let at = 0; at < base.length; at++) {
    if (base[at] === '-') continue
    const other = `${base.slice(0, at)}${base[at] === 'f' ? 'e' : 'f'}${base.slice(at + 1)}`
    assert.is(events.add(other, time(0)), true, other)
    assert.is(events.add(other, time(0)), false, other)
  }
  assert.is(events.size, 33)
})

seen('the smallest and the largest', () => {
  const events = new GuidSet()
  for (const digit of ['0', 'f']) {
    const text = '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit)
    assert.is(events.add(text, time(0)), true)
    assert.is(events.add(text, time(0)), false)
  }
})

seen('how many are older than a time', () => {
  const events = new GuidSet()
  for (const [index, second] of [5, 1, 3, 3, 9].entries()) events.add(guid(index), time(second))
  events.add('other', time(2))
  const counts = [0, 1, 2, 3, 4, 5, 6, 9, 10].map(second => events.countBefore(time(second)))
  assert.equal(counts, [0, 0, 1, 2, 4, 4, 5, 5, 6])
})

seen('an event without a readable time counts as the oldest', () => {
  const events = new GuidSet()
  events.add(guid(1), '')
  events.add(guid(2), 'yesterday')
  events.add(guid(3), time(0))
  assert.is(events.size, 3)
  assert.is(events.add(guid(1), ''), false)
  assert.is(events.countBefore(time(0)), 2)
})

seen('all of another', () => {
  const events = new GuidSet()
  const more = new GuidSet()
  events.add(guid(1), time(1))
  events.add('a', time(1))
  more.add(guid(1), time(1))
  more.add(guid(2), time(2))
  more.add('a', time(1))
  more.add('b', time(2))
  events.addAll(more)
  assert.is(events.size, 4)
  assert.is(events.countBefore(time(2)), 2)
  assert.is(events.add(guid(2), time(2)), false)
  assert.is(events.add('b', time(2)), false)
  assert.is(more.size, 4)
})

seen('all of itself', () => {
  const events = new GuidSet()
  for (let number = 0; number < 1000; number++) events.add(guid(number), time(number))
  events.addAll(events)
  assert.is(events.size, 1000)
})

seen('thousands, against a Map', () => {
  const seed = Number(process.env.SEED ?? 31)
  const random = new Random(seed)
  const events = new GuidSet()
  const expected = new Map<string, number>()
  for (let round = 0; round < 20_000; round++) {
    // Numbers in a row, random ones, and ones that only look like GUIDs.
    const text = random.pick([guid(random.below(6000)), random.guid(), `x${random.below(500)}`])
    const second = random.below(100_000)
    const isNew = !expected.has(text)
    if (isNew) expected.set(text, second)
    assert.is(events.add(text, time(second)), isNew, `SEED=${seed}, round ${round}`)
  }
  assert.is(events.size, expected.size)
  for (const second of [0, 1, 777, 50_000, 99_999, 100_000]) {
    const older = [...expected.values()].filter(value => value < second).length
    assert.is(events.countBefore(time(second)), older, `SEED=${seed}, before ${second}`)
  }
  const copy = new GuidSet()
  copy.addAll(events)
  assert.is(copy.size, expected.size)
  for (const text of expected.keys()) assert.is(copy.add(text, time(0)), false)
})
seen.run()
