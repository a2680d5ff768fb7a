import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { openScene, realCf, type SceneOptions, withScene } from '../../scene.ts'

const roles = suite('roles')

const headings = 'User,User GUID,Origin,Role,Org,Space,Since'

/** The lines of CSV whose names hold neither commas nor line breaks. */
const simple = ({ stdout }: Run) =>
  stdout.split('\n').filter(line => /^[\w.@-]+,[\w-]+,/.test(line) && line !== headings)

const transports: readonly NonNullable<SceneOptions['cf']>[] = [
  { version: '8.18.4' },
  { version: '8.10.0' },
  { version: '8.7.10' },
  { version: '7.8.0' },
  { version: '6.53.0' },
  { version: '8.19.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf }]),
]

/** Who asks, how many roles they see, of how many spaces, and what is said about the rest. */
const readers: readonly (readonly [user: string, count: number, says: RegExp])[] = [
  ['admin', 90, /^Your roles show all 4 spaces of demo-org\.$/m],
  ['readonly.admin', 90, /^Your roles show all 4 spaces of demo-org\.$/m],
  ['global.auditor', 90, /^Your roles show all 4 spaces of demo-org\.$/m],
  ['manager', 90, /^Your roles show all 4 spaces of demo-org\.$/m],
  [
    'auditor',
    50,
    /^Warning: space roles are not shown: your roles cannot list the spaces of demo-org\. .*Org Manager/m,
  ],
  ['billing', 50, /^Warning: space roles are not shown/m],
  ['user', 50, /^Warning: space roles are not shown/m],
  [
    'developer',
    90,
    /^Warning: only the space roles of dev are shown: your roles list no other space of demo-org/m,
  ],
  ['supporter', 90, /^Warning: only the space roles of dev are shown/m],
  ['space.manager', 90, /^Warning: only the space roles of dev are shown/m],
  ['space.auditor', 90, /^Warning: only the space roles of dev are shown/m],
]
for (const [user, count, says] of readers) {
  roles(`${user} sees ${count} roles`, () =>
    withScene({ events: 0, user: `${user}@example.gov` }, async ({ cf }) => {
      const result = await run(cf, ['roles', 'demo-org', '-f', 'csv'])
      assert.is(result.code, 0, result.stderr)
      assert.ok(result.stdout.startsWith(`${headings}\n`))
      assert.is(simple(result).length > 15, true)
      assert.match(
        result.stderr,
        `${count} roles of 46 users in demo-org: all that Cloud Foundry counts for your roles.`,
      )
      assert.match(result.stderr, says)
      assert.match(result.stderr, /^1 of them is a client of the UAA\.$/m)
      assert.match(result.stderr, /^1 of them is gone from the UAA, or not active there\.$/m)
    }),
  )
}

for (const cf of transports) {
  roles(`through ${'bin' in cf ? cf.bin : cf.version}, the targeted org`, () =>
    withScene({ events: 0, user: 'manager@example.gov', cf }, async ({ cf, foundation }) => {
      const result = await run(cf, ['roles', '--user', 'developer@example.gov'])
      assert.is(result.code, 0, result.stderr)
      const [member = '', developer = '', ...more] = simple(result)
      assert.match(
        member,
        /^developer@example\.gov,[\w-]{36},uaa,organization_user,demo-org,,2024-01-15T09:09:00Z$/,
      )
      assert.match(
        developer,
        /^developer@example\.gov,[\w-]{36},uaa,space_developer,demo-org,dev,2024-01-15T09:10:00Z$/,
      )
      assert.equal(more, [])
      assert.match(result.stderr, '2 roles of 1 user match, of the 90 roles of 46 users in demo-org')
      // Lists write no audit events; what cf asks for itself does not either.
      const lists =
        /^\/(v2\/info|login|v3)?$|^\/v2\/organizations\?|^\/v3\/(organizations|roles|spaces|app_usage_events)\?/
      for (const { method, path } of foundation.requests) {
        assert.is(method, 'GET')
        assert.match(path, lists)
      }
    }),
  )
}

roles('an org of four spaces costs a manager three calls besides cf org, and others one more', async () => {
  for (const [user, more] of [
    ['manager@example.gov', 0],
    ['developer@example.gov', 1],
  ] as const) {
    await withScene({ events: 0, user }, async ({ cf, foundation }) => {
      await run(cf, ['roles', 'demo-org'])
      assert.is(foundation.requests.length, 4 + more, foundation.requests.map(({ path }) => path).join('\n'))
    })
  }
})

roles('clients and users gone from the UAA are marked', () =>
  withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf, sample }) => {
    const result = await run(cf, ['roles', 'demo-org', '-f', 'csv'])
    const gone = sample.users.find(
      ({ username, clientId }) => username === null && clientId === undefined,
    )!.guid
    const lines = simple(result)
    assert.equal(
      lines.filter(line => line.startsWith(gone)).map(line => line.split(',').slice(0, 4)),
      [
        [gone, gone, '(gone)', 'organization_user'],
        [gone, gone, '(gone)', 'space_developer'],
      ],
    )
    assert.ok(
      lines.some(line => line.startsWith('sandbox-bot,sandbox-bot,(client),organization_auditor,demo-org,,')),
    )
  }),
)

