import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alsoAs, type InstalledCf, type InstallOptions, type Kind } from '../../foundation/install-cf.ts'
import type { LoginOptions } from '../../foundation/uaa.ts'

import { type Run, run, start } from '../../run.ts'
import { openScene, realCf, type Scene, type SceneOptions, withScene } from '../../scene.ts'
import { isAlive } from '../../traces.ts'

interface Line {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped'
  readonly finding: string
  readonly advice: string | null
}

interface Screen {
  readonly checks: readonly Line[]
  readonly worst: string
  readonly exitCode: number
}

/** What is expected of one line: its status, its finding, and what to do. */
type Expected = readonly [
  name: string,
  status: Line['status'],
  finding: RegExp | string,
  advice?: RegExp | string,
]

interface Row {
  readonly name: string
  readonly scene?: SceneOptions
  readonly login?: LoginOptions
  /** Spoils the scene before the run. */
  readonly spoil?: (scene: Scene) => void
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly code?: number
  readonly expected: readonly Expected[]
  /** The versions of cf that differ here; 8.18.4 unless said. */
  readonly on?: RegExp
}

const everything = { times: Number.POSITIVE_INFINITY } as const
const saved = (change: Record<string, unknown>) => (scene: Scene) => {
  const config = JSON.parse(readFileSync(scene.cf.config, 'utf8'))
  writeFileSync(scene.cf.config, JSON.stringify({ ...config, ...change }), { mode: 0o600 })
}
const expire = ({ foundation }: Scene, trouble: 401 | 500) => {
  foundation.uaa.trouble = trouble
}
const v3Error = (code: number, title: string, detail: string) =>
  JSON.stringify({ errors: [{ detail, title, code }] })

