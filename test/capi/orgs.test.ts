import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createClient } from '../../src/capi/client.ts'
import { findOrg } from '../../src/capi/orgs-and-spaces.ts'
import { type Response, UnrecognizedOutput } from '../../src/cf/curl.ts'
import {
  type AuditError,
  CfUnusable,
  Failed,
  Forbidden,
  Interrupted,
  TimedOut,
  Unreachable,
} from '../../src/errors.ts'

const guid = '6f726761-0000-4000-8000-000000000000'

function response(status: number | undefined, body: unknown): Response {
  return {
    status,
    headers: new Map(),
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  }
}

const listed = (...orgs: object[]) =>
  response(200, { pagination: { total_results: orgs.length }, resources: orgs })
const apiError = (code: number, detail: string) => ({ errors: [{ code, title: 'CF-X', detail }] })

interface Found {
  readonly guid: string | undefined
  readonly error: AuditError | undefined
  /** What `cf org` was asked for. */
  readonly names: readonly string[]
  /** What the API was asked for. */
  readonly paths: readonly string[]
}

/** @param org what `cf org` gives, or throws. */
async function find(name: string, org: string | Error, answer?: Response | Error): Promise<Found> {
  const names: string[] = []
  const paths: string[] = []
  const client = createClient({
    async curl(path) {
      paths.push(path)
      if (answer === undefined) throw new Error('The API was not to be asked')
      if (answer instanceof Error) throw answer
      return answer
    },
    diagnoseEmptyOutput: async () => undefined,
    wait: async () => {},
    now: () => 0,
    maxWaitMs: 1000,
    note: () => {},
    random: () => 0,
  })
  const cf = {
    async orgGuid(asked: string) {
      names.push(asked)
      if (org instanceof Error) throw org
      return org
    },
  }
  try {
    return { guid: await findOrg(cf, client, name), error: undefined, names, paths }
  } catch (error) {
    return { guid: undefined, error: error as AuditError, names, paths }
  }
}

const orgs = suite('the GUID of an org, by cf or by the API')
const never = new Error('cf org was not to be run')
const unexplained = new UnrecognizedOutput('cf org x --guid failed without a message.', '')

orgs('cf is asked first', async () => {
  assert.equal(await find('my org', guid), { guid, error: undefined, names: ['my org'], paths: [] })
})

for (const error of [
  new Forbidden('No org named x is visible to you.', ''),
  new CfUnusable('Your session has expired.', ''),
  new Interrupted('SIGINT'),
  new Unreachable('Cloud Foundry could not be reached: dial tcp', ''),
  new TimedOut('cf org did not end within 300 s.', ''),
  new TypeError('a bug'),
]) {
  orgs(`${error.name} of cf is the last word: ${error.message}`, async () => {
    const found = await find('x', error)
    assert.is(found.error, error)
    assert.equal(found.paths, [])
  })
}

for (const [what, error] of [
  ['v6 where v2 is off', unexplained],
  [
    'v7 where the root of the API is missing',
    new Failed('There is no Cloud Foundry API at https://api.x.', ''),
  ],
  ['cf crashes', new Failed('cf crashed: nil pointer', '')],
] as const) {
  orgs(`${what}: the API is asked instead`, async () => {
    const found = await find('x', error, listed({ guid: 'other', name: 'X' }, { guid, name: 'x' }))
    assert.is(found.guid, guid)
    assert.equal(found.paths, ['/v3/organizations?names=x'])
  })

  orgs(`${what}, and the API cannot be asked either: the first reason is told`, async () => {
    const found = await find('x', error, new TimedOut('no answer', ''))
    assert.is(found.error as Error, error)
  })

  orgs(`${what}, and the API knows no such org: exit code 4`, async () => {
    const { error: told } = await find('x', error, listed({ guid: 'other', name: 'X' }))
    assert.instance(told, Forbidden)
    assert.match(`${told?.message}`, /o org named x is visible to you/)
  })
}

const encoded: readonly (readonly [name: string, path: string])[] = [
  ['-x', '/v3/organizations?names=-x'],
  ['--guid', '/v3/organizations?names=--guid'],
  ['-a,b', '/v3/organizations?names=-a%252Cb'],
  ['- ü&=+#%', '/v3/organizations?names=-%2520%25C3%25BC%2526%253D%252B%2523%2525'],
]
for (const [name, path] of encoded) {
  orgs(`${name} is never given to cf org, which would take it for an option`, async () => {
    const found = await find(name, never, listed({ guid: 'other', name: '-' }, { guid, name }))
    assert.equal(found, { guid, error: undefined, names: [], paths: [path] })
  })
}

const answers: readonly (readonly [what: string, answer: Response, exitCode: number])[] = [
  ['an empty list', listed(), 4],
  ['only others', listed({ guid, name: 'y' }, { guid, name: null }, {}), 4],
  ['nothing but null in the list', response(200, { resources: [null] }), 4],
  ['a GUID that is none', listed({ guid: '$(id)', name: '-x' }), 4],
  ['an expired session, as v8 prints it', response(401, apiError(1000, 'Invalid Auth Token')), 3],
  ['not logged in', response(401, apiError(10002, 'Authentication error')), 3],
  ['forbidden', response(403, apiError(10003, 'You are not authorized')), 4],
  ['503', response(503, apiError(10015, 'Database connection failure')), 5],
  ['500', response(500, apiError(10001, 'An unknown error occurred.')), 5],
  ['502 as HTML', response(502, '<html>bad gateway</html>'), 5],
  ['404', response(404, apiError(10000, 'Unknown request')), 5],
  ['an expired session, without a status', response(undefined, apiError(1000, 'Invalid Auth Token')), 3],
  ['503, without a status', response(undefined, apiError(10015, 'Database connection failure')), 5],
  ['text', response(undefined, 'hello'), 5],
  ['an empty body', response(200, '\n'), 5],
  ['JSON that was cut', response(200, '{"resources":[{"guid"'), 5],
  ['something else', response(200, { hello: 1 }), 5],
  ['null', response(200, 'null'), 5],
]
for (const [what, answer, exitCode] of answers) {
  orgs(`asked of the API, ${what}: exit code ${exitCode}, and words`, async () => {
    const { error } = await find('-x', never, answer)
    assert.is(error?.exitCode, exitCode, `${error?.name}: ${error?.message}`)
    assert.match(`${error?.message}`, /\w+ \w+/)
    assert.is.not(error?.advice, '')
  })
}

orgs('v6 and v7 print warnings behind the list', async () => {
  const body = `${JSON.stringify({ resources: [{ guid, name: '-x' }] }, null, 3)}\nFirst warning\nSecond\n`
  assert.is((await find('-x', never, response(200, body))).guid, guid)
})

orgs('Cloud Controller is down: exit code 5, not "no such org"', async () => {
  const { error } = await find('x', unexplained, response(503, apiError(10015, 'down')))
  assert.not.instance(error, Forbidden)
})
orgs.run()
