import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CfVersion, knownBugs } from '../../src/cf/binary.ts'

const bugs = suite('known bugs of cf')

const oneByOne = 'pages are read one at a time'
const braces = 'alters responses that contain {{'
const silent = 'prints no reason when a request fails'
const v2 = 'need API v2'
const warnings = 'prints warnings after the response'

const rows: readonly (readonly [version: CfVersion, costs: readonly string[], none: readonly string[]])[] = [
  ['unknown', [], []],
  [[0, 0, 0], ['built without a version'], []],
  [[6, 53, 0], [oneByOne], [v2, warnings]],
  [[7, 7, 11], [oneByOne], [warnings]],
  [[7, 8, 0], [oneByOne], [warnings]],
  [[8, 0, 0], [oneByOne], [braces, silent]],
  [[8, 7, 10], [oneByOne], [braces, silent]],
  [[8, 7, 11], [], [braces, silent]],
  [[8, 16, 0], [], [braces, silent]],
  [[8, 17, 0], [], [silent]],
  [[8, 18, 4], [], [silent]],
  [[8, 18, 5], [], []],
  [[8, 19, 0], [], []],
  [[9, 0, 0], [], []],
]

for (const [version, costs, none] of rows) {
  bugs(String(version), () => {
    const found = knownBugs(version)
    const whatOf = (effect: string) => found.filter(bug => bug.effect === effect).map(({ what }) => what)
    for (const [expected, actual] of [
      [costs, whatOf('costs')],
      [none, whatOf('none')],
    ] as const) {
      assert.is(actual.length, expected.length, actual.join('; '))
      for (const [index, words] of expected.entries()) assert.match(actual[index]!, words)
    }
  })
}

bugs.run()
