/** The time of a test: it is the real one, and ahead of it by what was waited for in no time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Is over at once. Of several that wait, the one that has the least to wait goes first. */
  wait(ms: number): Promise<void>
}

export const createClock = (): Clock => {
  let ahead = 0
  const now = () => Date.now() + ahead
  const waiting: { until: number; wake: () => void }[] = []

  const next = () => {
    waiting.sort((a, b) => a.until - b.until)
    const first = waiting.shift()
    if (first === undefined) return
    ahead = Math.max(ahead, first.until - Date.now())
    first.wake()
    if (waiting.length > 0) setImmediate(next)
  }

  return {
    now,
    wait: ms =>
      new Promise(wake => {
        waiting.push({ until: now() + ms, wake })
        if (waiting.length === 1) setImmediate(next)
      }),
  }
}
