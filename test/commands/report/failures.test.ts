import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Run } from '../../run.ts'
import { run } from '../../run.ts'
import { openScene, realCf, type Scene, withScene } from '../../scene.ts'
import { answers, harmless, network, type Row, roles, session, strangers } from './failure-table.ts'

const formats = ['csv', 'json', 'ndjson', 'table']

/** One line that says what happened and one that says what to do; only warnings stand before them. */
function fails(
  { code, error = '', stdout, stderr }: Run,
  promised: Pick<Row, 'code' | 'error' | 'names'>,
  flows = false,
) {
  assert.is(code, promised.code, stderr)
  if (typeof promised.error === 'string') assert.is(error, promised.error, stderr)
  else assert.match(error, promised.error)
  const lines = stderr.trimEnd().split('\n')
  const end = lines.slice(-2)
  assert.is(end.filter(line => /^\S.*\S$/.test(line)).length, 2, stderr)
  for (const name of promised.names) assert.match(end.join('\n'), name)
  assert.equal(
    lines.slice(0, -2).filter(line => !line.startsWith('Warning: ')),
    [],
  )
  // Where rows stream, whole ones may have been printed by then.
  if (flows && promised.code === 6) assert.match(stdout, /^$|\n$/)
  else assert.is(stdout, '')
  // No trace, neither ours nor that of cf, and nothing that a terminal obeys.
  assert.not.match(stderr, /^\s*at .*:\d+|goroutine|Stack Trace|\[object|undefined|NaN/m)
  assert.not.match(stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  assert.ok(stderr.length < 2000, 'too long to be read')
}

function leavesNothing({ cf }: Scene, before: readonly string[]): void {
  assert.equal(
    readdirSync(cf.home).filter(name => !before.includes(name) && name !== 'cache'),
    [],
    'a file is left',
  )
  const calls = existsSync(cf.log) ? readFileSync(cf.log, 'utf8') : ''
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
            fails(await run(scene.cf, [...args, '--quiet'], { env: row.env ?? {} }), row, flows)
            if (version !== '8.18.4' || index > 0) continue
            // What becomes of a file does not depend on the version; nor does what is told beside.
            const result = await run(scene.cf, [...args, '--verbose', '-O', join(scene.cf.home, 'report')])
            const words = result.stderr.trimEnd().split('\n').slice(-2).join('\n')
            fails({ ...result, stderr: words }, row)
          }
          leavesNothing(scene, before)
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
      fails(await run(scene.cf, line, { env: env ?? {} }), promise)
      leavesNothing(scene, before)
    }),
  )
}

others('no cf at all', async () => {
  const scene = await openScene({ events: 1 })
  try {
    const nowhere = await run(scene.cf, ['routes', 'demo-org'], { env: { PATH: '/nonexistent' } })
    fails(nowhere, { code: 3, error: 'CfUnusable', names: [/\bPATH\b/, /Cloud Foundry CLI/] })
    const misnamed = await run(scene.cf, ['routes', 'demo-org', '--cf', '/no/such/cf'])
    fails(misnamed, { code: 3, error: 'CfUnusable', names: [/\/no\/such\/cf/, /--cf PATH/] })
  } finally {
    await scene.close()
  }
})

others.run()

const indifferent = suite('what must make no difference')

for (const { name, through, scene: options, spoil } of harmless) {
  for (const version of through) {
    indifferent(`${name}, ${version}`, async () => {
      const args = ['routes', 'demo-org', '-f', 'json', '-q', '--max-wait', '30']
      await withScene({ events: 200, ...options, cf: { version } }, async scene => {
        const stored = await routesOf(scene)
        spoil?.(scene)
        const result = await run(scene.cf, args)
        assert.is(result.code, 0, result.stderr)
        const { resources, pagination } = JSON.parse(result.stdout)
        assert.equal(resources.map(({ guid }: { guid: string }) => guid).sort(), stored)
        assert.is(pagination.total_results, stored.length)
        assert.not.match(result.stdout, '<no value>')
      })
    })
  }
}

/** The GUIDs that the report must hold, as the foundation keeps them. */
async function routesOf({ foundation, sample }: Scene): Promise<string[]> {
  const { reportNamed } = await import('../../../src/reports/catalog.ts')
  const { types = [] } = reportNamed('routes')
  return foundation.state.events
    .all()
    .filter(({ orgGuid, type }) => orgGuid === sample.org.guid && types.includes(type))
    .map(({ guid }) => guid)
    .sort()
}

indifferent.run()
