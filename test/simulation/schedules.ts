import { fc } from '../generated/check.ts'
import type { Change, Installation, Row } from './cloud-controller.ts'
import { startSecond } from './cloud-controller.ts'

/** One reading: what is there, what happens meanwhile, and how it is asked for. */
export interface Schedule {
  readonly installation: Installation
  readonly rows: readonly Pick<Row, 'micros' | 'space'>[]
  /** The spaces that the reader's roles show in the beginning. */
  readonly shown: readonly number[]
  readonly changes: readonly Change[]
  readonly order: 'time' | 'newest'
  /** In seconds since the epoch of the model. */
  readonly from?: number | undefined
  readonly until?: number | undefined
  readonly pageSize: number
  /** How many requests may be under way at once. */
  readonly width: number
  /** Which of them goes on, in turn. */
  readonly choices: readonly number[]
}

const million = 1_000_000
const second = fc.nat(24)
const space = fc.nat(2)
/** Few different ones, so that there are ties. */
const micros = fc.tuple(second, fc.nat(5)).map(([whole, part]) => whole * million + part * 160_000)
const row = fc.record({ micros, space })
const recent = fc.record({ ago: fc.nat(4), space })
/** Rows that one second holds, mostly more than a page. */
const burst = fc
  .record({ second, count: fc.integer({ min: 1, max: 24 }), apart: fc.constantFrom(0, 1, 40_000), space })
  .map(({ second, count, apart, space }) =>
    Array.from({ length: count }, (_, index) => ({
      micros: second * million + index * apart,
      space: index % 4 === 3 ? (space + 1) % 3 : space,
    })),
  )

const step = fc.integer({ min: 1, max: 60 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ step, kind: fc.constant('insert' as const), space }),
  fc.record({ step, kind: fc.constant('commit' as const), micros, space }),
  fc.record({
    step,
    kind: fc.constant('expire' as const),
    micros: fc.tuple(second, fc.nat(999_999)).map(([whole, part]) => whole * million + part),
    share: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ step, kind: fc.constant('remove' as const), row: fc.nat(60) }),
  fc.record({
    step,
    kind: fc.constant('roles' as const),
    lost: fc.option(space, { nil: undefined }),
    gained: fc.option(space, { nil: undefined }),
  }),
)

const installation: fc.Arbitrary<Installation> = fc.record({
  api: fc.constantFrom('v2' as const, 'v3' as const, 'v3' as const, 'list' as const),
  wholeSeconds: fc.boolean(),
  ties: fc.constantFrom('mirrored' as const, 'mirrored' as const, 'upwards' as const, 'none' as const),
  countsApart: fc.boolean(),
  maxPerPage: fc.constantFrom(100, 100, 100, 3),
  cutsPages: fc.constantFrom(false, false, true),
  maxTotalResults: fc.constantFrom(undefined, undefined, undefined, 2, 10, 25),
  flips: fc.constant(false),
  skew: fc.constantFrom(0, 0, 0, 2, -2),
})

const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 })

export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    installation,
    rows: fc.array(row, { maxLength: 40 }),
    recent: fc.array(recent, { maxLength: 3 }),
    bursts: fc.oneof(
      { weight: 7, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(burst, { minLength: 1, maxLength: 2 }) },
    ),
    shown: fc.constantFrom([0, 1], [0, 1, 2], [0]),
    changes: fc.array(change, { maxLength: 12 }),
    order: fc.constantFrom('time' as const, 'time' as const, 'newest' as const),
    from: often(second),
    until: often(fc.integer({ min: 10, max: startSecond + 10 })),
    pageSize: fc.integer({ min: 2, max: 9 }),
    width: fc.constantFrom(1, 2, 3, 4),
    choices: fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
  })
  .map(({ rows, recent, bursts, installation, ...rest }) => ({
    ...rest,
    installation: possible(installation, rest.pageSize),
    rows: [
      ...rows,
      ...bursts.flat(),
      ...recent.map(({ ago, space }) => ({
        micros: (startSecond + installation.skew - ago) * million,
        space,
      })),
    ],
  }))

function possible(installation: Installation, pageSize: number): Installation {
  const { api, countsApart, cutsPages, maxPerPage } = installation
  return {
    ...installation,
    // v2 has its ids, and always counted first.
    ...(api === 'v2' && { ties: 'mirrored' as const, countsApart: true }),
    // Of other lists pages of 5000 are asked for: this server has smaller ones.
    ...(api === 'list' && { maxPerPage: Math.min(pageSize, maxPerPage) }),
    // Where a page is cut unasked, only a count of the same moment tells.
    cutsPages: cutsPages && !countsApart && api !== 'v2',
  }
}

/** The same as far as the control can read it: events, oldest first, in pages of any size and to any depth. */
export function onGroundOfControl(schedule: Schedule): Schedule | undefined {
  const { installation } = schedule
  if (installation.api === 'list') return undefined
  return {
    ...schedule,
    order: 'time',
    installation: { ...installation, maxPerPage: 100, maxTotalResults: undefined, cutsPages: false, skew: 0 },
  }
}
