import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getRoot, type Root } from '../../src/capi/api.ts'
import { type CapiClient, EndpointMissing } from '../../src/capi/client.ts'

const root = suite('what an API says of itself')

const read = (body: string) => {
  const client: CapiClient = async (path, read) => {
    assert.is(path, '/')
    return { value: read(Buffer.from(body)), date: 7 }
  }
  return getRoot(client)
}

const link = (version: string) => ({ href: 'https://x', meta: { version } })
const rows: readonly (readonly [links: unknown, root: Root])[] = [
  [
    { cloud_controller_v2: link('2.293.0'), cloud_controller_v3: link('3.228.0') },
    { v3: '3.228.0', v2: '2.293.0' },
  ],
  [
    { cloud_controller_v3: link('3.228.0'), credhub: null },
    { v3: '3.228.0', v2: undefined },
  ],
  [
    { cloud_controller_v2: null, cloud_controller_v3: { href: 'https://x' } },
    { v3: '', v2: undefined },
  ],
  [{ cloud_controller_v2: link('2.100.0') }, { v3: '', v2: '2.100.0' }],
]
for (const [links, expected] of rows) {
  root(JSON.stringify(links), async () => {
    assert.equal((await read(`${JSON.stringify({ links })}\nA warning that v6 adds.\n`)).value, expected)
  })
}

root('its clock comes along', async () => {
  assert.is((await read('{"links":{"cloud_controller_v3":{}}}')).date, 7)
})

for (const body of [
  '',
  '{}',
  '{"links":{}}',
  '{"links":7}',
  '[]',
  'null',
  '<html>',
  '{"links":{"self":{}}}',
]) {
  root(`no Cloud Controller: ${body}`, async () => {
    assert.instance(await read(body).catch(error => error), EndpointMissing)
  })
}

root.run()
