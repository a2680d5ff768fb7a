// What `cf`, and scripts around it, print between documents. The list is short on purpose: any other line may be what is
// left of an answer.

const status = /^HTTP\/[\d.]+ (\d{3})\b/
const request = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+ HTTP\/[\d.]+$/
const header = /^([A-Za-z0-9][\w-]*):(?:[ \t]+(.*))?$/

const known: readonly RegExp[] = [
  /^(FAILED|OK)$/,
  /^(REQUEST|RESPONSE): \[[^{}[\]"]*\](?: \[[^{}[\]"]*\])?$/, // CF_TRACE
  /^[^{}[\]"]*\bdeprecated\b[^{}[\]"]*$/i, // v6 and v7 print what X-Cf-Warnings says.
  /^(warning|tip): [^{}[\]"]*$/i,
  /^Your (CF )?API version [^{}[\]"]*$/,
  /^Cloud Foundry API version [^{}[\]"]* requires CLI version [^{}[\]"]*$/,
  /^[-=*#_~ ]{3,}$/, // a line that somebody drew
  /^==> [^{}[\]"]* <==$/, // head and tail, of several files
]

const colors = /\u001b\[[\d;]*m/g

/** A problem with the text between documents. */
export type Noise =
  /** The line is not known to be harmless. */
  | { readonly stray: string }
  /** An answer begins here, with its status line, and has no body. */
  | { readonly unanswered: string; readonly line: number }

/** Separates known noise from lines that may be part of a response. */
export interface NoiseFilter {
  /** @param line gives the number of the line, for an answer that turns out to have no body. */
  check(text: string, line: () => number): Noise | undefined
  /** A document begins: it is the body of the answer whose headers were read. */
  document(): void
  end(): Noise | undefined
}

export function createNoiseFilter(): NoiseFilter {
  let answer: { unanswered: string; line: number } | undefined // whose headers were read, but no body
  let inHeaders = false
  const warnings = new Set<string>()

  function check(text: string, line: () => number): Noise | undefined {
    const plain = text.replace(colors, '').trim()
    const code = status.exec(plain)?.[1]
    if (code !== undefined) {
      const before = answer
      inHeaders = true
      // curl prints the headers of a proxy, of 100 Continue and of a redirection, too.
      const isInterim = /^[13]/.test(code) || /connection established$/i.test(plain)
      answer = isInterim ? undefined : { unanswered: plain, line: line() }
      return before
    }
    const [, name = '', value = ''] = (inHeaders && header.exec(plain)) || []
    if (name.toLowerCase() === 'x-cf-warnings')
      for (const each of value.split(',')) warnings.add(decoded(each))
    if (request.test(plain)) inHeaders = true
    else if (name === '' && !warnings.has(plain) && !known.some(each => each.test(plain)))
      return { stray: text }
    return undefined
  }

  return {
    check,
    document() {
      answer = undefined
      inHeaders = false
    },
    end: () => answer,
  }
}

/** What v6 and v7 of `cf` print for a part of X-Cf-Warnings: url.QueryUnescape of it. */
function decoded(warning: string): string {
  try {
    return decodeURIComponent(warning.replaceAll('+', ' ')).trim()
  } catch {
    return warning.trim()
  }
}
