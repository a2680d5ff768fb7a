import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Query, v3 } from '../capi/api.ts'
import { type AuditEvent, asGuid, textAt } from '../capi/event.ts'
import { openListing } from '../capi/event-listing.ts'
import { GuidSet } from '../capi/guid-set.ts'
import { onOneLine } from '../capi/json-ranges.ts'
import type { Roles } from '../capi/roles.ts'
import type { Context } from '../context.ts'
import { type AuditError, Failed, Forbidden, Incomplete, recoverable, UsageError } from '../errors.ts'
import { type ListedRoles, openReading, type Reading, tryReadRoles } from '../evidence/reading.ts'
import { judge } from '../evidence/verdict.ts'
import { roleLines } from '../evidence/views.ts'
import { createNameResolver } from '../names/resolve.ts'
import { type Connection, clientFor, targetedOrg } from '../options/connection.ts'
import { createRecords } from '../options/event-output.ts'
import type { ScopeFilter } from '../options/scope.ts'
import { keptSince, seconds } from '../time.ts'
import { coverageOf, orgsIn } from './coverage.ts'
import { lockArchive } from './lock.ts'
import {
  allOrgs,
  archiveVersion,
  filesOf,
  filesUnder,
  hostPart,
  loginOf,
  type Manifest,
  type OrgRun,
  type Range,
  type RolePart,
  readChain,
  type StoredManifest,
  writeManifest,
} from './manifest.ts'
import {
  archiveNotWritable,
  createPart,
  draftEnding,
  type EventPart,
  type Part,
  type PartWriter,
} from './parts.ts'
import { eventsIn, partsFor } from './read.ts'

/** What to archive. */
export interface UpdateRequest {
  readonly archive: string
  /** By name or GUID. Empty: every org that the archive has, or else the one that cf targets. */
  readonly orgs: readonly string[] | 'all'
  readonly connection: Connection
  readonly concurrency: number
}

/** What a run has done, and the first error of an org that it left to the next run. */
export interface UpdateOutcome {
  readonly manifest: Manifest
  readonly error: AuditError | undefined
}

// An event can be committed later than its time says: the deletion of a space with many apps takes minutes.
const overlapMs = 3600_000
const unsettledMs = 15 * 60_000
const maxWaitingBytes = 64 * 1024 * 1024

/**
 * Adds to an archive what is new since its last run, org by org. What was written before is never changed. An org that
 * fails is left to the next run; so are the orgs after it, unless the reason is its own.
 * @throws Failed when the archive is damaged; UsageError when it is locked or cannot be written.
 */
export async function updateArchive(request: UpdateRequest, context: Context): Promise<UpdateOutcome> {
  const { archive } = request
  await mkdir(join(archive, 'runs'), { recursive: true, mode: 0o700 }).catch(error => {
    throw archiveNotWritable(archive, error)
  })
  const started = context.now()
  const unlock = await lockArchive(archive, seconds(started))
  try {
    const manifests = await readChain(archive)
    await sweep(archive, manifests)
    const cf = await context.cf(request.connection)
    const { host, api: url, user } = await loginOf(cf)
    const run: Run = { ...request, manifests, host, id: runId(started), started }
    const orgs: OrgRun[] = []
    let failure: AuditError | undefined
    for (const asked of await orgsOf(run, context)) {
      try {
        const guid = await guidOf(run, asked, context)
        if (orgs.some(org => org.guid === guid)) continue
        orgs.push(await updateOrg(run, asked, guid, context))
      } catch (error) {
        const cause = recoverable(error)
        failure ??= cause
        if (!(cause instanceof Forbidden || cause instanceof Incomplete)) break
      }
    }
    const last = manifests.at(-1)
    const manifest: Manifest = {
      version: archiveVersion,
      run: run.id,
      started: seconds(started),
      ended: seconds(context.now()),
      tool: { name: 'cf-audit', version: context.version },
      foundation: { host, url },
      user,
      previous: last === undefined ? null : { file: last.file, sha256: last.sha256 },
      orgs,
    }
    if (orgs.length > 0) await writeManifest(archive, manifest, last?.file)
    else if (failure !== undefined) throw failure
    return { manifest, error: failure }
  } finally {
    await unlock()
  }
}

