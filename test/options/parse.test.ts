import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { assertSaneArguments, usageError } from '../../src/options/parse.ts'

const words = suite('what is wrong with a command line')

const cases: readonly (readonly [from: string, argv: readonly string[], message: RegExp, advice: RegExp])[] =
  [
    ['Unknown argument: colour', ['routes', '--colour'], /There is no option .*colour/, /--help/],
    ['Unknown argument: x', ['routes', '-x'], /There is no option .*x/, /--help/],
    [
      'Unknown arguments: foo, bar',
      ['routes', '--foo', '--bar'],
      /There is no option .*foo, .*bar/,
      /--help/,
    ],
    [
      'Unknown argument: foo',
      ['routes', '--foo=1'],
      /There is no option .*foo/,
      /begins with a dash: --org=-NAME/,
    ],
    [
      'Unknown arguments: $, (, x, )',
      ['routes', '-$(x)'],
      /There is no option -\$\(x\)\./,
      /begins with a dash: --org='-\$\(x\)'\./,
    ],
    ['Unknown argument: org', ['routes', 'my', 'org'], /What is org for\?/, /needs quotes/],
    ['Unknown arguments: a, b', ['routes', 'x', 'a', 'b'], /What is a, b for\?/, /needs quotes/],
    // A word may be part of an option that is right.
    ['Unknown argument: or', ['routes', 'my', 'or', '--format', 'csv'], /What is or for\?/, /needs quotes/],
    ['Unknown argument: c', ['routes', 'my', 'c', '--no-color'], /What is c for\?/, /needs quotes/],
    [
      'Invalid values:\n  Argument: format, Given: "xml", Choices: "csv", "json", "ndjson", "table"',
      ['routes', '-f', 'xml'],
      /^--format cannot be xml\.$/,
      /^It is one of csv, json, ndjson, table\.$/,
    ],
    [
      'Invalid values:\n  Argument: REPORT, Given: "x", Choices: "events", "routes"',
      ['format', 'x'],
      /^REPORT cannot be x\.$/,
      /^It is one of events, routes\.$/,
    ],
    [
      'Invalid values:\n  Argument: api, Given: "", Choices: "auto", "v2", "v3"',
      ['routes', '--api', ''],
      /^--api cannot be/,
      /auto, v2, v3/,
    ],
    [
      'Not enough arguments following: org',
      ['routes', '--org'],
      /^--org needs a value\.$/,
      /--org VALUE.*--org=-VALUE/,
    ],
    ['Not enough arguments following: f', ['routes', '-f'], /^-f needs a value\.$/, /-f VALUE/],
    ['Not enough non-option arguments: got 0, need at least 1', ['format'], /Something is missing/, /--help/],
    ['Which command?', [], /^Which command\?$/, /--help/],
    ['something new\n  on two lines', [], /^Something new on two lines$/, /--help/],
    ['', [], /^$/, /--help/],
  ]
for (const [from, argv, message, advice] of cases) {
  words(`${JSON.stringify(from)} of ${argv.join(' ')}`, () => {
    const error = usageError(from, argv)
    assert.instance(error, UsageError)
    assert.is(error.exitCode, 2)
    assert.match(error.message, message)
    assert.match(error.advice, advice)
    assert.not.match(error.message + error.advice, /\n/)
  })
}

