import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../src/archive/manifest.ts'
import { verifyArchive } from '../../src/archive/verify.ts'
import { day, filesOf, type World, withWorld } from './world.ts'

const verify = suite('verify an archive')

/** Three runs with an event each. */
async function prepare(world: World): Promise<string[]> {
  for (let run = 0; run < 3; run++) {
    world.add()
    world.now += day
    await world.update()
  }
  return filesOf(world.archive)
}

/** A manifest of one org, with one part. */
interface Draft {
  readonly orgs: readonly [{ readonly parts: readonly [object]; readonly covers: object }]
}

type Damage = (at: (pattern: RegExp) => string) => void

function changeJson(path: string, change: (manifest: Draft) => void): void {
  const manifest: Draft = JSON.parse(readFileSync(path, 'utf8'))
  change(manifest)
  writeFileSync(path, `${JSON.stringify(manifest, null, 1)}\n`)
}

function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(path, bytes)
}

/** Rewrites a part, and makes its manifest agree. */
function forge(part: string, manifest: string, bytes: Buffer): void {
  writeFileSync(part, bytes)
  changeJson(manifest, ({ orgs }) => {
    Object.assign(orgs[0].parts[0], { sha256: sha256(bytes), bytes: bytes.length })
  })
}

const firstRun = /^runs\/20260802/
const lastRun = /^runs\/20260804/
const firstPart = /^events\/.*events-20260801/
const lastPart = /^events\/.*events-20260803/

const cases: readonly (readonly [name: string, damage: Damage, file: RegExp, finding: RegExp])[] = [
  ['a changed byte of a part', at => flip(at(firstPart)), firstPart, /^hash does not match: changed or cut$/],
  ['a part that was cut', at => writeFileSync(at(firstPart), ''), firstPart, /^hash does not match/],
  ['a missing part', at => rmSync(at(firstPart)), firstPart, /^missing$/],
  ['missing names', at => rmSync(at(/^names\//)), /^names\//, /^missing$/],
  ['changed roles', at => flip(at(/^roles\//)), /^roles\//, /^hash does not match/],
  [
    'an extra part',
    at => writeFileSync(at(firstPart).replace('events-', 'events-x'), ''),
    /events-x/,
    /^added: no run lists it$/,
  ],
  ['a part that was renamed', at => renameSync(at(firstPart), `${at(firstPart)}.gz`), firstPart, /^missing$/],
  [
    'a changed manifest',
    at => appendFileSync(at(firstRun), '\n'),
    firstRun,
    /^hash does not match what runs\/20260803.* says: changed or cut$/,
  ],
  [
    'a missing manifest',
    at => rmSync(at(/^runs\/20260803/)),
    lastRun,
    /^follows runs\/20260803.*, which is not the run before it \(runs\/20260802.*\)$/,
  ],
  ['a missing first manifest', at => rmSync(at(firstRun)), /^runs\/20260803/, /, which is missing$/],
  ['a missing last manifest', at => rmSync(at(lastRun)), lastPart, /^added: no run lists it$/],
  [
    'a second first run',
    at => changeJson(at(lastRun), manifest => Object.assign(manifest, { previous: null })),
    lastRun,
    /^says it is the first run, but runs\/20260803.* comes before it$/,
  ],
  [
    'a manifest that is no JSON',
    at => writeFileSync(at(lastRun), '{'),
    /^runs$/,
    /is damaged: it is not JSON/,
  ],
  [
    'a manifest of another version',
    at => changeJson(at(lastRun), manifest => Object.assign(manifest, { version: 9 })),
    /^runs$/,
    /not a manifest that this version/,
  ],
  [
    'a manifest that names a file elsewhere',
    at =>
      changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0].parts[0], { path: 'events/../../secret' })),
    /^runs$/,
    /names a file outside the archive/,
  ],
  [
    'coverage before what was read',
    at =>
      changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0].covers, { from: '2020-01-01T00:00:00Z' })),
    lastRun,
    /^claims more of acme than it read$/,
  ],
  [
    'coverage after what was read',
    at =>
      changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0].covers, { until: '2030-01-01T00:00:00Z' })),
    lastRun,
    /^claims more of acme than it read$/,
  ],
  [
    'another number of events',
    at => changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0], { added: 7 })),
    lastRun,
    /^says 7 events of acme, its parts 1$/,
  ],
  [
    'another number of lines',
    at => changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0].parts[0], { lines: 7 })),
    lastPart,
    /^holds 1 line, its manifest says 7$/,
  ],
  [
    'an event of another time',
    at => forge(at(lastPart), at(lastRun), readFileSync(at(firstPart))),
    lastPart,
    /^event .* is outside its time range$/,
  ],
  [
    'a part that is no gzip',
    at => forge(at(lastPart), at(lastRun), Buffer.from('not gzip')),
    lastPart,
    /is truncated or damaged gzip/,
  ],
  [
    'a part that holds no events',
    at => forge(at(lastPart), at(lastRun), gzipSync('{}\n')),
    lastPart,
    /event/,
  ],
]
for (const [name, damage, file, finding] of cases) {
  verify(`names ${name}`, () =>
    withWorld({}, async world => {
      const files = await prepare(world)
      const at = (pattern: RegExp) => join(world.archive, files.find(each => pattern.test(each))!)
      damage(at)
      const found = (await verifyArchive(world.archive)).filter(({ state }) => state === 'invalid')
      assert.ok(
        found.some(each => file.test(each.file) && finding.test(each.finding)),
        JSON.stringify(found, null, 1),
      )
    }),
  )
}

verify('finds an event in two parts', () =>
  withWorld({}, async world => {
    const files = await prepare(world)
    const at = (pattern: RegExp) => join(world.archive, files.find(each => pattern.test(each))!)
    const bytes = readFileSync(at(firstPart))
    forge(at(lastPart), at(lastRun), bytes)
    changeJson(at(lastRun), ({ orgs }) => Object.assign(orgs[0].parts[0], { first: '2026-08-01T00:00:00Z' }))
    const found = await verifyArchive(world.archive)
    assert.ok(found.some(each => /appears twice/.test(each.finding)))
  }),
)

verify('finds an event of another org', () =>
  withWorld({}, async world => {
    const files = await prepare(world)
    const at = (pattern: RegExp) => join(world.archive, files.find(each => pattern.test(each))!)
    const line = JSON.stringify({
      guid: world.random.guid(),
      created_at: '2026-08-03T12:00:00Z',
      type: 'audit.app.start',
      organization: { guid: world.random.guid() },
    })
    forge(at(lastPart), at(lastRun), gzipSync(`${line}\n`))
    const found = await verifyArchive(world.archive)
    assert.ok(
      found.some(each => /belongs to another org/.test(each.finding)),
      JSON.stringify(found),
    )
  }),
)

verify('finds nothing wrong where nothing is', () =>
  withWorld({}, async world => {
    const files = await prepare(world)
    const found = await verifyArchive(world.archive)
    assert.equal([...new Set(found.map(({ state }) => state))], ['valid'])
    assert.equal(found.map(({ file }) => file).sort(), files)
  }),
)

verify('does not take an archive without runs for whole', () =>
  withWorld({}, async world => {
    const files = await prepare(world)
    for (const file of files) rmSync(join(world.archive, file))
    assert.equal(await verifyArchive(world.archive), [
      { file: 'runs', state: 'invalid', finding: 'holds no manifest' },
    ])
  }),
)

verify.run()