interface Run extends UpdateRequest {
  readonly manifests: readonly StoredManifest[]
  readonly host: string
  readonly id: string
  readonly started: number
}

const runId = (started: number) => `${started.toString(36)}${randomBytes(4).toString('hex')}`

/** The orgs to read, as they are asked for: what the archive has is known by GUID, for a name may be used again. */
async function orgsOf(run: Run, context: Context): Promise<readonly string[]> {
  if (run.orgs === 'all') return [allOrgs]
  if (run.orgs.length > 0) return run.orgs
  const known = orgsIn(run.manifests).filter(({ host }) => host === run.host)
  if (known.some(({ guid }) => guid === allOrgs)) return [allOrgs]
  if (known.length > 0) return known.map(({ guid }) => guid)
  if (run.manifests.length > 0) {
    throw new UsageError(
      `${run.archive} has no org of ${run.host}.`,
      'Name the orgs to archive from this foundation, or use --all-orgs.',
    )
  }
  return [await targetedOrg(await context.cf(run.connection), context)]
}

async function guidOf({ connection }: Run, asked: string, context: Context): Promise<string> {
  if (asked === allOrgs) return allOrgs
  return asGuid(asked) ?? (await (await context.cf(connection)).orgGuid(asked))
}

async function updateOrg(run: Run, asked: string, guid: string, context: Context): Promise<OrgRun> {
  const { manifests, host, connection, concurrency } = run
  const isAll = guid === allOrgs
  const covered = coverageOf(manifests, host, guid)
  const last = covered.at(-1)
  const from =
    last && ((await startOfRecheck(run, guid, last, context)) ?? seconds(Date.parse(last.until) - overlapMs))
  const query = (where: ScopeFilter): Query => ({
    types: undefined,
    ...where,
    ...(from !== undefined && { from }),
    order: 'time',
  })
  const scope = { orgs: isAll ? ('all' as const) : [guid], spaces: [] }
  let listed: ListedRoles | undefined
  const reading = await openReading(
    {
      scope,
      connection,
      apis: [v3],
      concurrency,
      query,
      async roles(client, cf) {
        listed = await tryReadRoles(client, cf, [guid], context)
        return foundIn(listed)
      },
    },
    context,
  )
  const { listing, client } = reading
  context.progress.expect(listing.total)

  const seen = new GuidSet()
  const added = new GuidSet()
  let archived: GuidSet | undefined
  async function* newEvents(): AsyncGenerator<AuditEvent[]> {
    for await (const events of listing.events) {
      // The first event is the oldest.
      archived ??= await archivedGuids(run, guid, from ?? events[0]?.time)
      for (const event of events) seen.add(event.guid)
      const news = events.filter(event => archived?.add(event.guid) === undefined)
      for (const event of news) added.add(event.guid)
      yield news
    }
  }
  const parts = createEventParts(run)
  const resolver = createNameResolver(undefined)
  const records = createRecords(false, false)
  for await (const events of resolver.events(newEvents(), {
    client,
    api: listing.api,
    concurrency: reading.concurrency,
  })) {
    context.progress.page(events.length)
    for (const event of await records.redact(events)) await parts.add(event)
  }
  const { proof, visibility } = await reading.conclude()

  // By the clock of the API: Cloud Foundry may have deleted the oldest while the others were read.
  const kept = keptSince(Date.parse(proof.until) + context.now() - run.started)
  const isWhole = visibility.sees === 'all'
  const start = from === undefined || from < kept ? kept : from
  const end = seconds(Date.parse(proof.until) - unsettledMs)
  const gap = last !== undefined && last.until < kept ? { from: last.until, until: kept } : null
  const name = nameOf(guid, asked, reading, run)
  if (isAll) listed = await tryReadRoles(reading.client, reading.cf, 'all', context)
  return {
    guid,
    name,
    read: { from: from ?? kept, until: proof.until },
    counted: proof.counted,
    added: added.size,
    parts: await parts.close(),
    names: await writeNames(run, guid, resolver.json(), reading, foundIn(listed)),
    roles: await writeRoles(run, guid, listed),
    covers: isWhole && start < end ? { from: start, until: end } : null,
    gap,
    vanished: isWhole && from !== undefined ? await unseen(run, guid, from, kept, last!.until, seen) : [],
    verdict: judge(
      visibility,
      gap === null ? {} : { from: gap.from },
      isAll ? 'the foundation' : name,
      run.started,
    ),
  }
}

