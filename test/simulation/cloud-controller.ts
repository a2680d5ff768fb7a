import { BadRequest, type CapiClient } from '../../src/capi/client.ts'

/** A row of the model. */
export interface Row {
  readonly guid: string
  /** Microseconds since the epoch of the model. */
  readonly micros: number
  readonly space: number
  readonly json: string
}

/** What changes in the model, before the step of that number is taken. Steps are counted over all requests. */
export type Change = { readonly step: number } & (
  | { readonly kind: 'insert'; readonly space: number }
  /** A transaction that began at that time ends only now. */
  | { readonly kind: 'commit'; readonly micros: number; readonly space: number }
  /** The clean-up takes a batch, in no order, of what is older than that: every `share`-th row. */
  | { readonly kind: 'expire'; readonly micros: number; readonly share: number }
  /** An administrator deletes an event. */
  | { readonly kind: 'remove'; readonly row: number }
  /** A role is lost, and one is gained; undefined: none. */
  | { readonly kind: 'roles'; readonly lost?: number | undefined; readonly gained?: number | undefined }
)

/** How Cloud Controller is built and set up. */
export interface Installation {
  readonly api: 'v2' | 'v3' | 'list'
  /** Whole seconds, as MySQL keeps them; else microseconds, as PostgreSQL does. */
  readonly wholeSeconds: boolean
  /** What decides within a tie: GUIDs in the direction of the order (or v2's ids), GUIDs upwards, or nothing. */
  readonly ties: 'mirrored' | 'upwards' | 'none'
  /** Whether rows are counted in a query of its own, before they are selected. */
  readonly countsApart: boolean
  readonly maxPerPage: number
  /** Larger pages than that are cut, as a proxy might; Cloud Controller refuses them. */
  readonly cutsPages: boolean
  readonly maxTotalResults?: number | undefined
  /** Whether a role that was lost can be given back. */
  readonly flips: boolean
  /** By how many seconds the clock of the database is ahead of that of the API. */
  readonly skew: number
}

/** The second, since the epoch of the model, in which the reading begins. */
export const startSecond = 60
export const epoch = Date.parse('2026-11-01T00:00:00Z')
const million = 1_000_000

/** Cloud Controller's listings without a snapshot, as far as a reader can tell it from the real one. */
export class CloudController {
  /** Rows that have been there, in sight, since the reading began. */
  readonly throughout: Set<string>
  readonly ever = new Map<string, Row>()
  /** How many rows have gone, or gone out of sight. */
  gone = 0
  requests = 0

  private rows: Row[]
  private readonly shown: Set<number>
  private readonly lost = new Set<number>()
  private readonly changes: Change[]
  private readonly installation: Installation
  private readonly waiting: (() => void)[] = []
  private steps = 0
  private chance = 1

  constructor(
    installation: Installation,
    rows: readonly Pick<Row, 'micros' | 'space'>[],
    shown: readonly number[],
    changes: readonly Change[],
  ) {
    this.installation = installation
    this.shown = new Set(shown)
    this.rows = rows.map(row => this.row(row.micros, row.space))
    this.changes = changes.toSorted((a, b) => a.step - b.step)
    this.throughout = new Set(this.rows.filter(row => this.isShown(row)).map(({ guid }) => guid))
  }

  /** Answers in three steps: rows are counted, then selected, then the answer arrives. */
  readonly client: CapiClient = async (path, read) => {
    this.requests++
    const {
      maxPerPage,
      maxTotalResults = Number.POSITIVE_INFINITY,
      countsApart,
      cutsPages,
    } = this.installation
    const question = questionIn(path)
    const { page } = question
    const perPage = cutsPages ? Math.min(maxPerPage, question.perPage) : question.perPage
    if (perPage > maxPerPage) throw new BadRequest(`Per page must be between 1 and ${maxPerPage}`, '')
    if (page * perPage > maxTotalResults) {
      throw new BadRequest(`Maximum result (page * per_page) must be less than ${maxTotalResults}`, '')
    }
    await this.turn()
    let total = this.select(question).length
    await this.turn()
    const found = this.select(question)
    const rows = found.slice((page - 1) * perPage, page * perPage)
    if (!countsApart) total = rows.length === 0 ? 0 : found.length
    const date = epoch + startSecond * 1000 + Math.floor(this.steps / 10) * 1000
    await this.turn()
    const resources = `"resources":[${rows.map(({ json }) => json).join(',')}]`
    const body =
      this.installation.api === 'v2'
        ? `{"total_results":${total},${resources}}`
        : `{"pagination":{"total_results":${total}},${resources}}`
    return { value: read(Buffer.from(body)), date }
  }

