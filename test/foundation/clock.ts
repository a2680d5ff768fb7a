/** The time of a test: the real one until it is stopped, then what was waited for in no time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Is over as soon as there is nothing else to do in this process. Of several that wait, the one with the least to wait
   * goes first.
   */
  wait(ms: number): Promise<void>
  /**
   * From here on, only waiting takes time: how busy the machine is makes no difference.
   * @param at where it stops; now unless given, or where it was stopped before
   */
  stop(at?: number): void
}

// Files, and modules that are being loaded. What else there is waits itself: sockets that listen, timers, other programs.
const work = /^(FSReq|CloseReq|MessagePort|Zlib)/

/** Whether this process has something to do. */
export const isAtWork = (): boolean => process.getActiveResourcesInfo().some(resource => work.test(resource))

// One turn of the event loop could lie between two steps of something.
const quietTurns = 3

export const createClock = (): Clock => {
  let ahead = 0
  let quiet = 0
  let stopped: number | undefined
  const now = () => (stopped ?? Date.now()) + ahead
  const waiting: { until: number; wake: () => void }[] = []

  const turn = () => {
    quiet = isAtWork() ? 0 : quiet + 1
    if (quiet >= quietTurns) {
      quiet = 0
      waiting.sort((a, b) => a.until - b.until)
      const first = waiting.shift()
      if (first === undefined) return
      ahead += Math.max(0, first.until - now())
      first.wake()
    }
    if (waiting.length > 0) setImmediate(turn)
  }

  return {
    now,
    wait: ms =>
      new Promise(wake => {
        waiting.push({ until: now() + ms, wake })
        if (waiting.length === 1) setImmediate(turn)
      }),
    stop(at = stopped ?? Date.now()) {
      stopped = at
    },
  }
}
