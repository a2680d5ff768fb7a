import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMessages } from '../../src/ui/messages.ts'

const saying = suite('words for people')

function written(color: boolean): { messages: ReturnType<typeof createMessages>; text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { messages: createMessages(stream, {}, { color }), text: () => text }
}

saying('a warning is marked by one word, and read in the colour of the terminal', () => {
  const { messages, text } = written(true)
  messages.warn('it is \u001b[2Jpartial.')
  assert.is(text(), '\u001b[35mWarning:\u001b[39m it is ␛[2Jpartial.\n')
})

saying('an error is marked, and what to do is not', () => {
  const { messages, text } = written(true)
  messages.error('No.', 'Do this.')
  assert.is(text(), '\u001b[31mNo.\u001b[39m\nDo this.\n')
})

saying('no colour', () => {
  const { messages, text } = written(false)
  messages.warn('it is partial.')
  messages.error('No.', '')
  assert.is(text(), 'Warning: it is partial.\nNo.\n')
})
saying.run()
