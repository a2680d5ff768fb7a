// Every name in Cloud Foundry was typed by someone, and can hold a terminal escape, a line break, or characters that
// reverse the reading direction. A terminal must show them, never obey them.

// C0 and C1 controls, DEL; soft hyphen; Arabic letter mark; zero-width space, direction marks, line and paragraph
// separators, embeddings, overrides and isolates; byte-order mark; interlinear and tag characters; lone surrogates.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** The text with each control or invisible character replaced by a visible sign: `␛` for ESC, `\u{202e}` for others. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, character => {
    const code = character.codePointAt(0)!
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    return `\\u{${code.toString(16)}}`
  })
}

/** The same for text of several lines: line breaks and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(/[^\n\t]+/g, escapeControls)
}

// The colours that a table is painted with, and their end.
const colors = /(\u001b\[(?:3[125]|39)m)/

/** The same for lines that we have painted: our colours stay, and nothing else that a terminal obeys. */
export function escapeUncolored(text: string): string {
  // Split at what is kept, every second part is that.
  return text
    .split(colors)
    .map((part, index) => (index % 2 === 1 ? part : escapeLines(part)))
    .join('')
}

// A program around `cf` may print the secrets that it was called with: `set -x` prints whole command lines.
const name =
  'pass(?:word|wd|phrase|code)|pwd|secret|credentials?|(?:api|access|private)[_-]?key|\\bsig(?:nature)?'
const assigned = `(?:${name}|token)\\w{0,20}["']?\\s{0,4}[:=]\\s{0,4}`
const option = `\\s--?(?:[\\w-]{0,40}(?:${name}|token)|p)[ \\t]{1,4}`
const word = `[^"'\\s,;&{}()]`
const secrets = [
  // Access tokens are JWTs. Other tokens are known by the words before them.
  /eyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
  /(?<=\bauthorization["']?: {0,4}["']?\w{1,10} {1,4})[\w.~+/=-]{4,}/gi,
  /(?<=\bbearer\s{1,4})(?!(?:auth\w*|tokens?|is|was|not|expired|invalid|missing)\b)[\w.~+/=-]{4,}/gi,
  /(?<=\bcookie: {0,4})[^\n]+/gi,
  // name=secret, name: secret, "name": "secret"
  new RegExp(`(?<=${assigned}")[^"\\n]+|(?<=${assigned}')[^'\\n]+`, 'gi'),
  new RegExp(`(?<=(?:${name})\\w{0,20}["']?\\s{0,4}[:=]\\s{0,4})${word}+`, 'gi'),
  new RegExp(`(?<=token["']?\\s{0,4}[:=]\\s{0,4}(?:bearer {1,4})?)${word}{8,}`, 'gi'),
  // --password secret, -p secret, cf auth USER secret, passcode secret
  new RegExp(`(?<=${option}")[^"\\n]+|(?<=${option}')[^'\\n]+|(?<=${option})${word}+`, 'gi'),
  /(?<=\bcf\d? auth[ \t]{1,4}\S{1,255}[ \t]{1,4})(?:"[^"\n]+"|'[^'\n]+'|\S+)/gi,
  /(?<=\bpasscode\s{1,4})(?!(?:is|was|has|not|expired|invalid|incorrect|required|missing|rejected)\b)[\w-]{6,}/gi,
  // https://user:secret@host
  /(?<=\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]+(?=@)/gi,
]

/** The first `limit` characters of what a program printed, on one line and safe to show, without secrets. */
export function redactedExcerpt(text: string, limit = 200): string {
  // A secret is recognized as far as this part goes, which is far beyond what is shown.
  const part = text
    .replaceAll('\0', '')
    .trimStart()
    .slice(0, limit + 8192)
  const redacted = secrets.reduce((rest, secret) => rest.replace(secret, '[REDACTED]'), part)
  const line = escapeControls(redacted.trim().replace(/\s+/g, ' '))
  return line.length > limit ? `${line.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/** `1 event`, `12,345 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** Names in a sentence: `a, b and c`, or `a, b and 3 more`; one that holds a comma is quoted. */
export function joinNames(names: readonly string[], { most = 10, word = 'and' } = {}): string {
  if (names.length === 1) return names[0] ?? ''
  const quoted = names.map(name => (name.includes(',') ? `"${name}"` : name))
  if (names.length > most) return `${quoted.slice(0, most).join(', ')} and ${names.length - most} more`
  return names.length === 0 ? '' : `${quoted.slice(0, -1).join(', ')} ${word} ${quoted.at(-1)}`
}

/**
 * A word as a POSIX shell needs it to mean just itself. Control and invisible characters, which no terminal may be shown,
 * are left to printf. (It cannot end a word with a line break; no name does.)
 */
export function shellWord(word: string): string {
  if (escapeControls(word) !== word && !word.endsWith('\n')) return `"$(printf '${forPrintf(word)}')"`
  // A `=` in front is a path to zsh.
  return /^(?!=)[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function forPrintf(word: string): string {
  const octal = (text: string) =>
    [...Buffer.from(text)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  const written = Array.from(word, each => {
    if (each === '%') return '%%'
    return escapeControls(each) !== each || each === "'" || each === '\\' ? octal(each) : each
  })
  // What begins with a dash would be an option of printf.
  return written.join('').replace(/^-/, '\\055')
}
