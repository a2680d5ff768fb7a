import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSaved } from '../../../src/commands/format/saved.ts'
import { AuditError, Failed, Interrupted, UsageError } from '../../../src/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'cf-audit-saved-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let made = 0

/** A file that holds this; gives its path. */
function file(bytes: string | Buffer, name = `${made++}.json`): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const guid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

function v3(number: number, more: object = {}) {
  return {
    guid: guid(number),
    created_at: `2026-09-02T10:00:${String(number % 60).padStart(2, '0')}Z`,
    type: 'audit.user.space_developer_add',
    actor: { guid: 'a', type: 'user', name: 'ann@example.gov' },
    target: { guid: 'b', type: 'user', name: 'bob@example.gov' },
    data: { request: {} },
    space: { guid: 'S' },
    organization: { guid: 'O' },
    ...more,
  }
}

function v2(number: number) {
  return {
    metadata: { guid: guid(number), url: `/v2/events/${guid(number)}`, created_at: '2026-09-02T10:00:00Z' },
    entity: {
      type: 'audit.route.create',
      actor: 'a',
      actor_type: 'user',
      actee: 'b',
      actee_type: 'route',
      metadata: {},
      space_guid: 'S',
      organization_guid: 'O',
    },
  }
}

/** A page of a listing of `total` events. */
function pageOfV3(
  resources: readonly object[],
  total = resources.length,
  number = 1,
  size = resources.length,
) {
  const link = (page: number) => ({
    href: `https://api.example.gov/v3/audit_events?page=${page}&per_page=${size}`,
  })
  const last = Math.max(1, Math.ceil(total / size))
  return {
    pagination: {
      total_results: total,
      total_pages: last,
      first: link(1),
      last: link(last),
      next: number < last ? link(number + 1) : null,
      previous: number > 1 ? link(number - 1) : null,
    },
    resources,
  }
}

function pageOfV2(
  resources: readonly object[],
  total = resources.length,
  number = 1,
  size = resources.length,
) {
  const last = Math.max(1, Math.ceil(total / size))
  const link = (page: number) => `/v2/events?order-direction=asc&page=${page}&results-per-page=${size}`
  return {
    total_results: total,
    total_pages: last,
    prev_url: number > 1 ? link(number - 1) : null,
    next_url: number < last ? link(number + 1) : null,
    resources,
  }
}

const json = JSON.stringify
const never = () => new AbortController().signal

interface Read {
  readonly events: readonly number[]
  readonly completeness: string
  readonly saved: Awaited<ReturnType<typeof openSaved>>
}

/** What is read of files, or of stdin where there are none. */
async function read(paths: readonly string[], stdin: readonly (string | Buffer)[] = []): Promise<Read> {
  const saved = await openSaved(paths, Readable.from(stdin.map(chunk => Buffer.from(chunk))), never())
  const events: number[] = []
  for await (const page of saved.events) {
    assert.is(new Set(page.map(({ api }) => api)).size, 1, 'events of both APIs in one array')
    for (const event of page) events.push(Number(event.guid.slice(-12)))
  }
  const found = saved.completeness()
  const completeness = found.kind === 'short' ? `${found.held} of ${found.total}` : found.kind
  return { events, completeness, saved }
}

const readText = (text: string | Buffer) => read([], [text])

/** The error that it ends with. */
async function failure(reading: Promise<unknown>): Promise<AuditError> {
  try {
    await reading
  } catch (error) {
    if (error instanceof AuditError) return error
    throw error
  }
  throw new Error('Nothing was wrong')
}

// --- Shapes ------------------------------------------------------------------------------------------------------

const shapes = suite('shapes of saved events')

const two = [v3(1), v3(2)]
const lines = (values: readonly unknown[]) => values.map(value => `${json(value)}\n`).join('')

