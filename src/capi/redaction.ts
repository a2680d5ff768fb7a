import { isHidden, isSecretName, redaction, redactUrls } from '../secrets.ts'
import type { Redacted } from './app-manifest.ts'
import { type AuditEvent, readEvent, textAt } from './event.ts'
import { type ByteRange, rangesAt, visitValues } from './json-ranges.ts'
import { quote } from './json-splitter.ts'

// Paths within `data` of v3, `metadata` of v2. API v3 stores a request as it came (audit_hash in messages/base_message.rb)
// and hides a few of its keys in app/repositories/*_event_repository.rb. The first two it leaves readable; the others are
// here in case a version of Cloud Controller does not hide them.
const secretPaths = new Set([
  'request.parameters', // Of bindings and keys: service_generic_binding_event_repository.rb hides only `data`.
  'request.lifecycle.data.credentials', // Registry credentials of Cloud Native Buildpacks.
  'request.credentials',
  'request.command',
  'request.environment_json',
  'request.encrypted_environment_json',
  'request.environment_variables',
  'request.var',
  'request.docker_credentials',
])

// Logging and route services take tokens in the path and the query, under any name.
const tokenUrlPaths = new Set(['request.syslog_drain_url', 'request.route_service_url'])

const manifestPath = 'request.manifest'

/** The record of an event without its secrets. */
export interface RedactedRecord {
  /** The same buffer if there was nothing to redact. All bytes around redacted values stay as they were. */
  readonly record: Buffer
  /** The number of redacted values. */
  readonly values: number
}

/** A page of events without their secrets. */
export interface RedactedPage {
  /** In the same order. An event without secrets is the same object. */
  readonly events: readonly AuditEvent[]
  /** The number of redacted values, and of the events that held them. */
  readonly values: number
  readonly changed: number
}

/** Redacts the events of a page. Loads the YAML parser if one of them has a manifest. */
export async function redactPage(events: readonly AuditEvent[]): Promise<RedactedPage> {
  const redactManifest = events.some(({ data }) => textAt(data, 'request', 'manifest') !== '')
    ? (await import('./app-manifest.ts')).redactManifest
    : undefined
  let values = 0
  let changed = 0
  const safe = events.map(event => {
    const redacted = redact(event, redactManifest)
    if (redacted.values === 0) return event
    values += redacted.values
    changed++
    return readEvent(redacted.record, event.api, `event ${event.guid}`)
  })
  return { events: safe, values, changed }
}

/**
 * Redacts known paths in the data of an event, and secrets known by their shape anywhere in it: values of keys such as
 * `password`, and credentials in URLs.
 * @param redactManifest redacts the text of a manifest; undefined if it cannot. Then the whole manifest is redacted.
 */
export function redact(
  { api, record, data }: AuditEvent,
  redactManifest?: (manifest: string) => Redacted | undefined,
): RedactedRecord {
  if (!mayHoldSecrets(data)) return { record, values: 0 }
  let values = 0
  const changes: (readonly [ByteRange, string])[] = []

  function change(range: ByteRange, instead: string, count = 1): void {
    values += count
    changes.push([range, JSON.stringify(instead)])
  }

  for (const within of rangesAt(record, api === 'v2' ? ['entity', 'metadata'] : ['data'])) {
    visitValues(record, within, (keys, start, range) => {
      const path = keys.length <= 4 ? keys.join('.') : ''
      const isText = record[start] === quote
      if (secretPaths.has(path) || (path === manifestPath && !isText)) {
        const json = record.toString('utf8', ...range())
        if (!isHarmless(json)) change(range(), redaction)
        return true
      }
      const isScalar = isText || isNumber(record[start])
      if (!isScalar) return false
      const text = isText ? (JSON.parse(record.toString('utf8', ...range())) as string) : ''
      const isSecret = isSecretName(keys.at(-1) ?? '') && !(isText && isHidden(text))
      if (isSecret) change(range(), redaction)
      else if (path === manifestPath && !isHidden(text)) {
        const safe = redactManifest?.(text) ?? { text: redaction, values: 1 }
        if (safe.values > 0) change(range(), safe.text, safe.values)
      } else {
        const safe = tokenUrlPaths.has(path) ? hostOnly(text) : redactUrls(text)
        if (safe !== text) change(range(), safe)
      }
      return true
    })
  }
  return { record: values === 0 ? record : splice(record, changes), values }
}

/** The scheme, host and port of a URL; the rest is redacted. */
function hostOnly(url: string): string {
  if (isHidden(url)) return url
  const [, scheme, user, host, rest = ''] =
    /^([a-z][a-z\d+.-]*:\/\/)(?:([^/?#\\]*)@)?((?:\[[\da-f:.]+\]|[\p{L}\p{N}._-]+)(?::\d{1,5})?)([/?#].*)?$/isu.exec(
      url,
    ) ?? []
  // In user:1/2@host the host comes last.
  if (host === undefined || rest.includes('@')) return redaction
  const safeUser = user === undefined ? '' : `${isHidden(user) ? user : redaction}@`
  return `${scheme}${safeUser}${host}${rest === '' || rest === '/' ? rest : `/${redaction}`}`
}

// Empty, or already hidden by Cloud Controller.
function isHarmless(json: string): boolean {
  if (json.startsWith('"')) return isHidden(JSON.parse(json))
  return /^(null|\{\s*\}|\[\s*\])$/.test(json)
}

const isNumber = (byte: number | undefined) =>
  byte !== undefined && (byte === 0x2d || (byte >= 0x30 && byte <= 0x39))

const suspiciousKey = /parameters|credentials|command|environment|^(?:var|manifest)$|_url$/

/** A cheap test that most events fail. It may miss a repeated key, which Cloud Controller never writes. */
function mayHoldSecrets(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.includes(':/') || value.includes(':\\/')
  if (typeof value !== 'object' || value === null) return false
  // visitValues() needs no stack.
  if (depth > 100) return true
  if (Array.isArray(value)) return value.some(item => mayHoldSecrets(item, depth + 1))
  for (const key in value) {
    if (suspiciousKey.test(key) || isSecretName(key)) return true
    if (mayHoldSecrets((value as Record<string, unknown>)[key], depth + 1)) return true
  }
  return false
}

function splice(record: Buffer, changes: readonly (readonly [ByteRange, string])[]): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (const [[start, end], instead] of changes) {
    parts.push(record.subarray(at, start), Buffer.from(instead))
    at = end
  }
  return Buffer.concat([...parts, record.subarray(at)])
}
