import { Failed } from '../errors.ts'
import { asCount } from './api.ts'
import type { CapiClient } from './client.ts'
import { textAt, valueAt } from './event.ts'
import { cutShort, splitBody } from './page.ts'
import {
  createSliceReader,
  type GetRows,
  type RowPage,
  type TimedRow,
  type TimeSlice,
  timeOf,
} from './time-slice.ts'

/** The answer of a v3 list: its resources, and what stands around them. */
export interface ListPage {
  readonly resources: readonly unknown[]
  /** The same resources, byte for byte as they came. */
  readonly records: readonly Buffer[]
  readonly envelope: unknown
}

/** One resource of a v3 list. */
export interface Resource {
  readonly guid: string
  readonly value: unknown
  /** Byte for byte as it came. */
  readonly record: Buffer
}

/** What `include=` adds to a list: by its kind (`users`, `spaces`, `organizations`), then by GUID. */
export type Included = Map<string, Map<string, unknown>>

/** A list that was read to its end: every resource once, as many as Cloud Foundry counts. */
export interface WholeList {
  readonly resources: readonly Resource[]
  readonly included: Included
  /** Of the first page. */
  readonly envelope: unknown
}

/** Asks for one page of a v3 list of anything. */
export async function getList(client: CapiClient, path: string): Promise<ListPage> {
  return (await client(path, readList)).value
}

/**
 * Reads all of a v3 list, oldest first: every resource that is there and visible throughout (time-slice.ts says why). One
 * request after the other.
 * @param path with its filters and its `include`, without page, per_page, order_by and created_ats.
 * @throws Incomplete when Cloud Foundry keeps counting other resources than it lists.
 */
export async function listAll(client: CapiClient, path: string): Promise<WholeList> {
  const included: Included = new Map()
  let envelope: unknown

  const get: GetRows<Row> = async ({ from, until }, order, page, perPage) => {
    const parameters = [
      ...(from === undefined ? [] : [`created_ats%5Bgte%5D=${timeOf(from)}`]),
      ...(until === undefined ? [] : [`created_ats%5Blt%5D=${timeOf(until)}`]),
      `order_by=${order === 'newest' ? '-' : ''}created_at`,
      `page=${page}`,
      `per_page=${perPage}`,
    ]
    const url = `${path}${path.includes('?') ? '&' : '?'}${parameters.join('&')}`
    const { value } = await client(url, readRows)
    envelope ??= value.envelope
    include(included, valueAt(value.envelope, 'included'))
    return value
  }

  const what = `resources of ${path.replace(/\?.*/, '')}`
  const reader = createSliceReader(get, { order: 'time', pageSize: 5000, what })
  const resources = new Map<string, Resource>()
  const slices: TimeSlice[] = [{ from: undefined, until: undefined, expected: 0 }]
  for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
    const { rows, rest } = await reader.read(slice)
    for (const { guid, value, record } of rows) resources.set(guid, { guid, value, record })
    slices.unshift(...rest)
  }
  return { resources: [...resources.values()], included, envelope }
}

interface Row extends Resource, TimedRow {}

function readRows(body: Buffer): RowPage<Row> & { envelope: unknown } {
  const { resources, records, envelope } = readList(body)
  const total = asCount(valueAt(envelope, 'pagination', 'total_results'))
  if (total === undefined) throw notAList()
  const rows = resources.map((value, index) => {
    const guid = textAt(value, 'guid')
    if (guid === '') throw notAList()
    return { guid, value, record: records[index]!, time: textAt(value, 'created_at') }
  })
  return { rows, total, envelope }
}

/** Adds what came with a page (or with another list) to what came before. */
export function include(all: Included, more: unknown): void {
  if (typeof more !== 'object' || more === null) return
  for (const [kind, resources] of Object.entries(more)) {
    if (!Array.isArray(resources)) continue
    const known = all.get(kind) ?? new Map<string, unknown>()
    all.set(kind, known)
    for (const resource of resources) known.set(textAt(resource, 'guid'), resource)
  }
}

function notAList(): Failed {
  return new Failed('Cloud Foundry sent JSON that is not a list.', 'Check the API address with cf target.')
}

function readList(body: Buffer): ListPage {
  const { records, envelope } = splitBody(body)
  if (!Array.isArray(valueAt(envelope, 'resources'))) throw notAList()
  try {
    const resources = records.map(({ record, value }) => value ?? JSON.parse(record.toString('utf8')))
    return { resources, records: records.map(({ record }) => record), envelope }
  } catch (cause) {
    throw cause instanceof SyntaxError ? cutShort(cause) : cause
  }
}

/** A value of a list filter: Cloud Controller splits at commas, then unescapes each part once more. */
export const filterValue = (text: string) => encodeURIComponent(encodeURIComponent(text))

// nginx refuses request lines above 8 kB (its default); a GUID takes 37 bytes, a client id what somebody chose.
const longestFilter = 4000

/** Splits the values of a list filter (GUIDs, names) into as few comma lists as a request line can hold. */
export function filterLists(values: Iterable<string>): string[] {
  const lists: string[] = []
  let list = ''
  for (const value of values) {
    const item = filterValue(value)
    if (list !== '' && list.length + 1 + item.length > longestFilter) {
      lists.push(list)
      list = ''
    }
    list += list === '' ? item : `,${item}`
  }
  return list === '' ? lists : [...lists, list]
}
