import { rejects } from 'node:assert'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Api, v2, v3 } from '../../src/capi/api.ts'
import { BadRequest } from '../../src/capi/client.ts'
import { type Kind, readEvent } from '../../src/capi/event.ts'
import { UnrecognizedOutput } from '../../src/cf/curl.ts'
import { CfUnusable, Failed, Interrupted } from '../../src/errors.ts'
import { chunksOf } from '../../src/names/lookup.ts'
import { Names } from '../../src/names/resolve.ts'
import { event } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { oneLane } from '../one-lane.ts'

/** A GUID that says what it stands for. */
const guid = (what: string, number = 0) =>
  `${Buffer.from(what.padEnd(4, '0').slice(0, 4)).toString('hex')}-0000-4000-8000-${String(number).padStart(12, '0')}`

const read = (parts: Partial<StoredEvent>) =>
  readEvent(Buffer.from(JSON.stringify(v3Resource(event(parts), 'https://api.example.gov'))), 'v3', 'x')

/** What the lists show: names by GUID, by the last word of the path. */
type Lists = Readonly<Record<string, Readonly<Record<string, string | null>>>>

interface World {
  readonly lists?: Lists
  /** Newest first. */
  readonly events?: readonly Partial<StoredEvent>[]
  /** Thrown by questions whose path matches. */
  readonly failing?: readonly (readonly [RegExp, Error])[]
  readonly perPage?: number
}

const nameKey: Readonly<Record<string, string>> = { users: 'username', routes: 'url' }

/** A Cloud Foundry that answers lists of GUIDs and of targets, and writes down what it was asked. */
function world({ lists = {}, events = [], failing = [], perPage: most = 5000 }: World) {
  const asked: string[] = []
  const answer = (path: string): unknown => {
    const url = new URL(path, 'https://api.example.gov')
    const kind = url.pathname.split('/').at(-1) ?? ''
    const { searchParams } = url
    const perPage = Number(searchParams.get('per_page') ?? searchParams.get('results-per-page'))
    if (perPage > most) throw new BadRequest(`Per page must be between 1 and ${most}`, '')
    const targets = (
      searchParams.get('target_guids') ?? /^actee(?::| IN )(.*)/.exec(searchParams.get('q') ?? '')?.[1]
    )?.split(',')
    if (targets !== undefined) {
      const found = events.filter(({ actee }) => targets.includes(actee ?? '')).map(parts => event(parts))
      const page = found.slice(0, perPage)
      return url.pathname.startsWith('/v2')
        ? { total_results: found.length, resources: page.map(v2Resource) }
        : {
            pagination: { total_results: found.length },
            resources: page.map(each => v3Resource(each, 'https://api.example.gov')),
          }
    }
    const wanted = (searchParams.get('guids') ?? '').split(',')
    const resources = wanted
      .filter(each => Object.hasOwn(lists[kind] ?? {}, each))
      .map(each => ({ guid: each, [nameKey[kind] ?? 'name']: lists[kind]?.[each] }))
    return { pagination: { total_results: resources.length }, resources }
  }
  return {
    asked,
    lookup: (api: Api = v3) => ({
      api,
      concurrency: oneLane,
      async client<T>(path: string, readBody: (body: Buffer) => T) {
        asked.push(path)
        const failure = failing.find(([pattern]) => pattern.test(path))
        if (failure !== undefined) throw failure[1]
        return { value: readBody(Buffer.from(JSON.stringify(answer(path)))), date: undefined }
      },
    }),
  }
}

const names = suite('names')

const app = guid('app')
const user = guid('user')
const space = guid('spac')
const org = guid('orga')
const instance = guid('serv')
const route = guid('rout')
const domain = guid('doma')

const appEvent = (parts: Partial<StoredEvent> = {}): Partial<StoredEvent> => ({
  actee: app,
  acteeType: 'app',
  acteeName: 'my-app',
  ...parts,
})
const routeEvent = (parts: Partial<StoredEvent> = {}): Partial<StoredEvent> => ({
  actee: route,
  acteeType: 'route',
  acteeName: 'www',
  type: 'audit.route.share',
  ...parts,
})
const creation = routeEvent({
  type: 'audit.route.create',
  metadata: { request: { host: 'www', path: '/x', relationships: { domain: { data: { guid: domain } } } } },
})

