// The sheet About: what every workbook says of itself.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pythonWith } from '../programs.ts'
import { run } from '../run.ts'
import { withScene } from '../scene.ts'

const about = suite('the sheet About')

const python = pythonWith('openpyxl', 'the sheet About is not read')
const read = `
import json, sys
from openpyxl import load_workbook
print(json.dumps([[str(c) for c in row] for row in load_workbook(sys.argv[1])["About"].iter_rows(values_only=True)]))
`

const saved = JSON.stringify({
  pagination: { total_results: 3 },
  resources: [1, 2].map(number => ({
    guid: `00000000-0000-4000-8000-00000000000${number}`,
    created_at: '2026-09-02T10:00:00Z',
    type: number === 1 ? 'audit.app.create' : 'audit.route.create',
    actor: { guid: 'a', type: 'user', name: 'ann@example.gov' },
    target: { guid: 't', type: 'app', name: 'my-app' },
    data: {},
    space: null,
    organization: null,
  })),
})

if (python !== undefined) {
  for (const [words, row, says, code = 0] of [
    [['events', 'demo-org'], 'Events', /^\d+ read, \d+ counted/],
    [['events', 'demo-org', '--limit', '3'], 'Events', /^First 3 of \d+ events/],
    [['roles', 'demo-org'], 'Roles', /^\d+ roles of \d+ users in demo-org/],
    [['roles', 'demo-org'], 'Missing', /^space roles are missing/],
    [['access-review', 'demo-org'], 'Roles', /^\d+ roles of \d+ users/],
    [['access-review', 'demo-org'], 'Complete', /^(yes|partial: .*)$/],
    [['types', 'ssh'], 'Event types', /^\d+ of \d+$/],
    [['format', 'routes', 'SAVED'], 'Events', /^1 event of .*left out: 1 of other types$/, 6],
    [['format', 'routes', 'SAVED'], 'Complete', /^no: 2 of 3 events\b/, 6],
  ] as const) {
    about(`${words.join(' ')}: ${row}, and the command line`, () =>
      withScene({}, async ({ cf }) => {
        const file = join(cf.home, 'it.xlsx')
        const input = join(cf.home, 'saved.json')
        writeFileSync(input, saved)
        const args = words.map(word => (word === 'SAVED' ? input : word))
        const ended = await run(cf, [...args, '-O', file])
        assert.is(ended.code, code, ended.stderr)
        const rows = new Map<string, string>(
          JSON.parse(execFileSync(python, ['-c', read, file], { encoding: 'utf8' })),
        )
        assert.match(rows.get(row) ?? '', says)
        assert.match(rows.get('Made by') ?? '', /^cf-audit /)
        assert.is(rows.get('Command line')?.split(' ').slice(0, 2).join(' '), `cf-audit ${words[0]}`)
      }),
    )
  }
}

about.run()
