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

/** A command whose words go nowhere: what is left is the table. */
const tableOf = (...args: string[]) => `${audit(...args)} 2> /dev/null`

for (const columns of [40, 80, 200]) {
  onOne(`no line is wider than ${columns} columns`, async ({ near: { cf } }) => {
    for (const report of ['user-access', 'routes', 'service-bindings']) {
      const { code, lines } = await onTerminal(cf, tableOf(report, 'demo-org'), { columns })
      assert.is(code, 0)
      assert.ok(lines.length > 20)
      for (const line of lines) assert.ok(stringWidth(line) <= columns, line)
      assert.match(
        lines.join('\n'),
        columns < 80 ? /^─\[ 1 of \d+ \]─+\nTimestamp/ : /^Timestamp .*\n(.*\n)*─+ /,
      )
    }
  })
}

onOne('what has no room is said once, and --no-truncate shows it', async ({ near: { cf } }) => {
  const { lines } = await onTerminal(cf, audit('events', 'demo-org'))
  const said = lines.join(' ').split('To fit this terminal, ')
  assert.is(said.length, 2)
  assert.match(
    said[1]!,
    'cells that end with … are shortened and Target Type and Event GUID are hidden; --no-truncate',
  )

  const whole = await onTerminal(cf, tableOf('events', 'demo-org', '--no-truncate'))
  const piped = await run(cf, ['events', 'demo-org', '-f', 'table'])
  assert.equal(whole.lines.join('\n'), piped.stdout.trimEnd())
  const { lines: all } = await onTerminal(cf, audit('events', 'demo-org', '--no-truncate'))
  assert.not.match(all.join(' '), 'To fit this terminal')
})

onOne('actions in words, the types themselves on request', async ({ near: { cf } }) => {
  const words = await onTerminal(cf, tableOf('user-access', 'demo-org'), { columns: 200 })
  assert.match(words.lines.join('\n'), /(Developer|Manager|Auditor|Supporter) granted/)
  assert.not.match(words.lines.join('\n'), 'audit.user')
  for (const asked of [['--columns', 'time,type'], ['--columns', '+type'], ['--wide']]) {
    const types = await onTerminal(cf, tableOf('user-access', 'demo-org', ...asked), { columns: 200 })
    assert.match(types.lines.join('\n'), /audit\.user\.\w+_add/)
  }
})

// A run that takes long shows progress, which moves the cursor.
const still = { CI: 'true' }

