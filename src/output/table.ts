import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { escapeControls } from '../text.ts'
import { lineCount, piecesOf, truncate, widthOf, wrapCell, wrapWords } from '../ui/width.ts'

/**
 * The question of an auditor that a column answers: who did it or was affected, what happened, to which app, route or
 * service, and where. A narrow table drops details first, and cuts data to one line.
 */
export type Answer = 'who' | 'what' | 'which' | 'where' | 'detail' | 'data'

export interface TableColumn {
  readonly key: string
  readonly heading: string
  readonly kind: 'time' | 'guid' | 'text'
  readonly answers?: Answer | undefined
}

export interface TableOptions {
  readonly header: boolean
  /** Of the terminal, in columns. undefined: no limit, and every cell is shown in full. */
  readonly width?: number | undefined
  /** Colors the text of a cell without changing its width. */
  readonly paint?: ((key: string, cell: string, shown: string) => string) | undefined
  /** Whether the user chose the columns: then none is dropped. */
  readonly chosen?: boolean | undefined
  /** Columns to show once per group. Rows of one group have the same cell after their last column. */
  readonly grouped?: readonly string[] | undefined
}

type Rows = readonly (readonly string[])[]

/** Rows as aligned columns, or one below the other if the terminal is too narrow. */
export interface Table {
  /** Takes rows and keeps them: the widths depend on all of them. */
  add(rows: Rows): void
  /** All lines, headings included, some at a time. */
  lines(): Generator<string>
  /** How many cells were shortened; each shows `…`. */
  cut(): number
  /** The headings of the columns that were dropped. */
  dropped(): readonly string[]
}

/** A column while it is made to fit. */
interface Shape {
  readonly column: TableColumn
  readonly heading: string
  /** The text of each cell. */
  readonly cells: readonly string[]
  /** Of the widest cell. */
  readonly width: number
  /** How many cells end with our `…`. */
  readonly cut: number
}

interface Layout {
  readonly shapes: readonly Shape[]
  /** Columns of equal cells, shown once above the table. */
  readonly stated: readonly Shape[]
  readonly dropped: readonly Shape[]
}

/** Colors a line of a cell. */
type PaintCell = (shape: Shape, row: number) => (shown: string) => string

const gap = '  '

/**
 * Makes a table in which different cells of a column never look the same, except where they end with `…`. If it is too
 * wide, it is narrowed in this order: GUIDs are shortened, details dropped, columns of equal cells shown once above, the
 * year of times moved to the heading, and their seconds removed if all times stay distinct. What is still too wide is
 * wrapped. If that would be hard to read, each row becomes a record of lines, in full.
 */
export function createTable(
  columns: readonly TableColumn[],
  { header, width, paint = (_key, _cell, shown) => shown, chosen = false, grouped = [] }: TableOptions,
): Table {
  const measured = columns.map(measuredColumn)
  const waiting = rowBuffer()
  let cut = 0
  let dropped: readonly string[] = []
  let group: string | undefined

  /** Whether each row belongs to the same group as the one before. */
  function repeated(rows: Rows): boolean[] {
    return rows.map(row => {
      const isSame = group !== undefined && row[columns.length] === group
      group = row[columns.length]
      return isSame
    })
  }

  function render(rows: Rows, isFirst: boolean): string {
    const whole = columns.map((column, index) => {
      const { heading, shown } = measured[index]!
      return shapeOf(
        column,
        heading(),
        rows.map(cells => shown(cells[index] ?? '')),
      )
    })
    const isRepeated = repeated(rows)
    const shapes = whole.map(shape =>
      grouped.includes(shape.column.key)
        ? { ...shape, cells: shape.cells.map((cell, row) => (isRepeated[row] ? '' : cell)) }
        : shape,
    )
    const paintCell: PaintCell = ({ column }, row) => {
      const cell = rows[row]?.[columns.indexOf(column)] ?? ''
      return shown => paint(column.key, cell, shown)
    }
    const layout: Layout = { shapes, stated: [], dropped: [] }
    if (width === undefined) {
      const widths = measured.map(({ heading, width }) => Math.max(width(), header ? widthOf(heading()) : 0))
      return grid(layout, widths, header && isFirst, paintCell)
    }
    // On a narrower terminal, the terminal itself breaks the lines.
    const room = Math.max(20, width)
    const steps = narrowings(whole, header, chosen)
    const fit = fitting(layout, steps, room, header)
    if (fit === undefined) return records(whole, room, paintCell)
    dropped = fit.layout.dropped.map(({ heading }) => heading)
    cut = fit.layout.shapes.reduce((sum, shape, index) => sum + cutIn(shape, fit.widths[index] ?? 0), 0)
    return grid(fit.layout, fit.widths, header, paintCell)
  }

  return {
    add(rows) {
      for (const row of rows) for (const [index, column] of measured.entries()) column.add(row[index] ?? '')
      waiting.add(rows)
    },
    *lines() {
      if (width !== undefined) return yield render([...waiting.batches()].flat(), true)
      let isFirst = true
      for (const rows of waiting.batches()) {
        yield render(rows, isFirst)
        isFirst = false
      }
    },
    cut: () => cut,
    dropped: () => dropped,
  }
}

