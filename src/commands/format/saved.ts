import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isArchive } from '../../archive/manifest.ts'
import { namesIn, openPeriod } from '../../archive/read.ts'
import type { ApiName, AuditEvent } from '../../capi/event.ts'
import type { Context } from '../../context.ts'
import { Incomplete, UsageError } from '../../errors.ts'
import type { Statement } from '../../evidence/statement.ts'
import { eventsOf, isBag, verifyBag } from '../../evidence/verify.ts'
import type { Window } from '../../options/window.ts'
import { type Completeness, createTally } from './completeness.ts'
import { type Findings, readDocuments } from './documents.ts'
import { findInputs, type Input, keep, mentions, type Stdin } from './inputs.ts'
import { createNameCollector, nameKeys, type SavedNames } from './names.ts'
import type { JsonObject } from './shape.ts'

/** Saved events. They are read once, from the first input to the last. */
export interface Saved {
  /** How a message names the input: by its path, if there is one. */
  readonly name: string
  /** Whether --org chose the events already. */
  readonly isOfOrgs?: boolean
  /**
   * Each event once, some at a time, in the order in which they stand. Those of one array are of one API.
   * @throws Failed for anything that is neither an event nor known to hold none, by file and line.
   */
  readonly events: AsyncIterable<AuditEvent[]>

  /** The names that stand beside the events. They grow as the events are read. */
  readonly names: SavedNames

  // The rest is valid when the events have been read.

  /** Whose events these are; undefined where there are none. */
  api(): ApiName | 'both' | undefined
  /** The envelope of the first page; undefined where there is none. */
  envelope(): unknown
  completeness(): Completeness
  /** How many lines were ignored because they are known to hold nothing of an answer. */
  noise(): number
  /** How many times an event was there again. */
  doubles(): number
}

/**
 * Opens an archive, an evidence folder, or files and folders of saved JSON.
 * @param orgs of an archive, by name or GUID; undefined: all.
 * @param namesFirst whether all names have to be known before the first event.
 * @throws UsageError for a path that cannot be read.
 */
export async function openPaths(
  paths: readonly string[],
  window: Window,
  orgs: readonly string[] | undefined,
  namesFirst: boolean,
  { stdin, signal, version }: Pick<Context, 'stdin' | 'signal' | 'version'>,
): Promise<Saved> {
  for (const path of paths) {
    const what = (await isArchive(path)) ? 'an archive' : (await isBag(path)) ? 'evidence' : undefined
    if (what === undefined) continue
    if (paths.length > 1) {
      throw new UsageError(
        `${path} is ${what}, and cannot be combined with other paths.`,
        `Name only ${path}.`,
      )
    }
    return what === 'evidence' ? openBag(path, version) : openArchived(path, window, orgs ?? [])
  }
  return openSaved(paths, stdin, signal, { namesFirst })
}

/** Events that cf-audit has kept: each once, with their names. */
function keptEvents(
  path: string,
  events: Saved['events'],
  api: ApiName,
  names: unknown,
  missing: readonly string[],
): Saved {
  const known = createNameCollector()
  known.addOurs(names as JsonObject)
  return {
    name: path,
    events,
    names: known,
    api: () => api,
    envelope: () => undefined,
    completeness: () => (missing.length === 0 ? { kind: 'complete' } : { kind: 'partial', reasons: missing }),
    noise: () => 0,
    doubles: () => 0,
  }
}

/**
 * Opens an archive: only the parts of the time range and the orgs are read.
 * @throws NotFound for an org that the archive does not have.
 */
async function openArchived(path: string, window: Window, orgs: readonly string[]): Promise<Saved> {
  const { events, reasons, manifests } = await openPeriod(path, orgs, window)
  const { from = '' } = window
  const names = await namesIn(
    path,
    manifests.filter(({ manifest }) => manifest.ended >= from),
  )
  return { ...keptEvents(path, events, 'v3', names, reasons), isOfOrgs: true }
}

/**
 * Opens an evidence folder, once it has been verified.
 * @throws Incomplete when it is damaged.
 */
async function openBag(path: string, version: string): Promise<Saved> {
  const damage = (await verifyBag(path, version)).find(({ state }) => state === 'invalid')
  if (damage !== undefined) {
    throw new Incomplete(
      `${path} is damaged: ${damage.file}: ${damage.finding}.`,
      "Run 'cf-audit verify' for all damage, and ask for the original.",
    )
  }
  const json = async (name: string) => JSON.parse(await readFile(join(path, name), 'utf8')) as unknown
  const { api, verdict } = (await json('statement.json')) as Statement
  const events = eventsOf(join(path, 'data/events.ndjson'), api.read_through)
  const { state, reasons } = verdict.events
  return keptEvents(
    path,
    events,
    api.read_through,
    await json('data/names.json'),
    state === 'complete' ? [] : reasons,
  )
}

/**
 * Opens saved JSON: pages of either API, arrays, streams and single events, in any mix.
 * @param paths files and folders; none, or '-': stdin.
 * @param options namesFirst: all names are read before the first event. What can be read only once waits in a private file.
 * @throws UsageError for a path that cannot be read.
 */
export async function openSaved(
  paths: readonly string[],
  stdin: Stdin,
  signal: AbortSignal,
  { namesFirst = false }: { readonly namesFirst?: boolean } = {},
): Promise<Saved> {
  const inputs = await findInputs(paths, stdin)
  const names = createNameCollector()
  const newFindings = (): Findings => ({
    tally: createTally(),
    names,
    apis: new Set(),
    envelope: undefined,
    noise: 0,
    doubles: 0,
  })
  const found = newFindings()

  async function* readAll(): AsyncGenerator<AuditEvent[]> {
    for (const input of inputs) yield* readDocuments(input, found, signal)
  }

  async function* readNamesFirst(): AsyncGenerator<AuditEvent[]> {
    const kept: (Input & { close(): Promise<void> })[] = []
    try {
      for (const input of inputs) kept.push(await keep(input, signal))
      for (const input of kept) {
        if (!(await mentions(nameKeys, input, signal))) continue
        for await (const _ of readDocuments(input, newFindings(), signal)) {
          // Only the names matter.
        }
      }
      for (const input of kept) yield* readDocuments(input, found, signal)
    } finally {
      for (const { close } of kept) await close()
    }
  }

  return {
    name: paths.length === 1 && paths[0] !== undefined && paths[0] !== '-' ? paths[0] : 'The input',
    events: namesFirst ? readNamesFirst() : readAll(),
    names,
    api: () => (found.apis.size === 2 ? 'both' : [...found.apis][0]),
    envelope: () => found.envelope,
    completeness: found.tally.completeness,
    noise: () => found.noise,
    doubles: () => found.doubles,
  }
}