onOne('colours by meaning, and no escape of a name', async ({ near: { cf } }) => {
  const { bytes, lines } = await onTerminal(cf, tableOf('user-access', 'demo-org'), {
    columns: 200,
    env: still,
  })
  assert.match(bytes, /\u001b\[32mSpace \w+ granted\u001b\[39m/)
  assert.match(bytes, /\u001b\[31mSpace \w+ revoked\u001b\[39m/)
  assert.match(lines.join('\n'), '␛[31mred')
  // Besides colors around an action, nothing at all.
  assert.not.match(bytes.replace(/\u001b\[3[125]m([\w ]+)\u001b\[39m/g, '$1'), '\u001b')
})

const colourless: readonly (readonly [what: string, env: Record<string, string>, args: readonly string[]])[] =
  [
    ['NO_COLOR', { NO_COLOR: '1' }, []],
    ['TERM=dumb', { TERM: 'dumb' }, []],
    ['--no-color', {}, ['--no-color']],
  ]
for (const [what, env, args] of colourless) {
  onOne(`${what}: the same rows without any escape`, async ({ near: { cf } }) => {
    const plain = await onTerminal(cf, tableOf('user-access', 'demo-org', ...args), {
      env: { ...still, ...env },
    })
    assert.not.match(plain.bytes, '\u001b')
    const painted = await onTerminal(cf, tableOf('user-access', 'demo-org'))
    assert.match(painted.bytes, '\u001b[32m')
    assert.equal(painted.lines, plain.lines)
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

// --- The pager --------------------------------------------------------------------------------------------------

/** A pager that is there until it is ended, or a key is pressed. */
const waiting = `${word(process.execPath)} -e ${word(
  'process.stdin.resume().on("end", () => console.log("PAGING")); setInterval(() => {}, 1000)',
)}`

onOne(
  'a long table goes through the pager, and nobody minds if that is left early',
  async ({ near: { cf } }) => {
    const env = { CF_AUDIT_PAGER: 'head -2' }
    const { code, lines } = await onTerminal(cf, audit('user-access', 'demo-org'), { env })
    assert.is(code, 0)
    const table = lines.filter(line => line.startsWith('Timestamp '))
    assert.is(table.length, 1)
    assert.not.match(lines.join('\n'), /^\d\d-\d\d /m)
    assert.match(lines.join('\n'), /Complete: \d+ events of demo-org/)
  },
)

onOne('a table that fits the screen goes through none', async ({ near: { cf } }) => {
  const env = { CF_AUDIT_PAGER: '/nonexistent/pager' }
  const { code, lines } = await onTerminal(cf, audit('types', 'supporter'), { env })
  assert.is(code, 0)
  assert.match(lines.join('\n'), /^Event Type/m)
  assert.not.match(lines.join('\n'), 'Warning')
})

onOne('Ctrl-C ends the pager alone, with 0', async ({ near: { cf } }) => {
  const { lines } = await onTerminal(cf, `trap : INT; ${audit('user-access', 'demo-org')}; echo "code $?"`, {
    env: { CF_AUDIT_PAGER: waiting },
    keys: [[/PAGING/, '\u0003']],
  })
  assert.match(lines.join('\n'), /Complete: \d+ events of demo-org/)
  assert.not.match(lines.join('\n'), 'Interrupted')
  assert.is(lines.at(-1), 'code 0')
})

onOne('SIGTERM ends us and the pager', async ({ near: { cf } }) => {
  const killed = 'echo PAGING; kill $PPID; exec sleep 1000'
  const { lines } = await onTerminal(cf, `${audit('user-access', 'demo-org')}; echo "code $?"`, {
    env: { CF_AUDIT_PAGER: `sh -c ${word(killed)}` },
  })
  assert.match(lines.join('\n'), /^PAGING$/m)
  assert.match(lines.join('\n'), /^Terminated\.$/m)
  assert.is(lines.at(-1), 'code 143')
})

onOne('without the pager that PAGER names the table is shown all the same', async ({ near: { cf } }) => {
  const env = { CF_AUDIT_PAGER: undefined, PAGER: '/nonexistent/pager' }
  const { code, lines } = await onTerminal(cf, audit('user-access', 'demo-org'), { env })
  assert.is(code, 0)
  assert.match(lines.join(''), 'Warning: the pager /nonexistent/pager could not be started.')
  const { lines: whole } = await onTerminal(cf, audit('user-access', 'demo-org'))
  assert.ok(lines.length > whole.length)
})

// --- Progress ---------------------------------------------------------------------------------------------------

const told = /[\d,]+ of [\d,]+ events, page \d of \d, [\d,]+ a second, \d+ s left/
const anySpinner = /Waiting for Cloud Foundry|a second|\u001b\[\?/

onOne('progress while pages come, and nothing of it afterwards', async ({ far: { cf } }) => {
  const file = join(cf.home, 'all.ndjson')
  for (const command of [
    `${audit('events', '--all-orgs', '-f', 'ndjson')} > ${word(file)}`,
    audit('events', '--all-orgs', '-O', file, '--force'),
  ]) {
    const { code, bytes, lines } = await onTerminal(cf, command)
    assert.is(code, 0)
    assert.match(bytes, 'Waiting for Cloud Foundry')
    assert.match(bytes, told)
    assert.not.match(lines.join('\n'), anySpinner)
    assert.not.match(bytes, '\u001b[?25')
    assert.is(lines[0], 'No org given: events of all orgs you can see.')
    assert.is(lines.filter(line => /(Complete|Partial): [\d,]+ events/.test(line)).length, 1)
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
  const command = `${audit('routes', 'demo-org', '-f', 'csv', '--names')} > /dev/null`
  const { code, bytes, lines } = await onTerminal(cf, command)
  assert.is(code, 0)
  assert.match(bytes, /([\d,]+) of \1 events, looking up names/)
  assert.not.match(lines.join('\n'), anySpinner)
})

onOne('an error stands alone', async ({ far: { cf } }) => {
  const { code, bytes, lines } = await onTerminal(cf, audit('routes', 'no-such-org'))
  assert.is(code, 4)
  assert.match(bytes, 'Waiting for Cloud Foundry')
  assert.match(lines[0]!, /^There is no org named no-such-org/)
  assert.not.match(lines.join('\n'), anySpinner)
})

onOne('Ctrl-C ends it, and leaves the terminal as it was', async ({ far: { cf } }) => {
  const command = `${audit('events', '--all-orgs', '-f', 'json')} > /dev/null; echo "code $?"; stty -a`
  // A shell would end at Ctrl-C, too.
  const { bytes, lines } = await onTerminal(cf, `trap : INT; ${command}`, { keys: [[/page 1/, '\u0003']] })
  const at = lines.findIndex(line => /^(\^C)?Interrupted\.$/.test(line))
  assert.ok(at > 0, lines.join('\n'))
  assert.equal(lines.slice(at + 1, at + 3), ['No output was written.', 'code 130'])
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
  const rows = lines.filter(line => /^(\d{4}-)?\d\d-\d\d \d\d:\d\d/.test(line))
  for (const row of rows) assert.ok(stringWidth(row) <= 80, row)
  const events = /: ([\d,]+) events/.exec(lines.join('\n'))?.[1]?.replaceAll(',', '')
  assert.is(String(rows.length), events)
})

onOne('a reader that goes ends it quietly with 0', async ({ far: { cf } }) => {
  const all = audit('events', '--all-orgs', '-f', 'ndjson')
  const { bytes, lines } = await onTerminal(cf, `{ ${all}; echo "code $?" >&2; } | head -c 20`)
  assert.match(lines.join('\n'), /code 0$/m)
  assert.not.match(lines.join('\n'), anySpinner)
  assert.not.match(bytes.slice(bytes.indexOf('{"guid"')), 'a second')
})
terminal.run()
