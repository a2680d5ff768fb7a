import { rejects } from 'node:assert'
import { cpSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Manifest, readManifests } from '../../src/archive/manifest.ts'
import { verifyArchive } from '../../src/archive/verify.ts'
import { Forbidden } from '../../src/errors.ts'
import { keptSince, seconds } from '../../src/time.ts'
import { day, filesOf, hour, linesIn, openWorld, type World, withWorld } from './world.ts'

const update = suite('archive update')

const guidsOf = (events: readonly { guid: string }[]) => events.map(({ guid }) => guid).sort()
const only = ({ orgs }: Manifest) => {
  assert.is(orgs.length, 1)
  return orgs[0]!
}
const minute = 60_000

/** Holds these events, each once, and is valid. */
async function assertHolds(world: World, events: readonly { guid: string }[]): Promise<void> {
  assert.equal(world.held().sort(), guidsOf(events))
  assert.equal((await world.read()).sort(), guidsOf(events))
  const findings = await verifyArchive(world.archive)
  assert.equal(
    findings.filter(({ state }) => state !== 'valid'),
    [],
  )
}

update('adds what is new, and nothing twice', () =>
  withWorld({}, async world => {
    const first = [world.add({ timestamp: seconds(world.now - 3 * day) }), world.add()]
    assert.is(only((await world.update()).manifest).added, 2)
    assert.is(only((await world.update()).manifest).added, 0)
    await assertHolds(world, first)
    world.now += 10 * minute
    const second = world.add()
    world.now += hour
    assert.is(only((await world.update()).manifest).added, 1)
    await assertHolds(world, [...first, second])
  }),
)

update('takes the targeted org first, then the orgs that it has', () =>
  withWorld({ orgs: ['acme', 'other'] }, async world => {
    world.grant(world.orgs[1]!.guid)
    assert.is(only((await world.update()).manifest).name, 'acme')
    assert.is(only((await world.update(['other'])).manifest).name, 'other')
    world.now += day
    assert.equal(
      (await world.update()).manifest.orgs.map(({ name }) => name),
      ['acme', 'other'],
    )
  }),
)

update('reads an org once that is named twice', () =>
  withWorld({}, async world => {
    const made = world.add()
    const { manifest } = await world.update(['acme', world.orgs[0]!.guid])
    assert.is(manifest.orgs.length, 1)
    await assertHolds(world, [made])
  }),
)

for (const [reader, options, roles] of [
  ['an auditor', {}, []],
  ['a manager who is an auditor', {}, ['organization_manager', 'space_developer']],
  ['a global reader', { isGlobalReader: true }, ['organization_user']],
] as const) {
  update(`asks at most 5 times for ${reader} when nothing is new`, () =>
    withWorld(options, async world => {
      world.add()
      for (const type of roles) {
        const role = world.grant(world.orgs[0]!.guid, type)
        if (type === 'space_developer')
          Object.assign(role, { orgGuid: null, spaceGuid: world.spaces[0]!.guid })
      }
      await world.update()
      world.now += day
      const before = world.foundation.requests.length
      const { manifest } = await world.update()
      const asked = world.foundation.requests.slice(before).map(({ path }) => path)
      assert.ok(asked.length <= 5, asked.join('\n'))
      assert.is(only(manifest).verdict.state, 'complete')
      assert.ok(only(manifest).covers)
    }),
  )
}

update('asks no more for many orgs than for one', async () => {
  const counts: number[] = []
  for (const orgs of [['a'], ['a', 'b', 'c', 'd', 'e', 'f']]) {
    await withWorld({ orgs, isGlobalReader: true }, async world => {
      await world.update('all')
      world.now += day
      const before = world.foundation.requests.length
      await world.update()
      counts.push(world.foundation.requests.length - before)
    })
  }
  assert.is(counts[0], counts[1])
  assert.ok(counts[0]! <= 5, String(counts[0]))
})

update('finds what was committed late, within the overlap', () =>
  withWorld({}, async world => {
    const first = world.add()
    await world.update()
    // Its transaction began before the first run, and ended after it.
    const late = world.add({ timestamp: seconds(world.now - 50 * minute) })
    world.now += day
    await world.update()
    await assertHolds(world, [first, late])
  }),
)

update('finds what was committed late while another event vanished', () =>
  withWorld({}, async world => {
    const gone = world.add()
    world.now += 2 * day
    await world.update()
    // As many as before.
    const late = world.add({ timestamp: seconds(world.now - 50 * minute) })
    world.foundation.state.events.remove(({ guid }) => guid === gone.guid)
    world.now += day
    await world.update()
    await assertHolds(world, [gone, late])
    world.now += day
    assert.equal(only((await world.update()).manifest).vanished, [gone.guid])
  }),
)

update('finds what was committed later still, by its count', () =>
  withWorld({}, async world => {
    const first = world.add()
    await world.update()
    world.now += day
    await world.update()
    const late = world.add({ timestamp: seconds(world.now - 20 * hour) })
    world.now += day
    await world.update()
    await assertHolds(world, [first, late])
  }),
)