/**
 * The beginning of the time that is covered, if Cloud Foundry counts another number of events in it than the archive
 * holds: then all of it is listed again.
 */
async function startOfRecheck(
  run: Run,
  guid: string,
  last: Range,
  context: Context,
): Promise<string | undefined> {
  const range = { from: later(last.from, safelyKept(keptSince(context.now()))), until: last.until }
  if (range.from >= range.until) return undefined
  const cf = await context.cf(run.connection)
  const client = clientFor(cf, undefined, run.connection, context)
  const orgGuids = guid === allOrgs ? undefined : [guid]
  const { total } = await openListing(
    [v3],
    { types: undefined, orgGuids, ...range, order: 'time' },
    { client, concurrency: cf.concurrency(1), now: context.now, limit: 1 },
  )
  return total === (await countArchived(run, guid, range)) ? undefined : range.from
}

/** How many events the archive holds of a time that Cloud Foundry should still have. */
async function countArchived(run: Run, guid: string, { from, until }: Range): Promise<number> {
  const gone = vanishedBefore(run, from)
  const query = { host: run.host, orgGuids: guid === allOrgs ? undefined : [guid], from, until }
  let count = 0
  const parts = partsFor(run.manifests, query).filter(({ first, last, lines }) => {
    if (gone.size > 0 || first < from || last >= until) return true
    count += lines // The manifest says enough.
    return false
  })
  for await (const events of eventsIn(run.archive, parts, query))
    for (const event of events) if (!gone.has(event.guid)) count++
  return count
}

/** Cloud Foundry may delete events somewhat before or after their time. */
const safelyKept = (kept: string) => seconds(Date.parse(kept) + 24 * 3600_000)
const later = (a: string, b: string) => (a > b ? a : b)

function archivedEvents({ archive, manifests, host }: Run, guid: string, from?: string, until?: string) {
  const query = { host, orgGuids: guid === allOrgs ? undefined : [guid], from, until }
  return eventsIn(archive, partsFor(manifests, query), query)
}

async function archivedGuids(run: Run, guid: string, from?: string, until?: string): Promise<GuidSet> {
  const guids = new GuidSet()
  for await (const events of archivedEvents(run, guid, from, until))
    for (const event of events) guids.add(event.guid)
  return guids
}

/** The GUIDs of archived events that earlier runs, ended since a time, have reported as vanished. */
function vanishedBefore({ manifests, host }: Run, since: string): Set<string> {
  const own = manifests.filter(({ manifest }) => manifest.foundation.host === host && manifest.ended >= since)
  return new Set(own.flatMap(({ manifest }) => manifest.orgs.flatMap(({ vanished }) => vanished)))
}

/** The GUIDs of archived events of a time that Cloud Foundry should still have, and did not list. */
async function unseen(
  run: Run,
  guid: string,
  from: string,
  kept: string,
  until: string,
  seen: GuidSet,
): Promise<string[]> {
  const missing: string[] = []
  const start = later(from, safelyKept(kept))
  if (start >= until) return missing
  const gone = vanishedBefore(run, start)
  for await (const events of archivedEvents(run, guid, start, until)) {
    for (const { guid } of events) if (!gone.has(guid) && seen.add(guid) === undefined) missing.push(guid)
  }
  return missing
}

