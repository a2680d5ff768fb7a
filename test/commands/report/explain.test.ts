import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Call, explain, recipe } from '../../../src/commands/report/explain.ts'
import { reportNamed, reports } from '../../../src/reports/catalog.ts'

// --- The recipes ------------------------------------------------------------------------------------------------

const recipes = suite('the documented recipes')

const exportLine = 'export GUID=$(cf org YOUR-ORG --guid)'

// As they stand on the page, but for white space, which it sets in several ways.
const golden: readonly (readonly [name: string, format: 'csv' | 'json', lines: readonly string[]])[] = [
  ['events', 'json', ['cf curl /v2/events']],
  [
    'user-access',
    'json',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID"',
    ],
  ],
  [
    'user-access',
    'csv',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor, .type, .metadata.request.name ] | @csv\' | sed -e s/\\"//g',
    ],
  ],
  [
    'routes',
    'csv',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.route.create,audit.route.delete-request,audit.route.update&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .actee_name, .metadata.request.app ] | @csv\' | sed -e s/\\"//g',
    ],
  ],
  [
    'service-instances',
    'csv',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.service_instance.create,audit.service_instance.bind_route,audit.service_instance.update,audit.service_instance.unbind_route,audit.service_instance.delete&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor_username, .type, .actee_name ] | @csv\' | sed -e s/\\"//g',
    ],
  ],
  [
    'service-bindings',
    'csv',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.service_binding.create,service_instance.bind_route,audit.service_instance.unbind_route&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .metadata.request.relationships.app.data.guid, .metadata.request.relationships.service_instance.data.guid ] | @csv\'  | sed -e s/\\"//g',
    ],
  ],
  [
    'services',
    'json',
    [
      exportLine,
      'cf curl "/v2/events?q=type+IN+audit.service.create,audit.service.delete,audit.service.update,audit.service_binding.create,audit.service_binding.delete,service_instance.bind_route,audit.service_instance.create,audit.service_instance.delete,audit.service_instance.unbind_route,audit.service_instance.update&q=organization_guid:$GUID"',
    ],
  ],
]
/** Without the white space that means nothing: inside the array, and around the pipes. */
const close = (line: string) => line.replace(/\[ +/g, '[').replace(/ +\]/g, ']').replace(/ +\|/g, ' |')
for (const [name, format, lines] of golden) {
  recipes(`${name} as ${format}`, () => {
    assert.equal(recipe(reportNamed(name), 'YOUR-ORG', format).map(close), lines.map(close))
  })
}

recipes('where the page has only JSON there is no CSV to show', () => {
  assert.not.match(recipe(reportNamed('services'), 'x', 'csv').join('\n'), /jq/)
})
recipes.run()

// --- The explanation --------------------------------------------------------------------------------------------

const explanation = suite('what is explained')

const explained = (
  name: string,
  format: 'csv' | 'json',
  org: string | undefined = 'demo',
  calls: readonly Call[] = [],
) => explain({ report: reportNamed(name), orgs: org === undefined ? org : [org], format, calls })

