import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { day, filesOf, withWorld } from '../../archive/world.ts'
import { wrong } from '../../foundation/faults.ts'
import { installCf } from '../../foundation/install-cf.ts'
import { run } from '../../run.ts'
import { withScene } from '../../scene.ts'

const archive = suite('archive')

const cf = installCf()
archive.after(() => cf.remove())

archive('update says what is new, and status what is covered', () =>
  withScene({ events: 50 }, async ({ cf, sample }) => {
    const dir = join(cf.home, 'audit')
    const first = await run(cf, ['archive', 'update', dir])
    assert.is(first.code, 0, first.stderr)
    assert.is(first.stdout, '')
    assert.match(first.stderr, /^demo-org: \d+ new events\.$/m)
    assert.match(first.stderr, /Updated .*audit\.$/m)
    await cf.clock.wait(day)
    const second = await run(cf, ['archive', 'update', dir, '--org', 'demo-org', 'demo-org'])
    assert.is(second.code, 0, second.stderr)
    assert.match(second.stderr, /^demo-org: 0 new events\.$/m)
    const status = await run(cf, ['archive', 'status', dir, '-f', 'json'])
    assert.is(status.code, 0, status.stderr)
    const [row, ...others] = JSON.parse(status.stdout)
    assert.equal(others, [])
    assert.equal([row.org, row.org_guid, row.state], ['demo-org', sample.org.guid, 'covered'])
    assert.match(status.stderr, /^\d+ events in 2 runs; last run 20/m)
    const valid = await run(cf, ['verify', dir])
    assert.is(valid.code, 0, valid.stderr)
  }),
)

archive('update ends with 6 when it opens a gap, and counts', () =>
  withScene({ events: 10 }, async ({ cf }) => {
    const dir = join(cf.home, 'audit')
    await run(cf, ['archive', 'update', dir])
    await cf.clock.wait(40 * day)
    const late = await run(cf, ['archive', 'update', dir])
    assert.is(late.code, 6)
    assert.match(
      late.stderr,
      /Incomplete: demo-org from \S+Z to \S+Z was not read before Cloud Foundry deleted it\./,
    )
    const status = await run(cf, ['archive', 'status', dir, '-f', 'csv', '--no-header'])
    assert.equal(status.stdout.match(/(?<=Z,)[a-z ]+/g), ['covered', 'deleted before it was read', 'covered'])
    await cf.clock.wait(day)
    assert.is((await run(cf, ['archive', 'update', dir])).code, 0)
  }),
)

for (const [user, says] of [
  ['developer', /Incomplete: demo-org is not covered: your roles show only a part of demo-org \(space dev\)/],
  ['manager', /Incomplete: demo-org is not covered: .*none of your roles/],
] as const) {
  archive(`update ends with 6 for a ${user}, and counts`, () =>
    withScene({ events: 50, user: `${user}@example.gov` }, async ({ cf }) => {
      const dir = join(cf.home, 'audit')
      const result = await run(cf, ['archive', 'update', dir])
      assert.is(result.code, 6, result.stderr)
      assert.match(result.stderr, says)
      const status = await run(cf, ['archive', 'status', dir, '-f', 'csv', '--no-header'])
      assert.match(status.stdout, /^demo-org,,,nothing covered,/)
    }),
  )
}

archive('update names what vanished', () =>
  withScene({ events: 50 }, async ({ cf, foundation, sample }) => {
    const dir = join(cf.home, 'audit')
    await run(cf, ['archive', 'update', dir])
    const gone = foundation.state.events.all().findLast(({ orgGuid }) => orgGuid === sample.org.guid)!
    foundation.state.events.remove(({ guid }) => guid === gone.guid)
    await cf.clock.wait(day)
    const result = await run(cf, ['archive', 'update', dir])
    assert.is(result.code, 0, result.stderr)
    assert.match(
      result.stderr,
      `demo-org: 1 archived event disappeared from Cloud Foundry early: ${gone.guid}.`,
    )
    const status = await run(cf, ['archive', 'status', dir])
    assert.match(status.stderr, /1 archived event\b/)
    foundation.state.events.remove(({ orgGuid }) => orgGuid === sample.org.guid)
    await cf.clock.wait(day)
    const many = await run(cf, ['archive', 'update', dir])
    assert.match(
      many.stderr,
      /demo-org: \d+ archived events disappeared .*: ([0-9a-f-]{36}(, )?){10} and \d+ more\. The newest manifest in .*audit\/runs lists them\.$/m,
    )
  }),
)

