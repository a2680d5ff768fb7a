import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { autocomplete, select, text } from '@clack/prompts'
import { Cancelled, WentBack } from '../errors.ts'
import { escapeControls } from '../text.ts'

/** Asks a person. Each question rejects with WentBack on Esc, and with Cancelled when it is not answered. */
export interface Prompter {
  /** The key or text that goes back. */
  readonly back: string
  /** One of a few choices; the first is the default. */
  choose<T>(question: string, choices: readonly Choice<T>[]): Promise<T>
  /** One of many choices, found by typing part of its label; the first is the default. */
  search<T>(question: string, choices: readonly Choice<T>[]): Promise<T>
  write(question: string, field?: Field): Promise<string>
}

/** An answer to choose from. */
export interface Choice<T> {
  readonly label: string
  readonly value: T
  /** A note beside the label. */
  readonly hint?: string | undefined
}

/** An answer to type. */
interface Field {
  /** The text to start with. */
  readonly initial?: string | undefined
  /** What an empty answer means. */
  readonly empty?: string | undefined
  /** Why an answer is not valid; undefined if it is. */
  readonly check?: (text: string) => string | undefined
}

/** Where questions are printed and answers are read. */
interface PrompterOptions {
  readonly stdin: NodeJS.ReadStream
  /** Questions are not data: they never go to stdout. */
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  readonly color: boolean
  readonly signal: AbortSignal
}

/** The options that every prompt takes. */
interface Common {
  readonly input: NodeJS.ReadStream
  readonly output: Writable
  readonly signal: AbortSignal
}

/** Questions whose answers are chosen with the arrow keys. */
function clackPrompter(options: PrompterOptions): Prompter {
  const output = new Screen(options)
  const ask = (prompt: (common: Common) => Promise<string | symbol>) => answerOf(prompt, output, options)

  return {
    back: 'Esc',
    choose: (question, choices) =>
      ask(common =>
        // A choice is known by its index: its value can be anything.
        select({ ...common, message: escapeControls(question), options: explained(choices) }),
      ).then(index => choices[Number(index)]!.value),
    search: (question, choices) =>
      ask(common =>
        autocomplete({
          ...common,
          message: escapeControls(question),
          options: shown(choices),
          filter: (typed, { label = '' }) => label.toLowerCase().includes(typed.toLowerCase()),
          validate: index => (index === undefined ? 'No match.' : undefined),
        }),
      ).then(index => choices[Number(index)]!.value),
    write: (question, { initial, empty, check } = {}) =>
      ask(common =>
        text({
          ...common,
          message: escapeControls(question),
          ...(initial !== undefined && { initialValue: initial }),
          ...(empty !== undefined && {
            placeholder: escapeControls(empty),
            defaultValue: escapeControls(empty),
          }),
          validate(typed = '') {
            const wrong = check?.(typed.trim())
            return wrong === undefined ? undefined : wrapped(escapeControls(wrong), output.columns - 4)
          },
        }),
      ).then(typed => (empty !== undefined && typed === escapeControls(empty) ? '' : typed.trim())),
  }
}

/** The choices, each with its hint beside it; the prompt would show only the hint of the selected one. */
function explained(choices: readonly Choice<unknown>[]) {
  const width = Math.max(...choices.map(({ label }) => label.length))
  return shown(
    choices.map(({ label, hint }) => ({
      label: hint === undefined ? label : `${label.padEnd(width)}  ${hint}`,
      value: undefined,
    })),
  )
}

/** The choices as the prompts take them. The index is text, because they take a falsy value for no choice. */
function shown(choices: readonly Choice<unknown>[]) {
  return choices.map(({ label, hint }, index) => ({
    value: String(index),
    label: escapeControls(label),
    ...(hint !== undefined && { hint: escapeControls(hint) }),
  }))
}

/**
 * The answer to a prompt.
 * @throws WentBack on Esc, Cancelled on Ctrl-C or Ctrl-D, or the reason of the signal.
 */
