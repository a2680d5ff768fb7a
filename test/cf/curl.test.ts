import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CfVersion } from '../../src/cf/binary.ts'
import {
  createCurl,
  EmptyOutput,
  type Response,
  readResponse,
  UnrecognizedOutput,
} from '../../src/cf/curl.ts'
import type { RunResult } from '../../src/cf/run.ts'
import {
  type AuditError,
  CfUnusable,
  CutShort,
  Failed,
  Forbidden,
  LoggedOut,
  Unreachable,
} from '../../src/errors.ts'

const v6: CfVersion = [6, 53, 0]
const v7: CfVersion = [7, 8, 0]
const v8: CfVersion = [8, 18, 4]

const ran = (stdout: string | Buffer, stderr = '', exitCode: number | undefined = 0): RunResult => ({
  stdout: Buffer.from(stdout),
  stderr,
  exitCode,
})

const shown = ({ status, headers, body }: Response) => ({
  status,
  headers: Object.fromEntries(headers),
  body: body.toString('utf8'),
})

// The header blocks as v8, and as v6 and v7 print them: theirs is followed by one more line break.
const head8 =
  'HTTP/1.1 200 OK\r\nContent-Length: 32\r\nConnection: keep-alive\r\nContent-Type: application/json; charset=utf-8\r\nDate: Sat, 01 Aug 2026 10:00:00 GMT\r\nKeep-Alive: timeout=1\r\n'
const head7 =
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 32\r\nContent-Type: application/json; charset=utf-8\r\nDate: Sat, 01 Aug 2026 10:00:00 GMT\r\n'
const tip =
  '\nTIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy environment variable is correctly set. Else, check your network connection.\n'

// --- Responses --------------------------------------------------------------------------------------------------

const responses = suite('responses of cf curl -i')

responses('v8: the raw body and one line break', () => {
  const { status, headers, body } = shown(
    readResponse(ran(`${head8}\r\n{"a":1,"u":"http://x/y?a=1&b=2"}\n`), v8),
  )
  assert.is(status, 200)
  assert.equal(headers, {
    'content-length': '32',
    connection: 'keep-alive',
    'content-type': 'application/json; charset=utf-8',
    date: 'Sat, 01 Aug 2026 10:00:00 GMT',
    'keep-alive': 'timeout=1',
  })
  assert.is(body.trim(), '{"a":1,"u":"http://x/y?a=1&b=2"}')
})

for (const version of [v6, v7]) {
  responses(`v${version[0]}: indented, behind a line break more`, () => {
    const { status, headers, body } = shown(
      readResponse(ran(`${head7}\r\n\n{\n   "a": 1,\n   "u": "http://x/y?a=1\\u0026b=2"\n}\n`), version),
    )
    assert.is(status, 200)
    assert.is(headers.date, 'Sat, 01 Aug 2026 10:00:00 GMT')
    assert.is(body.trim(), '{\n   "a": 1,\n   "u": "http://x/y?a=1\\u0026b=2"\n}')
  })
}

responses('v6 and v7: warnings behind the body stay in it, for who cuts the first document out', () => {
  const { status, headers, body } = shown(
    readResponse(
      ran(
        `${head7}X-Cf-Warnings: First%20warn%2C+one,Second%20two\r\n\r\n\n{\n   "a": 1\n}\nFirst warn, one\nSecond two\n`,
      ),
      v7,
    ),
  )
  assert.is(status, 200)
  assert.is(headers['x-cf-warnings'], 'First%20warn%2C+one,Second%20two')
  assert.is(body.trimStart(), '{\n   "a": 1\n}\nFirst warn, one\nSecond two\n')
})

