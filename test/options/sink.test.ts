import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../src/context.ts'
import { openSink } from '../../src/options/output.ts'

const sinks = suite('where output goes')

function watched(isTTY: boolean) {
  const log: string[] = []
  const stdout = Object.assign(
    new Writable({
      write(chunk, _, done) {
        if (chunk.length > 0) log.push(String(chunk))
        done()
      },
    }),
    { isTTY },
  )
  const progress = { stop: () => log.push('progress is gone') }
  const context = { stdout, progress, signal: new AbortController().signal } as unknown as Context
  return { log, context }
}

sinks('progress is gone before rows that flow are shown', async () => {
  for (const isTTY of [true, false]) {
    const { log, context } = watched(isTTY)
    const sink = await openSink({ force: false }, true, context)
    await sink.write('')
    assert.equal(log, [])
    await sink.write('row\n')
    assert.equal(log, ['progress is gone', 'row\n'])
  }
})

sinks('progress is gone before rows that were held are shown', async () => {
  const { log, context } = watched(false)
  const sink = await openSink({ force: false }, false, context)
  await sink.write('row\n')
  assert.equal(log, [])
  await sink.commit()
  assert.equal(log, ['progress is gone', 'row\n'])
})
sinks.run()
