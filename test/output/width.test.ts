import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cutMiddle, cutStart, widthOf } from '../../src/output/table.ts'

const cutting = suite('cells that are cut')

const cut: readonly (readonly [text: string, places: number, shown: string])[] = [
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'ab…ef'],
  ['abcdef', 4, 'ab…f'],
  ['abcdef', 3, 'a…f'],
  ['abcdef', 2, 'a…'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['', 0, ''],
  ['audit.user.space_developer_add', 16, 'audit.us…per_add'],
  ['日本語日本語', 12, '日本語日本語'],
  ['日本語日本語', 9, '日本…本語'],
  // Half of a wide character has no place: one place stays empty.
  ['日本語日本語', 8, '日本…語'],
  ['日本語日本語', 2, '…'],
  ['👩‍🚀👩‍🚀👩‍🚀', 5, '👩‍🚀…👩‍🚀'],
  ['e\u0301e\u0301e\u0301e\u0301', 3, 'e\u0301…e\u0301'],
  ['🇩🇪🇫🇷🇮🇹', 5, '🇩🇪…🇮🇹'],
]
for (const [text, places, shown] of cut) {
  cutting(`${text} in ${places}: ${shown}`, () => {
    assert.is(cutMiddle(text, places), shown)
    assert.ok(widthOf(shown) <= places)
  })
}

const ends: typeof cut = [
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, '…cdef'],
  ['abcdef', 2, '…f'],
  ['abcdef', 1, '…'],
  ['abcdef', 0, ''],
  ['audit.user.space_developer_add', 16, '…e_developer_add'],
  ['日本語日本語', 8, '…日本語'],
  ['👩‍🚀👩‍🚀👩‍🚀', 5, '…👩‍🚀👩‍🚀'],
  ['e\u0301e\u0301e\u0301e\u0301', 3, '…e\u0301e\u0301'],
]
for (const [text, places, shown] of ends) {
  cutting(`the end of ${text} in ${places}: ${shown}`, () => {
    assert.is(cutStart(text, places), shown)
    assert.ok(widthOf(shown) <= places)
  })
}
cutting.run()
