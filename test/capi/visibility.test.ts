import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CapiClient } from '../../src/capi/client.ts'
import {
  grantCommand,
  howToGetAccess,
  type Login,
  lookUpVisibility,
  type VisibilityLookup,
  type VisibilityScope,
  visibleParts,
} from '../../src/capi/visibility.ts'
import { Failed, Interrupted } from '../../src/errors.ts'
import { seconds } from '../../src/time.ts'

const visibility = suite('what the roles of the user show')

interface World {
  /** type of the role and GUID of its org, or org/space. */
  readonly roles?: readonly (readonly [type: string, where: string])[]
  readonly spaces?: readonly string[]
  readonly global?: boolean
  readonly error?: Error
  readonly login?: Partial<Login>
}

const data = (guid: string | undefined) => ({ data: guid === undefined ? null : { guid } })
const org = (guid = '') => ({ guid, name: `name of ${guid}` })
const space = (where: string) => {
  const [org, guid = ''] = where.split('/')
  return { guid, name: `name of ${guid}`, relationships: { organization: data(org) } }
}

/** Looks at the roles in a world, and writes down what is asked. */
async function look(
  { roles = [], spaces = [], global = false, error, login }: World,
  scope: VisibilityScope,
) {
  const paths: string[] = []
  const list = (path: string, all: readonly object[], included?: object) => {
    const { searchParams } = new URL(path, 'https://api.x')
    const number = (name: string) => Number(searchParams.get(name))
    const since = searchParams.get('created_ats[gte]') ?? ''
    const types = searchParams.get('types')?.split(',')
    const resources = all
      .map((resource, second) => ({ created_at: seconds(second * 1000), type: '', ...resource }))
      .filter(({ created_at, type }) => created_at >= since && (types?.includes(type) ?? true))
    const from = (number('page') - 1) * number('per_page')
    return {
      pagination: { total_results: resources.length },
      resources: resources.slice(from, from + number('per_page')),
      included,
    }
  }
  const answerTo = (path: string): unknown => {
    if (path.startsWith('/v3/users')) {
      return list(
        path,
        ['u-1', 'u,2'].map(guid => ({ guid, username: 'ann,bob' })),
      )
    }
    if (path.startsWith('/v3/app_usage_events')) {
      return { pagination: { total_results: global ? 7 : 0 }, resources: [] }
    }
    const places = path.startsWith('/v3/spaces') ? spaces : roles.map(([, where]) => where)
    const inOrgs = [...new Set(places.map(where => where.split('/')[0]))].map(org)
    const inSpaces = places.filter(where => where.includes('/')).map(space)
    if (path.startsWith('/v3/spaces')) return list(path, inSpaces, { organizations: inOrgs })
    const held = roles.map(([type, where], index) => {
      const [org, space] = where.split('/')
      return {
        guid: `r-${index}`,
        type,
        relationships: { organization: data(space ? undefined : org), space: data(space) },
      }
    })
    return list(path, held, { organizations: inOrgs, spaces: inSpaces })
  }
  const client = (async (path, read) => {
    paths.push(path)
    if (error !== undefined) throw error
    return { value: read(Buffer.from(JSON.stringify(answerTo(path)))), date: undefined }
  }) as CapiClient
  const saved: Login = { user: 'ann', guid: 'u-1', ...login }
  const cf = { savedLogin: async () => saved, target: async () => assert.unreachable() }
  const found = await lookUpVisibility(cf as unknown as Parameters<typeof lookUpVisibility>[0], client, scope)
  return { ...found, paths }
}

const through = (lookup: VisibilityLookup) => lookup.visibility('v3')

const auditor = 'organization_auditor'
const manager = 'organization_manager'
const developer = 'space_developer'
const supporter = 'space_supporter'
const ofA: VisibilityScope = { orgGuids: ['a'] }