update('covers from what Cloud Foundry keeps until 15 minutes ago', () =>
  withWorld({}, async world => {
    const { covers, verdict } = only((await world.update()).manifest)
    assert.equal(covers, {
      from: keptSince(world.now),
      until: seconds(world.now + 1000 - 15 * minute),
    })
    assert.is(verdict.state, 'complete')
  }),
)

update('covers nothing without a role, and all of it once the role is back', () =>
  withWorld({}, async world => {
    const before = world.add()
    await world.update()
    const [first] = (await world.status()).rows
    world.revoke()
    world.now += 2 * day
    const meanwhile = world.add()
    const blind = only((await world.update()).manifest)
    assert.is(blind.covers, null)
    assert.is(blind.verdict.state, 'unprovable')
    assert.equal(blind.vanished, [])
    assert.equal((await world.status()).rows, [first])
    world.grant()
    world.now += 2 * day
    await world.update()
    await assertHolds(world, [before, meanwhile])
    assert.equal((await world.status()).rows, [{ ...first, until: seconds(world.now + 1000 - 15 * minute) }])
  }),
)

update('keeps what a part of the roles shows, and covers nothing of it', () =>
  withWorld({}, async world => {
    world.revoke()
    const role = world.grant(world.orgs[0]!.guid, 'space_developer')
    Object.assign(role, { orgGuid: null, spaceGuid: world.spaces[0]!.guid })
    const seen = world.add()
    const hidden = world.add({ spaceGuid: world.random.guid() })
    const org = only((await world.update()).manifest)
    assert.is(org.covers, null)
    assert.is(org.verdict.state, 'partial')
    await assertHolds(world, [seen])
    assert.is((await world.status()).rows[0]!.state, 'nothing covered')
    world.grant()
    world.now += day
    await world.update()
    await assertHolds(world, [seen, hidden])
  }),
)

update('opens a gap after more days than Cloud Foundry keeps', () =>
  withWorld({}, async world => {
    const before = world.add()
    await world.update()
    const until = seconds(world.now + 1000 - 15 * minute)
    world.now += 2 * day
    world.add() // Is lost.
    world.now += 40 * day
    world.cleanUp()
    const after = world.add()
    world.now += hour
    const { gap, verdict } = only((await world.update()).manifest)
    assert.equal(gap, { from: until, until: keptSince(world.now) })
    assert.is(verdict.state, 'partial')
    await assertHolds(world, [before, after])
    const rows = (await world.status()).rows.map(({ state, from, until }) => ({ state, from, until }))
    assert.equal(rows[1], { state: 'deleted before it was read', ...gap! })
    assert.equal(
      rows.map(({ state }) => state),
      ['covered', 'deleted before it was read', 'covered'],
    )
    world.now += day
    assert.is(only((await world.update()).manifest).gap, null)
    assert.is((await world.status()).rows.length, 3)
  }),
)

update('shows a gap that is still open', () =>
  withWorld({}, async world => {
    await world.update()
    world.revoke()
    world.now += 40 * day
    await world.update()
    assert.equal(
      (await world.status()).rows.map(({ state }) => state),
      ['covered', 'deleted before it was read'],
    )
  }),
)

update('follows an org that was renamed, and no other org of its name', () =>
  withWorld({ isGlobalReader: true }, async world => {
    const [acme] = world.orgs
    const before = world.add()
    await world.update(['acme'])
    world.foundation.state.orgs[0] = { ...acme!, name: 'acme-old' }
    const anew = { guid: world.random.guid(), name: 'acme' }
    world.foundation.state.orgs.push(anew)
    world.now += day
    const after = world.add()
    const other = world.add({ orgGuid: anew.guid })
    const { guid, name } = only((await world.update()).manifest)
    assert.equal([guid, name], [acme!.guid, 'acme-old'])
    await assertHolds(world, [before, after])
    await world.update(['acme'])
    await assertHolds(world, [before, after, other])
    assert.equal(
      (await world.status()).rows.map(({ guid, org }) => [guid, org]),
      [
        [acme!.guid, 'acme-old'],
        [anew.guid, 'acme'],
      ],
    )
  }),
)

update('keeps the name of an org that was deleted', () =>
  withWorld({ isGlobalReader: true }, async world => {
    await world.update(['acme'])
    world.foundation.state.orgs.pop()
    const last = world.add({ type: 'audit.organization.delete-request', spaceGuid: '' })
    world.now += day
    assert.is(only((await world.update()).manifest).name, 'acme')
    await assertHolds(world, [last])
  }),
)

update('goes on after an org that fails', () =>
  withWorld({ isGlobalReader: true }, async world => {
    const made = world.add()
    const { manifest, error } = await world.update(['gone', 'acme'])
    assert.instance(error, Forbidden)
    assert.is(only(manifest).name, 'acme')
    await assertHolds(world, [made])
    await rejects(world.update(['gone']), Forbidden)
  }),
)

