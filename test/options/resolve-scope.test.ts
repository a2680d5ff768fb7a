import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createClient } from '../../src/capi/client.ts'
import type { Response } from '../../src/cf/curl.ts'
import { verifyGuids } from '../../src/commands/report/empty.ts'
import { type AuditError, CfUnusable, NotFound } from '../../src/errors.ts'
import { labelOf, type ResolvedScope, resolveScope, type Scope } from '../../src/options/scope.ts'

const guid = (number: number) => `706c6163-0000-4000-8000-${String(number).padStart(12, '0')}`

/** What there is: orgs by name, and spaces. */
interface World {
  readonly orgs: Readonly<Record<string, string>>
  readonly spaces?: readonly { readonly guid: string; readonly name: string; readonly orgGuid: string }[]
  /** Instead of any list. */
  readonly status?: number
}

/** A `cf` and an API that hold this world, and what they were asked. */
function open({ orgs, spaces = [], status = 200 }: World) {
  const asked: string[] = []
  const client = createClient({
    async curl(path): Promise<Response> {
      asked.push(path)
      const query = new URL(path, 'https://api.x').searchParams
      const values = (name: string) => query.get(name)?.split(',').map(decodeURIComponent)
      const has = (name: string, value: string) => values(name)?.includes(value) ?? true
      const resources = path.startsWith('/v3/organizations')
        ? Object.entries(orgs)
            .map(([name, guid]) => ({ name, guid }))
            .filter(org => has('names', org.name) && has('guids', org.guid))
        : spaces
            // MySQL compares names without case.
            .filter(
              space => values('names')?.some(name => name.toLowerCase() === space.name.toLowerCase()) ?? true,
            )
            .filter(space => has('guids', space.guid) && has('organization_guids', space.orgGuid))
            .map(({ orgGuid, ...space }) => ({
              ...space,
              relationships: { organization: { data: { guid: orgGuid } } },
            }))
      const body = { pagination: { total_results: resources.length }, resources }
      return { status, headers: new Map(), body: Buffer.from(JSON.stringify(body)) }
    },
    diagnoseEmptyOutput: async () => undefined,
    wait: async () => {},
    now: () => 0,
    maxWaitMs: 1000,
    note: () => {},
    random: () => 0,
  })
  const cf = {
    async orgGuid(name: string) {
      asked.push(`cf org ${name}`)
      if (name === 'expired') throw new CfUnusable('Your session has expired.', '')
      const guid = orgs[name]
      if (guid === undefined)
        throw new NotFound(`No org named ${name} is visible to you.`, 'Names are exact.')
      return guid
    },
  }
  return { ask: client, cf, asked }
}

async function find(world: World, orgs: readonly string[] | undefined, spaces: readonly string[] = []) {
  const { ask: client, cf, asked } = open(world)
  const scope: Scope = { orgs: orgs ?? 'all', spaces }
  try {
    return { place: await resolveScope(orgs, scope, cf, client), error: undefined, asked }
  } catch (error) {
    return { place: undefined, error: error as AuditError, asked }
  }
}

const world: World = {
  orgs: { a: guid(1), b: guid(2) },
  spaces: [
    { guid: guid(11), name: 'dev', orgGuid: guid(1) },
    { guid: guid(12), name: 'dev', orgGuid: guid(2) },
    { guid: guid(13), name: 'prod', orgGuid: guid(1) },
    { guid: guid(14), name: 'x, y', orgGuid: guid(1) },
  ],
}

const places = suite('where events are asked for')

places('one org costs one call of cf, and nothing else', async () => {
  const { place: scope, asked } = await find(world, ['a'])
  assert.equal(scope, { orgs: [{ name: 'a', guid: guid(1) }], spaces: undefined, label: 'a', warnings: [] })
  assert.equal(asked, ['cf org a'])
})

places('several cost one each, a GUID none', async () => {
  const { place: scope, asked } = await find(world, ['a', guid(9), 'b'])
  assert.equal(
    scope?.orgs?.map(org => org.guid),
    [guid(1), guid(9), guid(2)],
  )
  assert.is(scope?.label, `a, ${guid(9)} and b`)
  assert.equal(asked, ['cf org a', 'cf org b'])
})

places('an org that is named by name and by GUID is one', async () => {
  const { place: scope } = await find(world, ['a', guid(1)])
  assert.equal(scope?.orgs, [{ name: 'a', guid: guid(1) }])
  assert.is(scope?.label, 'a')
})

places('everything', async () => {
  const { place: scope, asked } = await find(world, undefined)
  assert.equal(scope, { orgs: undefined, spaces: undefined, label: undefined, warnings: [] })
  assert.equal(asked, [])
})

places('spaces cost one call together, GUIDs none', async () => {
  const { place: scope, asked } = await find(world, ['a'], ['dev', guid(99), 'x, y'])
  assert.equal(scope?.spaces, [
    { name: 'dev', guid: guid(11) },
    { name: guid(99), guid: guid(99) },
    { name: 'x, y', guid: guid(14) },
  ])
  assert.is(scope?.label, `a (spaces dev, ${guid(99)} and "x, y")`)
  assert.is(asked.length, 2)
  assert.equal((await find(world, undefined, [guid(99)])).asked, [])
})

places('a name stands for the space of that name in each org', async () => {
  const { place: scope } = await find(world, ['a', 'b'], ['dev'])
  assert.equal(
    scope?.spaces?.map(space => space.guid),
    [guid(11), guid(12)],
  )
  assert.equal(scope?.warnings, [])
  assert.is(scope?.label, 'a and b (space dev)')
})

