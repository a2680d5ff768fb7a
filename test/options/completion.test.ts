import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commands, programOf } from '../../src/commands/index.ts'
import { completions } from '../../src/options/completion.ts'
import { completionScript, parseCommandLine } from '../../src/options/parse.ts'
import { reports } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'
import { formatNames } from '../../src/reports/formats.ts'

const program = programOf('1.2.3', async () => {})
const offered = async (...words: string[]) => (await completions(words, program)).split('\n').slice(0, -1)

const tab = suite('what a Tab completes')

const all = commands.map(({ name }) => name)
const reportNames = reports.map(({ name }) => name)

const rows: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  // Commands
  [[''], all],
  [['serv'], ['service-instances', 'service-bindings', 'services']],
  [['-q', 'rou'], ['routes']],
  [['help', 'rou'], ['routes']],
  [['--ver'], ['--verbose', '--version']],
  // Options
  [
    ['routes', '--fo'],
    ['--format', '--force'],
  ],
  [['routes', 'demo-org', '--expl'], ['--explain']],
  [['types', '--unred'], []],
  // The first word is the command
  [['format', 'routes', '--expl'], []],
  [['roles', 'routes', '--rol'], ['--role']],
  // Values, also where bash makes a word of the =
  [['routes', '-f', ''], formatNames],
  [['routes', '--format', 'js'], ['json']],
  [['routes', '--format', '=', 'js'], ['json']],
  [['routes', '--format', '='], formatNames],
  [
    ['routes', '--month', ''],
    ['last', 'this'],
  ],
  [['routes', '--since', 't'], ['today']],
  [
    ['routes', '--api', 'v'],
    ['v2', 'v3'],
  ],
  [['roles', '--role', 'organization_a'], ['organization_auditor']],
  [['routes', '--org', ''], []],
  [['routes', '--quiet', ''], []],
  // Lists
  [['events', '--type', ''], eventTypes],
  [['events', '--type', 'app.crash,blob'], ['app.crash,blob.remove_orphan']],
  [['routes', '--columns', 'time,ap'], ['time,app_guid']],
  [['routes', '--columns', '+rol'], ['+role']],
  [
    ['routes', '--columns', 'act'],
    ['actor', 'actor_guid', 'actor_type', 'actor_name', 'actor_kind', 'action'],
  ],
  [['user-access', '--columns', 'u'], ['user']],
  [
    ['roles', '--columns', 'user'],
    ['user', 'user_guid'],
  ],
  [
    ['format', '--columns', 'rout'],
    ['route', 'route_guid'],
  ],
  // Arguments
  [['format', ''], reportNames],
  [['format', '-f', 'csv', 'rou'], ['routes']],
  [['format', '--format', '=', 'csv', '-q', 'rou'], ['routes']],
  [['format', 'routes', ''], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['types', 'space', 'audit.stack.c'], ['audit.stack.create']],
]
for (const [words, offers] of rows) {
  tab(`cf-audit ${words.join(' ')}`, async () =>
    assert.equal((await offered(...words)).sort(), [...offers].sort()),
  )
}

tab('every option of every command is offered, and each once', async () => {
  for (const entry of commands) {
    const offers = await offered(entry.name, '--')
    for (const name of Object.keys((await entry.load()).options))
      assert.ok(offers.includes(`--${name}`), name)
    assert.is(new Set(offers).size, offers.length)
  }
})

tab('the script of a shell asks so', async () => {
  const request = await parseCommandLine(['--get-yargs-completions', 'cf-audit', 'routes', '--expl'], program)
  assert.equal(request, { text: '--explain\n' })
})

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  tab(`the script for ${shell}, whatever shell runs`, async () => {
    const before = { ...process.env }
    for (const SHELL of ['/bin/bash', '/usr/bin/zsh', undefined]) {
      if (SHELL === undefined) delete process.env.SHELL
      else process.env.SHELL = SHELL
      const script = await completionScript(shell)
      assert.match(script, '--get-yargs-completions')
      assert.match(script, { bash: /complete .*-F/, zsh: /compdef/, fish: /complete .*-c cf-audit/ }[shell])
      assert.is(process.env.SHELL, SHELL)
    }
    process.env.SHELL = before.SHELL
    if (before.SHELL === undefined) delete process.env.SHELL
  })
}
tab.run()
