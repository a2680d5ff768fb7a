import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorFromCfOutput, linesIn, noOrgTargeted, noSuchOrg, panicOf } from '../../src/cf/error-messages.ts'
import {
  type AuditError,
  CfUnusable,
  CutShort,
  Failed,
  LoggedOut,
  NotFound,
  Unreachable,
} from '../../src/errors.ts'
import { redactedExcerpt } from '../../src/secrets.ts'
import { fc, holds } from '../generated/check.ts'

type Class = new (...args: never[]) => AuditError

const tip =
  '\nTIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy environment variable is correctly set. Else, check your network connection.\n'

const meanings = suite('what the words of cf mean')

const rows: readonly (readonly [words: string, kind: Class, exitCode: number, message: string])[] = [
  // Login
  ["Not logged in. Use 'cf login' or 'cf login --sso' to log in.\n", LoggedOut, 3, 'You are not logged in.'],
  [
    "Not logged in. Use 'cf8 login' or 'cf8 login --sso' to log in.\n",
    LoggedOut,
    3,
    'You are not logged in.',
  ],
  [
    'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.\n',
    LoggedOut,
    3,
    'Your session has expired.',
  ],
  [
    'FAILED\nError creating request:\nAuthentication has expired.  Please log back in to re-authenticate.\n\nTIP: Use `cf login -a <endpoint> -u <user> -o <org> -s <space>` to log back in and re-authenticate.\n',
    LoggedOut,
    3,
    'Your session has expired.',
  ],
  [
    'FAILED\nError creating request:\nInvalid auth token: Invalid Auth Token\n',
    LoggedOut,
    3,
    'Your session has expired.',
  ],
  ['Invalid Auth Token\n', LoggedOut, 3, 'Your session has expired.'],
  ['not a compact JWS\n', LoggedOut, 3, 'Your session has expired.'],
  // API and org
  [
    "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n",
    CfUnusable,
    3,
    'cf has no API endpoint set.',
  ],
  [
    "FAILED\nNo API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n",
    CfUnusable,
    3,
    'cf has no API endpoint set.',
  ],
  ["No org or space targeted, use 'cf target -o ORG -s SPACE'\n", CfUnusable, 3, 'No org is targeted.'],
  ["No org targeted, use 'cf target -o ORG' to target an org.\n", CfUnusable, 3, 'No org is targeted.'],
  ["Organization 'my org' not found.\n", NotFound, 4, 'No org named my org is visible to you.'],
  [
    "Organization 'it's \"missing\" {{.Foo}}' not found.\n",
    NotFound,
    4,
    'No org named it\'s "missing" {{.Foo}} is visible to you.',
  ],
  ["Organization 'not found' not found.\n", NotFound, 4, 'No org named not found is visible to you.'],
  ['Organization demo not found\n', NotFound, 4, 'No org named demo is visible to you.'],
  // Network
  [
    `Request error: Get "https://api.x/v3/organizations?names=secret&page=1": dial tcp: lookup api.x on 127.0.0.53:53: no such host${tip}`,
    Unreachable,
    5,
    'Cloud Foundry could not be reached: Get "https://api.x/v3/organizations": dial tcp: lookup api.x on 127.0.0.53:53: no such host',
  ],
  [
    `FAILED\nError creating request:\nError performing request: Get "https://api.x/v2/events?q=type+IN+a,b": dial tcp 10.0.0.1:443: i/o timeout${tip}`,
    Unreachable,
    5,
    'Cloud Foundry could not be reached: Get "https://api.x/v2/events": dial tcp 10.0.0.1:443: i/o timeout',
  ],
  [
    'FAILED\nError creating request:\nError performing request: Get "https://api.x/v3": EOF\n',
    Unreachable,
    5,
    'Cloud Foundry could not be reached: Get "https://api.x/v3": EOF',
  ],
  [
    'dial tcp 127.0.0.1:1: connect: connection refused\n',
    Unreachable,
    5,
    'Cloud Foundry could not be reached: dial tcp 127.0.0.1:1: connect: connection refused',
  ],
  [
    "Invalid SSL Cert for https://api.x\nTIP: Use 'cf api --skip-ssl-validation' to continue with an insecure API endpoint\n",
    Unreachable,
    5,
    'The certificate of the Cloud Foundry API is not trusted.',
  ],
  [
    'FAILED\nError creating request:\nReceived invalid SSL certificate from api.x - unknown authority\n',
    Unreachable,
    5,
    'The certificate of the Cloud Foundry API is not trusted.',
  ],
  [
    `Request error: Get "https://api.x": x509: certificate has expired or is not yet valid${tip}`,
    Unreachable,
    5,
    'The certificate of the Cloud Foundry API is not trusted.',
  ],
  [
    "API endpoint not found at 'https://api.x'\n",
    Failed,
    5,
    'There is no Cloud Foundry API at https://api.x.',
  ],
  [
    'FAILED\nError creating request:\nError reading response: unexpected EOF\n',
    CutShort,
    5,
    'The response from Cloud Foundry was cut short.',
  ],
  // cf itself
  [
    'FAILED\nError read/writing config:  unexpected end of JSON input\n',
    CfUnusable,
    3,
    'cf cannot read its login file: unexpected end of JSON input',
  ],
  [
    'Unexpected error: remove /home/u/.cf/temp-config1234: no such file or directory\n',
    CutShort,
    5,
    'Two cf processes interfered with each other.',
  ],
  [
    'REQUEST: [2026-08-01T10:00:00Z]\nGET /v3 HTTP/1.1\n',
    CfUnusable,
    3,
    'cf prints a trace instead of the response.',
  ],
  [
    '\n\nREQUEST: [2026-08-01T10:00:00Z]\nGET /v3 HTTP/1.1\nNot logged in.',
    CfUnusable,
    3,
    'cf prints a trace instead of the response.',
  ],
  [
    'CF_TRACE ERROR CREATING LOG FILE /x:\nopen /x: permission denied\n',
    CfUnusable,
    3,
    'cf prints a trace instead of the response.',
  ],
  [
    "'events-plugin' is not a registered command. See 'cf help -a'\n",
    CfUnusable,
    3,
    'This cf is not the Cloud Foundry CLI.',
  ],
  ['error: unknown command: curl\n', CfUnusable, 3, 'This cf is not the Cloud Foundry CLI.'],
]
for (const [words, kind, exitCode, message] of rows) {
  meanings(JSON.stringify(words), () => {
    const error = errorFromCfOutput(words)
    assert.ok(kind === undefined ? error === undefined : error instanceof kind, error?.name)
    assert.is(error?.exitCode, exitCode)
    assert.is(error?.message, message)
    assert.is.not(error?.advice, '')
    assert.not.match(`${error?.advice}`, /\n/)
  })
}

