import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keptSince, seconds } from '../../../src/time.ts'
import { day, hour, openWorld } from '../../archive/world.ts'
import { event } from '../../foundation/event.ts'
import { Random } from '../../foundation/random.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { Role, RoleType } from '../../foundation/state.ts'
import { run } from '../../run.ts'
import { type Scene, withScene } from '../../scene.ts'

const review = suite('access-review of an archive')

const sample = sampleFoundation({ events: 0 })
const dev = sample.spaces.find(space => space.name === 'dev')!
const begin = Date.parse('2026-03-01T12:00:00Z')

/** A role, as the test knows it. */
interface Held {
  readonly role: Role
  readonly until: number
  /** GUID of the event that granted it; '' for none. */
  readonly grant: string
}

/** An org whose roles and events change in ways that the test writes down. */
interface Story {
  readonly scene: Scene
  readonly archive: string
  readonly held: Held[]
  /** When each user acted. */
  readonly acts: { readonly user: string; readonly time: string }[]
  grant(user: string, type: RoleType, by: string | undefined): Held
  revoke(held: Held): void
  act(user: string): void
  wait(ms: number): Promise<void>
  update(...more: string[]): Promise<number | null>
}

async function withStory(user: string, use: (story: Story) => Promise<void>): Promise<void> {
  await withScene({ user, foundation: { ...sample, events: [] } }, async scene => {
    const { cf, foundation } = scene
    cf.clock.stop(begin)
    const random = new Random(1)
    const held: Held[] = []
    const acts: Story['acts'] = []
    const add = (type: string, actor: string, target: string, role?: Role) => {
      const made = event({
        guid: random.guid(),
        timestamp: seconds(cf.clock.now()),
        type,
        actor,
        actorName: actor,
        actorUsername: `${actor}@example.gov`,
        actee: target,
        acteeType: role === undefined ? 'app' : 'user',
        orgGuid: sample.org.guid,
        spaceGuid: role?.spaceGuid ?? '',
      })
      foundation.state.events.add(made)
      acts.push({ user: actor, time: made.timestamp })
      return made.guid
    }
    const archive = join(cf.home, 'audit')
    await use({
      scene,
      archive,
      held,
      acts,
      grant(user, type, by) {
        const isSpace = type.startsWith('space_')
        const role = {
          guid: random.guid(),
          type,
          userGuid: user,
          orgGuid: isSpace ? null : sample.org.guid,
          spaceGuid: isSpace ? dev.guid : null,
          createdAt: seconds(cf.clock.now()),
        }
        foundation.state.roles = [...foundation.state.roles, role]
        const grant = by === undefined ? '' : add(`audit.user.${type}_add`, by, user, role)
        const made = { role, until: Number.POSITIVE_INFINITY, grant }
        held.push(made)
        return made
      },
      revoke(each) {
        foundation.state.roles = foundation.state.roles.filter(({ guid }) => guid !== each.role.guid)
        add(`audit.user.${each.role.type}_remove`, 'revoker', each.role.userGuid, each.role)
        held[held.indexOf(each)] = { ...each, until: cf.clock.now() }
      },
      act: user => void add('audit.app.update', user, 'some-app'),
      async wait(ms) {
        await cf.clock.wait(ms)
        foundation.state.events.expire(new Date(keptSince(cf.clock.now())))
      },
      update: async (...more) => (await run(cf, ['archive', 'update', archive, ...more])).code,
    })
  })
}

interface Reviewed {
  readonly granting_event: string | null
  readonly last_seen: string | null
  readonly flags: readonly string[]
}

async function reviewIn({ scene, archive }: Story, ...args: string[]) {
  const { code, stdout, stderr } = await run(scene.cf, [
    'access-review',
    '--archive',
    archive,
    '-f',
    'json',
    ...args,
  ])
  assert.is(code, 0, stderr)
  const { resources } = JSON.parse(stdout) as { resources: { guid: string; review: Reviewed }[] }
  return { stderr, roles: new Map(resources.map(({ guid, review }) => [guid, review])) }
}

const users = Array.from({ length: 5 }, (_, index) => `0000000${index}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`)
const types: readonly RoleType[] = ['space_developer', 'space_manager', 'organization_auditor']

