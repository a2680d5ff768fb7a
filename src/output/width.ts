import stringWidth from 'string-width'

/** The places that a text takes on a terminal: two for most characters of East Asia and emoji, none for accents. */
export const widthOf = (text: string): number => stringWidth(text)

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The start and the end of a text, with `…` between them, in at most so many places; whole if it fits. */
export function cutMiddle(text: string, places: number): string {
  if (widthOf(text) <= places) return text
  if (places < 1) return ''
  const start = Math.ceil((places - 1) / 2)
  const end = places - 1 - start
  if (/^[\x20-\x7e]*$/.test(text)) return `${text.slice(0, start)}…${text.slice(text.length - end)}`
  // What a reader takes for one character, such as a letter with its accents, stays whole.
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment)
  return `${upTo(characters, start).join('')}…${upTo(characters.reverse(), end).reverse().join('')}`
}

/** `…` and the end of a text, in at most so many places; whole if it fits. */
export function cutStart(text: string, places: number): string {
  if (widthOf(text) <= places) return text
  if (places < 1) return ''
  if (/^[\x20-\x7e]*$/.test(text)) return `…${text.slice(text.length - places + 1)}`
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment).reverse()
  const end = upTo(characters, places - 1)
  return `…${end.reverse().join('')}`
}

/** The first of the characters, as many as have room. */
function upTo(characters: readonly string[], places: number): string[] {
  let width = 0
  const last = characters.findIndex(character => {
    width += widthOf(character)
    return width > places
  })
  return characters.slice(0, last === -1 ? undefined : last)
}
