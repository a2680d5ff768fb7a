import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readEvent } from '../../src/capi/event.ts'
import {
  type Coverage,
  createReview,
  type FormerRole,
  formerRoles,
  type ReviewRow,
} from '../../src/evidence/access-review.ts'
import type { RoleRow } from '../../src/reports/role-rows.ts'
import { event } from '../foundation/event.ts'
import { v3Resource } from '../foundation/serialise.ts'

const review = suite('an access review')

const until = Date.parse('2026-11-25T12:00:00Z')
/** Every event of 31 days can be seen. */
const whole: Coverage = { isWhole: true, from: '2026-10-25T12:00:00Z', until, staleDays: 30 }
const long = { ...whole, from: '2026-09-01T00:00:00Z' }

interface RoleParts {
  readonly type?: string
  readonly since?: string
  readonly user?: string
  readonly name?: string
  readonly holder?: RoleRow['holder']
}

function role({
  type = 'space_developer',
  since = '2026-11-10T10:00:00Z',
  user = 'ann',
  name,
  holder,
}: RoleParts = {}): RoleRow {
  const spaceGuid = type.startsWith('space_') ? 'space-1' : ''
  return {
    role: {
      guid: `${user}-${type}`,
      value: {},
      record: Buffer.from('{}'),
      type,
      since,
      userGuid: user,
      orgGuid: 'org-1',
      spaceGuid,
    },
    holder: holder ?? 'user',
    userName: name ?? `${user}@example.gov`,
    origin: 'uaa',
    org: 'demo-org',
    space: spaceGuid,
  }
}

type Happened = readonly [time: string, type: string, actor: string, target?: string]

function reviewOf(
  roles: readonly RoleRow[],
  happened: readonly Happened[],
  coverage: Coverage = whole,
  former?: readonly FormerRole[],
  isVisible: (role: FormerRole) => boolean = () => true,
): ReviewRow[] {
  const gathered = createReview()
  for (const [time, type, actor, target = 'ann'] of happened) {
    const stored = event({
      guid: `${time} by ${actor}`,
      timestamp: `2026-${time}Z`,
      type: `audit.${type}`,
      actor,
      actorName: actor,
      actorUsername: `${actor}@example.gov`,
      actee: target,
      acteeType: 'user',
      spaceGuid: type.includes('space_') ? 'space-1' : '',
      orgGuid: 'org-1',
    })
    gathered.note(readEvent(Buffer.from(JSON.stringify(v3Resource(stored, 'https://api'))), 'v3', 'here'))
  }
  return gathered.rows(roles, () => coverage, former && { roles: former, isVisible })
}

const granted = 'user.space_developer_add'
const revoked = 'user.space_developer_remove'

/** Which event granted the role of 11-10T10:00:00. */
const grants: readonly (readonly [what: string, events: readonly Happened[], by: string | undefined])[] = [
  ['the event of the request', [['11-10T10:00:00', granted, 'bob']], 'bob'],
  ['an event a moment after the role', [['11-10T10:00:02', granted, 'bob']], 'bob'],
  ['no event of another role', [['11-10T10:00:00', 'user.space_manager_add', 'bob']], undefined],
  ['no event of another user', [['11-10T10:00:00', granted, 'bob', 'eve']], undefined],
  [
    'not a grant that failed before',
    [
      ['11-10T09:00:00', granted, 'eve'],
      ['11-10T10:00:01', granted, 'bob'],
    ],
    'bob',
  ],
  [
    'not a grant that was repeated later',
    [
      ['11-10T10:00:00', granted, 'bob'],
      ['11-12T10:00:00', granted, 'eve'],
    ],
    'bob',
  ],
  [
    'not a grant that was repeated at once',
    [
      ['11-10T10:00:01', granted, 'bob'],
      ['11-10T10:00:04', granted, 'eve'],
    ],
    'bob',
  ],
  ['not one that came later alone', [['11-10T10:00:06', granted, 'eve']], undefined],
  [
    'not one that was revoked before the role was made',
    [
      ['11-01T10:00:00', granted, 'eve'],
      ['11-02T10:00:00', revoked, 'bob'],
    ],
    undefined,
  ],
]
for (const [what, events, by] of grants) {
  review(`granted by ${what}`, () => {
    const [row] = reviewOf([role()], events)
    assert.is(row!.grant?.actor, by)
  })
}

const seen: readonly (readonly [type: string, counts: boolean])[] = [
  ['app.update', true],
  ['app.ssh-authorized', true],
  ['service_key.show', true],
  ['app.build.staged', false],
  ['app.process.crash', false],
]
for (const [type, counts] of seen) {
  review(`audit.${type} ${counts ? 'is' : 'is not'} an act of its actor`, () => {
    const [row] = reviewOf([role()], [['11-20T10:00:00', type, 'ann', 'app']])
    assert.is(row!.lastSeen, counts ? '2026-11-20T10:00:00Z' : '')
  })
}

review('the newest act counts, whatever the order of the events', () => {
  const [row] = reviewOf(
    [role()],
    [
      ['11-20T10:00:00', 'app.update', 'ann', 'app'],
      ['11-19T10:00:00', 'app.update', 'ann', 'app'],
    ],
  )
  assert.is(row!.lastSeen, '2026-11-20T10:00:00Z')
})

const old = { since: '2024-01-01T00:00:00Z' }
const byBob: Happened = ['11-10T10:00:00', granted, 'bob']
const act: Happened = ['11-20T10:00:00', 'app.update', 'ann', 'app']

