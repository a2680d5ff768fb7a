import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asV2Record, readEvent, textAt, valueAt } from '../../src/capi/event.ts'
import { Failed } from '../../src/errors.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'

const read = (
  resource: unknown,
  api: 'v2' | 'v3' = valueAt(resource, 'entity') === undefined ? 'v3' : 'v2',
) =>
  readEvent(
    Buffer.from(typeof resource === 'string' ? resource : JSON.stringify(resource)),
    api,
    'record 1 of page 1',
  )

// --- Values -----------------------------------------------------------------------------------------------------

const values = suite('values at a path')

const paths: readonly (readonly [value: unknown, path: readonly string[], found: unknown])[] = [
  [{ a: { b: 1 } }, ['a', 'b'], 1],
  [{ a: { b: 1 } }, ['a'], { b: 1 }],
  [{ a: { b: 1 } }, [], { a: { b: 1 } }],
  [{ a: null }, ['a'], null],
  [{ a: null }, ['a', 'b'], undefined],
  [{ a: 'text' }, ['a', 'length'], undefined],
  [{ a: [7] }, ['a', '0'], 7],
  [{}, ['a'], undefined],
  [{}, ['toString'], undefined],
  [{}, ['__proto__', 'toString'], undefined],
  [null, ['a'], undefined],
  [undefined, ['a'], undefined],
  ['text', ['length'], undefined],
  [7, ['a'], undefined],
]
for (const [value, path, found] of paths) {
  values(`${JSON.stringify(value)} at ${path.join('.')}`, () => assert.equal(valueAt(value, ...path), found))
}

const notText = [null, undefined, 0, 7, true, false, {}, [], ['x']]
for (const value of notText) {
  values(`${JSON.stringify(value)} is no text`, () => assert.is(textAt({ a: value }, 'a'), ''))
}
values('text is text, the empty one too', () => {
  assert.is(textAt({ a: { b: 'x' } }, 'a', 'b'), 'x')
  assert.is(textAt({ a: '' }, 'a'), '')
})
values.run()

// --- Reading ----------------------------------------------------------------------------------------------------

const reading = suite('reading an event')

const resource2 = {
  metadata: {
    guid: 'g',
    url: '/v2/events/g',
    created_at: '2026-08-01T10:00:01Z',
    updated_at: '2026-08-01T10:00:02Z',
  },
  entity: {
    type: 'audit.app.start',
    actor: 'A',
    actor_type: 'user',
    actor_name: 'a@b.c',
    actor_username: 'a',
    actee: 'T',
    actee_type: 'app',
    actee_name: 'my-app',
    timestamp: '2026-08-01T10:00:00Z',
    metadata: { request: { n: 1 } },
    space_guid: 'S',
    organization_guid: 'O',
  },
}
const resource3 = {
  guid: 'g',
  created_at: '2026-08-01T10:00:00Z',
  updated_at: '2026-08-01T10:00:05Z',
  type: 'audit.app.start',
  actor: { guid: 'A', type: 'user', name: 'a@b.c' },
  target: { guid: 'T', type: 'app', name: 'my-app' },
  data: { request: { n: 1 } },
  space: { guid: 'S' },
  organization: { guid: 'O' },
  links: {},
}
const expected = {
  guid: 'g',
  time: '2026-08-01T10:00:00Z',
  type: 'audit.app.start',
  target: { guid: 'T', type: 'app', name: 'my-app' },
  spaceGuid: 'S',
  orgGuid: 'O',
  data: { request: { n: 1 } },
}
reading('of v2', () => {
  const { record, resource, ...event } = read(resource2, 'v2')
  assert.equal(resource, resource2)
  assert.equal(event, {
    ...expected,
    api: 'v2',
    actor: { guid: 'A', type: 'user', name: 'a@b.c', username: 'a' },
  })
  assert.is(record.toString(), JSON.stringify(resource2))
})
reading('of v3', () => {
  const { record, resource, ...event } = read(resource3, 'v3')
  assert.equal(resource, resource3)
  assert.equal(event, {
    ...expected,
    api: 'v3',
    actor: { guid: 'A', type: 'user', name: 'a@b.c', username: '' },
  })
  assert.is(record.toString(), JSON.stringify(resource3))
})