const rows: readonly Row[] = [
  {
    name: 'all is well',
    on: /./,
    expected: [
      ['cf', 'ok', /\/bin\/cf\b.*PATH/],
      ['other-cf', 'ok', /./],
      ['trace', 'ok', 'off'],
      ['settings', 'ok', /variable/],
      ['api', 'ok', /^http:\/\/127\.0\.0\.1:\d+ /],
      ['user', 'ok', /auditor@example\.gov .*config\.json/],
      ['session', 'ok', /\b1 org\b/],
      ['org', 'ok', /demo-org, targeted .*[\w-]{36}/],
      ['api-v3', 'ok', /^on, 3\.228\.0/],
      ['api-v2', 'ok', /^on, 2\.293\.0/],
      ['visibility', 'ok', 'demo-org'],
      ['oldest-event', 'ok', /^20\d\d-.*Z, 3\d days ago.*\b\d+/],
      ['clock', 'ok', /./],
    ],
  },
  { name: 'the org is an argument', args: ['demo-org'], expected: [['org', 'ok', /^demo-org, targeted/]] },
  {
    name: 'the org is an option',
    args: ['-o', 'demo-org'],
    expected: [['org', 'ok', /^demo-org, targeted/]],
  },
  {
    name: 'an org that is not there',
    args: ['no-such-org'],
    code: 4,
    expected: [
      ['org', 'problem', /no-such-org/, /cf orgs/],
      ['api-v3', 'ok', /^on/],
      ['visibility', 'skipped', /\borg\b/],
      ['oldest-event', 'skipped', /\borg\b/],
      ['clock', 'ok', /./],
    ],
  },
  {
    name: 'no org is named, and none is targeted',
    scene: { targeted: false },
    expected: [
      ['org', 'skipped', /target/, /cf target -o ORG/],
      ['visibility', 'ok', /\borg demo-org\b/],
      ['oldest-event', 'ok', /days ago/],
    ],
  },
  {
    name: 'an Org Manager',
    scene: { user: 'manager@example.gov' },
    code: 4,
    expected: [
      ['visibility', 'problem', /demo-org/, /: cf set-org-role manager@example\.gov demo-org OrgAuditor$/],
      ['oldest-event', 'skipped', /\bvisibility\b/],
    ],
  },
  {
    name: 'a Space Developer',
    scene: { user: 'developer@example.gov' },
    expected: [['visibility', 'warning', /demo-org\b.*space dev\b/, /cf set-org-role developer/]],
  },
  {
    name: 'a Space Supporter',
    scene: { user: 'supporter@example.gov' },
    expected: [
      ['api-v2', 'ok', /^on\b.*your roles/],
      ['visibility', 'warning', /space dev/, /OrgAuditor/],
    ],
  },
  {
    name: 'a global auditor, no org',
    scene: { user: 'global.auditor@example.gov', targeted: false },
    expected: [['visibility', 'ok', /\bevery org\b|\ball orgs\b/]],
  },
  {
    name: 'a user without roles',
    scene: { user: 'outsider@example.gov' },
    code: 4,
    expected: [
      ['session', 'warning', /\borg\b/, /cf set-org-role outsider@example\.gov ORG OrgAuditor/],
      ['org', 'problem', /demo-org/, /cf orgs/],
    ],
  },
  {
    name: 'nothing has happened',
    scene: { foundation: { events: [] } },
    expected: [['oldest-event', 'ok', /demo-org/]],
  },
  {
    name: 'API v2 is off',
    scene: { foundation: { v2: false } },
    on: /^[78]\.(18|8)/,
    expected: [['api-v2', 'ok', /^off/]],
  },
  {
    name: 'API v2 is off, on v6',
    scene: { foundation: { v2: false } },
    on: /^6/,
    expected: [
      ['user', 'ok', /auditor@example\.gov/],
      ['api-v2', 'warning', /\bcf v6/, /\borg\b/],
    ],
  },
  {
    name: 'API v3 has no events',
    scene: {
      foundation: {
        faults: [
          {
            on: /\/v3\/audit_events/,
            ...everything,
            answer: { status: 404, body: v3Error(10000, 'CF-NotFound', 'Unknown request') },
          },
        ],
      },
    },
    expected: [
      ['api-v3', 'warning', /API v3/, /API v2/],
      ['oldest-event', 'ok', /days ago/],
    ],
  },
  {
    name: 'the clocks differ',
    scene: { foundation: { now: () => new Date(Date.now() + 600_000) } },
    expected: [['clock', 'warning', /10 minutes behind/, /clock/]],
  },
  {
    name: 'not logged in',
    on: /./,
    spoil: saved({ AccessToken: '', RefreshToken: '' }),
    code: 3,
    expected: [
      ['api', 'ok', /^http/],
      ['user', 'problem', /not logged in/, /cf login/],
      ['session', 'skipped', /\buser\b/],
      ['org', 'skipped', /\buser\b/],
      ['visibility', 'skipped', /\buser\b/],
    ],
  },
  {
    name: 'the session has expired',
    on: /./,
    login: { expiresIn: -60 },
    spoil: scene => expire(scene, 401),
    code: 3,
    expected: [
      ['api', 'skipped', /\bsession\b/],
      ['user', 'ok', /auditor@example\.gov/],
      ['session', 'problem', /session/, /cf login/],
      ['org', 'skipped', /\bsession\b/],
    ],
  },
  {
    name: 'the login server fails',
    on: /./,
    login: { expiresIn: -60 },
    spoil: scene => expire(scene, 500),
    code: 5,
    expected: [
      ['api', 'problem', /UAA|crashed/, /./],
      ['session', 'skipped', /\bapi\b/],
    ],
  },
  {
    name: 'no API',
    on: /./,
    spoil: saved({ Target: '' }),
    code: 3,
    expected: [['api', 'problem', /API/, /cf login -a API-URL/]],
  },
  {
    name: 'the API is down',
    on: /./,
    spoil: saved({ Target: 'http://127.0.0.1:1' }),
    code: 5,
    expected: [
      ['api', 'problem', /connection refused/, /network/],
      ['session', 'skipped', /\bapi\b/],
      ['clock', 'skipped', /\bapi\b/],
    ],
  },
  {
    name: 'the API does not answer',
    scene: { foundation: { faults: [{ ...everything, answer: 'hang' }] } },
    args: ['--timeout', '1'],
    code: 5,
    expected: [['api', 'problem', /\b1 s\b/, /--timeout/]],
  },
  {
    name: 'the API is in maintenance',
    scene: {
      foundation: { faults: [{ ...everything, answer: { status: 503, body: 'API down for maintenance' } }] },
    },
    code: 5,
    expected: [['api', 'problem', /\b503\b.*API down for maintenance/, /[Tt]ry again/]],
  },
  {
    name: 'a rate limit that is too long to wait for',
    scene: {
      foundation: {
        faults: [
          {
            on: /\/v3\/organizations\?per_page=1/,
            ...everything,
            answer: {
              status: 429,
              headers: { 'Retry-After': '600' },
              body: v3Error(10013, 'CF-RateLimitExceeded', 'Rate Limit Exceeded'),
            },
          },
        ],
      },
    },
    args: ['--max-wait', '1'],
    code: 5,
    expected: [['session', 'problem', /\b600 s\b/, /--max-wait 600/]],
  },
  {
    name: 'a website answers',
    scene: {
      foundation: {
        faults: [
          {
            ...everything,
            answer: {
              status: 200,
              headers: { 'Content-Type': 'text/html' },
              body: '<html><body>Welcome</body></html>',
            },
          },
        ],
      },
    },
    code: 5,
    expected: [['api', 'problem', /http:\/\/127\.0\.0\.1/, /cf api/]],
  },
  {
    name: 'variables that spoil the output',
    env: { CF_TRACE: 'true', CF_COLOR: 'true', CF_RAISE_ERROR_ON_WARNINGS: 'true' },
    expected: [
      ['settings', 'ok', /CF_TRACE, CF_COLOR, CF_RAISE_ERROR_ON_WARNINGS/],
      ['visibility', 'ok', 'demo-org'],
    ],
  },
  {
    name: 'a saved trace',
    scene: { cf: { trace: 'true' } },
    expected: [
      ['trace', 'ok', /cf config --trace/],
      ['visibility', 'ok', 'demo-org'],
    ],
  },
  {
    name: 'a saved trace that cf cannot be told to leave',
    scene: { cf: { trace: 'true' } },
    on: /^[67]/,
    code: 3,
    expected: [
      ['trace', 'problem', /\bcf v[67]\b/, 'cf config --trace false'],
      ['api', 'skipped', /\btrace\b/],
    ],
  },
  {
    name: 'a trace file that cannot be written: nothing waits for it',
    scene: { cf: { trace: '/dev/null/x' } },
    code: 3,
    expected: [
      ['trace', 'problem', /\/dev\/null\/x\b/, 'cf config --trace false'],
      ['session', 'skipped', /\btrace\b/],
    ],
  },
  {
    name: 'a login file that is broken',
    spoil: ({ cf }) => writeFileSync(cf.config, '{"a"'),
    code: 3,
    expected: [['cf-version', 'problem', /login file|config\.json/, /Move .*away/]],
  },
]

