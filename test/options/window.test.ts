import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { describeWindow, type WindowArgs, windowOf } from '../../src/options/window.ts'

const now = Date.parse('2026-11-22T13:14:15.678Z')

const windows = suite('the window that is asked for')

for (const [args, from, until] of [
  [{}, undefined, undefined],
  [{ since: '7d' }, '2026-11-15T13:14:15Z', undefined],
  [{ since: '36h' }, '2026-11-21T01:14:15Z', undefined],
  [{ until: '1h' }, undefined, '2026-11-22T12:14:16Z'],
  [{ since: '7d', until: '1d' }, '2026-11-15T13:14:15Z', '2026-11-21T13:14:16Z'],
  [{ since: '2026-11-01' }, '2026-11-01T00:00:00Z', undefined],
  [{ until: '2026-11-01' }, undefined, '2026-11-02T00:00:00Z'],
  [{ since: '2026-11-05', until: '2026-11-05' }, '2026-11-05T00:00:00Z', '2026-11-06T00:00:00Z'],
  [{ since: 'yesterday' }, '2026-11-21T00:00:00Z', undefined],
  [{ since: 'yesterday', until: 'yesterday' }, '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
  [{ since: '2026-11-05T10:00:00Z' }, '2026-11-05T10:00:00Z', undefined],
  [{ since: '2026-11-05T10:00Z' }, '2026-11-05T10:00:00Z', undefined],
  [{ since: '2026-11-05T10:00:00+02:00' }, '2026-11-05T08:00:00Z', undefined],
  [{ since: '2026-11-05T23:30:00-0130' }, '2026-11-06T01:00:00Z', undefined],
  [{ since: '2026-11-05T10:00:00.9Z' }, '2026-11-05T10:00:00Z', undefined],
  [{ until: '2026-11-05T10:00:00.1Z' }, undefined, '2026-11-05T10:00:01Z'],
  [{ until: '2026-12-24' }, undefined, '2026-12-25T00:00:00Z'],
  [{ since: '2024-02-29' }, '2024-02-29T00:00:00Z', undefined],
  [{ month: '2026-11' }, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  [{ month: '2025-12' }, '2025-12-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  [{ month: 'last' }, '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
] as const satisfies readonly (readonly [WindowArgs, string | undefined, string | undefined])[]) {
  windows(JSON.stringify(args), () => {
    const { from: gotFrom, until: gotUntil } = windowOf(args, now)
    assert.is(gotFrom, from)
    assert.is(gotUntil, until)
  })
}

windows('the last month of January is December', () => {
  assert.equal(windowOf({ month: 'last' }, Date.parse('2026-01-31T00:00:00Z')), {
    from: '2025-12-01T00:00:00Z',
    until: '2026-01-01T00:00:00Z',
  })
})

for (const [args, says] of [
  [{ since: 'soon' }, /--since soon is no time/],
  [{ since: '' }, /is no time/],
  [{ since: '7' }, /is no time/],
  [{ since: '7m' }, /is no time/],
  [{ since: '-7d' }, /is no time/],
  [{ since: '2026-02-30' }, /is no time/],
  [{ since: '2026-13-01' }, /is no time/],
  [{ since: '2026-11-05T25:00:00Z' }, /is no time/],
  [{ since: '2026-11-05T10:61:00Z' }, /is no time/],
  [{ since: '2026-11-05T10:00:00+25:00' }, /is no time/],
  [{ since: '2026-11-05T10:00:00' }, /has no zone/],
  [{ since: '2026-11-05 10:00:00Z' }, /is no time/],
  [{ since: '2027-01-01' }, /has yet to come/],
  [{ since: '1d', until: '2d' }, /The window is empty/],
  [{ since: '2026-11-05', until: '2026-11-04' }, /The window is empty/],
  [{ month: '2026-13' }, /is no month/],
  [{ month: '2026-1' }, /is no month/],
  [{ month: '2026-12' }, /has yet to come/],
  [{ month: '2026-11', since: '7d' }, /excludes --since/],
] as const satisfies readonly (readonly [WindowArgs, RegExp])[]) {
  windows(`refused: ${JSON.stringify(args)}`, () => {
    assert.throws(
      () => windowOf(args, now),
      (error: UsageError) => error instanceof UsageError && says.test(error.message) && error.advice !== '',
    )
  })
}

windows('it is told exactly', () => {
  assert.is(describeWindow({}), undefined)
  assert.is(describeWindow({ from: 'A', until: 'B' }), 'A ≤ t < B')
  assert.is(describeWindow({ from: 'A' }), 'A ≤ t')
  assert.is(describeWindow({ until: 'B' }), 't < B')
})

windows.run()
