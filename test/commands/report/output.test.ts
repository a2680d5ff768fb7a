import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2Resource, v3Resource } from '../../foundation/serialise.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const output = suite<{ scene: Scene }>('what is printed, and where to')

output.before(async context => {
  context.scene = await openScene({ events: 600 })
})
output.after(({ scene }) => scene.close())

const stored = ({ sample }: Scene) => sample.events as readonly StoredEvent[]

output('stdout is data; the words are on stderr, and --quiet leaves only warnings', async ({ scene }) => {
  const loud = await run(scene.cf, ['routes', 'demo-org'])
  assert.match(loud.stdout, /^Timestamp,User Performing Action,Action Type,Route,App GUID\n/)
  assert.match(loud.stderr, /^\d+ events of demo-org, .* that Cloud Foundry counts for your roles up to/m)
  const quiet = await run(scene.cf, ['routes', 'demo-org', '-q'])
  assert.is(quiet.stderr, '')
  assert.is(quiet.stdout, loud.stdout)
})

output('--verbose names every call with its time, and one process is one page', async ({ scene }) => {
  const { stderr } = await run(scene.cf, ['routes', '--verbose'])
  const calls = stderr.split('\n').filter(line => line.startsWith('cf '))
  assert.match(calls.join('\n'), /^cf target {2}\(\d+ ms, exit 0\)\ncf org demo-org --guid/)
  assert.is(calls.filter(call => call.startsWith('cf curl')).length, 1)
})

output('JSON keeps each resource byte for byte, in one envelope', async ({ scene }) => {
  for (const api of ['v2', 'v3'] as const) {
    const { stdout } = await run(scene.cf, ['events', '--api', api, '-f', 'json', '--unredacted'])
    const lines = stdout.split('\n').slice(1, -2)
    const all = stored(scene).map(event =>
      JSON.stringify(api === 'v2' ? v2Resource(event) : v3Resource(event, scene.foundation.url)),
    )
    for (const line of lines) assert.ok(all.includes(line.replace(/,$/, '')), line)
    const envelope = JSON.parse(stdout)
    const { total_results, total_pages } = api === 'v2' ? envelope : envelope.pagination
    assert.is(total_results, lines.length)
    assert.is(total_pages, 1)
    assert.is(api === 'v2' ? envelope.next_url : envelope.pagination.next, null)
  }
})

output('credentials are redacted in JSON unless asked for', async ({ scene }) => {
  const secret = /hunter2|s3cr3t|:\/\/[^/"]*:[^/"@]+@/
  const open = await run(scene.cf, ['events', '-f', 'ndjson', '--unredacted'])
  assert.match(open.stdout, secret)
  assert.match(open.stderr, /Warning: --unredacted prints \d+ values in \d+ events that may be secret\./)
  const safe = await run(scene.cf, ['events', '-f', 'ndjson'])
  assert.not.match(safe.stdout, secret)
  assert.match(safe.stdout, '[REDACTED]')
  assert.match(safe.stderr, /\d+ values redacted in \d+ events; --unredacted prints them\./)
  const documented = await run(scene.cf, ['events', '-f', 'json', '--as-documented'])
  assert.match(documented.stdout, secret)
  assert.match(
    documented.stderr,
    /Warning: --as-documented prints \d+ values in \d+ events that may be secret\./,
  )
})

