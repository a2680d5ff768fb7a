import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../src/context.ts'
import { documentedFormat } from '../../src/reports/as-documented.ts'
import type { Column } from '../../src/reports/columns.ts'
import {
  type Format,
  formatNamed,
  formats,
  type OutputPlan,
  type Source,
  tableStyle,
} from '../../src/reports/formats.ts'
import { listen } from '../messages.ts'

interface Row {
  readonly time: string
  readonly name: string
  /** As Cloud Foundry wrote it. */
  readonly record?: string
}

const columns: readonly Column<Row>[] = [
  { key: 'time', heading: 'Picked At', kind: 'time', cell: ({ time }) => time },
  { key: 'name', heading: 'Name', kind: 'text', cell: ({ name }) => name },
]

const source: Source<Row> = {
  name: 'fruits',
  head: '{"resources":[',
  record: ({ name, record }) => Buffer.from(record ?? JSON.stringify({ name })),
  tail: written => `],"n":${written}}`,
}

const plan = (format: Format, more: Partial<OutputPlan<Row>> = {}): OutputPlan<Row> => ({
  format,
  columns,
  header: true,
  isChosen: false,
  excel: false,
  guard: true,
  timeZone: 'UTC',
  style: { isTerminal: false },
  ...more,
})

/** What a format writes of some pages of rows, and what it says about them. */
async function written(
  format: Format,
  pages: readonly (readonly Row[])[],
  more: Partial<OutputPlan<Row>> = {},
  from: Source<Row> = source,
): Promise<{ text: string; said: string[] }> {
  const chunks: Buffer[] = []
  const writer = await format.open(plan(format, more), from, async chunk => {
    chunks.push(Buffer.from(chunk))
  })
  for (const page of pages) await writer.write(page)
  await writer.end()
  const { messages, said } = listen()
  writer.logWarnings(messages)
  return { text: Buffer.concat(chunks).toString('utf8'), said }
}

const apple = { time: '2026-11-01T12:00:00Z', name: 'apple' }
const pear = { time: '2026-11-01T13:00:00Z', name: '=pear' }

const registry = suite('the formats')

registry('each has a name, endings of its own, and words for the help', () => {
  for (const { name, endings, summary } of formats) {
    assert.is(formatNamed(name).name, name)
    assert.ok(summary !== '')
    const same = formats.filter(each => each.endings.some(ending => endings.includes(ending)))
    assert.equal(
      same.map(each => each.name),
      endings.length === 0 ? [] : [name],
    )
  }
})

registry('rows that a failure could still make wrong wait: ndjson alone streams', () => {
  assert.equal(
    formats.filter(({ streams }) => streams).map(({ name }) => name),
    ['ndjson'],
  )
})
registry.run()

const csv = suite('csv')
const csvFormat = formatNamed('csv')

csv('a heading once, then rows; without rows the heading alone', async () => {
  const { text, said } = await written(csvFormat, [[apple], [], [apple]])
  assert.is(text, 'Picked At,Name\n2026-11-01T12:00:00Z,apple\n2026-11-01T12:00:00Z,apple\n')
  assert.equal(said, [])
  assert.is((await written(csvFormat, [])).text, 'Picked At,Name\n')
  assert.is((await written(csvFormat, [], { header: false })).text, '')
})

csv('times in the zone that was asked for, with their offset', async () => {
  const { text } = await written(csvFormat, [[apple]], { timeZone: 'America/New_York', header: false })
  assert.is(text, '2026-11-01T07:00:00-05:00,apple\n')
})

