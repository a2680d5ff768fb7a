import { rejects } from 'node:assert'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { Failed } from '../../src/errors.ts'
import { documentedFormat, documentedRow, JqWouldStop } from '../../src/reports/as-documented.ts'
import { reportNamed } from '../../src/reports/catalog.ts'
import { formatNamed, type OutputPlan, type Source } from '../../src/reports/formats.ts'
import { Random } from '../foundation/random.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'
import { hasProgram } from '../programs.ts'
import { recipes } from '../recipes.ts'

/** The jq filter of each CSV recipe of the page. */
const filters: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(recipes).flatMap(([name, { csv = '' }]) => {
    const filter = /jq -c -r '(.*?)'/.exec(csv)?.[1]
    return filter === undefined ? [] : [[name, filter]]
  }),
)
const names = Object.keys(filters)

interface Printed {
  readonly stdout: Buffer
  readonly stderr: string
  readonly code: number | null
}

function run(program: string, args: readonly string[], input: Buffer | string): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', part => out.push(part))
    child.stderr.on('data', part => err.push(part))
    child.stdin.on('error', () => {}) // It stopped before it had read everything; its exit code tells.
    child.on('error', reject)
    child.on('close', code =>
      resolve({ stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8'), code }),
    )
    child.stdin.end(input)
  })
}

/** What the page's recipe prints, and how jq ended. */
async function recipe(name: string, input: string): Promise<Printed> {
  const jq = await run('jq', ['-c', '-r', filters[name]!], input)
  const sed = await run('sed', ['-e', 's/"//g'], jq.stdout)
  assert.is(sed.code, 0, sed.stderr)
  return { ...jq, stdout: sed.stdout }
}

const page = (records: readonly string[]) => `{"resources":[${records.join(',')}]}`

/** What the format of the recipe writes of some records. */
async function written(name: string, records: readonly string[], api: 'v2' | 'v3'): Promise<string> {
  const { cells } = reportNamed(name).documented!
  const format = documentedFormat(formatNamed('csv'), cells ?? [])
  let text = ''
  const writer = await format.open({} as OutputPlan<AuditEvent>, {} as Source<AuditEvent>, async chunk => {
    text += chunk
  })
  await writer.write(records.map(record => readEvent(Buffer.from(record), api, 'a record')))
  await writer.end()
  return text
}

/** Our row of one record; undefined where we say that jq would stop. */
async function ourRow(name: string, record: string, api: 'v2' | 'v3'): Promise<string | undefined> {
  try {
    return await written(name, [record], api)
  } catch (error) {
    if (error instanceof Failed && error.cause instanceof JqWouldStop) return undefined
    throw error
  }
}

const shown = (bytes: Buffer | string) => JSON.stringify(bytes.toString('utf8'))

// --- Generated events -------------------------------------------------------------------------------------------

const seed = Number(process.env.SEED ?? 20180205)
/** Of each version of the API; the rows of all of them are those of 10,000 events in each recipe. */
const eventCount = 5_000

const pieces = [
  ...['user.name@example.gov', 'my route', 'a', '', ',', ',,', '"', '""', "'", '\n', '\r', '\r\n', '\t', ' '],
  ...[
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '{{.Foo}}',
    '{{',
    '}}',
    '$(id)',
    '`id`',
    '&',
    '<b>',
    '%2C',
    '#',
    ';',
    '|',
  ],
  ...['\\', '\\n', '\\u0041', '\\"', '/', 'null', 'true', '0012', '1e5'],
  ...[
    'é',
    'e\u0301',
    'ß',
    '日本語',
    'שלום',
    'مرحبا',
    '\u202e',
    '\u200f',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u00ad',
  ],
  ...['🚀', '👩‍🚀', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '\u{10ffff}', '\ufffd', '\ufffe', '\uffff', '\u007f', '\u0085', '\u00a0'],
  ...['\u0000', '\u0001', '\u0007', '\b', '\u000b', '\f', '\u001b[31m', '\u001f'],
  // The second half of a pair without its first. The first half alone no jq can read: see below.
  ...['\udc00', '\udfff'],
]

const text = (random: Random) => Array.from({ length: random.below(5) }, () => random.pick(pieces)).join('')

const missing = Symbol('missing')