const statuses: readonly (readonly [what: string, printed: string, status: number, body: string])[] = [
  [
    '404 of v8',
    'HTTP/1.1 404 Not Found\r\nContent-Length: 73\r\n\r\n{"errors":[{"code":10010}]}\n',
    404,
    '{"errors":[{"code":10010}]}',
  ],
  [
    '404 of v7',
    'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n\n{\n   "errors": []\n}\n',
    404,
    '{\n   "errors": []\n}',
  ],
  [
    '404 as plain text',
    'HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\nV2 endpoints disabled\n\n',
    404,
    'V2 endpoints disabled',
  ],
  [
    '401 of v8, whose exit code is 0',
    'HTTP/1.1 401 Unauthorized\r\n\r\n{"errors":[{"code":1000}]}\n',
    401,
    '{"errors":[{"code":1000}]}',
  ],
  [
    '502 as HTML',
    'HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n<html>bad gateway</html>\n\n',
    502,
    '<html>bad gateway</html>',
  ],
  ['204 of v8', 'HTTP/1.1 204 No Content\r\nX-R: 1\r\n\r\n{}\n', 204, '{}'],
  ['204 of v7', 'HTTP/1.1 204 No Content\r\nX-R: 1\r\n\r\n\n\n', 204, ''],
  ['empty 200 of v8', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\n', 200, ''],
  ['empty 200 of v7', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\n\n', 200, ''],
  [
    'a 500 cut short on v7',
    'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\n\n\n',
    500,
    '',
  ],
  [
    'v8.17 and a body with a NUL: the line break comes before it',
    'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n\n{"t":"a\0b"}',
    200,
    '{"t":"a\0b"}',
  ],
  [
    'v8.17 and a body with a NUL, compressed on its way',
    'HTTP/1.1 200 OK\r\n\r\n\n{"t":"a\0b"}',
    200,
    '{"t":"a\0b"}',
  ],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n{}\n', 200, '{}'],
  ['HTTP/2.0', 'HTTP/2.0 503 \r\n\r\n\n', 503, ''],
  ['no headers but the status', 'HTTP/1.1 200 OK\r\n\r\n{}\n', 200, '{}'],
  [
    'a body that holds an empty line',
    'HTTP/1.1 200 OK\r\nA: b\r\n\r\none\r\n\r\ntwo\n',
    200,
    'one\r\n\r\ntwo',
  ],
  [
    'a body that begins like headers',
    'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 x\r\n\r\n\n',
    200,
    'HTTP/1.1 500 x',
  ],
]
for (const [what, printed, status, body] of statuses) {
  for (const exitCode of [0, 1, 22]) {
    responses(`${what}, exit code ${exitCode}: the status line decides`, () => {
      const response = readResponse(ran(printed, 'some words', exitCode), v8)
      assert.is(response.status, status)
      assert.is(response.body.toString('utf8').trim(), body)
    })
  }
}

responses('429 tells when to come back', () => {
  const { headers } = shown(
    readResponse(
      ran('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nX-Ratelimit-Reset: 1790000000\r\n\r\n{}\n'),
      v8,
    ),
  )
  assert.equal(headers, { 'retry-after': '7', 'x-ratelimit-reset': '1790000000' })
})

responses('cookies are dropped, whatever their case', () => {
  const { headers } = shown(
    readResponse(
      ran(
        'HTTP/1.1 200 OK\r\nA: b\r\nSet-Cookie: a=secret\r\nset-cookie: b=secret; Path=/\r\nZ: z\r\n\r\n{}\n',
      ),
      v8,
    ),
  )
  assert.equal(headers, { a: 'b', z: 'z' })
})

responses('of a repeated header the last one; odd lines are passed over', () => {
  const { headers } = shown(
    readResponse(ran('HTTP/1.1 200 OK\r\nA: 1\r\na:2\r\nno colon\r\n: no name\r\nB:\r\nC: x: y\r\n\r\n'), v8),
  )
  assert.equal(headers, { a: '2', b: '', c: 'x: y' })
})

responses('the bytes of the body are as they came', () => {
  const body = Buffer.from([0x7b, 0x22, 0xc3, 0xbc, 0x00, 0xff, 0x22, 0x7d, 0x0a])
  const response = readResponse(ran(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), body])), v8)
  assert.equal([...response.body], [...body])
})

responses('headers without an end', () => {
  assert.throws(
    () => readResponse(ran('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'), v8),
    (error: unknown) => error instanceof CutShort,
  )
})

responses('a status line that is none', () => {
  assert.throws(
    () => readResponse(ran('HTTP/1.1 OK\r\n\r\n{}'), v8),
    (error: unknown) => error instanceof Failed && error.exitCode === 5,
  )
})

