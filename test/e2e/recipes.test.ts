import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { reports, typesToAsk } from '../../src/reports/catalog.ts'
import type { InstallOptions } from '../foundation/install-cf.ts'
import { v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'
import type { Run } from '../run.ts'
import { environment, realCf, type Scene, withScene } from '../scene.ts'
import { run } from './cf-audit.ts'

/** What the page prints, as it stands there; only YOUR-ORG is filled in. */
const page: Record<string, { json?: string; csv?: string }> = {
  events: { json: 'cf curl /v2/events' },
  'user-access': {
    json: 'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID"',
    csv: 'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor, .type, .metadata.request.name ] | @csv\' | sed -e s/\\"//g',
  },
  routes: {
    csv: 'cf curl "/v2/events?q=type+IN+audit.route.create,audit.route.delete-request,audit.route.update&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .actee_name, .metadata.request.app ] | @csv\' | sed -e s/\\"//g',
  },
  'service-instances': {
    csv: 'cf curl "/v2/events?q=type+IN+audit.service_instance.create,audit.service_instance.bind_route,audit.service_instance.update,audit.service_instance.unbind_route,audit.service_instance.delete&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor_username, .type, .actee_name ] | @csv\' | sed -e s/\\"//g',
  },
  'service-bindings': {
    csv: 'cf curl "/v2/events?q=type+IN+audit.service_binding.create,service_instance.bind_route,audit.service_instance.unbind_route&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .metadata.request.relationships.app.data.guid, .metadata.request.relationships.service_instance.data.guid ] | @csv\'  | sed -e s/\\"//g',
  },
  services: {
    json: 'cf curl "/v2/events?q=type+IN+audit.service.create,audit.service.delete,audit.service.update,audit.service_binding.create,audit.service_binding.delete,service_instance.bind_route,audit.service_instance.create,audit.service_instance.delete,audit.service_instance.unbind_route,audit.service_instance.update&q=organization_guid:$GUID"',
  },
}

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

/** The page's own commands, in a shell, with the same cf. */
async function pipeline({ cf, sample }: Scene, command: string): Promise<string> {
  const shell = spawn('sh', ['-ec', `export GUID=$(cf org "$ORG" --guid)\n${command}`], {
    env: { ...environment(cf), ORG: sample.org.name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  shell.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  const status = await new Promise(done => shell.on('close', done))
  assert.is(status, 0, command)
  return stdout
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

const recipes = suite('the page’s recipes')

for (const [name, cf] of transports) {
  recipes(`as documented, byte for byte, through ${name}`, () =>
    withScene({ events: 160, cf: recipeProof(cf) }, async scene => {
      for (const [report, { csv }] of Object.entries(page)) {
        if (csv === undefined) continue
        const theirs = await pipeline(scene, csv)
        assert.ok(theirs.split('\n').length < 50, 'the page’s recipe is only comparable on one page')
        assert.is(done(await run(scene.cf, [report, 'demo-org', '--as-documented'])), theirs, report)
      }
    }),
  )

  recipes(`JSON as documented, as values, through ${name}`, () =>
    withScene({ events: 60, cf: recipeProof(cf) }, async scene => {
      for (const [report, { json }] of Object.entries(page)) {
        if (json === undefined) continue
        const theirs = JSON.parse(await pipeline(scene, json))
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
        assert.equal(ours, theirs, report)
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
    const types = reports.find(({ name }) => name === 'routes')?.documented.types
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
    assert.match(stderr, 'every org that you can see')
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
