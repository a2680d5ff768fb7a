import { rejects } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createWorkbook,
  type SheetColumn,
  type WorkbookAlterations,
  type WorkbookOptions,
} from '../../src/output/xlsx.ts'
import { pythonWith } from '../programs.ts'

interface SheetInput {
  readonly name: string
  readonly columns: readonly SheetColumn[]
  readonly rows: readonly (readonly string[])[]
}

interface Written {
  readonly bytes: Buffer
  readonly alterations: WorkbookAlterations
}

/** @param batch how many rows are handed over at a time. */
async function write(
  sheets: readonly SheetInput[],
  options?: WorkbookOptions,
  batch = 1000,
): Promise<Written> {
  const chunks: Buffer[] = []
  const workbook = createWorkbook(async chunk => void chunks.push(chunk), options)
  for (const { name, columns, rows } of sheets) {
    const sheet = await workbook.sheet({ name, columns })
    for (let at = 0; at < rows.length; at += batch) await sheet.rows(rows.slice(at, at + batch))
  }
  return { alterations: await workbook.close(), bytes: Buffer.concat(chunks) }
}

const text = (...headings: string[]): SheetColumn[] => headings.map(heading => ({ heading, kind: 'text' }))
/** A sheet with one column of text. */
const column = (name: string, cells: readonly string[]): SheetInput => ({
  name,
  columns: text('Cell'),
  rows: cells.map(cell => [cell]),
})

// What openpyxl reads: value, type (s: string, n: number, d: date, f: formula), number format, bold.
type Cell = readonly [value: string | number | null, type: string, format: string, bold: boolean]
interface SheetRead {
  readonly name: string
  readonly pane: readonly string[]
  readonly filter: string | null
  readonly widths: readonly number[]
  readonly rows: readonly (readonly Cell[])[]
}
interface BookRead {
  readonly sheets: readonly SheetRead[]
  /** Texts with outer white space that are not marked with xml:space. openpyxl keeps the space, Excel does not. */
  readonly unpreserved: readonly string[]
}

const reader = `
import json, re, sys, zipfile, openpyxl
from openpyxl.utils import get_column_letter

def cell(c):
    value = c.value.isoformat() if hasattr(c.value, 'isoformat') else c.value
    return [value, c.data_type, c.number_format, bool(c.font.b)]

def sheet(s):
    widths = [s.column_dimensions[get_column_letter(n)].width for n in range(1, s.max_column + 1)]
    pane = s.sheet_view.pane
    return {'name': s.title, 'pane': [pane.state, pane.topLeftCell], 'filter': s.auto_filter.ref, 'widths': widths,
            'rows': [[cell(c) for c in row] for row in s.iter_rows()]}

def book(path):
    z = zipfile.ZipFile(path)
    parts = ''.join(z.read(name).decode('utf8') for name in z.namelist() if 'worksheets/' in name)
    return {'sheets': [sheet(s) for s in openpyxl.load_workbook(path).worksheets],
            'unpreserved': [t for t in re.findall('<t>([^<]*)', parts) if t != t.strip(' \\t\\r\\n')]}

json.dump([book(path) for path in sys.argv[1:]], sys.stdout)
`

const python = pythonWith('openpyxl', 'no workbook was opened')

