// @ts-check
import { panic } from './panic.js'

/**
 * Before 8.17 everything printed was run as a Go template: fields are unknown and print as `<no value>`,
 * what doesn't parse is a panic.
 * @param {import('./call.js').Call} call
 * @param {string} text
 */
export const runTemplate = (call, text) => {
  let result = ''
  for (let at = 0; ; ) {
    const open = text.indexOf('{{', at)
    if (open === -1) return result + text.slice(at)
    const line = text.slice(0, open).split('\n').length
    const close = text.indexOf('}}', open)
    const inside = close === -1 ? '' : text.slice(open + 2, close)
    const action = inside.replace(/^- /, '').replace(/ -$/, '').trim()
    const known = /^(\.\w+)+$/.test(action)
      ? '<no value>'
      : action === '.'
        ? 'map[]'
        : /^\/\*.*\*\/$/s.test(action)
          ? ''
          : (/^"([^"\\]*)"$/.exec(action)?.[1] ?? /^-?\d+$/.exec(action)?.[0])
    if (known === undefined)
      return panic(call, `template: Display Text:${line}: unexpected ${JSON.stringify(action)} in command`)
    // `{{- ` and ` -}}` eat the white space around them, that of the headers as well.
    const before = text.slice(at, open)
    result += (inside.startsWith('- ') ? before.trimEnd() : before) + known
    at = close + 2
    if (inside.endsWith(' -')) at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0
  }
}
