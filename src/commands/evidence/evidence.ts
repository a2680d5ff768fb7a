import { allOrgs } from '../../archive/manifest.ts'
import {
  foundationOf,
  namesIn,
  openPeriod,
  type Period,
  type RoleListing,
  roleListings,
} from '../../archive/read.ts'
import { getRoot, type Query } from '../../capi/api.ts'
import type { AuditEvent, Kind } from '../../capi/event.ts'
import { onOneLine } from '../../capi/json-ranges.ts'
import { includedNames } from '../../capi/visibility.ts'
import type { Context } from '../../context.ts'
import { Incomplete, recoverable, UsageError } from '../../errors.ts'
import { createReview } from '../../evidence/access-review.ts'
import { type BagWriter, createBag } from '../../evidence/bag.ts'
import { apisFor, type ListedRoles, openReading, type Reading, tryReadRoles } from '../../evidence/reading.ts'
import { createReviewPage } from '../../evidence/review-page.ts'
import {
  askedPart,
  columnsVersion,
  coverageOf,
  eventsPart,
  externalId,
  type Statement,
  statementVersion,
} from '../../evidence/statement.ts'
import { judge, type Verdict } from '../../evidence/verdict.ts'
import {
  csvOf,
  eventViews,
  namedRow,
  placeNamesFrom,
  roleLines,
  roleRowsIn,
  rolesFrom,
  rowsIn,
  type View,
} from '../../evidence/views.ts'
import { createNameResolver } from '../../names/resolve.ts'
import { createRowSpool, type Spool } from '../../names/spool.ts'
import { defineCommand, type Open, type Parsed, valuesOf } from '../../options/command.ts'
import {
  assertNoConnection,
  connectionOf,
  connectionOptions,
  readingOf,
  readingOptions,
} from '../../options/connection.ts'
import { createRecords } from '../../options/event-output.ts'
import { type ScopeFilter, scopeOf, scopeOptions } from '../../options/scope.ts'
import { type Window, windowOf, windowOptions, windowSentence } from '../../options/window.ts'
import { createWorkbook, type WorkbookAlterations } from '../../output/xlsx.ts'
import { logAlterations } from '../../reports/formats.ts'
import { plural } from '../../text.ts'
import { keptDays, keptSince, seconds } from '../../time.ts'

const { since, until, month } = windowOptions

const options = {
  org: scopeOptions.org,
  'all-orgs': scopeOptions['all-orgs'],
  since,
  until,
  month,
  output: {
    type: 'string',
    alias: 'O',
    group: 'Output',
    value: 'DIR',
    describe: 'The folder to write; it must not exist yet',
  },
  unredacted: { type: 'boolean', group: 'Output', describe: 'Keep credentials that records hold' },
  archive: {
    type: 'string',
    group: 'Scope',
    value: 'DIR',
    describe: 'Read this archive instead of Cloud Foundry; runs no cf',
  },
  ...readingOptions,
  ...connectionOptions,
} as const

const staleDays = 30

export const command = defineCommand({
  about: `Write the evidence of a period into one folder that a third party can check: every event, every report, roles,
a workbook, and a page to print and sign. The folder is a bag (BagIt, RFC 8493): sha256sum and bagit.py check it
without cf-audit. It appears whole, or not at all.`,
  arguments: [{ name: 'ORG…', describe: 'Orgs, by name or GUID (default: the org that cf targets)' }],
  options,
  examples: [
    {
      why: 'The evidence of last month',
      line: 'cf-audit evidence demo-org --month last -O 2026-10',
    },
    { why: 'Check it', line: 'cf-audit verify 2026-10' },
    {
      why: 'Sign it with an SSH key',
      line: 'ssh-keygen -Y sign -n file -f ~/.ssh/id_ed25519 2026-10/tagmanifest-sha256.txt',
    },
  ],
  notes: [
    {
      heading: 'Exit codes',
      text: 'The folder is kept with exit code 6 when its events are not known to be complete: the roles of the user do not show them all, or Cloud Foundry has deleted some. statement.json says why.',
    },
  ],
  run: writeEvidence,
})

