import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import { v3Resource } from '../../foundation/serialise.ts'
import { run } from '../../run.ts'
import { withScene } from '../../scene.ts'

const orgGuid = sampleFoundation({ events: 0 }).org.guid
const guidOf = (number: number) => `0000000${number}-0000-4000-8000-000000000000`
/** The first account acts throughout, the second one in the last event alone. */
const events = Array.from({ length: 250 }, (_, number) =>
  event({
    orgGuid,
    actor: guidOf(number === 249 ? 2 : 1),
    actorName: 'operators@example.gov',
    timestamp: new Date(Date.now() - (250 - number) * 60_000).toISOString(),
  }),
)
const first = `operators@example.gov (${guidOf(1)})`
const second = `operators@example.gov (${guidOf(2)})`
const scene = { events: 0, foundation: { events, maxPerPage: { v3: 100 } } }

const accounts = suite('accounts that share an email address, on several pages')

for (const [format, ...args] of [['csv'], ['table', '--no-truncate']] as const) {
  accounts(`${format}: the GUID stands in all rows, in a file too`, () =>
    withScene(scene, async ({ cf }) => {
      const line = ['events', '-f', format, '--columns', 'actor', '--no-header', ...args]
      const { code, stdout, stderr } = await run(cf, line)
      assert.is(code, 0, stderr)
      assert.equal(stdout.trimEnd().split(/ *\n/), [...Array(249).fill(first), second])
      assert.match(stderr, /^Warning: operators@example\.gov is the name of 2 users/m)
      const folder = mkdtempSync(join(tmpdir(), 'accounts-'))
      try {
        const file = join(folder, 'events.txt')
        assert.is((await run(cf, [...line, '-O', file])).code, 0)
        assert.is(readFileSync(file, 'utf8'), stdout)
        assert.is(statSync(file).mode & 0o777, 0o600)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }),
  )
}

accounts('a workbook has it in all rows', () =>
  withScene(scene, async ({ cf }) => {
    const folder = mkdtempSync(join(tmpdir(), 'accounts-'))
    try {
      const file = join(folder, 'events.xlsx')
      assert.is((await run(cf, ['events', '--columns', 'actor', '-O', file])).code, 0)
      const bytes = readFileSync(file)
      const texts: string[] = []
      for (let at = bytes.indexOf('PK\x03\x04'); at >= 0; at = bytes.indexOf('PK\x03\x04', at + 4)) {
        const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
        texts.push(inflateRawSync(bytes.subarray(start), { finishFlush: 2 }).toString())
      }
      assert.is(texts.join('').split(first).length - 1, 249)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }),
)

accounts('format, from thousands of saved events', () =>
  withScene(scene, async ({ cf }) => {
    const many = Array.from({ length: 12_000 }, (_, number) => ({
      ...v3Resource(events[number === 11_999 ? 249 : 0]!, 'https://api.x'),
      guid: `event-${number}`,
    }))
    const { stdout } = await run(cf, ['format', 'events', '-f', 'csv', '--columns', 'actor', '--no-header'], {
      stdin: JSON.stringify(many),
    })
    assert.equal(stdout.trimEnd().split('\n'), [...Array(11_999).fill(first), second])
  }),
)
accounts.run()
