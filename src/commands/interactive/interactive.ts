import { v2, v3 } from '../../capi/api.ts'
import type { CapiClient } from '../../capi/client.ts'
import { type Counted, countEvents } from '../../capi/event-listing.ts'
import { findOrg, listSpaces, type Org } from '../../capi/orgs-and-spaces.ts'
import type { Cf } from '../../cf/cf.ts'
import type { Context } from '../../context.ts'
import { LoggedOut, NotFound, recoverable, UsageError } from '../../errors.ts'
import {
  type Command,
  type CommandEntry,
  defineCommand,
  type MessageArgs,
  messageOptions,
} from '../../options/command.ts'
import { connectionOf, promptForOrg, quietClient, visibleOrgs } from '../../options/connection.ts'
import { type WindowArgs, windowOf } from '../../options/window.ts'
import { reports, typesToAsk } from '../../reports/catalog.ts'
import { type Format, formats } from '../../reports/formats.ts'
import { plural, shellLine } from '../../text.ts'
import { keptDays, keptSince } from '../../time.ts'
import type { Choice, Prompter } from '../../ui/prompts.ts'
import {
  type AnsweredOrg,
  type Answers,
  type CommandLine,
  commandFor,
  fileNameFor,
  isLong,
  type Wanted,
} from './answers.ts'
import { askDestination, askNames, askSelection, askTime, converse } from './questions.ts'

/**
 * What runs when no command is named: questions on a terminal, whose answers are a command line.
 * @param run runs a command line.
 */
export function interactiveCommand(
  commands: readonly CommandEntry[],
  run: (argv: readonly string[]) => Promise<void>,
): Command {
  return defineCommand({
    about: '',
    arguments: [],
    options: {},
    examples: [],
    async run(args, open) {
      const context = open(args)
      if (context.prompter === undefined) {
        throw new UsageError(
          'no command given, and there is no terminal to ask on.',
          `Use one of ${commands.map(({ name }) => name).join(', ')}. See 'cf-audit --help'.`,
        )
      }
      const flags = Object.keys(messageOptions)
        .filter(name => args[camel(name)])
        .map(name => `--${name}`)
      const { words, again } = await askCommand(context, await context.prompter())
      try {
        await run([...flags, ...words])
      } finally {
        if (!context.signal.aborted) {
          context.messages.info(`The same without questions${forPowerShell}:`)
          context.messages.info(shellLine(['cf-audit', ...flags, ...again]))
        }
      }
    },
  })
}

const forPowerShell = process.platform === 'win32' ? ', for PowerShell' : ''

const camel = (name: string) =>
  name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()) as keyof MessageArgs

/** Asks what to do, until it is a command line. Fails before the first question without a login. */
async function askCommand(context: Context, prompter: Prompter): Promise<CommandLine> {
  const cf = await context.cf(connectionOf({}))
  const { api, user, org: targeted } = await withProgress(context, () => cf.target())
  context.messages.info(`cf is logged in to ${api} as ${user}.`)
  context.messages.info(`${prompter.back} goes back one question, Ctrl-C leaves.`)
  const client = quietClient(cf, context)
  const toTerminal = context.stdout.isTTY === true
  let orgs: Promise<readonly Org[] | undefined> | undefined

  return converse(prompter, async (ask): Promise<CommandLine> => {
    const what = await askWhat(ask)
    if (what === 'doctor') return commandOf(['doctor'])
    if (what === 'types') return commandOf(['types', ...(await askWords(ask))])
    orgs ??= withProgress(context, () => visibleOrgs(cf, context))
    const listed = await orgs
    const whichOrg = ask.mark()
    const named = await promptForOrg(ask, listed, targeted, [everyOrg])
    const org =
      named === 'all' || named.guid !== undefined
        ? named
        : await ask.once(() => withProgress(context, () => withGuid(named, cf, client, context)))
    if (org === undefined) return ask.backTo(whichOrg)
    const spaces = () => withProgress(context, () => spacesOf(org, client))
    const only =
      what === 'access-review' ? {} : await askSelection(ask, spaces, what === 'roles', org !== 'all')

    const whichTime = ask.mark()
    const window = typeof what === 'string' ? {} : await askTime(ask, context.now)
    const wanted: Wanted = { what, org, only, window }
    const counted = await ask.once(async () => {
      warnOfRetention(window, context)
      const counted = await withProgress(context, () => countFor(wanted, client, context.now()))
      // Those of a person or a thing are known when all have been read.
      const isPart = only.person !== undefined || only.about !== undefined
      if (counted !== undefined && counted.total > 0)
        context.messages.info(`${plural(counted.total, 'event')}${isPart ? ' to check' : ''}.`)
      return counted
    })
    const isWanted = async (question: string, [other, go]: readonly [string, string]) => {
      const isOther = await ask.choose(question, [
        { label: other, value: true },
        { label: go, value: false },
      ])
      if (isOther) ask.backTo(whichTime)
    }
    if (counted?.total === 0) {
      const question = 'No events in this period, or your roles cannot see them.'
      await isWanted(question, ['Choose another period', 'Continue and explain why'])
    }
    const names = typeof what === 'string' ? false : await askNames(ask)
    const format = await askFormat(ask, what, toTerminal)
    // Who has redirected stdout has said where to.
    const suggested = fileNameFor(wanted, format, context.now())
    const file = toTerminal ? await askDestination(ask, format, suggested, context.env.HOME) : undefined
    if (counted !== undefined && isLong(counted, toTerminal && file === undefined)) {
      const question = `${plural(counted.total, 'event')}, ${counted.pageSize} per cf call. Read them all?`
      await isWanted(question, ['No, choose another period', 'Yes'])
    }
    return commandFor({ ...wanted, names, format, file })
  })
}

