import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { catalogue, search, vocabulary } from '../../../src/commands/types/types.ts'
import { reports } from '../../../src/reports/catalog.ts'
import { actionWords, eventTypes } from '../../../src/reports/event-types.ts'

const listed = suite('the catalogue of event types')

listed('every type once, in alphabetical order, in plain words', () => {
  assert.equal(
    catalogue.map(({ type }) => type),
    [...eventTypes],
  )
  for (const { type, what } of catalogue) {
    assert.match(what, /^[A-Z][\w-]+ [\w -]{3,40}( \(.{4,60}\))?$/, type)
  }
})

listed('no two types have the same words, also in a cell', () => {
  const told = new Map<string, string[]>()
  for (const { type, what } of catalogue) {
    assert.ok(actionWords(type).length <= 33, type)
    assert.ok(what.startsWith(actionWords(type)), type)
    told.set(actionWords(type), [...(told.get(actionWords(type)) ?? []), type])
  }
  assert.equal(
    [...told.values()].filter(types => types.length > 1),
    [],
  )
})

listed('the reports that are made for a type, and events for those of no other', () => {
  for (const { type, reports: names } of catalogue) {
    for (const report of reports) {
      const isOfReport = report.types?.includes(type) ?? names.join() === 'events'
      assert.is(names.includes(report.name), isOfReport, `${type} ${report.name}`)
    }
  }
  const reportsOf = (name: string) => catalogue.find(({ type }) => type === name)?.reports
  assert.equal(reportsOf('audit.user.space_developer_add'), ['user-access'])
  assert.equal(reportsOf('audit.app.map-route'), ['routes'])
  assert.equal(reportsOf('app.crash'), ['events'])
  assert.equal(reportsOf('audit.service_instance.bind_route'), [
    'service-instances',
    'service-bindings',
    'services',
  ])
})

// app/repositories and who calls them, cloud_controller_ng at API 3.228.
const byV2 = [
  'audit.app.copy-bits',
  'audit.app.restage',
  'audit.app.upload-bits',
  'audit.route.update',
  'audit.service_instance.bind_route',
  'audit.service_instance.show',
  'audit.service_instance.unbind_route',
  'audit.service_plan_visibility.create',
]
const byPlatform = [
  'app.crash',
  'audit.app.build.failed',
  'audit.app.build.staged',
  'audit.app.process.crash',
  'audit.app.process.not-ready',
  'audit.app.process.ready',
  'audit.app.process.rescheduling',
  'audit.app.ssh-authorized',
  'audit.app.ssh-unauthorized',
  'blob.remove_orphan',
]
const byV3 = [
  ...['apply_manifest', 'build.create', 'deployment.cancel', 'deployment.continue', 'deployment.create'],
  ...['droplet.download', 'droplet.mapped', 'droplet.upload', 'environment.show'],
  ...['environment_variables.show', 'package.create', 'package.download', 'package.upload', 'process.create'],
  ...['process.scale', 'process.terminate_instance', 'process.update', 'restart'],
  ...['revision.environment_variables.show', 'start', 'stop', 'task.create'],
]
  .map(action => `audit.app.${action}`)
  .concat(
    ['create', 'delete', 'update', 'upload'].map(action => `audit.buildpack.${action}`),
    ['apply', 'create', 'delete', 'update'].map(action => `audit.organization_quota.${action}`),
    ['share', 'transfer-owner', 'unshare'].map(action => `audit.route.${action}`),
    ['create', 'delete', 'update'].map(action => `audit.route_policy.${action}`),
    ['audit.service_binding.update', 'audit.service_instance.share'],
    ['start_create', 'start_delete', 'update'].map(action => `audit.service_key.${action}`),
    ['create', 'delete', 'start_create', 'start_delete', 'update'].map(
      action => `audit.service_route_binding.${action}`,
    ),
    ['apply', 'create', 'delete', 'remove', 'update'].map(action => `audit.space_quota.${action}`),
    ['create', 'delete', 'update'].map(action => `audit.stack.${action}`),
    ['add', 'remove'].map(action => `audit.user.space_supporter_${action}`),
  )
const writtenBy = (wanted: string) =>
  catalogue.filter(({ writer }) => writer === wanted).map(({ type }) => type)

listed('who writes each', () => {
  assert.equal(writtenBy('v2'), byV2)
  assert.equal(writtenBy('the platform'), byPlatform)
  assert.equal(writtenBy('v3'), byV3.sort())
  assert.is(writtenBy('v2 and v3').length, 140 - byV2.length - byV3.length - byPlatform.length)
})

const found: readonly (readonly [words: readonly string[], types: readonly string[] | number])[] = [
  [[], 140],
  [['crash'], ['app.crash', 'audit.app.process.crash']],
  [['CRASH'], ['app.crash', 'audit.app.process.crash']],
  [
    ['space', 'Developer'],
    ['audit.user.space_developer_add', 'audit.user.space_developer_remove'],
  ],
  [['developer', 'revoked'], ['audit.user.space_developer_remove']],
  [['user-access'], 16],
  [['platform'], 10],
  [['audit.user.*'], 16],
  [['audit.user.*', 'manager', 'granted'], 3],
  [['role'], 16],
  [['*.show', 'credentials'], 4],
  [['audit.user', '*_add'], 8],
  [['route', 'broker'], []],
  [['*'], 140],
  // A pattern has to fit the whole name.
  [['user.*'], 0],
]
for (const [words, types] of found) {
  listed(
    `${words.join(' ') || 'nothing'} finds ${typeof types === 'number' ? types : types.join(', ')}`,
    async () => {
      const { listed: all } = await search(words)
      const names = all.map(({ type }) => type)
      assert.equal(typeof types === 'number' ? names.length : names, types)
    },
  )
}

listed('the words that nothing has are told', async () => {
  assert.equal((await search(['route', 'zebra', 'audit.zebra.*'])).strange, ['zebra', 'audit.zebra.*'])
  assert.equal((await search(['route', 'broker'])).strange, [])
})

listed('the vocabulary holds the words of names, descriptions and reports, each once', () => {
  const words = vocabulary()
  for (const word of ['developer', 'buildpack', 'platform', 'access', 'marketplace'])
    assert.ok(words.includes(word), word)
  assert.is(new Set(words).size, words.length)
})

listed.run()
