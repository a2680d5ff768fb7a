import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CapiClient } from '../../src/capi/client.ts'
import { findUsers } from '../../src/capi/users.ts'
import { Failed, Interrupted } from '../../src/errors.ts'

const users = suite('users by name')

/** A list of users that answers as the UAA does: names in any case. */
function world(all: Readonly<Record<string, string>>, failing?: (call: number) => Error | undefined) {
  const paths: string[] = []
  const client = (async (path, read) => {
    paths.push(path)
    const error = failing?.(paths.length)
    if (error !== undefined) throw error
    const names = (new URL(path, 'https://api.x').searchParams.get('usernames') ?? '')
      .split(',')
      .map(name => decodeURIComponent(name).toLowerCase())
    const resources = Object.entries(all)
      .filter(([, username]) => names.includes(username.toLowerCase()))
      .map(([guid, username]) => ({ guid, username }))
    const body = { pagination: { total_results: resources.length }, resources }
    return { value: read(Buffer.from(JSON.stringify(body))), date: undefined }
  }) as CapiClient
  return { client, paths }
}

users('by their words, in any case, with a GUID for each origin; who is not there has none', async () => {
  const { client, paths } = world({ g1: 'Ann', g2: 'ann', g3: 'bob' })
  const { guids, trouble } = await findUsers(client, ['ANN', 'bob', 'eve'])
  assert.equal(
    [...guids],
    [
      ['ANN', ['g1', 'g2']],
      ['bob', ['g3']],
    ],
  )
  assert.is(trouble, undefined)
  assert.is(paths.length, 1)
})

users('a name that looks like a GUID, as those of service accounts do', async () => {
  const name = '5e5e5e5e-2222-4333-8444-555555555551'
  const { client } = world({ 'd1d1d1d1-1111-4222-8333-444444444444': name })
  const { guids } = await findUsers(client, [name.toUpperCase()])
  assert.equal(guids.get(name.toUpperCase()), ['d1d1d1d1-1111-4222-8333-444444444444'])
})

users('words that differ in their letters alone mean the same user', async () => {
  const { client } = world({ g1: 'ann' })
  const { guids } = await findUsers(client, ['ann', 'ANN'])
  assert.equal([guids.get('ann'), guids.get('ANN')], [['g1'], ['g1']])
})

users('commas are escaped twice, as the API unescapes twice', async () => {
  const { client, paths } = world({})
  await findUsers(client, ['ann,bob'])
  assert.match(paths[0] ?? '', 'usernames=ann%252Cbob&')
})

users('more names than a request line holds are several requests', async () => {
  const { client, paths } = world({})
  await findUsers(
    client,
    Array.from({ length: 300 }, (_, number) => `${'x'.repeat(60)}${number}`),
  )
  assert.ok(paths.length > 1)
  for (const path of paths) assert.ok(path.length < 8000)
})

users('what was found before a failure is kept, with the failure', async () => {
  const names = ['ann', ...Array.from({ length: 300 }, (_, number) => `${'x'.repeat(60)}${number}`)]
  const { client } = world({ g1: 'ann' }, call => (call > 1 ? new Failed('The UAA is down.', '') : undefined))
  const { guids, trouble } = await findUsers(client, names)
  assert.equal(guids.get('ann'), ['g1'])
  assert.is(trouble?.message, 'The UAA is down.')
})

users('an interruption and a bug are no answers', async () => {
  for (const error of [new Interrupted('SIGINT'), new TypeError('oops')]) {
    await rejects(findUsers(world({}, () => error).client, ['ann']), error)
  }
})
users.run()