archive('an org that does not exist is code 4, and those beside it count', () =>
  withScene({ events: 50 }, async ({ cf }) => {
    const dir = join(cf.home, 'audit')
    const result = await run(cf, ['archive', 'update', dir, 'no-such-org', 'demo-org'])
    assert.is(result.code, 4, result.stderr)
    assert.match(result.stderr, /^demo-org: \d+ new events\.$/m)
    assert.is(filesOf(join(dir, 'runs')).length, 1)
  }),
)

archive('without a session nothing is begun', () =>
  withScene({ events: 0 }, async ({ cf, foundation }) => {
    foundation.uaa.trouble = 401
    await cf.clock.wait(day)
    const dir = join(cf.home, 'audit')
    const result = await run(cf, ['archive', 'update', dir])
    assert.is(result.code, 3, result.stderr)
    assert.equal(filesOf(dir), [])
  }),
)

for (const [name, answer] of [
  ['a rate limit', wrong.rateLimitV3(600)],
  [
    'a token that ends',
    {
      status: 401,
      body: '{"errors":[{"code":1000,"title":"CF-InvalidAuthToken","detail":"Invalid Auth Token"}]}',
    },
  ],
  ['an error of the server', { status: 500, body: '' }],
  ['an answer that is cut', 'cut' as const],
] as const) {
  archive(`${name} at any request loses nothing and claims nothing`, () =>
    withScene({ events: 60, foundation: { maxPerPage: { v3: 30 } } }, async ({ cf, foundation, sample }) => {
      const ours = () =>
        foundation.state.events
          .all()
          .filter(({ orgGuid }) => orgGuid === sample.org.guid)
          .map(({ guid }) => guid)
          .sort()
      const count = async (dir: string) => {
        const before = foundation.requests.length
        const { code } = await run(cf, ['archive', 'update', dir, 'demo-org'])
        assert.is(code, 0)
        return foundation.requests.length - before
      }
      const requests = await count(join(cf.home, 'first'))
      assert.ok(requests > 5)
      for (let at = 1; at <= requests; at++) {
        const dir = join(cf.home, `audit-${at}`)
        const first = foundation.requests.length + at
        let isOver = false
        foundation.faults.add({
          on: ({ number }) => number >= first && !isOver,
          times: Number.POSITIVE_INFINITY,
          answer,
        })
        const failed = await run(cf, ['archive', 'update', dir, 'demo-org', '--max-wait', '0'])
        isOver = true
        const held = new Set(
          (await run(cf, ['verify', dir])).code === 0
            ? (await run(cf, ['format', 'events', dir, '-f', 'ndjson'])).stdout
                .trim()
                .split('\n')
                .map(line => JSON.parse(line).guid)
            : [],
        )
        if (failed.code === 0) assert.is(held.size, ours().length, failed.stderr)
        else assert.match(failed.stderr, /\n.*\n/, 'what to do')
        await count(dir)
        const { stdout, code } = await run(cf, ['format', 'events', dir, '-f', 'ndjson', '--strict'])
        assert.is(code, 0)
        assert.equal(
          stdout
            .trim()
            .split('\n')
            .map(line => JSON.parse(line).guid)
            .sort(),
          ours(),
        )
        assert.is((await run(cf, ['verify', dir])).code, 0)
      }
    }),
  )
}

for (const [name, args, says] of [
  ['no folder', ['update'], /an action and a folder/],
  ['no action', [], /an action and a folder/],
  ['an unknown action', ['clean', 'x'], /clean/],
  ['orgs of a status', ['status', 'x', 'demo-org'], /unexpected argument: demo-org/],
  ['a status of no archive', ['status', 'no-such-folder'], /no-such-folder is not an archive/],
  ['orgs and all orgs', ['update', 'x', 'demo-org', '--all-orgs'], /--all-orgs/],
] as const) {
  archive(`${name} is code 2`, async () => {
    const result = await run(cf, ['archive', ...args])
    assert.is(result.code, 2, result.stderr)
    assert.match(result.stderr, says)
    assert.not.ok(existsSync('x'))
  })
}

