import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fault } from '../foundation/faults.ts'
import type { Kind } from '../foundation/install-cf.ts'
import { openScene, realCf, run, type Scene, type SceneOptions } from './cf-audit.ts'

/** One way to fail: how it comes about, and what the user is told. */
interface Row {
  readonly name: string
  readonly scene?: SceneOptions
  /** Spoils the scene before the run. */
  readonly spoil?: (scene: Scene) => void
  readonly args?: readonly string[]
  readonly code: number
  /** What happened, then what to do. */
  readonly says: readonly [RegExp, RegExp]
}

const events = /GET \/v[23]\/(audit_)?events/
const always = (answer: Fault['answer']): Fault => ({ on: events, times: Number.POSITIVE_INFINITY, answer })
const status = (code: number, body: string, type = 'application/json') =>
  always({ status: code, headers: { 'Content-Type': type }, body })
const v3Error = (code: number, title: string, detail: string) =>
  JSON.stringify({ errors: [{ detail, title, code }] })

const rows: readonly Row[] = [
  {
    name: 'not logged in',
    spoil: ({ cf }) => rewriteConfig(cf.config, { AccessToken: '', RefreshToken: '' }),
    code: 3,
    says: [/^You are not logged in\.$/, /^Run cf login, then the same command again\.$/],
  },
  {
    name: 'no API set',
    spoil: ({ cf }) => rewriteConfig(cf.config, { Target: '' }),
    code: 3,
    says: [/^cf has no API endpoint set\.$/, /^Run cf login -a API-URL/],
  },
  {
    name: 'session expired',
    spoil({ cf, foundation }) {
      foundation.uaa.trouble = 401
      rewriteConfig(cf.config, { AccessToken: `bearer ${expired}` })
    },
    code: 3,
    says: [/^Your session has expired\.$/, /^Run cf login, then the same command again\.$/],
  },
  {
    name: 'token revoked between the org and the events',
    scene: {
      foundation: { faults: [status(401, v3Error(1000, 'CF-InvalidAuthToken', 'Invalid Auth Token'))] },
    },
    code: 3,
    says: [/^Your session has expired\.$/, /^Run cf login/],
  },
  {
    name: 'no org of that name',
    args: ['routes', 'no-such-org'],
    code: 4,
    says: [/^There is no org named no-such-org that you can see\.$/, /cf orgs lists yours/],
  },
  {
    name: 'no org targeted',
    scene: { targeted: false },
    args: ['routes'],
    code: 3,
    says: [/^cf has no org targeted\.$/, /cf target -o ORG/],
  },
  {
    name: 'forbidden',
    scene: {
      foundation: { faults: [status(403, v3Error(10003, 'CF-NotAuthorized', 'You are not authorized'))] },
    },
    code: 4,
    says: [/^Cloud Foundry forbids it: You are not authorized$/, /Org Auditor/],
  },
  {
    name: 'a question that is refused',
    scene: {
      foundation: {
        faults: [
          status(
            400,
            v3Error(
              10005,
              'CF-BadQueryParameter',
              "The query parameter is invalid: Unknown query parameter(s): 'x'",
            ),
          ),
        ],
      },
    },
    code: 5,
    says: [/does not accept the question: .*Unknown query parameter/, /older than this tool/],
  },
  {
    name: 'an unhandled error',
    scene: {
      foundation: { faults: [status(500, v3Error(10001, 'UnknownError', 'An unknown error occurred.'))] },
    },
    code: 5,
    says: [/^Cloud Foundry failed with status 500: An unknown error occurred\.$/, /Try again later/],
  },
  {
    name: 'maintenance in plain text',
    scene: { foundation: { faults: [status(503, 'API down for maintenance', 'text/plain')] } },
    code: 5,
    says: [/^Cloud Foundry failed with status 503: API down for maintenance$/, /Try again later/],
  },
  {
    name: 'a bad gateway in HTML',
    scene: {
      foundation: {
        faults: [
          status(
            502,
            '<html><head><style>b{}</style></head><body><b>502</b> Bad\nGateway</body></html>',
            'text/html',
          ),
        ],
      },
    },
    code: 5,
    says: [/^Cloud Foundry failed with status 502: 502 Bad Gateway$/, /Try again later/],
  },
  {
    name: 'a rate limit beyond --max-wait',
    scene: {
      foundation: {
        faults: [
          always({
            status: 429,
            headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '1234' },
            body: v3Error(10013, 'CF-RateLimitExceeded', 'Rate Limit Exceeded'),
          }),
        ],
      },
    },
    code: 5,
    says: [/asks for a pause of 1234 s: Rate Limit Exceeded$/, /--max-wait 1234/],
  },
  {
    name: 'an answer without a body',
    scene: { foundation: { faults: [always('empty')] } },
    code: 5,
    says: [/^Cloud Foundry answered without a body\.$/, /Try again/],
  },
  {
    name: 'an answer that is cut',
    scene: { foundation: { faults: [always('cut')] } },
    code: 5,
    says: [/cut short|without a body|not whole/, /Try again/],
  },
  {
    name: 'JSON that is no page of events',
    scene: { foundation: { faults: [status(200, '{"hello":"world"}')] } },
    code: 5,
    says: [/lists no audit events here.*JSON that is not a page of events/, /cf target/],
  },
  {
    name: 'a page of something else',
    scene: { foundation: { faults: [status(200, '<html>Welcome to the hotel Wi-Fi</html>', 'text/html')] } },
    code: 5,
    says: [/not whole|not a page of events/, /./],
  },
  {
    name: 'events without GUIDs',
    scene: {
      foundation: {
        faults: [status(200, '{"pagination":{"total_results":1},"resources":[{"type":"audit.x"}]}')],
      },
    },
    code: 5,
    says: [/record 1 of page 1 has no GUID/, /cf curl/],
  },
  {
    name: 'a count that is too high',
    scene: {
      foundation: {
        faults: [
          always(page => {
            if (page.pagination) page.pagination.total_results += 1
            return page
          }),
        ],
      },
    },
    code: 6,
    says: [/^Incomplete: \d+ events could be read, but Cloud Foundry counts \d+\.$/, /Run it again/],
  },
  {
    name: 'a dead network',
    spoil: ({ cf }) =>
      rewriteConfig(cf.config, { Target: 'http://127.0.0.1:1', UaaEndpoint: 'http://127.0.0.1:1' }),
    code: 5,
    says: [/^Cloud Foundry could not be reached: .*connection refused/, /Check the network/],
  },
  {
    name: 'a network that dies between the org and the events',
    scene: { foundation: { faults: [always('reset')] } },
    code: 5,
    says: [/could not be reached|printed nothing|crashed/, /./],
  },
]

