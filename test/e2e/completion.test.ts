import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasProgram } from '../programs.ts'
import { openRelay, type Relay } from '../relay.ts'
import { openScene, type Scene } from '../scene.ts'
import { runShell } from '../shell.ts'

// What is offered is tested in test/options/completion.test.ts; here real shells ask for it.
interface Place {
  scene: Scene
  relay: Relay
  folder: string
}

const places = (name: string) => {
  const tests = suite<Place>(name)
  tests.before(async context => {
    context.scene = await openScene({ events: 1 })
    context.relay = openRelay(context.scene)
    context.folder = mkdtempSync(join(tmpdir(), 'cf-completion-'))
    writeFileSync(join(context.folder, 'saved.json'), '{}')
  })
  tests.after(async ({ scene, relay, folder }) => {
    rmSync(folder, { recursive: true })
    relay.close()
    await scene.close()
  })
  return tests
}

// --- bash --------------------------------------------------------------------------------------------------------

const bash = places('completion in bash')

const rows: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [['serv'], ['service-instances', 'service-bindings', 'services']],
  [
    ['routes', '--fo'],
    ['--format', '--force'],
  ],
  [['routes', '--format', '=', 'js'], ['json']],
  [['events', '--type', 'app.crash,blob'], ['app.crash,blob.remove_orphan']],
  [['routes', '--org', ''], []],
]

for (const [words, offers] of rows) {
  bash(`cf-audit ${words.join(' ')}⇥`, async ({ relay, folder, scene }) => {
    const typed = words.map(word => `'${word}'`).join(' ')
    const { stdout, stderr } = await runShell(
      `source <(cf-audit completion bash)
      COMP_WORDS=(cf-audit ${typed}); COMP_CWORD=${words.length}
      eval "$(complete -p cf-audit | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
      printf '%s\\n' "\${COMPREPLY[@]}"`,
      { cwd: folder, env: relay.env },
    )
    assert.is(stderr, '')
    assert.equal(stdout.split('\n').filter(Boolean).sort(), [...offers].sort())
    assert.is(scene.foundation.requests.length, 0)
  })
}

bash.run()

// --- zsh ---------------------------------------------------------------------------------------------------------

const zsh = places('completion in zsh')

/** What stands in the line of an interactive zsh after each of these is typed, with a tab behind it. */
async function completed(typed: readonly string[], { relay, folder }: Place): Promise<string[]> {
  const script = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    say() { zpty -w shell "$1"; zpty -r shell answer "*$2*" }
    say "PS1= PS2= RPS1= ; stty -echo; unsetopt zle_bracketed_paste; echo up''beat" upbeat
    say "autoload -Uz compinit; compinit -u -D; source <(cf-audit completion zsh); cd ${folder}; echo comp''leted" completed
    say "show() { print -r -- \\"<<\\$BUFFER>>\\"; BUFFER= }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word; echo bo''und" bound
    for line in "$@"; do
      zpty -n -w shell "$line"$'\\t\\x18'
      zpty -r shell answer '*<<*>>*'
      print -r -- \${\${answer##*<<}%%>>*}
    done`
  const child = spawn('zsh', ['-f', '-c', script, 'zsh', ...typed], {
    env: { ...relay.env, HOME: folder, TERM: 'dumb' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  await new Promise(done => child.on('close', done))
  return stdout.split('\n').slice(0, -1)
}

if (hasProgram('zsh', 'its completion was not tried')) {
  zsh('commands, options and values', async context => {
    const lines: readonly (readonly [typed: string, becomes: string])[] = [
      ['cf-audit rou', 'cf-audit routes'],
      ['cf-audit routes --nam', 'cf-audit routes --names'],
      ['cf-audit routes -f nd', 'cf-audit routes -f ndjson'],
      [
        'cf-audit events --type audit.user.space_developer_a',
        'cf-audit events --type audit.user.space_developer_add',
      ],
      ['cf-audit format ev', 'cf-audit format events'],
    ]
    const found = await completed(
      lines.map(([typed]) => typed),
      context,
    )
    assert.equal(
      found.map(line => line.trimEnd()),
      lines.map(([, line]) => line),
    )
  })
}

zsh.run()