update('--all-orgs parts one listing by org, and keeps what is of none', () =>
  withWorld({ orgs: ['acme', 'other'], isGlobalReader: true }, async world => {
    const [acme, other] = world.orgs
    const made = [
      world.add(),
      world.add({ orgGuid: other!.guid, spaceGuid: world.spaces[1]!.guid }),
      world.add({ orgGuid: '', spaceGuid: '', type: 'audit.organization_quota.create' }),
    ]
    await world.update('all')
    const folders = filesOf(world.archive).flatMap(file => /^events\/.*\/org=([^/]+)\//.exec(file)?.[1] ?? [])
    assert.equal(folders.sort(), [acme!.guid, other!.guid, 'none'].sort())
    await assertHolds(world, made)
    // An org of its own knows what the listing of all has brought.
    await world.update(['other'])
    await assertHolds(world, made)
    world.now += day
    assert.is(only((await world.update()).manifest).guid, '*')
  }),
)

update('keeps two foundations in one archive apart', async () => {
  await withWorld({ seed: 1 }, async one => {
    const two = await openWorld({ seed: 2, archive: one.archive, api: 'https://api.two.example.gov' })
    try {
      const ours = one.add()
      const theirs = two.add()
      await one.update()
      await rejects(two.update(), /has no org of api\.two\.example\.gov/)
      await two.update(['acme'])
      one.now += day
      two.now = one.now
      assert.is(only((await one.update()).manifest).guid, one.orgs[0]!.guid)
      assert.is(only((await two.update()).manifest).guid, two.orgs[0]!.guid)
      await assertHolds(one, [ours, theirs])
      assert.is(new Set((await one.status()).rows.map(({ host }) => host)).size, 2)
    } finally {
      await two.close()
    }
  })
})

update('takes any address of an API', async () => {
  for (const api of ['https://[2001:db8::1]:8443', 'http://localhost:8181']) {
    await withWorld({ api }, async world => {
      const made = world.add()
      await world.update()
      await world.update()
      await assertHolds(world, [made])
    })
  }
})

update('names once what vanished before its time', () =>
  withWorld({}, async world => {
    const [lost, kept] = [world.add(), world.add()]
    world.now += 2 * day
    await world.update()
    world.now += day
    assert.equal(only((await world.update()).manifest).vanished, [])
    world.foundation.state.events.remove(({ guid }) => guid === lost!.guid)
    world.now += day
    assert.equal(only((await world.update()).manifest).vanished, [lost!.guid])
    assert.is((await world.status()).vanished, 1)
    world.now += day
    const before = world.foundation.requests.length
    assert.equal(only((await world.update()).manifest).vanished, [])
    assert.ok(world.foundation.requests.length - before <= 5)
    // Another reason to read all of it again is no reason to name it again.
    const late = world.add({ timestamp: seconds(world.now - 2 * day) })
    world.now += day
    assert.equal(only((await world.update()).manifest).vanished, [])
    await assertHolds(world, [lost!, kept!, late])
  }),
)

update('takes nothing for vanished that Cloud Foundry deletes in time', () =>
  withWorld({}, async world => {
    world.add()
    world.now += hour
    await world.update()
    for (let days = 1; days < 40; days += 3) {
      world.now += 3 * day
      world.cleanUp()
      assert.equal(only((await world.update()).manifest).vanished, [])
    }
  }),
)

update('redacts secrets', () =>
  withWorld({}, async world => {
    world.add({
      type: 'audit.service_binding.create',
      metadata: { request: { parameters: { password: 'hunter2' }, name: 'db' } },
    })
    await world.update()
    const [line] = linesIn(world.archive, 'events')
    assert.not.match(line!, 'hunter2')
    assert.match(line!, '[REDACTED]')
  }),
)

update('keeps names and roles with their time', () =>
  withWorld({}, async world => {
    world.add()
    await world.update()
    const names = linesIn(world.archive, 'names').map(line => JSON.parse(line))
    assert.ok(names.some(({ kind, name }) => kind === 'organization' && name === 'acme'))
    const [role] = linesIn(world.archive, 'roles').map(line => JSON.parse(line))
    assert.is(role.read_at, seconds(world.now))
  }),
)

update('writes files for its user alone', () =>
  withWorld({}, async world => {
    world.add()
    await world.update()
    const files = filesOf(world.archive)
    assert.is(files.length, 4)
    for (const file of files) assert.is(statSync(join(world.archive, file)).mode & 0o777, 0o600, file)
    assert.is(statSync(world.archive).mode & 0o777, 0o700)
  }),
)

update('goes on in a copy elsewhere', () =>
  withWorld({}, async world => {
    const first = world.add()
    await world.update()
    const copy = `${world.archive}-copy`
    cpSync(world.archive, copy, { recursive: true })
    world.archive = copy
    world.now += day
    const second = world.add()
    world.now += hour
    await world.update()
    await assertHolds(world, [first, second])
  }),
)

update('keeps the order of its runs when the clock is set back', () =>
  withWorld({}, async world => {
    for (const step of [0, day, -3 * hour, hour]) {
      world.now += step
      world.add()
      await world.update()
    }
    const runs = await readManifests(world.archive)
    assert.equal(
      runs.map(({ manifest }) => manifest.previous?.file),
      [undefined, ...runs.slice(0, -1).map(({ file }) => file)],
    )
    assert.is(new Set(await world.read()).size, 4)
    assert.is(world.held().length, 4)
  }),
)

update.run()
