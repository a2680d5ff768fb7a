import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import {
  assertCompatibleWithExplain,
  assertForceHasFile,
  type OutputArgs,
  planOutput,
} from '../../src/options/output.ts'
import { reportNamed } from '../../src/reports/catalog.ts'
import { type Format, formats } from '../../src/reports/formats.ts'

const none: OutputArgs = {
  format: undefined,
  output: undefined,
  columns: undefined,
  header: true,
  excel: false,
  guard: true,
  asDocumented: false,
  unredacted: false,
}

const decide = (name: string, args: Partial<OutputArgs> = {}, toTerminal = false) =>
  planOutput(reportNamed(name), { ...none, ...args }, toTerminal)

function refusal(name: string, args: Partial<OutputArgs>, toTerminal = false): UsageError {
  try {
    decide(name, args, toTerminal)
  } catch (error) {
    assert.instance(error, UsageError)
    return error as UsageError
  }
  return assert.unreachable(`${name} ${JSON.stringify(args)} was not refused`) as never
}

// --- The format -------------------------------------------------------------------------------------------------

const choosing = suite('which format')

const choices: readonly (readonly [
  name: string,
  args: Partial<OutputArgs>,
  toTerminal: boolean,
  format: Format,
])[] = [
  // the report's own
  ['events', {}, false, 'json'],
  ['user-access', {}, false, 'csv'],
  ['routes', {}, false, 'csv'],
  ['service-instances', {}, false, 'csv'],
  ['service-bindings', {}, false, 'csv'],
  ['services', {}, false, 'json'],
  // a table on a terminal
  ['events', {}, true, 'table'],
  ['user-access', {}, true, 'table'],
  ['user-access', { output: '-' }, true, 'table'],
  ['user-access', { output: '-' }, false, 'csv'],
  // the ending of the file
  ['user-access', { output: 'x.csv' }, false, 'csv'],
  ['user-access', { output: 'x.json' }, false, 'json'],
  ['user-access', { output: 'x.ndjson' }, true, 'ndjson'],
  ['events', { output: 'dir.json/x.csv' }, true, 'csv'],
  ['events', { output: 'X.CSV' }, false, 'csv'],
  ['events', { output: 'x.Json' }, true, 'json'],
  // no ending that says something: the report's own, for a file is no terminal
  ['user-access', { output: 'x.txt' }, true, 'csv'],
  ['user-access', { output: 'x' }, true, 'csv'],
  ['user-access', { output: '.csv' }, true, 'csv'],
  ['events', { output: '.csv' }, true, 'json'],
  ['events', { output: 'x.table' }, true, 'json'],
  ['events', { output: 'x.csv.gz' }, false, 'json'],
  // the page's own
  ['user-access', { asDocumented: true }, true, 'csv'],
  ['events', { asDocumented: true }, true, 'json'],
  ['services', { asDocumented: true }, false, 'json'],
  ['user-access', { asDocumented: true, output: 'x.json' }, false, 'csv'],
  ['user-access', { asDocumented: true, format: 'json' }, true, 'json'],
  // --format before all
  ['user-access', { format: 'json', output: 'x.csv' }, true, 'json'],
  ['user-access', { format: 'table', output: 'x.csv' }, false, 'table'],
  ['events', { format: 'csv' }, true, 'csv'],
  ['services', { format: 'ndjson' }, true, 'ndjson'],
]
for (const [name, args, toTerminal, format] of choices) {
  choosing(
    `${name} ${JSON.stringify(args)} ${toTerminal ? 'on a terminal' : 'into a pipe'}: ${format}`,
    () => {
      assert.is(decide(name, args, toTerminal).format, format)
    },
  )
}

choosing('there are four', () => assert.equal([...formats], ['csv', 'json', 'ndjson', 'table']))
choosing.run()

// --- The columns ------------------------------------------------------------------------------------------------

const columns = suite('which columns')

