import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AuditEvent, readEvent } from '../../../src/capi/event.ts'
import { reports, typesToAsk } from '../../../src/reports/catalog.ts'
import type { InstallOptions } from '../../foundation/install-cf.ts'
import { runCf } from '../../foundation/run-cf.ts'
import { v3Resource } from '../../foundation/serialise.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { hasProgram } from '../../programs.ts'
import { recipes as page } from '../../recipes.ts'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { realCf, type Scene, withScene } from '../../scene.ts'

const transports: readonly (readonly [name: string, cf: InstallOptions])[] = [
  ['stand-in 6.53.0', { version: '6.53.0' }],
  ['stand-in 7.8.0', { version: '7.8.0' }],
  ['stand-in 8.16.0', { version: '8.16.0' }],
  ['stand-in 8.18.4', { version: '8.18.4' }],
  ['stand-in 8.19.0', { version: '8.19.0' }],
  ...(realCf === undefined ? [] : [[`the real ${realCf}`, { bin: realCf }] as const]),
]
console.log(
  realCf === undefined
    ? 'note: CF_AUDIT_TEST_CF names no real cf; only the stand-ins were used.'
    : `note: also through the real ${realCf}.`,
)

const hasJq = hasProgram('jq', 'the recipes of the page were not compared with ours')

/** What a recipe prints: its `cf` is run here, what follows it in a shell. */
async function theirs({ cf, sample }: Scene, recipe: string): Promise<string> {
  const [, path = '', filter] = /^cf curl "?([^" ]+)"?(?: \| (.*))?$/.exec(recipe) ?? []
  const { stdout: guid } = await runCf(cf, ['org', sample.org.name, '--guid'])
  const { stdout, code } = await runCf(cf, ['curl', path.replace('$GUID', guid.trim())])
  assert.is(code, 0, recipe)
  if (filter === undefined) return stdout
  const shell = spawnSync('sh', ['-ec', filter], { input: stdout, encoding: 'utf8' })
  assert.is(shell.status, 0, shell.stderr)
  return shell.stdout
}

/** v8 before 8.17 crashes on the sample's `{{`: there the recipe itself does not run, so that 8.18.4 stands in for it. */
function recipeProof(cf: InstallOptions): InstallOptions {
  return cf.version === '8.16.0' ? { version: '8.18.4' } : cf
}

function done({ code, stdout, stderr }: Run): string {
  assert.is(code, 0, stderr)
  return stdout
}

interface Resource {
  readonly metadata: { readonly guid: string }
}

/** The events that a report must hold, as the foundation keeps them, oldest first. */
function expected(
  { foundation, sample }: Scene,
  types: readonly string[] | undefined,
  org = sample.org.guid,
): AuditEvent[] {
  assert.ok(Array.isArray(sample.events))
  return (sample.events as StoredEvent[])
    .filter(({ orgGuid, type }) => orgGuid === org && (types === undefined || types.includes(type)))
    .map(stored =>
      readEvent(Buffer.from(JSON.stringify(v3Resource(stored, foundation.url))), 'v3', stored.guid),
    )
    .sort((a, b) => a.time.localeCompare(b.time) || (a.guid < b.guid ? -1 : 1))
}

const recipes = suite('the documented recipes')

for (const [name, cf] of transports) {
  if (hasJq) {
    recipes(`as documented, byte for byte, through ${name}`, () =>
      withScene({ events: 160, cf: recipeProof(cf) }, async scene => {
        for (const [report, { csv }] of Object.entries(page)) {
          if (csv === undefined) continue
          const printed = await theirs(scene, csv)
          assert.ok(printed.split('\n').length < 50, 'the recipe is only comparable on one page')
          assert.is(done(await run(scene.cf, [report, 'demo-org', '--as-documented'])), printed, report)
        }
      }),
    )
  }

  recipes(`JSON as documented, as values, through ${name}`, () =>
    withScene({ events: 60, cf: recipeProof(cf) }, async scene => {
      for (const [report, { json }] of Object.entries(page)) {
        if (json === undefined) continue
        const printed = JSON.parse(await theirs(scene, json))
        const ours = JSON.parse(
          done(
            await run(scene.cf, [
              report,
              ...(report === 'events' ? [] : ['demo-org']),
              '--as-documented',
              '-f',
              'json',
            ]),
          ),
        )
        assert.equal(ours, printed, report)
      }
    }),
  )

  recipes(`every event of the family, each once, through ${name}`, () =>
    withScene({ events: 1500, cf }, async scene => {
      for (const report of reports) {
        const events = expected(scene, typesToAsk(report, true))
        assert.ok(events.length > 20, report.name)
        const { stdout } = await run(scene.cf, [report.name, 'demo-org', '-f', 'ndjson', '--unredacted'])
        const read = stdout
          .trimEnd()
          .split('\n')
          .map(line => JSON.parse(line))
        const guids = (list: readonly { guid: string }[]) => list.map(({ guid }) => guid).toSorted()
        assert.equal(guids(read), guids(events), report.name)
        const times = read.map(event => event.created_at)
        assert.equal(times, times.toSorted(), 'oldest first')
      }
    }),
  )
}