async function answerOf(
  prompt: (common: Common) => Promise<string | symbol>,
  output: Writable,
  { stdin, signal }: PrompterOptions,
): Promise<string> {
  const left = new AbortController()
  let isOpen = true
  const leave = () => {
    if (isOpen) left.abort()
  }
  // At Ctrl-D, or when the terminal is gone, readline stops reading and the prompt does not notice: the process would
  // end in the middle of the question and leave the terminal in raw mode. An answer also stops it, and arrives a
  // moment later.
  const stopped = () => setImmediate(leave)
  // The prompt ends in the same way on Esc and on Ctrl-C.
  let pressed: string | undefined
  const noteKey = (_: unknown, key: { name?: string } | undefined) => {
    pressed = key?.name
  }
  stdin.on('keypress', noteKey)
  stdin.on('pause', stopped).on('end', stopped).on('error', stopped)
  signal.addEventListener('abort', leave)
  try {
    if (signal.aborted) leave()
    const answer = await prompt({ input: stdin, output, signal: left.signal })
    if (typeof answer === 'string') return answer
    if (signal.aborted) throw signal.reason
    throw pressed === 'escape' ? new WentBack() : new Cancelled()
  } finally {
    isOpen = false
    stdin.off('keypress', noteKey)
    stdin.off('pause', stopped).off('end', stopped).off('error', stopped)
    signal.removeEventListener('abort', leave)
  }
}

/** Wraps a text and indents its lines to the text of the prompt. */
function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`(.{1,${Math.max(20, width)}})(?: +|$)`, 'g'), '$1\n   ').trimEnd()
}

const colors = /\u001b\[(?:3[0-79]|4[0-79]|9[0-7]|10[0-7])m/g

/** stderr as the prompts should see it: always with a size, and with colors only if they are wanted. */
class Screen extends Writable {
  readonly isTTY = true
  readonly #stream: NodeJS.WriteStream
  readonly #color: boolean

  constructor({ stderr, color }: PrompterOptions) {
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
    this.#stream.write(this.#color ? text : text.replace(colors, ''))
    // Other output to stderr must not overtake it.
    done()
  }
}

// As many as fit a screen.
const listed = 20

/** Numbered choices, and a line for each question and answer: for a terminal that cannot move the cursor. */
function linePrompter({ stdin, stderr, signal }: PrompterOptions): Prompter {
  const say = (text: string) => void stderr.write(`${escapeControls(text)}\n`)
  async function answer(prompt: string): Promise<string> {
    stderr.write(`${escapeControls(prompt)} `)
    const lines = createInterface({ input: stdin, terminal: false })
    let close = () => {}
    const ended = new Promise<never>((_, reject) => {
      close = () => reject(new Cancelled()) // Ctrl-D
    })
    lines.once('close', close)
    ended.catch(() => {})
    try {
      const typed = await Promise.race([lines.question('', { signal }), ended])
      if (typed.trim() === '<') throw new WentBack()
      return typed
    } catch (error) {
      if (error instanceof WentBack) throw error
      stderr.write('\n') // Both leave the cursor where it is.
      throw signal.aborted && signal.reason.signal !== 'SIGINT' ? signal.reason : new Cancelled()
    } finally {
      lines.off('close', close).close()
    }
  }

  async function choose<T>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    say(question)
    choices.forEach(({ label, hint }, index) => {
      say(`  ${index + 1}  ${label}${hint === undefined ? '' : ` (${hint})`}`)
    })
    for (;;) {
      const typed = (await answer(`1 to ${choices.length}, or Enter for 1:`)).trim()
      const choice = typed === '' ? choices[0] : (choices[Number(typed) - 1] ?? labelled(choices, typed)[0])
      if (choice !== undefined) return choice.value
      say(`${typed} is not one of the choices.`)
    }
  }

  return {
    back: '<',
    choose,
    async search(question, choices) {
      if (choices.length <= listed) return choose(question, choices)
      for (;;) {
        const typed = (await answer(`${question} (${choices.length}; type part of the name)`)).trim()
        const [same] = labelled(choices, typed)
        if (same !== undefined) return same.value
        const found = choices.filter(({ label }) => label.toLowerCase().includes(typed.toLowerCase()))
        if (found.length > 0 && found.length <= listed) return choose(question, found)
        say(found.length === 0 ? 'No match.' : `${found.length} matches. Type more of the name.`)
      }
    },
    async write(question, { initial, empty, check } = {}) {
      const otherwise = initial ?? empty
      const prompt = otherwise === undefined ? question : `${question} (Enter: ${otherwise})`
      for (;;) {
        const typed = (await answer(prompt)).trim() || (initial ?? '')
        const wrong = check?.(typed)
        if (wrong === undefined) return typed
        say(wrong)
      }
    },
  }
}

const labelled = <T>(choices: readonly Choice<T>[], label: string) =>
  choices.filter(choice => choice.label.toLowerCase() === label.toLowerCase())

/** Opens a prompter: with arrow keys, or line by line where TERM is dumb. */
export function openPrompter(options: PrompterOptions): Prompter {
  return options.env.TERM === 'dumb' ? linePrompter(options) : clackPrompter(options)
}