for (const [name, text, events, completeness] of [
  ['a page of v3', json(pageOfV3(two)), [1, 2], 'complete'],
  ['a page of v2', json(pageOfV2([v2(1), v2(2)])), [1, 2], 'complete'],
  ['a page without events', json(pageOfV3([])), [], 'complete'],
  ['indented, as v6 of cf does', `${json(pageOfV2([v2(1)]), null, 3)}\n`, [1], 'complete'],
  ['CRLF', json(pageOfV3(two), null, 2).replaceAll('\n', '\r\n'), [1, 2], 'complete'],
  ['pages behind one another', json(pageOfV3([v3(1)])) + json(pageOfV2([v2(2)])), [1, 2], 'complete'],
  ['an array of events', json(two), [1, 2], 'unknown'],
  ['an indented array', json(two, null, 2), [1, 2], 'unknown'],
  ['an empty array', '[]', [], 'unknown'],
  ['slurped pages', json([pageOfV3([v3(1)]), pageOfV2([v2(2)])]), [1, 2], 'complete'],
  ['slurped arrays', json([[v3(1)], [v3(2)]]), [1, 2], 'unknown'],
  ['a stream', two.map(event => json(event, null, 2)).join('\n'), [1, 2], 'unknown'],
  ['a line each', lines(two), [1, 2], 'unknown'],
  ['a line each, of both APIs', lines([v3(1), v2(2), v3(3)]), [1, 2, 3], 'unknown'],
  ['jq --seq', two.map(event => `\u001e${json(event)}\n`).join(''), [1, 2], 'unknown'],
  ['our ndjson with names', lines([...two, { names: {} }]), [1, 2], 'unknown'],
  ['our JSON with names', json({ ...pageOfV3(two), names: {} }), [1, 2], 'complete'],
  [
    'the counts behind the events',
    `{"resources":${json(two)},"pagination":{"total_results":2}}`,
    [1, 2],
    'complete',
  ],
  ['{resources}', json({ resources: two }), [1, 2], 'unknown'],
  ['{org, space, resources}', json({ org: [], space: [], resources: two }), [1, 2], 'unknown'],
  ['one event', json(v3(7)), [7], 'unknown'],
  ['one event of v2', json(v2(7)), [7], 'unknown'],
  ['an event of API v3 that was reduced', json({ ...v3(1), data: undefined, space: null }), [1], 'unknown'],
  ['an array behind a page', json(pageOfV3([v3(1)])) + json([v3(2)]), [1, 2], 'unknown'],
  ['a page behind an array', json([v3(1)]) + json(pageOfV3([v3(2)])), [1, 2], 'unknown'],
] as const) {
  shapes(name, async () => {
    const found = await readText(text)
    assert.equal(found.events, events)
    assert.is(found.completeness, completeness)
    // The same in small pieces.
    const bytes = Buffer.from(text)
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
      bytes.subarray(at * 7, at * 7 + 7),
    )
    assert.equal((await read([], pieces)).events, events)
  })
}

shapes('the record is what stands in the file, byte for byte', async () => {
  const record =
    '{"guid" : "g","n":123456789012345678901.0,"type":"\\u0061","created_at":"","actor":{},"target":{}}'
  for (const text of [record, `[${record}]`, `{"resources":[ ${record} ]}`]) {
    const saved = await openSaved([], Readable.from([Buffer.from(text)]), never())
    for await (const [event] of saved.events) assert.is(event?.record.toString(), record)
  }
})

shapes('doubles are given once', async () => {
  const { events, saved } = await readText(json([v3(1), v3(2), v3(1)]) + json(v2(2)))
  assert.equal(events, [1, 2])
  assert.is(saved.doubles(), 2)
})

shapes('whose events these are', async () => {
  const apiOf = async (text: string) => (await readText(text)).saved.api()
  assert.is(await apiOf(json(pageOfV3([]))), 'v3')
  assert.is(await apiOf(json(pageOfV2([]))), 'v2')
  assert.is(await apiOf(json([v2(1)])), 'v2')
  assert.is(await apiOf(lines([v2(1), v3(2)])), 'both')
  assert.is(await apiOf('[]'), undefined)
})

shapes('the envelope is that of the first page', async () => {
  const first = pageOfV3([v3(1)])
  const { saved } = await readText(json([v3(9)]) + json(first) + json(pageOfV3([v3(2)])))
  assert.equal(saved.envelope(), { ...first, resources: [] })
  assert.is((await readText('[]')).saved.envelope(), undefined)
})
shapes.run()

// --- What is refused -----------------------------------------------------------------------------------------------

const refused = suite('what is no event')

const role = {
  guid: 'r',
  created_at: '2026-09-02T10:00:00Z',
  type: 'space_developer',
  relationships: {},
  links: { self: { href: 'https://api.example.gov/v3/roles/r' } },
}
const usage = {
  metadata: { guid: 'u', url: '/v2/app_usage_events/u' },
  entity: { state: 'STARTED', app_guid: 'x' },
}
const rolesPage = (resources: readonly object[]) => ({
  pagination: {
    total_results: resources.length,
    first: { href: 'https://api.example.gov/v3/roles?page=1' },
    next: null,
  },
  resources,
})
const cfError = { errors: [{ code: 10002, title: 'CF-NotAuthenticated', detail: 'Authentication error' }] }
const cut = '@{guid=a; type=user; name=ann@example.gov}'
const depth = 'is text, but should be an object: ConvertTo-Json without -Depth cut it.'

