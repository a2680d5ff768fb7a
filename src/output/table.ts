import { plain } from '../plain.ts'
import { fitColumns } from './fit.ts'
import { cutMiddle, cutStart, widthOf } from './width.ts'

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
  { header, width, paint = (_key, _cell, shown) => shown }: TableOptions,
): Table {
  // All times of Cloud Foundry are UTC.
  const headings = columns.map(({ heading, kind }) => (kind === 'time' ? `${heading} (UTC)` : heading))
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
      const shown = rows.map(cells => cells.map(plain))
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
