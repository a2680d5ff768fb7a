import { escapeControls } from './text.ts'

/** Replaces a secret. */
export const redaction = '[REDACTED]'

/** Whether a text is empty or already hidden, by Cloud Controller (presenters/helpers/censorship.rb) or by us. */
export function isHidden(text: string): boolean {
  return /^(?:\[?PRIVATE DATA HIDDEN\]?|\[REDACTED\]|\*\*\*(?::\*\*\*)?)?$/.test(text)
}

/** Whether a name is that of a secret, such as `password`, `API-Key`, `clientSecret` or `refresh_token`. */
export function isSecretName(name: string): boolean {
  return /pass[^a-z\d]?(?:w|phrase|code)|pwd|secret|token|creds|credential|connection[_-]?string|authoriz|cookie|jwt|hmac|(?:api|access|account|encryption|master|private|shared|signing|ssh)[^a-z\d]*key|(?:^|[_-])(?:auth|bearer|dsn|pass|pw)$/i.test(
    name,
  )
}

// URLs use shorter names, too. Azure Functions take their key as `code`.
function isSecretParameter(name: string): boolean {
  const bare = name.replace(/[^a-z\d]/gi, '')
  return (
    isSecretName(name) ||
    /^(?:x?auth(?!or)|(?:code|license|otp|pass|pw|sign?|ticket)$)|assertion|bearer|key$|saml|session|signature/i.test(
      bare,
    )
  )
}

/**
 * The text with the users, passwords and secret parameters of its URLs redacted. If the text is only a URL, its
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
  // A value may hold any separator that no other name follows: JDBC takes a password as it is.
  return url.replace(
    /([?&;#,]|\\u0026)([^=?&;#,]{1,100})=((?:(?!\\u0026|[?;#,][^=?&;#,]{1,100}=)[^&])+)/g,
    (all, before, name, value) => {
      // An encoded URL that may hold credentials.
      const isUrl = /%3a%2f%2f/i.test(value) && /%40|%3d/i.test(value)
      return (isUrl || isSecretParameter(name)) && !isHidden(value) ? `${before}${name}=${redaction}` : all
    },
  )
}

// A wrapper of `cf` may print the secrets it was called with: `set -x` prints command lines.
const name =
  'pass(?:word|wd|phrase|code|\\b)|pw(?:d|\\b)|secret|credentials?|(?:api|access|private)[_-]?key|\\bsig(?:nature)?'
const assigned = `(?:${name}|token)\\w{0,20}["']?\\s{0,4}[:=]\\s{0,4}\\$?`
const option = `(?:^|\\s)--?(?:[\\w-]{0,40}(?:${name}|token)[\\w-]{0,20}[ \\t]{1,4}|p[ \\t=]{1,4})`
const word = `(?!\\$')(?:[^"'\\s,;&]|[,;](?!\\s|$|[\\w-]{1,40}\\s{0,4}[:=]))`
const inQuotes = (before: string) => `(?<=${before}")(?:[^"\\\\\\n]|\\\\.)+|(?<=${before}')[^'\\n]+`
const secrets = [
  // Access tokens are JWTs. Other tokens are known by the words before them.
  /eyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
  /(?<=\bauthorization["']?[:=] {0,4}["']?(?:\w{1,10} {1,4})?)(?!(?:basic|bearer|token)\b)[\w.~+/=-]{4,}/gi,
  /(?<=\bbearer[\s:]{1,4})(?!(?:auth\w*|tokens?|is|was|not|expired|invalid|missing)\b)[\w.~+/=-]{4,}/gi,
  /(?<=\bcookie: {0,4})[^\s][^\n]*/gi,
  // name=secret, name: secret, "name": "secret"
  new RegExp(inQuotes(assigned), 'gi'),
  new RegExp(`(?<=(?:${name})\\w{0,20}["']?\\s{0,4}[:=]\\s{0,4})${word}+`, 'gi'),
  new RegExp(`(?<=token["']?\\s{0,4}[:=]\\s{0,4}(?:bearer {1,4})?)${word}{8,}`, 'gi'),
  // --password secret, -p secret, --user NAME:secret, cf auth USER secret, passcode secret
  new RegExp(`${inQuotes(option)}|(?<=${option})${word}+`, 'gi'),
  /(?<=\blogin\b[^\n]{0,200}\s-p)(?:"[^"\n]+"|'[^'\n]+'|[^\s"'=]\S*)/gi,
  /(?<=\s(?:-u|--user)[ =]{1,4}["']?[^\s:"']{1,255}:)[^\s"']+/gi,
  /(?<=\bcf\d? auth[ \t]{1,4})\S[^\n]*/gi,
  /(?<=\bpasscode\s{1,4})(?!(?:is|was|has|not|expired|invalid|incorrect|required|missing|rejected)\b)[\w-]{6,}/gi,
  // https://user:secret@host
  /(?<=\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]+(?=@)/gi,
]

/** The first `limit` characters of what a program printed, on one line and safe to show, without secrets. */
export function redactedExcerpt(text: string, limit = 200): string {
  // Only this part is searched for secrets; it is much longer than what is shown.
  const part = text
    .replaceAll('\0', '')
    .trimStart()
    .slice(0, limit + 8192)
  const redacted = secrets.reduce((rest, secret) => rest.replace(secret, redaction), redactUrls(part))
  const line = escapeControls(redacted.trim().replace(/\s+/g, ' '))
  return line.length > limit ? `${line.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : line
}