// v8 prints the bytes of the body and a line break; with --output, the bytes alone.
const body = '{"a":"ü"}'
const size = Buffer.byteLength(body)
const printed = (more: string, length: number | string = size, status = '200 OK') =>
  ran(`HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n${more}`)

const whole: readonly (readonly [what: string, given: RunResult, body: string])[] = [
  ['and a line break', printed(`${body}\n`), body],
  ['and nothing', printed(body), body],
  ['and the line break of a terminal', printed(`${body}\r\n`), body],
  ['and the line break before it, as v8.17 does where it is not text', printed(`\n${body}`), body],
  ['that begins with a line break itself', printed(`\n${body}\n`, size + 1), `\n${body}`],
  ['that ends in a line break itself', printed(`${body}\n\n`, size + 1), `${body}\n`],
  ['and a line of a wrapper', printed(`${body}\nDone in 2 s.\n`), body],
  ['of an unreadable length', printed(body, 'many'), body],
  ['without a length: it was compressed', ran(`HTTP/1.1 200 OK\r\n\r\n${body}\n`), `${body}\n`],
  ['of a 204, which v8 makes up', printed('{}\n', 0, '204 No Content'), '{}\n'],
]
for (const [what, given, expected] of whole) {
  responses(`as many bytes as the server sent, ${what}`, () => {
    assert.is(readResponse(given, v8).body.toString(), expected)
  })
}

const cut: readonly (readonly [what: string, given: RunResult])[] = [
  ['by one byte', printed(body.slice(0, -1))],
  ['to nothing', printed('\n', 1000)],
  ['to nothing, with --output', printed('', 1000)],
]
for (const [what, given] of cut) {
  responses(`a body cut ${what}: v8 knows how long it was`, () => {
    assert.throws(
      () => readResponse(given, v8),
      (error: unknown) =>
        error instanceof CutShort && /^The response .* cut short: \d+ of \d+ bytes\.$/.test(error.message),
    )
    // These do not print it as it came.
    for (const version of [v6, v7, 'unknown'] as const) readResponse(given, version)
  })
}

responses('a failure that was cut is still that failure', () => {
  assert.is(readResponse(printed('\n', 1000, '403 Forbidden'), v8).status, 403)
})

for (const [what, given] of [
  ['{{.x}} that became <no value>', printed('{"a":"<no value>"}\n')],
  ['one byte more', printed(`${body} \n`)],
] as const) {
  responses(`a body that was altered on its way: ${what}`, () => {
    assert.throws(
      () => readResponse(given, v8),
      (error: unknown) =>
        error instanceof Failed && !(error instanceof CutShort) && /altered the response/.test(error.message),
    )
    readResponse(given, v7)
  })
}

const bare: readonly (readonly [what: string, printed: string])[] = [
  ['an object', '{"a":1}\n'],
  ['an array', '[{"a":1}]\n'],
  ['an empty array', '[ ]\n'],
  ['an empty object', '{}\n'],
  ['an indented object', '\n{\n   "a": 1\n}\n'],
  [
    'an error of the API',
    '{"errors":[{"code":1000,"title":"CF-InvalidAuthToken","detail":"Invalid Auth Token"}]}\n',
  ],
  ['an object that was cut', '{"resources":[{"a'],
  ['words that cf uses for failures, in an object', '{"name":"Not logged in. FAILED"}'],
]
for (const [what, printed] of bare) {
  for (const version of [v8, 'unknown'] as const) {
    responses(`${what} without headers, of version ${version}`, () => {
      assert.equal(shown(readResponse(ran(printed), version)), {
        status: undefined,
        headers: {},
        body: printed,
      })
    })
  }
}

responses('text that is neither, exit code 0: the caller knows what it asked', () => {
  for (const printed of ['V2 endpoints disabled\n', '<html>login</html>\n']) {
    assert.equal(shown(readResponse(ran(printed), 'unknown')), {
      status: undefined,
      headers: {},
      body: printed,
    })
  }
})
responses.run()

// --- Failures ---------------------------------------------------------------------------------------------------

const failures = suite('failures of cf curl -i')

