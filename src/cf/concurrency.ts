import { type CfVersion, isAtLeast } from './binary.ts'
import type { RunCf } from './run.ts'

/** What decides how many calls of `cf` may run at once. */
export interface ConcurrencyOptions {
  /** The most that are wanted. */
  readonly most: number
  readonly version: () => Promise<CfVersion>
  /** When the access token in the login file expires, in seconds since 1970; undefined when that file does not say. */
  readonly savedExpiry: () => Promise<number | undefined>
  /** The same, by a call of `cf` that renews a token with less than 60 s left. */
  readonly tokenExpiry: () => Promise<number | undefined>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

// `cf` renews a token only at the start of a call, when it has less than 60 s left (uaa_authentication.go of the CLI).
// Where refresh tokens are rotated, two calls that do so at once log the user out. So no call may start beside another
// when less than this is left: the difference is for a slow start.
const marginMs = 90_000
// With less than this left, a call of `cf` has renewed the token.
const renewedMs = 55_000

/**
 * Decides from the access token how many calls may run at this moment. Versions before 8.7.11 run one at a time: v8
 * deletes the temporary files of other processes, v6 and v7 can lose the login.
 */
export function createConcurrency({ most, version, savedExpiry, tokenExpiry, now }: ConcurrencyOptions) {
  let expiryMs: number | undefined
  let isUnsafe = most <= 1
  const hasLeft = (ms: number) => expiryMs !== undefined && now() < expiryMs - ms

  async function readSaved(): Promise<boolean> {
    const seconds = await savedExpiry()
    if (seconds !== undefined) expiryMs = seconds * 1000
    return seconds !== undefined
  }

  return {
    /** Finds out when the token expires, if that is unknown or soon. It may run `cf`, after the calls under way. */
    async refresh(): Promise<void> {
      if (isUnsafe || hasLeft(marginMs)) return
      if (!isAtLeast(await version(), [8, 7, 11])) {
        isUnsafe = true
        return
      }
      if ((await readSaved()) || hasLeft(renewedMs)) return
      const seconds = await tokenExpiry()
      // A token that cannot be read, or was not renewed: asking again would not help.
      if (seconds === undefined || seconds * 1000 === expiryMs) isUnsafe = true
      else expiryMs = seconds * 1000
    },
    /** To be called after each call of `cf`: one that ran near the end of the token has renewed it, in the login file too. */
    async afterCall(): Promise<void> {
      if (!isUnsafe && expiryMs !== undefined && !hasLeft(marginMs)) await readSaved()
    },
    /** How many calls may run at this moment. */
    limit: (): number => (!isUnsafe && hasLeft(marginMs) ? most : 1),
  }
}

/** What `createConcurrency` makes. */
export type CfConcurrency = ReturnType<typeof createConcurrency>

/**
 * Lets no more calls run at once than `limit` allows at that moment; the others wait. This holds for everything that runs
 * `cf`, a retry after a long wait included.
 */
export function serialize(runCf: RunCf, limit: () => number): RunCf {
  let running = 0
  const waiting: (() => void)[] = []
  return async args => {
    while (running >= Math.max(1, limit())) await new Promise<void>(wake => waiting.push(wake))
    running++
    try {
      return await runCf(args)
    } finally {
      running--
      for (const wake of waiting.splice(0)) wake()
    }
  }
}
