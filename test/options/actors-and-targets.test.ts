import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import type { KnownUsers } from '../../src/capi/users.ts'
import { Failed, UsageError } from '../../src/errors.ts'
import {
  type ActorsAndTargets,
  actorsAndTargetsOf,
  createActorTargetFilter,
  targetsToAsk,
} from '../../src/options/actors-and-targets.ts'
import { event } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { listen } from '../messages.ts'

const guid = (number: number) => `70617274-0000-4000-8000-${String(number).padStart(12, '0')}`
const bob = { actor: guid(1), actorName: 'Bob@Example.gov', actorUsername: 'bob' }
const eve = { actor: guid(2), actorName: 'eve@example.gov', actorUsername: 'eve' }
const bot = { actor: 'sandbox-bot', actorName: '', actorUsername: '' }

const stored: readonly StoredEvent[] = [
  event({ guid: guid(11), ...bob, actee: guid(21), acteeName: 'my-app' }),
  event({ guid: guid(12), ...eve, actee: guid(1), acteeName: 'bob' }),
  event({ guid: guid(13), ...bot, actee: guid(22), acteeName: '' }),
  event({
    guid: guid(14),
    ...eve,
    actee: guid(23),
    acteeName: '',
    metadata: { request: { relationships: { user: { data: { username: 'carol' } } } } },
  }),
]
const read = (api: 'v2' | 'v3'): AuditEvent[] =>
  stored.map(each =>
    readEvent(
      Buffer.from(JSON.stringify(api === 'v2' ? v2Resource(each) : v3Resource(each, 'https://api.x'))),
      api,
      'here',
    ),
  )
const filterOf = (given: Partial<ActorsAndTargets>, users?: KnownUsers) =>
  createActorTargetFilter({ actor: [], target: [], ...given }, users)
const kept = (given: Partial<ActorsAndTargets>, api: 'v2' | 'v3', users?: KnownUsers) =>
  filterOf(given, users)
    .keep(read(api))
    .map(each => Number(each.guid.slice(-2)))

const matching = suite('events by actor and target')

const cases: readonly (readonly [given: Partial<ActorsAndTargets>, v2: number[], v3?: number[]])[] = [
  [{}, [11, 12, 13, 14]],
  [{ actor: [guid(1)] }, [11]],
  [{ actor: [guid(1).toUpperCase()] }, [11]],
  [{ actor: ['bob@example.gov'] }, [11]],
  [{ actor: ['BOB@EXAMPLE.GOV'] }, [11]],
  // API v3 does not tell the user name.
  [{ actor: ['bob'] }, [11], []],
  [{ actor: ['Bob'] }, [11], []],
  [{ actor: ['ob@example.gov'] }, []],
  [{ actor: ['bob@example'] }, []],
  [{ actor: ['sandbox-bot'] }, [13]],
  [{ actor: ['SANDBOX-BOT'] }, [13]],
  [{ actor: [guid(1), 'sandbox-bot'] }, [11, 13]],
  [{ target: ['my-app'] }, [11]],
  [{ target: ['MY-App'] }, [11]],
  [{ target: ['bob'] }, [12]],
  [{ target: [guid(1)] }, [12]],
  [{ target: ['carol'] }, [14]],
  [{ target: ['bob', guid(22)] }, [12, 13]],
  [{ actor: ['eve@example.gov'], target: ['bob', 'my-app'] }, [12]],
  [{ actor: ['eve@example.gov'], target: ['my-app'] }, []],
]
for (const [given, v2, v3 = v2] of cases) {
  matching(`${JSON.stringify(given)}`, () => {
    assert.equal(kept(given, 'v2'), v2, 'v2')
    assert.equal(kept(given, 'v3'), v3, 'v3')
  })
}

matching('letters that are written in two ways', () => {
  const [one] = read('v3')
  const named = { ...one!, actor: { ...one!.actor, name: 'Zoë@example.gov'.normalize('NFD') } }
  assert.is(filterOf({ actor: ['ZOË@example.gov'] }).keep([named]).length, 1)
})

const known = (...users: readonly [string, string[]][]): KnownUsers => ({ guids: new Map(users) })

matching('a user name, which API v3 does not tell, stands for the GUIDs of that user', () => {
  assert.equal(kept({ actor: ['bob'] }, 'v3', known(['bob', [guid(1)]])), [11])
  assert.equal(kept({ target: ['Bob'] }, 'v3', known(['Bob', [guid(9), guid(1).toUpperCase()]])), [12])
})

matching('a word that looks like a GUID is a GUID and a user name', () => {
  const word = guid(22)
  assert.equal(kept({ actor: [word] }, 'v3', known([word, [guid(1)]])), [11])
  // One event names the GUID, the other the user of that name.
  assert.equal(kept({ target: [word] }, 'v3', known([word, [guid(23)]])), [13, 14])
})
matching.run()

const words = suite('what is said about actors and targets')

function said(
  given: Partial<ActorsAndTargets>,
  api: 'v2' | 'v3',
  { pages = 1, users }: { pages?: number; users?: KnownUsers } = {},
): string[] {
  const { messages, said } = listen()
  const filter = filterOf(given, users)
  for (let page = 0; page < pages; page++) filter.keep(read(api))
  filter.logSummary(messages)
  return said
}

