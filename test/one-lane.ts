import type { Concurrency } from '../src/capi/slice-queue.ts'

/** Each call alone. */
export const oneLane: Concurrency = { refresh: async () => {}, limit: () => 1 }