/** A panic as v8 before 8.17 prints it; run.ts has taken the mebibyte of NULs out. */
const panic = (reason: string) =>
  `\n\t\tSomething unexpected happened. This is a bug in /usr/bin/cf.\n\n\t\tPlease re-run the command that caused this exception with the environment\n\t\tvariable CF_TRACE set to true.\n\n\t\tAlso, please update to the latest cli and try the command again:\n\t\thttps://code.cloudfoundry.org/cli/releases\n\n\t\tPlease create an issue at: https://code.cloudfoundry.org/cli/issues\n\n\t\tInclude the below information when creating the issue:\n\n\t\tCommand\n\t\t/usr/bin/cf curl /v3/audit_events -i\n\n\t\tCLI Version\n\t\t8.14.1+2bcb856ea.2025-06-10\n\n\t\tError\n\t\t${reason}\n\n\t\tStack Trace\n\t\t\tgoroutine 1 [running]:\nNot logged in. No API endpoint set\n`
const nil = 'runtime error: invalid memory address or nil pointer dereference'

type Class = new (...args: never[]) => AuditError
const rows: readonly (readonly [
  what: string,
  ran: RunResult,
  version: CfVersion,
  kind: Class,
  exitCode: number,
  words: RegExp,
])[] = [
  // The network
  [
    'refused, v6',
    ran(
      `FAILED\nError creating request:\nError performing request: Get "https://api.x/v3/audit_events?types=secret": dial tcp 127.0.0.1:1: connect: connection refused${tip}`,
      '',
      1,
    ),
    v6,
    Unreachable,
    5,
    /could not be reached: Get "https:\/\/api\.x\/v3\/audit_events": dial tcp .* connection refused$/,
  ],
  [
    'dropped, v7',
    ran(
      'FAILED\nError creating request:\nError performing request: Get "https://api.x/v3/audit_events": EOF\n',
      '',
      1,
    ),
    v7,
    Unreachable,
    5,
    /could not be reached: .*EOF$/,
  ],
  [
    'refused, v8 after #3838',
    ran(
      'FAILED\n',
      `Request error: Get "https://api.x/v3/audit_events?types=a": dial tcp: lookup api.x: no such host${tip}`,
      1,
    ),
    [8, 19, 0],
    Unreachable,
    5,
    /could not be reached: .*no such host$/,
  ],
  ['refused, v8.17 and v8.18', ran('\n'), v8, EmptyOutput, 5, /printed nothing/],
  ['refused, v8.17 with --output', ran('OK\n\n'), v8, EmptyOutput, 5, /printed nothing/],
  [
    'refused, v8 before 8.17',
    ran('', panic(nil), 1),
    [8, 14, 1],
    EmptyOutput,
    5,
    /crashed: runtime error: invalid memory address/,
  ],
  [
    'TLS, v7',
    ran(
      'FAILED\nError creating request:\nReceived invalid SSL certificate from api.x - unknown authority\n',
      '',
      1,
    ),
    v7,
    Unreachable,
    5,
    /certificate/,
  ],
  [
    'TLS, v8 after #3838',
    ran(
      'FAILED\n',
      "Invalid SSL Cert for https://api.x\nTIP: Use 'cf api --skip-ssl-validation' to continue with an insecure API endpoint\n",
      1,
    ),
    [8, 19, 0],
    Unreachable,
    5,
    /certificate/,
  ],
  [
    'cut short, v7',
    ran('FAILED\nError creating request:\nError reading response: unexpected EOF\n', '', 1),
    v7,
    CutShort,
    5,
    /cut short/,
  ],
  [
    'malformed, v7',
    ran(
      'FAILED\nError creating request:\nError performing request: Get "https://api.x/v3": net/http: HTTP/1.x transport connection broken: malformed HTTP response "hello"\n',
      '',
      1,
    ),
    v7,
    Unreachable,
    5,
    /malformed HTTP response/,
  ],
  [
    'an https target on an http port, v7',
    ran(
      'FAILED\nError creating request:\nError performing request: Get "https://api.x": http: server gave HTTP response to HTTPS client\n',
      '',
      1,
    ),
    v7,
    Unreachable,
    5,
    /HTTPS client/,
  ],
  // The session
  [
    '401 code 1000, v6 and v7',
    ran('FAILED\nError creating request:\nInvalid auth token: Invalid Auth Token\n', '', 1),
    v7,
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'refresh refused, v7',
    ran(
      'FAILED\nError creating request:\nAuthentication has expired.  Please log back in to re-authenticate.\n\nTIP: Use `cf login -a <endpoint> -u <user> -o <org> -s <space>` to log back in and re-authenticate.\n',
      '',
      1,
    ),
    v7,
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'refresh refused, v8 after #3838',
    ran(
      'FAILED\n',
      'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.\n',
      1,
    ),
    [8, 19, 0],
    LoggedOut,
    3,
    /session has expired/,
  ],
  ['refresh refused, v8.18', ran('\n'), v8, EmptyOutput, 5, /printed nothing/],
  ['refresh refused, v8 before 8.17', ran('', panic(nil), 1), [8, 7, 10], EmptyOutput, 5, /crashed/],
  [
    'refresh token unknown, v8 after #3838',
    ran(
      'FAILED\n',
      'Error Code: 400\nRaw Response: {"error":"invalid_grant","error_description":"Invalid refresh token"}\n',
      1,
    ),
    [8, 19, 0],
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'UAA fails, v8 after #3838',
    ran('FAILED\n', 'Error Code: 500\nRaw Response: {"error":"server_error"}\n', 1),
    [8, 19, 0],
    Failed,
    5,
    /500/,
  ],
  [
    'UAA is down, v8 after #3838',
    ran('FAILED\n', 'Error Code: 503\nRaw Response: <html>Service Unavailable</html>\n', 1),
    [8, 19, 0],
    Failed,
    5,
    /503/,
  ],
  ['UAA fails, v7', ran('', panic(nil), 1), v7, EmptyOutput, 5, /crashed/],
  [
    'a token that is none, v7',
    ran('FAILED\nError creating request:\nnot a compact JWS\n', '', 1),
    v7,
    LoggedOut,
    3,
    /session has expired/,
  ],
  [
    'no API, v7',
    ran("FAILED\nNo API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n", '', 1),
    v7,
    CfUnusable,
    3,
    /no API endpoint/,
  ],
  [
    'no API, v8',
    ran('FAILED\n', "No API endpoint set. Use 'cf8 login' or 'cf8 api' to target an endpoint.\n", 1),
    v8,
    CfUnusable,
    3,
    /no API endpoint/,
  ],
  [
    'not logged in, v8',
    ran('FAILED\n', "Not logged in. Use 'cf login' or 'cf login --sso' to log in.\n", 1),
    v8,
    LoggedOut,
    3,
    /not logged in/,
  ],
  // The configuration
  [
    'a trace, v6 and v7',
    ran(
      '\nREQUEST: [2026-08-01T10:00:00Z]\nGET /v3/audit_events HTTP/1.1\nHost: api.x\nAuthorization: [PRIVATE DATA HIDDEN]\n\nRESPONSE: [2026-08-01T10:00:00Z]\nHTTP/1.1 200 OK\n\n{}\n',
    ),
    v7,
    CfUnusable,
    3,
    /trace/,
  ],
  [
    'a trace file that cannot be made, v7',
    ran('CF_TRACE ERROR CREATING LOG FILE /x/y:\nopen /x/y: permission denied\n\nREQUEST: [2026'),
    v7,
    CfUnusable,
    3,
    /trace/,
  ],
  [
    'a broken login file',
    ran('FAILED\nError read/writing config:  unexpected end of JSON input\n', '', 1),
    v8,
    CfUnusable,
    3,
    /login file: unexpected end of JSON input/,
  ],
  [
    'runs that disturb each other, v8 before 8.7.11',
    ran('', 'Unexpected error: remove /root/.cf/temp-config123: no such file or directory\n', 1),
    [8, 7, 10],
    CutShort,
    5,
    /interfered/,
  ],
  // Others
  [
    'another program',
    ran('', 'error: unknown command curl\n', 1),
    'unknown',
    CfUnusable,
    3,
    /not the Cloud Foundry CLI/,
  ],
  [
    'v7 without that command',
    ran("'curl' is not a registered command. See 'cf help -a'\n", '', 1),
    'unknown',
    CfUnusable,
    3,
    /not the Cloud Foundry CLI/,
  ],
  [
    'an empty answer of an unknown version',
    ran(''),
    'unknown',
    UnrecognizedOutput,
    3,
    /printed nothing, and its version is unknown/,
  ],
  ['a line break of an unknown version', ran('\n'), 'unknown', UnrecognizedOutput, 3, /printed nothing/],
  [
    'words on stderr',
    ran('FAILED\n', 'something new\n', 1),
    v8,
    UnrecognizedOutput,
    3,
    /cf failed: something new/,
  ],
  [
    'words on stdout',
    ran('FAILED\nsomething new\n', '', 1),
    v7,
    UnrecognizedOutput,
    3,
    /cf failed: FAILED something new/,
  ],
  ['only FAILED', ran('FAILED\n', '', 1), v8, EmptyOutput, 5, /printed nothing/],
  ['killed', ran('', '', undefined), v8, EmptyOutput, 5, /printed nothing/],
  ['NULs alone', ran('\0\0\n'), v8, EmptyOutput, 5, /printed nothing/],
]
for (const [what, given, version, kind, exitCode, words] of rows) {
  failures(`${what}: exit code ${exitCode}`, () => {
    assert.throws(
      () => readResponse(given, version),
      (error: AuditError) => {
        assert.is(error.constructor, kind, `${error.constructor.name}: ${error.message}`)
        assert.is(error.exitCode, exitCode)
        assert.match(error.message, words)
        assert.not.match(error.message, /\n/)
        assert.is.not(error.advice, '')
        return true
      },
    )
  })
}

