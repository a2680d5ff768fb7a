import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CsvColumn, type CsvOptions, createCsv } from '../../src/output/csv.ts'
import { Random } from '../foundation/random.ts'
import { fc, holds } from '../generated/check.ts'

const time: CsvColumn = { heading: 'Timestamp' }
const name: CsvColumn = { heading: 'User Performing Action' }
const guid: CsvColumn = { heading: 'App GUID' }
const plain: CsvOptions = { header: true, excel: false, guard: true }

const format = suite('CSV')

format('headings, rows, line ends', () => {
  const csv = createCsv([time, name, guid], plain)
  assert.is(csv.head(), 'Timestamp,User Performing Action,App GUID\n')
  assert.is(csv.row(['2026-08-01T10:00:00Z', 'a@b.c', 'g']), '2026-08-01T10:00:00Z,a@b.c,g\n')
  assert.is(csv.row(['', '', '']), ',,\n')
})

format('for Excel: a byte-order mark once, and CRLF', () => {
  const csv = createCsv([time, name], { ...plain, excel: true })
  assert.is(csv.head(), '\ufeffTimestamp,User Performing Action\r\n')
  assert.is(csv.row(['t', 'ü']), 't,ü\r\n')
})

format('without headings', () => {
  assert.is(createCsv([time, name], { ...plain, header: false }).head(), '')
  assert.is(createCsv([time, name], { ...plain, header: false, excel: true }).head(), '\ufeff')
})

format('a heading that needs quotes', () => {
  const csv = createCsv([{ heading: 'a, "b"' }], plain)
  assert.is(csv.head(), '"a, ""b"""\n')
})

