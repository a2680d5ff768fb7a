import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reportNamed } from '../../../src/reports/catalog.ts'
import type { InstallOptions } from '../../foundation/install-cf.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { realCf, type Scene, type SceneOptions, withScene } from '../../scene.ts'

const scopes = suite('orgs, spaces, actors and targets')

const stranger = '00000000-0000-4000-8000-000000000000'
const transports: readonly (readonly [cf: InstallOptions, apis: readonly ('v2' | 'v3')[]])[] = [
  [{ version: '8.18.4' }, ['v2', 'v3']],
  [{ version: '8.7.10' }, ['v3']],
  [{ version: '7.8.0' }, ['v2']],
  [{ version: '6.53.0' }, ['v3']],
  ...(realCf === undefined ? [] : [[{ bin: realCf, version: '8.18.4' }, ['v2', 'v3']] as const]),
]
const nameOf = (cf: InstallOptions) => cf.bin ?? cf.version

/** Every event of the sample. */
const eventsOf = ({ sample }: Scene) => sample.events as readonly StoredEvent[]
const orgOf = ({ sample }: Scene, name: string) => sample.orgs.find(org => org.name === name)!.guid
const spaceOf = (scene: Scene, name: string, org = 'demo-org') =>
  scene.sample.spaces.find(space => space.name === name && space.orgGuid === orgOf(scene, org))!.guid
const isOf = (report: string) => {
  const { types } = reportNamed(report)
  return ({ type }: StoredEvent) => types === undefined || types.includes(type)
}

/** The GUIDs of what ndjson holds, sorted. */
function guidsIn({ stdout }: Run): string[] {
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const { guid, metadata } = JSON.parse(line)
      return guid ?? metadata.guid
    })
    .sort()
}

async function assertEvents(
  scene: Scene,
  args: readonly string[],
  keeps: (event: StoredEvent) => boolean,
): Promise<Run> {
  const result = await run(scene.cf, [...args, '-f', 'ndjson'])
  assert.is(result.code, 0, result.stderr)
  const expected = eventsOf(scene)
    .filter(keeps)
    .map(({ guid }) => guid)
    .sort()
  assert.ok(expected.length > 0, 'the sample holds such events')
  assert.equal(guidsIn(result), expected)
  return result
}

/** The classes of the errors behind the exit codes here. */
const errors: Readonly<Record<number, RegExp>> = { 2: /^UsageError$/, 4: /^(NotFound|Forbidden)$/ }

async function assertRefused(
  { cf }: Scene,
  args: readonly string[],
  code: number,
  says: RegExp,
  advice = /\w/,
): Promise<Run> {
  const result = await run(cf, args)
  assert.is(result.code, code, result.stderr)
  assert.match(result.error ?? '', errors[code] ?? /^$/)
  assert.is(result.stdout, '')
  assert.match(result.stderr, says)
  assert.match(result.stderr, advice)
  return result
}

