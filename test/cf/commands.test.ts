import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  diagnoseEmptyOutput,
  isOneWord,
  orgGuid,
  orgs,
  target,
  targetedOrg,
  tokenExpiry,
} from '../../src/cf/commands.ts'
import { UnrecognizedOutput } from '../../src/cf/curl.ts'
import type { RunResult } from '../../src/cf/run.ts'
import {
  type AuditError,
  CfUnusable,
  Failed,
  LoggedOut,
  NotFound,
  TimedOut,
  Unreachable,
} from '../../src/errors.ts'

const ran = (stdout: string, stderr = '', exitCode: number | undefined = 0): RunResult => ({
  stdout: Buffer.from(stdout),
  stderr,
  exitCode,
})

type Class = new (...args: never[]) => AuditError

async function thrown(promise: Promise<unknown>): Promise<AuditError> {
  const error = await promise.then(
    value => assert.unreachable(`nothing was thrown, but ${JSON.stringify(value)} came`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  return error as AuditError
}

const guid = '6f726761-0000-4000-8000-000000000000'
const tip =
  '\nTIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy environment variable is correctly set. Else, check your network connection.\n'
const refusedConnection = `Request error: Get "https://api.x/v3/organizations?names=x&page=1&per_page=1": dial tcp 127.0.0.1:1: connect: connection refused${tip}`
const help = 'NAME:\n   org - Show org info\n\nUSAGE:\n   cf org ORG [--guid]\n'

// --- orgGuid ----------------------------------------------------------------------------------------------------

const finding = suite('the GUID of an org, by cf org')

const find = (given: RunResult, name = 'x') => orgGuid(async () => given, name)

for (const stdout of [`${guid}\n`, guid, `${guid}\r\n`, 'some-guid_1\n']) {
  finding(`cf org prints ${JSON.stringify(stdout)}`, async () => {
    const runs: (readonly string[])[] = []
    const found = await orgGuid(async args => {
      runs.push(args)
      return ran(stdout, 'Some warning here\n')
    }, 'my org, "x"')
    assert.is(found, stdout.trim())
    assert.equal(runs, [['org', 'my org, "x"', '--guid']])
  })
}

const failures: readonly (readonly [
  what: string,
  given: RunResult,
  kind: Class,
  exitCode: number,
  words: RegExp,
])[] = [
  [
    'not found',
    ran('FAILED\n', "Organization 'x' not found.\n", 1),
    NotFound,
    4,
    /o org named x is visible to you/,
  ],
  [
    'not found, with quotes and braces',
    ran('FAILED\n', `Organization 'it's "missing" {{.Foo}}' not found.\n`, 1),
    NotFound,
    4,
    /No org named it's "missing" \{\{\.Foo\}\} is visible/,
  ],
  [
    'expired',
    ran(
      'FAILED\n',
      'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.\n',
      1,
    ),
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'refused by Cloud Controller',
    ran('FAILED\n', 'Invalid Auth Token\n', 1),
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'not logged in',
    ran('FAILED\n', "Not logged in. Use 'cf login' or 'cf login --sso' to log in.\n", 1),
    LoggedOut,
    3,
    /not logged in/,
  ],
  [
    'no API',
    ran('FAILED\n', "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n", 1),
    CfUnusable,
    3,
    /no API endpoint/,
  ],
  [
    'a trace, v7',
    ran(`\nREQUEST: [2026-08-01T10:00:00Z]\nGET / HTTP/1.1\n\n${guid}\n`),
    CfUnusable,
    3,
    /trace/,
  ],
  [
    'a broken login file',
    ran('FAILED\nError read/writing config:  unexpected end of JSON input\n', '', 1),
    CfUnusable,
    3,
    /login file/,
  ],
  [
    'a dead network',
    ran('FAILED\n', refusedConnection, 1),
    Unreachable,
    5,
    /could not be reached: Get "https:\/\/api\.x\/v3\/organizations": dial tcp/,
  ],
  [
    'a refresh token that is refused',
    ran('FAILED\n', 'Error Code: 400\nRaw Response: {"error":"invalid_grant"}\n', 1),
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'UAA fails',
    ran('FAILED\n', 'Error Code: 500\nRaw Response: {"error":"server_error"}\n', 1),
    Failed,
    5,
    /500/,
  ],
  ['UAA is down', ran('FAILED\n', 'Error Code: 503\nRaw Response: <html>no</html>\n', 1), Failed, 5, /503/],
]
for (const [what, given, kind, exitCode, words] of failures) {
  finding(`${what}: exit code ${exitCode}`, async () => {
    const error = await thrown(find(given))
    assert.is(error.constructor, kind, error.message)
    assert.is(error.exitCode, exitCode)
    assert.match(error.message, words)
  })
}

finding('a script around cf that speaks: its line is named as the cause', async () => {
  const error = await thrown(find(ran(`Using profile prod\npassword=x\n${guid}\n`)))
  assert.is(error.constructor, CfUnusable)
  assert.is(
    error.message,
    'cf printed lines of its own before the response: Using profile prod password=[REDACTED]',
  )
})

finding('a warning of cf before the GUID is passed over', async () => {
  const given = ran(`Warning: Error read/writing config: EOF for /x\n\n${guid}\n`)
  assert.is(await orgGuid(async () => given, 'x'), guid)
})

// The API can be asked instead where this is thrown.
const unexplained: readonly (readonly [what: string, given: RunResult])[] = [
  ['v6 where v2 is off', ran('FAILED\n', '\n', 1)],
  ['help with exit code 0', ran(help)],
  [
    'nothing with exit code 0',
    ran('', "Unexpected flag error\nmessage: bool flag `--guid' cannot have an argument\n"),
  ],
  ['nothing at all', ran('')],
  ['FAILED with exit code 0', ran('FAILED\n')],
  ['OK', ran('OK\n')],
  ['two lines', ran(`${guid}\n${guid}\n`)],
  ['words nobody knows', ran('FAILED\n', 'down\n', 1)],
  ['a GUID, but a failure', ran(`${guid}\n`, 'oh\n', 1)],
]
for (const [what, given] of unexplained) {
  finding(`${what} does not say why: exit code 3`, async () => {
    const error = await thrown(find(given))
    assert.instance(error, UnrecognizedOutput)
    assert.is(error.exitCode, 3)
    assert.match(error.message, /^cf org x --guid/)
  })
}
finding.run()

const guids = suite('what can be a GUID')
for (const text of [guid, 'a', 'some-guid_1', '0']) guids(text, () => assert.ok(isOneWord(text)))
for (const text of ['', 'FAILED', 'OK', 'a b', 'a\nb', '$(id)', 'a/b', "'", 'ü', help]) {
  guids(`${JSON.stringify(text)} cannot`, () => assert.not.ok(isOneWord(text)))
}
guids.run()

// --- target -----------------------------------------------------------------------------------------------------

const targeting = suite('what cf target shows')

const shownBy = (given: RunResult) => target(async () => given)

const targets: readonly (readonly [
  what: string,
  printed: string,
  api: string,
  user: string,
  org: string | undefined,
])[] = [
  [
    'v8 without an org',
    "API endpoint:   https://api.x\nAPI version:    3.195.0\nuser:           u@x.gov\nNo org or space targeted, use 'cf target -o ORG -s SPACE'\n",
    'https://api.x',
    'u@x.gov',
    undefined,
  ],
  [
    'v8 with an org',
    "API endpoint:   https://api.x\nAPI version:    3.195.0\nuser:           u@x.gov\norg:            my org\nNo space targeted, use 'cf target -s SPACE'\n",
    'https://api.x',
    'u@x.gov',
    'my org',
  ],
  [
    'v8 with org and space',
    'API endpoint:   https://api.x\nAPI version:    3.195.0\nuser:           u@x.gov\norg:            my org\nspace:          sp\n',
    'https://api.x',
    'u@x.gov',
    'my org',
  ],
  [
    'v6',
    'api endpoint:   https://api.x\napi version:    2.250.0\nuser:           u@x.gov\norg:            my org\nspace:          sp\n',
    'https://api.x',
    'u@x.gov',
    'my org',
  ],
  [
    'a client token',
    'API endpoint:   https://api.x\nAPI version:    3.195.0\nuser:           sandbox-bot\norg:            o\n',
    'https://api.x',
    'sandbox-bot',
    'o',
  ],
  [
    'names with colons',
    'API endpoint:   https://api.x:8443\nAPI version:    3\nuser:           a: b\norg:            org: space: x\nspace:          org: y\n',
    'https://api.x:8443',
    'a: b',
    'org: space: x',
  ],
  [
    'CRLF',
    'API endpoint:   https://api.x\r\nuser:           u\r\norg:            o\r\n',
    'https://api.x',
    'u',
    'o',
  ],
  [
    'no access token, but one to refresh it with',
    'API endpoint:   https://api.x\nAPI version:    3.195.0\nuser:           \norg:            my org\n',
    'https://api.x',
    '',
    'my org',
  ],
]
for (const [what, printed, api, user, org] of targets) {
  targeting(what, async () => {
    const asked: (readonly string[])[] = []
    const shown = await target(async args => {
      asked.push(args)
      return ran(printed)
    })
    assert.equal(shown, { api, user, org })
    assert.equal(asked, [['target']])
  })
}

const targetFailures: readonly (readonly [
  what: string,
  given: RunResult,
  exitCode: number,
  words: RegExp,
])[] = [
  [
    'not logged in',
    ran('FAILED\n', "Not logged in. Use 'cf login' or 'cf login --sso' to log in.\n", 1),
    3,
    /not logged in/,
  ],
  [
    'no API',
    ran('FAILED\n', "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n", 1),
    3,
    /no API endpoint/,
  ],
  ['a token that is none', ran('FAILED\n', 'not a compact JWS\n', 1), 3, /session has expired/],
  ['v7, server down', ran('FAILED\n', refusedConnection, 1), 5, /could not be reached/],
  [
    'a broken login file',
    ran('FAILED\nError read/writing config:  unexpected end of JSON input\n', '', 1),
    3,
    /login file/,
  ],
  ['a trace', ran('\nREQUEST: [x]\nGET /\n\nAPI endpoint:   https://api.x\nuser:   u\n', '', 1), 3, /trace/],
  ['another program', ran('Usage: cf [command]\n', '', 0), 3, /printed something unexpected/],
  ['nothing', ran('', '', 0), 3, /printed nothing/],
  ['no user', ran('API endpoint:   https://api.x\nAPI version:    3\n'), 3, /cf target/],
  ['words nobody knows', ran('FAILED\n', 'new words\n', 1), 3, /cf target failed: new words/],
]
for (const [what, given, exitCode, words] of targetFailures) {
  targeting(`${what}: exit code ${exitCode}`, async () => {
    const error = await thrown(shownBy(given))
    assert.is(error.exitCode, exitCode, error.message)
    assert.match(error.message, words)
  })
}

targeting('the targeted org', async () => {
  assert.is(await targetedOrg(async () => ran('API endpoint:   a\nuser:   u\norg:   my org\n')), 'my org')
})

targeting('no org is targeted: exit code 3, and how to name one', async () => {
  const error = await thrown(
    targetedOrg(async () =>
      ran("API endpoint:   a\nuser:   u\nNo org or space targeted, use 'cf target -o ORG -s SPACE'\n"),
    ),
  )
  assert.instance(error, CfUnusable)
  assert.match(error.advice, /cf target -o/)
})
targeting.run()

// --- diagnoseEmptyOutput -------------------------------------------------------------------------------------------

const silence = suite('why cf curl is silent')

const calls: readonly (readonly [org: string | undefined, args: readonly string[]])[] = [
  ['my org', ['org', 'my org', '--guid']],
  [undefined, ['orgs']],
  ['-x', ['orgs']],
]
for (const [org, expected] of calls) {
  silence(`asks cf ${expected.join(' ')}`, async () => {
    const asked: (readonly string[])[] = []
    const reason = await diagnoseEmptyOutput(async args => {
      asked.push(args)
      return ran(`${guid}\n`)
    }, org)
    assert.is(reason, undefined)
    assert.equal(asked, [expected])
  })
}

const reasons: readonly (readonly [what: string, given: RunResult, kind: Class, exitCode: number])[] = [
  [
    'expired',
    ran(
      'Getting orgs as u...\n\nFAILED\n',
      'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.\n',
      1,
    ),
    LoggedOut,
    3,
  ],
  ['refused connection', ran('FAILED\n', refusedConnection, 1), Unreachable, 5],
  ['TLS', ran('FAILED\n', 'Invalid SSL Cert for https://api.x\nTIP: …\n', 1), Unreachable, 5],
  ['no such org', ran('FAILED\n', "Organization 'x' not found.\n", 1), NotFound, 4],
  ['not logged in', ran('FAILED\n', "Not logged in. Use 'cf login' to log in.\n", 1), LoggedOut, 3],
  ['words nobody knows', ran('FAILED\n', 'down\n', 1), UnrecognizedOutput, 3],
]
for (const [what, given, kind, exitCode] of reasons) {
  silence(`${what}: exit code ${exitCode}`, async () => {
    const reason = await diagnoseEmptyOutput(async () => given, 'x')
    assert.is(reason?.constructor, kind)
    assert.is(reason?.exitCode, exitCode)
  })
}

silence('a cf that gives no answer at all is told by its own error', async () => {
  const error = await thrown(diagnoseEmptyOutput(() => Promise.reject(new TimedOut('no answer', '')), 'x'))
  assert.instance(error, TimedOut)
})
silence.run()

// --- oauth-token ------------------------------------------------------------------------------------------------

const expiring = suite('when the token expires, by cf oauth-token')

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: unknown) => `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`

const tokens: readonly (readonly [what: string, given: RunResult, expiry: number | undefined])[] = [
  ['a token', ran(`bearer ${jwt({ exp: 1795435200 })}\n`), 1795435200],
  ['without its type', ran(`${jwt({ exp: 1795435200 })}\n`), 1795435200],
  ['a failure', ran(`bearer ${jwt({ exp: 1795435200 })}\n`, '', 1), undefined],
  ['without an expiry', ran(`bearer ${jwt({})}\n`), undefined],
  ['an expiry of another kind', ran(`bearer ${jwt({ exp: '1' })}\n`), undefined],
  ['claims that are null', ran(`bearer ${jwt(null)}\n`), undefined],
  ['claims that are no JSON', ran('bearer a.b.c\n'), undefined],
  ['an opaque token', ran('bearer 0a1b2c\n'), undefined],
  ['nothing', ran(''), undefined],
]
for (const [what, given, expiry] of tokens) {
  expiring(what, async () => {
    assert.is(await tokenExpiry(async () => given), expiry)
    assert.ok(
      given.stdout.every(byte => byte === 0),
      'the token is kept in memory',
    )
  })
}
expiring.run()

// --- Bugs -------------------------------------------------------------------------------------------------------

const bugs = suite('a bug while cf is asked')

const bug = async () => {
  throw new TypeError('a bug')
}
for (const [what, ask] of [
  ['cf org', () => orgGuid(bug, 'x')],
  ['cf target', () => target(bug)],
  ['cf orgs', () => orgs(bug)],
  ['cf oauth-token', () => tokenExpiry(bug)],
  ['the reason why cf printed nothing', () => diagnoseEmptyOutput(bug, 'x')],
] as const) {
  bugs(`${what}: stays a bug`, async () => assert.instance(await thrown(ask()), TypeError))
}
bugs.run()
