import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fc, holds } from '../generated/check.ts'
import type { Change } from './cloud-controller.ts'
import { byOffset } from './offset-reader.ts'
import { onGroundOfControl, type Schedule, schedules } from './schedules.ts'
import { byTime, newest, type Reader, simulate } from './simulate.ts'

const simulation = suite('listings read while rows come and go')

const clean = (reader: Reader) =>
  fc.asyncProperty(schedules, async schedule => {
    const { lost, doubled, wrong } = await simulate(reader, schedule)
    assert.equal({ lost, doubled, wrong }, { lost: [], doubled: [], wrong: [] })
  })

simulation('what was there all the while is given, once, or the reading ends as incomplete', () =>
  holds(3000, clean(byTime)),
)

simulation('of the newest, as many as are wanted', () => holds(500, clean(newest(5))))

simulation('the reader before this one loses rows in the same simulation', async () => {
  let failures = 0
  for (const schedule of fc.sample(schedules, { numRuns: 2000, seed: 1 })) {
    const fair = onGroundOfControl(schedule)
    if (fair !== undefined && (await simulate(byOffset, fair)).lost.length > 0) failures++
  }
  assert.ok(failures > 4, `only ${failures}`)
})

/** Rows at these seconds; a fraction is kept. */
const at = (...seconds: number[]) => seconds.map(second => ({ micros: second * 1_000_000, space: 0 }))

const plain: Schedule = {
  installation: {
    api: 'v3',
    wholeSeconds: false,
    ties: 'mirrored',
    countsApart: true,
    maxPerPage: 100,
    cutsPages: false,
    flips: false,
    skew: 0,
  },
  rows: [],
  shown: [0],
  changes: [],
  order: 'time',
  pageSize: 3,
  width: 1,
  choices: [0],
}
const commit = (step: number, second: number): Change => ({
  step,
  kind: 'commit',
  micros: second * 1_000_000,
  space: 0,
})

// Three steps a request: rows are counted, selected, and the answer arrives.
const examples: Readonly<Record<string, Partial<Schedule>>> = {
  'the clean-up ends within a second while a row commits late': {
    rows: at(1.1, 1.2, 1.6, 2, 3, 4),
    changes: [{ step: 4, kind: 'expire', micros: 1_150_000, share: 1 }, commit(4, 3.5)],
  },
  'an administrator deletes one event and another commits late, between two pages': {
    rows: at(1, 2, 3, 4, 5, 6),
    changes: [{ step: 4, kind: 'remove', row: 1 }, commit(4, 5.5)],
  },
  'a row commits between the count and the selection of a page that is full': {
    rows: at(1, 2, 3),
    changes: [commit(2, 1.5)],
  },
  'one role is exchanged for another, in a window of the past': {
    rows: [
      ...at(2, 3, 4, 5, 6),
      ...at(1).map(row => ({ ...row, space: 1 })),
      ...at(5.5).map(row => ({ ...row, space: 2 })),
    ],
    shown: [0, 1],
    changes: [{ step: 4, kind: 'roles', lost: 1, gained: 2 }],
    until: 10,
  },
}

for (const [name, example] of Object.entries(examples)) {
  simulation(name, async () => {
    const schedule = { ...plain, ...example }
    const { isComplete, lost, doubled, wrong } = await simulate(byTime, schedule)
    assert.equal({ isComplete, lost, doubled, wrong }, { isComplete: true, lost: [], doubled: [], wrong: [] })
    assert.ok((await simulate(byOffset, schedule)).lost.length > 0, 'the control loses nothing')
  })
}

simulation.run()
