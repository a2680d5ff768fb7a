import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from '../../foundation/ask.ts'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const format = suite<{ scene: Scene; save: (name: string, ...paths: string[]) => Promise<string> }>(
  'saved answers',
)

format.before(async context => {
  const scene = await openScene({ events: 900 })
  const session = scene.foundation.login('auditor@example.gov')
  context.scene = scene
  // What a person has who saved `cf curl` answers behind one another.
  context.save = async (name, ...paths) => {
    const file = join(scene.cf.home, name)
    const bodies = []
    for (const path of paths) bodies.push((await client(scene.foundation, session, path)).text)
    writeFileSync(file, bodies.join('\n'))
    return file
  }
})
format.after(({ scene }) => scene.close())

const v2Pages = [1, 2, 3, 4, 5, 6, 7].map(page => `/v2/events?results-per-page=100&page=${page}`)
const v3Pages = [1, 2, 3, 4, 5, 6, 7].map(
  page => `/v3/audit_events?order_by=created_at&per_page=100&page=${page}`,
)

for (const [api, pages] of [
  ['v2', v2Pages],
  ['v3', v3Pages],
] as const) {
  format(`all pages of ${api} give what a live report gives`, async ({ scene, save }) => {
    const file = await save(`${api}.json`, ...pages)
    for (const report of ['routes', 'user-access', 'service-bindings']) {
      const live = await run(scene.cf, [report, 'demo-org', '--api', api, '-f', 'ndjson'])
      const saved = await run(scene.cf, ['format', report, file, '-f', 'ndjson'])
      assert.is(saved.code, 0, saved.stderr)
      assert.equal(saved.stdout.split('\n').toSorted(), live.stdout.split('\n').toSorted())
      assert.match(saved.stderr, /^\d+ events of .*v\d\.json; left out: [1-9]\d* of other types\.$/m)
    }
  })

  format(`the page's bytes of ${api}`, async ({ scene, save }) => {
    const file = await save(`${api}-all.json`, ...pages)
    const live = await run(scene.cf, ['service-instances', 'demo-org', '--api', api, '--as-documented'])
    const saved = await run(scene.cf, ['format', 'service-instances', file, '--as-documented'])
    assert.equal(saved.stdout.split('\n').toSorted(), live.stdout.split('\n').toSorted())
  })
}

format('it runs no cf, and reads stdin as well', async ({ scene, save }) => {
  const file = await save('stdin.json', ...v3Pages)
  const named = await run(scene.cf, ['format', 'routes', file])
  for (const args of [
    ['format', 'routes'],
    ['format', 'routes', '-'],
  ]) {
    const piped = await run(scene.cf, args, {
      stdin: readFileSync(file, 'utf8'),
      env: { PATH: '/nonexistent' },
    })
    assert.is(piped.code, 0, piped.stderr)
    assert.is(piped.stdout, named.stdout)
  }
})

format('doubles are left out and told', async ({ scene, save }) => {
  const once = await run(scene.cf, ['format', 'events', await save('once.json', ...v3Pages), '-f', 'csv'])
  const twice = await run(scene.cf, [
    'format',
    'events',
    await save('twice.json', ...v3Pages, ...v3Pages),
    '-f',
    'csv',
  ])
  assert.is(twice.stdout, once.stdout)
  const count = Number(/^(\d+) events/m.exec(once.stderr)?.[1])
  assert.match(twice.stderr, `; left out: ${count} duplicates.`)
})

format(
  'a file with fewer events than it counts is incomplete, and its rows are printed',
  async ({ scene, save }) => {
    for (const pages of [v2Pages.slice(0, 2), v3Pages.slice(1, 3)]) {
      const { code, stdout, stderr } = await run(scene.cf, [
        'format',
        'events',
        await save('part.json', ...pages),
        '-f',
        'ndjson',
      ])
      assert.is(code, 6)
      assert.is(stdout.split('\n').length - 1, 200)
      assert.match(
        stderr,
        /^Incomplete: .* holds 200 of [3-9]\d\d events in its listing \(total_results\)\.$/m,
      )
    }
  },
)

format('a page that was saved twice does not hide one that is missing', async ({ scene, save }) => {
  const pages = [v3Pages[0]!, v3Pages[1]!, v3Pages[1]!, ...v3Pages.slice(3)]
  assert.is((await run(scene.cf, ['format', 'events', await save('hole.json', ...pages)])).code, 6)
})

