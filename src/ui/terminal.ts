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
