import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditEvent, readEvent, valueAt } from '../capi/event.ts'
import { recoverable } from '../errors.ts'
import { codeOf, linesOf } from '../output/files.ts'
import { plural } from '../text.ts'
import { isPayload } from './bag.ts'
import { columnsVersion, coverageOf, type Statement, statementVersion } from './statement.ts'
import {
  type BagData,
  csvOf,
  deriveViews,
  eventViews,
  placeNamesFrom,
  rolesFrom,
  roleViews,
  type View,
} from './views.ts'

/** What was found about one file of a bag, or about the bag as a whole. */
export interface Finding {
  readonly file: string
  readonly state: 'valid' | 'invalid' | 'not compared'
  readonly finding: string
}

const valid = (file: string, finding: string): Finding => ({ file, state: 'valid', finding })
const invalid = (file: string, finding: string): Finding => ({ file, state: 'invalid', finding })

/** Whether a folder is meant to be a bag. */
export async function isBag(path: string): Promise<boolean> {
  return (await textOf(join(path, 'bagit.txt')))?.startsWith('BagIt-Version:') ?? false
}

/**
 * Checks a bag: its files against the manifests, its statement against its events, and its CSV files against what its
 * events, names and roles give again. Nothing is asked of Cloud Foundry. What somebody who has this tool made anew as a
 * whole cannot be told from the real bag: only a signature shows that.
 */
export async function verifyBag(path: string): Promise<Finding[]> {
  const findings = await verifyFiles(path)
  const text = await textOf(join(path, 'statement.json'))
  const statement = text === undefined ? undefined : (parsed(text) as Statement | undefined)
  if (statement === undefined || typeof valueAt(statement, 'version') !== 'number') {
    return [...findings, invalid('statement.json', 'not a statement of cf-audit')]
  }
  if (statement.version !== statementVersion || statement.columns !== columnsVersion) {
    return [
      ...findings,
      {
        file: 'statement.json',
        state: 'not compared',
        finding: `its version ${statement.version} (columns ${statement.columns}) is not known to this version of cf-audit`,
      },
    ]
  }
  try {
    return [...findings, ...(await verifyContents(path, statement))]
  } catch (error) {
    return [...findings, invalid('data/events.ndjson', recoverable(error).message)]
  }
}

// Files

