import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { redactManifest } from '../../src/capi/app-manifest.ts'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { redact, redactPage } from '../../src/capi/redaction.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { exampleScene, shapes } from '../foundation/shapes.ts'
import { fc, holds } from '../generated/check.ts'
import { anyText } from '../generated/json.ts'

const apis: readonly ApiName[] = ['v2', 'v3']

/** An event with this JSON text as its data, as that API gives it. */
function eventOf(api: ApiName, type: string, data: string): AuditEvent {
  const record =
    api === 'v2'
      ? `{"metadata":{"guid":"g","url":"/v2/events/g"},"entity":{"type":"${type}","metadata":${data},"space_guid":""}}`
      : `{"guid":"g","type":"${type}","data":${data},"space":null,"links":{"self":{"href":"https://u:p@api/?token=t"}}}`
  return readEvent(Buffer.from(record), api, 'a record')
}

/** What becomes of the data; everything around them must stay byte for byte. */
function redactedData(api: ApiName, type: string, data: string): string {
  const event = eventOf(api, type, data)
  const [before = '', after = ''] = event.record.toString('utf8').split(data)
  const safe = redact(event, redactManifest).record.toString('utf8')
  assert.ok(safe.startsWith(before) && safe.endsWith(after), safe)
  return safe.slice(before.length, safe.length - after.length)
}

const byPath = suite('redacted by path')

const binding = 'audit.service_binding.create'
const userProvided = 'audit.user_provided_service_instance.create'
const R = '"[REDACTED]"'

const requests: readonly (readonly [type: string, request: string, safe: string])[] = [
  // Parameters, of every type of event.
  [
    binding,
    '{"name":"n","parameters":{"password":"hunter2"},"strategy":"x"}',
    `{"name":"n","parameters":${R},"strategy":"x"}`,
  ],
  ...[
    'audit.service_binding.start_create',
    'audit.service_key.create',
    'audit.service_route_binding.start_create',
    'audit.service_instance.create',
    'audit.never_heard_of.create',
  ].map(type => [type, '{"parameters":{"a":1}}', `{"parameters":${R}}`] as const),
  [binding, '{"parameters":{"a":{"b":[{"password":"hunter2"}]}}}', `{"parameters":${R}}`],
  [binding, '{"parameters":["hunter2"]}', `{"parameters":${R}}`],
  [binding, '{"parameters":"hunter2"}', `{"parameters":${R}}`],
  [binding, '{"parameters":1234}', `{"parameters":${R}}`],
  [binding, '{"parameters":{"a":"}],\\""},"x":1}', `{"parameters":${R},"x":1}`],
  [binding, '{"parameters":"hunter2","parameters":null}', `{"parameters":${R},"parameters":null}`],
  [binding, '{"\\u0070arameters":{"a":"hunter2"}}', `{"\\u0070arameters":${R}}`],
  // White space, the order of keys, numbers beyond 2^53 and escapes stay as they are.
  [
    binding,
    '{\n   "z": 9007199254740993,\n   "parameters": {\n      "a": "hunter2"\n   },\n   "\\u00e9": "\\/ü🚀\\ud800",\n   "a": 1.50\n}',
    `{\n   "z": 9007199254740993,\n   "parameters": ${R},\n   "\\u00e9": "\\/ü🚀\\ud800",\n   "a": 1.50\n}`,
  ],
  // Apps.
  [
    'audit.app.create',
    '{"lifecycle":{"type":"buildpack","data":{"buildpacks":["ruby","https://u:hunter2@git.example.gov/b#v1"],"stack":"cflinuxfs4"}}}',
    '{"lifecycle":{"type":"buildpack","data":{"buildpacks":["ruby","https://[REDACTED]@git.example.gov/b#v1"],"stack":"cflinuxfs4"}}}',
  ],
  [
    'audit.app.update',
    '{"lifecycle":{"type":"cnb","data":{"credentials":{"registry":{"username":"u","token":"hunter2"}},"stack":"s"}}}',
    `{"lifecycle":{"type":"cnb","data":{"credentials":${R},"stack":"s"}}}`,
  ],
  [
    'audit.app.update',
    '{"buildpack":"https://u:hunter2%@x.y/z"}',
    '{"buildpack":"https://[REDACTED]@x.y/z"}',
  ],
  ...['command', 'environment_json', 'encrypted_environment_json', 'environment_variables', 'var'].map(
    key => ['audit.app.update', `{"${key}":{"A":"hunter2"}}`, `{"${key}":${R}}`] as const,
  ),
  [
    'audit.app.create',
    '{"docker_credentials":{"username":"u","password":"p"}}',
    `{"docker_credentials":${R}}`,
  ],
  // Services.
  [userProvided, '{"credentials":{"a":"b"}}', `{"credentials":${R}}`],
  [
    'audit.service_broker.create',
    '{"url":"https://b.example.gov","authentication":{"type":"basic","credentials":{"username":"u","password":"hunter2"}}}',
    `{"url":"https://b.example.gov","authentication":{"type":"basic","credentials":{"username":"u","password":${R}}}}`,
  ],
  [
    'audit.service_broker.create',
    '{"auth_username":"u","auth_password":"p"}',
    `{"auth_username":"u","auth_password":${R}}`,
  ],
  // The YAML of a manifest that is none.
  ['audit.app.apply_manifest', '{"manifest":{"a":1}}', `{"manifest":${R}}`],
  ['audit.app.apply_manifest', '{"manifest":"a: [hunter2"}', `{"manifest":${R}}`],
]
for (const [type, request, safe] of requests) {
  for (const api of apis) {
    byPath(`${type} ${request}, read through ${api}`, () =>
      assert.is(redactedData(api, type, `{"request":${request}}`), `{"request":${safe}}`),
    )
  }
}

