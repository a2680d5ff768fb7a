import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pipelinesOf } from './pages.ts'

const cases: readonly (readonly [line: string, pipelines: ReturnType<typeof pipelinesOf>])[] = [
  ['cf-audit doctor    # checks', [[{ words: ['cf-audit', 'doctor'] }]]],
  ["cf-audit routes 'a b' --type='x.*'", [[{ words: ['cf-audit', 'routes', 'a b', '--type=x.*'] }]]],
  [
    "cf curl '/v3/x?a=1' | cf-audit format routes > out.csv",
    [[{ words: ['cf', 'curl', '/v3/x?a=1'] }, { words: ['cf-audit', 'format', 'routes'], file: 'out.csv' }]],
  ],
  [
    'cd /x && cf-audit events -O "e-$(date +%F).json"',
    [[{ words: ['cd', '/x'] }], [{ words: ['cf-audit', 'events', '-O', 'e-x.json'] }]],
  ],
  [
    'source <(cf-audit completion bash)',
    [[{ words: ['source'] }], [{ words: ['cf-audit', 'completion', 'bash'] }]],
  ],
  [
    'CF_HOME=/x cf-audit events; cf-audit roles',
    [[{ words: ['cf-audit', 'events'] }], [{ words: ['cf-audit', 'roles'] }]],
  ],
  ['# only a comment', []],
]

const lines = suite('shell lines of the documentation')
for (const [line, pipelines] of cases) lines(line, () => assert.equal(pipelinesOf(line), pipelines))
lines('a quote that does not end is an error', () => assert.throws(() => pipelinesOf("cf-audit routes 'a")))
lines.run()
