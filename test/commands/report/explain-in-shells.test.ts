import { spawn, spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reports } from '../../../src/reports/catalog.ts'
import { hasProgram } from '../../programs.ts'
import { openRelay, type Relay } from '../../relay.ts'
import { type Run, run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'
import { pasteIntoShell } from '../../shell.ts'

interface Context {
  scene: Scene
  relay: Relay
  env: NodeJS.ProcessEnv
}

// What --explain prints is pasted into real shells, whole, where the same cf is.
const tests = suite<Context>('--explain, pasted into a shell')

tests.before(async context => {
  context.scene = await openScene({ events: 700, user: 'admin@example.gov' })
  context.relay = openRelay(context.scene)
  context.env = context.relay.env
})
tests.after(async ({ scene, relay }) => {
  relay.close()
  await scene.close()
})

/** What is printed picks its names out of JSON with jq. */
const pasted: (name: string, test: (context: Context) => Promise<void>) => void = hasProgram(
  'jq',
  'what --explain prints was not pasted into a shell',
)
  ? tests
  : () => {}

async function explained(scene: Scene, ...args: string[]): Promise<string> {
  const asked = scene.foundation.requests.length
  const { code, stdout, stderr } = await run(scene.cf, [...args, '--explain', '-q'])
  assert.is(code, 0, stderr)
  assert.is(stderr, '')
  assert.is(scene.foundation.requests.length, asked, 'it asks nobody')
  return stdout
}

interface Asked {
  readonly path: string
  readonly status: number
}

/** What Cloud Foundry was asked while `use` ran, decoded; everything was answered with 200. */
async function asking(scene: Scene, use: () => Promise<Run>): Promise<{ paths: string[]; run: Run }> {
  const from = scene.foundation.requests.length
  const done = await use()
  const asked = scene.foundation.requests.slice(from) as readonly Asked[]
  for (const { path, status } of asked) assert.is(status, 200, path)
  return { paths: asked.map(({ path }) => decodeURIComponent(path)), run: done }
}

const isOf = (path: string, guid: string) =>
  path.includes(`organization_guid:${guid}`) || path.includes(`organization_guids=${guid}`)

for (const { name, documented, recipes } of reports) {
  pasted(`${name} of orgs with any name`, async ({ scene, env }) => {
    for (const org of scene.sample.orgs) {
      const text = await explained(scene, name, `--org=${org.name}`)
      const { paths, run } = await asking(scene, () => pasteIntoShell(text, { env }))
      assert.is(run.stderr, '', org.name)
      assert.is(run.code, 0)
      const theirs = paths.filter(path => path.startsWith('/v2/events?') || path === '/v2/events')
      const ours = paths.filter(path => path.startsWith('/v3/audit_events?'))
      assert.is(theirs.length, 1, paths.join('\n'))
      assert.is(ours.length, 1, paths.join('\n'))
      assert.ok(isOf(ours[0]!, org.guid), ours[0])
      if (documented?.types !== undefined) assert.ok(isOf(theirs[0]!, org.guid), theirs[0])
    }
  })

  pasted(`${name}: what the shell prints first is what --as-documented prints`, async ({ scene, env }) => {
    // One page of the recipe, which asks for no time: this org has few events.
    const org = 'Köln Bürger'
    for (const format of recipes) {
      if (name === 'events') continue
      const text = await explained(scene, name, org, '-f', format)
      const theirs = text.slice(0, text.indexOf('# What it misses'))
      const { stdout } = await pasteIntoShell(theirs, { env })
      const documented = await run(scene.cf, [name, org, '--as-documented', '-f', format])
      if (format === 'csv') assert.is(stdout, documented.stdout)
      else assert.equal(JSON.parse(stdout), JSON.parse(documented.stdout))
    }
  })
}

const awkward: readonly (readonly [args: readonly string[], ...asks: RegExp[]])[] = [
  [
    ['routes', 'org with spaces', '--space', 'a, b', '--since', '7d'],
    /^\/v3\/spaces\?names=a%2C%20b&/,
    /^\/v3\/audit_events\?.*&space_guids=[0-9a-f-]{36}&.*created_ats\[gte\]=/,
  ],
  [
    ['user-access', '--org', 'acme, inc', '--org=-dash-org', '--space', 'main', '--month', 'last'],
    /^\/v3\/organizations\?names=-dash-org/,
    /^\/v3\/audit_events\?.*&organization_guids=[0-9a-f-]{36},[0-9a-f-]{36}&space_guids=[0-9a-f-]{36},[0-9a-f-]{36}&.*created_ats\[lt\]=/,
  ],
  [
    ['routes', 'demo-org', '--actor', "it's $(touch pwned); `touch pwned`", '--type', 'audit.app.*'],
    /^\/v3\/audit_events\?types=audit\.app\./,
  ],
  [['services', 'demo-org', '--until', 'yesterday', '--api', 'v2'], /^\/v2\/events\?.*timestamp</],
  [
    ['services', 'demo-org', '--space', 'dev', '--api', 'v2'],
    /^\/v2\/events\?.*&q=space_guid\+IN\+[0-9a-f-]{36}&/,
  ],
  [['events'], /^\/v3\/audit_events\?order_by=/],
  [['services', '--all-orgs'], /^\/v3\/audit_events\?types=.*audit\.service_broker\.create/],
]
for (const [args, ...asks] of awkward) {
  pasted(args.join(' '), async ({ scene, env }) => {
    const text = (await explained(scene, ...args)).replaceAll('YOUR-ORG', 'demo-org')
    const { paths, run } = await asking(scene, () => pasteIntoShell(text, { env, cwd: scene.cf.home }))
    assert.is(run.stderr, '')
    assert.is(run.code, 0)
    for (const ask of asks)
      assert.ok(
        paths.some(path => ask.test(path)),
        `${ask}\n${paths.join('\n')}`,
      )
  })
}

if (hasProgram('zsh', 'nothing was pasted into it')) {
  // It takes comments for commands that it does not find, and says so; the commands between them work all the same.
  for (const actor of ['nobody', "it's $(touch pwned) `touch pwned` ; touch pwned"]) {
    pasted(`an interactive zsh, which knows no comments: ${actor}`, async ({ scene, env }) => {
      for (const { name } of reports) {
        const text = await explained(scene, name, '--org=-dash-org', '--actor', actor)
        const { paths, run } = await asking(scene, () => pasteIntoZsh(text, env, scene.cf.home))
        const last = paths.at(-1) ?? ''
        assert.match(last, '/v3/audit_events?', run.stderr)
        assert.is(paths.filter(path => path.startsWith('/v2/events')).length, 1)
        assert.is(spawnSync('test', ['-e', `${scene.cf.home}/pwned`]).status, 1)
      }
    })
  }
}

async function pasteIntoZsh(text: string, env: NodeJS.ProcessEnv, cwd: string): Promise<Run> {
  const child = spawn('zsh', ['-f', '-i', '-s'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(text)
  let stderr = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
  const code = await new Promise<number | null>(done => child.on('close', done))
  return { code, stdout: '', stderr }
}
tests.run()
