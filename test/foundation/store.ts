/** One row of the events table: what Cloud Controller stores, whichever API wrote or reads it. */
export interface StoredEvent {
  guid: string
  type: string
  actor: string
  actorType: string
  /** Null on some build events. */
  actorName: string | null
  /** Null on app.crash, absent from v3 altogether. */
  actorUsername: string | null
  actee: string
  acteeType: string
  acteeName: string
  /** ISO time; fractions of a second are kept for the order, never shown. */
  timestamp: string
  /** Null reads as `{}` in both APIs. */
  metadata: Record<string, unknown> | null
  /** Empty when the event belongs to no space. */
  spaceGuid: string
  /** Empty when the event belongs to no organization. */
  orgGuid: string
}

/** What a filter or an order may look at without building the event itself. */
export interface EventColumns {
  guid: string
  timestamp: string
  type: string
  actee: string
  spaceGuid: string
  orgGuid: string
}

/** Events that are built when they are read, so that a million of them fit into memory. */
export interface LazyEvents {
  readonly length: number
  columns(index: number): EventColumns
  event(index: number): StoredEvent
}

/** How a listing is ordered: v3's default, v2's only order, v3's order_by=created_at. */
export type Order = 'id' | 'timestamp,id' | 'created_at,guid'

/** One stored row: `columns` at hand, the event itself built on demand. */
interface Row {
  id: number
  seconds: number
  ms: number
  columns: EventColumns
  build: StoredEvent | LazyEvents
  index: number
  v2: string | undefined
  v3: string | undefined
}

/** Which rows a listing keeps. `key` names the condition, so that its result can be kept between pages. */
export interface Condition {
  key: string
  keeps(columns: EventColumns, seconds: number): boolean
}

/** Serialised events are kept up to this many; above, memory matters more than speed. */
const remembered = 200_000

/** The events table: rows with ids, in insertion order, and its indexes. */
export class EventStore {
  private rows: Row[] = []
  private nextId = 1
  private sorted = new Map<Order, Row[]>()
  private filtered = new Map<string, Row[]>()
  private guids: Map<string, Row> | undefined

  constructor(events: readonly StoredEvent[] | LazyEvents = []) {
    if (Array.isArray(events)) this.add(...(events as StoredEvent[]))
    else this.addLazy(events as LazyEvents)
  }

  get length(): number {
    return this.rows.length
  }

  /** Inserts events as one would be now: each gets the next id. */
  add(...events: StoredEvent[]): void {
    for (const event of events) this.insert(event, this.nextId++)
  }

  /** Sequences are taken before the commit: an id can be taken now and its row appear later. */
  takeId(): number {
    return this.nextId++
  }

  /** A row that commits late: with an id taken earlier it lands before rows that were already read. */
  commit(id: number, event: StoredEvent): void {
    this.insert(event, id)
    this.rows.sort((a, b) => a.id - b.id)
  }

  addLazy(events: LazyEvents): void {
    for (let index = 0; index < events.length; index++) {
      const columns = events.columns(index)
      this.rows.push(row(this.nextId++, columns, events, index))
    }
    this.changed()
  }

  /** The nightly clean-up, or an admin's DELETE: rows go, ids stay used. */
  remove(gone: (columns: EventColumns) => boolean): number {
    const before = this.rows.length
    this.rows = this.rows.filter(each => !gone(each.columns))
    this.changed()
    return before - this.rows.length
  }

  /** Removes everything older than the given time, as the retention job does. */
  expire(before: Date): number {
    const limit = before.getTime()
    const length = this.rows.length
    this.rows = this.rows.filter(each => each.ms >= limit)
    this.changed()
    return length - this.rows.length
  }

  find(guid: string): StoredEvent | undefined {
    if (!this.guids) this.guids = new Map(this.rows.map(each => [each.columns.guid, each]))
    const found = this.guids.get(guid)
    return found && eventOf(found)
  }

  all(): StoredEvent[] {
    return this.rows.map(eventOf)
  }

  /** The rows that fulfil every condition, in order; counting and slicing are then free. */
  select(conditions: Condition[], order: Order): Selection {
    const key = `${order}\n${conditions.map(each => each.key).join('\n')}`
    let rows = this.filtered.get(key)
    if (!rows) {
      rows = this.inOrder(order).filter(each =>
        conditions.every(one => one.keeps(each.columns, each.seconds)),
      )
      if (this.filtered.size > 50) this.filtered.clear()
      this.filtered.set(key, rows)
    }
    return new Selection(rows, this.rows.length <= remembered)
  }

  private insert(event: StoredEvent, id: number): void {
    this.rows.push(row(id, event, event, 0))
    this.changed()
  }

  private inOrder(order: Order): Row[] {
    if (order === 'id') return this.rows
    let rows = this.sorted.get(order)
    if (!rows) {
      const byTime = (a: Row, b: Row) => a.ms - b.ms
      const tie =
        order === 'timestamp,id'
          ? (a: Row, b: Row) => a.id - b.id
          : (a: Row, b: Row) => compare(a.columns.guid, b.columns.guid)
      rows = [...this.rows].sort((a, b) => byTime(a, b) || tie(a, b))
      this.sorted.set(order, rows)
    }
    return rows
  }

  private changed(): void {
    this.sorted.clear()
    this.filtered.clear()
    this.guids = undefined
  }
}

/** The rows of one listing, before paging. */
export class Selection {
  private readonly rows: readonly Row[]
  private readonly remember: boolean

  constructor(rows: readonly Row[], remember: boolean) {
    this.rows = rows
    this.remember = remember
  }

  get length(): number {
    return this.rows.length
  }

  /** The JSON of a page's events, each serialised once in its life. */
  page(
    offset: number,
    limit: number,
    descending: boolean,
    api: 'v2' | 'v3',
    json: (event: StoredEvent) => string,
  ): string[] {
    const texts: string[] = []
    for (let at = offset; at < Math.min(offset + limit, this.rows.length); at++) {
      const each = this.rows[descending ? this.rows.length - 1 - at : at]!
      const text = each[api] ?? json(eventOf(each))
      if (this.remember) each[api] = text
      texts.push(text)
    }
    return texts
  }
}

const row = (id: number, columns: EventColumns, build: StoredEvent | LazyEvents, index: number): Row => {
  const ms = Date.parse(columns.timestamp)
  return { id, ms, seconds: Math.floor(ms / 1000), columns, build, index, v2: undefined, v3: undefined }
}

const eventOf = (each: Row): StoredEvent =>
  'guid' in each.build ? each.build : (each.build as LazyEvents).event(each.index)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
