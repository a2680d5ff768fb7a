import type { Ask } from '../../capi/ask.ts'
import { findOrg } from '../../capi/org.ts'
import type { Cf } from '../../cf/connect.ts'
import type { Context } from '../../context.ts'
import { NotFound } from '../../errors.ts'
import { type Report, reports } from '../../reports/catalog.ts'
import type { Choice, Dialog } from '../../ui/dialog.ts'
import type { Format } from '../rendering.ts'
import {
  type AnsweredOrg,
  type Answers,
  type Command,
  commandFor,
  fileNameFor,
  isLong,
  tellCount,
  type Wanted,
} from './answers.ts'
import { countFor } from './count.ts'
import { askDestination } from './destination.ts'
import { askOrg, findOrgs, quietAsk } from './org.ts'
import { askTime } from './time.ts'

/** Seconds for one call of cf, as without questions. */
const timeout = 300

/** Asks what to do, until it is a command line. Whoever is not logged in is told so before any question. */
export async function askCommand(context: Context, dialog: Dialog): Promise<Command> {
  const cf = await context.cf({ bin: undefined, timeoutMs: timeout * 1000 })
  const { api, user, org: targeted } = await patiently(context, () => cf.target())
  context.say.note(`cf is logged in to ${api} as ${user}.`)

  const what = await askWhat(dialog)
  if (what === 'doctor') return asTyped(['doctor'])
  if (what === 'types') return asTyped(['types', ...(await askWords(dialog))])
  const ask = quietAsk(cf, context)
  const orgs = await patiently(context, () => findOrgs(cf, context))
  for (;;) {
    const org = await askOrg(dialog, orgs, targeted, [everyOrg])
    const known =
      org === 'all' || org.guid !== undefined
        ? org
        : await patiently(context, () => withGuid(org, cf, ask, context))
    if (known !== undefined) return commandFor(await askRest({ what, org: known }, ask, context, dialog))
  }
}

const everyOrg: Choice<'all'> = { label: 'All of them', value: 'all', hint: 'and what belongs to no org' }

const asTyped = (words: readonly string[]): Command => ({ words, again: words })

function askWhat(dialog: Dialog): Promise<Report | 'roles' | 'types' | 'doctor'> {
  return dialog.choose<Report | 'roles' | 'types' | 'doctor'>('What do you want to know?', [
    // Most come for this one.
    ...[...reports]
      .sort((a, b) => Number(b.name === 'user-access') - Number(a.name === 'user-access'))
      .map(report => ({ label: report.name, value: report, hint: report.summary })),
    { label: 'roles', value: 'roles', hint: 'who holds which role now' },
    { label: 'types', value: 'types', hint: 'which event types there are' },
    { label: 'doctor', value: 'doctor', hint: 'what a report needs, and what stands in its way' },
  ])
}

async function askWords(dialog: Dialog): Promise<string[]> {
  const text = await dialog.write('Which words do you look for?', { empty: 'all types' })
  const words = text.split(/\s+/).filter(word => word !== '')
  return words.some(word => word.startsWith('-')) ? ['--', ...words] : words
}

/** The same org with its GUID; undefined when there is none of that name, which has been said. */
async function withGuid(
  { name }: AnsweredOrg,
  cf: Cf,
  ask: Ask,
  { say }: Context,
): Promise<AnsweredOrg | undefined> {
  try {
    return { name, guid: await findOrg(cf, ask, name) }
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    say.warn(error.message)
    return undefined
  }
}

/** Asks for time, format and place, again and again until they suit each other. */
async function askRest(
  about: Omit<Wanted, 'window'>,
  ask: Ask,
  context: Context,
  dialog: Dialog,
): Promise<Answers> {
  const { now, say, stdout, env } = context
  const toTerminal = stdout.isTTY === true
  for (;;) {
    const window = about.what === 'roles' ? {} : await askTime(dialog, now)
    const wanted = { ...about, window }
    const counted = await patiently(context, () => countFor(wanted, ask, now()))
    if (counted?.total === 0) {
      const question = 'There are no such events at that time, or your roles do not show them.'
      if (await wantsOtherTime(dialog, question, ['Choose another time', 'Go on, and have it explained']))
        continue
    } else if (counted !== undefined) say.note(`${tellCount(counted)}.`)

    const format = await askFormat(dialog, wanted.what, toTerminal)
    const suggested = fileNameFor(wanted, format, now())
    // Whoever has redirected stdout has said where to.
    const file = toTerminal ? await askDestination(dialog, format, suggested, env.HOME) : undefined
    if (counted !== undefined && isLong(counted, toTerminal && file === undefined)) {
      const question = `${tellCount(counted)}, ${counted.pageSize} with a call of cf. Read them all?`
      if (await wantsOtherTime(dialog, question, ['No, choose another time', 'Yes'])) continue
    }
    return { ...wanted, format, file }
  }
}

function wantsOtherTime(dialog: Dialog, question: string, [other, go]: [string, string]): Promise<boolean> {
  return dialog.choose(question, [
    { label: other, value: true },
    { label: go, value: false },
  ])
}

function askFormat(dialog: Dialog, what: Wanted['what'], toTerminal: boolean): Promise<Format> {
  const choices: Choice<Format>[] = [
    { label: 'table', value: 'table', hint: 'to look at' },
    { label: 'csv', value: 'csv', hint: 'for spreadsheets' },
    { label: 'json', value: 'json', hint: 'the records of Cloud Foundry, whole' },
    { label: 'ndjson', value: 'ndjson', hint: 'the same, one record a line' },
  ]
  const first = toTerminal ? 'table' : (what !== 'roles' && what.recipes[0]) || 'csv'
  const rank = ({ value }: Choice<Format>) => Number(value === first)
  return dialog.choose(
    'Which format?',
    choices.sort((a, b) => rank(b) - rank(a)),
  )
}

/** Waits for Cloud Foundry between two questions, and shows it. */
async function patiently<T>({ progress }: Context, work: () => Promise<T>): Promise<T> {
  progress.start()
  try {
    return await work()
  } finally {
    progress.pause()
  }
}