roles('a client that asks is told by its id', () =>
  withScene({ events: 0, user: 'sandbox-bot' }, async ({ cf }) => {
    const result = await run(cf, ['roles', 'demo-org', '--user', 'Sandbox-Bot'])
    assert.is(result.code, 0, result.stderr)
    assert.is(simple(result).length, 1)
    assert.match(result.stderr, 'your roles cannot list the spaces of demo-org')
  }),
)

roles('json is what Cloud Foundry shows, with what the roles name', () =>
  withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf, sample }) => {
    const { stdout, code } = await run(cf, [
      'roles',
      'demo-org',
      '-f',
      'json',
      '--user',
      'developer@example.gov',
    ])
    assert.is(code, 0)
    const page = JSON.parse(stdout)
    assert.is(page.pagination.total_results, 2)
    assert.is(page.included.users.length, 1)
    assert.is(page.included.users[0].username, 'developer@example.gov')
    assert.is(page.included.organizations[0].name, 'demo-org')
    assert.is(page.included.spaces[0].name, 'dev')
    const known = new Map(sample.roles.map(role => [role.guid, role]))
    for (const role of page.resources) {
      assert.is(known.get(role.guid)?.type, role.type)
      assert.ok(role.links.self.href.endsWith(`/v3/roles/${role.guid}`))
    }
  }),
)

for (const version of ['8.18.4', '7.8.0']) {
  roles(`ndjson is a role a line, through ${version}`, () =>
    withScene({ events: 0, user: 'manager@example.gov', cf: { version } }, async ({ cf }) => {
      const { stdout } = await run(cf, ['roles', 'demo-org', '-f', 'ndjson'])
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line))
      assert.is(lines.length, 90)
      assert.ok(
        lines.every(({ included }) => included.users.length === 1 && included.organizations.length === 1),
      )
      assert.ok(lines.some(({ included }) => included.spaces[0]?.name === 'dev'))
    }),
  )
}

roles('a table has every cell where no person looks', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { stdout } = await run(cf, ['roles', 'demo-org', '-f', 'table', '--user', 'two.orgs@example.gov'])
    const [head, , ...lines] = stdout.trimEnd().split('\n')
    assert.match(head!, /^User +User GUID +Origin +Role +Org +Space +Since \(UTC\)$/)
    assert.is(lines.length, 2)
    assert.ok(lines.every(line => line.startsWith('two.orgs@example.gov ')))
  }),
)

roles('columns, without headings, for Excel, into a file of one reader', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const file = join(cf.home, 'roles.csv')
    const args = [
      'roles',
      'demo-org',
      '--role',
      'BillingManager',
      '--columns',
      'role,user',
      '--no-header',
      '--excel',
    ]
    const first = await run(cf, [...args, '-O', file])
    assert.is(first.code, 0, first.stderr)
    assert.is(readFileSync(file, 'utf8'), '\ufefforganization_billing_manager,billing@example.gov\r\n')
    assert.is(statSync(file).mode & 0o777, 0o600)
    assert.is((await run(cf, [...args, '-O', file])).code, 2)
    assert.is((await run(cf, [...args, '-O', file, '--force'])).code, 0)
  }),
)

roles(
  'names that a spreadsheet would run are guarded, and escapes that a terminal would obey are shown',
  () =>
    withScene({ events: 0 }, async ({ cf }) => {
      const guarded = await run(cf, [
        'roles',
        'demo-org',
        '--user',
        '=HYPERLINK("http://evil.example","click")',
      ])
      assert.match(guarded.stdout, `"'=HYPERLINK(""http://evil.example"",""click"")",`)
      assert.match(guarded.stderr, '1 cell that looks like a formula was escaped')
      const shown = await run(cf, ['roles', 'demo-org', '-f', 'table'])
      assert.not.ok(shown.stdout.includes('\u001b'))
      assert.match(shown.stdout, '␛[31mred')
    }),
)

roles('only roles of orgs: nobody asks for spaces, and nothing is missing', () =>
  withScene({ events: 0 }, async ({ cf, foundation }) => {
    const result = await run(cf, ['roles', 'demo-org', '--role', 'OrgAuditor', '--role', 'org_manager'])
    assert.is(simple(result).length, 4)
    assert.not.match(result.stderr, 'Warning')
    assert.is(foundation.requests.length, 2)
  }),
)