  /** Lets one of the requests that are under way take its next step. Throws when there is none. */
  step(choice: number): void {
    const [next] = this.waiting.splice(choice % Math.max(1, this.waiting.length), 1)
    if (next === undefined) throw new Error('The reader waits for nothing')
    if (++this.steps > 5000) throw new Error('The reader never ends')
    while (this.changes[0] !== undefined && this.changes[0].step <= this.steps) {
      this.change(this.changes.shift()!)
    }
    next()
  }

  private turn(): Promise<void> {
    return new Promise(taken => this.waiting.push(taken))
  }

  private select({ from, until, descending }: Question): Row[] {
    const { ties } = this.installation
    const found = this.rows.filter(
      row => row.micros >= from * million && row.micros < until * million && this.isShown(row),
    )
    const sign = descending ? -1 : 1
    if (ties === 'none') {
      const key = new Map(found.map(row => [row, this.random()]))
      return found.sort((a, b) => sign * (a.micros - b.micros) || key.get(a)! - key.get(b)!)
    }
    const tie = ties === 'mirrored' ? sign : 1
    return found.sort((a, b) => sign * (a.micros - b.micros) || (a.guid < b.guid ? -tie : tie))
  }

  private change(change: Change): void {
    switch (change.kind) {
      case 'insert': {
        const now = startSecond + this.installation.skew + Math.floor(this.steps / 10)
        this.rows.push(this.row(now * million + this.steps, change.space))
        return
      }
      case 'commit':
        this.rows.push(this.row(change.micros, change.space))
        return
      case 'expire':
        this.remove((row, index) => row.micros < change.micros && index % change.share === 0)
        return
      case 'remove':
        this.remove((_, index) => index === change.row % this.rows.length)
        return
      case 'roles':
        if (change.gained !== undefined && (this.installation.flips || !this.lost.has(change.gained))) {
          this.shown.add(change.gained)
        }
        if (change.lost !== undefined && this.shown.delete(change.lost)) {
          this.lost.add(change.lost)
          for (const row of this.rows) if (row.space === change.lost) this.leave(row)
        }
    }
  }

  private remove(isGone: (row: Row, index: number) => boolean): void {
    const gone = this.rows.filter(isGone)
    this.rows = this.rows.filter(row => !gone.includes(row))
    for (const row of gone) if (this.isShown(row)) this.leave(row)
  }

  private leave({ guid }: Row): void {
    this.throughout.delete(guid)
    this.gone++
  }

  private isShown({ space }: Row): boolean {
    return this.shown.has(space)
  }

  private row(micros: number, space: number): Row {
    const { api, wholeSeconds } = this.installation
    // In no order of time or of insertion, as GUIDs are.
    const guid = `row-${String((this.ever.size * 7919 + 4001) % 10007).padStart(5, '0')}`
    const second = Math.floor(micros / million)
    const time = timeAt(second)
    const row: Row = {
      guid,
      micros: wholeSeconds ? second * million : micros,
      space,
      json:
        api === 'v2'
          ? `{"metadata":{"guid":"${guid}"},"entity":{"timestamp":"${time}"}}`
          : `{"guid":"${guid}","created_at":"${time}"}`,
    }
    this.ever.set(guid, row)
    return row
  }

  private random(): number {
    this.chance = (this.chance * 48271) % 2147483647
    return this.chance
  }
}

/** A second of the model as the API shows it. */
export const timeAt = (second: number) => new Date(epoch + second * 1000).toISOString().replace('.000Z', 'Z')

const secondAt = (time: string) => (Date.parse(time) - epoch) / 1000

interface Question {
  /** Seconds since the epoch of the model. */
  readonly from: number
  readonly until: number
  readonly page: number
  readonly perPage: number
  readonly descending: boolean
}

function questionIn(path: string): Question {
  const time = (pattern: RegExp, otherwise: number) => {
    const found = pattern.exec(path)?.[1]
    return found === undefined ? otherwise : secondAt(found)
  }
  return {
    from: time(/(?:%5Bgte%5D=|timestamp%3E=)([\dTZ:-]+)/, Number.NEGATIVE_INFINITY),
    until: time(/(?:%5Blt%5D=|timestamp%3C)(\d[\dTZ:-]+)/, Number.POSITIVE_INFINITY),
    page: Number(/[?&]page=(\d+)/.exec(path)?.[1]),
    perPage: Number(/per[-_]page=(\d+)/.exec(path)?.[1]),
    descending: /order_by=-|order-direction=desc/.test(path),
  }
}