const help = `cf-audit routes [ORG]

Scope:
  -o, --org       the org
      --all-orgs  every org

Time:
      --since  from

Output:
      --no-header  no headings
  -q, --quiet      less
      --color      colours (--no-color: none)
`
const commands = `Reports:
  routes [ORG]    which routes

What is said:
  -q, --quiet  less
      --color  colours (--no-color: none)
`
const guesses: readonly (readonly [from: string, argv: string, help: string, message: string])[] = [
  ['Unknown argument: rotues', 'rotues', commands, 'There is no command rotues. Did you mean routes?'],
  [
    'Unknown argument: servces',
    'servces -q',
    commands,
    'There is no command servces. Did you mean services?',
  ],
  ['Unknown argument: zzz', 'zzz', commands, 'There is no command zzz.'],
  ['Unknown argument: sinse', 'routes --sinse 7d', help, 'There is no option --sinse. Did you mean --since?'],
  ['Unknown argument: sinse', 'routes --sinse=7d', help, 'There is no option --sinse. Did you mean --since?'],
  [
    'Unknown arguments: ogr, foo',
    'routes --ogr x --foo',
    help,
    'There is no option --ogr, --foo. Did you mean --org?',
  ],
  [
    'Unknown argument: hader',
    'routes --no-hader',
    help,
    'There is no option --no-hader. Did you mean --no-header?',
  ],
  [
    'Unknown argument: colour',
    'routes --no-colour',
    help,
    'There is no option --no-colour. Did you mean --no-color?',
  ],
  ['Unknown argument: colour', 'routes --colour', help, 'There is no option --colour. Did you mean --color?'],
  ['Unknown argument: x', 'routes -x', help, 'There is no option -x.'],
  ['Which command?', '--quite routes', commands, 'There is no option --quite. Did you mean --quiet?'],
  ['Which command?', '--no-color', commands, 'Which command?'],
  ['Which command?', '--quiet', commands, 'Which command?'],
  [
    'Not enough non-option arguments: got 0, need at least 1',
    'format --no-hedder routes',
    help,
    'There is no option --no-hedder. Did you mean --no-header?',
  ],
  [
    'Not enough non-option arguments: got 0, need at least 1',
    'format --no-header',
    help,
    'Something is missing from the command line.',
  ],
  [
    'Invalid values:\n  Argument: format, Given: "tabel", Choices: "csv", "json", "ndjson", "table"',
    'routes -f tabel',
    help,
    '--format cannot be tabel. Did you mean table?',
  ],
  [
    'Invalid values:\n  Argument: api, Given: "3", Choices: "auto", "v2", "v3"',
    'routes --api 3',
    help,
    '--api cannot be 3. Did you mean v3?',
  ],
  [
    'Invalid values:\n  Argument: REPORT, Given: "rotues", Choices: "events", "routes"',
    'format rotues',
    help,
    'REPORT cannot be rotues. Did you mean routes?',
  ],
]
for (const [from, argv, text, message] of guesses) {
  words(`a guess at what was meant by ${argv}`, () => {
    const error = usageError(from, argv.split(' '), text)
    assert.is(error.message, message)
    assert.not.match(error.advice, /\n/)
  })
}

words('the way out for names with a dash is told where there is an --org', () => {
  assert.match(usageError('Unknown argument: x', ['routes', '-x'], help).advice, /--org=-NAME/)
  assert.not.match(usageError('Unknown argument: x', ['types', '-x'], commands).advice, /--org/)
})
words.run()

const nonsense = suite('what the parser lets pass')

const refused: readonly (readonly [args: Record<string, unknown>, message: RegExp])[] = [
  [{ _: [], format: ['a', 'b'], f: ['a', 'b'] }, /^--format is given 2 times\.$/],
  [{ _: [], org: [false], o: [false] }, /^There is no option --no-org\.$/],
  [{ _: [], output: false, O: false }, /^There is no option --no-output\.$/],
  [{ _: [], 'max-wait': [1, 2, 3], maxWait: [1, 2, 3] }, /^--max-wait is given 3 times\.$/],
  [{ _: [], quiet: [true, true], q: [true, true] }, /^--quiet is given 2 times\.$/],
  [{ _: [], timeout: Number.NaN }, /^--timeout takes a number/],
  [{ _: [], timeout: -1 }, /^--timeout takes a number/],
  [{ _: [], 'max-wait': Number.NaN, maxWait: Number.NaN }, /^--max-wait takes a number/],
]
for (const [args, message] of refused) {
  nonsense(JSON.stringify(args), () => {
    assert.throws(
      () => assertSaneArguments(args),
      (error: unknown) => error instanceof UsageError && message.test(error.message) && error.advice !== '',
    )
  })
}

for (const args of [
  {},
  { _: ['routes'], $0: 'cf-audit', org: 'x', o: 'x', timeout: 300, maxWait: 0, quiet: false, api: undefined },
  { _: ['routes', 'a'], '--': ['-x', '-y'] },
  { _: [], type: ['audit.user.*', 'app.crash'] },
  { _: ['types'], TEXT: ['space', 'developer'], 'T-e-x-t': ['space', 'developer'] },
  {
    _: [],
    org: ['a', 'b'],
    o: ['a', 'b'],
    space: ['c', 'd'],
    s: ['c', 'd'],
    actor: ['e', 'f'],
    target: ['g'],
  },
  { _: [], header: false, guard: false, color: false },
]) {
  nonsense(`${JSON.stringify(args)} is fine`, () => assertSaneArguments(args))
}
nonsense.run()