const versions =
  realCf === undefined
    ? ['6.53.0', '7.8.0', '8.7.10', '8.18.4', '8.19.0']
    : ['6.53.0', '7.8.0', '8.7.10', '8.18.4', '8.19.0', 'real']
const expired = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"exp":1}').toString('base64url')}.x`

function rewriteConfig(file: string, change: Record<string, string>): void {
  const config = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...config, ...change }), { mode: 0o600 })
}

/** One line that says what happened and one that says what to do; nothing on stdout, and no file. */
async function fails(
  scene: Scene,
  version: string,
  { args = ['routes', 'demo-org'], code, says }: Row,
): Promise<void> {
  const file = join(scene.cf.home, 'report.csv')
  // What becomes of a file does not depend on the version: one of them is enough for that.
  for (const output of version === '8.18.4' ? [[], ['-O', file]] : [[]]) {
    const result = await run(scene.cf, [...args, '--max-wait', '0', '--quiet', ...output])
    const [what = '', todo = '', ...more] = result.stderr.trimEnd().split('\n').slice(-2)
    assert.is(result.code, code, result.stderr)
    assert.match(what, says[0])
    assert.match(todo, says[1])
    assert.equal(more, [])
    assert.is(result.stdout, '')
    assert.not.match(result.stderr, /at .*\.js:\d+/)
    assert.not.ok(existsSync(file))
  }
  assert.equal(
    readdirSync(scene.cf.home).filter(name => name.includes('partial')),
    [],
  )
}

const failures = suite('failures, told by every version of cf')

for (const row of rows) {
  for (const version of versions) {
    failures(`${row.name}, ${version}`, async () => {
      const cf = version === 'real' ? { bin: realCf! } : { version }
      const scene = await openScene({ events: 200, ...row.scene, cf })
      try {
        row.spoil?.(scene)
        await fails(scene, version, row)
      } finally {
        await scene.close()
      }
    })
  }
}

failures.run()

const strangers = suite('programs that are not the Cloud Foundry CLI')

const impostors: readonly (readonly [Kind, number, RegExp])[] = [
  ['cloudflare', 3, /not the Cloud Foundry CLI/],
  ['shell-script', 3, /printed something else|failed/],
  ['binary-output', 3, /printed something else|failed/],
  ['no-exec', 3, /cannot be run|no such program|no cf on your PATH/],
  ['flood', 5, /printed more than/],
  ['hang', 5, /gave no answer within 1 s/],
]

for (const [kind, code, says] of impostors) {
  strangers(kind, async () => {
    const scene = await openScene({ events: 1, cf: { kind } })
    try {
      const result = await run(scene.cf, [
        'routes',
        'demo-org',
        '--cf',
        scene.cf.bin,
        '--timeout',
        kind === 'hang' ? '1' : '60',
      ])
      assert.is(result.code, code, result.stderr)
      assert.match(result.stderr, says)
      assert.is(result.stdout, '')
    } finally {
      await scene.close()
    }
  })
}

strangers('no cf at all', async () => {
  const scene = await openScene({ events: 1 })
  try {
    const nowhere = await run(scene.cf, ['routes', 'demo-org'], { env: { PATH: '/nonexistent' } })
    assert.is(nowhere.code, 3)
    assert.match(nowhere.stderr, /^There is no cf on your PATH\.\nInstall the Cloud Foundry CLI/)
    const misnamed = await run(scene.cf, ['routes', 'demo-org', '--cf', '/no/such/cf'])
    assert.is(misnamed.code, 3)
    assert.match(misnamed.stderr, '/no/such/cf cannot be run: there is no such program.')
  } finally {
    await scene.close()
  }
})

strangers.run()
