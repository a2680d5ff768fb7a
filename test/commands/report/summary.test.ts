import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Proof } from '../../../src/capi/event-listing.ts'
import type { Visibility } from '../../../src/capi/visibility.ts'
import { aboutRows, logResult, scopeNotes } from '../../../src/commands/report/summary.ts'
import type { Window } from '../../../src/options/window.ts'
import { reportNamed } from '../../../src/reports/catalog.ts'
import { listen } from '../../messages.ts'

const proof: Proof = {
  read: 42,
  counted: 42,
  vanished: 0,
  until: '2026-11-25T12:30:01Z',
  settled: false,
  oldest: '2026-11-24T08:00:00Z',
  newest: '2026-11-25T12:00:00Z',
  requests: 1,
}

// --- The last line ------------------------------------------------------------------------------------------------

const last = suite('the last line of a report')

type Result = Parameters<typeof logResult>[0]
const complete: Result = {
  proof,
  window: {},
  verdict: { state: 'complete', reasons: [] },
  label: 'demo-org',
}

const rows: readonly (readonly [name: string, change: Partial<Result>, says: RegExp, not?: RegExp])[] = [
  [
    'complete',
    {},
    /^success: Complete: 42 events of demo-org, .*\b24 to 25 Nov 2026\b.*\b12:30:01 \(UTC\)\.$/,
  ],
  [
    'of targets that the API was asked for',
    { targets: ['a', 'b'], proof: { ...proof, read: 0 } },
    /^success: Complete: 0 events of demo-org that target a or b, all that Cloud Foundry has /,
  ],
  ['of all orgs', { label: undefined }, /^success: Complete: 42 events, /],
  ['one event', { proof: { ...proof, read: 1 } }, /^success: Complete: 1 event of /],
  [
    'a window that ended long ago',
    {
      proof: { ...proof, settled: true },
      window: { from: '2026-10-01T00:00:00Z', until: '2026-11-01T00:00:00Z' },
    },
    /\b1 to 31 Oct 2026 \(UTC\)\.$/,
    /as of/,
  ],
  [
    'no events, no window',
    { proof: { ...proof, read: 0, oldest: undefined, newest: undefined } },
    /^success: Complete: 0 events of demo-org, [^:]* 12:30:01 \(UTC\)\.$/,
    /undefined|NaN/,
  ],
  ['an event that was deleted', { proof: { ...proof, vanished: 1 } }, /\(1 event was .*\)\.$/],
  ['events that were deleted', { proof: { ...proof, vanished: 2 } }, /\(2 events were .*\)\.$/],
  [
    'partial',
    { verdict: { state: 'partial', reasons: ['this', 'that'] } },
    /^caveat: Partial: 42 events of demo-org .*, but this; and that\.$/,
    /Complete/,
  ],
  [
    'unprovable',
    { verdict: { state: 'unprovable', reasons: ['this'] } },
    /^caveat: Unprovable: 42 events of demo-org .*, but this\.$/,
    /Complete/,
  ],
]
for (const [name, change, says, not] of rows) {
  last(name, () => {
    const { messages, said } = listen()
    logResult({ ...complete, ...change }, messages)
    assert.is(said.length, 1)
    assert.match(said[0] ?? '', says)
    if (not !== undefined) assert.not.match(said[0] ?? '', not)
  })
}
last.run()

// --- What a report leaves out -------------------------------------------------------------------------------------

const notes = suite('what a report leaves out, or takes in')

const org = { name: 'demo-org', guid: 'o' }
const space = { name: 'dev', guid: 's' }
const all = { orgs: undefined, spaces: undefined, label: undefined }
const one = { orgs: [org], spaces: undefined, label: 'demo-org' }
const inSpace = { orgs: [org], spaces: [space], label: 'demo-org (space dev)' }

for (const [name, report, scope, args, says] of [
  ['no org was named', 'events', all, {}, /\bNo org\b.*\bevents\b/],
  ['all orgs were', 'events', all, { allOrgs: true }, undefined],
  ['one org', 'events', one, {}, undefined],
  ['a space, of org roles', 'user-access', inSpace, {}, /^--space .*org roles/],
  ['a space, of every type', 'events', inSpace, {}, /^--space /],
  ['a space, of what has one', 'routes', inSpace, {}, undefined],
  ['one org, of offerings and plans', 'services', one, {}, /\bno org\b.*--all-orgs/],
  ['the same, as documented', 'services', one, { asDocumented: true }, undefined],
] as const) {
  notes(`${report}: ${name}`, () => {
    const said = scopeNotes(reportNamed(report), scope, args)
    assert.is(said.length, says === undefined ? 0 : 1)
    if (says !== undefined) assert.match(said[0] ?? '', says)
  })
}
notes.run()

// --- The sheet of a workbook --------------------------------------------------------------------------------------

const sheet = suite('what a workbook says about itself')

const started = Date.parse('2026-11-25T12:30:00Z')
const about = (visibility: Visibility, window: Window = {}, scope = { ...one, warnings: [] as string[] }) =>
  new Map(
    aboutRows(
      { proof, visibility, user: { user: 'ann@example.gov' }, window, scope, started },
      reportNamed('routes'),
      { version: '1.2.3', words: ['routes', "o'brien; x"] },
    ),
  )

sheet('scope, window, counts, who read it, when, and how', () => {
  const rows = about({ sees: 'all' }, { from: '2026-11-01T00:00:00Z' })
  assert.match(rows.get('Report') ?? '', /^routes/)
  assert.is(rows.get('Scope'), 'demo-org')
  assert.match(rows.get('Organization') ?? '', /demo-org.*\bo\b/)
  assert.is(rows.get('From'), '2026-11-01T00:00:00Z')
  assert.is(rows.get('Until'), proof.until)
  assert.match(rows.get('Events') ?? '', /\b42\b.*\b42\b/)
  assert.is(rows.get('First event'), proof.oldest)
  assert.is(rows.get('Last event'), proof.newest)
  assert.is(rows.get('Complete'), 'yes')
  assert.is(rows.get('Read by'), 'ann@example.gov')
  assert.is(rows.get('Read at'), '2026-11-25T12:30:00Z')
  assert.match(rows.get('Made by') ?? '', /1\.2\.3/)
  assert.match(rows.get('Command line') ?? '', /^cf-audit routes /)
})

sheet('less than all is never called complete', () => {
  const partial = about({ sees: 'some', orgs: [], spaces: ['dev'] }).get('Complete')
  assert.match(partial ?? '', /^partial: .*\bdev\b/)
  const kept = about({ sees: 'all' }, { from: '2026-01-01T00:00:00Z' }).get('Complete')
  assert.match(kept ?? '', /^partial: .*\b31 days\b/)
  assert.match(
    about({ sees: 'unknown', why: 'it failed.' }).get('Complete') ?? '',
    /^unprovable: .*it failed$/,
  )
})
sheet.run()
