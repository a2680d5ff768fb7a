import { fc } from './check.ts'

// JSON as text, not as values: keys twice, numbers that no double holds, halves of surrogate pairs, and white space.

const space = fc.constantFrom('', '', '', ' ', '\n   ', '\r\n\t')

/** Text with any character, a half of a pair among them, some of them escaped although they need not be. */
const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)) }),
  fc.constantFrom('=1+1', '\u001b[31m', '"', '\\', 'a,b\r\nc', '{{.x}}', '__proto__', '\ud800', '\ufeff', ''),
)

const stringText = fc
  .tuple(texts, fc.boolean())
  .map(([text, escaped]) =>
    escaped
      ? `"${[...text].map(each => [...Array(each.length).keys()].map(at => `\\u${each.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')).join('')}"`
      : JSON.stringify(text),
  )

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => JSON.stringify(number)),
  fc.constantFrom('12345678901234567890', '-0', '1e400', '9007199254740993', '0.1E-7', '1.0', '-1'),
)

/** The text of any JSON value. */
export const anyText: fc.Arbitrary<string> = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '{}', '[]', '""'),
    stringText,
    numberText,
    fc.array(fc.tuple(space, tie('value')), { maxLength: 4 }).map(items => `[${joined(items)}]`),
    fc
      .array(fc.tuple(space, stringText, tie('value')), { maxLength: 4 })
      .map(items => `{${joined(items.map(([gap, key, value]) => [gap, `${key}${gap}:${gap}${value}`]))}}`),
  ),
})).value

const joined = (items: readonly (readonly [string, string])[]) =>
  items.map(([gap, text]) => `${gap}${text}${gap}`).join(',')

/** An object of these keys, mostly with the values that belong there; in any order, some left out, some twice. */
function objectOf(values: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const members = Object.entries(values).map(([key, value]) =>
    fc.oneof(
      { arbitrary: value.map(text => [`${JSON.stringify(key)}:${text}`]), weight: 12 },
      { arbitrary: anyText.map(text => [`${JSON.stringify(key)}:${text}`]), weight: 1 },
      { arbitrary: fc.constant([]), weight: 1 },
      {
        arbitrary: fc.tuple(anyText, value).map(all => all.map(text => `${JSON.stringify(key)} : ${text}`)),
        weight: 1,
      },
    ),
  )
  return fc
    .tuple(fc.tuple(...members), fc.boolean(), space, fc.nat(50))
    .map(([found, reversed, gap, turn]) => {
      const all = found.flat()
      const turned = [...all.slice(turn % (all.length + 1)), ...all.slice(0, turn % (all.length + 1))]
      return `{${gap}${(reversed ? turned.reverse() : turned).join(`${gap},${gap}`)}${gap}}`
    })
}

const guid = fc.oneof(
  fc.uuid().map(text => JSON.stringify(text)),
  // Doubles, now and then.
  fc.constantFrom('"a"', '"A"', '"00000000-0000-4000-8000-000000000000"'),
  stringText,
)
const time = fc.constantFrom('"2026-11-01T00:00:00Z"', '"2026-11-01T00:00:01Z"', '"yesterday"', '""')
const types = [
  'audit.user.space_developer_add',
  'audit.route.update',
  'audit.app.map-route',
  'audit.service_binding.create',
  'audit.service_binding.delete',
  'audit.service_key.create',
  'audit.service_route_binding.create',
  'audit.service_instance.create',
  'audit.user_provided_service_instance.create',
  'audit.route_policy.create',
  'app.crash',
  'never.heard.of',
]
const type = fc.constantFrom(...types).map(text => JSON.stringify(text))
const relation = objectOf({ data: objectOf({ guid, username: stringText }) })
const request = objectOf({
  name: stringText,
  app: guid,
  relation: fc.constant('"apps"'),
  related_guid: guid,
  app_guid: guid,
  service_instance_guid: guid,
  route_guid: guid,
  parameters: anyText,
  syslog_drain_url: fc.constantFrom('"https://u:p@example.gov"', '"x:y@"', '"://"', '"@"'),
  route_service_url: stringText,
  relationships: objectOf({ app: relation, service_instance: relation, user: relation, route: relation }),
})
const data = objectOf({ request, route_guid: guid })
const party = objectOf({ guid, type: stringText, name: stringText })

/** A resource of /v3/audit_events, more or less. */
export const v3Record = objectOf({
  guid,
  created_at: time,
  updated_at: time,
  type,
  actor: party,
  target: party,
  data,
  space: objectOf({ guid }),
  organization: objectOf({ guid }),
})

/** A resource of /v2/events, more or less. */
export const v2Record = objectOf({
  metadata: objectOf({ guid, url: stringText, created_at: time }),
  entity: objectOf({
    type,
    actor: guid,
    actor_type: stringText,
    actor_name: stringText,
    actor_username: stringText,
    actee: guid,
    actee_type: stringText,
    actee_name: stringText,
    timestamp: time,
    metadata: data,
    space_guid: guid,
    organization_guid: guid,
  }),
})

const count = fc.oneof(fc.nat(5).map(String), numberText)
const link = fc.constantFrom(
  'null',
  '"/v2/events?page=2&q=a"',
  '{"href":"https://x/v3/audit_events?page=1&types=a"}',
)
const list = (record: fc.Arbitrary<string>) =>
  fc
    .array(fc.oneof({ arbitrary: record, weight: 12 }, { arbitrary: anyText, weight: 1 }), { maxLength: 4 })
    .map(records => `[${records.join(',')}]`)

/** A page of either API, more or less. */
export const pageText: fc.Arbitrary<string> = fc.oneof(
  {
    arbitrary: objectOf({
      pagination: objectOf({ total_results: count, first: link, next: link }),
      resources: list(v3Record),
    }),
    weight: 6,
  },
  {
    arbitrary: objectOf({ total_results: count, next_url: link, resources: list(v2Record) }),
    weight: 6,
  },
  {
    arbitrary: objectOf({ pagination: objectOf({ resources: list(v3Record) }), data: list(v3Record) }),
    weight: 1,
  },
  { arbitrary: anyText, weight: 1 },
)