csv('cells that look like formulas are escaped, counted and named', async () => {
  const { text, said } = await written(csvFormat, [[apple, pear]], { header: false })
  assert.match(text, /,'=pear\n$/)
  assert.is(said.length, 1)
  assert.match(said[0]!, /1 cell .*--no-guard/)
  const whole = await written(csvFormat, [[pear]], { header: false, guard: false })
  assert.match(whole.text, /,=pear\n$/)
  assert.equal(whole.said, [])
})

csv('for Excel', async () => {
  const { text } = await written(csvFormat, [[apple]], { excel: true })
  assert.is(text, '\ufeffPicked At,Name\r\n2026-11-01T12:00:00Z,apple\r\n')
})
csv.run()

const json = suite('json')
const jsonFormat = formatNamed('json')

json('one envelope around the records of all pages, one a line', async () => {
  const { text } = await written(jsonFormat, [[apple], [], [apple, pear]])
  assert.is(text, '{"resources":[\n{"name":"apple"},\n{"name":"apple"},\n{"name":"=pear"}\n],"n":3}\n')
})

json('of nothing', async () => {
  for (const pages of [[], [[]]]) {
    assert.is((await written(jsonFormat, pages)).text, '{"resources":[],"n":0}\n')
  }
})

json('keeps the bytes of a record', async () => {
  const records = ['{ "n": 9007199254740993,\n   "u": "\\u00e9\\/\\ud800" }', '{"ü":"🚀"}']
  const { text } = await written(jsonFormat, [records.map(record => ({ ...apple, record }))])
  for (const record of records) assert.ok(text.includes(record))
})

json('has no place for times in a zone, and none for formulas', async () => {
  const { text, said } = await written(jsonFormat, [[pear]], { timeZone: 'America/New_York' })
  assert.match(text, '"=pear"')
  assert.equal(said, [])
})
json.run()

const ndjson = suite('ndjson')
const ndjsonFormat = formatNamed('ndjson')

ndjson('a record a line, also one that cf v7 has indented', async () => {
  const indented = { ...apple, record: '{\n   "a b": 1\n}\n' }
  assert.is((await written(ndjsonFormat, [[indented], [pear]])).text, '{"a b":1}\n{"name":"=pear"}\n')
})

ndjson('with more in a line than the record, and more after the last, where there is more', async () => {
  const { text } = await written(
    ndjsonFormat,
    [[apple]],
    {},
    {
      ...source,
      line: ({ name }) => Buffer.from(JSON.stringify({ name, tree: 7 })),
      lastLine: () => '{"names":{}}',
    },
  )
  assert.is(text, '{"name":"apple","tree":7}\n{"names":{}}\n')
  assert.is(
    (await written(ndjsonFormat, [[apple]], {}, { ...source, lastLine: () => '' })).text,
    '{"name":"apple"}\n',
  )
})

ndjson('of nothing is nothing', async () => {
  assert.is((await written(ndjsonFormat, [[]])).text, '')
})
ndjson.run()

const table = suite('table')
const tableFormat = formatNamed('table')

table('all rows at the end, under their headings', async () => {
  let early = ''
  const writer = await tableFormat.open(plan(tableFormat), source, async chunk => {
    early += chunk
  })
  await writer.write([apple])
  await writer.write([pear])
  assert.is(early, '')
  await writer.end()
  assert.match(early, /Name\n[\s\S]*apple\n[\s\S]*=pear\n$/)
  const { text } = await written(tableFormat, [[apple]], { header: false })
  assert.not.match(text, /Name|Picked/)
})

table('what rows of a group share is shown once to a person, and in every row to a program', async () => {
  const grouped: Source<Row> = { ...source, groups: { keys: ['name'], of: ({ name }) => name } }
  const count = async (isTerminal: boolean) => {
    const { text } = await written(
      tableFormat,
      [[apple], [apple, pear, apple]],
      { style: { isTerminal } },
      grouped,
    )
    return text.split('apple').length - 1
  }
  assert.is(await count(true), 2)
  assert.is(await count(false), 3)
})
table.run()

const documented = suite('the documented recipe')

documented('is csv of its own; JSON is written as ever', () => {
  assert.is.not(documentedFormat(csvFormat, []), csvFormat)
  assert.is(documentedFormat(jsonFormat, []), jsonFormat)
})
documented.run()

const style = suite('the place of a table')

const place = (stdout: object, color?: boolean) =>
  ({ stdout: { isTTY: true, columns: 80, ...stdout }, env: {}, color }) as unknown as Context

style('a terminal has a width; a file and a pipe are as wide as they need to be', () => {
  const width = (args: Parameters<typeof tableStyle>[0], stdout: object) =>
    tableStyle(args, place(stdout)).width
  assert.is(width({}, {}), 80)
  assert.is(width({ output: '-' }, {}), 80)
  assert.is(width({ noTruncate: true }, {}), undefined)
  assert.is(width({ output: 'x.txt' }, {}), undefined)
  assert.is(width({}, { isTTY: false }), undefined)
  assert.is(width({}, { columns: 0 }), undefined)
})

style('a file is never colored', () => {
  assert.is(tableStyle({ output: 'x.txt' }, place({}, true)).paint, undefined)
  const { paint } = tableStyle({}, place({ isTTY: false }, true))
  assert.is.not(paint?.('type', 'audit.app.delete-request', 'x'), 'x')
  assert.is(tableStyle({}, place({}, false)).paint?.('type', 'audit.app.delete-request', 'x'), 'x')
})
style.run()