const http = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":"Not logged in. x509: "}\n'
const json = '{"resources":[]}\n'
const ownLines: readonly (readonly [what: string, printed: string, words: string])[] = [
  ['a profile', `Using profile prod\n${http}`, 'a line of its own before the response: Using profile prod'],
  [
    'a profile, then JSON',
    `Using profile prod\n${json}`,
    'a line of its own before the response: Using profile prod',
  ],
  ['indented JSON', 'Using profile prod\n\n{\n   "a": 1\n}\n', 'Using profile prod'],
  ['a line of a log', `[2026-11-23] INFO start\n${http}`, '[2026-11-23] INFO start'],
  ['a line of a log, then JSON', `[2026-11-23] INFO start\n${json}`, '[2026-11-23] INFO start'],
  ['several', `one\r\n\r\ntwo\r\n${http}`, 'lines of its own before the response: one two'],
  ['a secret', `password=hunter2\n${http}`, 'before the response: password=[REDACTED]'],
  [
    'a warning of cf, and more',
    `Warning: x\nUsing profile prod\n${http}`,
    'a line of its own before the response: Using',
  ],
]
for (const [what, given, words] of ownLines) {
  for (const version of [v7, v8, 'unknown'] as const) {
    failures(`a script around cf that speaks, ${version}: ${what}`, () => {
      assert.throws(
        () => readResponse(ran(given), version),
        (error: AuditError) => {
          assert.is(error.constructor, CfUnusable, `${error.constructor.name}: ${error.message}`)
          assert.match(error.message, words)
          assert.not.match(error.message, 'hunter2')
          assert.match(error.advice, '--cf PATH')
          return true
        },
      )
    })
  }
}

