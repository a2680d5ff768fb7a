import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fileOf, prepared } from '../src/prepared.ts'

const answers = suite('prepared answers')

const rows: readonly (readonly [argv: readonly string[], file: string | undefined])[] = [
  [['--version'], 'version.txt'],
  [['--help'], 'cf-audit.txt'],
  [['-h'], 'cf-audit.txt'],
  [['routes', '--help'], 'routes.txt'],
  [['service-instances', '-h'], 'service-instances.txt'],
  [[], undefined],
  [['routes'], undefined],
  [['--help', 'routes'], undefined],
  [['routes', '--help', '-q'], undefined],
  [['routes', 'demo-org', '--help'], undefined],
  [['--version', '--help'], undefined],
  [['../../etc/passwd', '--help'], undefined],
  [['a-b-c', '--help'], undefined],
  [['', '--help'], undefined],
  [['ROUTES', '--help'], undefined],
]

for (const [argv, file] of rows) {
  answers(`cf-audit ${argv.join(' ')}`, () => assert.is(fileOf(argv), file))
}

answers('where nothing was built, nothing is prepared', () => assert.is(prepared(['--help']), undefined))

answers.run()