for (const [name, text, says] of [
  ['nothing', '', /^The input is empty\.$/],
  ['white space', ' \r\n\ufeff\n', /^The input is empty\.$/],
  [
    'a list of roles',
    json(rolesPage([role])),
    /^The input holds a list of \/v3\/roles, not of audit events\.$/,
  ],
  ['an empty list of roles', json(rolesPage([])), /holds a list of \/v3\/roles, not of audit events/],
  [
    'roles without an envelope',
    json([role]),
    /^The input, line 1: record 1 is of \/v3\/roles, not an audit event\.$/,
  ],
  [
    'one role behind events',
    lines([v3(1), role]),
    /^The input, line 2: record 2 is of \/v3\/roles, not an audit event\.$/,
  ],
  ['roles without links', json([{ ...role, links: {} }]), /record 1 is not an audit event/],
  [
    'usage events of v2',
    json(pageOfV2([usage])),
    /line 1: record 1 is of \/v2\/app_usage_events, not an audit event/,
  ],
  [
    'a list of apps of v2',
    json({ ...pageOfV2([], 0), next_url: '/v2/apps?page=2' }),
    /holds a list of \/v2\/apps, not of audit events/,
  ],
  [
    'an error of v3',
    json(cfError),
    /^The input, line 1 holds an error of Cloud Foundry instead of events: Authentication error\.$/,
  ],
  ['an error of v2', '{"description":"Nope","error_code":"CF-X","code":1}', /instead of events: Nope/],
  ['an error of the UAA', '{"error":"unauthorized","error_description":"Nope"}', /instead of events: Nope/],
  [
    'an error among pages',
    `${json(pageOfV3([v3(1)]))}\n${json(cfError)}`,
    /line 2 holds an error of Cloud Foundry/,
  ],
  ['an error among slurped pages', json([pageOfV3([v3(1)]), cfError]), /holds an error of Cloud Foundry/],
  [
    'an error among resources',
    json({ resources: [v3(1), cfError] }),
    /record 2 is an error of Cloud Foundry: Authentication error/,
  ],
  [
    'an error instead of resources',
    json({ org: [], resources: cfError }),
    /holds an error of Cloud Foundry instead of events: Authentication/,
  ],
  [
    'an error deep inside',
    json({ pages: [{ body: cfError }] }),
    /holds an error of Cloud Foundry instead of events: Authentication/,
  ],
  [
    'an error beside resources',
    json({ ...cfError, resources: [] }),
    /holds an error of Cloud Foundry: Authentication error/,
  ],
  ['other JSON', '{"a":1}', /^The input, line 1 is JSON, but not a page of audit events\.$/],
  ['an empty object', '{}', /is JSON, but not a page of audit events/],
  ['numbers', '[1,2]', /record 1 is a number, not an audit event/],
  ['null', '[null]', /record 1 has no GUID/],
  ['texts', '["a"]', /record 1 is text, but should be an object\.$/],
  ['a list within resources', json({ resources: [[v3(1)]] }), /record 1 is a list, not an audit event/],
  [
    'no GUID',
    json({ resources: [{ type: 'audit.app.create' }] }),
    /^The input, line 1: record 1 has no GUID, so it can be neither counted nor deduplicated\.$/,
  ],
  ['an empty GUID', json([v3(1), { ...v3(2), guid: '' }]), /record 2 has no GUID/],
  ['no metadata', json([{ entity: v2(1).entity }]), /record 1 has no GUID/],
  [
    'entities alone',
    lines([v2(1).entity, v2(2).entity]),
    /line 1: these are v2 entities without their metadata \(jq '\.resources\[\]\.entity'\): they have no GUID, so they can be neither counted nor deduplicated\.$/,
  ],
  [
    'cut text for an actor',
    json(pageOfV3([v3(1), { ...v3(2), actor: cut }])),
    `line 1: record 2: actor ${depth}`,
  ],
  ['cut text for data', json([{ ...v3(1), data: '@{request=}' }]), `record 1: data ${depth}`],
  [
    'cut text for a request',
    json([{ ...v3(1), data: { request: '@{a=}' } }]),
    `record 1: data.request ${depth}`,
  ],
  [
    'cut text in a request',
    json([{ ...v3(1), data: { request: { relationships: { app: { data: '@{guid=x}' } } } } }]),
    `data.request.relationships.app.data ${depth}`,
  ],
  ['cut text for an entity', json([{ ...v2(1), entity: '@{type=x}' }]), `record 1: entity ${depth}`],
  ['cut text for metadata', json([{ ...v2(1), metadata: '@{guid=x}' }]), `record 1: metadata ${depth}`],
  [
    'cut text for resources',
    '{"resources":"@{guid=x} @{guid=y}"}',
    /resources is text, but should be an object/,
  ],
  ['cut text for records', '{"resources":["@{guid=x}"]}', `record 1 ${depth}`],
  [
    'cut text for a type of .NET',
    json([{ ...v3(1), space: 'System.Collections.Hashtable' }]),
    `space ${depth}`,
  ],
  ['another text', json([{ ...v3(1), actor: 'ann' }]), /record 1: actor is text, but should be an object\.$/],
  [
    'events under another key',
    json({ ...pageOfV3([v3(1)]), more: { events: [v3(2)] } }),
    /has events where a page cannot have any: in more\.events\.0/,
  ],
  [
    'a key with escapes',
    '{"resources":[],"\\u0072esources":[{}]}',
    /has events where a page cannot have any: in resources/,
  ],
  [
    'events beside our names',
    json({ names: {}, events: [v3(1)] }),
    /is JSON, but not a page of audit events/,
  ],
  ['events instead of names', json({ names: { a: v3(1) } }), /is JSON, but not a page of audit events/],
  ['events instead of names of a page', json({ ...pageOfV3([]), names: { a: v3(1) } }), /in names\.a\.$/],
  ['an event that is a list', json({ ...v3(1), resources: [v3(2)] }), /line 1 is both an event and a list/],
  ['text', 'V2 endpoints disabled', /^The input, line 1 is not JSON: V2 endpoints disabled\.$/],
  [
    'text behind a page',
    `${json(pageOfV3([v3(1)]))}\n\ncurl: (28) timed out\n`,
    /^The input, line 3 is not JSON: curl: \(28\) timed out\.$/,
  ],
  ['text behind a page on its line', `${json(pageOfV3([v3(1)]))} x`, /line 1 is not JSON: x\.$/],
  ['a comma between documents', `${json(v3(1))},\n${json(v3(2))}`, /line 1 is not JSON: ,\.$/],
  ['NULs', `${json(v3(1))}\n\0\0\0`, /line 2 is not JSON: control characters\.$/],
  ['HTML', '<html><body>502</body></html>', /is not JSON: <html>/],
  [
    'CSV',
    'Timestamp,User Performing Action,Action Type,User\n2026-09-02T10:00:00Z,a,b,c\n',
    /^The input, line 1 is CSV, which does not hold the events themselves\.$/,
  ],
  ['a token', `curl -H "Authorization: bearer abcdefghijklmnop"\n`, /\[REDACTED\]/],
  [
    'cut off in a record',
    json(pageOfV3([v3(1)])).slice(0, 300),
    /^The input is incomplete JSON: it ends within the value on line 1\.$/,
  ],
  [
    'cut off between records',
    `{"resources":[\n${json(v3(1))},\n`,
    /incomplete JSON: it ends within the value on line 3/,
  ],
  ['cut off before the end', json(pageOfV3([v3(1)])).slice(0, -1), /incomplete JSON/],
  [
    'a line that is cut off',
    `${lines([v3(1)])}${json(v3(2)).slice(0, 50)}`,
    /ends within the value on line 2/,
  ],
  [
    'cut off, with more behind it',
    `${json(pageOfV3([v3(1)])).slice(0, -80)}\n${json(pageOfV3([v3(2)]))}`,
    /is not JSON|incomplete JSON/,
  ],
  ['a broken record', '{"resources":[\n{"a":tru}]}', /^The input, line 2: record 1 is not JSON: /],
  ['a broken page', '\n{"a" 1,"resources":[]}', /^The input, line 2: this page is not JSON: /],
  ['a comma too many', `[\n${json(v3(1))},]`, /^The input, line 2 is not JSON: A value is missing\.$/],
] as const) {
  refused(name, async () => {
    const error = await failure(readText(text))
    assert.instance(error, Failed)
    if (typeof says === 'string') assert.ok(error.message.includes(says), error.message)
    else assert.match(error.message, says)
    assert.is.not(error.advice, '')
  })
}

