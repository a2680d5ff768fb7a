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

output('stdout is data; messages are on stderr, and --quiet leaves only warnings', async ({ scene }) => {
  const loud = await run(scene.cf, ['routes', 'demo-org'])
  assert.match(loud.stdout, /^Timestamp,User Performing Action,Action Type,Route,App GUID,Space\n/)
  assert.match(loud.stderr, /^✓ Complete: \d+ events of demo-org\b/m)
  const quiet = await run(scene.cf, ['routes', 'demo-org', '-q'])
  assert.is(quiet.stderr, '')
  assert.is(quiet.stdout, loud.stdout)
})

output('--verbose logs every call with its time', async ({ scene }) => {
  const { stderr } = await run(scene.cf, ['routes', '--verbose'])
  const calls = stderr.split('\n').filter(line => line.startsWith('cf '))
  for (const call of ['org demo-org --guid', "curl '/v3/audit_events?", "curl '/v3/roles?"]) {
    const those = calls.filter(line => line.startsWith(`cf ${call}`))
    assert.is(those.length, 1, call)
    assert.match(those[0] ?? '', / {2}\(\d+ ms, exit 0\)$/)
  }
  // The targeted org is in the login file.
  assert.not.match(stderr, 'cf target')
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
  assert.match(open.stderr, /^Warning: .*--unredacted.*\b\d+ values in \d+ events/m)
  const safe = await run(scene.cf, ['events', '-f', 'ndjson'])
  assert.not.match(safe.stdout, secret)
  assert.match(safe.stdout, '[REDACTED]')
  assert.match(safe.stderr, /\b\d+ values.*\b\d+ events.*--unredacted/)
  const documented = await run(scene.cf, ['events', '-f', 'json', '--as-documented'])
  assert.match(documented.stdout, secret)
  assert.match(documented.stderr, /^Warning: .*--as-documented.*\b\d+ values in \d+ events/m)
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
  assert.is(again.error, 'UsageError')
  assert.match(again.stderr, new RegExp(`${file}[\\s\\S]*--force`))
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
    ['xlsx', 'PK'],
  ] as const) {
    const file = join(scene.cf.home, `ending.${ending}`)
    assert.is((await run(scene.cf, ['routes', 'demo-org', '-O', file])).code, 0)
    assert.ok(readFileSync(file, 'utf8').startsWith(start), ending)
  }
  const other = await run(scene.cf, ['routes', 'demo-org', '-O', join(scene.cf.home, 'ending.txt')])
  assert.is(other.code, 2)
  assert.match(other.stderr, /\.txt[\s\S]*\.csv/)
})

output('a path that cannot be written is refused before Cloud Foundry is asked', async ({ scene }) => {
  const before = scene.foundation.requests.length
  mkdirSync(join(scene.cf.home, 'folder.csv'))
  for (const file of [
    join(scene.cf.home, 'no', 'such.csv'),
    join(scene.cf.home, 'folder.csv'),
    '/dev/null',
  ]) {
    const { code, error, stderr } = await run(scene.cf, ['routes', 'demo-org', '-O', file, '-f', 'csv'])
    assert.is(code, 2)
    assert.is(error, 'UsageError')
    assert.match(stderr, file.replace('/such.csv', ''))
  }
  assert.is(scene.foundation.requests.length, before)
})

output('columns, headings, and what Excel needs', async ({ scene }) => {
  const lines = async (...args: string[]) =>
    (await run(scene.cf, ['routes', 'demo-org', ...args])).stdout.split('\n')
  assert.is((await lines('--columns', 'time,route_guid'))[0], 'Timestamp,Route GUID')
  assert.is((await lines('--columns', 'Timestamp,Route GUID'))[0], 'Timestamp,Route GUID')
  assert.match((await lines('--columns', '+event_guid'))[0]!, /,App GUID,Space,Event GUID$/)
  assert.not.match((await lines('--no-header'))[0]!, 'Timestamp')
  assert.match((await lines('--excel'))[0]!, /^\ufeffTimestamp.*\r$/)
})

output('--tz shows times in a zone, with their offset, and reads dates in it', async ({ scene }) => {
  const times = async (...args: string[]) => {
    const line = ['events', 'demo-org', '-f', 'csv', '--columns', 'time', '--no-header', ...args]
    const { code, stdout, stderr } = await run(scene.cf, line)
    assert.is(code, 0, stderr)
    return stdout.split('\n').slice(0, -1)
  }
  const all = await times()
  const zoned = await times('--tz', 'Asia/Kolkata')
  assert.ok(all.length > 100)
  for (const time of zoned) assert.match(time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/)
  assert.equal(
    zoned.map(time => Date.parse(time)),
    all.map(time => Date.parse(time)),
  )
  const day = all[50]!.slice(0, 10)
  const start = Date.parse(`${day}T00:00:00+05:30`)
  const ofDay = all.filter(time => Date.parse(time) >= start && Date.parse(time) < start + 24 * 3600_000)
  assert.is((await times('--tz', 'Asia/Kolkata', '--since', day, '--until', day)).length, ofDay.length)
  const table = await run(scene.cf, ['routes', 'demo-org', '-f', 'table', '--tz', 'Asia/Kolkata'])
  assert.match(table.stdout, /^Timestamp.*\n.*\n\S+[T ]\d\d:\d\d:\d\d/)
  // JSON is what Cloud Foundry wrote.
  const json = await run(scene.cf, ['events', 'demo-org', '-f', 'json', '--tz', 'Asia/Kolkata'])
  assert.equal(
    JSON.parse(json.stdout).resources.map(({ created_at }: { created_at: string }) => created_at),
    all,
  )
})