const transports: readonly (InstallOptions & { version: string })[] = [
  { version: '8.18.4' },
  { version: '8.19.0' },
  { version: '8.7.10' },
  { version: '7.8.0' },
  { version: '6.53.0' },
  ...(realCf === undefined ? [] : [{ bin: realCf, version: '8.18.4' }]),
]

async function open({ scene = {}, login, spoil }: Row, cf: InstallOptions): Promise<Scene> {
  const opened = await openScene({ events: 200, ...scene, cf: { ...scene.cf, ...cf } })
  if (login !== undefined) {
    const session = opened.foundation.login(scene.user ?? 'auditor@example.gov', login)
    saved({ AccessToken: `bearer ${session.accessToken}`, RefreshToken: session.refreshToken })(opened)
  }
  spoil?.(opened)
  return opened
}

/** The checks as json: always all of them, and each fault with what to do. */
function read({ code, stdout, stderr }: Run): readonly Line[] {
  const { checks, worst, exitCode }: Screen = JSON.parse(stdout)
  assert.is(checks.length, 14)
  for (const { name, status, advice } of checks) {
    if (status === 'problem' || status === 'warning') assert.match(advice ?? '', /^([A-Z]|cf ).+/, name)
  }
  assert.is(exitCode, code, stderr)
  assert.is(worst === 'problem', code !== 0)
  assert.not.match(stderr, /^\s+at /m)
  return checks
}

