import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import type { Role, RoleType } from '../../foundation/state.ts'
import type { StoredEvent } from '../../foundation/store.ts'
import { hasProgram, pythonWith } from '../../programs.ts'
import { run } from '../../run.ts'
import { type Scene, withScene } from '../../scene.ts'

const review = suite('access-review')

const sample = sampleFoundation({ events: 800 })
const dev = sample.spaces.find(space => space.name === 'dev')!
const userNamed = (name: string) => sample.users.find(({ username }) => username === name)!
const manager = userNamed('manager@example.gov')
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().replace(/\.\d+/, '')

/** A service account as cloud.gov names them. */
const serviceAccount = {
  guid: 'aaaaaaaa-0000-4000-8000-000000000001',
  username: '0d7ff5bd-1ad8-4b47-a3c4-2d2f2c5e5a11',
  email: '',
  origin: 'uaa',
  scopes: [],
}
let made = 0
const roleOf = (userGuid: string, type: RoleType, days: number): Role => ({
  guid: `bbbbbbbb-0000-4000-8000-${String(++made).padStart(12, '0')}`,
  type,
  userGuid,
  orgGuid: type.startsWith('space_') ? null : sample.org.guid,
  spaceGuid: type.startsWith('space_') ? dev.guid : null,
  createdAt: ago(days),
})
const grant = (role: Role, parts: Partial<StoredEvent> = {}): StoredEvent =>
  event({
    guid: `cccccccc-0000-4000-8000-${String(++made).padStart(12, '0')}`,
    type: `audit.user.${role.type}_add`,
    timestamp: role.createdAt!,
    actor: manager.guid,
    actorName: manager.email,
    actorUsername: manager.username!,
    actee: role.userGuid,
    acteeType: 'user',
    orgGuid: sample.org.guid,
    spaceGuid: role.spaceGuid ?? '',
    ...parts,
  })
const billing = userNamed('billing@example.gov').guid
const supporter = userNamed('supporter@example.gov').guid
const roles = {
  granted: roleOf(billing, 'space_manager', 10),
  ungranted: roleOf(supporter, 'space_auditor', 9),
  own: roleOf(userNamed('space.manager@example.gov').guid, 'space_developer', 8),
  account: roleOf(serviceAccount.guid, 'space_developer', 400),
}
const state = {
  ...sample,
  users: [...sample.users, serviceAccount],
  roles: [...sample.roles, ...Object.values(roles)],
  events: [
    ...(sample.events as readonly StoredEvent[]),
    grant(roles.granted, { timestamp: ago(12), actor: supporter, actorName: 'failed' }),
    grant(roles.granted),
    grant(roles.granted, { timestamp: ago(5), actor: supporter, actorName: 'repeated' }),
    grant(roles.own, { actor: roles.own.userGuid }),
  ],
}
const scene = (user: string, use: (scene: Scene) => Promise<void>) =>
  withScene({ events: 0, user: `${user}@example.gov`, foundation: state }, use)

interface Reviewed {
  readonly guid: string
  readonly review: {
    readonly account: string
    readonly privileged: boolean
    readonly granting_event: string | null
    readonly granted_by: string | null
    readonly last_seen: string | null
    readonly flags: readonly string[]
    readonly change?: string
    readonly changed_by?: string | null
  }
}
async function reviewIn({ cf }: Scene, ...args: string[]): Promise<Map<string, Reviewed['review']>> {
  const { code, stdout, stderr } = await run(cf, ['access-review', 'demo-org', '-f', 'json', ...args])
  assert.is(code, 0, stderr)
  const { resources } = JSON.parse(stdout) as { resources: Reviewed[] }
  return new Map(resources.map(({ guid, review }) => [guid, review]))
}

