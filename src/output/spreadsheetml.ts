// What SpreadsheetML (ECMA-376 part 1, section 18) and Excel demand of cells, names and files.

/** What the cells of a column hold. */
export type CellKind = 'time' | 'guid' | 'text' | 'number'

/** A sheet as the files around it name it. */
export interface SheetPart {
  readonly name: string
  readonly columns: number
  /** Its heading included. */
  rows: number
}

// The indexes of the cell formats (cellXfs) in `styles`.
const styleOf = { heading: 1, text: 2, guid: 2, time: 3, number: 4 }

// Cells.

// In UTF-16 code units, as Excel counts.
const cellLength = 32_767

/** Cuts text that is too long for a cell, and says so in it. */
export function shorten(text: string): string {
  if (text.length <= cellLength) return text
  const mark = (cut: number) => `… [cut: ${cut} characters]`
  const kept = cutAt(text, cellLength - mark(text.length).length)
  return kept + mark(text.length - kept.length)
}

/** At most so many UTF-16 code units, and no half of a pair at the end. */
const cutAt = (text: string, length: number) => text.slice(0, length).replace(/[\ud800-\udbff]$/, '')

/** Replaces the characters that XML cannot hold. */
export function withSigns(text: string): string {
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, character => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
  })
}

export function textXml(text: string, address: string, style: 'heading' | 'text'): string {
  // Without this, Excel drops leading and trailing spaces.
  const space = /^\s|\s$|[\t\n\r]/.test(text) ? ' xml:space="preserve"' : ''
  return inlineXml(escapeXml(text), address, style, space)
}

/** A cell of text that needs no escaping. */
export function inlineXml(text: string, address: string, style: 'heading' | 'text', space = ''): string {
  return `<c r="${address}" s="${styleOf[style]}" t="inlineStr"><is><t${space}>${text}</t></is></c>`
}

/** Whether XML and Excel take a text as it is: ASCII without markup, as most cells are. */
export function isPlain(text: string): boolean {
  return text.length < 1000 && /^(?!.*_x| )[ -%'-;=?-~]*(?<! )$/.test(text)
}

export function numberXml(value: number, address: string, kind: 'time' | 'number'): string {
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
 * Converts ISO times to serial numbers: days since 1899-12-30, in the wall time of the zone. Other text gives undefined,
 * and so do days before March 1900, which Excel miscounts.
 */
export function dateSerials(timeZone: string): (text: string) => number | undefined {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const isUtc = clock.resolvedOptions().timeZone === 'UTC'

  function wallTime(time: number): number {
    if (isUtc) return time
    const parts = Object.fromEntries(
      clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    )
    return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second)
  }

  // The newest of the rows before has the same day, mostly.
  let [day, dayStart] = ['', Number.NaN]

  return text => {
    const time = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/.exec(text)
    if (time === null) return undefined
    if (time[1] !== day) {
      day = time[1]!
      dayStart = Date.parse(day)
      // Date.parse takes 30 February for 2 March.
      if (!Number.isNaN(dayStart) && new Date(dayStart).toISOString().slice(0, 10) !== day)
        dayStart = Number.NaN
    }
    if (Number.isNaN(dayStart)) return undefined
    const ms = dayStart + (Number(time[2]) * 3600 + Number(time[3]) * 60 + Number(time[4])) * 1000
    const serial = wallTime(ms) / dayMs + 25_569
    return serial < 61 ? undefined : serial
  }
}

/** The number, if Excel keeps all its digits: it keeps 15. */
export function numberIn(text: string): number | undefined {
  const number = /^-?\d/.test(text) && text.length <= 15 ? Number(text) : undefined
  return String(number) === text ? number : undefined
}

// Names.

/** `A` for 0, `AA` for 26. */
export function lettersOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last
}

/** A name that no other sheet has and that Excel allows: at most 31 characters, none of `[]:*?/\`, no outer `'`. */
export function sheetName(wanted: string, others: readonly SheetPart[]): string {
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

// Files.

export const sheetPath = (index: number) => `xl/worksheets/sheet${index + 1}.xml`

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006'
const relationships = `${office}/relationships`
const packages = 'http://schemas.openxmlformats.org/package/2006'
const officeType = 'application/vnd.openxmlformats-officedocument'

/** docProps/app.xml */
export const application = `${declaration}<Properties xmlns="${office}/extended-properties">\
<Application>cf-audit</Application></Properties>`

/** xl/styles.xml. Number format 49 is the built-in `@`; Excel requires the second fill and the empty border. */
export const styles = `${declaration}<styleSheet xmlns="${spreadsheet}">\
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
export function sheetStart(columns: readonly { kind: CellKind; width: number }[], isFirst: boolean): string {
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
export function sheetEnd({ columns, rows }: SheetPart): string {
  return `</sheetData><autoFilter ref="A1:${lettersOf(columns - 1)}${rows}"/></worksheet>`
}

/** xl/workbook.xml */
export function workbookXml(parts: readonly SheetPart[]): string {
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
export const packageLinks = links([
  link(1, 'officeDocument', 'xl/workbook.xml'),
  link(2, 'extended-properties', 'docProps/app.xml'),
])

/** xl/_rels/workbook.xml.rels */
export const workbookLinks = (sheets: number) =>
  links([
    ...Array.from({ length: sheets }, (_, index) => link(index + 1, 'worksheet', `/${sheetPath(index)}`)),
    link(sheets + 1, 'styles', '/xl/styles.xml'),
  ])

/** [Content_Types].xml */
export function contentTypes(sheets: number): string {
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
