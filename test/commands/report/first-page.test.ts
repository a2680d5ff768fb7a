import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Run, run } from '../../run.ts'
import { type Scene, type SceneOptions, withScene } from '../../scene.ts'

// The first page is read beside `cf org`, with the GUID that the org had when it was last seen.

const fresh = '6e657720-0000-4000-8000-000000000000'
const orgOf = ({ sample }: Scene, name: string) => sample.orgs.find(org => org.name === name)!.guid
const memoryOf = ({ cf }: Scene) => join(cf.home, 'cache', 'orgs.json')
const pagesOf = ({ foundation }: Scene, guid: string) =>
  foundation.requests.filter(({ path }) => path.startsWith('/v3/audit_events?') && path.includes(guid))

/** The orgs of the events that were printed, each once. */
function orgsIn({ code, stdout, stderr }: Run): string[] {
  assert.is(code, 0, stderr)
  const guids = stdout
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line).organization.guid)
  return [...new Set(guids)]
}

const read = ({ cf }: Scene, org: string, ...args: string[]) =>
  run(cf, ['events', org, '-f', 'ndjson', ...args])

/** An org of this name is deleted, and another one made; what happened in both is there. */
function remake(scene: Scene, name: string): void {
  const { state } = scene.foundation
  const old = orgOf(scene, name)
  state.orgs = state.orgs.map(org => (org.guid === old ? { ...org, guid: fresh } : org))
  for (const role of [...state.roles]) {
    if (role.orgGuid === old) state.roles.push({ ...role, guid: `${role.guid}-2`, orgGuid: fresh })
  }
  const [event] = state.events.all().filter(({ orgGuid }) => orgGuid === old)
  state.events.add({ ...event!, guid: `${fresh.slice(0, -1)}1`, orgGuid: fresh })
}

/** Who can see the events of both. */
const readers: readonly SceneOptions[] = [
  { events: 300, user: 'two.orgs@example.gov' },
  { events: 300, user: 'global.auditor@example.gov' },
]

const guess = suite('the first page, beside cf org')

for (const options of readers) {
  guess(`the targeted org, deleted and made anew under its name: ${options.user}`, () =>
    withScene(options, async scene => {
      const old = orgOf(scene, 'demo-org')
      assert.equal(orgsIn(await read(scene, 'demo-org')), [old])
      remake(scene, 'demo-org')
      const before = pagesOf(scene, old).length
      const result = await read(scene, 'demo-org')
      assert.equal(orgsIn(result), [fresh])
      assert.match(result.stderr, /^✓ Complete: 1 event of demo-org\b/m)
      assert.is(pagesOf(scene, old).length, before + 1, 'the guess was not wrong')
    }),
  )

  guess(`another org, remembered from a run before: ${options.user}`, () =>
    withScene(options, async scene => {
      const old = orgOf(scene, 'acme, inc')
      assert.equal(orgsIn(await read(scene, 'acme, inc')), [old])
      assert.is(statSync(memoryOf(scene)).mode & 0o777, 0o600)
      remake(scene, 'acme, inc')
      for (const asked of [2, 2]) {
        assert.equal(orgsIn(await read(scene, 'acme, inc')), [fresh])
        // Only the first of these is wrong: what cf said is remembered.
        assert.is(pagesOf(scene, old).length, asked)
      }
    }),
  )

  guess(`an org was renamed, and another one has its name now: ${options.user}`, () =>
    withScene(options, async scene => {
      const [demo, acme] = [orgOf(scene, 'demo-org'), orgOf(scene, 'acme, inc')]
      for (const name of ['demo-org', 'acme, inc']) await read(scene, name)
      const { state } = scene.foundation
      const renamed = new Map([
        [demo, 'acme, inc'],
        [acme, 'demo-org'],
      ])
      state.orgs = state.orgs.map(org => ({ ...org, name: renamed.get(org.guid) ?? org.name }))
      assert.equal(orgsIn(await read(scene, 'demo-org')), [acme])
      assert.equal(orgsIn(await read(scene, 'acme, inc')), [demo])
      assert.equal(orgsIn(await read(scene, 'acme, inc', '--org', 'acme, inc')), [demo])
    }),
  )
}

