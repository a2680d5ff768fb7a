import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openScene, type Scene } from '../scene.ts'
import { run } from './cf-audit.ts'
import { audit, hasTerminal, onTerminal, word } from './on-terminal.ts'

const terminal = suite<{ near: Scene; far: Scene }>('on a terminal')
/** A test that needs one; where there is none it says so, and proves nothing. */
const onOne = (what: string, test: (scenes: { near: Scene; far: Scene }) => Promise<void>) =>
  terminal(what, async scenes => {
    if (hasTerminal) await test(scenes)
    else console.log(`note: no script(1), so this was not tried: ${what}`)
  })

terminal.before(async context => {
  context.near = await openScene({ events: 400 })
  context.far = await openScene({ events: 13_000, foundation: { latencyMs: 450 } })
})
terminal.after(async ({ near, far }) => {
  await near.close()
  await far.close()
})

const isRow = (line: string) => /^(\d{4}-\d\d-\d\dT|Timestamp|─)/.test(line)

for (const columns of [40, 80, 200]) {
  onOne(`no row is wider than ${columns} columns`, async ({ near: { cf } }) => {
    for (const report of ['user-access', 'routes', 'service-bindings']) {
      const { code, lines } = await onTerminal(cf, audit(report, 'demo-org'), { columns })
      assert.is(code, 0)
      const rows = lines.filter(isRow)
      assert.ok(rows.length > 20)
      for (const row of rows) assert.ok(stringWidth(row) <= columns, row)
      assert.match(rows[0]!, /^Timestamp \(UTC\) {2}/)
    }
  })
}

onOne('columns that have no room are named, and --no-truncate shows them', async ({ near: { cf } }) => {
  const { lines } = await onTerminal(cf, audit('events', 'demo-org'))
  const warning = lines.filter(line => line.startsWith('Warning: no room on this terminal for '))
  assert.is(warning.length, 1)
  assert.match(warning[0]!, 'Event GUID. --no-truncate shows all columns, --columns chooses some.')

  const whole = await onTerminal(cf, audit('events', 'demo-org', '--no-truncate'))
  const piped = await run(cf, ['events', 'demo-org', '-f', 'table'])
  assert.equal(whole.lines.filter(isRow), piped.stdout.split('\n').filter(isRow))
  assert.not.match(whole.lines.join('\n'), /no-truncate/)
})

onOne('cells that are cut are told of once', async ({ near: { cf } }) => {
  const { lines } = await onTerminal(cf, audit('service-bindings', 'demo-org'))
  assert.is(lines.filter(line => line.includes('--no-truncate shows them whole.')).length, 1)
})

// A run that takes long shows progress, which moves the cursor.
const still = { CI: 'true' }