async function writeEvidence(args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { messages, progress } = context
  const { output, unredacted = false } = args
  if (output === undefined) throw new UsageError('no output folder given.', 'Name one with -O DIR.')
  const orgs = [...args.words, ...(valuesOf(args.org) ?? [])]
  const scope = scopeOf(
    { org: orgs.length === 0 ? undefined : orgs, allOrgs: args.allOrgs },
    undefined,
    'targeted',
  )
  const started = context.now()
  const window = windowOf(args, started)
  if (args.archive !== undefined) return writeArchived(args.archive, output, orgs, window, args, context)
  const connection = connectionOf(args)
  const { api: asked, concurrency } = readingOf(args)
  const query = (where: ScopeFilter): Query => ({ types: undefined, ...where, ...window, order: 'time' })

  const bag = await createBag(output)
  const tables = createTables(context.signal)
  progress.start()
  try {
    const reading = await openReading(
      { scope, connection, apis: apisFor(asked), concurrency, query },
      context,
    )
    const time = windowSentence(window)
    if (time !== undefined) messages.info(time)
    progress.expect(reading.listing.total)
    const records = createRecords(false, unredacted)
    const { client, cf, where: scoped } = reading
    const findRoles = once(() => tryReadRoles(client, cf, scoped.orgGuids ?? 'all', context))
    const findApi = once(() => Promise.all([apiPart(reading), cfVersion(reading)]))
    // If calls of cf may run in parallel: one beside the pages of events, and more when all pages are there.
    if (reading.concurrency.limit() > 1) {
      void findRoles()
      void reading.listing.answered.then(findApi).catch(() => {}) // Thrown below.
    }
    const names = await writeListing(bag, reading, findRoles, records.redact, tables, context)
    const { proof, visibility, user } = await reading.conclude()
    const kept = keptSince(started)
    const where = reading.scope.label ?? 'the foundation'
    const roles = await findRoles()
    const [api, version] = await findApi()
    const lines = roleLines(roles)
    await writeText(bag, 'data/roles.ndjson', lines.join(''))
    const coveredFrom = [proof.oldest, window.from, kept]
      .filter(each => each !== undefined)
      .sort()
      .at(-1)
    const statement: Statement = {
      ...stamp(context, kept),
      cf: { version },
      api,
      user: { name: user.user, is_client: user.isClient === true },
      asked: askedPart(window, reading.scope.orgs),
      read: { started: seconds(started), ended: seconds(context.now()) },
      events: eventsPart(proof, records.redacted(), unredacted),
      visibility,
      roles: { exported: lines.length, read: roles.readAt },
      review: {
        covered_from: proof.oldest === undefined ? null : (coveredFrom ?? null),
        stale_days: staleDays,
      },
      verdict: { events: judge(visibility, window, where, started), roles: judgeRoles(roles) },
    }
    const logRecords = () => records.log(messages)
    await closeBag(bag, tables, output, statement, names, lines, context, logRecords)
  } finally {
    progress.stop()
    await tables.close()
    await bag.abandon()
  }
}

/** Does the work once, at the first call. Every call returns its result, or throws its error. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined
  return () => {
    if (started === undefined) {
      started = work()
      started.catch(() => {})
    }
    return started
  }
}

/** What every statement says of this program, its command line, and Cloud Foundry. */
const stamp = (
  { version, words }: Context,
  kept: string,
): Pick<Statement, 'version' | 'columns' | 'tool' | 'command' | 'retention'> => ({
  version: statementVersion,
  columns: columnsVersion,
  tool: { name: 'cf-audit', version },
  command: ['cf-audit', ...words],
  retention: { days: keptDays, kept_since: kept },
})

/** Writes the statement and what events, names and roles give, and puts the bag in its place. */
async function closeBag(
  bag: BagWriter,
  tables: Tables,
  output: string,
  statement: Statement,
  names: BagNames,
  lines: readonly string[],
  context: Context,
  logRecords = () => {},
): Promise<void> {
  await writeText(bag, 'statement.json', `${JSON.stringify(statement, null, 2)}\n`)
  const roles = lines.map(line => JSON.parse(line) as unknown)
  const writing = names.write()
  writing.catch(() => {}) // Thrown below.
  const altered = await tables.write(bag, statement, names.places, roles)
  await writing
  context.signal.throwIfAborted()
  await bag.commit([
    ['Bagging-Date', statement.read.ended.slice(0, 10)],
    ['Bag-Software-Agent', `cf-audit ${context.version}`],
    ['External-Identifier', externalId(statement)],
  ])
  logRecords()
  logAlterations(altered, context.messages)
  logEnd(output, statement, context)
  const { state, reasons } = statement.verdict.events
  if (state === 'complete') return
  throw new Incomplete(
    `The events of ${output} are ${state}: ${reasons.join('; ')}.`,
    'The folder was written; its statement.json says the same.',
  )
}

