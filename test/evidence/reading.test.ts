import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v2, v3 } from '../../src/capi/api.ts'
import type { Response } from '../../src/cf/curl.ts'
import type { Context } from '../../src/context.ts'
import { type AuditError, Failed, Incomplete, Interrupted, NotFound } from '../../src/errors.ts'
import { apisFor, openReading, type Reading, type ReadingRequest } from '../../src/evidence/reading.ts'
import type { Scope } from '../../src/options/scope.ts'
import { seconds } from '../../src/time.ts'
import { listen } from '../messages.ts'

const guid = (number: number) => `72656164-0000-4000-8000-${String(number).padStart(12, '0')}`
const [ann, oldOrg, newOrg, other, space] = [1, 2, 3, 4, 5].map(guid) as [
  string,
  string,
  string,
  string,
  string,
]
const now = Date.parse('2026-11-22T13:14:15Z')

/** A foundation that can be changed while it is read. */
interface World {
  /** GUIDs by name. */
  orgs: Record<string, string>
  /** How many events each org has, by GUID: one a second. */
  events: Record<string, number>
  /** Types of roles by the GUID of their org. */
  roles: Record<string, string>
  /** The login file. */
  login:
    | { user: string; guid?: string; isGlobalReader: boolean; org?: { name: string; guid: string } }
    | undefined
  parallel: number
  /** Paths that fail, and how. */
  failing: readonly (readonly [RegExp, Error | number])[]
}

function open(changes: Partial<World> = {}) {
  const world: World = {
    orgs: { a: newOrg, b: other },
    events: { [oldOrg]: 3, [newOrg]: 2, [other]: 1 },
    roles: {
      [oldOrg]: 'organization_auditor',
      [newOrg]: 'organization_auditor',
      [other]: 'organization_auditor',
    },
    login: { user: 'ann', isGlobalReader: false },
    parallel: 4,
    failing: [],
    ...changes,
  }
  const log: string[] = []
  const files: Record<string, unknown> = {}
  let under = 0
  let most = 0

  /** A call of cf, which takes a while: cf curl longer than cf org, and a page of events longest. */
  async function call<T>(what: string, answer: () => T): Promise<T> {
    log.push(what)
    most = Math.max(most, ++under)
    try {
      const turns = what.includes('audit_events') ? 100 : what.startsWith('/') ? 20 : 5
      for (let turn = 0; turn < turns; turn++) await new Promise(done => setImmediate(done))
      return answer()
    } finally {
      under--
      log.push(`end of ${what}`)
    }
  }

  const list = (all: readonly { created_at: string }[], query: URLSearchParams) => {
    const from = query.get('created_ats[gte]') ?? ''
    const until = query.get('created_ats[lt]') ?? '9'
    const found = all.filter(({ created_at }) => created_at >= from && created_at < until)
    const perPage = Number(query.get('per_page'))
    const start = (Number(query.get('page')) - 1) * perPage
    return { pagination: { total_results: found.length }, resources: found.slice(start, start + perPage) }
  }

  function answer(path: string): object | number {
    const { pathname, searchParams } = new URL(path, 'https://api.x')
    const failing = world.failing.find(([pattern]) => pattern.test(path))?.[1]
    if (failing instanceof Error) throw failing
    if (failing !== undefined) return failing
    const guids = searchParams.get('organization_guids')?.split(',')
    if (pathname === '/v3/audit_events') {
      const all = Object.entries(world.events).filter(([org]) => guids?.includes(org) ?? true)
      return list(
        all
          .flatMap(([org, count]) =>
            Array.from({ length: count }, (_, index) => ({
              guid: `${org}-${index}`,
              created_at: seconds(now - 86_400_000 + index * 1000),
              type: 'audit.app.start',
              organization: { guid: org },
            })),
          )
          .sort((x, y) => (x.created_at < y.created_at ? -1 : 1)),
        searchParams,
      )
    }
    if (pathname === '/v2/events') return { total_results: 0, resources: [] }
    if (pathname === '/v3/roles') {
      const roles = Object.entries(world.roles).map(([org, type], index) => ({
        guid: `role-${index}`,
        created_at: seconds(index * 1000),
        type,
        relationships: {
          organization: { data: type.startsWith('org') ? { guid: org } : null },
          space: { data: type.startsWith('org') ? null : { guid: space } },
        },
      }))
      const spaces = [
        { guid: space, name: 'dev', relationships: { organization: { data: { guid: newOrg } } } },
      ]
      return { ...list(roles, searchParams), included: { spaces } }
    }
    if (pathname === '/v3/spaces') {
      const spaces = [
        {
          guid: space,
          name: 'dev',
          created_at: '',
          relationships: { organization: { data: { guid: newOrg } } },
        },
      ]
      return list(spaces, searchParams)
    }
    if (pathname === '/v3/organizations') {
      const wanted = searchParams.get('guids')?.split(',') ?? []
      const orgs = Object.entries(world.orgs).map(([name, guid]) => ({ name, guid, created_at: '' }))
      return list(
        orgs.filter(({ guid }) => wanted.includes(guid)),
        searchParams,
      )
    }
    return { pagination: { total_results: 0 }, resources: [] } // Usage events.
  }

  const cf = {
    curl: (path: string): Promise<Response> =>
      call(path.replace(/\?.*?organization_guids=([\w-]+).*|\?.*/, ' $1').trim(), () => {
        const found = answer(path)
        const status = typeof found === 'number' ? found : 200
        return { status, headers: new Map(), body: Buffer.from(JSON.stringify(status === 200 ? found : {})) }
      }),
    orgGuid: (name: string) =>
      call(`org ${name}`, () => {
        const found = world.orgs[name]
        if (found === undefined) throw new NotFound(`no org named ${name}`, '')
        return found
      }),
    savedLogin: async () =>
      world.login && { api: 'https://api.x', guid: ann, isClient: false, ...world.login },
    target: () => call('target', () => ({ user: 'ann' })),
    targetedOrg: () => call('target', () => 'a'),
    concurrency: () => ({ limit: () => world.parallel, refresh: async () => {}, afterCall() {} }),
    diagnoseEmptyOutput: async () => undefined,
  }
  const context = {
    cf: async () => cf,
    cache: async (name: string) => ({
      read: async () => files[name] ?? {},
      write: async (value: unknown) => {
        files[name] = value
      },
    }),
    env: {},
    messages: listen().messages,
    progress: { waiting() {}, pause() {}, start() {} },
    prompter: undefined,
    wait: async () => {},
    now: () => now,
    signal: new AbortController().signal,
  } as unknown as Context
  const read = (orgs: Scope['orgs'], more: Partial<Scope> = {}, request: Partial<ReadingRequest> = {}) =>
    openReading(
      {
        scope: { orgs, spaces: [], ...more },
        connection: { bin: undefined, timeoutMs: 1000, maxWaitMs: 1000 },
        apis: [v3],
        concurrency: 4,
        query: where => ({ ...where, order: 'time' }),
        ...request,
      },
      context,
    )
  return { world, log, files, read, most: () => most, under: () => under }
}

