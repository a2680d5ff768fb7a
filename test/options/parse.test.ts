import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { programOf } from '../../src/commands/index.ts'
import { UsageError } from '../../src/errors.ts'
import { commandHelp, programHelp } from '../../src/options/help.ts'
import { parseCommandLine } from '../../src/options/parse.ts'
import { smallProgram } from './program.ts'

const words = (line: string) => (line === '' ? [] : line.split(' '))

const asked = suite('what a command line asks for')

const { program } = smallProgram()
const [fruits, trees] = program.commands

for (const [line, text] of [
  ['--help', programHelp(program)],
  ['-h', programHelp(program)],
  ['-qh', programHelp(program)],
  ['help', programHelp(program)],
  ['help -q', programHelp(program)],
  ['help fruits', await commandHelp(fruits!)],
  ['-q help fruits', await commandHelp(fruits!)],
  ['fruits --help', await commandHelp(fruits!)],
  ['fruits -h', await commandHelp(fruits!)],
  ['--help fruits', await commandHelp(fruits!)],
  // Whatever else is wrong with it
  ['trees --nonsense -vh', await commandHelp(trees!)],
  ['--version', '1.2.3\n'],
  ['version', '1.2.3\n'],
] as const) {
  asked(`${line}: a text`, async () => assert.equal(await parseCommandLine(words(line), program), { text }))
}

const runs: readonly (readonly [argv: string | readonly string[], args: Record<string, unknown>])[] = [
  // No command: the questions
  ['', { words: [] }],
  ['-q', { words: [], quiet: true }],
  ['fruits', { words: [] }],
  ['fruits demo-org', { words: ['demo-org'] }],
  ['-q fruits demo-org', { words: ['demo-org'], quiet: true }],
  ['fruits -q demo-org', { words: ['demo-org'], quiet: true }],
  [['fruits', 'my org'], { words: ['my org'] }],
  ['fruits -- -x', { words: ['-x'] }],
  ['fruits -- --help', { words: ['--help'] }],
  // Options before the command, with their values
  ['--org x fruits', { words: [], org: 'x' }],
  ['-q -o fruits --since 7d fruits y', { words: ['y'], quiet: true, org: 'fruits', since: '7d' }],
  ['--org=x --all-orgs fruits', { words: [], org: 'x', allOrgs: true }],
  ['trees a b', { words: ['a', 'b'] }],
  ['trees fruits', { words: ['fruits'] }],
  // Names are words, never numbers
  ['fruits 0012', { words: ['0012'] }],
  ['fruits --org 0012 --org 1e3', { words: [], org: ['0012', '1e3'] }],
  ['fruits -o=-x -s dev', { words: [], org: '-x', space: 'dev' }],
  [['fruits', '--columns', 'time, name'], { words: [], columns: 'time, name' }],
  ['fruits --month=last -f CSV -O-', { words: [], month: 'last', format: 'CSV', output: '-' }],
  ['fruits --all-orgs --no-header --no-color', { words: [], allOrgs: true, noHeader: true, noColor: true }],
  // An empty one is for the command to judge, where there can be several
  [['fruits', '--org', ''], { words: [], org: '' }],
]
for (const [argv, args] of runs) {
  const line = typeof argv === 'string' ? words(argv) : argv
  asked(`${JSON.stringify(line)}: ${JSON.stringify(args)}`, async () => {
    const { program, ran } = smallProgram()
    const request = await parseCommandLine(line, program)
    if (request.text !== undefined) assert.unreachable(request.text)
    else await request.run(() => assert.unreachable() as never)
    const given = Object.entries(ran[0] ?? {}).filter(
      ([name, value]) => value !== undefined && /^[a-zA-Z]{2,}$/.test(name),
    )
    assert.equal(Object.fromEntries(given), args)
  })
}
asked.run()

const wrong = suite('what is wrong with a command line')

