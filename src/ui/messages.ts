import type { Writable } from 'node:stream'
import { Chalk, type ChalkInstance } from 'chalk'
import { escapeControls } from '../text.ts'

/** Messages on stderr, wrapped to the terminal. Control characters in them are escaped. */
export interface Messages {
  /** Progress and facts; silenced by --quiet. */
  info(text: string): void
  /** The last line of a complete result; silenced by --quiet. */
  success(text: string): void
  /** The last line of a result that is not complete. */
  caveat(text: string): void
  /** What the reader must know to trust the result. */
  warn(text: string): void
  /** Details, with --verbose. */
  debug(text: string): void
  /** What went wrong, and what to do. */
  error(message: string, advice: string): void
}

/** How messages are printed. `color` undefined: as the stream and its environment suggest. */
export interface MessageOptions {
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly color?: boolean | undefined
  /** Wraps a text to so many columns, if the stream is a terminal. */
  readonly wrap?: ((text: string, width: number) => string) | undefined
}

export function createMessages(
  stream: Writable & { isTTY?: boolean; columns?: number },
  env: NodeJS.ProcessEnv,
  { quiet, verbose, color, wrap }: MessageOptions,
): Messages {
  const chalk = createPaint(stream, env, color)
  stream.on('error', () => {}) // stderr was closed; stdout may still be open.
  const print = (text: string) => {
    stream.write(`${stream.isTTY === true && stream.columns && wrap ? wrap(text, stream.columns) : text}\n`)
  }
  const line = (text: string, paint = (text: string) => text) => print(paint(escapeControls(text)))
  return {
    info: text => quiet || line(text),
    success: text => quiet || line(`✓ ${text}`, chalk.green),
    caveat: text => line(text, chalk.yellow),
    // Only the label is colored: no color reads well on both black and white.
    warn: text => print(`${chalk.magenta('Warning:')} ${escapeControls(text)}`),
    debug: text => verbose && line(text, chalk.dim),
    error(message, advice) {
      line(message, chalk.red)
      if (advice !== '') line(advice)
    },
  }
}

/** Colors for what goes to a stream, or none. */
export const createPaint = (...asked: Parameters<typeof wantsColor>): Paint =>
  new Chalk({ level: wantsColor(...asked) ? 1 : 0 })

/** The colors of a terminal, as functions on text. */
export type Paint = Pick<ChalkInstance, 'red' | 'green' | 'yellow' | 'magenta' | 'dim'>

/** Whether this is a CI run, where no person sits at the terminal. */
export function isCi({ CI }: NodeJS.ProcessEnv): boolean {
  return CI !== undefined && CI !== '' && CI !== 'false' && CI !== '0'
}

/**
 * Whether what goes to a stream is colored. No library knows all of it: chalk does not look at NO_COLOR
 * (https://no-color.org).
 * @param asked undefined: as the stream and its environment suggest.
 */
export function wantsColor(
  stream: { readonly isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv,
  asked: boolean | undefined,
): boolean {
  if (asked !== undefined) return asked
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}
