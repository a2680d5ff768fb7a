import { asGuid } from '../../capi/event.ts'
import type { Counted } from '../../capi/event-listing.ts'
import { type WindowArgs, windowOf } from '../../options/window.ts'
import type { Report } from '../../reports/catalog.ts'
import { type Format, formatNamed } from '../../reports/formats.ts'

/** An org that was chosen, or written by hand. */
export interface AnsweredOrg {
  readonly name: string
  readonly guid: string | undefined
}

/** Which events, or which roles; roles have no time range. */
export interface Wanted {
  readonly what: Report | 'roles' | 'access-review'
  readonly org: AnsweredOrg | 'all'
  readonly only: Selection
  readonly window: WindowArgs
}

/** Which of the events or roles; nothing: all of them. */
export interface Selection {
  readonly space?: AnsweredOrg
  /** Who did it, or who holds the role. */
  readonly person?: string
  /** What the history is of. */
  readonly about?: string
}

const nameOf = (what: Wanted['what']) => (typeof what === 'string' ? what : what.name)

/** The file that a report is written to. */
export interface AnsweredFile {
  readonly name: string
  /** Whether it is there already, and may go. */
  readonly replaces: boolean
}

/** All that there is to know. */
export interface Answers extends Wanted {
  /** Whether names are looked up. */
  readonly names: boolean
  readonly format: Format['name']
  /** undefined: stdout. */
  readonly file: AnsweredFile | undefined
}

/** What was asked for, as words of a command line. */
export interface CommandLine {
  readonly words: readonly string[]
  /** The same to be run again, after which the file is there. */
  readonly again: readonly string[]
}

/** The command line that stands for the answers. */
export function commandFor({ what, org, only, window, names, format, file }: Answers): CommandLine {
  const { since, until, month } = window
  const words = [
    nameOf(what),
    ...(org === 'all' ? ['--all-orgs'] : [orgWord(org)]),
    ...option('--space', only.space && guidOrName(only.space)),
    ...option(typeof what === 'string' ? '--user' : '--actor', only.person),
    ...option('--about', only.about),
    ...option('--since', since),
    ...option('--until', until),
    ...option('--month', month),
    ...(names ? ['--names'] : []),
    '--format',
    format,
    ...option('--output', file?.name),
  ]
  return {
    words: file?.replaces ? [...words, '--force'] : words,
    again: file === undefined ? words : [...words, '--force'],
  }
}

function option(name: string, value: string | undefined): string[] {
  if (value === undefined) return []
  return value.startsWith('-') ? [`${name}=${value}`] : [name, value]
}

// What looks like a GUID is taken for one; what begins with a dash, for an option.
function orgWord(org: AnsweredOrg): string {
  const word = guidOrName(org)
  return word.startsWith('-') ? `--org=${word}` : word
}

const guidOrName = ({ name, guid }: AnsweredOrg): string =>
  asGuid(name) !== undefined && guid !== undefined ? guid : name

const endingOf = (format: Format['name']) => formatNamed(format).endings[0] ?? 'txt'

/**
 * A name for the file: what it holds, of which org and time.
 * @param now milliseconds since 1970.
 */
export function fileNameFor({ what, org, window }: Wanted, format: Format['name'], now: number): string {
  const time = typeof what === 'string' ? dayOf(now) : timeIn(window, now)
  const parts = [nameOf(what), org === 'all' ? 'all-orgs' : partOfName(org.name), time]
  return `${parts.filter(part => part !== '').join('-')}.${endingOf(format)}`
}

/** Letters, digits and what is harmless between them: safe in every file system and shell. */
function partOfName(name: string): string {
  const harmless = name.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '-')
  return Array.from(harmless)
    .slice(0, 60)
    .join('')
    .replace(/^[-.]+|[-.]+$/g, '')
}

/** The time in days: a month, or its first and last day. */
function timeIn(args: WindowArgs, now: number): string {
  const { from, until } = windowOf(args, now)
  if (args.month !== undefined && from !== undefined) return from.slice(0, 7)
  const end = Math.min(now, until === undefined ? now : Date.parse(until) - 1)
  const last = dayOf(end)
  if (from === undefined) return `until-${last}`
  const first = from.slice(0, 10)
  return first === last ? first : `${first}-to-${last}`
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

// Ten pages take half a minute; a thousand rows are too many to scroll through.
const longReading = 10
const longTable = 1000

/** Whether it is so much that a person may want to think again. */
export function isLong({ total, pageSize }: Counted, toScreen: boolean): boolean {
  return total > (toScreen ? longTable : longReading * pageSize)
}