for (const [cf, apis] of transports) {
  const scene = (user: string, more: SceneOptions = {}): SceneOptions => ({
    events: 900,
    cf,
    user: `${user}@example.gov`,
    ...more,
  })

  for (const api of apis) {
    scopes(`several orgs in one listing, ${api}, ${nameOf(cf)}`, () =>
      withScene(scene('two.orgs'), async scene => {
        const orgs = [orgOf(scene, 'demo-org'), orgOf(scene, 'acme, inc')]
        const args = ['routes', '--org', 'demo-org', '-o', 'acme, inc', '--api', api]
        const keeps = (event: StoredEvent) => isOf('routes')(event) && orgs.includes(event.orgGuid)
        const { stderr } = await assertEvents(scene, args, keeps)
        assert.match(stderr, /^✓ Complete: \d+ events of demo-org and "acme, inc", /m)
        const listings = scene.foundation.requests.filter(({ path }) => /events\?/.test(path))
        assert.ok(listings.every(({ path }) => orgs.every(guid => path.includes(guid))))
      }),
    )

    scopes(`spaces by name for those who can list them, ${api}, ${nameOf(cf)}`, () =>
      withScene(scene('admin'), async scene => {
        const spaces = [spaceOf(scene, 'dev'), spaceOf(scene, 'space with spaces')]
        const args = ['user-access', 'demo-org', '--space', 'dev', '-s', 'space with spaces', '--api', api]
        const keeps = (event: StoredEvent) => isOf('user-access')(event) && spaces.includes(event.spaceGuid)
        const { stderr } = await assertEvents(scene, args, keeps)
        assert.match(stderr, /^✓ Complete: \d+ events of demo-org \(spaces dev and space with spaces\), /m)
        assert.match(stderr, /^--space .*org roles/m)
        const comma = spaceOf(scene, 'a, b', 'acme, inc')
        await assertEvents(
          scene,
          ['events', 'acme, inc', '--space', 'a, b', '--api', api],
          event => event.spaceGuid === comma,
        )
      }),
    )

    scopes(`a space by GUID for an Org Auditor, who can list none, ${api}, ${nameOf(cf)}`, () =>
      withScene(scene('auditor'), async scene => {
        const dev = spaceOf(scene, 'dev')
        const keeps = (event: StoredEvent) => isOf('routes')(event) && event.spaceGuid === dev
        for (const args of [
          ['routes', '--space', dev],
          ['routes', 'demo-org', '--space', dev.toUpperCase()],
          ['routes', '--all-orgs', '--space', dev],
        ]) {
          const { stderr } = await assertEvents(scene, [...args, '--api', api], keeps)
          assert.not.match(stderr, /--space|No org/)
        }
        assert.is(scene.foundation.requests.filter(({ path }) => path.startsWith('/v3/spaces')).length, 0)
      }),
    )

    scopes(`actors and targets, ${api}, ${nameOf(cf)}`, () =>
      withScene(scene('auditor'), async scene => {
        const org = orgOf(scene, 'demo-org')
        const total = eventsOf(scene).filter(({ orgGuid }) => orgGuid === org).length
        const target = scene.sample.users.find(({ username }) => username === 'developer@example.gov')!
        const of = (keeps: (event: StoredEvent) => boolean) => (event: StoredEvent) =>
          event.orgGuid === org && keeps(event)
        const ask = ['events', 'demo-org', '--api', api]

        const byName = await assertEvents(
          scene,
          [...ask, '--actor', 'MAIL.auditor@example.gov', '--actor', 'sandbox-bot'],
          of(({ actor, actorName }) => actor === 'sandbox-bot' || actorName === 'mail.auditor@example.gov'),
        )
        assert.match(
          byName.stderr,
          new RegExp(`^\\d+ events .*MAIL\\.auditor@example\\.gov.* sandbox-bot\\b.*\\b${total} events`, 'm'),
        )
        assert.match(byName.stderr, new RegExp(`^✓ Complete: ${total} events of demo-org, `, 'm'))
        await assertEvents(
          scene,
          [...ask, '--target', 'My-App', '--target', target.guid],
          of(({ actee, acteeName }) => acteeName === 'my-app' || actee === target.guid),
        )

        // Among events of users a GUID may be the name of one: it is compared here.
        const listings = () => scene.foundation.requests.filter(({ path }) => /events\?/.test(path))
        assert.ok(listings().every(({ path }) => !path.includes(target.guid)))
        // Where none is of a user, the API is asked.
        const route = eventsOf(scene).find(
          event => event.orgGuid === org && event.type === 'audit.route.create' && event.actee !== '',
        )!
        const byGuid = await assertEvents(
          scene,
          ['routes', 'demo-org', '--api', api, '--target', route.actee.toUpperCase()],
          of(event => isOf('routes')(event) && event.actee === route.actee),
        )
        assert.not.match(byGuid.stderr, '--target')
        const asked = listings().filter(({ path }) => path.includes(route.actee))
        assert.ok(asked.length > 0)
        assert.ok(asked.every(({ path }) => (api === 'v2' ? /q=actee\+IN\+/ : /&target_guids=/).test(path)))

        // The user name of the actor is in v2 alone; for v3 it is looked up.
        const user = await run(scene.cf, [...ask, '--actor', 'Auditor@example.gov', '-f', 'json'])
        assert.is(user.code, 0)
        const envelope = JSON.parse(user.stdout)
        const written = (envelope.pagination ?? envelope).total_results
        assert.is(written, envelope.resources.length)
        const auditor = scene.foundation.state.users.find(each => each.username === 'auditor@example.gov')
        const theirs = eventsOf(scene).filter(of(({ actor }) => actor === auditor?.guid))
        assert.ok(written > 0)
        assert.is(written, theirs.length)
        assert.match(
          user.stderr,
          new RegExp(`^${written} events .*Auditor@example\\.gov.*\\b${total} events`, 'm'),
        )

        scene.foundation.uaa.trouble = 503
        const without = await run(scene.cf, [...ask, '--actor', 'auditor@example.gov', '-f', 'json'])
        scene.foundation.uaa.trouble = undefined
        // v2 has user names itself.
        assert.is(without.code, api === 'v2' ? 0 : 5)
        if (api === 'v2') assert.match(without.stdout, 'auditor@example.gov')
        else {
          assert.is(without.stdout, '')
          assert.is(without.error, 'Failed')
          assert.match(without.stderr, /auditor@example\.gov.*\n.*GUID.*--actor/)
        }
      }),
    )
  }

  scopes(`an org by GUID is not looked up, even a deleted one, ${nameOf(cf)}`, () =>
    withScene(scene('global.auditor'), async scene => {
      const guid = orgOf(scene, 'acme, inc')
      scene.foundation.state.orgs.splice(
        scene.foundation.state.orgs.findIndex(org => org.guid === guid),
        1,
      )
      await assertEvents(scene, ['events', guid.toUpperCase()], event => event.orgGuid === guid)
      await assertEvents(
        scene,
        ['routes', '--org', guid, '--org', 'demo-org'],
        event => isOf('routes')(event) && [guid, orgOf(scene, 'demo-org')].includes(event.orgGuid),
      )
      await assertRefused(scene, ['routes', 'acme, inc'], 4, /acme, inc/)
    }),
  )

  scopes(`a space that cannot be listed, or seen into, ${nameOf(cf)}`, async () => {
    const where = mkdtempSync(join(tmpdir(), 'cf-audit-test-'))
    const file = join(where, 'out.csv')
    const refusals: readonly (readonly [user: string, space: string, says: RegExp, advice: RegExp])[] = [
      ['auditor', 'dev', /demo-org.*\bdev\b/, /GUID/],
      ['developer', 'prod', /\bprod\b.*demo-org/, /GUID/],
      ['developer', 'dve', /\bdve\b.*demo-org.* dev\?$/m, /./],
      ['admin', 'staging2', /\bstaging2\b.* staging\?$/m, /./],
      [
        'manager',
        'dev',
        /demo-org \(space dev\)/,
        /Org Manager.*: cf set-org-role manager@example\.gov demo-org OrgAuditor$/m,
      ],
    ]
    try {
      for (const [user, space, says, advice] of refusals) {
        await withScene(scene(user), async scene => {
          await assertRefused(scene, ['routes', '--space', space, '-O', file], 4, says, advice)
          assert.not.ok(existsSync(file))
        })
      }
      await withScene(scene('developer'), async scene => {
        const dev = spaceOf(scene, 'dev')
        await assertEvents(
          scene,
          ['routes', '--space', 'dev'],
          event => isOf('routes')(event) && event.spaceGuid === dev,
        )
        await assertRefused(
          scene,
          ['routes', '--space', spaceOf(scene, 'prod')],
          4,
          /demo-org \(space /,
          /Ask an Org Manager/,
        )
      })
    } finally {
      rmSync(where, { recursive: true })
    }
  })

  scopes(`an org that is not there stops everything, with a suggestion, ${nameOf(cf)}`, () =>
    withScene(scene('two.orgs'), async scene => {
      for (const args of [
        ['routes', 'demo-rog'],
        ['routes', '--org', 'demo-org', '--org', 'demo-rog'],
      ]) {
        await assertRefused(scene, args, 4, /demo-rog.* demo-org\?$/m)
      }
      await assertRefused(scene, ['routes', 'zzz'], 4, /\bzzz\b/)
      assert.is(scene.foundation.requests.filter(({ path }) => /events/.test(path)).length, 0)
    }),
  )

  scopes(`a GUID of nothing, ${nameOf(cf)}`, () =>
    withScene(scene('global.auditor'), async scene => {
      await assertRefused(scene, ['routes', stranger], 4, new RegExp(stranger))
      await assertRefused(
        scene,
        ['routes', 'demo-org', '--space', spaceOf(scene, 'main', 'acme, inc')],
        4,
        /\(main\).*demo-org/,
      )
      const { code, stderr } = await run(scene.cf, ['routes', 'demo-org', '--space', stranger])
      assert.is(code, 0)
      assert.match(stderr, new RegExp(`^Warning: .*${stranger}`, 'm'))
    }),
  )
}

scopes('an org whose name looks like a GUID is found by its own', () =>
  withScene({ events: 300 }, async scene => {
    scene.foundation.state.orgs.push({ guid: orgOf(scene, 'demo-org').replace(/^./, 'f'), name: stranger })
    const org = scene.foundation.state.orgs.at(-1)!
    scene.foundation.state.roles.push({
      ...scene.foundation.state.roles[0]!,
      userGuid: scene.sample.users.find(({ username }) => username === 'auditor@example.gov')!.guid,
      type: 'organization_auditor',
      orgGuid: org.guid,
      spaceGuid: null,
    })
    await assertRefused(
      scene,
      ['routes', stranger],
      4,
      new RegExp(stranger),
      new RegExp(`--org ${org.guid}\\b`),
    )
  }),
)

scopes('of two orgs only one can be seen: that is partial', () =>
  withScene({ events: 600 }, async scene => {
    const acme = orgOf(scene, 'acme, inc')
    const result = await run(scene.cf, ['routes', '--org', 'demo-org', '--org', acme, '-f', 'csv'])
    assert.is(result.code, 0)
    assert.match(result.stderr, /^Partial: .*demo-org and .*\(org demo-org\)/m)
  }),
)

scopes('of two orgs only one has a space of that name: a warning', () =>
  withScene({ events: 600, user: 'admin@example.gov' }, async scene => {
    const result = await run(scene.cf, ['events', '-o', 'demo-org', '-o', 'a/b', '-s', 'dev', '-f', 'csv'])
    assert.is(result.code, 0)
    assert.match(result.stderr, /^Warning: .*\bdev\b.*\ba\/b\b/m)
  }),
)

scopes('v6 where API v2 is off finds each org by API v3', () =>
  withScene(
    { events: 600, user: 'two.orgs@example.gov', cf: { version: '6.53.0' }, foundation: { v2: false } },
    async scene => {
      const orgs = [orgOf(scene, 'demo-org'), orgOf(scene, 'acme, inc')]
      await assertEvents(
        scene,
        ['routes', '--org', 'demo-org', '--org', 'acme, inc'],
        event => isOf('routes')(event) && orgs.includes(event.orgGuid),
      )
    },
  ),
)

scopes('the calls: one for each org, one for all spaces, and the pages', () =>
  withScene({ events: 600, user: 'admin@example.gov' }, async ({ cf, foundation }) => {
    await run(cf, ['routes', '-o', 'demo-org', '-o', 'acme, inc', '-s', 'dev', '-s', 'main', '-s', 'a, b'])
    const asked = foundation.requests.map(({ path }) => path.replace(/\?.*/, ''))
    assert.equal(asked.slice(0, 4), [
      '/v3/organizations',
      '/v3/organizations',
      '/v3/spaces',
      '/v3/audit_events',
    ])
  }),
)

const nonsense: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['routes', 'a', '--org', 'b'], /\ba and b\b/],
  [['routes', 'a', '--all-orgs'], /--all-orgs/],
  [['routes', '--org', 'a', '--org', 'b', '--all-orgs'], /--all-orgs/],
  [['events', '--space', 'dev'], /--space dev\b.*\borg\b/],
  [['routes', '--all-orgs', '--space', 'dev'], /--space dev\b.*\borg\b/],
  [['routes', '--org', 'a', '--org', 'b', '--as-documented'], /--as-documented\b.*one org/],
  [['routes', '--space', 'dev', '--as-documented'], /--space\b.*--as-documented\b/],
  [['routes', '--actor', 'x', '--as-documented'], /--actor\b.*--as-documented\b/],
  [['routes', '--target', 'x', '--as-documented'], /--target\b.*--as-documented\b/],
  [['format', 'routes', '--target', 'x', '--as-documented'], /--target\b.*--as-documented\b/],
  [['routes', '--org', ''], /\borg\b.*empty/],
  [['routes', '--space', ''], /\bspace\b.*empty/],
  [['routes', '--actor', ''], /--actor\b.*empty/],
  [['routes', '--target='], /--target\b.*empty/],
  [['routes', '--about='], /--about\b.*empty/],
  [['routes', '--space'], /--space\b.*value/],
  [['routes', '-s'], /--space\b.*value/],
  [['routes', '--actor'], /--actor\b.*value/],
  [['routes', '--no-org'], /--no-org\b/],
  [['routes', '--no-space'], /--no-space\b/],
]
scopes('what cannot work is refused with the reason, and Cloud Foundry is not asked', () =>
  withScene({ events: 0 }, async scene => {
    for (const [args, says] of nonsense) await assertRefused(scene, args, 2, says)
    assert.is(scene.foundation.requests.length, 0)
  }),
)

