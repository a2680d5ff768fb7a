import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, stringify } from 'yaml'
import { redactManifest } from '../../src/capi/app-manifest.ts'
import { fc, holds } from '../generated/check.ts'

const R = '"[REDACTED]"'
const app = (...lines: string[]) =>
  `---\napplications:\n- name: my-app\n${lines.map(line => `  ${line}\n`).join('')}`

const masked = suite('redacted in a manifest')

const cases: readonly (readonly [name: string, lines: string[], safe: string[]])[] = [
  [
    'parameters of services, and nothing else of them',
    [
      'services:',
      '- my-db',
      '- name: other',
      '  parameters:',
      '    password: hunter2',
      '    list:',
      '    - hunter2',
      '  binding_name: b',
      '- name: third',
      '  parameters: {a: hunter2}',
      '- {name: fourth, parameters: {a: [hunter2]}, binding_name: c}',
    ],
    [
      'services:',
      '- my-db',
      '- name: other',
      '  parameters:',
      `    ${R}`,
      '  binding_name: b',
      '- name: third',
      `  parameters: ${R}`,
      `- {name: fourth, parameters: ${R}, binding_name: c}`,
    ],
  ],
  [
    'env and credentials of a registry, however they are spelt',
    ['ENV:', '  A: hunter2', 'cnb_credentials:', '  registry: {password: hunter2}', 'Env: hunter2'],
    ['ENV:', `  ${R}`, 'cnb_credentials:', `  ${R}`, `Env: ${R}`],
  ],
  [
    'commands',
    [
      'command: run --token hunter2',
      'processes:',
      '- type: web',
      '  command: |-',
      '    run',
      '    --token hunter2',
      '  instances: 2',
      'sidecars:',
      '- name: s',
      '  command: >',
      '    hunter2',
      '    hunter2',
      '',
      '  process_types:',
      '  - web',
    ],
    [
      `command: ${R}`,
      'processes:',
      '- type: web',
      `  command: ${R}`,
      '  instances: 2',
      'sidecars:',
      '- name: s',
      `  command: ${R}`,
      '',
      '  process_types:',
      '  - web',
    ],
  ],
  [
    'Docker: all but image and user name',
    ['docker:', '  image: a/b@sha256:0', '  username: u', '  password: hunter2', '  other: hunter2'],
    ['docker:', '  image: a/b@sha256:0', '  username: u', `  password: ${R}`, `  other: ${R}`],
  ],
  [
    'URLs',
    [
      'buildpack: https://u:hunter2@x.y/z',
      'buildpacks:',
      '- "https://u:hunter2@x.y/z"',
      '- ruby',
      '- https://x.y/?token=hunter2',
    ],
    [
      'buildpack: "https://[REDACTED]@x.y/z"',
      'buildpacks:',
      '- "https://[REDACTED]@x.y/z"',
      '- ruby',
      '- "https://x.y/?token=[REDACTED]"',
    ],
  ],
  [
    'annotations by name and by shape',
    [
      'metadata:',
      '  annotations:',
      '    api-token: hunter2',
      '    note: see https://u:hunter2@x.y',
      '    other: yes',
      '  labels: {a: b}',
    ],
    [
      'metadata:',
      '  annotations:',
      `    api-token: ${R}`,
      '    note: "see https://[REDACTED]@x.y"',
      '    other: yes',
      '  labels: {a: b}',
    ],
  ],
  [
    'keys that are not known',
    [
      'x-vault:',
      '  role: hunter2',
      'x-list:',
      '- hunter2',
      '- hunter2',
      'x-flow: [hunter2]',
      'pin: 1234',
      'flag: true',
      'empty: {}',
      'none:',
      'instances: [hunter2]',
      'processes: hunter2',
    ],
    [
      'x-vault:',
      `  ${R}`,
      'x-list:',
      ` ${R}`,
      `x-flow: ${R}`,
      `pin: ${R}`,
      'flag: true',
      'empty: {}',
      'none:',
      `instances: ${R}`,
      `processes: ${R}`,
    ],
  ],
  [
    'of tagged values, whose text may be another',
    [
      'stack: !binary |-',
      '  aHVudGVyMg==',
      'routes: !ruby/array:X',
      '- !ruby/hash:ActiveSupport::HashWithIndifferentAccess',
      '  route: a.b',
    ],
    [
      `stack: !binary ${R}`,
      'routes: !ruby/array:X',
      '- !ruby/hash:ActiveSupport::HashWithIndifferentAccess',
      '  route: a.b',
    ],
  ],
  [
    'where an anchor is, and an alias is not',
    ["env: &1 '[PRIVATE DATA HIDDEN]'", 'cnb-credentials: *1', 'command: &2 hunter2', 'other: *2'],
    ["env: &1 '[PRIVATE DATA HIDDEN]'", 'cnb-credentials: *1', `command: &2 ${R}`, 'other: *2'],
  ],
  [
    'behind characters of any width',
    ['stack: "日本 🚀"', 'other: hunter2 🚀', 'lifecycle: "\\u00e9\\e"'],
    ['stack: "日本 🚀"', `other: ${R}`, 'lifecycle: "\\u00e9\\e"'],
  ],
]
for (const [name, lines, safe] of cases) {
  masked(name, () => {
    const once = redactManifest(app(...lines))
    assert.is(once?.text, app(...safe))
    assert.is(once?.values, app(...safe).split('[REDACTED]').length - 1)
    assert.equal(redactManifest(app(...safe)), { text: app(...safe), values: 0 })
  })
}

