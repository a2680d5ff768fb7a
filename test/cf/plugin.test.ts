import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PluginMetadata, replyOf, setPluginMetadata } from '../../src/cf/plugin.ts'
import { accepted, valuesIn } from '../foundation/cf/gob.js'

// What cf 6, 7 and 8 have accepted, from a plugin with one command and no version.
const [defineRequest, head, ...rest] = [
  '2fff81030101075265717565737401ff82000102010d536572766963654d6574686f64010c0001035365710106000000',
  '20ff82011b436c69527063436d642e536574506c7567696e4d6574616461746100',
  '33ff830301010e506c7567696e4d6574616461746101ff8400010201044e616d65010c000108436f6d6d616e647301ff86000000',
  '18ff85020101095b5d436f6d6d616e6401ff860001ff880000',
  '2bff8703010107436f6d6d616e6401ff8800010201044e616d65010c00010848656c7054657874010c000000',
  '22ff8401074d696e506c7567010101086d696e2d706c756701076d696e696d616c0000',
] as const
const known = Buffer.from([defineRequest, head, ...rest].join(''), 'hex')

const metadata: PluginMetadata = {
  name: 'MinPlug',
  version: [1, 2, 3],
  command: { name: 'min-plug', help: 'minimal', usage: 'cf min-plug' },
}

const encoding = suite('what a plugin says to cf')

encoding('the reader of these tests reads what cf has accepted', () => {
  assert.equal(valuesIn(known), [
    { ServiceMethod: 'CliRpcCmd.SetPluginMetadata' },
    { Name: 'MinPlug', Commands: [{ Name: 'min-plug', HelpText: 'minimal' }] },
  ])
})

encoding('the head of the call, byte for byte', () => {
  const sent = setPluginMetadata(metadata).toString('hex')
  assert.is(sent.slice(0, defineRequest.length + head.length), defineRequest + head)
})

encoding('the definition of a slice and the value of a struct, byte for byte', () => {
  const sent = setPluginMetadata({ ...metadata, version: [0, 0, 1] }).toString('hex')
  // []Command is type 68, and Command type 69.
  assert.match(sent, '18ff87020101095b5d436f6d6d616e6401ff880001ff8a0000')
  assert.match(sent, /ff8401074d696e506c756701030200010101086d696e2d706c756701076d696e696d616c01010b6366/)
})

encoding('whatever the metadata is, it is read as it was written', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
  const number = fc.oneof(fc.nat(200), fc.nat(2 ** 31 - 1))
  const any = fc.record({
    name: text,
    version: fc.tuple(number, number, number),
    command: fc.record({ name: text, help: text, usage: text }),
  })
  fc.assert(
    fc.property(any, ({ name, version, command }) => {
      const [, value] = valuesIn(setPluginMetadata({ name, version, command })) ?? []
      const { Major = 0, Minor = 0, Build = 0 } = value.Version
      assert.equal([Major, Minor, Build], [...version])
      assert.is(value.Name, name)
      assert.equal(value.Commands, [
        { Name: command.name, HelpText: command.help, UsageDetails: { Usage: command.usage } },
      ])
    }),
  )
})
encoding.run()

const replies = suite('what cf answers')

replies('it took the metadata; nothing is known before the last byte', () => {
  assert.is(replyOf(accepted), true)
  for (let length = 0; length < accepted.length; length++)
    assert.is(replyOf(accepted.subarray(0, length)), undefined, String(length))
})

replies('it refused', () => {
  const refused = Buffer.from(accepted)
  refused[refused.length - 1] = 0
  assert.is(replyOf(refused), false)
})

replies('an error: a head with a text, and an empty struct', () => {
  const failed = Buffer.concat([
    accepted.subarray(0, 59),
    Buffer.from('08ff820304626f6f6d00', 'hex'),
    Buffer.from('06ff8301ff840000', 'hex'),
    Buffer.from('04ff840000', 'hex'),
  ])
  assert.is(replyOf(failed), false)
})
replies.run()
