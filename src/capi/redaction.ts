import type { AuditEvent } from './event.ts'
import { type ByteRange, rangesAt } from './json-ranges.ts'

const hidden = Buffer.from('"[REDACTED]"')

// v3 hides no `parameters` of bindings, keys and route bindings, though they can hold credentials (only the key `data`
// is hidden: service_generic_binding_event_repository.rb).
const bindings = /^audit\.(service_binding|service_key|service_route_binding)\./

/**
 * The resource without the secrets that Cloud Controller leaves in it; every other byte as it was. The same buffer when
 * there was none.
 */
export function redacted({ api, type, record }: AuditEvent): Buffer {
  const request = api === 'v2' ? ['entity', 'metadata', 'request'] : ['data', 'request']
  const changes: (readonly [ByteRange, Buffer])[] = []
  if (bindings.test(type)) {
    for (const span of rangesAt(record, [...request, 'parameters'])) {
      if (!isHarmless(record.toString('utf8', ...span))) changes.push([span, hidden])
    }
  }
  for (const key of ['syslog_drain_url', 'route_service_url']) {
    for (const span of rangesAt(record, [...request, key])) {
      const value: unknown = JSON.parse(record.toString('utf8', ...span))
      const safe = typeof value === 'string' ? withoutUser(value) : value
      if (safe !== value) changes.push([span, Buffer.from(JSON.stringify(safe))])
    }
  }
  return changes.length === 0 ? record : splice(record, changes)
}

// Nothing there, or hidden by Cloud Controller already (app/presenters/helpers/censorship.rb).
function isHarmless(json: string): boolean {
  return /^(null|\{\s*\}|""|"\[PRIVATE DATA HIDDEN\]"|"\[REDACTED\]"|"\*\*\*")$/.test(json)
}

/** The URL with `[REDACTED]` for its user and password. */
function withoutUser(url: string): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
  // An authority that ends in a colon is a user, and what follows a password that no URL should hold.
  if (authority !== undefined && !authority.includes('@') && !authority.endsWith(':') && URL.canParse(url))
    return url
  // Such a password can hold an `@` as well, so everything up to the last one goes.
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[\s\S]*@/i, '$1[REDACTED]@')
}

function splice(record: Buffer, changes: (readonly [ByteRange, Buffer])[]): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (const [[start, end], instead] of changes.sort(([a], [b]) => a[0] - b[0])) {
    parts.push(record.subarray(at, start), instead)
    at = end
  }
  return Buffer.concat([...parts, record.subarray(at)])
}