onOne('colours by meaning, and no escape of a name', async ({ near: { cf } }) => {
  const { bytes, lines } = await onTerminal(cf, audit('user-access', 'demo-org'), {
    columns: 200,
    env: still,
  })
  assert.match(bytes, /\u001b\[32maudit\.user\.\w+_add\u001b\[39m/)
  assert.match(bytes, /\u001b\[31maudit\.user\.\w+_remove\u001b\[39m/)
  assert.match(lines.join('\n'), '␛[31mred')
  // Besides colours around a type, nothing at all.
  assert.not.match(bytes.replace(/\u001b\[3[125]m(audit\.[\w.-]+)\u001b\[39m/g, '$1'), '\u001b')
})

const colourless: readonly (readonly [what: string, env: Record<string, string>, args: readonly string[]])[] =
  [
    ['NO_COLOR', { NO_COLOR: '1' }, []],
    ['TERM=dumb', { TERM: 'dumb' }, []],
    ['--no-color', {}, ['--no-color']],
  ]
for (const [what, env, args] of colourless) {
  onOne(`${what}: the same rows without any escape`, async ({ near: { cf } }) => {
    const plain = await onTerminal(cf, audit('user-access', 'demo-org', ...args), {
      env: { ...still, ...env },
    })
    assert.not.match(plain.bytes, '\u001b')
    const painted = await onTerminal(cf, audit('user-access', 'demo-org'))
    assert.equal(painted.lines.filter(isRow), plain.lines.filter(isRow))
  })
}

terminal('a pipe gets whole cells and no colours, unless it asks for them', async ({ near: { cf } }) => {
  const plain = await run(cf, ['user-access', 'demo-org', '-f', 'table'])
  assert.not.match(plain.stdout, /\u001b|\w…\w/)
  const asked = await run(cf, ['user-access', 'demo-org', '-f', 'table', '--color'])
  assert.is(asked.stdout.replace(/\u001b\[3[1259]m/g, ''), plain.stdout)
  assert.is.not(asked.stdout, plain.stdout)
  const file = join(cf.home, 'table.txt')
  await run(cf, ['user-access', 'demo-org', '-f', 'table', '--color', '-O', file])
  assert.is(readFileSync(file, 'utf8'), plain.stdout)
})

// --- Progress ---------------------------------------------------------------------------------------------------

const told = /[\d,]+ of [\d,]+ events, page \d of \d, [\d,]+ a second, \d+ s left/
const anySpinner = /Asking Cloud Foundry|a second|\u001b\[\?/

onOne('progress while pages come, and nothing of it afterwards', async ({ far: { cf } }) => {
  const file = join(cf.home, 'all.ndjson')
  for (const command of [
    `${audit('events', '--all-orgs', '-f', 'ndjson')} > ${word(file)}`,
    audit('events', '--all-orgs', '-O', file, '--force'),
  ]) {
    const { code, bytes, lines } = await onTerminal(cf, command)
    assert.is(code, 0)
    assert.match(bytes, 'Asking Cloud Foundry')
    assert.match(bytes, told)
    assert.not.match(lines.join('\n'), anySpinner)
    assert.not.match(bytes, '\u001b[?25')
    assert.is(lines[0], 'No org is named: events of every org that you can see.')
    assert.is(lines.filter(line => /^\d+ events, .* that Cloud Foundry counts/.test(line)).length, 1)
  }
  const read = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.is(new Set(read.map(line => JSON.parse(line).guid)).size, read.length)
})

const silenced: readonly (readonly [what: string, args: readonly string[], env: Record<string, string>])[] = [
  ['--quiet', ['-q'], {}],
  ['--verbose', ['-v'], {}],
  ['CI', [], { CI: 'true' }],
  ['TERM=dumb', [], { TERM: 'dumb' }],
]
for (const [what, args, env] of silenced) {
  onOne(`${what}: no progress`, async ({ far: { cf } }) => {
    const command = `${audit('routes', 'demo-org', '-f', 'csv', ...args)} > /dev/null`
    const { code, bytes } = await onTerminal(cf, command, { env })
    assert.is(code, 0)
    assert.not.match(bytes, anySpinner)
  })
}

onOne('what is done at once shows no progress', async ({ near: { cf } }) => {
  await run(cf, ['routes', 'demo-org', '-f', 'csv']) // What is asked of cf but once is known now.
  const { bytes } = await onTerminal(cf, `${audit('routes', 'demo-org', '-f', 'csv')} > /dev/null`)
  assert.not.match(bytes, /a second/)
})

onOne('names are looked up under the eyes of the reader', async ({ far: { cf } }) => {
  const command = `${audit('routes', 'demo-org', '-f', 'csv', '--resolve')} > /dev/null`
  const { code, bytes, lines } = await onTerminal(cf, command)
  assert.is(code, 0)
  assert.match(bytes, /([\d,]+) of \1 events, looking up names/)
  assert.not.match(lines.join('\n'), anySpinner)
})

onOne('an error stands alone', async ({ far: { cf } }) => {
  const { code, bytes, lines } = await onTerminal(cf, audit('routes', 'no-such-org'))
  assert.is(code, 4)
  assert.match(bytes, 'Asking Cloud Foundry')
  assert.match(lines[0]!, /^There is no org named no-such-org/)
  assert.not.match(lines.join('\n'), anySpinner)
})

onOne('Ctrl-C ends it, and leaves the terminal as it was', async ({ far: { cf } }) => {
  const command = `${audit('events', '--all-orgs', '-f', 'json')} > /dev/null; echo "code $?"; stty -a`
  // A shell would end at Ctrl-C, too.
  const { bytes, lines } = await onTerminal(cf, `trap : INT; ${command}`, { keys: [[/page 1/, '\u0003']] })
  const at = lines.findIndex(line => /^(\^C)?Interrupted\.$/.test(line))
  assert.ok(at > 0, lines.join('\n'))
  assert.equal(lines.slice(at + 1, at + 3), ['Nothing was left behind.', 'code 130'])
  assert.not.match(lines.join('\n'), anySpinner)
  assert.not.match(bytes, '\u001b[?25')
  assert.match(bytes, /[^-]icanon\b/)
  assert.match(bytes, /[^-]echo\b/)
})

onOne('SIGTERM takes it away, too', async ({ far: { cf } }) => {
  const file = word(join(cf.home, 'pid'))
  const command = `${audit('events', '--all-orgs', '-f', 'json')} > /dev/null & pid=$!; (cat > /dev/null; kill $pid) < ${file}; wait $pid; echo "code $?"`
  const { lines } = await onTerminal(cf, `mkfifo ${file}; (sleep 1; : > ${file}) & ${command}`)
  assert.match(lines.join('\n'), /^Terminated\.$/m)
  assert.match(lines.join('\n'), /^code 143$/m)
  assert.not.match(lines.join('\n'), anySpinner)
})

onOne('rows and progress never share a line', async ({ far: { cf } }) => {
  const { code, lines } = await onTerminal(cf, audit('events', '--all-orgs', '--api', 'v3'))
  assert.is(code, 0)
  assert.not.match(lines.join('\n'), anySpinner)
  const rows = lines.filter(isRow)
  for (const row of rows) assert.ok(stringWidth(row) <= 80, row)
  const events = Number(/^(\d+) events, /m.exec(lines.join('\n'))?.[1])
  assert.is(rows.length, events + 2)
})

onOne('a reader that goes ends it quietly with 0', async ({ far: { cf } }) => {
  const all = audit('events', '--all-orgs', '-f', 'ndjson')
  const { bytes, lines } = await onTerminal(cf, `{ ${all}; echo "code $?" >&2; } | head -c 20`)
  assert.match(lines.join('\n'), /code 0$/m)
  assert.not.match(lines.join('\n'), anySpinner)
  assert.not.match(bytes.slice(bytes.indexOf('{"guid"')), 'a second')
})
terminal.run()