/** Writes what an archive has of a period. */
async function writeArchived(
  archive: string,
  output: string,
  orgs: readonly string[],
  window: Window,
  args: Parsed<typeof options>,
  context: Context,
): Promise<void> {
  assertNoConnection(args, '--archive')
  if (args.unredacted) {
    throw new UsageError(
      '--unredacted cannot be combined with --archive.',
      'The records of an archive are redacted.',
    )
  }
  const period = await openPeriod(archive, orgs, window)
  const host = foundationOf(archive, period.orgs)
  const own = period.manifests.filter(({ manifest }) => manifest.foundation.host === host)
  const names = await namesIn(archive, own)
  const listings = period.orgs.flatMap(org => {
    const all = roleListings(archive, own, org)
    return all.find(({ readAt }) => window.until !== undefined && readAt >= window.until) ?? all.at(-1) ?? []
  })
  const lines = (await Promise.all(listings.map(listing => listing.lines()))).flat()
  // Who was logged in, where, and when.
  const run = listings.toSorted((a, b) => (a.readAt < b.readAt ? -1 : 1)).at(-1)?.run ?? own.at(-1)!.manifest
  const starts = period.orgs.map(({ covered }) => covered.at(-1)?.from)
  const coveredFrom = starts.includes(undefined) ? undefined : starts.sort().at(-1)
  const [coveredUntil] = period.orgs.flatMap(({ covered }) => covered.at(-1)?.until ?? []).sort()
  const newest = period.manifests.at(-1)!
  const verdict: Verdict = {
    state: period.reasons.length === 0 ? 'complete' : 'unprovable',
    reasons: period.reasons,
  }
  const bag = await createBag(output)
  const tables = createTables(context.signal)
  try {
    const count = { exported: 0, first: null as string | null, last: null as string | null }
    const records = createRecords(false, false)
    await writeEvents(bag, period.events, records.redact, tables, events => {
      for (const { time } of events) {
        if (count.first === null || time < count.first) count.first = time
        if (count.last === null || time > count.last) count.last = time
      }
      count.exported += events.length
    })
    await writeText(bag, 'data/roles.ndjson', lines.join(''))
    const isWhole = verdict.state === 'complete'
    const until = [window.until, coveredUntil ?? run.ended].filter(each => each !== undefined).sort()[0]!
    const statement: Statement = {
      ...stamp(context, keptSince(Date.parse(run.started))),
      cf: { version: null },
      api: { url: run.foundation.url, version: null, read_through: 'v3' },
      user: { name: run.user, is_client: false },
      archive: { file: newest.file, sha256: newest.sha256 },
      asked: askedPart(window, period.orgs.some(({ guid }) => guid === allOrgs) ? undefined : period.orgs),
      read: { started: run.started, ended: run.ended },
      events: {
        ...count,
        counted: count.exported,
        vanished: 0,
        until,
        requests: 0,
        settled: isWhole,
        redacted: records.redacted(),
        unredacted: false,
      },
      visibility: isWhole ? { sees: 'all' } : { sees: 'unknown', why: verdict.reasons.join('; ') },
      roles: { exported: lines.length, read: run.ended },
      review: {
        covered_from: [coveredFrom, coveredFrom && window.from].filter(Boolean).sort().at(-1) ?? null,
        stale_days: staleDays,
      },
      verdict: { events: verdict, roles: judgeArchivedRoles(period.orgs, listings) },
    }
    const bagNames = { places: names, write: () => writeNames(bag, names) }
    await closeBag(bag, tables, output, statement, bagNames, lines, context)
  } finally {
    await tables.close()
    await bag.abandon()
  }
}

function judgeArchivedRoles(orgs: Period['orgs'], listings: readonly RoleListing[]): Verdict {
  if (listings.length < orgs.length)
    return { state: 'unprovable', reasons: ['the archive does not have the roles of every org'] }
  if (listings.some(({ isWhole }) => isWhole === false))
    return {
      state: 'partial',
      reasons: ['the user who updated the archive could not list all spaces, so space roles may be missing'],
    }
  if (listings.every(({ isWhole }) => isWhole)) return { state: 'complete', reasons: [] }
  return { state: 'unprovable', reasons: ['the archive does not say whether its roles are complete'] }
}

type Redact = (events: readonly AuditEvent[]) => Promise<readonly AuditEvent[]>
const newline = Buffer.from('\n')

async function writeEvents(
  bag: BagWriter,
  pages: AsyncIterable<readonly AuditEvent[]>,
  redact: Redact,
  tables: Tables,
  look: (events: readonly AuditEvent[]) => void,
): Promise<void> {
  const file = await bag.file('data/events.ndjson')
  for await (const events of pages) {
    look(events)
    const safe = await redact(events)
    await file.write(Buffer.concat(safe.flatMap(({ record }) => [onOneLine(record), newline])))
    await tables.add(safe)
  }
  await file.close()
}

