import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const asked = suite('reports of chosen types')

let scene: Scene
asked.before(async () => {
  scene = await openScene({ events: 2000 })
})
asked.after(() => scene.close())

const typed = (...args: string[]): Promise<Run> => run(scene.cf, args)

/** The types of the events of an org that the foundation holds, each as often as it is there. */
function heldTypes(isWanted: (type: string) => boolean): string[] {
  return scene.foundation.state.events
    .all()
    .filter(event => event.orgGuid === scene.sample.org.guid && isWanted(event.type))
    .map(event => event.type)
    .sort()
}

const typesIn = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
    .map(({ type, entity }) => type ?? entity.type)
    .sort()

for (const api of ['v2', 'v3']) {
  asked(`a pattern, a name and the org behind them, through ${api}`, async () => {
    const { code, stdout, stderr } = await typed(
      'routes',
      '--type',
      'audit.user.space_*',
      '--type',
      'audit.app.create,audit.app.update',
      'demo-org',
      '--format',
      'ndjson',
      '--api',
      api,
    )
    assert.is(code, 0, stderr)
    const wanted = heldTypes(type => /^audit\.(user\.space_.*|app\.create|app\.update)$/.test(type))
    assert.ok(new Set(wanted).size > 4)
    assert.equal(typesIn(stdout), wanted)
    assert.match(stderr, /--type audit\.user\.space_\*: 8 types\./)
  })
}

asked('every type', async () => {
  const { code, stdout, stderr } = await typed('routes', 'demo-org', '--type', '*', '-f', 'ndjson')
  assert.is(code, 0, stderr)
  assert.equal(
    typesIn(stdout),
    heldTypes(() => true),
  )
  assert.not.match(scene.foundation.requests.at(-1)?.path ?? '', /types=/)
})

asked('a long list of types is one question', async () => {
  const { code, stdout, stderr } = await typed('events', 'demo-org', '--type', 'audit.*', '-f', 'ndjson')
  assert.is(code, 0, stderr)
  assert.equal(
    typesIn(stdout),
    heldTypes(type => type.startsWith('audit.')),
  )
  assert.match(stderr, /Warning: audit\.buildpack\.create.* belong to no org/)
})

asked('--explain shows the question with these types', async () => {
  const before = scene.foundation.requests.length
  const { code, stdout } = await typed('routes', 'demo-org', '--type', 'app.crash', '--explain')
  assert.is(code, 0)
  assert.match(stdout, /\/v3\/audit_events\?types=app\.crash&/)
  assert.is(scene.foundation.requests.length, before)
})

asked('format keeps the chosen types of what was saved', async () => {
  const { stdout: saved } = await typed('events', 'demo-org')
  const file = join(scene.cf.home, 'saved.json')
  writeFileSync(file, saved)
  const { code, stdout, stderr } = await typed(
    'format',
    '--type',
    'audit.user.*',
    'routes',
    file,
    '-f',
    'ndjson',
  )
  assert.is(code, 0, stderr)
  assert.equal(
    typesIn(stdout),
    heldTypes(type => type.startsWith('audit.user.')),
  )
})

const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [
    ['routes', 'demo-org', '--type', 'audit.rout.create'],
    /^audit\.rout\.create is none of .* Did you mean audit\.route\.create\?\n.*--allow-unknown-types/,
  ],
  [['format', 'routes', '--type', 'audit.rout.create'], /Did you mean audit\.route\.create\?/],
  [['routes', 'demo-org', '--type', 'audit.rout.*'], /matches none .* Did you mean 'audit\.route\.\*'\?/],
  [['routes', 'demo-org', '--type', 'audit.stack.*'], /belong to no org.*\n--all-orgs/],
  [['routes', 'demo-org', '--type', 'app.crash', '--as-documented'], /exclude each other/],
  [['format', 'routes', '--type', 'app.crash', '--as-documented'], /exclude each other/],
]
for (const [args, message] of refused) {
  asked(`${args.join(' ')}: exit code 2, and cf is not asked`, async () => {
    const before = scene.foundation.requests.length
    const { code, stdout, stderr } = await typed(...args)
    assert.is(code, 2)
    assert.is(stdout, '')
    assert.match(stderr.replace(/^--type .* types\.\n/, ''), message)
    assert.is(scene.foundation.requests.length, before)
  })
}

asked('more types than a question can hold are refused before it is asked', async () => {
  const names = Array.from({ length: 400 }, (_, n) => `audit.new.thing_${n}`).join(',')
  const { code, stderr } = await typed('routes', 'demo-org', '--type', names, '--allow-unknown-types')
  assert.is(code, 2)
  assert.match(stderr, /too long for Cloud Foundry/)
})

asked('a type that the catalogue lacks is asked for when that is wanted', async () => {
  const { code, stderr } = await typed(
    'routes',
    'demo-org',
    '--type',
    'audit.route.rename',
    '--allow-unknown-types',
  )
  assert.is(code, 0, stderr)
  assert.ok(scene.foundation.requests.some(({ path }) => path.includes('types=audit.route.rename&')))
  assert.match(stderr, /No events of demo-org/)
})

asked.run()

const listed = suite('the catalogue of event types')

listed.before(async () => {
  scene = await openScene({ events: 10 })
})
listed.after(() => scene.close())

/** Runs the tool where no cf is to be found. */
const alone = (...args: string[]): Promise<Run> =>
  run(scene.cf, args, { env: { PATH: '/nowhere', CF_AUDIT_CF: undefined } })

