import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fault } from './faults.ts'
import { type FoundationOptions, startFoundation } from './foundation.ts'
import { type InstallOptions, installCf } from './install-cf.ts'
import { type CfRun, runCf } from './run-cf.ts'
import { sampleFoundation } from './sample.ts'
import type { LoginOptions } from './uaa.ts'

const sample = sampleFoundation({ events: 20, now: new Date('2026-08-02T00:00:00Z') })

/** One version of each generation, as the columns of the table have them. */
const versions = { v6: '6.53.0', v7: '7.8.0', old: '8.14.1', new: '8.18.4', next: '8.19.0' } as const
type Column = keyof typeof versions

interface Situation {
  args: string[]
  /** Of the answer to /v3/x. */
  body?: string
  status?: number
  headers?: Record<string, string>
  faults?: Fault[]
  foundation?: FoundationOptions
  login?: LoginOptions
  uaa?: 401 | 500
  config?: (config: Record<string, unknown>) => Record<string, unknown>
  install?: InstallOptions
  env?: Record<string, string>
  killAfterMs?: number
}

interface Outcome extends CfRun {
  requests: string[]
  config: Record<string, unknown>
  output: string | undefined
}

/** `OUT` among the arguments stands for a file; hosts and paths are made the same everywhere. */
const run = async (version: string, situation: Situation): Promise<Outcome> => {
  const { body, status = 200, headers = {} } = situation
  const answer = { status, headers: { 'Content-Type': 'application/json', ...headers }, body: body ?? '' }
  const api = await startFoundation({
    ...sample,
    now: new Date('2026-08-02T00:00:00Z'),
    faults: [...(situation.faults ?? []), { on: /\/v3\/x/, times: Number.POSITIVE_INFINITY, answer }],
    ...situation.foundation,
  })
  api.uaa.trouble = situation.uaa
  const session = api.login('auditor@example.gov', situation.login)
  const cf = installCf({ version, foundation: api, session, org: sample.org, ...situation.install })
  const read = () => readFileSync(cf.config, 'utf8')
  if (situation.config) writeFileSync(cf.config, JSON.stringify(situation.config(JSON.parse(read()))))
  const out = join(cf.home, 'out')
  const args = situation.args.map(each => (each === 'OUT' ? out : each))
  const { killAfterMs = 20_000 } = situation
  const ran = await runCf(cf, args, { ...(situation.env ? { env: situation.env } : {}), killAfterMs })
  const same = (text: string) => text.replaceAll(api.url, 'API').replaceAll(cf.bin, 'CF')
  const outcome = {
    code: ran.code,
    stdout: same(ran.stdout),
    stderr: same(ran.stderr),
    requests: api.requests.map(each => `${each.method} ${each.path}`),
    config: JSON.parse(read()),
    output: existsSync(out) ? readFileSync(out, 'utf8') : undefined,
  }
  await api.close()
  cf.remove()
  return outcome
}

