import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GuidSet } from '../../src/capi/guid-set.ts'
import { Random } from '../foundation/random.ts'

const seen = suite('events that were seen')

const guid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

seen('each once', () => {
  const events = new GuidSet()
  assert.is(events.size, 0)
  assert.is(events.add(guid(1)), undefined)
  assert.is(events.add(guid(1)), 0)
  assert.is(events.add(guid(1)), 0)
  assert.is(events.add(guid(2)), undefined)
  assert.is(events.size, 2)
})

seen('GUIDs whose parts resemble each other are found as fast as others', () => {
  const random = new Random(1)
  const time = (guids: readonly string[]) => {
    const set = new GuidSet()
    const start = process.cpuUsage()
    for (const guid of guids) set.add(guid)
    assert.is(set.size, guids.length)
    return process.cpuUsage(start).user
  }
  const count = 60_000
  const usual = time(Array.from({ length: count }, () => random.guid()))
  const alike = Array.from({ length: count }, (_, number) => {
    const part = number.toString(16).padStart(8, '0')
    return `${part}-0000-4000-8000-0000${part}`
  })
  const ratio = time(alike) / usual
  assert.ok(ratio < 20, `${ratio} times as long`)
})

const others = [
  '',
  'a',
  'A',
  'not-a-guid',
  '6F726761-0000-4000-8000-000000000000',
  '6f726761-0000-4000-8000-000000000000 ',
  '6f72676100004000800000000000000',
  '6f726761a0000a4000a8000a000000000000',
  '6f7267610-000-4000-8000-000000000000',
  '6f726761-0000-4000-8000-00000000000-',
  '6f726761-0000-4000-8000-00000000000é',
  '__proto__',
]
for (const text of others) {
  seen(`${JSON.stringify(text)} is as good a GUID as any`, () => {
    const events = new GuidSet()
    assert.is(events.add(text), undefined)
    assert.is(events.add(text), 0)
    assert.is(events.size, 1)
  })
}

seen('a GUID in capitals is another one than in small letters', () => {
  const events = new GuidSet()
  assert.is(events.add('6f726761-0000-4000-8000-00000000000a'), undefined)
  assert.is(events.add('6F726761-0000-4000-8000-00000000000A'), undefined)
  assert.is(events.size, 2)
})

seen('GUIDs that differ in one digit, wherever it stands', () => {
  const events = new GuidSet()
  const base = '6f726761-1234-4567-89ab-cdef01234567'
  assert.is(events.add(base), undefined)
  for (let at = 0; at < base.length; at++) {
    if (base[at] === '-') continue
    const other = `${base.slice(0, at)}${base[at] === 'f' ? 'e' : 'f'}${base.slice(at + 1)}`
    assert.is(events.add(other), undefined, other)
    assert.is(events.add(other), 0, other)
  }
  assert.is(events.size, 33)
})

seen('the smallest and the largest', () => {
  const events = new GuidSet()
  for (const digit of ['0', 'f']) {
    const text = '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit)
    assert.is(events.add(text), undefined)
    assert.is(events.add(text), 0)
  }
})

seen('under a number, and the first one stays', () => {
  const events = new GuidSet()
  for (const text of [guid(1), 'other']) {
    assert.is(events.add(text, 7), undefined)
    assert.is(events.add(text, 8), 7)
    assert.is(events.add(text), 7)
  }
  assert.is(events.add(guid(2), 4_000_000_000), undefined)
  assert.is(events.add(guid(2)), 4_000_000_000)
})

seen('all of another', () => {
  const events = new GuidSet()
  const more = new GuidSet()
  events.add(guid(1))
  events.add('a')
  more.add(guid(1))
  more.add(guid(2))
  more.add('a')
  more.add('b')
  events.addAll(more)
  assert.is(events.size, 4)
  assert.is(events.add(guid(2)), 0)
  assert.is(events.add('b'), 0)
  assert.is(more.size, 4)
})

seen('all of itself', () => {
  const events = new GuidSet()
  for (let number = 0; number < 1000; number++) events.add(guid(number))
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
    const number = random.below(100_000)
    assert.is(events.add(text, number), expected.get(text), `SEED=${seed}, round ${round}`)
    if (!expected.has(text)) expected.set(text, number)
  }
  assert.is(events.size, expected.size)
  const copy = new GuidSet()
  copy.addAll(events)
  assert.is(copy.size, expected.size)
  for (const [text, number] of expected) assert.is(copy.add(text, 0), number)
})
seen.run()
