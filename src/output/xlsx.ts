import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { offsetOf } from '../time.ts'

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

/** What the cells of a column hold. */
type CellKind = 'time' | 'guid' | 'text' | 'number'

/** A sheet as the files around it name it. */
interface SheetPart {
  readonly name: string
  readonly columns: number
  /** Its heading included. */
  rows: number
}

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
 */
export function createWorkbook(
  write: (chunk: Buffer) => Promise<void>,
  { timeZone = 'UTC', rowsPerSheet = 1_048_576 }: WorkbookOptions = {},
): Workbook {
  const zip = createZip(write)
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
      const value = kind === 'time' ? dateSerial(text, timeZone) : numberIn(text)
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

// --- What SpreadsheetML (ECMA-376 part 1, section 18) and Excel demand of cells, names and files ---

// The indexes of the cell formats (cellXfs) in `styles`.
const styleOf = { heading: 1, text: 2, guid: 2, time: 3, number: 4 }

// In UTF-16 code units, as Excel counts.
const cellLength = 32_767

/** Cuts text that is too long for a cell, and says so in it. */
function shorten(text: string): string {
  if (text.length <= cellLength) return text
  const mark = (cut: number) => `… [cut: ${cut} characters]`
  const kept = cutAt(text, cellLength - mark(text.length).length)
  return kept + mark(text.length - kept.length)
}

/** At most so many UTF-16 code units, and no half of a pair at the end. */
const cutAt = (text: string, length: number) => text.slice(0, length).replace(/[\ud800-\udbff]$/, '')

/** Replaces the characters that XML cannot hold. */
function withSigns(text: string): string {
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, character => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
  })
}

function textXml(text: string, address: string, style: 'heading' | 'text'): string {
  // Without this, Excel drops leading and trailing spaces.
  const space = /^\s|\s$|[\t\n\r]/.test(text) ? ' xml:space="preserve"' : ''
  return inlineXml(escapeXml(text), address, style, space)
}

/** A cell of text that needs no escaping. */
function inlineXml(text: string, address: string, style: 'heading' | 'text', space = ''): string {
  return `<c r="${address}" s="${styleOf[style]}" t="inlineStr"><is><t${space}>${text}</t></is></c>`
}

/** Whether XML and Excel take a text as it is: ASCII without markup, as most cells are. */
function isPlain(text: string): boolean {
  return text.length < 1000 && /^(?!.*_x| )[ -%'-;=?-~]*(?<! )$/.test(text)
}

function numberXml(value: number, address: string, kind: 'time' | 'number'): string {
  return `<c r="${address}" s="${styleOf[kind]}"><v>${value}</v></c>`
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '\r': '&#13;', // XML readers turn a bare CR into LF.
}

/** Escapes text for XML. Excel reads `_x000D_` as a CR (ST_Xstring), so the underscore of such text is escaped as well. */
function escapeXml(text: string): string {
  return text
    .replace(/_(?=x[0-9a-fA-F]{4}_)/g, '_x005F_')
    .replace(/[<>&\r]/g, character => entities[character] ?? character)
}

const dayMs = 86_400_000

/**
 * Converts an ISO time to a serial number: days since 1899-12-30, in the wall time of the zone. Other text gives
 * undefined, and so do days before March 1900, which Excel miscounts.
 */
function dateSerial(text: string, timeZone: string): number | undefined {
  const day = /^\d{4}-\d\d-(\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}Z$/.exec(text)?.[1]
  const time = day === undefined ? Number.NaN : Date.parse(text)
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(time) || (Number(day) > 28 && new Date(time).getUTCDate() !== Number(day)))
    return undefined
  const serial = (time + offsetOf(timeZone, time, 'instant')) / dayMs + 25_569
  return serial < 61 ? undefined : serial
}

/** The number, if Excel keeps all its digits: it keeps 15. */
function numberIn(text: string): number | undefined {
  const number = /^-?\d/.test(text) && text.length <= 15 ? Number(text) : undefined
  return String(number) === text ? number : undefined
}

/** `A` for 0, `AA` for 26. */
function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last
}

