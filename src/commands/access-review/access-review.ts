import { readFile } from 'node:fs/promises'
import type { Context } from '../../context.ts'
import { UsageError } from '../../errors.ts'
import {
  createReview,
  type FormerRole,
  formerRoles,
  type ReviewRow,
  reviewSource,
  reviewTable,
} from '../../evidence/access-review.ts'
import { apisFor } from '../../evidence/reading.ts'
import { defineCommand, numberIn, type Open, type Parsed } from '../../options/command.ts'
import {
  assertNoConnection,
  connectionOf,
  connectionOptions,
  readingOf,
  readingOptions,
} from '../../options/connection.ts'
import { columnsOption, logFile, madeBy, openSink, outputOptions, planOutput } from '../../options/output.ts'
import { orgArgument, scopeOf, scopeOptions } from '../../options/scope.ts'
import { windowOf, windowOptions } from '../../options/window.ts'
import { notReadable } from '../../output/files.ts'
import { plural } from '../../text.ts'
import { seconds } from '../../time.ts'
import type { Messages } from '../../ui/messages.ts'
import { type Basis, fromArchive, fromCloudFoundry, type Material, withArchive } from './material.ts'

const options = {
  org: scopeOptions.org,
  'all-orgs': { ...scopeOptions['all-orgs'], describe: 'All orgs you can see' },
  previous: {
    type: 'string',
    group: 'Review',
    value: 'FILE',
    describe:
      'Compare with an earlier review, or output of roles, in JSON: what was added and removed since, and by whom',
  },
  'stale-days': {
    type: 'string',
    group: 'Review',
    value: 'N',
    describe: 'Flag users without an event in N days (default: 30)',
  },
  archive: {
    type: 'string',
    group: 'Review',
    value: 'DIR',
    describe: 'Take the events from this archive, which go back further',
  },
  at: {
    type: 'string',
    group: 'Review',
    value: 'WHEN',
    describe: 'Review the roles that the archive has of this time; runs no cf. A date includes its day',
  },
  ...outputOptions,
  columns: columnsOption(() => reviewTable(true).columns),
  tz: { ...windowOptions.tz, group: 'Output', describe: 'Show times in this zone, such as Europe/Berlin' },
  ...readingOptions,
  ...connectionOptions,
} as const

export const command = defineCommand({
  about: `Print one row for each role: who holds it, who granted it and when, when the user was last seen acting, flags,
and empty columns for the decision of a reviewer.`,
  arguments: [orgArgument],
  options,
  examples: [
    {
      why: 'Who should still have access? A workbook to fill in',
      line: 'cf-audit access-review demo-org -O review.xlsx',
    },
    { why: 'Keep the data for the next review', line: 'cf-audit access-review demo-org -O review.json' },
    {
      why: 'What changed since the last one',
      line: 'cf-audit roles demo-org -O before.json\ncf-audit access-review demo-org --previous before.json -f csv',
    },
    {
      why: 'With the grants of a year, and who had access yesterday, from an archive',
      line: 'cf-audit archive update audit demo-org\ncf-audit access-review demo-org --archive audit\ncf-audit access-review demo-org --archive audit --at yesterday',
    },
  ],
  notes: [
    {
      heading: 'Flags',
      text: `new: granted within the time that the events cover, and in the last 31 days. no-grant-event: granted within that time, but no event shows by whom. not-seen-in-N-days: no event by this user in N days. self-granted. only-manager: the only Org Manager. gone: deleted or inactive in the UAA. service-account: a client, or a user name that is a GUID.`,
    },
    {
      heading: 'Roles you need',
      text: 'Org Auditor to see the events and Org Manager to see the space roles, or a global role for both. With --archive, the events are those of the archive, and you need only Org Manager.',
    },
    {
      heading: 'Columns',
      text: [...reviewTable(true).columns, ...reviewTable(true).more].map(({ key }) => key).join(', '),
    },
  ],
  run: printReview,
})

