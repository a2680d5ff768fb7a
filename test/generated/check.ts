import * as fc from 'fast-check'

export { fc }

/** What is generated is the same at every run; SEED=… chooses other cases, RUNS=… so many times as many. */
const seed = Number(process.env.SEED ?? 20261123)
const times = Number(process.env.RUNS ?? 1)

/**
 * Tries a property on so many generated cases, and throws with the smallest that was found to break it, its seed and
 * the path to it.
 */
export async function holds<T extends unknown[]>(
  runs: number,
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<T>, {
    seed,
    numRuns: Math.ceil(runs * times),
    includeErrorInReport: true,
    interruptAfterTimeLimit: 120_000,
  })
}
