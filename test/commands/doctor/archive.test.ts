import { mkdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { day, filesOf, hour } from '../../archive/world.ts'
import { run } from '../../run.ts'
import { type Scene, withScene } from '../../scene.ts'

const doctor = suite('doctor of an archive')

interface Line {
  readonly name: string
  readonly status: string
  readonly finding: string
  readonly advice: string | null
}

interface Story {
  readonly scene: Scene
  readonly dir: string
  update(): Promise<number | null>
  /** What it finds: each of the lines of the archive as `status finding`. */
  check(code?: number): Promise<readonly string[]>
}

const withStory = (user: string, use: (story: Story) => Promise<void>) =>
  withScene({ events: 50, user: `${user}@example.gov` }, async scene => {
    const dir = join(scene.cf.home, 'audit')
    await use({
      scene,
      dir,
      update: async () => (await run(scene.cf, ['archive', 'update', dir])).code,
      async check(code = 0) {
        const result = await run(scene.cf, ['doctor', 'demo-org', '--archive', dir, '-f', 'json'])
        assert.is(result.code, code, result.stderr)
        const { checks } = JSON.parse(result.stdout) as { checks: Line[] }
        assert.is(checks.length, 17)
        for (const { status, advice } of checks)
          assert.is(/^(problem|warning)$/.test(status), advice !== null)
        return checks.slice(-3).map(({ status, finding }) => `${status} ${finding}`)
      },
    })
  })

const all = (lines: readonly string[], expected: readonly RegExp[]) => {
  assert.is(lines.length, expected.length)
  for (const [index, line] of lines.entries()) assert.match(line, expected[index]!)
}

doctor('finds nothing wrong with one that is updated every day', () =>
  withStory('auditor', async ({ scene, update, check }) => {
    for (let run = 0; run < 3; run++) {
      assert.is(await update(), 0)
      await scene.cf.clock.wait(day)
    }
    all(await check(), [
      /^ok .*audit: \d+ events in 3 runs; all files are there$/,
      /^ok 20\S+Z, 2[45] hours ago$/,
      /^ok demo-org, without gaps since 20\S+Z$/,
    ])
  }),
)

doctor('says when the last run is long ago, and what got lost', () =>
  withStory('auditor', async ({ scene, update, check }) => {
    await update()
    await scene.cf.clock.wait(3 * day)
    assert.match((await check())[1]!, /^warning 20\S+Z, 3 days ago\.$/)
    await scene.cf.clock.wait(37 * day)
    assert.is(await update(), 6)
    all(await check(), [
      /^ok /,
      /^ok .* 0 hours ago$/,
      /^warning demo-org: 20\S+Z to 20\S+Z deleted before it was read\.$/,
    ])
  }),
)

doctor('says what is not covered for lack of roles', () =>
  withStory('auditor', async ({ scene, update, check }) => {
    const { state } = scene.foundation
    await update()
    const { roles } = state
    state.roles = roles.filter(({ type }) => type !== 'organization_auditor')
    await scene.cf.clock.wait(2 * day)
    assert.is(await update(), 6)
    assert.match((await check(4))[2]!, /^warning demo-org: covered only until 20\S+Z\.$/)
  }),
)

doctor('says that nothing is covered', () =>
  withStory('developer', async ({ update, check }) => {
    assert.is(await update(), 6)
    assert.match((await check())[2]!, /^warning demo-org: nothing covered\.$/)
  }),
)

doctor('finds a part that is missing or cut, and a run that is missing', async () => {
  for (const [damage, says] of [
    [(file: string) => rmSync(file), / is missing\.$/],
    [(file: string) => truncateSync(file, 10), / is of the wrong size\.$/],
  ] as const) {
    await withStory('auditor', async ({ dir, update, check }) => {
      await update()
      damage(join(dir, filesOf(dir).find(file => file.startsWith('events/'))!))
      all(await check(6), [says, /^skipped /, /^skipped /])
    })
  }
  await withStory('auditor', async ({ scene, dir, update, check }) => {
    for (let run = 0; run < 2; run++) {
      await update()
      await scene.cf.clock.wait(hour)
    }
    rmSync(join(dir, filesOf(dir).find(file => file.startsWith('runs/'))!))
    all(await check(6), [
      /^problem .*audit is damaged: runs\/.* follows .*, which is missing\.$/,
      /^skipped /,
      /^skipped /,
    ])
  })
})

doctor('says that a folder is no archive, or has no run', () =>
  withStory('auditor', async ({ dir, check }) => {
    all(await check(2), [/^problem .*audit is not an archive\.$/, /^skipped /, /^skipped /])
    mkdirSync(join(dir, 'runs'), { recursive: true })
    all(await check(), [/^warning .*audit has no runs\.$/, /^skipped /, /^skipped /])
  }),
)

doctor('shows its lines in the table, and without an archive none', () =>
  withStory('auditor', async ({ scene, dir, update }) => {
    await update()
    const shown = await run(scene.cf, ['doctor', 'demo-org', '--archive', dir])
    assert.match(shown.stdout, /^ok +coverage +demo-org/m)
    const none = await run(scene.cf, ['doctor', 'demo-org'])
    assert.not.match(none.stdout, 'coverage')
  }),
)

doctor.run()
