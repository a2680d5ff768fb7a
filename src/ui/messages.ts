import type { Writable } from 'node:stream'
import { Chalk, type ChalkInstance } from 'chalk'
import { escapeControls } from '../text.ts'

/** Words for people, on stderr. Whatever they quote is shown, never obeyed by the terminal. */
export interface Messages {
  /** What is being done; silenced by --quiet. */
  info(text: string): void
  /** What the reader must know to trust the result. */
  warn(text: string): void
  /** Details, with --verbose. */
  debug(text: string): void
  /** What went wrong, and what to do. */
  error(message: string, advice: string): void
}

/** How to say it. `color` undefined: as the stream and its environment suggest. */
export interface MessageOptions {
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly color?: boolean | undefined
}

export function createMessages(
  stream: Writable & { isTTY?: boolean },
  env: NodeJS.ProcessEnv,
  options: MessageOptions,
): Messages {
  const chalk = createPaint(stream, env, options.color)
  stream.on('error', () => {}) // Nobody listens any more; the data may still have a reader.
  const line = (text: string, paint: (text: string) => string = text => text) => {
    stream.write(`${paint(escapeControls(text))}\n`)
  }
  return {
    info: text => options.quiet || line(text),
    // The words themselves stay in the colour of the terminal: no colour can be read well on black and on white.
    warn: text => stream.write(`${chalk.magenta('Warning:')} ${escapeControls(text)}\n`),
    debug: text => options.verbose && line(text, chalk.dim),
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

/** A stream, as far as colours go. */
interface Colorable {
  readonly isTTY?: boolean | undefined
}

/** Whether a program watches in place of a person, even where there is a terminal. */
export function isCi({ CI }: NodeJS.ProcessEnv): boolean {
  return CI !== undefined && CI !== '' && CI !== 'false' && CI !== '0'
}

/**
 * Whether what goes to a stream is coloured. No library knows all of it: chalk does not look at NO_COLOR
 * (https://no-color.org).
 * @param asked undefined: as the stream and its environment suggest.
 */
export function wantsColor(stream: Colorable, env: NodeJS.ProcessEnv, asked: boolean | undefined): boolean {
  if (asked !== undefined) return asked
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}
