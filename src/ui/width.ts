import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

/** The columns of a terminal that a text takes: two for most characters of East Asia and emoji, none for accents. */
export const widthOf = (text: string): number => (isNarrow.test(text) ? text.length : stringWidth(text))

// The width of these is their number, and string-width need not look at each.
const isNarrow = /^[\x20-\x7e…─␣]*$/

/** The text in lines of at most `width` columns, broken between words; a longer word has a line of its own. */
export const wrapWords = (text: string, width: number): string[] => wrapAnsi(text, width).split('\n')

// Names and addresses have few spaces: they break behind the signs that join their parts, too.
const breaks = /(?<=[@._/:,-])(?! )|(?= )/

/** The widths of the pieces of a text between which it may break. */
export const piecesOf = (text: string): readonly number[] => text.split(breaks).map(widthOf)

/** How many lines of `width` columns these pieces take; a piece that has to be broken itself takes one more. */
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
 * A cell in lines of at most `width` columns, broken before a space or behind a sign such as `@`, and within a word only
 * where that is longer than a line. The lines are as even as they can be: `ada@` and `example.gov`, not `ada@example.`
 * and `gov`. No character is lost: the lines in a row are the text.
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

/** The beginning of a text and `…`, in at most `width` columns; the text itself if it fits. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  // cli-truncate takes a wide character for which there is half the room.
  for (let room = width; ; room--) {
    const cut = cliTruncate(text, room)
    if (widthOf(cut) <= width) return cut
  }
}
