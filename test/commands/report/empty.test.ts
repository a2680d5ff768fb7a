import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { openScene, realCf, type SceneOptions, withScene } from '../../scene.ts'

const empty = suite('an empty report is explained')

const nothing = { events: [] }
const transports = [
  { version: '8.18.4' },
  { version: '7.8.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf }]),
]

/** Who asks, of a foundation with or without events, and what the last lines name. */
const rows: readonly (readonly [
  name: string,
  scene: SceneOptions,
  code: number,
  says: RegExp,
  advice?: RegExp,
])[] = [
  ['nothing of this kind', { events: 60 }, 0, /^✓ Complete: 0 events of demo-org\b/m],
  [
    'nothing of this kind, Space Developer',
    { events: 60, user: 'developer@example.gov' },
    0,
    /^Partial: 0 events of demo-org\b.*\(space dev\).*Org Auditor/m,
  ],
  ['nothing at all, Org Auditor', { foundation: nothing }, 0, /^✓ Complete: 0 events of demo-org\b/m],
  [
    'nothing at all, global auditor',
    { foundation: nothing, user: 'global.auditor@example.gov' },
    0,
    /^✓ Complete: 0 events of demo-org\b/m,
  ],
  [
    'nothing at all, Space Developer',
    { foundation: nothing, user: 'developer@example.gov' },
    0,
    /^Warning: .*space dev\b[\s\S]*^Partial: 0 events of demo-org\b/m,
  ],
  [
    'nothing at all, Space Supporter',
    { foundation: nothing, user: 'supporter@example.gov' },
    0,
    /^Warning: .*space dev\b[\s\S]*^Partial: 0 events of demo-org\b/m,
  ],
  [
    'Org Manager',
    { events: 60, user: 'manager@example.gov' },
    4,
    /demo-org.*Org Auditor/,
    /Org Manager.*: cf set-org-role manager@example\.gov demo-org OrgAuditor$/m,
  ],
  [
    'Billing Manager',
    { events: 60, user: 'billing@example.gov' },
    4,
    /demo-org.*Org Auditor/,
    /Ask an Org Manager.*: cf set-org-role billing@example\.gov demo-org OrgAuditor$/m,
  ],
  [
    'Space Manager',
    { events: 60, user: 'space.manager@example.gov' },
    4,
    /demo-org.*Org Auditor/,
    /Ask an Org Manager/,
  ],
  [
    'only a member',
    { events: 60, user: 'user@example.gov' },
    4,
    /demo-org.*Org Auditor/,
    /Ask an Org Manager/,
  ],
  [
    'roles that cannot be read',
    {
      events: 60,
      user: 'manager@example.gov',
      foundation: {
        faults: [{ on: /\/v3\/roles/, times: Number.POSITIVE_INFINITY, answer: { status: 403, body: '{}' } }],
      },
    },
    4,
    /demo-org.*Permission denied/,
    /no way to know/,
  ],
]

for (const cf of transports) {
  for (const [name, scene, code, says, advice] of rows) {
    empty(`${name}, ${'bin' in cf ? cf.bin : cf.version}`, () =>
      withScene({ ...scene, cf }, async ({ cf }) => {
        for (const format of ['csv', 'table', 'json']) {
          const result = await run(cf, ['routes', 'demo-org', '--since', '1h', '-f', format])
          assert.is(result.code, code, result.stderr)
          assert.is(result.error, code === 0 ? undefined : 'Forbidden')
          assert.match(result.stderr, says)
          if (advice !== undefined) assert.match(result.stderr, advice)
          if (code !== 0) assert.is(result.stdout, '')
          else assert.match(result.stdout, format === 'json' ? '"total_results":0' : 'Timestamp')
        }
      }),
    )
  }
}

empty('a window that ends before what is kept: that nothing happened in it is not claimed', () =>
  withScene({ events: 60 }, async ({ cf }) => {
    for (const window of [
      ['--until', '60d'],
      ['--since', '90d', '--until', '60d'],
    ]) {
      const { code, stderr } = await run(cf, ['routes', 'demo-org', '-q', ...window])
      assert.is(code, 0)
      const [warning = '', last = ''] = stderr.split('\n')
      assert.match(warning, /^Warning: .*\bdemo-org\b.*\b20\d\d-\d\d-\d\dT.*no way to know/)
      assert.match(last, /^Partial: 0 events of demo-org\b.*\b31 days\b/)
      assert.not.match(stderr, 'Complete')
    }
  }),
)

empty('a client is given its role as a client', () =>
  withScene({ foundation: nothing, user: 'sandbox-bot' }, async ({ cf, foundation, sample }) => {
    const { roles } = foundation.state
    for (const role of roles) {
      if (role.userGuid === 'sandbox-bot' && role.orgGuid === sample.org.guid) role.type = 'organization_user'
    }
    const { code, stderr } = await run(cf, ['routes', 'demo-org'])
    assert.is(code, 4, stderr)
    assert.match(stderr, 'cf set-org-role sandbox-bot demo-org OrgAuditor --client\n')
  }),
)

empty('a cf that does not know cf target: there is no way to know', () =>
  withScene({ foundation: nothing, cf: { kind: 'minimal' } }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['routes', 'demo-org'])
    assert.is(code, 4)
    assert.is(stdout, '')
    assert.match(stderr, /demo-org[\s\S]*no way to know/)
  }),
)

empty('someone without any role, asking for every org', async () => {
  const scene = await openScene({ events: 60, user: 'outsider@example.gov', targeted: false })
  try {
    const { code, stdout, stderr } = await run(scene.cf, ['events', '-f', 'csv'])
    assert.is(code, 4)
    assert.is(stdout, '')
    assert.match(stderr, /any org\b.*Org Auditor/)
  } finally {
    await scene.close()
  }
})

empty.run()