const harmless: readonly string[] = [
  'null',
  '{}',
  '[]',
  '{"request":null}',
  '{"request":"parameters"}',
  '{"request":{"name":"parameters","relationships":{}}}',
  ...['null', '{}', '{ }', '[]', '""', '"[PRIVATE DATA HIDDEN]"', '"[REDACTED]"', '"***"'].flatMap(value => [
    `{"request":{"parameters":${value}}}`,
    `{"request":{"lifecycle":{"data":{"credentials":${value}}}}}`,
    `{"request":{"manifest":${value}}}`,
  ]),
  '{"request":{"data":"[PRIVATE DATA HIDDEN]"}}',
  '{"request":{"relationships":{"parameters":{"a":1}}}}',
  '{"parameters":{"a":1}}',
  '{"request":{"buildpack":"https://***:***@git.example.gov/b"}}',
  '{"request":{"docker_image":"registry.example.gov:5000/a/b@sha256:0123"}}',
  '{"request":{"lifecycle":{"data":{"buildpacks":["git@github.com:a/b.git","https://github.com/a/b#v1"]}}}}',
  '{"request":{"metadata":{"annotations":{"contact":"bob@example.gov","wiki":"https://wiki.example.gov/a?b=c"}}}}',
  '{"request":{"authentication":{"type":"basic","credentials":{"username":"u","password":"[PRIVATE DATA HIDDEN]"}}}}',
  '{"secret":"[REDACTED]","redirect_uri":"https://dashboard.example.gov/x"}',
  '{"a":"\\/\\/x \\u003a \\"://\\""}',
]
for (const data of harmless) {
  for (const api of apis) {
    byPath(`${data}, read through ${api}: the same buffer`, () => {
      const event = eventOf(api, binding, data)
      assert.equal(redact(event, redactManifest), { record: event.record, values: 0 })
      assert.is(redact(event, redactManifest).record, event.record)
    })
  }
}

byPath('of an event without any data', () => {
  const event = readEvent(Buffer.from('{"guid":"g","type":"audit.service_binding.create"}'), 'v3', 'a record')
  assert.is(redact(event).record, event.record)
})

byPath('what stands beside the data is not touched', () => {
  const record =
    '{"guid":"g","type":"audit.service_key.create","data":{"name":"x"},"request":{"parameters":{"b":"https://u:p@x"}}}'
  const event = readEvent(Buffer.from(record), 'v3', 'a record')
  assert.is(redact(event).record, event.record)
})
byPath.run()

const tokenUrls = suite('URLs of logging and route services')