roles('spaces by name and GUID: their roles alone, if they are shown', async () => {
  await withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf, sample }) => {
    const dev = sample.spaces.find(({ name }) => name === 'dev')!
    for (const space of ['dev', dev.guid]) {
      const result = await run(cf, ['roles', 'demo-org', '-s', space, '-s', 'space with spaces'])
      assert.is(result.code, 0, result.stderr)
      assert.match(result.stderr, '40 roles of 40 users match, of the 90 roles of 46 users in demo-org')
      assert.match(result.stderr, '--space leaves out the roles of the org itself.')
      assert.not.match(result.stdout, 'organization_')
    }
    const wrong = await run(cf, ['roles', 'demo-org', '-s', 'dve'])
    assert.is(wrong.code, 4)
    assert.is(wrong.stdout, '')
    assert.match(wrong.stderr, /^Your roles show no space dve here\. Did you mean dev\?$/m)
  })
  await withScene({ events: 0, user: 'auditor@example.gov' }, async ({ cf }) => {
    const hidden = await run(cf, ['roles', 'demo-org', '-s', 'dev'])
    assert.is(hidden.code, 4)
    assert.match(hidden.stderr, /shown to those who hold one there, to Org Managers and global readers/)
    assert.is((await run(cf, ['roles', 'demo-org', '-s', 'dev', '--role', 'OrgManager'])).code, 2)
  })
})

roles('several orgs, by name and GUID, each told for itself', async () => {
  const scene = await openScene({ events: 0, user: 'two.orgs@example.gov' })
  try {
    const acme = scene.sample.orgs[1]!
    const result = await run(scene.cf, [
      'roles',
      '--org',
      'demo-org',
      '-o',
      acme.guid,
      '--user',
      'two.orgs@example.gov',
    ])
    assert.is(result.code, 0, result.stderr)
    assert.is(result.stdout.split('\n').filter(line => line.includes('"acme, inc"')).length, 1)
    assert.is(result.stdout.split('\n').filter(line => line.includes('demo-org')).length, 2)
    assert.match(result.stderr, 'cannot list the spaces of demo-org and acme, inc')
  } finally {
    await scene.close()
  }
})

roles('every org: two calls, and what a global reader sees is all', async () => {
  for (const [user, count, warns] of [
    ['admin@example.gov', 93, false],
    ['developer@example.gov', 90, true],
  ] as const) {
    await withScene({ events: 0, user, targeted: false }, async ({ cf, foundation }) => {
      const result = await run(cf, ['roles', '--all-orgs'])
      assert.is(result.code, 0, result.stderr)
      assert.match(result.stderr, `${count} roles of `)
      assert.is(/take a global reader/.test(result.stderr), warns)
      assert.is(foundation.requests.length, warns ? 3 : 2)
    })
  }
})

roles('every org, one user by name in any case: the API finds them', () =>
  withScene({ events: 0, user: 'admin@example.gov' }, async ({ cf, foundation }) => {
    const result = await run(cf, [
      'roles',
      '--all-orgs',
      '--user',
      'Two.Orgs@example.gov',
      '--role',
      'OrgAuditor',
    ])
    assert.equal(
      result.stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map(line => line.replace(/,[\w-]{36},/, ',GUID,')),
      [
        'two.orgs@example.gov,GUID,uaa,organization_auditor,"acme, inc",,2024-01-15T09:19:00Z',
        'two.orgs@example.gov,GUID,uaa,organization_auditor,demo-org,,2024-01-15T09:18:00Z',
      ],
    )
    assert.ok(foundation.requests.some(({ path }) => /types=organization_auditor&user_guids=/.test(path)))
  }),
)

roles('nobody of that name: exit code 0, and what may have been meant', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['roles', 'demo-org', '--user', 'audtor@example.gov'])
    assert.is(code, 0)
    assert.is(stdout, `${headings}\n`)
    assert.match(
      stderr,
      /Warning: nobody named audtor@example\.gov holds a role .* Did you mean auditor@example\.gov\?/,
    )
  }),
)

