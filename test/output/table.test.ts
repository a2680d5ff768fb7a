import stringWidth from 'string-width'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTable, type TableColumn } from '../../src/output/table.ts'
import { escapeControls } from '../../src/text.ts'
import { Random } from '../foundation/random.ts'

const tables = suite('tables')

const columnsOf = (headings: readonly string[]): TableColumn[] =>
  headings.map(heading => ({ key: heading.toLowerCase(), heading, kind: 'text' }))

const show = (headings: readonly string[], rows: readonly (readonly string[])[], header = true) =>
  createTable(columnsOf(headings), { header }).lines(rows)

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
  const table = createTable(columnsOf(['A', 'B']), { header: true })
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

tables('the heading of a time says that it is UTC', () => {
  const table = createTable([{ key: 'time', heading: 'Timestamp', kind: 'time' }], { header: true })
  assert.is(table.lines([['2026-11-01T00:00:00Z']]).split('\n')[0], 'Timestamp (UTC)')
})

const shaped: readonly TableColumn[] = [
  { key: 'time', heading: 'Timestamp', kind: 'time' },
  { key: 'actor', heading: 'User Performing Action', kind: 'text' },
  { key: 'type', heading: 'Action Type', kind: 'text' },
  { key: 'app_guid', heading: 'App GUID', kind: 'guid' },
]
const row = [
  '2026-11-01T00:00:00Z',
  'somebody.with.a.long.name@example.gov',
  'audit.user.organization_billing_manager_remove',
  '4fec4e5e-e8bb-4726-ac9c-1250a20a7692',
]

tables('what is too wide is cut in the middle, and that is told', () => {
  const table = createTable(shaped, { header: true, width: 100 })
  assert.equal(table.lines([row]).split('\n'), [
    'Timestamp (UTC)       User Per… Action  Action Type                                    App GUID',
    '────────────────────  ────────────────  ─────────────────────────────────────────────  ─────────────',
    '2026-11-01T00:00:00Z  somebody…ple.gov  …dit.user.organization_billing_manager_remove  4fec4e…0a7692',
    '',
  ])
  assert.is(table.cut(), 3)
  assert.equal(table.dropped(), [])
})

tables('event types and roles that are cut can still be told from each other', () => {
  const roles = ['user', 'auditor', 'manager', 'billing_manager'].map(role => `organization_${role}`)
  for (const role of ['auditor', 'developer', 'manager', 'supporter']) roles.push(`space_${role}`)
  const types = roles.flatMap(role => [`audit.user.${role}_add`, `audit.user.${role}_remove`])
  for (const [key, cells, width] of [
    ['type', types, 80],
    ['role', roles, 66],
  ] as const) {
    const columns = shaped.map(column => (column.key === 'type' ? { ...column, key } : column))
    const table = createTable(columns.slice(0, 3), { header: false, width })
    const lines = table.lines(cells.map(cell => [row[0]!, row[1]!, cell, row[3]!])).split('\n')
    assert.ok(table.cut() > cells.length, key)
    assert.is(new Set(lines).size, cells.length + 1, lines.join('\n'))
  }
})

tables('columns that have no room are left out from the right, and named', () => {
  const table = createTable(shaped, { header: true, width: 50 })
  assert.is(table.lines([row]).split('\n')[2], '2026-11-01T00:00:00Z  some….gov  …g_manager_remove')
  assert.equal(table.dropped(), ['App GUID'])
  const wide = createTable(shaped, { header: true, width: 500 })
  assert.match(wide.lines([row]), row.join('  '))
  assert.equal(wide.dropped(), [])
  assert.is(wide.cut(), 0)
})

tables('a later cell that is wider than its column is cut too, the last one only at the edge', () => {
  const table = createTable(columnsOf(['A', 'B']), { header: false, width: 20 })
  assert.is(table.lines([['aaaa', 'b']]), 'aaaa  b\n')
  assert.is(table.lines([['abcdefgh', 'x'.repeat(14)]]), `ab…h  ${'x'.repeat(14)}\n`)
  assert.is(table.lines([['a', 'x'.repeat(15)]]), `a     ${'x'.repeat(7)}…${'x'.repeat(6)}\n`)
  assert.is(table.cut(), 2)
})

tables('colours are put around what is shown, and change no width', () => {
  const seen: string[] = []
  const paint = (key: string, cell: string, shown: string) => {
    seen.push(`${key} ${cell}`)
    return key === 'a' ? `\u001b[32m${shown}\u001b[39m` : shown
  }
  const table = createTable(columnsOf(['A', 'B']), { header: true, width: 11, paint })
  assert.equal(
    table
      .lines([['abcdefgh\u001b[31m', 'b']])
      .split('\n')
      .slice(0, 3),
    ['A         B', '────────  ─', '\u001b[32mabcd…31m\u001b[39m  b'],
  )
  assert.equal(seen, ['a abcdefgh␛[31m', 'b b'])
})

const pieces = [
  'a',
  'Z',
  ' ',
  '日本',
  '👩‍🚀',
  'e\u0301',
  '🇩🇪',
  'ﷺ',
  '\u200d',
  '\u0600',
  '한',
  'ᄒ',
  '\t',
  '\u001b[31m',
  '~',
  '…',
  '\ud83d',
]
const kinds = ['time', 'text', 'guid'] as const

tables('no line is wider than the terminal, and without a limit nothing is lost', () => {
  const random = new Random(7)
  const text = (most: number) =>
    Array.from({ length: random.below(most) }, () => random.pick(pieces)).join('')
  for (let round = 0; round < 250; round++) {
    const columns = Array.from({ length: 1 + random.below(7) }, (_, index) => ({
      key: random.below(4) === 0 ? 'type' : `c${index}`,
      heading: `H${'x'.repeat(random.below(20))}`,
      kind: random.pick(kinds),
    }))
    const batches = [1, 2].map(() =>
      Array.from({ length: 1 + random.below(4) }, () => columns.map(() => text(random.below(2) ? 6 : 40))),
    )
    const width = 1 + random.below(120)
    const fitted = createTable(columns, { header: true, width })
    const whole = createTable(columns, { header: true })
    for (const rows of batches) {
      for (const line of fitted.lines(rows).split('\n')) {
        assert.ok(stringWidth(line) <= width, `${stringWidth(line)} > ${width}: ${JSON.stringify(line)}`)
        assert.ok(line.isWellFormed())
      }
      const lines = whole.lines(rows)
      for (const cell of rows.flat())
        assert.ok(lines.includes(escapeControls(cell).trimEnd()), JSON.stringify(cell))
    }
    assert.is(whole.cut(), 0)
    assert.equal(whole.dropped(), [])
    const kept = columns.length - fitted.dropped().length
    assert.ok(kept >= 1)
    assert.equal(
      fitted.dropped(),
      columns.slice(kept).map(({ heading }) => heading),
    )
  }
})

tables('no cell breaks a line', () => {
  const text = show(['A'], [['\n'], ['\r\n'], ['\u2028'], ['\u0085'], ['\u000b']])
  assert.is(text.split(/[\n\r\u2028\u2029\u0085\u000b\f]/).length, 2 + 5 + 1)
})
tables.run()
