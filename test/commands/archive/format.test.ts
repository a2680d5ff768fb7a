import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { day, filesOf, openWorld, type World, withWorld } from '../../archive/world.ts'
import { installCf } from '../../foundation/install-cf.ts'
import { run } from '../../run.ts'

const format = suite<{ world: World }>('format of an archive')
const cf = installCf()
cf.clock.stop(Date.parse('2027-01-10T12:00:00Z'))

/** August to November: an event on the 2nd of each month, and a run each week; those of August and November are damaged. */
format.before(async context => {
  const world = await openWorld({ isGlobalReader: true })
  context.world = world
  for (let week = 0; week < 18; week++) {
    for (const month of ['08', '09', '10', '11']) {
      const timestamp = `2026-${month}-02T12:00:00Z`
      if (Date.parse(timestamp) >= world.now && Date.parse(timestamp) < world.now + 7 * day)
        world.add({ timestamp, type: 'audit.user.organization_manager_add', acteeType: 'user' })
    }
    world.now += 7 * day
    world.cleanUp()
    await world.update()
  }
  for (const file of filesOf(world.archive)) {
    if (/month=2026-08/.test(file)) writeFileSync(join(world.archive, file), 'damaged')
    if (/month=2026-11/.test(file)) rmSync(join(world.archive, file))
  }
})
format.after(async ({ world }) => {
  cf.remove()
  await world.close()
})

format('opens the parts of the months that it needs alone', async ({ world }) => {
  for (const month of ['2026-09', '2026-10']) {
    const result = await run(cf, [
      'format',
      'events',
      world.archive,
      '--month',
      month,
      '-f',
      'ndjson',
      '--strict',
    ])
    assert.is(result.code, 0, result.stderr)
    assert.equal(
      result.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).created_at),
      [`${month}-02T12:00:00Z`],
    )
  }
})

format('says which part is damaged, and which is missing', async ({ world }) => {
  const damaged = await run(cf, ['format', 'events', world.archive, '--month', '2026-08'])
  assert.is(damaged.code, 5)
  assert.is(damaged.stdout, '')
  assert.match(damaged.stderr, /month=2026-08\/.* is damaged: its hash does not match/)
  const missing = await run(cf, ['format', 'events', world.archive, '--month', '2026-11'])
  assert.is(missing.code, 5)
  assert.match(missing.stderr, /month=2026-11\/.* is missing/)
})

format('shows the names that the archive knows', async ({ world }) => {
  const args = ['format', 'user-access', world.archive, '--month', '2026-09', '-f', 'csv']
  const result = await run(cf, [...args, '--columns', '+org'])
  assert.is(result.code, 0, result.stderr)
  const [head, row] = result.stdout.split('\n').map(line => line.split(','))
  const cell = (heading: string) => row![head!.indexOf(heading)]
  assert.is(cell('Organization'), 'acme')
  assert.is(cell('Space'), 'acme-dev')
})

format('says what is not covered, and ends with 6 under --strict', async ({ world }) => {
  const args = [
    'format',
    'events',
    world.archive,
    '--since',
    '2026-09-01',
    '--until',
    '2026-12-31',
    '-f',
    'ndjson',
  ]
  const until = args.map(word => (word === '2026-12-31' ? '2026-10-31' : word))
  assert.is((await run(cf, [...until, '--strict'])).code, 0)
  rmSync(join(world.archive, 'events'), { recursive: true })
  const empty = [
    'format',
    'events',
    world.archive,
    '--since',
    '2026-12-03',
    '--until',
    '2026-12-31',
    '-f',
    'ndjson',
  ]
  const said = await run(cf, empty)
  assert.is(said.code, 0, said.stderr)
  assert.match(
    said.stderr,
    /Partial: the archive does not cover acme from 2026-12-05T11:45:01Z to 2027-01-01T00:00:00Z\./,
  )
  assert.is((await run(cf, [...empty, '--strict'])).code, 6)
})

format('judges only the org that is named', () =>
  withWorld({ orgs: ['acme', 'other'], isGlobalReader: true }, async world => {
    const made = world.add()
    await world.update(['acme'])
    world.now += 40 * day
    world.cleanUp()
    const news = world.add({ orgGuid: world.orgs[1]!.guid })
    await world.update(['other'])
    const time = ['--since', '2026-08-01', '--until', '2026-08-01T11:00:00Z']
    for (const org of ['acme', world.orgs[0]!.guid]) {
      const args = ['format', 'events', world.archive, '--org', org, '-f', 'ndjson', '--strict']
      const whole = await run(cf, args)
      assert.is(whole.code, 0, whole.stderr)
      assert.match(whole.stdout, made.guid)
      assert.not.match(whole.stdout, news.guid)
      assert.is((await run(cf, [...args, ...time])).code, 0)
    }
    const other = ['format', 'events', world.archive, '--org', 'other', '-f', 'ndjson', '--strict', ...time]
    const { code, stderr } = await run(cf, other)
    assert.is(code, 6)
    assert.match(stderr, 'the archive does not cover other from 2026-08-01T00:00:00Z')
    const unknown = await run(cf, ['format', 'events', world.archive, '--org', 'no-such-org'])
    assert.is(unknown.code, 4)
    assert.match(unknown.stderr, 'the archive has no org named no-such-org')
  }),
)

format('finds an org by a name that it had', () =>
  withWorld({ isGlobalReader: true }, async world => {
    const made = world.add()
    await world.update(['acme'])
    world.foundation.state.orgs[0] = { ...world.orgs[0]!, name: 'renamed' }
    world.now += day
    await world.update()
    for (const org of ['acme', 'renamed']) {
      const result = await run(cf, ['format', 'events', world.archive, '--org', org, '-f', 'ndjson'])
      assert.is(result.code, 0, result.stderr)
      assert.match(result.stdout, made.guid)
    }
  }),
)

format('takes one archive, and nothing beside it', async ({ world }) => {
  const result = await run(cf, ['format', 'events', world.archive, 'x.json'])
  assert.is(result.code, 2)
})

format.run()