async function verifyFiles(path: string): Promise<Finding[]> {
  const findings: Finding[] = []
  const manifests = await Promise.all(
    ['manifest-sha256.txt', 'tagmanifest-sha256.txt'].map(
      async name => [name, manifestOf(await textOf(join(path, name)))] as const,
    ),
  )
  const listed = new Map<string, string>()
  for (const [name, entries] of manifests) {
    if (entries === undefined) findings.push(invalid(name, 'missing, or not a manifest'))
    for (const [file, hash] of entries ?? []) listed.set(file, hash)
  }
  const present = await filesIn(path)
  for (const [file, hash] of listed) {
    if (!present.includes(file)) {
      findings.push(invalid(file, 'missing'))
      continue
    }
    const found = await hashOf(join(path, file))
    findings.push(
      found.hash === hash ? valid(file, 'hash matches') : invalid(file, await damage(join(path, file), hash)),
    )
  }
  for (const file of present) {
    if (listed.has(file) || file === 'tagmanifest-sha256.txt') continue
    if (file.startsWith('tagmanifest-sha256.txt.')) findings.push(valid(file, signatureAdvice(file)))
    else findings.push(invalid(file, 'added: no manifest lists it'))
  }
  const oxum = /^Payload-Oxum: (\d+)\.(\d+)$/m.exec((await textOf(join(path, 'bag-info.txt'))) ?? '')
  const payload = present.filter(isPayload)
  const sizes = await Promise.all(payload.map(async file => (await stat(join(path, file))).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  if (oxum === null) findings.push(invalid('bag-info.txt', 'has no Payload-Oxum'))
  else if (Number(oxum[1]) !== bytes || Number(oxum[2]) !== payload.length) {
    findings.push(
      invalid(
        'bag-info.txt',
        `Payload-Oxum is ${oxum[1]}.${oxum[2]}, the payload is ${bytes}.${payload.length}`,
      ),
    )
  }
  return findings
}

const signatureAdvice = (file: string) =>
  file.endsWith('.sig')
    ? `a signature; check it with: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER -n file -s ${file} < tagmanifest-sha256.txt`
    : 'a signature; check it with the tool that made it'

/** Line ends that a transfer has changed are the most common damage, and can be told from others. */
async function damage(file: string, hash: string): Promise<string> {
  const bytes = await readFile(file)
  const sha = (data: Buffer) => createHash('sha256').update(data).digest('hex')
  if (
    bytes.includes('\r\n') &&
    sha(Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')) === hash
  ) {
    return 'hash does not match: line ends were changed to CRLF, by a transfer or an editor'
  }
  return 'hash does not match: changed or cut'
}

function manifestOf(text: string | undefined): Map<string, string> | undefined {
  if (text === undefined) return undefined
  const lines = text.split(/\r?\n/).filter(line => line !== '')
  const entries = lines.map(line => /^([0-9a-f]{64}) [ *](.+)$/.exec(line))
  if (!entries.every(entry => entry !== null)) return undefined
  return new Map(entries.map(([, hash, file]) => [file!, hash!]))
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(join(path, '/').length).replaceAll('\\', '/'))
    .sort()
}

async function hashOf(file: string): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { hash: hash.digest('hex'), bytes }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

// Contents

async function verifyContents(path: string, statement: Statement): Promise<Finding[]> {
  const findings: Finding[] = []
  const names = placeNamesFrom(parsed((await textOf(join(path, 'data/names.json'))) ?? ''))
  const lines = ((await textOf(join(path, 'data/roles.ndjson'))) ?? '')
    .split('\n')
    .filter(line => line !== '')
  const data: BagData = { names, roles: rolesFrom(lines.map(parsed)), coverage: coverageOf(statement) }
  const seen = new Set<string>()
  let [first, last] = ['', '']
  const hashes = new Map<string, ReturnType<typeof createCsvHash>>(
    [...eventViews(names), ...roleViews]
      .filter(({ isFile }) => isFile)
      .map(view => [view.name, createCsvHash(view)]),
  )
  await deriveViews(
    eventsOf(join(path, 'data/events.ndjson'), statement.api.read_through),
    data,
    { rows: async (view, rows) => hashes.get(view.name)?.rows(rows) },
    ({ guid, time }) => {
      seen.add(guid)
      if (first === '' || time < first) first = time
      if (time > last) last = time
    },
  )
  const { exported, first: saidFirst, last: saidLast } = statement.events
  if (seen.size !== exported) {
    findings.push(
      invalid('data/events.ndjson', `holds ${plural(seen.size, 'event')}, the statement says ${exported}`),
    )
  } else if ((saidFirst ?? '') !== first || (saidLast ?? '') !== last) {
    findings.push(
      invalid(
        'data/events.ndjson',
        `spans ${first} to ${last}, the statement says ${saidFirst} to ${saidLast}`,
      ),
    )
  } else findings.push(valid('data/events.ndjson', `${plural(exported, 'event')}, as the statement says`))
  if (lines.length !== statement.roles.exported) {
    findings.push(
      invalid(
        'data/roles.ndjson',
        `holds ${plural(lines.length, 'role')}, the statement says ${statement.roles.exported}`,
      ),
    )
  }
  for (const [name, derived] of hashes) {
    const file = `data/${name}.csv`
    const text = await hashOf(join(path, file)).catch(() => undefined)
    if (text === undefined) continue // Missing, which was said before.
    findings.push(
      text.hash === derived.digest()
        ? valid(file, 'agrees with events, names and roles')
        : invalid(file, 'does not agree with what events, names and roles give'),
    )
  }
  return findings
}

function createCsvHash(view: View) {
  const csv = csvOf(view)
  const hash = createHash('sha256').update(csv.head())
  return {
    rows(rows: readonly (readonly string[])[]): void {
      for (const row of rows) hash.update(csv.row(row))
    },
    digest: () => hash.digest('hex'),
  }
}

/** The events of a file of events, a thousand at a time. @throws Failed for a line that is no event. */
export async function* eventsOf(file: string, api: 'v2' | 'v3'): AsyncGenerator<AuditEvent[]> {
  let page: AuditEvent[] = []
  let number = 0
  for await (const line of linesOf(file)) {
    number++
    if (line.length === 0) continue
    page.push(readEvent(line, api, `line ${number} of ${file}`))
    if (page.length < 1000) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