for (const words of [
  '',
  '\n',
  'FAILED\n',
  'OK\n\n',
  'down\n',
  "Incorrect Usage: unknown flag `x'\n\n",
  'the words REQUEST: [ in the middle',
  'Organization quota not applied',
  'hello',
]) {
  meanings(`${JSON.stringify(words)} means nothing that we know`, () =>
    assert.is(errorFromCfOutput(words), undefined),
  )
}

meanings('without a session, to log in is the advice', () => {
  for (const words of ['Not logged in.', 'The token expired, was revoked', 'No API endpoint set.']) {
    assert.match(`${errorFromCfOutput(words)?.advice}`, /cf login/)
  }
})

meanings('what is quoted is one line that can do nothing to a terminal, and not long', () => {
  for (const words of [
    `Request error: \u001b[2J\u202e${'x'.repeat(1000)}\nmore`,
    `Error read/writing config: \u001b]0;title\u0007${'x'.repeat(1000)}`,
  ]) {
    const message = `${errorFromCfOutput(words)?.message}`
    assert.not.match(message, /[\u0000-\u001f\u007f\u202e]/)
    assert.ok(message.length < 300)
  }
})
meanings('secrets in what is quoted are left out, in names too', () => {
  for (const words of [
    "Organization 'password=hunter2' not found.",
    'Request error: Get "https://me:hunter2@api.x/v3": dial tcp: no such host',
    'dial tcp 10.0.0.1:443: api_key=hunter2',
    "API endpoint not found at 'https://me:hunter2@api.x'",
    'Error read/writing config: bearer hunter2',
  ]) {
    const message = `${errorFromCfOutput(words)?.message}`
    assert.not.match(message, 'hunter2')
    assert.match(message, '[REDACTED]')
  }
})