masked('nothing, where all is known', () => {
  const text = app(
    'memory: 256M',
    'Disk-Quota: 1G',
    'log-rate-limit-per-second: -1',
    'health-check-http-endpoint: "/healthz?a=b"',
    'readiness-health-check-type: http',
    'no-route: true',
    'routes:',
    '- route: a.example.gov/x',
    '  protocol: http2',
    '  options:',
    '    loadbalancing: round-robin',
    'features: {ssh: true}',
    "env: '[PRIVATE DATA HIDDEN]'",
    'services:',
    '- my-db',
    '- name: x',
    '  parameters: {}',
  )
  assert.equal(redactManifest(text), { text, values: 0 })
  assert.equal(redactManifest(text.replaceAll('\n', '\r\n'))?.values, 0)
})
masked.run()

const unsafe = suite('manifests that are not read')

for (const [name, text] of [
  ['broken', 'applications:\n- name: [a'],
  ['a comment', app('memory: 1G # hunter2')],
  ['a directive', `%TAG ! hunter2\n${app()}`],
  ['an anchor with a name', app('memory: &hunter2 a')],
  ['a tag that is a text', app('memory: !hunter2-x%20 a')],
  ['two documents', `${app()}---\nhunter2\n`],
  ['a line end of YAML 1.1 alone', app('stack: |-', '  a\u2028  command: hunter2')],
  ['a key twice', app('memory: hunter2', 'memory: 1G')],
  ['a key that is a map', app('? {a: b}', ': hunter2')],
  ['brackets deeper than any stack', `${'['.repeat(50_000)}hunter2${']'.repeat(50_000)}`],
  ['lists deeper than any stack', `${'- '.repeat(50_000)}hunter2`],
  [
    'keys deeper than any stack',
    Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  ],
  ['101 brackets', `${'['.repeat(101)}hunter2${']'.repeat(101)}`],
  ['an indent of 101', `a:\n${' '.repeat(101)}b: hunter2`],
] as const) {
  unsafe(name, () => assert.is(redactManifest(text), undefined))
}

unsafe('but long lines are', () => {
  const text = app(
    `stack: "${'a - ? : b '.repeat(500)}"`,
    `routes: [${'{route: a}, '.repeat(500)}{route: b}]`,
  )
  assert.equal(redactManifest(text), { text, values: 0 })
})

unsafe('none is taken for empty', () => {
  assert.equal(redactManifest('hunter2'), { text: R, values: 1 })
  assert.equal(redactManifest('- hunter2'), { text: ` ${R}`, values: 1 })
  assert.equal(redactManifest('application:\n- hunter2\n'), { text: `application:\n ${R}\n`, values: 1 })
})
unsafe.run()

