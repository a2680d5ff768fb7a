import { CutShort, Failed, Incomplete } from '../errors.ts'
import { asCount } from './api.ts'
import type { CapiClient } from './client.ts'
import { textAt, valueAt } from './event.ts'
import { createJsonSplitter } from './json-splitter.ts'
import { acceptedSize, isTooDeep, mayBeTooLarge } from './page.ts'

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

/** The most times that a list is read from its start before its count is given up. */
const sweeps = 3

/**
 * Asks for all pages of a v3 list of anything, one `cf` per page.
 *
 * Offset pages shift when rows are deleted in front of them or added behind. So every page after the first has the first
 * answer's time as its upper bound, each GUID counts once, and every page must count as many as were read in the end;
 * else the list is read again from its start. A page past the end is never asked for: it counts 0
 * (lib/cloud_controller/paging/sequel_paginator.rb, the window function).
 * @param path with its filters and its `include`, without page, per_page and created_ats.
 * @throws Incomplete when what is read stays other than what Cloud Foundry counts.
 */
export async function listAll(client: CapiClient, path: string): Promise<WholeList> {
  const question: Question = { path, perPage: 5000, before: undefined }
  for (let sweep = 1; ; ) {
    try {
      const { counted, steady, ...list } = await readPages(client, question)
      const read = list.resources.length
      if (steady && read === counted) return list
      if (sweep++ === sweeps) throw notAsCounted(path, read, counted)
    } catch (error) {
      const smaller = acceptedSize(error) ?? (mayBeTooLarge(error) ? question.perPage / 10 : Number.NaN)
      if (!(smaller >= 1 && smaller < question.perPage && Number.isInteger(smaller))) {
        throw isTooDeep(error) ? tooDeep(path, error as Error) : error
      }
      question.perPage = smaller
    }
  }
}

interface Question {
  readonly path: string
  perPage: number
  /** `YYYY-MM-DDThh:mm:ssZ`, excluded; known from the first answer on, if that has a date. */
  before: string | undefined
}

/** One reading from the start. */
interface Reading extends WholeList {
  counted: number
  /** Whether every page counted the same. */
  steady: boolean
}

async function readPages(client: CapiClient, question: Question): Promise<Reading> {
  const resources = new Map<string, Resource>()
  const included: Included = new Map()
  let envelope: unknown
  let counted = 0
  let steady = true
  for (let page = 1; page === 1 || (steady && (page - 1) * question.perPage < counted); page++) {
    const { value, date } = await client(pathOf(question, page), readList)
    const total = asCount(valueAt(value.envelope, 'pagination', 'total_results'))
    if (total === undefined) throw notAList()
    steady = page === 1 || total === counted
    counted = total
    envelope ??= value.envelope
    if (date !== undefined) question.before ??= new Date(date).toISOString().replace(/\.\d+Z$/, 'Z')
    for (const [index, record] of value.records.entries()) {
      const resource = value.resources[index]
      const guid = textAt(resource, 'guid')
      if (guid === '') throw notAList()
      resources.set(guid, { guid, value: resource, record })
    }
    include(included, valueAt(value.envelope, 'included'))
  }
  return { resources: [...resources.values()], included, envelope, counted, steady }
}

function pathOf({ path, perPage, before }: Question, page: number): string {
  const bound = before === undefined ? '' : `&created_ats%5Blt%5D=${before}`
  return `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${perPage}${bound}`
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

function notAsCounted(path: string, read: number, counted: number): Incomplete {
  const kind = path.replace(/\?.*/, '')
  return new Incomplete(
    `Incomplete: ${read} resources of ${kind} could be read, but Cloud Foundry counts ${counted}.`,
    'Run it again; if it stays so, tell the operators of Cloud Foundry.',
  )
}

function tooDeep(path: string, cause: Error): Incomplete {
  return new Incomplete(
    `Incomplete: Cloud Foundry shows only the beginning of ${path.replace(/\?.*/, '')}. ${cause.message}`,
    'Ask for less at a time, or ask its operators to raise max_total_results.',
    { cause },
  )
}

function notAList(): Failed {
  return new Failed(
    'Cloud Foundry answered JSON that is not a list.',
    'Check the API address with cf target.',
  )
}

function readList(body: Buffer): ListPage {
  try {
    const resources: unknown[] = []
    const records: Buffer[] = []
    let envelope: unknown
    const splitter = createJsonSplitter('first') // v6 and v7 print warnings behind the JSON.
    for (const piece of [...splitter.push(body), ...splitter.end()]) {
      if ('record' in piece) {
        resources.push(JSON.parse(piece.record.toString('utf8')))
        records.push(piece.record)
      } else if ('envelope' in piece) envelope = JSON.parse(piece.envelope)
    }
    if (!Array.isArray(valueAt(envelope, 'resources'))) throw notAList()
    return { resources, records, envelope }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new CutShort(
      'The list that Cloud Foundry answered is not whole.',
      'Try again; cf-audit --verbose names the call.',
      {
        cause,
      },
    )
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