/** What is known after a look at events of the export and, for what is wanted, at a world. */
const cases: readonly {
  readonly name: string
  readonly noted?: readonly Partial<StoredEvent>[]
  readonly world?: World
  readonly api?: Api
  readonly want: readonly [Kind, string]
  /** Name, source, state. */
  readonly expected: readonly [string | null, string | null, string]
  /** The questions, by what is asked for. */
  readonly asked: string
}[] = [
  {
    name: 'an event of the export names it: nobody is asked',
    noted: [appEvent()],
    world: { lists: { apps: { [app]: 'other' } } },
    want: ['app', app],
    expected: ['my-app', 'event', 'named'],
    asked: '',
  },
  {
    name: 'another event of the same target names it: no list is asked',
    world: { events: [appEvent()], lists: { apps: { [app]: 'other' } } },
    want: ['app', app],
    expected: ['my-app', 'event', 'named'],
    asked: 'audit_events',
  },
  {
    name: 'another event, through API v2',
    world: { events: [appEvent()] },
    api: v2,
    want: ['app', app],
    expected: ['my-app', 'event', 'named'],
    asked: 'events',
  },
  {
    name: 'only a list names it',
    world: { lists: { apps: { [app]: 'listed' } } },
    want: ['app', app],
    expected: ['listed', 'lookup', 'named'],
    asked: 'audit_events apps',
  },
  {
    name: 'nothing names it',
    want: ['app', app],
    expected: [null, null, 'not visible'],
    asked: 'audit_events apps',
  },
  {
    name: 'the newest name of several, whatever their order',
    noted: [
      appEvent({ timestamp: '2026-08-01T10:00:02Z', acteeName: 'new' }),
      appEvent({ timestamp: '2026-08-01T10:00:01Z', acteeName: 'old' }),
    ],
    want: ['app', app],
    expected: ['new', 'event', 'named'],
    asked: '',
  },
  {
    name: 'an empty name replaces none',
    noted: [
      appEvent({ timestamp: '2026-08-01T10:00:01Z' }),
      appEvent({ timestamp: '2026-08-01T10:00:02Z', acteeName: '' }),
    ],
    want: ['app', app],
    expected: ['my-app', 'event', 'named'],
    asked: '',
  },
  {
    name: 'deleted in the export, and in no list',
    noted: [appEvent({ type: 'audit.app.delete-request', acteeName: 'last' })],
    want: ['app', app],
    expected: ['last', 'event', 'deleted'],
    asked: 'apps',
  },
  {
    name: 'deleted in another event',
    world: { events: [appEvent({ type: 'audit.app.delete-request', acteeName: 'last' })] },
    want: ['app', app],
    expected: ['last', 'event', 'deleted'],
    asked: 'audit_events apps',
  },
  {
    name: 'a deletion that failed: it is listed still',
    noted: [appEvent({ type: 'audit.app.delete-request' })],
    world: { lists: { apps: { [app]: 'alive' } } },
    want: ['app', app],
    expected: ['alive', 'lookup', 'named'],
    asked: 'apps',
  },
  {
    name: 'deleted, and nothing tells its name',
    noted: [routeEvent({ type: 'audit.route.delete-request', acteeName: '' })],
    want: ['route', route],
    expected: [null, null, 'deleted'],
    asked: 'routes audit_events',
  },
  {
    name: 'a user name replaces an e-mail address, though that is newer',
    noted: [
      { actee: user, acteeType: 'user', acteeName: 'name', timestamp: '2026-08-01T10:00:01Z' },
      { actor: user, actorName: 'mail', timestamp: '2026-08-01T10:00:02Z' },
    ],
    want: ['user', user],
    expected: ['name', 'event', 'named'],
    asked: '',
  },
  {
    name: 'a user by e-mail address alone: the event has a name',
    noted: [{ actor: user, actorName: 'mail' }],
    world: { lists: { users: { [user]: 'name' } } },
    want: ['user', user],
    expected: ['mail', 'event', 'named'],
    asked: '',
  },
  {
    name: 'an email address that two users share: the list tells them apart',
    noted: [
      { actor: user, actorName: 'mail' },
      { actor: guid('oth'), actorName: 'mail' },
    ],
    world: { lists: { users: { [user]: 'name' } } },
    want: ['user', user],
    expected: ['name', 'lookup', 'named'],
    asked: 'users',
  },
  {
    name: 'the same where no list shows them: it is the name of neither',
    noted: [
      { actor: user, actorName: 'mail' },
      { actor: guid('oth'), actorName: 'mail' },
    ],
    want: ['user', user],
    expected: [null, null, 'not visible'],
    asked: 'users',
  },
  {
    name: 'a user that events know by GUID alone',
    noted: [{ actor: user, actorName: '' }],
    world: { lists: { users: { [user]: 'name' } } },
    want: ['user', user],
    expected: ['name', 'lookup', 'named'],
    asked: 'audit_events users',
  },
  {
    name: 'a user that the UAA has forgotten',
    world: { lists: { users: { [user]: null } } },
    want: ['user', user],
    expected: [null, null, 'nameless'],
    asked: 'audit_events users',
  },
  {
    name: 'a client: its id is its name, and nobody is asked',
    want: ['user', 'sandbox-bot'],
    expected: ['sandbox-bot', 'event', 'named'],
    asked: '',
  },
  {
    name: 'a route that is listed: its whole address, though events name its host',
    noted: [routeEvent()],
    world: { lists: { routes: { [route]: 'www.example.gov/x' } } },
    want: ['route', route],
    expected: ['www.example.gov/x', 'lookup', 'named'],
    asked: 'routes',
  },
  {
    name: 'a route of which nothing tells more than the host',
    noted: [routeEvent()],
    want: ['route', route],
    expected: ['www', 'event', 'host only'],
    asked: 'routes audit_events',
  },
  {
    name: 'a route that is gone: its address from its creation',
    noted: [creation, routeEvent({ type: 'audit.route.delete-request' })],
    world: { lists: { domains: { [domain]: 'example.gov' } } },
    want: ['route', route],
    expected: ['www.example.gov/x', 'event', 'deleted'],
    asked: 'routes domains',
  },
  {
    name: 'a route that is gone, whose domain is gone too: the host',
    noted: [creation, routeEvent({ type: 'audit.route.delete-request' })],
    want: ['route', route],
    expected: ['www', 'event', 'deleted'],
    asked: 'routes domains',
  },
  {
    name: 'a route of which the export has but the deletion: other events tell of its creation',
    noted: [routeEvent({ type: 'audit.route.delete-request' })],
    world: { events: [creation], lists: { domains: { [domain]: 'example.gov' } } },
    want: ['route', route],
    expected: ['www.example.gov/x', 'event', 'deleted'],
    asked: 'routes audit_events domains',
  },
  {
    name: 'a TCP route that is gone',
    noted: [
      routeEvent({
        type: 'audit.route.create',
        acteeName: '',
        metadata: { request: { port: 1024, domain_guid: domain } },
      }),
      routeEvent({ type: 'audit.route.delete-request', acteeName: '' }),
    ],
    world: { lists: { domains: { [domain]: 'tcp.example.gov' } } },
    want: ['route', route],
    expected: ['tcp.example.gov:1024', 'event', 'deleted'],
    asked: 'routes domains',
  },
  {
    name: 'a list that fails: not asked',
    world: { failing: [[/users/, new Failed('Status 503.', '')]] },
    want: ['user', user],
    expected: [null, null, 'not asked'],
    asked: 'audit_events users',
  },
  {
    name: 'events that fail: the list is asked all the same',
    world: {
      failing: [[/audit_events/, new Failed('Status 500.', '')]],
      lists: { apps: { [app]: 'listed' } },
    },
    want: ['app', app],
    expected: ['listed', 'lookup', 'named'],
    asked: 'audit_events apps',
  },
  {
    name: 'no session any more: nothing else is asked',
    world: { failing: [[/audit_events/, new CfUnusable('Your session has expired.', '')]] },
    want: ['app', app],
    expected: [null, null, 'not asked'],
    asked: 'audit_events',
  },
  {
    name: 'a wrapper of cf that knows no events: the list is asked',
    world: {
      failing: [[/audit_events/, new UnrecognizedOutput('What?', '')]],
      lists: { apps: { [app]: 'listed' } },
    },
    want: ['app', app],
    expected: ['listed', 'lookup', 'named'],
    asked: 'audit_events apps',
  },
]
for (const { name, noted = [], world: given = {}, api, want, expected, asked } of cases) {
  names(name, async () => {
    const found = new Names()
    for (const parts of noted) found.note(read(parts))
    found.want(...want)
    const { asked: questions, lookup } = world(given)
    await found.lookUp(lookup(api))
    const { name: got, source, state } = found.of(...want)
    assert.equal([got, source, state], expected)
    assert.is(questions.map(path => /\/v\d\/(\w+)/.exec(path)?.[1]).join(' '), asked)
  })
}

