// What docs/archive.md gives away: a view for DuckDB, through the real engine, and a script that purges a secret.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createPart } from '../../src/archive/parts.ts'
import { verifyArchive } from '../../src/archive/verify.ts'
import { readPage } from '../docs/pages.ts'
import { installCf } from '../foundation/install-cf.ts'
import { sampleFoundation } from '../foundation/sample.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { run } from '../run.ts'
import { day, filesOf, linesIn, type World, withWorld } from './world.ts'

const documented = suite('what is documented of an archive')

const block = (language: string, pattern: RegExp) =>
  readPage('docs/archive.md').blocks.find(each => each.language === language && pattern.test(each.code))!.code

async function query(archive: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    await connection.run(block('sql', /read_json/).replace("'audit/", `'${archive}/`))
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[]
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Events of two months, in several runs. */
async function fill(world: World): Promise<void> {
  for (let run = 0; run < 5; run++) {
    for (const type of ['audit.app.update', 'audit.user.space_developer_add', 'audit.route.create']) {
      world.add({
        type,
        acteeType: type.split('.')[1]!,
        metadata: { note: 'it is "quoted"\n', large: 2 ** 60 },
      })
    }
    world.now += 9 * day
    world.cleanUp()
    await world.update()
  }
}

documented('the view gives what our own rows give', () =>
  withWorld({ isGlobalReader: true }, async world => {
    await fill(world)
    const cf = installCf()
    try {
      const ours = await run(cf, ['format', 'events', world.archive, '-f', 'ndjson'])
      assert.is(ours.code, 0, ours.stderr)
      const expected = ours.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .map(({ guid, created_at, type, actor, target, data, space, organization }) => ({
          guid,
          at: created_at,
          type,
          actor_name: actor.name,
          target_guid: target.guid,
          data: JSON.stringify(data),
          space_guid: space.guid,
          org: organization.guid,
          month: created_at.slice(0, 7),
        }))
      const found = await query(
        world.archive,
        `SELECT guid, strftime(created_at, '%Y-%m-%dT%H:%M:%SZ') AS at, type, actor_name, target_guid, data, space_guid,
                org, month
         FROM events ORDER BY created_at, guid`,
      )
      const byTime = (a: { at: string; guid: string }, b: { at: string; guid: string }) =>
        a.at + a.guid < b.at + b.guid ? -1 : 1
      assert.is(found.length, 15)
      assert.equal(found, expected.sort(byTime))
    } finally {
      cf.remove()
    }
  }),
)

documented('the view reads every shape of event', () =>
  withWorld({ isGlobalReader: true }, async world => {
    const sample = sampleFoundation({ events: 400, lazy: false, now: new Date(world.now) })
    world.foundation.state.events.add(...(sample.events as StoredEvent[]))
    world.add({ orgGuid: '', spaceGuid: '', metadata: null })
    world.add({ actorName: null, actorUsername: null })
    await world.update('all')
    const rows = await query(world.archive, 'SELECT org, space_guid, organization_guid, data FROM events')
    assert.is(rows.length, 402)
    assert.ok(rows.some(({ org, space_guid }) => org === 'none' && space_guid === null))
  }),
)

documented('the view reads every member of a part', () =>
  withWorld({}, async world => {
    await fill(world)
    const before = await query(world.archive, 'SELECT count(*)::INT AS events FROM events')
    const folder = filesOf(world.archive)
      .find(file => file.startsWith('events/'))!
      .replace(/\/[^/]*$/, '')
    const part = createPart(world.archive, folder, 'members')
    const [line] = linesIn(world.archive, 'events')
    for (let member = 0; member < 3; member++) {
      await part.write(Buffer.from(`${line}\n`.repeat(1000)))
      await part.flush()
    }
    const { lines } = await part.close('events-members.ndjson.gz')
    assert.is(lines, 3000)
    const after = await query(world.archive, 'SELECT count(*)::INT AS events FROM events')
    assert.equal(Number(after[0]!.events) - Number(before[0]!.events), 3000)
  }),
)

documented('the script purges an event, and the archive is valid again', () =>
  withWorld({}, async world => {
    await fill(world)
    const leaked = world.add({ metadata: { note: 'hunter2' } })
    const kept = world.add({ metadata: { note: 'mentions', other: leaked.guid } })
    world.now += day
    await world.update()
    world.now += day
    await world.update()
    const lines = linesIn(world.archive, 'events')
    assert.ok(lines.some(line => line.includes('hunter2')))
    const script = join(world.archive, '..', 'purge.mjs')
    writeFileSync(script, block('js', /purge/))
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, world.archive, leaked.guid], {
      encoding: 'utf8',
    })
    assert.is(status, 0, stderr)
    assert.match(stdout, /^events\/.*: [0-9a-f]{64} is now [0-9a-f]{64}\n$/)
    const purged = linesIn(world.archive, 'events')
    assert.is(purged.length, lines.length)
    assert.not.ok(purged.some(line => line.includes('hunter2')))
    assert.ok(purged.some(line => JSON.parse(line).guid === kept.guid && line.includes('mentions')))
    const findings = await verifyArchive(world.archive)
    assert.equal(
      findings.filter(({ state }) => state !== 'valid'),
      [],
    )
    world.now += day
    await world.update()
  }),
)

documented.run()
