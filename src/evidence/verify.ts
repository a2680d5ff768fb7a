import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../cache.ts'
import { type AuditEvent, readEvent, textAt, valueAt } from '../capi/event.ts'
import { GuidSet } from '../capi/guid-set.ts'
import { recoverable } from '../errors.ts'
import { codeOf, linesOf } from '../output/files.ts'
import { joinNames, plural } from '../text.ts'
import { createReview } from './access-review.ts'
import { isPayload } from './bag.ts'
import { createReviewPage } from './review-page.ts'
import {
  columnsVersion,
  coverageOf,
  externalId,
  faultOf,
  type Statement,
  statementVersion,
} from './statement.ts'
import { judge } from './verdict.ts'
import {
  csvOf,
  eventViews,
  namedRow,
  placeNamesFrom,
  roleRowsIn,
  rolesFrom,
  roleViews,
  rowsIn,
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
const notCompared = (file: string, finding: string): Finding => ({ file, state: 'not compared', finding })

const manifestFile = 'manifest-sha256.txt'
const tagManifestFile = 'tagmanifest-sha256.txt'
const eventsFile = 'data/events.ndjson'
const rolesFile = 'data/roles.ndjson'
const namesFile = 'data/names.json'
const pageFile = 'data/review.html'

const tables = [...eventViews, ...roleViews].filter(({ isFile }) => isFile)
/** What every bag has besides the files that it is derived from. */
const derivedFiles = [...tables.map(({ name }) => `data/${name}.csv`), pageFile, 'data/review.xlsx']

/** Whether a folder is a bag, or what is left of one. */
export async function isBag(path: string): Promise<boolean> {
  const texts = await Promise.all(
    ['bagit.txt', manifestFile, tagManifestFile].map(name => textOf(join(path, name))),
  )
  return texts.some(text => text !== undefined)
}

/**
 * Checks a bag: its files against the manifests, its statement against its events, and its CSV files against what its
 * events, names and roles give again. It asks nothing of Cloud Foundry. A bag that somebody with this tool wrote anew as
 * a whole looks like any other: only a signature shows the difference.
 * @param version of cf-audit: the page is derived again only if the same version wrote it.
 */
export async function verifyBag(path: string, version: string): Promise<Finding[]> {
  const { findings, intact } = await verifyFiles(path)
  const damaged = ['statement.json', eventsFile, namesFile, rolesFile].filter(file => !intact.has(file))
  if (damaged.length > 0) {
    // Without a manifest that has been said already.
    const isSaid = findings.some(({ file }) => file === 'data/*')
    const files = `${joinNames(damaged)} cannot be relied on`
    return isSaid ? findings : [...findings, notCompared('data/*.csv', files)]
  }
  const statement = parseJson((await textOf(join(path, 'statement.json'))) ?? '') as Statement | undefined
  if (statement === undefined || typeof valueAt(statement, 'version') !== 'number') {
    return [...findings, invalid('statement.json', 'not a statement of cf-audit')]
  }
  if (statement.version !== statementVersion || statement.columns !== columnsVersion) {
    const what = `version ${statement.version} (columns ${statement.columns})`
    return [...findings, notCompared('statement.json', `this version of cf-audit does not know its ${what}`)]
  }
  const fault = faultOf(statement)
  if (fault !== undefined) return [...findings, invalid('statement.json', `${fault} is missing or invalid`)]
  try {
    const known = new Set(findings.map(({ file }) => file))
    const lost = derivedFiles.filter(file => !known.has(file))
    return [
      ...findings,
      ...lost.map(file => invalid(file, 'missing: no manifest lists it')),
      ...(await verifyContents(path, statement, version, intact)),
    ]
  } catch (error) {
    return [...findings, invalid(eventsFile, recoverable(error).message)]
  }
}

// Files

interface FileCheck {
  readonly findings: Finding[]
  /** The files whose hash is the one that a manifest lists. */
  readonly intact: ReadonlySet<string>
}

async function verifyFiles(path: string): Promise<FileCheck> {
  const findings: Finding[] = []
  const intact = new Set<string>()
  const present = await filesIn(path)
  const [tagText, payloadText] = await Promise.all([
    textOf(join(path, tagManifestFile)),
    textOf(join(path, manifestFile)),
  ])
  const tags = manifestOf(tagText)
  const payload = manifestOf(payloadText)
  if (tags === undefined)
    findings.push(invalid(tagManifestFile, tagText === undefined ? 'missing' : 'not a manifest'))
  // No manifest lists this one.
  else if (tagText?.includes('\r')) findings.push(invalid(tagManifestFile, crlf))

  const isSignature = (file: string) => file.startsWith(`${tagManifestFile}.`)
  const isListed = (file: string) =>
    tags?.has(file) || payload?.has(file) || file === tagManifestFile || isSignature(file)
  const unlisted = new Map<string, string>()
  for (const file of present.keys()) {
    if (!isListed(file)) unlisted.set((await look(join(path, file))).hash, file)
  }
  const renamed = new Set<string>()
  async function check(listed: ReadonlyMap<string, string>): Promise<void> {
    for (const [file, hash] of listed) {
      if (!present.has(file)) {
        const now = unlisted.get(hash)
        if (now !== undefined) renamed.add(now)
        findings.push(invalid(file, now === undefined ? 'missing' : `renamed to ${now}`))
        continue
      }
      const found = await look(join(path, file))
      if (found.hash === hash) intact.add(file)
      findings.push(found.hash === hash ? valid(file, 'hash matches') : invalid(file, damage(file, found)))
    }
  }
  await check(tags ?? new Map())
  const isKnown = findings.some(({ file, state }) => file === manifestFile && state === 'invalid')
  if (payload === undefined && !isKnown)
    findings.push(invalid(manifestFile, payloadText === undefined ? 'missing' : 'not a manifest'))
  // Changed line ends leave it readable. Nothing else that was changed can be relied on.
  const isReliable = !isKnown || intact.has(manifestFile) || payloadText?.includes('\r\n')
  if (payload !== undefined && isReliable) await check(payload)
  else findings.push(notCompared('data/*', `${manifestFile} cannot be relied on`))

  for (const file of present.keys()) {
    if (isSignature(file)) findings.push(valid(file, signatureAdvice(file)))
    if (isListed(file) || renamed.has(file)) continue
    if (isPayload(file) ? isReliable && payload : tags)
      findings.push(invalid(file, 'added: no manifest lists it'))
  }
  return { findings: [...findings, ...(await verifySize(path, present, findings))], intact }
}

/** The size of the payload. What is wrong with one of its files has been found before. */
async function verifySize(
  path: string,
  present: ReadonlyMap<string, number>,
  findings: readonly Finding[],
): Promise<Finding[]> {
  const isAbout = (file: string) => isPayload(file) || file === 'bag-info.txt' || file === manifestFile
  if (findings.some(({ file, state }) => state === 'invalid' && isAbout(file))) return []
  const info = (await textOf(join(path, 'bag-info.txt'))) ?? ''
  const [, saidBytes, saidFiles] = /^Payload-Oxum: (\d+)\.(\d+)\r?$/m.exec(info) ?? []
  const sizes = [...present].filter(([file]) => isPayload(file)).map(([, size]) => size)
  const size = `${sizes.reduce((sum, each) => sum + each, 0)}.${sizes.length}`
  if (`${saidBytes}.${saidFiles}` === size) return []
  if (saidBytes === undefined) return [invalid('bag-info.txt', 'has no Payload-Oxum')]
  return [
    invalid(
      'bag-info.txt',
      `Payload-Oxum is ${saidBytes}.${saidFiles}, but the payload is ${size} (bytes.files)`,
    ),
  ]
}

const signatureAdvice = (file: string) =>
  file.endsWith('.sig')
    ? `a signature; check it with: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER -n file -s ${file} < ${tagManifestFile}`
    : 'a signature; check it with the tool that made it'

function manifestOf(text: string | undefined): Map<string, string> | undefined {
  const lines = (text ?? '').split(/\r?\n/).filter(line => line !== '')
  const entries = lines.map(line => /^([0-9a-f]{64}) [ *](.+)$/.exec(line))
  if (lines.length === 0 || !entries.every(entry => entry !== null)) return undefined
  return new Map(entries.map(([, hash, file]) => [file!, hash!]))
}

/** The files of a folder, by name, with their sizes in bytes. */
async function filesIn(path: string): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(join(path, '/').length).replaceAll('\\', '/'))
    .sort()
  const sized = files.map(async file => {
    const { size } = await stat(join(path, file)).catch(missing)
    return [file, size] as const
  })
  return new Map(await Promise.all(sized))
}

