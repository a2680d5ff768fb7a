import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Fault, type FaultAnswer, wrong } from '../../foundation/faults.ts'
import type { Kind } from '../../foundation/install-cf.ts'
import type { Scene, SceneOptions } from '../../scene.ts'

/** One way to fail: how it comes about, and what the user learns. */
export interface Row {
  readonly name: string
  readonly scene?: SceneOptions
  /** Spoils the scene before the run. */
  readonly spoil?: (scene: Scene) => void
  /** The command lines that meet it; one of them unless said, with the org named. */
  readonly lines?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Some generations of cf alone meet it, or tell it so. */
  readonly through?: RegExp
  readonly code: number
  /** The class of the error. */
  readonly error: string | RegExp
  /** What the two lines name, in any words: what happened, then what to do. */
  readonly names: readonly RegExp[]
}

/** Rows that the same generations of `cf` have to go through. */
export interface Part {
  readonly title: string
  readonly versions: readonly string[]
  /** Each row goes through the first of them, and one of the others. */
  readonly inTurn?: boolean
  readonly rows: readonly Row[]
}

/** How `cf curl` differs: v6 and v7 (the same code, other commands), v8 before 8.17, up to 8.18.4, and after. */
const everyGeneration = ['6.53.0', '7.8.0', '8.7.10', '8.18.4', '8.19.0']
/** What the status line decides comes three ways: indented behind a line break, from a file, and bare. */
const everyWay = ['8.18.4', '8.16.0', '7.8.0']
const one = ['8.18.4']

const events = /GET \/v[23]\/(audit_)?events/
const always = (answer: FaultAnswer, on: Fault['on'] = events): SceneOptions => ({
  foundation: { faults: [{ ...(on && { on }), times: Number.POSITIVE_INFINITY, answer }] },
})
const status = (code: number, body: string, type = 'application/json', headers = {}): FaultAnswer => ({
  status: code,
  headers: { 'Content-Type': type, ...headers },
  body,
})
const v3Error = (code: number, title: string, detail: string) =>
  JSON.stringify({ errors: [{ detail, title, code }] })
const v2Error = (code: number, title: string, detail: string) =>
  JSON.stringify({ description: detail, error_code: title, code })

function rewriteConfig({ cf }: Scene, change: Record<string, unknown>): void {
  const config = JSON.parse(readFileSync(cf.config, 'utf8'))
  writeFileSync(cf.config, JSON.stringify({ ...config, ...change }), { mode: 0o600 })
}

/** An access token that has run out: `cf` must renew it before it asks for anything. */
function expired(scene: Scene): void {
  const { accessToken } = scene.foundation.login('auditor@example.gov', { expiresIn: -60 })
  rewriteConfig(scene, { AccessToken: `bearer ${accessToken}` })
}

const nowhere = { Target: 'http://127.0.0.1:1', UaaEndpoint: 'http://127.0.0.1:1' }

/** With the org named `cf org` meets it first; without, `cf curl` is all there is. */
const both = ['routes demo-org', 'events']
const targeted = 'routes'