const refused = async (): Promise<string> => {
  const server = createServer()
  const port = await new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
const nobody = await refused()

const always = (answer: Fault['answer']): Fault[] => [{ times: Number.POSITIVE_INFINITY, answer }]

/** What is expected: an exit code and patterns of stdout and stderr; `panic` for a crash. */
type Expected = [code: number, stdout: RegExp | string, stderr?: RegExp | string] | 'panic'

const silence: Expected = [0, '\n', '']
const died: Expected = 'panic'
const head = /^HTTP\/1\.1 200 OK\r\nContent-Length: \d+\r\nConnection: keep-alive\r\n[\s\S]*\r\n\r\n/
const dead =
  /^FAILED\nError creating request:\nError performing request: Get "http:\/\/127[\s\S]*connection refused\nTIP: /
const request = /^Request error: Get "http:\/\/127[\s\S]*connection refused\nTIP: /
const relogin =
  'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.\n'

const table: [name: string, situation: Situation, expected: Record<Column, Expected>][] = [
  [
    'a body',
    { args: ['curl', '/v3/x'], body: '{"a":[1,{}],"b":[]}' },
    {
      v6: [0, '{\n   "a": [\n      1,\n      {}\n   ],\n   "b": []\n}\n'],
      v7: [0, '{\n   "a": [\n      1,\n      {}\n   ],\n   "b": []\n}\n'],
      old: [0, '{"a":[1,{}],"b":[]}\n'],
      new: [0, '{"a":[1,{}],"b":[]}\n'],
      next: [0, '{"a":[1,{}],"b":[]}\n'],
    },
  ],
  [
    'headers and a body',
    { args: ['curl', '/v3/x', '-i'], body: '{"a":1}' },
    {
      v6: [0, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n[\s\S]*\r\n\r\n\n\{\n {3}"a": 1\n\}\n$/],
      v7: [0, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n[\s\S]*\r\n\r\n\n\{\n {3}"a": 1\n\}\n$/],
      old: [0, /\r\n\r\n\{"a":1\}\n$/],
      new: [0, /^HTTP\/1\.1 200 OK\r\nContent-Length: 7\r\n[\s\S]*\r\n\r\n\{"a":1\}\n$/],
      next: [0, /\r\n\r\n\{"a":1\}\n$/],
    },
  ],
  [
    'an error of the API',
    { args: ['curl', '/v3/nope'] },
    {
      v6: [0, /^\{\n {3}"errors": \[/],
      v7: [0, /^\{\n {3}"errors": \[/],
      old: [0, /^\{"errors":/],
      new: [0, /^\{"errors":/],
      next: [0, /^\{"errors":/],
    },
  ],
  [
    'the same with --fail',
    { args: ['curl', '/v3/nope', '--fail'] },
    {
      v6: [22, 'FAILED\nThe requested URL returned error: 404\n', ''],
      v7: [22, 'FAILED\nThe requested URL returned error: 404\n', ''],
      old: [22, 'FAILED\n', 'The requested URL returned error: 404\n'],
      new: [22, 'FAILED\n', 'The requested URL returned error: 404\n'],
      next: [22, 'FAILED\n', 'The requested URL returned error: 404\n'],
    },
  ],
  [
    'a token that the API refuses',
    {
      args: ['curl', '/v3/audit_events', '-i'],
      config: config => ({ ...config, AccessToken: `${config.AccessToken}x` }),
    },
    {
      v6: [1, 'FAILED\nError creating request:\nInvalid auth token: Invalid Auth Token\n', ''],
      v7: [1, 'FAILED\nError creating request:\nInvalid auth token: Invalid Auth Token\n', ''],
      old: [0, /^HTTP\/1\.1 401 /],
      new: [0, /^HTTP\/1\.1 401 /],
      next: [0, /^HTTP\/1\.1 401 /],
    },
  ],
  [
    'not logged in',
    { args: ['curl', '/v3/audit_events'], install: { session: undefined } },
    {
      v6: [0, /10002/],
      v7: [0, /10002/],
      old: [0, /10002/],
      new: [0, /10002/],
      next: [0, /10002/],
    },
  ],
  [
    'expired, and the UAA refuses',
    { args: ['curl', '/v3/x'], login: { expiresIn: -1 }, uaa: 401 },
    {
      v6: [1, /^FAILED\nError creating request:\nAuthentication has expired\. {2}Please log back in/, ''],
      v7: [1, /^FAILED\nError creating request:\nAuthentication has expired\. {2}Please log back in/, ''],
      old: silence,
      new: silence,
      next: [1, 'FAILED\n', relogin],
    },
  ],
  [
    'the same with -i',
    { args: ['curl', '/v3/x', '-i'], login: { expiresIn: -1 }, uaa: 401 },
    {
      v6: [1, /^FAILED\n/, ''],
      v7: [1, /^FAILED\n/, ''],
      old: died,
      new: silence,
      next: [1, 'FAILED\n', relogin],
    },
  ],
  [
    'expired, and the UAA is broken',
    { args: ['curl', '/v3/x'], login: { expiresIn: -1 }, uaa: 500 },
    {
      v6: died,
      v7: died,
      old: silence,
      new: silence,
      next: [1, 'FAILED\n', /^Error Code: 500\nRaw Response: \{/],
    },
  ],
  [
    'nobody listens',
    { args: ['curl', '/v3/x'], install: { target: nobody } },
    { v6: [1, dead, ''], v7: [1, dead, ''], old: silence, new: silence, next: [1, 'FAILED\n', request] },
  ],
  [
    'nobody listens, with -i',
    { args: ['curl', '/v3/x', '-i'], install: { target: nobody } },
    { v6: [1, dead, ''], v7: [1, dead, ''], old: died, new: silence, next: [1, 'FAILED\n', request] },
  ],
  [
    'nobody listens, with --fail',
    { args: ['curl', '/v3/x', '--fail'], install: { target: nobody } },
    { v6: [1, dead, ''], v7: [1, dead, ''], old: died, new: died, next: [1, 'FAILED\n', request] },
  ],
  [
    'a certificate that nobody trusts',
    { args: ['curl', '/v3/x'], foundation: { tls: true } },
    {
      v6: [
        1,
        /^FAILED\nError creating request:\nReceived invalid SSL certificate from \S+ - unknown authority\n$/,
      ],
      v7: [
        1,
        /^FAILED\nError creating request:\nReceived invalid SSL certificate from \S+ - unknown authority\n$/,
      ],
      old: silence,
      new: silence,
      next: [1, 'FAILED\n', /^Invalid SSL Cert for API\/v3\/x\nTIP: Use 'cf api --skip-ssl-validation'/],
    },
  ],
  [
    'the same, with validation skipped',
    { args: ['curl', '/v3/x'], body: '{}', foundation: { tls: true }, install: { skipSslValidation: true } },
    { v6: [0, '{}\n'], v7: [0, '{}\n'], old: [0, '{}\n'], new: [0, '{}\n'], next: [0, '{}\n'] },
  ],
  [
    'the connection is reset',
    { args: ['curl', '/v3/x', '-i'], faults: always('reset') },
    {
      v6: [1, /^FAILED\nError creating request:\nError performing request: [\s\S]*reset by peer\n$/],
      v7: [1, /^FAILED\nError creating request:\nError performing request: [\s\S]*reset by peer\n$/],
      old: died,
      new: silence,
      next: [1, 'FAILED\n', /^Request error: [\s\S]*reset by peer\nTIP/],
    },
  ],
  [
    'a body that is cut short: v8 shows the headers and nothing else',
    { args: ['curl', '/v3/audit_events', '-i'], faults: always('cut') },
    {
      v6: [1, 'FAILED\nError creating request:\nError reading response: unexpected EOF\n'],
      v7: [1, 'FAILED\nError creating request:\nError reading response: unexpected EOF\n'],
      old: [0, new RegExp(`${head.source}\\n$`)],
      new: [0, new RegExp(`${head.source}\\n$`)],
      next: [0, new RegExp(`${head.source}\\n$`)],
    },
  ],
  [
    'no API',
    { args: ['curl', '/v3/x'], config: config => ({ ...config, Target: '' }) },
    {
      v6: [1, /^FAILED\nNo API endpoint set\./, ''],
      v7: [1, /^FAILED\nNo API endpoint set\./, ''],
      old: [1, 'FAILED\n', /^No API endpoint set\./],
      new: [1, 'FAILED\n', /^No API endpoint set\./],
      next: [1, 'FAILED\n', /^No API endpoint set\./],
    },
  ],
  [
    'no content',
    { args: ['curl', '/v3/x'], status: 204 },
    { v6: [0, '\n'], v7: [0, '\n'], old: [0, '{}\n'], new: [0, '{}\n'], next: [0, '{}\n'] },
  ],
  [
    'an empty body',
    { args: ['curl', '/v3/x'], body: '' },
    { v6: [0, '\n'], v7: [0, '\n'], old: [0, '\n'], new: [0, '\n'], next: [0, '\n'] },
  ],
  [
    'warnings',
    { args: ['curl', '/v3/x'], body: '{}', headers: { 'X-Cf-Warnings': 'First%20one%2C+really,Second' } },
    {
      v6: [0, '{}\nFirst one, really\nSecond\n', ''],
      v7: [0, '{}\nFirst one, really\nSecond\n', ''],
      old: [0, '{}\n', ''],
      new: [0, '{}\n', ''],
      next: [0, '{}\n', ''],
    },
  ],
  [
    'warnings that are errors',
    {
      args: ['curl', '/v3/x'],
      body: '{}',
      headers: { 'X-Cf-Warnings': 'First' },
      env: { CF_RAISE_ERROR_ON_WARNINGS: 'true' },
    },
    {
      v6: [1, '{}\nFAILED\nFirst\n'],
      v7: [1, '{}\nFAILED\nFirst\n'],
      old: [0, '{}\n'],
      new: [0, '{}\n'],
      next: [0, '{}\n'],
    },
  ],
  [
    'a template in the body',
    { args: ['curl', '/v3/x'], body: '{"a": "{{.Foo}}"}', headers: { 'Content-Type': 'text/plain' } },
    {
      v6: [0, '{"a": "{{.Foo}}"}\n'],
      v7: [0, '{"a": "{{.Foo}}"}\n'],
      old: [0, '{"a": "<no value>"}\n'],
      new: [0, '{"a": "{{.Foo}}"}\n'],
      next: [0, '{"a": "{{.Foo}}"}\n'],
    },
  ],
  [
    'half a template in the body',
    { args: ['curl', '/v3/x'], body: 'a {{ b' },
    { v6: [0, 'a {{ b\n'], v7: [0, 'a {{ b\n'], old: died, new: [0, 'a {{ b\n'], next: [0, 'a {{ b\n'] },
  ],
  [
    'a NUL in the body',
    { args: ['curl', '/v3/x'], body: 'a\0b' },
    { v6: [0, 'a\0b\n'], v7: [0, 'a\0b\n'], old: [0, 'a\0b\n'], new: [0, 'a\0b'], next: [0, 'a\0b'] },
  ],
  [
    'a raw space in the query',
    { args: ['curl', '/v2/events?q=type IN a'] },
    {
      v6: [0, /^400 Bad Request/],
      v7: [0, /^400 Bad Request/],
      old: [0, /^400 Bad Request/],
      new: [0, /^400 Bad Request/],
      next: [0, /^400 Bad Request/],
    },
  ],
  [
    'a trace on stdout',
    { args: ['curl', '/v3/x', '-i'], body: '{}', env: { CF_TRACE: 'true' } },
    {
      v6: [0, /^\nREQUEST: \[/],
      v7: [0, /^\nREQUEST: \[/],
      old: [0, /^REQUEST: \[[\s\S]*\n\{\}\n\n\n$/],
      new: [0, /^REQUEST: \[/],
      next: [0, /^REQUEST: \[/],
    },
  ],
  [
    'a trace in the configuration, silenced by the environment',
    { args: ['curl', '/v3/x'], body: '{}', install: { trace: 'true' } },
    {
      v6: [0, /^\nREQUEST: \[/],
      v7: [0, /^\nREQUEST: \[/],
      old: [0, '{}\n'],
      new: [0, '{}\n'],
      next: [0, '{}\n'],
    },
  ],
  [
    'an organization',
    { args: ['org', 'demo-org', '--guid'] },
    {
      v6: [0, `${sample.org.guid}\n`, ''],
      v7: [0, `${sample.org.guid}\n`, ''],
      old: [0, `${sample.org.guid}\n`, ''],
      new: [0, `${sample.org.guid}\n`, ''],
      next: [0, `${sample.org.guid}\n`, ''],
    },
  ],
  [
    'an organization that is not there',
    { args: ['org', 'no, "such" org', '--guid'] },
    {
      v6: [1, 'FAILED\n', `Organization 'no, "such" org' not found.\n`],
      v7: [1, 'FAILED\n', `Organization 'no, "such" org' not found.\n`],
      old: [1, 'FAILED\n', `Organization 'no, "such" org' not found.\n`],
      new: [1, 'FAILED\n', `Organization 'no, "such" org' not found.\n`],
      next: [1, 'FAILED\n', `Organization 'no, "such" org' not found.\n`],
    },
  ],
  [
    'an organization whose name begins with a dash',
    { args: ['org', '-dash-org', '--guid'] },
    {
      v6: [1, /^NAME:\n/, "Incorrect Usage: unknown flag `d'\n\n"],
      v7: [1, /^NAME:\n/, "Incorrect Usage: unknown flag `d'\n\n"],
      old: [1, /^NAME:\n/, "Incorrect Usage: unknown flag `d'\n\n"],
      new: [1, /^NAME:\n/, "Incorrect Usage: unknown flag `d'\n\n"],
      next: [1, /^NAME:\n/, "Incorrect Usage: unknown flag `d'\n\n"],
    },
  ],
  [
    'an organization, with an expired session',
    { args: ['org', 'demo-org', '--guid'], login: { expiresIn: -1 }, uaa: 401 },
    {
      v6: [1, 'FAILED\n', relogin],
      v7: [1, 'FAILED\n', relogin],
      old: [1, 'FAILED\n', relogin],
      new: [1, 'FAILED\n', relogin],
      next: [1, 'FAILED\n', relogin],
    },
  ],
  [
    'an organization, with v2 switched off',
    { args: ['org', 'demo-org', '--guid'], foundation: { v2: false } },
    {
      v6: [1, 'FAILED\n', 'Version string empty\n'],
      v7: [0, `${sample.org.guid}\n`],
      old: [0, `${sample.org.guid}\n`],
      new: [0, `${sample.org.guid}\n`],
      next: [0, `${sample.org.guid}\n`],
    },
  ],
  [
    'the target, with an expired session',
    { args: ['target'], login: { expiresIn: -1 }, uaa: 401 },
    {
      v6: [
        0,
        /^api endpoint: {3}API\napi version: {4}2\S+\nuser: {11}auditor@example\.gov\norg: {12}demo-org\n/,
      ],
      v7: [
        0,
        /^API endpoint: {3}API\nAPI version: {4}3\S+\nuser: {11}auditor@example\.gov\norg: {12}demo-org\n/,
      ],
      old: [0, /^API endpoint: {3}API\n/],
      new: [0, /^API endpoint: {3}API\n/],
      next: [0, /^API endpoint: {3}API\n/],
    },
  ],
  [
    'the version',
    { args: ['version'] },
    {
      v6: [0, /^cf version 6\.53\.0\+\S+\n$/],
      v7: [0, /^cf version 7\.8\.0\+\S+\n$/],
      old: [0, /^cf version 8\.14\.1\+\S+\n$/],
      new: [0, /^cf version 8\.18\.4\+\S+\n$/],
      next: [0, /^cf version 8\.19\.0\+\S+\n$/],
    },
  ],
  [
    'an unknown command',
    { args: ['foo'] },
    {
      v6: [1, "'foo' is not a registered command. See 'cf help -a'\n", ''],
      v7: [1, '', "'foo' is not a registered command. See 'cf help -a'\n"],
      old: [1, '', "'foo' is not a registered command. See 'cf help -a'\n"],
      new: [1, '', "'foo' is not a registered command. See 'cf help -a'\n"],
      next: [1, '', "'foo' is not a registered command. See 'cf help -a'\n"],
    },
  ],
]

const matches = (text: string, expected: RegExp | string, what: string) =>
  typeof expected === 'string' ? assert.is(text, expected, what) : assert.match(text, expected, what)

const test = suite('The stand-in cf')

for (const [name, situation, expected] of table) {
  test(name, async () => {
    const columns = Object.keys(versions) as Column[]
    const outcomes = await Promise.all(columns.map(column => run(versions[column], situation)))
    for (const [index, column] of columns.entries()) {
      const outcome = outcomes[index]!
      const wanted = expected[column]
      if (wanted === 'panic') {
        assert.is(outcome.code, 1, column)
        assert.is(outcome.stdout, '', column)
        assert.match(outcome.stderr, /Something unexpected happened\. This is a bug in CF\./, column)
        assert.ok(outcome.stderr.length > 1024 * 1024, column)
        continue
      }
      const [code, stdout, stderr] = wanted
      assert.is(outcome.code, code, `${column}: exit code`)
      matches(outcome.stdout, stdout, `${column}: stdout`)
      if (stderr !== undefined) matches(outcome.stderr, stderr, `${column}: stderr`)
    }
  })
}

const wire: [name: string, version: string, situation: Situation, requests: string[]][] = [
  [
    'v8 looks a name up with one request',
    '8.18.4',
    { args: ['org', 'a, b', '--guid'] },
    ['GET /v3/organizations?names=a%252C+b&page=1&per_page=1'],
  ],
  [
    'v7 asks for the roots first',
    '7.8.0',
    { args: ['org', 'a/b', '--guid'] },
    ['GET /', 'GET /v3', 'GET /login', 'GET /v3/organizations?names=a%2Fb'],
  ],
  [
    'v6 asks v2',
    '6.53.0',
    { args: ['org', 'x', '--guid'] },
    [
      'GET /v2/info',
      'GET /',
      'GET /login',
      'GET /',
      'GET /v3',
      'GET /login',
      'GET /v2/organizations?order-by=name&q=name%3Ax',
    ],
  ],
  ['v8 shows the target without asking anybody', '8.18.4', { args: ['target'] }, []],
  [
    'v8 tries three times at a 503',
    '8.18.4',
    { args: ['curl', '/v3/x'], status: 503 },
    Array(3).fill('GET /v3/x'),
  ],
  ['v7 once', '7.8.0', { args: ['curl', '/v3/x'], status: 503 }, ['GET /v3/x']],
  ['v8 once at a 429', '8.18.4', { args: ['curl', '/v3/x'], status: 429 }, ['GET /v3/x']],
  [
    'v7 three times when nobody answers',
    '7.8.0',
    { args: ['curl', '/v3/x'], faults: always('reset') },
    Array(3).fill('GET /v3/x'),
  ],
  [
    'a token with less than a minute is refreshed',
    '8.18.4',
    { args: ['curl', '/v3/x'], login: { expiresIn: 30 } },
    ['POST /oauth/token', 'GET /v3/x'],
  ],
  [
    'a refused refresh is tried three times',
    '8.18.4',
    { args: ['curl', '/v3/x'], login: { expiresIn: 30 }, uaa: 401 },
    Array(3).fill('POST /oauth/token'),
  ],
  [
    'a fragment is cut off, slashes are put right',
    '8.18.4',
    { args: ['curl', '//v3/x?a=[b]%5B#c'] },
    ['GET /v3/x?a=[b]%5B'],
  ],
  [
    'a whole address is a path like any other',
    '8.18.4',
    { args: ['curl', 'https://a.b/v3/x'] },
    ['GET /https://a.b/v3/x'],
  ],
]
for (const [name, version, situation, requests] of wire) {
  test(`on the wire: ${name}`, async () => {
    assert.equal((await run(version, situation)).requests, requests)
  })
}

test('--output: v8 puts headers into the file and OK on stdout, v7 the headers on stdout', async () => {
  const situation: Situation = { args: ['curl', '/v3/x', '-i', '--output', 'OUT'], body: '{"a": "{{.Foo}}"}' }
  const [v7, old] = await Promise.all([run('7.8.0', situation), run('8.14.1', situation)])
  assert.is(v7.output, '{"a": "{{.Foo}}"}')
  assert.match(v7.stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\n$/)
  assert.match(old.output!, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{"a": "\{\{\.Foo\}\}"\}$/)
  assert.is(old.stdout, 'OK\n\n')
  const [panicked, silent] = await Promise.all(
    ['8.14.1', '8.18.4'].map(version => run(version, { ...situation, install: { target: nobody } })),
  )
  assert.is(panicked!.code, 1)
  assert.is(panicked!.output, undefined)
  assert.is(silent!.stdout, 'OK\n\n')
  assert.is(silent!.output, '')
})

test('the headers of -i: names as Go writes them, sorted, cookies and all', async () => {
  const { stdout } = await run('8.18.4', {
    args: ['curl', '/v3/audit_events?per_page=1', '-i'],
    foundation: { gzip: true, rateLimit: { general: 9 } },
  })
  const names = stdout
    .split('\r\n\r\n')[0]!
    .split('\r\n')
    .slice(1)
    .map(line => line.split(':')[0])
  assert.equal(names, [...names].sort())
  assert.ok(names.includes('X-Ratelimit-Limit'))
  assert.not(names.includes('Content-Encoding'))
  assert.not(names.includes('Content-Length'))
  assert.is(names.filter(name => name === 'Set-Cookie').length, 2)
  assert.is(JSON.parse(stdout.split('\r\n\r\n')[1]!).resources.length, 1)
})

test('a silent server is waited for, and nothing is printed', async () => {
  const { code, stdout } = await run('8.18.4', {
    args: ['curl', '/v3/x', '-i'],
    faults: always('hang'),
    killAfterMs: 300,
  })
  assert.is(code, null)
  assert.is(stdout, '')
})

test('a trace file that cannot be written: v8 waits for itself, v7 uses stdout', async () => {
  const situation: Situation = {
    args: ['curl', '/v3/x'],
    body: '{}',
    env: { CF_TRACE: '/dev/null/x' },
    killAfterMs: 600,
  }
  const v8 = await run('8.18.4', situation)
  assert.is(v8.code, null)
  assert.is(v8.stderr, 'mkdir /dev/null: not a directory\n')
  assert.match(
    (await run('7.8.0', { ...situation, killAfterMs: 9000 })).stdout,
    /^CF_TRACE ERROR CREATING LOG FILE/,
  )
})

test('a trace file in the configuration is written whatever the environment says', async () => {
  for (const version of ['8.18.4', '7.8.0']) {
    const situation = { body: '{}', env: { CF_TRACE: 'false' }, killAfterMs: 9000 }
    const file = join(mkdtempSync(join(tmpdir(), 'cf-')), 'trace')
    for (const args of [
      ['curl', '/v3/x'],
      ['org', 'o', '--guid'],
    ]) {
      await run(version, { ...situation, args, install: { trace: file } })
      assert.match(readFileSync(file, 'utf8'), /REQUEST: \[.*\]/, `${version} ${args[0]}`)
      rmSync(file)
    }
    const blocked = { ...situation, args: ['org', 'o', '--guid'], install: { trace: '/dev/null/x' } }
    assert.is((await run(version, { ...blocked, killAfterMs: 600 })).code, null)
    rmSync(dirname(file), { recursive: true })
  }
})

test('a trace on stdout in the configuration of v7 spoils curl alone', async () => {
  const situation = { body: '{}', env: { CF_TRACE: 'false' }, install: { trace: 'true' } }
  assert.match((await run('7.8.0', { ...situation, args: ['curl', '/v3/x'] })).stdout, /^\nREQUEST:/)
  assert.not.match((await run('7.8.0', { ...situation, args: ['target'] })).stdout, /REQUEST:/)
})

test('colours when they are forced', async () => {
  const { stdout } = await run('8.18.4', { args: ['org', 'nope', '--guid'], env: { CF_COLOR: 'true' } })
  assert.is(stdout, '\u001b[31;1mFAILED\u001b[0;22m\n')
})

test('config.json: new tokens are kept, another version is thrown away, nonsense is an error', async () => {
  const renewed = await run('8.18.4', {
    args: ['curl', '/v3/x'],
    login: { expiresIn: -1 },
    foundation: { rotateRefreshTokens: true },
  })
  assert.match(String(renewed.config.AccessToken), /^bearer /)
  const old = await run('8.18.4', { args: ['target'], install: { configVersion: 3 } })
  assert.is(old.code, 1)
  assert.match(old.stderr, /^No API endpoint set/)
  assert.is(old.config.Target, '')
  const cf = installCf()
  writeFileSync(cf.config, '{"a":')
  const broken = await runCf(cf, ['version'])
  assert.is(broken.code, 1)
  assert.is(broken.stdout, 'FAILED\nError read/writing config:  unexpected end of JSON input\n')
  writeFileSync(cf.config, '')
  const empty = await runCf(cf, ['version'])
  assert.is(empty.code, 0)
  assert.match(empty.stderr, /^Warning: Error read\/writing config: unexpected end of JSON input/)
  cf.remove()
})

test('v8 writes back what it read at its start: a logout in between is undone', async () => {
  const api = await startFoundation({ ...sample, faults: [{ on: /\/v3\/x/, answer: { delayMs: 400 } }] })
  const cf = installCf({ foundation: api, session: api.login('auditor@example.gov') })
  const slow = runCf(cf, ['curl', '/v3/x'])
  while (api.requests.length === 0) await new Promise(resolve => setImmediate(resolve))
  await runCf(cf, ['logout'])
  assert.is(JSON.parse(readFileSync(cf.config, 'utf8')).AccessToken, '')
  await slow
  assert.match(JSON.parse(readFileSync(cf.config, 'utf8')).AccessToken, /^bearer/)
  await api.close()
  cf.remove()
})

test('the log has a line for each process', async () => {
  const cf = installCf()
  await runCf(cf, ['version'])
  await runCf(cf, ['foo', 'bar'])
  const lines = readFileSync(cf.log, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(
    lines.map(line => line.argv),
    [['version'], ['foo', 'bar']],
  )
  assert.ok(lines.every(line => line.end >= line.start))
  cf.remove()
})

test('what is not cf', async () => {
  const api = await startFoundation(sample)
  const session = api.login('auditor@example.gov')
  const kind = async (name: InstallOptions['kind'], args: string[], killAfterMs = 9000) => {
    const cf = installCf({ foundation: api, session, ...(name ? { kind: name } : {}) })
    try {
      return await runCf(cf, args, { killAfterMs })
    } finally {
      cf.remove()
    }
  }
  const wrapper = await kind('bare-wrapper', ['curl', '/v3/audit_events?per_page=1', '-i'])
  assert.is(JSON.parse(wrapper.stdout).resources.length, 1)
  const minimal = await kind('minimal', ['curl', '/v2/events?results-per-page=1'])
  assert.is(JSON.parse(minimal.stdout).resources.length, 1)
  assert.is((await kind('minimal', ['org', 'demo-org', '--guid'])).stdout, `${sample.org.guid}\n`)
  assert.is((await kind('minimal', ['curl', '/v3/audit_events'])).code, 1)
  assert.is((await kind('minimal', ['version'])).code, 1)
  assert.is((await kind('cloudflare', ['version'])).stdout, 'cf 1.0.0\n')
  assert.is((await kind('cloudflare', ['org', 'x', '--guid'])).code, 1)
  assert.match((await kind('shell-script', ['version'])).stdout, /not the program/)
  assert.is((await kind('hang', ['version'], 300)).code, null)
  let flood = 0
  // A busy machine takes long to start it.
  for (let ms = 300; flood <= 100_000 && ms < 30_000; ms *= 3)
    flood = (await kind('flood', ['version'], ms)).stdout.length
  assert.ok(flood > 100_000)
  assert.ok((await kind('binary-output', ['version'])).stdout.length > 1000)
  const denied = await kind('no-exec', ['version']).catch(error => error.code)
  assert.is(denied, 'EACCES')
  await api.close()
})

test('a real cf gets a home of its own', () => {
  const cf = installCf({ bin: process.execPath, version: '6.50.0' })
  assert.is(JSON.parse(readFileSync(cf.config, 'utf8')).ConfigVersion, 3)

  cf.remove()
  assert.not(existsSync(cf.config))
})

test.run()
