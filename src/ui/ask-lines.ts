import { createInterface } from 'node:readline/promises'
import { Cancelled } from '../errors.ts'
import { plain } from '../plain.ts'
import type { Choice, Dialog, DialogOptions } from './dialog.ts'

// As many as are read at a glance.
const listed = 20

/** A dialog of numbered choices, a line for each question and each answer: for a terminal that moves no cursor. */
export function linesDialog({ stdin, stderr, signal }: DialogOptions): Dialog {
  const say = (text: string) => void stderr.write(`${plain(text)}\n`)

  async function answer(prompt: string): Promise<string> {
    stderr.write(`${plain(prompt)} `)
    const lines = createInterface({ input: stdin, terminal: false })
    const ended = new Promise<never>((_, reject) => lines.once('close', () => reject(new Cancelled()))) // Ctrl-D
    ended.catch(() => {})
    try {
      return await Promise.race([lines.question('', { signal }), ended])
    } catch {
      stderr.write('\n') // Both leave the cursor where it is.
      throw signal.aborted && signal.reason.signal !== 'SIGINT' ? signal.reason : new Cancelled()
    } finally {
      lines.removeAllListeners('close').close()
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
      say(`${typed} is none of them.`)
    }
  }

  return {
    choose,
    async search(question, choices) {
      if (choices.length <= listed) return choose(question, choices)
      for (;;) {
        const typed = (await answer(`${question} (${choices.length} of them; a part of the name)`)).trim()
        const [same] = labelled(choices, typed)
        if (same !== undefined) return same.value
        const found = choices.filter(({ label }) => label.toLowerCase().includes(typed.toLowerCase()))
        if (found.length > 0 && found.length <= listed) return choose(question, found)
        say(found.length === 0 ? 'None has this in its name.' : `${found.length} have this in their name.`)
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
