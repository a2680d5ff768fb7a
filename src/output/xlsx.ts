import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import {
  application,
  type CellKind,
  contentTypes,
  dateSerials,
  inlineXml,
  isPlain,
  lettersOf,
  numberIn,
  numberXml,
  packageLinks,
  type SheetPart,
  sheetEnd,
  sheetName,
  sheetPath,
  sheetStart,
  shorten,
  styles,
  textXml,
  withSigns,
  workbookLinks,
  workbookXml,
} from './spreadsheetml.ts'

// No library of workbooks does all of this on Node 20 in flat memory, so we write the XML ourselves and yazl does the
// zip. Measured with three sheets, 200,000 rows of 9 columns, Node 20; peak memory in brackets is at 20,000 rows:
//
//   library                    CPU    peak memory       why not
//   exceljs 4.4 (streaming)     8 s    200 MB (120)     unmaintained; a control character makes the file unreadable
//   excelts 5.1 (streaming)    17 s    389 MB (126)     as above; the last version for Node 20
//   excelts 10.2 (streaming)    9 s    118 MB (111)     needs Node 22; turns CR into LF, drops control characters
//   hucre 1.0 (streaming)       6 s     98 MB (66)      one sheet, no filter, no bold heading; as exceljs
//   write-excel-file 4.1       17 s   1328 MB (229)     whole workbook in memory; no filter
//   excel-builder-vanilla 5.2  26 s   3506 MB (441)     whole workbook in memory
//   wasm-xlsxwriter 0.13      187 s    707 MB (201)     whole workbook in memory
//   this, with yazl 3.3         5 s    109 MB (83)      (106 MB at 1,000,000 rows)
//
// Of the zip libraries, fflate takes twice the CPU and stops at 4 GiB, zip.js is 8 MB, and client-zip cannot compress.

/** A column of a sheet. */
export interface SheetColumn {
  readonly heading: string
  /**
   * `time` cells such as `2026-11-24T09:30:00Z` become dates, and `number` cells become numbers unless that would lose
   * digits. All other cells are text.
   */
  readonly kind: CellKind
}

export interface SheetSpec {
  /** Made valid if Excel does not allow it, and numbered if another sheet has it. */
  readonly name: string
  readonly columns: readonly SheetColumn[]
}

/** A sheet that takes rows until the next sheet begins. */
export interface Sheet {
  /** Appends rows with one cell per column. Missing cells are empty. */
  rows(rows: Iterable<readonly string[]>): Promise<void>
}

/** What a workbook altered because of the limits of its format. */
export interface WorkbookAlterations {
  /** Cells longer than 32,767 characters. They end with `… [cut: N characters]`. */
  readonly cutCells: number
  /** Cells with characters that XML cannot hold: control characters become signs such as `␛`, the rest U+FFFD. */
  readonly replacedCells: number
  /** Sheets longer than 1,048,576 rows. They continue in sheets named `NAME 2`, `NAME 3`, … */
  readonly splitSheets: number
}

export interface Workbook {
  /** Ends the current sheet, if any, and begins another. */
  sheet(spec: SheetSpec): Promise<Sheet>
  /** Ends the workbook, which needs at least one sheet. */
  close(): Promise<WorkbookAlterations>
}

export interface WorkbookOptions {
  /** The IANA zone of the dates, which stands in their headings. Default: `UTC`. */
  readonly timeZone?: string
  /** The size at which a sheet is split, heading included. Default: 1,048,576, Excel's limit. */
  readonly rowsPerSheet?: number
}

// XML is handed to the zip in chunks of about this many characters.
const chunkLength = 65_536

// Column widths are derived from this many rows.
const sampledRows = 200

/**
 * Writes a workbook (SpreadsheetML, ECMA-376) sheet after sheet, in flat memory. Text is stored as text in cells with
 * the text format (`@`), so it never runs as a formula, not even after someone edits it. The same input gives the same
 * bytes on the same version of Node.js.
 * @param write takes the bytes in order, one call at a time. Its errors are thrown by `sheet`, `rows` or `close`.
 * @throws RangeError for an unknown time zone.
 */
