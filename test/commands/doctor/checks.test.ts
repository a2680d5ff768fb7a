import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BadRequest, EndpointMissing } from '../../../src/capi/client.ts'
import { knownBugs } from '../../../src/cf/binary.ts'
import { UnrecognizedOutput } from '../../../src/cf/curl.ts'
import { type Check, type Name, names } from '../../../src/commands/doctor/check.ts'
import type { Facts, Known } from '../../../src/commands/doctor/collect.ts'
import { checksOf, exitCodeOf, jsonOf, renderChecks, worstOf } from '../../../src/commands/doctor/doctor.ts'
import { type AuditError, CfUnusable, Failed, Forbidden, LoggedOut, TimedOut } from '../../../src/errors.ts'
import { createPaint } from '../../../src/ui/messages.ts'

const now = Date.UTC(2026, 10, 23, 12)
const daysAgo = (days: number) => new Date(now - days * 24 * 3600_000).toISOString().replace('.000', '')
const guid = '6f726761-0000-4000-8000-000000000000'

const known = <T>(value: T): Known<T> => ({ value })
const failed = (error: AuditError): Known<never> => ({ error })
const version = (...numbers: [number, number, number]): NonNullable<Facts['versionInfo']> =>
  known({ says: `cf version ${numbers.join('.')}`, version: numbers, knownBugs: knownBugs(numbers) })
const stranger = (says: string) => known({ says, version: 'unknown' as const, knownBugs: [] })
const events = (total: number, days = 31, type = 'audit.route.create', targetGuid = 'r') =>
  known({ total, oldest: total === 0 ? undefined : { time: daysAgo(days), type, targetGuid } })

const settings: NonNullable<Facts['settings']> = {
  file: '/home/me/.cf/config.json',
  api: 'https://api.example.gov',
  skipsCertificates: false,
  trace: 'off',
  variables: [],
}
const traceFile = (isWritable: boolean) => ({
  settings: { ...settings, trace: { file: '/tmp/trace', isWritable } },
})

/** Nothing is wrong. */
const well: Facts = {
  now,
  cf: known({ path: '/usr/bin/cf', by: 'PATH' }),
  versionInfo: version(8, 19, 0),
  otherCfs: [],
  settings,
  target: known({ api: 'https://api.example.gov', user: 'me@example.gov', org: 'demo-org' }),
  login: {
    api: 'https://api.example.gov',
    user: 'me@example.gov',
    guid: 'u',
    isClient: false,
    isGlobalReader: false,
    tokenExpiry: undefined,
    org: undefined,
  },
  root: known({ v3: '3.228.0', v2: '2.293.0' }),
  clock: { aheadMs: 120, toleranceMs: 600 },
  session: known({ orgs: 3 }),
  org: { name: 'demo-org', guid: known(guid) },
  v3: events(42),
  v2: events(42),
  visibility: { sees: 'all' },
}

const without = (...keys: (keyof Facts)[]): Facts =>
  Object.fromEntries(Object.entries(well).filter(([key]) => !keys.includes(key as keyof Facts))) as never

const behindSession = ['org', 'v3', 'v2', 'visibility'] as const
const noOrg = without('org')
const untargeted = {
  ...noOrg,
  target: known({ api: 'https://api.example.gov', user: 'me@example.gov', org: undefined }),
}

const expired = new LoggedOut('Your session has expired.', 'Run cf login.')
const loggedOut = new LoggedOut('You are not logged in.', 'Run cf login.')
const noApi = new CfUnusable('cf has no API endpoint set.', 'Run cf login -a API-URL.')
const down = new Failed('Cloud Foundry could not be reached: dial tcp', 'Check the network.')
const unknownWord = new UnrecognizedOutput("cf failed: I don't know how to", 'Try the same with cf itself.')
const forbidden = new Forbidden('Permission denied by Cloud Foundry', 'Ask an Org Manager.')

// --- What they mean -----------------------------------------------------------------------------------------------

type Expected = readonly [
  name: Name,
  status: Check['status'],
  finding: RegExp | string,
  advice?: RegExp | string,
]

