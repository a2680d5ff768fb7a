import type { ApiName, AuditEvent } from '../../capi/event.ts'
import { type Completeness, createTally } from './completeness.ts'
import { type Findings, readDocuments } from './documents.ts'
import { findInputs, type Input, keep, mentions, type Stdin } from './inputs.ts'
import { createNameCollector, nameKeys, type SavedNames } from './names.ts'

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

  /** The names read so far from beside the events, by GUID. */
  names(): SavedNames

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
    names: names.all,
    api: () => (found.apis.size === 2 ? 'both' : [...found.apis][0]),
    envelope: () => found.envelope,
    completeness: found.tally.completeness,
    noise: () => found.noise,
    doubles: () => found.doubles,
  }
}
