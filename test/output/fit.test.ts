import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fitColumns, type Kind } from '../../src/output/table.ts'

const fitting = suite('columns that fit')

const cases: readonly (readonly [
  what: string,
  needed: readonly number[],
  kinds: readonly Kind[],
  width: number,
  places: readonly number[],
])[] = [
  ['all have room', [20, 25, 40], ['time', 'text', 'type'], 89, [20, 25, 40]],
  ['the text gives way before the type', [20, 25, 40], ['time', 'text', 'type'], 82, [20, 18, 40]],
  ['then the type', [20, 25, 40], ['time', 'text', 'type'], 70, [20, 16, 30]],
  ['then both, to the least', [20, 25, 40], ['time', 'text', 'type'], 52, [20, 10, 18]],
  ['to the very least', [20, 25, 40], ['time', 'text', 'type'], 49, [20, 8, 17]],
  [
    'the widest gives way, narrow ones stay as they are',
    [10, 60, 5, 30],
    ['text', 'text', 'text', 'text'],
    71,
    [10, 25, 5, 25],
  ],
  ['what is left over goes to the first', [60, 60], ['text', 'text'], 53, [26, 25]],
  ['a GUID keeps its start and its end', [20, 36, 36], ['time', 'guid', 'guid'], 60, [20, 18, 18]],
  ['the last has no room', [20, 36, 36], ['time', 'guid', 'guid'], 41, [20, 19]],
  ['only the first has room', [20, 40], ['time', 'type'], 25, [20]],
  ['not even that', [20, 40], ['time', 'type'], 12, [12]],
  ['one place', [20], ['time'], 1, [1]],
  ['no column', [], [], 80, []],
]
for (const [what, needed, kinds, width, places] of cases) {
  fitting(`${what}: ${needed} in ${width}`, () => {
    assert.equal(fitColumns(needed, kinds, width, 2), places)
  })
}

fitting('every place is used when something had to be cut', () => {
  for (let width = 52; width < 89; width++) {
    const places = fitColumns([20, 25, 40], ['time', 'text', 'type'], width, 2)
    assert.is(
      places.reduce((sum, each) => sum + each, 4),
      width,
      String(places),
    )
  }
})
fitting.run()
