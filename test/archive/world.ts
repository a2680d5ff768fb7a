// An archive beside a foundation whose clock the test sets. There is no process, no network and no waiting.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type ArchiveStatus, statusOf } from '../../src/archive/coverage.ts'
import { readManifests } from '../../src/archive/manifest.ts'
import { openPeriod } from '../../src/archive/read.ts'
import { type UpdateOutcome, type UpdateRequest, updateArchive } from '../../src/archive/update.ts'
import type { Response } from '../../src/cf/curl.ts'
import type { Context } from '../../src/context.ts'
import { NotFound } from '../../src/errors.ts'
import { keptSince, seconds } from '../../src/time.ts'
import { event } from '../foundation/event.ts'
import { type Foundation, startFoundation } from '../foundation/foundation.ts'
import { Random } from '../foundation/random.ts'
import type { Role, RoleType } from '../foundation/state.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { listen } from '../messages.ts'

export const hour = 3600_000
export const day = 24 * hour

/** What makes a world other than an ordinary one. */
export interface WorldOptions {
  readonly seed?: number
  readonly archive?: string
  /** The user is an Org Auditor of the first org, or reads everything. */
  readonly isGlobalReader?: boolean
  readonly orgs?: readonly string[]
  /** What `cf` takes for the address of the API; the foundation's own by default. */
  readonly api?: string
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** A foundation with an org named acme, and a user who audits it. */
export async function openWorld(options: WorldOptions = {}) {
  const random = new Random(options.seed ?? 1)
  const orgs = (options.orgs ?? ['acme']).map(name => ({ guid: random.guid(), name }))
  const spaces = orgs.map(org => ({ guid: random.guid(), name: `${org.name}-dev`, orgGuid: org.guid }))
  const user = {
    guid: random.guid(),
    username: 'ann',
    email: 'ann@example.gov',
    origin: 'uaa',
    scopes: ['cloud_controller.read', ...(options.isGlobalReader ? ['cloud_controller.global_auditor'] : [])],
  }
  const foundation: Foundation = await startFoundation({
    orgs,
    spaces,
    users: [user],
    roles: [],
    now: () => new Date(world.now),
  })
  foundation.clock.stop()
  const session = foundation.login('ann')
  const folder = options.archive === undefined ? mkdtempSync(join(tmpdir(), 'archive-')) : undefined

  const curl = async (path: string): Promise<Response> => {
    const reply = await foundation.reply(
      {
        method: 'GET',
        raw: path.replaceAll('[', '%5B').replaceAll(']', '%5D'),
        headers: { authorization: `bearer ${session.accessToken}` },
        body: '',
      },
      async () => {},
    )
    if (typeof reply === 'string') throw new Error(reply)
    const headers = Object.entries(reply.headers).map(
      ([name, value]) => [name.toLowerCase(), String(value)] as const,
    )
    return { status: reply.status, headers: new Map(headers), body: reply.body }
  }
  const cf = {
    curl,
    async orgGuid(name: string) {
      const found = foundation.state.orgs.find(org => org.name === name)
      if (found === undefined) throw new NotFound(`no org named ${name}.`, '')
      return found.guid
    },
    savedLogin: async () => ({
      api: options.api ?? foundation.url,
      user: 'ann',
      guid: user.guid,
      isClient: false,
      isGlobalReader: options.isGlobalReader ?? false,
      org: orgs[0],
    }),
    target: async () => ({ user: 'ann' }),
    targetedOrg: async () => orgs[0]!.name,
    concurrency: () => ({ limit: () => 1, refresh: async () => {}, afterCall() {} }),
    diagnoseEmptyOutput: async () => undefined,
  }
  const { messages, said } = listen()
  const nothing = () => {}
  const context = {
    version: 'test',
    cf: async () => cf,
    cache: async () => ({ read: async () => ({}), write: async () => {} }),
    env: {},
    messages,
    progress: {
      start: nothing,
      expect: nothing,
      page: nothing,
      naming: nothing,
      waiting: nothing,
      pause: nothing,
      stop: nothing,
    },
    prompter: undefined,
    wait: async () => {},
    now: () => world.now,
    signal: new AbortController().signal,
  } as unknown as Context

  const world = {
    now: Date.parse('2026-08-01T12:00:00Z'),
    archive: options.archive ?? join(folder!, 'audit'),
    foundation,
    random,
    orgs,
    spaces,
    said,
    context,
    /** An event of an org, the first unless said; now, unless said. */
    make(parts: Partial<StoredEvent> = {}): StoredEvent {
      return event({
        guid: random.guid(),
        timestamp: seconds(world.now),
        orgGuid: orgs[0]!.guid,
        spaceGuid: spaces[0]!.guid,
        ...parts,
      })
    },
    add(parts: Partial<StoredEvent> = {}): StoredEvent {
      const made = world.make(parts)
      foundation.state.events.add(made)
      return made
    },
    /** Gives the user a role in the org, the first unless said. */
    grant(orgGuid = orgs[0]!.guid, type: RoleType = 'organization_auditor'): Role {
      const role = { guid: random.guid(), type, userGuid: user.guid, orgGuid, spaceGuid: null }
      foundation.state.roles.push(role)
      return role
    },
    revoke(orgGuid = orgs[0]!.guid) {
      foundation.state.roles = foundation.state.roles.filter(role => role.orgGuid !== orgGuid)
    },
    /** What Cloud Foundry has deleted by now. */
    cleanUp: () => foundation.state.events.expire(new Date(keptSince(world.now))),
    update(asked: UpdateRequest['orgs'] = []): Promise<UpdateOutcome> {
      const connection = { bin: undefined, timeoutMs: 1000, maxWaitMs: 1000 }
      return updateArchive({ archive: world.archive, orgs: asked, connection, concurrency: 1 }, context)
    },
    /** The GUIDs of the archived events, as they lie in its files, doubles and all. */
    held: () => linesIn(world.archive, 'events').map(line => String(JSON.parse(line).guid)),
    status: async (): Promise<ArchiveStatus> => statusOf(await readManifests(world.archive)),
    /** The GUIDs that a reader of the archive gets. */
    async read(): Promise<string[]> {
      const guids: string[] = []
      for await (const events of (await openPeriod(world.archive, [], {})).events)
        for (const { guid } of events) guids.push(guid)
      return guids
    },
    async close() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
      await foundation.close()
    },
  }
  if (!options.isGlobalReader) world.grant()
  return world
}

/** Opens a world for the length of `use`. */
export async function withWorld(options: WorldOptions, use: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld(options)
  try {
    await use(world)
  } finally {
    await world.close()
  }
}

/** The files of an archive, from its folder on. */
export function filesOf(archive: string): string[] {
  return readdirSync(archive, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(archive.length + 1))
    .sort()
}

/** The lines of all parts of a kind. */
export function linesIn(archive: string, kind: 'events' | 'names' | 'roles'): string[] {
  return filesOf(archive)
    .filter(file => file.startsWith(`${kind}/`) && file.endsWith('.gz'))
    .flatMap(file =>
      gunzipSync(readFileSync(join(archive, file)))
        .toString()
        .split('\n'),
    )
    .filter(line => line !== '')
}
