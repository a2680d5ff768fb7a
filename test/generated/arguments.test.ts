import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commands } from '../../src/commands/index.ts'
import { main } from '../../src/main.ts'
import { helpOptions, messageOptions, type Option } from '../../src/options/command.ts'
import { run } from '../run.ts'
import { withScene } from '../scene.ts'
import { fc, holds } from './check.ts'

/** Every option that any command has, as the program itself declares them. */
const options = async (): Promise<[name: string, option: Option][]> =>
  [
    messageOptions,
    helpOptions,
    ...(await Promise.all(commands.map(entry => entry.load()))).map(each => each.options),
  ].flatMap(table => Object.entries<Option>(table))

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

const optionOf = (options: readonly [name: string, option: Option][]) =>
  fc
    .constantFrom(...options)
    .chain(([name, { alias, complete }]) =>
      fc
        .tuple(
          fc.constantFrom(
            `--${name}`,
            `--${name}`,
            alias ? `-${alias}` : `--no-${name}`,
            `--${name.slice(0, -1)}`,
          ),
          fc.oneof(words, fc.constantFrom(...(complete?.() ?? ['1', 'true', 'out']))),
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
  '--constructor',
  '--toString=x',
  '--a.b=c',
)

/** Options as people mean them; not all of them go together, or with every command. */
const meant = fc.constantFrom(
  ...[
    'demo-org',
    'demo-org',
    '-f csv',
    '-f table',
    '-f json',
    '-f ndjson',
    '-f xlsx -O out.xlsx',
    '-O out.csv --force',
    '--since 7d',
    '--until yesterday',
    '--month this',
    '--tz Asia/Kolkata',
    '--limit 3',
    '--reverse',
    '--names',
    '--wide',
    '--columns +data,+event_guid',
    '--about my-app',
    '--actor sandbox-bot',
    '--target developer@example.gov',
    '--type audit.user.*',
    '--space dev',
    '--all-orgs',
    '--as-documented',
    '--unredacted',
    '--strict',
    '--explain',
    '--api v2',
    '--concurrency 1',
    '-q',
    '-v',
    '--color',
    '--user developer@example.gov',
    '--role OrgAuditor',
  ].map(line => line.split(' ')),
)

/** A command line: a command or not, and what may follow it, in any order. */
const lines = (commands: readonly string[], option: ReturnType<typeof optionOf>) =>
  fc
    .tuple(
      fc.oneof({ arbitrary: fc.constantFrom(...commands), weight: 6 }, { arbitrary: words, weight: 1 }),
      fc.oneof(
        fc.array(meant, { maxLength: 4 }),
        fc.array(
          fc.oneof(
            { arbitrary: option, weight: 6 },
            { arbitrary: meant, weight: 2 },
            { arbitrary: words.map(word => [word]), weight: 2 },
            { arbitrary: fc.constantFrom(...commands).map(word => [word]), weight: 1 },
            { arbitrary: strange.map(word => [word]), weight: 1 },
          ),
          { maxLength: 6 },
        ),
      ),
    )
    .map(([command, rest]) => [command, ...rest.flat()])

/** A process without a terminal, without input, and without any cf. */
function bareProcess() {
  const printed = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof printed) =>
    new Writable({
      write(chunk, _, done) {
        printed[name] += chunk
        done()
      },
    })
  const process = Object.assign(new EventEmitter(), {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    env: { PATH: '/nonexistent', HOME: '/nonexistent' },
  })
  return { process: process as unknown as NodeJS.Process, printed, listening: () => process.eventNames() }
}

/** What these find is printed, whatever they end with. */
const findings = ['doctor', 'verify', 'archive']

/** The end of a run that went wrong: two lines, after what else there was to say. */
function saysWhy(code: number | null, stdout: string, stderr: string, line: readonly string[]): void {
  const shown = JSON.stringify(line).slice(0, 500)
  assert.ok(code !== null && [0, 2, 3, 4, 5, 6].includes(code), `${shown}: exit code ${code}\n${stderr}`)
  assert.not.match(stderr, /This is a bug|^\s+at .*:\d+|\[object Object\]/m, shown)
  // Colours are ours, when --color asks for them; any other escape is somebody's text.
  const words = stderr.replace(/\u001b\[(2|22|31|32|33|35|39)m/g, '')
  assert.not.match(words, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, shown)
  if (code === 0) return
  assert.ok(stderr.trimEnd().split('\n').length >= 2, `${shown}: ${stderr}`)
  if (code !== 6 && !findings.some(name => line.includes(name))) assert.is(stdout, '', shown)
}

const argued = suite('any command line')

argued('ends in words, without cf', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cf-audit-arguments-'))
  const from = process.cwd()
  const rejected: unknown[] = []
  const onRejection = (reason: unknown) => rejected.push(reason)
  process.on('unhandledRejection', onRejection)
  process.chdir(folder)
  try {
    const names = commands.map(({ name }) => name)
    await holds(
      800,
      fc.asyncProperty(lines(names, optionOf(await options())), async line => {
        const { process, printed, listening } = bareProcess()
        const code = await main(line, process)
        saysWhy(code, printed.stdout, printed.stderr, line)
        assert.equal(listening(), [], 'it still listens to signals')
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
    rmSync(folder, { recursive: true, force: true })
  }
})

argued('ends in words, with Cloud Foundry', () =>
  withScene({ events: 40 }, async ({ cf }) => {
    const names = commands.map(({ name }) => name)
    // No argument of a process holds a NUL or half of a character.
    const real = lines(names, optionOf(await options())).map(line =>
      line.map(word => word.replaceAll('\0', '').toWellFormed()),
    )
    const cwd = mkdtempSync(join(tmpdir(), 'cf-audit-arguments-'))
    try {
      await holds(
        400,
        fc.asyncProperty(real, async line => {
          const args = line.filter(word => !/^--(cf|timeout)/.test(word))
          const { code, stdout, stderr } = await run(cf, [...args, '--max-wait', '0'], { cwd })
          saysWhy(code, stdout, stderr, args)
          assert.equal(
            readdirSync(cwd).filter(name => name.endsWith('.partial')),
            [],
          )
        }),
      )
    } finally {
      rmSync(cwd, { recursive: true, force: true })
    }
  }),
)
argued.run()
