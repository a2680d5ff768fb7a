import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AuditEvent } from '../../src/capi/event.ts'
import { openSaved } from '../../src/commands/format/saved.ts'
import { Failed } from '../../src/errors.ts'
import { hasProgram } from '../programs.ts'
import { fc, holds } from './check.ts'

// Everything that people save, in any mix: what is read of it, against what jq reads of the same documents.

const folder = mkdtempSync(join(tmpdir(), 'cf-audit-generated-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// --- Documents ---------------------------------------------------------------------------------------------------

const guids = Array.from(
  { length: 60 },
  (_, index) => `${String(index).padStart(8, '0')}-0000-4000-8000-00000000000${index % 10}`,
)
const names = fc.constantFrom(
  'ann@example.gov',
  '',
  'Zoë 日本 🚀',
  '},{"guid":"x"}',
  '"resources":[',
  '\\',
  '\u0000\u001e\ufeff',
  'HTTP/1.1 200 OK\r\n\r\n',
  '\ufffd',
)

const v3Event = fc.record({
  guid: fc.constantFrom(...guids),
  created_at: fc.constantFrom('2026-09-02T10:00:00Z', '2026-09-03T11:00:00Z'),
  type: fc.constantFrom('audit.app.create', 'audit.user.space_developer_add'),
  actor: fc.record({ guid: names, type: fc.constant('user'), name: names }),
  target: fc.record({ guid: names, type: fc.constant('app'), name: names }),
  data: fc.constantFrom(
    {},
    { request: null },
    { request: { list: [[], [{ guid: 'x' }, { guid: 'y' }]], resources: [{ a: 1 }] } },
  ),
  space: fc.constantFrom(null, { guid: 'S' }),
  organization: fc.constant({ guid: 'O' }),
})

const v2Event = v3Event.map(({ guid, created_at, type, actor, target, data }) => ({
  metadata: { guid, url: `/v2/events/${guid}`, created_at },
  entity: {
    type,
    actor: actor.guid,
    actor_type: actor.type,
    actor_name: actor.name,
    actee: target.guid,
    actee_type: target.type,
    actee_name: target.name,
    timestamp: created_at,
    metadata: data,
    space_guid: '',
    organization_guid: 'O',
  },
}))

const event: fc.Arbitrary<object> = fc.oneof(
  v3Event,
  v2Event,
  v3Event.map(each => ({ ...each, organization_name: 'demo-org', space_name: 'dev' })),
)

/** Pages of one listing, each event of its own; some pages are not there. */
const listing: fc.Arbitrary<object[]> = fc
  .tuple(
    fc.uniqueArray(v3Event, { selector: ({ guid }) => guid, maxLength: 9 }),
    fc.integer({ min: 1, max: 4 }),
    fc.uuid(),
    fc.boolean(),
    fc.integer({ min: 0, max: 5 }),
  )
  .map(([events, size, id, isV2, missing]) => {
    const last = Math.max(1, Math.ceil(events.length / size))
    const pages = Array.from({ length: last }, (_, index) => {
      const resources = events.slice(index * size, (index + 1) * size)
      const path = isV2 ? `/v2/events?q=${id}&` : `https://api.example.gov/v3/audit_events?types=${id}&`
      const link = (page: number) => (page >= 1 && page <= last ? `${path}page=${page}` : null)
      const href = (page: number) => (link(page) === null ? null : { href: link(page) })
      return isV2
        ? {
            total_results: events.length,
            total_pages: last,
            prev_url: link(index),
            next_url: link(index + 2),
            resources,
          }
        : {
            pagination: {
              total_results: events.length,
              total_pages: last,
              first: href(1),
              last: href(last),
              next: href(index + 2),
              previous: href(index),
            },
            resources,
          }
    })
    // What stands alone in API v2 does not say which listing it is.
    return pages.filter((_, index) => index !== missing || (isV2 && last < 3))
  })

const envelopes = fc.constantFrom({}, { org: [{ guid: 'O', name: 'demo-org' }], space: [] }, { names: {} })

/** One or several documents. */
const documents: fc.Arbitrary<readonly unknown[]> = fc.oneof<fc.Arbitrary<readonly unknown[]>[]>(
  listing,
  listing.map(pages => [pages]),
  event.map(each => [each]),
  fc.array(event, { maxLength: 4 }),
  fc.array(event, { maxLength: 4 }).map(events => [events]),
  fc.array(fc.array(event, { maxLength: 3 }), { maxLength: 3 }).map(lists => [lists]),
  fc.tuple(fc.array(event, { maxLength: 4 }), envelopes).map(([resources, more]) => [{ ...more, resources }]),
  fc.constant([{ names: { O: { name: 'demo-org', kind: 'organization' } } }]),
)

// --- How they are kept -------------------------------------------------------------------------------------------

const headers = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a={}\r\n\r\n'
const known = fc.constantFrom('FAILED', 'OK', 'Endpoint deprecated', 'Warning: old', '---', '')

/** A document as text, and what stands before it. */
const pieces = documents.chain(all =>
  fc.tuple(
    ...all.map(document =>
      fc.record({
        document: fc.constant(document),
        indent: fc.constantFrom(0, 0, 1, 3),
        before: fc.oneof(
          fc.constantFrom('', '\n', ' ', '\r\n\r\n', '\ufeff', '\n\u001e', `\n${headers}`, `\n${headers}\n`),
          known.map(line => `\n${line}\r\n`),
        ),
      }),
    ),
  ),
)

const kept = fc.constantFrom('plain', 'marked', 'CRLF', 'gzip', 'members', 'UTF-16LE', 'UTF-16BE')

function bytesOf(text: string, how: string): Buffer {
  switch (how) {
    case 'marked':
      return Buffer.from(`\ufeff${text}`)
    case 'CRLF':
      return Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'))
    case 'gzip':
      return gzipSync(text)
    case 'members': {
      const bytes = Buffer.from(text)
      const at = Math.floor(bytes.length / 2)
      return Buffer.concat([gzipSync(bytes.subarray(0, at)), gzipSync(bytes.subarray(at))])
    }
    case 'UTF-16LE':
      return Buffer.from(`\ufeff${text}`, 'utf16le')
    case 'UTF-16BE':
      return Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
    default:
      return Buffer.from(text)
  }
}

const files = fc.array(
  fc.record({
    pieces: fc.array(pieces, { minLength: 1, maxLength: 4 }).map(all => all.flat()),
    how: kept,
    size: fc.integer({ min: 1, max: 300 }),
  }),
  { minLength: 1, maxLength: 3 },
)

const textOf = (all: readonly { document: unknown; indent: number; before: string }[]) =>
  all.map(({ document, indent, before }) => before + JSON.stringify(document, null, indent)).join('')

// --- Reading -----------------------------------------------------------------------------------------------------

async function read(paths: readonly string[], stdin: AsyncIterable<Buffer> | Buffer[] = []) {
  const saved = await openSaved(paths, Readable.from(stdin), new AbortController().signal)
  const events: AuditEvent[] = []
  for await (const page of saved.events) events.push(...page)
  return { events, saved }
}

const shown = ({ guid, time, type, actor, target }: AuditEvent) => [guid, time, type, actor.name, target.name]

/** The same in jq: every event, and for each listing how many different ones there are and how many it counts. */
const filter = `
  def documents: if type == "array" and length > 0 then .[] | documents else . end;
  def isCounted: type == "object" and (has("pagination") or has("total_results") or ((keys - ["names"]) == []));
  def hasEvents: type == "object" and (has("names") and length == 1 | not);
  def event: if has("entity")
    then [.metadata.guid, .entity.timestamp, .entity.type, .entity.actor_name, .entity.actee_name]
    else [.guid, .created_at, .type, .actor.name, .target.name] end;
  def key: (.pagination.first.href // .next_url // .prev_url // (tojson)) | sub("page=[0-9]+"; "");
  [inputs | documents] | {
    events: [.[] | select(hasEvents) | if has("resources") then .resources[] else . end | event],
    counted: [.[] | isCounted],
    listings: [
      [.[] | select(isCounted and hasEvents)
        | {key: key, total: (.pagination.total_results // .total_results), guids: [.resources[] | .guid // .metadata.guid]}]
      | group_by(.key)[] | {total: .[0].total, held: ([.[].guids[]] | unique | length)}
    ]
  }`

const jq = hasProgram('jq', 'what is read of saved events could not be compared with it')

const mixed = suite('saved events in any mix')

mixed('all of them are read, once, as jq reads them', async () => {
  if (!jq) return
  await holds(
    150,
    fc.asyncProperty(files, fc.boolean(), async (all, asStdin) => {
      // A file of nothing is refused; so it is left out.
      const full = all.filter(({ pieces }) => pieces.length > 0)
      if (full.length === 0) return
      const clean = full.flatMap(({ pieces }) => pieces.map(({ document }) => JSON.stringify(document)))
      const ran = spawnSync('jq', ['-n', '-c', filter], { input: clean.join('\n'), encoding: 'utf8' })
      assert.is(ran.status, 0, ran.stderr)
      const expected = JSON.parse(ran.stdout)

      const first = full[0]!
      const isStdin = asStdin && full.length === 1
      const paths = full.map(({ pieces, how }, index) => {
        const path = join(folder, `${index}`)
        writeFileSync(path, bytesOf(textOf(pieces), how))
        return path
      })
      async function* chunks() {
        const bytes = bytesOf(textOf(first.pieces), first.how)
        for (let at = 0; at < bytes.length; at += first.size) yield bytes.subarray(at, at + first.size)
      }
      const { events, saved } = await read(isStdin ? [] : paths, isStdin ? chunks() : [])

      const once = new Map<string, unknown[]>()
      for (const each of expected.events) if (!once.has(each[0])) once.set(each[0], each)
      assert.equal(events.map(shown), [...once.values()])
      assert.is(saved.doubles(), expected.events.length - once.size)
      const short = expected.listings.some(({ total, held }: { total: number; held: number }) => held < total)
      const isKnown = expected.counted.every(Boolean) && expected.listings.length > 0
      assert.is(saved.completeness().kind, short ? 'short' : isKnown ? 'complete' : 'unknown')
    }),
  )
})

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  removed: fc.integer({ min: 0, max: 3 }),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\n',
      'x',
      '\u0000',
      '\ufeff',
      'null',
      '{}',
      '[]',
    ),
    fc.constantFrom('\nFAILED\n', `\n${headers}`, '"resources":[]', '\nnot known\n', '{"names":{}}'),
  ),
})

mixed('whatever is done to the text, no event is left out without an error', () =>
  holds(
    2000,
    fc.asyncProperty(
      fc.array(pieces, { minLength: 1, maxLength: 3 }),
      damage,
      async (all, { at, removed, put }) => {
        // Each event has a GUID of its own, so that they can be counted.
        const text = textOf(all.flat())
        const count = text.match(/"guid": ?"\d{8}-0000-4000-8000-\d{12}"/g)?.length ?? 0
        const distinct = new Set(text.match(/(?<="guid": ?")\d{8}-0000-4000-8000-\d{12}/g))
        const from = Math.floor(at * text.length)
        const damaged = text.slice(0, from) + put + text.slice(from + removed)
        try {
          const { events, saved } = await read([], [Buffer.from(damaged)])
          assert.is(events.length + saved.doubles(), count, JSON.stringify(damaged))
          assert.ok(events.length >= distinct.size - 1)
        } catch (error) {
          if (!(error instanceof Failed)) throw error
          assert.match(error.message, /^The input/)
          assert.not.match(error.message, /\[object|undefined|NaN/)
        }
      },
    ),
  ),
)
mixed.run()
