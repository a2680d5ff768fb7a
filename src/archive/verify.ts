import { join } from 'node:path'
import { readEvent } from '../capi/event.ts'
import { GuidSet } from '../capi/guid-set.ts'
import { recoverable } from '../errors.ts'
import type { Finding } from '../evidence/verify.ts'
import { plural } from '../text.ts'
import { chainBreak, filesOf, filesUnder, type OrgRun, readManifests } from './manifest.ts'
import { draftEnding, type EventPart, hashOfFile, type Part, unzippedLines } from './parts.ts'

const valid = (file: string, finding: string): Finding => ({ file, state: 'valid', finding })
const invalid = (file: string, finding: string): Finding => ({ file, state: 'invalid', finding })

/**
 * Checks an archive: the chain of its manifests, each part against its hash, its lines and its place, and the coverage that
 * runs claim against what they read. Nothing is asked of Cloud Foundry.
 */
export async function verifyArchive(archive: string): Promise<Finding[]> {
  let manifests: Awaited<ReturnType<typeof readManifests>>
  try {
    manifests = await readManifests(archive)
  } catch (error) {
    return [invalid('runs', recoverable(error).message)]
  }
  const findings: Finding[] = []
  const named = new Set<string>()
  const seen = new GuidSet()
  if (manifests.length === 0) findings.push(invalid('runs', 'holds no manifest'))
  for (const [index, stored] of manifests.entries()) {
    const { file, manifest } = stored
    const { previous } = manifest
    const wrong = chainBreak(stored, manifests[index - 1])
    if (wrong !== undefined) findings.push(invalid(wrong.file, wrong.problem))
    else findings.push(valid(file, previous === null ? 'the first run' : `follows ${previous.file}`))
    for (const org of manifest.orgs) {
      if (org.covers !== null && (org.covers.from < org.read.from || org.covers.until > org.read.until)) {
        findings.push(invalid(file, `claims more of ${org.name} than it read`))
      }
      const lines = org.parts.reduce((sum, part) => sum + part.lines, 0)
      if (lines !== org.added) {
        findings.push(invalid(file, `says ${plural(org.added, 'event')} of ${org.name}, its parts ${lines}`))
      }
      findings.push(...(await verifyParts(archive, org, seen)))
    }
    for (const { path } of filesOf(manifest)) named.add(path)
  }
  for (const folder of ['events', 'names', 'roles']) {
    for (const file of await filesUnder(archive, folder)) {
      if (named.has(file) || file.endsWith(draftEnding)) continue
      findings.push(invalid(file, 'added: no run lists it'))
    }
  }
  return findings
}

async function verifyParts(archive: string, org: OrgRun, seen: GuidSet): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const part of org.parts) findings.push(await verifyPart(archive, part, eventCheck(part, seen)))
  for (const part of [org.names, org.roles])
    if (part !== null) findings.push(await verifyPart(archive, part, () => undefined))
  return findings
}

async function verifyPart(
  archive: string,
  part: Part,
  check: (line: Buffer) => string | undefined,
): Promise<Finding> {
  const { path, sha256, lines } = part
  let count = 0
  try {
    const hash = await hashOfFile(join(archive, path))
    if (hash === undefined) return invalid(path, 'missing')
    if (hash !== sha256) return invalid(path, 'hash does not match: changed or cut')
    for await (const line of unzippedLines(archive, path)) {
      count++
      const wrong = check(line)
      if (wrong !== undefined) return invalid(path, wrong)
    }
  } catch (error) {
    return invalid(path, recoverable(error).message)
  }
  if (count !== lines) return invalid(path, `holds ${plural(count, 'line')}, its manifest says ${lines}`)
  return valid(path, `hash matches, ${plural(count, 'line')}`)
}

function eventCheck({ path, first, last }: EventPart, seen: GuidSet) {
  const [, org, month] = /\/org=([^/]+)\/month=([^/]+)\//.exec(path) ?? []
  return (line: Buffer): string | undefined => {
    const { guid, time, orgGuid } = readEvent(line, 'v3', 'an event')
    if (time < first || time > last || !time.startsWith(month ?? ''))
      return `event ${guid} is outside its time range`
    if (org !== 'none' && orgGuid !== org) return `event ${guid} belongs to another org`
    if (seen.add(guid) !== undefined) return `event ${guid} appears twice`
    return undefined
  }
}