export function createWorkbook(
  write: (chunk: Buffer) => Promise<void>,
  { timeZone = 'UTC', rowsPerSheet = 1_048_576 }: WorkbookOptions = {},
): Workbook {
  const zip = createZip(write)
  const serialOf = dateSerials(timeZone)
  const parts: SheetPart[] = []
  const alterations = { cutCells: 0, replacedCells: 0, splitSheets: 0 }
  let endSheet = async () => {}

  // file(1) and tools built on it recognize a workbook only with these files first, in this order.
  zip.add('_rels/.rels', packageLinks)
  zip.add('docProps/app.xml', application)
  zip.add('xl/styles.xml', styles)

  function cellXml(text: string, kind: CellKind, address: string): string {
    if (text === '') return ''
    if (kind === 'time' || kind === 'number') {
      const value = kind === 'time' ? serialOf(text) : numberIn(text)
      if (value !== undefined) return numberXml(value, address, kind)
    }
    if (isPlain(text)) return inlineXml(text, address, 'text')
    const shown = withSigns(text)
    const cell = shorten(shown)
    if (shown !== text) alterations.replacedCells++
    if (cell !== shown) alterations.cutCells++
    return textXml(cell, address, 'text')
  }

  function createSheet({ name, columns }: SheetSpec) {
    const headings = columns.map(({ heading, kind }) =>
      withSigns(kind === 'time' ? `${heading} (${timeZone})` : heading),
    )
    const letters = columns.map((_, index) => lettersOf(index))
    // Column widths come before the rows, so the first rows wait until there are enough to derive widths from.
    let waiting: (readonly string[])[] | undefined = []
    let layout: { kind: CellKind; width: number }[] = []
    let file: ZipEntry | undefined
    let isSplit = false
    let row = 0
    let xml = ''

    function startPart() {
      parts.push({ name: sheetName(name, parts), columns: letters.length, rows: 0 })
      file = zip.stream(sheetPath(parts.length - 1))
      const cells = headings.map((text, index) => textXml(text, `${letters[index]}1`, 'heading'))
      xml = `${sheetStart(layout, parts.length === 1)}<row r="1">${cells.join('')}</row>`
      row = 1
    }

    async function endPart() {
      const part = parts.at(-1)!
      part.rows = row
      await file!.write(xml + sheetEnd(part))
      file!.end()
      file = undefined
    }

    async function add(cells: readonly string[]) {
      if (row === rowsPerSheet) {
        await endPart()
        startPart()
        if (!isSplit) alterations.splitSheets++
        isSplit = true
      }
      row++
      xml += `<row r="${row}">`
      for (const [index, { kind }] of columns.entries()) {
        xml += cellXml(cells[index] ?? '', kind, `${letters[index]}${row}`)
      }
      xml += '</row>'
      if (xml.length < chunkLength) return
      await file!.write(xml)
      xml = ''
    }

    async function start() {
      const first = waiting ?? []
      waiting = undefined
      layout = columns.map(({ kind }, index) => {
        const cells = first.map(row => row[index] ?? '')
        return { kind, width: widthOf(headings[index] ?? '', cells) }
      })
      startPart()
      for (const cells of first) await add(cells)
    }

    return {
      async rows(rows: Iterable<readonly string[]>) {
        for (const cells of rows) {
          if (waiting === undefined) await add(cells)
          else if (waiting.push(cells) === sampledRows) await start()
        }
      },
      async end() {
        if (waiting !== undefined) await start()
        await endPart()
      },
    }
  }

  return {
    async sheet(spec) {
      await endSheet()
      const { rows, end } = createSheet(spec)
      endSheet = end
      return { rows }
    },
    async close() {
      await endSheet()
      zip.add('xl/workbook.xml', workbookXml(parts))
      zip.add('xl/_rels/workbook.xml.rels', workbookLinks(parts.length))
      zip.add('[Content_Types].xml', contentTypes(parts.length))
      await zip.close()
      return alterations
    },
  }
}

/** In characters, with room for the filter button beside the heading. */
function widthOf(heading: string, cells: readonly string[]): number {
  const longest = Math.max(0, ...cells.map(({ length }) => length))
  return Math.min(60, Math.max(heading.length + 4, longest + 2))
}

interface ZipEntry {
  write(text: string): Promise<void>
  end(): void
}

function createZip(write: (chunk: Buffer) => Promise<void>) {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  // A fixed time keeps the bytes the same. Zip files hold local time, so this is local time.
  // Level 3 takes a fifth less time than 6, for a seventh more bytes.
  const options = { mtime: new Date(2000, 0, 1), forceDosTimestamp: true, compressionLevel: 3 }
  let open: PassThrough | undefined
  let failure: { readonly error: unknown } | undefined
  zip.on('error', error => output.destroy(error))
  const written = pump()
  written.catch(error => {
    failure = { error }
    open?.destroy(error) // Otherwise a pending write may wait forever.
  })

  async function pump() {
    for await (const chunk of output) await write(chunk)
  }

  return {
    add: (path: string, text: string) => zip.addBuffer(Buffer.from(text), path, options),
    stream(path: string): ZipEntry {
      const bytes = new PassThrough()
      bytes.on('error', () => {}) // The pending write throws it, or the next one.
      open = bytes
      zip.addReadStream(bytes, path, options)
      return {
        async write(text) {
          if (failure !== undefined) throw failure.error
          if (!bytes.write(text)) await once(bytes, 'drain')
        },
        end: () => void bytes.end(),
      }
    },
    async close() {
      zip.end()
      await written
    },
  }
}
