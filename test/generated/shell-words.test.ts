import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2, v3 } from '../../src/capi/api.ts'
import {
  beyondTheRecipe,
  type Call,
  callsFor,
  explain,
  orgsToExplain,
} from '../../src/commands/report/explain.ts'
import type { Scope } from '../../src/options/scope.ts'
import { reports } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'
import { posixWord, shellLine } from '../../src/text.ts'
import { hasProgram } from '../programs.ts'
import { fc, holds } from './check.ts'

// What we print to be pasted runs in real shells, in a folder of its own where `cf` writes down its arguments.

interface Shell {
  readonly name: string
  readonly argv: readonly [file: string, ...args: string[]]
}

const shells: readonly Shell[] = [
  { name: 'sh', argv: ['sh'] },
  { name: 'dash', argv: ['dash'] },
  { name: 'bash', argv: ['bash', '--norc', '-s'] },
  { name: 'bash, interactive', argv: ['bash', '--norc', '-i', '-s'] },
  { name: 'zsh', argv: ['zsh', '-f', '-s'] },
  // Here a comment is a command.
  { name: 'zsh, interactive', argv: ['zsh', '-f', '-i', '-s'] },
  { name: 'zsh, with quotes in quotes', argv: ['zsh', '-f', '-i', '-s', '-o', 'rcquotes'] },
]

const present = shells.filter(({ name, argv: [file] }) =>
  hasProgram(file, `nothing was pasted into ${name}`, ['-c', ':']),
)

interface Pasted {
  /** The arguments of each call of cf, in order. */
  readonly calls: readonly (readonly string[])[]
  /** What ran that should not have, and the files that it made. */
  readonly others: readonly string[]
}

const programs: Readonly<Record<string, string>> = {
  cf: 'printf "%s\\0" "$@" cf-ends >> "$LOG/calls"; echo "$ANSWER"',
  jq: '/bin/cat > /dev/null; echo "$ANSWER"',
  sed: '/bin/cat > /dev/null',
  pwn: 'printf "pwn %s\\n" "$*" >> "$LOG/others"',
  touch: 'printf "touch %s\\n" "$*" >> "$LOG/others"',
}

const folder = mkdtempSync(join(tmpdir(), 'cf-audit-shell-'))
mkdirSync(join(folder, 'bin'))
for (const [name, script] of Object.entries(programs)) {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'bin', name), 0o755)
}