const hosts: readonly (readonly [url: string, safe: string])[] = [
  ['https://user:hunter2@logs.example.gov/drain?a=b#c', 'https://[REDACTED]@logs.example.gov/[REDACTED]'],
  ['https://logs.example.gov/bulk/hunter2/tag/x', 'https://logs.example.gov/[REDACTED]'],
  ['https://logs.example.gov?hunter2', 'https://logs.example.gov/[REDACTED]'],
  ['https://logs.example.gov#hunter2', 'https://logs.example.gov/[REDACTED]'],
  ['syslog://user:hunter2@logs.example.gov:514', 'syslog://[REDACTED]@logs.example.gov:514'],
  ['syslog-tls://user:hunter2@logs.example.gov:6514/', 'syslog-tls://[REDACTED]@logs.example.gov:6514/'],
  ['HTTPS://User:Hunter2@LOGS.example.gov', 'HTTPS://[REDACTED]@LOGS.example.gov'],
  ['https://hunter2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://:hunter2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://user:hunter2@[2001:db8::1]:8443/x', 'https://[REDACTED]@[2001:db8::1]:8443/[REDACTED]'],
  ['https://user:hun@ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/[REDACTED]'],
  ['https://user:hun:ter2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://user:hun\nter2@lögs.example.gov', 'https://[REDACTED]@lögs.example.gov'],
  // Where the host begins cannot be known.
  ['https://user:hun/ter2@logs.example.gov/x', '[REDACTED]'],
  ['https://user:2/hunter2@logs.example.gov/x', '[REDACTED]'],
  ['https://user:2?hunter2@logs.example.gov', '[REDACTED]'],
  ['https://user:#hunter2@logs.example.gov', '[REDACTED]'],
  ['//user:hunter2@logs.example.gov', '[REDACTED]'],
  ['user:hunter2@logs.example.gov:514', '[REDACTED]'],
  ['no url at all', '[REDACTED]'],
]
for (const [url, safe] of hosts) {
  for (const key of ['syslog_drain_url', 'route_service_url']) {
    for (const api of apis) {
      tokenUrls(`${key} ${JSON.stringify(url)}, read through ${api}`, () => {
        const data = (value: string) =>
          `{"request":{"name":"n","${key}":${JSON.stringify(value)},"credentials":"[REDACTED]"}}`
        assert.is(redactedData(api, userProvided, data(url)), data(safe))
        assert.is(redactedData(api, userProvided, data(safe)), data(safe), 'twice')
      })
    }
  }
}

for (const json of [
  'null',
  '7',
  'true',
  '{"a":1}',
  '[]',
  '""',
  '"https://logs.example.gov"',
  '"https:\\/\\/logs.example.gov:8443\\u002f"',
  '"syslog://logs.example.gov:514"',
]) {
  tokenUrls(`${json}: the same buffer`, () => {
    const event = eventOf('v3', userProvided, `{"request":{"syslog_drain_url":${json}}}`)
    assert.is(redact(event).record, event.record)
  })
}
tokenUrls.run()

const byShape = suite('redacted by shape, anywhere in the data')

const anywhere: readonly (readonly [data: string, safe: string])[] = [
  [
    '{"extra":"{\\"u\\":\\"https:\\\\/\\\\/u:hunter2@x.y\\"}"}',
    '{"extra":"{\\"u\\":\\"https:\\\\/\\\\/[REDACTED]@x.y\\"}"}',
  ],
  ['{"a":[{"b":"https://u:hunter2@x.y/z"}]}', '{"a":[{"b":"https://[REDACTED]@x.y/z"}]}'],
  ['{"a":"https:\\/\\/u:hunter2@x.y\\/z"}', '{"a":"https://[REDACTED]@x.y/z"}'],
  ['{"a":"\\u0068ttps\\u003a//u:hunter2@x.y"}', '{"a":"https://[REDACTED]@x.y"}'],
  ['{"a":"go to https://u:hunter2@x.y/z now"}', '{"a":"go to https://[REDACTED]@x.y/z now"}'],
  [
    '{"request":{"url":"https://b.c/v2?api_key=hunter2&x=1"}}',
    '{"request":{"url":"https://b.c/v2?api_key=[REDACTED]&x=1"}}',
  ],
  [
    '{"extra":"{\\"imageUrl\\":\\"https://u:hunter2@x.y/z\\",\\"a\\":1}"}',
    '{"extra":"{\\"imageUrl\\":\\"https://[REDACTED]@x.y/z\\",\\"a\\":1}"}',
  ],
  [
    '{"exit_description":"cannot reach https://u:hunter2@x.y"}',
    '{"exit_description":"cannot reach https://[REDACTED]@x.y"}',
  ],
  [
    '{"request":{"metadata":{"annotations":{"API-Token":"hunter2"}}}}',
    `{"request":{"metadata":{"annotations":{"API-Token":${R}}}}}`,
  ],
  [
    '{"request":{"a":{"client_secret":123456,"x":true}}}',
    `{"request":{"a":{"client_secret":${R},"x":true}}}`,
  ],
  ['{"passwords":["hunter2",["hunter3"]],"x":1}', `{"passwords":[${R},[${R}]],"x":1}`],
  // The cheap test must not skip what the redaction knows.
  ...['Authorization', 'set-cookie', 'ssh-key', 'db_pass', 'connectionString', 'hmac'].map(
    key => [`{"${key}":"hunter2"}`, `{"${key}":${R}}`] as const,
  ),
  ['["https://u:hunter2@x.y"]', '["https://[REDACTED]@x.y"]'],
  ['"https://u:hunter2@x.y"', '"https://[REDACTED]@x.y"'],
]
for (const [data, safe] of anywhere) {
  for (const api of apis)
    byShape(`${data}, read through ${api}`, () => assert.is(redactedData(api, 'audit.x', data), safe))
}