refused('an error names the file', async () => {
  const path = file(`${json(v3(1))}\n\nx`)
  const error = await failure(read([file(json(v3(2))), path]))
  assert.is(error.message, `${path}, line 3 is not JSON: x.`)
})

refused('an empty file among others: an answer may have been lost', async () => {
  const path = file('\n')
  assert.is((await failure(read([file(json(v3(2))), path]))).message, `${path} is empty.`)
})
refused.run()

// --- Noise -------------------------------------------------------------------------------------------------------

const noise = suite('lines between documents')

const page = json(pageOfV3([v3(1)]))
const headers = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Vcap-Request-Id: 1::2\r\n\r\n'

for (const [name, text, lines] of [
  ['headers', headers + page, 3],
  ['headers as v6 prints them', `${headers}\n${page}\n`, 3],
  ['headers between pages', `${headers}${page}\n${headers}${page}`, 6],
  ['headers without their empty line', `HTTP/2 200\nserver:\n${page}`, 2],
  ['the headers of a proxy', `HTTP/1.1 200 Connection established\r\n\r\n${headers}${page}`, 4],
  [
    '100 Continue, and a redirection',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: x\r\n\r\n${headers}${page}`,
    6,
  ],
  ['FAILED', `${page}\nFAILED\n`, 1],
  ['colors', `${page}\n\u001b[31;1mFAILED\u001b[0m\n`, 1],
  ['OK', `OK\n\n${page}`, 1],
  ['warnings', `${page}\nEndpoint deprecated soon\nWarning: use v3\nTIP: Use 'cf login'\n`, 3],
  [
    'warnings that the headers announce',
    `HTTP/1.1 200 OK\r\nX-Cf-Warnings: Be+careful%21,Twice\r\n\r\n${page}\nBe careful!\nTwice\n`,
    4,
  ],
  [
    'a trace',
    `\nREQUEST: [2026-11-25T15:00:00Z]\nGET /v3/audit_events HTTP/1.1\nHost: api\nAuthorization: [PRIVATE DATA HIDDEN]\n\nRESPONSE: [2026-11-25T15:00:01Z] [Elapsed: 12ms]\n${headers}${page}\n`,
    8,
  ],
  ['separators', `==> page1.json <==\n${page}\n-----\n`, 2],
] as const) {
  noise(name, async () => {
    const found = await readText(text)
    assert.equal(found.events, [1])
    assert.is(found.completeness, 'complete')
    assert.is(found.saved.noise(), lines)
  })
}

for (const [name, text, says] of [
  [
    'headers of an answer that never came',
    `${headers}${page}\n${headers}`,
    /line 6: the response that starts here has no body: HTTP\/1\.1 200 OK\.$/,
  ],
  [
    'headers of an empty answer before another',
    `${headers}${headers}${page}`,
    /line 1: the response that starts here has no body/,
  ],
  [
    'a failed answer of text',
    'HTTP/1.1 404 Not Found\r\n\r\nV2 endpoints disabled\n',
    /is not JSON: V2 endpoints disabled/,
  ],
  [
    'an error of cf',
    `${page}\nFAILED\nError creating request:\nInvalid auth token: x\n`,
    /line 3 is not JSON: Error creating request/,
  ],
  ['a header outside of headers', `${page}\nContent-Type: text/plain\n`, /is not JSON: Content-Type/],
  ['a warning that holds JSON', `${page}\nWarning: {"guid":"x"}\n`, /is not JSON: Warning/],
  ['only noise', 'FAILED\n', /has no JSON\.$/],
] as const) {
  noise(name, async () => {
    const error = await failure(readText(text))
    assert.instance(error, Failed)
    assert.match(error.message, says)
  })
}
noise.run()

// --- Completeness ------------------------------------------------------------------------------------------------

const complete = suite('completeness')

const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => v3(from + index))
const old = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => v2(from + index))
const pages = [
  pageOfV3(events(1, 3), 8, 1, 3),
  pageOfV3(events(4, 6), 8, 2, 3),
  pageOfV3(events(7, 8), 8, 3, 3),
] as const
const pages2 = [
  pageOfV2(old(1, 3), 8, 1, 3),
  pageOfV2(old(4, 6), 8, 2, 3),
  pageOfV2(old(7, 8), 8, 3, 3),
] as const

for (const [name, documents, expected] of [
  ['all pages', pages, 'complete'],
  ['all pages of v2', pages2, 'complete'],
  ['in another order', [pages[2], pages[0], pages[1]], 'complete'],
  ['a page is missing', [pages[0], pages[2]], '5 of 8'],
  ['a page of v2 is missing', [pages2[0], pages2[1]], '6 of 8'],
  ['a page behind the last one', [...pages, pageOfV3([], 8, 4, 3)], 'complete'],
  ['a page behind the last one comes first', [pageOfV2([], 8, 4, 3), ...pages2], 'complete'],
  ['a page twice', [...pages, pages[1]], 'complete'],
  ['all pages twice', [...pages, ...pages], 'complete'],
  ['a page twice does not stand for another', [pages[0], pages[1], pages[1]], '6 of 8'],
  ['both APIs, each whole', [...pages, ...pages2], 'complete'],
  ['both APIs, one not whole', [...pages, pages2[0]], '3 of 8'],
  ['the count grew in between', [pages[0], pages[1], pageOfV3(events(7, 9), 9, 3, 3)], 'complete'],
  [
    'the count grew, and an event is missing',
    [pages[0], pages[1], pageOfV3(events(8, 9), 9, 3, 3)],
    '8 of 9',
  ],
  ['an event twice in a page does not stand for another', [pageOfV3([v3(1), v3(1)])], '1 of 2'],
  [
    'an event in two pages does not stand for another',
    [pages[0], pages[1], pageOfV3(events(6, 7), 8, 3, 3)],
    '7 of 8',
  ],
  [
    'an event in two pages, and in a list before',
    [[v3(3)], pages[0], pageOfV3(events(3, 5), 8, 2, 3), pageOfV3(events(6, 7), 8, 3, 3)],
    '7 of 8',
  ],
  ['nothing but names', [{ names: {} }], 'unknown'],
  ['no list at all', [{ pagination: { total_results: 3 } }], '0 of 3'],
  ['a list that is none', [{ total_results: 1, resources: 7 }], '0 of 1'],
  [
    'each day is judged by itself: the first page of many days does not add up to a listing',
    [pageOfV3(events(1, 5), 10, 1, 5), pageOfV3(events(4, 8), 10, 1, 5), pageOfV3(events(6, 10), 11, 1, 5)],
    '5 of 11',
  ],
  [
    'days that overlap, each whole',
    [
      pageOfV3(events(1, 5)),
      pageOfV3(events(3, 9)),
      pageOfV3(events(8, 12), 7, 1, 5),
      pageOfV3(events(13, 14), 7, 2, 5),
    ],
    'complete',
  ],
  [
    'days that overlap, the last one not whole',
    [pageOfV3(events(1, 9), 9, 1, 20), pageOfV3(events(2, 6), 9, 1, 5)],
    '5 of 9',
  ],
  ['some without any count', [...pages, [v3(99)]], 'unknown'],
  ['some without any count, and a page is missing', [[v3(99)], pages[0], pages[1]], '6 of 8'],
  ['events that were there before still count for their page', [[v3(1), v3(4)], ...pages], 'unknown'],
  [
    'pages that do not say which they are',
    [...pages].map(({ pagination, resources }) => ({
      pagination: { total_results: pagination.total_results, first: pagination.first },
      resources,
    })),
    'complete',
  ],
] as const) {
  complete(name, async () => {
    assert.is((await readText(lines(documents))).completeness, expected)
    assert.is((await read(documents.map(each => file(json(each))))).completeness, expected)
  })
}
complete.run()

// --- Names -------------------------------------------------------------------------------------------------------

const names = suite('names beside events')

async function namesIn(...values: readonly unknown[]) {
  const { orgs, spaces } = (await readText(lines(values))).saved.names
  return { orgs: Object.fromEntries(orgs), spaces: Object.fromEntries(spaces) }
}

names('of the log shipper of cloud.gov', async () => {
  const shipped = v3(1, { organization_name: 'demo-org', space_name: 'dev' })
  assert.equal(await namesIn(shipped), { orgs: { O: 'demo-org' }, spaces: { S: 'dev' } })
})

names('of an event of no space, of none, and of one that the shipper could not find', async () => {
  const global = v3(1, { space: null, organization: null, organization_name: null, space_name: '' })
  assert.equal(await namesIn(global, v3(2, { space_name: 7 })), { orgs: {}, spaces: {} })
})

names('the newer event names it, whatever the order', async () => {
  const [before, after] = [v3(1, { space_name: 'old' }), v3(2, { space_name: 'new' })]
  assert.is((await namesIn(before, after)).spaces.S, 'new')
  assert.is((await namesIn(after, before)).spaces.S, 'new')
})

names('of {org, space, resources}, in both APIs, in a list or alone', async () => {
  const expected = { orgs: { O: 'demo-org' }, spaces: { S: 'dev' } }
  const resources = [v3(1, { space_name: 'other' })]
  assert.equal(
    await namesIn({ org: [{ guid: 'O', name: 'demo-org' }], space: [{ guid: 'S', name: 'dev' }], resources }),
    expected,
  )
  assert.equal(
    await namesIn({
      org: { metadata: { guid: 'O' }, entity: { name: 'demo-org' } },
      space: { guid: 'S', name: 'dev' },
      resources,
    }),
    expected,
  )
})

names('ours, in JSON and in ndjson', async () => {
  const byGuid = {
    O: { name: 'demo-org', kind: 'organization', source: 'lookup', state: 'named' },
    S: { name: 'dev', kind: 'space' },
    U: { name: 'ann', kind: 'user' },
    N: { name: null, kind: 'space', state: 'not visible' },
    P: { name: 'x', kind: '__proto__' },
  }
  const expected = { orgs: { O: 'demo-org' }, spaces: { S: 'dev' } }
  assert.equal(await namesIn({ ...pageOfV3([v3(1)]), names: byGuid }), expected)
  assert.equal(await namesIn(v3(1), { names: byGuid }, v3(2)), expected)
})
/** The name of the space of each event at the moment when it is given. */
async function spacesWhenGiven(bytes: readonly Buffer[], namesFirst: boolean, path?: string) {
  const saved = await openSaved(path === undefined ? [] : [path], Readable.from(bytes), never(), {
    namesFirst,
  })
  const found: (string | undefined)[] = []
  for await (const page of saved.events) {
    for (const { spaceGuid } of page) found.push(saved.names.spaces.get(spaceGuid))
  }
  return found
}

const ours = { names: { S: { name: 'dev', kind: 'space' } } }
for (const [name, text] of [
  ['our ndjson', lines([v3(1), v3(2), ours])],
  ['our JSON', json({ ...pageOfV3([v3(1), v3(2)]), ...ours })],
  [
    'names of an agency behind its events',
    json({ resources: [v3(1), v3(2)], org: [], space: { guid: 'S', name: 'dev' } }),
  ],
  ['the newest name of cloud.gov', lines([v3(1, { space_name: 'old' }), v3(2, { space_name: 'dev' })])],
] as const) {
  names(`names first: ${name}`, async () => {
    const single = Array.from(Buffer.from(text), byte => Buffer.from([byte]))
    assert.equal(await spacesWhenGiven(single, true), ['dev', 'dev'])
    assert.equal(await spacesWhenGiven([gzipSync(text)], true), ['dev', 'dev'])
    assert.equal(await spacesWhenGiven([], true, file(text)), ['dev', 'dev'])
    assert.not.equal(await spacesWhenGiven(single, false), ['dev', 'dev'])
  })
}

names('names first: events without names are read once, and counted once', async () => {
  const saved = await openSaved([], Readable.from([Buffer.from(json(pageOfV3([v3(1)])))]), never(), {
    namesFirst: true,
  })
  for await (const page of saved.events) assert.is(page.length, 1)
  assert.is(saved.doubles(), 0)
  assert.is(saved.completeness().kind, 'complete')
})

names('names first: an interruption ends it while stdin waits', async () => {
  const stop = new AbortController()
  const stdin = new Readable({ read() {} })
  const saved = await openSaved([], stdin, stop.signal, { namesFirst: true })
  const reading = (async () => {
    for await (const _ of saved.events) throw new Error('An event came before the names')
  })()
  stdin.push(lines([v3(1)]))
  await new Promise(setImmediate)
  stop.abort(new Interrupted('SIGINT'))
  assert.instance(await failure(reading), Interrupted)
})
names.run()

// --- Inputs ------------------------------------------------------------------------------------------------------

const inputs = suite('files, folders and stdin')

inputs('several files, in their order', async () => {
  const found = await read([file(json([v3(2)])), file(json([v3(1)]))])
  assert.equal(found.events, [2, 1])
  assert.is(found.saved.name, 'The input')
})

inputs('one file gives its name', async () => {
  const path = file(json([v3(2)]))
  assert.is((await read([path])).saved.name, path)
})

inputs('a folder: all its files by name, at any depth, without hidden ones', async () => {
  file(json([v3(2)]), 'month/b.json')
  file(json([v3(1)]), 'month/a.ndjson')
  file(json([v3(3)]), 'month/more/deeper/c')
  file('no JSON', 'month/.hidden')
  file('no JSON', 'month/.git/config')
  symlinkSync('..', join(folder, 'month/more/up'))
  symlinkSync('../a.ndjson', join(folder, 'month/more/link'))
  const { events, saved } = await read([join(folder, 'month')])
  assert.equal(events, [1, 2, 3])
  assert.is(saved.doubles(), 1)
  assert.is(saved.name, join(folder, 'month'))
})

inputs('stdin among files', async () => {
  const found = await read([file(json([v3(1)])), '-'], [json([v3(2)])])
  assert.equal(found.events, [1, 2])
})

for (const [name, paths, says] of [
  ['no such file', ['/no/such/file'], /^cannot read \/no\/such\/file: no such file\.$/],
  ['a file as a folder', [`${file('{}', 'plain')}/x`], /no such file/],
  ['an empty name', [''], /^a file name is empty\.$/],
  ['stdin twice', ['-', '-'], /^stdin \(-\) is named twice\.$/],
] as const) {
  inputs(name, async () => {
    const error = await failure(read(paths))
    assert.instance(error, UsageError)
    assert.match(error.message, says)
  })
}

inputs('an empty folder', async () => {
  mkdirSync(join(folder, 'empty'))
  file('x', 'empty/.hidden')
  const error = await failure(read([join(folder, 'empty')]))
  assert.instance(error, UsageError)
  assert.match(error.message, /^there are no files in .*empty\.$/)
})

inputs('a terminal as stdin', async () => {
  const terminal = Object.assign(Readable.from([]), { isTTY: true })
  assert.instance(await failure(openSaved([], terminal, never())), UsageError)
})

const text = json(pageOfV3([v3(1), v3(2, { target: { guid: 'b', type: 'user', name: 'Zoë 日本 🚀' } })]))
const swapped = (value: string) => Buffer.from(value, 'utf16le').swap16()
for (const [name, bytes] of [
  ['gzip', gzipSync(text)],
  [
    'gzip of several members',
    Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100)), gzipSync('')]),
  ],
  ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16 as PowerShell writes it', Buffer.from(`\ufeff${text}\r\n`, 'utf16le')],
  ['UTF-16 with a mark in the middle', Buffer.from(`\ufeff${text}\r\n\ufeff${text}`, 'utf16le')],
  ['UTF-16, big end first', swapped(`\ufeff${text}`)],
  ['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
  ['UTF-16, big end first, without a mark', swapped(text)],
  ['UTF-16 in gzip', gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le'))],
] as const) {
  inputs(name, async () => {
    const single = Array.from(bytes, byte => Buffer.from([byte]))
    for (const reading of [read([file(bytes)]), read([], [bytes]), read([], single)]) {
      const { events, completeness } = await reading
      assert.equal(events, [1, 2])
      assert.is(completeness, 'complete')
    }
  })
}

inputs('letters stay what they are', async () => {
  for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le'), gzipSync(text)]) {
    const saved = await openSaved([], Readable.from(Array.from(bytes, byte => Buffer.from([byte]))), never())
    const found: string[] = []
    for await (const page of saved.events) found.push(...page.map(({ target }) => target.name))
    assert.equal(found, ['bob@example.gov', 'Zoë 日本 🚀'])
  }
})

const packed = gzipSync(text)
for (const [name, bytes, says] of [
  ['gzip that ends too soon', packed.subarray(0, -20), /is truncated gzip/],
  [
    'gzip that ends in the head of a second member',
    Buffer.concat([packed, packed.subarray(0, 5)]),
    /is truncated gzip/,
  ],
  [
    'gzip that is damaged',
    Buffer.concat([packed.subarray(0, 60), Buffer.alloc(20), packed.subarray(80)]),
    /is damaged gzip/,
  ],
  ['JSON behind gzip', Buffer.concat([packed, Buffer.from(text)]), /other data after/],
  ['NULs and more behind gzip', Buffer.concat([packed, Buffer.alloc(9), packed]), /other data after/],
  ['a workbook', Buffer.from('PK\x03\x04\x14\0\0\0'), /is a workbook or another zip archive/],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /is compressed with xz/],
  ['bzip2', Buffer.from('BZh91AY'), /is compressed with bzip2/],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), /is compressed with zstd/],
  ['Windows-1252', Buffer.from(text.replace('Zoë 日本 🚀', 'Zoë'), 'latin1'), /line 1 is not UTF-8/],
  [
    'half a character of UTF-16',
    Buffer.from(`\ufeff${text}`, 'utf16le').subarray(0, -1),
    /is not valid UTF-16/,
  ],
  [
    'half a surrogate pair in UTF-16',
    Buffer.from(`\ufeff${text.replace('🚀', '\ud83d')}`, 'utf16le'),
    /is not valid UTF-16/,
  ],
  [
    'UTF-16 behind UTF-8',
    Buffer.concat([Buffer.from(`${text}\n`), Buffer.from(text, 'utf16le')]),
    /line 2|not JSON/,
  ],
] as const) {
  inputs(name, async () => {
    const error = await failure(read([file(bytes)]))
    assert.instance(error, Failed)
    assert.match(error.message, says)
  })
}

inputs('Windows-1252 deep in a list', async () => {
  const list = [1, 2, 3, 4, 5, 6, 7].map(number => v3(number, { note: number === 6 ? 'é' : 'e' }))
  const error = await failure(
    read([file(Buffer.from(`[${list.map(each => json(each)).join(',\n')}]`, 'latin1'))]),
  )
  assert.match(error.message, /line 6 is not UTF-8\.$/)
})

inputs('a character that stands for an unknown one is a character', async () => {
  assert.equal((await readText(json([v3(1, { note: '\ufffd' })]))).events, [1])
})

inputs('half of a surrogate pair, as an escape, stays', async () => {
  assert.equal((await readText(json([v3(1, { note: '\ud800', '\udc00': '\0' })]))).events, [1])
})

inputs('while stdin waits, an interruption ends it', async () => {
  const stop = new AbortController()
  const stdin = new Readable({ read() {} })
  const saved = await openSaved([], stdin, stop.signal)
  const reading = (async () => {
    for await (const page of saved.events) assert.is(page.length, 1)
  })()
  stdin.push(`${json(v3(1))}\n`)
  await new Promise(setImmediate)
  stop.abort(new Interrupted('SIGINT'))
  assert.instance(await failure(reading), Interrupted)
  assert.is(stdin.destroyed, true)
})

inputs('while a file is read, an interruption ends it', async () => {
  const stop = new AbortController()
  const saved = await openSaved([file(json([v3(1)])), file(json([v3(2)]))], Readable.from([]), stop.signal)
  const reading = (async () => {
    for await (const _ of saved.events) stop.abort(new Interrupted('SIGTERM'))
  })()
  assert.instance(await failure(reading), Interrupted)
})

inputs('a value of 10 MB, and lists 100,000 deep', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const long = json(v3(1, { note: 'x'.repeat(10_000_000) }))
  const nested = json(v3(2, { note: 0 })).replace('"note":0', `"note":${deep}`)
  for (const whole of [
    `[${long},${nested}]`,
    `${long}\n${nested}`,
    `{"resources":[${long},${nested}],"other":${deep}}`,
  ]) {
    const bytes = Buffer.from(whole)
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
      bytes.subarray(at * 65_536, (at + 1) * 65_536),
    )
    assert.equal((await read([], chunks)).events, [1, 2])
  }
  // Arrays around documents, of any depth.
  assert.equal((await readText(`${'['.repeat(100_000)}${json(v3(1))}${']'.repeat(100_000)}`)).events, [1])
})
inputs.run()