// The same from the roles and the events of the same reader, by other means.
const independent = `
import json, re, sys
from datetime import datetime, timedelta
roles = json.load(open(sys.argv[1]))
events = [json.loads(line) for line in open(sys.argv[2])]
whole = sys.argv[3] == "whole"
at = lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
users = {u["guid"]: u for u in roles["included"]["users"]}
now = datetime.utcnow()
noise = re.compile(r"crash|\\.build\\.(staged|failed)$|process\\.(ready|not-ready|rescheduling)$|remove_orphan")
seen = {}
for e in events:
    if not noise.search(e["type"]):
        seen[e["actor"]["guid"]] = max(seen.get(e["actor"]["guid"], ""), e["created_at"])
def of(role, kind):
    return ((role["relationships"].get(kind) or {}).get("data") or {}).get("guid") or ""
managers = [of(r, "user") for r in roles["resources"] if r["type"] == "organization_manager"]
uuid = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.I)
oldest = min([e["created_at"] for e in events], default=None)
out = {}
for r in roles["resources"]:
    user, place = of(r, "user"), of(r, "space") or of(r, "organization")
    kind = "space" if r["type"].startswith("space_") else "organization"
    grants = [e for e in events if e["type"] == "audit.user." + r["type"] + "_add" and e["target"]["guid"] == user
              and (e[kind] or {}).get("guid") == place and at(e["created_at"]) <= at(r["created_at"]) + timedelta(seconds=5)]
    grants.sort(key=lambda e: abs(at(e["created_at"]) - at(r["created_at"])))
    grant = grants[0] if grants else None
    name = (users.get(user) or {}).get("username")
    account = "service account" if name and uuid.match(name) else "person" if name else "gone" if uuid.match(user) else "client"
    flags = []
    covered = oldest is not None and r["created_at"] >= oldest
    if covered: flags.append("new")
    if covered and whole and grant is None: flags.append("no-grant-event")
    stale = (now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if whole and oldest and oldest <= stale and r["created_at"] < stale and seen.get(user, "") < stale:
        flags.append("not-seen-in-30-days")
    if grant and grant["actor"]["guid"] == user: flags.append("self-granted")
    if r["type"] == "organization_manager" and len(managers) == 1: flags.append("only-manager")
    if account == "gone": flags.append("gone")
    if account in ("service account", "client"): flags.append("service-account")
    out[r["guid"]] = dict(account=account, privileged=r["type"] in ("organization_manager", "space_manager", "space_developer", "space_supporter"),
        granting_event=grant and grant["guid"], last_seen=seen.get(user), flags=flags)
print(json.dumps(out))
`
const readers: readonly (readonly [user: string, sees: 'whole' | 'part'])[] = [
  ['admin', 'whole'],
  ['global.auditor', 'whole'],
  ['auditor', 'whole'],
  ['manager', 'part'],
  ['developer', 'part'],
  ['space.auditor', 'part'],
]
if (hasProgram('python3', 'access reviews are not computed by other means')) {
  for (const [user, sees] of readers) {
    review(`of ${user} is what Python computes from roles and events`, () =>
      scene(user, async here => {
        const folder = here.cf.home
        const found = await reviewIn(here)
        const files = [join(folder, 'roles.json'), join(folder, 'events.ndjson')] as const
        writeFileSync(files[0], (await run(here.cf, ['roles', 'demo-org', '-f', 'json'])).stdout)
        writeFileSync(files[1], (await run(here.cf, ['events', 'demo-org', '-f', 'ndjson'])).stdout)
        const computed = JSON.parse(
          execFileSync('python3', ['-c', independent, ...files, sees], { encoding: 'utf8' }),
        ) as Record<string, Reviewed['review']>
        assert.is(found.size, Object.keys(computed).length)
        for (const [guid, expected] of Object.entries(computed)) {
          const { account, privileged, granting_event, last_seen, flags } = found.get(guid)!
          assert.equal({ account, privileged, granting_event, last_seen, flags }, expected, guid)
        }
      }),
    )
  }
}

review('joins roles with who granted them, and flags what stands out', () =>
  scene('admin', async here => {
    const found = await reviewIn(here)
    assert.is(found.size, 94)
    const { granted, ungranted, own, account } = roles
    assert.is(found.get(granted.guid)!.granted_by, manager.email)
    assert.equal(found.get(granted.guid)!.flags, ['new'])
    assert.is(found.get(ungranted.guid)!.granted_by, null)
    assert.equal(found.get(ungranted.guid)!.flags, ['new', 'no-grant-event'])
    assert.equal(found.get(own.guid)!.flags, ['new', 'self-granted'])
    assert.is(found.get(account.guid)!.account, 'service account')
    assert.equal(found.get(account.guid)!.flags, ['not-seen-in-30-days', 'service-account'])
    const accounts = [...found.values()].map(each => each.account)
    assert.is(accounts.filter(each => each === 'client').length, 1)
    assert.is(accounts.filter(each => each === 'gone').length, 2)
  }),
)