async function paste(text: string, { argv: [file, ...args] }: Shell): Promise<Pasted> {
  const log = mkdtempSync(join(folder, 'log-'))
  const cwd = join(log, 'home')
  mkdirSync(cwd)
  const path = spawnSync('sh', ['-c', `command -v ${file}`], { encoding: 'utf8' }).stdout.trim()
  const child = spawn(path, args, {
    cwd,
    env: {
      PATH: join(folder, 'bin'),
      LOG: log,
      HOME: cwd,
      ANSWER: 'a-guid',
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
      HISTFILE: '/dev/null',
    },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(text)
  await new Promise(done => child.on('close', done))
  const read = (name: string) =>
    readdirSync(log).includes(name) ? readFileSync(join(log, name), 'utf8') : ''
  const calls = read('calls')
    .split('cf-ends\0')
    .slice(0, -1)
    .map(call => call.split('\0').slice(0, -1))
  const others = [...read('others').split('\n').slice(0, -1), ...readdirSync(cwd)]
  rmSync(log, { recursive: true })
  return { calls, others }
}

const nasty = [
  ...[
    '\n',
    '\r',
    '\t',
    '\u001b',
    '\u0085',
    '\u202e',
    '\u200b',
    '\u2028',
    '\u007f',
    '\u0001',
    '\u0003',
    '\u0004',
  ],
  ...'\'"`$\\!#~=-+*?[](){}<>|&;^%@:/, ',
  ...[
    '$(pwn)',
    '`pwn`',
    '; pwn ;',
    '\npwn\n',
    "'; pwn; '",
    '"; pwn; "',
    '&& pwn',
    '| pwn',
    '> pwned',
    '$GUID',
    '/$GUID',
    '$'.concat('{HOME}'),
    '!!',
    '!cf',
    '!?pwn?',
    '!$',
    '^cf^pwn',
    '\n!!\n',
    '#',
    '<(pwn)',
    '=pwn',
    '~',
    '{pwn,x}',
    '--',
    '-n',
    '%1',
    '\\\n',
    "''",
    "\\'",
    'SPACE-GUIDS',
    'ORG-GUID-END',
  ],
  ...[
    '’',
    '‘',
    '“',
    '„',
    '‛',
    '`n',
    '`',
    '$([char]0x41)',
    '$env:PATH',
    '@x',
    '1kb',
    '0x10',
    '--%',
    '–a',
    '%PATH%',
  ],
  ...['a', 'demo-org', 'ü', '日本', '🚀', 'e\u0301'],
]
const word = fc.oneof(
  fc.constantFrom(...nasty),
  fc.array(fc.constantFrom(...nasty), { maxLength: 6 }).map(parts => parts.join('')),
  fc.string({ unit: 'grapheme' }).map(text => text.replaceAll('\0', '').toWellFormed()),
)

/**
 * The words of a line as PowerShell reads them (about_Quoting_Rules, about_Special_Characters): any sign of the typographic quotes quotes, too.
 */
function readPowerShell(line: string): string[] {
  const token =
    /(?<single>['‘’‚‛](?:[^'‘’‚‛]|['‘’‚‛]{2})*['‘’‚‛])|(?<double>["“”„](?:[^"“”„`$]|`.|\$\(\[char\]0x[\da-f]+\))*["“”„])|(?<bare>[a-z0-9/\\-][\w./\\:@+-]*)/isuy
  const words: string[] = []
  for (let at = 0; at < line.length; ) {
    token.lastIndex = at
    const found = token.exec(line)
    assert.ok(found?.groups, `${line.slice(at)} in ${line}`)
    const { single, double, bare } = found.groups
    words.push(
      bare ??
        single?.slice(1, -1).replace(/(['‘’‚‛])['‘’‚‛]/g, '$1') ??
        (double ?? '')
          .slice(1, -1)
          .replace(/`(.)|\$\(\[char\]0x([\da-f]+)\)/gsu, (_, sign, code) =>
            code === undefined ? sign : String.fromCharCode(Number.parseInt(code, 16)),
          ),
    )
    at = token.lastIndex + 1
    assert.match(line[at - 1] ?? ' ', ' ', line)
  }
  return words
}

const words = suite('words in a command line')

for (const shell of present) {
  words(`${shell.name}: mean just themselves, and run nothing`, () =>
    holds(
      25,
      fc.asyncProperty(fc.array(word, { minLength: 20, maxLength: 20 }), async all => {
        const lines = [0, 5, 10, 15].map(at => all.slice(at, at + 5))
        const text = lines.map(line => `GUID=$(cf ${line.map(posixWord).join(' ')})\n`).join('')
        const { calls, others } = await paste(text, shell)
        assert.equal(calls, lines, text)
        assert.equal(others, [])
      }),
    ),
  )
}

words('PowerShell: mean just themselves', () =>
  holds(
    1000,
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), all => {
      const line = shellLine(['cf', ...all], 'win32')
      assert.equal(readPowerShell(line), ['cf', ...all], line)
      assert.not.match(line, /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/)
    }),
  ),
)

words('on one line, but for line breaks at their end', () =>
  holds(
    1000,
    fc.property(word, text => {
      assert.not.match(posixWord(text.replace(/\n+$/, '')), /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/)
    }),
  ),
)

words('the shells would run them unquoted', async () => {
  for (const shell of present) {
    const { calls, others } = await paste('cf a\ncf $(pwn) # x\npwn !!\n', shell)
    assert.ok(calls.length >= 2, shell.name)
    assert.ok(others.length >= 1, shell.name)
    // `!!` is the line before: history is at work where a person types.
    if (/interactive/.test(shell.name))
      assert.ok(
        others.some(other => other.includes('cf')),
        `${shell.name}: ${others}`,
      )
  }
})
words.run()

const explained = suite('--explain, of any words')

const names = fc.array(
  word.filter(text => text !== ''),
  { minLength: 1, maxLength: 2 },
)
const scopes: fc.Arbitrary<Scope> = fc.record({
  orgs: fc.oneof(fc.constantFrom('all' as const, 'targeted' as const, ['/$GUID']), names),
  spaces: fc.oneof(fc.constant([]), names),
})

// In a path, a variable stands for what an earlier call printed.
const argsOf = ({ args }: Call) =>
  args.map(arg => (args[0] === 'curl' ? arg.replace(/\$(GUID\d*|SPACES)/g, 'a-guid') : arg))

for (const shell of present) {
  explained(`${shell.name}: runs the calls that it shows, and nothing else`, () =>
    holds(
      25,
      fc.asyncProperty(
        fc.constantFrom(...reports),
        scopes,
        fc.array(word, { maxLength: 2 }),
        fc.array(word, { maxLength: 2 }),
        fc.option(fc.array(fc.oneof(word, fc.constantFrom(...eventTypes)), { minLength: 1, maxLength: 3 })),
        fc.constantFrom(v2, v3),
        async (report, scope, actor, target, types, api) => {
          const calls = callsFor(
            scope,
            where => ({ ...where, types: types ?? undefined, order: 'time' }),
            api,
          )
          const orgs = orgsToExplain(scope)
          const text = explain({
            report: types === null ? report : { ...report, types },
            orgs,
            format: report.recipes[0] ?? 'csv',
            calls,
            beyond: beyondTheRecipe(scope, { actor, target, about: [] }, {}, report.documented),
          })
          const ran = await paste(text, shell)
          assert.equal(ran.others, [], text)
          const ours = ran.calls.slice(ran.calls.length - calls.length)
          assert.equal(
            ours.map(call => call.join('\0')),
            calls.map(call => argsOf(call).join('\0')),
            text,
          )
          for (const call of ran.calls.slice(0, -calls.length))
            assert.match(call[0] ?? '', /^(org|curl)$/, text)
          for (const line of text.split('\n').filter(line => line.startsWith('#')))
            assert.match(line, /^#[\w\s.,:…-]*("[\w\s]+"[\w\s.,:-]*)?$/)
        },
      ),
    ),
  )
}
explained.after(() => rmSync(folder, { recursive: true }))
explained.run()
