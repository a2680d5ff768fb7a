import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { numberIn, oneOf, valuesOf } from '../../src/options/command.ts'
import { connectionOf, readingOf } from '../../src/options/connection.ts'

const isRefusal = (message: RegExp, advice: RegExp) => (error: unknown) => {
  assert.instance(error, UsageError)
  assert.match((error as UsageError).message, message)
  assert.match((error as UsageError).advice, advice)
  return true
}

const values = suite('values of options')

values('none, one or several', () => {
  assert.is(valuesOf(undefined), undefined)
  assert.equal(valuesOf('x'), ['x'])
  assert.equal(valuesOf(['x', 'y']), ['x', 'y'])
  assert.equal(valuesOf(7), ['7'])
})

values('a word in any case, and nothing else', () => {
  const known = ['csv', 'json'] as const
  for (const given of ['csv', 'CSV', 'Csv']) assert.is(oneOf('format', given, known), 'csv')
  for (const given of ['xml', '', ' csv', 'constructor']) {
    assert.throws(() => oneOf('format', given, known), isRefusal(/^unknown format/, /csv, json/), given)
  }
  assert.throws(() => oneOf('format', 'jsn', known), isRefusal(/"jsn"\. Did you mean json\?$/, /./))
})

values('whole numbers within bounds', () => {
  assert.is(numberIn('--limit', '3', [1, 3]), 3)
  assert.is(numberIn('--limit', '003', [1, 3]), 3)
  for (const given of ['0', '4', '-1', '', 'x', '1.5', '1e0', ' 1', '0x1', 'Infinity']) {
    assert.throws(() => numberIn('--limit', given, [1, 3]), isRefusal(/--limit/, /from 1 to 3/), given)
  }
})
values.run()

const connection = suite('how Cloud Foundry is asked')

connection('seconds become milliseconds; 5 minutes where nothing is said', () => {
  assert.equal(connectionOf({}), { bin: undefined, timeoutMs: 300_000, maxWaitMs: 300_000 })
  assert.equal(connectionOf({ cf: '/opt/cf8', timeout: '20', maxWait: '0' }), {
    bin: '/opt/cf8',
    timeoutMs: 20_000,
    maxWaitMs: 0,
  })
  assert.equal(connectionOf({ maxWait: '7' }, 10), { bin: undefined, timeoutMs: 10_000, maxWaitMs: 7000 })
})

for (const [args, option] of [
  [{ timeout: '0' }, '--timeout'],
  [{ timeout: 'soon' }, '--timeout'],
  [{ maxWait: '-1' }, '--max-wait'],
  // Node would wait for no time at all.
  [{ timeout: '2147484' }, '--timeout'],
  [{ maxWait: '2147484' }, '--max-wait'],
] as const) {
  connection(`${JSON.stringify(args)}: exit code 2`, () => {
    assert.throws(() => connectionOf(args), isRefusal(new RegExp(option), /from \d to 2147483/))
  })
}

connection('the API and the calls side by side', () => {
  assert.equal(readingOf({}), { api: 'auto', concurrency: 4 })
  assert.equal(readingOf({ api: 'V2', concurrency: '1' }), { api: 'v2', concurrency: 1 })
  assert.throws(() => readingOf({ api: '3' }), isRefusal(/"3"\. Did you mean v3\?$/, /auto, v2, v3/))
  for (const concurrency of ['0', '5', '1.5', 'x']) {
    assert.throws(() => readingOf({ concurrency }), isRefusal(/--concurrency/, /from 1 to 4/))
  }
})
connection.run()