export const session: Part = {
  title: 'the session and the settings of cf',
  versions: everyGeneration,
  rows: [
    {
      name: 'not logged in',
      spoil: scene => rewriteConfig(scene, { AccessToken: '', RefreshToken: '' }),
      lines: [...both, targeted],
      code: 3,
      error: 'LoggedOut',
      names: [/cf login/],
    },
    {
      name: 'no API set',
      spoil: scene => rewriteConfig(scene, { Target: '' }),
      lines: [...both, targeted],
      code: 3,
      error: 'CfUnusable',
      names: [/API/, /cf login -a/],
    },
    {
      name: 'the session has expired: the login server refuses to renew it',
      spoil(scene) {
        scene.foundation.uaa.trouble = 401
        expired(scene)
      },
      lines: [...both, targeted],
      code: 3,
      error: 'LoggedOut',
      names: [/session/, /cf login/],
    },
    {
      name: 'the session was revoked',
      spoil(scene) {
        const { accessToken, refreshToken } = tokensOf(scene)
        scene.foundation.uaa.revoke({ user: scene.sample.users[0]!, accessToken, refreshToken })
      },
      lines: both,
      code: 3,
      error: 'LoggedOut',
      names: [/session/, /cf login/],
    },
    {
      name: 'the token is revoked between the org and the events',
      scene: always(status(401, v3Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token'))),
      code: 3,
      error: 'LoggedOut',
      names: [/session/, /cf login/],
    },
    {
      name: 'the login server is down when the token has to be renewed',
      spoil(scene) {
        scene.foundation.uaa.trouble = 503
        expired(scene)
      },
      lines: both,
      code: 5,
      error: 'Failed',
      names: [/UAA|crashed/, /503|Update cf/],
    },
    {
      name: 'no org targeted',
      scene: { targeted: false },
      lines: [targeted],
      code: 3,
      error: 'NoOrgTargeted',
      names: [/--org ORG/, /cf target -o ORG/],
    },
    {
      name: 'a login file that another program has spoilt',
      spoil: ({ cf }) => writeFileSync(cf.config, '{"Target": "http'),
      lines: [...both, targeted],
      code: 3,
      error: 'CfUnusable',
      names: [/unexpected end of JSON input/, /\.cf\/config\.json/],
    },
    {
      name: 'a login file that is empty',
      spoil: ({ cf }) => writeFileSync(cf.config, ''),
      lines: [...both, targeted],
      code: 3,
      error: 'CfUnusable',
      names: [/cf login/],
    },
    {
      name: 'a login file of another generation counts as none',
      spoil: scene => rewriteConfig(scene, { ConfigVersion: 2 }),
      lines: both,
      code: 3,
      error: 'CfUnusable',
      names: [/API/, /cf login -a API-URL/],
    },
    {
      name: 'cf config --trace true, which CF_TRACE=false cannot undo in v6 and v7',
      through: /^[67]/,
      spoil: scene => rewriteConfig(scene, { Trace: 'true' }),
      lines: [...both, targeted],
      code: 3,
      error: 'CfUnusable',
      names: [/trace/, /cf config --trace false/],
    },
    {
      name: 'a trace file in the configuration that cannot be written',
      through: /^[67]/,
      spoil(scene) {
        const folder = join(scene.cf.home, 'trace')
        mkdirSync(folder)
        rewriteConfig(scene, { Trace: folder })
      },
      lines: ['events'],
      code: 3,
      error: 'CfUnusable',
      names: [/trace/, /cf config --trace false/],
    },
  ],
}

function tokensOf({ cf }: Scene): { accessToken: string; refreshToken: string } {
  const { AccessToken, RefreshToken } = JSON.parse(readFileSync(cf.config, 'utf8'))
  return { accessToken: AccessToken.replace('bearer ', ''), refreshToken: RefreshToken }
}

export const network: Part = {
  title: 'the network, and what becomes of an answer',
  versions: everyGeneration,
  rows: [
    {
      name: 'nobody listens at the address',
      spoil: scene => rewriteConfig(scene, nowhere),
      lines: both,
      code: 5,
      error: 'Unreachable',
      names: [/connection refused/, /cf api/],
    },
    {
      name: 'a certificate that nobody vouches for',
      scene: { foundation: { tls: true } },
      lines: both,
      code: 5,
      error: 'Unreachable',
      names: [/certificate/i],
    },
    {
      name: 'the network dies between the org and the events',
      scene: always('reset'),
      lines: both,
      code: 5,
      error: /^(Unreachable|EmptyOutput)$/,
      names: [],
    },
    {
      name: 'an answer that is cut',
      scene: always('cut'),
      lines: both,
      code: 5,
      error: 'CutShort',
      names: [/[Tt]ry again/],
    },
    {
      name: 'an answer without a body',
      scene: always('empty'),
      code: 5,
      error: 'CutShort',
      names: [/empty response/, /[Tt]ry again/],
    },
    {
      name: '204, which v8 prints as {}',
      scene: always(status(204, '')),
      code: 5,
      error: /^(Failed|CutShort)$/,
      names: [],
    },
    {
      name: 'bytes that are no text',
      scene: always({
        status: 200,
        headers: { 'Content-Type': 'application/octet-stream' },
        body: '\0\u0001\u0002PNG\u001b[2J\0',
      }),
      code: 5,
      error: /^(Failed|CutShort)$/,
      names: [],
    },
    {
      name: 'a page of something else',
      scene: always(status(200, '<html>Welcome to the hotel Wi-Fi</html>', 'text/html')),
      code: 5,
      error: /^(Failed|CutShort)$/,
      names: [],
    },
    {
      name: 'JSON that is no page of events',
      scene: always(status(200, '{"hello":"world"}')),
      code: 5,
      error: 'Failed',
      names: [/\/v3\/audit_events/, /\/v2\/events/, /JSON/],
    },
    {
      name: 'a list that is no object',
      scene: always(status(200, '[{"guid":"a"}]')),
      code: 5,
      error: 'Failed',
      names: [/\/v3\/audit_events/, /\/v2\/events/, /JSON/],
    },
  ],
}

export const answers: Part = {
  title: 'what Cloud Foundry answers',
  versions: everyWay,
  inTurn: true,
  rows: [
    {
      name: 'no org of that name',
      lines: ['routes no-such-org', 'routes --org=-no-such-org', 'routes no,such,org'],
      code: 4,
      error: 'NotFound',
      names: [/-no-such-org|no-such-org|no,such,org/, /cf orgs/],
    },
    {
      name: 'an org of others',
      scene: { user: 'outsider@example.gov' },
      code: 4,
      error: 'NotFound',
      names: [/demo-org/, /cf orgs/],
    },
    ...(
      [
        [
          '400 in the shape of v3',
          400,
          v3Error(
            10005,
            'CF-BadQueryParameter',
            "The query parameter is invalid: Unknown query parameter(s): 'x'",
          ),
        ],
        [
          '400 in the shape of v2',
          400,
          v2Error(10005, 'CF-BadQueryParameter', 'The query parameter is invalid: x'),
        ],
        ['422', 422, v3Error(10008, 'CF-UnprocessableEntity', 'The query parameter is invalid: x')],
      ] as const
    ).map(
      ([name, code, body]): Row => ({
        name,
        scene: always(status(code, body)),
        code: 5,
        error: 'BadRequest',
        names: [/The query parameter is invalid/],
      }),
    ),
    {
      name: '401 without a token that it would know',
      scene: always(status(401, v3Error(10002, 'CF-NotAuthenticated', 'Authentication error'))),
      code: 3,
      error: 'LoggedOut',
      names: [/cf login/],
    },
    {
      name: '403, v3',
      scene: always(status(403, v3Error(10003, 'CF-NotAuthorized', 'You are not authorized'))),
      code: 4,
      error: 'Forbidden',
      names: [/You are not authorized/, /OrgAuditor/],
    },
    {
      name: 'a token that may not read Cloud Controller',
      spoil(scene) {
        const { accessToken, refreshToken } = scene.foundation.login('auditor@example.gov', {
          scopes: ['openid'],
        })
        rewriteConfig(scene, { AccessToken: `bearer ${accessToken}`, RefreshToken: refreshToken })
      },
      lines: ['events --api v3', 'events --api v2', 'events'],
      code: 4,
      error: 'Forbidden',
      names: [/You are not authorized|Your token lacks/, /OrgAuditor/],
    },
    {
      name: 'a Space Supporter, whom API v2 turns away in HTML',
      scene: { user: 'supporter@example.gov' },
      lines: ['routes demo-org --api v2'],
      code: 4,
      error: 'Forbidden',
      names: [/You are not authorized .*Space Supporter/, /--api v3/],
    },
    {
      name: 'API v2 is off, and asked for',
      scene: { foundation: { v2: false } },
      lines: ['routes demo-org --api v2'],
      code: 5,
      error: 'Failed',
      names: [/\/v2\/events .*V2 endpoints disabled/, /--api/],
    },
    {
      name: 'API v3 has no audit events yet, and is asked for',
      scene: { foundation: { v3: false } },
      lines: ['routes demo-org --api v3'],
      code: 5,
      error: 'Failed',
      names: [/\/v3\/audit_events .*Unknown request/, /--api/],
    },
    {
      name: 'neither API lists events',
      scene: { foundation: { v2: false, v3: false } },
      lines: ['routes demo-org', 'events'],
      code: 5,
      error: 'Failed',
      names: [/\/v3\/audit_events .*Unknown request/, /\/v2\/events .*V2 endpoints disabled/, /cf target/],
    },
    {
      name: 'the router knows no such route',
      scene: always(wrong.router404()),
      code: 5,
      error: 'Failed',
      names: [/Requested route/, /cf target/],
    },
    ...(
      [
        ['500 of v3', wrong.unknownV3(), 500, 'An unknown error occurred\\.'],
        ['500 of v2', wrong.unknownV2(), 500, 'An unknown error occurred\\.'],
        [
          '500 of the database',
          status(500, v2Error(10011, 'CF-DatabaseError', 'Database error')),
          500,
          'Database error',
        ],
        [
          '502 of the router',
          wrong.router502(),
          502,
          '502 Bad Gateway: Registered endpoint failed to handle the request\\.',
        ],
        [
          '502 in HTML',
          status(
            502,
            '<html><head><style>b{}</style></head><body><b>502</b> Bad\nGateway</body></html>',
            'text/html',
          ),
          502,
          '502 Bad Gateway',
        ],
        ['503 of the database', wrong.database(), 503, 'Database connection failure'],
        [
          '503 of the router',
          wrong.router503(),
          503,
          '503 Service Unavailable: Requested route has no available endpoints\\.',
        ],
        ['503 of maintenance, in plain text', wrong.maintenance(), 503, 'API down for maintenance'],
        ['504 of a proxy', status(504, '', 'text/html'), 504, ''],
      ] as const
    ).map(
      ([name, answer, code, said]): Row => ({
        name,
        scene: always(answer),
        code: 5,
        error: 'Failed',
        names: [new RegExp(`${code}.*${said}`), /[Tt]ry again/],
      }),
    ),
    {
      name: '503 of Cloud Controller without its UAA',
      scene: always(
        status(503, v3Error(20004, 'CF-UaaUnavailable', 'The UAA service is currently unavailable')),
      ),
      code: 5,
      error: 'UaaUnavailable',
      names: [/UAA/, /The UAA service is currently unavailable/],
    },
    {
      name: 'a status that nobody expects',
      scene: always(status(418, '{"teapot":true}')),
      code: 5,
      error: 'Failed',
      names: [/418/, /cf curl/],
    },
    ...(
      [
        ['v3', wrong.rateLimitV3(1234), '1234 s.*Rate Limit Exceeded', 1234],
        ['v2', wrong.rateLimitV2(1234), '1234 s.*Rate Limit of V2 API Exceeded', 1234],
        ['nginx, which does not say for how long', wrong.rateLimitNginx(), '10 s.*429 Too Many Requests', 10],
        [
          'an address',
          status(
            429,
            v3Error(10014, 'CF-IPBasedRateLimitExceeded', 'Rate Limit Exceeded: IP'),
            'text/plain',
            { 'Retry-After': '99' },
          ),
          '99 s.*Rate Limit Exceeded: IP',
          99,
        ],
      ] as const
    ).map(
      ([who, answer, said, wait]): Row => ({
        name: `a rate limit of ${who}, beyond --max-wait`,
        scene: always(answer),
        code: 5,
        error: 'Failed',
        names: [new RegExp(said), new RegExp(`--max-wait (${wait}|${wait - 1})\\b`)],
      }),
    ),
    {
      name: 'events without GUIDs',
      scene: always(status(200, '{"pagination":{"total_results":1},"resources":[{"type":"audit.x"}]}')),
      code: 5,
      error: 'Failed',
      names: [/record 1 of page 1/, /GUID/, /cf curl/],
    },
    {
      name: 'a count that is too high',
      scene: always(page => {
        if (page.pagination) page.pagination.total_results += 1
        return page
      }),
      code: 6,
      error: 'Incomplete',
      names: [/\d+ .*\d+/],
    },
    {
      name: 'a count that is too low',
      scene: always(page => {
        if (page.pagination) page.pagination.total_results -= 1
        return page
      }),
      code: 6,
      error: 'Incomplete',
      names: [/\d+ .*\d+/],
    },
  ],
}

export const roles: Part = {
  title: 'who sees what',
  versions: one,
  rows: (
    [
      ['an Org Manager', 'manager'],
      ['a Billing Manager', 'billing'],
      ['a Space Manager', 'space.manager'],
      ['a member without a role', 'user'],
    ] as const
  ).map(
    ([name, user]): Row => ({
      name: `${name}: 200 and an empty list`,
      scene: { user: `${user}@example.gov` },
      lines: [
        'routes demo-org --api v3',
        'routes demo-org --api v2',
        'routes demo-org --as-documented',
        'events demo-org',
      ],
      code: 4,
      error: 'Forbidden',
      names: [
        /demo-org/,
        /OrgAuditor/,
        /Org Manager/,
        new RegExp(`cf set-org-role ${user}@example\\.gov demo-org OrgAuditor`),
      ],
    }),
  ),
}

/** A program of that name that is not, or not all of, the Cloud Foundry CLI. */
interface Stranger {
  readonly name: string
  readonly kind?: Kind
  /** A shell script, given the path of the stand-in as $real. */
  readonly script?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly code: number
  readonly error: string | RegExp
  readonly names: readonly RegExp[]
}

export const strangers: readonly Stranger[] = [
  {
    name: 'the cf of another company',
    kind: 'cloudflare',
    code: 3,
    error: 'CfUnusable',
    names: [/--cf PATH/],
  },
  {
    name: 'a shell script in its place',
    kind: 'shell-script',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/this is not the program you are looking for/, /--cf PATH/],
  },
  {
    name: 'binary output',
    kind: 'binary-output',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/--cf PATH/],
  },
  { name: 'no right to run it', kind: 'no-exec', code: 3, error: 'CfUnusable', names: [/--cf PATH/] },
  {
    name: 'output without end',
    kind: 'flood',
    code: 5,
    error: 'Failed',
    names: [/--cf/],
  },
  {
    name: 'a hang',
    kind: 'hang',
    args: ['--timeout', '1'],
    code: 5,
    error: 'TimedOut',
    names: [/\b1 s\b/, /--timeout/],
  },
  {
    name: 'words without end on stderr',
    script: 'while :; do printf %65536s x >&2; done',
    code: 5,
    error: 'Failed',
    names: [/--cf/],
  },
  {
    name: 'silence',
    script: 'exit 0',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/cf org demo-org --guid/, /--cf PATH/],
  },
  {
    name: 'silence and a failure',
    script: 'exit 7',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/cf org demo-org --guid/, /--cf/],
  },
  {
    name: 'a program that a signal ends',
    script: 'kill -9 $$',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/cf org demo-org --guid/, /--cf/],
  },
  {
    name: 'help for every question',
    script: 'printf "NAME:\\n   cf - A command line tool\\n"',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/NAME: cf - A command line tool/, /--cf PATH/],
  },
  {
    name: 'escapes for the terminal',
    script: 'printf "\\033]0;owned\\007\\033[2Jgone\\n" >&2; exit 1',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/␛\]0;owned␇␛\[2Jgone$/m, /--cf/],
  },
  {
    name: 'tokens in its words of failure',
    script: 'cat "$CF_HOME/.cf/config.json" | tr -d "\\n" >&2; exit 1',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/\[REDACTED\]/, /--cf/],
  },
  {
    name: 'tokens behind escapes, cut by the length',
    script: 'printf "%s" "$(grep Token "$CF_HOME/.cf/config.json")" | tr -d "\\n \\"" >&2; exit 1',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/\[REDACTED\]/, /--cf/],
  },
  {
    name: 'tokens in the place of an answer',
    script: 'cat "$CF_HOME/.cf/config.json"',
    code: 3,
    error: 'UnrecognizedOutput',
    names: [/\[REDACTED\]/, /--cf PATH/],
  },
]