const shown: readonly (readonly [name: string, asked: string | undefined, keys: string])[] = [
  ['user-access', undefined, 'time,actor,type,user'],
  ['user-access', 'user', 'user'],
  ['user-access', 'user,time', 'user,time'],
  ['user-access', ' user , time ', 'user,time'],
  ['user-access', 'event_guid,org_guid,space_guid', 'event_guid,org_guid,space_guid'],
  ['user-access', '+org_guid', 'time,actor,type,user,org_guid'],
  ['user-access', '+space_guid,event_guid', 'time,actor,type,user,space_guid,event_guid'],
  ['user-access', '+ space_guid', 'time,actor,type,user,space_guid'],
  ['routes', 'route,app_guid,route_guid', 'route,app_guid,route_guid'],
  ['events', 'target,target_name,target_guid', 'target,target_name,target_guid'],
]
for (const [name, asked, keys] of shown) {
  columns(`${name} --columns ${asked}: ${keys}`, () => {
    const { columns: chosen } = decide(name, { columns: asked, format: 'csv' })
    assert.is(chosen.map(column => column.key).join(), keys)
  })
  columns(`${name} --columns ${asked}, as a table: the same`, () => {
    assert.is(decide(name, { columns: asked }, true).columns.length, keys.split(',').length)
  })
}

const whole =
  'time,actor_name,actor_guid,actor_kind,action,type,target_name,target_guid,target_kind,role,app_guid,service_guid,route_guid,space_guid,org_guid,event_guid'
for (const name of ['events', 'user-access', 'routes', 'services']) {
  columns(`${name} --wide: the same for every report`, () => {
    for (const args of [{ format: 'csv' }, { format: 'table' }, { output: 'x.csv' }] as const) {
      const { columns: chosen } = decide(name, { ...args, wide: true })
      assert.is(chosen.map(column => column.key).join(), whole)
    }
  })
}

columns('the columns of --wide can be chosen, too', () => {
  const { columns: chosen } = decide('user-access', { columns: '+role,action' })
  assert.is(chosen.map(column => column.key).join(), 'time,actor,type,user,role,action')
})

columns('--resolve is kept, for every format', () => {
  for (const format of formats) assert.is(decide('events', { format, resolve: true }).resolve, true)
  assert.not.ok(decide('events').resolve)
})

const unknown: readonly (readonly [name: string, asked: string, words: RegExp])[] = [
  ['user-access', 'nope', /user-access has no column nope/],
  ['user-access', 'time,nope,actor', /no column nope/],
  ['user-access', 'Time', /no column Time/],
  ['user-access', 'route', /no column route/],
  ['user-access', '+nope', /no column nope/],
  ['user-access', '++time', /no column \+time/],
  ['user-access', 'time,+actor', /no column \+actor/],
  ['user-access', '', /empty column/],
  ['user-access', '+', /empty column/],
  ['user-access', 'time,', /empty column/],
  ['user-access', ',', /empty column/],
  ['user-access', 'constructor', /no column constructor/],
]
for (const [name, asked, words] of unknown) {
  columns(`${name} --columns ${JSON.stringify(asked)}: exit code 2, and which there are`, () => {
    const error = refusal(name, { columns: asked, format: 'csv' })
    assert.is(error.exitCode, 2)
    assert.match(error.message, words)
    assert.match(error.advice, /time, actor, type, user, event_guid, actor_guid/)
  })
}
columns.run()

// --- What cannot work -------------------------------------------------------------------------------------------

const refusing = suite('combinations that cannot work')