/** 70 days or so of grants, revocations and acts; a role outlives at least one run. */
async function longStory(story: Story): Promise<number[]> {
  const random = new Random(7)
  const runs: number[] = []
  for (let step = 0; step < 20; step++) {
    for (const user of users) {
      for (const type of types) {
        const current = story.held.find(
          each => each.until > 1e15 && each.role.userGuid === user && each.role.type === type,
        )
        const chance = random.below(6)
        if (current === undefined && chance < 2) story.grant(user, type, chance === 0 ? undefined : 'granter')
        else if (current !== undefined && chance < 1 && user !== users[0]) story.revoke(current)
      }
      if (user !== users[0] && random.below(8) === 0) story.act(user)
      await story.wait((1 + random.below(36)) * hour)
    }
    await story.update()
    runs.push(story.scene.cf.clock.now())
    await story.wait(hour)
  }
  return runs
}

review('is what the test knows of grants, acts and flags, beyond the 31 days', () =>
  withStory('admin@example.gov', async story => {
    const runs = await longStory(story)
    const { cf } = story.scene
    const last = runs.at(-1)!
    assert.ok(last - begin > 50 * day)
    const { roles, stderr } = await reviewIn(story, '--stale-days', '40')
    assert.match(
      stderr,
      /✓ \d+ roles of \d+ users in demo-org, \d+ with flags; events from 2026-0[12]-\d\d to 2026-/,
    )
    const stale = seconds(cf.clock.now() - 40 * day)
    const kept = keptSince(cf.clock.now())
    const current = story.held.filter(({ until }) => until === Number.POSITIVE_INFINITY)
    assert.ok(current.length > 5)
    assert.ok(current.some(({ role }) => Date.parse(role.createdAt!) < cf.clock.now() - 31 * day))
    const flagged = new Set<string>()
    for (const { role, grant } of current) {
      const seen = story.acts
        .filter(({ user }) => user === role.userGuid)
        .map(({ time }) => time)
        .sort()
        .at(-1)
      const flags = [
        ...(role.createdAt! >= kept ? ['new'] : []),
        ...(grant === '' ? ['no-grant-event'] : []),
        ...(role.createdAt! < stale && (seen ?? '') < stale ? ['not-seen-in-40-days'] : []),
      ]
      const found = roles.get(role.guid)!
      const own = found.flags.filter(flag => /new|no-grant|not-seen/.test(flag))
      assert.equal(
        [found.granting_event ?? '', found.last_seen ?? undefined, own],
        [grant, seen, flags],
        JSON.stringify(role),
      )
      for (const flag of flags) flagged.add(flag)
    }
    assert.is(flagged.size, 3)
    assert.is(
      roles.size,
      current.length +
        sample.roles.filter(
          ({ orgGuid, spaceGuid }) =>
            orgGuid === sample.org.guid ||
            sample.spaces.some(space => space.guid === spaceGuid && space.orgGuid === sample.org.guid),
        ).length,
    )
  }),
)

review('--at lists who held a role at that time, and runs no cf', () =>
  withStory('admin@example.gov', async story => {
    const runs = await longStory(story)
    const { foundation } = story.scene
    const random = new Random(3)
    const before = foundation.requests.length
    for (let index = 0; index < 12; index++) {
      const at = runs[0]! + random.below((runs.at(-1)! - runs[0]!) / 1000) * 1000
      const { roles, stderr } = await reviewIn(story, '--at', seconds(at))
      const truth = story.held.filter(({ role, until }) => Date.parse(role.createdAt!) < at && until >= at)
      const found = [...roles.keys()].filter(guid => story.held.some(({ role }) => role.guid === guid))
      assert.equal(found.sort(), truth.map(({ role }) => role.guid).sort(), seconds(at))
      assert.match(stderr, `in demo-org at ${seconds(at)}, `)
      assert.match(stderr, /^✓/)
      for (const { role } of truth) {
        const acts = story.acts.filter(({ user, time }) => user === role.userGuid && time < seconds(at))
        const last = acts
          .map(({ time }) => time)
          .sort()
          .at(-1)
        assert.is(roles.get(role.guid)!.last_seen, last ?? null)
      }
    }
    assert.is(foundation.requests.length, before)
  }),
)

review('--at says what the archive does not have', () =>
  withStory('admin@example.gov', async story => {
    await story.update()
    const early = await reviewIn(story, '--at', '2026-02-20')
    assert.match(
      early.stderr,
      /Partial: .*the first roles of demo-org in the archive are from 2026-03-01T12:00:0\dZ, so roles removed before then are missing/,
    )
    await story.wait(3 * day)
    const late = await reviewIn(story, '--at', 'today')
    assert.match(
      late.stderr,
      /Partial: .* at 2026-03-01T.*the last roles of demo-org in the archive are from 2026-03-01T/,
    )
  }),
)

