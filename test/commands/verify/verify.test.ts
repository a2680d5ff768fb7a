import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Finding } from '../../../src/evidence/verify.ts'
import { run } from '../../run.ts'
import { openScene, type Scene } from '../../scene.ts'

interface Bags {
  scene: Scene
  folder: string
  /** Untouched, and never written to. */
  bag: string
  /** Of another time range of the same org. */
  other: string
}

const verify = suite<Bags>('verify')

verify.before(async context => {
  context.scene = await openScene({ events: 600, user: 'admin@example.gov' })
  context.folder = mkdtempSync(join(tmpdir(), 'verify-'))
  context.bag = join(context.folder, 'bag')
  context.other = join(context.folder, 'other')
  for (const [bag, ...args] of [[context.bag], [context.other, '--since', '7d']] as const) {
    const { code, stderr } = await run(context.scene.cf, ['evidence', 'demo-org', '-O', bag, ...args])
    assert.is(code, 0, stderr)
  }
})
verify.after(async ({ scene, folder }) => {
  await scene.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What was found in a copy of the bag after `damage`, and what the run ended with. */
async function findingsAfter({ scene, folder, bag }: Bags, damage: (copy: string) => void) {
  const copy = join(folder, 'copy')
  cpSync(bag, copy, { recursive: true })
  try {
    damage(copy)
    const { code, stdout, stderr, error } = await run(scene.cf, ['verify', copy, '-f', 'json'])
    const findings: Finding[] = stdout === '' ? [] : JSON.parse(stdout).findings
    return { code, stderr, error, wrong: findings.filter(({ state }) => state !== 'valid') }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex')

/** Makes the manifests of a bag, and its size, as if nothing had happened. */
function recompute(bag: string): void {
  for (const name of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
    const manifest = join(bag, name)
    const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n')
    const files = lines.map(line => line.slice(66)).filter(file => existsSync(join(bag, file)))
    if (name === 'manifest-sha256.txt') {
      const bytes = files.reduce((sum, file) => sum + readFileSync(join(bag, file)).length, 0)
      edit(join(bag, 'bag-info.txt'), text =>
        text.replace(/^Payload-Oxum: .*$/m, `Payload-Oxum: ${bytes}.${files.length}`),
      )
    }
    writeFileSync(manifest, files.map(file => `${sha256(readFileSync(join(bag, file)))}  ${file}\n`).join(''))
  }
}

const edit = (file: string, change: (text: string) => string) =>
  writeFileSync(file, change(readFileSync(file, 'utf8')))
const editLines = (file: string, change: (lines: string[]) => string[]) =>
  edit(file, text => `${change(text.trimEnd().split('\n')).join('\n')}\n`)
// biome-ignore lint/suspicious/noExplicitAny: a statement is changed in ways that its type forbids
const editStatement = (bag: string, change: (statement: any) => void) =>
  edit(join(bag, 'statement.json'), text => {
    const statement = JSON.parse(text)
    change(statement)
    return `${JSON.stringify(statement, null, 2)}\n`
  })
const changeByte = (file: string) => {
  const bytes = readFileSync(file)
  bytes[20]! ^= 1
  writeFileSync(file, bytes)
}

verify('a bag that nothing happened to is valid', async context => {
  const { code, stdout, stderr } = await run(context.scene.cf, ['verify', context.bag, context.other])
  assert.is(code, 0, stdout)
  const lines = stdout.trimEnd().split('\n')
  for (const line of lines) assert.match(line, /^VALID {9}\S+\/(bag|other)\/\S+ +\S/)
  for (const file of ['events.ndjson', 'roles.ndjson', 'routes.csv', 'review.html', 'review.xlsx'])
    assert.ok(lines.some(line => line.includes(`/bag/data/${file} `)))
  assert.match(stdout, /bag\/data\/routes\.csv +agrees with events, names and roles$/m)
  assert.match(stdout, /bag\/data\/review\.html +agrees with events, names, roles and the statement$/m)
  assert.match(stderr, `✓ Valid: ${lines.length} checks of ${lines.length} passed.`)
})

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
const tagFiles = ['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt', 'statement.json']
const sources = ['statement.json', 'data/events.ndjson', 'data/names.json', 'data/roles.ndjson']

/** What happens to any file, and how it is named. */
const kinds: readonly (readonly [kind: string, damage: (file: string) => void, says: RegExp])[] = [
  ['changed', changeByte, /^hash does not match: changed$|^not a manifest$/],
  [
    'cut',
    file => truncateSync(file, readFileSync(file).length - 3),
    /^hash does not match: cut short$|^not a manifest$/,
  ],
  ['emptied', file => truncateSync(file, 0), /^hash does not match: empty$|^not a manifest$/],
  ['missing', file => rmSync(file), /^missing$/],
  ['renamed', file => renameSync(file, `${file}.bak`), /^renamed to .*\.bak$|^missing$/],
]
for (const [kind, damage, says] of kinds) {
  for (const file of [...payload, ...tagFiles]) {
    verify(`a file that was ${kind} is named: ${file}`, async context => {
      const { code, wrong, error } = await findingsAfter(context, copy => damage(join(copy, file)))
      assert.is(code, 6)
      assert.is(error, 'Damaged')
      const about = wrong.filter(({ state }) => state === 'invalid')
      assert.equal([...new Set(about.map(finding => finding.file))].slice(0, 1), [file])
      assert.is(about.length, 1, JSON.stringify(about))
      assert.match(about[0]!.finding, says)
      const isSource = sources.includes(file) || file === 'manifest-sha256.txt'
      assert.is(wrong.length, isSource ? 2 : 1, JSON.stringify(wrong))
    })
  }
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n')

/** Anything else, which files it is named at, and how. The manifests are recomputed where that is said. */
const damages: readonly {
  readonly what: string
  readonly damage: (copy: string, bags: Bags) => void
  readonly recomputed?: boolean
  readonly file: string
  readonly says: RegExp
}[] = [
  {
    what: 'a file was added to the payload',
    damage: copy => writeFileSync(join(copy, 'data/extra.csv'), 'x\n'),
    file: 'data/extra.csv',
    says: /^added: no manifest lists it$/,
  },
  {
    what: 'a tag file was added',
    damage: copy => writeFileSync(join(copy, 'notes.txt'), 'x\n'),
    file: 'notes.txt',
    says: /^added: no manifest lists it$/,
  },
  {
    what: 'a link was added that leads nowhere',
    damage: copy => symlinkSync('/nowhere', join(copy, 'data/link')),
    file: 'data/link',
    says: /^added: no manifest lists it$/,
  },
  {
    what: 'the tag manifest was changed',
    damage: copy =>
      edit(join(copy, 'tagmanifest-sha256.txt'), text => text.replace(/^[0-9a-f]{64}/, '0'.repeat(64))),
    file: 'bag-info.txt',
    says: /^hash does not match/,
  },
  {
    what: 'the tag manifest is missing',
    damage: copy => rmSync(join(copy, 'tagmanifest-sha256.txt')),
    file: 'tagmanifest-sha256.txt',
    says: /^missing$/,
  },
  ...[
    'data/events.ndjson',
    'data/routes.csv',
    'data/user-access.csv',
    'statement.json',
    'bagit.txt',
    'manifest-sha256.txt',
  ].map(file => ({
    what: `a transfer changed the line ends of ${file}`,
    damage: (copy: string) => edit(join(copy, file), crlf),
    file,
    says: /^hash does not match: line ends were changed to CRLF, by a transfer or an editor$/,
  })),
  {
    what: 'a transfer changed the line ends of the tag manifest',
    damage: copy => edit(join(copy, 'tagmanifest-sha256.txt'), crlf),
    file: 'tagmanifest-sha256.txt',
    says: /^line ends were changed to CRLF/,
  },
  ...['data/routes.csv', 'data/access-review.csv', 'data/review.html', 'data/review.xlsx'].map(file => ({
    what: `${file} was removed`,
    damage: (copy: string) => rmSync(join(copy, file)),
    recomputed: true,
    file,
    says: /^missing: no manifest lists it$/,
  })),
  {
    what: 'the manifest was emptied',
    damage(copy) {
      writeFileSync(join(copy, 'manifest-sha256.txt'), '')
      edit(join(copy, 'tagmanifest-sha256.txt'), text =>
        text.replace(/^.*(?= {2}manifest-sha256)/m, sha256(Buffer.alloc(0))),
      )
    },
    file: 'manifest-sha256.txt',
    says: /^not a manifest$/,
  },
  {
    what: 'a file was replaced by a link to one of the same content',
    damage(copy) {
      renameSync(join(copy, 'data/routes.csv'), `${copy}.csv`)
      symlinkSync(`${copy}.csv`, join(copy, 'data/routes.csv'))
    },
    file: 'data/routes.csv',
    says: /^not a regular file$/,
  },
  {
    what: 'a row was removed from a CSV file',
    damage: copy => editLines(join(copy, 'data/routes.csv'), lines => lines.toSpliced(3, 1)),
    recomputed: true,
    file: 'data/routes.csv',
    says: /^has \d+ lines; events, names and roles give \d+ lines$/,
  },
  {
    what: 'a cell of a CSV file was changed',
    damage: copy =>
      edit(join(copy, 'data/user-access.csv'), text => text.replace('example.gov', 'example.com')),
    recomputed: true,
    file: 'data/user-access.csv',
    says: /^a row does not agree with events, names and roles$/,
  },
  {
    what: 'a flag was removed from the access review',
    damage: copy =>
      edit(join(copy, 'data/access-review.csv'), text => text.replace('not-seen-in-30-days', '')),
    recomputed: true,
    file: 'data/access-review.csv',
    says: /^a row does not agree/,
  },
  {
    what: 'an event was removed',
    damage: copy => editLines(join(copy, 'data/events.ndjson'), lines => lines.toSpliced(7, 1)),
    recomputed: true,
    file: 'data/events.ndjson',
    says: /^holds \d+ events, the statement says \d+ events$/,
  },
  {
    what: 'an event was replaced by a copy of another',
    damage: copy => editLines(join(copy, 'data/events.ndjson'), lines => lines.with(7, lines[8]!)),
    recomputed: true,
    file: 'data/events.ndjson',
    says: /^holds event \S+ twice$/,
  },
  {
    what: 'the first event was removed, and the statement counts one less',
    damage(copy) {
      editLines(join(copy, 'data/events.ndjson'), lines => lines.slice(1))
      editStatement(copy, statement => statement.events.exported--)
    },
    recomputed: true,
    file: 'data/events.ndjson',
    says: /^spans .* to .*, the statement says .* to /,
  },
  {
    what: 'a route event was removed, and the statement counts one less',
    damage(copy) {
      editLines(join(copy, 'data/events.ndjson'), lines =>
        lines.toSpliced(
          lines.findIndex((line, index) => index > 5 && line.includes('"audit.route.create"')),
          1,
        ),
      )
      editStatement(copy, statement => statement.events.exported--)
    },
    recomputed: true,
    file: 'data/routes.csv',
    says: /^has \d+ lines; events, names and roles give \d+ lines$/,
  },
  {
    what: 'an event of another org was put in the place of one',
    damage: copy =>
      editLines(join(copy, 'data/events.ndjson'), lines =>
        lines.with(
          7,
          lines[7]!.replace(/"organization":\{"guid":"\w/, text => `${text.slice(0, -1)}x`),
        ),
      ),
    recomputed: true,
    file: 'data/events.ndjson',
    says: /^holds event \S+, which belongs to no org in the statement$/,
  },
  {
    what: 'a line of events is not one',
    damage: copy => editLines(join(copy, 'data/events.ndjson'), lines => lines.with(7, '{')),
    recomputed: true,
    file: 'data/events.ndjson',
    says: /line 8 of/,
  },
  {
    what: 'a role was removed',
    damage: copy => editLines(join(copy, 'data/roles.ndjson'), lines => lines.slice(1)),
    recomputed: true,
    file: 'data/roles.ndjson',
    says: /^holds 89 roles, the statement says 90$/,
  },
  {
    what: 'the type of a role was changed',
    damage: copy =>
      edit(join(copy, 'data/roles.ndjson'), text => text.replace('"space_developer"', '"space_auditor"')),
    recomputed: true,
    file: 'data/roles.csv',
    says: /^a row does not agree/,
  },
  {
    what: 'a name was changed',
    damage: copy =>
      edit(join(copy, 'data/names.json'), text => text.replace('"name": "dev"', '"name": "prod"')),
    recomputed: true,
    file: 'data/routes.csv',
    says: /^a row does not agree/,
  },
  {
    what: 'the page was changed',
    damage: copy =>
      edit(join(copy, 'data/review.html'), text => text.replace('Privileged roles granted (', '$&1')),
    recomputed: true,
    file: 'data/review.html',
    says: /^does not agree with events, names, roles and the statement$/,
  },
  {
    what: 'the statement is that of another bag',
    damage: (copy, { other }) => cpSync(join(other, 'statement.json'), join(copy, 'statement.json')),
    recomputed: true,
    file: 'statement.json',
    says: /^belongs to another bag: its ID is .*, bag-info\.txt says /,
  },
  {
    what: 'statement and bag-info.txt are those of another bag',
    damage(copy, { other }) {
      for (const file of ['statement.json', 'bag-info.txt']) cpSync(join(other, file), join(copy, file))
    },
    recomputed: true,
    file: 'data/events.ndjson',
    says: /^holds \d+ events, the statement says \d+ events$/,
  },
  {
    what: 'the verdict was changed',
    damage: copy =>
      editStatement(copy, statement => {
        statement.visibility = { sees: 'some', orgs: [], spaces: ['dev'] }
      }),
    recomputed: true,
    file: 'statement.json',
    says: /^its verdict on the events is complete, but .* gives partial$/,
  },
  {
    what: 'the statement lacks a field',
    damage: copy => editStatement(copy, statement => delete statement.events.exported),
    recomputed: true,
    file: 'statement.json',
    says: /^events\.exported is missing or invalid$/,
  },
  {
    what: 'the statement is none',
    damage: copy => writeFileSync(join(copy, 'statement.json'), '[]\n'),
    recomputed: true,
    file: 'statement.json',
    says: /^not a statement of cf-audit$/,
  },
  {
    what: 'the size of the payload was changed',
    damage(copy) {
      edit(join(copy, 'bag-info.txt'), text => text.replace(/^Payload-Oxum: \d/m, '$&1'))
      editLines(join(copy, 'tagmanifest-sha256.txt'), lines =>
        lines.with(0, `${sha256(readFileSync(join(copy, 'bag-info.txt')))}  bag-info.txt`),
      )
    },
    file: 'bag-info.txt',
    says: /^Payload-Oxum is \d+\.12, but the payload is \d+\.12 \(bytes\.files\)$/,
  },
]
for (const { what, damage, recomputed, file, says } of damages) {
  verify(`${what}${recomputed ? ', manifests recomputed' : ''}`, async context => {
    const { code, error, wrong, stderr } = await findingsAfter(context, copy => {
      const before = readFileSync(join(copy, 'tagmanifest-sha256.txt'), 'utf8')
      damage(copy, context)
      if (recomputed) recompute(copy)
      if (recomputed) assert.is.not(readFileSync(join(copy, 'tagmanifest-sha256.txt'), 'utf8'), before)
    })
    assert.is(code, 6, stderr)
    assert.is(error, 'Damaged')
    const about = wrong.filter(({ state }) => state === 'invalid')
    assert.ok(
      about.some(finding => finding.file === file && says.test(finding.finding)),
      JSON.stringify(about),
    )
    // A name stands in many files.
    if (what !== 'a name was changed' && what !== 'the type of a role was changed')
      assert.is(about.filter(({ file }) => file !== 'data/review.html').length || 1, 1, JSON.stringify(about))
  })
}

verify('a statement of an unknown version is not compared, and not called valid', async context => {
  for (const key of ['version', 'columns']) {
    const { code, wrong, stderr } = await findingsAfter(context, copy => {
      editStatement(copy, statement => {
        statement[key] = 99
      })
      recompute(copy)
    })
    assert.is(code, 6)
    assert.equal(
      wrong.map(({ file, state }) => [file, state]),
      [['statement.json', 'not compared']],
    )
    assert.match(stderr, /Not compared: .*\nUpdate cf-audit to check the rest\.$/m)
  }
})

verify('a signature beside the tag manifest is no damage', async context => {
  const { code, wrong } = await findingsAfter(context, copy => {
    for (const ending of ['sig', 'asc']) appendFileSync(join(copy, `tagmanifest-sha256.txt.${ending}`), 'x')
  })
  assert.is(code, 0)
  assert.equal(wrong, [])
})

verify('what is no bag is refused, and nothing is asked of cf', async ({ scene, folder, bag }) => {
  const before = scene.foundation.requests.length
  for (const [path, says] of [
    [join(folder, 'nowhere'), 'does not exist'],
    [join(bag, 'data'), 'is neither evidence'],
    [join(bag, 'bagit.txt'), 'is neither evidence'],
  ] as const) {
    const { code, stderr } = await run(scene.cf, ['verify', path])
    assert.is(code, 2)
    assert.match(stderr, says)
  }
  assert.is((await run(scene.cf, ['verify'])).code, 2)
  assert.is((await run(scene.cf, ['verify', bag])).code, 0)
  assert.is(scene.foundation.requests.length, before)
})

verify.run()