const lines: readonly (readonly [
  given: Partial<ActorsAndTargets>,
  api: 'v2' | 'v3',
  expected: readonly RegExp[],
])[] = [
  [{}, 'v3', []],
  [
    { actor: ['Bob@example.gov'] },
    'v3',
    [/^1 event matches --actor Bob@example\.gov \(all 4 events were checked\)\.$/],
  ],
  [
    { actor: ['eve@example.gov', 'sandbox-bot'], target: ['bob'] },
    'v3',
    [/^1 event matches --actor eve@example\.gov or sandbox-bot and --target bob \(/],
  ],
  // Never more than was asked: not "nothing happened".
  [
    { actor: ['bobb@example.gov'] },
    'v2',
    [
      /^warning: no event matches --actor bobb@example\.gov \(all 4 events were checked\)\. Did you mean Bob@Example\.gov\?$/,
    ],
  ],
  [{ actor: ['bob'] }, 'v3', [/--actor bob \(all 4 [^)]*\)\. Did you mean Bob@Example\.gov\?$/]],
  [{ actor: ['xx'], target: ['yy'] }, 'v3', [/--actor xx \(all 4 [^)]*\)\.$/, /--target yy\.$/]],
  [{ actor: ['bob'] }, 'v2', [/^1 event matches/]],
  [{ actor: [guid(9)] }, 'v3', [/^warning: .*--actor 70617274-\S+ \(.*\)\.$/]],
  [{ actor: ['Bob@example.gov', 'zz'] }, 'v2', [/^1 event matches/, /^warning: .*--actor zz\.$/]],
  [{ target: ['my-ap'] }, 'v3', [/--target my-ap \(.*\)\. Did you mean my-app\?$/]],
  // Each word matches an event, but no event matches both.
  [{ actor: ['eve@example.gov'], target: ['my-app'] }, 'v3', [/^0 events match/]],
]
for (const [given, api, expected] of lines) {
  words(`${JSON.stringify(given)} of ${api}`, () => {
    const all = said(given, api)
    assert.is(all.length, expected.length, all.join('\n'))
    for (const [index, line] of expected.entries()) assert.match(all[index]!, line)
  })
}

words('a known user who did nothing is no typing error', () => {
  const users = known(['bo', [guid(9)]], ['bob', [guid(1)]])
  const all = said({ actor: ['bo', guid(1), 'bob'] }, 'v3', { users })
  assert.is(all.length, 2)
  assert.match(all[0]!, /^1 event matches/)
  assert.match(all[1]!, /--actor bo\.$/)
})

words('all pages are counted, and nothing is said where nothing was read', () => {
  assert.match(
    said({ actor: ['sandbox-bot'] }, 'v3', { pages: 3 }).join(),
    /^3 events match .*\(all 12 events /,
  )
  assert.equal(said({ actor: ['sandbox-bot'] }, 'v3', { pages: 0 }), [])
})

words(
  'a word that could not be looked up may be the name of a user that v3 does not name: exit code 5',
  () => {
    const trouble = new Failed('The UAA is down.', '')
    const conclude = (actor: string, api: 'v2' | 'v3', guids: KnownUsers['guids'] = new Map()) => {
      const filter = filterOf({ actor: [actor] }, { guids, trouble })
      filter.keep(read(api))
      filter.assertUsersKnown()
    }
    for (const actor of ['bob', guid(9)]) {
      assert.throws(
        () => conclude(actor, 'v3'),
        (error: Failed) =>
          error instanceof Failed &&
          error.message.includes(actor) &&
          error.message.includes('The UAA is down.'),
      )
    }
    conclude('bob', 'v2') // v2 has the user names.
    conclude('Bob@example.gov', 'v3')
    conclude('bob', 'v3', new Map([['bob', [guid(1)]]]))
  },
)
words.run()

const asking = suite('targets that the API is asked for')

const guids = (count: number) => Array.from({ length: count }, (_, index) => guid(index))
const routes = ['audit.route.create', 'audit.app.map-route']
const upper = guid(1).replace('7061', 'ABCD')

const questions: readonly (readonly [
  target: readonly string[],
  types: readonly string[] | undefined,
  asked: readonly string[] | undefined,
])[] = [
  [[], routes, undefined],
  [[guid(1), guid(2), guid(1)], routes, [guid(1), guid(2)]],
  [[upper], routes, [upper.toLowerCase(), upper]],
  // Names are compared here, and a GUID beside one.
  [['bob'], routes, undefined],
  [[guid(1), 'bob'], routes, undefined],
  // A user name may look like a GUID.
  [[guid(1)], undefined, undefined],
  [[guid(1)], ['audit.route.create', 'audit.user.space_developer_add'], undefined],
  [guids(300), routes, guids(300)],
  // Where the database compares without case, two parts of a long query would find the same events.
  [[upper, ...guids(100)], routes, undefined],
]
for (const [target, types, asked] of questions) {
  asking(`${target.length} (${target[0]}), types ${types}`, () => {
    assert.equal(targetsToAsk({ target }, types), asked)
  })
}
asking.run()

const given = suite('--actor, --target and --about')

given('may each be repeated', () => {
  assert.equal(actorsAndTargetsOf({}), { actor: [], target: [], about: [] })
  assert.equal(actorsAndTargetsOf({ actor: 'x', target: ['y', 'z'], about: ['db'] }), {
    actor: ['x'],
    target: ['y', 'z'],
    about: ['db'],
  })
})

for (const name of ['actor', 'target', 'about']) {
  const refused: readonly (readonly [args: object, message: RegExp])[] = [
    [{ [name]: '' }, new RegExp(`^--${name} is empty`)],
    [{ [name]: ['x', ''] }, new RegExp(`^--${name} is empty`)],
    [{ [name]: 'x', asDocumented: true }, new RegExp(`^--${name} .*--as-documented`)],
  ]
  for (const [args, message] of refused) {
    given(`${JSON.stringify(args)}: exit code 2`, () => {
      assert.throws(
        () => actorsAndTargetsOf(args),
        (error: UsageError) =>
          error instanceof UsageError && message.test(error.message) && error.advice !== '',
      )
    })
  }
}
given.run()