/** A name that no other sheet has and that Excel allows: at most 31 characters, none of `[]:*?/\`, no outer `'`. */
function sheetName(wanted: string, others: readonly SheetPart[]): string {
  const allowed =
    withSigns(wanted)
      .replace(/[[\]:*?/\\\t\n\r]/g, '-')
      .replace(/^[\s']+|[\s']+$/g, '') || 'Sheet'
  const taken = new Set(['history', ...others.map(({ name }) => name.toLowerCase())])
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : ` ${number}`
    const name = cutAt(allowed, 31 - suffix.length).replace(/[\s']+$/, '') + suffix
    if (!taken.has(name.toLowerCase())) return name
  }
}

const sheetPath = (index: number) => `xl/worksheets/sheet${index + 1}.xml`

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006'
const relationships = `${office}/relationships`
const packages = 'http://schemas.openxmlformats.org/package/2006'
const officeType = 'application/vnd.openxmlformats-officedocument'

/** docProps/app.xml */
const application = `${declaration}<Properties xmlns="${office}/extended-properties">\
<Application>cf-audit</Application></Properties>`

/** xl/styles.xml. Number format 49 is the built-in `@`; Excel requires the second fill and the empty border. */
const styles = `${declaration}<styleSheet xmlns="${spreadsheet}">\
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

/** A sheet up to its first row. */
function sheetStart(columns: readonly { kind: CellKind; width: number }[], isFirst: boolean): string {
  const cols = columns.map(
    ({ kind, width }, index) =>
      `<col min="${index + 1}" max="${index + 1}" width="${width}" style="${styleOf[kind]}" customWidth="1"/>`,
  )
  return `${declaration}<worksheet xmlns="${spreadsheet}">\
<sheetViews><sheetView ${isFirst ? 'tabSelected="1" ' : ''}workbookViewId="0">\
<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>\
<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>\
<sheetFormatPr defaultRowHeight="15"/><cols>${cols.join('')}</cols><sheetData>`
}

/** A sheet from its last row on. */
function sheetEnd({ columns, rows }: SheetPart): string {
  return `</sheetData><autoFilter ref="A1:${lettersOf(columns - 1)}${rows}"/></worksheet>`
}

/** xl/workbook.xml */
function workbookXml(parts: readonly SheetPart[]): string {
  const sheets = parts.map(
    ({ name }, index) =>
      `<sheet name="${escapeXml(name).replaceAll('"', '&quot;')}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  )
  // Excel gives the range of each filter this hidden name.
  const filters = parts.map(({ name, columns, rows }, index) => {
    const range = `'${name.replaceAll("'", "''")}'!$A$1:$${lettersOf(columns - 1)}$${rows}`
    return `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">${escapeXml(range)}</definedName>`
  })
  return `${declaration}<workbook xmlns="${spreadsheet}" xmlns:r="${relationships}">\
<bookViews><workbookView/></bookViews><sheets>${sheets.join('')}</sheets>\
<definedNames>${filters.join('')}</definedNames></workbook>`
}

const links = (all: readonly string[]) =>
  `${declaration}<Relationships xmlns="${packages}/relationships">${all.join('')}</Relationships>`

const link = (id: number, type: string, target: string) =>
  `<Relationship Id="rId${id}" Type="${relationships}/${type}" Target="${target}"/>`

/** _rels/.rels */
const packageLinks = links([
  link(1, 'officeDocument', 'xl/workbook.xml'),
  link(2, 'extended-properties', 'docProps/app.xml'),
])

/** xl/_rels/workbook.xml.rels */
const workbookLinks = (sheets: number) =>
  links([
    ...Array.from({ length: sheets }, (_, index) => link(index + 1, 'worksheet', `/${sheetPath(index)}`)),
    link(sheets + 1, 'styles', '/xl/styles.xml'),
  ])

/** [Content_Types].xml */
function contentTypes(sheets: number): string {
  const types = [
    ['docProps/app.xml', 'extended-properties'],
    ['xl/workbook.xml', 'spreadsheetml.sheet.main'],
    ['xl/styles.xml', 'spreadsheetml.styles'],
    ...Array.from({ length: sheets }, (_, index) => [sheetPath(index), 'spreadsheetml.worksheet']),
  ]
  const overrides = types.map(
    ([path, type]) => `<Override PartName="/${path}" ContentType="${officeType}.${type}+xml"/>`,
  )
  return `${declaration}<Types xmlns="${packages}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>${overrides.join('')}</Types>`
}
