import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { onOneLine, rangesAt } from '../../src/capi/json-ranges.ts'
import { createJsonSplitter, type Part } from '../../src/capi/json-splitter.ts'
import { Random } from '../foundation/random.ts'

type Mode = 'first' | 'documents'

/** The parts as text: records as they are, envelopes behind a `#`, documents behind an `@`, noise behind a `~`. */
const shown = (parts: readonly Part[]) =>
  parts.map(part => {
    if ('value' in part) {
      const json = 'record' in part ? part.record : part.document
      assert.equal(part.value, JSON.parse(json.toString('utf8')))
    }
    if ('record' in part) return part.record.toString('utf8')
    if ('envelope' in part) return `#${part.envelope}`
    return 'document' in part ? `@${part.document.toString('utf8')}` : `~${part.noise}`
  })

/** What is cut out of a text that arrives in these chunks. */
function cut(chunks: readonly Buffer[], mode: Mode): string[] {
  const splitter = createJsonSplitter(mode)
  const found: string[] = []
  // Shown at once: a part must not change when the next chunk arrives, nor need to.
  for (const chunk of chunks) found.push(...shown(splitter.push(chunk)))
  return [...found, ...shown(splitter.end())]
}

/** The text whole, byte by byte, and in every possible two chunks. */
function* cuts(text: string): Generator<[how: string, chunks: readonly Buffer[]]> {
  const bytes = Buffer.from(text)
  yield ['in one chunk', [bytes]]
  yield ['byte by byte', Array.from(bytes, byte => Buffer.from([byte]))]
  for (let at = 0; at <= bytes.length; at++) {
    yield [`split at ${at}`, [bytes.subarray(0, at), bytes.subarray(at)]]
  }
}

function assertCut(text: string, expected: readonly string[], mode: Mode): void {
  for (const [how, chunks] of cuts(text)) assert.equal(cut(chunks, mode), expected, how)
}