for (const warning of ['Warning: Error read/writing config: EOF for /x', 'Error writing config: rename /x']) {
  for (const [what, response] of [
    ['headers', http],
    ['JSON', json],
  ] as const) {
    failures(`a warning of cf before ${what} is passed over: ${warning.slice(0, 20)}`, () => {
      assert.match(readResponse(ran(`${warning}\n${response}`), v8).body.toString(), /^\{.*\}\n$/)
    })
  }
}

failures('JSON that a failure quotes is no response', () => {
  for (const [given, words] of [
    [ran('FAILED\nsomething new:\n{"error":"x"}\n', '', 1), /^cf failed: FAILED something new/],
    [ran('something new:\n{"error":"x"}\n', '', 1), /^cf failed: something new/],
    [ran('FAILED\nError Code: 500\nRaw Response:\n{"error":"x"}\n', '', 1), /status 500/],
  ] as const) {
    assert.throws(
      () => readResponse(given, v7),
      (error: AuditError) => words.test(error.message),
    )
  }
})

failures('a page of HTML with lines of JSON is no response', () => {
  const page = '<html><script>\n{"a":1}\n</script></html>\n'
  assert.is(readResponse(ran(page), v8).body.toString(), page)
})

failures('a panic is told by its reason, not by what its stack quotes', () => {
  assert.throws(
    () => readResponse(ran('', panic(`template: Display Text:8: bad character U+0022 '"'`), 1), [8, 14, 1]),
    (error: unknown) => error instanceof EmptyOutput && error.message.includes('template: Display Text:8'),
  )
})