const rows: readonly (readonly [what: string, world: World, where: VisibilityScope, expected: unknown])[] = [
  ['Org Auditor', { roles: [[auditor, 'a']] }, ofA, { sees: 'all' }],
  ['Org Auditor of another org', { roles: [[auditor, 'b']] }, ofA, { sees: 'none', isManager: false }],
  ['Org Manager', { roles: [[manager, 'a']] }, ofA, { sees: 'none', isManager: true }],
  ['Org Manager of another org', { roles: [[manager, 'b']] }, ofA, { sees: 'none', isManager: false }],
  ['global reader', { global: true }, ofA, { sees: 'all' }],
  ['global reader, every org', { global: true }, {}, { sees: 'all' }],
  [
    'a space',
    {
      roles: [
        [developer, 'a/s'],
        [developer, 'b/t'],
      ],
    },
    ofA,
    { sees: 'some', orgs: [], spaces: ['name of s'] },
  ],
  [
    'Org Auditor, every org: one may see no more',
    {
      roles: [
        [auditor, 'a'],
        [developer, 'a/s'],
        [developer, 'b/t'],
      ],
    },
    {},
    { sees: 'some', orgs: ['name of a'], spaces: ['name of t'] },
  ],
  [
    'Org Auditor of one of two orgs',
    { roles: [[auditor, 'a']] },
    { orgGuids: ['a', 'b'] },
    { sees: 'some', orgs: ['name of a'], spaces: [] },
  ],
  [
    'Org Auditor of two of two orgs',
    {
      roles: [
        [auditor, 'a'],
        [auditor, 'b'],
      ],
    },
    { orgGuids: ['a', 'b'] },
    { sees: 'all' },
  ],
  [
    'the space that was asked for',
    { roles: [[developer, 'a/s']] },
    { orgGuids: ['a'], spaceGuids: ['s'] },
    { sees: 'all' },
  ],
  [
    'one of the spaces that were asked for',
    {
      roles: [
        [developer, 'a/s'],
        [developer, 'a/u'],
      ],
    },
    { orgGuids: ['a'], spaceGuids: ['s', 't'] },
    { sees: 'some', orgs: [], spaces: ['name of s'] },
  ],
  [
    'roles that show no events',
    {
      roles: [
        ['organization_user', 'a'],
        ['space_manager', 'a/s'],
      ],
    },
    ofA,
    { sees: 'none', isManager: false },
  ],
  ['no roles, every org', {}, {}, { sees: 'none', isManager: false }],
  [
    'no answer',
    { error: new Failed('It failed.', 'Try again.') },
    ofA,
    { sees: 'unknown', why: 'It failed.' },
  ],
]

for (const [what, world, where, expected] of rows) {
  visibility(what, async () => assert.equal(through(await look(world, where)), expected))
}

visibility('a Space Supporter sees the space through API v3, and not through v2', async () => {
  const lookup = await look({ roles: [[supporter, 'a/s']] }, ofA)
  assert.equal(lookup.visibility('v3'), { sees: 'some', orgs: [], spaces: ['name of s'] })
  assert.equal(lookup.visibility('v2'), { sees: 'none', isManager: false })
  const asked = await look({ roles: [[supporter, 'a/s']] }, { ...ofA, spaceGuids: ['s'] })
  assert.equal(asked.visibility('v3'), { sees: 'all' })
  assert.equal(asked.visibility('v2'), { sees: 'none', isManager: false })
})

visibility('roles beyond the first page count', async () => {
  const many = Array.from({ length: 5000 }, (_, number) => [developer, `b/s${number}`] as const)
  const lookup = await look({ roles: [...many, [auditor, 'a']] }, ofA)
  assert.equal(through(lookup), { sees: 'all' })
  assert.is(lookup.paths.length, 2)
})

visibility(
  'who reads all by the scopes of the token is not looked up: the spaces are, for their names',
  async () => {
    const lookup = await look({ spaces: ['a/s', 'a/t'], login: { isGlobalReader: true } }, ofA)
    assert.equal(lookup.visibility('v2'), { sees: 'all' })
    assert.equal(
      [...lookup.names.spaces],
      [
        ['s', 'name of s'],
        ['t', 'name of t'],
      ],
    )
    assert.equal([...lookup.names.orgs], [['a', 'name of a']])
    assert.is(lookup.paths.length, 1)
    assert.match(lookup.paths[0]!, /^\/v3\/spaces\?organization_guids=a&include=organization&/)
    const everywhere = await look({ spaces: ['a/s'], login: { isGlobalReader: true } }, {})
    assert.match(everywhere.paths[0]!, /^\/v3\/spaces\?include=organization&/)
  },
)

visibility('and sees all where the names cannot be had', async () => {
  const lookup = await look({ error: new Failed('It failed.', ''), login: { isGlobalReader: true } }, ofA)
  assert.equal(through(lookup), { sees: 'all' })
  assert.is(lookup.names.spaces.size, 0)
})

visibility('who is none by the scopes of the token is not asked for usage events', async () => {
  const one = await look({ global: true, login: { isGlobalReader: false } }, ofA)
  assert.equal(through(one), { sees: 'none', isManager: false })
  assert.is(one.paths.length, 1)
  const other = await look({ global: true }, ofA)
  assert.equal(through(other), { sees: 'all' })
  assert.is(other.paths.length, 2)
})