function compare(checks: readonly Line[], expected: readonly Expected[]): void {
  for (const [name, status, finding, advice] of expected) {
    const line = checks.find(each => each.name === name)
    assert.is(line?.status, status, `${name}: ${line?.finding}`)
    assert.match(line?.finding ?? '', finding)
    if (advice !== undefined) assert.match(line?.advice ?? '', advice)
  }
}

const doctor = suite('doctor')

for (const cf of transports) {
  for (const row of rows.filter(({ on = /^8\.18/ }) => on.test(cf.version))) {
    doctor(`${row.name}, ${cf.bin ?? cf.version}`, async () => {
      const scene = await open(row, cf)
      try {
        const result = await run(scene.cf, ['doctor', '-f', 'json', ...(row.args ?? [])], {
          env: row.env ?? {},
        })
        assert.is(result.code, row.code ?? 0, result.stdout + result.stderr)
        const checks = read(result)
        compare(checks, row.expected)
        const problems = checks.filter(({ status }) => status === 'problem')
        assert.is(problems.length, row.code === undefined ? 0 : 1)
        const [problem] = problems
        if (problem === undefined) return
        assert.is(result.error, 'Problems')
        const last = result.stderr.trimEnd().split('\n').at(-1) ?? ''
        assert.match(last, new RegExp(`\\b${problem.name}\\b`))
        assert.ok(last.endsWith(problem.advice!), last)
      } finally {
        await scene.close()
      }
    })
  }
}

doctor.run()

// --- The program ----------------------------------------------------------------------------------------------------

const programs = suite('doctor of a program that is not cf, or of another version')

const strangers: readonly (readonly [kind: Kind, code: number, ...Expected[]])[] = [
  ['cloudflare', 3, ['cf-version', 'problem', /"cf 1\.0\.0".*Cloudflare/, /^Install the Cloud Foundry CLI/]],
  ['shell-script', 3, ['cf-version', 'problem', /Cloud Foundry CLI/, /^Install/]],
  ['binary-output', 3, ['cf-version', 'problem', /Cloud Foundry CLI/, /^Install/]],
  ['flood', 3, ['cf-version', 'problem', /\bmore\b/, /^Install/]],
  ['hang', 3, ['cf-version', 'problem', /\b1 s\b/, /^Install/]],
  [
    'bare-wrapper',
    0,
    ['cf-version', 'warning', /wrapper/, /--cf PATH/],
    ['org', 'ok', /demo-org/],
    // It does not say who is logged in.
    ['visibility', 'warning', /demo-org/, /Org Manager/],
    ['clock', 'skipped', /headers/],
  ],
  [
    'minimal',
    0,
    ['cf-version', 'warning', /wrapper/, /--cf PATH/],
    ['session', 'ok', /./],
    ['api-v3', 'warning', /API v3/, /API v2/],
    ['oldest-event', 'ok', /days ago/],
  ],
]
for (const [kind, code, ...expected] of strangers) {
  programs(kind, () =>
    withScene({ events: 100, cf: { kind } }, async ({ cf }) => {
      const timeout = kind === 'hang' ? ['--timeout', '1'] : []
      const result = await run(cf, ['doctor', 'demo-org', '-f', 'json', ...timeout])
      assert.is(result.code, code, result.stdout)
      compare(read(result), expected)
    }),
  )
}