explanation('every line is a command, a comment or empty', () => {
  for (const { name } of reports) {
    for (const format of ['csv', 'json'] as const) {
      for (const line of explained(name, format).split('\n'))
        assert.match(line, /^(#|export GUID=|cf curl |$)/, name)
    }
  }
})

explanation('the title is that of the page', () => {
  assert.match(explained('user-access', 'csv'), /"List All User Access Changes as CSV"/)
  assert.match(explained('user-access', 'json'), /"List All User Access Changes as JSON"/)
  assert.match(explained('events', 'json'), /"All Events as JSON"/)
})

explanation('no comment holds what means something to a shell that takes it for a command', () => {
  for (const { name } of reports) {
    for (const format of ['csv', 'json'] as const) {
      for (const line of explained(name, format)
        .split('\n')
        .filter(line => line.startsWith('#'))) {
        assert.match(line, /^#[\w\s.,:…-]*("[\w\s]+"[\w\s.,:-]*)?$/)
      }
    }
  }
})

const misses: readonly (readonly [name: string, format: 'csv' | 'json', words: RegExp])[] = [
  ['events', 'json', /first 50 events/],
  ['events', 'json', /V2 endpoints disabled/],
  ['user-access', 'csv', /10 of 16 .*types/],
  ['user-access', 'csv', /audit\.user\.space_supporter_add/],
  ['user-access', 'csv', /\.actee_name/],
  ['user-access', 'csv', /sed deletes/],
  ['routes', 'csv', /8 of 11 .*types/],
  ['routes', 'csv', /audit\.app\.map-route/],
  ['service-instances', 'csv', /16 of 21 .*types/],
  ['service-bindings', 'csv', /17 of 19 .*types/],
  ['service-bindings', 'csv', / service_instance\.bind_route\b.* never/],
  ['services', 'json', /38 of 47 .*types/],
  ['services', 'json', / service_instance\.bind_route\b.* never/],
  ['services', 'json', /belong to no org/],
]
for (const [name, format, words] of misses) {
  explanation(`${name} as ${format}: ${words.source}`, () => assert.match(explained(name, format), words))
}

const silent: readonly (readonly [name: string, format: 'csv' | 'json', words: RegExp])[] = [
  ['events', 'json', /\d+ of \d+ .*types/],
  ['events', 'json', /sed/],
  ['user-access', 'json', /sed deletes|User Performing Action/],
  ['user-access', 'csv', /never writ|never wrote/],
  ['routes', 'csv', /never writ|never wrote/],
]
for (const [name, format, words] of silent) {
  explanation(`${name} as ${format} does not speak of ${words.source}`, () =>
    assert.not.match(explained(name, format), words),
  )
}

explanation('the calls are those that would be made, the GUID a variable', () => {
  const text = explained('routes', 'csv', 'demo', [
    { args: ['curl', '/v3/audit_events?types=a,b&organization_guids=$GUID&page=1', '-i'] },
  ])
  assert.match(text, /\ncf curl "\/v3\/audit_events\?types=a,b&organization_guids=\$GUID&page=1" -i\n/)
})

explanation('several orgs, a space, and what jq takes from an answer', () => {
  const text = explain({
    report: reportNamed('routes'),
    orgs: ['a b', { guid: '6f72-1' }],
    format: 'csv',
    beyond: ['Nor this.'],
    calls: [
      { args: ['org', 'a b', '--guid'], into: 'GUID' },
      { args: ['org', '$GUID', '--guid'], into: 'GUID2' },
      {
        args: ['curl', "/v3/spaces?names=it's!&organization_guids=$GUID,$GUID2"],
        into: 'SPACES',
        jq: '[.a]',
      },
      { args: ['curl', '/v3/audit_events?space_guids=$SPACES', '-i'] },
    ],
  })
  for (const line of [
    "export GUID=$(cf org 'a b' --guid)",
    'export GUID=6f72-1',
    '# - Nor this.',
    "GUID=$(cf org 'a b' --guid)",
    "GUID2=$(cf org '$GUID' --guid)",
    `SPACES=$(cf curl '/v3/spaces?names=it'\\''s!&organization_guids='"$GUID","$GUID2" | jq -r '[.a]')`,
    'cf curl "/v3/audit_events?space_guids=$SPACES" -i',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n\n${text}`)
  }
})

explanation('without an org it is YOUR-ORG', () => {
  assert.ok(
    explain({ report: reportNamed('routes'), orgs: undefined, format: 'csv', calls: [] }).includes(
      exportLine,
    ),
  )
})
explanation('where the recipe asks for all types, none is missing', () => {
  const report = { ...reportNamed('routes'), types: ['audit.route.create', 'audit.route.update'] }
  const text = explain({ report, orgs: ['o'], format: 'csv', calls: [] })
  assert.not.match(text, /\d+ of \d+ .*types/)
  assert.match(text, /first 50 events/)
})
explanation('without a recipe only the calls are shown', () => {
  const { documented, ...report } = reportNamed('routes')
  assert.is(
    explain({ report, orgs: ['o'], format: 'csv', calls: [{ args: ['org', 'o', '--guid'] }] }),
    '# What cf-audit runs:\ncf org o --guid\n# ... and more pages, until all events are read.\n',
  )
})
explanation.run()

// --- Pasting it into a shell ------------------------------------------------------------------------------------

const pasting = suite('pasted into a shell')

const hostile = [
  'demo',
  'my org',
  "it's",
  "'",
  "''",
  "'; touch pwned; '",
  "'\\''; touch pwned; #",
  '$(touch pwned)',
  '`touch pwned`',
  '"; touch pwned; "',
  '"$(touch pwned)"',
  '; touch pwned',
  '| touch pwned',
  '&& touch pwned',
  '> pwned',
  '$GUID',
  '$GUID$(touch pwned)',
  '$GUID"; touch pwned; "',
  '$GUID`touch pwned`',
  '$GUID; touch pwned',
  'a\ntouch pwned\n',
  '\n# touch pwned',
  '\\',
  'a\\',
  '\\$(touch pwned)',
  '*',
  '~',
  '# x',
  '!x',
  '{a,b}',
  'a=b',
  'Größe 日本 🚀',
  '\u202etxt',
  '',
]

/** Runs lines in a shell where `cf` shows its arguments, one a line, in angle brackets. */
function shell(text: string): { code: number | null; out: string; files: string[]; err: string } {
  const folder = mkdtempSync(join(tmpdir(), 'cf-audit-test-'))
  try {
    const stubs = 'cf() { for word; do printf "<%s>" "$word"; done; }\njq() { cat; }\nsed() { cat; }\n'
    const { status, stdout, stderr } = spawnSync('sh', [], {
      input: stubs + text,
      cwd: folder,
      encoding: 'utf8',
    })
    return { code: status, out: stdout, files: readdirSync(folder), err: stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const isValid = (text: string) => spawnSync('sh', ['-n'], { input: text }).status === 0

for (const org of hostile) {
  pasting(`the org ${JSON.stringify(org)} reaches cf as it is, and nothing of it is run`, () => {
    const [line = ''] = recipe(reportNamed('routes'), org, 'csv')
    assert.ok(line.startsWith('export GUID=$(cf org '))
    assert.ok(isValid(line), line)
    const { code, out, files, err } = shell(`${line}\nprintf '%s' "$GUID"\n`)
    assert.is(err, '')
    assert.is(code, 0)
    assert.equal(files, [])
    assert.is(out, `<org><${org}><--guid>`)
  })

  pasting(`the whole explanation for ${JSON.stringify(org)} is harmless`, () => {
    for (const [name, format] of [
      ['user-access', 'csv'],
      ['services', 'json'],
      ['events', 'json'],
    ] as const) {
      const calls = [
        { args: ['org', org, '--guid'], into: 'GUID' },
        { args: ['curl', "/v3/spaces?names='!$(touch%20pwned)&organization_guids=$GUID"], into: 'SPACES' },
        {
          args: [
            'curl',
            '/v3/audit_events?types=a,b&space_guids=$SPACES,$GUID2&created_ats%5Blt%5D=2026-08-01T00:00:00Z',
            '-i',
          ],
        },
      ]
      const text = explain({ report: reportNamed(name), orgs: [org, org], format, calls })
      assert.ok(isValid(text), text)
      const { code, files, err } = shell(text)
      assert.is(err, '')
      assert.is(code, 0)
      assert.equal(files, [])
    }
  })
}

pasting('the jq filter and the sed script arrive as on the page', () => {
  const show =
    'cf() { echo; }\njq() { shift 2; printf "%s\\n" "$@" >&2; cat; }\nsed() { shift; printf "%s\\n" "$@" >&2; }\n'
  const { stderr } = spawnSync('sh', [], {
    input: show + recipe(reportNamed('service-instances'), 'demo', 'csv').join('\n'),
    encoding: 'utf8',
  })
  assert.equal(stderr.split('\n').sort(), [
    '',
    '.resources[].entity | [ .timestamp, .actor_username, .type, .actee_name ] | @csv',
    's/"//g',
  ])
})
pasting.run()
