import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inZone, isTimeZone, keptSince, offsetOf, seconds } from '../src/time.ts'

const times = suite('times')

times('whole seconds, as Cloud Foundry writes them', () => {
  assert.is(seconds(0), '1970-01-01T00:00:00Z')
  assert.is(seconds(Date.parse('2026-11-22T13:14:15.999Z')), '2026-11-22T13:14:15Z')
})

// Old events are deleted at 20:00.
for (const [now, expected] of [
  ['2026-11-22T13:14:15Z', '2026-10-21T20:00:00Z'],
  ['2026-11-22T19:59:59Z', '2026-10-21T20:00:00Z'],
  ['2026-11-22T20:00:00Z', '2026-10-22T20:00:00Z'],
  ['2027-01-01T01:00:00Z', '2026-11-30T20:00:00Z'],
] as const) {
  times(`at ${now} events since ${expected} are kept`, () => assert.is(keptSince(Date.parse(now)), expected))
}

for (const [zone, expected] of [
  ['UTC', true],
  ['Europe/Berlin', true],
  ['europe/berlin', true],
  ['America/Argentina/Buenos_Aires', true],
  ['', false],
  ['Mars/Olympus', false],
  // Only newer versions of Node take a bare offset.
  ['+02:00', false],
] as const) {
  times(`${zone || 'nothing'} ${expected ? 'is' : 'is not'} a time zone`, () =>
    assert.is(isTimeZone(zone), expected),
  )
}

const shown: readonly (readonly [time: string, zone: string, expected: string])[] = [
  ['2026-11-01T12:00:00Z', 'UTC', '2026-11-01T12:00:00Z'],
  ['2026-11-01T12:00:00Z', 'Europe/Berlin', '2026-11-01T13:00:00+01:00'],
  ['2026-07-01T12:00:00Z', 'Europe/Berlin', '2026-07-01T14:00:00+02:00'],
  ['2026-11-01T12:00:00Z', 'America/St_Johns', '2026-11-01T08:30:00-03:30'],
  ['2026-11-01T12:00:00Z', 'Asia/Kathmandu', '2026-11-01T17:45:00+05:45'],
  ['2026-12-31T23:30:00Z', 'Europe/Berlin', '2027-01-01T00:30:00+01:00'],
  ['2026-12-31T23:30:00Z', 'Europe/London', '2026-12-31T23:30:00+00:00'],
  // Of the hour that comes twice, each has its own offset.
  ['2026-11-01T05:30:00Z', 'America/New_York', '2026-11-01T01:30:00-04:00'],
  ['2026-11-01T06:30:00Z', 'America/New_York', '2026-11-01T01:30:00-05:00'],
  // What is no time stays as it is.
  ['', 'Europe/Berlin', ''],
  ['soon', 'Europe/Berlin', 'soon'],
]
for (const [time, zone, expected] of shown) {
  times(`${time} in ${zone}: ${expected}`, () => assert.is(inZone(time, zone), expected))
}

const zones = ['America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe']
const anyTime = fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2035, 0, 1) / 1000 })

times('in any zone it is the same moment', () => {
  fc.assert(
    fc.property(anyTime, fc.constantFrom(...zones), (second, zone) => {
      assert.is(Date.parse(inZone(seconds(second * 1000), zone)), second * 1000)
    }),
  )
})

times('what the clocks of a zone show leads back to the moment', () => {
  fc.assert(
    fc.property(anyTime, fc.constantFrom(...zones), (second, zone) => {
      const ms = second * 1000
      const wall = ms + offsetOf(zone, ms, 'instant')
      const back = wall - offsetOf(zone, wall)
      // Of an hour that comes twice either is right.
      assert.is(back + offsetOf(zone, back, 'instant'), wall)
    }),
  )
})
times.run()