for (const [version, status, finding] of [
  ['8.7.10', 'warning', /^8\.7\.10\b.*one at a time/],
  ['8.14.1', 'ok', /^8\.14\.1\b.*\{\{/],
  ['8.18.4', 'ok', /^8\.18\.4\b.*\breason\b/],
  ['8.19.0', 'ok', /^8\.19\.0$/],
  ['7.8.0', 'warning', /maintained/],
  ['6.53.0', 'warning', /maintained/],
  ['0.0.0-unknown-version', 'warning', /without a version/],
] as const) {
  programs(`cf ${version}`, () =>
    withScene({ events: 0, cf: { version } }, async ({ cf }) => {
      compare(read(await run(cf, ['doctor', '-f', 'json'])), [['cf-version', status, finding]])
    }),
  )
}

programs('no cf at all', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const result = await run(cf, ['doctor', '-f', 'json'], { env: { PATH: '/nowhere' } })
    assert.is(result.code, 3)
    compare(read(result), [['cf', 'problem', /\bPATH\b/, /^Install/]])
  }),
)

programs('another program before the Cloud Foundry CLI: that one is named', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const right = alsoAs(cf, 'cf8')
    writeFileSync(cf.bin, '#!/bin/sh\necho cf 1.0.0\n', { mode: 0o755 })
    const wrong = await run(cf, ['doctor', '-f', 'json'])
    assert.is(wrong.code, 3)
    compare(read(wrong), [['cf-version', 'problem', /"cf 1\.0\.0"/, `--cf ${right}`]])

    for (const [args, env] of [
      [['--cf', right], {}],
      [[], { CF_AUDIT_CF: right }],
    ] as const) {
      const named = await run(cf, ['doctor', '-f', 'json', ...args], { env })
      assert.is(named.code, 0, named.stdout)
      compare(read(named), [
        ['cf', 'ok', new RegExp(`${right}\\b.*${args[0] ?? 'CF_AUDIT_CF'}`)],
        ['other-cf', 'warning', `${cf.bin} ("cf 1.0.0")`, `${right} login`],
      ])
    }
  }),
)

programs('certificates that are not checked', () =>
  withScene({ events: 0, foundation: { tls: true }, cf: { skipSslValidation: true } }, async ({ cf }) => {
    const result = await run(cf, ['doctor', '-f', 'json'])
    compare(read(result), [['api', 'warning', /^https:.*certificate/, /--skip-ssl-validation/]])
  }),
)

programs('a trace file: the events go there', () =>
  withScene({ events: 100 }, async scene => {
    const file = join(scene.cf.home, 'deep', 'trace.log')
    saved({ Trace: file })(scene)
    const result = await run(scene.cf, ['doctor', '-f', 'json'])
    assert.is(result.code, 0, result.stdout)
    compare(read(result), [['trace', 'warning', file, /cf config --trace false/]])
    assert.match(readFileSync(file, 'utf8'), '/v3/audit_events')
  }),
)

programs.run()

// --- The screen -----------------------------------------------------------------------------------------------------

const screen = suite('the screen of doctor')

screen('stdout is the screen, stderr says how it went', () =>
  withScene({ events: 100, user: 'manager@example.gov' }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['doctor'])
    assert.is(code, 4)
    const lines = stdout.split('\n').slice(0, -1)
    assert.is(lines.length, 15)
    for (const line of lines) assert.match(line, /^(ok {5}|warning|problem|skipped| {7}) {2}\S|^ {23}→ \S/)
    assert.not.match(stdout, /\u001b/)
    assert.match(stderr, /\b1 problem\b.*\n.*\bvisibility\b.*: cf set-org-role .* OrgAuditor\n$/)
  }),
)