function missing(error: unknown): { readonly size: number } {
  if (codeOf(error) === undefined) throw error
  return { size: 0 }
}

/** What one reading of a file shows. */
interface Look {
  /** '' for what cannot be read. */
  readonly hash: string
  readonly problem: string | undefined
  readonly size: number
  readonly lines: number
  readonly crlfLines: number
  /** The last bytes. */
  readonly end: Buffer
}

const endOfZip = 22

async function look(file: string): Promise<Look> {
  const hash = createHash('sha256')
  let [size, lines, crlfLines] = [0, 0, 0]
  let end: Buffer = Buffer.alloc(0)
  try {
    if (!(await lstat(file)).isFile())
      return { hash: '', problem: 'not a regular file', size, lines, crlfLines, end }
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      size += chunk.length
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) {
        lines++
        if ((at === 0 ? end.at(-1) : chunk[at - 1]) === 0x0d) crlfLines++
      }
      end = Buffer.concat([end, chunk.subarray(-endOfZip)]).subarray(-endOfZip)
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return { hash: '', problem: `cannot be read: ${codeOf(error)}`, size, lines, crlfLines, end }
  }
  return { hash: hash.digest('hex'), problem: undefined, size, lines, crlfLines, end }
}

const crlf = 'line ends were changed to CRLF, by a transfer or an editor'

