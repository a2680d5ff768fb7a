import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2, v3 } from '../../src/capi/api.ts'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import type { Context } from '../../src/context.ts'
import { UsageError } from '../../src/errors.ts'
import {
  columnNotes,
  createRecords,
  eventSource,
  planDocumented,
  planEvents,
  printsData,
} from '../../src/options/event-output.ts'
import type { OutputArgs } from '../../src/options/output.ts'
import { reportNamed, reports } from '../../src/reports/catalog.ts'
import type { OutputPlan } from '../../src/reports/formats.ts'
import { listen } from '../messages.ts'

const pipe = { stdout: {}, env: {}, color: undefined } as unknown as Context
const events = (name: string, args: OutputArgs = {}, severalOrgs = false) =>
  planEvents(reportNamed(name), args, severalOrgs, pipe)
const documented = (name: string, args: OutputArgs = {}) =>
  planDocumented(reportNamed(name), { asDocumented: true, ...args }, pipe)
const keys = ({ columns }: OutputPlan<AuditEvent>) => columns.map(({ key }) => key).join()

const isRefusal = (message: RegExp) => (error: unknown) => {
  assert.instance(error, UsageError)
  assert.match((error as UsageError).message, message)
  return (error as UsageError).advice !== ''
}

const planned = suite('how events are printed')

for (const [name, own, columns] of [
  ['events', 'json', 'time,actor,type,target,target_type,space_guid,org_guid,event_guid'],
  ['user-access', 'csv', 'time,actor,type,user,space'],
  ['routes', 'csv', 'time,actor,type,route,app_guid,space'],
  ['service-instances', 'csv', 'time,actor,type,service,space'],
  ['service-bindings', 'csv', 'time,actor,type,app_guid,service_guid,space'],
  ['services', 'json', 'time,actor,type,service,app_guid,service_guid,space'],
] as const) {
  planned(`${name}: ${columns}, in ${own}`, () => {
    assert.is(events(name).format.name, own)
    assert.is(keys(events(name, { format: 'csv' })), columns)
    // The org, where there may be several.
    assert.is(keys(events(name, { format: 'csv' }, true)), name === 'events' ? columns : `${columns},org`)
    assert.is(columnNotes(reportNamed(name))[0]?.text, columns.replaceAll(',', ', '))
  })
}

const whole =
  'time,actor_name,actor_guid,actor_kind,action,type,target_name,target_guid,target_kind,role,app_guid,service_guid,route_guid,space_guid,org_guid,event_guid'

for (const { name } of reports) {
  planned(`${name}: --wide shows the whole record, and any column can be added`, () => {
    assert.is(keys(events(name, { format: 'csv', wide: true })), whole)
    assert.is(keys(events(name, { format: 'csv', wide: true }, true)), whole)
    const columns = 'space,org,data,route_guid,role,Target Name,Organization'
    assert.is(
      keys(events(name, { format: 'csv', columns })),
      'space,org,data,route_guid,role,target_name,org',
    )
  })
}

planned('more columns are named once in the help', () => {
  const [, more] = columnNotes(reportNamed('service-bindings'))
  assert.match(more?.text ?? '', /^event_guid, .*data$/)
  assert.not.match(more?.text ?? '', /\b(app_guid|service_guid|space)\b(?!_)/)
})
planned.run()

const recipe = suite('--as-documented')

for (const [name, args, format] of [
  ['user-access', {}, 'csv'],
  ['user-access', { output: 'x.json' }, 'csv'],
  ['user-access', { output: 'x.csv', force: true }, 'csv'],
  ['user-access', { format: 'json' }, 'json'],
  ['user-access', { format: 'ndjson' }, 'ndjson'],
  ['user-access', { noHeader: true }, 'csv'],
  ['user-access', { strict: true }, 'csv'],
  ['events', {}, 'json'],
  ['services', {}, 'json'],
] as const) {
  recipe(`${name} ${JSON.stringify(args)}: ${format}`, () => {
    assert.is(documented(name, args).format.name, format)
  })
}

const refused: readonly (readonly [name: string, args: OutputArgs, message: RegExp])[] = [
  ['events', { format: 'csv' }, /no documented CSV recipe for events/],
  ['services', { format: 'csv' }, /no documented CSV recipe for services/],
  ['user-access', { format: 'table' }, /no table format/],
  ['events', { noHeader: true }, /--no-header has no effect on json/],
  ...(
    [
      { columns: 'time' },
      { wide: true },
      { names: true },
      { excel: true },
      { noGuard: true },
      { noTruncate: true },
      { limit: '3' },
      { reverse: true },
      { tz: 'Europe/Berlin' },
    ] satisfies OutputArgs[]
  ).map(args => ['user-access', args, /^--[a-z-]+ cannot be combined with --as-documented\.$/] as const),
]
recipe('that the page does not have: exit code 2', () => {
  const { documented, ...report } = reportNamed('routes')
  assert.throws(
    () => planDocumented(report, { asDocumented: true }, pipe),
    isRefusal(/^there is no documented recipe for routes\.$/),
  )
})

