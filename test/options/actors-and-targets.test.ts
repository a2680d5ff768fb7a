import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { UsageError } from '../../src/errors.ts'
import {
  type ActorTargetArgs,
  assertActorsAndTargets,
  createActorTargetFilter,
  targetsToAsk,
} from '../../src/options/actors-and-targets.ts'
import type { Messages } from '../../src/ui/messages.ts'
import { event } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'

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
const args = (given: Partial<ActorTargetArgs>): ActorTargetArgs => ({ actor: [], target: [], ...given })
const kept = (given: Partial<ActorTargetArgs>, api: 'v2' | 'v3') =>
  createActorTargetFilter(args(given))
    .keep(read(api))
    .map(each => Number(each.guid.slice(-2)))

const parties = suite('events by an actor, about a target')

const cases: readonly (readonly [given: Partial<ActorTargetArgs>, v2: number[], v3?: number[]])[] = [
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
  parties(`${JSON.stringify(given)}`, () => {
    assert.equal(kept(given, 'v2'), v2, 'v2')
    assert.equal(kept(given, 'v3'), v3, 'v3')
  })
}

parties('letters that are written in two ways', () => {
  const [one] = read('v3')
  const named = { ...one!, actor: { ...one!.actor, name: 'Zoë@example.gov'.normalize('NFD') } }
  assert.is(createActorTargetFilter(args({ actor: ['ZOË@example.gov'] })).keep([named]).length, 1)
})

async function told(given: Partial<ActorTargetArgs>, api: 'v2' | 'v3', pages = 1): Promise<string[]> {
  const lines: string[] = []
  const say = {
    info: (text: string) => lines.push(text),
    warn: (text: string) => lines.push(`Warning: ${text}`),
    debug: () => {},
    error: () => {},
  }
  const each = createActorTargetFilter(args(given))
  for (let page = 0; page < pages; page++) each.keep(read(api))
  await each.logSummary(say)
  return lines
}

const words: readonly (readonly [
  given: Partial<ActorTargetArgs>,
  api: 'v2' | 'v3',
  lines: readonly RegExp[],
])[] = [
  [{}, 'v3', []],
  [{ actor: ['Bob@example.gov'] }, 'v3', [/^1 of 4 events is by Bob@example\.gov\.$/]],
  [{ actor: ['eve@example.gov'] }, 'v3', [/^2 of 4 events are by eve@example\.gov\.$/]],
  [
    { actor: ['eve@example.gov', 'sandbox-bot'], target: ['bob'] },
    'v3',
    [/^1 of 4 events is by eve@example\.gov or sandbox-bot and about bob\.$/],
  ],
  [
    { actor: ['bobb@example.gov'] },
    'v2',
    [
      /^0 of 4 events are by bobb/,
      /^Warning: no event here is by bobb@example\.gov\. Did you mean Bob@Example\.gov\?$/,
    ],
  ],
  [{ actor: ['bob'] }, 'v3', [/^0 of 4/, /no event here is by bob\. Did you mean Bob@Example\.gov\?$/]],
  [{ actor: ['bob'] }, 'v2', [/^1 of 4 events is by bob\.$/]],
  [{ actor: [guid(9)] }, 'v3', [/^0 of 4/, /^Warning: no event here is by 70617274-\S+\.$/]],
  [{ actor: ['Bob@example.gov', 'zz'] }, 'v2', [/^1 of 4/, /^Warning: no event here is by zz\.$/]],
  [
    { target: ['my-ap'] },
    'v3',
    [/^0 of 4 events are about my-ap\.$/, /about my-ap\. Did you mean my-app\?$/],
  ],
  // Both words are somebody's, though nobody's together.
  [
    { actor: ['eve@example.gov'], target: ['my-app'] },
    'v3',
    [/^0 of 4 events are by eve\S+ and about my-app\.$/],
  ],
]
for (const [given, api, lines] of words) {
  parties(`${JSON.stringify(given)} of ${api}, in words`, async () => {
    const said = await told(given, api)
    assert.is(said.length, lines.length, said.join('\n'))
    for (const [index, line] of lines.entries()) assert.match(said[index]!, line)
  })
}

