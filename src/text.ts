// Everything Cloud Foundry tells us was typed by somebody: a name can hold a terminal escape, a line break, or
// characters that turn the reading direction round. Shown on a terminal it must be seen, never obeyed.

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

/** What stands in the place of a secret. */
export const redaction = '[REDACTED]'

/** Whether a text is empty or already hidden, by Cloud Controller (presenters/helpers/censorship.rb) or by us. */
export function isHidden(text: string): boolean {
  return /^(?:\[?PRIVATE DATA HIDDEN\]?|\[REDACTED\]|\*\*\*(?::\*\*\*)?)?$/.test(text)
}

/** Whether a name is that of a secret, as `password`, `API-Key`, `clientSecret` or `refresh_token`. */
export function isSecretName(name: string): boolean {
  return /passw|passphrase|passcode|pwd|secret|token|credential|(?:api|access|private)key/i.test(bare(name))
}

// URLs use shorter names, too.
function isSecretParameter(name: string): boolean {
  return (
    isSecretName(name) || /^(?:x?auth(?!or)|pass$|sign?$)|signature|jwt|bearer|session|key$/i.test(bare(name))
  )
}

const bare = (name: string) => name.replace(/[^a-z\d]/gi, '')

/**
 * The text with the users, passwords and secret parameters of its URLs redacted. If the text is nothing but a URL, its
 * password may contain characters that are not allowed there: spaces, quotes, slashes.
 */
export function redactUrls(text: string): string {
  if (!text.includes('://') && !text.includes(':\\/\\/')) return text
  const isUrl = /^\s*(?:[a-z][a-z\d+.-]*:)+\/\//i.test(text)
  // Between two separators: the rest of one URL, and the scheme of the next.
  const [start = '', ...parts] = text.split(/(:(?:\/\/|\\\/\\\/))/)
  return parts.reduce((safe, part, index) => {
    if (index % 2 === 0) return safe + part
    const length = isUrl ? part.length : part.search(/[\s"<>`]|$/)
    return safe + redactUrl(part.slice(0, length)) + part.slice(length)
  }, start)
}

/** @param url the part after `://`. */
function redactUrl(url: string): string {
  const authority = /^[^/?#\\]*/.exec(url)?.[0] ?? ''
  const user = url.slice(0, Math.max(0, endOfUser(url, authority)))
  if (user !== '') return (isHidden(user) ? user : redaction) + redactParameters(url.slice(user.length))
  return isHost(authority) ? redactParameters(url) : redaction + redactParameters(url.slice(authority.length))
}

// A colon is followed by a port, or else by a password. Punctuation of a sentence may follow.
function isHost(authority: string): boolean {
  return authority.length < 300 && /^(?:\[[\da-f:.%]*\]|[^:]*)(?::\d*)?[:.,;)]*$/i.test(authority)
}

/** The position of the `@` that ends the user and password of a URL, or -1. */
function endOfUser(url: string, authority: string): number {
  const at = authority.lastIndexOf('@')
  if (at >= 0) return at
  // A later `@` may end a password with a slash in it, unless the authority is clearly a host.
  const host = /^(?:localhost|\[[\da-f:.]+\]|[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+)?(:\d+)?$/iu.exec(
    authority,
  )
  if (host === null) return url.lastIndexOf('@')
  return host[1] === undefined ? -1 : url.replace(/[?#].*/s, '').lastIndexOf('@')
}

function redactParameters(url: string): string {
  return url.replace(
    /([?&;#]|\\u0026)([^=?&;#]{1,100})=((?:(?!\\u0026)[^&;#])+)/g,
    (all, before, name, value) => {
      // An encoded URL that may hold credentials.
      const isUrl = /%3a%2f%2f/i.test(value) && /%40|%3d/i.test(value)
      return (isUrl || isSecretParameter(name)) && !isHidden(value) ? `${before}${name}=${redaction}` : all
    },
  )
}

// cf prints no credentials, but a wrapper script around it may. Access tokens are JWTs; other credentials are recognized by
// the word in front of them.
const secrets: readonly RegExp[] = [
  /()eyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
  /(\bauthorization["']?: {0,4}["']?\w{1,10} {1,4})[\w.~+/=-]{4,}/gi,
  /(\bbearer\s{1,4}["']?)(?!(?:tokens?|auth\w*|scheme|realm|header|is|was|or|and|not)\b)[\w.~+/=-]{4,}/gi,
  /(token["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer {1,4})?)[^"'\s,;&{}]{8,}/gi,
  /((?:passw(?:or)?d|passphrase|passcode|pwd|secret|credentials?|(?:api|access|private)[ _-]?key)[\w-]{0,40}["']?\s{0,4}[:=]\s{0,4})(?:"[^"\n]*"|'[^'\n]*'|[^"'\s,;&{}]+)/gi,
  // Without a `:` or `=`, as in an echoed command line, only if it has a digit.
  /(pass(?:word|code|wd)\s{1,4}(?:is\s{1,4})?["']?)(?=\S{0,100}\d)[\w.~+/=-]{4,}/gi,
  /(\bcookie: {0,4})[^\n]+/gi,
]

/** The text with everything that looks like a credential redacted. */
export function redactSecrets(text: string): string {
  return secrets.reduce((safe, secret) => safe.replace(secret, `$1${redaction}`), redactUrls(text))
}

/** The first `limit` characters of a program's output, on one line, redacted and safe to show. */
export function redactedExcerpt(text: string, limit = 200): string {
  // What begins as a secret goes to its end or to that of this part, which is far beyond what is shown.
  const part = text
    .replaceAll('\0', '')
    .trimStart()
    .slice(0, limit + 8192)
  const line = escapeControls(redactSecrets(part).trim().replace(/\s+/g, ' '))
  return line.length > limit ? `${line.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/**
 * A word as bash, dash and zsh need it, interactive or not, to mean just itself. Control and invisible characters become octal
 * escapes for printf, except line breaks at the end.
 */
export function shellWord(word: string): string {
  if (word === '') return "''"
  // A `=` in front is a path to zsh.
  if (/^(?!=)[\w./:=@%+,-]+$/.test(word)) return word
  const [, text = '', breaks = ''] = /^(.*?)(\n*)$/s.exec(word) ?? []
  // The shell drops line breaks at the end of what printf prints.
  const parts = text.split(unsafeParts).map((part, index) => (index % 2 === 1 ? octal(part) : quoted(part)))
  return parts.join('') + (breaks && `"${breaks}"`)
}

// Unsafe characters, after a line break with the character that follows.
const unsafeParts = new RegExp(`((?:${unsafe.source})+(?<=\\n)[^]|(?:${unsafe.source})+)`, 'u')

const octal = (text: string) =>
  `"$(printf '${Array.from(Buffer.from(text), byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}')"`

// No quote follows a quote, which to zsh can mean a quote in a text.
const quoted = (text: string) =>
  text
    .split("'")
    .map(part => part && `'${part}'`)
    .join("\\'")