const refused: readonly (readonly [argv: string | readonly string[], message: RegExp, advice: RegExp])[] = [
  // Commands
  ['friuts', /^unknown command "friuts"\. Did you mean fruits\?$/, /cf-audit --help/],
  ['zzz -q', /^unknown command "zzz"\.$/, /cf-audit --help/],
  ['--org x friuts', /^unknown command "friuts"\. Did you mean fruits\?$/, /cf-audit --help/],
  ['--org x', /^unknown option: --org\.$/, /cf-audit --help/],
  ['help friuts', /Did you mean fruits\?$/, /cf-audit --help/],
  // Options
  ['fruits --sinse 7d', /^unknown option: --sinse\. Did you mean --since\?$/, /'cf-audit fruits --help'/],
  ['fruits --sinse=7d', /--sinse\. Did you mean --since\?$/, /--help/],
  ['fruits --no-hader', /--no-hader\. Did you mean --no-header\?$/, /--help/],
  ['fruits --colour', /--colour\. Did you mean --color\?$/, /--help/],
  ['fruits --nonsense', /--nonsense\.$/, /--help/],
  ['fruits --constructor', /^unknown option: --constructor\.$/, /--help/],
  ['--valueOf=x', /^unknown option: --valueOf\.$/, /--help/],
  ['fruits -x', /-x\.$/, /--help/],
  ['fruits --ogr x --foo', /--ogr\. Did you mean --org\?$/, /--help/],
  ['--quite', /--quite\. Did you mean --quiet\?$/, /'cf-audit --help'/],
  ['trees --since 7d', /--since\.$/, /'cf-audit trees --help'/],
  // A name that begins with a dash
  ['fruits -demo-org', /^unknown option: -demo-org\./, /--org=-demo-org/],
  ['fruits --org --all-orgs', /^--org needs a value\.$/, /--org ORG.*--org=-VALUE/],
  ['fruits --since', /^--since needs a value\.$/, /--since WHEN/],
  ['fruits -f', /^--format needs a value\.$/, /--format FORMAT/],
  [['fruits', '--since', ''], /^--since is empty\.$/, /./],
  // Arguments
  ['fruits my org', /^unexpected argument: org$/, /Usage: cf-audit fruits \[ORG\].*quotes/],
  ['fruits x a -- b', /^unexpected argument: a b$/, /Usage/],
  // Once is enough
  ['fruits --format csv -f json', /^--format was given 2 times\.$/, /once/],
  ['fruits --month last --month this --month last', /^--month was given 3 times\.$/, /once/],
]
for (const [argv, message, advice] of refused) {
  const line = typeof argv === 'string' ? words(argv) : argv
  wrong(JSON.stringify(line), async () => {
    await rejects(parseCommandLine(line, program), (error: UsageError) => {
      assert.instance(error, UsageError)
      assert.is(error.exitCode, 2)
      assert.match(error.message, message)
      assert.match(error.advice, advice)
      assert.not.match(error.message + error.advice, /\n/)
      return true
    })
  })
}

/** Words that people bring from other tools, to commands of ours. */
const elsewhere: readonly (readonly [line: string, meant: RegExp])[] = [
  ['routes --from 7d', /--from\. Use --since\.$/],
  ['routes --to 7d', /--to\. Use --until\.$/],
  ['routes --start 7d', /Use --since\./],
  ['routes --end=7d', /--end\. Use --until\./],
  ['routes --days 7', /--days\. Use --since 7d\.$/],
  ['routes --last 7', /Use --since 7d\./],
  ['routes --json', /Use --format json\./],
  ['routes --csv', /Use --format csv\./],
  ['roles --json', /Use --format json\./],
  ['routes --out x', /Use --output\./],
  ['routes --file x', /Use --output\./],
  ['routes --resolve', /Use --names\./],
  ['routes --no-headers', /Use --no-header\./],
  ['routes --user x', /Use --actor\./],
  ['events --app x', /Use --about\./],
  ['events --route=x', /Use --about\./],
  ['events --ndjson', /Use --format ndjson\./],
  ['events --head 5', /Use --limit\./],
  ['events --desc', /Use --reverse\./],
  ['events --timezone UTC', /Use --tz\./],
  ['events --debug', /Use --verbose\./],
  ['users demo-org', /^unknown command "users"\. Use roles\.$/],
  ['logs', /^unknown command "logs"\. Use events\.$/],
  ['login', /^unknown command "login"\.$/],
  ['-V', /-V\. Use --version\.$/],
  ['routes -V', /Use --version\./],
  // Not where the command has no such option
  ['roles --from 7d', /--from\.(?! Use)/],
  ['routes --constructor', /^unknown option: --constructor\.$/],
  ['doctor --csv', /--csv\.(?! Use)/],
  ['access-review --xml', /--xml\.$/],
]
for (const [line, meant] of elsewhere) {
  wrong(`${line}, as other tools have it`, async () => {
    const real = programOf('1.2.3', async () => {})
    await rejects(parseCommandLine(words(line), real), (error: UsageError) => {
      assert.instance(error, UsageError)
      assert.match(error.message, meant)
      return true
    })
  })
}

wrong('a bug is not taken for a wrong command line', async () => {
  const broken = { ...fruits!, load: async () => Promise.reject(new TypeError('oops')) }
  await rejects(parseCommandLine(['fruits'], { ...program, commands: [broken] }), TypeError)
})
wrong.run()
