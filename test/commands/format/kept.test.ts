import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

// Files as people who audit Cloud Foundry keep them, and what `format user-access` makes of each.

const guid = (number: number) => `0000000${number}-1111-4222-8333-444444444444`

const event = (number: number, type: string, target: string) => ({
  guid: guid(number),
  created_at: `2026-09-0${number + 1}T10:00:00Z`,
  updated_at: `2026-09-0${number + 1}T10:00:00Z`,
  type,
  actor: { guid: '00000050-1111-4222-8333-444444444444', type: 'user', name: 'ann@example.gov' },
  target: { guid: '00000060-1111-4222-8333-444444444444', type: 'user', name: target },
  data: { request: {} },
  space: { guid: '00000901-1111-4222-8333-444444444444' },
  organization: { guid: '00000900-1111-4222-8333-444444444444' },
  links: { self: { href: `https://api.example.gov/v3/audit_events/${guid(number)}` } },
})

const add = event(1, 'audit.user.space_developer_add', 'bob@example.gov')
const remove = event(2, 'audit.user.space_developer_remove', 'bob@example.gov')
const route = event(3, 'audit.route.create', 'www')
const eve = event(4, 'audit.user.space_developer_add', 'eve@example.gov')

const addRow = '2026-09-02T10:00:00Z,ann@example.gov,audit.user.space_developer_add,bob@example.gov'
const removeRow = '2026-09-03T10:00:00Z,ann@example.gov,audit.user.space_developer_remove,bob@example.gov'
const eveRow = '2026-09-05T10:00:00Z,ann@example.gov,audit.user.space_developer_add,eve@example.gov'

const page = (resources: readonly object[], path = 'audit_events') => ({
  pagination: {
    total_results: resources.length,
    total_pages: 1,
    first: { href: `https://api.example.gov/v3/${path}?page=1&per_page=50` },
    last: { href: `https://api.example.gov/v3/${path}?page=1&per_page=50` },
    next: null,
    previous: null,
  },
  resources,
})

const { stringify } = JSON
const lines = (values: readonly object[]) => values.map(value => `${stringify(value)}\n`).join('')
const shipped = (value: object) => ({
  ...value,
  links: undefined,
  organization_name: 'demo-org',
  space_name: 'dev',
})

const kept = suite<{ scene: Scene; save: (bytes: string | Buffer, name?: string) => string }>(
  'files that people keep',
)

kept.before(async context => {
  const scene = await openScene({ events: 1 })
  context.scene = scene
  context.save = (bytes, name = 'input.json') => {
    const path = join(scene.cf.home, name)
    writeFileSync(path, bytes)
    return path
  }
})
kept.after(({ scene }) => scene.close())

const three = [add, remove, route]
for (const [name, bytes, rows] of [
  [
    'two files of a day, each with a byte-order mark, joined with cat',
    `\ufeff${stringify(page([add]))}\ufeff${stringify(page([remove]))}\n`,
    [addRow, removeRow],
  ],
  [
    'an array of events appended to a page',
    `${stringify(page(three))}\n${stringify([eve])}\n`,
    [addRow, removeRow, eveRow],
  ],
  ['our own ndjson', lines(three), [addRow, removeRow]],
  ['our own ndjson with names', lines([...three, { names: {} }]), [addRow, removeRow]],
  ['what the log shipper of cloud.gov writes', lines(three.map(shipped)), [addRow, removeRow]],
  ['jq .resources', stringify(three, null, 2), [addRow, removeRow]],
  ["jq '.resources[]'", three.map(value => stringify(value, null, 2)).join('\n'), [addRow, removeRow]],
  ['jq -s, of pages', stringify([page([add]), page([remove, route])]), [addRow, removeRow]],
  [
    'a month of an agency: {org, space, resources}',
    stringify({ org: [{ guid: 'O', name: 'demo-org' }], space: [], resources: three }, null, 4),
    [addRow, removeRow],
  ],
  ['cf curl /v3/audit_events/GUID', stringify(add), [addRow]],
  ['gzip', gzipSync(stringify(page(three))), [addRow, removeRow]],
  [
    'PowerShell: UTF-16 and CRLF',
    Buffer.from(`\ufeff${stringify(page(three), null, 2)}\n`.replaceAll('\n', '\r\n'), 'utf16le'),
    [addRow, removeRow],
  ],
] as const) {
  kept(name, async ({ scene, save }) => {
    const columns = ['--columns', 'time,actor,type,user', '--no-header']
    const result = await run(scene.cf, ['format', 'user-access', save(bytes), '-f', 'csv', ...columns])
    assert.is(result.code, 0, result.stderr)
    assert.equal(result.stdout.trimEnd().split('\n'), rows)
  })
}

const role = {
  guid: guid(1),
  created_at: '2026-09-01T10:00:00Z',
  type: 'space_developer',
  relationships: { user: { data: { guid: guid(6) } } },
  links: {},
}
const cut = stringify(page([add]), (key, value) =>
  ['actor', 'target', 'data', 'first', 'last'].includes(key)
    ? `@{${Object.entries(value).map(([inner]) => `${inner}=x`)}}`
    : value,
)
const entity = {
  type: add.type,
  actor: guid(5),
  actor_type: 'user',
  actee: guid(6),
  timestamp: add.created_at,
  metadata: {},
}

for (const [name, bytes, says] of [
  [
    'another list, given by mistake',
    stringify(page([role], 'roles')),
    /input\.json holds a list of \/v3\/roles, not of audit events\.$/m,
  ],
  [
    'ConvertFrom-Json | ConvertTo-Json without -Depth',
    cut,
    /record 1: actor is text, but should be an object: ConvertTo-Json without -Depth cut it\.$/m,
  ],
  [
    "jq '.resources[].entity'",
    lines([entity]),
    /line 1: these are v2 entities without their metadata \(jq '\.resources\[\]\.entity'\): they have no GUID/,
  ],
  [
    'our csv',
    'Timestamp,User Performing Action,Action Type,User\n',
    /line 1 is CSV, which does not hold the events themselves\.$/m,
  ],
] as const) {
  kept(name, async ({ scene, save }) => {
    for (const report of ['user-access', 'events']) {
      const result = await run(scene.cf, ['format', report, save(bytes), '-f', 'csv'])
      assert.is(result.code, 5, result.stderr)
      assert.is(result.stdout, '')
      assert.match(result.stderr, says)
    }
  })
}

kept('a file for each day, in a folder', async ({ scene, save }) => {
  mkdirSync(join(scene.cf.home, 'days'))
  save(stringify(page([remove])), 'days/2026-09-03.json')
  save(gzipSync(stringify(page([add]))), 'days/2026-09-02.json.gz')
  const result = await run(scene.cf, [
    'format',
    'events',
    join(scene.cf.home, 'days'),
    '-f',
    'csv',
    '--columns',
    'time',
  ])
  assert.is(result.code, 0, result.stderr)
  assert.equal(result.stdout, 'Timestamp\n2026-09-02T10:00:00Z\n2026-09-03T10:00:00Z\n')
})

kept('what does not count its events is of unknown completeness', async ({ scene, save }) => {
  const unknown = /^Warning: these may not be all events/m
  const stderr = async (bytes: string) => (await run(scene.cf, ['format', 'events', save(bytes)])).stderr
  assert.match(await stderr(lines([add])), unknown)
  assert.not.match(await stderr(stringify(page([add]))), unknown)
})
kept.run()
