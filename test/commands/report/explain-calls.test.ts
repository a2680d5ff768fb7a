import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2, v3 } from '../../../src/capi/api.ts'
import { beyondTheRecipe, callsFor, explain, orgsToExplain } from '../../../src/commands/report/explain.ts'
import type { Scope } from '../../../src/options/scope.ts'
import { reportNamed } from '../../../src/reports/catalog.ts'

const guid = '63616c6c-0000-4000-8000-000000000001'
const calls = suite('the calls that would be made')

const callsOf = (scope: Partial<Scope>, api = v3) =>
  callsFor({ orgs: 'all', spaces: [], ...scope }, where => ({ ...where, order: 'time' }), api)
const tail = 'order_by=created_at&page=1&per_page=5000'

const cases: readonly (readonly [scope: Partial<Scope>, calls: readonly object[]])[] = [
  [{}, [{ args: ['curl', `/v3/audit_events?${tail}`, '-i'] }]],
  [
    { orgs: 'targeted' },
    [
      { args: ['target'] },
      { args: ['org', 'YOUR-ORG', '--guid'], into: 'GUID' },
      { args: ['curl', `/v3/audit_events?organization_guids=$GUID&${tail}`, '-i'] },
    ],
  ],
  [{ orgs: [guid] }, [{ args: ['curl', `/v3/audit_events?organization_guids=${guid}&${tail}`, '-i'] }]],
  [
    { orgs: ['-x', guid, 'a b'] },
    [
      { args: ['curl', '/v3/organizations?names=-x'], jq: '.resources[0].guid', into: 'GUID' },
      { args: ['org', 'a b', '--guid'], into: 'GUID3' },
      { args: ['curl', `/v3/audit_events?organization_guids=$GUID,${guid},$GUID3&${tail}`, '-i'] },
    ],
  ],
  [{ spaces: [guid] }, [{ args: ['curl', `/v3/audit_events?space_guids=${guid}&${tail}`, '-i'] }]],
  [
    { orgs: ['a'], spaces: ['x, y', guid] },
    [
      { args: ['org', 'a', '--guid'], into: 'GUID' },
      {
        args: ['curl', '/v3/spaces?names=x%252C%2520y&organization_guids=$GUID&page=1&per_page=5000'],
        jq: '[.resources[].guid] | join(",")',
        into: 'SPACES',
      },
      {
        args: ['curl', `/v3/audit_events?organization_guids=$GUID&space_guids=$SPACES,${guid}&${tail}`, '-i'],
      },
    ],
  ],
]
for (const [scope, expected] of cases) {
  calls(JSON.stringify(scope), () => assert.equal(callsOf(scope), expected))
}

calls('v2 uses IN for a variable that may hold several spaces', () => {
  const last = callsOf({ orgs: ['a'], spaces: ['dev'] }, v2).at(-1)
  assert.match(last?.args[1] ?? '', /&q=space_guid\+IN\+\$SPACES&/)
})

calls('the orgs of the documented recipe', () => {
  const orgs = (orgs: Scope['orgs']) => orgsToExplain({ orgs, spaces: [] })
  assert.is(orgs('all'), undefined)
  assert.equal(orgs('targeted'), ['YOUR-ORG'])
  assert.equal(orgs(['a', guid]), ['a', { guid }])
  const args = ['curl', '/v3/organizations?names=-x%2520y']
  assert.equal(orgs(['-x y']), [{ call: { args, jq: '.resources[0].guid' } }])
})

const nobody = { actor: [], target: [], about: [] }
const beyond: readonly (readonly [
  scope: Scope,
  asked: Parameters<typeof beyondTheRecipe>[1],
  says: RegExp[],
  window?: { from?: string; until?: string },
  ofEvents?: true,
])[] = [
  [{ orgs: ['a'], spaces: [] }, nobody, []],
  [{ orgs: ['a', 'b'], spaces: [] }, nobody, [/one org/]],
  [{ orgs: ['-x'], spaces: [] }, nobody, [/dash/]],
  [{ orgs: 'targeted', spaces: ['dev'] }, nobody, [/no space filter/]],
  [{ orgs: 'all', spaces: [] }, nobody, [/one org.*all orgs/]],
  [{ orgs: 'all', spaces: [] }, nobody, [], {}, true],
  [{ orgs: ['-x', 'b'], spaces: [] }, nobody, [/no org filter/], {}, true],
  [{ orgs: 'targeted', spaces: [] }, nobody, [/no time range/], { from: '2026-11-01T00:00:00Z' }],
  [{ orgs: 'targeted', spaces: [] }, nobody, [/no time range/], { until: '2026-11-01T00:00:00Z' }],
  [{ orgs: ['a'], spaces: [] }, { ...nobody, target: [guid] }, [/no filter/, /applies --target\.$/]],
  [{ orgs: ['a'], spaces: [] }, { ...nobody, about: ['db'] }, [/no filter/, /applies --about\.$/]],
  [
    { orgs: ['a'], spaces: [] },
    { ...nobody, actor: ["b'ob;"], target: [guid, 'app'] },
    [/no filter/, /applies --actor and --target\.$/],
  ],
]
for (const [scope, asked, says, window = {}, ofEvents] of beyond) {
  calls(`what the recipe lacks: ${JSON.stringify([scope, asked, window])}`, () => {
    const lines = beyondTheRecipe(scope, asked, window, {
      types: ofEvents ? undefined : ['audit.route.create'],
    })
    assert.is(lines.length, says.length, lines.join('\n'))
    for (const [index, line] of says.entries()) assert.match(lines[index] ?? '', line)
  })
}
calls('on Windows they are for PowerShell, and the recipe for bash', () => {
  const scope: Scope = { orgs: ['a b', '-x'], spaces: ['dev'] }
  const lines = explain(
    {
      report: reportNamed('routes'),
      orgs: orgsToExplain(scope),
      format: 'csv',
      calls: callsFor(scope, where => ({ ...where, order: 'time' }), v3),
    },
    'win32',
  ).split('\n')
  assert.is(lines[0], '# The documented recipe, "List All Route Changes as CSV", for bash:')
  assert.is(lines[1], "export GUID=$(cf org 'a b' --guid)")
  assert.equal(lines.slice(lines.indexOf('# What cf-audit runs instead, for PowerShell:') + 1, -2), [
    '$GUID = cf org "a b" --guid',
    '$GUID2 = (cf curl "/v3/organizations?names=-x" | ConvertFrom-Json).resources[0].guid',
    '$SPACES = (cf curl "/v3/spaces?names=dev&organization_guids=$GUID,$GUID2&page=1&per_page=5000" | ConvertFrom-Json).resources.guid -join ","',
    `cf curl "/v3/audit_events?organization_guids=$GUID,$GUID2&space_guids=$SPACES&${tail}" -i`,
  ])
})
calls.run()