// --- Generated manifests ----------------------------------------------------------------------------------------

const generated = suite('generated manifests')

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom(
    '',
    'a: b',
    '# x',
    '- x',
    '|',
    '"',
    "'",
    'a\nb',
    '\n',
    ' x ',
    '{',
    '!x',
    '&1',
    '*1',
    'x'.repeat(200),
    'a b '.repeat(50),
  ),
)
// A mark before and behind every secret.
const secret = text.map(word => `hunter2${word}2retnuh`)
const secretValue = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    secret,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(text, tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
})).value

const application = fc.record(
  {
    name: text,
    memory: fc.constantFrom('1G', 512),
    env: fc.oneof(fc.constant('[PRIVATE DATA HIDDEN]'), secretValue),
    command: secret,
    docker: fc.record({ image: text, username: text, password: secret }, { requiredKeys: [] }),
    buildpacks: fc.array(
      fc.oneof(
        text,
        secret.map(word => `https://u:${encodeURIComponent(word.toWellFormed())}@x.y/z`),
      ),
    ),
    services: fc.array(
      fc.oneof(
        text,
        fc.record({ name: text, parameters: secretValue, binding_name: text }, { requiredKeys: ['name'] }),
      ),
    ),
    processes: fc.array(
      fc.record({ type: text, command: secret, instances: fc.nat(9) }, { requiredKeys: [] }),
    ),
    sidecars: fc.array(
      fc.record({ name: text, command: secret, process_types: fc.array(text) }, { requiredKeys: [] }),
    ),
    metadata: fc.record({ labels: fc.dictionary(fc.constantFrom('a', 'b/c'), text) }),
    'x-own': secretValue,
  },
  { requiredKeys: ['name'] },
)

const style = fc.record({
  indent: fc.integer({ min: 1, max: 4 }),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 40, 80),
  defaultStringType: fc.constantFrom(
    'PLAIN',
    'QUOTE_SINGLE',
    'QUOTE_DOUBLE',
    'BLOCK_FOLDED',
    'BLOCK_LITERAL',
  ),
  directives: fc.constant(true),
  collectionStyle: fc.constantFrom('any', 'flow'),
} as const)

/** The same with every secret replaced, and what is empty or hidden left alone. */
function expected(value: unknown, isKept = true): unknown {
  if (typeof value === 'string') {
    if (value.startsWith('https://u:hunter2')) return 'https://[REDACTED]@x.y/z'
    return value.startsWith('hunter2') ? '[REDACTED]' : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (!isKept) return '[REDACTED]'
  if (Array.isArray(value)) return value.map(item => expected(item))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      expected(item, !['env', 'parameters', 'x-own'].includes(key)),
    ]),
  )
}

generated('in any style: no secret is left, all else is as it was', async () => {
  let read = 0
  await holds(
    500,
    fc.property(application, style, (one, options) => {
      const manifest = { applications: [one] }
      const yaml = stringify(manifest, { ...options, version: '1.2' })
      const safe = redactManifest(yaml)
      if (safe === undefined) return
      read++
      assert.not.match(safe.text, /hunter2|2retnuh/)
      assert.equal(parse(safe.text), expected(parse(yaml)), yaml)
    }),
  )
  assert.ok(read > 400, `only ${read} of 500 were read`)
})

generated('any text: a text that needs no more, or nothing', () =>
  holds(
    2000,
    fc.property(
      fc.oneof(
        text,
        fc
          .array(
            fc.constantFrom(
              '- ',
              'a: ',
              '\n',
              '  ',
              '{',
              '}',
              '[',
              ']',
              ',',
              '"',
              "'",
              '|',
              '&1 ',
              '*1',
              '!x ',
              'b',
              '? ',
              '#',
              '---\n',
            ),
          )
          .map(parts => parts.join('')),
      ),
      yaml => {
        const safe = redactManifest(yaml)
        if (safe === undefined) return
        assert.equal(redactManifest(safe.text), { text: safe.text, values: 0 })
      },
    ),
  ),
)
generated.run()
