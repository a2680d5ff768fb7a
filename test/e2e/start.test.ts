import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtCli } from './cf-audit.ts'

const start = suite('answers that load next to nothing')

const folder = mkdtempSync(join(tmpdir(), 'cf-start-'))
const dist = dirname(builtCli)
cpSync(dist, join(folder, 'dist'), { recursive: true })
for (const file of readdirSync(join(folder, 'dist'))) {
  if (file.endsWith('.js') && file !== 'cli.js') rmSync(join(folder, 'dist', file))
}

const tell = (cli: string, argv: readonly string[]) =>
  spawnSync(process.execPath, [cli, ...argv], { encoding: 'utf8' })

const commands = tell(builtCli, ['--help']).stdout.match(/^ {2}(?:cf-audit )?[a-z]+(?:-[a-z]+)?/gm) ?? []
const lines = [['--version'], ['--help'], ...commands.map(line => [line.trim().split(' ').at(-1)!, '--help'])]

start('there are commands', () => assert.ok(lines.length > 11, JSON.stringify(lines)))

for (const line of lines) {
  start(`cf-audit ${line.join(' ')}: the same as the whole tool says`, () => {
    const alone = tell(join(folder, 'dist', 'cli.js'), line)
    assert.is(alone.status, 0, alone.stderr)
    assert.is(alone.stderr, '')
    // With one word more there is no prepared answer.
    const made = tell(builtCli, [...line, '--no-color'])
    assert.is(made.status, 0)
    assert.is(alone.stdout, made.stdout)
    assert.ok(alone.stdout.length > 5)
  })
}

start.after(() => rmSync(folder, { recursive: true }))
start.run()