const cells: readonly (readonly [cell: string, written: string])[] = [
  ['plain', 'plain'],
  ['', ''],
  [' padded ', ' padded '],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['"', '""""'],
  ['two\nlines', '"two\nlines"'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['a\rb', '"a\rb"'],
  ['a;b', '"a;b"'],
  ['a\tb', '"a\tb"'],
  ['a|b', 'a|b'],
  ["it's", "it's"],
  ['Größe 日本 🚀 שלום e\u0301', 'Größe 日本 🚀 שלום e\u0301'],
  ['{{.Foo}}', '{{.Foo}}'],
  ['\\', '\\'],
  ['\u0000\u001b', '\u0000\u001b'],
  ['null', 'null'],
  ['0012', '0012'],
  ['a=1', 'a=1'],
]
for (const [cell, written] of cells) {
  format(`${JSON.stringify(cell)} is written as ${JSON.stringify(written)}`, () => {
    const csv = createCsv([name, name], plain)
    assert.is(csv.row(['x', cell]), `x,${written}\n`)
    assert.is(csv.row([cell, 'x']), `${written},x\n`)
    assert.is(csv.guarded(), 0)
  })
}
format.run()

const guarding = suite('cells that a spreadsheet would run')

const formulas: readonly (readonly [cell: string, written: string])[] = [
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['-', "'-"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', '"\'\t\'=1"'],
  ['\r=1', '"\'\r\'=1"'],
  ['\n=1', '"\'\n\'=1"'],
  ['\n\n=1', '"\'\n\n\'=1"'],
  ['\tx', '"\'\tx"'],
  ['=a,b', '"\'=a,b"'],
  // What spreadsheets drop before they look.
  [' =1', " '=1"],
  ['\u00a0=1', "\u00a0'=1"],
  ['\u3000=1', "\u3000'=1"],
  ['\u200b=1', "\u200b'=1"],
  ['\ufeff=1', "\ufeff'=1"],
  ['\0=1', "\0'=1"],
  ['"=1"', '"""\'=1"""'],
  // Signs of East Asian keyboards.
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠SUM(1)', "'＠SUM(1)"],
  ['﹦1', "'﹦1"],
  ['﹢1', "'﹢1"],
  ['﹣1', "'﹣1"],
  ['﹫1', "'﹫1"],
  // Where something else than a comma separates cells.
  ['a;=1;b', '"a;\'=1;b"'],
  ['a; =1', '"a; \'=1"'],
  ['a;"=1";b', '"a;""\'=1"";b"'],
  ['a;;=1', '"a;;\'=1"'],
  ['a\t=1\tb', '"a\t\'=1\tb"'],
  ['a|@x|b', "a|'@x|b"],
  ['a\n=1;b', '"a\n\'=1;b"'],
  ['a\r\n=1;b', '"a\r\n\'=1;b"'],
  ['a؛=1', "a؛'=1"],
  ['a،＝1', "a،'＝1"],
]
for (const [cell, written] of formulas) {
  guarding(`${JSON.stringify(cell)} gets an apostrophe, and is counted`, () => {
    const csv = createCsv([name], plain)
    assert.is(csv.row([cell]), `${written}\n`)
    assert.is(csv.guarded(), 1)
  })

  guarding(`${JSON.stringify(cell)} is left alone when that is asked for`, () => {
    const csv = createCsv([name], { ...plain, guard: false })
    assert.is(csv.row([cell]), `${written.replaceAll("'", '')}\n`)
    assert.is(csv.guarded(), 0)
  })
}

guarding('counts every cell of every row', () => {
  const csv = createCsv([name, name, guid], plain)
  csv.row(['=a', '+b', ''])
  csv.row(['x', '', ''])
  csv.row(['', '@c', ''])
  assert.is(csv.guarded(), 3)
})

guarding('a cell of any kind takes no time', () => {
  const csv = createCsv([name], plain)
  const started = performance.now()
  for (const text of ['\n', '\t ', ';', ' ', ';"', '; ', '\r\n']) csv.row([text.repeat(300_000)])
  assert.ok(performance.now() - started < 5000)
})

guarding('a heading is ours', () => {
  assert.is(createCsv([{ heading: '=x' }], plain).head(), '=x\n')
})
guarding.run()

// --- Generated rows ---------------------------------------------------------------------------------------------

const seed = Number(process.env.SEED ?? 4180)
const characters = [
  ',',
  '"',
  '\n',
  '\r',
  '\r\n',
  '\t',
  ' ',
  '=',
  '+',
  '-',
  '@',
  "'",
  'a',
  'ü',
  '🚀',
  '\\',
  ';',
  '',
  '{{',
  '\u2028',
]

/** Reads RFC 4180, strictly. */
function parse(text: string, eol: string): string[][] {
  const rows: string[][] = []
  let at = 0
  while (at < text.length) {
    const row: string[] = []
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        for (at++; ; at++) {
          if (at >= text.length) throw new Error('a quote is open')
          if (text[at] !== '"') cell += text[at]
          else if (text[at + 1] === '"') {
            cell += '"'
            at++
          } else break
        }
        at++
      } else {
        while (at < text.length && text[at] !== ',' && !text.startsWith(eol, at)) {
          if (/["\r\n]/.test(text[at]!)) throw new Error(`${JSON.stringify(text[at])} outside of quotes`)
          cell += text[at++]
        }
      }
      row.push(cell)
      if (text[at] !== ',') break
      at++
    }
    if (!text.startsWith(eol, at)) throw new Error(`no line end at ${at}`)
    at += eol.length
    rows.push(row)
  }
  return rows
}

const generated = suite('generated rows')

for (const excel of [false, true]) {
  generated(`are read back as they were, ${excel ? 'CRLF' : 'LF'}`, () => {
    const random = new Random(seed)
    for (let round = 0; round < 300; round++) {
      const columns = Array.from({ length: 1 + random.below(5) }, () => name)
      const rows = Array.from({ length: random.below(8) }, () =>
        columns.map(() => Array.from({ length: random.below(5) }, () => random.pick(characters)).join('')),
      )
      const csv = createCsv(columns, { header: false, excel, guard: false })
      const text = rows.map(row => csv.row(row)).join('')
      assert.equal(
        parse(text, excel ? '\r\n' : '\n'),
        rows,
        `SEED=${seed}, round ${round}: ${JSON.stringify(text)}`,
      )
    }
  })
}

// What a spreadsheet may take for the beginning of a cell, less what it drops in front of a formula.
const begins = (text: string) => text.replace(/^[\s\p{C}"]+/u, '')[0] ?? ''
const runs = '=+-@＝＋－＠﹦﹢﹣﹫'

generated('guarded, no cell begins like a formula, whatever separates cells', () =>
  holds(
    2000,
    fc.property(
      fc.array(
        fc
          .array(fc.constantFrom(...characters, ...runs, '|', '؛', '،', '\0', '\u200b', '\u3000', '\v'), {
            maxLength: 6,
          })
          .map(parts => parts.join('')),
        { minLength: 1, maxLength: 4 },
      ),
      fc.boolean(),
      (row, excel) => {
        const csv = createCsv(
          row.map(() => name),
          { header: false, excel, guard: true },
        )
        const text = csv.row(row)
        const [cells = []] = parse(text, excel ? '\r\n' : '\n')
        assert.equal(
          cells.map(cell => cell.replaceAll("'", '')),
          row.map(cell => cell.replaceAll("'", '')),
        )
        assert.is(csv.guarded(), cells.filter((cell, index) => cell !== row[index]).length)
        // Commas are separators only outside of quotes, others everywhere.
        const parts = [...cells, ...text.split(/[;|\t\r\n؛،]/)]
        for (const part of parts) assert.not.ok(runs.includes(begins(part) || 'x'), JSON.stringify(part))
      },
    ),
  ),
)

generated('GUIDs and times are never changed', () =>
  holds(
    500,
    fc.property(
      fc.uuid(),
      fc.date({ noInvalidDate: true }),
      fc.constantFrom('Z', '+02:00', '-11:30'),
      (id, date, zone) => {
        const row = [id, id.toUpperCase(), `${date.toISOString().slice(-24, -5)}${zone}`]
        const csv = createCsv([guid, guid, time], { ...plain, header: false })
        assert.is(csv.row(row), `${row.join(',')}\n`)
      },
    ),
  ),
)
generated.run()
