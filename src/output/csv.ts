import { string as quoted } from '@json2csv/formatters'
import { Parser } from '@json2csv/plainjs'

/** A column as CSV needs it. */
export interface CsvColumn {
  readonly heading: string
  readonly kind: 'time' | 'guid' | 'text'
}

/** How the bytes are to be. */
export interface CsvOptions {
  /** The heading row. */
  readonly header: boolean
  /** A byte-order mark and CRLF, without which Excel takes UTF-8 for something else. */
  readonly excel: boolean
  /** Whether a cell that a spreadsheet would run gets a leading `'`. */
  readonly guard: boolean
}

/** Writes rows of CSV (RFC 4180). */
export interface Csv {
  /** What stands before the first row: '' without header. */
  head(): string
  row(cells: readonly string[]): string
  /** How many cells were given a leading `'` so far. */
  guarded(): number
}

// A spreadsheet takes a cell that begins so for a formula, and runs it (CWE-1236).
const formula = /^[=+\-@\t\r]/
// What a GUID is made of. A GUID column can hold text of somebody's making after all: the source of a route policy, say.
const guidLike = /^[\w-]*$/

export function createCsv(columns: readonly CsvColumn[], { header, excel, guard }: CsvOptions): Csv {
  const eol = excel ? '\r\n' : '\n'
  const quote = quoted()
  // A lone CR breaks rows in many readers, so it is quoted like the separators that RFC 4180 names.
  // An empty cell alone would be an empty line, which readers take for no row at all.
  const mustBeQuoted = (text: string) => /[",\r\n]/.test(text) || (text === '' && columns.length === 1)
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

  function protect(cell: string, index: number): string {
    const kind = columns[index]?.kind
    if (!formula.test(cell) || kind === 'time' || (kind === 'guid' && guidLike.test(cell))) return cell
    guarded++
    return `'${cell}`
  }

  return {
    head: () => (excel ? '\ufeff' : '') + (header ? parser({}).parse([]) + eol : ''),
    row: cells => rows.parse([guard ? cells.map(protect) : cells]) + eol,
    guarded: () => guarded,
  }
}