archive('nothing reads an archive whose chain of runs is not whole', () =>
  withWorld({}, async world => {
    world.add()
    await world.update()
    world.now += day
    await world.update()
    const [first] = filesOf(world.archive).filter(file => file.startsWith('runs/'))
    const commands = [
      ['archive', 'status', world.archive],
      ['format', 'events', world.archive, '-f', 'csv'],
      ['evidence', '--archive', world.archive, '-O', `${world.archive}-bag`],
      ['access-review', '--archive', world.archive, '--at', '2026-08-01'],
    ]
    const path = join(world.archive, first!)
    const text = readFileSync(path, 'utf8')
    for (const damage of [() => writeFileSync(path, text.replace('ann', 'bob')), () => rmSync(path)]) {
      damage()
      for (const args of commands) {
        const { code, stdout, stderr } = await run(cf, args)
        assert.is(code, 5, `${args[0]}: ${stderr}`)
        assert.is(stdout, '')
        assert.match(stderr, ' is damaged: runs/')
        assert.match(stderr, `To list all damage, run: cf-audit verify ${world.archive}\n`)
      }
      writeFileSync(path, text)
      assert.is((await run(cf, commands[0]!)).code, 0)
    }
  }),
)

archive('a manifest that somebody has made up is no bug', () =>
  withWorld({}, async world => {
    await world.update()
    const [file] = filesOf(world.archive).filter(file => file.startsWith('runs/'))
    const path = join(world.archive, file!)
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    for (const wrong of [
      { orgs: [1] },
      { orgs: [{ guid: 'x' }] },
      { orgs: [{ ...manifest.orgs[0], parts: [{ path: '../../etc/passwd' }] }] },
      { foundation: undefined },
      { previous: undefined },
    ]) {
      writeFileSync(path, JSON.stringify({ ...manifest, ...wrong }))
      const { code, stderr } = await run(cf, ['archive', 'status', world.archive])
      assert.is(code, 5, stderr)
      assert.is((await run(cf, ['verify', world.archive])).code, 6)
    }
  }),
)

archive('advice is a command line that works, whatever the folder is called', () =>
  withScene({ events: 10, user: 'admin@example.gov' }, async ({ cf }) => {
    for (const name of ["it's an archive", '-rf', 'a$HOME']) {
      const follow = async (code: number, ...args: string[]) => {
        const result = await run(cf, args, { cwd: cf.home })
        assert.is(result.code, code, result.stderr)
        const [, line] =
          /run: cf-audit (.*)$/m.exec(result.stderr) ?? /with: cf-audit (.*)$/m.exec(result.stderr) ?? []
        const words = execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], {
          encoding: 'utf8',
        })
          .split('\0')
          .slice(0, -1)
        return run(
          cf,
          words.map(word => (word === 'ORG' ? 'demo-org' : word)),
          { cwd: cf.home },
        )
      }
      const end = (...words: string[]) => [...words, '--', name]
      assert.is((await follow(2, ...end('archive', 'status'))).code, 0)
      assert.is((await follow(4, 'format', 'events', '--org', 'no-such-org', '--', name)).code, 0)
      const path = join(cf.home, name)
      rmSync(join(path, filesOf(path).find(file => file.startsWith('events/'))!))
      assert.is((await follow(5, ...end('format', 'events'))).code, 6)
    }
  }),
)

archive('verify ends with 6 for damage', () =>
  withWorld({}, async world => {
    world.add()
    await world.update()
    const whole = await run(cf, ['verify', world.archive])
    assert.is(whole.code, 0, whole.stderr)
    const part = filesOf(world.archive).find(file => file.startsWith('events/'))!
    writeFileSync(join(world.archive, part), '')
    const damaged = await run(cf, ['verify', world.archive])
    assert.is(damaged.code, 6)
    assert.match(damaged.stdout, /^INVALID .*events-.* hash does not match/m)
    assert.match(damaged.stderr, /Damaged: 3 checks of 4 passed/)
  }),
)

archive('verify does not pass an archive without runs', () =>
  withWorld({}, async world => {
    mkdirSync(join(world.archive, 'runs'), { recursive: true })
    assert.is((await run(cf, ['verify', world.archive])).code, 6)
    assert.is((await run(cf, ['format', 'events', world.archive])).code, 2)
  }),
)

archive.run()