/** All other lines are ok, or skipped where the row says what stops them. */
interface Row {
  readonly name: string
  readonly facts: Facts
  readonly expected: readonly Expected[]
  readonly skipped?: readonly Name[]
  readonly code?: number
}

const afterVersion = [
  'trace',
  'api',
  'user',
  'session',
  'org',
  'api-v3',
  'api-v2',
  'visibility',
  'oldest-event',
  'clock',
] as const
const afterTrace = afterVersion.slice(1)
const afterApi = [
  'session',
  'org',
  'api-v3',
  'api-v2',
  'visibility',
  'oldest-event',
  'clock',
] as const satisfies Name[]
const afterSession = ['org', 'api-v3', 'api-v2', 'visibility', 'oldest-event'] as const satisfies Name[]

const rows: readonly Row[] = [
  {
    name: 'nothing is wrong',
    facts: well,
    expected: [
      ['cf', 'ok', /\/usr\/bin\/cf\b.*PATH/],
      ['cf-version', 'ok', /^8\.19\.0$/],
      ['api', 'ok', 'https://api.example.gov'],
      ['user', 'ok', /me@example\.gov .*\/home\/me\/\.cf\/config\.json/],
      ['session', 'ok', '3 orgs'],
      ['org', 'ok', new RegExp(`demo-org, targeted .*${guid}`)],
      ['api-v3', 'ok', /^on, 3\.228\.0/],
      ['api-v2', 'ok', /^on, 2\.293\.0\. .*delete/],
      ['visibility', 'ok', 'demo-org'],
      ['oldest-event', 'ok', /^2026-10-23T12:00:00Z, 31 days ago.*\b42\b.*\b31 days/],
      ['clock', 'ok', /./],
    ],
  },
  // cf
  {
    name: 'no cf',
    facts: { now, cf: failed(new CfUnusable('There is no cf on your PATH.', 'Install it.')) },
    expected: [['cf', 'problem', 'There is no cf on your PATH.', 'Install it.']],
    skipped: ['cf-version', 'other-cf', 'settings', ...afterVersion],
    code: 3,
  },
  {
    name: 'named by --cf',
    facts: { ...well, cf: known({ path: '/opt/cf8', by: '--cf' }) },
    expected: [['cf', 'ok', /\/opt\/cf8\b.*--cf/]],
  },
  {
    name: 'faults that are worked around',
    facts: { ...well, versionInfo: version(8, 16, 0) },
    expected: [['cf-version', 'ok', /^8\.16\.0\b.*\{\{.*; .*reason/]],
  },
  {
    name: 'a fault that costs something',
    facts: { ...well, versionInfo: version(8, 7, 10) },
    expected: [['cf-version', 'warning', /^8\.7\.10\b.*one at a time/, /\bv8\b/]],
  },
  {
    name: 'built without a version',
    facts: { ...well, versionInfo: version(0, 0, 0) },
    expected: [['cf-version', 'warning', /without a version/, /\bv8\b/]],
  },
  {
    name: 'another program of that name, and the right one behind it',
    facts: {
      ...without('target', 'root', 'clock', 'session', ...behindSession),
      versionInfo: stranger('cf 1.0.0'),
      otherCfs: [{ path: '/opt/cf8', says: 'cf8 version 8.18.4', isCloudFoundry: true }],
    },
    expected: [
      ['cf-version', 'problem', /"cf 1\.0\.0".* Cloudflare/, /--cf \/opt\/cf8, or set CF_AUDIT_CF to it/],
      ['other-cf', 'ok', /PATH.*\/opt\/cf8 \("cf8 version 8\.18\.4"\)/],
    ],
    skipped: afterVersion,
    code: 3,
  },
  {
    name: 'a script of that name',
    facts: { ...without('target', 'root', 'clock', 'session', ...behindSession), versionInfo: stranger('') },
    expected: [['cf-version', 'problem', /nothing/, /^Install the Cloud Foundry CLI/]],
    skipped: afterVersion,
    code: 3,
  },
  {
    name: 'one that hangs',
    facts: {
      ...without('target', 'root', 'clock', 'session', ...behindSession),
      versionInfo: failed(new TimedOut('/usr/bin/cf version gave no answer within 30 s.', 'Try again.')),
    },
    expected: [['cf-version', 'problem', /within 30 s/, /^Install the Cloud Foundry CLI/]],
    skipped: afterVersion,
    code: 3,
  },
  {
    name: 'a broken login file',
    facts: {
      ...without('target', 'root', 'clock', 'session', ...behindSession),
      versionInfo: failed(new CfUnusable('cf cannot read its login file: x', 'Move it away.')),
    },
    expected: [['cf-version', 'problem', /login file/, 'Move it away.']],
    skipped: afterVersion,
    code: 3,
  },
  {
    name: 'a wrapper that knows the API',
    facts: { ...well, versionInfo: stranger('who knows'), target: failed(unknownWord), clock: undefined },
    expected: [
      ['cf-version', 'warning', /Cloud Foundry CLI.*"who knows"/, /--cf PATH/],
      ['user', 'ok', /me@example\.gov/],
      ['clock', 'skipped', /headers/],
      ['org', 'ok', `demo-org (${guid})`],
    ],
  },
  {
    name: 'a wrapper that knows API v2 alone, and nobody is logged in but by it',
    facts: {
      ...without('login'),
      versionInfo: stranger(''),
      target: failed(unknownWord),
      root: failed(unknownWord),
      clock: undefined,
      session: failed(unknownWord),
      v3: failed(unknownWord),
      visibility: { sees: 'unknown', why: 'cf failed' },
    },
    expected: [
      ['cf-version', 'warning', /nothing/, /wrapper/],
      ['api', 'warning', /wrapper/, /--cf PATH/],
      ['user', 'warning', /./],
      ['session', 'ok', /./],
      ['api-v3', 'warning', /API v3/, /API v2/],
      ['api-v2', 'ok', /^on\b/],
      ['visibility', 'warning', /cf failed/, /Ask an Org Manager/],
      ['clock', 'skipped', /headers/],
    ],
  },
  {
    name: 'another program behind the one on PATH',
    facts: { ...well, otherCfs: [{ path: '/x/cf', says: 'cf 1.0.0', isCloudFoundry: false }] },
    expected: [['other-cf', 'ok', /\/x\/cf \("cf 1\.0\.0"\)/]],
  },
  {
    name: 'another program where cf is typed',
    facts: {
      ...well,
      cf: known({ path: '/opt/cf8', by: 'CF_AUDIT_CF' }),
      otherCfs: [
        { path: '/x/cf', says: '', isCloudFoundry: false },
        { path: '/x/cf7', says: 'cf7 version 7.8.0', isCloudFoundry: true },
      ],
    },
    expected: [['other-cf', 'warning', /Cloud Foundry CLI: \/x\/cf\b(?!7)/, /run \/opt\/cf8 login/]],
  },
  // Settings
  {
    name: 'a saved trace on v8',
    facts: { ...well, settings: { ...settings, trace: 'stdout' } },
    expected: [['trace', 'ok', /cf config --trace/]],
  },
  ...([6, 7] as const).map(major => ({
    name: `a saved trace on v${major}`,
    facts: {
      ...without('root', 'clock', 'session', ...behindSession),
      versionInfo: version(major, 8, 0),
      settings: { ...settings, trace: 'stdout' as const },
    },
    expected: [
      ['cf-version', 'warning', /one at a time/, /\bv8\b/],
      ['trace', 'problem', `cf v${major}`, 'cf config --trace false'],
    ] as const,
    skipped: afterTrace,
    code: 3,
  })),
  {
    name: 'a saved trace file',
    facts: { ...well, ...traceFile(true) },
    expected: [['trace', 'warning', /\/tmp\/trace\b.*events/, /cf config --trace false/]],
  },
  {
    name: 'a saved trace file that cannot be written',
    facts: { ...without('target', 'root', 'clock', 'session', ...behindSession), ...traceFile(false) },
    expected: [['trace', 'problem', /\/tmp\/trace\b/, 'cf config --trace false']],
    skipped: afterTrace,
    code: 3,
  },
  {
    name: 'variables that would spoil the output',
    facts: { ...well, settings: { ...settings, variables: ['CF_TRACE', 'CF_COLOR'] } },
    expected: [['settings', 'ok', /CF_TRACE, CF_COLOR/]],
  },
  // The API and the login
  {
    name: 'no API set',
    facts: {
      ...without('login', 'clock', 'session', ...behindSession),
      target: failed(noApi),
      root: failed(noApi),
    },
    expected: [['api', 'problem', noApi.message, noApi.advice]],
    skipped: ['user', ...afterApi],
    code: 3,
  },
  {
    name: 'the API is down',
    facts: { ...without('clock', 'session', ...behindSession), root: failed(down) },
    expected: [['api', 'problem', down.message, down.advice]],
    skipped: afterApi,
    code: 5,
  },
  {
    name: 'the API is down, and cf target asks it',
    facts: {
      ...without('login', 'clock', 'session', ...behindSession),
      target: failed(down),
      root: failed(down),
    },
    expected: [['api', 'problem', down.message, down.advice]],
    skipped: ['user', ...afterApi],
    code: 5,
  },
  {
    name: 'something else answers',
    facts: {
      ...without('clock', 'session', ...behindSession),
      root: failed(new EndpointMissing('Welcome', '')),
    },
    expected: [['api', 'problem', /https:\/\/api\.example\.gov\b.*Welcome/, /cf api/]],
    skipped: afterApi,
    code: 5,
  },
  {
    name: 'certificates are not checked',
    facts: { ...well, settings: { ...settings, skipsCertificates: true } },
    expected: [['api', 'warning', /certificate/, /--skip-ssl-validation/]],
  },
  {
    name: 'not logged in',
    facts: { ...without('login', 'session', ...behindSession), target: failed(loggedOut) },
    expected: [['user', 'problem', loggedOut.message, loggedOut.advice]],
    skipped: ['session', ...afterSession],
    code: 3,
  },
  {
    name: 'not logged in, API v2 off: that is known without a login',
    facts: {
      ...without('login', 'session', ...behindSession),
      root: known({ v3: '3.228.0', v2: undefined }),
      target: failed(loggedOut),
    },
    expected: [
      ['user', 'problem', loggedOut.message, loggedOut.advice],
      ['api-v2', 'ok', /^off/],
    ],
    skipped: ['session', 'org', 'api-v3', 'visibility', 'oldest-event'],
    code: 3,
  },
  {
    name: 'the session is over before anything can be asked',
    facts: { ...without('clock', 'session', ...behindSession), root: failed(expired) },
    expected: [['session', 'problem', expired.message, expired.advice]],
    skipped: ['api', ...afterSession, 'clock'],
    code: 3,
  },
  {
    name: 'the session is refused',
    facts: { ...without(...behindSession), session: failed(expired) },
    expected: [['session', 'problem', expired.message, expired.advice]],
    skipped: afterSession,
    code: 3,
  },
  {
    name: 'the session cannot be tried',
    facts: { ...without(...behindSession), session: failed(down) },
    expected: [['session', 'problem', down.message, down.advice]],
    skipped: afterSession,
    code: 5,
  },
  {
    name: 'no org can be seen',
    facts: {
      ...untargeted,
      session: known({ orgs: 0 }),
      visibility: { sees: 'none', isManager: false },
      v3: events(0),
      v2: events(0),
    },
    expected: [
      ['session', 'warning', /\borg/, /cf set-org-role me@example\.gov ORG OrgAuditor/],
      ['org', 'skipped', /target/, /cf target -o ORG/],
      ['visibility', 'problem', /any org/, /Org Auditor/],
    ],
    skipped: ['oldest-event'],
    code: 4,
  },
  // The org and its events
  {
    name: 'no org of that name',
    facts: {
      ...without('visibility'),
      org: { name: 'x', guid: failed(new Forbidden('There is no org x.', 'See cf orgs.')) },
    },
    expected: [['org', 'problem', 'There is no org x.', 'See cf orgs.']],
    skipped: ['visibility', 'oldest-event'],
    code: 4,
  },
  {
    name: 'no org, a global reader',
    facts: untargeted,
    expected: [
      ['org', 'skipped', /target/, /./],
      ['visibility', 'ok', /./],
      ['oldest-event', 'ok', /31 days ago/],
    ],
  },
  {
    name: 'no org, somebody with roles',
    facts: { ...untargeted, visibility: { sees: 'some', orgs: ['a'], spaces: ['dev', 'test'] } },
    expected: [
      ['org', 'skipped', /target/, /./],
      ['visibility', 'ok', /\borg a\b.*\bdev\b.*\btest\b/],
    ],
  },
  {
    name: 'no org is named, and cf does not tell which is targeted',
    facts: { ...noOrg, target: failed(unknownWord) },
    expected: [['org', 'skipped', /./, /reports/]],
  },
  {
    name: 'v2 is off',
    facts: { ...without('v2'), root: known({ v3: '3.228.0', v2: undefined }) },
    expected: [['api-v2', 'ok', /^off/]],
  },
  {
    name: 'v2 is listed, but off',
    facts: { ...well, v2: failed(new EndpointMissing('V2 endpoints disabled', '')) },
    expected: [['api-v2', 'ok', /^off/]],
  },
  {
    name: 'v2 is off, and cf is v6',
    facts: {
      ...without('v2'),
      root: known({ v3: '3.228.0', v2: undefined }),
      versionInfo: version(6, 53, 0),
    },
    expected: [
      ['cf-version', 'warning', /one at a time/, /\bv8\b/],
      ['api-v2', 'warning', /\bcf v6/, /\borg\b/],
    ],
  },
  {
    name: 'v2 is closed to the roles',
    facts: { ...well, v2: failed(forbidden) },
    expected: [['api-v2', 'ok', /^on\b.*your roles/]],
  },
  {
    name: 'v2 fails, v3 does not',
    facts: { ...well, v2: failed(down) },
    expected: [['api-v2', 'warning', down.message, down.advice]],
  },
  {
    name: 'v3 has no events',
    facts: { ...well, v3: failed(new EndpointMissing('Unknown request', '')) },
    expected: [['api-v3', 'warning', /API v3, 3\.228\.0\b/, /API v2/]],
  },
  {
    name: 'neither has',
    facts: {
      ...without('v2'),
      root: known({ v3: '3.228.0', v2: undefined }),
      v3: failed(new EndpointMissing('Unknown request', '')),
      visibility: { sees: 'all' },
    },
    expected: [
      ['api-v3', 'problem', /Unknown request/, /operators/],
      ['api-v2', 'ok', /^off/],
    ],
    skipped: ['oldest-event'],
    code: 5,
  },
  {
    name: 'v3 is too old',
    facts: { ...well, v3: failed(new BadRequest('Unknown query parameter', '')) },
    expected: [['api-v3', 'problem', /\bold\b/, '--api v2']],
    code: 5,
  },
  {
    name: 'v3 fails',
    facts: { ...well, v3: failed(down) },
    expected: [['api-v3', 'problem', down.message, down.advice]],
    code: 5,
  },
  {
    name: 'v3 is forbidden',
    facts: { ...well, v3: failed(forbidden), v2: failed(forbidden) },
    expected: [
      ['api-v3', 'problem', forbidden.message, forbidden.advice],
      ['api-v2', 'ok', /your roles/],
    ],
    skipped: ['oldest-event'],
    code: 4,
  },
  {
    name: 'some spaces are seen',
    facts: { ...well, visibility: { sees: 'some', orgs: [], spaces: ['dev'] } },
    expected: [
      [
        'visibility',
        'warning',
        /demo-org\b.*space dev\b/,
        /Org Manager.*: cf set-org-role me@example\.gov demo-org OrgAuditor$/,
      ],
    ],
  },
  {
    name: 'an Org Manager',
    facts: { ...well, v3: events(0), v2: events(0), visibility: { sees: 'none', isManager: true } },
    expected: [
      [
        'visibility',
        'problem',
        /demo-org/,
        /Org Manager.*audited.*: cf set-org-role me@example\.gov demo-org OrgAuditor$/,
      ],
    ],
    skipped: ['oldest-event'],
    code: 4,
  },
  {
    name: 'a user and an org whose names a shell would take apart',
    facts: {
      ...well,
      target: known({ api: 'https://api.example.gov', user: "o'brien; x", org: 'my org' }),
      org: { name: 'my org', guid: known(guid) },
      v3: events(0),
      v2: events(0),
      visibility: { sees: 'none', isManager: false },
    },
    expected: [['visibility', 'problem', /my org/, /cf set-org-role 'o'\\''brien; x' 'my org' OrgAuditor$/]],
    skipped: ['oldest-event'],
    code: 4,
  },
  {
    name: 'no role, and events all the same',
    facts: { ...well, visibility: { sees: 'none', isManager: false } },
    expected: [['visibility', 'warning', /42 events of demo-org/, /global auditor/]],
  },
  {
    name: 'roles that cannot be read, and no event',
    facts: {
      ...well,
      v3: events(0),
      v2: events(0),
      visibility: { sees: 'unknown', why: 'it is forbidden.' },
    },
    expected: [['visibility', 'problem', /it is forbidden\./, /Ask an Org Manager/]],
    skipped: ['oldest-event'],
    code: 4,
  },
  {
    name: 'nothing has happened',
    facts: { ...well, v3: events(0), v2: events(0) },
    expected: [['oldest-event', 'ok', /demo-org/]],
  },
  ...(
    [
      [45, 'ok', /45 days ago.*31 days/],
      [33, 'ok', /33 days ago.*31 days/],
      [32, 'ok', /32 days ago.*31 days/],
      [30, 'ok', /30 days ago.*31 days/],
      [29, 'warning', /29 days ago/, /\b29 days/],
      [1, 'warning', /1 day ago.*\b42\b/, /\b1 day\b/],
      [0, 'warning', /0 days ago/, /\b1 day\b/],
    ] as const
  ).map(([days, ...rest]) => ({
    name: `the oldest event is of ${days} days ago`,
    facts: { ...well, v3: events(42, days) },
    expected: [['oldest-event', ...rest]] as never,
  })),
  {
    name: 'the org is young',
    facts: { ...well, v3: events(42, 3, 'audit.organization.create', guid) },
    expected: [['oldest-event', 'ok', /3 days ago.*creat/]],
  },
  {
    name: 'the creation of another org',
    facts: { ...well, v3: events(42, 3, 'audit.organization.create', 'other') },
    expected: [['oldest-event', 'warning', /3 days ago/, /[Ee]xport/]],
  },
  {
    name: 'v2 alone tells of events',
    facts: { ...well, v3: failed(new EndpointMissing('x', '')), v2: events(7, 40) },
    expected: [
      ['api-v3', 'warning', /./, /v2/],
      ['oldest-event', 'ok', /40 days ago.*\b7\b/],
    ],
  },
  // The clock
  ...(
    [
      [0, 500, 'ok', /Cloud Foundry/],
      [1400, 500, 'ok', /Cloud Foundry/],
      [-1400, 500, 'ok', /Cloud Foundry/],
      [20_000, 500, 'ok', '20 seconds'],
      [30_400, 500, 'ok', '30 seconds'],
      [31_000, 500, 'warning', '31 seconds behind', /Set the clock/],
      [-600_000, 500, 'warning', '10 minutes ahead', /Set the clock/],
      [7_200_000, 500, 'warning', '2 hours behind', /Set the clock/],
      [40_000, 20_000, 'ok', /40 seconds/],
    ] as const
  ).map(([aheadMs, toleranceMs, ...rest]) => ({
    name: `a clock that is ${aheadMs} ms off, give or take ${toleranceMs}`,
    facts: { ...well, clock: { aheadMs, toleranceMs } },
    expected: [['clock', ...rest]] as never,
  })),
]

const meanings = suite('what doctor makes of the facts')

for (const { name, facts, expected, skipped = [], code = 0 } of rows) {
  meanings(name, () => {
    const checks = checksOf(facts)
    assert.equal(
      checks.map(check => check.name),
      names,
    )
    for (const check of checks) {
      const [, status = skipped.includes(check.name) ? 'skipped' : 'ok', finding = /./, advice] =
        expected.find(each => each[0] === check.name) ?? []
      assert.is(check.status, status, `${check.name}: ${check.finding}`)
      assert.match(check.finding, finding)
      if (advice !== undefined) assert.match('advice' in check ? (check.advice ?? '') : '', advice)
      // A fault says what to do, and a gap which fault is behind it.
      if (check.status === 'problem' || check.status === 'warning')
        assert.match(check.advice, /^([A-Z]|cf ).+/)
      if (skipped.includes(check.name)) {
        const problems = checks.filter(({ status }) => status === 'problem').map(({ name }) => name)
        assert.ok(
          problems.some(problem => check.finding.split(/[\s.,:]+/).includes(problem)),
          check.finding,
        )
      }
      assert.not.match(check.finding + JSON.stringify(check), /undefined|NaN|\[object/)
    }
    assert.is(exitCodeOf(checks), code)
    const warns = checks.some(({ status }) => status === 'warning')
    assert.is(worstOf(checks), code > 0 ? 'problem' : warns ? 'warning' : 'ok')
  })
}

meanings('of several problems the highest exit code counts', () => {
  const facts = {
    ...well,
    org: { name: 'x', guid: failed(forbidden) },
    v3: failed(down),
  }
  assert.is(exitCodeOf(checksOf(facts)), 5)
})

meanings.run()

// --- The screen ---------------------------------------------------------------------------------------------------

const screens = suite('the screen of doctor')

const plainPaint = createPaint({}, {}, false)
const some: Check[] = [
  { name: 'cf', status: 'ok', finding: '/usr/bin/cf' },
  {
    name: 'visibility',
    status: 'problem',
    finding: 'You cannot see the events of demo-org.',
    advice: 'Ask an Org Manager to run: cf set-org-role somebody@example.gov demo-org OrgAuditor',
    exitCode: 4,
  },
  { name: 'oldest-event', status: 'skipped', finding: 'Not looked at: it needs visibility.' },
]

screens('a pipe: nothing is broken, nothing is coloured', () => {
  assert.is(
    renderChecks(some, plainPaint, undefined),
    [
      'ok       cf            /usr/bin/cf',
      'problem  visibility    You cannot see the events of demo-org.',
      '                       → Ask an Org Manager to run: cf set-org-role somebody@example.gov demo-org OrgAuditor',
      'skipped  oldest-event  Not looked at: it needs visibility.',
      '',
    ].join('\n'),
  )
})

screens('a narrow terminal: words are broken, the command that is to be copied is not', () => {
  assert.is(
    renderChecks(some, plainPaint, 60),
    [
      'ok       cf            /usr/bin/cf',
      'problem  visibility    You cannot see the events of',
      '                       demo-org.',
      '                       → Ask an Org Manager to run:',
      '                         cf set-org-role somebody@example.gov demo-org OrgAuditor',
      'skipped  oldest-event  Not looked at: it needs visibility.',
      '',
    ].join('\n'),
  )
})

screens('a terminal: the status is coloured by what it means', () => {
  const text = renderChecks(some, createPaint({}, {}, true), 200)
  assert.match(text, '\u001b[32mok\u001b[39m       cf')
  assert.match(text, '\u001b[31mproblem\u001b[39m  visibility')
  assert.match(text, '\u001b[2mskipped\u001b[22m  oldest-event')
})

screens('names are shown, not obeyed', () => {
  const [check] = some
  const text = renderChecks([{ ...check!, finding: 'a\u001b[2Jb\nc\u202e' }], plainPaint, 80)
  assert.is(text, 'ok       cf            a␛[2Jb␊c\\u{202e}\n')
})

screens('as json: the keys that the README names', () => {
  assert.equal(JSON.parse(jsonOf(some)), {
    checks: [
      { name: 'cf', status: 'ok', finding: '/usr/bin/cf', advice: null },
      {
        name: 'visibility',
        status: 'problem',
        finding: 'You cannot see the events of demo-org.',
        advice: 'Ask an Org Manager to run: cf set-org-role somebody@example.gov demo-org OrgAuditor',
      },
      {
        name: 'oldest-event',
        status: 'skipped',
        finding: 'Not looked at: it needs visibility.',
        advice: null,
      },
    ],
    worst: 'problem',
    exitCode: 4,
  })
})

screens.run()