names('a space and an org have lists of their own; so have instances', async () => {
  const found = new Names()
  for (const [kind, of] of [
    ['space', space],
    ['organization', org],
    ['service_instance', instance],
  ] as const)
    found.want(kind, of)
  const { lookup } = world({
    lists: {
      spaces: { [space]: 'dev' },
      organizations: { [org]: 'demo-org' },
      service_instances: { [instance]: 'db' },
    },
  })
  await found.lookUp(lookup())
  assert.equal(
    [...found.all()].map(([, { kind, name }]) => `${kind} ${name}`),
    ['service_instance db', 'space dev', 'organization demo-org'],
  )
})

names('each GUID is asked for once in each place, in chunks', async () => {
  const found = new Names()
  const apps = Array.from({ length: 400 }, (_, number) => guid('app', number))
  for (const each of [...apps, ...apps]) found.want('app', each)
  const { asked, lookup } = world({})
  await found.lookUp(lookup())
  for (const kind of ['audit_events', 'apps']) {
    const guids = asked
      .filter(path => path.includes(`/${kind}?`))
      .flatMap(path => (/guids=([^&]*)/.exec(path)?.[1] ?? '').split(','))
    assert.equal(guids.toSorted(), apps.toSorted(), kind)
    for (const path of asked) assert.ok(path.length < 8000, `${path.length}`)
  }
  assert.is(asked.length, 6)
  assert.is(found.outcome().questions, 6)
})