/** The orgs of the events of a reading, each once, and how many there are. */
async function orgsOf({ listing }: Reading): Promise<[count: number, ...orgs: string[]]> {
  const orgs = new Set<string>()
  let count = 0
  for await (const page of listing.events) {
    count += page.length
    for (const { orgGuid } of page) orgs.add(orgGuid)
  }
  return [count, ...orgs]
}

const at = (log: readonly string[], what: string | RegExp) =>
  log.findIndex(line => (typeof what === 'string' ? line === what : what.test(line)))

const beside = suite('the first page beside cf org')

const targeting = (guid: string) => ({ user: 'ann', isGlobalReader: false, org: { name: 'a', guid } })

for (const orgs of ['targeted', ['a']] as const) {
  beside(`${orgs}, with the GUID of the login file: three calls side by side, each once`, async () => {
    const { read, log, most } = open({ login: targeting(newOrg) })
    const reading = await read(orgs)
    assert.equal(log.filter(line => !line.startsWith('end')).sort(), [
      `/v3/audit_events ${newOrg}`,
      '/v3/roles',
      'org a',
    ])
    assert.is(most(), 3)
    assert.equal(await orgsOf(reading), [2, newOrg])
    assert.equal(reading.scope.orgs, [{ name: 'a', guid: newOrg }])
  })

  beside(`${orgs}, with a GUID that is out of date: not one row of the other org`, async () => {
    const { read, log } = open({ login: targeting(oldOrg) })
    const reading = await read(orgs)
    assert.equal(await orgsOf(reading), [2, newOrg])
    assert.equal(reading.where.orgGuids, [newOrg])
    // The wrong call was let end before the right one began.
    assert.ok(
      at(log, `end of /v3/audit_events ${oldOrg}`) < at(log, `/v3/audit_events ${newOrg}`),
      log.join('\n'),
    )
    assert.is(log.filter(line => line === '/v3/roles').length, 2)
  })
}

