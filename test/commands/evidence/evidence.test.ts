import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasProgram, skipped } from '../../programs.ts'
import { run, start } from '../../run.ts'
import { openScene, type Scene, withScene } from '../../scene.ts'
import { tokensOf } from '../../traces.ts'

const evidence = suite<{ scene: Scene; folder: string; bag: string }>('evidence')

const payload = [
  'access-review.csv',
  'events.ndjson',
  'names.json',
  'review.html',
  'review.xlsx',
  'roles.csv',
  'roles.ndjson',
  'routes.csv',
  'service-bindings.csv',
  'service-instances.csv',
  'services.csv',
  'user-access.csv',
].map(name => `data/${name}`)
const tagFiles = [
  'bag-info.txt',
  'bagit.txt',
  'manifest-sha256.txt',
  'statement.json',
  'tagmanifest-sha256.txt',
]

evidence.before(async context => {
  context.scene = await openScene({ events: 300, user: 'admin@example.gov' })
  context.folder = mkdtempSync(join(tmpdir(), 'evidence-'))
  context.bag = join(context.folder, 'bag')
  const made = await run(context.scene.cf, ['evidence', 'demo-org', '-O', context.bag])
  assert.is(made.code, 0, made.stderr)
  assert.is(made.stdout, '')
  assert.match(made.stderr, /^Replaced control characters in \d+ cells with symbols\.$/m)
  assert.match(made.stderr, /^✓ Complete: wrote .*bag with \d+ events and 90 roles\.$/m)
})
evidence.after(async ({ scene, folder }) => {
  await scene.close()
  rmSync(folder, { recursive: true, force: true })
})

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
const linesIn = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
const jsonIn = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
/** The records of CSV, whose cells may hold line breaks. */
function recordsOf(text: string): string[][] {
  const records: string[][] = []
  let cells: string[] = []
  for (const [, quoted, bare = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    records.push(cells)
    cells = []
  }
  return records
}

evidence('is a bag: its files, modes, manifests and sizes', ({ bag }) => {
  assert.equal(filesOf(bag), [...tagFiles, ...payload].sort())
  for (const file of filesOf(bag)) assert.is(statSync(join(bag, file)).mode & 0o777, 0o600, file)
  for (const folder of [bag, join(bag, 'data')]) assert.is(statSync(folder).mode & 0o777, 0o700)
  assert.is(
    readFileSync(join(bag, 'bagit.txt'), 'utf8'),
    'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
  )
  assert.equal(
    linesIn(join(bag, 'manifest-sha256.txt')),
    payload.map(file => `${sha256(join(bag, file))}  ${file}`),
  )
  assert.equal(
    linesIn(join(bag, 'tagmanifest-sha256.txt')),
    tagFiles.slice(0, -1).map(file => `${sha256(join(bag, file))}  ${file}`),
  )
  const bytes = payload.reduce((sum, file) => sum + statSync(join(bag, file)).size, 0)
  const info = linesIn(join(bag, 'bag-info.txt'))
  assert.is(info.at(-1), `Payload-Oxum: ${bytes}.${payload.length}`)
  assert.equal(
    info.map(line => line.split(':')[0]),
    ['Bagging-Date', 'Bag-Software-Agent', 'External-Identifier', 'Payload-Oxum'],
  )
})

if (hasProgram('sha256sum', 'evidence is not checked with it')) {
  evidence('is checked by sha256sum', ({ bag }) => {
    const args = ['--check', '--strict', 'manifest-sha256.txt', 'tagmanifest-sha256.txt']
    const { status, stdout } = spawnSync('sha256sum', args, { cwd: bag, encoding: 'utf8' })
    assert.is(status, 0)
    assert.is(stdout.match(/: OK$/gm)?.length, payload.length + tagFiles.length - 1)
  })
}

evidence('has a statement that its schema allows, and that agrees with the files', ({ bag, scene }) => {
  const schema = jsonIn(join(import.meta.dirname, '../../../docs/statement.schema.json'))
  const validator = new Ajv2020.default({ allErrors: true }).compile(schema)
  const validate = (value: unknown): boolean => validator(value)
  const statement = jsonIn(join(bag, 'statement.json'))
  assert.ok(validate(statement), JSON.stringify(validator.errors))
  for (const key of Object.keys(statement)) {
    const { [key]: _, ...rest } = statement
    assert.not(validate(rest), `without ${key}`)
  }
  const events = linesIn(join(bag, 'data/events.ndjson')).map(line => JSON.parse(line))
  assert.is(statement.events.exported, events.length)
  assert.is(statement.events.counted, events.length)
  assert.is(new Set(events.map(({ guid }) => guid)).size, events.length)
  assert.is(statement.events.first, events[0].created_at)
  assert.is(statement.events.last, events.at(-1).created_at)
  assert.is(statement.roles.exported, linesIn(join(bag, 'data/roles.ndjson')).length)
  assert.equal(statement.asked.orgs, [{ name: 'demo-org', guid: scene.sample.org.guid }])
  assert.equal(statement.command, ['cf-audit', 'evidence', 'demo-org', '-O', bag])
  assert.is(statement.user.name, 'admin@example.gov')
  assert.equal(statement.verdict.events, { state: 'complete', reasons: [] })
  assert.equal(statement.verdict.roles, { state: 'complete', reasons: [] })
})

evidence('has the events of the export, redacted', async ({ scene, bag }) => {
  const { stdout } = await run(scene.cf, ['events', 'demo-org', '-f', 'ndjson'])
  assert.is(readFileSync(join(bag, 'data/events.ndjson'), 'utf8'), stdout)
  const tokens = [...tokensOf(scene.cf)]
  assert.ok(tokens.length > 0)
  for (const file of filesOf(bag)) {
    const text = readFileSync(join(bag, file), 'latin1')
    assert.not.match(text, /hunter2|s3cr3t/)
    assert.not(
      tokens.some(token => text.includes(token)),
      file,
    )
  }
})

evidence('has the rows of each report, with places and event GUIDs last', async ({ scene, bag }) => {
  for (const report of ['user-access', 'routes', 'service-instances', 'service-bindings', 'services']) {
    const [head, ...rows] = recordsOf(readFileSync(join(bag, `data/${report}.csv`), 'utf8'))
    assert.equal(head?.slice(-3), ['Space', 'Organization', 'Event GUID'], report)
    const { stdout } = await run(scene.cf, [report, 'demo-org', '-f', 'csv', '--columns', '+event_guid'])
    const [heading, ...expected] = recordsOf(stdout)
    const guid = heading!.indexOf('Event GUID')
    assert.ok(expected.length > 10, report)
    assert.equal(rows.map(row => row.at(-1)).sort(), expected.map(row => row[guid]).sort(), report)
  }
})

evidence('has totals and charts that follow from its events', ({ bag }) => {
  const html = readFileSync(join(bag, 'data/review.html'), 'utf8')
  const events = linesIn(join(bag, 'data/events.ndjson')).map(line => JSON.parse(line))
  const byDay: Record<string, number> = {}
  for (const { created_at } of events)
    byDay[created_at.slice(0, 10)] = (byDay[created_at.slice(0, 10)] ?? 0) + 1
  const chart = /<figcaption>Events by day \(UTC\)<\/figcaption>(.*?)<\/figure>/s.exec(html)![1]!
  const shown = [...chart.matchAll(/<title>([^<]*)<\/title><\/text><rect[^>]*\/><text[^>]*>(\d+)</g)]
  assert.equal(Object.fromEntries(shown.map(([, day, count]) => [day, Number(count)])), byDay)
  const typeChart =
    /<figcaption>Events by type[^<]*the rest have (\d+) events<\/figcaption>(.*?)<\/figure>/s.exec(html)!
  const sums = [...typeChart[2]!.matchAll(/<\/title><\/text><rect[^>]*\/><text[^>]*>(\d+)</g)]
  assert.is(
    sums.reduce((sum, [, count]) => sum + Number(count), Number(typeChart[1])),
    events.length,
  )
  const removals = recordsOf(readFileSync(join(bag, 'data/user-access.csv'), 'utf8')).filter(row =>
    row.some(cell => /^audit\.user\.\w+_remove$/.test(cell)),
  )
  assert.match(html, `<h2>Roles removed (${removals.length})</h2>`)
  const grants = events.filter(({ type }) =>
    /^audit\.user\.(organization_manager|space_manager|space_developer|space_supporter)_add$/.test(type),
  )
  assert.match(html, `<h2>Privileged roles granted (${grants.length})</h2>`)
  const flagged = recordsOf(readFileSync(join(bag, 'data/access-review.csv'), 'utf8'))
  assert.match(
    html,
    `<h2>Roles with flags (${flagged.slice(1).filter(([flags]) => flags !== '').length} of ${flagged.length - 1})</h2>`,
  )
})

const sheets = `
import json, sys
from openpyxl import load_workbook
book = load_workbook(sys.argv[1], read_only=True)
print(json.dumps({s.title: [["" if c is None else str(c) for c in row] for row in s.iter_rows(values_only=True)] for s in book}))
`
if (hasProgram('/usr/bin/python3', 'the workbook is not read', ['-c', 'import openpyxl'])) {
  evidence('has a workbook with a sheet for each table', ({ bag }) => {
    const args = ['-c', sheets, join(bag, 'data/review.xlsx')]
    const found = JSON.parse(
      execFileSync('/usr/bin/python3', args, { encoding: 'utf8', maxBuffer: 1 << 28 }),
    ) as Record<string, string[][]>
    assert.equal(Object.keys(found), [
      'Summary',
      'Events',
      'User Access',
      'Routes',
      'Service Instances',
      'Service Bindings',
      'Services',
      'Apps',
      'SSH',
      'Credential Reads',
      'Roles',
      'Access Review',
    ])
    for (const [sheet, file] of [
      ['User Access', 'user-access'],
      ['Routes', 'routes'],
      ['Roles', 'roles'],
      ['Access Review', 'access-review'],
    ] as const)
      assert.is(
        found[sheet]!.length,
        recordsOf(readFileSync(join(bag, `data/${file}.csv`), 'utf8')).length,
        sheet,
      )
    const summary = new Map(found.Summary!.map(([what, value]) => [what, value]))
    assert.is(summary.get('Rows in Events'), String(linesIn(join(bag, 'data/events.ndjson')).length))
    assert.is(summary.get('Rows in Routes'), String(found.Routes!.length - 1))
    assert.is(summary.get('Events are'), 'complete')
  })
}

evidence('refuses a folder that exists, and one whose parent does not', async ({ scene, bag, folder }) => {
  const before = scene.foundation.requests.length
  const taken = await run(scene.cf, ['evidence', 'demo-org', '-O', bag])
  assert.is(taken.code, 2)
  assert.match(taken.stderr, 'bag already exists.\nName a folder that does not exist yet.')
  const nowhere = await run(scene.cf, ['evidence', 'demo-org', '-O', join(folder, 'no', 'where')])
  assert.is(nowhere.code, 2)
  assert.match(nowhere.stderr, 'its folder does not exist')
  assert.is((await run(scene.cf, ['evidence', 'demo-org'])).code, 2)
  assert.is(scene.foundation.requests.length, before)
  assert.equal(readdirSync(folder), ['bag'])
})

evidence('of an Org Auditor is complete in its events and partial in its roles', ({ folder }) =>
  withScene({ events: 200 }, async ({ cf }) => {
    const bag = join(folder, 'auditor')
    const { code, stderr } = await run(cf, ['evidence', '-O', bag])
    assert.is(code, 0, stderr)
    assert.match(stderr, /^Roles are partial: .*space roles may be missing\.$/m)
    const { verdict } = jsonIn(join(bag, 'statement.json'))
    assert.is(verdict.events.state, 'complete')
    assert.is(verdict.roles.state, 'partial')
    assert.match(readFileSync(join(bag, 'data/review.html'), 'utf8'), 'space roles may be missing')
    assert.is((await run(cf, ['verify', bag])).code, 0)
  }),
)

/** Who reads what, and the verdict on the events. */
const verdicts: readonly (readonly [user: string, args: string[], state: string, reason: RegExp])[] = [
  ['developer', [], 'partial', /your roles show only a part of demo-org \(space dev\)/],
  ['manager', [], 'unprovable', /none of your roles shows events/],
  ['auditor', ['--since', '90d'], 'partial', /the time range begins before .* deletes events after 31 days/],
  [
    'auditor',
    ['--since', '2020-01-01', '--until', '2020-01-31'],
    'partial',
    /the time range ends before .* deletes events after 31 days/,
  ],
]
for (const [user, args, state, reason] of verdicts) {
  evidence(`of ${user} ${args.join(' ')} is kept, ${state}, and ends with 6`, ({ folder }) =>
    withScene({ events: 200, user: `${user}@example.gov` }, async ({ cf }) => {
      const bag = mkdtempSync(join(folder, 'verdict-'))
      rmSync(bag, { recursive: true })
      const { code, stderr, error } = await run(cf, ['evidence', 'demo-org', '-O', bag, ...args])
      assert.is(code, 6, stderr)
      assert.is(error, 'Incomplete')
      assert.match(stderr, new RegExp(`are ${state}: .*${reason.source}`))
      const { verdict } = jsonIn(join(bag, 'statement.json'))
      assert.is(verdict.events.state, state)
      assert.match(verdict.events.reasons.join(), reason)
      const checked = await run(cf, ['verify', bag])
      assert.is(checked.code, 0, checked.stdout)
    }),
  )
}

const scopes: readonly (readonly [what: string, args: string[], orgs: number | undefined])[] = [
  ['through API v2', ['demo-org', '--api', 'v2'], 1],
  ['of two orgs', ['demo-org', '--org', 'acme, inc'], 2],
  ['of all orgs', ['--all-orgs'], undefined],
  ['of no event', ['demo-org', '--since', '5m'], 1],
  ['of a month that is not over', ['demo-org', '--since', '1d', '--until', '2099-01-01T00:00:00Z'], 1],
]
for (const [what, args, orgs] of scopes) {
  evidence(`${what} is valid`, async ({ scene, folder }) => {
    const bag = join(folder, 'scope')
    const { code, stderr } = await run(scene.cf, ['evidence', ...args, '-O', bag])
    assert.is(code, 0, stderr)
    const statement = jsonIn(join(bag, 'statement.json'))
    assert.is(statement.asked.orgs?.length, orgs)
    assert.is(statement.events.exported, linesIn(join(bag, 'data/events.ndjson')).length)
    const end = statement.events.until
    assert.match(readFileSync(join(bag, 'data/review.html'), 'utf8'), ` to ${end} (UTC)</td>`)
    assert.is(
      stderr.includes(`not ended yet: the evidence has the events up to ${end}.`),
      args.includes('--until'),
    )
    const checked = await run(scene.cf, ['verify', bag])
    assert.is(checked.code, 0, checked.stdout)
    rmSync(bag, { recursive: true })
  })
}

/** Runs with another `open` of node:fs/promises, which every file of a bag is created by. */
async function withOpen<T>(open: typeof promises.open, use: () => Promise<T>): Promise<T> {
  const real = promises.open
  promises.open = open
  syncBuiltinESMExports()
  try {
    return await use()
  } finally {
    promises.open = real
    syncBuiltinESMExports()
  }
}

const created = [...payload, ...tagFiles]

evidence('that is killed at any file leaves nothing that passes for a bag', async ({ scene, folder }) => {
  const place = join(folder, 'killed')
  const real = promises.open
  const moments: string[] = []
  // What a kill leaves is what is there when the next file is created.
  await withOpen(
    (async (path: string, flags, mode) => {
      if (path.startsWith(join(folder, '.killed'))) {
        const name = created.find(file => path.endsWith(`/${file}`))!
        const left = join(folder, `left-${moments.push(name)}`)
        assert.not(existsSync(place))
        const draft = dirname(name.startsWith('data/') ? dirname(path) : path)
        mkdirSync(join(left, 'data'), { recursive: true })
        for (const file of filesOf(draft)) copyFileSync(join(draft, file), join(left, file))
      }
      return real(path, flags, mode)
    }) as typeof promises.open,
    () => run(scene.cf, ['evidence', 'demo-org', '-O', place]),
  )
  assert.equal([...moments].sort(), [...created].sort())
  assert.is(moments.at(-1), 'bagit.txt')
  for (let moment = 1; moment <= moments.length; moment++) {
    const left = join(folder, `left-${moment}`)
    assert.not(existsSync(join(left, 'bagit.txt')))
    const { code } = await run(scene.cf, ['verify', left])
    assert.ok(code === 2 || code === 6, `${moments[moment - 1]}: ${code}`)
    rmSync(left, { recursive: true })
  }
  rmSync(place, { recursive: true })
})

evidence(
  'that is interrupted, or fails to write, at any file leaves nothing at all',
  async ({ scene, folder }) => {
    const real = promises.open
    const before = readdirSync(folder)
    for (const file of created) {
      const place = join(folder, 'stopped')
      const isIt = (path: unknown) =>
        typeof path === 'string' && path.startsWith(join(folder, '.stopped')) && path.endsWith(`/${file}`)
      // bagit.txt is the last: the folder may be renamed before a signal is seen.
      if (file !== 'bagit.txt' && !/manifest|bag-info/.test(file)) {
        let signal = () => {}
        const stopped = await withOpen(
          (async (path, flags, mode) => {
            if (isIt(path)) signal()
            return real(path, flags, mode)
          }) as typeof promises.open,
          () => {
            const running = start(scene.cf, ['evidence', 'demo-org', '-O', place])
            signal = () => running.signal('SIGINT')
            return running.ended
          },
        )
        assert.is(stopped.code, 130, `${file}: ${stopped.stderr}`)
        assert.equal(readdirSync(folder), before, `interrupted at ${file}`)
      }
      const full = await withOpen(
        (async (path, flags, mode) => {
          const handle = await real(path, flags, mode)
          if (!isIt(path)) return handle
          handle.write = async () => {
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' })
          }
          return handle
        }) as typeof promises.open,
        () => run(scene.cf, ['evidence', 'demo-org', '-O', place]),
      )
      assert.is(full.code, 2, `${file}: ${full.stderr}`)
      assert.match(full.stderr, 'the disk is full')
      assert.equal(readdirSync(folder), before, `disk full at ${file}`)
    }
  },
)

evidence('says where the rest of it is when its folder is renamed meanwhile', async ({ scene, folder }) => {
  const [before, after] = [join(folder, 'before'), join(folder, 'after')]
  mkdirSync(before)
  const real = promises.open
  const moved = await withOpen(
    (async (path, flags, mode) => {
      if (String(path).endsWith('bag-info.txt')) renameSync(before, after)
      return real(path, flags, mode)
    }) as typeof promises.open,
    () => run(scene.cf, ['evidence', 'demo-org', '-O', join(before, 'moved')]),
  )
  assert.is(moved.code, 2, moved.stderr)
  const [draft] = readdirSync(after)
  assert.match(moved.stderr, 'its folder was renamed or deleted meanwhile.')
  assert.match(moved.stderr, `If it was renamed, delete ${draft} from it.`)
  rmSync(after, { recursive: true })
})

const keygen = spawnSync('ssh-keygen', ['-Y', 'sign'], { stdio: 'ignore' }).error === undefined
if (!keygen) skipped('ssh-keygen is not installed: no signature is made or checked')
else {
  evidence('is signed and checked with ssh-keygen as the docs say', async ({ scene, bag, folder }) => {
    const key = join(folder, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const manifest = join(bag, 'tagmanifest-sha256.txt')
    execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', key, manifest], { stdio: 'ignore' })
    const [type, secret] = readFileSync(`${key}.pub`, 'utf8').split(' ')
    const allowed = join(folder, 'allowed_signers')
    writeFileSync(allowed, `alice@example.gov ${type} ${secret}\n`)
    const signed = await run(scene.cf, ['verify', bag])
    assert.is(signed.code, 0, signed.stdout)
    const line = /check it with: (ssh-keygen .*)$/m.exec(signed.stdout)?.[1]
    assert.ok(line, signed.stdout)
    const check = (command: string) => spawnSync('sh', ['-c', command], { cwd: bag, encoding: 'utf8' }).status
    const command = line.replace('ALLOWED_SIGNERS', allowed).replace('SIGNER', 'alice@example.gov')
    assert.is(check(command), 0)
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(
      manifest,
      text.replace(/^./, digit => (digit === '0' ? '1' : '0')),
    )
    assert.is.not(check(command), 0)
    writeFileSync(manifest, text)
    rmSync(`${manifest}.sig`)
  })
}

evidence.run()
