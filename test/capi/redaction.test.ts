import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { redacted } from '../../src/capi/redaction.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { exampleScene, shapes } from '../foundation/shapes.ts'

const apis: readonly ApiName[] = ['v2', 'v3']

/** An event whose request is this JSON text, as that API gives it. */
function eventOf(api: ApiName, type: string, request: string): AuditEvent {
  const record =
    api === 'v2'
      ? `{"metadata":{"guid":"g"},"entity":{"type":"${type}","metadata":{"request":${request}},"space_guid":""}}`
      : `{"guid":"g","type":"${type}","data":{"request":${request}},"space":null}`
  return readEvent(Buffer.from(record), api, 'a record')
}

/** What becomes of a request; everything around it must stay byte for byte. */
function redactedRequest(api: ApiName, type: string, request: string): string {
  const event = eventOf(api, type, request)
  const [before = '', after = ''] = event.record.toString('utf8').split(request)
  const safe = redacted(event).toString('utf8')
  assert.ok(safe.startsWith(before) && safe.endsWith(after), safe)
  return safe.slice(before.length, safe.length - after.length)
}

const binding = 'audit.service_binding.create'
const userProvided = 'audit.user_provided_service_instance.create'

const parameters = suite('parameters of bindings and keys')

for (const type of [
  'audit.service_binding.create',
  'audit.service_binding.start_create',
  'audit.service_binding.update',
  'audit.service_key.create',
  'audit.service_key.start_create',
  'audit.service_route_binding.create',
  'audit.service_route_binding.start_create',
]) {
  for (const api of apis) {
    parameters(`${type}, read through ${api}`, () => {
      assert.is(
        redactedRequest(api, type, '{"name":"n","parameters":{"password":"hunter2"},"strategy":"x"}'),
        '{"name":"n","parameters":"[REDACTED]","strategy":"x"}',
      )
    })
  }
}

const requests: readonly (readonly [request: string, safe: string])[] = [
  ['{"parameters":{"a":{"b":[{"password":"hunter2"}]}}}', '{"parameters":"[REDACTED]"}'],
  ['{"parameters":["hunter2"]}', '{"parameters":"[REDACTED]"}'],
  ['{"parameters":"hunter2"}', '{"parameters":"[REDACTED]"}'],
  ['{"parameters":1234}', '{"parameters":"[REDACTED]"}'],
  ['{"parameters":{"a":"}],\\""},"x":1}', '{"parameters":"[REDACTED]","x":1}'],
  [
    '{"parameters":"hunter2","parameters":{"b":"hunter3"}}',
    '{"parameters":"[REDACTED]","parameters":"[REDACTED]"}',
  ],
  ['{"\\u0070arameters":{"a":"hunter2"}}', '{"\\u0070arameters":"[REDACTED]"}'],
  // White space, the order of keys, numbers beyond 2^53 and escapes stay as they are.
  [
    '{\n   "z": 9007199254740993,\n   "parameters": {\n      "a": "hunter2"\n   },\n   "\\u00e9": "\\/ü🚀\\ud800",\n   "a": 1.50\n}',
    '{\n   "z": 9007199254740993,\n   "parameters": "[REDACTED]",\n   "\\u00e9": "\\/ü🚀\\ud800",\n   "a": 1.50\n}',
  ],
  ['{"ü":"🚀","parameters":{"a":"hunter2"},"é":"日"}', '{"ü":"🚀","parameters":"[REDACTED]","é":"日"}'],
]
for (const [request, safe] of requests) {
  for (const api of apis) {
    parameters(`${request}, read through ${api}`, () =>
      assert.is(redactedRequest(api, binding, request), safe),
    )
  }
}

const harmless: readonly (readonly [type: string, request: string])[] = [
  [binding, 'null'],
  [binding, '{}'],
  [binding, '[]'],
  [binding, '"parameters"'],
  [binding, '{"name":"parameters","relationships":{}}'],
  [binding, '{"parameters":null}'],
  [binding, '{"parameters":{}}'],
  [binding, '{"parameters":{ }}'],
  [binding, '{"parameters":""}'],
  [binding, '{"parameters":"[PRIVATE DATA HIDDEN]"}'],
  [binding, '{"parameters":"[REDACTED]"}'],
  [binding, '{"parameters":"***"}'],
  [binding, '{"data":"[PRIVATE DATA HIDDEN]"}'],
  [binding, '{"relationships":{"parameters":{"a":1}}}'],
  // Cloud Controller hides these itself; of other events it is the parameters of a task, say.
  ['audit.service_instance.create', '{"parameters":"[PRIVATE DATA HIDDEN]"}'],
  ['audit.app.task.create', '{"parameters":{"a":1}}'],
  ['audit.service_bindings.create', '{"parameters":{"a":1}}'],
]
for (const [type, request] of harmless) {
  for (const api of apis) {
    parameters(`${type} ${request}, read through ${api}: the same bytes`, () => {
      const event = eventOf(api, type, request)
      assert.is(redacted(event), event.record)
    })
  }
}

parameters('of an event without any data', () => {
  const event = readEvent(Buffer.from('{"guid":"g","type":"audit.service_binding.create"}'), 'v3', 'a record')
  assert.is(redacted(event), event.record)
})

