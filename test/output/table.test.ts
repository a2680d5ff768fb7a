import stringWidth from 'string-width'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Answer, createTable, type TableColumn, type TableOptions } from '../../src/output/table.ts'
import { fc, holds } from '../generated/check.ts'

const tables = suite('tables')

const text = (heading: string, answers?: Answer): TableColumn => ({
  key: heading.toLowerCase(),
  heading,
  kind: 'text',
  answers,
})

const columnsOf = (headings: readonly string[]) => headings.map(heading => text(heading))

/** The table of rows, and its lines. */
function print(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: Partial<TableOptions> = {},
) {
  const table = createTable(columns, { header: true, ...options })
  table.add(rows)
  return { table, lines: [...table.lines()].join('').split('\n').slice(0, -1) }
}

const linesOf = (...table: Parameters<typeof print>) => print(...table).lines

// --- Alignment, and what is not shown as it is ---

const aligned: readonly (readonly [
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
    'empty cells, and no space at the end',
    ['A', 'B', 'C'],
    [
      ['', '', ''],
      ['a', '', ''],
      ['', 'b', ''],
    ],
    ['A  B  C', '─  ─  ─', '', 'a', '   b'],
  ],
  [
    'wide characters take two columns',
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
    'what a terminal would obey is a sign',
    ['A', 'B'],
    [
      ['\u001b[31mred', 'x'],
      ['a\nb', 'y'],
      ['\u202eab', 'z'],
    ],
    ['A           B', '──────────  ─', '␛[31mred    x', 'a␊b         y', '\\u{202e}ab  z'],
  ],
  [
    'so is a space that could not be seen',
    ['A'],
    [['a b'], ['a  b'], [' a'], ['a ']],
    ['A', '────', 'a b', 'a␣␣b', '␣a', 'a␣'],
  ],
  [
    'a sign in a name is not taken for what it stands for',
    ['A'],
    [['\u001b'], ['␛'], ['\u202e'], ['\\u{202e}'], ['a␣'], ['\\d']],
    ['A', '─────────────', '␛', '\\u{241b}', '\\u{202e}', '\\u{5c}u{202e}', 'a\\u{2423}', '\\d'],
  ],
  [
    'two spellings of one name are told apart',
    ['A'],
    [['école'], ['e\u0301cole'], ['été']],
    ['A', '────────────', '\\u{e9}cole', 'e\\u{301}cole', 'été'],
  ],
]
for (const [what, headings, rows, lines] of aligned) {
  tables(what, () => assert.equal(linesOf(columnsOf(headings), rows), lines))
}

tables('without headings', () => {
  assert.equal(
    linesOf(
      columnsOf(['Heading', 'B']),
      [
        ['a', 'b'],
        ['cc', 'd'],
      ],
      { header: false },
    ),
    ['a   b', 'cc  d'],
  )
  assert.equal(linesOf(columnsOf(['Heading']), [], { header: false }), [])
})

tables('no cell breaks a line', () => {
  const cells = ['\n', '\r\n', '\u2028', '\u0085', '\u000b']
  const lines = linesOf(
    columnsOf(['A']),
    cells.map(cell => [cell]),
  )
  assert.is(lines.join('\n').split(/[\n\r\u2028\u2029\u0085\u000b\f]/).length, 2 + cells.length)
})

tables('colors stand around what is shown of a cell, line by line', () => {
  const asked: string[] = []
  const paint = (key: string, cell: string, shown: string) => {
    asked.push(`${key}: ${cell}`)
    return key === 'what' ? `<${shown}>` : shown
  }
  const columns = [text('Who', 'who'), text('What', 'what')]
  const rows = [['ada@example.gov', 'Space Developer granted']]
  assert.equal(linesOf(columns, rows, { width: 30, paint }).slice(2), [
    'ada@         <Space Developer>',
    'example.gov  < granted>',
  ])
  assert.equal([...new Set(asked)], ['who: ada@example.gov', 'what: Space Developer granted'])
})

// --- What gives way on a terminal ---

