import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Query } from '../../src/capi/api.ts'
import type { CapiClient } from '../../src/capi/client.ts'
import { visibilityOf } from '../../src/capi/visibility.ts'
import { Failed, Interrupted } from '../../src/errors.ts'

const visibility = suite('visibility')

interface World {
  /** type of the role and GUID of its org, or org/space. */
  readonly roles?: readonly (readonly [type: string, where: string])[]
  readonly global?: boolean
  readonly error?: Error
}

function asking({ roles = [], global = false, error }: World): { client: CapiClient; paths: string[] } {
  const paths: string[] = []
  const data = (guid: string | undefined) => ({ data: guid === undefined ? null : { guid } })
  const answerTo = (path: string): unknown => {
    if (path.startsWith('/v3/users')) return { resources: [{ guid: 'u-1' }, { guid: 'u,2' }] }
    if (path.startsWith('/v3/app_usage_events')) {
      return { pagination: { total_results: global ? 7 : 0 }, resources: [] }
    }
    const places = roles.map(([, where]) => where.split('/'))
    return {
      resources: roles.map(([type], index) => {
        const [org, space] = places[index] ?? []
        return { type, relationships: { organization: data(space ? undefined : org), space: data(space) } }
      }),
      included: {
        organizations: [...new Set(places.map(([org]) => org))].map(org => ({
          guid: org,
          name: `name of ${org}`,
        })),
        spaces: places
          .filter(([, space]) => space)
          .map(([org, space]) => ({
            guid: space,
            name: `name of ${space}`,
            relationships: { organization: data(org) },
          })),
      },
    }
  }
  const client = (async (path, read) => {
    paths.push(path)
    if (error !== undefined) throw error
    return { value: read(Buffer.from(JSON.stringify(answerTo(path)))) }
  }) as CapiClient
  return { client, paths }
}

const auditor = 'organization_auditor'
const manager = 'organization_manager'
const developer = 'space_developer'
type Where = Pick<Query, 'orgGuids' | 'spaceGuids'>
const ofA: Where = { orgGuids: ['a'] }

const rows: readonly (readonly [what: string, world: World, where: Where, expected: unknown])[] = [
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
  ['no roles, every org', {}, {}, { sees: 'none', isManager: false }],
  [
    'no answer',
    { error: new Failed('It failed.', 'Try again.') },
    ofA,
    { sees: 'unknown', why: 'It failed.' },
  ],
]

for (const [what, world, where, expected] of rows) {
  visibility(what, async () => {
    assert.equal(await visibilityOf(asking(world).client, { user: 'ann', guid: 'u-1' }, where), expected)
  })
}

visibility('who reads all by the scopes of the login is not looked up', async () => {
  const { client, paths } = asking({})
  for (const where of [ofA, {}]) {
    assert.equal(await visibilityOf(client, { user: 'ann', guid: 'u-1', isGlobalReader: true }, where), {
      sees: 'all',
    })
  }
  assert.equal(paths, [])
})

visibility('a user whose GUID is not known is looked up, with commas escaped twice', async () => {
  const { client, paths } = asking({ roles: [[auditor, 'a']] })
  await visibilityOf(client, { user: 'ann,bob' }, ofA)
  assert.is(paths[0], '/v3/users?usernames=ann%252Cbob&per_page=5000')
  assert.match(paths[1] ?? '', '/v3/roles?user_guids=u-1,u%252C2&')
  assert.is(paths.length, 2)
})

visibility('an interruption is no answer', async () => {
  const { client } = asking({ error: new Interrupted('SIGINT') })
  try {
    await visibilityOf(client, { user: 'ann', guid: 'u-1' }, ofA)
  } catch (error) {
    assert.instance(error, Interrupted)
    return
  }
  assert.unreachable()
})

visibility.run()