reading('what is missing or null is empty', () => {
  const empty = { guid: '', type: '', name: '' }
  const {
    record: _,
    resource: _resource3,
    ...event3
  } = read({ guid: 'g', actor: null, space: null, target: { name: null } }, 'v3')
  assert.equal(event3, {
    api: 'v3',
    guid: 'g',
    time: '',
    type: '',
    actor: { ...empty, username: '' },
    target: empty,
    spaceGuid: '',
    orgGuid: '',
    data: undefined,
  })
  const {
    record: __,
    resource: _resource2,
    ...event2
  } = read({ metadata: { guid: 'g' }, entity: { actor_name: null, space_guid: '' } }, 'v2')
  assert.equal(event2, {
    api: 'v2',
    guid: 'g',
    time: '',
    type: '',
    actor: { ...empty, username: '' },
    target: empty,
    spaceGuid: '',
    orgGuid: '',
    data: undefined,
  })
})

reading('v2 without a timestamp has at least the time of its creation', () => {
  assert.is(
    read({ metadata: { guid: 'g', created_at: '2026-08-01T10:00:01Z' }, entity: {} }).time,
    '2026-08-01T10:00:01Z',
  )
})

reading('keeps the very buffer', () => {
  const record = Buffer.from(JSON.stringify(resource3))
  assert.is(readEvent(record, 'v3', 'x').record, record)
})

for (const [what, text] of [
  ['cut JSON', '{"guid":"g"'],
  ['words', 'hello'],
  ['nothing', ''],
  ['no GUID', '{"type":"audit.app.start"}'],
  ['an empty GUID', '{"guid":""}'],
  ['a GUID that is a number', '{"guid":7}'],
  ['a list', '[]'],
  ['text', '"g"'],
  ['null', 'null'],
  ['v2 without a GUID', '{"metadata":{},"entity":{}}'],
] as const) {
  reading(`${what}: exit code 5, naming the record`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) =>
        error instanceof Failed && error.exitCode === 5 && error.message.includes('record 1 of page 1'),
    )
  })
}
reading.run()

// --- As v2 ------------------------------------------------------------------------------------------------------

const rebuilding = suite('an event as v2 gives it')

for (const shape of shapes) {
  rebuilding(`${shape.name}: rebuilt from v3, all but the user name`, () => {
    const rebuilt = asV2Record(read(v3Resource(shape, 'https://api.example.gov'), 'v3')).toString('utf8')
    assert.is(rebuilt, JSON.stringify(v2Resource({ ...shape, actorUsername: shape.actorName })))
  })
}

rebuilding('what was read through v2 is that very record', () => {
  const event = read(resource2, 'v2')
  assert.is(asV2Record(event), event.record)
})

const rebuilt = (text: string) => asV2Record(read(text, 'v3')).toString('utf8')
const bare =
  '{"metadata":{"guid":"g","url":"/v2/events/g","created_at":null,"updated_at":null},"entity":{"type":null,"actor":null,"actor_type":null,"actor_name":null,"actor_username":null,"actee":null,"actee_type":null,"actee_name":null,"timestamp":null,"metadata":METADATA,"space_guid":"","organization_guid":""}}'

const metadata: readonly (readonly [text: string, kept: string])[] = [
  ['{"guid":"g"}', '{}'],
  ['{"guid":"g","data":{}}', '{}'],
  // Null stored becomes an object in v2 (app/models/runtime/event.rb).
  ['{"guid":"g","data":null}', '{}'],
  [
    '{"guid":"g","data":{ "n" : 9007199254740993, "d": 1.50, "u": "\\u00e9\\/\\ud800" } }',
    '{ "n" : 9007199254740993, "d": 1.50, "u": "\\u00e9\\/\\ud800" }',
  ],
  ['{"data":{"a":1},"guid":"g","data":{"b":2}}', '{"b":2}'],
  ['{\n   "guid": "g",\n   "data": {\n      "ü": "🚀"\n   }\n}', '{\n      "ü": "🚀"\n   }'],
]
for (const [text, kept] of metadata) {
  rebuilding(`the metadata of ${JSON.stringify(text)} keep their bytes`, () => {
    assert.is(
      rebuilt(text),
      bare.replace('METADATA', () => kept),
    )
  })
}

rebuilding('names keep their characters', () => {
  const entity = JSON.parse(
    rebuilt('{"guid":"g","target":{"name":"\\u0000\\"\\\\🚀\\ud800"},"actor":{"name":""}}'),
  ).entity
  assert.is(entity.actee_name, '\u0000"\\🚀\ud800')
  assert.is(entity.actor_name, '')
  assert.is(entity.actor_username, '')
})
rebuilding.run()
