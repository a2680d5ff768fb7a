import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../src/context.ts'
import { UsageError } from '../../src/errors.ts'
import {
  assertNoOutputOptions,
  limitOf,
  logFile,
  type OutputArgs,
  openSink,
  planOutput,
} from '../../src/options/output.ts'
import type { Column } from '../../src/reports/columns.ts'
import { type Format, formatNamed, formats, type Tabular } from '../../src/reports/formats.ts'
import { listen } from '../messages.ts'

type Row = Readonly<Record<string, string>>

const column = (key: string, heading: string, kind: Column['kind'] = 'text'): Column<Row> => ({
  key,
  heading,
  kind,
  cell: row => row[key] ?? '',
})
const fruits = (own: Format['name'] = 'csv'): Tabular<Row> => ({
  name: 'fruits',
  own,
  columns: [column('time', 'Picked At', 'time'), column('name', 'Name'), column('tree', 'Tree GUID', 'guid')],
  more: [column('data', 'Data'), column('colour', 'Colour Of Skin')],
  wide: [
    column('time', 'Picked At', 'time'),
    column('weight', 'Weight'),
    column('tree', 'Tree GUID', 'guid'),
  ],
})

const place = (isTTY: boolean) =>
  ({ stdout: { isTTY, columns: 80 }, env: {}, color: undefined }) as unknown as Context
const plan = (
  args: OutputArgs = {},
  { own = 'csv', isTTY = false }: { own?: Format['name']; isTTY?: boolean } = {},
) => planOutput(fruits(own), args, place(isTTY))

const isRefusal =
  (message: RegExp, advice = /./) =>
  (error: unknown) => {
    assert.instance(error, UsageError)
    assert.match((error as UsageError).message, message)
    assert.match((error as UsageError).advice, advice)
    return true
  }

const choosing = suite('which format')

const choices: readonly (readonly [
  args: OutputArgs,
  own: Format['name'],
  onTerminal: Format['name'],
  inPipe: Format['name'],
])[] = [
  [{}, 'csv', 'table', 'csv'],
  [{}, 'json', 'table', 'json'],
  [{ output: '-' }, 'csv', 'table', 'csv'],
  // --format, in any case
  [{ format: 'csv' }, 'json', 'csv', 'csv'],
  [{ format: 'CSV' }, 'json', 'csv', 'csv'],
  [{ format: 'Table' }, 'json', 'table', 'table'],
  [{ format: 'json', output: 'x.csv' }, 'csv', 'json', 'json'],
  [{ format: 'csv', output: 'x.txt' }, 'json', 'csv', 'csv'],
  [{ format: 'json', asDocumented: true }, 'csv', 'json', 'json'],
  // --as-documented
  [{ asDocumented: true }, 'csv', 'csv', 'csv'],
  [{ asDocumented: true, output: 'x.json' }, 'csv', 'csv', 'csv'],
  // The ending of --output, in any case
  [{ output: 'x.csv' }, 'json', 'csv', 'csv'],
  [{ output: 'X.CSV' }, 'json', 'csv', 'csv'],
  [{ output: 'x.json' }, 'csv', 'json', 'json'],
  [{ output: 'x.ndjson' }, 'csv', 'ndjson', 'ndjson'],
  [{ output: 'x.jsonl' }, 'csv', 'ndjson', 'ndjson'],
  [{ output: 'folder.json/x.csv' }, 'json', 'csv', 'csv'],
  // A name without an ending: a file is no terminal
  [{ output: 'x' }, 'csv', 'csv', 'csv'],
  [{ output: '.csv' }, 'json', 'json', 'json'],
  [{ output: 'folder.csv/x' }, 'json', 'json', 'json'],
]
for (const [args, own, onTerminal, inPipe] of choices) {
  choosing(`${JSON.stringify(args)}, own ${own}: ${onTerminal} on a terminal, ${inPipe} in a pipe`, () => {
    assert.is(plan(args, { own, isTTY: true }).format.name, onTerminal)
    assert.is(plan(args, { own, isTTY: false }).format.name, inPipe)
  })
}

const unwritable: readonly (readonly [args: OutputArgs, message: RegExp, advice: RegExp])[] = [
  [{ format: 'xml' }, /^unknown format "xml"\.$/, /csv, json, ndjson/],
  [{ format: 'tabel' }, /"tabel"\. Did you mean table\?$/, /csv/],
  [{ output: 'x.txt' }, /^cannot write a \.txt file\.$/, /\.csv, \.json, \.ndjson.*--format/],
  [{ output: 'x.table' }, /\.table/, /--format/],
  [{ output: 'x.csv.gz' }, /\.gz/, /--format/],
  [{ output: 'x.cvs' }, /\.cvs file\. Did you mean \.csv\?$/, /--format/],
]
for (const [args, message, advice] of unwritable) {
  choosing(`${JSON.stringify(args)}: exit code 2, with what there is`, () => {
    assert.throws(() => plan(args), isRefusal(message, advice))
  })
}