recipes('v3 rebuilds what the page would have got from v2', () =>
  withScene({ events: 160 }, async scene => {
    for (const report of ['routes', 'service-instances', 'service-bindings', 'user-access']) {
      const fromV2 = done(
        await run(scene.cf, [report, 'demo-org', '--as-documented', '--api', 'v2', '-f', 'json']),
      )
      const fromV3 = done(
        await run(scene.cf, [report, 'demo-org', '--as-documented', '--api', 'v3', '-f', 'json']),
      )
      // v3 does not tell the user name; what stands there instead is the actor's name.
      const comparable = (text: string) => {
        const { resources, ...envelope } = JSON.parse(text)
        for (const { entity } of resources) entity.actor_username = entity.actor_name
        resources.sort((a: Resource, b: Resource) => (a.metadata.guid < b.metadata.guid ? -1 : 1))
        return { ...envelope, resources }
      }
      assert.equal(comparable(fromV3), comparable(fromV2), report)
    }
  }),
)

recipes('where v2 is off, v3 answers', () =>
  withScene({ events: 300, foundation: { v2: false } }, async scene => {
    const { code, stdout } = await run(scene.cf, ['routes', 'demo-org', '--as-documented'])
    assert.is(code, 0)
    const types = reports.find(({ name }) => name === 'routes')?.documented?.types
    assert.is(stdout.trimEnd().split('\n').length, expected(scene, types).length)
  }),
)

recipes('where v3 has no audit events, v2 answers', () =>
  withScene({ events: 300, foundation: { v3: false } }, async scene => {
    const events = expected(scene, typesToAsk(reports[2]!, true))
    const stdout = done(await run(scene.cf, ['routes', 'demo-org', '-f', 'ndjson']))
    assert.equal(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).metadata.guid)
        .sort(),
      events.map(event => event.guid).sort(),
    )
  }),
)

recipes('where neither answers, the error names both', () =>
  withScene({ events: 10, foundation: { v2: false, v3: false } }, async scene => {
    const { code, stdout, stderr } = await run(scene.cf, ['routes', 'demo-org'])
    assert.is(code, 5)
    assert.is(stdout, '')
    assert.match(stderr, '/v3/audit_events answered: Unknown request')
    assert.match(stderr, '/v2/events answered: V2 endpoints disabled')
  }),
)

recipes('a cf that knows only org --guid and curl of /v2/events is enough', () =>
  withScene({ events: 1500, cf: { kind: 'minimal' } }, async scene => {
    const events = expected(scene, typesToAsk(reports[2]!, true))
    const { code, stdout, stderr } = await run(scene.cf, ['routes', 'demo-org', '-f', 'ndjson'])
    assert.is(code, 0, stderr)
    assert.is(stdout.trimEnd().split('\n').length, events.length)
  }),
)

recipes('a wrapper that ignores -i and prints bare JSON works too', () =>
  withScene({ events: 1500, cf: { kind: 'bare-wrapper' } }, async scene => {
    const events = expected(scene, typesToAsk(reports[1]!, true))
    for (const api of ['v2', 'v3', 'auto']) {
      const { code, stdout, stderr } = await run(scene.cf, [
        'user-access',
        'demo-org',
        '-f',
        'ndjson',
        '--api',
        api,
      ])
      assert.is(code, 0, stderr)
      assert.is(stdout.trimEnd().split('\n').length, events.length)
    }
  }),
)

recipes('an org may be named in any way', () =>
  withScene({ events: 1500, user: 'admin@example.gov' }, async scene => {
    for (const org of scene.sample.orgs) {
      const events = expected(scene, typesToAsk(reports[1]!, true), org.guid)
      for (const args of [[`--org=${org.name}`], ['--', org.name]]) {
        const stdout = done(await run(scene.cf, ['user-access', '-f', 'ndjson', ...args]))
        assert.is(stdout.split('\n').length - 1, events.length, org.name)
      }
    }
  }),
)

recipes('without a name the targeted org is meant, and for events every org', () =>
  withScene({ events: 400 }, async scene => {
    const named = done(await run(scene.cf, ['routes', 'demo-org']))
    assert.is(done(await run(scene.cf, ['routes'])), named)
    const { stdout, stderr } = await run(scene.cf, ['events', '-f', 'ndjson'])
    assert.match(stderr, /\bNo org\b.*\bevents\b/)
    const { stderr: asked } = await run(scene.cf, ['events', '--all-orgs', '-f', 'ndjson'])
    assert.not.match(asked, 'No org')
    assert.is(stdout.split('\n').length - 1, expected(scene, undefined).length)
  }),
)

recipes('events of no org are there for those who may see them', () =>
  withScene({ events: 400, user: 'global.auditor@example.gov' }, async scene => {
    const all = done(await run(scene.cf, ['services', '--all-orgs', '-f', 'ndjson']))
    const types = new Set(
      all
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).type),
    )
    assert.ok(types.has('audit.service_broker.create'))
    const { stdout, stderr } = await run(scene.cf, ['services', 'demo-org', '-f', 'ndjson'])
    assert.not.match(stdout, 'audit.service_broker.create')
    assert.match(stderr, 'belong to no org')
  }),
)

recipes.run()
