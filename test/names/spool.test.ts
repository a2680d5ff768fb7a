import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { createRowSpool, openEventSpool } from '../../src/names/spool.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'

const spools = suite('what waits until it can be shown')

const events = (api: ApiName): AuditEvent[] =>
  shapes.map(shape => {
    const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
    // Indented, as v6 and v7 print it.
    return readEvent(Buffer.from(JSON.stringify(resource, null, 2)), api, shape.name)
  })

for (const api of ['v2', 'v3'] as const) {
  spools(`events come back page by page, byte for byte: ${api}`, async () => {
    const kept = await openEventSpool()
    const all = events(api)
    const put = [all.slice(0, 100), [], all.slice(100, 101), all.slice(101)]
    for (const page of put) await kept.append(page)
    const got: AuditEvent[][] = []
    for await (const page of kept.replay()) got.push(page)
    await kept.close()
    assert.equal(
      got.map(page => page.length),
      [100, 1, shapes.length - 101],
    )
    assert.equal(got.flat(), all)
  })
}

spools('events leave nothing to be seen by others, not even while they wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-test-'))
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    const kept = await openEventSpool()
    await kept.append(events('v3'))
    assert.equal(readdirSync(folder), [])
    await kept.close()
    await kept.close()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true })
  }
})

const rows = Array.from({ length: 40 }, (_, row) => [`${row}`, 'a\n"b"', '', '\u2028\ud83d\ude80', ','])
for (const mostCells of [1, 30, 199, 200, 201]) {
  spools(`rows come back in order where memory holds ${mostCells} cells`, async () => {
    const spool = createRowSpool(mostCells)
    for (const [from, to] of [
      [0, 1],
      [1, 1],
      [1, 21],
      [21, 40],
    ] as const)
      await spool.append(rows.slice(from, to))
    for (const _ of ['once', 'and once more']) {
      const got: (readonly string[])[] = []
      for await (const some of spool.replay()) got.push(...some)
      assert.equal(got, rows)
    }
    await spool.close()
  })
}
spools.run()
