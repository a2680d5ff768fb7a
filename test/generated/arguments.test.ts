import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { main } from '../../src/main.ts'
import * as described from '../../src/options/options.ts'
import { run } from '../e2e/cf-audit.ts'
import { withScene } from '../scene.ts'
import { processesLeft } from '../traces.ts'
import { fc, holds } from './check.ts'

interface Described {
  readonly alias?: string
  readonly type?: string
  readonly choices?: readonly string[]
}

/** Every option that any command has, as the program itself describes them. */
const options = Object.values(described as Record<string, unknown>).flatMap(group =>
  typeof group === 'object' && group !== null ? Object.entries(group as Record<string, Described>) : [],
)

const odd = [
  '',
  ' ',
  '-',
  '--',
  '-x',
  '=',
  '0',
  '-1',
  '1e999',
  'NaN',
  '2026-11-01',
  '2026-13',
  '7d',
  'last',
  'x,y',
  '+x',
]
const odder = [
  '__proto__',
  'constructor',
  'toString',
  '日本語',
  '🚀',
  '\ud800',
  '\u001b[31m',
  'a\nb',
  '[]',
  '{}',
  '$(x)',
]
const words = fc.oneof(
  fc.constantFrom(...odd, ...odder, 'demo-org'),
  fc.string(),
  fc.constant('x'.repeat(10_000)),
)

const option = fc
  .constantFrom(...options)
  .chain(([name, { alias, choices }]) =>
    fc
      .tuple(
        fc.constantFrom(
          `--${name}`,
          `--${name}`,
          alias ? `-${alias}` : `--no-${name}`,
          `--${name.slice(0, -1)}`,
        ),
        fc.oneof(words, fc.constantFrom(...(choices ?? ['1', 'true', 'out']))),
        fc.constantFrom(' ', '=', ''),
      )
      .map(([flag, value, between]) =>
        between === ' ' ? [flag, value] : [between ? `${flag}=${value}` : flag],
      ),
  )

const strange = fc.constantFrom(
  '--',
  '-',
  '---',
  '--=',
  '--no-',
  '--no-no-header',
  '-qvq',
  '--__proto__.x=1',
  '--a.b=c',
)

/** A command line: a command or not, and what may follow it, in any order. */
const lines = (commands: readonly string[]) =>
  fc
    .tuple(
      fc.oneof({ arbitrary: fc.constantFrom(...commands), weight: 6 }, { arbitrary: words, weight: 1 }),
      fc.array(
        fc.oneof(
          { arbitrary: option, weight: 6 },
          { arbitrary: words.map(word => [word]), weight: 2 },
          { arbitrary: fc.constantFrom(...commands).map(word => [word]), weight: 1 },
          { arbitrary: strange.map(word => [word]), weight: 1 },
        ),
        { maxLength: 6 },
      ),
    )
    .map(([command, rest]) => [command, ...rest.flat()])

/** A process without a terminal, without input, and without any cf. */
function bareProcess() {
  const told = { stdout: '', stderr: '' }
  let listeners = 0
  const sink = (name: keyof typeof told) =>
    new Writable({
      write(chunk, _, done) {
        told[name] += chunk
        done()
      },
    })
  const process = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    env: { PATH: '/nonexistent', HOME: '/nonexistent' },
    once: () => listeners++,
    off: () => listeners--,
  }
  return { process: process as unknown as NodeJS.Process, told, listeners: () => listeners }
}

/** The end of a run that went wrong: two lines, after what else there was to say. */
function saysWhy(code: number | null, stdout: string, stderr: string, line: readonly string[]): void {
  const shown = JSON.stringify(line).slice(0, 500)
  assert.ok(code !== null && [0, 2, 3, 4, 5, 6].includes(code), `${shown}: exit code ${code}\n${stderr}`)
  assert.not.match(stderr, /This is a bug|^\s+at .*:\d+|\[object Object\]/m, shown)
  // Colours are ours, when --color asks for them; any other escape is somebody's text.
  const words = stderr.replace(/\u001b\[(2|22|31|33|39)m/g, '')
  assert.not.match(words, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, shown)
  // What is wrong is what doctor has to show.
  if (code === 0 || line.includes('doctor')) return
  assert.is(stdout, '', shown)
  assert.ok(stderr.trimEnd().split('\n').length >= 2, `${shown}: ${stderr}`)
}

const argued = suite('any command line')

argued('ends in words, within the program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cf-audit-arguments-'))
  const [from, log, error] = [process.cwd(), console.log, console.error]
  const rejected: unknown[] = []
  const onRejection = (reason: unknown) => rejected.push(reason)
  process.on('unhandledRejection', onRejection)
  process.chdir(folder)
  let printed = ''
  console.log = (...all: unknown[]) => {
    printed += `${all.join(' ')}\n`
  }
  console.error = console.log
  try {
    await main(['--help'], bareProcess().process)
    const commands = [...printed.matchAll(/^ {2}(?:cf-audit )?([a-z][a-z-]+)(?= [[A-Z]| {2})/gm)].map(
      ([, name]) => name!,
    )
    assert.ok(commands.length > 6 && options.length > 20, printed)
    await holds(
      800,
      fc.asyncProperty(lines(commands), async line => {
        const { process, told, listeners } = bareProcess()
        const code = await main(line, process)
        saysWhy(code, told.stdout, told.stderr, line)
        assert.is(listeners(), 0, 'it still listens to signals')
        // No cf is there to ask and no input: what was written is not even begun.
        if (code !== 0) assert.equal(readdirSync(folder), [])
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
      }),
    )
    await new Promise(setImmediate)
    assert.equal(rejected, [])
    assert.is(({} as { x?: unknown }).x, undefined)
  } finally {
    process.chdir(from)
    process.off('unhandledRejection', onRejection)
    console.log = log
    console.error = error
    rmSync(folder, { recursive: true, force: true })
  }
})

argued('ends in words, as built', () =>
  withScene({ events: 40 }, async ({ cf }) => {
    const commands = ['events', 'routes', 'user-access', 'services', 'format']
    // No argument of a process holds a NUL or half of a character.
    const real = lines(commands).map(line => line.map(word => word.replaceAll('\0', '').toWellFormed()))
    const cwd = mkdtempSync(join(tmpdir(), 'cf-audit-arguments-'))
    try {
      await holds(
        30,
        fc.asyncProperty(real, async line => {
          const args = line.filter(word => !/^--(cf|timeout)/.test(word))
          const { code, stdout, stderr } = await run(cf, [...args, '--max-wait', '0'], { cwd })
          saysWhy(code, code === 6 ? '' : stdout, stderr, args)
          assert.equal(
            readdirSync(cwd).filter(name => name.endsWith('.partial')),
            [],
          )
        }),
      )
      assert.equal(await processesLeft(cf), [])
    } finally {
      rmSync(cwd, { recursive: true, force: true })
    }
  }),
)
argued.run()
