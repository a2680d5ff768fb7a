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

/** Who asks, how many roles they see, and what they are warned of. */
const readers: readonly (readonly [user: string, count: number, warns?: RegExp])[] = [
  ['admin', 90],
  ['readonly.admin', 90],
  ['global.auditor', 90],
  ['manager', 90],
  ['auditor', 50, /^Warning: space roles .*\bdemo-org\b.*Org Manager/m],
  ['billing', 50, /^Warning: space roles .*\bdemo-org\b/m],
  ['user', 50, /^Warning: space roles .*\bdemo-org\b/m],
  ['developer', 90, /^Warning: .*space roles of dev\b.*\bdemo-org\b/m],
  ['supporter', 90, /^Warning: .*space roles of dev\b/m],
  ['space.manager', 90, /^Warning: .*space roles of dev\b/m],
  ['space.auditor', 90, /^Warning: .*space roles of dev\b/m],
]
for (const [user, count, warns] of readers) {
  roles(`${user} sees ${count} roles`, () =>
    withScene({ events: 0, user: `${user}@example.gov` }, async ({ cf }) => {
      const result = await run(cf, ['roles', 'demo-org', '-f', 'csv'])
      assert.is(result.code, 0, result.stderr)
      assert.ok(result.stdout.startsWith(`${headings}\n`))
      assert.is(simple(result).length > 15, true)
      const last = `^✓ ${count} roles of 46 users in demo-org\\b.*\\b1 client\\b.*\\b1 deleted .*\\n$`
      assert.match(result.stderr, new RegExp(last, 'm'))
      if (warns === undefined) assert.not.match(result.stderr, 'Warning')
      else assert.match(result.stderr, warns)
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
      assert.match(result.stderr, /\b2 roles of 1 user\b.*\b90 roles of 46 users in demo-org\b/)
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

roles('an org of four spaces costs three calls besides cf org', async () => {
  for (const user of ['manager@example.gov', 'developer@example.gov']) {
    await withScene({ events: 0, user }, async ({ cf, foundation }) => {
      await run(cf, ['roles', 'demo-org'])
      assert.is(foundation.requests.length, 4, foundation.requests.map(({ path }) => path).join('\n'))
    })
  }
})

roles('clients, and users that the UAA has no more, are marked', () =>
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

roles('a client that asks is known by its id', () =>
  withScene({ events: 0, user: 'sandbox-bot' }, async ({ cf }) => {
    const result = await run(cf, ['roles', 'demo-org', '--user', 'Sandbox-Bot'])
    assert.is(result.code, 0, result.stderr)
    assert.is(simple(result).length, 1)
    assert.match(result.stderr, /^Warning: space roles .*\bdemo-org\b/m)
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

roles('a table that is no terminal has every cell whole', () =>
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

roles('names that a spreadsheet would run are escaped, and so are those that a terminal would obey', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const guarded = await run(cf, [
      'roles',
      'demo-org',
      '--user',
      '=HYPERLINK("http://evil.example","click")',
    ])
    assert.match(guarded.stdout, `"'=HYPERLINK(""http://evil.example"",""click"")",`)
    assert.match(guarded.stderr, /\b1 cell\b.*--no-guard/)
    const shown = await run(cf, ['roles', 'demo-org', '-f', 'table'])
    assert.not.ok(shown.stdout.includes('\u001b'))
    assert.match(shown.stdout, '␛[31mred')
  }),
)

roles('only roles of orgs: spaces are not listed, and nothing is missing', () =>
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
      assert.match(result.stderr, /\b40 roles of 40 users\b.*\b90 roles of 46 users in demo-org\b/)
      assert.match(result.stderr, /^--space .*\borg\b/m)
      assert.not.match(result.stdout, 'organization_')
    }
    const wrong = await run(cf, ['roles', 'demo-org', '-s', 'dve'])
    assert.is(wrong.code, 4)
    assert.is(wrong.stdout, '')
    assert.is(wrong.error, 'NotFound')
    assert.match(wrong.stderr, /\bdve\b.* dev\?$/m)
  })
  await withScene({ events: 0, user: 'auditor@example.gov' }, async ({ cf }) => {
    const hidden = await run(cf, ['roles', 'demo-org', '-s', 'dev'])
    assert.is(hidden.code, 4)
    assert.match(hidden.stderr, /\bdev\b.*\n.*Org Manager/)
    assert.is((await run(cf, ['roles', 'demo-org', '-s', 'dev', '--role', 'OrgManager'])).code, 2)
  })
})

roles('several orgs, by name and GUID', async () => {
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
    assert.match(result.stderr, /^Warning: space roles .*\bdemo-org and "acme, inc"/m)
  } finally {
    await scene.close()
  }
})

roles('every org: a global reader sees all of them', async () => {
  for (const [user, count, warns] of [
    ['admin@example.gov', 93, false],
    ['developer@example.gov', 90, true],
  ] as const) {
    await withScene({ events: 0, user, targeted: false }, async ({ cf, foundation }) => {
      const result = await run(cf, ['roles', '--all-orgs'])
      assert.is(result.code, 0, result.stderr)
      assert.match(result.stderr, `${count} roles of `)
      assert.is(/^Warning: .*global auditor/m.test(result.stderr), warns)
      assert.is(foundation.requests.length, 2)
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

roles('no user of that name: exit code 0, with a suggestion', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['roles', 'demo-org', '--user', 'audtor@example.gov'])
    assert.is(code, 0)
    assert.is(stdout, `${headings}\n`)
    assert.match(stderr, /^Warning: .*\baudtor@example\.gov\b.* auditor@example\.gov\?/m)
  }),
)

roles('a UAA that is down: GUIDs, with a warning', () =>
  withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf, foundation, sample }) => {
    foundation.uaa.trouble = 503
    const result = await run(cf, ['roles', 'demo-org', '--role', 'SpaceSupporter'])
    assert.is(result.code, 0, result.stderr)
    const { guid } = sample.users.find(({ username }) => username === 'supporter@example.gov')!
    assert.equal(simple(result), [`${guid},${guid},,space_supporter,demo-org,dev,2024-01-15T09:12:00Z`])
    assert.match(result.stderr, /^Warning: .*GUID.*\bUAA\b/m)
    assert.not.match(result.stderr, /gone|deleted/)

    const byGuid = await run(cf, ['roles', 'demo-org', '--user', guid])
    assert.is(simple(byGuid).length, 2)
    for (const scope of [['demo-org'], ['--all-orgs']]) {
      const byName = await run(cf, ['roles', ...scope, '--user', 'supporter@example.gov'])
      assert.is(byName.code, 5)
      assert.is(byName.stdout, '')
      assert.is(byName.error, 'UaaUnavailable')
    }
  }),
)

const everywhere = Number.POSITIVE_INFINITY
// biome-ignore lint/suspicious/noExplicitAny: a page is whatever JSON the API answers
const fewer = (page: any) => ({ ...page, resources: page.resources.slice(1) })

/** What goes wrong: the scene, the command line, the exit code, the class of the error, and what it names. */
type Failure = readonly [
  name: string,
  scene: SceneOptions,
  args: string[],
  code: number,
  error: string,
  says: RegExp,
]
const senseless = ['--since=7d', '--as-documented', '--actor=me', '--names']
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
    'Failed',
    /\/v3\/roles\b.*404 page not found/,
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
    'Incomplete',
    /\b\d+ \w+ of \/v3\/roles\b.*\b\d+\b/,
  ],
  ['no such org', {}, ['demo-rog'], 4, 'NotFound', /\bdemo-rog\b/],
  ['no such GUID', {}, ['00000000-0000-4000-8000-000000000000'], 4, 'Forbidden', /\b00000000-/],
  ['no such role', {}, ['demo-org', '--role', 'OrgAudtor'], 2, 'UsageError', / OrgAuditor\?/],
  ['an empty user', {}, ['demo-org', '--user', ''], 2, 'UsageError', /\buser\b.*empty/],
  ['no such column', {}, ['demo-org', '--columns', 'who'], 2, 'UsageError', /\bwho\b/],
  [
    'columns of json',
    {},
    ['demo-org', '-f', 'json', '--columns', 'user'],
    2,
    'UsageError',
    /--columns\b.*json/,
  ],
  ['an org and all', {}, ['demo-org', '--all-orgs'], 2, 'UsageError', /--all-orgs\b/],
  ...senseless.map(
    (option): Failure => [
      `${option} makes no sense`,
      {},
      ['demo-org', option],
      2,
      'UsageError',
      new RegExp(`${option.replace(/=.*/, '')}\\b`),
    ],
  ),
]
for (const [name, scene, args, code, error, says] of failures) {
  roles(`${name}: exit code ${code}`, () =>
    withScene({ events: 0, ...scene }, async ({ cf }) => {
      const result = await run(cf, ['roles', ...args])
      assert.is(result.code, code, result.stderr)
      assert.is(result.error, error)
      assert.is(result.stdout, '')
      assert.match(result.stderr, says)
    }),
  )
}

roles('a limit of the depth is obeyed', () =>
  withScene({ events: 0, foundation: { maxTotalResults: 20 } }, async ({ cf }) => {
    const { code, stderr } = await run(cf, ['roles', 'demo-org', '-f', 'csv'])
    assert.is(code, 0, stderr)
    assert.match(stderr, /^✓ 50 roles of 46 users in demo-org\b/m)
  }),
)

roles('someone who may see nothing', () =>
  withScene({ events: 0, user: 'outsider@example.gov', targeted: false }, async ({ cf }) => {
    const all = await run(cf, ['roles', '--all-orgs'])
    assert.is(all.code, 0, all.stderr)
    assert.is(all.stdout, `${headings}\n`)
    assert.match(all.stderr, /^✓ 0 roles of 0 users\b.*\b0 orgs\b/m)
    assert.match(all.stderr, /^Warning: .*global auditor/m)
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
