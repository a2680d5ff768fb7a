import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { day, openWorld, type World, type WorldOptions } from '../../archive/world.ts'
import { installCf } from '../../foundation/install-cf.ts'
import { run } from '../../run.ts'

const evidence = suite('evidence from an archive')
const cf = installCf()
cf.clock.stop(Date.parse('2027-01-10T12:00:00Z'))
evidence.after(() => cf.remove())

/** An archive of August to October, with an event each week, and a role that is given on 14 September. */
async function withArchive(options: WorldOptions, use: (world: World, bag: string) => Promise<void>) {
  const world = await openWorld({ isGlobalReader: true, ...options })
  try {
    const [acme] = world.orgs
    const ann = world.foundation.state.users[0]!
    for (let week = 0; week < 14; week++) {
      world.add({ type: 'audit.app.update', actor: ann.guid })
      if (week === 6) {
        world.grant(acme!.guid, 'organization_manager').createdAt = '2026-09-14T12:00:00Z'
      }
      world.now += 7 * day
      world.cleanUp()
      await world.update(options.orgs === undefined ? [] : 'all')
    }
    await use(world, join(world.archive, '..', 'bag'))
  } finally {
    await world.close()
  }
}

const jsonIn = (bag: string, file: string) => JSON.parse(readFileSync(join(bag, file), 'utf8'))
const linesIn = (bag: string, file: string) =>
  readFileSync(join(bag, file), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))

const september = (world: { readonly archive: string }, bag: string) =>
  run(cf, ['evidence', 'acme', '--archive', world.archive, '--month', '2026-09', '-O', bag])

evidence('holds the events of a month, and is valid', () =>
  withArchive({}, async (world, bag) => {
    const result = await september(world, bag)
    assert.is(result.code, 0, result.stderr)
    const days = ['05', '12', '19', '26']
    assert.equal(
      linesIn(bag, 'data/events.ndjson').map(({ created_at }) => created_at),
      days.map(each => `2026-09-${each}T12:00:00Z`),
    )
    const statement = jsonIn(bag, 'statement.json')
    assert.equal(statement.verdict.events, { state: 'complete', reasons: [] })
    assert.equal(statement.asked, {
      from: '2026-09-01T00:00:00Z',
      until: '2026-10-01T00:00:00Z',
      orgs: [{ name: 'acme', guid: world.orgs[0]!.guid }],
    })
    assert.is(statement.api.url, world.foundation.url)
    const validate = new Ajv2020.default().compile(
      jsonIn(new URL('../../..', import.meta.url).pathname, 'docs/statement.schema.json'),
    )
    assert.ok(validate(statement), JSON.stringify(validate.errors))
    const valid = await run(cf, ['verify', bag])
    assert.is(valid.code, 0, valid.stdout)
  }),
)

evidence('has the roles of the first run after the period', () =>
  withArchive({}, async (world, bag) => {
    const rolesFor = async (month: string) => {
      const path = `${bag}-${month}`
      const result = await run(cf, ['evidence', '--archive', world.archive, '--month', month, '-O', path])
      assert.is(result.code, 0, result.stderr)
      return linesIn(path, 'data/roles.ndjson').map(({ type }) => type)
    }
    assert.equal(await rolesFor('2026-08'), [])
    assert.equal(await rolesFor('2026-09'), ['organization_manager'])
    assert.match(readFileSync(`${bag}-2026-09/data/names.json`, 'utf8'), '"acme-dev"')
  }),
)

evidence('says whether its roles are all', async () => {
  for (const [options, state] of [
    [{}, 'complete'],
    [{ isGlobalReader: false }, 'partial'],
  ] as const) {
    await withArchive(options, async (world, bag) => {
      const args = ['evidence', '--archive', world.archive, '--since', '2026-08-05', '--until', '2026-08-31']
      const result = await run(cf, [...args, '-O', bag])
      assert.is(result.code, 0, result.stderr)
      assert.is(jsonIn(bag, 'statement.json').verdict.roles.state, state)
    })
  }
})

evidence('accuses no one of what happened after the period', () =>
  withArchive({}, async (world, bag) => {
    const args = ['evidence', '--archive', world.archive, '--since', '2026-08-05', '--until', '2026-09-12']
    const result = await run(cf, [...args, '-O', bag])
    assert.is(result.code, 0, result.stderr)
    const review = readFileSync(join(bag, 'data/access-review.csv'), 'utf8')
    assert.match(review, /,organization_manager,/)
    assert.not.match(review, /no-grant-event|not-seen-in/)
  }),
)

evidence('of a listing of all orgs takes one of them by name', () =>
  withArchive({ orgs: ['acme', 'other'] }, async (world, bag) => {
    const result = await run(cf, [
      'evidence',
      'other',
      '--archive',
      world.archive,
      '--month',
      '2026-09',
      '-O',
      bag,
    ])
    assert.is(result.code, 0, result.stderr)
    assert.equal(linesIn(bag, 'data/events.ndjson'), [])
    assert.equal(linesIn(bag, 'data/roles.ndjson'), [])
    assert.is((await run(cf, ['verify', bag])).code, 0)
    const all = `${bag}-all`
    await run(cf, ['evidence', '--archive', world.archive, '--month', '2026-09', '-O', all])
    assert.is(linesIn(all, 'data/events.ndjson').length, 4)
    assert.is(jsonIn(all, 'statement.json').asked.orgs, null)
  }),
)

evidence('of a time that is not covered is kept, and ends with 6', () =>
  withArchive({}, async (world, bag) => {
    const result = await run(cf, ['evidence', '--archive', world.archive, '--month', '2026-12', '-O', bag])
    assert.is(result.code, 6, result.stderr)
    assert.match(
      result.stderr,
      /the archive does not cover acme from 2026-12-01T00:00:00Z to 2027-01-01T00:00:00Z/,
    )
    assert.is(jsonIn(bag, 'statement.json').verdict.events.state, 'unprovable')
    assert.is((await run(cf, ['verify', bag])).code, 0)
  }),
)

evidence('refuses what an archive does not have', () =>
  withArchive({}, async (world, bag) => {
    const args = ['evidence', '--archive', world.archive, '-O', bag]
    const cases: readonly (readonly [more: string[], code: number, says: RegExp])[] = [
      [['gone'], 4, /the archive has no org named gone/],
      [['--api', 'v3'], 2, /--api cannot be combined with --archive/],
      [['--unredacted'], 2, /--unredacted cannot be combined with --archive/],
      [['--archive', 'no-such-folder'], 2, /no-such-folder/],
    ]
    for (const [more, code, says] of cases) {
      const result = await run(cf, [...(more[0] === '--archive' ? ['evidence', '-O', bag] : args), ...more])
      assert.is(result.code, code, result.stderr)
      assert.match(result.stderr, says)
      assert.not.ok(existsSync(bag))
    }
  }),
)

evidence('of several foundations has to be told which', () =>
  withArchive({}, async (world, bag) => {
    const two = await openWorld({
      seed: 2,
      orgs: ['two'],
      archive: world.archive,
      api: 'https://api.two.example.gov',
    })
    try {
      two.now = world.now
      await two.update(['two'])
    } finally {
      await two.close()
    }
    const result = await run(cf, ['evidence', '--archive', world.archive, '-O', bag])
    assert.is(result.code, 2)
    assert.match(result.stderr, /has orgs of several foundations/)
    const named = await september(world, bag)
    assert.is(named.code, 0, named.stderr)
  }),
)

evidence.run()
