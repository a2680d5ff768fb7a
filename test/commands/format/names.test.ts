import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { day, openWorld } from '../../archive/world.ts'
import { event } from '../../foundation/event.ts'
import { v3Resource } from '../../foundation/serialise.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const guid = (what: string) =>
  `${Buffer.from(what.padEnd(4, '0').slice(0, 4)).toString('hex')}-0000-4000-8000-000000000000`

const saved = (type: string, parts: Partial<StoredEvent>) =>
  v3Resource(event({ type: `audit.${type}`, ...parts }), 'https://api.example.gov')
const bound = saved('service_binding.create', {
  acteeType: 'service_binding',
  actee: guid('bind'),
  acteeName: '',
  spaceGuid: guid('dev'),
  orgGuid: guid('acme'),
  metadata: {
    request: {
      relationships: {
        app: { data: { guid: guid('app') } },
        service_instance: { data: { guid: guid('db') } },
      },
    },
  },
})
const created = saved('app.create', { acteeType: 'app', actee: guid('app'), acteeName: 'my-app' })
const names = suite<{ scene: Scene; read: (json: unknown, ...args: string[]) => Promise<Row[]> }>(
  'names behind the GUIDs of saved events',
)

type Row = Readonly<Record<string, string>>
const rowsOf = (csv: string): Row[] => {
  const [heading = [], ...rows] = csv
    .trimEnd()
    .split('\n')
    .map(line => line.split(','))
  return rows.map(cells => Object.fromEntries(cells.map((cell, at) => [heading[at], cell])))
}

names.before(async context => {
  context.scene = await openScene({ events: 300 })
  context.read = async (json, ...args) => {
    const result = await run(
      context.scene.cf,
      ['format', 'service-bindings', '-f', 'csv', '--names', ...args],
      {
        stdin: JSON.stringify(json),
        env: { PATH: '/nonexistent' },
      },
    )
    assert.is(result.code, 0, result.stderr)
    return rowsOf(result.stdout)
  }
})
names.after(({ scene }) => scene.close())

names('come from events before and behind the row, other types of events too', async ({ read }) => {
  for (const events of [
    [bound, created],
    [created, bound],
  ]) {
    const [row] = await read(events)
    assert.is(row!['App GUID'], guid('app'))
    assert.is(row!['App Name'], 'my-app')
    assert.is(row!['Service Instance Name'], '(not asked)')
  }
})

names('come from what cloud.gov adds to events, and scripts beside them', async ({ read }) => {
  const shipped = { ...bound, organization_name: 'acme', space_name: 'dev' }
  const envelope = { org: { guid: guid('acme'), name: 'acme' }, space: { guid: guid('dev'), name: 'dev' } }
  for (const json of [[shipped], { ...envelope, resources: [bound] }]) {
    const [row] = await read(json, '--columns', 'space_guid,org_guid')
    assert.equal(row, {
      'Space GUID': guid('dev'),
      'Space Name': 'dev',
      'Organization GUID': guid('acme'),
      'Organization Name': 'acme',
    })
  }
})

names('come from our own JSON, and go back into it', async ({ read, scene }) => {
  const db = { name: 'my-db', kind: 'service_instance', source: 'lookup', state: 'named' }
  const ours = { resources: [bound], names: { [guid('db')]: db } }
  assert.is((await read(ours))[0]!['Service Instance Name'], 'my-db')
  const again = await run(scene.cf, ['format', 'events', '-f', 'json', '--names'], {
    stdin: JSON.stringify(ours),
  })
  assert.equal(JSON.parse(again.stdout).names[guid('db')], db)
  assert.match(again.stderr, /names? of \d+ GUIDs? .*saved events/)
})

names('stand in the place of GUIDs in a table', async ({ scene }) => {
  const { stdout } = await run(scene.cf, ['format', 'service-bindings', '-f', 'table', '--names'], {
    stdin: JSON.stringify([bound, created]),
  })
  assert.match(stdout, / my-app /)
  assert.not.match(stdout, new RegExp(guid('app')))
  assert.match(stdout, new RegExp(guid('db')))
})

names('select an actor by user name, and a history by a name, where the file has them', async ({ scene }) => {
  const ann = guid('ann')
  const acted = saved('app.update', { actor: ann, actorName: 'shared@example.gov', actee: guid('app') })
  const known = {
    [ann]: { name: 'ann', kind: 'user', source: 'lookup', state: 'named' },
    [guid('db')]: { name: 'my-db', kind: 'service_instance', source: 'lookup', state: 'named' },
  }
  for (const [args, type] of [
    [['--actor', 'ann'], acted.type],
    [['--about', 'my-db'], bound.type],
  ] as const) {
    const { stdout, stderr } = await run(
      scene.cf,
      ['format', 'events', '-f', 'csv', '--columns', 'type', ...args],
      {
        stdin: JSON.stringify({ resources: [bound, acted], names: known }),
      },
    )
    assert.is(stdout, `Action Type\n${type}\n`, stderr)
  }
})

names('come from an evidence folder: those that were looked up when it was made', async ({ scene }) => {
  const bag = join(scene.cf.home, 'bag')
  const evidence = await run(scene.cf, ['evidence', 'demo-org', '-O', bag])
  assert.is(evidence.code, 0, evidence.stderr)
  const columns = ['-f', 'csv', '--columns', 'app_guid,org_guid', '--names']
  const live = await run(scene.cf, ['service-bindings', 'demo-org', ...columns])
  const kept = await run(scene.cf, ['format', 'service-bindings', bag, ...columns])
  assert.is(kept.code, 0, kept.stderr)
  assert.ok(rowsOf(kept.stdout).some(row => /^[a-z]/.test(row['App Name'] ?? '')))
  assert.ok(rowsOf(kept.stdout).some(row => row['App Name'] === '(not visible)'))
  assert.equal(kept.stdout.split('\n').sort(), live.stdout.split('\n').sort())
})

names('come from an archive', async ({ scene }) => {
  const world = await openWorld({ isGlobalReader: true })
  try {
    world.add({
      timestamp: new Date(world.now - day).toISOString(),
      type: 'audit.user.organization_manager_add',
    })
    await world.update()
    const columns = ['-f', 'csv', '--names', '--columns', 'space_guid']
    const { code, stdout, stderr } = await run(scene.cf, ['format', 'events', world.archive, ...columns])
    assert.is(code, 0, stderr)
    assert.is(rowsOf(stdout)[0]!['Space Name'], 'acme-dev')
  } finally {
    await world.close()
  }
})

names('the files of a folder may hold them', async ({ scene }) => {
  const folder = join(scene.cf.home, 'kept')
  mkdirSync(folder)
  writeFileSync(join(folder, '1.json'), JSON.stringify([bound]))
  writeFileSync(join(folder, '2.json'), JSON.stringify([created]))
  const { stdout } = await run(scene.cf, ['format', 'service-bindings', folder, '-f', 'csv', '--names'])
  assert.is(rowsOf(stdout)[0]!['App Name'], 'my-app')
})
names.run()
