import type { Api, Page } from '../capi/api.ts'
import type { CapiClient } from '../capi/client.ts'
import { isClientId, type Kind, kinds, readEvent, textAt } from '../capi/event.ts'
import { acceptedSize, getPage } from '../capi/page.ts'
import { filterValue, listAll } from '../capi/resource-list.ts'
import type { Concurrency } from '../capi/slice-queue.ts'
import { UnrecognizedOutput } from '../cf/curl.ts'
import { AuditError, CfUnusable, Interrupted, Unreachable } from '../errors.ts'
import type { NameEntry, NameIndex } from './name-index.ts'

/** How names are looked up. */
export interface Lookup {
  readonly client: CapiClient
  /** The API that lists events here. */
  readonly api: Api
  readonly concurrency: Concurrency
}

/** A lookup of names. */
export type Source = Kind | 'events' | 'domain'

/** Why something could not be asked. */
export type Failures = ReadonlyMap<Source, string>

// app/messages/*_list_message.rb and app/presenters/v3/*_presenter.rb of cloud_controller_ng. A client, or a user that
// the UAA has forgotten, has no username, and its presentation_name is its GUID.
const lists: Readonly<Record<Kind | 'domain', { path: string; name: (resource: unknown) => string }>> = {
  user: { path: '/v3/users', name: user => textAt(user, 'username') },
  app: { path: '/v3/apps', name: app => textAt(app, 'name') },
  service_instance: { path: '/v3/service_instances', name: instance => textAt(instance, 'name') },
  route: { path: '/v3/routes', name: route => textAt(route, 'url') },
  space: { path: '/v3/spaces', name: space => textAt(space, 'name') },
  organization: { path: '/v3/organizations', name: org => textAt(org, 'name') },
  domain: { path: '/v3/domains', name: domain => textAt(domain, 'name') },
}

/**
 * Finds out the names that are wanted and not known. Routes are listed first, because events hold but their host. Then
 * the newest events of the targets that no event has named yet; then the lists, also for what an event has deleted: such
 * an event can be written before a deletion that fails.
 *
 * A failed lookup costs its names, never the report, which has been read completely by then.
 * @param of only names of these kinds.
 * @returns what could not be asked, and why.
 */
export async function lookUp(
  index: NameIndex,
  lookup: Lookup,
  of: readonly Kind[] = kinds,
): Promise<Failures> {
  const failures = new Map<Source, string>()
  let hopeless: string | undefined // No session, or no network: nothing will be answered any more.

  async function attempt(source: Source, work: () => Promise<void>): Promise<void> {
    if (failures.has(source)) return
    if (hopeless !== undefined) {
      failures.set(source, hopeless)
      return
    }
    try {
      await work()
    } catch (error) {
      if (error instanceof Interrupted || !(error instanceof AuditError)) throw error
      failures.set(source, error.message)
      // A wrapper of cf may know some paths and not others.
      if (
        (error instanceof CfUnusable && !(error instanceof UnrecognizedOutput)) ||
        error instanceof Unreachable
      ) {
        hopeless = error.message
      }
    }
  }

  const before = new Set(of.flatMap(kind => index.wanted(kind, ({ isAsked }) => isAsked)))
  const wanted = (kind: Kind, test: (known: NameEntry) => boolean) =>
    index.wanted(kind, test).filter(guid => isGuidOf(kind)(guid) && !before.has(guid))
  const listing = (kind: Kind | 'domain', guids: readonly string[]) =>
    chunksOf(guids).map(chunk => () => attempt(kind, () => readList(index, kind, chunk, lookup)))
  const listingOf = (kind: Kind, test: (known: NameEntry) => boolean) =>
    of.includes(kind) ? listing(kind, wanted(kind, test)) : []

  await inLanes(
    listingOf('route', () => true),
    lookup.concurrency,
  )
  const unknown = of.flatMap(kind => wanted(kind, isUnknown(kind)))
  await inLanes(
    chunksOf(unknown).map(chunk => () => attempt('events', () => readEvents(index, chunk, lookup))),
    lookup.concurrency,
  )
  const unlisted = (of.includes('route') ? index.wanted('route', isUnlistedRoute) : []).map(
    guid => index.get('route', guid)?.route?.domainGuid ?? '',
  )
  const shared = index.sharedNames()
  const isListed = (kind: Kind) => (known: NameEntry) =>
    known.name === '' || known.isDeleted || (kind === 'user' && shared.has(known.name))
  await inLanes(
    [
      ...kinds.filter(kind => kind !== 'route').flatMap(kind => listingOf(kind, isListed(kind))),
      ...listing(
        'domain',
        [...new Set(unlisted)].filter(guid => guid !== ''),
      ),
    ],
    lookup.concurrency,
  )
  return failures
}