/** The names of a bag. */
interface BagNames {
  /** Those of orgs and spaces, as in names.json: the tables show no others. */
  readonly places: unknown
  /** Writes names.json, once every name has been looked up. */
  write(): Promise<void>
}

/** Writes every event once, and looks up the names behind their GUIDs; waits for those that the tables need. */
async function writeListing(
  bag: BagWriter,
  reading: Reading,
  findRoles: () => Promise<ListedRoles>,
  redact: Redact,
  tables: Tables,
  { progress }: Context,
): Promise<BagNames> {
  const resolver = createNameResolver(undefined)
  const lookup = { client: reading.client, api: reading.listing.api, concurrency: reading.concurrency }
  const placeKinds = ['space', 'organization'] as const
  const findPlaces = async () => {
    const { roles } = await findRoles()
    if (typeof roles !== 'string') {
      resolver.list('space', includedNames(roles.found.included, 'spaces'))
      resolver.list('organization', includedNames(roles.found.included, 'organizations'))
    }
    resolver.list('space', reading.names.spaces)
    resolver.list('organization', reading.names.orgs)
    await resolver.lookUp(lookup, placeKinds)
  }
  // Beside the work on the last events, most of whose places are known by then.
  let early = Promise.resolve()
  if (reading.concurrency.limit() > 1) {
    early = reading.listing.answered.then(findPlaces)
    early.catch(() => {}) // Thrown below.
  }
  const pages = resolver.events(reading.listing.events, undefined)
  await writeEvents(bag, pages, redact, tables, page => progress.page(page.length))
  const rest = resolver.lookUp(lookup, ['user', 'app', 'service_instance', 'route'])
  rest.catch(() => {}) // Thrown by `write`.
  await early
  await findPlaces()
  // Orgs and spaces without events have their names from the lookup of the user's roles.
  const listed = (kind: string, all: ReadonlyMap<string, string>) =>
    [...all].map(([guid, name]) => [guid, { name, kind, source: 'lookup', state: 'named' }] as const)
  const namesNow = () => Object.entries(JSON.parse(resolver.json()) as Record<string, { kind: Kind }>)
  const places = Object.fromEntries([
    ...namesNow().filter(([, { kind }]) => kind === 'space' || kind === 'organization'),
    ...listed('organization', reading.names.orgs),
    ...listed('space', reading.names.spaces),
  ])
  return {
    places,
    async write() {
      await rest
      await writeNames(bag, { ...Object.fromEntries(namesNow()), ...places })
    },
  }
}

const writeNames = (bag: BagWriter, names: unknown) =>
  writeText(bag, 'data/names.json', `${JSON.stringify(names, null, 1)}\n`)

function judgeRoles({ roles }: ListedRoles): Verdict {
  if (typeof roles === 'string')
    return { state: 'unprovable', reasons: [`roles could not be listed: ${roles}`] }
  return roles.isWhole
    ? { state: 'complete', reasons: [] }
    : {
        state: 'partial',
        reasons: ['your roles do not show all spaces, so space roles may be missing'],
      }
}