const time: TableColumn = { key: 'time', heading: 'Timestamp', kind: 'time' }
const guid = (heading: string, answers: Answer): TableColumn => ({ ...text(heading, answers), kind: 'guid' })
const report: readonly TableColumn[] = [
  time,
  text('Actor', 'who'),
  text('Action', 'what'),
  guid('App GUID', 'which'),
  text('Space', 'where'),
  guid('Event GUID', 'detail'),
]
const rows: readonly (readonly string[])[] = [
  [
    '2026-11-24T03:21:05Z',
    'ada@example.gov',
    'App created',
    '4fec4e5e-e8bb-4726-ac9c-1250a20a7692',
    'dev',
    'a087eaf3-00b3-49c9-b706-c4ebfb2627fd',
  ],
  [
    '2026-11-24T03:22:10Z',
    'ben@example.gov',
    'App deletion requested',
    '81dcc55c-2f1c-4f0f-8d6e-50b7a5e1f7b1',
    'dev',
    '69c746e7-3fcc-469c-a6ef-41cab9e2018e',
  ],
]

const stages: readonly (readonly [what: string, width: number, lines: readonly string[]])[] = [
  [
    'everything whole',
    147,
    [
      'Timestamp (UTC)       Actor            Action                  App GUID                              Space  Event GUID',
      '────────────────────  ───────────────  ──────────────────────  ────────────────────────────────────  ─────  ────────────────────────────────────',
      '2026-11-24T03:21:05Z  ada@example.gov  App created             4fec4e5e-e8bb-4726-ac9c-1250a20a7692  dev    a087eaf3-00b3-49c9-b706-c4ebfb2627fd',
      '2026-11-24T03:22:10Z  ben@example.gov  App deletion requested  81dcc55c-2f1c-4f0f-8d6e-50b7a5e1f7b1  dev    69c746e7-3fcc-469c-a6ef-41cab9e2018e',
    ],
  ],
  [
    'GUIDs are shortened',
    100,
    [
      'Timestamp (UTC)       Actor            Action                  App GUID   Space  Event GUID',
      '────────────────────  ───────────────  ──────────────────────  ─────────  ─────  ──────────',
      '2026-11-24T03:21:05Z  ada@example.gov  App created             4fec4e5e…  dev    a087eaf3…',
      '2026-11-24T03:22:10Z  ben@example.gov  App deletion requested  81dcc55c…  dev    69c746e7…',
    ],
  ],
  [
    'details are left out',
    86,
    [
      'Timestamp (UTC)       Actor            Action                  App GUID   Space',
      '────────────────────  ───────────────  ──────────────────────  ─────────  ─────',
      '2026-11-24T03:21:05Z  ada@example.gov  App created             4fec4e5e…  dev',
      '2026-11-24T03:22:10Z  ben@example.gov  App deletion requested  81dcc55c…  dev',
    ],
  ],
  [
    'what is the same in all rows is stated once',
    78,
    [
      'Space: dev',
      '',
      'Timestamp (UTC)       Actor            Action                  App GUID',
      '────────────────────  ───────────────  ──────────────────────  ─────────',
      '2026-11-24T03:21:05Z  ada@example.gov  App created             4fec4e5e…',
      '2026-11-24T03:22:10Z  ben@example.gov  App deletion requested  81dcc55c…',
    ],
  ],
  [
    'the year stands in the heading',
    66,
    [
      'Space: dev',
      '',
      'Timestamp       Actor            Action                  App GUID',
      '2026 (UTC)',
      '──────────────  ───────────────  ──────────────────────  ─────────',
      '11-24 03:21:05  ada@example.gov  App created             4fec4e5e…',
      '11-24 03:22:10  ben@example.gov  App deletion requested  81dcc55c…',
    ],
  ],
  [
    'seconds that tell no two times apart go',
    63,
    [
      'Space: dev',
      '',
      'Timestamp    Actor            Action                  App GUID',
      '2026 (UTC)',
      '───────────  ───────────────  ──────────────────────  ─────────',
      '11-24 03:21  ada@example.gov  App created             4fec4e5e…',
      '11-24 03:22  ben@example.gov  App deletion requested  81dcc55c…',
    ],
  ],
  [
    'the rest is wrapped',
    56,
    [
      'Space: dev',
      '',
      'Timestamp    Actor            Action        App GUID',
      '2026 (UTC)',
      '───────────  ───────────────  ────────────  ─────────',
      '11-24 03:21  ada@example.gov  App created   4fec4e5e…',
      '11-24 03:22  ben@example.gov  App deletion  81dcc55c…',
      '                               requested',
    ],
  ],
  [
    'rows become records, whole again',
    45,
    [
      '─[ 1 of 2 ]──────────────────────────────────',
      'Timestamp  2026-11-24T03:21:05Z',
      '(UTC)',
      'Actor      ada@example.gov',
      'Action     App created',
      'App GUID   4fec4e5e-e8bb-4726-',
      '           ac9c-1250a20a7692',
      'Space      dev',
      'Event      a087eaf3-00b3-49c9-',
      'GUID       b706-c4ebfb2627fd',
      '─[ 2 of 2 ]──────────────────────────────────',
      'Timestamp  2026-11-24T03:22:10Z',
      '(UTC)',
      'Actor      ben@example.gov',
      'Action     App deletion requested',
      'App GUID   81dcc55c-2f1c-4f0f-',
      '           8d6e-50b7a5e1f7b1',
      'Space      dev',
      'Event      69c746e7-3fcc-469c-',
      'GUID       a6ef-41cab9e2018e',
    ],
  ],
]
for (const [what, width, lines] of stages) {
  tables(`${width} columns: ${what}`, () => {
    const printed = print(report, rows, { width })
    const { table } = printed
    assert.equal(printed.lines, lines)
    const shown = lines.join('\n')
    assert.is(table.cut(), shown.split('…').length - 1)
    assert.equal(table.dropped(), /^Event|Event GUID/m.test(shown) ? [] : ['Event GUID'])
  })
}