output('a formula is escaped in CSV and counted, and left alone with --no-guard', async ({ scene }) => {
  const args = ['user-access', 'demo-org', '-f', 'csv']
  const guarded = await run(scene.cf, args)
  assert.match(guarded.stdout, `"'=HYPERLINK(`)
  const count = Number(/\b(\d+) cells\b.*--no-guard/.exec(guarded.stderr)?.[1])
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

output('messages escape the names in them', async ({ scene }) => {
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
  [['routes', 'a', '--org', 'b'], /\ba and b\b/],
  [['routes', 'a', '--all-orgs'], /--all-orgs/],
  [['routes', ''], /\borg\b.*empty/],
  [['routes', 'a', 'b'], /\bb\n.*cf-audit routes/],
  [['rotues'], /rotues.*\broutes\b/],
  [['routes', '--bogus'], /--bogus\b/],
  [['routes', '-f', 'xml'], /\bxml\b.*\n.*csv, json, ndjson/],
  [['routes', '-f', 'csv', '-f', 'json'], /--format\b.*\b2\b/],
  [['routes', '--org', '-x'], /--org\b.*value/],
  [['routes', '--timeout', 'soon'], /soon.*--timeout\b.*\n.*number/],
  [['routes', '--tz', 'Mars'], /\bMars\b.*\n.*Europe\/Berlin/],
  [['routes', '--limit', '0'], /--limit\b.*\n.*\b1\b/],
  [['routes', '--limit', '3', '--strict'], /--strict\b.*--limit\b/],
  [['routes', '--columns', 'nope'], /\bnope\b.*\n.*time, actor/],
  [['routes', '-f', 'json', '--excel'], /--excel\b.*json.*\n.*csv/],
  [['routes', '-f', 'table', '--excel'], /--excel\b.*table.*\n.*csv/],
  [['routes', '-f', 'json', '--limit', '3'], /--limit\b.*json/],
  [['routes', '-f', 'json', '--reverse'], /--reverse\b.*json/],
  [['routes', '--no-truncate'], /--no-truncate\b.*csv.*\n.*table/],
  [['routes', '--unredacted'], /--unredacted\b.*csv.*\n.*json/],
  [['routes', '--force'], /--force\b.*--output\b/],
  [['format', 'routes', '--force'], /--force\b.*--output\b/],
  [['routes', '--explain', '--columns', 'time'], /--columns\b.*--explain\b/],
  [['routes', '-f', 'ndjson', '--no-header'], /--no-header\b.*ndjson/],
  [['events', '--as-documented', '-f', 'csv'], /CSV recipe.*\bevents\b/],
  [['services', '--as-documented', '-f', 'csv'], /CSV recipe.*\bservices\b/],
  [['routes', '--as-documented', '-f', 'table'], /--as-documented\b.*table/],
  [['routes', '--as-documented', '-f', 'xlsx'], /--as-documented\b.*xlsx/],
  [['routes', '--as-documented', '--columns', 'time'], /--columns\b.*--as-documented\b/],
  [['routes', '--as-documented', '--excel'], /--excel\b.*--as-documented\b/],
  [['routes', '--as-documented', '--no-guard'], /--no-guard\b.*--as-documented\b/],
  [['routes', '--as-documented', '--limit', '3'], /--limit\b.*--as-documented\b/],
  [['routes', '--as-documented', '--about', 'x'], /--about\b.*--as-documented\b/],
  [['format', 'nope'], /\bnope\b.*\n.*\broutes\b/],
  [['format'], /report.*\n.*cf-audit format/],
  [[], /command.*\n.*\broutes\b/],
] as const) {
  refused(args.join(' ') || '(nothing)', async ({ scene }) => {
    const { code, error, stdout, stderr } = await run(scene.cf, args)
    assert.is(code, 2, stderr)
    assert.is(error, 'UsageError')
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
    assert.match(stdout, args[0] === '--version' ? /^\d+\.\d+\.\d+(-[\w.]+)?\n$/ : /^Usage: cf-audit /)
  }
})

refused.run()