review('of an archive that ends too early does not say who has not acted', () =>
  withStory('admin@example.gov', async story => {
    await story.update()
    await story.wait(3 * day)
    const { stderr, roles } = await reviewIn(story)
    assert.match(
      stderr,
      /Partial: .*the archive covers demo-org only until 2026-03-01T11:4\d:\d\dZ, so inactive users are not flagged\.$/m,
    )
    assert.not.ok([...roles.values()].some(({ flags }) => flags.some(flag => flag.startsWith('not-seen'))))
    assert.is(await story.update(), 0)
    const again = await reviewIn(story)
    assert.match(again.stderr, /^✓/m)
    assert.ok([...again.roles.values()].some(({ flags }) => flags.includes('not-seen-in-30-days')))
  }),
)

review('accuses no one for a time that is not covered', () =>
  withStory('developer@example.gov', async story => {
    await story.update()
    story.grant(users[0]!, 'space_developer', undefined)
    await story.wait(hour)
    assert.is(await story.update(), 6)
    const { stderr, roles } = await reviewIn(story)
    assert.match(
      stderr,
      /Partial: .*; no events, but the archive does not cover demo-org, so missing grants and inactive users are not flagged/,
    )
    assert.not.ok([...roles.values()].some(({ flags }) => flags.some(flag => /no-grant|not-seen/.test(flag))))
  }),
)

review('takes the events of an auditor and the roles of a manager together', () =>
  withStory('auditor@example.gov', async story => {
    const { foundation, cf } = story.scene
    const made = story.grant(users[0]!, 'space_developer', 'granter')
    await story.wait(hour)
    assert.is(await story.update(), 0)
    const kept = await reviewIn(story, '--at', 'today')
    assert.match(kept.stderr, /Partial: .*the archive may not have all space roles\.$/m)
    assert.not.ok(kept.roles.has(made.role.guid))
    await withScene(
      { user: 'manager@example.gov', foundation: { ...sample, events: [], roles: foundation.state.roles } },
      async other => {
        other.cf.clock.stop(cf.clock.now())
        // Another address of the same foundation would be another foundation.
        const { code, stderr } = await run(other.cf, ['access-review', '--archive', story.archive])
        assert.is(code, 2)
        assert.match(stderr, /has no runs of 127\.0\.0\.1:\d+/)
      },
    )
    const manager = sample.users.find(({ username }) => username === 'auditor@example.gov')!
    foundation.state.roles = [
      ...foundation.state.roles,
      {
        guid: 'dddddddd-0000-4000-8000-000000000001',
        type: 'organization_manager',
        userGuid: manager.guid,
        orgGuid: sample.org.guid,
        spaceGuid: null,
      },
    ]
    const { stderr, roles } = await reviewIn(story)
    assert.match(stderr, /^✓/m)
    assert.is(roles.get(made.role.guid)!.granting_event, made.grant)
  }),
)

review('names users who are deleted by now', () =>
  withStory('admin@example.gov', async story => {
    const { foundation, cf } = story.scene
    const user = sample.users.find(({ username }) => username === 'developer@example.gov')!
    story.act(user.guid)
    story.grant(user.guid, 'space_manager', 'granter')
    await story.wait(hour)
    await story.update()
    foundation.state.users = foundation.state.users.map(each =>
      each.guid === user.guid ? { ...each, username: null } : each,
    )
    for (const more of [[], ['--at', 'today']]) {
      const args = ['access-review', '--archive', story.archive, '-f', 'csv', ...more]
      const { stdout } = await run(cf, args)
      const line = stdout.split('\n').find(each => each.includes(`,${user.guid},`))
      assert.match(
        line!,
        more.length === 0
          ? `,developer@example.gov,${user.guid},(gone),gone,`
          : `,developer@example.gov,${user.guid},uaa,person,`,
      )
    }
  }),
)

review('keeps foundations of one archive apart', () =>
  withStory('admin@example.gov', async story => {
    const made = story.grant(users[0]!, 'space_developer', 'granter')
    await story.wait(hour)
    await story.update()
    const two = await openWorld({
      seed: 2,
      orgs: ['demo-org'],
      archive: story.archive,
      api: 'https://api.two.example.gov',
    })
    try {
      two.now = story.scene.cf.clock.now()
      two.add({ type: 'audit.app.update', actor: users[0]! })
      await two.update(['demo-org'])
    } finally {
      await two.close()
    }
    for (const scope of [['demo-org'], ['--all-orgs']]) {
      const { roles } = await reviewIn(story, ...scope)
      assert.is(roles.get(made.role.guid)!.granting_event, made.grant)
      assert.is(roles.get(made.role.guid)!.last_seen, null)
    }
    const { code, stderr } = await run(story.scene.cf, [
      'access-review',
      '--archive',
      story.archive,
      '--at',
      'today',
    ])
    assert.is(code, 2)
    assert.match(stderr, /has orgs of several foundations/)
  }),
)

