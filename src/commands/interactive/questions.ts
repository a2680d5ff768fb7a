import { join } from 'node:path'
import { asGuid } from '../../capi/event.ts'
import { AuditError, WentBack } from '../../errors.ts'
import { type WindowArgs, windowOf } from '../../options/window.ts'
import { pathStatus } from '../../output/files.ts'
import type { Format } from '../../reports/formats.ts'
import type { Choice, Prompter } from '../../ui/prompts.ts'
import type { AnsweredFile, AnsweredOrg, Selection } from './answers.ts'

/** Questions whose answers can be taken back. */
export interface Dialog extends Prompter {
  /** Works once, and again only where an answer before it was taken back. */
  once<T>(work: () => Promise<T>): Promise<T>
  /** The place of the next question. */
  mark(): number
  /** Asks again from a question on. */
  backTo(mark: number): never
}

/**
 * Holds a conversation in which Esc goes back one question: it begins anew, with all answers but the last one given.
 * @throws WentBack where there is nothing to go back to.
 */
export async function converse<T>(prompter: Prompter, talk: (ask: Dialog) => Promise<T>): Promise<T> {
  const past: { readonly value: unknown; readonly isAnswer: boolean }[] = []
  for (;;) {
    let at = 0
    async function step<T>(isAnswer: boolean, next: () => Promise<T>): Promise<T> {
      if (at === past.length) past.push({ value: await next(), isAnswer })
      return past[at++]!.value as T
    }
    try {
      return await talk({
        back: prompter.back,
        choose: (question, choices) => step(true, () => prompter.choose(question, choices)),
        search: (question, choices) => step(true, () => prompter.search(question, choices)),
        write: (question, field) => step(true, () => prompter.write(question, field)),
        once: work => step(false, work),
        mark: () => at,
        backTo(mark) {
          past.length = mark + 1
          throw new WentBack()
        },
      })
    } catch (error) {
      if (!(error instanceof WentBack)) throw error
      const last = past.findLastIndex(({ isAnswer }) => isAnswer)
      if (last < 0) throw error
      past.length = last
    }
  }
}

/** Asks whether a report goes to the screen or to a file, and to which; undefined: to the screen. */
export async function askDestination(
  ask: Dialog,
  format: Format['name'],
  suggested: string,
  home: string | undefined,
): Promise<AnsweredFile | undefined> {
  const places = [
    { label: 'Terminal', value: false, hint: 'print it here' },
    { label: 'A file', value: true, hint: 'readable only by you' },
  ]
  const toFile = await ask.choose(
    'Where should the report go?',
    format === 'table' ? places : places.toReversed(),
  )
  if (!toFile) return undefined
  const mark = ask.mark()
  const written = await ask.write('Which file?', {
    initial: suggested,
    check: text => wrongFile(text, home),
  })
  const name = pathOf(written, home)
  if ((await ask.once(async () => pathStatus(name))) !== 'taken') return { name, replaces: false }
  const replaces = await ask.choose(`${name} already exists.`, [
    { label: 'Choose another name', value: false, hint: 'keep the file' },
    { label: 'Replace it', value: true, hint: 'once the report is complete' },
  ])
  return replaces ? { name, replaces } : ask.backTo(mark)
}

function wrongFile(text: string, home: string | undefined): string | undefined {
  if (text === '') return 'Enter a file name.'
  const status = pathStatus(pathOf(text, home))
  return typeof status === 'string' ? undefined : status.problem
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
export async function askSelection(
  ask: Dialog,
  spaces: () => Promise<readonly AnsweredOrg[] | undefined>,
  isAboutRoles: boolean,
  isOneOrg: boolean,
): Promise<Selection> {
  const choices: Choice<keyof Selection | undefined>[] = [
    { label: 'Everything', value: undefined, hint: 'no filter' },
    ...(isOneOrg
      ? [
          {
            label: 'One space',
            value: 'space' as const,
            hint: isAboutRoles ? 'only roles in that space' : 'only events of that space',
          },
        ]
      : []),
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
  const part = await ask.choose('Filter the report?', choices)
  if (part === undefined) return {}
  if (part === 'space') return { space: await askSpace(ask, await ask.once(spaces)) }
  const question =
    part === 'person' ? 'Who? User name, email, GUID or client ID.' : 'Which one? Name or GUID.'
  return { [part]: await ask.write(question, { check: notEmpty }) }
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
export async function askTime(ask: Prompter, now: () => number): Promise<WindowArgs> {
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
  const asked = await ask.choose('What period?', choices)
  if (asked === 'month') return { month: await askMonth(ask, now) }
  return asked === 'dates' ? askDates(ask, now) : asked
}

async function askMonth(ask: Prompter, now: () => number): Promise<string> {
  const [current, last] = [monthAt(now(), 0), monthAt(now(), -1)]
  const choices = [
    { label: last, value: last, hint: 'last month' },
    { label: current, value: current, hint: 'this month, so far' },
    { label: 'Another month', value: undefined, hint: 'type it' },
  ]
  const check = (text: string) => wrongIn({ month: text }, now())
  const month = await ask.choose<string | undefined>('Which month?', choices)
  return month ?? ask.write('Which month? As in 2026-11.', { check })
}

/** The month that is so many months from now, as `YYYY-MM`, in UTC. */
export function monthAt(now: number, months: number): string {
  const today = new Date(now)
  return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months)).toISOString().slice(0, 7)
}

async function askDates(ask: Prompter, now: () => number): Promise<WindowArgs> {
  const from = await ask.write('From when? As in 2026-11-01, 36h, yesterday or 2026-11-01T12:00:00Z.', {
    empty: 'as far back as Cloud Foundry keeps events',
    check: text => wrongIn({ since: text || undefined }, now()),
  })
  const since = from || undefined
  const to = await ask.write('Until when? A date includes its day.', {
    empty: 'now',
    check: text => wrongIn({ since, until: text || undefined }, now()),
  })
  return { since, until: to || undefined }
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
