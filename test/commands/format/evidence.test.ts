import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

const evidence = suite<{ scene: Scene; bag: string }>('reports of an evidence folder')

evidence.before(async context => {
  context.scene = await openScene({ events: 400 })
  context.bag = join(context.scene.cf.home, 'bag')
  const { code, stderr } = await run(context.scene.cf, ['evidence', 'demo-org', '-O', context.bag])
  assert.is(code, 0, stderr)
})
evidence.after(({ scene }) => scene.close())

evidence('has the events of the live report, and names of spaces', async ({ scene, bag }) => {
  const columns = ['--columns', 'time,actor,type,route,app_guid']
  const live = await run(scene.cf, ['routes', 'demo-org', ...columns])
  const kept = await run(scene.cf, ['format', 'routes', bag, '--strict', ...columns])
  assert.is(kept.code, 0, kept.stderr)
  assert.equal(kept.stdout.split('\n').sort(), live.stdout.split('\n').sort())
  assert.ok(kept.stdout.split('\n').length > 10)
  // An Org Auditor cannot list spaces, but evidence has the names that events hold.
  assert.match((await run(scene.cf, ['format', 'routes', bag])).stdout, /,dev(,demo-org)?$/m)
})

evidence('--org and --space, by name or GUID', async ({ scene, bag }) => {
  const events = async (...args: string[]) => {
    const { stdout } = await run(scene.cf, ['format', 'events', bag, '-f', 'ndjson', ...args])
    return stdout.split('\n').filter(line => line !== '').length
  }
  const all = await events()
  const dev = await events('--space', 'dev')
  assert.ok(dev > 0 && dev < all, `${dev} of ${all}`)
  const { stdout } = await run(scene.cf, ['format', 'events', bag, '-f', 'ndjson', '--space', 'dev'])
  const { space, organization } = JSON.parse(stdout.split('\n')[0]!)
  assert.is(await events('--space', space.guid), dev)
  assert.is(await events('--org', organization.guid), all)
  assert.is(await events('--org', 'demo-org'), all)
  assert.is(await events('--org', 'acme'), 0)
})

evidence('damage is named, with exit code 6', async ({ scene, bag }) => {
  const together = await run(scene.cf, ['format', 'routes', bag, bag])
  assert.is(together.code, 2)
  appendFileSync(join(bag, 'data/events.ndjson'), '\n')
  const { code, stdout, stderr } = await run(scene.cf, ['format', 'routes', bag])
  assert.is(code, 6)
  assert.is(stdout, '')
  assert.match(stderr, /is damaged: data\/events\.ndjson: /)
})
evidence.run()