/** The parts of a run with events: one for each org and month that has any. */
function createEventParts({ archive, host, id }: Run) {
  const open = new Map<string, { writer: PartWriter; first: string; last: string }>()
  let waitingBytes = 0
  return {
    async add(event: AuditEvent): Promise<void> {
      const [month] = /^\d{4}-\d\d/.exec(event.time) ?? []
      if (month === undefined)
        throw new Failed(
          `event ${event.guid} has no valid time: "${event.time}".`,
          'Ask the operators of the foundation.',
        )
      const org = asGuid(event.orgGuid) ?? 'none'
      const folder = `events/foundation=${hostPart(host)}/org=${org}/month=${month}`
      let part = open.get(folder)
      if (part === undefined) {
        part = { writer: createPart(archive, folder, id), first: event.time, last: event.time }
        open.set(folder, part)
      }
      if (event.time < part.first) part.first = event.time
      if (event.time > part.last) part.last = event.time
      const line = Buffer.concat([onOneLine(event.record), newline])
      await part.writer.write(line)
      waitingBytes += line.length
      if (waitingBytes < maxWaitingBytes) return
      for (const { writer } of open.values()) await writer.flush()
      waitingBytes = 0
    },
    async close(): Promise<EventPart[]> {
      const parts: EventPart[] = []
      for (const { writer, first, last } of open.values()) {
        const name = `events-${compact(first)}-${compact(last)}-${id}.ndjson.gz`
        parts.push({ ...(await writer.close(name)), first, last })
      }
      return parts
    },
  }
}

const newline = Buffer.from('\n')
const compact = (time: string) => time.replace(/[-:]/g, '')

async function writeNames(
  run: Run,
  guid: string,
  json: string,
  { names }: Reading,
  found: Roles | undefined,
): Promise<Part | null> {
  const known = Object.entries(JSON.parse(json) as Record<string, object>).map(([guid, entry]) => ({
    guid,
    ...entry,
  }))
  const users = [...(found?.included.get('users') ?? [])].filter(
    ([, user]) => textAt(user, 'username') !== '',
  )
  const listed = (kind: string, all: ReadonlyMap<string, string>) =>
    [...all].map(([guid, name]) => ({ guid, name, kind, source: 'lookup', state: 'named' }))
  const all = [
    ...known,
    ...listed('organization', names.orgs),
    ...listed('space', names.spaces),
    ...listed('user', new Map(users.map(([guid, user]) => [guid, textAt(user, 'username')]))),
  ]
  if (all.length === 0) return null
  const part = createPart(run.archive, folderOf('names', run.host, guid), run.id)
  await part.write(Buffer.from(all.map(entry => `${JSON.stringify(entry)}\n`).join('')))
  return part.close(`names-${run.id}.ndjson.gz`)
}

async function writeRoles(run: Run, guid: string, listed: ListedRoles | undefined): Promise<RolePart | null> {
  if (listed === undefined || typeof listed.roles === 'string') return null
  const part = createPart(run.archive, folderOf('roles', run.host, guid), run.id)
  for (const line of roleLines(listed)) await part.write(Buffer.from(line))
  const closed = await part.close(`roles-${run.id}.ndjson.gz`)
  return { ...closed, read_at: listed.readAt, whole: listed.roles.isWhole }
}

const foundIn = (listed: ListedRoles | undefined) =>
  typeof listed?.roles === 'object' ? listed.roles.found : undefined

const folderOf = (kind: string, host: string, guid: string) =>
  `${kind}/foundation=${hostPart(host)}/org=${guid === allOrgs ? 'all' : guid}`

/** The name of an org now, or the one that the archive knows of an org that cannot be seen any more. */
function nameOf(guid: string, asked: string, { names }: Reading, { manifests, host }: Run): string {
  if (guid === allOrgs) return 'all orgs'
  const listed = names.orgs.get(guid)
  if (listed !== undefined) return listed
  if (asGuid(asked) === undefined) return asked
  return orgsIn(manifests).find(org => org.guid === guid && org.host === host)?.name ?? guid
}

/** Removes what a run that was broken off has left: files that no manifest names. */
async function sweep(archive: string, manifests: readonly StoredManifest[]): Promise<void> {
  const named = new Set(manifests.flatMap(({ manifest }) => filesOf(manifest)).map(({ path }) => path))
  for (const folder of ['events', 'names', 'roles', 'runs']) {
    for (const path of await filesUnder(archive, folder)) {
      const name = basename(path)
      const isDraft = name.startsWith('.') && name.endsWith(draftEnding)
      const isPart = /^(events|names|roles)-.+\.ndjson\.gz$/.test(name)
      if (isDraft || (isPart && folder !== 'runs' && !named.has(path)))
        await rm(join(archive, path), { force: true })
    }
  }
}
