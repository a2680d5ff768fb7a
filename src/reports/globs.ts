import { UsageError } from '../errors.ts'

// A leading `!` is part of a name, not "all but": what several patterns find is added up.
const options = { nocase: true, nonegate: true, dot: true }

/** Whether a text has signs of a shell pattern: `*`, `?`, `[…]`, `{…,…}`. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]|[@+!]\(/.test(text)
}

/**
 * A test of whole names against a shell pattern, in any case; `*` also stands for dots. The library is loaded for the
 * first pattern: most runs have none.
 * @throws UsageError for a pattern that is too long to be one.
 */
export async function globOf(pattern: string): Promise<(name: string) => boolean> {
  const { default: picomatch } = await import('picomatch')
  try {
    const matches = picomatch(pattern, options)
    return name => matches(name)
  } catch (cause) {
    throw new UsageError(`${pattern.slice(0, 40)}… is no pattern.`, "As in 'audit.user.*'.", { cause })
  }
}
