import stringWidth from 'string-width'

/** A command line, and the bytes that the terminal received from it. */
export interface TerminalOutput {
  readonly line: string
  readonly bytes: string
}

// A dark window with colors of its own, readable on light and dark pages.
const colors = { background: '#0d1117', border: '#6e7681', text: '#e6edf3' }
const foregrounds: Readonly<Record<string, string>> = {
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
 * Draws a terminal session as SVG.
 * @param columns the width of the terminal.
 * @throws Error for an escape sequence that does not set a color.
 */
export function pictureOf(session: readonly TerminalOutput[], columns: number): string {
  const lines = session.flatMap(({ line, bytes }, index) => [
    ...(index === 0 ? [] : ['']),
    `\u001b[34m$\u001b[39m \u001b[1m${line}\u001b[22m`,
    ...bytes
      .replaceAll('\r', '')
      .trimEnd()
      .split('\n')
      .flatMap(each => wrapped(each, columns)),
  ])
  const width = Math.ceil(columns * cell.width + 2 * margin)
  const height = lines.length * cell.height + 2 * margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(session.map(({ line }) => line).join('; '))}</title>`,
    '<style>text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }</style>',
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colors.background}" stroke="${colors.border}"/>`,
    ...lines.flatMap((line, row) => textOf(line, margin + (row + 1) * cell.height - 4)),
    '</svg>',
    '',
  ].join('\n')
}

const colorEscape = /\u001b\[([\d;]*)m/

/** A line, wrapped at the width of the terminal. */
function wrapped(line: string, columns: number): string[] {
  const rows = ['']
  let used = 0
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (colorEscape.test(part)) {
      rows[rows.length - 1] += part
      continue
    }
    for (const character of part) {
      const width = stringWidth(character)
      if (used + width > columns) {
        rows.push('')
        used = 0
      }
      rows[rows.length - 1] += character
      used += width
    }
  }
  return rows
}

/** The text elements of a line, each as wide as on a terminal, whatever the font. */
function textOf(line: string, y: number): string[] {
  const elements: string[] = []
  let column = 0
  let color = colors.text
  let bold = false
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    const codes = colorEscape.exec(part)?.[1]?.split(';')
    for (const code of codes ?? []) {
      if (code === '1' || code === '22') bold = code === '1'
      else if (code === '39' || code === '0' || code === '') color = colors.text
      else if (code in foregrounds) color = foregrounds[code] ?? colors.text
      else throw new Error(`The picture has no color ${code}`)
    }
    if (codes !== undefined) continue
    if (part.includes('\u001b')) throw new Error(`The picture cannot show ${JSON.stringify(part)}`)
    // Viewers collapse runs of spaces, so words that are further apart become elements of their own.
    for (const { 0: text, index } of part.matchAll(/\S+(?: \S+)*/g)) {
      const x = round(margin + (column + stringWidth(part.slice(0, index))) * cell.width)
      const width = round(stringWidth(text) * cell.width)
      const weight = bold ? ' font-weight="bold"' : ''
      elements.push(
        `<text x="${x}" y="${y}" textLength="${width}" fill="${color}"${weight}>${escaped(text)}</text>`,
      )
    }
    column += stringWidth(part)
  }
  return elements
}

const round = (value: number) => Number(value.toFixed(2))

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