const cases: readonly (readonly [
  what: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: Partial<TableOptions>,
  lines: readonly string[],
])[] = [
  [
    'columns that the reader chose stay',
    report,
    rows,
    { width: 80, chosen: true },
    [
      'Space: dev',
      '',
      'Timestamp       Actor            Action                  App GUID   Event GUID',
      '2026 (UTC)',
      '──────────────  ───────────────  ──────────────────────  ─────────  ──────────',
      '11-24 03:21:05  ada@example.gov  App created             4fec4e5e…  a087eaf3…',
      '11-24 03:22:10  ben@example.gov  App deletion requested  81dcc55c…  69c746e7…',
    ],
  ],
  [
    'without headings there is no place for what all rows share',
    [time, text('Actor', 'who'), text('Space', 'where')],
    [
      ['2026-11-24T03:21:05Z', 'ada@example.gov', 'development'],
      ['2026-11-24T03:22:10Z', 'ben@example.gov', 'development'],
    ],
    { width: 48, header: false },
    [
      '2026-11-24T03:21:05Z  ada@         development',
      '                      example.gov',
      '2026-11-24T03:22:10Z  ben@         development',
      '                      example.gov',
    ],
  ],
  [
    'a constant detail is stated, not left out',
    [text('Actor', 'who'), guid('Org GUID', 'detail'), guid('App GUID', 'detail')],
    [
      ['ada@example.gov', rows[0]![3]!, ''],
      ['ben@example.gov', rows[0]![3]!, ''],
    ],
    { width: 24 },
    [
      'Org GUID:',
      ' 4fec4e5e-e8bb-',
      '4726-ac9c-',
      '1250a20a7692',
      'Empty: App GUID',
      '',
      'Actor',
      '───────────────',
      'ada@example.gov',
      'ben@example.gov',
    ],
  ],
  [
    'GUIDs that begin alike are shortened where they no longer do, other cells are whole',
    [text('What', 'what'), guid('GUID', 'which')],
    [
      ['a'.repeat(12), '4fec4e5e-e8bb-4726-ac9c-1250a20a7692'],
      ['b'.repeat(12), '4fec4e5e-e8bb-4726-ac9d-1250a20a7692'],
      ['c'.repeat(12), 'sandbox-bot'],
    ],
    { width: 40 },
    [
      'What          GUID',
      '────────────  ────────────────────────',
      'aaaaaaaaaaaa  4fec4e5e-e8bb-4726-ac9c…',
      'bbbbbbbbbbbb  4fec4e5e-e8bb-4726-ac9d…',
      'cccccccccccc  sandbox-bot',
    ],
  ],
  [
    'the GUID of a place is shortened, that of a user may be a name',
    [text('Who', 'who'), text('Space', 'where')],
    [
      ['4fec4e5e-e8bb-4726-ac9c-1250a20a7692', '69c746e7-3fcc-469c-a6ef-41cab9e2018e'],
      ['ada@example.gov', 'dev'],
    ],
    { width: 50 },
    [
      'Who                                   Space',
      '────────────────────────────────────  ─────────',
      '4fec4e5e-e8bb-4726-ac9c-1250a20a7692  69c746e7…',
      'ada@example.gov                       dev',
    ],
  ],
  [
    'rows that belong together show once what they share',
    [text('User', 'who'), text('Role', 'what'), text('Space', 'where')],
    [
      ['ada@example.gov', 'Org User', '', 'ada'],
      ['ada@example.gov', 'Space Developer', 'dev', 'ada'],
      ['ben@example.gov', 'Org User', '', 'ben'],
      // Another account of that name.
      ['ben@example.gov', 'Org User', 'dev', 'other'],
    ],
    { width: 80, grouped: ['user'] },
    [
      'User             Role             Space',
      '───────────────  ───────────────  ─────',
      'ada@example.gov  Org User',
      '                 Space Developer  dev',
      'ben@example.gov  Org User',
      'ben@example.gov  Org User         dev',
    ],
  ],
  [
    'each record has all of it',
    [text('User', 'who'), text('Role', 'what'), text('Space', 'where')],
    [
      ['ada.lovelace@mail.example.gov', 'Org User', '', 'ada'],
      ['ada.lovelace@mail.example.gov', 'Space Developer', 'development', 'ada'],
    ],
    { width: 30, header: false, grouped: ['user'] },
    [
      '─[ 1 of 2 ]───────────────────',
      'User   ada.lovelace@',
      '       mail.example.gov',
      'Role   Org User',
      '─[ 2 of 2 ]───────────────────',
      'User   ada.lovelace@',
      '       mail.example.gov',
      'Role   Space Developer',
      'Space  development',
    ],
  ],
  [
    'a heading breaks between its words alone, and a column of nothing is named',
    [
      text('User', 'who'),
      { key: 'seen', heading: 'Last Seen Acting', kind: 'time' },
      text('Last Seen Acting'),
    ],
    [
      ['ada.lovelace@example.gov', '', 'never'],
      ['ben.franklin@example.gov', '', 'always'],
    ],
    { width: 32 },
    [
      'Empty: Last Seen Acting (UTC)',
      '',
      'User                      Last',
      '                          Seen',
      '                          Acting',
      '────────────────────────  ──────',
      'ada.lovelace@example.gov  never',
      'ben.franklin@example.gov  always',
    ],
  ],
  [
    'data is cut to one line, which takes the room that is left',
    [text('Who', 'who'), text('Data', 'data')],
    [
      ['ada@example.gov', '{"request":{"name":"postgres","relationships":{}}}'],
      ['ben', '{}'],
    ],
    { width: 45 },
    [
      'Who              Data',
      '───────────────  ────────────────────────────',
      'ada@example.gov  {"request":{"name":"postgre…',
      'ben              {}',
    ],
  ],
  [
    'times of several years and zones keep both',
    [time, text('Who', 'who')],
    [
      ['2026-12-31T23:59:59+01:00', 'ada@example.gov'],
      ['2027-06-30T12:00:00+02:00', 'ben@example.gov'],
      ['', ''],
    ],
    { width: 36 },
    [
      'Timestamp               Who',
      '──────────────────────  ───────────',
      '2026-12-31 23:59+01:00  ada@',
      '                        example.gov',
      '2027-06-30 12:00+02:00  ben@',
      '                        example.gov',
      '',
    ],
  ],
  [
    'a zone that all share stands in the heading',
    [time],
    [['2026-11-24T03:21:05+01:00']],
    { width: 22 },
    ['Timestamp 2026', '(UTC+01:00)', '──────────────', '11-24 03:21:05'],
  ],
]
for (const [what, columns, rows, options, lines] of cases) {
  tables(what, () => assert.equal(linesOf(columns, rows, options), lines))
}

