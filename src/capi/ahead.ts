import type { Page } from './query.ts'

/** How many calls of `cf` may run side by side. */
export interface Lanes {
  /** Finds it out anew if need be. To be called while no call is under way. */
  renew(): Promise<void>
  /** How many at this moment; 1: each alone. */
  width(): number
}

/** Each page alone. */
export const oneLane: Lanes = { renew: async () => {}, width: () => 1 }

/** Fewer pages than this are not worth asking for more than one at a time. */
const worthwhile = 5

/** Pages that are asked for before they are needed, and given in their order. */
export interface Ahead {
  /** The page of that number; `last` is the last one there is, as far as is known. */
  page(number: number, last: number): Promise<Page>
  /** Waits for what is under way, and forgets it. */
  drain(): Promise<void>
}

/** @param askOne asks for one page. */
export function createAhead(askOne: (number: number) => Promise<Page>, lanes: Lanes): Ahead {
  // Always the numbers that follow the page which was given last.
  const asked = new Map<number, Promise<Page>>()

  return {
    async page(number, last) {
      const worthIt = last - number + 1 >= worthwhile
      if (asked.size === 0 && worthIt) await lanes.renew()
      if (asked.size > 0 || worthIt) {
        const width = lanes.width()
        for (let next = number + asked.size; width > 1 && asked.size < width && next <= last; next++) {
          const page = askOne(next)
          page.catch(() => {}) // Whoever comes to this page is told; if nobody does, nobody needs to be.
          asked.set(next, page)
        }
      }
      const page = asked.get(number) ?? askOne(number)
      asked.delete(number)
      return page
    },

    async drain() {
      await Promise.allSettled(asked.values())
      asked.clear()
    },
  }
}