const batchSize = 5000

/** Keeps rows, many of them compressed: the same names repeat. */
function rowBuffer() {
  const packed: Buffer[] = []
  let latest: (readonly string[])[] = []
  return {
    add(rows: Rows) {
      for (const row of rows) latest.push(row)
      if (latest.length < batchSize) return
      packed.push(deflateRawSync(JSON.stringify(latest), { level: 1 }))
      latest = []
    },
    *batches(): Generator<Rows> {
      for (const batch of packed) yield JSON.parse(inflateRawSync(batch).toString())
      yield latest
    },
  }
}

function shapeOf(column: TableColumn, heading: string, cells: readonly string[], cut = 0): Shape {
  const width = cells.reduce((most, cell) => Math.max(most, widthOf(cell)), 0)
  return { column, heading, cells, width, cut }
}

// --- What a cell shows ---

const plain = /^(?:[!-[\]-~]+(?: [!-[\]-~]+)*)?$/

/** A column that is measured cell by cell. */
interface MeasuredColumn {
  add(cell: string): void
  /** The text of a cell, once all have been added. */
  shown(cell: string): string
  /** Of the widest cell. */
  width(): number
  heading(): string
}

function measuredColumn(column: TableColumn): MeasuredColumn {
  // Different spellings that look the same: an accent may be a separate character.
  const spellings = new Map<string, Set<string>>()
  const zones = new Set<string | undefined>()
  let width = 0

  function shown(cell: string): string {
    if (plain.test(cell)) return cell
    const text = visible(cell)
    return (spellings.get(text.normalize())?.size ?? 0) > 1 ? spelledOut(text) : text
  }

  return {
    add(cell) {
      if (column.kind === 'time' && cell !== '') zones.add(timeParts.exec(cell)?.[5])
      let text = cell
      if (!plain.test(cell)) {
        text = visible(cell)
        const form = text.normalize()
        const alike = (spellings.get(form) ?? new Set()).add(text)
        spellings.set(form, alike)
        if (alike.size > 1) width = Math.max(width, ...[...alike].map(spelledOut).map(widthOf))
      }
      width = Math.max(width, widthOf(text))
    },
    shown,
    width: () => width,
    heading() {
      if (column.kind !== 'time' || zones.size > 1) return column.heading
      const [zone = 'Z'] = zones
      return `${column.heading} (${zone === 'Z' ? 'UTC' : `UTC${zone}`})`
    },
  }
}

/**
 * The visible text of a cell. Names are typed by people: characters that move the cursor, color or reverse the text
 * become symbols, as do spaces that could not be seen. Different cells stay different, even if they have such symbols.
 */
