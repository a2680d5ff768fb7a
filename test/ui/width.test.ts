import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lineCount, piecesOf, truncate, widthOf, wrapCell, wrapWords } from '../../src/ui/width.ts'

const widths = suite('what fits a width')

for (const [text, width] of [
  ['', 0],
  ['abc', 3],
  ['4fec4e5e…', 9],
  ['日本', 4],
  ['e\u0301', 1],
  ['👩‍🚀', 2],
] as const) {
  widths(`${text || '(nothing)'} takes ${width}`, () => assert.is(widthOf(text), width))
}

const wrapped: readonly (readonly [text: string, width: number, lines: readonly string[]])[] = [
  ['', 5, ['']],
  ['Space Manager granted', 21, ['Space Manager granted']],
  ['Space Manager granted', 20, ['Space Manager', ' granted']],
  // As even as can be, not "ada.lovelace@example." and "gov".
  ['ada.lovelace@example.gov', 23, ['ada.lovelace@', 'example.gov']],
  ['audit.user.space_manager_add', 20, ['audit.user.space_', 'manager_add']],
  ['4fec4e5e-e8bb-4726-ac9c-1250a20a7692', 20, ['4fec4e5e-e8bb-4726-', 'ac9c-1250a20a7692']],
  ['a - b', 3, ['a -', ' b']],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['日本語日本語', 5, ['日本', '語日', '本語']],
  ['👩‍🚀👩‍🚀👩‍🚀', 4, ['👩‍🚀👩‍🚀', '👩‍🚀']],
]
for (const [text, width, lines] of wrapped) {
  widths(`${text} in ${width}: ${lines.join(' | ')}`, () => {
    assert.equal(wrapCell(text, width), lines)
    // What has to be broken within a word counts one line more, which makes it the worse choice.
    assert.ok(lineCount(piecesOf(text), width) >= lines.length)
    if (/^[\w@. -]*$/.test(text) && width > 4) assert.is(lineCount(piecesOf(text), width), lines.length)
  })
}

widths('prose breaks between words alone', () => {
  assert.equal(wrapWords('To see it run cf-audit doctor --org=a-very-long-name.', 20), [
    'To see it run',
    'cf-audit doctor',
    '--org=a-very-long-name.',
  ])
})

for (const [text, width, shown] of [
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語日本語', 6, '日本…'],
  ['👩‍🚀👩‍🚀👩‍🚀', 5, '👩‍🚀👩‍🚀…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['abc', 1, '…'],
] as const) {
  widths(`${text} cut to ${width}: ${shown}`, () => assert.is(truncate(text, width), shown))
}
widths.run()
