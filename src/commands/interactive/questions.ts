import { join } from 'node:path'
import { asGuid } from '../../capi/event.ts'
import { AuditError, WentBack } from '../../errors.ts'
import { type WindowArgs, windowOf } from '../../options/window.ts'
import { pathStatus } from '../../output/files.ts'
import type { Format } from '../../reports/formats.ts'
import type { Choice, Prompter } from '../../ui/prompts.ts'
import type { AnsweredFile, AnsweredOrg, Selection } from './answers.ts'

/** Asks one thing, then another that depends on it. Esc at the second asks the first again. */
export async function askThen<First, Second>(
  first: () => Promise<First>,
  second: (answer: First) => Promise<Second> | Second,
): Promise<Second> {
  for (;;) {
    const answer = await first()
    try {
      return await second(answer)
    } catch (error) {
      if (!(error instanceof WentBack)) throw error
    }
  }
}

/** Asks whether a report goes to the screen or to a file, and to which; undefined: to the screen. */
export function askDestination(
  prompter: Prompter,
  format: Format['name'],
  suggested: string,
  home: string | undefined,
): Promise<AnsweredFile | undefined> {
  const places = [
    { label: 'Terminal', value: false, hint: 'print it here' },
    { label: 'A file', value: true, hint: 'readable only by you' },
  ]
  return askThen(
    () => prompter.choose('Output to?', format === 'table' ? places : places.toReversed()),
    toFile => (toFile ? askFile(prompter, suggested, home) : undefined),
  )
}

function askFile(prompter: Prompter, suggested: string, home: string | undefined): Promise<AnsweredFile> {
  let initial = suggested
  return askThen(
    () => prompter.write('Which file?', { initial, check: text => wrongFile(text, home) }),
    async written => {
      const name = pathOf(written, home)
      if (pathStatus(name) !== 'taken') return { name, replaces: false }
      initial = written
      const replaces = await prompter.choose(`${name} already exists.`, [
        { label: 'Choose another name', value: false, hint: 'keep the file' },
        { label: 'Replace it', value: true, hint: 'once the report is complete' },
      ])
      if (!replaces) throw new WentBack()
      return { name, replaces }
    },
  )
}

function wrongFile(text: string, home: string | undefined): string | undefined {
  if (text === '') return 'Enter a file name.'
  const vacancy = pathStatus(pathOf(text, home))
  return typeof vacancy === 'string' ? undefined : vacancy.problem
}

/** What was written, as a path: `~` is the home folder, as in a shell; a lone `-` is a name, and not stdout. */
export function pathOf(text: string, home: string | undefined): string {
  if (home && text.startsWith('~/')) return join(home, text.slice(2))
  return text.startsWith('-') ? `./${text}` : text
}

/**
 * Asks for a part of the events or roles: those of a space, of a person, or the history of one thing.
 * @param spaces of the org, by name; undefined: they cannot be listed.
 * @param isAboutRoles whether roles are printed, and not events.
 */
export function askSelection(
  prompter: Prompter,
  spaces: () => Promise<readonly AnsweredOrg[] | undefined>,
  isAboutRoles: boolean,
  isOneOrg: boolean,
): Promise<Selection> {
  const choices: Choice<keyof Selection | undefined>[] = [
    { label: 'Everything', value: undefined, hint: 'no filter' },
    ...(isOneOrg ? [{ label: 'One space', value: 'space' as const, hint: 'what belongs to it' }] : []),
    {
      label: 'One person',
      value: 'person',
      hint: isAboutRoles ? 'the roles of this user' : 'what this user or client did',
    },
    ...(isAboutRoles
      ? []
      : [
          {
            label: 'The history of one thing',
            value: 'about' as const,
            hint: 'an app, a service, a route or a user',
          },
        ]),
  ]
  return askThen<keyof Selection | undefined, Selection>(
    () => prompter.choose('Everything, or a part?', choices),
    async part => {
      if (part === undefined) return {}
      if (part === 'space') return { space: await askSpace(prompter, await spaces()) }
      const question =
        part === 'person' ? 'Who? User name, email, GUID or client ID.' : 'Of what? Name or GUID.'
      return { [part]: await prompter.write(question, { check: notEmpty }) }
    },
  )
}

const notEmpty = (text: string) => (text === '' ? 'Type a name or a GUID.' : undefined)

async function askSpace(
  prompter: Prompter,
  spaces: readonly AnsweredOrg[] | undefined,
): Promise<AnsweredOrg> {
  if (spaces === undefined || spaces.length === 0) {
    const name = await prompter.write('Which space? Name or GUID.', { check: notEmpty })
    return { name, guid: asGuid(name) }
  }
  return prompter.search(
    'Which space?',
    spaces.map(space => ({ label: space.name, value: space })),
  )
}

/** Asks whether names are looked up. */
export const askNames = (prompter: Prompter): Promise<boolean> =>
  prompter.choose('Show names instead of GUIDs?', [
    { label: 'No', value: false, hint: 'GUIDs as in the events' },
    { label: 'Yes', value: true, hint: 'looks names up, with more cf calls' },
  ])

/** Asks for a window of time. */
export function askTime(prompter: Prompter, now: () => number): Promise<WindowArgs> {
  const choices: Choice<WindowArgs | 'month' | 'dates'>[] = [
    { label: 'Last 7 days', value: { since: '7d' }, hint: 'until now' },
    {
      label: 'Last 31 days',
      value: { since: '31d' },
      hint: 'as long as Cloud Foundry keeps events by default',
    },
    { label: 'A month', value: 'month', hint: 'a calendar month, in UTC' },
    { label: 'Custom dates', value: 'dates', hint: 'from one time to another' },
  ]
  return askThen<WindowArgs | 'month' | 'dates', WindowArgs>(
    () => prompter.choose('What period?', choices),
    async asked => {
      if (asked === 'month') return { month: await askMonth(prompter, now) }
      return asked === 'dates' ? askDates(prompter, now) : asked
    },
  )
}

function askMonth(prompter: Prompter, now: () => number): Promise<string> {
  const [current, last] = [monthAt(now(), 0), monthAt(now(), -1)]
  const choices = [
    { label: last, value: last, hint: 'last month' },
    { label: current, value: current, hint: 'this month, so far' },
    { label: 'Another month', value: undefined, hint: 'type it' },
  ]
  const check = (text: string) => wrongIn({ month: text }, now())
  return askThen(
    () => prompter.choose<string | undefined>('Which month?', choices),
    month => month ?? prompter.write('Which month? As in 2026-11.', { check }),
  )
}

/** The month that is so many months from now, as `YYYY-MM`, in UTC. */
export function monthAt(now: number, months: number): string {
  const today = new Date(now)
  return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months)).toISOString().slice(0, 7)
}

function askDates(prompter: Prompter, now: () => number): Promise<WindowArgs> {
  return askThen(
    async () => {
      const from = await prompter.write(
        'From when? As in 2026-11-01, 36h, yesterday or 2026-11-01T12:00:00Z.',
        {
          empty: 'as far back as Cloud Foundry keeps events',
          check: text => wrongIn({ since: text || undefined }, now()),
        },
      )
      return from || undefined
    },
    async since => {
      const to = await prompter.write('Until when? A date includes its day.', {
        empty: 'now',
        check: text => wrongIn({ since, until: text || undefined }, now()),
      })
      return { since, until: to || undefined }
    },
  )
}

/** What is wrong with a window, and what is accepted; undefined: nothing. */
export function wrongIn(args: WindowArgs, now: number): string | undefined {
  try {
    windowOf(args, now)
    return undefined
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    return `${error.message} ${error.advice}`
  }
}