/** What may stand where a cell is read. */
function scalar(random: Random): unknown {
  const chance = random.below(100)
  if (chance < 70) return text(random)
  if (chance < 78) return null
  if (chance < 84) return missing
  if (chance < 88) return random.pick([true, false])
  if (chance < 92) return random.pick([1, -1]) * Math.floor(random.next() * 2 ** (1 + random.below(53))) || 0
  if (chance < 93) return random.pick([0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, 2 ** 32])
  if (chance < 98) return (random.below(2_000_000) - 1_000_000) / random.pick([2, 4, 5, 8, 10, 100])
  return random.pick([{}, [], { name: 'x' }, ['a', 1], [null]])
}

/** What may stand where a path goes on: mostly what `step` makes, else anything. */
const step = (random: Random, make: () => unknown) => (random.below(100) < 88 ? make() : scalar(random))

function metadataOf(random: Random): unknown {
  const guid = () => step(random, () => ({ data: step(random, () => ({ guid: scalar(random) })) }))
  return step(random, () => ({
    request: step(random, () => ({
      name: scalar(random),
      app: scalar(random),
      constructor: text(random),
      relationships: step(random, () => ({ app: guid(), service_instance: guid(), toString: 1 })),
    })),
    route_guid: scalar(random),
  }))
}

type Entity = Record<string, unknown>

const entityOf = (random: Random): Entity => ({
  type: scalar(random),
  actor: scalar(random),
  actor_type: scalar(random),
  actor_name: scalar(random),
  actor_username: scalar(random),
  actee: scalar(random),
  actee_type: scalar(random),
  actee_name: scalar(random),
  timestamp: random.below(10) === 0 ? scalar(random) : '2018-02-05T19:36:19Z',
  metadata: metadataOf(random),
  space_guid: text(random),
  organization_guid: text(random),
})

/** JSON text with the liberties that JSON allows: escapes, white space, a key twice (the last one counts). */
function write(value: unknown, random: Random): string {
  const space = () => (random.below(12) === 0 ? random.pick([' ', '\n', '\t', '\r\n   ']) : '')
  if (typeof value === 'string') {
    const characters = Array.from(value, character => {
      if (random.below(15) > 0) return JSON.stringify(character).slice(1, -1)
      return Array.from({ length: character.length }, (_, unit) => {
        const hex = character.charCodeAt(unit).toString(16).padStart(4, '0')
        return `\\u${random.below(2) === 0 ? hex : hex.toUpperCase()}`
      }).join('')
    })
    return `"${characters.join('')}"`
  }
  if (Array.isArray(value)) return `[${value.map(item => space() + write(item, random)).join(',')}${space()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== missing)
  const twice = members.filter(() => random.below(60) === 0).map(([key]) => [key, 'overruled'] as const)
  const all = [...twice, ...members].map(
    ([key, member]) => `${space()}${write(key, random)}${space()}:${space()}${write(member, random)}`,
  )
  return `{${all.join(',')}${space()}}`
}

const guidOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

const v2Text = (index: number, entity: unknown, random: Random) =>
  write({ metadata: { guid: guidOf(index), url: `/v2/events/${guidOf(index)}` }, entity }, random)

/** The same event as /v3/audit_events gives it: of `actor_username` it says nothing. */
function v3Text(index: number, entity: Entity, random: Random): string {
  const scoped = (guid: unknown) => (guid === '' ? null : { guid })
  return write(
    {
      guid: guidOf(index),
      created_at: entity.timestamp,
      updated_at: entity.timestamp,
      type: entity.type,
      actor: { guid: entity.actor, type: entity.actor_type, name: entity.actor_name },
      target: { guid: entity.actee, type: entity.actee_type, name: entity.actee_name },
      data: entity.metadata,
      space: scoped(entity.space_guid),
      organization: scoped(entity.organization_guid),
      links: { self: { href: `https://api.example.gov/v3/audit_events/${guidOf(index)}` } },
    },
    random,
  )
}

interface Case {
  /** What jq is given. */
  readonly v2: string
  /** What we are given. */
  readonly read: string
  readonly api: 'v2' | 'v3'
}

