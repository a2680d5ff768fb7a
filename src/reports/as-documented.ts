// What the page's `jq -c -r '.resources[].entity | [ … ] | @csv' | sed -e s/\"//g` prints, in TypeScript. The reference is
// the real programs: jq's src/builtin.c (f_format, "csv") and src/jv_print.c, and every version of sed.
import { type AuditEvent, v2Entity } from '../capi/event.ts'
import { Failed } from '../errors.ts'
import type { Format } from './formats.ts'

/** The format that prints what the documented recipe prints: no headings, and the cells of its jq paths. */
export function documentedFormat(format: Format, paths: readonly string[]): Format {
  if (format.name !== 'csv') return format
  return {
    ...format,
    async open(_plan, _source, write) {
      return {
        write: rows => write(rows.map(row => `${documentedLine(row as AuditEvent, paths)}\n`).join('')),
        end: async () => {},
        logWarnings() {},
      }
    },
  }
}

function documentedLine(event: AuditEvent, paths: readonly string[]): string {
  try {
    if (jqRefuses(event.record)) throw new JqWouldStop('jq cannot read half of a surrogate pair')
    return documentedRow(v2Entity(event), paths)
  } catch (cause) {
    if (!(cause instanceof JqWouldStop)) throw cause
    throw new Failed(
      `the documented recipe would stop at event ${event.guid}: ${cause.message}.`,
      'Leave out --as-documented to include this event.',
      { cause },
    )
  }
}

/** jq would stop here, with an error on stderr that is easy to miss in the recipe. */
export class JqWouldStop extends Error {}

/**
 * One row as the page's recipe prints it, without its line break.
 * @param entity the `entity` of an event, in the shape of API v2.
 * @param paths jq paths of keys only, such as `.metadata.request.name`.
 * @throws JqWouldStop when jq refuses a step of a path, or the cell at its end.
 */
export function documentedRow(entity: unknown, paths: readonly string[]): string {
  return paths
    .map(path => cell(follow(entity, path), path))
    .join(',')
    .replaceAll('"', '')
}

/**
 * Whether jq refuses a JSON text that others read: the first half of a surrogate pair must be followed by the second.
 * @param json valid JSON.
 */
export function jqRefuses(json: Buffer): boolean {
  if (!json.includes('\\ud') && !json.includes('\\uD')) return false
  const text = json.toString('latin1')
  for (const [sequence] of text.matchAll(/\\(?:ud[89ab][0-9a-f]{2}(?:\\ud[c-f][0-9a-f]{2})?|.)/gi)) {
    if (sequence.length === 6) return true
  }
  return false
}

function follow(value: unknown, path: string): unknown {
  for (const key of path.slice(1).split('.')) {
    if (value === null || value === undefined) return null // null | .key is null
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new JqWouldStop(`jq cannot index ${kind(value)} with "${key}" (${path})`)
    }
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null
  }
  return value
}

function cell(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
      // A lone second half of a surrogate pair becomes U+FFFD, a NUL the two characters `\0`. Quotes are doubled, the
      // whole is quoted, and sed deletes them all.
      return value.toWellFormed().replaceAll('\0', '\\0')
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
      return String(value)
    default:
      if (value === null || value === undefined) return ''
      throw new JqWouldStop(`jq cannot put ${kind(value)} into a CSV row (${path})`)
  }
}

function kind(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}