places('an org without a space of that name is named', async () => {
  const { place: scope } = await find(world, ['a', 'b'], ['prod'])
  assert.equal(
    scope?.spaces?.map(space => space.guid),
    [guid(13)],
  )
  assert.is(scope?.warnings.length, 1)
  assert.match(scope?.warnings[0] ?? '', /no space named prod in b /)
})

places('names are exact, whatever the database thinks', async () => {
  const { error } = await find(world, ['a'], ['DEV'])
  assert.match(`${error?.message}`, /No space named DEV in a is visible to you\. Did you mean dev\?$/)
})

const refusals: readonly (readonly [orgs: readonly string[], spaces: readonly string[], says: RegExp])[] = [
  [['aa'], [], /^No org named aa is visible to you\. Did you mean a\?$/],
  [['a', 'zzzz'], [], /^No org named zzzz is visible to you\.$/],
  [['a'], ['prd'], /^No space named prd in a is visible to you\. Did you mean prod\?$/],
  [['a', 'b'], ['dev', 'zzzz'], /^No space named zzzz in a and b is visible to you\.$/],
]
for (const [orgs, spaces, says] of refusals) {
  places(`${orgs} ${spaces}: exit code 4, and what may have been meant`, async () => {
    const { error } = await find(world, orgs, spaces)
    assert.instance(error, NotFound)
    assert.is(error?.exitCode, 4)
    assert.match(`${error?.message}`, says)
    assert.is.not(error?.advice, '')
  })
}

places('who can list no space at all is told why', async () => {
  const { error, asked } = await find({ orgs: { a: guid(1) } }, ['a'], ['dev'])
  assert.match(`${error?.message}`, /^You cannot list the spaces of a, so dev cannot be looked up by name/)
  assert.match(`${error?.advice}`, /GUID of the space/)
  assert.is(asked.length, 3)
})

places('what could be suggested is not worth another error', async () => {
  const { error } = await find({ ...world, status: 403 }, ['aa'])
  assert.is(error?.message, 'No org named aa is visible to you.')
})

places('an expired session is told as it is, and nothing more is asked', async () => {
  const { error, asked } = await find(world, ['expired', 'a'])
  assert.instance(error, CfUnusable)
  assert.equal(asked, ['cf org expired'])
})

const labels = [
  [undefined, [], undefined],
  [['a'], [], 'a'],
  [['a, b'], [], 'a, b'],
  [['a, b', 'c'], [], '"a, b" and c'],
  [['a', 'b', 'c'], [], 'a, b and c'],
  [['a'], ['dev'], 'a (space dev)'],
  [undefined, ['dev', 'prod'], 'spaces dev and prod'],
] as const
for (const [orgs, spaces, label] of labels) {
  places(`${JSON.stringify([orgs, spaces])} in words: ${label}`, () =>
    assert.is(labelOf(orgs, spaces), label),
  )
}
places.run()

const typed = suite('GUIDs that were typed, when nothing was found')

const scope = (parts: Partial<ResolvedScope>): ResolvedScope => ({
  orgs: undefined,
  spaces: undefined,
  label: 'x',
  warnings: [],
  ...parts,
})
const at = (number: number) => ({ name: guid(number), guid: guid(number) })

async function look(where: ResolvedScope, other: World = world) {
  const { ask: client, asked } = open(other)
  try {
    return { ...(await verifyGuids(where, client)), error: undefined, asked }
  } catch (error) {
    return { orgNames: new Map(), doubts: [], error: error as AuditError, asked }
  }
}

typed('without any, nobody is asked', async () => {
  const { asked } = await look(
    scope({ orgs: [{ name: 'a', guid: guid(1) }], spaces: [{ name: 'dev', guid: guid(11) }] }),
  )
  assert.equal(asked, [])
})

typed('an org has a name, which cf takes', async () => {
  assert.equal(
    (await look(scope({ orgs: [at(1), at(2)] }))).orgNames,
    new Map([
      [guid(1), 'a'],
      [guid(2), 'b'],
    ]),
  )
})

typed('an org that cannot be seen: exit code 4', async () => {
  const { error } = await look(scope({ orgs: [at(1), at(3)] }))
  assert.instance(error, NotFound)
  assert.match(`${error?.message}`, guid(3))
})

typed('an org that is named like a GUID: its own is told', async () => {
  const { error } = await look(scope({ orgs: [at(3)] }), { orgs: { [guid(3)]: guid(4) } })
  assert.match(`${error?.advice}`, `--org ${guid(4)}.`)
})

typed('a space of another org: exit code 4', async () => {
  const { error } = await look(scope({ orgs: [{ name: 'b', guid: guid(2) }], spaces: [at(11)] }))
  assert.instance(error, NotFound)
  assert.match(`${error?.message}`, /\(dev\) is not in b/)
  assert.is(error?.advice, `Name its org: --org ${guid(1)}.`)
})

typed('a space of the org, and one of any org, are fine', async () => {
  for (const orgs of [undefined, [{ name: 'a', guid: guid(1) }]]) {
    const { doubts, error } = await look(scope({ orgs, spaces: [at(11)] }))
    assert.is(error, undefined)
    assert.equal(doubts, [])
  }
})

typed('a space that cannot be listed is in doubt', async () => {
  const { doubts, error } = await look(scope({ orgs: [{ name: 'a', guid: guid(1) }], spaces: [at(99)] }))
  assert.is(error, undefined)
  assert.is(doubts.length, 1)
  assert.match(doubts[0] ?? '', guid(99))
})

typed('where Cloud Foundry does not tell, nothing is claimed', async () => {
  const { doubts, error } = await look(scope({ orgs: [at(3)], spaces: [at(99)] }), { ...world, status: 403 })
  assert.is(error, undefined)
  assert.equal(doubts, [])
})
typed.run()