meanings('warnings of cf are known, other lines are not', () => {
  for (const line of [
    'Warning: Error read/writing config: unexpected end of JSON input for /home/me/.cf/config.json',
    'Error writing config: rename /home/me/.cf/temp-config1: no such file or directory',
    'Cloud Foundry API version 3.99.0 requires CLI version 8.0.0. You are currently on version 7.0.0.',
    'Your CF API version (3.1.0) is no longer supported. Upgrade to a newer version of the API.',
  ])
    assert.equal(linesIn(line), [])
  for (const line of ['Using profile prod', 'A warning: x', 'FAILED'])
    assert.equal(linesIn(`\n${line}\n`), [line])
})
meanings.run()

const panics = suite('panics of cf')

const banner =
  '\n\t\tSomething unexpected happened. This is a bug in /usr/local/bin/cf.\n\n\t\tPlease re-run the command that caused this exception with the environment\n\t\tvariable CF_TRACE set to true.\n\n\t\tCommand\n\t\tcf curl /v3/audit_events -i\n\n\t\tCLI Version\n\t\t8.14.1+2bcb856ea.2025-06-10\n\n'

const panicRows: readonly (readonly [what: string, stderr: string, reason: string | undefined])[] = [
  [
    'a nil pointer',
    `${banner}\t\tError\n\t\truntime error: invalid memory address or nil pointer dereference\n\n\t\tStack Trace\n\t\t\tgoroutine 1`,
    'runtime error: invalid memory address or nil pointer dereference',
  ],
  [
    'a template',
    `${banner}\t\tError\n\t\ttemplate: Display Text:8: bad character U+0022 '"'\n\n\t\tStack Trace\n`,
    "template: Display Text:8: bad character U+0022 '\"'",
  ],
  ['cut off', banner, 'it prints no reason'],
  ['none', 'Not logged in.\n', undefined],
  ['nothing', '', undefined],
  ['words about errors', 'Error\nsomething\n', undefined],
]
for (const [what, stderr, reason] of panicRows) panics(what, () => assert.is(panicOf(stderr), reason))
panics.run()

const quoting = suite('secrets in words that are quoted')

const sayings: readonly ((words: string) => string)[] = [
  words => `Organization '${words}' not found.`,
  words => `FAILED\nOrganization ${words} not found\n`,
  words => `API endpoint not found at '${words}'`,
  words => `Request error: Get "https://api.example.gov/v3?a=b": ${words}`,
  words => `Error performing request: ${words}`,
  words => `dial tcp ${words}`,
  words => `Error read/writing config: ${words}`,
]
const secrets: readonly ((secret: string) => string)[] = [
  secret => `bearer ${secret}`,
  secret => `Authorization: Bearer ${secret}`,
  secret => `password=${secret}`,
  secret => `"password": "${secret}"`,
  secret => `CF_PASSWORD='${secret}' cf login`,
  secret => `--sso-passcode ${secret}`,
  secret => `passcode: ${secret}`,
  secret => `api_key=${secret}`,
  secret => `client_secret=${secret}`,
  secret => `https://user:${secret}@api.example.gov/v3`,
  secret => `https://api.example.gov/v3#access_token=${secret}`,
  secret => `refresh_token=${secret}`,
  secret => `Set-Cookie: JSESSIONID=${secret}`,
]

quoting('none is printed', () =>
  holds(
    1000,
    fc.property(
      fc.constantFrom(...sayings),
      fc.constantFrom(...secrets),
      fc.stringMatching(/^[\w~+/-]{2,20}$/),
      fc.constantFrom('', 'in: ', '+ '),
      (saying, secret, word, before) => {
        const words = before + secret(`hunter2${word}`)
        const error = errorFromCfOutput(saying(words))
        assert.ok(error !== undefined, words)
        assert.not.match(error.message + error.advice, /hunter2/)
        for (const said of [
          panicOf(`${banner}\t\tError\n\t\t${words}\n`),
          redactedExcerpt(words),
          redactedExcerpt(words, 20),
        ])
          assert.not.match(said ?? '', /hunter2/)
      },
    ),
  ),
)
quoting.run()

const others = suite('errors that are made elsewhere')

others('no such org', () => {
  assert.is(noSuchOrg('a "b"').exitCode, 4)
  assert.is(noSuchOrg('a "b"').message, 'No org named a "b" is visible to you.')
})

others('no org targeted', () => {
  assert.is(noOrgTargeted().exitCode, 3)
  assert.match(noOrgTargeted().advice, /cf target -o ORG/)
})
others.run()