screen('no problem: stderr says so, unless quiet', () =>
  withScene({ events: 200 }, async ({ cf }) => {
    const { stdout, stderr } = await run(cf, ['doctor'])
    assert.match(stdout, /^ok {7}cf {12}/)
    assert.match(stderr, /^No problems, no warnings\.\n$/)
    const quiet = await run(cf, ['doctor', '--quiet'])
    assert.is(quiet.stderr, '')
    assert.is(quiet.stdout.split('\n').length, stdout.split('\n').length)
  }),
)

screen('coloured with --color', () =>
  withScene({ events: 0, user: 'manager@example.gov' }, async ({ cf }) => {
    const { stdout } = await run(cf, ['doctor', '--color'])
    assert.match(stdout, '\u001b[32mok\u001b[39m')
    assert.match(stdout, '\u001b[31mproblem\u001b[39m')
    const json = await run(cf, ['doctor', '--color', '-f', 'json'])
    assert.not.match(json.stdout, /\u001b/)
  }),
)

screen('names are shown, not obeyed', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { code, stdout, stderr } = await run(cf, ['doctor', 'a\u001b[2Jb'])
    assert.is(code, 4)
    assert.match(stdout, 'a␛[2Jb')
    assert.not.match(stdout + stderr, /\u001b/)
  }),
)

screen('every call is named with --verbose', () =>
  withScene({ events: 100 }, async ({ cf }) => {
    const { stderr } = await run(cf, ['doctor', '--verbose'])
    for (const call of [
      'version',
      'target',
      'curl / -i',
      "curl '/v3/organizations?",
      'org demo-org --guid',
    ]) {
      assert.match(stderr, `cf ${call}`)
    }
  }),
)

const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['-f', 'csv'], /csv.*\n.*table, json/],
  [['-f', 'ndjson'], /ndjson/],
  [['--since', '7d'], /--since\b/],
  [['--output', 'x'], /--output\b/],
  [['--api', 'v2'], /--api\b/],
  [['--all-orgs'], /--all-orgs\b/],
  [['a', 'b'], /\bb\n.*cf-audit doctor/],
  [['a', '--org', 'b'], /\ba and b\b/],
  [['--org', ''], /empty/],
  [['--timeout', '0'], /--timeout.*\n.*number/],
  [['--timeout', 'x'], /--timeout.*\n.*number/],
  [['--cf', ''], /--cf\b.*empty/],
]
for (const [args, says] of wrong) {
  screen(`refused: doctor ${args.join(' ')}`, () =>
    withScene({ events: 0 }, async ({ cf }) => {
      const { code, stdout, stderr, error } = await run(cf, ['doctor', ...args])
      assert.is(code, 2, stderr)
      assert.is(error, 'UsageError')
      assert.is(stdout, '')
      assert.match(stderr, says)
      assert.not.ok(existsSync(cf.log), 'cf was run')
    }),
  )
}

/** A `cf` that writes down its process id and never ends. */
function hang(cf: InstalledCf): string {
  const pids = join(cf.home, 'pids')
  mkdirSync(dirname(cf.bin), { recursive: true })
  writeFileSync(
    cf.bin,
    `#!/bin/sh\necho $$ > '${pids}.new' && mv '${pids}.new' '${pids}'\nexec sleep 600\n`,
    {
      mode: 0o755,
    },
  )
  return pids
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  screen(`${signal}: no screen, no cf left`, () =>
    withScene({ events: 0 }, async ({ cf }) => {
      const pids = hang(cf)
      const running = start(cf, ['doctor'], { patient: true })
      while (!existsSync(pids)) await new Promise(turn => setImmediate(turn))
      running.signal(signal)
      const { stdout, ...end } = await running.ended
      assert.is(end.code, code)
      assert.is(stdout, '')
      const pid = Number(readFileSync(pids, 'utf8'))
      while (isAlive(pid)) await new Promise(turn => setImmediate(turn))
    }),
  )
}

screen.run()
