import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readEvent } from '../../../src/capi/event.ts'
import { createUnmatchedGuids } from '../../../src/commands/report/empty.ts'
import type { NamedResource } from '../../../src/options/scope.ts'
import { event } from '../../foundation/event.ts'
import { v3Resource } from '../../foundation/serialise.ts'
import { listen } from '../../messages.ts'

const unmatched = suite('orgs and spaces without an event')

const guid = (number: number) => `${number}0000000-0000-4000-8000-000000000000`
const byGuid = (number: number): NamedResource => ({ name: guid(number), guid: guid(number) })
const byName = (number: number): NamedResource => ({ name: 'demo', guid: guid(number) })

const rows: readonly (readonly [
  what: string,
  orgs: readonly NamedResource[],
  spaces: readonly NamedResource[],
  warned: readonly number[],
])[] = [
  ['two orgs with events', [byName(1), byGuid(2)], [], []],
  ['an org without', [byName(1), byGuid(5)], [], [5]],
  ['a named org is looked up before', [byName(5), byGuid(1)], [], []],
  ['an org alone is explained elsewhere', [byGuid(5)], [], []],
  ['a space without', [byName(1)], [byGuid(3), byGuid(6)], [6]],
  ['a space alone is explained elsewhere', [byName(1)], [byGuid(6)], []],
  ['nothing is named', [], [], []],
]

for (const [what, orgs, spaces, warned] of rows) {
  unmatched(what, () => {
    const each = createUnmatchedGuids({ orgs, spaces })
    for (const [orgGuid, spaceGuid] of [
      [guid(1), guid(3)],
      [guid(2), ''],
    ] as const) {
      const resource = v3Resource(event({ orgGuid, spaceGuid }), 'https://x')
      each.check([readEvent(Buffer.from(JSON.stringify(resource)), 'v3', 'x')])
    }
    const { messages, said } = listen()
    each.logWarnings(messages)
    assert.is(said.length, warned.length)
    for (const [index, number] of warned.entries()) {
      assert.match(said[index] ?? '', 'warning: ')
      assert.match(said[index] ?? '', guid(number))
    }
  })
}

unmatched.run()