const refused: readonly (readonly [name: string, args: Partial<OutputArgs>, words: RegExp])[] = [
  // json and ndjson are Cloud Foundry's own record
  ...(['json', 'ndjson'] as const).flatMap(format => [
    [
      'user-access',
      { format, columns: 'time' },
      new RegExp(`--columns is for csv and table; ${format}`),
    ] as const,
    ['user-access', { format, wide: true }, new RegExp(`--wide is for csv and table; ${format}`)] as const,
    ['user-access', { format, header: false }, /--no-header/] as const,
    ['user-access', { format, excel: true }, new RegExp(`--excel is for csv; ${format}`)] as const,
    ['user-access', { format, guard: false }, /--no-guard is for csv;/] as const,
    [
      'user-access',
      { format, truncate: false },
      new RegExp(`--no-truncate is for tables; ${format}`),
    ] as const,
  ]),
  ['events', { columns: 'time' }, /--columns is for csv and table; json/],
  ['user-access', { output: 'x.json', excel: true }, /--excel/],
  ['events', { wide: true }, /--wide is for csv and table; json/],
  ['user-access', { wide: true, columns: 'time' }, /--wide shows all of its columns/],
  ['user-access', { wide: true, columns: '+route_guid' }, /--wide shows all of its columns/],
  // a table is for eyes, csv for programs
  ['user-access', { format: 'table', excel: true }, /--excel is for csv: no spreadsheet reads a table/],
  ['user-access', { format: 'table', guard: false }, /--no-guard is for csv/],
  ['user-access', { truncate: false }, /--no-truncate is for tables; csv is never cut/],
  ['user-access', { output: 'x.csv', truncate: false }, /--no-truncate/],
  // neither shows a record
  ['user-access', { unredacted: true }, /--unredacted is for json and ndjson; csv shows no credentials/],
  ['user-access', { unredacted: true, format: 'table' }, /--unredacted .* table shows no credentials/],
  ['user-access', { unredacted: true, asDocumented: true }, /--unredacted .* csv shows no credentials/],
  // the page's own bytes
  ['user-access', { asDocumented: true, truncate: false }, /--no-truncate and --as-documented/],
  ['user-access', { asDocumented: true, wide: true }, /--wide and --as-documented/],
  ['user-access', { asDocumented: true, resolve: true }, /--resolve and --as-documented/],
  ['events', { asDocumented: true, resolve: true, format: 'json' }, /--resolve and --as-documented/],
  ['events', { asDocumented: true, format: 'csv' }, /no CSV recipe for events/],
  ['services', { asDocumented: true, format: 'csv' }, /no CSV recipe for services/],
  ['user-access', { asDocumented: true, format: 'table' }, /no table/],
  ['user-access', { asDocumented: true, columns: 'time' }, /--columns and --as-documented/],
  ['user-access', { asDocumented: true, excel: true }, /--excel and --as-documented/],
  ['user-access', { asDocumented: true, guard: false }, /--no-guard and --as-documented/],
  ['user-access', { asDocumented: true, format: 'json', columns: 'time' }, /--columns/],
]
for (const [name, args, words] of refused) {
  refusing(`${name} ${JSON.stringify(args)}: exit code 2, with the reason`, () => {
    const error = refusal(name, args)
    assert.is(error.exitCode, 2)
    assert.match(error.message, words)
    assert.is.not(error.advice, '')
  })
}

const allowed: readonly (readonly [name: string, args: Partial<OutputArgs>, toTerminal: boolean])[] = [
  ['events', { format: 'csv', columns: 'time', header: false, excel: true, guard: false }, false],
  ['events', { columns: 'time', header: false }, true],
  ['user-access', { asDocumented: true, header: false }, false],
  ['user-access', { asDocumented: true, unredacted: true, format: 'json' }, false],
  ['user-access', { unredacted: true, format: 'ndjson' }, false],
  ['user-access', { truncate: false, header: false }, true],
  ['user-access', { truncate: false, format: 'table' }, false],
]
for (const [name, args, toTerminal] of allowed) {
  refusing(`${name} ${JSON.stringify(args)} works, and is kept`, () => {
    const plan = decide(name, args, toTerminal)
    for (const key of ['header', 'excel', 'guard', 'asDocumented', 'unredacted'] as const) {
      assert.is(plan[key], args[key] ?? none[key], key)
    }
    assert.is(plan.report, reportNamed(name))
  })
}

function refusalOf(use: () => void): UsageError {
  try {
    use()
  } catch (error) {
    assert.instance(error, UsageError)
    return error as UsageError
  }
  return assert.unreachable('It was not refused') as never
}

refusing('--force without a file', () => {
  for (const output of [undefined, '-']) {
    assert.match(refusalOf(() => assertForceHasFile(output, true)).message, /^--force replaces the file/)
  }
  assertForceHasFile('x.csv', true)
  assertForceHasFile('x.csv', false)
  assertForceHasFile(undefined, false)
})

refusing('--explain with what is for rows', () => {
  const wrong: readonly (readonly [option: string, args: Partial<OutputArgs> & { force?: boolean }])[] = [
    ['--output', { output: 'x.csv' }],
    ['--force', { force: true }],
    ['--columns', { columns: 'time' }],
    ['--wide', { wide: true }],
    ['--resolve', { resolve: true }],
    ['--no-header', { header: false }],
    ['--no-truncate', { truncate: false }],
    ['--excel', { excel: true }],
    ['--no-guard', { guard: false }],
    ['--unredacted', { unredacted: true }],
  ]
  for (const [option, args] of wrong) {
    const error = refusalOf(() => assertCompatibleWithExplain({ ...none, force: false, ...args }))
    assert.match(error.message, `; ${option} is for a report.`)
    assert.is(error.advice, 'Leave out one of them.')
  }
  assertCompatibleWithExplain({ ...none, force: false, format: 'json', asDocumented: true, truncate: true })
})
refusing.run()