review('has a row for each role, and empty columns for the reviewer', () =>
  scene('admin', async ({ cf }) => {
    const { stdout, stderr } = await run(cf, [
      'access-review',
      'demo-org',
      '-f',
      'csv',
      '--columns',
      '+role_guid',
    ])
    assert.match(
      stderr,
      /✓ 94 roles of 47 users in demo-org, \d+ with flags; events from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.$/m,
    )
    const line = (guid: string) => stdout.split('\n').find(each => each.endsWith(guid))
    const grantEvent = state.events.at(-3)!.guid
    assert.is(
      line(roles.granted.guid),
      `new,billing@example.gov,${billing},uaa,person,space_manager,yes,demo-org,dev,${roles.granted.createdAt},${manager.email},${grantEvent},${line(roles.granted.guid)!.split(',')[12]},,,,,${roles.granted.guid}`,
    )
    // A user without a name stands there by GUID.
    const nameless = sample.roles.find(role =>
      sample.users.some(
        ({ guid, username, clientId }) => guid === role.userGuid && username === null && !clientId,
      ),
    )!
    assert.match(line(nameless.guid)!, `,${nameless.userGuid},${nameless.userGuid},(gone),gone,`)
    assert.match(stdout, ',sandbox-bot,sandbox-bot,(client),client,organization_auditor,no,')
  }),
)

review('in a terminal has users with flags first, then service accounts', () =>
  scene('admin', async ({ cf }) => {
    const { stdout } = await run(cf, [
      'access-review',
      'demo-org',
      '-f',
      'table',
      '--columns',
      'flags,user_guid,account',
    ])
    const lines = stdout.trimEnd().split('\n').slice(2)
    const ranks = lines.map(line => (/service account|client/.test(line) ? 1 : line.startsWith(' ') ? 2 : 0))
    assert.ok(ranks.includes(0) && ranks.includes(1) && ranks.includes(2))
    const users = lines.map(line => /\b[0-9a-f]{8}-[0-9a-f-]{27}|sandbox-bot/.exec(line)![0])
    const first = new Map<string, number>()
    for (const [index, user] of users.entries())
      first.set(user, Math.min(ranks[index]!, first.get(user) ?? 2))
    const order = users.map(user => first.get(user)!)
    assert.equal(order, [...order].sort())
  }),
)

/** What each reader is told. */
const closings: readonly (readonly [user: string, hidden: string | undefined, says: RegExp])[] = [
  ['admin', undefined, /✓ 94 roles .*\d\.$/m],
  [
    'auditor',
    'all space roles',
    /Partial: 50 roles .*, but your roles may not show all space roles \(you need Org Manager\)\.$/m,
  ],
  [
    'manager',
    'all events',
    /Partial: 94 roles .*; no events, but your roles do not show all events, .*\(you need Org Auditor\)\.$/m,
  ],
  [
    'developer',
    'all events and all space roles',
    /Partial: 94 roles .*do not show all events.*may not show all space roles/m,
  ],
]
for (const [user, hidden, says] of closings) {
  review(`tells ${user} what their roles do not show`, () =>
    scene(user, async ({ cf }) => {
      const { code, stderr } = await run(cf, ['access-review', 'demo-org', '-f', 'csv'])
      assert.is(code, 0)
      assert.match(stderr, says)
      assert.is(
        /^Warning: your roles may not show (.*) of the org\. For a complete/m.exec(stderr)?.[1],
        hidden,
      )
    }),
  )
}

review('makes the calls of roles and one listing of events', () =>
  scene('admin', async ({ cf, foundation }) => {
    const callsOf = async (command: string) => {
      const before = foundation.requests.length
      await run(cf, [command, 'demo-org', '-f', 'csv'])
      return foundation.requests.slice(before).map(({ path }) => path.replace(/\?.*/, ''))
    }
    const ofRoles = await callsOf('roles')
    const ofEvents = await callsOf('events')
    const ofReview = await callsOf('access-review')
    // The org is looked up once for both.
    assert.is(
      ofReview.length,
      ofRoles.length + ofEvents.length - 1,
      `${ofReview.join(' ')} / ${ofRoles.join(' ')} / ${ofEvents.join(' ')}`,
    )
    assert.is(ofReview.filter(path => path === '/v3/audit_events').length, 1)
  }),
)