names('what is not wanted is not asked for, and not given', async () => {
  const found = new Names()
  found.note(read(appEvent()))
  const { asked, lookup } = world({})
  await found.lookUp(lookup())
  assert.equal(asked, [])
  assert.equal([...found.all()], [])
})

names('many events of a few targets: what has been seen is left out of the next question', async () => {
  const busy = Array.from({ length: 1500 }, () => appEvent({ actee: guid('busy') }))
  const found = new Names()
  found.want('app', guid('busy'))
  found.want('app', guid('rare'))
  const { asked, lookup } = world({ events: [...busy, appEvent({ actee: guid('rare'), acteeName: 'rare' })] })
  await found.lookUp(lookup())
  assert.is(found.of('app', guid('rare')).name, 'rare')
  assert.is(asked.length, 2)
  assert.match(asked[0] ?? '', /target_guids=[^&,]+,[^&]+&order_by=-created_at&page=1&per_page=1000$/)
  assert.match(asked[1] ?? '', new RegExp(`target_guids=${guid('rare')}&`))
})

names('an API whose pages are smaller is obeyed', async () => {
  const found = new Names()
  found.want('app', app)
  const { asked, lookup } = world({ events: [appEvent()], perPage: 100 })
  await found.lookUp(lookup())
  assert.is(found.of('app', app).name, 'my-app')
  assert.match(asked.at(-1) ?? '', 'per_page=100')
})

