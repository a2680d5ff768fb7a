import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reports } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'
import { builtCli } from './cf-audit.ts'

const folder = mkdtempSync(join(tmpdir(), 'cf-completion-'))
// A tab that ran anything of ours, or any cf, would be seen.
for (const program of ['cf', 'cf-audit', 'node']) {
  writeFileSync(join(folder, program), '#!/bin/sh\necho RAN\n')
  chmodSync(join(folder, program), 0o755)
}
writeFileSync(join(folder, 'saved.json'), '{}')

const scriptFor = (shell: string) => {
  const file = join(folder, `completion.${shell}`)
  writeFileSync(file, execFileSync(process.execPath, [builtCli, 'completion', shell]))
  return file
}

const bash = suite('completion in bash')
const bashFile = scriptFor('bash')

/** What bash offers behind these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const script = `source ${bashFile}; COMP_WORDS=(cf-audit "$@"); COMP_CWORD=$#; _cf_audit; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}` },
    encoding: 'utf8',
  })
  assert.is(stderr, '')
  return stdout.split('\n').filter(line => line !== '')
}

const others = ['roles', 'types', 'format', 'doctor', 'completion']
const names = reports.map(({ name }) => name)

const rows: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [[''], [...names, ...others]],
  [['serv'], ['service-instances', 'service-bindings', 'services']],
  [['-q', 'rou'], ['routes']],
  [
    ['routes', '--fo'],
    ['--format', '--force'],
  ],
  [
    ['routes', '-f', ''],
    ['csv', 'json', 'ndjson', 'table'],
  ],
  [['routes', '--format', 'js'], ['json']],
  [['routes', '--format', '=', 'js'], ['json']],
  [
    ['routes', '--format', '='],
    ['csv', 'json', 'ndjson', 'table'],
  ],
  [
    ['doctor', '-f', ''],
    ['table', 'json'],
  ],
  [['events', '--type', ''], eventTypes],
  [
    ['events', '--type', 'audit.stack.'],
    ['create', 'delete', 'update'].map(action => `audit.stack.${action}`),
  ],
  [['events', '--type', 'app.crash,blob'], ['app.crash,blob.remove_orphan']],
  [['routes', '--columns', 'time,ap'], ['time,app_guid']],
  [
    ['routes', '--columns', 'act'],
    ['action', 'actor', 'actor_guid', 'actor_kind', 'actor_name', 'actor_type'],
  ],
  [['routes', '--columns', 'time,rol'], ['time,role']],
  [
    ['roles', '--columns', 'user'],
    ['user', 'user_guid'],
  ],
  [['roles', '--role', 'organization_a'], ['organization_auditor']],
  [['routes', '--month', ''], ['last']],
  [['routes', '--org', ''], []],
  [['format', ''], names],
  [['format', '-f', 'csv', 'rou'], ['routes']],
  [['format', '--format', '=', 'csv', 'rou'], ['routes']],
  [['format', 'routes', 'sav'], ['saved.json']],
  [['routes', '-O', 'sav'], ['saved.json']],
  [
    ['completion', ''],
    ['bash', 'zsh'],
  ],
  [['--ver'], ['--version']],
  [['types', '--unred'], []],
]

for (const [words, offers] of rows) {
  bash(`cf-audit ${words.join(' ')}⇥`, () => assert.equal(offered(...words).sort(), [...offers].sort()))
}

bash('every option of the help of every command is offered', () => {
  for (const command of [...names, ...others]) {
    const help = execFileSync(process.execPath, [builtCli, command, '--help'], { encoding: 'utf8' })
    const told = help.match(/^ +(-\w, )?--[\w-]+/gm)?.map(line => line.replace(/^.*--/, '--')) ?? []
    assert.ok(told.length > 4, command)
    const offers = offered(command, '--')
    assert.equal(
      told.filter(option => option !== '--version' && !offers.includes(option)),
      [],
      command,
    )
  }
})

bash.run()

const zsh = suite('completion in zsh')
const hasZsh = spawnSync('zsh', ['--version']).status === 0
if (!hasZsh) console.log('note: there is no zsh; its completion was not tried')

/** What stands in the line of an interactive zsh after each of these is typed, a tab behind it. */
function completed(typed: readonly string[]): string[] {
  const script = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    say() { zpty -w shell "$1"; zpty -r shell answer "*$2*" }
    say "PS1= PS2= RPS1= ; stty -echo; unsetopt zle_bracketed_paste; echo up''beat" upbeat
    say "autoload -Uz compinit; compinit -u -D; source ${scriptFor('zsh')}; cd ${folder}; echo comp''leted" completed
    say "show() { print -r -- \\"<<\\$BUFFER>>\\"; BUFFER= }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word; echo bo''und" bound
    for line in "$@"; do
      zpty -n -w shell "$line"$'\\t\\x18'
      zpty -r shell answer '*<<*>>*'
      print -r -- \${\${answer##*<<}%%>>*}
    done`
  const { stdout } = spawnSync('zsh', ['-f', '-c', script, 'zsh', ...typed], {
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' },
    encoding: 'utf8',
    timeout: 120_000,
  })
  return stdout.split('\n').slice(0, -1)
}

if (hasZsh) {
  zsh('commands, options, their values, types and files', () => {
    const lines: readonly (readonly [typed: string, becomes: string])[] = [
      ['cf-audit rou', 'cf-audit routes '],
      ['cf-audit comp', 'cf-audit completion '],
      ['cf-audit completion z', 'cf-audit completion zsh '],
      ['cf-audit routes --resol', 'cf-audit routes --resolve '],
      ['cf-audit routes -f nd', 'cf-audit routes -f ndjson '],
      ['cf-audit routes --format=nd', 'cf-audit routes --format=ndjson '],
      [
        'cf-audit events --type audit.user.space_developer_a',
        'cf-audit events --type audit.user.space_developer_add,',
      ],
      ['cf-audit events --type app.crash,blob', 'cf-audit events --type app.crash,blob.remove_orphan,'],
      ['cf-audit events demo-org --mon', 'cf-audit events demo-org --month='],
      ['cf-audit format ev', 'cf-audit format events '],
      ['cf-audit format events sav', 'cf-audit format events saved.json '],
      ['cf-audit routes -O sav', 'cf-audit routes -O saved.json '],
      ['cf-audit types --unredac', 'cf-audit types --unredac'],
    ]
    const found = completed(lines.map(([typed]) => typed))
    assert.equal(
      found.map(line => line.trimEnd()),
      lines.map(([, line]) => line.trimEnd()),
    )
  })
}

zsh.after(() => rmSync(folder, { recursive: true }))
zsh.run()
