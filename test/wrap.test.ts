import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { wrap } from '../src/wrap.ts'

const wrapping = suite('wrapped lines')

for (const [text, width, expected] of [
  ['', 10, ''],
  ['short', 10, 'short'],
  ['one two three', 8, 'one two\nthree'],
  ['one two three', 7, 'one two\nthree'],
  ['a\nb c', 10, 'a\nb c'],
  ['a\n\nb', 10, 'a\n\nb'],
  ['aaaa bbbb', 4, 'aaaa\nbbbb'],
  // A longer word is never cut.
  ['see https://example.gov/x now', 10, 'see\nhttps://example.gov/x\nnow'],
  // An indented line keeps its indent.
  ['  two words', 80, '  two words'],
] as const) {
  wrapping(`${JSON.stringify(text)} at ${width}`, () => assert.is(wrap(text, width), expected))
}

const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 })

wrapping('keep every word, and none is wider than it may be', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 60 }), (all, width) => {
      const lines = wrap(all.join(' '), width).split('\n')
      assert.equal(
        lines.flatMap(line => line.split(' ')),
        all,
      )
      for (const line of lines) assert.ok(line.length <= width, line)
    }),
  )
})
wrapping.run()