beside('a name that this user had before: with the GUID of that time', async () => {
  const { read, log, world } = open()
  assert.equal(await orgsOf(await read(['a', 'b'])), [3, newOrg, other])
  assert.ok(at(log, 'end of org b') < at(log, /^\/v3\/audit_events/), 'a guess without a memory')
  log.length = 0
  assert.equal(await orgsOf(await read(['a', 'b'])), [3, newOrg, other])
  assert.ok(at(log, /^\/v3\/audit_events/) < at(log, 'end of org a'), log.join('\n'))
  log.length = 0
  world.orgs = { ...world.orgs, b: oldOrg }
  assert.equal(
    await orgsOf(await read(['a', 'b'])),
    [5, oldOrg, newOrg].sort((x, y) => (x < y ? -1 : 1)),
  )
})

beside('a GUID that was typed is no guess', async () => {
  const { read, log } = open()
  assert.equal(await orgsOf(await read([other])), [1, other])
  assert.is(log.filter(line => line.startsWith('/v3/audit_events')).length, 1)
})

beside('an org that cannot be found any more: its error, after the other calls have ended', async () => {
  const { read, under, world } = open({ login: targeting(oldOrg), orgs: {} })
  await rejects(read(['a']), (error: AuditError) => error instanceof NotFound)
  assert.is(under(), 0)
  assert.equal(world.orgs, {})
})

beside('what fails for a wrong guess alone is not the error', async () => {
  const { read } = open({ login: targeting(oldOrg), failing: [[new RegExp(`audit_events.*${oldOrg}`), 403]] })
  assert.equal(await orgsOf(await read(['a'])), [2, newOrg])
})

beside('what fails for a right guess is the error, once all calls have ended', async () => {
  const { read, under } = open({
    login: targeting(newOrg),
    failing: [[/audit_events/, new Failed('It failed.', '')]],
  })
  await rejects(read(['a']), /It failed/)
  assert.is(under(), 0)
})

for (const [what, changes, orgs, more] of [
  ['where calls may not run side by side', { parallel: 1, login: targeting(newOrg) }, ['a'], {}],
  ['where no login is saved', { login: undefined }, ['a'], {}],
  ['for a name that was never seen', {}, ['a'], {}],
  ['where spaces are named', { login: targeting(newOrg) }, ['a'], { spaces: ['dev'] }],
] as const) {
  beside(`nothing is guessed ${what}`, async () => {
    const { read, log, most } = open(changes)
    await read(orgs, more)
    assert.ok(at(log, 'end of org a') < at(log, /^\/v3\/audit_events/), log.join('\n'))
    if ('parallel' in changes) assert.is(most(), 1)
  })
}

beside('the memory is of this user', async () => {
  const { read, log, world } = open()
  await read(['a'])
  world.login = { user: 'bob', guid: other, isGlobalReader: false }
  log.length = 0
  await read(['a'])
  assert.ok(at(log, 'end of org a') < at(log, /^\/v3\/audit_events/), log.join('\n'))
})

beside('all orgs are one listing, without a call for any', async () => {
  const { read, log } = open()
  const reading = await read('all')
  assert.equal((await orgsOf(reading))[0], 6)
  assert.is(reading.scope.orgs, undefined)
  assert.is(at(log, /^org /), -1)
})
beside.run()

const ends = suite('the end of a reading')

async function conclude(reading: Reading) {
  await orgsOf(reading)
  return reading.conclude()
}
const many = { [newOrg]: 5001 }

ends('one answer is not looked at twice', async () => {
  const { read, log } = open()
  const { proof, visibility, user } = await conclude(await read(['a']))
  assert.is(proof.read, 2)
  assert.equal(visibility, { sees: 'all' })
  assert.is(user.user, 'ann')
  assert.is(log.filter(line => line === '/v3/roles').length, 1)
})

ends('after several answers the roles are looked up again: the same', async () => {
  const { read, log } = open({ events: many })
  const { proof, visibility } = await conclude(await read(['a']))
  assert.is(proof.read, 5001)
  assert.equal(visibility, { sees: 'all' })
  assert.is(log.filter(line => line === '/v3/roles').length, 2)
})