tables('one long name among many rows is wrapped, and nothing else gives way', () => {
  const many = Array.from({ length: 30 }, (_, index) => rows[index % 2]!)
  const long = ['2026-11-24T03:23:00Z', `${'long.'.repeat(12)}name@example.gov`, ...rows[0]!.slice(2)]
  const { table, lines } = print(report, [...many, long], { width: 150 })
  assert.match(
    lines[2]!,
    /^2026-11-24T03:21:05Z {2}ada@.* 4fec4e5e-e8bb-4726-ac9c-1250a20a7692 {2}dev {4}a087eaf3-00b3-/,
  )
  assert.is(lines.length, 2 + 30 + 4)
  assert.is(table.cut(), 0)
  assert.equal(table.dropped(), [])
})

tables('a terminal that claims to have hardly any columns gets records', () => {
  for (const width of [1, 5, 20]) {
    assert.equal(linesOf(report.slice(0, 2), rows, { width }).slice(0, 5), [
      '─[ 1 of 2 ]─────────',
      'Timestamp (UTC)',
      '  2026-11-',
      '  24T03:21:05Z',
      'Actor',
    ])
  }
})

// --- Any cells, on any terminal ---

const odd = [
  'é',
  'e\u0301',
  '日本',
  '👩‍🚀',
  '🇩🇪',
  'ﷺ',
  '\u200d',
  '\u0600',
  '한',
  'ᄒ',
  '\u212a',
  '\ud83d',
  '␣',
  '␛',
  '…',
]
const pieces = fc.constantFrom(
  ...odd,
  '\t',
  '\u001b[31m',
  '\u202e',
  '\\u{202e}',
  ' ',
  ' ',
  'a',
  'Z',
  '@',
  '.',
  '-',
  'word',
  'w'.repeat(30),
)
const name = fc.array(pieces, { maxLength: 12 }).map(parts => parts.join(''))
const someGuid = fc
  .tuple(fc.constantFrom('4fec4e5e', '81dcc55c'), fc.constantFrom('e8bb', '2f1c'), fc.nat(3))
  .map(([first, second, last]) => `${first}-${second}-4726-ac9c-1250a20a769${last}`)