async function printReview(args: Parsed<typeof options>, open: Open): Promise<void> {
  const context = open(args)
  const { messages, progress } = context
  const scope = scopeOf(args, args.words[0], 'targeted')
  const staleDays = Math.floor(numberIn('--stale-days', args.staleDays ?? '30', [1, 3650]))
  const at = args.at === undefined ? undefined : timeOf(args, context.now())
  const former = args.previous === undefined ? undefined : await readFormer(args.previous)
  const table = reviewTable(former !== undefined)
  const plan = planOutput(table, args, context)
  const connection = connectionOf(args)
  const { api, concurrency } = readingOf(args)
  const sink = await openSink(args, { ...plan.format, streams: true }, context)
  progress.start()
  try {
    const { archive } = args
    const request = { scope, connection, apis: apisFor(api), concurrency }
    const material =
      archive === undefined
        ? await fromCloudFoundry(request, staleDays, context)
        : at === undefined
          ? await withArchive(archive, request, staleDays, context)
          : await fromArchive(archive, Array.isArray(scope.orgs) ? scope.orgs : [], at, staleDays)
    const review = createReview()
    for await (const events of material.events) {
      progress.page(events.length)
      for (const event of events) review.note(event)
    }
    const { orgs, seesRoles, roles, where } = material
    const basis = await material.conclude(review)
    const isVisible = ({ orgGuid, spaceGuid }: FormerRole) =>
      (orgs === 'all' || orgs.includes(orgGuid)) &&
      (spaceGuid === '' || seesRoles || roles.spaces?.some(({ guid }) => guid === spaceGuid) === true)
    const rows = review.rows(basis.rows, basis.coverageOf, former && { roles: former, isVisible })
    const sorted = plan.format.name === 'table' ? flaggedFirst(rows) : rows
    const source = {
      ...reviewSource(rows, roles.included),
      about: () => aboutOf(rows, material, basis, context),
    }
    const writer = await plan.format.open(plan, source, sink.write)
    await writer.write(sorted)
    await writer.end()
    const size = await sink.commit()
    writer.logWarnings(messages)
    logFile(args.output, size, messages)
    logEnd(rows, where, basis, messages)
  } finally {
    progress.stop()
    await sink.abandon()
  }
}

/** When the roles of an archive are wanted. @throws UsageError */
function timeOf(args: Parsed<typeof options>, now: number): string {
  if (args.archive === undefined) {
    throw new UsageError('--at needs --archive DIR.', 'Cloud Foundry lists only the roles of now.')
  }
  assertNoConnection(args, '--at')
  const { until } = windowOf({ until: args.at, tz: args.tz }, now)
  return [until!, seconds(now)].sort()[0]!
}

const aboutOf = (
  rows: readonly ReviewRow[],
  { where, seesRoles }: Material,
  { time, eventsSeen, reasons }: Basis,
  context: Context,
): (readonly [string, string])[] => [
  ['Access review', where],
  ['Roles', countOf(rows)],
  ['Events from', time?.from ?? 'no events'],
  ['Events until', time?.until ?? 'no events'],
  ['Events seen', eventsSeen],
  ['Space roles', seesRoles ? 'all' : 'only those visible to the reader'],
  ['Complete', reasons.length === 0 ? 'yes' : `partial: ${reasons.join('; ')}`],
  ['Read at', seconds(context.now())],
  ...madeBy(context),
]

/** Such as `12 roles of 5 users, 2 with flags`. */
function countOf(rows: readonly ReviewRow[], where = ''): string {
  const held = rows.filter(({ change }) => change !== 'removed')
  const users = new Set(held.map(({ role }) => role.userGuid)).size
  const flagged = held.filter(({ flags }) => flags.length > 0).length
  return `${plural(held.length, 'role')} of ${plural(users, 'user')}${where}, ${flagged} with flags`
}

/** Users with flags first, then service accounts, then the rest; each with all their roles. */
function flaggedFirst(rows: readonly ReviewRow[]): ReviewRow[] {
  const ranks = new Map<string, number>()
  for (const { role, flags, account } of rows) {
    const isService = account === 'service account' || account === 'client'
    const rank = isService ? 1 : flags.length > 0 ? 0 : 2
    ranks.set(role.userGuid, Math.min(rank, ranks.get(role.userGuid) ?? rank))
  }
  const rankOf = ({ role }: ReviewRow) => ranks.get(role.userGuid) ?? 2
  return [...rows].sort((a, b) => rankOf(a) - rankOf(b))
}

async function readFormer(path: string): Promise<FormerRole[]> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw notReadable(path, error, 'Name the JSON file of an earlier review.')
  })
  let roles: FormerRole[] | undefined
  try {
    roles = formerRoles(JSON.parse(text))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  if (roles !== undefined) return roles
  throw new UsageError(
    `${path} is not the JSON of an earlier review.`,
    "Use a file of 'cf-audit access-review -f json' or 'cf-audit roles -f json'.",
  )
}

function logEnd(
  rows: readonly ReviewRow[],
  where: string,
  { time, reasons }: Basis,
  messages: Messages,
): void {
  const covered =
    time === undefined ? 'no events' : `events from ${time.from.slice(0, 10)} to ${time.until.slice(0, 10)}`
  const count = `${countOf(rows, ` in ${where}`)}; ${covered}`
  if (reasons.length === 0) messages.success(`${count}.`)
  else messages.caveat(`Partial: ${count}, but ${reasons.join(', and ')}.`)
}