const commandOf = (words: readonly string[]): CommandLine => ({ words, again: words })

type FormatName = Format['name']
type What = Answers['what']

const everyOrg: Choice<'all'> = { label: 'All orgs', value: 'all', hint: 'plus events outside any org' }

function askWhat(prompter: Prompter): Promise<What | 'types' | 'doctor'> {
  return prompter.choose<What | 'types' | 'doctor'>('What do you want to know?', [
    // Most come for this one.
    ...[...reports]
      .sort((a, b) => Number(b.name === 'user-access') - Number(a.name === 'user-access'))
      .map(report => ({ label: report.name, value: report, hint: report.summary })),
    { label: 'roles', value: 'roles', hint: 'who holds which role now' },
    { label: 'access-review', value: 'access-review', hint: 'who should still have access' },
    { label: 'types', value: 'types', hint: 'list event types' },
    { label: 'doctor', value: 'doctor', hint: 'check cf, the login, the API and your roles' },
  ])
}

async function askWords(prompter: Prompter): Promise<string[]> {
  const text = await prompter.write('Search for:', { empty: 'all types' })
  const words = text.split(/\s+/).filter(word => word !== '')
  return words.some(word => word.startsWith('-')) ? ['--', ...words] : words
}

/** The same org with its GUID; undefined when there is none of that name, which has been said. */
async function withGuid(
  { name }: AnsweredOrg,
  cf: Cf,
  client: CapiClient,
  { messages }: Context,
): Promise<AnsweredOrg | undefined> {
  try {
    return { name, guid: await findOrg(cf, client, name) }
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    messages.warn(error.message)
    return undefined
  }
}

/** The spaces of an org by name; undefined when they cannot be listed. */
async function spacesOf(
  org: AnsweredOrg | 'all' | undefined,
  client: CapiClient,
): Promise<readonly AnsweredOrg[] | undefined> {
  if (org === undefined || org === 'all' || org.guid === undefined) return undefined
  try {
    const spaces = await listSpaces(client, undefined, [org.guid])
    return [...spaces].sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (error instanceof LoggedOut) throw error
    recoverable(error) // The name can be typed.
    return undefined
  }
}

/** Says before anything is read that Cloud Foundry has deleted a part of it. */
function warnOfRetention(window: WindowArgs, { now, messages }: Context): void {
  const started = now()
  const { from } = windowOf(window, started)
  const kept = keptSince(started)
  if (from === undefined || from >= kept) return
  messages.warn(
    `Cloud Foundry deletes events after ${keptDays} days by default, so it has none from before ${kept.slice(0, 16).replace('T', ' ')} (UTC).`,
  )
}

function askFormat(prompter: Prompter, what: What, toTerminal: boolean): Promise<FormatName> {
  const choices: Choice<FormatName>[] = formats
    .filter(({ isBinary }) => !isBinary || toTerminal)
    .map(({ name, summary }) => ({ label: name, value: name, hint: summary }))
  const first = toTerminal ? 'table' : (typeof what !== 'string' && what.recipes[0]) || 'csv'
  const rank = ({ value }: Choice<FormatName>) => Number(value === first)
  return prompter.choose(
    'Which format?',
    choices.sort((a, b) => rank(b) - rank(a)),
  )
}

/** Waits for Cloud Foundry between two questions, and shows it. */
async function withProgress<T>({ progress }: Context, work: () => Promise<T>): Promise<T> {
  progress.start()
  try {
    return await work()
  } finally {
    progress.pause()
  }
}

/**
 * How many events a report will hold.
 * @param now milliseconds since 1970.
 * @returns undefined when it cannot be counted: the report itself will say why.
 */
async function countFor(
  { what, org, only, window }: Wanted,
  client: CapiClient,
  now: number,
): Promise<Counted | undefined> {
  if (typeof what === 'string' || (org !== 'all' && org.guid === undefined)) return undefined
  if (only.space !== undefined && only.space.guid === undefined) return undefined
  const orgGuids = org === 'all' || org.guid === undefined ? undefined : [org.guid]
  const spaceGuids = only.space?.guid === undefined ? undefined : [only.space.guid]
  const types = typesToAsk(what, orgGuids !== undefined)
  try {
    return await countEvents(
      [v3, v2],
      { types, orgGuids, spaceGuids, ...windowOf(window, now), order: 'time' },
      client,
    )
  } catch (error) {
    if (error instanceof LoggedOut) throw error
    recoverable(error) // The report itself will say why.
    return undefined
  }
}
