import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRowBuffer } from '../../src/output/row-buffer.ts'

const buffer = suite('rows that wait')

const rowsFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => [`${from + index}`, 'é\ud83d"\n', ''])

for (const sizes of [[], [0], [1], [4999, 1, 2], [5000], [12_000, 3], [3000, 3000, 3000]]) {
  buffer(`${sizes.join(' + ') || 'none'} come back in their order`, () => {
    const waiting = createRowBuffer()
    let count = 0
    for (const size of sizes) {
      waiting.append(rowsFrom(count, size))
      count += size
    }
    assert.equal([...waiting.batches()].flat(), rowsFrom(0, count))
  })
}
buffer.run()
