import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getRoot, v2, v3 } from '../src/capi/api.ts'
import { type CapiClient, createClient } from '../src/capi/client.ts'
import { readEvent } from '../src/capi/event.ts'
import { reasonIn, statusOf } from '../src/capi/http-errors.ts'
import { findOrg } from '../src/capi/orgs-and-spaces.ts'
import { readPage } from '../src/capi/page.ts'
import { readsGlobally } from '../src/capi/roles.ts'
import { findUsers } from '../src/capi/users.ts'
import { lookUpVisibility } from '../src/capi/visibility.ts'
import { orgGuid, orgs, target, tokenExpiry } from '../src/cf/commands.ts'
import { createConcurrency, serialize } from '../src/cf/concurrency.ts'
import { createCurl, UnrecognizedOutput } from '../src/cf/curl.ts'
import { recoverable } from '../src/errors.ts'

// Wherever a failure is survived, a bug of ours is not: it ends the run with exit code 1 and a trace.
const bugs = suite('a bug is never survived')

const bug = new TypeError('undefined is not a function')
const fails = () => Promise.reject(bug)
const client: CapiClient = fails
const none = undefined as never
const login = { api: 'https://api.x', user: 'ann', guid: 'u', isClient: false, tokenExpiry: none, org: none }

const places: readonly (readonly [where: string, run: () => unknown])[] = [
  ['recoverable itself', () => recoverable(bug)],
  ['cf org', () => orgGuid(fails, 'x')],
  ['cf target', () => target(fails)],
  ['cf orgs', () => orgs(fails)],
  ['cf oauth-token', () => tokenExpiry(fails)],
  ['cf curl', () => createCurl(fails, async () => [8, 18, 4])('/v3')],
  ['the version of cf', () => createCurl(async () => none, fails)('/v3')],
  ['calls one by one', () => serialize(fails, () => 1)(['version'])],
  [
    'how many calls may run at once',
    () =>
      createConcurrency({
        most: 4,
        version: async () => [8, 18, 4],
        savedExpiry: fails,
        tokenExpiry: fails,
        now: Date.now,
      }).refresh(),
  ],
  [
    'a request that is repeated',
    () =>
      createClient({
        curl: fails,
        diagnoseEmptyOutput: async () => undefined,
        wait: async () => {},
        now: Date.now,
        maxWaitMs: 0,
        note: () => {},
        random: () => 0,
      })('/v3', String),
  ],
  ['an org', () => findOrg({ orgGuid: fails }, client, 'x')],
  [
    'an org that the API is asked for',
    () => findOrg({ orgGuid: () => Promise.reject(new UnrecognizedOutput('?', '')) }, client, 'x'),
  ],
  ['users', () => findUsers(client, ['ann'])],
  ['whether the user reads everything', () => readsGlobally(client)],
  ['the login', () => lookUpVisibility({ savedLogin: fails, target: fails }, client, { orgGuids: ['o'] })],
  [
    'the roles of the user',
    () =>
      lookUpVisibility(
        { savedLogin: async () => ({ ...login, isGlobalReader: false }), target: fails },
        client,
        { orgGuids: ['o'] },
      ),
  ],
  [
    'the spaces of a global reader',
    () =>
      lookUpVisibility(
        { savedLogin: async () => ({ ...login, isGlobalReader: true }), target: fails },
        client,
        { orgGuids: ['o'] },
      ),
  ],
]
for (const [where, run] of places) {
  bugs(where, async () => {
    const error = await (async () => run())().then(
      value => assert.unreachable(`it gave ${JSON.stringify(value)}`),
      (thrown: unknown) => thrown,
    )
    assert.is(error, bug)
  })
}

// Where text is parsed, only text that cannot be parsed is a failure of others. No text at all is our bug.
const parsers: readonly (readonly [what: string, parse: () => unknown])[] = [
  ['a page of events', () => readPage(v3, none)],
  ['an event of v2', () => readEvent(none, 'v2', 'record 1')],
  ['an event of v3', () => readEvent(none, 'v3', 'record 1')],
  ['an error, for its status', () => statusOf(none)],
  ['an error, for its reason', () => reasonIn(none)],
  ['the root of the API', () => getRoot(async (_path, read) => ({ value: read(none), date: undefined }))],
  ['a page of v2', () => readPage(v2, none)],
]
for (const [what, parse] of parsers) {
  bugs(`parsing ${what}`, async () => {
    const error = await (async () => parse())().catch((thrown: unknown) => thrown)
    assert.instance(error, TypeError)
  })
}

bugs.run()
