import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTable } from '../../src/output/table.ts'

const tables = suite('tables')

const show = (headings: readonly string[], rows: readonly (readonly string[])[], header = true) =>
  createTable(headings, header).lines(rows)

const cases: readonly (readonly [
  what: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  lines: readonly string[],
])[] = [
  ['headings alone', ['A', 'Bcd'], [], ['A  Bcd', '─  ───']],
  [
    'as wide as the widest cell',
    ['A', 'B'],
    [
      ['aaa', 'b'],
      ['a', 'bbb'],
    ],
    ['A    B', '───  ───', 'aaa  b', 'a    bbb'],
  ],
  ['as wide as the heading', ['Heading', 'B'], [['a', 'b']], ['Heading  B', '───────  ─', 'a        b']],
  [
    'empty cells, and none at the end of a line',
    ['A', 'B', 'C'],
    [
      ['', '', ''],
      ['a', '', ''],
      ['', 'b', ''],
    ],
    ['A  B  C', '─  ─  ─', '', 'a', '   b'],
  ],
  [
    'wide characters take two places',
    ['A', 'B'],
    [
      ['日本', 'x'],
      ['abc', 'x'],
    ],
    ['A     B', '────  ─', '日本  x', 'abc   x'],
  ],
  [
    'an emoji takes two, a combining mark none',
    ['A', 'B'],
    [
      ['👩‍🚀', 'x'],
      ['e\u0301', 'x'],
    ],
    ['A   B', '──  ─', '👩‍🚀  x', 'e\u0301   x'],
  ],
  [
    'what a terminal would obey is shown instead',
    ['A', 'B'],
    [
      ['\u001b[31mred', 'x'],
      ['a\nb', 'y'],
      ['\u202eab', 'z'],
    ],
    ['A           B', '──────────  ─', '␛[31mred    x', 'a␊b         y', '\\u{202e}ab  z'],
  ],
]
for (const [what, headings, rows, lines] of cases) {
  tables(what, () => {
    assert.equal(show(headings, rows).split('\n'), [...lines, ''])
  })
}

tables('without headings', () => {
  assert.is(
    show(
      ['Heading', 'B'],
      [
        ['a', 'b'],
        ['cc', 'd'],
      ],
      false,
    ),
    'a   b\ncc  d\n',
  )
  assert.is(show(['Heading'], [], false), '')
})

tables('later rows keep to the widths of the first ones, and come without headings', () => {
  const table = createTable(['A', 'B'], true)
  assert.is(table.lines([['aa', 'b']]), 'A   B\n──  ─\naa  b\n')
  assert.is(
    table.lines([
      ['a', 'b'],
      ['aaaa', 'bbb'],
    ]),
    'a   b\naaaa  bbb\n',
  )
  assert.is(table.lines([]), '')
})

tables('no cell breaks a line', () => {
  const text = show(['A'], [['\n'], ['\r\n'], ['\u2028'], ['\u0085'], ['\u000b']])
  assert.is(text.split(/[\n\r\u2028\u2029\u0085\u000b\f]/).length, 2 + 5 + 1)
})
tables.run()
