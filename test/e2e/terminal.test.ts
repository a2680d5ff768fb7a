// What only a real terminal proves: who gets which key and signal, and how the terminal is left. What is shown there is in
// test/commands.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasProgram } from '../programs.ts'
import { type Scene, withScene } from '../scene.ts'
import { keys, questions } from '../terminal.ts'
import { audit, onTerminal, type Terminal, word } from './terminal.ts'

const terminals = suite('on a real terminal')

/** A test that needs one. */
const onOne = hasProgram('python3', 'nothing was tried on a real terminal')
  ? (name: string, test: (scene: Scene) => Promise<void>) =>
      terminals(name, () => withScene({ events: 400 }, test))
  : () => {}

/** How a terminal is left: it shows what is typed, the cursor too, and its next line is empty. */
async function isAsFound(terminal: Terminal, code: number): Promise<void> {
  assert.equal(await terminal.ended, { code, echo: true, lines: true }, terminal.text())
  const bytes = terminal.bytes()
  assert.ok(bytes.lastIndexOf('\u001b[?25h') >= bytes.lastIndexOf('\u001b[?25l'), 'the cursor is hidden')
  assert.match(bytes.replace(/\u001b\[[?\d;]*[A-Za-z]/g, ''), /\n$/)
}

const shell = (line: string) => ['sh', '-c', line]
const auditLine = (...args: string[]) =>
  audit(...args)
    .map(word)
    .join(' ')

// --- Questions ---------------------------------------------------------------------------------------------------

const { enter, down } = keys
const colour = /\u001b\[(3[0-79]|9[0-7])m/

onOne('questions are answered with keys, and the report is in its file', async scene => {
  const folder = join(scene.cf.home, 'here')
  mkdirSync(folder)
  const terminal = onTerminal(scene.cf, audit(), { cwd: folder, columns: 300 })
  for (const [question, typed] of [
    [questions.what, enter],
    [questions.org, down + enter],
    [questions.part, enter],
    [questions.time, enter],
    [questions.names, enter],
    [questions.format, down + enter],
    [questions.place, enter],
    [questions.file, enter],
  ] as const) {
    await terminal.see(question)
    terminal.type(typed)
  }
  await isAsFound(terminal, 0)
  const [file = ''] = readdirSync(folder)
  assert.match(file, /^user-access-demo-org-.*\.csv$/)
  assert.match(readFileSync(join(folder, file), 'utf8'), /^Timestamp/)
  assert.match(terminal.text(), `--output ${file}`)
  assert.match(terminal.bytes(), colour)
})

for (const [name, end, code] of [
  ['Ctrl-C', terminal => terminal.type(keys.ctrlC), 130],
  ['SIGTERM', terminal => terminal.signal('SIGTERM'), 143],
] as const satisfies (readonly [string, (terminal: Terminal) => void, number])[]) {
  onOne(`${name} at a question leaves the terminal as it was`, async ({ cf }) => {
    const terminal = onTerminal(cf, audit('--no-color'))
    await terminal.see(questions.what)
    end(terminal)
    await isAsFound(terminal, code)
    assert.not.match(terminal.bytes(), colour)
  })
}

// --- Progress ----------------------------------------------------------------------------------------------------

const spinner = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/

/** Holds the events back until it is told to go on. */
function hold({ foundation }: Scene): () => void {
  let go = () => {}
  const until = new Promise<void>(done => {
    go = done
  })
  const on = /\/(audit_)?events\?/
  foundation.faults.add({ on, answer: { until }, times: Number.POSITIVE_INFINITY })
  return go
}

onOne('progress while pages come, and nothing of it afterwards', async scene => {
  const go = hold(scene)
  const terminal = onTerminal(scene.cf, audit('events', '--all-orgs', '-f', 'csv'), {
    stdout: join(scene.cf.home, 'all.csv'),
  })
  await terminal.see(spinner)
  go()
  await isAsFound(terminal, 0)
  assert.not.match(terminal.lines().join('\n'), spinner)
  assert.not.match(terminal.bytes(), '\u001b[?25')
  assert.match(readFileSync(join(scene.cf.home, 'all.csv'), 'utf8'), /^Timestamp/)
})

for (const [name, end, code] of [
  ['Ctrl-C', terminal => terminal.type(keys.ctrlC), 130],
  ['SIGTERM', terminal => terminal.signal('SIGTERM'), 143],
] as const satisfies (readonly [string, (terminal: Terminal) => void, number])[]) {
  onOne(`${name} takes progress away`, async scene => {
    hold(scene)
    const terminal = onTerminal(scene.cf, audit('events', '--all-orgs', '-f', 'json'), {
      stdout: join(scene.cf.home, 'all.json'),
    })
    await terminal.see(spinner)
    end(terminal)
    await isAsFound(terminal, code)
    assert.not.match(terminal.lines().join('\n'), spinner)
    assert.is(readFileSync(join(scene.cf.home, 'all.json'), 'utf8'), '')
  })
}

// --- The pager ---------------------------------------------------------------------------------------------------

const long = ['user-access', 'demo-org', '-q']

onOne('a long table goes through the pager, which may be left early', async ({ cf }) => {
  const env = { CF_AUDIT_PAGER: 'head -2' }
  const terminal = onTerminal(cf, audit(...long), { env })
  await isAsFound(terminal, 0)
  assert.is(terminal.lines().length, 2)
})

onOne('a table that fits the screen goes through none', async ({ cf }) => {
  const env = { CF_AUDIT_PAGER: '/nonexistent/pager' }
  const terminal = onTerminal(cf, audit('types', 'supporter'), { env })
  await isAsFound(terminal, 0)
  assert.match(terminal.text(), /^Event Type/m)
  assert.not.match(terminal.text(), 'pager')
})

onOne('Ctrl-C ends the pager alone, with 0', async ({ cf }) => {
  const waiting =
    'process.stdin.resume().on("end", () => console.log("PAGING")); setInterval(() => {}, 1 << 30)'
  const env = { CF_AUDIT_PAGER: `${word(process.execPath)} -e ${word(waiting)}` }
  const terminal = onTerminal(cf, shell(`trap : INT; ${auditLine(...long)}; echo "code $?"`), { env })
  await terminal.see('PAGING')
  terminal.type(keys.ctrlC)
  await isAsFound(terminal, 0)
  assert.match(terminal.lines().at(-1) ?? '', /code 0$/)
})

onOne('SIGTERM ends us and the pager', async ({ cf }) => {
  const killing = 'echo PAGING; kill $PPID; exec sleep 1000'
  const env = { CF_AUDIT_PAGER: `sh -c ${word(killing)}` }
  const terminal = onTerminal(cf, audit(...long), { env })
  await terminal.see('PAGING')
  await isAsFound(terminal, 143)
})

onOne('without the pager that PAGER names the table is shown all the same', async ({ cf }) => {
  const env = { CF_AUDIT_PAGER: undefined, PAGER: '/nonexistent/pager' }
  const terminal = onTerminal(cf, audit(...long), { env })
  await isAsFound(terminal, 0)
  assert.match(terminal.text(), 'Warning: ')
  assert.match(terminal.text(), '/nonexistent/pager')
  assert.ok(terminal.lines().length > 20)
})

terminals.run()
