import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run as runHere } from '../run.ts'
import { realCf, type Scene, withScene } from '../scene.ts'
import { processesLeft } from '../traces.ts'
import { run } from './cf-audit.ts'

// The other tests run each generation of cf in their own process. Here the built tool starts it, and all is the same.
const generations = [
  { version: '6.53.0' },
  { version: '7.8.0' },
  { version: '8.7.10' },
  { version: '8.18.4' },
  { version: '8.19.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf }]),
]

/** What a user may have set, and what would spoil the output of cf. */
const harmful = {
  CF_TRACE: 'true',
  CF_COLOR: 'true',
  CF_RAISE_ERROR_ON_WARNINGS: 'true',
  FORCE_TTY: 'true',
  LANG: 'de_DE.UTF-8',
  LC_ALL: 'fr_FR.UTF-8',
}

const generation = suite('each generation of cf, as a process')

for (const cf of generations) {
  const name = 'bin' in cf ? cf.bin : cf.version
  const warnings = ['Endpoint deprecated', 'another one', '}', '{"resources":[]}']

  generation(`${name}: the report is the same, whatever the environment says`, () =>
    withScene({ events: 400, cf, foundation: { warnings } }, async scene => {
      const args = ['routes', 'demo-org', '-f', 'ndjson', '-q']
      const spawned = await run(scene.cf, args, { env: harmful })
      assert.is(spawned.code, 0, spawned.stderr)
      assert.ok(spawned.stdout.split('\n').length > 20)
      assert.equal(spawned, await runHere(scene.cf, args))
      assert.equal(await processesLeft(scene.cf), [])
    }),
  )

  generation(`${name}: so is a failure`, () =>
    withScene({ events: 0, cf }, async scene => {
      scene.foundation.faults.add({
        on: /\/v[23]\/(audit_)?events/,
        times: Number.POSITIVE_INFINITY,
        answer: { status: 403, body: '{"errors":[{"detail":"No","title":"CF-NotAuthorized","code":10003}]}' },
      })
      const args = ['routes', 'demo-org']
      const spawned = await run(scene.cf, args)
      assert.is(spawned.code, 4)
      const { error, ...here } = await runHere(scene.cf, args)
      assert.equal(spawned, here)
      assert.is(error, 'Forbidden')
    }),
  )
}

function saveTraceFile({ cf, foundation }: Scene): void {
  const folder = join(cf.home, 'trace')
  mkdirSync(folder)
  const { accessToken, refreshToken } = foundation.login('auditor@example.gov')
  const config = {
    ConfigVersion: 4,
    Target: foundation.url,
    AccessToken: `bearer ${accessToken}`,
    RefreshToken: refreshToken,
    Trace: folder,
  }
  writeFileSync(cf.config, JSON.stringify(config), { mode: 0o600 })
}

generation('v8 waits forever for a trace file that it cannot write: the reason is found all the same', () =>
  withScene({ events: 0 }, async scene => {
    saveTraceFile(scene)
    const { code, stdout, stderr } = await run(scene.cf, ['events', '--timeout', '1'])
    assert.is(code, 3, stderr)
    assert.is(stdout, '')
    assert.match(stderr, 'cf config --trace false')
    assert.equal(await processesLeft(scene.cf), [])
  }),
)

generation('a trace file in the environment that cannot be written is left out', () =>
  withScene({ events: 50 }, async scene => {
    const { code, stderr } = await run(scene.cf, ['routes', 'demo-org'], { env: { CF_TRACE: scene.cf.home } })
    assert.is(code, 0, stderr)
  }),
)

generation.run()