roles('a UAA that is down: GUIDs, with a warning', () =>
  withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf, foundation, sample }) => {
    foundation.uaa.trouble = 503
    const result = await run(cf, ['roles', 'demo-org', '--role', 'SpaceSupporter'])
    assert.is(result.code, 0, result.stderr)
    const { guid } = sample.users.find(({ username }) => username === 'supporter@example.gov')!
    assert.equal(simple(result), [`${guid},${guid},,space_supporter,demo-org,dev,2024-01-15T09:12:00Z`])
    assert.match(
      result.stderr,
      /^Warning: users are shown by GUID alone\. Cloud Foundry cannot get the names of users from its login server/m,
    )
    assert.not.match(result.stderr, 'gone')

    const byGuid = await run(cf, ['roles', 'demo-org', '--user', guid])
    assert.is(simple(byGuid).length, 2)
    for (const scope of [['demo-org'], ['--all-orgs']]) {
      const byName = await run(cf, ['roles', ...scope, '--user', 'supporter@example.gov'])
      assert.is(byName.code, 5)
      assert.is(byName.stdout, '')
      assert.match(byName.stderr, 'login server')
    }
  }),
)

const everywhere = Number.POSITIVE_INFINITY
// biome-ignore lint/suspicious/noExplicitAny: a page is whatever JSON the API answers
const fewer = (page: any) => ({ ...page, resources: page.resources.slice(1) })

/** What goes wrong: the scene, the command line, the exit code, the sentence. */
type Failure = readonly [name: string, scene: SceneOptions, args: string[], code: number, says: RegExp]
const senseless = ['--since=7d', '--as-documented', '--actor=me', '--resolve']
const failures: readonly Failure[] = [
  [
    'where only API v2 is on',
    {
      foundation: {
        faults: [
          {
            on: /\/v3\/(roles|spaces)/,
            times: everywhere,
            answer: { status: 404, body: '404 page not found' },
          },
        ],
      },
    },
    ['demo-org'],
    5,
    /^Roles are listed by API v3 alone, and here \/v3\/roles answered: 404 page not found$/m,
  ],
  [
    'a count that is never reached',
    {
      foundation: {
        faults: [
          {
            on: /\/v3\/roles/,
            times: everywhere,
            answer: fewer,
          },
        ],
      },
    },
    ['demo-org'],
    6,
    /^Incomplete: 49 resources of \/v3\/roles could be read, but Cloud Foundry counts 50\.$/m,
  ],
  [
    'only the beginning of a list',
    { foundation: { maxTotalResults: 20 } },
    ['demo-org'],
    6,
    /^Incomplete: Cloud Foundry shows only the beginning of \/v3\/roles\. .*must be less than 20/m,
  ],
  ['no such org', {}, ['demo-rog'], 4, /^There is no org named demo-rog that you can see\./m],
  [
    'no such GUID',
    {},
    ['00000000-0000-4000-8000-000000000000'],
    4,
    /^There is no org 00000000-.* that you can see\.$/m,
  ],
  ['no such role', {}, ['demo-org', '--role', 'OrgAudtor'], 2, /Did you mean OrgAuditor\?/],
  ['an empty user', {}, ['demo-org', '--user', ''], 2, /The name of the user is empty/],
  ['no such column', {}, ['demo-org', '--columns', 'who'], 2, /^roles has no column who\.$/m],
  [
    'columns of json',
    {},
    ['demo-org', '-f', 'json', '--columns', 'user'],
    2,
    /--columns is for csv and table/,
  ],
  ['an org and all', {}, ['demo-org', '--all-orgs'], 2, /exclude each other/],
  ...senseless.map(
    (option): Failure => [`${option} makes no sense`, {}, ['demo-org', option], 2, /There is no option/],
  ),
]
for (const [name, scene, args, code, says] of failures) {
  roles(`${name}: exit code ${code}`, () =>
    withScene({ events: 0, ...scene }, async ({ cf }) => {
      const result = await run(cf, ['roles', ...args])
      assert.is(result.code, code, result.stderr)
      assert.is(result.stdout, '')
      assert.match(result.stderr, says)
    }),
  )
}

roles('someone who may see nothing', () =>
  withScene({ events: 0, user: 'outsider@example.gov', targeted: false }, async ({ cf }) => {
    const all = await run(cf, ['roles', '--all-orgs'])
    assert.is(all.code, 0, all.stderr)
    assert.is(all.stdout, `${headings}\n`)
    assert.match(all.stderr, '0 roles of 0 users in the 0 orgs that you can see')
    assert.match(all.stderr, 'take a global reader')
    assert.is((await run(cf, ['roles', 'demo-org'])).code, 4)
    assert.is((await run(cf, ['roles'])).code, 3)
  }),
)

roles('a wrapper that prints bare bodies will do; one that knows no lists is named', async () => {
  for (const [kind, code] of [
    ['bare-wrapper', 0],
    ['minimal', 3],
  ] as const) {
    await withScene({ events: 0, cf: { kind } }, async ({ cf }) => {
      const result = await run(cf, ['roles', 'demo-org', '--role', 'OrgManager,SpaceManager'])
      assert.is(result.code, code, result.stderr)
      assert.is(simple(result).length, code === 0 ? 1 : 0)
    })
  }
})

roles.run()
