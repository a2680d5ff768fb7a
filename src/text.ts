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

/** The same for lines that we have colored: it keeps our colors and escapes everything else that a terminal obeys. */
export function escapeUncolored(text: string): string {
  // Every second part is a color of ours.
  return text
    .split(colors)
    .map((part, index) => (index % 2 === 1 ? part : escapeLines(part)))
    .join('')
}

/** `12,345`. The first use of Intl would take as long as a third of the start of Node. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 event`, `12,345 events`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** Names in a sentence: `a, b and c`, or `a, b and 3 more`; one that holds a comma is quoted. */
export function joinNames(names: readonly string[], { most = 10, word = 'and' } = {}): string {
  if (names.length === 1) return names[0] ?? ''
  const quoted = names.map(name => (name.includes(',') ? `"${name}"` : name))
  if (names.length > most) return `${quoted.slice(0, most).join(', ')} and ${names.length - most} more`
  return names.length === 0 ? '' : `${quoted.slice(0, -1).join(', ')} ${word} ${quoted.at(-1)}`
}

/** A command line for the shell of this system: PowerShell on Windows, else sh. */
export function shellLine(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  const line = words.map(word => shellWord(word, platform)).join(' ')
  // PowerShell prints a program that is quoted, instead of running it.
  return platform === 'win32' && /^["']/.test(line) ? `& ${line}` : line
}

/** A word as the shell of this system needs it to mean just itself. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? powerShellWord(word) : posixWord(word)
}

/**
 * For bash, dash and zsh, interactive or not. Control and invisible characters become octal escapes for printf, except
 * line breaks at the end.
 */
export function posixWord(word: string): string {
  if (word === '') return "''"
  // A `=` in front is a path to zsh.
  if (/^(?!=)[\w./:=@%+,-]+$/.test(word)) return word
  const [, text = '', breaks = ''] = /^(.*?)(\n*)$/s.exec(word) ?? []
  // The shell drops line breaks at the end of what printf prints.
  const parts = text.split(unsafeParts).map((part, index) => (index % 2 === 1 ? octal(part) : quoted(part)))
  return parts.join('') + (breaks && `"${breaks}"`)
}

// Unsafe characters, after a line break with the character that follows.
/** A path as such a word: one that begins with a dash would be an option. */
export const shellPath = (path: string): string => shellWord(path.startsWith('-') ? `./${path}` : path)

const unsafeParts = new RegExp(`((?:${unsafe.source})+(?<=\\n)[^]|(?:${unsafe.source})+)`, 'u')

const octal = (text: string) =>
  `"$(printf '${Array.from(Buffer.from(text), byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}')"`

// No quote follows a quote, which to zsh can mean a quote in a text.
const quoted = (text: string) =>
  text
    .split("'")
    .map(part => part && `'${part}'`)
    .join("\\'")

/**
 * For PowerShell (about_Quoting_Rules), and for cmd.exe where a word has only letters, digits, spaces and common signs.
 * PowerShell before 7.3 passes no word with a `"` to a program unchanged, however it is quoted.
 */
function powerShellWord(word: string): string {
  if (/^(?:--?[a-z][a-z-]*|[a-z/\\][\w./\\:@+-]*|\d{1,9}|[\da-f]+(?:-[\da-f]+)+)$/i.test(word)) return word
  if (/^[\p{L}\p{M}\p{N} .,:;/\\()[\]{}<>|&'@=+*?~#_-]*$/u.test(word)) return `"${word}"`
  return word.search(unsafe) < 0 ? `'${word.replace(/['‘’‚‛]/g, '$&$&')}'` : powerShellText(word)
}

/**
 * A double-quoted text of PowerShell.
 * @param variable what stands for a variable, and is left as it is.
 */
export function powerShellText(text: string, variable = /(?!)/): string {
  const parts = text.split(new RegExp(`(${variable.source})`))
  const quoted = parts.map((part, index) =>
    index % 2 === 1 ? part : part.replace(/["“”„$`]/g, '`$&').replace(unsafe, asCharacters),
  )
  return `"${quoted.join('')}"`
}

/** For text in double quotes: `$([char]0x1b)`. */
const asCharacters = (text: string) =>
  text
    .split('')
    .map(unit => `$([char]0x${unit.charCodeAt(0).toString(16)})`)
    .join('')
