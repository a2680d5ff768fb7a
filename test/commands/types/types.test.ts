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
      '--verbose',
    )
    assert.is(code, 0, stderr)
    const wanted = heldTypes(type => /^audit\.(user\.space_.*|app\.create|app\.update)$/.test(type))
    assert.ok(new Set(wanted).size > 4)
    assert.equal(typesIn(stdout), wanted)
    // What the pattern stands for.
    assert.match(stderr, /^--type audit\.user\.space_\*.*(\baudit\.user\.space_\w+\b.*){8}$/m)
  })
}

asked('every type', async () => {
  const { code, stdout, stderr } = await typed('routes', 'demo-org', '--type', '*', '-f', 'ndjson')
  assert.is(code, 0, stderr)
  assert.equal(
    typesIn(stdout),
    heldTypes(() => true),
  )
  const asked = scene.foundation.requests.findLast(({ path }) => path.startsWith('/v3/audit_events'))
  assert.not.match(asked?.path ?? '', /types=/)
})

asked('a long list of types is one request', async () => {
  const { code, stdout, stderr } = await typed('events', 'demo-org', '--type', 'audit.*', '-f', 'ndjson')
  assert.is(code, 0, stderr)
  assert.equal(
    typesIn(stdout),
    heldTypes(type => type.startsWith('audit.')),
  )
  assert.match(stderr, /^Warning: audit\.buildpack\.create\b.*--all-orgs/m)
})

asked('--explain shows the request with these types', async () => {
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
    /audit\.rout\.create\b.* audit\.route\.create\?\n.*--allow-unknown-types/,
  ],
  [['format', 'routes', '--type', 'audit.rout.create'], / audit\.route\.create\?/],
  [['routes', 'demo-org', '--type', 'audit.rout.*'], /audit\.rout\.\*.* 'audit\.route\.\*'\?/],
  [['routes', 'demo-org', '--type', 'audit.stack.*'], /audit\.stack\..*\n.*--all-orgs/],
  [['routes', 'demo-org', '--type', 'app.crash', '--as-documented'], /--type\b.*--as-documented\b/],
  [['format', 'routes', '--type', 'app.crash', '--as-documented'], /--type\b.*--as-documented\b/],
]
for (const [args, message] of refused) {
  asked(`${args.join(' ')}: exit code 2, and cf is not asked`, async () => {
    const before = scene.foundation.requests.length
    const { code, error, stdout, stderr } = await typed(...args)
    assert.is(code, 2)
    assert.is(error, 'UsageError')
    assert.is(stdout, '')
    assert.match(stderr, message)
    assert.is(scene.foundation.requests.length, before)
  })
}

asked(
  'more types than a request can hold are asked for in several; one that none can hold is refused',
  async () => {
    const before = scene.foundation.requests.length
    const names = Array.from({ length: 400 }, (_, n) => `audit.new.thing_${n}`)
    const types = ['audit.route.create', ...names].join(',')
    const line = ['routes', 'demo-org', '--allow-unknown-types', '-f', 'csv', '--type']
    const { code, stdout, stderr } = await typed(...line, types)
    assert.is(code, 0, stderr)
    assert.is(stdout, (await typed(...line.slice(0, 2), '-f', 'csv', '--type', 'audit.route.create')).stdout)
    for (const { status } of scene.foundation.requests.slice(before)) assert.is(status, 200)
    const refused = await typed(...line, `audit.${'x'.repeat(8000)}`)
    assert.is(refused.code, 2)
    assert.match(refused.stderr, /too long/)
  },
)

asked('a type that the catalogue lacks, with --allow-unknown-types', async () => {
  const { code, stderr } = await typed(
    'routes',
    'demo-org',
    '--type',
    'audit.route.rename',
    '--allow-unknown-types',
  )
  assert.is(code, 0, stderr)
  assert.ok(scene.foundation.requests.some(({ path }) => path.includes('types=audit.route.rename&')))
  assert.match(stderr, /^✓ Complete: 0 events of demo-org\b/m)
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
  assert.match(stderr, /^140 of 140 .*\n$/)
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

const nothing: readonly (readonly [args: readonly string[], stdout: string, says: RegExp])[] = [
  [
    ['devloper'],
    'Event Type,What Happened,Reports,Written By\n',
    /^Warning: .*\bdevloper\b.* developer\?\n$/,
  ],
  [['audit.usr.*', '-f', 'json'], '[]\n', /^Warning: .*audit\.usr\.\*.* 'audit\.user\.\*'\?\n$/],
  [['xyzzy', '-f', 'ndjson', '-q'], '', /^Warning: .*\bxyzzy\b[^?]*\n$/],
  [['route', 'broker', '--no-header'], '', /^Warning: .*\broute\b.*\bbroker\b.*\n$/],
]
for (const [args, stdout, says] of nothing) {
  listed(`types ${args.join(' ')} finds nothing, says so, and is no error`, async () => {
    const result = await alone('types', ...args)
    assert.is(result.code, 0)
    assert.is(result.stdout, stdout)
    assert.match(result.stderr, says)
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
  [['types', '--org', 'x'], /--org\b/],
  [['types', '--names'], /--names\b/],
  [['types', '--since', '7d'], /--since\b/],
  [['types', '--formt', 'csv'], /--formt\b.* --format\?/],
  [['types', '-f', 'json', '--excel'], /--excel\b.*json/],
  [['types', '*'.repeat(70_000)], /\*+…/],
  [['types', '--columns', 'typ'], /\btyp\b.* type\?/],
  [['tpyes'], /\btpyes\b.* types\?/],
  [['rotues'], /\brotues\b.* routes\?/],
  [['routes', '--sinse', '7d'], /--sinse\b.* --since\?/],
  [['routes', '--tipe=app.crash'], /--tipe\b.* --type\?/],
  [['routes', '-f', 'tabel'], /\btabel\b.* table\?/],
  [['routes', '--api', '3'], /\b3\b.* v3\?/],
  [['format', 'rotues'], /\brotues\b.* routes\?/],
]
for (const [args, message] of wrong) {
  listed(`${args.join(' ').slice(0, 60)}: exit code 2, with a suggestion`, async () => {
    const { code, error, stdout, stderr } = await alone(...args)
    assert.is(code, 2)
    assert.is(error, 'UsageError')
    assert.is(stdout, '')
    assert.match(stderr, message)
  })
}

listed.run()
