import stringWidth from 'string-width'
import { plain } from '../plain.ts'

const gap = '  '

/** Writes rows as aligned columns. Widths are those of the first rows it is given; later rows keep to them. */
export interface Table {
  /** Lines for some rows; the headings come with the first. */
  lines(rows: readonly (readonly string[])[]): string
}

/**
 * Names come from people, so what would move the cursor, colour the text or turn it round is shown as signs.
 * @param header whether the headings are printed.
 */
export function createTable(headings: readonly string[], header: boolean): Table {
  let widths: number[] | undefined

  function line(cells: readonly string[]): string {
    return `${cells
      .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths?.[index] ?? 0) - stringWidth(cell))))
      .join(gap)
      .trimEnd()}\n`
  }

  return {
    lines(rows) {
      const shown = rows.map(cells => cells.map(plain))
      const head: string[] = []
      if (widths === undefined) {
        const measured = header ? [headings, ...shown] : shown
        widths = headings.map((_, index) =>
          Math.max(0, ...measured.map(cells => stringWidth(cells[index] ?? ''))),
        )
        if (header) head.push(line(headings), line(widths.map(width => '─'.repeat(width))))
      }
      return [...head, ...shown.map(line)].join('')
    },
  }
}
