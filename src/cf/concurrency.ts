import { type CfVersion, isAtLeast } from './binary.ts'
import type { RunCf } from './run.ts'

/** What decides how many calls of `cf` may run side by side. */
export interface ConcurrencyOptions {
  /** The most that are wanted. */
  readonly most: number
  readonly version: () => Promise<CfVersion>
  /** When the access token expires, in seconds since 1970, asking `cf` to renew it if it is about to. */
  readonly tokenExpiry: () => Promise<number | undefined>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

// `cf` refreshes a token with less than 60 s left. Two calls that do so at once log the user out where refresh tokens
// are rotated, so none may start beside another so late that it might.
const margin = 90_000
// When a call alone must have refreshed the token, or `cf oauth-token` will.
const renewed = 55_000

/**
 * Decides from the token of the session how many calls may run at this moment. Before 8.7.11, v8 deletes the temporary
 * files of its neighbours, and v6 and v7 can wipe the login: there, one.
 */
export function createConcurrency({ most, version, tokenExpiry, now }: ConcurrencyOptions) {
  let expiry: number | undefined // milliseconds since 1970
  let unsafe = most <= 1

  return {
    async refresh(): Promise<void> {
      if (unsafe || (expiry !== undefined && now() < expiry - renewed)) return
      if (!isAtLeast(await version(), [8, 7, 11])) {
        unsafe = true
        return
      }
      const seconds = await tokenExpiry()
      // A token that cannot be read, or that was not renewed: nothing is known, and nothing will be.
      if (seconds === undefined || seconds * 1000 === expiry) unsafe = true
      else expiry = seconds * 1000
    },
    limit: (): number => (!unsafe && expiry !== undefined && now() < expiry - margin ? most : 1),
  }
}

/** What `createLanes` makes. */
export type CfConcurrency = ReturnType<typeof createConcurrency>

/**
 * Lets a call start beside others only while `limit` allows more than one; else it waits until it is alone. This holds
 * for whatever runs `cf`, a repetition after a long wait included.
 */
export function serialize(runCf: RunCf, limit: () => number): RunCf {
  let running = 0
  const waiting: (() => void)[] = []
  return async args => {
    while (running > 0 && limit() <= 1) await new Promise<void>(wake => waiting.push(wake))
    running++
    try {
      return await runCf(args)
    } finally {
      running--
      for (const wake of waiting.splice(0)) wake()
    }
  }
}
