import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { roomFor } from '../../src/commands/types/types.ts'

const room = suite('the columns of the catalogue on a narrow terminal')

const columns = [
  { key: 'type', heading: 'Event Type' },
  { key: 'what', heading: 'What Happened' },
  { key: 'reports', heading: 'Reports' },
  { key: 'written_by', heading: 'Written By' },
]
const short = [['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(10), 'd'.repeat(10)]]
const long = [['a'.repeat(46), 'b'.repeat(80), 'c'.repeat(45), 'd'.repeat(10)]]

const cases: readonly (readonly [
  rows: readonly (readonly string[])[],
  width: number | undefined,
  count: number,
])[] = [
  [short, undefined, 4],
  [short, 86, 4],
  [short, 85, 3],
  [short, 74, 3],
  [short, 73, 2],
  // What happened is cut before the columns are fewer than two.
  [short, 20, 2],
  // The longest cells may be cut: to 48 places, reports to 20.
  [long, 130, 4],
  [long, 129, 3],
  [long, 118, 3],
  [long, 117, 2],
  // Headings need room, too.
  [[], 46, 4],
  [[], 45, 3],
]
for (const [rows, width, count] of cases) {
  room(`${rows[0]?.[1]?.length ?? 'no'} places of words in ${width ?? 'any'}: ${count}`, () => {
    assert.is(roomFor(rows, columns, width), count)
  })
}

room.run()
