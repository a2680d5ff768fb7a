import { string as quoted } from '@json2csv/formatters'
import { Parser } from '@json2csv/plainjs'

/** A column as CSV needs it. */
export interface CsvColumn {
  readonly heading: string
}

/** How the bytes are to be. */
export interface CsvOptions {
  /** The heading row. */
  readonly header: boolean
  /** A byte-order mark and CRLF, without which Excel takes UTF-8 for something else. */
  readonly excel: boolean
  /** Whether to put a `'` before everything that a spreadsheet would run. */
  readonly guard: boolean
}

/** Writes rows of CSV (RFC 4180). */
export interface Csv {
  /** What stands before the first row: '' without header. */
  head(): string
  row(cells: readonly string[]): string
  /** The number of cells that got a `'` so far. */
  guarded(): number
}

// Excel, LibreOffice and Google Sheets run a cell that begins like this as a formula (CWE-1236): in East Asian locales with
// full-width signs too, and after characters that they drop. Where the list separator is not a comma, they take each part of
// a cell for a cell, even inside quotes.
const formula =
  /((?:^|[;|\t\r\n\u060c\u061b])(?:(?![\t\r\n])[\s\p{C}"])*)([=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])/gu
// Most cells, including GUIDs and times.
const harmless = /^\w[^;|\t\r\n\u060c\u061b]*$/

/** The cell with a `'` before everything that a spreadsheet would run. */
function escapeFormulas(cell: string): string {
  return harmless.test(cell) ? cell : cell.replace(formula, "$1'$2").replace(/^[\t\r\n]/, "'$&")
}

export function createCsv(columns: readonly CsvColumn[], { header, excel, guard }: CsvOptions): Csv {
  const eol = excel ? '\r\n' : '\n'
  const quote = quoted()
  // LibreOffice also splits at semicolons and tabs, and many readers at a lone CR.
  // A single empty cell would be an empty line, which readers skip.
  const mustBeQuoted = (text: string) => /[",;\t\r\n]/.test(text) || (text === '' && columns.length === 1)
  const string = (text: string) => (mustBeQuoted(text) ? quote(text) : text)
  const fields = columns.map(({ heading }, index) => ({
    label: heading,
    value: (cells: readonly string[]) => cells[index] ?? '',
  }))
  const parser = (options: object) =>
    new Parser<object, object>({
      fields: fields as never,
      eol,
      includeEmptyRows: true,
      formatters: { string, header: string },
      ...options,
    })
  const rows = parser({ header: false })
  let guarded = 0

  function protect(cell: string): string {
    const safe = escapeFormulas(cell)
    if (safe !== cell) guarded++
    return safe
  }

  return {
    head: () => (excel ? '\ufeff' : '') + (header ? parser({}).parse([]) + eol : ''),
    row: cells => rows.parse([guard ? cells.map(protect) : cells]) + eol,
    guarded: () => guarded,
  }
}
