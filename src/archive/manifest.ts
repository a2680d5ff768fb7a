import { createHash } from 'node:crypto'
import { open, readdir, readFile, rename } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { textAt, valueAt } from '../capi/event.ts'
import type { Cf } from '../cf/cf.ts'
import type { Login } from '../cf/config-file.ts'
import { Failed, UsageError } from '../errors.ts'
import type { Verdict } from '../evidence/verdict.ts'
import { codeOf } from '../output/files.ts'
import { shellPath } from '../text.ts'
import { seconds } from '../time.ts'
import { archiveNotWritable, damaged, type EventPart, type Part, syncFolder, unreadable } from './parts.ts'

/** The version of the layout of an archive. */
export const archiveVersion = 1

/** `[from, until)`, as `YYYY-MM-DDThh:mm:ssZ`. */
export interface Range {
  readonly from: string
  readonly until: string
}

/** A part with roles. */
export interface RolePart extends Part {
  readonly read_at: string
  /** Whether the user could list the roles of every space; undefined in archives of older versions. */
  readonly whole?: boolean
}

/** Stands for all orgs that the user can see, plus events outside any org. */
export const allOrgs = '*'

/** What one run did for one org. */
export interface OrgRun {
  /** allOrgs: one listing of them all. */
  readonly guid: string
  readonly name: string
  /** What was asked of Cloud Foundry. */
  readonly read: Range
  readonly counted: number
  /** Events that were not in the archive before. */
  readonly added: number
  readonly parts: readonly EventPart[]
  readonly names: Part | null
  readonly roles: RolePart | null
  /** What is known to be archived without exception from here on; null under less than whole visibility. */
  readonly covers: Range | null
  /** What Cloud Foundry had deleted before it was read; null for nothing. */
  readonly gap: Range | null
  /** GUIDs of archived events that Cloud Foundry no longer has, though it should. */
  readonly vanished: readonly string[]
  readonly verdict: Verdict
}

/** A run of `archive update`: what it wrote, and the run before it. */
export interface Manifest {
  readonly version: typeof archiveVersion
  readonly run: string
  readonly started: string
  readonly ended: string
  readonly tool: { readonly name: 'cf-audit'; readonly version: string }
  readonly foundation: { readonly host: string; readonly url: string }
  readonly user: string
  readonly previous: { readonly file: string; readonly sha256: string } | null
  readonly orgs: readonly OrgRun[]
}

/** A manifest as it lies in the archive. */
export interface StoredManifest {
  /** From the archive on. */
  readonly file: string
  readonly sha256: string
  readonly manifest: Manifest
}

export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')

/** Whether a folder is an archive. */
export async function isArchive(path: string): Promise<boolean> {
  return (await entriesOf(join(path, 'runs'))) !== undefined
}

/** @throws UsageError for a folder that is not an archive. */
export async function assertArchive(path: string): Promise<void> {
  if (await isArchive(path)) return
  throw new UsageError(
    `${path} is not an archive.`,
    `Start one with: cf-audit archive update ${shellPath(path)} ORG`,
  )
}

/**
 * The runs of an archive, oldest first. Where one is missing or changed, nothing of the archive can be relied on: the parts
 * of a run that is missing look like leftovers.
 * @throws Failed for a chain that is not whole.
 */
export async function readChain(archive: string): Promise<StoredManifest[]> {
  const manifests = await readManifests(archive)
  const broken = firstBreak(manifests)
  if (broken === undefined) return manifests
  throw damaged(archive, `${archive} is damaged: ${broken.file} ${broken.problem}`)
}

/**
 * The runs of an archive, oldest first, whether or not their chain is whole.
 * @throws Failed for a manifest that cannot be read.
 */
export async function readManifests(path: string): Promise<StoredManifest[]> {
  const names = ((await entriesOf(join(path, 'runs'))) ?? []).filter(name => name.endsWith('.json')).sort()
  return Promise.all(
    names.map(async name => {
      const file = `runs/${name}`
      const text = await readFile(join(path, file), 'utf8').catch(error => {
        throw unreadable(join(path, file), error)
      })
      return { file, sha256: sha256(text), manifest: manifestIn(path, text, file) }
    }),
  )
}