parties('whoever is known by a name and did nothing is not taken for somebody else', async () => {
  const lines: string[] = []
  const messages: Messages = {
    info: text => lines.push(text),
    warn: text => lines.push(text),
    debug() {},
    error() {},
  }
  const each = createActorTargetFilter(args({ actor: ['bo', guid(1), 'bob'] }), {
    guids: new Map([
      ['bo', [guid(9)]],
      ['bob', [guid(1)]],
    ]),
  })
  each.keep(read('v3'))
  await each.logSummary(messages)
  assert.equal(lines, [`1 of 4 events is by bo or ${guid(1)} or bob.`, 'no event here is by bo.'])
})

parties('a name that could not be looked up may be that of a user whom v3 does not name', () => {
  const trouble = new Error('The UAA is down.')
  const proveOf = (actor: string, api: 'v2' | 'v3') => () => {
    const each = createActorTargetFilter(args({ actor: [actor] }), { guids: new Map(), trouble })
    each.keep(read(api))
    each.assertUsersKnown()
  }
  assert.throws(
    proveOf('bob', 'v3'),
    /^Whether bob is the name of a user could not be looked up: The UAA is down\.$/,
  )
  for (const [actor, api] of [
    ['bob', 'v2'], // It tells user names itself.
    ['Bob@example.gov', 'v3'],
    [guid(9), 'v3'],
  ] as const) {
    assert.not.throws(proveOf(actor, api))
  }
})

parties('counts over pages, and says nothing where nothing was read', async () => {
  assert.match(
    (await told({ actor: ['sandbox-bot'] }, 'v3', 3)).join(),
    /^3 of 12 events are by sandbox-bot\.$/,
  )
  assert.equal(await told({ actor: ['sandbox-bot'] }, 'v3', 0), [])
})

parties('only GUIDs are asked of the API, and all of them or none', () => {
  const upper = guid(1).replace('7061', 'ABCD')
  assert.is(targetsToAsk(args({})), undefined)
  assert.is(targetsToAsk(args({ target: ['bob'] })), undefined)
  assert.is(targetsToAsk(args({ target: [guid(1), 'bob'] })), undefined)
  assert.equal(targetsToAsk(args({ target: [guid(1), guid(2), guid(1)] })), [guid(1), guid(2)])
  assert.equal(targetsToAsk(args({ target: [upper] })), [upper.toLowerCase(), upper])
  assert.is(targetsToAsk(args({ actor: [guid(1)] })), undefined)
  const many = Array.from({ length: 101 }, (_, index) => guid(index))
  assert.is(targetsToAsk(args({ target: many.slice(0, 100) }))?.length, 100)
  assert.is(targetsToAsk(args({ target: many })), undefined)
})

const refused: readonly (readonly [given: Partial<ActorTargetArgs>, documented: boolean, words: RegExp])[] = [
  [{ actor: [''] }, false, /^--actor is empty/],
  [{ actor: ['x', ''] }, false, /^--actor is empty/],
  [{ target: [''] }, false, /^--target is empty/],
  [{ actor: ['x'] }, true, /^--actor and --as-documented exclude/],
  [{ target: [guid(1)] }, true, /^--target and --as-documented exclude/],
]
for (const [given, documented, words] of refused) {
  parties(`${JSON.stringify(given)}${documented ? ' as documented' : ''}: exit code 2`, () => {
    assert.throws(
      () => assertActorsAndTargets(args(given), documented),
      (error: unknown) => error instanceof UsageError && words.test(error.message) && error.advice !== '',
    )
  })
}
parties('nothing asked, nothing refused', () => {
  assertActorsAndTargets(args({}), true)
  assertActorsAndTargets(args({ actor: ['x'], target: ['y'] }), false)
})
parties.run()