review('reads an archive of all orgs, for one of them or for all', () =>
  withStory('admin@example.gov', async story => {
    const made = story.grant(users[0]!, 'space_developer', 'granter')
    await story.wait(hour)
    assert.is(await story.update('--all-orgs'), 0)
    const sizes: number[] = []
    for (const args of [['demo-org'], ['demo-org', '--at', 'today'], ['--all-orgs'], ['--at', 'today']]) {
      const { stderr, roles } = await reviewIn(story, ...args)
      assert.match(stderr, /^✓/m)
      assert.is(roles.get(made.role.guid)!.granting_event, made.grant)
      sizes.push(roles.size)
    }
    const [now, then, allNow, allThen] = sizes
    assert.is(now, then)
    assert.is(allNow, allThen)
    assert.ok(now! < allNow!)
  }),
)

review('compares with an earlier review of the archive', () =>
  withStory('admin@example.gov', async story => {
    const gone = story.grant(users[0]!, 'space_developer', 'granter')
    await story.wait(hour)
    await story.update()
    const file = join(story.scene.cf.home, 'before.json')
    const args = ['access-review', '--archive', story.archive, '--at', 'today', '-O', file]
    assert.is((await run(story.scene.cf, args)).code, 0)
    await story.wait(60 * day)
    story.revoke(gone)
    const news = story.grant(users[1]!, 'space_developer', 'granter')
    await story.wait(day)
    await story.update()
    for (const more of [[], ['--at', 'today']]) {
      const { stdout } = await run(story.scene.cf, [
        'access-review',
        '--archive',
        story.archive,
        '--previous',
        file,
        '-f',
        'csv',
        ...more,
      ])
      const changes = stdout
        .split('\n')
        .map(line => line.split(','))
        .filter(cells => /^(added|removed)$/.test(cells[13] ?? ''))
      assert.equal(changes.map(cells => [cells[2], cells[13], cells[14]]).sort(), [
        [users[0], 'removed', 'revoker'],
        [news.role.userGuid, 'added', 'granter'],
      ])
    }
  }),
)

review('makes the calls of roles', () =>
  withStory('admin@example.gov', async story => {
    await story.update()
    const { foundation, cf } = story.scene
    const callsOf = async (...args: string[]) => {
      const before = foundation.requests.length
      assert.is((await run(cf, [...args, '-f', 'csv'])).code, 0)
      return foundation.requests.slice(before).map(({ path }) => path)
    }
    assert.equal(
      await callsOf('access-review', 'demo-org', '--archive', story.archive),
      await callsOf('roles', 'demo-org'),
    )
  }),
)

for (const [name, args, code, says] of [
  ['no archive for a time', ['--at', 'yesterday'], 2, /--at needs --archive DIR/],
  ['no such archive', ['--archive', 'no-such-folder'], 2, /no-such-folder is not an archive/],
  ['no such time', ['--archive', '.', '--at', 'x'], 2, /"x" is not a valid time/],
  [
    'a cf for what runs none',
    ['--archive', '.', '--at', 'today', '--cf', 'cf'],
    2,
    /--cf cannot be combined with --at/,
  ],
  ['an org that is not in it', ['demo-org', '--at', 'today'], 4, /the archive has no org named demo-org/],
  ['an org now that is not in it', ['demo-org'], 4, /the archive has no org named demo-org/],
] as const) {
  review(`${name} is code ${code}`, () =>
    withStory('admin@example.gov', async story => {
      await story.update('acme, inc')
      const before = story.scene.foundation.requests.length
      const isArchive = args.some(word => word === '--archive') || name.startsWith('no archive')
      const result = await run(story.scene.cf, [
        'access-review',
        ...(isArchive ? [] : ['--archive', story.archive]),
        ...args,
      ])
      assert.is(result.code, code, result.stderr)
      assert.match(result.stderr, says)
      if (code === 2) assert.is(story.scene.foundation.requests.length, before)
    }),
  )
}

review('says which part is damaged', () =>
  withStory('admin@example.gov', async story => {
    story.act(users[0]!)
    await story.update()
    rmSync(join(story.archive, 'events'), { recursive: true })
    const { code, stdout, stderr } = await run(story.scene.cf, [
      'access-review',
      '--archive',
      story.archive,
      '-f',
      'csv',
    ])
    assert.is(code, 5)
    assert.is(stdout, '')
    assert.match(stderr, /events-.* is missing/)
  }),
)

review.run()
