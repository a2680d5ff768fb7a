import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { realCf, type SceneOptions, withScene } from '../../scene.ts'

const visibility = suite('what the roles of the user show')

const transports = [
  { version: '8.18.4' },
  { version: '8.7.10' },
  { version: '7.8.0' },
  { version: '6.53.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf }]),
]

/** Who asks for what, and what the closing words say of their sight. */
const rows: readonly (readonly [user: string, args: readonly string[], says: RegExp])[] = [
  ['auditor', ['routes', 'demo-org'], /^Your roles show all of demo-org\.$/m],
  ['global.auditor', ['routes', 'demo-org'], /^Your roles show all of demo-org\.$/m],
  ['admin', ['events', '-f', 'csv'], /^Your roles show all of the foundation\.$/m],
  [
    'developer',
    ['routes', 'demo-org'],
    /^Warning: your roles show only a part of demo-org: space dev\. The rest takes Org Auditor\.$/m,
  ],
  [
    'supporter',
    ['routes', 'demo-org', '-q'],
    /^Warning: your roles show only a part of demo-org: space dev\. The rest takes Org Auditor\.$/m,
  ],
  [
    'two.orgs',
    ['events', '-f', 'csv'],
    /^Warning: your roles show only a part of the foundation: orgs demo-org, "acme, inc"\. The rest/m,
  ],
]

for (const cf of transports) {
  for (const [user, args, says] of rows) {
    visibility(`${user}: ${args.join(' ')}, ${'bin' in cf ? cf.bin : cf.version}`, () =>
      withScene({ events: 300, user: `${user}@example.gov`, cf }, async ({ cf }) => {
        const { code, stderr } = await run(cf, args)
        assert.is(code, 0, stderr)
        assert.match(stderr, says)
      }),
    )
  }
}

const rolesAsked = (requests: readonly { readonly path: string }[]) =>
  requests.filter(({ path }) => path.startsWith('/v3/roles')).length

visibility('is looked up once, remembered for an hour, and told each time', () =>
  withScene({ events: 300 }, async ({ cf, foundation }) => {
    for (const _ of [1, 2, 3]) {
      const { stderr } = await run(cf, ['routes', 'demo-org'])
      assert.match(stderr, 'Your roles show all of demo-org.')
    }
    assert.is(rolesAsked(foundation.requests), 1)
    assert.is(
      foundation.requests.length,
      3 * 2 + 1,
      'a report that knows asks for the org and the page alone',
    )

    const file = join(cf.home, 'cache', 'visibility.json')
    assert.is(statSync(file).mode & 0o777, 0o600)
    const all = JSON.parse(readFileSync(file, 'utf8'))
    for (const known of Object.values<{ at: number }>(all)) known.at -= 3600_001
    writeFileSync(file, JSON.stringify(all))
    await run(cf, ['routes', 'demo-org'])
    assert.is(rolesAsked(foundation.requests), 2, 'an hour has passed')
    await run(cf, ['events'])
    assert.is(rolesAsked(foundation.requests), 3, 'that was another scope')
  }),
)

visibility('of another user is another', () =>
  withScene({ events: 300 }, async ({ cf, foundation }) => {
    await run(cf, ['routes', 'demo-org'])
    const config = JSON.parse(readFileSync(cf.config, 'utf8'))
    const { accessToken, refreshToken } = foundation.login('developer@example.gov')
    writeFileSync(
      cf.config,
      JSON.stringify({ ...config, AccessToken: `bearer ${accessToken}`, RefreshToken: refreshToken }),
    )
    const { stderr } = await run(cf, ['routes', 'demo-org'])
    assert.match(stderr, 'only a part of demo-org: space dev')
  }),
)

for (const garbage of [
  '',
  'null',
  '[]',
  '{"x":1}',
  'no json',
  '{"KEY":{"at":1e99,"visible":{"sees":"all"}}}',
]) {
  visibility(`a memory of ${JSON.stringify(garbage)} is none`, () =>
    withScene({ events: 300 }, async ({ cf, foundation }) => {
      await run(cf, ['routes', 'demo-org'])
      const file = join(cf.home, 'cache', 'visibility.json')
      const key = Object.keys(JSON.parse(readFileSync(file, 'utf8')))[0] ?? ''
      writeFileSync(file, garbage.replace('"KEY"', JSON.stringify(key)))
      const { code, stderr } = await run(cf, ['routes', 'demo-org'])
      assert.is(code, 0)
      assert.match(stderr, 'Your roles show all of demo-org.')
      assert.is(rolesAsked(foundation.requests), 2)
    }),
  )
}

const forbidden: SceneOptions = {
  events: 300,
  foundation: {
    faults: [{ on: /\/v3\/roles/, times: Number.POSITIVE_INFINITY, answer: { status: 403, body: '{}' } }],
  },
}

visibility('that cannot be looked up costs no report, and is not remembered', () =>
  withScene(forbidden, async ({ cf, foundation }) => {
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await run(cf, ['routes', 'demo-org'])
      assert.is(code, 0)
      assert.match(stdout, /^Timestamp/)
      assert.match(stderr, /^Warning: which events of demo-org your roles show could not be looked up: \S/m)
    }
    assert.is(rolesAsked(foundation.requests), 2)
  }),
)

visibility.run()