const someTime = fc
  .tuple(
    fc.constantFrom('2026', '2027'),
    fc.nat(3),
    fc.constantFrom('00', '05', '05.5'),
    fc.constantFrom('Z', '+01:00'),
  )
  .map(([year, minute, second, zone]) => `${year}-11-24T03:0${minute}:${second}${zone}`)
const cellOf = {
  time: fc.oneof({ arbitrary: someTime, weight: 9 }, fc.constant('')),
  guid: fc.oneof({ arbitrary: someGuid, weight: 9 }, name),
  text: name,
}

/** Some columns and rows; where all cells of a column are the same, that is by chance or on purpose. */
const anyTable = fc
  .array(
    fc.record({
      kind: fc.constantFrom('time' as const, 'guid' as const, 'text' as const),
      answers: fc.constantFrom(
        undefined,
        'who' as const,
        'what' as const,
        'where' as const,
        'detail' as const,
        'data' as const,
      ),
      words: fc.integer({ min: 1, max: 3 }),
      isConstant: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .chain(shapes =>
    fc.record({
      columns: fc.constant(
        shapes.map(({ kind, answers, words }, index) => ({
          key: `c${index}`,
          heading: 'Heading '.repeat(words).trim(),
          kind,
          answers,
        })),
      ),
      rows: fc
        .array(fc.tuple(...shapes.map(({ kind }) => cellOf[kind])), { maxLength: 8 })
        .map(rows => rows.map(row => row.map((cell, at) => (shapes[at]?.isConstant ? rows[0]![at]! : cell)))),
      width: fc.integer({ min: 1, max: 160 }),
      header: fc.boolean(),
      chosen: fc.boolean(),
    }),
  )

/** What is printed of each different cell of each column, line by line; '' where that is nothing. */
function printed(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: Omit<TableOptions, 'paint'>,
) {
  const shown = new Map<string, string[]>()
  const paint = (key: string, cell: string, line: string) => {
    const id = JSON.stringify([key, cell])
    shown.set(id, [...(shown.get(id) ?? []), line])
    return line
  }
  const { table, lines } = print(columns, rows, { ...options, paint })
  const cells = columns.map(({ key }, at) => {
    const those = rows.map(row => row[at]!)
    return new Map(
      [...new Set(those)].map(cell => {
        const all = shown.get(JSON.stringify([key, cell])) ?? []
        return [cell, all.slice(0, all.length / those.filter(other => other === cell).length)]
      }),
    )
  })
  return { table, lines, cells }
}

tables('no two different cells of a column are shown alike, unless shortened, which is counted', async () => {
  await holds(
    400,
    fc.property(anyTable, ({ columns, rows, ...options }) => {
      const { table, cells } = printed(columns, rows, options)
      for (const column of cells) {
        const seen = new Map<string, string>()
        // Of a column that is stated or left out nothing is printed in the rows.
        if ([...column.values()].every(lines => lines.length === 0)) continue
        for (const [cell, lines] of column) {
          const text = lines.join('\n').normalize()
          const other = seen.get(text)
          if (other !== undefined)
            assert.ok(text.includes('…') && table.cut() > 1, JSON.stringify([cell, other, text]))
          seen.set(text, cell)
        }
      }
    }),
  )
})

tables('what is not shortened is whole, however it is broken', async () => {
  await holds(
    300,
    fc.property(anyTable, ({ columns, rows, ...options }) => {
      const { lines, cells } = printed(columns, rows, options)
      const whole = printed(columns, rows, { ...options, width: undefined })
      assert.is(whole.table.cut(), 0)
      assert.equal(whole.table.dropped(), [])
      assert.is(whole.lines.length, rows.length + (options.header ? 2 : 0))
      for (const [at, column] of cells.entries()) {
        for (const [cell, lines] of column) {
          // wrap-ansi composes letters and their accents.
          const text = lines.join('')
          const all = whole.cells[at]!.get(cell)!.join('')
          if (lines.length > 0 && columns[at]!.kind !== 'time' && !text.endsWith('…'))
            assert.is(text.normalize(), all.normalize())
        }
      }
      assert.ok(lines.length >= rows.length)
    }),
  )
})

tables('however rows come, and however many: each is there once, in order', () => {
  for (const sizes of [[0], [1], [4999, 1, 2], [5000], [12_000, 3], [3000, 3000, 3000]]) {
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const all = Array.from({ length: total }, (_, index) => [`${index}`, 'é\ud83d"\n', ''])
    const columns = columnsOf(['A', 'B', 'C'])
    const table = createTable(columns, { header: true })
    let at = 0
    for (const size of sizes) {
      table.add(all.slice(at, at + size))
      at += size
    }
    const numbers = [...table.lines()].join('').split('\n').slice(2, -1).map(Number.parseFloat)
    assert.equal(
      numbers,
      all.map((_, index) => index),
    )
  }
})

tables('no line is wider than the terminal, none ends with a space, and none is broken text', async () => {
  await holds(
    300,
    fc.property(anyTable, ({ columns, rows, ...options }) => {
      const { lines } = printed(columns, rows, options)
      for (const line of lines) {
        assert.ok(stringWidth(line) <= Math.max(20, options.width), `${stringWidth(line)}: ${line}`)
        assert.not.match(line, / $/)
        assert.ok(line.isWellFormed())
      }
    }),
  )
})

tables.run()