/** Which flags a role gets. */
const flags: readonly (readonly [
  what: string,
  parts: RoleParts,
  events: readonly Happened[],
  coverage: Coverage,
  flags: string,
])[] = [
  ['granted lately', {}, [byBob], whole, 'new'],
  ['granted lately, by no event', {}, [], whole, 'new no-grant-event'],
  ['the same, where events are hidden', {}, [], { ...whole, isWhole: false }, 'new'],
  ['granted after the reading began', { since: '2026-11-25T12:00:00Z' }, [], whole, 'new'],
  ['older than the events, and acting', old, [act], whole, ''],
  ['not acting', old, [], whole, 'not-seen-in-30-days'],
  ['not acting lately', old, [['10-20T10:00:00', 'app.update', 'ann', 'app']], long, 'not-seen-in-30-days'],
  ['not acting, where events are hidden', old, [], { ...whole, isWhole: false }, ''],
  ['not acting, where too little time is covered', old, [], { ...whole, from: '2026-11-01T00:00:00Z' }, ''],
  ['not acting, where no event is known', old, [], { ...whole, from: undefined }, ''],
  ['not acting for longer than asked', old, [act], { ...long, staleDays: 3 }, 'not-seen-in-3-days'],
  [
    'not acting, where the events end days before the roles',
    old,
    [],
    { ...long, now: until + 3 * 86_400_000 },
    '',
  ],
  [
    'not acting, where they end a day before',
    old,
    [],
    { ...long, now: until + 86_400_000 },
    'not-seen-in-30-days',
  ],
  ['older than what is new', {}, [byBob], { ...long, newFrom: '2026-11-10T10:00:01Z' }, ''],
  ['granted by oneself', {}, [['11-10T10:00:00', granted, 'ann']], whole, 'new self-granted'],
  ['the only manager', { ...old, type: 'organization_manager' }, [act], whole, 'only-manager'],
  ['gone', { ...old, name: '', holder: 'gone' }, [act], whole, 'gone'],
  ['a client', { ...old, name: '', holder: 'client' }, [act], whole, 'service-account'],
  [
    'a user whose name is a GUID',
    { ...old, name: '0d7ff5bd-1ad8-4b47-a3c4-2d2f2c5e5a11' },
    [act],
    whole,
    'service-account',
  ],
  ['of unknown name', { ...old, name: '', holder: 'unknown' }, [act], whole, ''],
]
for (const [what, parts, events, coverage, expected] of flags) {
  review(`flags of a role that is ${what}: ${expected || 'none'}`, () => {
    assert.is(reviewOf([role(parts)], events, coverage)[0]!.flags.join(' '), expected)
  })
}

review('an act counts for the org in which it was', () => {
  const { role: own, ...rest } = role()
  const [there, here] = reviewOf([{ ...rest, role: { ...own, orgGuid: 'org-2' } }, role()], [act])
  assert.is(there!.lastSeen, '')
  assert.is(here!.lastSeen, '2026-11-20T10:00:00Z')
})

review('two managers are not the only one, and names that two users share are told apart', () => {
  const manager = { ...old, type: 'organization_manager', name: 'same@example.gov' }
  const rows = reviewOf([role(manager), role({ ...manager, user: 'eve' })], [act])
  assert.equal(
    rows.map(row => row.flags.join(' ')),
    ['', 'not-seen-in-30-days'],
  )
  assert.equal(
    rows.map(row => row.lastSeen),
    ['2026-11-20T10:00:00Z', ''],
  )
})

review('privileged are those who change things or read credentials', () => {
  const types = [
    'organization_manager',
    'organization_auditor',
    'organization_billing_manager',
    'organization_user',
    'space_manager',
    'space_developer',
    'space_supporter',
    'space_auditor',
  ]
  assert.equal(
    reviewOf(
      types.map(type => role({ type })),
      [],
    ).map(row => row.isPrivileged),
    [true, false, false, false, true, true, true, false],
  )
})

const former = (parts: RoleParts = {}): FormerRole => {
  const { role: was, userName, origin, org, space } = role(parts)
  return { ...was, userName, origin, org, space, resource: {} }
}

/** What changed since an earlier review, and who did it. */
const changes: readonly (readonly [
  what: string,
  now: readonly RoleParts[],
  then: readonly RoleParts[],
  events: readonly Happened[],
  changes: readonly string[],
])[] = [
  ['nothing', [{}], [{}], [byBob], [' ']],
  ['a role that was added', [{}], [{ ...old, user: 'eve' }], [byBob], ['added bob', 'removed ']],
  ['a role that was added, by no event', [{}], [], [], ['added ']],
  ['a role that was removed', [], [{}], [['11-12T10:00:00', revoked, 'bob']], ['removed bob']],
  ['a role that was removed once before', [], [{}], [['11-01T10:00:00', revoked, 'eve']], ['removed ']],
  [
    'a role that the earlier reader did not see',
    [{ ...old, user: 'eve' }, {}],
    [{}],
    [],
    ['not listed before ', ' '],
  ],
]
for (const [what, now, then, events, expected] of changes) {
  review(`since an earlier review: ${what}`, () => {
    const rows = reviewOf(now.map(role), events, whole, then.map(former))
    assert.equal(
      rows.map(row => `${row.change} ${row.changeEvent?.actor ?? ''}`),
      expected,
    )
  })
}

review('a role that the reader could not see is not called removed', () => {
  assert.equal(
    reviewOf([], [], whole, [former()], () => false),
    [],
  )
})

review('only JSON of roles is an earlier review', () => {
  for (const json of [null, 1, [], {}, { resources: 1 }, { resources: [1] }, { resources: [{ guid: 'x' }] }])
    assert.is(formerRoles(json), undefined, JSON.stringify(json))
  assert.equal(formerRoles({ resources: [] }), [])
})

review.run()