byShape('each value counts once, whatever is redacted in it', () => {
  const data =
    '{"a":"https://u:p@x.y?token=t https://u:p@x.y","request":{"parameters":{"a":1,"b":2}},"token":"t","x":1}'
  assert.is(redact(eventOf('v3', binding, data)).values, 3)
})

byShape('at any depth', () => {
  const depth = 30_000
  const data = `${'{"a":['.repeat(depth)}"https://u:hunter2@x.y"${']}'.repeat(depth)}`
  const { record, values } = redact(eventOf('v3', 'audit.x', data))
  assert.is(values, 1)
  assert.not.ok(record.includes('hunter2'))
})

byShape('any data: valid JSON again, of the same shape, redacted once and for all', () =>
  holds(
    2000,
    fc.property(anyText, fc.constantFrom(...apis), (data, api) => {
      const event = eventOf(api, binding, data)
      const { record, values } = redact(event, redactManifest)
      assert.is(record === event.record, values === 0)
      const again = redact(readEvent(record, api, 'a record'), redactManifest)
      assert.is(again.values, 0)
    }),
  ),
)

const place = fc.constantFrom(
  (secret: string) => `{"request":{"parameters":{"a":${secret}}}}`,
  (secret: string) => `{"request":{"lifecycle":{"data":{"credentials":[${secret}]}}}}`,
  (secret: string) => `{"x":[{"db_password":${secret}}]}`,
  (secret: string) => `{"request":{"manifest":${secret}}}`,
)
byShape('any secret in a known place: none of it is left', () =>
  holds(
    1000,
    fc.property(
      place,
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom(...apis),
      (data, word, api) => {
        const secret = `hunter2${word}2retnuh`
        const safe = redactedData(api, binding, data(JSON.stringify(secret)))
        assert.not.match(safe, /hunter2|2retnuh/)
      },
    ),
  ),
)
byShape.run()

const everyShape = suite('every shape')

const { secret } = exampleScene()
for (const api of apis) {
  everyShape(`read through ${api}: the secret is gone, all else is as it was`, async () => {
    const events = shapes.map(shape => {
      const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
      return readEvent(Buffer.from(JSON.stringify(resource)), api, shape.name)
    })
    const page = await redactPage(events)
    const changed = page.events.filter((event, index) => event !== events[index])
    for (const event of page.events) assert.not.ok(event.record.includes(secret), event.type)
    assert.equal(
      changed.map(event => events.find(({ guid }) => guid === event.guid)?.record.includes(secret)),
      changed.map(() => true),
    )
    assert.is(page.changed, changed.length)
    assert.is(page.changed, 13)
    assert.is(page.values, 16)
    for (const event of changed) assert.equal(event.resource, JSON.parse(event.record.toString('utf8')))
  })
}

everyShape('a manifest keeps what is known to be harmless, byte for byte', async () => {
  const shape = shapes.find(({ type }) => type === 'audit.app.apply_manifest')!
  const event = readEvent(Buffer.from(JSON.stringify(v2Resource(shape))), 'v2', 'a record')
  const { events } = await redactPage([event])
  const before = event.record.toString('utf8')
  const [, command = ''] = /( {2}command: .*?)\\n/.exec(before) ?? []
  const [, parameters = ''] = /parameters:\\n {6}(.*?)\\n/.exec(before) ?? []
  assert.ok(command !== '' && parameters !== '')
  const safe = before.replace(command, '  command: \\"[REDACTED]\\"').replace(parameters, '\\"[REDACTED]\\"')
  assert.is(events[0]?.record.toString('utf8'), safe)
})
everyShape.run()
