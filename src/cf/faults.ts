import { type CfVersion, isAtLeast } from './binary.ts'

/** What is known to be wrong with a version of `cf`. */
export interface Fault {
  readonly what: string
  /** What it does to an export: nothing, because we work around it, or something that an update would mend. */
  readonly effect: 'none' | 'costs'
}

type Number3 = readonly [number, number, number]

/** From the first version that has it up to, not including, the one that has it no more. */
const known: readonly (readonly [from: Number3, to: Number3, fault: Fault])[] = [
  [
    [0, 0, 0],
    [0, 0, 1], // What a build prints that was given no version.
    { what: 'it was built without a version, so its faults cannot be told', effect: 'costs' },
  ],
  [
    [6, 0, 0],
    [8, 0, 0],
    {
      what: 'it is no longer maintained, and may lose the login when it runs side by side: pages are read one at a time',
      effect: 'costs',
    },
  ],
  [
    [8, 0, 0],
    [8, 7, 11],
    { what: 'it fails at random when it runs side by side: pages are read one at a time', effect: 'costs' },
  ],
  [[6, 0, 0], [7, 0, 0], { what: 'cf org and cf target need API v2', effect: 'none' }],
  [[6, 0, 0], [8, 0, 0], { what: 'it prints warnings behind the answer', effect: 'none' }],
  // util/ui ran text/template over what `cf curl` prints; fixed in v8.17.0.
  [[8, 0, 0], [8, 17, 0], { what: 'cf curl alters answers that hold {{', effect: 'none' }],
  // actor/v7action/curl.go drops the error of a request that got no answer; mended after v8.18.4.
  [[8, 0, 0], [8, 18, 5], { what: 'cf curl is silent about a dead network or session', effect: 'none' }],
]

/** The known faults of a version, those that cost something first. */
export function faultsOf(version: CfVersion): Fault[] {
  if (version === 'unknown') return []
  return known.filter(([from, to]) => isAtLeast(version, from) && !isAtLeast(version, to)).map(row => row[2])
}