/** Compares rows that we print with jq's, and where we say that jq stops, that it does. */
async function compare(name: string, cases: readonly Case[]): Promise<{ rows: number; stops: number }> {
  const rows = await Promise.all(cases.map(each => ourRow(name, each.read, each.api)))
  const printed = cases.filter((_, index) => rows[index] !== undefined)
  const ours = rows.filter(row => row !== undefined)
  const theirs = await recipe(name, page(printed.map(({ v2 }) => v2)))
  if (theirs.code !== 0 || !theirs.stdout.equals(Buffer.from(ours.join('')))) {
    for (const [index, each] of printed.entries()) {
      const one = await recipe(name, page([each.v2]))
      const row = ours[index]!
      if (one.code === 0 && one.stdout.equals(Buffer.from(row))) continue
      assert.unreachable(
        `SEED=${seed}, ${name}, event ${each.read}\n  jq and sed: ${shown(one.stdout)} (exit ${one.code} ${one.stderr})\n  ours:       ${shown(row)}`,
      )
    }
    assert.unreachable(`SEED=${seed}, ${name}: the rows differ only together`)
  }

  // Each in a document of its own: jq goes on with the next one after an error.
  const stopping = cases.filter((_, index) => rows[index] === undefined)
  const refused = await recipe(name, stopping.map(({ v2 }) => page([v2])).join('\n'))
  const errors = refused.stderr.match(/^jq: error \(at /gm)?.length ?? 0
  if (refused.stdout.length > 0 || errors !== stopping.length) {
    for (const each of stopping) {
      const one = await recipe(name, page([each.v2]))
      assert.is.not(one.code, 0, `SEED=${seed}, ${name}: jq prints ${shown(one.stdout)} for ${each.read}`)
    }
  }
  assert.is(refused.stdout.length, 0)
  assert.is(errors, stopping.length)
  if (stopping.length > 0) assert.is.not(refused.code, 0)
  return { rows: printed.length, stops: stopping.length }
}

function* batches(make: (index: number, random: Random) => Case): Generator<Case[]> {
  const random = new Random(seed)
  for (let index = 0; index < eventCount; index += 2500) {
    yield Array.from({ length: 2500 }, (_, offset) => make(index + offset, random))
  }
}

async function compareAll(make: (index: number, random: Random) => Case): Promise<void> {
  const total = { rows: 0, stops: 0 }
  for (const batch of batches(make)) {
    for (const { rows, stops } of await Promise.all(names.map(name => compare(name, batch)))) {
      total.rows += rows
      total.stops += stops
    }
  }
  assert.is(total.rows + total.stops, eventCount * names.length)
  // Both kinds must be there in numbers, or the comparison says little.
  assert.ok(total.rows > 5 * eventCount * 0.4, `only ${total.rows} rows`)
  assert.ok(total.stops > 500, `only ${total.stops} stops`)
}

// --- Tests ------------------------------------------------------------------------------------------------------

const hasJq = hasProgram('jq', 'rows were not compared with those of jq and sed')
/** A test that needs jq. */
const withJq = (test: (name: string, run: () => Promise<void>) => void): typeof test =>
  hasJq ? test : () => {}

const rowsOfRecipe = suite('rows as the page’s recipe prints them')

const golden: readonly (readonly [name: string, entity: unknown, row: string])[] = [
  [
    'user-access',
    {
      timestamp: '2018-02-05T19:36:19Z',
      actor: 'sandbox-bot',
      type: 'audit.user.space_manager_add',
      metadata: { request: { name: 'user.name@example.gov' } },
    },
    '2018-02-05T19:36:19Z,sandbox-bot,audit.user.space_manager_add,user.name@example.gov',
  ],
  [
    'routes',
    {
      timestamp: '2018-02-05T19:36:19Z',
      actor_username: 'user.name@example.gov',
      type: 'audit.route.update',
      actee_name: 'myapproute',
      metadata: { request: { app: '7950afc2-dd7b-4a70-80a0-8f7207fd1382' } },
    },
    '2018-02-05T19:36:19Z,user.name@example.gov,audit.route.update,myapproute,7950afc2-dd7b-4a70-80a0-8f7207fd1382',
  ],
  [
    'service-instances',
    {
      timestamp: '2018-02-05T19:36:19Z',
      actor_username: 'user.name@example.gov',
      type: 'audit.service_instance.create',
      actee_name: 'my-service-name',
      metadata: {},
    },
    '2018-02-05T19:36:19Z,user.name@example.gov,audit.service_instance.create,my-service-name',
  ],
  [
    'service-bindings',
    {
      timestamp: '2018-02-05T19:36:19Z',
      actor_username: 'sandbox-bot',
      type: 'audit.service_binding.create',
      metadata: {
        request: {
          relationships: {
            app: { data: { guid: 'd613b9a4-a536-47d2-8aa5-b7360c5e2f21' } },
            service_instance: { data: { guid: '7950afc2-dd7b-4a70-80a0-8f7207fd1382' } },
          },
        },
      },
    },
    '2018-02-05T19:36:19Z,sandbox-bot,audit.service_binding.create,d613b9a4-a536-47d2-8aa5-b7360c5e2f21,7950afc2-dd7b-4a70-80a0-8f7207fd1382',
  ],
  ['user-access', { timestamp: 't', actor: 'a', type: 'x', metadata: { request: null } }, 't,a,x,'],
  ['user-access', { timestamp: 't', actor: 'a', type: 'x', metadata: {} }, 't,a,x,'],
  ['user-access', {}, ',,,'],
  ['user-access', null, ',,,'],
  [
    'service-bindings',
    { type: 'audit.service_instance.unbind_route', metadata: null },
    ',,audit.service_instance.unbind_route,,',
  ],
  ['service-instances', { actor_username: '', actee_name: 'a, "b"\nc' }, ',,,a, b\nc'],
  ['service-instances', { actee_name: 'a\r\nb\tc\\d' }, ',,,a\r\nb\tc\\d'],
  ['service-instances', { actee_name: '=HYPERLINK("http://x","y")' }, ',,,=HYPERLINK(http://x,y)'],
  ['service-instances', { actee_name: true, type: false, timestamp: 0 }, '0,,false,true'],
  ['service-instances', { actee_name: 9007199254740991, type: -1.5 }, ',,-1.5,9007199254740991'],
  ['service-instances', { actee_name: '"', type: '""' }, ',,,'],
]
for (const [name, entity, row] of golden) {
  withJq(rowsOfRecipe)(`${name}: ${row}`, async () => {
    assert.is(documentedRow(entity, reportNamed(name).documented?.cells ?? []), row)
    const printed = await recipe(name, page([JSON.stringify({ entity })]))
    assert.is(printed.stdout.toString('utf8'), `${row}\n`, 'the real programs print something else')
  })
}

withJq(rowsOfRecipe)('every shape of event, read through v2', async () => {
  const cases = shapes.map(shape => JSON.stringify(v2Resource(shape)))
  for (const name of names) {
    const { rows } = await compare(
      name,
      cases.map(v2 => ({ v2, read: v2, api: 'v2' })),
    )
    assert.is(rows, shapes.length)
  }
})

withJq(rowsOfRecipe)(
  'every shape of event, read through v3: the user name is the e-mail address',
  async () => {
    const cases = shapes.map((shape): Case => {
      const told = { ...shape, actorUsername: shape.actorName }
      return {
        v2: JSON.stringify(v2Resource(told)),
        read: JSON.stringify(v3Resource(shape, 'https://api.example.gov')),
        api: 'v3',
      }
    })
    for (const name of names) assert.is((await compare(name, cases)).rows, shapes.length)
  },
)
rowsOfRecipe.run()

const generated = suite('generated events, against the real jq and sed')

withJq(generated)('with these versions', async () => {
  const jq = (await run('jq', ['--version'], '')).stdout.toString('utf8').trim()
  const sed = (await run('sed', ['--version'], '')).stdout.toString('utf8')
  assert.match(jq, /^jq-\d+\.\d+/)
  const named = /^sed \((.*)\) (\S+)/.exec(sed) // BSD sed has no version.
  console.log(`\nnote: compared with ${jq} and ${named === null ? 'sed' : `${named[1]} ${named[2]}`}`)
})

withJq(generated)(`${eventCount} events of API v2, in each of the four recipes`, () =>
  compareAll((index, random) => {
    const entity = random.below(300) === 0 ? scalar(random) : entityOf(random)
    const text = v2Text(index, entity, random)
    return { v2: text, read: text, api: 'v2' }
  }),
)

withJq(generated)(`${eventCount} events of API v3, rebuilt`, () =>
  compareAll((index, random) => {
    const entity = entityOf(random)
    const v2 = v2Text(index, { ...entity, actor_username: entity.actor_name }, random)
    return { v2, read: v3Text(index, entity, random), api: 'v3' }
  }),
)

withJq(generated)(
  'a page that stops midway: jq prints the rows before, we throw at the same event',
  async () => {
    const entities = [
      { actee_name: 'first' },
      { actee_name: 'second' },
      { actee_name: { guid: 'no text' } },
      { actee_name: 'never printed' },
    ]
    const records = entities.map((entity, index) => v2Text(index, entity, new Random(1)))
    const printed = await recipe('service-instances', page(records))
    assert.is(printed.stdout.toString('utf8'), ',,,first\n,,,second\n')
    assert.is(printed.code, 5)
    assert.equal(await Promise.all(records.map(record => ourRow('service-instances', record, 'v2'))), [
      ',,,first\n',
      ',,,second\n',
      undefined,
      ',,,never printed\n',
    ])
  },
)
generated.run()

const edges = suite('values that are read differently, if at all')

const values: readonly (readonly [what: string, json: string])[] = [
  ['a NUL', '"a\\u0000b"'],
  ['the second half of a surrogate pair alone', '"a\\udc00b"'],
  ['the second half before the first of a whole pair', '"\\ude00\\ud83d\\ude00"'],
  ['a pair written as two escapes', '"\\ud83d\\ude00"'],
  ['the first half of a surrogate pair alone', '"a\\ud800b"'],
  ['the first half twice', '"\\ud83d\\ud83d\\ude00"'],
  ['the first half at the end', '"a\\ud800"'],
  ['minus zero', '-0'],
  ['the largest exact integer', '9007199254740991'],
  ['an empty array', '[]'],
  ['an empty object', '{}'],
  ['text', '"x"'],
]
for (const [what, json] of values) {
  withJq(edges)(what, async () => {
    const record = `{"metadata":{"guid":"g"},"entity":{"actee_name":${json}}}`
    const { stdout, code } = await recipe('service-instances', page([record]))
    assert.is(
      await ourRow('service-instances', record, 'v2'),
      code === 0 ? stdout.toString('utf8') : undefined,
    )
  })
}

for (const half of [
  '\\ud800',
  '\\uDBFFx',
  '\\ud83d\\n',
  '\\ud83d\\u0041',
  '\\\\\\ud800',
  '\\udc00',
  '\\\\ud800',
  '\\ud83d\\ude00',
]) {
  withJq(edges)(`${half} in a part that is no cell`, async () => {
    const record = `{"metadata":{"guid":"g"},"entity":{"actee_name":"x","space_guid":"${half}"}}`
    const { stdout, code } = await recipe('service-instances', page([record]))
    assert.is(
      await ourRow('service-instances', record, 'v2'),
      code === 0 ? stdout.toString('utf8') : undefined,
    )
  })
}

const indexed: readonly (readonly [request: unknown, stops: boolean])[] = [
  [null, false],
  [{}, false],
  ['text', true],
  ['', true],
  [0, true],
  [false, true],
  [[], true],
  [{ name: [] }, true],
  [{ name: {} }, true],
  [{ name: false }, false],
]
for (const [request, stops] of indexed) {
  withJq(edges)(
    `a request of ${JSON.stringify(request)} ${stops ? 'stops' : 'does not stop'} jq`,
    async () => {
      const record = JSON.stringify({ metadata: { guid: 'g' }, entity: { metadata: { request } } })
      assert.is((await recipe('user-access', page([record]))).code === 0, !stops)
      assert.is((await ourRow('user-access', record, 'v2')) === undefined, stops)
    },
  )
}

edges('the message names the path and what jq refuses', () => {
  const thrown = (entity: unknown, path: string) => () => documentedRow(entity, [path])
  assert.throws(
    thrown({ metadata: 'x' }, '.metadata.request.name'),
    (error: Error) =>
      error instanceof JqWouldStop &&
      /index string .*"request".*\.metadata\.request\.name/.test(error.message),
  )
  assert.throws(
    thrown({ actee_name: [1] }, '.actee_name'),
    (error: Error) => error instanceof JqWouldStop && /array.*\.actee_name/.test(error.message),
  )
})

edges('a failure names the event; there is no header, and nothing without an event', async () => {
  const record = '{"metadata":{"guid":"the-guid"},"entity":{"actee_name":{}}}'
  await rejects(written('routes', [record], 'v2'), (error: Failed) => {
    assert.instance(error, Failed)
    assert.is(error.exitCode, 5)
    assert.match(error.message, 'the-guid')
    return true
  })
  assert.is(await written('routes', [], 'v2'), '')
})
edges.run()
