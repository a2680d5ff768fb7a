import { Writable } from 'node:stream'
import { autocomplete, select, text } from '@clack/prompts'
import { Cancelled } from '../errors.ts'
import { plain } from '../plain.ts'
import type { Choice, Dialog, DialogOptions } from './dialog.ts'

/** What every question is told. */
interface Common {
  readonly input: NodeJS.ReadStream
  readonly output: Writable
  readonly signal: AbortSignal
}

/** A dialog whose choices move under the arrow keys. */
export function movingDialog(options: DialogOptions): Dialog {
  const output = new Screen(options)
  const ask = (prompt: (common: Common) => Promise<string | symbol>) => answerOf(prompt, output, options)

  return {
    choose: (question, choices) =>
      ask(common =>
        // The place of a choice stands for it: what it holds can be anything.
        select({ ...common, message: plain(question), options: shown(choices) }),
      ).then(index => choices[Number(index)]!.value),
    search: (question, choices) =>
      ask(common =>
        autocomplete({
          ...common,
          message: plain(question),
          options: shown(choices),
          filter: (typed, { label = '' }) => label.toLowerCase().includes(typed.toLowerCase()),
          validate: index => (index === undefined ? 'None has this in its name.' : undefined),
        }),
      ).then(index => choices[Number(index)]!.value),
    write: (question, { initial, empty, check } = {}) =>
      ask(common =>
        text({
          ...common,
          message: plain(question),
          ...(initial !== undefined && { initialValue: initial }),
          ...(empty !== undefined && { placeholder: plain(empty), defaultValue: plain(empty) }),
          validate(typed = '') {
            const wrong = check?.(typed.trim())
            return wrong === undefined ? undefined : wrapped(plain(wrong), output.columns - 4)
          },
        }),
      ).then(typed => (empty !== undefined && typed === plain(empty) ? '' : typed.trim())),
  }
}

/** As the prompts want them. An index as text: where nothing is chosen they look for what is falsy. */
function shown(choices: readonly Choice<unknown>[]) {
  return choices.map(({ label, hint }, index) => ({
    value: String(index),
    label: plain(label),
    ...(hint !== undefined && { hint: plain(hint) }),
  }))
}

/**
 * The answer to a prompt.
 * @throws Cancelled when it is left with Ctrl-C, Esc or Ctrl-D; the reason of the signal when that ends it.
 */
async function answerOf(
  prompt: (common: Common) => Promise<string | symbol>,
  output: Writable,
  { stdin, signal }: DialogOptions,
): Promise<string> {
  const left = new AbortController()
  let isOpen = true
  const leave = () => {
    if (isOpen) left.abort()
  }
  // Readline stops reading at Ctrl-D, as does a terminal that has gone, and tells the prompt nothing of it: the process
  // would end in the middle of the question, with the terminal as the prompt has set it. An answer stops it as well,
  // and is known a moment later.
  const stopped = () => setImmediate(leave)
  stdin.on('pause', stopped).on('end', stopped).on('error', stopped)
  signal.addEventListener('abort', leave)
  try {
    if (signal.aborted) leave()
    const answer = await prompt({ input: stdin, output, signal: left.signal })
    if (typeof answer === 'string') return answer
    throw signal.aborted ? signal.reason : new Cancelled()
  } finally {
    isOpen = false
    stdin.off('pause', stopped).off('end', stopped).off('error', stopped)
    signal.removeEventListener('abort', leave)
  }
}

/** Breaks a text into lines that stand below each other behind the guide of a prompt. */
function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`(.{1,${Math.max(20, width)}})(?: +|$)`, 'g'), '$1\n   ').trimEnd()
}

const colours = /\u001b\[(?:3[0-79]|4[0-79]|9[0-7]|10[0-7])m/g

/** stderr as the prompts should see it: with a size even where a terminal claims none, and with colours only if wanted. */
class Screen extends Writable {
  readonly isTTY = true
  readonly #stream: NodeJS.WriteStream
  readonly #color: boolean

  constructor({ stderr, color }: DialogOptions) {
    super({ decodeStrings: false })
    this.#stream = stderr
    this.#color = color
    stderr.on('resize', () => this.emit('resize'))
  }

  get columns(): number {
    return this.#stream.columns || 80
  }

  get rows(): number {
    return this.#stream.rows || 24
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    const text = chunk.toString()
    this.#stream.write(this.#color ? text : text.replace(colours, ''))
    // What others say on stderr must not overtake it.
    done()
  }
}