/** Settings and oddities that must make no difference: the report is the same, byte for byte. */
interface Harmless {
  readonly name: string
  readonly through: readonly string[]
  readonly scene?: SceneOptions
  readonly spoil?: (scene: Scene) => void
}

const generations = ['6.53.0', '7.8.0', '8.7.10', '8.18.4', '8.19.0']
const v8 = generations.slice(2)

export const harmless: readonly Harmless[] = [
  { name: 'cf config --trace true', through: v8, spoil: scene => rewriteConfig(scene, { Trace: 'true' }) },
  {
    name: 'warnings behind every answer',
    through: generations,
    scene: { foundation: { warnings: ['Endpoint deprecated', 'another one', '}', '{"a":1}'] } },
  },
  { name: 'compressed answers', through: ['7.8.0', '8.18.4'], scene: { foundation: { gzip: true } } },
  {
    name: 'links that lead to another address',
    through: ['8.18.4'],
    scene: { foundation: { externalUrl: 'https://api.example.gov', maxPerPage: { v2: 20, v3: 20 } } },
  },
  {
    name: 'a version that was not stamped into the program',
    through: ['0.0.0-unknown-version'],
  },
  {
    name: 'two runs of cf that disturb each other',
    through: ['8.7.10'],
    spoil: scene =>
      wrap(
        scene,
        'if [ ! -e "$CF_HOME/disturbed" ]; then touch "$CF_HOME/disturbed"; echo "Unexpected error: remove $CF_HOME/.cf/temp-config123: no such file or directory" >&2; exit 1; fi',
        'curl',
      ),
  },
  {
    name: 'a login file that cannot be replaced',
    through: ['8.18.4'],
    spoil: scene => wrap(scene, 'echo "Error writing config: rename a b: no such file or directory" >&2'),
  },
  {
    name: 'the login server has a moment of weakness',
    through: ['8.18.4', '8.19.0'],
    scene: { foundation: { faults: [{ on: /oauth\/token/, answer: { status: 503, body: '{}' } }] } },
    spoil: expired,
  },
  {
    name: 'every failure that passes, once',
    through: ['7.8.0', '8.7.10', '8.18.4'],
    scene: {
      foundation: {
        faults: [
          { on: events, at: 1, times: 3, answer: wrong.router502() },
          { on: events, at: 5, answer: 'empty' },
          { on: events, at: 7, answer: wrong.rateLimitNginx() },
        ],
      },
    },
  },
]

/** Puts a script in front of the installed `cf`, which then goes on. */
export function wrap({ cf }: Scene, script: string, command?: string): void {
  const behind = join(dirname(cf.bin), 'behind')
  writeFileSync(behind, readFileSync(cf.bin))
  chmodSync(behind, 0o755)
  const guarded = command === undefined ? script : `if [ "$1" = ${command} ]; then ${script}; fi`
  writeFileSync(cf.bin, `#!/bin/sh\n${guarded}\nexec "${behind}" "$@"\n`, { mode: 0o755 })
}