for (const [name, args, message] of refused) {
  recipe(`${name} ${JSON.stringify(args)}: exit code 2`, () => {
    assert.throws(() => documented(name, args), isRefusal(message))
  })
}

recipe('csv holds the cells of the recipe, and no heading', async () => {
  const plan = documented('service-instances')
  let text = ''
  const source = eventSource(
    'x',
    ({ record }) => record,
    () => ({ api: v3, envelope: undefined }),
  )
  const writer = await plan.format.open(plan, source, async chunk => {
    text += chunk
  })
  await writer.write([event('v3', { target: { name: 'my-"db"' } })])
  await writer.end()
  assert.is(text, '2026-11-01T12:00:00Z,ann@example.gov,audit.service_key.create,my-db\n')
})
recipe.run()

const records = suite('the records behind events')

function event(api: ApiName, parts: object = {}): AuditEvent {
  const record =
    api === 'v3'
      ? {
          guid: 'g',
          created_at: '2026-11-01T12:00:00Z',
          type: 'audit.service_key.create',
          actor: { guid: 'a', type: 'user', name: 'ann@example.gov' },
          ...parts,
        }
      : { metadata: { guid: 'g' }, entity: { type: 'audit.service_key.create', ...parts } }
  return readEvent(Buffer.from(JSON.stringify(record)), api, 'here')
}

const secret = { data: { request: { parameters: { password: 'hush' } } } }

const printed: readonly (readonly [
  asDocumented: boolean,
  unredacted: boolean,
  shows: boolean,
  said: RegExp,
])[] = [
  [false, false, false, /^Redacted 1 value in 1 event; --unredacted prints it\.$/],
  [false, true, true, /^warning: --unredacted prints 1 value in 1 event/],
  [true, false, true, /^warning: --as-documented prints 1 value in 1 event/],
]
for (const [asDocumented, unredacted, shows, words] of printed) {
  records(`secrets, as documented: ${asDocumented}, unredacted: ${unredacted}`, async () => {
    const { redact, record, redacted, log } = createRecords(asDocumented, unredacted)
    const pages = [await redact([event('v3', secret)]), await redact([event('v3')])]
    const [first, second] = pages.flat().map(each => record(each).toString('utf8'))
    assert.is(first?.includes('hush'), shows)
    assert.not.match(second ?? '', 'REDACTED')
    assert.is(redacted(), 1)
    const { messages, said } = listen()
    log(messages)
    assert.is(said.length, 1)
    assert.match(said[0]!, words)
  })
}

records('without a secret they are the bytes of Cloud Foundry, and nothing is said', async () => {
  for (const api of ['v2', 'v3'] as const) {
    const { redact, record, log } = createRecords(false, false)
    const each = event(api)
    const [same] = await redact([each])
    assert.is(same && record(same), each.record)
    const { messages, said } = listen()
    log(messages)
    assert.equal(said, [])
  }
})

records('secrets matter where the data of events are printed', () => {
  for (const [args, prints] of [
    [{ format: 'csv' }, false],
    [{ format: 'csv', columns: '+data' }, true],
    [{ format: 'json' }, true],
    [{ format: 'ndjson' }, true],
  ] as const) {
    assert.is(printsData(events('routes', args)), prints, JSON.stringify(args))
  }
})

records('as documented they have the shape of API v2, wherever they came from', () => {
  const { record } = createRecords(true, false)
  const { metadata, entity } = JSON.parse(record(event('v3')).toString('utf8'))
  assert.is(metadata.url, '/v2/events/g')
  assert.is(entity.actor_username, 'ann@example.gov')
})
records.run()

const envelopes = suite('the envelope around events')

const around = (api: typeof v2, envelope: unknown, names?: string) => {
  const source = eventSource(
    'x',
    ({ record }) => record,
    () => ({ api, envelope, names }),
  )
  return {
    page: (written: number) => JSON.parse(`${source.head}{"a":1}${source.tail(written)}`),
    lastLine: source.lastLine?.(),
  }
}

envelopes('of v2: one page, no next, as many as were written', () => {
  assert.equal(around(v2, { total_results: 7, next_url: '/v2/events?page=2' }).page(1), {
    resources: [{ a: 1 }],
    total_results: 1,
    total_pages: 1,
    prev_url: null,
    next_url: null,
  })
})

envelopes('of v3: the same, with the link of the first page', () => {
  const first = { href: 'https://api.example.gov/v3/audit_events?page=1&per_page=5000' }
  assert.equal(around(v3, { pagination: { total_results: 9, first } }).page(1), {
    resources: [{ a: 1 }],
    pagination: { total_results: 1, total_pages: 1, first, last: first, next: null, previous: null },
  })
  for (const envelope of [undefined, null, {}, { pagination: null }]) {
    assert.is(around(v3, envelope).page(1).pagination.first, null)
  }
})

envelopes('with names behind the records, or in a last line', () => {
  const { page, lastLine } = around(v3, undefined, '{"g":{"name":"x"}}')
  assert.equal(page(1).names, { g: { name: 'x' } })
  assert.is(page(1).pagination.total_results, 1)
  assert.is(lastLine, '{"names":{"g":{"name":"x"}}}')
  assert.is(around(v3, undefined).lastLine, '')
})
envelopes.run()