parameters('a look-alike beside the request is not touched', () => {
  const record =
    '{"guid":"g","type":"audit.service_key.create","data":{"parameters":{"a":1}},"request":{"parameters":{"b":2}}}'
  const event = readEvent(Buffer.from(record), 'v3', 'a record')
  assert.is(redacted(event).toString('utf8'), record)
})
parameters.run()

const urls = suite('users and passwords in URLs')

const safeUrls: readonly (readonly [url: string, safe: string])[] = [
  ['https://user:hunter2@logs.example.gov/drain?a=b#c', 'https://[REDACTED]@logs.example.gov/drain?a=b#c'],
  ['syslog://user:hunter2@logs.example.gov:514', 'syslog://[REDACTED]@logs.example.gov:514'],
  ['syslog-tls://user:hunter2@logs.example.gov:6514', 'syslog-tls://[REDACTED]@logs.example.gov:6514'],
  ['HTTPS://User:Hunter2@LOGS.example.gov', 'HTTPS://[REDACTED]@LOGS.example.gov'],
  ['https://hunter2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://:hunter2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://hunter2:@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://user:hunter%40%2F2@logs.example.gov', 'https://[REDACTED]@logs.example.gov'],
  ['https://user:hunter2@[2001:db8::1]:8443/x', 'https://[REDACTED]@[2001:db8::1]:8443/x'],
  // What no URL may hold, but a password may.
  ['https://user:hun@ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun/ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun?ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun#ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun:ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun\\ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun"ter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hun\nter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hünter2🚀@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:hunter2%@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:[hunter2]@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:/hunter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:#hunter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  ['https://user:?hunter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
  // No URL at all, but a password.
  ['//user:hunter2@logs.example.gov', '[REDACTED]@logs.example.gov'],
  ['user:hunter2@logs.example.gov:514', '[REDACTED]@logs.example.gov:514'],
  ['logs user:hunter2@logs.example.gov:514', '[REDACTED]@logs.example.gov:514'],
  // An @ behind the host may be part of the password: rather too much is hidden than too little.
  ['https://user:hunter2@logs.example.gov/x@y', 'https://[REDACTED]@y'],
  ['https://user:p@ss/hunter2@logs.example.gov/x', 'https://[REDACTED]@logs.example.gov/x'],
]
for (const [url, safe] of safeUrls) {
  for (const key of ['syslog_drain_url', 'route_service_url']) {
    for (const api of apis) {
      urls(`${key} ${JSON.stringify(url)}, read through ${api}`, () => {
        const request = `{"name":"n","${key}":${JSON.stringify(url)},"credentials":"[REDACTED]"}`
        assert.is(
          redactedRequest(api, userProvided, request),
          `{"name":"n","${key}":${JSON.stringify(safe)},"credentials":"[REDACTED]"}`,
        )
      })
    }
  }
}

for (const url of [
  '',
  'https://logs.example.gov',
  'https://logs.example.gov/drain?user=a@b.c',
  'https://logs.example.gov/a@b',
  'https://logs.example.gov:8443/a#b@c',
  'syslog://logs.example.gov:514',
  'logs.example.gov',
  'no url at all',
]) {
  for (const api of apis) {
    urls(`${JSON.stringify(url)}, read through ${api}: the same bytes`, () => {
      const event = eventOf(api, userProvided, `{"syslog_drain_url":${JSON.stringify(url)}}`)
      assert.is(redacted(event), event.record)
    })
  }
}

for (const json of ['null', '7', 'true', '{"a":1}', '[]']) {
  urls(`${json} is not taken for a URL`, () => {
    const event = eventOf('v3', userProvided, `{"route_service_url":${json}}`)
    assert.is(redacted(event), event.record)
  })
}

urls('escapes in a URL without a password stay', () => {
  const event = eventOf('v3', userProvided, '{"route_service_url":"https:\\/\\/x.example.gov\\u002f"}')
  assert.is(redacted(event), event.record)
})

urls('both URLs and parameters in one request, in any order', () => {
  assert.is(
    redactedRequest(
      'v3',
      binding,
      '{"syslog_drain_url":"https://u:hunter2@a.b","parameters":{"p":"hunter2"},"x":1,"route_service_url":"https://u:hunter2@c.d"}',
    ),
    '{"syslog_drain_url":"https://[REDACTED]@a.b","parameters":"[REDACTED]","x":1,"route_service_url":"https://[REDACTED]@c.d"}',
  )
})
urls.run()

const everyShape = suite('every shape')

/** The value with every secret replaced; only what holds the secret may change. */
function without(secret: string, value: unknown, key = ''): unknown {
  if (!JSON.stringify(value ?? null).includes(secret)) return value
  if (key === 'parameters') return '[REDACTED]'
  if (typeof value === 'string')
    return value.replace(`drain:${secret}`, '[REDACTED]').replace(`proxy:${secret}`, '[REDACTED]')
  if (Array.isArray(value)) return value.map(item => without(secret, item))
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => [name, without(secret, member, name)]),
  )
}

const { secret } = exampleScene()
for (const api of apis) {
  everyShape(`read through ${api}: the secret is gone, all else is as it was`, () => {
    let changed = 0
    for (const shape of shapes) {
      const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
      const event = readEvent(Buffer.from(JSON.stringify(resource)), api, shape.name)
      const safe = redacted(event)
      assert.not.ok(safe.includes(secret), shape.name)
      assert.is(safe.toString('utf8'), JSON.stringify(without(secret, resource)), shape.name)
      if (safe !== event.record) changed++
    }
    assert.is(changed, 10)
  })
}
everyShape.run()
