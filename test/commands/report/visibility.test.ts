import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fault } from '../../foundation/faults.ts'
import type { FoundationOptions } from '../../foundation/foundation.ts'
import type { State } from '../../foundation/state.ts'
import { run } from '../../run.ts'
import { realCf, type Scene, type SceneOptions, withScene } from '../../scene.ts'

const visibility = suite('what the roles of the user show')

const transports = [
  { version: '8.18.4' },
  { version: '8.7.10' },
  { version: '7.8.0' },
  { version: '6.53.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf }]),
]

const complete = (where: string) => new RegExp(`^✓ Complete: \\d+ events?${where}, .*\\n$`, 'm')
const partial = (where: string, parts: string) =>
  new RegExp(`^Partial: \\d+ events.*\\b${where}.*\\b${parts}\\).*Org Auditor.*\\n$`, 'm')

/** Who asks for what, and the last line. */
const rows: readonly (readonly [user: string, args: readonly string[], ends: RegExp])[] = [
  ['auditor', ['routes', 'demo-org'], complete(' of demo-org')],
  ['global.auditor', ['routes', 'demo-org'], complete(' of demo-org')],
  ['readonly.admin', ['routes', 'demo-org'], complete(' of demo-org')],
  ['admin', ['events', '-f', 'csv'], complete('')],
  ['developer', ['routes', 'demo-org'], partial('demo-org', 'space dev')],
  ['space.auditor', ['routes', 'demo-org'], partial('demo-org', 'space dev')],
  ['supporter', ['routes', 'demo-org', '-q'], partial('demo-org', 'space dev')],
  ['developer', ['routes', 'demo-org', '--space', 'dev'], complete(' of demo-org \\(space dev\\)')],
  ['two.orgs', ['events', '-f', 'csv'], partial('', 'orgs demo-org and "acme, inc"')],
]

for (const cf of transports) {
  for (const [user, args, ends] of rows) {
    visibility(`${user}: ${args.join(' ')}, ${'bin' in cf ? cf.bin : cf.version}`, () =>
      withScene({ events: 120, user: `${user}@example.gov`, cf }, async ({ cf }) => {
        const { code, stderr } = await run(cf, args)
        assert.is(code, 0, stderr)
        assert.match(stderr, ends)
        // Whatever is less than all is never called complete.
        assert.is(/Complete/.test(stderr), ends.source.includes('Complete'))
      }),
    )
  }
}

const rolesAsked = ({ foundation }: Scene) =>
  foundation.requests.filter(({ path }) => path.startsWith('/v3/roles')).length

visibility('is looked up in every run, once for one page, and never kept', () =>
  withScene({ events: 120 }, async scene => {
    for (const times of [1, 2, 3]) {
      assert.match((await run(scene.cf, ['routes', 'demo-org'])).stderr, complete(' of demo-org'))
      assert.is(rolesAsked(scene), times)
    }
    assert.not.ok(existsSync(join(scene.cf.home, 'cache', 'visibility.json')))
  }),
)

visibility('is looked up again after several requests', () =>
  withScene({ events: 120, foundation: { maxPerPage: { v3: 20 } } }, async scene => {
    assert.match((await run(scene.cf, ['events', 'demo-org'])).stderr, complete(' of demo-org'))
    const paths = scene.foundation.requests.map(({ path }) => path)
    assert.is(rolesAsked(scene), 2)
    assert.match(paths.at(-1) ?? '', /^\/v3\/roles/)
  }),
)

visibility('a global reader lists spaces, for their names, and no roles', () =>
  withScene({ events: 120, user: 'global.auditor@example.gov' }, async scene => {
    const { stdout } = await run(scene.cf, ['routes', 'demo-org', '--columns', 'space', '-f', 'csv'])
    assert.is(rolesAsked(scene), 0)
    const names = scene.sample.spaces.filter(({ orgGuid }) => orgGuid === scene.sample.org.guid)
    const found = new Set(stdout.trimEnd().split('\n').slice(1))
    assert.ok(found.size > 0)
    for (const name of found)
      assert.ok(
        names.some(space => space.name === name || name === ''),
        name,
      )
  }),
)

visibility('a role that is taken away between two runs is gone', () =>
  withScene({ events: 120 }, async ({ cf, foundation }) => {
    assert.is((await run(cf, ['routes', 'demo-org'])).code, 0)
    const { roles } = foundation.state
    for (const role of roles) if (role.type === 'organization_auditor') role.type = 'organization_user'
    const { code, error } = await run(cf, ['routes', 'demo-org'])
    assert.is(code, 4)
    assert.is(error, 'Forbidden')
  }),
)

visibility('of another user is another', () =>
  withScene({ events: 120 }, async ({ cf, foundation }) => {
    await run(cf, ['routes', 'demo-org'])
    const config = JSON.parse(readFileSync(cf.config, 'utf8'))
    const { accessToken, refreshToken } = foundation.login('developer@example.gov')
    writeFileSync(
      cf.config,
      JSON.stringify({ ...config, AccessToken: `bearer ${accessToken}`, RefreshToken: refreshToken }),
    )
    const { stderr } = await run(cf, ['routes', 'demo-org'])
    assert.match(stderr, partial('demo-org', 'space dev'))
  }),
)

const rolesFail = (from = 1): Fault => ({
  on: /\/v3\/roles/,
  at: from,
  times: Number.POSITIVE_INFINITY,
  answer: { status: 403, body: '{}' },
})

const unreadable: readonly (readonly [when: string, foundation: FoundationOptions])[] = [
  ['at first', { faults: [rolesFail()] }],
  ['in the end', { faults: [rolesFail(2)], maxPerPage: { v3: 20 } }],
]
for (const [when, foundation] of unreadable) {
  visibility(`roles that cannot be looked up ${when} cost no report, but prove nothing`, () =>
    withScene({ events: 120, foundation }, async ({ cf }) => {
      const { code, stdout, stderr } = await run(cf, ['events', 'demo-org', '-f', 'csv'])
      assert.is(code, 0, stderr)
      assert.match(stdout, /^Timestamp/)
      assert.match(stderr, /^Unprovable: \d+ events .*\bdemo-org\b/m)
      assert.not.match(stderr, 'Complete')
    }),
  )
}

visibility('a Space Supporter sees nothing through API v2, and their spaces through v3', () =>
  withScene({ events: 400, user: 'supporter@example.gov' }, async ({ cf, foundation, sample }) => {
    const mere = await run(cf, ['routes', 'demo-org', '--api', 'v2'])
    assert.is(mere.code, 4)
    assert.is(mere.error, 'Forbidden')
    assert.match(mere.stderr, '--api v3')

    // With another role API v2 answers, but not for the spaces of supporters.
    const { guid } = sample.users.find(({ username }) => username === 'supporter@example.gov')!
    const prod = sample.spaces.find(({ name }) => name === 'prod')!
    foundation.state.roles.push({
      guid: 'another-role',
      type: 'space_developer',
      userGuid: guid,
      orgGuid: null,
      spaceGuid: prod.guid,
    })
    const v2 = await run(cf, ['routes', 'demo-org', '--api', 'v2'])
    assert.match(v2.stderr, /^Partial: .*\(space prod\)/m)
    const v3 = await run(cf, ['routes', 'demo-org', '--api', 'v3'])
    assert.match(v3.stderr, /^Partial: .*\(spaces (dev and prod|prod and dev)\)/m)
    assert.ok(v3.stdout.split('\n').length > v2.stdout.split('\n').length)
  }),
)

visibility.run()

// --- What changes while the events are read ----------------------------------------------------------------------

const changing = suite('what changes between the first request and the last')

const isRole = (state: State, user: string, type: string) => {
  const guid = state.users.find(({ username }) => username === `${user}@example.gov`)?.guid
  return (role: State['roles'][number]) => role.userGuid === guid && role.type === type
}
const without = <T>(list: T[], isGone: (each: T) => boolean) =>
  list.splice(0, list.length, ...list.filter(each => !isGone(each)))

/** What happens before the third listing is answered; undefined: what the roles show stays the same. */
const changes: readonly (readonly [
  name: string,
  user: string,
  change: (state: State) => void,
  error?: string,
])[] = [
  [
    'the role is taken away',
    'auditor',
    state => without(state.roles, isRole(state, 'auditor', 'organization_auditor')),
    'Incomplete',
  ],
  [
    'the only space is taken away',
    'developer',
    state => without(state.roles, isRole(state, 'developer', 'space_developer')),
    'Incomplete',
  ],
  [
    'a role is given',
    'developer',
    state => {
      const developer = state.roles.find(isRole(state, 'developer', 'space_developer'))!
      const org = state.orgs[0]!.guid
      state.roles.push({
        ...developer,
        guid: 'given',
        type: 'organization_auditor',
        orgGuid: org,
        spaceGuid: null,
      })
    },
    'Incomplete',
  ],
  [
    'the org is deleted, and the roles with it',
    'auditor',
    state => {
      const { guid } = state.orgs[0]!
      without(state.roles, ({ orgGuid }) => orgGuid === guid)
      without(state.orgs, org => org.guid === guid)
    },
    'Incomplete',
  ],
  [
    'the org is deleted, for a global reader',
    'global.auditor',
    state => without(state.orgs, ({ name }) => name === 'demo-org'),
    'Incomplete',
  ],
  [
    'a role in another org is taken away',
    'two.orgs',
    state => {
      const acme = state.orgs.find(({ name }) => name === 'acme, inc')!.guid
      without(state.roles, ({ orgGuid }) => orgGuid === acme)
    },
  ],
  [
    'somebody else loses a role',
    'auditor',
    state => without(state.roles, isRole(state, 'developer', 'space_developer')),
  ],
  [
    'a role that shows no events is given',
    'auditor',
    state => {
      const auditor = state.roles.find(isRole(state, 'auditor', 'organization_auditor'))!
      state.roles.push({ ...auditor, guid: 'given', type: 'organization_manager' })
    },
  ],
]

for (const [name, user, change, error] of changes) {
  for (const [format, file] of [
    ['csv', undefined],
    ['json', undefined],
    ['csv', 'report.csv'],
  ] as const) {
    changing(`${name}: ${error === undefined ? 'no matter' : 'exit code 6'}, ${file ?? format}`, () => {
      const mutate = (state: State, listing: number) => {
        if (listing === 3) change(state)
      }
      const foundation = { maxPerPage: { v3: 10 }, mutate }
      return withScene({ events: 300, user: `${user}@example.gov`, foundation }, async ({ cf }) => {
        const args = ['events', 'demo-org', '-f', format, ...(file === undefined ? [] : ['-O', file])]
        const result = await run(cf, args, { cwd: cf.home })
        assert.is(result.code, error === undefined ? 0 : 6, result.stderr)
        assert.is(result.error, error)
        if (error === undefined) return
        assert.is(result.stdout, '')
        assert.not.ok(existsSync(join(cf.home, 'report.csv')))
        assert.not.match(result.stderr, 'Complete:')
      })
    })
  }
}

changing.run()

// --- --strict ------------------------------------------------------------------------------------------------------

const strict = suite('--strict')

const judged: readonly (readonly [
  name: string,
  scene: SceneOptions,
  args: readonly string[],
  state: string,
])[] = [
  ['an Org Auditor', {}, [], 'Complete'],
  ['a global reader', { user: 'admin@example.gov' }, ['--all-orgs'], 'Complete'],
  ['a window that is kept', {}, ['--since', '7d'], 'Complete'],
  ['a Space Developer', { user: 'developer@example.gov' }, [], 'Partial'],
  ['one of two orgs', {}, ['--org', 'demo-org', '--org', 'ACME'], 'Partial'],
  ['a window that begins before what is kept', {}, ['--since', '90d'], 'Partial'],
  ['roles that cannot be looked up', { foundation: { faults: [rolesFail()] } }, [], 'Unprovable'],
]
for (const [name, scene, args, state] of judged) {
  strict(`${name}: ${state}`, () =>
    withScene({ events: 200, ...scene }, async ({ cf, sample }) => {
      const acme = sample.orgs.find(org => org.name === 'acme, inc')!.guid
      const line = ['events', '-f', 'csv', ...args.map(word => (word === 'ACME' ? acme : word))]
      if (args[0] !== '--all-orgs' && args[0] !== '--org') line.push('demo-org')
      const lax = await run(cf, line)
      const result = await run(cf, [...line, '--strict'])
      assert.is(lax.code, 0, lax.stderr)
      assert.match(lax.stderr, new RegExp(`^(✓ )?${state}: \\d+ events`, 'm'))
      assert.is(result.code, state === 'Complete' ? 0 : 6, result.stderr)
      assert.is(result.error, state === 'Complete' ? undefined : 'Incomplete')
      // The rows are there all the same, and the reasons before the error.
      assert.is(result.stdout, lax.stdout)
      assert.ok(result.stdout.split('\n').length > 2)
      assert.match(result.stderr, new RegExp(`^(✓ )?${state}: \\d+ events`, 'm'))
      if (state !== 'Complete') assert.match(result.stderr, '--strict')
    }),
  )
}

strict('as documented as well', () =>
  withScene({ events: 200, user: 'developer@example.gov' }, async ({ cf }) => {
    const { code, error } = await run(cf, ['routes', 'demo-org', '--as-documented', '--strict'])
    assert.is(code, 6)
    assert.is(error, 'Incomplete')
  }),
)

strict.run()
