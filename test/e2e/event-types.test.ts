import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openScene, type Run, run, type Scene } from './cf-audit.ts'

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
