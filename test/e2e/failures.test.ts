import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Run } from '../run.ts'
import { openScene, realCf, type Scene, withScene } from '../scene.ts'
import { processesLeft } from '../traces.ts'
import { run } from './cf-audit.ts'
import { answers, harmless, network, type Row, roles, session, strangers } from './failure-table.ts'

const formats = ['csv', 'json', 'ndjson', 'table']

/** One line that says what happened and one that says what to do; a warning before them may be. */
function tells(
  { code, stdout, stderr }: Run,
  { code: promised, says }: Pick<Row, 'code' | 'says'>,
  flows = false,
) {
  assert.is(code, promised, stderr)
  const lines = stderr.trimEnd().split('\n')
  const [what = '', todo = ''] = lines.slice(-2)
  assert.match(what, says[0])
  assert.match(todo, says[1])
  assert.equal(
    lines.slice(0, -2).filter(line => !line.startsWith('Warning: ')),
    [],
  )
  // What can't be proven has been shown by then where rows flow, but no half of one.
  if (flows && promised === 6) assert.match(stdout, /\n$/)
  else assert.is(stdout, '')
  // Neither ours nor that of cf.
  assert.not.match(stderr, /^\s*at .*:\d+|goroutine|Stack Trace|\[object|undefined|NaN/m)
  assert.ok(stderr.length < 2000, 'too long to be read')
}

async function leavesNothing(scene: Scene, before: readonly string[]): Promise<void> {
  assert.equal(await processesLeft(scene.cf), [], 'a process is left')
  assert.equal(
    readdirSync(scene.cf.home).filter(name => !before.includes(name) && name !== 'cache'),
    [],
    'a file is left',
  )
  const calls = existsSync(scene.cf.log) ? readFileSync(scene.cf.log, 'utf8') : ''
  // It would drop the body, and crash v8 where there is no answer.
  assert.not.match(calls, /"--fail"|"-f"/)
}

for (const { title, versions, rows, inTurn = false } of [session, network, answers, roles]) {
  const failures = suite(title)
  for (const [number, row] of rows.entries()) {
    for (const [turn, version] of [...versions, ...(realCf === undefined ? [] : ['real'])].entries()) {
      if (row.through !== undefined && !row.through.test(version)) continue
      if (inTurn && turn > 0 && turn !== number % versions.length && version !== 'real') continue
      failures(`${row.name}, ${version}`, async () => {
        const cf = version === 'real' ? { bin: realCf! } : { version }
        await withScene({ events: 120, ...row.scene, cf }, async scene => {
          row.spoil?.(scene)
          const before = readdirSync(scene.cf.home)
          const lines = row.lines ?? ['routes demo-org']
          for (const [index, line] of lines.slice(0, version === '8.18.4' ? 9 : 2).entries()) {
            // The format decides nothing here: each has its turn.
            const documented = line.includes('--as-documented')
            const format = documented ? 'csv' : formats[(index + turn + number) % 4]!
            const args = [...line.split(' '), '--max-wait', '0', '-f', format]
            const flows = format === 'ndjson' || format === 'table'
            tells(await run(scene.cf, [...args, '--quiet'], { env: row.env ?? {} }), row, flows)
            if (version !== '8.18.4' || index > 0) continue
            // What becomes of a file does not depend on the version; nor does what is told beside.
            const result = await run(scene.cf, [...args, '--verbose', '-O', join(scene.cf.home, 'report')])
            const words = result.stderr.trimEnd().split('\n').slice(-2).join('\n')
            tells({ ...result, stderr: words }, row)
          }
          await leavesNothing(scene, before)
        })
      })
    }
  }
  failures.run()
}

const others = suite('programs that are not the Cloud Foundry CLI')

for (const { name, kind, script, env, args = [], ...promise } of strangers) {
  others(name, () =>
    withScene({ events: 1, ...(kind && { cf: { kind } }) }, async scene => {
      if (script !== undefined) writeFileSync(scene.cf.bin, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
      const before = readdirSync(scene.cf.home)
      const line = ['routes', 'demo-org', '-q', '--cf', scene.cf.bin, '--max-wait', '0', ...args]
      tells(await run(scene.cf, line, { env: env ?? {} }), promise)
      await leavesNothing(scene, before)
    }),
  )
}

others('no cf at all', async () => {
  const scene = await openScene({ events: 1 })
  try {
    const nowhere = await run(scene.cf, ['routes', 'demo-org'], { env: { PATH: '/nonexistent' } })
    assert.is(nowhere.code, 3)
    assert.match(nowhere.stderr, /^There is no cf on your PATH\.\nInstall the Cloud Foundry CLI/)
    const misnamed = await run(scene.cf, ['routes', 'demo-org', '--cf', '/no/such/cf'])
    assert.is(misnamed.code, 3)
    assert.match(misnamed.stderr, '/no/such/cf cannot be run: there is no such program.')
  } finally {
    await scene.close()
  }
})

others.run()

const indifferent = suite('what must make no difference')

for (const { name, through, scene: options, spoil, env } of harmless) {
  for (const version of through) {
    indifferent(`${name}, ${version}`, async () => {
      const args = ['routes', 'demo-org', '-f', 'json', '-q', '--max-wait', '30']
      await withScene({ events: 200, ...options, cf: { version } }, async scene => {
        const stored = await routesOf(scene)
        spoil?.(scene)
        const result = await run(scene.cf, args, { env: env?.(scene) ?? {} })
        assert.is(result.code, 0, result.stderr)
        const { resources, pagination } = JSON.parse(result.stdout)
        assert.equal(resources.map(({ guid }: { guid: string }) => guid).sort(), stored)
        assert.is(pagination.total_results, stored.length)
        assert.not.match(result.stdout, '<no value>')
        assert.equal(await processesLeft(scene.cf), [])
      })
    })
  }
}

/** The GUIDs that the report must hold, as the foundation keeps them. */
async function routesOf({ foundation, sample }: Scene): Promise<string[]> {
  const { reportNamed } = await import('../../src/reports/catalog.ts')
  const { types = [] } = reportNamed('routes')
  return foundation.state.events
    .all()
    .filter(({ orgGuid, type }) => orgGuid === sample.org.guid && types.includes(type))
    .map(({ guid }) => guid)
    .sort()
}

indifferent.run()