function visible(cell: string): string {
  const text = escapeControls(cell.replace(/[\u2400-\u2423]|\\(?=u\{)/g, escaped))
  return text.replace(/^ +| +$| {2,}/g, spaces => '␣'.repeat(spaces.length))
}

const spelledOut = (text: string) => text.replace(/[^\u0000-\u007f]/gu, escaped)

const escaped = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`

const timeParts = /^(\d{4})-(\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)$/

const isFull = (cell: string) => cell !== ''

/** `11-24 03:21:05`: the year and the zone that all times share move to the heading. */
function shortTimes(shape: Shape): Shape {
  const { column, heading, cells } = shape
  const times = cells.filter(isFull).map(cell => timeParts.exec(cell))
  if (column.kind !== 'time' || times.length === 0 || times.includes(null)) return shape
  const [year, ...years] = new Set(times.map(time => time?.[1]))
  const [, ...zones] = new Set(times.map(time => time?.[5]))
  const short = cells.map(cell =>
    cell.replace(timeParts, (_, year, day, minute, second, zone) =>
      [years.length > 0 ? `${year}-` : '', day, ' ', minute, second, zones.length > 0 ? zone : ''].join(''),
    ),
  )
  return shapeOf(column, years.length > 0 ? heading : heading.replace(/(?= \(|$)/, ` ${year}`), short)
}

function withoutSeconds(shape: Shape): Shape {
  if (shape.column.kind !== 'time') return shape
  const minutes = shape.cells.map(cell => cell.replace(/^([\d-]+ \d\d:\d\d):\d\d(?:\.\d+)?/, '$1'))
  const isDistinct = new Set(minutes).size === new Set(shape.cells).size
  return isDistinct ? shapeOf(shape.column, shape.heading, minutes) : shape
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Shortens GUIDs to the first dash at which all are distinct, as git shortens hashes. A user name may look like a GUID, so
 * users are not shortened.
 */
function shortGuids(shape: Shape): Shape {
  if (shape.column.answers === 'who') return shape
  const guids = [...new Set(shape.cells.filter(cell => guid.test(cell)))]
  const length = [8, 13, 18, 23].find(
    each => new Set(guids.map(cell => cell.slice(0, each))).size === guids.length,
  )
  if (length === undefined || guids.length === 0) return shape
  const cells = shape.cells.map(cell => (guid.test(cell) ? `${cell.slice(0, length)}…` : cell))
  return shapeOf(shape.column, shape.heading, cells, shape.cells.filter(cell => guid.test(cell)).length)
}

// --- How a table is narrowed ---

// The share of rows that may wrap before the table is narrowed further: one long name is no reason to drop a column.
const mayBreak = 0.1

/** The first layout whose rows hardly wrap, else the narrowest; undefined if that would be hard to read. */
function fitting(
  whole: Layout,
  steps: readonly Step[],
  room: number,
  header: boolean,
): { layout: Layout; widths: readonly number[] } | undefined {
  let layout = whole
  for (const step of steps) {
    const mostly = layout.shapes.map(shape => mostlyWidth(shape, header))
    const fit = total(mostly) > room ? undefined : fitColumns(layout.shapes, room, header)
    if (fit !== undefined && fit.broken <= mayBreak) return { layout, widths: fit.widths }
    layout = step(layout)
  }
  const last = fitColumns(layout.shapes, room, header)
  return last && last.height <= readableHeight ? { layout, widths: last.widths } : undefined
}

type Step = (layout: Layout) => Layout

/** The steps that narrow a table, in this order. */
function narrowings(shapes: readonly Shape[], header: boolean, chosen: boolean): Step[] {
  const fromRight = shapes.toReversed()
  const constants = header ? fromRight.filter(isConstant) : []
  const details = fromRight.filter(({ column }) => column.answers === 'detail')
  return [
    changing(shortGuids),
    ...details.flatMap(shape =>
      constants.includes(shape) ? stating(shape) : chosen ? [] : leavingOut(shape),
    ),
    ...constants.filter(shape => !details.includes(shape)).map(stating),
    ...(header ? [changing(shortTimes), changing(withoutSeconds)] : []),
  ]
}

const changing =
  (change: (shape: Shape) => Shape): Step =>
  layout => ({ ...layout, shapes: layout.shapes.map(change) })

/** A step that removes a column, unless it is the last one. */
const taking =
  (shape: Shape, to: (layout: Layout) => Partial<Layout>): Step =>
  layout => {
    const shapes = layout.shapes.filter(({ column }) => column !== shape.column)
    return shapes.length === 0 ? layout : { ...layout, ...to(layout), shapes }
  }

const stating = (shape: Shape) => taking(shape, ({ stated }) => ({ stated: [shape, ...stated] }))

const leavingOut = (shape: Shape) => taking(shape, ({ dropped }) => ({ dropped: [shape, ...dropped] }))

/** Whether a column can be shown once above the table. What happened, and when, stays in each row. */
function isConstant({ column, cells }: Shape): boolean {
  if (cells.length < 2 || cells.some(cell => cell !== cells[0])) return false
  return (
    cells[0] === '' || !(column.kind === 'time' || column.answers === 'what' || column.answers === 'data')
  )
}

const total = (widths: readonly number[]) =>
  widths.reduce((sum, width) => sum + width + gap.length, -gap.length)

const longestWord = (text: string) => Math.max(...text.split(' ').map(widthOf))

// Narrower columns are harder to read than records. No word of our headings is longer.
const readable = 10
const readableData = 20
const readableWord = 14

function leastWidth({ column, heading, width }: Shape, header: boolean): number {
  const enough = column.answers === 'data' ? readableData : readable
  const least = column.kind === 'time' ? width : Math.min(width, enough)
  return Math.max(least, header ? Math.min(longestWord(heading), readableWord) : 0)
}

/** The width that nearly all cells need. */
function mostlyWidth(shape: Shape, header: boolean): number {
  if (shape.column.answers === 'data') return leastWidth(shape, header)
  const sorted = shape.cells.map(widthOf).sort((a, b) => a - b)
  return Math.max(sorted[Math.floor(sorted.length * (1 - mayBreak))] ?? 0, leastWidth(shape, header))
}

// This many rows are enough to estimate the height of all.
const sampleSize = 100

// More lines in a row are harder to read than records.
const readableHeight = 3

const wholeWidth = ({ heading, width }: Shape, header: boolean) =>
  Math.max(width, header ? widthOf(heading) : 0)

/** Widths of columns, and the rows that result. */
interface Fit {
  readonly widths: readonly number[]
  /** How many lines a row has on average. */
  readonly height: number
  /** The share of rows with more than one line. */
  readonly broken: number
}

/**
 * The widths that fit and give the fewest lines; undefined if a column would be too narrow to read. Starts with the least
 * widths and gives what is left to the column where it saves the most lines.
 */
function fitColumns(shapes: readonly Shape[], room: number, header: boolean): Fit | undefined {
  const whole = shapes.map(shape => wholeWidth(shape, header))
  if (total(whole) <= room) return { widths: whole, height: 1, broken: 0 }
  let widths = shapes.map(shape => leastWidth(shape, header))
  let spare = room - total(widths)
  if (spare < 0) return undefined
  const linesOf = shapes.map(sampled)
  const lines = () => widths.map((width, index) => linesOf[index]?.(width) ?? [])
  for (;;) {
    let best = { index: 0, width: 0, gain: 0 }
    for (const [index, width] of widths.entries()) {
      const others = heights(lines().toSpliced(index, 1))
      const now = costOf(others, linesOf[index]?.(width) ?? [])
      for (let wider = width + 1; wider <= Math.min(whole[index] ?? 0, width + spare); wider++) {
        const gain = (now - costOf(others, linesOf[index]?.(wider) ?? [])) / (wider - width)
        if (gain > best.gain) best = { index, width: wider, gain }
      }
    }
    if (best.gain === 0) break
    widths = widths.with(best.index, best.width)
    spare = room - total(widths)
  }
  // No more lines can be saved; give the rest to data, and to headings that then fit.
  for (const [index, width] of widths.entries()) {
    const wider = Math.min(whole[index] ?? 0, width + room - total(widths))
    if (wider === whole[index] || shapes[index]?.column.answers === 'data') widths = widths.with(index, wider)
  }
  const high = heights(lines())
  const rows = Math.max(1, high.length)
  return {
    widths,
    height: high.reduce((sum, height) => sum + height, 0) / rows,
    broken: high.filter(height => height > 1).length / rows,
  }
}

/** How many lines a sample of cells takes, by the width of the column. */
function sampled({ column, cells }: Shape): (width: number) => readonly number[] {
  const step = Math.ceil(cells.length / sampleSize)
  const sample = cells.filter((_, index) => index % step === 0).map(piecesOf)
  const known = new Map<number, readonly number[]>()
  return width => {
    const lines =
      known.get(width) ?? sample.map(pieces => (column.answers === 'data' ? 1 : lineCount(pieces, width)))
    known.set(width, lines)
    return lines
  }
}

/** The height of each row: that of its highest cell. */
const heights = (columns: readonly (readonly number[])[]): number[] =>
  (columns[0] ?? []).map((_, row) => Math.max(1, ...columns.map(lines => lines[row] ?? 1)))

/** The lines of all rows with one more column. A wrapped cell costs even if its row is that high anyway. */
const costOf = (others: readonly number[], lines: readonly number[]): number =>
  lines.reduce((sum, height, row) => sum + Math.max(height, others[row] ?? 1) + height / 2, 0)

// --- Lines ---

const isCut = ({ column }: Shape) => column.answers === 'data'

const cutIn = (shape: Shape, width: number) =>
  isCut(shape) ? shape.cells.filter(cell => widthOf(cell) > width).length : shape.cut

function grid(
  { shapes, stated }: Layout,
  widths: readonly number[],
  header: boolean,
  paintCell: PaintCell,
): string {
  const lines: string[] = []
  const add = (
    columns: readonly (readonly string[])[],
    paint?: (index: number) => (shown: string) => string,
  ) => {
    const height = Math.max(1, ...columns.map(cell => cell.length))
    for (let at = 0; at < height; at++) {
      let line = ''
      let spaces = 0
      for (const [index, cell] of columns.entries()) {
        const shown = cell[at] ?? ''
        if (shown !== '') {
          line += ' '.repeat(spaces) + (paint === undefined ? shown : paint(index)(shown))
          spaces = 0
        }
        spaces += (widths[index] ?? 0) - widthOf(shown) + gap.length
      }
      lines.push(line)
    }
  }
  lines.push(...statements(stated).flatMap(text => wrapCell(text, total(widths))))
  if (header) {
    add(shapes.map(({ heading }, index) => brokenHeading(heading, widths[index] ?? 0)))
    add(widths.map(width => ['─'.repeat(width)]))
  }
  const broken = shapes.map((shape, index) => breaker(shape, widths[index] ?? 0))
  for (let row = 0; row < (shapes[0]?.cells.length ?? 0); row++) {
    add(
      shapes.map(({ cells }, index) => broken[index]?.(cells[row] ?? '') ?? []),
      index => paintCell(shapes[index]!, row),
    )
  }
  return lines.map(line => `${line}\n`).join('')
}

/** The lines above the table, for columns of equal cells. */
function statements(stated: readonly Shape[]): string[] {
  if (stated.length === 0) return []
  const isEmpty = ({ cells }: Shape) => cells[0] === ''
  const empty = stated.filter(isEmpty).map(({ heading }) => heading)
  const full = stated.filter(shape => !isEmpty(shape)).map(({ heading, cells }) => `${heading}: ${cells[0]}`)
  return [...full, ...(empty.length > 0 ? [`Empty: ${empty.join(', ')}`] : []), '']
}

/** The lines of a cell, remembered because the same cells repeat. */
function breaker(shape: Shape, width: number): (cell: string) => readonly string[] {
  if (isCut(shape)) return cell => [truncate(cell, width)]
  const known = new Map<string, readonly string[]>()
  return cell => {
    if (widthOf(cell) <= width) return [cell]
    const lines = known.get(cell) ?? wrapCell(cell, width)
    known.set(cell, lines)
    return lines
  }
}

// There is room for a time beside its label, and for a GUID if possible.
const readableValue = 20
const wholeValue = 36

/** Each row as a record, with a line for each cell that is not empty. */
function records(shapes: readonly Shape[], room: number, paintCell: PaintCell): string {
  const count = shapes[0]?.cells.length ?? 0
  const widest = Math.max(...shapes.map(({ width }) => width))
  const word = Math.max(...shapes.map(({ heading }) => longestWord(heading)))
  const most = Math.max(word, room - gap.length - Math.max(readableValue, Math.min(widest, wholeValue)))
  const labels = shapes.map(({ heading }) => brokenHeading(heading, most))
  const indent = Math.max(...labels.flat().map(widthOf)) + gap.length
  const isBeside = room - indent >= readableValue
  const lines: string[] = []
  for (let row = 0; row < count; row++) {
    const title = `─[ ${row + 1} of ${count} ]`
    lines.push(title + '─'.repeat(Math.max(0, room - title.length)))
    for (const [index, shape] of shapes.entries()) {
      const cell = shape.cells[row] ?? ''
      if (cell === '') continue
      const values = wrapCell(cell, room - (isBeside ? indent : gap.length)).map(paintCell(shape, row))
      if (isBeside) {
        const label = labels[index] ?? []
        for (let at = 0; at < Math.max(label.length, values.length); at++) {
          lines.push(`${(label[at] ?? '').padEnd(indent)}${values[at] ?? ''}`.trimEnd())
        }
      } else {
        lines.push(...brokenHeading(shape.heading, room), ...values.map(value => gap + value))
      }
    }
  }
  return lines.map(line => `${line}\n`).join('')
}

/** The lines of a heading, without the spaces between them. */
function brokenHeading(heading: string, width: number): string[] {
  const lines = longestWord(heading) < width ? wrapCell(heading, width) : wrapWords(heading, width)
  return lines.flatMap(line => wrapCell(line.trimStart(), width))
}
