import stringWidth from 'string-width'

/** One command line, and what the terminal got. */
export interface Shown {
  readonly line: string
  readonly bytes: string
}

// A window of its own: its colours are readable on light and dark pages alike.
const colours = { back: '#0d1117', edge: '#6e7681', text: '#e6edf3' }
const painted: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '34': '#79c0ff',
  '35': '#d2a8ff',
  '36': '#76e3ea',
}

const cell = { width: 7.25, height: 16 }
const margin = 14

/**
 * A terminal session as SVG.
 * @param columns of the terminal.
 * @throws Error for an escape that sets no colour: what moves the cursor cannot be shown line by line.
 */
export function pictureOf(session: readonly Shown[], columns: number): string {
  const lines = session.flatMap(({ line, bytes }, index) => [
    ...(index === 0 ? [] : ['']),
    `\u001b[34m$\u001b[39m \u001b[1m${line}\u001b[22m`,
    ...bytes
      .replaceAll('\r', '')
      .trimEnd()
      .split('\n')
      .flatMap(each => folded(each, columns)),
  ])
  const width = Math.ceil(columns * cell.width + 2 * margin)
  const height = lines.length * cell.height + 2 * margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(session.map(({ line }) => line).join('; '))}</title>`,
    '<style>text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }</style>',
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colours.back}" stroke="${colours.edge}"/>`,
    ...lines.flatMap((line, row) => rowOf(line, margin + (row + 1) * cell.height - 4)),
    '</svg>',
    '',
  ].join('\n')
}

const colouring = /\u001b\[([\d;]*)m/

/** A line as a terminal wraps it. */
function folded(line: string, columns: number): string[] {
  const rows = ['']
  let used = 0
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (colouring.test(part)) rows[rows.length - 1] += part
    else
      for (const letter of part) {
        const width = stringWidth(letter)
        if (used + width > columns) {
          rows.push('')
          used = 0
        }
        rows[rows.length - 1] += letter
        used += width
      }
  }
  return rows
}

/** The parts of a line, each at its place and as wide as on a terminal, whatever the font. */
function rowOf(line: string, y: number): string[] {
  const parts: string[] = []
  let column = 0
  let colour = colours.text
  let bold = false
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    const codes = colouring.exec(part)?.[1]?.split(';')
    for (const code of codes ?? []) {
      if (code === '1' || code === '22') bold = code === '1'
      else if (code === '39' || code === '0' || code === '') colour = colours.text
      else if (code in painted) colour = painted[code] ?? colours.text
      else throw new Error(`The picture knows no colour ${code}`)
    }
    if (codes !== undefined) continue
    if (part.includes('\u001b')) throw new Error(`The picture cannot show ${JSON.stringify(part)}`)
    // Words far apart stand at places of their own: viewers join spaces.
    for (const { 0: text, index } of part.matchAll(/\S+(?: \S+)*/g)) {
      const x = round(margin + (column + stringWidth(part.slice(0, index))) * cell.width)
      const width = round(stringWidth(text) * cell.width)
      const weight = bold ? ' font-weight="bold"' : ''
      parts.push(
        `<text x="${x}" y="${y}" textLength="${width}" fill="${colour}"${weight}>${escaped(text)}</text>`,
      )
    }
    column += stringWidth(part)
  }
  return parts
}

const round = (value: number) => Number(value.toFixed(2))

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