choosing('an ending names one format', () => {
  const endings = formats.flatMap(each => each.endings)
  assert.is(new Set(endings).size, endings.length)
  for (const { name } of formats) assert.is(formatNamed(name).name, name)
})
choosing.run()

const columns = suite('which columns')

const shown: readonly (readonly [args: OutputArgs, keys: string])[] = [
  [{}, 'time,name,tree'],
  [{ columns: 'name' }, 'name'],
  [{ columns: 'tree,time' }, 'tree,time'],
  [{ columns: ' tree , time ' }, 'tree,time'],
  [{ columns: 'weight,data' }, 'weight,data'],
  // By heading, in any case
  [{ columns: 'Tree GUID,name' }, 'tree,name'],
  [{ columns: 'TREE GUID,colour of skin' }, 'tree,colour'],
  // Added to the others
  [{ columns: '+data' }, 'time,name,tree,data'],
  [{ columns: '+colour,data' }, 'time,name,tree,colour,data'],
  [{ columns: '+colour,+data' }, 'time,name,tree,colour,data'],
  [{ columns: '+ Colour Of Skin' }, 'time,name,tree,colour'],
  [{ columns: '+name,data' }, 'time,name,tree,data'],
  [{ wide: true }, 'time,weight,tree'],
  [{ wide: true, columns: '+data' }, 'time,weight,tree,data'],
]
for (const [args, keys] of shown) {
  columns(`${JSON.stringify(args)}: ${keys}`, () => {
    for (const isTTY of [true, false]) {
      assert.is(
        plan(args, { isTTY })
          .columns.map(({ key }) => key)
          .join(),
        keys,
      )
    }
  })
}

const unknown: readonly (readonly [asked: string, message: RegExp])[] = [
  ['xyz', /^fruits has no column "xyz"\.$/],
  ['time,nmae', /"nmae"\. Did you mean name\?$/],
  ['+nope', /"\+?nope"/],
  ['constructor', /"constructor"/],
  ['', /empty/],
  ['+', /empty/],
  ['time,', /empty/],
  [',', /empty/],
]
for (const [asked, message] of unknown) {
  columns(`--columns ${JSON.stringify(asked)}: exit code 2, and which there are`, () => {
    assert.throws(
      () => plan({ columns: asked }),
      isRefusal(message, /time, name, tree, data, colour, weight/),
    )
  })
}

columns('--wide shows its own columns: others can only be added', () => {
  assert.throws(() => plan({ wide: true, columns: 'name' }), isRefusal(/--wide .*--columns/, /\+/))
})
columns.run()

const options = suite('options of the output')

options('what is given is in the plan', () => {
  const { header, excel, guard, timeZone } = plan({
    noHeader: true,
    excel: true,
    noGuard: true,
    tz: 'Europe/Berlin',
  })
  assert.equal([header, excel, guard, timeZone], [false, true, false, 'Europe/Berlin'])
  const defaults = plan()
  assert.equal(
    [defaults.header, defaults.excel, defaults.guard, defaults.timeZone],
    [true, false, true, 'UTC'],
  )
})

/** Options that only some formats obey. */
const bound: readonly (readonly [args: OutputArgs, formats: readonly Format['name'][]])[] = [
  [{ columns: 'time' }, ['table', 'csv']],
  [{ wide: true }, ['table', 'csv']],
  [{ noHeader: true }, ['table', 'csv']],
  [{ excel: true }, ['csv']],
  [{ noGuard: true }, ['csv']],
  [{ noTruncate: true }, ['table']],
  [{ limit: '3' }, ['table', 'csv', 'ndjson']],
  [{ reverse: true }, ['table', 'csv', 'ndjson']],
  [{ unredacted: true }, ['json', 'ndjson']],
  [{ unredacted: true, columns: 'data' }, ['table', 'csv']],
  [{ unredacted: true, columns: '+Data' }, ['table', 'csv']],
  // --tz also reads the dates of --since, and --names works everywhere.
  [{ tz: 'Europe/Berlin' }, ['table', 'csv', 'json', 'ndjson']],
  [{ names: true, strict: true }, ['table', 'csv', 'json', 'ndjson']],
]
for (const [args, obeyed] of bound) {
  const [name = ''] = Object.keys(args)
  const option = `--${name.replace(/[A-Z]/, letter => `-${letter.toLowerCase()}`)}`
  for (const format of ['table', 'csv', 'json', 'ndjson'] as const) {
    if (name === 'unredacted' && 'columns' in args && !obeyed.includes(format)) continue
    const works = obeyed.includes(format)
    options(`${JSON.stringify(args)} as ${format}: ${works ? 'works' : 'exit code 2'}`, () => {
      const decide = () => plan({ format, ...args })
      if (works) decide()
      else assert.throws(decide, isRefusal(new RegExp(`${option} has no effect on ${format}`), /--format/))
    })
  }
}