function openAll(program: string, files: readonly Buffer[]): BookRead[] {
  const folder = mkdtempSync(join(tmpdir(), 'xlsx-'))
  try {
    const paths = files.map((bytes, index) => {
      const path = join(folder, `${index}.xlsx`)
      writeFileSync(path, bytes)
      return path
    })
    const maxBuffer = 512 * 1024 * 1024
    return JSON.parse(execFileSync(program, ['-c', reader, ...paths], { encoding: 'utf8', maxBuffer }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Decodes `_x005F_` (ST_Xstring) as Excel does. openpyxl leaves that to its user. */
const decoded = (cell: Cell | undefined) =>
  typeof cell?.[0] === 'string'
    ? cell[0].replace(/_x([0-9a-fA-F]{4})_/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    : (cell?.[0] ?? '')

// Text.

const asItIs = [
  '=1+1',
  '=HYPERLINK("https://example.gov","click")',
  '+1',
  '-1',
  '@SUM(A1)',
  "=cmd|' /C calc'!A0",
  "'quoted",
  '1',
  '007',
  '1e5',
  'TRUE',
  '#REF!',
  '2026-11-24T09:30:00Z',
  '\ttab',
  'a\rb',
  'a\nb',
  'a\r\nb\r\n',
  '\n',
  ' ',
  ' leading',
  'trailing ',
  'in  side',
  '\u00a0no-break\u2028',
  '"quotes", \'apostrophes\'',
  '<b>&amp;</b>',
  ']]>',
  '_x000D_',
  '_x000d__x0041_x0042_',
  '_x005F_',
  '_X0041_ x0041_',
  'é\u0301😀👩‍👩‍👧',
  '\u05e9\u05dc\u05d5\u05dd \u202edrow',
  '\u007f\u0085\u009f',
  '\ufeffmark',
  '\ufffd',
  'x'.repeat(32_767),
]

const replaced: readonly (readonly [cell: string, shown: string])[] = [
  ['a\0b', 'a␀b'],
  ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
  ['\u0001\u0008\u000b\u000c\u001f', '␁␈␋␌␟'],
  ['\ufffe\uffff', '\ufffd\ufffd'],
  ['high \ud83d', 'high \ufffd'],
  ['\ude00 low', '\ufffd low'],
]

const cut: readonly (readonly [cell: string, shown: string])[] = [
  ['x'.repeat(32_768), `${'x'.repeat(32_742)}… [cut: 26 characters]`],
  ['='.repeat(100_000), `${'='.repeat(32_741)}… [cut: 67259 characters]`],
  // No half of a pair stays.
  ['😀'.repeat(20_000), `${'😀'.repeat(16_371)}… [cut: 7258 characters]`],
  [`a${'😀'.repeat(20_000)}`, `a${'😀'.repeat(16_370)}… [cut: 7260 characters]`],
]

// One cell each; the seed of a failure is in its message.
const seed = Number(process.env.SEED ?? 20261123)
const generated = fc.sample(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          '_',
          'x',
          '_x',
          '000D',
          '005f',
          'G',
          '\r',
          '\n',
          '\t',
          ' ',
          '<',
          '>',
          '&',
          '&#13;',
          ']]>',
          '"',
          "'",
          '=',
          '\0',
          '\u001f',
          '\u0085',
          '\u2028',
          '\ud83d',
          '\ude00',
          '\ufffe',
        ),
        { maxLength: 12 },
      )
      .map(parts => parts.join('')),
  ),
  { seed, numRuns: 3000 },
)

/** What a cell shows of a text that is short enough, by characters and not by patterns. */
const shownOf = (cell: string) =>
  Array.from(cell, character => {
    const code = character.codePointAt(0)!
    if (code < 0x20 && !'\t\n\r'.includes(character)) return String.fromCodePoint(0x2400 + code)
    return (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff ? '\ufffd' : character
  }).join('')

// Times: [zone, time, wall time]. Each zone is a workbook.

const zones: readonly (readonly [zone: string, times: readonly (readonly [time: string, wall: string])[]])[] =
  [
    [
      'UTC',
      [
        ['2026-11-24T09:30:15Z', '2026-11-24T09:30:15'],
        ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59'],
        ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00'],
        ['1900-03-01T00:00:00Z', '1900-03-01T00:00:00'],
        ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59'],
      ],
    ],
    [
      'America/New_York',
      [
        ['2026-03-08T06:59:59Z', '2026-03-08T01:59:59'],
        ['2026-03-08T07:00:00Z', '2026-03-08T03:00:00'],
        ['2026-11-01T05:30:00Z', '2026-11-01T01:30:00'],
        ['2026-11-01T06:30:00Z', '2026-11-01T01:30:00'],
        ['2026-12-01T04:59:59Z', '2026-11-30T23:59:59'],
        ['2026-12-01T05:00:00Z', '2026-12-01T00:00:00'],
      ],
    ],
    [
      'Australia/Lord_Howe',
      [
        ['2026-07-01T00:00:00Z', '2026-07-01T10:30:00'],
        ['2026-12-31T23:00:00Z', '2027-01-01T10:00:00'],
      ],
    ],
    ['Asia/Kathmandu', [['2026-11-24T18:15:00Z', '2026-11-25T00:00:00']]],
  ]

const noTimes = [
  '',
  'never',
  '2026-02-30T00:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T09:30:60Z',
  '2026-11-24T09:30:15+01:00',
  '2026-11-24T09:30:15.5Z',
  '2026-11-24',
  '1900-02-28T23:59:59Z',
  '=NOW()',
]

const wholeSeconds = fc.sample(fc.integer({ min: 946_684_800, max: 4_102_444_800 }), { seed, numRuns: 1000 })
const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

const numbers: readonly (readonly [cell: string, read: string | number])[] = [
  ['0', 0],
  ['42', 42],
  ['-7', -7],
  ['0.5', 0.5],
  ['123456789012345', 123_456_789_012_345],
  ['1234567890123456', '1234567890123456'],
  ['007', '007'],
  ['1.50', '1.50'],
  ['-0', '-0'],
  ['1,000', '1,000'],
  ['=1', '=1'],
  ['0x10', '0x10'],
  ['Infinity', 'Infinity'],
  ['many', 'many'],
]

// Sheets.

const names: readonly (readonly [name: string, read: string])[] = [
  ['About', 'About'],
  ['about', 'about 2'],
  ['[a]:b*c?d/e\\f', '-a--b-c-d-e-f'],
  ["'it's'", "it's"],
  ['', 'Sheet'],
  ["' '", 'Sheet 2'],
  ['History', 'History 2'],
  ['R&D <"x">\n', 'R&D <"x">-'],
  ['x'.repeat(40), 'x'.repeat(31)],
  ['x'.repeat(50), `${'x'.repeat(29)} 2`],
  [`${'y'.repeat(30)}😀`, 'y'.repeat(30)],
  [`${'z'.repeat(29)} 'z`, 'z'.repeat(29)],
  ['tab\u0007', 'tab␇'],
]

const mixed: SheetInput = {
  name: 'User access',
  columns: [
    { heading: 'Timestamp', kind: 'time' },
    { heading: 'User Performing Action', kind: 'text' },
    { heading: 'User GUID', kind: 'guid' },
    { heading: 'Count', kind: 'number' },
    { heading: '=evil\0', kind: 'text' },
  ],
  rows: [
    ['2026-11-24T09:30:15Z', 'a@agency.gov', '2f4d3e0c-6b1a-4a53-9f3f-0a54f1f0a111', '3', 'z'.repeat(500)],
    ['', '', '', '', ''],
    ['2026-11-25T10:00:00Z', 'short'],
  ],
}

const books = {
  text: await write([
    column('as it is', asItIs),
    column(
      'replaced',
      replaced.map(([cell]) => cell),
    ),
    column(
      'cut',
      cut.map(([cell]) => cell),
    ),
    column('generated', generated),
  ]),
  mixed: await write([
    mixed,
    { ...mixed, name: 'Empty', rows: [] },
    {
      name: 'Wide',
      columns: text(...Array.from({ length: 703 }, (_, n) => `H${n}`)),
      rows: [Array(703).fill('=A1')],
    },
  ]),
  values: await write([
    { name: 'no times', columns: [{ heading: 'T', kind: 'time' }], rows: noTimes.map(cell => [cell, cell]) },
    {
      name: 'generated',
      columns: [{ heading: 'T', kind: 'time' }],
      rows: wholeSeconds.map(cell => [isoOf(cell)]),
    },
    { name: 'numbers', columns: [{ heading: 'N', kind: 'number' }], rows: numbers.map(([cell]) => [cell]) },
  ]),
  names: await write(names.map(([name]) => column(name, ['cell']))),
  split: await write(
    [
      column('Long name that fills all places', ['1', '2', '3', '4', '5', '6', '7']),
      column('exact', ['1', '2', '3']),
    ],
    { rowsPerSheet: 4 },
  ),
  zones: await Promise.all(
    zones.map(([timeZone, times]) =>
      write(
        [
          {
            name: 'Z',
            columns: [{ heading: 'Timestamp', kind: 'time' }],
            rows: times.map(([time]) => [time]),
          },
        ],
        { timeZone },
      ),
    ),
  ),
}

const order = [books.text, books.mixed, books.values, books.names, books.split, ...books.zones]
const opened =
  python === undefined
    ? []
    : openAll(
        python,
        order.map(({ bytes }) => bytes),
      )
const sheetsOf = (book: Written) => opened[order.indexOf(book)]!.sheets
const cellsOf = (book: Written, name: string) =>
  sheetsOf(book)
    .find(sheet => sheet.name === name)!
    .rows.slice(1)
    .map(([cell]) => cell!)

const reading = suite('workbook, as openpyxl reads it')
/** A test of what was read, where it can be read. */
const read = (title: string, test: () => void) =>
  reading(title, () => {
    if (python !== undefined) test()
  })

read('text stays as it is, and is text', () => {
  const cells = cellsOf(books.text, 'as it is')
  for (const [index, cell] of asItIs.entries()) {
    assert.ok(decoded(cells[index]) === cell, JSON.stringify(cell.slice(0, 50)))
    assert.equal(cells[index]!.slice(1), ['s', '@', false])
  }
})

read('outer white space is marked as such', () => {
  for (const { unpreserved } of opened) assert.equal(unpreserved, [])
})

read('what XML cannot hold becomes visible', () => {
  const cells = cellsOf(books.text, 'replaced')
  for (const [index, [, shown]] of replaced.entries()) assert.is(decoded(cells[index]), shown)
})

read('a cell that is too long is cut and says so', () => {
  const cells = cellsOf(books.text, 'cut')
  for (const [index, [, shown]] of cut.entries()) {
    assert.ok(
      decoded(cells[index]) === shown,
      `${String(decoded(cells[index])).slice(-40)}, not ${shown.slice(-40)}`,
    )
    assert.ok(shown.length <= 32_767)
  }
})

read(`${generated.length} generated cells, SEED=${seed}`, () => {
  const cells = cellsOf(books.text, 'generated')
  for (const [index, cell] of generated.entries()) {
    assert.is(decoded(cells[index]), shownOf(cell), `SEED=${seed}: ${JSON.stringify(cell)}`)
    if (cell !== '') assert.is(cells[index]![1], 's', `SEED=${seed}: ${JSON.stringify(cell)}`)
  }
})

read('every column and every row', () => {
  const [sheet, empty, wide] = sheetsOf(books.mixed)
  assert.equal(
    sheet!.rows.map(row => row.map(([value]) => value)),
    [
      ['Timestamp (UTC)', 'User Performing Action', 'User GUID', 'Count', '=evil␀'],
      ['2026-11-24T09:30:15', 'a@agency.gov', '2f4d3e0c-6b1a-4a53-9f3f-0a54f1f0a111', 3, 'z'.repeat(500)],
      [null, null, null, null, null],
      ['2026-11-25T10:00:00', 'short', null, null, null],
    ],
  )
  assert.equal(
    sheet!.rows[1]!.map(([, type, format]) => `${type} ${format}`),
    ['d yyyy\\-mm\\-dd hh:mm:ss', 's @', 's @', 'n General', 's @'],
  )
  assert.is(empty!.rows.length, 1)
  assert.equal(wide!.rows[1], Array(703).fill(['=A1', 's', '@', false]))
})

read('a bold and frozen heading, a filter, widths', () => {
  const [sheet, empty, wide] = sheetsOf(books.mixed)
  for (const [, type, , bold] of sheet!.rows[0]!) assert.equal([type, bold], ['s', true])
  assert.equal(sheet!.pane, ['frozen', 'A2'])
  assert.equal([sheet!.filter, empty!.filter, wide!.filter], ['A1:E4', 'A1:E1', 'A1:AAA2'])
  assert.equal(sheet!.widths, [22, 26, 38, 9, 60])
})

read('times are dates in the wall time of the zone, which the heading names', () => {
  for (const [index, [zone, times]] of zones.entries()) {
    const [heading, ...rows] = sheetsOf(books.zones[index]!)[0]!.rows
    assert.is(heading![0]![0], `Timestamp (${zone})`)
    for (const [row, [time, wall]] of times.entries()) {
      assert.equal(rows[row]![0], [wall, 'd', 'yyyy\\-mm\\-dd hh:mm:ss', false], `${time} in ${zone}`)
    }
  }
})

read('generated times, to the second', () => {
  assert.equal(
    cellsOf(books.values, 'generated').map(([value]) => `${value}Z`),
    wholeSeconds.map(isoOf),
  )
})

read('what is no time stays text', () => {
  const cells = cellsOf(books.values, 'no times')
  for (const [index, cell] of noTimes.entries()) {
    if (cell !== '') assert.equal(cells[index], [cell, 's', '@', false])
  }
})

read('numbers, unless digits would be lost', () => {
  const cells = cellsOf(books.values, 'numbers')
  for (const [index, [, value]] of numbers.entries()) {
    assert.equal(cells[index]!.slice(0, 2), [value, typeof value === 'number' ? 'n' : 's'])
  }
})

read('names that Excel allows, each once', () => {
  assert.equal(
    sheetsOf(books.names).map(({ name }) => name),
    names.map(([, name]) => name),
  )
})

read('a sheet that is too long continues in another, under its own heading', () => {
  assert.equal(
    sheetsOf(books.split).map(({ name, filter, rows }) => [
      name,
      filter,
      rows.map(([cell]) => cell![0]).join(' '),
    ]),
    [
      ['Long name that fills all places', 'A1:A4', 'Cell 1 2 3'],
      ['Long name that fills all plac 2', 'A1:A4', 'Cell 4 5 6'],
      ['Long name that fills all plac 3', 'A1:A2', 'Cell 7'],
      ['exact', 'A1:A4', 'Cell 1 2 3'],
    ],
  )
})
reading.run()

const writing = suite('workbook')

writing('counts what it altered', () => {
  assert.equal(books.mixed.alterations, { cutCells: 0, replacedCells: 0, splitSheets: 0 })
  assert.equal(books.text.alterations, {
    cutCells: cut.length,
    replacedCells: replaced.length + generated.filter(cell => shownOf(cell) !== cell).length,
    splitSheets: 0,
  })
  assert.is(books.split.alterations.splitSheets, 1)
})

writing('the same input gives the same bytes, however the rows come', async () => {
  const rows = Array.from({ length: 3000 }, (_, n) => {
    const digest = createHash('sha256').update(String(n)).digest('hex')
    return [isoOf(1_700_000_000 + n), digest, digest.slice(7), String(n)]
  })
  const sheets = [{ ...mixed, rows }, mixed]
  const first = await write(sheets)
  for (const batch of [1, 77, 3000]) assert.ok((await write(sheets, {}, batch)).bytes.equals(first.bytes))
  // A clock elsewhere.
  const zone = process.env.TZ
  process.env.TZ = 'Pacific/Auckland'
  try {
    assert.ok((await write(sheets)).bytes.equals(first.bytes))
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
})

writing('a sheet holds 1,048,576 rows with its heading', async () => {
  const rows = Array<string[]>(1_048_575).fill([])
  const { alterations } = await write([{ name: 'full', columns: text('A'), rows }], {}, rows.length)
  assert.is(alterations.splitSheets, 0)
  const more = await write([{ name: 'full', columns: text('A'), rows: [...rows, []] }], {}, rows.length + 1)
  assert.is(more.alterations.splitSheets, 1)
})

writing('an unknown zone is an error', () =>
  rejects(
    write([{ name: 'times', columns: [{ heading: 'T', kind: 'time' }], rows: [['2026-11-24T09:30:00Z']] }], {
      timeZone: 'Mars/Olympus',
    }),
    /Mars\/Olympus/,
  ),
)

/** Rows that do not compress away. */
function* noise(count: number, pulled: () => void) {
  for (let n = 0; n < count; n++) {
    pulled()
    yield [createHash('sha512').update(String(n)).digest('base64')]
  }
}

/** A workbook whose rows wait, because its writer does not answer until `settle` says what becomes of its first call. */
async function stalledWorkbook() {
  const total = 50_000
  let pulled = 0
  let atOnce = 0
  let settle: (error?: Error) => void = () => {}
  const answer = new Promise<void>((done, fail) => {
    settle = error => (error === undefined ? done() : fail(error))
  })
  let call = () => {}
  const called = new Promise<void>(done => (call = done))
  const workbook = createWorkbook(async () => {
    assert.is(++atOnce, 1)
    call()
    await answer
    atOnce--
  })
  const sheet = await workbook.sheet({ name: 'S', columns: text('A') })
  const adding = sheet.rows(noise(total, () => pulled++))
  await called
  // Until no row was taken for a while.
  for (let before = -1; before !== pulled; ) {
    before = pulled
    for (let turn = 0; turn < 50; turn++) await new Promise<void>(done => setImmediate(done))
  }
  return { workbook, adding, settle, pulled: () => pulled, total }
}

writing('a slow writer holds the rows back, and is called once at a time', async () => {
  const { workbook, adding, settle, pulled, total } = await stalledWorkbook()
  assert.ok(pulled() < total / 2, `${pulled()} rows were taken`)
  settle()
  await adding
  await workbook.close()
  assert.is(pulled(), total)
})

writing('a writer that fails while rows wait for it ends the wait', async () => {
  const full = new Error('the disk is full')
  const { adding, settle, pulled, total } = await stalledWorkbook()
  settle(full)
  assert.is(await adding.catch(error => error), full)
  assert.ok(pulled() < total)
})

for (const bytesBefore of [0, 1_000_000]) {
  writing(`a writer that fails after ${bytesBefore} bytes ends it with its own error`, async () => {
    const full = new Error('the disk is full')
    let size = 0
    const workbook = createWorkbook(async chunk => {
      size += chunk.length
      if (size > bytesBefore) throw full
    })
    const thrown = await (async () => {
      const sheet = await workbook.sheet({ name: 'S', columns: text('A') })
      await sheet.rows(noise(50_000, () => {}))
      await workbook.close()
    })().catch(error => error)
    assert.is(thrown, full)
    assert.is(await workbook.close().catch(error => error), full)
  })
}

writing('a small workbook whose writer fails ends when it is closed', async () => {
  const full = new Error('the disk is full')
  const workbook = createWorkbook(() => Promise.reject(full))
  const sheet = await workbook.sheet({ name: 'S', columns: text('A') })
  await sheet.rows([['a']])
  assert.is(await workbook.close().catch(error => error), full)
})
writing.run()
