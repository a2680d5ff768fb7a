import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'
import { openTerminal, type TerminalOptions } from '../../terminal.ts'

// What a person at a terminal sees of a report. The pager, progress and prompts need a real one: test/e2e/terminal.test.ts.
const terminal = suite<{ scene: Scene }>('on a terminal')

terminal.before(async context => {
  context.scene = await openScene({ events: 400 })
})
terminal.after(({ scene }) => scene.close())

/** Runs it to its end. */
async function shown({ cf }: Scene, args: readonly string[], options: TerminalOptions = {}) {
  const running = openTerminal(cf, args, options)
  const { code } = await running.ended
  return { code, bytes: running.bytes(), lines: running.lines() }
}

/** The table alone: words go to stderr, which -q leaves empty. */
const table = (scene: Scene, report: string, args: readonly string[] = [], options?: TerminalOptions) =>
  shown(scene, [report, 'demo-org', '-q', ...args], options)

for (const columns of [40, 80, 200]) {
  terminal(`no line is wider than ${columns} columns`, async ({ scene }) => {
    for (const report of ['user-access', 'routes', 'service-bindings']) {
      const { code, lines } = await table(scene, report, [], { columns })
      assert.is(code, 0)
      assert.ok(lines.length > 20)
      for (const line of lines) assert.ok(stringWidth(line) <= columns, line)
      // A record is a block of lines where it has no room in one.
      const isTable = /^Timestamp .*\n(.*\n)*─+ /.test(lines.join('\n'))
      if (columns !== 80) assert.is(isTable, columns > 80, report)
    }
  })
}

terminal('what has no room is named once, and --no-truncate shows it', async ({ scene }) => {
  const { lines } = await shown(scene, ['events', 'demo-org'])
  const words = lines.join('').match(/.{0,200}--no-truncate/g) ?? []
  assert.is(words.length, 1)
  assert.match(words[0]!, 'Event GUID')

  const whole = await table(scene, 'events', ['--no-truncate'])
  const piped = await run(scene.cf, ['events', 'demo-org', '-f', 'table'])
  assert.equal(whole.lines.join('\n'), piped.stdout.trimEnd())
  const { lines: all } = await shown(scene, ['events', 'demo-org', '--no-truncate'])
  assert.not.match(all.join(''), '--no-truncate')
})

terminal('actions in words, the types themselves on request', async ({ scene }) => {
  const words = await table(scene, 'user-access', [], { columns: 200 })
  assert.match(words.lines.join('\n'), /(Developer|Manager|Auditor|Supporter) granted/)
  assert.not.match(words.lines.join('\n'), 'audit.user')
  for (const asked of [['--columns', 'time,type'], ['--columns', '+type'], ['--wide']]) {
    const types = await table(scene, 'user-access', asked, { columns: 200 })
    assert.match(types.lines.join('\n'), /audit\.user\.\w+_add/)
  }
})

terminal('colours by meaning, and no escape of a name', async ({ scene }) => {
  const { bytes, lines } = await shown(scene, ['user-access', 'demo-org'], { columns: 200 })
  assert.match(bytes, /\u001b\[32mSpace \w+ granted\u001b\[39m/)
  assert.match(bytes, /\u001b\[31mSpace \w+ revoked\u001b\[39m/)
  assert.match(lines.join('\n'), '␛[31mred')
  // Besides colours, nothing at all.
  assert.not.match(bytes.replace(/\u001b\[3[125]m([^\u001b]*)\u001b\[39m/g, '$1'), '\u001b')
})

const colourless: readonly (readonly [what: string, env: Record<string, string>, args: readonly string[]])[] =
  [
    ['NO_COLOR', { NO_COLOR: '1' }, []],
    ['TERM=dumb', { TERM: 'dumb' }, []],
    ['--no-color', {}, ['--no-color']],
  ]
for (const [what, env, args] of colourless) {
  terminal(`${what}: the same rows without any escape`, async ({ scene }) => {
    const plain = await table(scene, 'user-access', args, { env })
    assert.not.match(plain.bytes, '\u001b')
    const painted = await table(scene, 'user-access')
    assert.match(painted.bytes, '\u001b[32m')
    assert.equal(painted.lines, plain.lines)
  })
}

terminal('a pipe gets whole cells and no colours, unless it asks for them', async ({ scene: { cf } }) => {
  const plain = await run(cf, ['user-access', 'demo-org', '-f', 'table'])
  assert.not.match(plain.stdout, /\u001b|\w…\w/)
  const asked = await run(cf, ['user-access', 'demo-org', '-f', 'table', '--color'])
  assert.is(asked.stdout.replace(/\u001b\[3[1259]m/g, ''), plain.stdout)
  assert.is.not(asked.stdout, plain.stdout)
  const file = join(cf.home, 'table.txt')
  await run(cf, ['user-access', 'demo-org', '-f', 'table', '--color', '-O', file])
  assert.is(readFileSync(file, 'utf8'), plain.stdout)
})

terminal('an error stands alone', async ({ scene }) => {
  const { code, lines } = await shown(scene, ['routes', 'no-such-org'])
  assert.is(code, 4)
  assert.match(lines[0]!, 'no-such-org')
})

terminal.run()
