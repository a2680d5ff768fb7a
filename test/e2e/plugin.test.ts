// The built tool as a plugin: a `cf` that copies it, asks it what it is, and runs it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spawnCf } from '../foundation/run-cf.ts'
import { environment, withScene } from '../scene.ts'
import { run } from './cf-audit.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const plugin = suite('the plugin')

plugin('installed, run, and uninstalled', () =>
  withScene({ events: 200 }, async ({ cf }) => {
    const env = environment(cf) as Record<string, string>
    const cfRun = (...args: string[]) => spawnCf(cf, args, { env })
    const folder = join(cf.home, '.cf', 'plugins')

    const installed = await run(cf, ['plugin', 'install'])
    assert.is(installed.code, 0, installed.stderr)
    assert.match(installed.stderr, `Installed: 'cf audit' runs cf-audit ${manifest.version}.`)
    assert.equal(readdirSync(folder).sort(), ['cf-audit', 'config.json'])
    const { Plugins } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    const { Version, Commands } = Plugins['cf-audit']
    assert.is(`${Version.Major}.${Version.Minor}.${Version.Build}`, manifest.version.replace(/-.*/, ''))
    assert.equal(
      Commands.map((command: { Name: string }) => command.Name),
      ['audit'],
    )

    const help = await cfRun('audit', '--help')
    assert.match(help.stdout, /user-access {5,}who gained or lost roles/)
    const direct = await run(cf, ['user-access', 'demo-org', '-f', 'csv'])
    const through = await cfRun('audit', 'user-access', 'demo-org', '-f', 'csv')
    assert.is(through.code, 0, through.stderr)
    assert.is(through.stdout, direct.stdout)
    const wrong = await cfRun('audit', 'bogus')
    assert.is(wrong.code, 1)
    assert.match(wrong.stderr, /"bogus"[\s\S]*\ncf-audit: exit code 2\n$/)

    assert.is((await run(cf, ['plugin', 'install'])).code, 0, 'it replaces itself')
    const status = await run(cf, ['plugin', 'status'])
    assert.match(status.stderr, /^Installed, version \d+\.\d+\.\d+\.\n$/)
    const config = join(folder, 'config.json')
    writeFileSync(config, readFileSync(config, 'utf8').replace(/"Major":\d+/, '"Major":0'))
    assert.match((await run(cf, ['plugin', 'status'])).stderr, /^Installed by version 0\..*plugin install/)

    const uninstalled = await run(cf, ['plugin', 'uninstall'])
    assert.is(uninstalled.code, 0, uninstalled.stderr)
    assert.equal(readdirSync(folder), ['config.json'])
    const unknown = await cfRun('audit')
    assert.match(unknown.stderr, "'audit' is not a registered command.")
  }),
)

plugin('a cf that does not answer as cf does is named', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { code, stderr } = await run(cf, ['plugin', 'send-metadata:1'])
    assert.is.not(code, 0)
    assert.match(stderr, /cf did not take the plugin: .*\nUpdate cf, then install it again\./)
  }),
)

plugin('a folder for temporary files that cannot be written is named, with the fix', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const gone = mkdtempSync(join(tmpdir(), 'gone-'))
    rmSync(gone, { recursive: true })
    const { code, stderr } = await run(cf, ['plugin', 'install'], { env: { TMPDIR: gone } })
    assert.is(code, 2)
    assert.match(stderr, /cannot be written[\s\S]*Set TMPDIR/)
    assert.not.ok(existsSync(gone))
  }),
)
plugin.run()
