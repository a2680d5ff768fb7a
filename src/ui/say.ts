import type { Writable } from 'node:stream'
import { Chalk, type ChalkInstance } from 'chalk'
import { plain } from '../plain.ts'
import { wantsColor } from './terminal.ts'

/** Words for people, on stderr. Whatever they quote is shown, never obeyed by the terminal. */
export interface Say {
  /** What is being done; silenced by --quiet. */
  note(text: string): void
  /** What the reader must know to trust the result. */
  warn(text: string): void
  /** Details, with --verbose. */
  detail(text: string): void
  /** What went wrong, and what to do. */
  error(message: string, advice: string): void
}

/** How to say it. `color` undefined: as the stream and its environment suggest. */
export interface SayOptions {
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly color?: boolean | undefined
}

export function createSay(
  stream: Writable & { isTTY?: boolean },
  env: NodeJS.ProcessEnv,
  options: SayOptions,
): Say {
  const chalk = createPaint(stream, env, options.color)
  stream.on('error', () => {}) // Nobody listens any more; the data may still have a reader.
  const line = (text: string, paint: (text: string) => string = text => text) => {
    stream.write(`${paint(plain(text))}\n`)
  }
  return {
    note: text => options.quiet || line(text),
    // The words themselves stay in the colour of the terminal: no colour can be read well on black and on white.
    warn: text => stream.write(`${chalk.magenta('Warning:')} ${plain(text)}\n`),
    detail: text => options.verbose && line(text, chalk.dim),
    error(message, advice) {
      line(message, chalk.red)
      if (advice !== '') line(advice)
    },
  }
}

/**
 * Colours for what goes to a stream, or none.
 * @param asked undefined: as the stream and its environment suggest.
 */
export function createPaint(
  stream: { isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv,
  asked: boolean | undefined,
): Paint {
  return new Chalk({ level: wantsColor(stream, env, asked) ? 1 : 0 })
}

/** Each colour of a terminal as a function on text. */
export type Paint = Pick<ChalkInstance, 'red' | 'green' | 'magenta' | 'dim'>
