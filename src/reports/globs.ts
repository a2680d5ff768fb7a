import picomatch from 'picomatch'

// A leading `!` is part of a name, not "all but": what several patterns find is added up.
const options = { nocase: true, nonegate: true, dot: true }

/** Whether a text has signs of a shell pattern: `*`, `?`, `[…]`, `{…,…}`. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]|[@+!]\(/.test(text)
}

/**
 * A test of whole names against a shell pattern, in any case; `*` also stands for dots.
 * @throws Error for a pattern that is too long to be one.
 */
export function globOf(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern, options)
  return name => matches(name)
}