/** The parts that can be read only where nothing is wrong; noise is wrong, too. */
function assertReadable(parts: readonly string[]): void {
  for (const part of parts) {
    if (part.startsWith('~')) throw new SyntaxError(part)
    if (/^[#@]/.test(part)) JSON.parse(part.slice(1))
  }
}

function assertRefused(text: string): void {
  for (const [how, chunks] of cuts(text)) {
    assert.throws(
      () => assertReadable(cut(chunks, 'documents')),
      (error: unknown) => error instanceof SyntaxError,
      how,
    )
  }
}

const documents = suite('cutting documents')

const whole: readonly (readonly [what: string, text: string, pieces: readonly string[]])[] = [
  ['no records', '{"resources":[]}', ['#{"resources":[]}']],
  ['no records, with space', '{ "resources" : [ \n ] }', ['#{ "resources" : [] }']],
  ['one record', '{"resources":[{"a":1}]}', ['{"a":1}', '#{"resources":[]}']],
  [
    'records between counts',
    '{"total":2,"resources":[{"a":1},{"b":2}],"next":null}',
    ['{"a":1}', '{"b":2}', '#{"total":2,"resources":[],"next":null}'],
  ],
  [
    'indented as v6 of cf does',
    '\n{\n   "total_results": 2,\n   "resources": [\n      {\n         "a": 1\n      },\n      {\n         "b": []\n      }\n   ]\n}\n',
    [
      '{\n         "a": 1\n      }',
      '{\n         "b": []\n      }',
      '#{\n   "total_results": 2,\n   "resources": []\n}',
    ],
  ],
  [
    'CRLF and tabs',
    '{\r\n\t"resources"\r\n:\r\n[\t{}\r\n,\t{}\r\n]\r\n}\r\n',
    ['{}', '{}', '#{\r\n\t"resources"\r\n:\r\n[]\r\n}'],
  ],
  [
    'brackets, quotes and commas in strings',
    '{"resources":[{"a":"]}[{,\\"\\\\"},{"b":"\\\\\\""}],"x":"]\\"}"}',
    ['{"a":"]}[{,\\"\\\\"}', '{"b":"\\\\\\""}', '#{"resources":[],"x":"]\\"}"}'],
  ],
  [
    'resources deeper down',
    '{"a":{"resources":[1,2]},"resources":[{}]}',
    ['{}', '#{"a":{"resources":[1,2]},"resources":[]}'],
  ],
  [
    'resources inside a record',
    '{"resources":[{"resources":[{"x":1}]}]}',
    ['{"resources":[{"x":1}]}', '#{"resources":[]}'],
  ],
  ['resources inside an array', '[{"resources":[1]}]', ['#[{"resources":[1]}]']],
  ['resources as a string', '{"a":"resources","b":[1,2]}', ['#{"a":"resources","b":[1,2]}']],
  ['resources as an object', '{"resources":{"a":[1]}}', ['#{"resources":{"a":[1]}}']],
  ['resources as null', '{"resources":null,"a":[1]}', ['#{"resources":null,"a":[1]}']],
  ['resources as a number', '{"resources":1,"a":[2]}', ['#{"resources":1,"a":[2]}']],
  [
    'an array after the key of another',
    '{"resourcess":[1],"resource":[2],"Resources":[3]}',
    ['#{"resourcess":[1],"resource":[2],"Resources":[3]}'],
  ],
  [
    'an array behind the records',
    '{"resources":[1],"included":[{"x":1}]}',
    ['1', '#{"resources":[],"included":[{"x":1}]}'],
  ],
  [
    'records of any kind',
    '{"resources":[1,-2.5e3,"x","",null,true,[1,[2]],{}]}',
    ['1', '-2.5e3', '"x"', '""', 'null', 'true', '[1,[2]]', '{}', '#{"resources":[]}'],
  ],
  [
    'records of any kind, with space',
    '{"resources":[ 1 , "x" , null , [ 1 ] , { } ]}',
    ['1', '"x"', 'null', '[ 1 ]', '{ }', '#{"resources":[]}'],
  ],
  [
    'numbers beyond 2^53',
    '{"n":9007199254740993,"resources":[{"n":123456789012345678901234567890.10}]}',
    ['{"n":123456789012345678901234567890.10}', '#{"n":9007199254740993,"resources":[]}'],
  ],
  [
    'escapes that JSON.parse would undo',
    '{"resources":[{"\\u0061":"\\/\\u00e9\\ud800"}]}',
    ['{"\\u0061":"\\/\\u00e9\\ud800"}', '#{"resources":[]}'],
  ],
  [
    'characters of two, three and four bytes',
    '{"ü":"日","resources":[{"n":"ü日🚀"}],"z":"🚀"}',
    ['{"n":"ü日🚀"}', '#{"ü":"日","resources":[],"z":"🚀"}'],
  ],
  ['an error', '{"errors":[{"code":10000}]}', ['#{"errors":[{"code":10000}]}']],
  ['an empty object', '{}', ['#{}']],
  ['an empty array', '[]', ['#[]']],
  ['a string', '"x"', ['#"x"']],
  ['a string with a quote', '"x\\"y"', ['#"x\\"y"']],
  ['a number', '1', ['#1']],
  ['null', 'null', ['#null']],
  ['nothing', '', []],
  ['white space', ' \r\n\t', []],
]
for (const [what, text, pieces] of whole) documents(what, () => assertCut(text, pieces, 'first'))

const several: readonly (readonly [what: string, text: string, parts: readonly string[]])[] = [
  [
    'two pages',
    '{"resources":[{"a":1}]}{"resources":[{"b":1}]}',
    ['{"a":1}', '#{"resources":[]}', '{"b":1}', '#{"resources":[]}'],
  ],
  [
    'pages and a document on lines',
    '{"resources":[1]}\n{"a":1}\n\n{"resources":[2]}\r\n',
    ['1', '#{"resources":[]}', '@{"a":1}', '2', '#{"resources":[]}'],
  ],
  [
    'a page whose last key is an array of records',
    '{"resources":[]}{"resources":[7]}',
    ['#{"resources":[]}', '7', '#{"resources":[]}'],
  ],
  ['elements of an array', '[{"a":1},{"b":[{}]}]', ['@{"a":1}', '@{"b":[{}]}']],
  ['elements of an indented array', '[\n  {\n    "a": 1\n  } ,\r\n {}\n]\n', ['@{\n    "a": 1\n  }', '@{}']],
  ['elements that are no objects', '[1,"x",null,-2.5e3,true]', ['@1', '@"x"', '@null', '@-2.5e3', '@true']],
  [
    'pages in an array',
    '[{"resources":[1,2]},{"resources":[3]}]',
    ['1', '2', '#{"resources":[]}', '3', '#{"resources":[]}'],
  ],
  ['arrays of arrays', '[[{"a":1}],[[{"b":2},{}]]]', ['@{"a":1}', '@{"b":2}', '@{}']],
  ['an empty array', '[ ]', ['@[]']],
  ['empty arrays in an array', '[[],[{}],[]]', ['@[]', '@{}', '@[]']],
  [
    'an array behind a page behind an array',
    '[{}]{"resources":[{}]}[{"a":1}]',
    ['@{}', '{}', '#{"resources":[]}', '@{"a":1}'],
  ],
  [
    'an array as an element of a list of records',
    '{"resources":[[{}],[]]}',
    ['[{}]', '[]', '#{"resources":[]}'],
  ],
  [
    'a key that only looks like it',
    '{"resource":[1],"resourcess":[2],"Resources":[3]}',
    ['@{"resource":[1],"resourcess":[2],"Resources":[3]}'],
  ],
  ['the key as a value', '{"a":"resources","b":[1]}', ['@{"a":"resources","b":[1]}']],
  [
    'a list that is none',
    '{"resources":{"a":[1]}} {"resources":null}',
    ['@{"resources":{"a":[1]}}', '@{"resources":null}'],
  ],
  [
    'objects that hold what stands between them',
    '[{"guid":1},{"guid":2},{"guid":[{"b":{}},{"guid":3}]},{"guid":"},{\\"guid\\":"},{"guid":{"c":{}}},{"guid":4}]',
    [
      '@{"guid":1}',
      '@{"guid":2}',
      '@{"guid":[{"b":{}},{"guid":3}]}',
      '@{"guid":"},{\\"guid\\":"}',
      '@{"guid":{"c":{}}}',
      '@{"guid":4}',
    ],
  ],
  [
    'pages that look like the events before them',
    '{"guid":1}\n{"guid":2}\n{"guid":3,"resources":[{"guid":4},{"guid":5},{"guid":6}]}\n{"guid":7}\n',
    [
      '@{"guid":1}',
      '@{"guid":2}',
      '{"guid":4}',
      '{"guid":5}',
      '{"guid":6}',
      '#{"guid":3,"resources":[]}',
      '@{"guid":7}',
    ],
  ],
  ['byte-order marks', '\ufeff{"a":1}\ufeff\n\ufeff[{}]\ufeff', ['@{"a":1}', '@{}']],
  ['a byte-order mark alone', '\ufeff', []],
  ['record separators', '\u001e{"a":1}\n\u001e{"b":1}\n', ['@{"a":1}', '@{"b":1}']],
  [
    'lines of noise',
    'HTTP/1.1 200 OK\r\nDate: x\r\n\r\n{"a":1}\nFAILED\nbye',
    ['~HTTP/1.1 200 OK\r', '~Date: x\r', '@{"a":1}', '~FAILED', '~bye'],
  ],
  [
    'noise behind a document on its line',
    '{"a":1} warning {"b":2}\n{}',
    ['@{"a":1}', '~warning {"b":2}', '@{}'],
  ],
  ['characters of several bytes in noise', 'ü日🚀\n{}\n日', ['~ü日🚀', '@{}', '~日']],
  ['other values on lines of their own', '"x"\n1\nnull', ['~"x"', '~1', '~null']],
  ['a quarter of a byte-order mark', '\ufefe{}', ['~\ufefe{}']],
]
for (const [what, text, parts] of several) {
  documents(`several: ${what}`, () => assertCut(text, parts, 'documents'))
}

documents('only the first: what follows it is ignored', () => {
  const warnings = '{"resources":[{"a":1}],"n":1}\nFirst warn, one {"x":["\nSecond'
  assertCut(warnings, ['{"a":1}', '#{"resources":[],"n":1}'], 'first')
  assertCut('{"a":1}{"resources":[1]}', ['#{"a":1}'], 'first')
})

documents('only the first, of an empty text', () => assertCut(' \n', [], 'first'))

documents('a key twice, and a string that looks like the key', () => {
  assertCut('{"resources":[1],"resources":[2]}', ['1', '2', '#{"resources":[],"resources":[]}'], 'first')
  assertCut(
    '{"x":"resources","y":{"resources":"z"},"resources":[2]}',
    ['2', '#{"x":"resources","y":{"resources":"z"},"resources":[]}'],
    'first',
  )
})

documents('a key behind an array of the same depth', () => {
  assertCut(
    '{"a":[1,2],"b":["resources"],"resources":[3]}',
    ['3', '#{"a":[1,2],"b":["resources"],"resources":[]}'],
    'first',
  )
})

documents('what was handed on stays as it was', () => {
  const splitter = createJsonSplitter('documents')
  const bytes = Buffer.from('{"resources":[{"a":"one"},{"b":"two"},{"c":"three"}]}')
  const pieces: Part[] = []
  for (let at = 0; at < bytes.length; at += 10)
    pieces.push(...splitter.push(Buffer.from(bytes.subarray(at, at + 10))))
  pieces.push(...splitter.end())
  assert.equal(shown(pieces), ['{"a":"one"}', '{"b":"two"}', '{"c":"three"}', '#{"resources":[]}'])
})

documents('values that are much longer than a chunk', () => {
  const long = 'x'.repeat(1000)
  const text = `[{"a":"${long}"},{"b":"${long}${long}"}]{"n":"${long}","resources":["${long}",{"c":"${long}"}]}`
  const bytes = Buffer.from(text)
  const expected = cut([bytes], 'documents')
  assert.is(expected.length, 5)
  for (const size of [1, 7, 100, 999, 1000, 1001]) {
    const parts: Part[] = []
    const splitter = createJsonSplitter('documents')
    for (let at = 0; at < bytes.length; at += size)
      parts.push(...splitter.push(bytes.subarray(at, at + size)))
    // Shown in the end: what was given out must not be written over.
    assert.equal(shown([...parts, ...splitter.end()]), expected, `${size}`)
  }
})

documents('the line of each part', () => {
  const text = '\n{"a":\n1}\nnoise\n\n[{},\n\n{}]\n{"resources":[\n1,\n{\n}]}'
  for (const [how, chunks] of cuts(text)) {
    const splitter = createJsonSplitter('documents')
    const found: number[] = []
    const add = (parts: readonly Part[]) => {
      for (const part of parts) found.push('line' in part ? part.line : splitter.line(part.at))
    }
    for (const chunk of chunks) add(splitter.push(chunk))
    add(splitter.end())
    assert.equal(found, [2, 4, 6, 8, 10, 11, 9], how)
  }
})

documents('the line of an error', () => {
  const lines = (count: number) => '{"a":1}\n'.repeat(count)
  for (const [text, line] of [
    ['{"a":1}\n\n{"b":"x\\', 3],
    ['\n[{},\n{} {}]', 3],
    ['\n\n{"resources":[1,\n2,\n]}', 5],
    ['{"resources":[{"a":1},\n\n{"b":', 3],
    ['[{}\n,\n', 3],
    [`${lines(1000)}[,]`, 1001],
    [`${lines(300)}{"resources":[\n{"a":"${'x'.repeat(3000)}"},\n{"b`, 303],
  ] as const) {
    for (const size of [1, 10, 100, 1_000_000]) {
      const splitter = createJsonSplitter('documents')
      const bytes = Buffer.from(text)
      assert.throws(
        () => {
          for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
          splitter.end()
        },
        (error: unknown) => error instanceof SyntaxError,
      )
      assert.is(splitter.line(), line, `${text.slice(-40)} by ${size}`)
    }
  }
})
documents.run()

const broken = suite('text that is no JSON')

for (const text of [
  '{',
  '{"resources":[',
  '{"resources":[{"a":1}',
  '{"resources":[{"a":1},',
  '{"resources":[{"a":1}]',
  '{"resources":[{"a":"x',
  '{"resources":["x\\',
  '{"resources":[1',
  '{"resources":[1 ',
  '{"a',
  '"x',
  '[1',
  '{"resources":[{"a":1}{"b":2}]}',
  '{"resources":[1 2]}',
  '{"resources":["a""b"]}',
  '{"resources":[{}"b"]}',
  '{"resources":[,1]}',
  '{"resources":[1,]}',
  '{"resources":[1,,2]}',
  '{"resources":[,]}',
  '{"resources":[1}',
  '{"resources":[1,}',
  '{"resources":[}',
  '{"resources":[1]]',
  '}',
  ']',
  '{]',
  '[}',
  '{"a":1}}',
  '{} ]',
  '{},{}',
  '1,2',
  '1]',
  'V2 endpoints disabled',
  '<html><body>404</body></html>',
  '{"resources":[1]}x',
  '{"resources":[1]},',
  '{"a" 1}',
  '{"resources" [1]}',
  '{"resources":[1] "b":2}',
  'HTTP/1.1 200 OK\r\n\r\n{}',
]) {
  broken(JSON.stringify(text), () => assertRefused(text))
}

broken('a record that is no JSON is for whoever parses it', () => {
  assert.equal(cut([Buffer.from('{"resources":[{"a":},tru]}')], 'documents'), [
    '{"a":}',
    'tru',
    '#{"resources":[]}',
  ])
})
broken.run()

// --- Generated documents ----------------------------------------------------------------------------------------

const seed = Number(process.env.SEED ?? 1809)

const words = [
  'resources',
  'a',
  '',
  '"',
  '\\',
  ']',
  '[',
  '{',
  '}',
  ',',
  ':',
  '\n',
  ' ',
  'é',
  '🚀',
  '\u0000',
  '\u2028',
  'x'.repeat(40),
]

// After a key with a backslash, JSON.parse of Node.js 24 takes others with escapes for it (nodejs/node#63785).
JSON.parse('{"h":0,"\\\\":0}')
const misreadsKeys = Object.keys(JSON.parse('{"h":0,"\\"":0}'))[1] !== '"'
const keyParts = words.filter(word => !misreadsKeys || word !== '\\')

function anything(random: Random, depth: number): unknown {
  const word = (of = words) => Array.from({ length: random.below(3) }, () => random.pick(of)).join('')
  switch (random.below(depth > 4 ? 4 : 8)) {
    case 0:
      return word()
    case 1:
      return random.pick([null, true, false])
    case 2:
      return random.pick([0, 1, -1, 1.5, 1e21, 1e-7, 2 ** 53])
    case 3:
      return word()
    case 4:
    case 5:
      return Array.from({ length: random.below(4) }, () => anything(random, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [word(keyParts), anything(random, depth + 1)]),
      )
  }
}

function envelope(random: Random): Record<string, unknown> {
  const parts: [string, unknown][] = Array.from({ length: random.below(4) }, () => [
    random.pick(keyParts.slice(1)),
    anything(random, 1),
  ])
  const records = Array.from({ length: random.below(5) }, () => anything(random, 1))
  parts.splice(random.below(parts.length + 1), 0, ['resources', records])
  return Object.fromEntries(parts)
}

/** JSON text with white space anywhere. */
function spaced(value: unknown, random: Random): string {
  return JSON.stringify(value, null, random.pick(['', ' ', '\t', '   '])).replaceAll('\n', () =>
    random.pick(['\n', '\r\n', '\n\n']),
  )
}

function chunks(bytes: Buffer, random: Random): Buffer[] {
  const parts: Buffer[] = []
  const most = random.pick([1, 3, 20, 1000])
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(most)
    parts.push(Buffer.from(bytes.subarray(at, at + length)))
    at += length
  }
  return parts
}

const generated = suite('generated documents, against JSON.parse')

generated('records and envelope hold what JSON.parse finds', () => {
  const random = new Random(seed)
  for (let round = 0; round < 3000; round++) {
    const values = Array.from({ length: random.below(4) }, () => envelope(random))
    const text = values.map(value => spaced(value, random)).join(random.pick(['', '\n', ' \n']))
    const pieces = cut(chunks(Buffer.from(text), random), 'documents')
    const expected = values.flatMap(value => [
      ...(value.resources as unknown[]).map(record => ({ record })),
      { envelope: { ...value, resources: [] } },
    ])
    const found = pieces.map(piece =>
      piece.startsWith('#') ? { envelope: JSON.parse(piece.slice(1)) } : { record: JSON.parse(piece) },
    )
    assert.equal(found, expected, `SEED=${seed}, round ${round}: ${text}`)
    // Every record is a part of the text, byte for byte.
    for (const piece of pieces) if (!piece.startsWith('#')) assert.ok(text.includes(piece))
  }
})

generated('text that is cut off or spoilt never passes for whole', () => {
  const random = new Random(seed + 1)
  for (let round = 0; round < 3000; round++) {
    const text = spaced(envelope(random), random)
    const at = random.below(text.length)
    const spoilt = random.pick([
      text.slice(0, at),
      text.slice(0, at) + random.pick(['"', '{', '}', '[', ']', ',', ':', 'x', '\\']) + text.slice(at),
      text.slice(0, at) + text.slice(at + 1),
    ])
    let valid = true
    try {
      JSON.parse(spoilt)
    } catch {
      valid = false
    }
    if (valid) continue
    const note = `SEED=${seed}, round ${round}: ${JSON.stringify(spoilt)}`
    let pieces: string[] = []
    try {
      pieces = cut(chunks(Buffer.from(spoilt), random), 'documents')
      for (const piece of pieces) {
        if (piece.startsWith('~')) throw new SyntaxError(piece)
        JSON.parse(/^[#@]/.test(piece) ? piece.slice(1) : piece)
      }
    } catch (error) {
      assert.instance(error, SyntaxError, note)
      continue
    }
    // What is not one document may still be several, or none.
    assert.ok(isSeveral(spoilt), note)
  }
})

/** Whether a text is any number of JSON values behind one another. */
function isSeveral(text: string): boolean {
  const reachable = new Set([0])
  for (let from = 0; from < text.length; from++) {
    if (!reachable.has(from)) continue
    for (let to = from + 1; to <= text.length; to++) {
      const part = text.slice(from, to)
      if (part.trim() === '') reachable.add(to)
      else if (/[}\]"\w]\s*$/.test(part)) {
        try {
          JSON.parse(part)
          reachable.add(to)
        } catch {
          // Not a value; perhaps a longer part is.
        }
      }
    }
  }
  return reachable.has(text.length)
}
generated.run()

// --- spansAt ----------------------------------------------------------------------------------------------------

const spans = suite('the place of a value')

const places: readonly (readonly [text: string, path: readonly string[], values: readonly string[]])[] = [
  ['{"a":1}', ['a'], ['1']],
  ['{"a":1}', ['b'], []],
  ['{"a":1}', [], ['{"a":1}']],
  ['{"a":{"b":{"c":"x"}}}', ['a', 'b', 'c'], ['"x"']],
  ['{"a":{"b":{"c":"x"}}}', ['a', 'b'], ['{"c":"x"}']],
  ['{"b":1,"a":{"b":2},"c":3}', ['a', 'b'], ['2']],
  ['{"a":1,"a":2}', ['a'], ['1', '2']],
  ['{"a":{"b":1},"a":{"b":2}}', ['a', 'b'], ['1', '2']],
  ['{"a":{"b":1,"b":[2]},"a":3}', ['a', 'b'], ['1', '[2]']],
  ['{"\\u0061":1}', ['a'], ['1']],
  ['{"a\\"b":1}', ['a"b'], ['1']],
  ['{"a\\\\":1,"b":2}', ['b'], ['2']],
  ['{"ü":"🚀","x":"é"}', ['x'], ['"é"']],
  ['{ "a" : { "b" : [ 1 , 2 ] } , "c" : null }', ['a', 'b'], ['[ 1 , 2 ]']],
  ['{ "a" : { "b" : [ 1 , 2 ] } , "c" : null }', ['c'], ['null']],
  ['{\n   "a": -1.5e10,\r\n\t"b": true\n}', ['a'], ['-1.5e10']],
  ['{\n   "a": -1.5e10,\r\n\t"b": true\n}', ['b'], ['true']],
  ['{"a":"}{][,:\\"\\\\","b":2}', ['a'], ['"}{][,:\\"\\\\"']],
  ['{"a":"}{][,:\\"\\\\","b":2}', ['b'], ['2']],
  ['{"x":"a","y":{"a":1}}', ['a'], []],
  ['{"a":[{"b":1}]}', ['a', 'b'], []],
  ['{"a":null}', ['a', 'b'], []],
  ['{"a":"b"}', ['a', 'b'], []],
  ['{"a":1}', ['a', 'b'], []],
  ['{"a":{}}', ['a', 'b'], []],
  ['{"a":{}}', ['a'], ['{}']],
  ['{}', ['a'], []],
  ['{"":{"":1}}', ['', ''], ['1']],
  ['{"a":12345678901234567890}', ['a'], ['12345678901234567890']],
  [' {"a":1}', ['a'], ['1']],
  ['[{"a":1}]', ['a'], []],
  ['"a"', ['a'], []],
]
for (const [text, path, values] of places) {
  spans(`${path.join('.')} in ${text}`, () => {
    const bytes = Buffer.from(text)
    assert.equal(
      rangesAt(bytes, path).map(span => bytes.toString('utf8', ...span)),
      values,
    )
  })
}

spans('of generated objects, where JSON.parse finds it', () => {
  const random = new Random(seed + 2)
  for (let round = 0; round < 2000; round++) {
    const value = {
      first: anything(random, 0),
      a: { b: anything(random, 0), c: 1 },
      last: anything(random, 0),
    }
    const text = Buffer.from(spaced(value, random))
    for (const path of [['first'], ['a'], ['a', 'b'], ['last']]) {
      const found = rangesAt(text, path)
      assert.is(found.length, 1, `SEED=${seed}, round ${round}`)
      const expected = path.reduce<unknown>((step, key) => (step as Record<string, unknown>)[key], value)
      assert.equal(JSON.parse(text.toString('utf8', ...found[0]!)), expected, `SEED=${seed}, round ${round}`)
    }
  }
})
spans.run()

// --- onOneLine --------------------------------------------------------------------------------------------------

const lines = suite('a record on one line')

const onLines: readonly (readonly [text: string, line: string])[] = [
  ['{"a":1}', '{"a":1}'],
  ['{ "a" : 1 }', '{ "a" : 1 }'], // no line break: the bytes as they came
  ['{\n   "a": 1,\n   "b": [\n      1,\n      2\n   ]\n}', '{"a":1,"b":[1,2]}'],
  ['{\r\n\t"a": "x  y",\r\n\t"b": "\\"  z"\r\n}', '{"a":"x  y","b":"\\"  z"}'],
  ['{\n"a": "\\\\", "b": " "}', '{"a":"\\\\","b":" "}'],
  ['{\n"a": "\\\\\\" x", "b": " "}', '{"a":"\\\\\\" x","b":" "}'],
  ['{\n"a": "line\\nbreak \\u000a"}', '{"a":"line\\nbreak \\u000a"}'],
  ['{\n"é ü": "🚀 x"}', '{"é ü":"🚀 x"}'],
  ['{\r}', '{}'],
  ['[\n]', '[]'],
  ['{\n"n": 12345678901234567890.10}', '{"n":12345678901234567890.10}'],
  ['{\n"a": "\u2028"}', '{"a":"\u2028"}'],
]
for (const [text, line] of onLines) {
  lines(JSON.stringify(text), () => assert.is(onOneLine(Buffer.from(text)).toString('utf8'), line))
}

lines('generated: the same value, no line break', () => {
  const random = new Random(seed + 3)
  for (let round = 0; round < 2000; round++) {
    const value = anything(random, 0)
    const line = onOneLine(Buffer.from(spaced(value, random))).toString('utf8')
    assert.not.match(line, /[\r\n]/, `SEED=${seed}, round ${round}`)
    assert.equal(JSON.parse(line), value, `SEED=${seed}, round ${round}`)
  }
})
lines.run()
