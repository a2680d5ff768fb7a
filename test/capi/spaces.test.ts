import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createClient } from '../../src/capi/client.ts'
import { asGuid } from '../../src/capi/event.ts'
import { listSpaces, noSpacesListed, noSuchSpace, type Space } from '../../src/capi/orgs-and-spaces.ts'
import type { Response } from '../../src/cf/curl.ts'
import { type AuditError, NotFound } from '../../src/errors.ts'

const guid = (number: number) => `73706163-0000-4000-8000-${String(number).padStart(12, '0')}`

const guids = suite('what a GUID looks like')

for (const [text, is] of [
  [guid(1), guid(1)],
  ['73706163-ABCD-4000-8000-00000000000F', '73706163-abcd-4000-8000-00000000000f'],
  ['dev', undefined],
  ['', undefined],
  [` ${guid(1)}`, undefined],
  [`${guid(1)}\n`, undefined],
  [`${guid(1)}0`, undefined],
  ['73706163-0000-4000-8000-00000000000g', undefined],
  ['73706163000040008000000000000001', undefined],
  ['sandbox-bot', undefined],
] as const) {
  guids(JSON.stringify(text), () => assert.is(asGuid(text), is))
}
guids.run()

const spaces = suite('spaces by name')

interface Asked {
  readonly spaces: Space[] | undefined
  readonly error: AuditError | undefined
  readonly paths: readonly string[]
}

async function list(
  names: readonly string[] | undefined,
  orgGuids: readonly string[],
  answer: { status?: number; body: unknown },
): Promise<Asked> {
  const paths: string[] = []
  const client = createClient({
    async curl(path): Promise<Response> {
      paths.push(path)
      return {
        status: answer.status ?? 200,
        headers: new Map(),
        body: Buffer.from(JSON.stringify(answer.body)),
      }
    },
    diagnoseEmptyOutput: async () => undefined,
    wait: async () => {},
    now: () => 0,
    maxWaitMs: 1000,
    note: () => {},
    random: () => 0,
  })
  try {
    return { spaces: await listSpaces(client, names, orgGuids), error: undefined, paths }
  } catch (error) {
    return { spaces: undefined, error: error as AuditError, paths }
  }
}

const space = (number: number, name: unknown, orgGuid: unknown = 'o-1') => ({
  guid: guid(number),
  name,
  relationships: { organization: { data: { guid: orgGuid } } },
})
const page = (...resources: object[]) => ({
  body: { pagination: { total_results: resources.length }, resources },
})

spaces('one call for all names in all orgs', async () => {
  const { spaces, paths } = await list(
    ['dev', 'prod'],
    ['o-1', 'o-2'],
    page(space(1, 'dev'), space(2, 'prod', 'o-2')),
  )
  assert.equal(spaces, [
    { guid: guid(1), name: 'dev', orgGuid: 'o-1' },
    { guid: guid(2), name: 'prod', orgGuid: 'o-2' },
  ])
  assert.equal(paths, [
    '/v3/spaces?names=dev,prod&organization_guids=o-1,o-2&order_by=created_at&page=1&per_page=5000',
  ])
})

for (const [name, path] of [
  ['a, b', 'a%252C%2520b'],
  ['a&b=c#d', 'a%2526b%253Dc%2523d'],
  ['50%2C', '50%25252C'],
  ['Köln', 'K%25C3%25B6ln'],
] as const) {
  spaces(`${name}: Cloud Controller splits at commas and unescapes each part once more`, async () => {
    const { paths } = await list([name, 'x'], ['o-1'], page())
    assert.equal(paths, [
      `/v3/spaces?names=${path},x&organization_guids=o-1&order_by=created_at&page=1&per_page=5000`,
    ])
  })
}

spaces('without names: all of them', async () => {
  const { paths } = await list(undefined, ['o-1'], page())
  assert.equal(paths, ['/v3/spaces?organization_guids=o-1&order_by=created_at&page=1&per_page=5000'])
})

spaces('what has no name or org is no reason to stumble', async () => {
  const { spaces } = await list(['dev'], ['o-1'], page({ guid: guid(1), name: null }))
  assert.equal(spaces, [{ guid: guid(1), name: '', orgGuid: '' }])
})

const failures = [
  ['no such list', 404, { errors: [{ code: 10000, detail: 'Unknown request' }] }, 5, /Cannot list spaces/],
  ['forbidden', 403, { errors: [{ code: 10003, detail: 'You are not authorized' }] }, 4, /Permission denied/],
  ['an expired session', 401, { errors: [{ code: 1000, detail: 'Invalid Auth Token' }] }, 3, /session/],
  ['something else', 200, { hello: 1 }, 5, /not a list/],
] as const
for (const [what, status, body, exitCode, words] of failures) {
  spaces(`${what}: exit code ${exitCode}, and words`, async () => {
    const { error } = await list(['dev'], ['o-1'], { status, body })
    assert.is(error?.exitCode, exitCode)
    assert.match(`${error?.message}`, words)
    assert.is.not(error?.advice, '')
  })
}

spaces('what cannot be found says why, and that a GUID works: exit code 4', () => {
  for (const error of [noSuchSpace('dev', 'demo-org'), noSpacesListed('dev', 'demo-org')]) {
    assert.instance(error, NotFound)
    assert.is(error.exitCode, 4)
    assert.match(error.message, /dev/)
    assert.match(error.message, /demo-org/)
    assert.match(error.advice, /GUID.*--columns \+space_guid/)
  }
  assert.match(
    noSpacesListed('dev', 'demo-org').message,
    /Org Auditors see all events but cannot list spaces/,
  )
})
spaces.run()