ends('the second look begins after the last answer, and does not wait for the last events', async () => {
  const { read, log } = open({ events: many })
  const reading = await read(['a'])
  await reading.listing.events.next()
  const looks = () => log.filter(line => line === '/v3/roles').length
  for (let turn = 0; turn < 1000 && looks() < 2; turn++) await new Promise(done => setImmediate(done))
  assert.is(looks(), 2)
  const isPage = (line: string) => line.includes('audit_events')
  assert.ok(log.lastIndexOf('/v3/roles') > log.findLastIndex(isPage))
  assert.is(
    log.filter(line => line.startsWith('end of') && isPage(line)).length,
    log.filter(isPage).length / 2,
  )
  await conclude(reading)
  assert.is(log.filter(line => line === '/v3/roles').length, 2)
})

ends('where a few events will do, there is no second look before the end', async () => {
  const { read, log } = open({ events: many })
  const reading = await read(['a'], {}, { limit: 5001 })
  await orgsOf(reading)
  for (let turn = 0; turn < 50; turn++) await new Promise(done => setImmediate(done))
  assert.is(log.filter(line => line === '/v3/roles').length, 1)
  await reading.conclude()
  assert.is(log.filter(line => line === '/v3/roles').length, 2)
})

ends('a role that was taken away meanwhile: exit code 6', async () => {
  const { read, world } = open({ events: many })
  const reading = await read(['a'])
  world.roles = { [other]: 'organization_auditor' }
  await orgsOf(reading)
  await rejects(reading.conclude(), (error: Incomplete) => {
    assert.instance(error, Incomplete)
    assert.match(error.message, /roles changed/)
    return true
  })
})

for (const first of [true, false]) {
  ends(`where the ${first ? 'first' : 'second'} look fails, what the roles show is unknown`, async () => {
    const failing = [[/\/v3\/roles/, 500]] as const
    const { read, world } = open({ events: many, failing: first ? failing : [] })
    const reading = await read(['a'])
    world.failing = first ? [] : failing
    await orgsOf(reading)
    assert.is((await reading.conclude()).visibility.sees, 'unknown')
  })
}

ends('an org that is gone meanwhile: exit code 6, for a global reader too', async () => {
  const { read, world } = open({ events: many, login: { user: 'ann', isGlobalReader: true } })
  const reading = await read(['a'])
  world.orgs = {}
  await orgsOf(reading)
  await rejects(reading.conclude(), (error: Incomplete) => {
    assert.instance(error, Incomplete)
    assert.match(error.message, /org was deleted/)
    return true
  })
})

ends('a GUID that was typed may be that of an org which was deleted before', async () => {
  const { read } = open({ orgs: {}, events: many, login: { user: 'ann', isGlobalReader: true } })
  assert.equal((await conclude(await read([newOrg]))).visibility, { sees: 'all' })
})

ends('visibility is that of the API which answered', async () => {
  const supporter = { [newOrg]: 'space_supporter' }
  const { read } = open({ roles: supporter })
  assert.is((await conclude(await read(['a']))).visibility.sees, 'some')
  const withoutV3 = open({ roles: supporter, failing: [[/\/v3\/audit_events/, 404]] })
  const reading = await withoutV3.read(['a'], {}, { apis: [v3, v2] })
  assert.is(reading.listing.api, v2)
  assert.is((await conclude(reading)).visibility.sees, 'none')
})

ends('names of spaces come with the look at the roles', async () => {
  const { read } = open({ roles: { [newOrg]: 'space_developer' } })
  assert.equal([...(await read(['a'])).names.spaces], [[space, 'dev']])
})

ends('an interruption is not taken for an answer about roles', async () => {
  const { read } = open({ failing: [[/\/v3\/roles/, new Interrupted('SIGINT')]] })
  await rejects(read(['a']), Interrupted)
})
ends.run()

const apis = suite('which API is read')

apis('v3 first; for the documented recipe v2 first; or the one that was asked for', () => {
  assert.equal(apisFor('auto'), [v3, v2])
  assert.equal(apisFor('auto', true), [v2, v3])
  assert.equal(apisFor('v2'), [v2])
  assert.equal(apisFor('v3', true), [v3])
})
apis.run()
