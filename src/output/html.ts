import { escapeControls, grouped } from '../text.ts'
import { truncate } from '../ui/width.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as HTML text or attribute value: nothing in it is markup, and what cannot be seen is shown. */
export const escapeHtml = (text: string): string =>
  escapeControls(text).replace(/[&<>"']/g, character => entities[character]!)

/** Text in which long words may break after a dot, an underscore and the like. */
const breakable = (text: string) => escapeHtml(text).replace(/\w[._@/](?=\w)/g, '$&<wbr>')

/** A table with headings; every cell is text. */
export function htmlTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (tag: 'th' | 'td', cells: readonly string[]) =>
    `<tr>${cells.map(cell => `<${tag}>${breakable(cell)}</${tag}>`).join('')}</tr>`
  return `<table><thead>${line('th', headings)}</thead><tbody>${rows.map(row => line('td', row)).join('\n')}</tbody></table>`
}

/** Bars with their labels and numbers, as inline SVG. */
export function barChart(title: string, bars: readonly (readonly [label: string, value: number])[]): string {
  const most = Math.max(1, ...bars.map(([, value]) => value))
  const height = 20
  const rows = bars.map(([label, value], index) => {
    const y = index * height
    const width = Math.max(1, Math.round((value / most) * 300))
    const short = truncate(escapeControls(label), 44)
    return [
      `<text x="290" y="${y + 14}" text-anchor="end">${escapeHtml(short)}<title>${escapeHtml(label)}</title></text>`,
      `<rect x="300" y="${y + 3}" width="${width}" height="14"/>`,
      `<text x="${306 + width}" y="${y + 14}">${grouped(value)}</text>`,
    ].join('')
  })
  return `<figure><figcaption>${escapeHtml(title)}</figcaption><svg viewBox="0 0 680 ${Math.max(1, bars.length) * height}" role="img" aria-label="${escapeHtml(title)}">${rows.join('\n')}</svg></figure>`
}
