import { createAhead, type Lanes } from './ahead.ts'
import type { Ask } from './ask.ts'
import { type AuditEvent, readEvent } from './event.ts'
import { askPage, isTooDeep, mayBeTooLarge } from './page.ts'
import type { Api, Page, Query } from './query.ts'

/** How pages are read. */
export interface Reader {
  readonly ask: Ask
  readonly lanes: Lanes
  /** Milliseconds since 1970, for an API that does not tell its own clock. */
  readonly now: () => number
}

/** One reading of the listing from its start to its end. */
export interface Sweep {
  readonly events: AsyncGenerator<AuditEvent[]>
  /** Whether every page counted alike; valid at the end. */
  wasSteady(): boolean
  /** What the first page counted for the whole listing. */
  counted(): number
  pages(): number
}

/**
 * Reads a listing from its start.
 * @param first the first page, if it has been read.
 */
export function createSweep(
  api: Api,
  query: Query,
  { ask, lanes }: Reader,
  fullSize: number,
  first: Page | undefined,
): Sweep {
  let steady = true
  let counted: number | undefined
  let pages = 0

  async function* events(): AsyncGenerator<AuditEvent[]> {
    let from = query.from
    let size = fullSize
    let number = 1
    let total: number | undefined // as counted on the page before; undefined at the start of a stretch
    let lastTime = ''
    let fullAfter = 0 // the page in tenths after which whole pages are asked for again

    const askOne = async (page: number) => (await askPage(api, { ...query, from }, page, size, ask)).value
    const ahead = createAhead(askOne, lanes)

    // What comes after the last row is a listing of its own. It begins with that row's second, so nothing is lost, and
    // ends in the same place. Only an order by time has such a second, and it must have moved on.
    async function restartAfterLast(): Promise<boolean> {
      if (query.order !== 'time' || lastTime <= (from ?? '')) return false
      await ahead.drain()
      from = lastTime
      size = fullSize
      number = 1
      total = undefined
      fullAfter = 0
      return true
    }

    for (;;) {
      let page: Page
      try {
        page =
          first !== undefined && counted === undefined
            ? first
            : await ahead.page(number, total === undefined ? number : Math.ceil(total / size))
      } catch (error) {
        if (isTooDeep(error) && (await restartAfterLast())) continue
        if (!mayBeTooLarge(error) || size < fullSize || size % 10 !== 0) throw error
        await ahead.drain()
        fullAfter = number * 10
        number = (number - 1) * 10 + 1
        size /= 10
        continue
      }
      pages++
      counted ??= page.total
      if (total !== undefined && page.total !== total) {
        steady = false
        if (await restartAfterLast()) continue
      }
      total = page.total
      const read = page.records.map((record, index) =>
        readEvent(record, api.name, `record ${index + 1} of page ${number}`),
      )
      lastTime = read.at(-1)?.time ?? lastTime
      yield read

      if (read.length === 0 && number * size < total) {
        steady = false // More was promised: whatever this is, going through it page by page will not end.
        await ahead.drain()
        return
      }
      // A server with smaller pages than it was asked for sets the size.
      if (number === 1 && read.length > 0 && read.length < Math.min(size, total)) size = read.length
      if (number * size >= total) {
        await ahead.drain() // The count may have shrunk below what was asked for ahead.
        return
      }
      if (number === fullAfter) {
        await ahead.drain()
        number /= 10
        size = fullSize
        fullAfter = 0
      }
      number++
    }
  }

  return { events: events(), wasSteady: () => steady, counted: () => counted ?? 0, pages: () => pages }
}