listed('all of it, as CSV, without cf', async () => {
  const { code, stdout, stderr } = await alone('types')
  assert.is(code, 0)
  const lines = stdout.trimEnd().split('\n')
  assert.is(lines.length, 141)
  assert.is(lines[0], 'Event Type,What Happened,Reports,Written By')
  assert.ok(
    lines.includes(
      'audit.user.space_developer_add,Space Developer granted (role granted or re-granted),user-access,v2 and v3',
    ),
  )
  assert.ok(
    lines.includes(
      'audit.service_route_binding.create,Route bound to service,"service-instances, service-bindings, services",v3',
    ),
  )
  assert.is(stderr, '140 of 140 event types. The report events holds all of them.\n')
})

listed('words, quoted or not, must all be found', async () => {
  for (const words of [['space', 'DEVELOPER'], ['space developer'], ['--', 'space', 'developer']]) {
    const { code, stdout } = await alone('types', '--format', 'json', ...words)
    assert.is(code, 0)
    assert.equal(JSON.parse(stdout), [
      {
        type: 'audit.user.space_developer_add',
        what: 'Space Developer granted (role granted or re-granted)',
        reports: ['user-access'],
        written_by: ['v2', 'v3'],
      },
      {
        type: 'audit.user.space_developer_remove',
        what: 'Space Developer revoked (role removed)',
        reports: ['user-access'],
        written_by: ['v2', 'v3'],
      },
    ])
  }
})

listed('a pattern; ndjson, one object a line', async () => {
  const { stdout } = await alone('types', 'audit.user.*', '-f', 'ndjson')
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.is(objects.length, 16)
  assert.ok(
    objects.every(({ type, reports }) => type.startsWith('audit.user.') && reports[0] === 'user-access'),
  )
  const { stdout: crash } = await alone('types', 'app.crash', '-f', 'ndjson')
  assert.equal(JSON.parse(crash).written_by, ['platform'])
})

listed('a table; the names alone', async () => {
  const { stdout } = await alone('types', 'supporter', '--format', 'table')
  assert.match(stdout, /^Event Type +What Happened +Reports +Written By\n─+ /)
  assert.is(stdout.trimEnd().split('\n').length, 4)
  const { stdout: names } = await alone('types', 'supporter', '--columns', 'type', '--no-header')
  assert.is(names, 'audit.user.space_supporter_add\naudit.user.space_supporter_remove\n')
  const { stdout: excel } = await alone('types', 'zzz', '--excel')
  assert.is(excel, '\ufeffEvent Type,What Happened,Reports,Written By\r\n')
})

const nothing: readonly (readonly [args: readonly string[], stdout: string, stderr: string])[] = [
  [
    ['devloper'],
    'Event Type,What Happened,Reports,Written By\n',
    'Warning: no event type has devloper. Did you mean developer?\n',
  ],
  [
    ['audit.usr.*', '-f', 'json'],
    '[]\n',
    "Warning: no event type has audit.usr.*. Did you mean 'audit.user.*'?\n",
  ],
  [['xyzzy', '-f', 'ndjson', '-q'], '', 'Warning: no event type has xyzzy.\n'],
  [['route', 'broker', '--no-header'], '', 'Warning: no event type has all of route, broker.\n'],
]
for (const [args, stdout, stderr] of nothing) {
  listed(`types ${args.join(' ')} finds nothing, says so, and is no error`, async () => {
    assert.equal(await alone('types', ...args), { code: 0, stdout, stderr })
  })
}

listed('a file, for its owner alone, and not twice', async () => {
  const file = join(scene.cf.home, 'types.json')
  assert.is((await alone('types', 'crash', '-O', file)).code, 0)
  assert.is(JSON.parse(readFileSync(file, 'utf8')).length, 2)
  assert.is(statSync(file).mode & 0o777, 0o600)
  const again = await alone('types', '-O', file)
  assert.is(again.code, 2)
  assert.match(again.stderr, /--force/)
  assert.is((await alone('types', '-O', file, '--force')).code, 0)
  assert.is(JSON.parse(readFileSync(file, 'utf8')).length, 140)
})

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['types', '--org', 'x'], /^There is no option --org\./],
  [['types', '--no-guard'], /^There is no option --no-guard\./],
  [['types', '--since', '7d'], /^There is no option --since\./],
  [['types', '--formt', 'csv'], /^There is no option --formt\. Did you mean --format\?/],
  [['types', '-f', 'json', '--excel'], /^--excel is for csv;/],
  [['types', '*'.repeat(70_000)], /^\*+… is no pattern\.\n/],
  [['types', '--columns', 'typ'], /^types has no column typ\./],
  [['tpyes'], /^There is no command tpyes\. Did you mean types\?/],
  [['rotues'], /^There is no command rotues\. Did you mean routes\?/],
  [['routes', '--sinse', '7d'], /^There is no option --sinse\. Did you mean --since\?/],
  [['routes', '--tipe=app.crash'], /^There is no option --tipe\. Did you mean --type\?/],
  [['routes', '-f', 'tabel'], /^--format cannot be tabel\. Did you mean table\?/],
  [['routes', '--api', '3'], /^--api cannot be 3\. Did you mean v3\?/],
  [['format', 'rotues'], /^REPORT cannot be rotues\. Did you mean routes\?/],
]
for (const [args, message] of wrong) {
  listed(`${args.join(' ').slice(0, 60)}: exit code 2, and what was meant`, async () => {
    const { code, stdout, stderr } = await alone(...args)
    assert.is(code, 2)
    assert.is(stdout, '')
    assert.match(stderr, message)
  })
}

listed.run()