visibility('names of orgs and spaces come with the roles', async () => {
  const { names, paths } = await look(
    {
      roles: [
        [auditor, 'a'],
        [developer, 'b/t'],
      ],
    },
    ofA,
  )
  assert.equal([...names.orgs.keys()], ['a', 'b'])
  assert.equal([...names.spaces], [['t', 'name of t']])
  assert.match(paths[0]!, /^\/v3\/roles\?user_guids=u-1&types=[a-z_,]+&include=organization,space&/)
})

visibility('a user whose GUID is not known is looked up, with commas escaped twice', async () => {
  const { paths } = await look(
    { roles: [[auditor, 'a']], login: { user: 'ann,bob', guid: undefined as never } },
    ofA,
  )
  assert.match(paths[0]!, '/v3/users?usernames=ann%252Cbob&')
  assert.match(paths[1]!, '/v3/roles?user_guids=u-1,u%252C2&')
  assert.is(paths.length, 2)
})

visibility('where no login is saved, cf target tells who asks', async () => {
  const client = (async (_, read) => ({
    value: read(Buffer.from('{"pagination":{"total_results":0},"resources":[]}')),
    date: undefined,
  })) as CapiClient
  const cf = { savedLogin: async () => undefined, target: async () => ({ user: 'ci-bot', isClient: true }) }
  const lookup = await lookUpVisibility(cf as unknown as Parameters<typeof lookUpVisibility>[0], client, ofA)
  assert.equal(lookup.user, { user: 'ci-bot', isClient: true })
})

visibility('two looks between which nothing changed are alike, whatever the order', async () => {
  const print = async (roles: World['roles']) => (await look({ roles: roles ?? [] }, ofA)).fingerprint
  assert.is(
    await print([
      [developer, 'a/s'],
      [developer, 'a/t'],
    ]),
    await print([
      [developer, 'a/t'],
      [developer, 'a/s'],
    ]),
  )
  // Neither shows events of this org.
  assert.is(
    await print([
      [auditor, 'a'],
      [manager, 'a'],
      [developer, 'b/u'],
    ]),
    await print([[auditor, 'a']]),
  )
})

const changes: readonly (readonly [what: string, before: World, after: World])[] = [
  ['a role was taken away', { roles: [[auditor, 'a']] }, {}],
  ['a role was given', {}, { roles: [[developer, 'a/s']] }],
  [
    'a role was taken in exchange for another',
    { roles: [[developer, 'a/s']] },
    { roles: [[developer, 'a/t']] },
  ],
  ['whole visibility became a part', { roles: [[auditor, 'a']] }, { roles: [[developer, 'a/s']] }],
  ['the scope of a global reader was taken away', { global: true }, {}],
  ['the second look failed', { roles: [[auditor, 'a']] }, { error: new Failed('It failed.', '') }],
]
for (const [what, before, after] of changes) {
  visibility(`two looks differ: ${what}`, async () => {
    assert.is.not((await look(before, ofA)).fingerprint, (await look(after, ofA)).fingerprint)
  })
}

visibility('an interruption and a bug are no answers', async () => {
  for (const error of [new Interrupted('SIGINT'), new TypeError('oops')]) {
    await rejects(look({ error }, ofA), error)
    await rejects(look({ error, login: { isGlobalReader: true } }, ofA), error)
  }
})
visibility.run()

const words = suite('visibility in words')

words('the parts that can be seen', () => {
  const parts = (orgs: readonly string[], spaces: readonly string[]) =>
    visibleParts({ sees: 'some', orgs, spaces })
  assert.is(parts(['a'], []), 'org a')
  assert.is(parts([], ['s', 't']), 'spaces s and t')
  assert.is(parts(['a', 'b'], ['s']), 'orgs a and b, space s')
})

words('the command that gives the role, ready to paste', () => {
  assert.is(grantCommand({ user: 'ann' }, 'demo-org'), 'cf set-org-role ann demo-org OrgAuditor')
  assert.is(
    grantCommand({ user: 'ci bot', isClient: true }, "o'org"),
    "cf set-org-role 'ci bot' 'o'\\''org' OrgAuditor --client",
  )
  assert.match(howToGetAccess({ user: 'ann' }, 'demo-org', false), /Org Manager to run: cf set-org-role/)
  assert.match(howToGetAccess({ user: 'ann' }, 'demo-org', true), /yourself.*: cf set-org-role/)
})
words.run()
