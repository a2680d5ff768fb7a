import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import {
  describeWindow,
  timeZoneOf,
  type WindowArgs,
  windowOf,
  windowSentence,
} from '../../src/options/window.ts'

const now = Date.parse('2026-11-22T13:14:15.678Z')
const newYork = { tz: 'America/New_York' }
const berlin = { tz: 'Europe/Berlin' }

const windows = suite('the time range')

const cases: readonly (readonly [args: WindowArgs, from: string | undefined, until?: string])[] = [
  [{}, undefined],
  // Ago
  [{ since: '7d' }, '2026-11-15T13:14:15Z'],
  [{ since: '36h' }, '2026-11-21T01:14:15Z'],
  [{ since: '15m' }, '2026-11-22T12:59:15Z'],
  [{ since: '2w' }, '2026-11-08T13:14:15Z'],
  [{ since: '2W' }, '2026-11-08T13:14:15Z'],
  [{ until: '1h' }, undefined, '2026-11-22T12:14:16Z'],
  [{ since: '7d', until: '1d' }, '2026-11-15T13:14:15Z', '2026-11-21T13:14:16Z'],
  // Days: those of --until are in
  [{ since: 'today' }, '2026-11-22T00:00:00Z'],
  [{ since: 'TODAY', until: 'today' }, '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  [{ since: 'yesterday' }, '2026-11-21T00:00:00Z'],
  [{ since: 'yesterday', until: 'yesterday' }, '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
  [{ since: '2026-11-01' }, '2026-11-01T00:00:00Z'],
  [{ until: '2026-11-01' }, undefined, '2026-11-02T00:00:00Z'],
  [{ since: '2026-11-05', until: '2026-11-05' }, '2026-11-05T00:00:00Z', '2026-11-06T00:00:00Z'],
  [{ until: '2026-12-24' }, undefined, '2026-12-25T00:00:00Z'],
  [{ until: '2025-12-31' }, undefined, '2026-01-01T00:00:00Z'],
  [{ since: '2024-02-29' }, '2024-02-29T00:00:00Z'],
  // Times
  [{ since: '2026-11-05T10:00:00Z' }, '2026-11-05T10:00:00Z'],
  [{ since: '2026-11-05T10:00Z' }, '2026-11-05T10:00:00Z'],
  [{ since: '2026-11-05t10:00z' }, '2026-11-05T10:00:00Z'],
  [{ since: '2026-11-05 10:00Z' }, '2026-11-05T10:00:00Z'],
  [{ since: '2026-11-05 10:00:00 UTC' }, '2026-11-05T10:00:00Z'],
  [{ since: ' 2026-11-05 10:00:00 +02:00 ' }, '2026-11-05T08:00:00Z'],
  [{ since: '2026-11-05T10:00:00+02:00' }, '2026-11-05T08:00:00Z'],
  [{ since: '2026-11-05T23:30:00-0130' }, '2026-11-06T01:00:00Z'],
  // No event between two whole seconds is lost
  [{ since: '2026-11-05T10:00:00.9Z' }, '2026-11-05T10:00:00Z'],
  [{ until: '2026-11-05T10:00:00.1Z' }, undefined, '2026-11-05T10:00:01Z'],
  // Months
  [{ month: '2026-11' }, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  [{ month: '2025-12' }, '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  [{ month: 'last' }, '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
  [{ month: 'this' }, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  // With --tz a day, a month and a time without a zone are those of the zone; clocks are set back on 1 November
  [{ ...newYork, since: 'today' }, '2026-11-22T05:00:00Z'],
  [{ ...newYork, since: '2026-10-31', until: '2026-10-31' }, '2026-10-31T04:00:00Z', '2026-11-01T04:00:00Z'],
  [{ ...newYork, since: '2026-11-01', until: '2026-11-01' }, '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
  [{ ...newYork, month: 'last' }, '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
  [{ ...newYork, month: '2026-11' }, '2026-11-01T04:00:00Z', '2026-12-01T05:00:00Z'],
  [{ ...newYork, since: '2026-11-05 10:00' }, '2026-11-05T15:00:00Z'],
  [{ ...newYork, since: '2026-11-05 10:00Z' }, '2026-11-05T10:00:00Z'],
  [{ ...newYork, since: '36h' }, '2026-11-21T01:14:15Z'],
  [{ ...berlin, since: 'yesterday' }, '2026-11-20T23:00:00Z'],
]
for (const [args, from, until] of cases) {
  windows(JSON.stringify(args), () => {
    const window = windowOf(args, now)
    assert.equal([window.from, window.until], [from, until])
  })
}

windows('the day and the month are those of the zone, and of the year before in January', () => {
  const late = Date.parse('2026-01-01T01:00:00Z')
  assert.is(windowOf({ since: 'today' }, late).from, '2026-01-01T00:00:00Z')
  assert.is(windowOf({ ...newYork, since: 'today' }, late).from, '2025-12-31T05:00:00Z')
  assert.equal(windowOf({ ...newYork, month: 'this' }, late), {
    from: '2025-12-01T05:00:00Z',
    until: '2026-01-01T05:00:00Z',
  })
  assert.equal(windowOf({ month: 'last' }, late), {
    from: '2025-12-01T00:00:00Z',
    until: '2026-01-01T00:00:00Z',
  })
})

windows('a bound that stands at the beginning of a day stays there where that hour does not exist', () => {
  // In Beirut the clocks went from 0:00 to 1:00 on 27 March 2022.
  const window = windowOf({ tz: 'Asia/Beirut', since: '2022-03-27' }, now)
  assert.is(window.from, '2022-03-26T22:00:00Z')
})

const refused: readonly (readonly [args: WindowArgs, message: RegExp])[] = [
  [{ since: 'soon' }, /^"soon" is not a valid time\.$/],
  [{ until: 'soon' }, /"soon"/],
  [{ since: '' }, /""/],
  [{ since: '-7d' }, /"-7d"/],
  [{ since: '1.5d' }, /"1\.5d"/],
  [{ since: '2026-02-30' }, /not a valid time/],
  [{ since: '2026-13-01' }, /not a valid time/],
  [{ since: '1969-12-31' }, /not a valid time/],
  [{ since: '999999d' }, /not a valid time/],
  [{ since: '2026-11-05T25:00:00Z' }, /not a valid time/],
  [{ since: '2026-11-05T10:61:00Z' }, /not a valid time/],
  [{ since: '2026-11-05T10:00:00+25:00' }, /not a valid time/],
  [{ since: '2026-11-05T10:00:00' }, /no time zone/],
  // With what was probably meant
  [{ since: '7' }, /"7".*Did you mean 7d\?/],
  [{ since: '20261028' }, /Did you mean 2026-10-28\?/],
  [{ since: '2 weeks ago' }, /Did you mean 2w\?/],
  [{ since: '3 Days' }, /Did you mean 3d\?/],
  [{ since: '15minutes' }, /Did you mean 15m\?/],
  // Nothing could be found
  [{ since: '2027-01-01' }, /--since 2027-01-01 .*future/],
  [{ month: '2026-12' }, /--month 2026-12 .*future/],
  [{ since: '1d', until: '2d' }, /range is empty/],
  [{ since: '2026-11-05', until: '2026-11-04' }, /range is empty/],
  // Months
  [{ month: '2026-13' }, /"2026-13" is not a valid month/],
  [{ month: '2026-1' }, /not a valid month/],
  [{ month: 'next' }, /not a valid month/],
  [{ month: '2026-11', since: '7d' }, /--month cannot be combined/],
  [{ month: 'this', until: '7d' }, /--month cannot be combined/],
  // Zones
  [{ tz: 'Mars/Olympus' }, /unknown time zone "Mars\/Olympus"/],
  [{ tz: '+02:00', since: '7d' }, /unknown time zone/],
]
for (const [args, message] of refused) {
  windows(`refused: ${JSON.stringify(args)}`, () => {
    assert.throws(
      () => windowOf(args, now),
      (error: UsageError) =>
        error instanceof UsageError && message.test(error.message) && error.advice !== '',
    )
  })
}

windows('a time without a zone is refused with the way out', () => {
  assert.throws(
    () => windowOf({ since: '2026-11-05 10:00' }, now),
    (error: UsageError) => /2026-11-05T10:00Z.*--tz/.test(error.advice),
  )
})

windows('a zone is named as IANA has it, in any case; UTC by default', () => {
  assert.is(timeZoneOf({}), 'UTC')
  assert.is(timeZoneOf({ tz: 'europe/berlin' }), 'europe/berlin')
})
windows.run()

const words = suite('the time range in words')

const described: readonly (readonly [
  window: readonly [from?: string | undefined, until?: string],
  span: readonly [oldest?: string | undefined, newest?: string],
  text: string,
])[] = [
  [[], [], ''],
  [[], ['2026-11-24T03:00:00Z', '2026-11-25T04:00:00Z'], 'for 24 to 25 Nov 2026'],
  [[], ['2026-11-24T03:00:00Z', '2026-11-24T04:00:00Z'], 'for 24 Nov 2026'],
  [[], ['2025-12-31T03:00:00Z', '2026-01-01T04:00:00Z'], 'for 31 Dec 2025 to 1 Jan 2026'],
  [[], ['2026-10-31T03:00:00Z', '2026-11-01T04:00:00Z'], 'for 31 Oct to 1 Nov 2026'],
  // A whole day at the end is in.
  [['2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'], [], 'for 1 to 30 Nov 2026'],
  [['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'], [], 'for 1 Nov 2026'],
  [['2026-11-01T00:00:00Z', '2026-11-02T12:30:00Z'], [], 'for 1 Nov 2026 to 2 Nov 2026 12:30'],
  [['2026-11-01T00:00:00Z'], [], 'since 1 Nov 2026'],
  [['2026-11-01T12:30:00Z'], [], 'since 1 Nov 2026 12:30'],
  [[undefined, '2026-11-01T00:00:00Z'], [], 'until 31 Oct 2026'],
  [[undefined, '2026-11-01T12:30:00Z'], [], 'until 1 Nov 2026 12:30'],
  [
    [undefined, '2026-12-01T00:00:00Z'],
    ['2026-11-24T03:00:00Z', '2026-11-25T04:00:00Z'],
    'for 24 to 30 Nov 2026',
  ],
  // A bound within a day is not said to be the whole day.
  [
    ['2026-11-01T12:30:00Z'],
    ['2026-11-24T03:00:00Z', '2026-11-25T04:00:00Z'],
    'for 1 Nov 2026 12:30 to 25 Nov 2026',
  ],
  [
    [undefined, '2026-11-25T12:30:00Z'],
    ['2026-11-24T03:00:00Z', '2026-11-25T04:00:00Z'],
    'for 24 Nov 2026 to 25 Nov 2026 12:30',
  ],
  [['2026-11-01T12:30:00Z', '2026-12-01T00:00:00Z'], [], 'for 1 Nov 2026 12:30 to 30 Nov 2026'],
]
for (const [[from, until], [oldest, newest], text] of described) {
  words(`${from} to ${until}, events of ${oldest} to ${newest}: ${text}`, () => {
    assert.is(describeWindow({ from, until }, { oldest, newest }), text)
  })
}

words('as a sentence, with the bounds that were asked for', () => {
  const from = '2026-11-01T00:00:00Z'
  const until = '2026-12-01T00:00:00Z'
  assert.is(windowSentence({}), undefined)
  assert.is(windowSentence({ from, until }), 'From 2026-11-01 00:00 to 2026-12-01 00:00 (UTC).')
  assert.is(windowSentence({ from }), 'From 2026-11-01 00:00 until now (UTC).')
  assert.is(windowSentence({ until }), 'Until 2026-12-01 00:00 (UTC).')
})
words.run()