scopes('--explain names each org, the spaces, and what cf-audit does itself', () =>
  withScene({ events: 0 }, async scene => {
    const { code, stdout } = await run(scene.cf, [
      'routes',
      '--org',
      'my org',
      '--org',
      stranger,
      '--space',
      "it's",
      '--space',
      stranger,
      '--actor',
      'bob',
      '--target',
      stranger,
      '--explain',
    ])
    assert.is(code, 0)
    for (const line of [
      "export GUID=$(cf org 'my org' --guid)",
      `export GUID=${stranger}`,
      "GUID=$(cf org 'my org' --guid)",
    ]) {
      assert.ok(stdout.split('\n').includes(line), `${line}\n\n${stdout}`)
    }
    for (const lacking of [/^# - .*one org/m, /^# - .*space/m, /^# - .*applies --actor and --target/m])
      assert.match(stdout, lacking)
    assert.match(
      stdout,
      /^SPACES=\$\(cf curl .*\/v3\/spaces\?names=it.*organization_guids=.*"\$GUID".* \| jq -r /m,
    )
    assert.match(
      stdout,
      /^cf curl "\/v3\/audit_events\?.*&organization_guids=\$GUID,0{8}-.*&space_guids=\$SPACES,0{8}-.*&target_guids=0{8}-/m,
    )
    assert.is(scene.foundation.requests.length, 0)
  }),
)

scopes.run()