names('an API that promises more and gives nothing is not asked for ever', async () => {
  const found = new Names()
  found.want('app', app)
  let questions = 0
  await found.lookUp({
    api: v3,
    concurrency: oneLane,
    async client(path, readBody) {
      if (path.includes('audit_events') && ++questions > 3) throw new Error('This never ends')
      const total = path.includes('audit_events') ? 5 : 0
      const body = JSON.stringify({ pagination: { total_results: total }, resources: [] })
      return { value: readBody(Buffer.from(body)), date: undefined }
    },
  })
  assert.is(questions, 1)
})

names('a source that has failed is not asked again, and told once', async () => {
  const found = new Names()
  for (let number = 0; number < 400; number++) found.want('user', guid('user', number))
  const { asked, lookup } = world({ failing: [[/v3\/users/, new Failed('Status 503.', '')]] })
  await found.lookUp(lookup())
  assert.is(asked.filter(path => path.includes('/users')).length, 1)
  assert.equal([...found.outcome().failures], [['user', 'Status 503.']])
})

names('an interruption is no failure to make do with', async () => {
  const found = new Names()
  found.want('app', app)
  const { lookup } = world({ failing: [[/./, new Interrupted('SIGINT')]] })
  await rejects(found.lookUp(lookup()), Interrupted)
})

names('a mistake of ours is not hidden', async () => {
  const found = new Names()
  found.want('app', app)
  const { lookup } = world({ failing: [[/./, new TypeError('oops')]] })
  await rejects(found.lookUp(lookup()), TypeError)
})

names('side by side as far as the lanes allow, and found out only where that is worth it', async () => {
  for (const [count, renewals, width] of [
    [100, 0, 1],
    [1000, 2, 3],
  ] as const) {
    const found = new Names()
    for (let number = 0; number < count; number++) found.want('app', guid('app', number))
    let renewed = 0
    let running = 0
    let most = 0
    const { lookup } = world({})
    const { client: answer, api } = lookup()
    await found.lookUp({
      api,
      concurrency: { refresh: async () => void renewed++, limit: () => (renewed > 0 ? 3 : 1) },
      async client(path, readBody) {
        most = Math.max(most, ++running)
        await new Promise(done => setImmediate(done))
        running--
        return answer(path, readBody)
      },
    })
    assert.equal([renewed, most], [renewals, width], `${count}`)
  }
})

names('the outcome counts what was found, where, and why not', async () => {
  const found = new Names()
  found.note(read(appEvent()))
  found.note(read(appEvent({ actee: guid('gone'), type: 'audit.app.delete-request' })))
  for (const each of [app, guid('gone'), guid('list'), guid('none')]) found.want('app', each)
  found.want('user', 'sandbox-bot')
  found.want('user', user)
  const { lookup } = world({
    lists: { apps: { [guid('list')]: 'x' } },
    failing: [[/users/, new Failed('Status 503.', '')]],
  })
  await found.lookUp(lookup())
  const { without, failures, ...counts } = found.outcome()
  assert.equal(counts, { total: 6, byEvents: 3, byLists: 1, deleted: 1, questions: 3 })
  assert.equal(
    [...without].map(([state, kinds]) => [state, [...kinds]]),
    [
      ['not asked', [['user', 1]]],
      ['not visible', [['app', 1]]],
    ],
  )
  assert.is(failures.size, 1)
})
names.run()

const chunks = suite('chunks')
chunks('at most 150 GUIDs', () => {
  const all = Array.from({ length: 301 }, (_, number) => guid('x', number))
  assert.equal(
    chunksOf(all).map(({ length }) => length),
    [150, 150, 1],
  )
  assert.equal(chunksOf(all).flat(), all)
})
chunks('fewer where they are long, for escapes are', () => {
  const all = Array.from({ length: 40 }, (_, number) => `${'%'.repeat(60)}${number}`)
  for (const chunk of chunksOf(all))
    assert.ok(chunk.map(encodeURIComponent).map(encodeURIComponent).join().length <= 5600)
  assert.equal(chunksOf(all).flat(), all)
})
chunks('one that is too long stands alone; none gives none', () => {
  assert.equal(chunksOf(['x'.repeat(9000), 'y']).length, 2)
  assert.equal(chunksOf([]), [])
})
chunks.run()