options('a format that nobody typed binds as well', () => {
  assert.throws(() => plan({ output: 'x.json', excel: true }), isRefusal(/--excel .*json/))
  assert.throws(() => plan({ excel: true }, { isTTY: true }), isRefusal(/--excel .*table/))
  assert.throws(() => plan({ columns: 'time' }, { own: 'json' }), isRefusal(/--columns .*json/))
})

options('a command that prints no rows takes none of them', () => {
  const given: readonly OutputArgs[] = [
    { output: 'x.csv' },
    { force: true },
    { columns: 'time' },
    { wide: true },
    { names: true },
    { noHeader: true },
    { noTruncate: true },
    { excel: true },
    { noGuard: true },
    { unredacted: true },
    { limit: '3' },
    { reverse: true },
    { strict: true },
  ]
  for (const args of given) {
    assert.throws(
      () => assertNoOutputOptions({ format: 'json', ...args }, '--explain', ['format']),
      isRefusal(/^--[a-z-]+ cannot be combined with --explain\.$/),
    )
  }
  assertNoOutputOptions({ format: 'json', excel: undefined }, '--explain', ['format'])
})

options('--limit takes a whole number from 1', () => {
  assert.is(limitOf({}), undefined)
  assert.is(limitOf({ limit: '12' }), 12)
  for (const limit of ['0', '-1', 'x', '', '1.5', '1e3', '9999999999999']) {
    assert.throws(() => limitOf({ limit }), isRefusal(/--limit/), limit)
  }
})
options.run()

const sinks = suite('where output goes')

function watched(isTTY: boolean) {
  const log: string[] = []
  const stdout = Object.assign(
    new Writable({
      write(chunk, _, done) {
        if (chunk.length > 0) log.push(String(chunk))
        done()
      },
    }),
    { isTTY },
  )
  const progress = { stop: () => log.push('progress is gone') }
  const context = { stdout, progress, signal: new AbortController().signal } as unknown as Context
  return { log, context }
}

sinks('progress is gone before rows that flow are shown', async () => {
  for (const isTTY of [true, false]) {
    const { log, context } = watched(isTTY)
    const sink = await openSink({}, formatNamed('ndjson'), context)
    await sink.write('')
    assert.equal(log, [])
    await sink.write('row\n')
    assert.equal(log, ['progress is gone', 'row\n'])
  }
})

sinks('progress is gone before rows that were held are shown', async () => {
  const { log, context } = watched(false)
  const sink = await openSink({}, formatNamed('csv'), context)
  await sink.write('row\n')
  assert.equal(log, [])
  await sink.commit()
  assert.equal(log, ['progress is gone', 'row\n'])
})

sinks('a pipe gets the exact bytes, a terminal no escape that a name holds', async () => {
  for (const [isTTY, expected] of [
    [false, '\u001b[2J\n'],
    [true, '␛[2J\n'],
  ] as const) {
    const { log, context } = watched(isTTY)
    const sink = await openSink({}, formatNamed('csv'), context)
    await sink.write('\u001b[2J\n')
    await sink.commit()
    assert.is(log.at(-1), expected)
  }
})

sinks('bytes that are no text are not for a terminal', async () => {
  const workbook = { ...formatNamed('csv'), isBinary: true }
  let error: unknown
  await openSink({}, workbook, watched(true).context).catch(reason => {
    error = reason
  })
  isRefusal(/terminal/, /-O/)(error)
  await openSink({}, workbook, watched(false).context)
})

sinks('a file is private, and --force needs one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cf-audit-output-'))
  try {
    const output = join(folder, 'x.csv')
    const { log, context } = watched(false)
    const sink = await openSink({ output }, formatNamed('csv'), context)
    await sink.write('row\n')
    await sink.commit()
    assert.equal(log, ['progress is gone'])
    assert.is(readFileSync(output, 'utf8'), 'row\n')
    assert.is(statSync(output).mode & 0o777, 0o600)
    for (const where of [undefined, '-']) {
      let error: unknown
      await openSink({ output: where, force: true }, formatNamed('csv'), context).catch(reason => {
        error = reason
      })
      isRefusal(/--force .*--output/)(error)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

for (const [bytes, size] of [
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [3_200_000_000, '3.2 GB'],
] as const) {
  sinks(`${bytes} bytes are ${size}`, () => {
    const { messages, said } = listen()
    logFile('x.csv', bytes, messages)
    for (const output of [undefined, '-']) logFile(output, bytes, messages)
    assert.equal(said, [`Wrote x.csv (${size}).`])
  })
}
sinks.run()
