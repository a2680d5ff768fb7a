import stringWidth from 'string-width'
import { escapeControls } from '../text.ts'

const gap = '  '

/** A column as a table needs it. */
export interface TableColumn {
  readonly key: string
  readonly heading: string
  readonly kind: 'time' | 'guid' | 'text'
}

/** How a table is to be. */
export interface TableOptions {
  /** The headings. */
  readonly header: boolean
  /** The places of a row. undefined: as many as it takes; nothing is cut then. */
  readonly width?: number | undefined
  /** The zone of the times, for their headings. */
  readonly timeZone?: string
  /** Colours a cell of a column, by what stands in it. It must not change its width. */
  readonly paint?: ((key: string, cell: string, shown: string) => string) | undefined
}

/** Writes rows as aligned columns. Widths are those of the first rows it is given; later rows keep to them. */
export interface Table {
  /** Lines for some rows; the headings come with the first. */
  lines(rows: readonly (readonly string[])[]): string
  /** How many cells were cut so far. */
  cut(): number
  /** The headings of the columns, from the right, for which there is no room. */
  dropped(): readonly string[]
}

/** Names come from people, so what would move the cursor, colour the text or turn it round is shown as signs. */
export function createTable(
  columns: readonly TableColumn[],
  { header, width, timeZone = 'UTC', paint = (_key, _cell, shown) => shown }: TableOptions,
): Table {
  const headings = columns.map(({ heading, kind }) =>
    kind === 'time' ? `${heading} (${timeZone})` : heading,
  )
  const kinds = columns.map(({ key, kind }) => (key === 'type' || key === 'role' ? key : kind))
  let widths: readonly number[] | undefined
  let cut = 0

  function line(cells: readonly string[], painted = true): string {
    let text = ''
    let spaces = 0
    for (const [index, places] of (widths ?? []).entries()) {
      const cell = cells[index] ?? ''
      const shown =
        width === undefined ? cell : (painted ? cutOf(index) : cutMiddle)(cell, roomOf(index, places))
      if (shown !== cell && painted) cut++
      if (shown !== '') {
        const key = columns[index]?.key ?? ''
        text += ' '.repeat(spaces) + (painted ? paint(key, cell, shown) : shown)
        spaces = 0
      }
      spaces += Math.max(0, places - widthOf(shown)) + gap.length
    }
    return `${text.trimEnd()}\n`
  }

  /**
   * What tells one event type or role from another is at its end: cut in the middle, the roles of an org, of its billing
   * and of a space would look alike.
   */
  const cutOf = (index: number) => (kinds[index] === 'type' || kinds[index] === 'role' ? cutStart : cutMiddle)

  /** Nothing stands behind the last column: what the others leave is for its later cells. */
  function roomOf(index: number, places: number): number {
    if (widths === undefined || width === undefined || index < widths.length - 1) return places
    return width - widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0)
  }

  function measure(rows: readonly (readonly string[])[]): void {
    const measured = header ? [headings, ...rows] : rows
    const needed = columns.map((_, index) =>
      measured.reduce((most, cells) => Math.max(most, widthOf(cells[index] ?? '')), 0),
    )
    widths = width === undefined ? needed : fitColumns(needed, kinds, width, gap.length)
  }

  return {
    lines(rows) {
      const shown = rows.map(cells => cells.map(escapeControls))
      const head: string[] = []
      if (widths === undefined) {
        measure(shown)
        if (header)
          head.push(
            line(headings, false),
            line(
              (widths ?? []).map(places => '─'.repeat(places)),
              false,
            ),
          )
      }
      return head.join('') + shown.map(cells => line(cells)).join('')
    },
    cut: () => cut,
    dropped: () => columns.slice(widths?.length ?? columns.length).map(({ heading }) => heading),
  }
}

/** What a column holds decides how long it stays whole. */
export type Kind = 'time' | 'type' | 'role' | 'guid' | 'text'

// The least places of a column, in the order in which a terminal that becomes narrower takes the rest. A time is never
// cut, a name keeps its start and its end, and a GUID enough to be told from others. What an event type or a role tells
// is what the reader looks for: they are the last to be shortened, and 17 places tell nearly all types apart.
const stages: readonly Readonly<Record<Kind, number>>[] = [
  { time: 20, type: Number.POSITIVE_INFINITY, role: Number.POSITIVE_INFINITY, text: 16, guid: 13 },
  { time: 20, type: 24, role: 20, text: 16, guid: 13 },
  { time: 20, type: 20, role: 13, text: 10, guid: 9 },
  { time: 20, type: 17, role: 10, text: 8, guid: 9 },
]

/**
 * The places of each column in a row of so many, at most as many as it needs. Fewer than there are columns when the
 * rest, from the right, has no room.
 * @param needed the places of the widest cell or heading of each column.
 * @param gap the places between two columns.
 */
export function fitColumns(
  needed: readonly number[],
  kinds: readonly Kind[],
  width: number,
  gap: number,
): number[] {
  for (let count = needed.length; count > 1; count--) {
    const wanted = needed.slice(0, count)
    const room = width - gap * (count - 1)
    let most = wanted
    for (const stage of stages) {
      const least = wanted.map((places, index) => Math.min(places, stage[kinds[index] ?? 'text']))
      if (sum(least) <= room) return share(least, most, room)
      most = least
    }
  }
  return needed.slice(0, 1).map(places => Math.max(1, Math.min(places, width)))
}

/** The widest give way first: none gets more than any other that would need more, but for what is least and most. */
function share(least: readonly number[], most: readonly number[], room: number): number[] {
  const capped = (cap: number) => least.map((low, index) => Math.max(low, Math.min(most[index] ?? low, cap)))
  let cap = Math.min(room, Math.max(...most))
  while (sum(capped(cap)) > room) cap--
  let spare = room - sum(capped(cap))
  return capped(cap).map((places, index) => {
    if (spare === 0 || places < cap || places >= (most[index] ?? places)) return places
    spare--
    return places + 1
  })
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

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
