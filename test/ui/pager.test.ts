import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readerStarter } from '../../src/cf/run.ts'
import { Interrupted } from '../../src/errors.ts'
import { pagerFor, type Reader, showInPager } from '../../src/ui/pager.ts'

const choosing = suite('the pager of the user')

const screen = { rows: 24, columns: 80 }
const long = 'row\n'.repeat(24)
const less = ['less', '-FRX']

const chosen: readonly (readonly [
  what: string,
  env: NodeJS.ProcessEnv,
  command: readonly string[] | undefined,
  text?: string,
  screen?: { rows?: number; columns?: number },
])[] = [
  ['less where nothing is said', {}, less],
  ['a screenful and the prompt need none', {}, undefined, 'row\n'.repeat(23)],
  ['lines wider than the terminal stay lines', {}, ['less', '-FRXS'], `${long}${'x'.repeat(81)}\n`],
  ['colors take no room', {}, less, `${long}\u001b[32m${'x'.repeat(80)}\u001b[39m\n`],
  ['PAGER', { PAGER: 'more' }, ['more']],
  ['CF_AUDIT_PAGER before PAGER', { PAGER: 'more', CF_AUDIT_PAGER: 'most -w' }, ['most', '-w']],
  ['an empty one means none', { PAGER: '' }, undefined],
  ['CF_AUDIT_PAGER can mean none, too', { PAGER: 'more', CF_AUDIT_PAGER: '' }, undefined],
  ['cat means none', { PAGER: 'cat' }, undefined],
  [
    'words in quotes',
    { PAGER: `less -P "a \\"b\\" c" -j'd  e' f\\ g` },
    ['less', '-P', 'a "b" c', '-jd  e', 'f g'],
  ],
  [
    'a shell would run two programs, we run one',
    { PAGER: 'less; rm -r $HOME' },
    ['less;', 'rm', '-r', '$HOME'],
  ],
  ['none in CI', { CI: 'true' }, undefined],
  ['none on a dumb terminal', { TERM: 'dumb' }, undefined],
  ['none where the height is not known', {}, undefined, long, { columns: 80 }],
  ['none on a terminal without rows', {}, undefined, long, { rows: 0, columns: 80 }],
]
for (const [what, env, command, text = long, on = screen] of chosen) {
  choosing(what, () => assert.equal(pagerFor(text, on, env), command))
}
choosing.run()

const showing = suite('a text in the pager')

/** A pager that reads nothing until it is let go. */
function fakePager() {
  const stdin = new PassThrough()
  let end = (_: boolean) => {}
  const asked: { command: readonly string[]; env: NodeJS.ProcessEnv }[] = []
  const ended = new Promise<boolean>(done => {
    end = done
  })
  const reader: Reader = { stdin, ended, stop: () => end(true) }
  return {
    asked,
    stdin,
    end: (isStarted = true) => end(isStarted),
    start: (command: readonly string[], env: NodeJS.ProcessEnv) => {
      asked.push({ command, env })
      return reader
    },
  }
}

const never = new AbortController().signal

showing('it gets the text, and the options of git where the user has set none', async () => {
  for (const [env, options] of [
    [{}, 'FRX'],
    [{ LESS: '-i' }, '-i'],
  ] as const) {
    const pager = fakePager()
    const shown = showInPager('text\n', less, env, never, pager.start)
    assert.is(
      await pager.stdin
        .setEncoding('utf8')
        .toArray()
        .then(parts => parts.join('')),
      'text\n',
    )
    pager.end()
    assert.is(await shown, true)
    assert.equal(pager.asked, [{ command: less, env: { LESS: options, LV: '-c', ...env } }])
  }
})

showing('Ctrl-C is for the pager while it is there, and for us again afterwards', async () => {
  let interruptions = 0
  const listener = () => interruptions++
  process.once('SIGINT', listener)
  const pager = fakePager()
  const shown = showInPager('text\n', less, {}, never, pager.start)
  process.emit('SIGINT')
  process.emit('SIGINT')
  await turn()
  assert.is(interruptions, 0)
  pager.end()
  assert.is(await shown, true)
  process.emit('SIGINT')
  assert.is(interruptions, 1)
  assert.not.ok(process.rawListeners('SIGINT').includes(listener))
})

showing('a pager that is left before the end is none that failed', async () => {
  const pager = fakePager()
  const shown = showInPager('text\n', less, {}, never, pager.start)
  pager.stdin.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  pager.end()
  assert.is(await shown, true)
})

showing('SIGTERM ends it', async () => {
  const stop = new AbortController()
  const pager = fakePager()
  const shown = showInPager('text\n', less, {}, stop.signal, pager.start)
  const reason = new Interrupted('SIGTERM')
  stop.abort(reason)
  assert.is(await shown.catch(error => error), reason)
})

showing('a program that is not there is told', async () => {
  for (const command of ['/nonexistent/pager', process.cwd()]) {
    assert.is(
      await showInPager('text\n', [command], process.env, never, await readerStarter()),
      false,
      command,
    )
  }
})

showing('a real program that reads nothing, and a long text', async () => {
  const command = [process.execPath, '-e', '']
  assert.is(await showInPager('text\n'.repeat(1e6), command, process.env, never, await readerStarter()), true)
})
showing.run()