output('a file is whole, private, and never replaced unasked', async ({ scene }) => {
  const file = join(scene.cf.home, 'out', 'routes.csv')
  mkdirSync(join(file, '..'))
  const first = await run(scene.cf, ['routes', 'demo-org', '-O', file])
  assert.is(first.code, 0)
  assert.is(first.stdout, '')
  assert.is(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(file, 'utf8')
  assert.is(text, (await run(scene.cf, ['routes', 'demo-org'])).stdout)

  writeFileSync(file, 'precious')
  const again = await run(scene.cf, ['routes', 'demo-org', '-O', file])
  assert.is(again.code, 2)
  assert.match(again.stderr, /is there already\.\nName another file, or replace it with --force\./)
  assert.is(readFileSync(file, 'utf8'), 'precious')

  const forced = await run(scene.cf, ['routes', 'demo-org', '-O', file, '--force'])
  assert.is(forced.code, 0)
  assert.is(readFileSync(file, 'utf8'), text)
  assert.equal(readdirSync(join(file, '..')), ['routes.csv'])
})

output('the ending of the file names the format', async ({ scene }) => {
  for (const [ending, start] of [
    ['csv', 'Timestamp,'],
    ['json', '{"resources":['],
    ['ndjson', '{"guid":'],
    ['txt', 'Timestamp,'],
  ] as const) {
    const file = join(scene.cf.home, `ending.${ending}`)
    assert.is((await run(scene.cf, ['routes', 'demo-org', '-O', file])).code, 0)
    assert.ok(readFileSync(file, 'utf8').startsWith(start), ending)
  }
})

output('a place that cannot be written is told before Cloud Foundry is asked', async ({ scene }) => {
  const before = scene.foundation.requests.length
  for (const [file, says] of [
    [join(scene.cf.home, 'no', 'such', 'folder.csv'), /its folder does not exist/],
    [scene.cf.home, /is a folder/],
    ['/dev/null', /is not a regular file/],
  ] as const) {
    const { code, stderr } = await run(scene.cf, ['routes', 'demo-org', '-O', file])
    assert.is(code, 2)
    assert.match(stderr, says)
  }
  assert.is(scene.foundation.requests.length, before)
})

output('columns, headings, and what Excel needs', async ({ scene }) => {
  const lines = async (...args: string[]) =>
    (await run(scene.cf, ['routes', 'demo-org', ...args])).stdout.split('\n')
  assert.is((await lines('--columns', 'time,route_guid'))[0], 'Timestamp,Route GUID')
  assert.match((await lines('--columns', '+event_guid'))[0]!, /,App GUID,Event GUID$/)
  assert.not.match((await lines('--no-header'))[0]!, 'Timestamp')
  assert.match((await lines('--excel'))[0]!, /^\ufeffTimestamp.*\r$/)
})

output('a formula is defused in CSV, counted, and left alone with --no-guard', async ({ scene }) => {
  const args = ['user-access', 'demo-org', '-f', 'csv']
  const guarded = await run(scene.cf, args)
  assert.match(guarded.stdout, `"'=HYPERLINK(`)
  const count = Number(/^(\d+) cells that look like formulas were escaped/m.exec(guarded.stderr)?.[1])
  assert.is(count, guarded.stdout.match(/(^|,)"?'[=+\-@\t\r]/gm)?.length)
  const open = await run(scene.cf, [...args, '--no-guard'])
  assert.match(open.stdout, `,"=HYPERLINK(`)
})

output('a table shows escapes and line breaks instead of obeying them', async ({ scene }) => {
  const { stdout } = await run(scene.cf, ['user-access', 'demo-org', '-f', 'table'])
  assert.not.match(stdout, '\u001b')
  assert.match(stdout, '␛[31mred')
  assert.match(stdout, 'two␊lines')
})

output('words that quote a name obey nothing either', async ({ scene }) => {
  const { stderr } = await run(scene.cf, ['routes', 'a\u001b[31m\nred'])
  assert.match(stderr, 'a␛[31m␊red')
})

output('--explain can be pasted into a shell and runs nothing', async ({ scene }) => {
  const before = scene.foundation.requests.length
  const { code, stdout } = await run(scene.cf, ['routes', 'demo-org', '--explain'])
  assert.is(code, 0)
  assert.match(
    stdout,
    'export GUID=$(cf org demo-org --guid)\ncf curl "/v2/events?q=type+IN+audit.route.create',
  )
  assert.match(stdout, '/v3/audit_events?types=audit.route.create')
  assert.is(scene.foundation.requests.length, before)
})

output.run()

const refused = suite<{ scene: Scene }>('command lines that cannot work')

refused.before(async context => {
  context.scene = await openScene({ events: 1 })
})
refused.after(({ scene }) => scene.close())

for (const [args, says] of [
  [['routes', 'a', '--org', 'b'], /^Two orgs are named: a and b\.\nName one/],
  [['routes', 'a', '--all-orgs'], /exclude each other/],
  [['routes', ''], /The name of the org is empty/],
  [['routes', 'a', 'b'], /^What is b for\?/],
  [['rotues'], /^There is no command rotues\. Did you mean routes\?/],
  [['routes', '--bogus'], /^There is no option --bogus\./],
  [['routes', '-f', 'xml'], /^--format cannot be xml\.\nIt is one of csv, json, ndjson, table\./],
  [['routes', '-f', 'csv', '-f', 'json'], /^--format is given 2 times\./],
  [['routes', '--org', '-x'], /^--org needs a value\./],
  [['routes', '--timeout', 'soon'], /^--timeout takes a number of seconds\./],
  [['routes', '--columns', 'nope'], /^routes has no column nope\.\nIts columns: time, actor/],
  [['routes', '-f', 'json', '--excel'], /^--excel is for csv;/],
  [['routes', '-f', 'table', '--excel'], /^--excel is for csv: no spreadsheet reads a table/],
  [
    ['routes', '--no-truncate'],
    /^--no-truncate is for tables; csv is never cut\.\nLeave out --no-truncate, or use --format table\./,
  ],
  [['routes', '--unredacted'], /^--unredacted is for json and ndjson/],
  [['routes', '--force'], /^--force replaces the file that --output names/],
  [['format', 'routes', '--force'], /^--force replaces the file/],
  [
    ['routes', '--explain', '--columns', 'time'],
    /^--explain prints the recipe .*; --columns is for a report/,
  ],
  [['routes', '-f', 'ndjson', '--no-header'], /^--no-header is for csv and table/],
  [['events', '--as-documented', '-f', 'csv'], /no CSV recipe for events/],
  [['services', '--as-documented', '-f', 'csv'], /no CSV recipe for services/],
  [['routes', '--as-documented', '-f', 'table'], /the page has no table/],
  [['routes', '--as-documented', '--columns', 'time'], /--columns and --as-documented exclude each other/],
  [['routes', '--as-documented', '--excel'], /--excel and --as-documented/],
  [['routes', '--as-documented', '--no-guard'], /--no-guard and --as-documented/],
  [['format', 'nope'], /^REPORT cannot be nope\./],
  [['format'], /missing/],
  [[], /^No command is given/],
] as const) {
  refused(args.join(' ') || '(nothing)', async ({ scene }) => {
    const { code, stdout, stderr } = await run(scene.cf, args)
    assert.is(code, 2, stderr)
    assert.is(stdout, '')
    assert.match(stderr, says)
    assert.is(stderr.trimEnd().split('\n').length, 2)
  })
}

refused('--help and --version are answers', async ({ scene }) => {
  for (const args of [['--help'], ['routes', '--help'], ['format', '--help'], ['--version']]) {
    const { code, stdout, stderr } = await run(scene.cf, args)
    assert.is(code, 0)
    assert.is(stderr, '')
    assert.match(stdout, args[0] === '--version' ? /^\d+\.\d+\.\d+\n$/ : /^cf-audit /)
  }
})

refused.run()