failures('what is quoted can do nothing to a terminal', () => {
  assert.throws(
    () => readResponse(ran('FAILED\n', '\u001b[31mred\u202e', 1), v8),
    (error: AuditError) => !/[\u001b\u202e]/.test(error.message),
  )
})
failures.run()

// --- The call ---------------------------------------------------------------------------------------------------

const calls = suite('the call of cf curl')

const path = '/v3/audit_events?types=a,b&page=1'
const good = 'HTTP/1.1 200 OK\r\n\r\n{"a":"{{.Foo}}"}\n'

for (const version of ['unknown', [6, 53, 0], [7, 8, 0], [8, 17, 0], [8, 18, 4], [9, 0, 0]] as const) {
  calls(`version ${version}: the path first, then -i`, async () => {
    const seen: (readonly string[])[] = []
    const curl = createCurl(
      async args => {
        seen.push(args)
        return ran(good)
      },
      async () => version,
    )
    const { status, body } = await curl(path)
    assert.equal(seen, [['curl', path, '-i']])
    assert.is(status, 200)
    assert.is(body.toString('utf8').trim(), '{"a":"{{.Foo}}"}')
  })
}

for (const version of [
  [8, 0, 0],
  [8, 7, 10],
  [8, 14, 1],
  [8, 16, 0],
] as const) {
  calls(`version ${version}: through a private file, which is gone afterwards`, async () => {
    let file = ''
    const curl = createCurl(
      async args => {
        assert.equal(args.slice(0, 4), ['curl', path, '-i', '--output'])
        assert.is(args.length, 5)
        file = args[4]!
        assert.is((await stat(file)).mode & 0o777, 0o600)
        assert.is((await stat(dirname(file))).mode & 0o777, 0o700)
        await writeFile(file, good.trimEnd())
        return ran('OK\n\n')
      },
      async () => version,
    )
    const { status, body } = await curl(path)
    assert.is(status, 200)
    assert.is(body.toString('utf8'), '{"a":"{{.Foo}}"}')
    assert.is(await readFile(file).catch(error => error.code), 'ENOENT')
    assert.is(await stat(dirname(file)).catch(error => error.code), 'ENOENT')
  })
}

calls('a file that stays empty: what cf printed instead', async () => {
  let file = ''
  const curl = createCurl(
    async args => {
      file = args[4]!
      return ran('FAILED\n', "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n", 1)
    },
    async () => [8, 14, 1],
  )
  const error = await curl(path).catch(thrown => thrown)
  assert.instance(error, CfUnusable)
  assert.is(await stat(dirname(file)).catch(thrown => thrown.code), 'ENOENT')
})

calls('no folder for temporary files: a sentence that names it', async () => {
  const before = process.env.TMPDIR
  process.env.TMPDIR = '/none/such'
  try {
    const curl = createCurl(
      async () => assert.unreachable('cf was run') as never,
      async () => [8, 14, 1],
    )
    const error = await curl(path).catch(thrown => thrown)
    assert.instance(error, CfUnusable)
    assert.match(error.message, '/none/such is not usable')
    assert.match(error.advice, 'TMPDIR')
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
})

calls('a bug stays one, of whatever version', async () => {
  for (const version of [[8, 14, 1], v8, 'unknown'] as const) {
    const bug = new TypeError('a bug')
    const curl = createCurl(
      () => Promise.reject(bug),
      async () => version,
    )
    assert.is(await curl(path).catch(thrown => thrown), bug)
  }
})

calls('a cf that cannot be run leaves no file either', async () => {
  let file = ''
  const stop = new Forbidden('stop', '')
  const curl = createCurl(
    async args => {
      file = args[4]!
      throw stop
    },
    async () => [8, 14, 1],
  )
  assert.is(await curl(path).catch(thrown => thrown), stop)
  assert.is(await stat(dirname(file)).catch(thrown => thrown.code), 'ENOENT')
})
calls.run()
