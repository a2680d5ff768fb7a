import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

/** The width of a text in columns: two for emoji and most East Asian characters, none for combining accents. */
export const widthOf = (text: string): number => (isNarrow.test(text) ? text.length : stringWidth(text))

// Each of these is one column wide, so there is no need for string-width.
const isNarrow = /^[\x20-\x7e…─␣]*$/

/** Wraps a text between words; a word longer than `width` columns gets a line of its own. */
export const wrapWords = (text: string, width: number): string[] => wrapAnsi(text, width).split('\n')

// Names and addresses have few spaces, so they also break after punctuation.
const breaks = /(?<=[@._/:,-])(?! )|(?= )/

/** The widths of the pieces between which a text may break. */
export const piecesOf = (text: string): readonly number[] => text.split(breaks).map(widthOf)

/** How many lines of `width` columns these pieces take. A piece that is longer than a line takes one more. */
export function lineCount(pieces: readonly number[], width: number): number {
  if (pieces.reduce((sum, piece) => sum + piece, 0) <= width) return 1
  let lines = 0
  let room = 0
  for (const piece of pieces) {
    if (piece > room) lines += piece <= width ? 1 : Math.ceil(piece / width) + 1
    room = piece <= room ? room - piece : width - (piece % width || width)
  }
  return lines
}

/**
 * Wraps a cell before a space or after punctuation such as `@`, and within a word only if it is longer than a line. The
 * lines are as even as possible: `ada@` and `example.gov`, not `ada@example.` and `gov`. No character is lost: the lines
 * joined are the text.
 */
export function wrapCell(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text]
  const pieces = text.split(breaks)
  const longest = Math.max(...pieces.map(widthOf))
  let even = pack(pieces, width)
  for (let narrower = width - 1; narrower >= longest; narrower--) {
    const lines = pack(pieces, narrower)
    if (lines.length > even.length) break
    even = lines
  }
  return even
}

function pack(pieces: readonly string[], width: number): string[] {
  const lines: string[] = []
  let room = 0
  for (const piece of pieces) {
    const needed = widthOf(piece)
    if (needed <= room) lines.push((lines.pop() ?? '') + piece)
    else lines.push(...(needed <= width ? [piece] : breakAnywhere(piece, width)))
    room = width - widthOf(lines.at(-1) ?? '')
  }
  return lines
}

const breakAnywhere = (text: string, width: number) =>
  wrapAnsi(text, width, { hard: true, wordWrap: false, trim: false }).split('\n')

/** Shortens a text to `width` columns, with `…` at the end, unless it fits. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  // cli-truncate keeps a wide character even if only half of it fits.
  for (let room = width; ; room--) {
    const cut = cliTruncate(text, room)
    if (widthOf(cut) <= width) return cut
  }
}