format('two listings in one file are each looked at', async ({ scene, save }) => {
  const types = ['audit.route.create', 'audit.app.map-route'].map(
    type => `/v3/audit_events?types=${type}&per_page=5000&page=1`,
  )
  assert.is((await run(scene.cf, ['format', 'routes', await save('two.json', ...types)])).code, 0)
})

format('our own JSON can be read again', async ({ scene }) => {
  const file = join(scene.cf.home, 'own.json')
  await run(scene.cf, ['events', 'demo-org', '-O', file])
  const live = await run(scene.cf, ['routes', 'demo-org', '-f', 'ndjson'])
  const again = await run(scene.cf, ['format', 'routes', file, '-f', 'ndjson'])
  assert.is(again.code, 0, again.stderr)
  assert.is(again.stdout, live.stdout)
})

format('headers before the JSON and warnings behind it are left out, and told', async ({ scene, save }) => {
  const file = await save('noise.json', ...v3Pages)
  const text = readFileSync(file, 'utf8')
  const { stdout } = await run(scene.cf, ['format', 'routes', file])
  for (const noisy of [
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${text}\n`,
    `${text}\nEndpoint deprecated soon\nFAILED\n`,
  ]) {
    writeFileSync(file, noisy)
    const result = await run(scene.cf, ['format', 'routes', file])
    assert.is(result.code, 0, result.stderr)
    assert.is(result.stdout, stdout)
    assert.match(result.stderr, /^Ignored 2 lines that are not JSON: headers or messages of cf\.$/m)
  }
})

format('what PowerShell writes is read too: UTF-16, or a byte-order mark', async ({ scene, save }) => {
  const file = await save('plain.json', ...v3Pages)
  const text = readFileSync(file, 'utf8')
  const { stdout } = await run(scene.cf, ['format', 'user-access', file])
  for (const bytes of [Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`)]) {
    writeFileSync(file, bytes)
    const result = await run(scene.cf, ['format', 'user-access', file])
    assert.is(result.code, 0, result.stderr)
    assert.is(result.stdout, stdout)
  }
})

format('answers of both APIs have no one envelope', async ({ scene, save }) => {
  const file = await save('both.json', ...v2Pages, ...v3Pages)
  const json = await run(scene.cf, ['format', 'routes', file, '-f', 'json'])
  assert.is(json.code, 5)
  assert.is(json.stdout, '')
  assert.match(json.stderr, /both\.json holds events of API v2 and of v3/)
  assert.is((await run(scene.cf, ['format', 'routes', file, '-f', 'csv'])).code, 0)
})

for (const [name, text, code, says] of [
  ['empty', '', 5, /is empty/],
  [
    'an error',
    '{"errors":[{"detail":"Nope","title":"CF-X","code":1}]}',
    5,
    /holds an error of Cloud Foundry instead of events: Nope/,
  ],
  ['a v2 error', '{"description":"Nope","error_code":"CF-X","code":1}', 5, /instead of events: Nope/],
  ['other JSON', '{"a":1}', 5, /JSON, but not a page of audit events/],
  ['an array of numbers', '[1,2]', 5, /record 1 is a number, not an audit event/],
  ['text', 'V2 endpoints disabled', 5, /is not JSON: V2 endpoints disabled/],
  ['cut', '{"total_results":1,"resources":[{"metadata":{"guid":"a', 5, /is incomplete JSON/],
  ['no list', '{"total_results":1,"resources":7}', 6, /holds 0 of 1 event in its listing \(total_results\)/],
  ['no GUID', '{"total_results":1,"resources":[{}]}', 5, /record 1 has no GUID/],
  ['a record that is no object', '{"total_results":1,"resources":[null]}', 5, /has no GUID/],
  ['a broken record', '{"total_results":1,"resources":[{"a":tru}]}', 5, /is not JSON/],
] as const) {
  format(`input that is ${name}`, async ({ scene }) => {
    const result = await run(scene.cf, ['format', 'events', '-f', 'csv', '--no-header'], { stdin: text })
    assert.is(result.code, code, result.stderr)
    assert.is(result.stdout, '')
    assert.match(result.stderr, says)
  })
}

format('a file that is not there', async ({ scene }) => {
  const { code, stderr } = await run(scene.cf, ['format', 'routes', '/no/such/file'])
  assert.is(code, 2)
  assert.match(stderr, 'cannot read /no/such/file: no such file.')
})

format.run()