guess('the org was deleted: no row of it, though a global reader could see them', () =>
  withScene({ events: 300, user: 'global.auditor@example.gov' }, async scene => {
    const { state } = scene.foundation
    state.orgs = state.orgs.filter(({ name }) => name !== 'demo-org')
    for (const format of ['ndjson', 'csv', 'json']) {
      const { code, error, stdout } = await run(scene.cf, ['events', 'demo-org', '-f', format])
      assert.is(code, 4)
      assert.is(error, 'NotFound')
      assert.is(stdout, '')
    }
    assert.is(pagesOf(scene, orgOf(scene, 'demo-org')).length, 3)
  }),
)

guess('what one user has seen is no guess for another', () =>
  withScene({ events: 300, user: 'two.orgs@example.gov' }, async scene => {
    const { cf, foundation } = scene
    await read(scene, 'acme, inc')
    const config = JSON.parse(readFileSync(cf.config, 'utf8'))
    const { accessToken, refreshToken } = foundation.login('admin@example.gov')
    writeFileSync(
      cf.config,
      JSON.stringify({ ...config, AccessToken: `bearer ${accessToken}`, RefreshToken: refreshToken }),
    )
    remake(scene, 'acme, inc')
    const before = pagesOf(scene, orgOf(scene, 'acme, inc')).length
    assert.equal(orgsIn(await read(scene, 'acme, inc')), [fresh])
    assert.is(pagesOf(scene, orgOf(scene, 'acme, inc')).length, before)
  }),
)

guess('a page that fails for a wrong guess alone is no error', () =>
  withScene({ events: 300, user: 'two.orgs@example.gov' }, async scene => {
    remake(scene, 'demo-org')
    scene.foundation.faults.add({
      on: new RegExp(`/v3/audit_events.*${orgOf(scene, 'demo-org')}`),
      times: Number.POSITIVE_INFINITY,
      answer: { status: 500, body: '{}' },
    })
    assert.equal(orgsIn(await read(scene, 'demo-org')), [fresh])
  }),
)

for (const garbage of ['', 'null', '[]', '{"x":1}', 'no json', '{"KEY":7}', `{"KEY":"${fresh}"}`]) {
  guess(`a memory that holds ${JSON.stringify(garbage)} changes no report`, () =>
    withScene({ events: 300, user: 'two.orgs@example.gov' }, async scene => {
      await read(scene, 'acme, inc')
      const file = memoryOf(scene)
      const [key = ''] = Object.keys(JSON.parse(readFileSync(file, 'utf8')))
      writeFileSync(file, garbage.replace('"KEY"', JSON.stringify(key)))
      assert.equal(orgsIn(await read(scene, 'acme, inc')), [orgOf(scene, 'acme, inc')])
    }),
  )
}

for (const version of ['7.8.0', '8.7.10', '6.53.0']) {
  guess(`cf ${version} runs one call at a time: the page comes after the org`, () =>
    withScene({ events: 300, user: 'two.orgs@example.gov', cf: { version } }, async scene => {
      remake(scene, 'demo-org')
      assert.equal(orgsIn(await read(scene, 'demo-org')), [fresh])
      assert.is(pagesOf(scene, orgOf(scene, 'demo-org')).length, 0)
    }),
  )
}

guess('a table, a file and the documented bytes are of the right org as well', () =>
  withScene({ events: 300, user: 'two.orgs@example.gov' }, async scene => {
    const cwd = scene.cf.home
    const prints = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(scene.cf, ['events', 'demo-org', ...args], { cwd })
      assert.is(code, 0, stderr)
      return stdout
    }
    const old = orgOf(scene, 'demo-org')
    remake(scene, 'demo-org')
    assert.not.match(await prints('-f', 'table'), old)
    await prints('-O', 'events.csv')
    assert.ok(existsSync(join(cwd, 'events.csv')))
    assert.not.match(readFileSync(join(cwd, 'events.csv'), 'utf8'), old)
    assert.match(readFileSync(join(cwd, 'events.csv'), 'utf8'), fresh)
    const documented = await run(scene.cf, ['events', 'demo-org', '--as-documented', '-f', 'json'])
    assert.is(JSON.parse(documented.stdout).total_results, 1)
  }),
)

guess.run()