review('compares with an earlier review, and with roles', () =>
  scene('admin', async here => {
    const { cf, foundation } = here
    const files = [join(cf.home, 'review.json'), join(cf.home, 'before.json')] as const
    for (const [command, file] of [
      ['access-review', files[0]],
      ['roles', files[1]],
    ] as const)
      assert.is((await run(cf, [command, 'demo-org', '-O', file])).code, 0)
    const before = foundation.state.roles
    const removed = before.find(({ guid }) => guid === roles.granted.guid)!
    const added = roleOf(supporter, 'space_manager', 0)
    foundation.state.roles = [...before.filter(each => each !== removed), added]
    foundation.state.events.add(
      grant(added),
      grant(removed, { type: 'audit.user.space_manager_remove', timestamp: ago(0) }),
    )
    for (const file of files) {
      const found = await reviewIn(here, '--previous', file)
      const changed = [...found].filter(([, { change }]) => change !== undefined)
      assert.equal(
        changed.map(([guid, { change, changed_by }]) => [guid, change, changed_by]).sort(),
        [
          [removed.guid, 'removed', manager.email],
          [added.guid, 'added', manager.email],
        ].sort(),
      )
      const { stdout } = await run(cf, ['access-review', 'demo-org', '--previous', file, '-f', 'csv'])
      const line = stdout.split('\n').find(each => /,removed,/.test(each))
      assert.match(line!, `,billing@example.gov,${billing},uaa,unknown,space_manager,yes,demo-org,dev,`)
    }
  }),
)

review('does not call removed what is of another org, or hidden from the reader', async () => {
  let everywhere = ''
  await scene('admin', async ({ cf }) => {
    everywhere = (await run(cf, ['roles', '--all-orgs', '-f', 'json'])).stdout
  })
  await scene('auditor', async here => {
    const file = join(here.cf.home, 'everywhere.json')
    writeFileSync(file, everywhere)
    const found = await reviewIn(here, '--previous', file)
    assert.is(found.size, 50)
    assert.equal(
      [...found.values()].filter(({ change }) => change !== undefined),
      [],
    )
  })
})

review('refuses what is no earlier review', () =>
  scene('admin', async ({ cf, foundation }) => {
    const before = foundation.requests.length
    const file = join(cf.home, 'other.json')
    for (const [text, says] of [
      [undefined, 'no such file'],
      ['{', 'is not the JSON of an earlier review'],
      ['{"resources":[{"guid":"x"}]}', 'is not the JSON of an earlier review'],
    ] as const) {
      if (text !== undefined) writeFileSync(file, text)
      const { code, stderr } = await run(cf, ['access-review', 'demo-org', '--previous', file])
      assert.is(code, 2)
      assert.match(stderr, says)
    }
    assert.is((await run(cf, ['access-review', 'demo-org', '--stale-days', 'x'])).code, 2)
    assert.is(foundation.requests.length, before)
  }),
)

const sheet = `
import json, sys
from openpyxl import load_workbook
book = load_workbook(sys.argv[1])
print(json.dumps({s.title: [["" if c is None else str(c) for c in row] for row in s.iter_rows(values_only=True)] for s in book}))
`
const python = pythonWith('openpyxl', 'the workbook of an access review is not read')
if (python !== undefined) {
  review('is a workbook to fill in, which says what it rests on', () =>
    scene('auditor', async ({ cf }) => {
      const file = join(cf.home, 'review.xlsx')
      assert.is((await run(cf, ['access-review', 'demo-org', '-O', file])).code, 0)
      assert.ok(readFileSync(file).length > 1000)
      const found = JSON.parse(execFileSync(python, ['-c', sheet, file], { encoding: 'utf8' })) as Record<
        string,
        string[][]
      >
      const [rows, about] = [
        Object.values(found)[0]!,
        new Map(found.About!.map(([what, value]) => [what, value])),
      ]
      assert.is(rows.length, 51)
      assert.equal(rows[0]!.slice(13, 17), ['Decision', 'Justification', 'Reviewer', 'Date'])
      assert.is(about.get('Space roles'), 'only those visible to the reader')
      assert.is(about.get('Events seen'), 'all')
      assert.match(about.get('Events from')!, /^\d{4}-\d\d-\d\dT/)
    }),
  )
}

review.run()