const isUnlistedRoute = ({ listed, route }: NameEntry) => listed === undefined && route !== undefined

const isGuidOf = (kind: Kind) => (guid: string) => kind !== 'user' || !isClientId(guid)

/** Whether other events may know more. An event names only the host of a route; its creation has the rest. */
const isUnknown =
  (kind: Kind) =>
  ({ name, listed, isDeleted, route }: NameEntry): boolean =>
    listed === undefined && (kind === 'route' ? route === undefined || !isDeleted : name === '' && !isDeleted)

async function readList(
  index: NameIndex,
  kind: Kind | 'domain',
  guids: readonly string[],
  { client }: Lookup,
): Promise<void> {
  const { path, name } = lists[kind]
  const { resources } = await listAll(client, `${path}?guids=${guids.map(filterValue).join(',')}`)
  if (kind !== 'domain') index.asked(kind, guids)
  for (const { guid, value } of resources) {
    if (kind === 'domain') index.domains.set(guid, name(value))
    else index.list(kind, guid, name(value))
  }
}

// Enough for the newest events of a chunk of targets, most of the time, and not yet megabytes.
const eventsAtOnce = 1000

/**
 * Reads the newest events of some targets. Where there are more than one page, what has been seen is left out of the next
 * question: one event of each target has its name, and a deletion is among the last that happens to anything.
 */
async function readEvents(
  index: NameIndex,
  guids: readonly string[],
  { client, api }: Lookup,
): Promise<void> {
  let perPage = Math.min(eventsAtOnce, api.pageSize)
  for (let left = guids; left.length > 0; ) {
    let page: Page
    try {
      page = (await getPage(api, { targetGuids: left, order: 'newest' }, 1, perPage, client)).value
    } catch (error) {
      const smaller = acceptedSize(error)
      if (smaller === undefined || !(smaller >= 1 && smaller < perPage)) throw error
      perPage = smaller
      continue
    }
    const seen = new Set<string>()
    for (const [at, { record, value }] of page.records.entries()) {
      const event = readEvent(record, api.name, `record ${at + 1} of the events of some targets`, value)
      index.note(event)
      seen.add(event.target.guid)
    }
    if (seen.size === 0 || page.records.length >= page.total) return
    left = left.filter(guid => !seen.has(guid))
  }
}

// A header line may have 8 kB (nginx), a command line of Windows' cmd.exe as much: 150 GUIDs are 5.5 kB.
const chunkGuids = 150
const chunkBytes = 5600

/** The GUIDs in parts that fit into one question each. */
export function chunksOf(guids: readonly string[]): string[][] {
  const chunks: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const guid of guids) {
    const more = filterValue(guid).length + 1
    if (bytes + more > chunkBytes || chunks.at(-1)!.length === chunkGuids) {
      chunks.push([])
      bytes = 0
    }
    chunks.at(-1)!.push(guid)
    bytes += more
  }
  return chunks
}

/** Fewer questions than this are not worth finding out whether they may be asked side by side. */
const minParallelLookups = 5

/** Works side by side as far as the lanes allow. */
async function inLanes(works: readonly (() => Promise<void>)[], concurrency: Concurrency): Promise<void> {
  if (works.length >= minParallelLookups) await concurrency.refresh()
  let next = 0
  const work = async () => {
    while (next < works.length) await works[next++]?.()
  }
  await Promise.all(Array.from({ length: Math.min(concurrency.limit(), works.length) }, work))
}
