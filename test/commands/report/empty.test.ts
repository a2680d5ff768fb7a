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

/** Who asks, of a foundation with or without events, and what is said. */
const rows: readonly (readonly [
  name: string,
  scene: SceneOptions,
  code: number,
  says: RegExp,
  todo?: RegExp,
])[] = [
  [
    'nothing of this kind',
    { events: 60 },
    0,
    /Nothing of this kind happened that Cloud Foundry still keeps: your roles would show it/,
  ],
  [
    'nothing of this kind, Space Developer',
    { events: 60, user: 'developer@example.gov' },
    0,
    /Warning: nothing of this kind that Cloud Foundry still keeps happened where your roles can see it \(space dev\)\. All of demo-org takes Org Auditor/,
  ],
  [
    'nothing at all, Org Auditor',
    { foundation: nothing },
    0,
    /Nothing happened in demo-org that Cloud Foundry still keeps/,
  ],
  [
    'nothing at all, global auditor',
    { foundation: nothing, user: 'global.auditor@example.gov' },
    0,
    /Nothing happened in demo-org that Cloud Foundry still keeps/,
  ],
  [
    'nothing at all, Space Developer',
    { foundation: nothing, user: 'developer@example.gov' },
    0,
    /Warning: your roles show only the events of space dev, where nothing happened/,
  ],
  [
    'nothing at all, Space Supporter',
    { foundation: nothing, user: 'supporter@example.gov' },
    0,
    /Warning: your roles show only the events of space dev/,
  ],
  [
    'Org Manager',
    { events: 60, user: 'manager@example.gov' },
    4,
    /^Your roles cannot see the events of demo-org: that takes Org Auditor/m,
    /^As Org Manager you can grant it yourself, which is audited in turn: cf set-org-role manager@example\.gov demo-org OrgAuditor$/m,
  ],
  [
    'Billing Manager',
    { events: 60, user: 'billing@example.gov' },
    4,
    /^Your roles cannot see the events/m,
    /^Ask an Org Manager to run: cf set-org-role billing@example\.gov demo-org OrgAuditor$/m,
  ],
  [
    'Space Manager',
    { events: 60, user: 'space.manager@example.gov' },
    4,
    /^Your roles cannot see the events/m,
    /^Ask an Org Manager/m,
  ],
  [
    'only a member',
    { events: 60, user: 'user@example.gov' },
    4,
    /^Your roles cannot see the events/m,
    /^Ask an Org Manager/m,
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
    /No event of demo-org can be seen, and your roles could not be read: Permission denied by Cloud Foundry/,
    /cannot be told whether nothing happened/,
  ],
]

for (const cf of transports) {
  for (const [name, scene, code, says, todo] of rows) {
    empty(`${name}, ${'bin' in cf ? cf.bin : cf.version}`, () =>
      withScene({ ...scene, cf }, async ({ cf }) => {
        for (const format of ['csv', 'table', 'json']) {
          const result = await run(cf, ['routes', 'demo-org', '--since', '1h', '-f', format])
          assert.is(result.code, code, result.stderr)
          assert.match(result.stderr, says)
          if (todo !== undefined) assert.match(result.stderr, todo)
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
      const [cannot = '', ends = ''] = stderr.split('\n')
      assert.match(
        cannot,
        /^Warning: whether anything happened in this window cannot be told: the oldest event of demo-org that can be seen is of 2/,
      )
      assert.match(
        ends,
        /^Warning: the window ends before .* after 31 days .*: what happened in it may be missing\.$/,
      )
      assert.not.match((await run(cf, ['routes', 'demo-org', ...window])).stderr, 'Nothing of this kind')
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

empty('a cf that does not know cf target: it says that it cannot tell', () =>
  withScene({ foundation: nothing, cf: { kind: 'minimal' } }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['routes', 'demo-org'])
    assert.is(code, 4)
    assert.is(stdout, '')
    assert.match(stderr, 'your roles could not be read')
  }),
)

empty('someone without any role, asking for every org', async () => {
  const scene = await openScene({ events: 60, user: 'outsider@example.gov', targeted: false })
  try {
    const { code, stdout, stderr } = await run(scene.cf, ['events', '-f', 'csv'])
    assert.is(code, 4)
    assert.is(stdout, '')
    assert.match(stderr, 'Your roles cannot see the events of any org')
  } finally {
    await scene.close()
  }
})

empty.run()
