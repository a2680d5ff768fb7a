import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { launcher } from '../../../src/commands/plugin/plugin.ts'
import { hasProgram } from '../../programs.ts'

/** A launcher whose Node.js is a script, which prints its words and ends as CODE has it. */
function withLauncher(name: string, use: (files: { plugin: string; node: string; cli: string }) => void) {
  const dir = mkdtempSync(join(tmpdir(), 'launcher-'))
  try {
    const folder = join(dir, name)
    mkdirSync(folder)
    const [node, cli, plugin] = [join(folder, 'node'), join(folder, 'cli.js'), join(dir, 'plugin')]
    writeFileSync(node, `#!/bin/sh\nprintf '<%s>' "$@"\nexit "\${CODE:-0}"\n`, { mode: 0o755 })
    writeFileSync(cli, '')
    writeFileSync(plugin, launcher(node, cli))
    chmodSync(plugin, 0o755)
    use({ plugin, node, cli })
  } finally {
    rmSync(dir, { recursive: true })
  }
}

for (const shell of ['sh', 'dash', 'bash']) {
  if (!hasProgram(shell, 'the launcher was not run in it', ['-c', 'exit 0'])) continue
  const scripts = suite(`the launcher in ${shell}`)
  const run = (plugin: string, args: readonly string[], code = 0) => {
    const { status, stdout, stderr } = spawnSync(shell, [plugin, ...args], {
      encoding: 'utf8',
      env: { ...process.env, CODE: String(code) },
    })
    return { status, stdout, stderr }
  }

  for (const name of ['plain', 'with space', `it's "$HOME" \`x\` \\ ü`, '-dash', 'line\nbreak']) {
    scripts(`words arrive as they are, with cf-audit in ${JSON.stringify(name)}`, () =>
      withLauncher(name, ({ plugin, cli }) => {
        const words = ['user-access', 'my org', '', '$HOME', "it's", '*', '-f', 'a\nb']
        const { status, stdout, stderr } = run(plugin, ['4711', 'audit', ...words])
        assert.is(stdout, [cli, ...words].map(word => `<${word}>`).join(''))
        assert.is(stderr, '')
        assert.is(status, 0)
      }),
    )
  }

  scripts('alone it passes no words', () =>
    withLauncher('plain', ({ plugin, cli }) => assert.is(run(plugin, ['4711', 'audit']).stdout, `<${cli}>`)),
  )

  for (const code of [0, 1, 2, 3, 5, 130]) {
    scripts(`exit code ${code}: cf shows ${code === 0 ? 0 : 1}, the last line the rest`, () =>
      withLauncher('plain', ({ plugin }) => {
        const { status, stderr } = run(plugin, ['4711', 'audit', 'x'], code)
        assert.is(status, code)
        assert.is(stderr, code > 1 ? `cf-audit: exit code ${code}\n` : '')
      }),
    )
  }

  scripts('asked what it is, it hands over the port', () =>
    withLauncher('plain', ({ plugin, cli }) => {
      assert.is(run(plugin, ['4711', 'SendMetadata']).stdout, `<${cli}><plugin><send-metadata:4711>`)
      assert.is(run(plugin, ['4711', 'SendMetadata'], 5).status, 5)
    }),
  )

  for (const gone of ['node', 'cli'] as const) {
    scripts(`${gone} has gone: it says which file, and how to repair it`, () =>
      withLauncher('with space', files => {
        rmSync(files[gone])
        for (const words of [['audit', 'roles'], ['SendMetadata']]) {
          const { status, stdout, stderr } = run(files.plugin, ['4711', ...words])
          assert.is(status, 1)
          assert.is(stdout, '')
          assert.is(
            stderr,
            `cf audit cannot run: ${files[gone]} no longer exists.\n` +
              "Install cf-audit again (npm install --global cf-audit), then run 'cf-audit plugin install'.\n",
          )
        }
        assert.equal(run(files.plugin, ['4711', 'CLI-MESSAGE-UNINSTALL']), {
          status: 0,
          stdout: '',
          stderr: '',
        })
      }),
    )
  }

  scripts('its uninstallation runs nothing', () =>
    withLauncher('plain', ({ plugin }) => {
      const ran = run(plugin, ['4711', 'CLI-MESSAGE-UNINSTALL'], 9)
      assert.equal(ran, { status: 0, stdout: '', stderr: '' })
    }),
  )

  scripts('it is run as a program', () =>
    withLauncher('plain', ({ plugin, cli }) => {
      assert.is(execFileSync(plugin, ['1', 'audit', 'x'], { encoding: 'utf8' }), `<${cli}><x>`)
    }),
  )
  scripts.run()
}