/** The tables of a bag. Rows of events wait in files until the names are known: a workbook takes a sheet at a time. */
function createTables(signal: AbortSignal) {
  const page = createReviewPage()
  const review = createReview()
  const spools = new Map<View, Spool<readonly string[]>>()
  const totals = new Map<View, number>()

  function count(view: View, rows: number): void {
    totals.set(view, (totals.get(view) ?? 0) + rows)
  }

  return {
    async add(events: readonly AuditEvent[]): Promise<void> {
      for (const event of events) {
        page.note(event)
        review.note(event)
      }
      for (const [view, rows] of rowsIn(events)) {
        if (rows.length === 0) continue
        count(view, rows.length)
        const spool = spools.get(view) ?? createRowSpool(50_000)
        spools.set(view, spool)
        await spool.append(rows)
      }
    },

    /** Writes the CSV files, the workbook, and the page to print. */
    async write(
      bag: BagWriter,
      statement: Statement,
      names: unknown,
      roleLines: readonly unknown[],
    ): Promise<WorkbookAlterations> {
      const placeNames = placeNamesFrom(names)
      const roles = rolesFrom(roleLines)
      const reviewed = review.rows(roles, () => coverageOf(statement))
      await writeText(bag, 'data/review.html', page.html(statement, reviewed, placeNames))
      const ofRoles = roleRowsIn(roles, reviewed)
      for (const [view, rows] of ofRoles) count(view, rows.length)

      async function* rowsOf(view: View): AsyncGenerator<readonly (readonly string[])[]> {
        const spool = spools.get(view)
        if (spool === undefined) return
        for await (const rows of spool.replay()) yield rows.map(row => namedRow(row, placeNames))
      }
      const tables = [
        ...eventViews.map(view => [view, rowsOf(view)] as const),
        ...ofRoles.map(([view, rows]) => [view, [rows]] as const),
      ]
      const file = await bag.file('data/review.xlsx')
      const workbook = createWorkbook(file.write)
      const summary = await workbook.sheet({
        name: 'Summary',
        columns: [
          { heading: 'What', kind: 'text' },
          { heading: 'Value', kind: 'text' },
        ],
      })
      const numbers = tables.map(([view]) => [view.title, totals.get(view) ?? 0] as const)
      await summary.rows(summaryRows(statement, numbers))
      for (const [view, parts] of tables) {
        const sheet = await workbook.sheet({ name: view.title, columns: view.columns })
        const csv = csvOf(view)
        const out = view.isFile ? await bag.file(`data/${view.name}.csv`) : undefined
        await out?.write(csv.head())
        for await (const rows of parts) {
          signal.throwIfAborted()
          await out?.write(rows.map(csv.row).join(''))
          await sheet.rows(rows)
        }
        await out?.close()
      }
      const altered = await workbook.close()
      await file.close()
      return altered
    },

    async close(): Promise<void> {
      for (const spool of spools.values()) await spool.close()
    },
  }
}

type Tables = ReturnType<typeof createTables>

const summaryRows = (
  { asked, events, roles, verdict, read, user, tool, cf, api, visibility }: Statement,
  totals: readonly (readonly [sheet: string, rows: number])[],
): string[][] => [
  [
    'Orgs',
    asked.orgs?.map(({ name, guid }) => `${name} (${guid})`).join(', ') ?? 'all orgs that the reader can see',
  ],
  ['From', asked.from ?? 'the oldest event that Cloud Foundry keeps'],
  ['Until', events.until],
  ['Events', `${events.exported} exported, ${events.counted} counted by Cloud Foundry`],
  ['First event', events.first ?? ''],
  ['Last event', events.last ?? ''],
  ['Events are', [verdict.events.state, ...verdict.events.reasons].join('; ')],
  ['Roles', String(roles.exported)],
  ['Roles are', [verdict.roles.state, ...verdict.roles.reasons].join('; ')],
  ['The reader sees', visibility.sees],
  ['Read by', user.name],
  ['Read at', `${read.started} to ${read.ended}`],
  ['API', `${api.url ?? ''} ${api.version ?? ''}, read through ${api.read_through}`],
  ['Made by', `${tool.name} ${tool.version}, with ${cf.version ?? 'a cf of unknown version'}`],
  ...totals.map(([sheet, rows]) => [`Rows in ${sheet}`, String(rows)]),
]

async function writeText(bag: BagWriter, name: string, text: string): Promise<void> {
  const file = await bag.file(name)
  await file.write(text)
  await file.close()
}

async function cfVersion({ cf }: Reading): Promise<string | null> {
  try {
    return (await cf.versionInfo()).says || null
  } catch (error) {
    recoverable(error)
    return null
  }
}

async function apiPart({ cf, client, listing }: Reading): Promise<Statement['api']> {
  const url = (await cf.savedLogin())?.api ?? null
  try {
    const { value } = await getRoot(client)
    return {
      url,
      version: (listing.api.name === 'v2' ? value.v2 : value.v3) ?? null,
      read_through: listing.api.name,
    }
  } catch (error) {
    recoverable(error)
    return { url, version: null, read_through: listing.api.name }
  }
}

function logEnd(
  output: string,
  { asked, events, roles, verdict, review }: Statement,
  { messages }: Context,
): void {
  if (asked.until !== null && events.until < asked.until)
    messages.info(`The time range has not ended yet: the evidence has the events up to ${events.until}.`)
  if (verdict.roles.state !== 'complete')
    messages.info(`Roles are ${verdict.roles.state}: ${verdict.roles.reasons.join('; ')}.`)
  const what = `${output} with ${plural(events.exported, 'event')} and ${plural(roles.exported, 'role')}`
  if (verdict.events.state === 'complete') messages.success(`Complete: wrote ${what}.`)
  else
    messages.info(
      `Wrote ${what}${review.covered_from === null ? '' : `, from ${review.covered_from.slice(0, 10)} on`}.`,
    )
}
