import type { Api } from '../../capi/api.ts'
import { textAt, valueAt } from '../../capi/event.ts'
import { GuidSet } from '../../capi/guid-set.ts'

/** How many of the events that its listings count the input has. */
export type Completeness =
  /** Every listing is as long as it says. */
  | { readonly kind: 'complete' }
  /** The listing that lacks most: `held` of its `total` events. */
  | { readonly kind: 'short'; readonly held: number; readonly total: number }
  /** Some of it came without any count. */
  | { readonly kind: 'unknown' }
  /** An archive or an evidence folder does not hold all of the time range. */
  | { readonly kind: 'partial'; readonly reasons: readonly string[] }

/** Tracks which events were read, and of which listing. */
export interface Tally {
  /** Notes an event of the page that is being read; false when it was read before, in this page or elsewhere. */
  add(guid: string): boolean
  /** The page ends here. What counts its listing stands in its envelope: before or after its events. */
  endPage(api: Api, envelope: unknown): void
  /** Notes an event that no envelope counts; false when it was read before. */
  addUncounted(guid: string): boolean
  /** There is something that no envelope counts. */
  uncounted(): void
  completeness(): Completeness
}

/** A page, or the pages of one listing that were saved together. */
interface Reading {
  total: number
  /** Their numbers, each once: a second page 1 is of another day. */
  readonly numbers: Set<number>
  /** Which of all the pages these are. */
  readonly pages: Set<number>
  /** How many events were read here first. */
  fresh: number
  /** The others, by the page in which they were read first. */
  readonly repeats: Map<number, GuidSet>
}

/**
 * A page says of which listing it is part, and how many events that listing has. A listing can be saved again and again
 * (every day, by the same command): then each time it must be whole by itself. An event can be in several of them, so
 * that each is noted with the page that had it first.
 */
export function createTally(): Tally {
  const seen = new GuidSet()
  const readings = new Map<string, Reading[]>()
  const pages = new Set<string>()
  let page = newPage(1)
  let hasUncounted = false

  function endPage(api: Api, envelope: unknown): void {
    const { index, first, last, count, fresh, repeats } = page
    page = newPage(index + 1)
    const total = api.total(envelope) ?? 0
    const key = api.listing(envelope) ?? `page ${index}`
    const number = pageNumber(envelope, count >= total)
    const identity = [key, number, total, count, first, last].join(' ')
    if (fresh === 0 && pages.has(identity)) return // the same page, saved twice
    pages.add(identity)
    const others = readings.get(key) ?? []
    readings.set(key, others)
    const lacking = others.filter(({ numbers }) => number === undefined || !numbers.has(number))
    const short = lacking.filter(each => held(each) < each.total)
    const alike = (each: Reading) => each.total === total
    // A page behind the last one has no events. While pages were saved, the count of their listing may have changed.
    const reading =
      short.find(alike) ?? (number === undefined ? undefined : lacking.find(alike)) ?? short.at(-1)
    if (reading === undefined) {
      others.push({
        total,
        numbers: new Set(number ? [number] : []),
        pages: new Set([index]),
        fresh,
        repeats,
      })
      return
    }
    reading.total = Math.max(reading.total, total)
    if (number) reading.numbers.add(number)
    reading.pages.add(index)
    reading.fresh += fresh
    for (const [from, guids] of repeats) {
      const before = reading.repeats.get(from)
      if (before === undefined) reading.repeats.set(from, guids)
      else before.addAll(guids)
    }
  }

  return {
    add(guid) {
      if (page.count++ === 0) page.first = guid
      page.last = guid
      const before = seen.add(guid, page.index)
      if (before === undefined) page.fresh++
      else if (before !== page.index) {
        const repeats = page.repeats.get(before) ?? new GuidSet()
        page.repeats.set(before, repeats)
        repeats.add(guid)
      }
      return before === undefined
    },
    endPage,
    addUncounted(guid) {
      hasUncounted = true
      return seen.add(guid, 0) === undefined
    },
    uncounted() {
      hasUncounted = true
      page = newPage(page.index + 1)
    },
    completeness() {
      const short = [...readings.values()]
        .flat()
        .map(reading => ({ held: held(reading), total: reading.total }))
        .filter(each => each.held < each.total)
        .sort((a, b) => b.total - b.held - (a.total - a.held))
      if (short[0] !== undefined) return { kind: 'short', ...short[0] }
      return { kind: hasUncounted || readings.size === 0 ? 'unknown' : 'complete' }
    },
  }
}

/** Of the events that no page has, the number is 0. */
const newPage = (index: number) => ({
  index,
  first: '',
  last: '',
  count: 0,
  fresh: 0,
  repeats: new Map<number, GuidSet>(),
})

/** How many different events a reading holds. */
function held({ fresh, repeats, pages }: Reading): number {
  let count = fresh
  for (const [from, guids] of repeats) if (!pages.has(from)) count += guids.size
  return count
}

/** The number of a page, found from its neighbors; undefined for one that has none.  */
function pageNumber(envelope: unknown, isWhole: boolean): number | undefined {
  const linked = (url: unknown, ...href: string[]) =>
    Number(/[?&]page=(\d+)/.exec(typeof url === 'string' ? url : textAt(envelope, ...href))?.[1])
  const next = linked(valueAt(envelope, 'next_url'), 'pagination', 'next', 'href')
  const previous = linked(valueAt(envelope, 'prev_url'), 'pagination', 'previous', 'href')
  return next > 0 ? next - 1 : previous > 0 ? previous + 1 : isWhole ? 1 : undefined
}
