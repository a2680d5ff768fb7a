import { v2, v3 } from '../../capi/api.ts'
import type { CapiClient } from '../../capi/client.ts'
import { type Counted, countEvents } from '../../capi/event-listing.ts'
import { findOrg } from '../../capi/orgs-and-spaces.ts'
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
import { windowOf } from '../../options/window.ts'
import { type Report, reports, typesToAsk } from '../../reports/catalog.ts'
import { type Format, formats } from '../../reports/formats.ts'
import type { Choice, Prompter } from '../../ui/prompter.ts'
import {
  type AnsweredOrg,
  type Answers,
  type CommandLine,
  commandFor,
  fileNameFor,
  isLong,
  shellLine,
  tellCount,
  type Wanted,
} from './answers.ts'
import { askDestination, askTime } from './questions.ts'

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
          context.messages.info('The same without questions:')
          context.messages.info(shellLine([...flags, ...again]))
        }
      }
    },
  })
}

const camel = (name: string) =>
  name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()) as keyof MessageArgs

/** Asks what to do, until it is a command line. Whoever is not logged in is told so before any question. */
export async function askCommand(context: Context, prompter: Prompter): Promise<CommandLine> {
  const cf = await context.cf(connectionOf({}))
  const { api, user, org: targeted } = await withProgress(context, () => cf.target())
  context.messages.info(`cf is logged in to ${api} as ${user}.`)

  const what = await askWhat(prompter)
  if (what === 'doctor') return asTyped(['doctor'])
  if (what === 'types') return asTyped(['types', ...(await askWords(prompter))])
  const client = quietClient(cf, context)
  const orgs = await withProgress(context, () => visibleOrgs(cf, context))
  for (;;) {
    const org = await promptForOrg(prompter, orgs, targeted, [everyOrg])
    const known =
      org === 'all' || org.guid !== undefined
        ? org
        : await withProgress(context, () => withGuid(org, cf, client, context))
    if (known !== undefined) return commandFor(await askRest({ what, org: known }, client, context, prompter))
  }
}

type FormatName = Format['name']

const everyOrg: Choice<'all'> = { label: 'All orgs', value: 'all', hint: 'plus events outside any org' }

const asTyped = (words: readonly string[]): CommandLine => ({ words, again: words })

function askWhat(prompter: Prompter): Promise<Report | 'roles' | 'types' | 'doctor'> {
  return prompter.choose<Report | 'roles' | 'types' | 'doctor'>('What do you want to know?', [
    // Most come for this one.
    ...[...reports]
      .sort((a, b) => Number(b.name === 'user-access') - Number(a.name === 'user-access'))
      .map(report => ({ label: report.name, value: report, hint: report.summary })),
    { label: 'roles', value: 'roles', hint: 'who holds which role now' },
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

/** Asks for time, format and place, again and again until they suit each other. */
async function askRest(
  about: Omit<Wanted, 'window'>,
  client: CapiClient,
  context: Context,
  prompter: Prompter,
): Promise<Answers> {
  const { now, messages, stdout, env } = context
  const toTerminal = stdout.isTTY === true
  for (;;) {
    const window = about.what === 'roles' ? {} : await askTime(prompter, now)
    const wanted = { ...about, window }
    const counted = await withProgress(context, () => countFor(wanted, client, now()))
    if (counted?.total === 0) {
      const question = 'No events in this period, or your roles cannot see them.'
      if (await wantsOtherTime(prompter, question, ['Choose another time', 'Continue and explain why']))
        continue
    } else if (counted !== undefined) messages.info(`${tellCount(counted)}.`)

    const format = await askFormat(prompter, wanted.what, toTerminal)
    const suggested = fileNameFor(wanted, format, now())
    // Whoever has redirected stdout has said where to.
    const file = toTerminal ? await askDestination(prompter, format, suggested, env.HOME) : undefined
    if (counted !== undefined && isLong(counted, toTerminal && file === undefined)) {
      const question = `${tellCount(counted)}, ${counted.pageSize} per cf call. Read them all?`
      if (await wantsOtherTime(prompter, question, ['No, choose another time', 'Yes'])) continue
    }
    return { ...wanted, format, file }
  }
}

function wantsOtherTime(
  prompter: Prompter,
  question: string,
  [other, go]: [string, string],
): Promise<boolean> {
  return prompter.choose(question, [
    { label: other, value: true },
    { label: go, value: false },
  ])
}

function askFormat(prompter: Prompter, what: Wanted['what'], toTerminal: boolean): Promise<FormatName> {
  const choices: Choice<FormatName>[] = formats
    .filter(({ isBinary }) => !isBinary || toTerminal)
    .map(({ name, summary }) => ({ label: name, value: name, hint: summary }))
  const first = toTerminal ? 'table' : (what !== 'roles' && what.recipes[0]) || 'csv'
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
 * @returns undefined when nobody says: the report itself will tell why.
 */
export async function countFor(
  { what, org, window }: Wanted,
  client: CapiClient,
  now: number,
): Promise<Counted | undefined> {
  if (what === 'roles' || (org !== 'all' && org.guid === undefined)) return undefined
  const orgGuids = org === 'all' || org.guid === undefined ? undefined : [org.guid]
  const types = typesToAsk(what, orgGuids !== undefined)
  try {
    return await countEvents([v3, v2], { types, orgGuids, ...windowOf(window, now), order: 'time' }, client)
  } catch (error) {
    if (error instanceof LoggedOut) throw error
    recoverable(error) // The report itself will say why.
    return undefined
  }
}
