import { readFile } from 'node:fs/promises'
import { listRoles, spacesShown } from '../../capi/roles.ts'
import type { Visibility } from '../../capi/visibility.ts'
import { UsageError } from '../../errors.ts'
import {
  createReview,
  type FormerRole,
  formerRoles,
  type ReviewRow,
  reviewSource,
  reviewTable,
} from '../../evidence/access-review.ts'
import { apisFor, openReading } from '../../evidence/reading.ts'
import { defineCommand, numberIn, type Open, type Parsed } from '../../options/command.ts'
import { connectionOf, connectionOptions, readingOf, readingOptions } from '../../options/connection.ts'
import { columnsOption, logFile, openSink, outputOptions, planOutput } from '../../options/output.ts'
import { orgArgument, type Scope, scopeOf, scopeOptions } from '../../options/scope.ts'
import { windowOptions } from '../../options/window.ts'
import { codeOf } from '../../output/files.ts'
import { rowsOf } from '../../reports/role-rows.ts'
import { joinNames, plural } from '../../text.ts'
import { keptSince } from '../../time.ts'
import type { Messages } from '../../ui/messages.ts'

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
  ],
  notes: [
    {
      heading: 'Flags',
      text: `new: granted within the time that the events cover. no-grant-event: granted within that time, but no event shows by whom. not-seen-in-N-days: no event by this user in N days. self-granted. only-manager: the only Org Manager. gone: deleted or inactive in the UAA. service-account: a client, or a user name that is a GUID.`,
    },
    {
      heading: 'Roles you need',
      text: 'Org Auditor to see the events and Org Manager to see the space roles, or a global role for both.',
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
  const former = args.previous === undefined ? undefined : await readFormer(args.previous)
  const table = reviewTable(former !== undefined)
  const plan = planOutput(table, args, context)
  const connection = connectionOf(args)
  const { api, concurrency } = readingOf(args)
  const started = context.now()
  const sink = await openSink(args, { ...plan.format, streams: true }, context)
  progress.start()
  try {
    const query = (where: object) => ({ types: undefined, ...where, order: 'time' as const })
    const reading = await openReading({ scope, connection, apis: apisFor(api), concurrency, query }, context)
    const orgGuids = reading.where.orgGuids ?? ('all' as const)
    const found = await listRoles(reading.client, { orgGuids, spaceRoles: true })
    const roles = rowsOf(found)
    const login = await reading.cf.savedLogin()
    const shown = orgGuids === 'all' ? undefined : await spacesShown(reading.client, login, found, orgGuids)
    const seesRoles =
      shown === undefined ? login?.isGlobalReader === true : [...shown.values()].every(each => each === 'all')
    const hidden = [
      ...(reading.visibility.sees === 'all' ? [] : ['all events']),
      ...(seesRoles ? [] : ['all space roles']),
    ]
    if (hidden.length > 0) {
      messages.warn(
        `your roles may not show ${joinNames(hidden)} of the org. For a complete review you need Org Auditor for the events and Org Manager for the space roles, or a global role.`,
      )
    }
    progress.expect(reading.listing.total)
    const review = createReview()
    for await (const events of reading.listing.events) {
      progress.page(events.length)
      for (const event of events) review.note(event)
    }
    const { proof, visibility } = await reading.conclude()
    const kept = keptSince(started)
    // Operators may keep events for less time: only the time from the oldest event on is known to be covered.
    const from = proof.oldest === undefined || proof.oldest < kept ? kept : proof.oldest
    const rows = review.rows(
      roles,
      {
        isWhole: visibility.sees === 'all',
        from: proof.oldest === undefined ? undefined : from,
        until: started,
        staleDays,
      },
      former && {
        roles: former,
        isVisible: ({ orgGuid, spaceGuid }) =>
          (orgGuids === 'all' || orgGuids.includes(orgGuid)) &&
          (spaceGuid === '' || seesRoles || found.spaces?.some(({ guid }) => guid === spaceGuid) === true),
      },
    )
    const sorted = plan.format.name === 'table' ? flaggedFirst(rows) : rows
    const source = {
      ...reviewSource(rows, found.included),
      about: () => [
        [
          'Access review',
          scope.orgs === 'all' ? 'all orgs you can see' : (reading.scope.label ?? ''),
        ] as const,
        ['Events from', proof.oldest === undefined ? 'no events' : from] as const,
        ['Events until', proof.until] as const,
        ['Events seen', visibility.sees] as const,
        ['Space roles', seesRoles ? 'all' : 'only those visible to the reader'] as const,
        ['Made by', `cf-audit ${context.version}`] as const,
      ],
    }
    const writer = await plan.format.open(plan, source, sink.write)
    await writer.write(sorted)
    await writer.end()
    const size = await sink.commit()
    writer.logWarnings(messages)
    logFile(args.output, size, messages)
    logEnd(
      rows,
      {
        visibility,
        seesRoles,
        time:
          proof.oldest === undefined
            ? 'no events'
            : `events from ${from.slice(0, 10)} to ${proof.until.slice(0, 10)}`,
        where: labelFor(scope, reading.scope.label),
      },
      messages,
    )
  } finally {
    progress.stop()
    await sink.abandon()
  }
}

const labelFor = (scope: Scope, label: string | undefined) =>
  label ?? (scope.orgs === 'all' ? 'all orgs you can see' : 'the org')

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
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined) throw cause
    throw new UsageError(
      `cannot read ${path}: ${code === 'ENOENT' ? 'no such file' : code}.`,
      'Name the JSON file of an earlier review.',
      { cause },
    )
  }
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

interface End {
  readonly visibility: Visibility
  readonly seesRoles: boolean
  /** Which time the events cover. */
  readonly time: string
  readonly where: string
}

function logEnd(
  rows: readonly ReviewRow[],
  { visibility, seesRoles, time, where }: End,
  messages: Messages,
): void {
  const held = rows.filter(({ change }) => change !== 'removed')
  const users = new Set(held.map(({ role }) => role.userGuid)).size
  const flagged = held.filter(({ flags }) => flags.length > 0).length
  const count = `${plural(held.length, 'role')} of ${plural(users, 'user')} in ${where}, ${flagged} with flags; ${time}`
  const reasons = [
    ...(visibility.sees === 'all'
      ? []
      : [
          'your roles do not show all events, so missing grants and inactive users are not flagged (you need Org Auditor)',
        ]),
    ...(seesRoles ? [] : ['your roles may not show all space roles (you need Org Manager)']),
  ]
  if (reasons.length === 0) messages.success(`${count}.`)
  else messages.caveat(`Partial: ${count}, but ${reasons.join(', and ')}.`)
}
