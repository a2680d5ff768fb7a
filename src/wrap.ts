import wrapAnsi from 'wrap-ansi'

/** Breaks lines at spaces so that none is wider than `width` columns; a longer word has a line of its own. */
export function wrap(text: string, width: number): string {
  return wrapAnsi(text, width, { trim: false, wordWrap: true, hard: false }).replace(/ +$|^ (?=\S)/gm, '')
}