function manifestIn(archive: string, text: string, file: string): Manifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw damaged(archive, `${file} is damaged: it is not JSON`, cause)
  }
  const orgs = valueAt(json, 'orgs')
  if (
    valueAt(json, 'version') !== archiveVersion ||
    !Array.isArray(orgs) ||
    orgs.some(org => textAt(org, 'guid') === '' || !Array.isArray(valueAt(org, 'parts'))) ||
    [['run'], ['ended'], ['foundation', 'host']].some(path => textAt(json, ...path) === '') ||
    valueAt(json, 'previous') === undefined
  ) {
    throw new Failed(
      `${file} is not a manifest that this version of cf-audit can read.`,
      'Update cf-audit, or check what wrote this file.',
    )
  }
  const manifest = json as Manifest
  for (const { path } of filesOf(manifest)) {
    if (isPartPath(path)) continue
    throw new Failed(`${file} names a file outside the archive: ${path}.`, 'Check what wrote this file.')
  }
  return manifest
}

/** What is wrong between a run and the one before it, and in which file. */
export function chainBreak(
  { file, manifest: { previous } }: StoredManifest,
  before: StoredManifest | undefined,
): { readonly file: string; readonly problem: string } | undefined {
  if (previous === null) {
    return before && { file, problem: `says it is the first run, but ${before.file} comes before it` }
  }
  if (previous.file !== before?.file) {
    const found = before === undefined ? 'missing' : `not the run before it (${before.file})`
    return { file, problem: `follows ${previous.file}, which is ${found}` }
  }
  if (previous.sha256 === before.sha256) return undefined
  return { file: previous.file, problem: `hash does not match what ${file} says: changed or cut` }
}

/** The first break of a chain. */
export const firstBreak = (manifests: readonly StoredManifest[]) =>
  manifests.map((stored, index) => chainBreak(stored, manifests[index - 1])).find(each => each !== undefined)

/** The files that a run wrote beside its manifest. */
export const filesOf = ({ orgs }: Manifest): Part[] =>
  orgs.flatMap(({ parts, names, roles }) => [...parts, ...(names ? [names] : []), ...(roles ? [roles] : [])])

// An archive may come from somebody else.
const isPartPath = (path: unknown) =>
  typeof path === 'string' && /^(events|names|roles)(\/[\w=-][\w=.-]*)+$/.test(path)

/**
 * Who is logged in, and at which foundation.
 * @throws Failed when that is unknown.
 */
export async function loginOf(cf: Pick<Cf, 'savedLogin'>): Promise<Login & { readonly host: string }> {
  const login = await cf.savedLogin()
  if (login !== undefined) return { ...login, host: new URL(login.api).host }
  throw new Failed(
    'cannot tell which foundation cf targets: its configuration cannot be read.',
    "Check CF_HOME, or run 'cf-audit doctor'.",
  )
}

/** A host as a part of a path: Windows allows no colon, and the address of IPv6 has several. */
export const hostPart = (host: string) => host.replace(/[^\w.-]/g, '_')

/** The names in a folder; undefined when there is no such folder. */
async function entriesOf(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
}

/** The files in a folder of an archive and below, from the archive on. */
export async function filesUnder(archive: string, folder: string): Promise<string[]> {
  if ((await entriesOf(join(archive, folder))) === undefined) return []
  const entries = await readdir(join(archive, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(archive, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/**
 * Writes a manifest. Its rename into place is the only moment at which a run counts.
 * @param before the name of the newest manifest. Names sort by time, even after a clock was set back.
 */
export async function writeManifest(
  path: string,
  manifest: Manifest,
  before: string | undefined,
): Promise<void> {
  const stamp = (time: string) => time.replace(/[-:]/g, '')
  const [, year, month, day, hours, minutes, secs] =
    /^runs\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(before ?? '')?.map(Number) ?? []
  const next = year === undefined ? '' : seconds(Date.UTC(year, month! - 1, day, hours, minutes, secs! + 1))
  const name = `${stamp(manifest.ended > next ? manifest.ended : next)}-${manifest.run}.json`
  const draft = join(path, 'runs', `.${name}.partial`)
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(manifest, null, 1)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, join(path, 'runs', name))
    await syncFolder(join(path, 'runs'))
  } catch (error) {
    throw archiveNotWritable(path, error)
  }
}
