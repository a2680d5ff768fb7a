import wrapAnsi from 'wrap-ansi'

/** Breaks lines at spaces so that none is wider than `width` columns; a longer word has a line of its own. */
export function wrap(text: string, width: number): string {
  return wrapAnsi(text, width, { trim: false, wordWrap: true, hard: false })
    .replace(/\n +(?=\n)/g, '') // Between two words as wide as the line, wrap-ansi leaves a line to their space.
    .replace(/ +$|^ (?=\S)/gm, '')
}