/** What happened to a file whose hash does not match. */
function damage(file: string, { problem, size, lines, crlfLines, end }: Look): string {
  if (problem !== undefined) return problem
  if (size === 0) return 'hash does not match: empty'
  if (file.endsWith('.xlsx')) {
    // A zip ends with its directory (PKWARE APPNOTE, 4.3.16).
    return end.toString('latin1').startsWith('PK\x05\x06')
      ? 'hash does not match: changed'
      : 'hash does not match: cut short'
  }
  // Each line that we write ends with LF alone; a name may hold CRLF.
  if (lines > 0 && crlfLines === lines) return `hash does not match: ${crlf}`
  return `hash does not match: ${end.at(-1) === 0x0a ? 'changed' : 'cut short'}`
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

// Contents

async function verifyContents(
  path: string,
  statement: Statement,
  version: string,
  intact: ReadonlySet<string>,
): Promise<Finding[]> {
  const findings = intact.has('bag-info.txt') ? await verifyStatement(path, statement) : []
  const withoutTables = (all: readonly Finding[]) => {
    const files = [...new Set(all.filter(({ state }) => state === 'invalid').map(({ file }) => file))]
    return [...all, notCompared('data/*.csv', `${joinNames(files)} cannot be relied on`)]
  }
  if (findings.length > 0) return withoutTables(findings)
  const names = parseJson((await textOf(join(path, namesFile))) ?? '')
  if (names === undefined) return [...findings, invalid(namesFile, 'not JSON')]
  const roles = ((await textOf(join(path, rolesFile))) ?? '')
    .split('\n')
    .filter(line => line !== '')
    .map(parseJson)
  if (roles.includes(undefined)) return [...findings, invalid(rolesFile, 'not JSON, line by line')]
  findings.push(...verifyRoles(roles, statement))

  const placeNames = placeNamesFrom(names)
  const page = createReviewPage()
  const review = createReview()
  const facts = createEventFacts(statement)
  const derived = new Map(tables.map(view => [view.name, createCsvHash(view)] as const))
  for await (const events of eventsOf(join(path, eventsFile), statement.api.read_through)) {
    for (const event of events) {
      facts.note(event)
      page.note(event)
      review.note(event)
    }
    for (const [{ name }, rows] of rowsIn(events))
      derived.get(name)?.rows(rows.map(row => namedRow(row, placeNames)))
  }
  const held = rolesFrom(roles)
  const reviewed = review.rows(held, () => coverageOf(statement))
  for (const [{ name }, rows] of roleRowsIn(held, reviewed)) derived.get(name)?.rows(rows)
  findings.push(...facts.findings())
  if (findings.some(({ state }) => state === 'invalid')) {
    return withoutTables(findings)
  }
  for (const [name, csv] of derived) {
    const file = `data/${name}.csv`
    if (!intact.has(file)) continue // It has been found damaged, or missing.
    const { hash, lines } = await look(join(path, file))
    if (hash === csv.digest()) findings.push(valid(file, 'agrees with events, names and roles'))
    else {
      findings.push(
        invalid(
          file,
          lines === csv.lines()
            ? 'a row does not agree with events, names and roles'
            : `has ${plural(lines, 'line')}; events, names and roles give ${plural(csv.lines(), 'line')}`,
        ),
      )
    }
  }
  // Another version may lay it out in another way.
  if (intact.has(pageFile) && statement.tool.version === version) {
    const isSame = (await textOf(join(path, pageFile))) === page.html(statement, reviewed, placeNames)
    findings.push(
      isSame
        ? valid(pageFile, 'agrees with events, names, roles and the statement')
        : invalid(pageFile, 'does not agree with events, names, roles and the statement'),
    )
  }
  return findings
}

async function verifyStatement(path: string, statement: Statement): Promise<Finding[]> {
  const { visibility, asked, read, verdict } = statement
  const info = (await textOf(join(path, 'bag-info.txt'))) ?? ''
  const id = /^External-Identifier: (.*?)\r?$/m.exec(info)?.[1]
  if (id !== externalId(statement)) {
    const bag = id === undefined ? 'has no External-Identifier' : `says ${id}`
    return [
      invalid(
        'statement.json',
        `belongs to another bag: its ID is ${externalId(statement)}, bag-info.txt ${bag}`,
      ),
    ]
  }
  // An archive has what Cloud Foundry has deleted since.
  const period = statement.archive === undefined ? asPeriod(asked) : {}
  const { state } = judge(visibility, period, '', Date.parse(read.started))
  if (state !== verdict.events.state) {
    return [
      invalid(
        'statement.json',
        `its verdict on the events is ${verdict.events.state}, but what it says of visibility and time gives ${state}`,
      ),
    ]
  }
  return []
}

const asPeriod = ({ from, until }: Statement['asked']) => ({
  from: from ?? undefined,
  until: until ?? undefined,
})

function verifyRoles(roles: readonly unknown[], { roles: said }: Statement): Finding[] {
  if (roles.length !== said.exported) {
    return [invalid(rolesFile, `holds ${plural(roles.length, 'role')}, the statement says ${said.exported}`)]
  }
  const other = roles.map(role => textAt(role, 'read_at')).find(time => time !== said.read)
  if (other === undefined) return [valid(rolesFile, `${plural(roles.length, 'role')}, as the statement says`)]
  return [invalid(rolesFile, `was read at ${other}, the statement says ${said.read}`)]
}

/** What the statement says of events, against the events. */
function createEventFacts({ asked, events }: Statement) {
  const guids = new GuidSet()
  const orgs = asked.orgs && new Set(asked.orgs.map(({ guid }) => guid))
  let count = 0
  let [first, last] = ['', '']
  let problem: string | undefined
  return {
    note({ guid, time, orgGuid }: AuditEvent): void {
      if (guids.add(guid) !== undefined) problem ??= `holds event ${guid} twice`
      if (orgs !== null && !orgs.has(orgGuid))
        problem ??= `holds event ${guid}, which belongs to no org in the statement`
      if (time < (asked.from ?? '') || (asked.until !== null && time >= asked.until))
        problem ??= `holds event ${guid}, which is outside the time range in the statement`
      count++
      if (first === '' || time < first) first = time
      if (time > last) last = time
    },
    findings(): Finding[] {
      const { exported } = events
      if (count !== exported) {
        return [
          invalid(
            eventsFile,
            `holds ${plural(count, 'event')}, the statement says ${plural(exported, 'event')}`,
          ),
        ]
      }
      if ((events.first ?? '') !== first || (events.last ?? '') !== last) {
        const said = `${events.first ?? 'none'} to ${events.last ?? 'none'}`
        return [invalid(eventsFile, `spans ${first} to ${last}, the statement says ${said}`)]
      }
      if (problem !== undefined) return [invalid(eventsFile, problem)]
      return [valid(eventsFile, `${plural(exported, 'event')}, as the statement says`)]
    },
  }
}

function createCsvHash(view: View) {
  const csv = csvOf(view)
  const hash = createHash('sha256')
  let lines = 0
  const add = (text: string) => {
    hash.update(text)
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  }
  add(csv.head())
  return {
    rows: (rows: readonly (readonly string[])[]) => add(rows.map(csv.row).join('')),
    lines: () => lines,
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
