import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Visibility } from '../../src/capi/visibility.ts'
import { judge, type Verdict } from '../../src/evidence/verdict.ts'
import type { Window } from '../../src/options/window.ts'
import { keptDays, keptSince, seconds } from '../../src/time.ts'

const verdicts = suite('verdicts')

const now = Date.parse('2026-11-22T13:14:15Z')
const day = 24 * 3600_000
const kept = keptSince(now)
const before = seconds(Date.parse(kept) - 1000)
const all: Visibility = { sees: 'all' }
const some: Visibility = { sees: 'some', orgs: [], spaces: ['dev'] }
const none: Visibility = { sees: 'none', isManager: false }
const unknown: Visibility = { sees: 'unknown', why: 'Status 500.' }

const cases: readonly (readonly [
  visibility: Visibility,
  window: Window,
  state: Verdict['state'],
  reasons: readonly RegExp[],
])[] = [
  // Without a window everything that is kept was asked for, and no more.
  [all, {}, 'complete', []],
  [all, { from: kept }, 'complete', []],
  [all, { until: seconds(now) }, 'complete', []],
  [all, { from: before }, 'partial', [/begins before .*31 days/]],
  [all, { from: before, until: seconds(now) }, 'partial', [/begins before/]],
  [all, { from: seconds(now - 60 * day), until: before }, 'partial', [/ends before .*31 days/]],
  [all, { until: kept }, 'partial', [/ends before/]],
  [some, {}, 'partial', [/only a part of demo-org \(space dev\).*Org Auditor/]],
  [some, { from: before }, 'partial', [/begins before/, /only a part/]],
  [none, {}, 'unprovable', [/none of your roles/]],
  [unknown, {}, 'unprovable', [/could not look up .* demo-org: Status 500$/]],
  // What is known to be missing outweighs what may be.
  [unknown, { from: before }, 'partial', [/begins before/, /could not look up/]],
]
for (const [visibility, window, state, reasons] of cases) {
  verdicts(`${visibility.sees}, ${JSON.stringify(window)}: ${state}`, () => {
    const verdict = judge(visibility, window, 'demo-org', now)
    assert.is(verdict.state, state)
    assert.is(verdict.reasons.length, reasons.length, verdict.reasons.join('\n'))
    for (const [index, words] of reasons.entries()) assert.match(verdict.reasons[index]!, words)
  })
}

verdicts('what Cloud Foundry keeps is about a month', () => {
  const since = Date.parse(kept)
  assert.ok(since <= now - (keptDays - 2) * day && since >= now - (keptDays + 2) * day)
})
verdicts.run()
