import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { openEventSpool } from '../../src/names/spool.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import { shapes } from '../foundation/shapes.ts'

const shelf = suite('a shelf of events')

const events = (api: ApiName): AuditEvent[] =>
  shapes.map(shape => {
    const resource = api === 'v2' ? v2Resource(shape) : v3Resource(shape, 'https://api.example.gov')
    // Indented, as v6 and v7 print it.
    return readEvent(Buffer.from(JSON.stringify(resource, null, 2)), api, shape.name)
  })

for (const api of ['v2', 'v3'] as const) {
  shelf(`gives back what was put there, page by page, byte for byte: ${api}`, async () => {
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

shelf('leaves nothing to be seen by others, not even while it is in use', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shelf-test-'))
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
shelf.run()
