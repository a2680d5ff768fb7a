import { UsageError } from '../errors.ts'
import { isTimeZone, offsetOf, seconds } from '../time.ts'
import type { OptionTable, Values } from './command.ts'

/** Which time a report covers. */
export const windowOptions = {
  since: {
    type: 'string',
    group: 'Time',
    value: 'WHEN',
    complete: () => ['15m', '24h', '7d', '2w', '31d', 'today', 'yesterday'],
    describe: 'Events since WHEN: 15m, 36h, 7d, 2w, today, yesterday, 2026-11-01 or 2026-11-01T12:00:00Z',
  },
  until: {
    type: 'string',
    group: 'Time',
    value: 'WHEN',
    complete: () => ['today', 'yesterday'],
    describe: 'Events before WHEN; a date includes its day',
  },
  month: {
    type: 'string',
    group: 'Time',
    value: 'MONTH',
    complete: () => ['last', 'this'],
    describe: 'Events of a month: 2026-11, last or this',
  },
  tz: {
    type: 'string',
    group: 'Time',
    value: 'ZONE',
    describe: 'Show times, and read dates, in this zone, such as Europe/Berlin (default: UTC)',
  },
} as const satisfies OptionTable

export type WindowArgs = Partial<Values<typeof windowOptions>>

/** `from ≤ t < until`, as `YYYY-MM-DDThh:mm:ssZ`; undefined: no bound. */
export interface Window {
  readonly from?: string | undefined
  readonly until?: string | undefined
}

const accepted =
  'Use 15m, 36h, 7d or 2w (ago), today, yesterday, a date (2026-11-01), or a time with its zone (2026-11-01T12:00:00Z).'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const units: Readonly<Record<string, number>> = { m: minute, h: hour, d: day, w: 7 * day }

/**
 * The IANA time zone that --tz names; 'UTC' by default.
 * @throws UsageError
 */
export function timeZoneOf({ tz = 'UTC' }: Pick<WindowArgs, 'tz'>): string {
  if (isTimeZone(tz)) return tz
  throw new UsageError(
    `unknown time zone "${tz}".`,
    'Use an IANA name, such as UTC, America/New_York or Europe/Berlin.',
  )
}

/**
 * The window that was asked for. No window means everything that Cloud Foundry keeps: no bound is invented.
 * @param now milliseconds since 1970.
 * @throws UsageError for an invalid time, or an empty window.
 */
export function windowOf(args: WindowArgs, now: number): Window {
  const { since, until, month } = args
  const zone = timeZoneOf(args)
  if (month !== undefined) {
    if (since !== undefined || until !== undefined) {
      throw new UsageError('--month cannot be combined with --since or --until.', 'Use one of them.')
    }
    return monthOf(month, now, zone)
  }
  const from = since === undefined ? undefined : momentOf(since, now, zone)
  const end = until === undefined ? undefined : momentOf(until, now, zone)
  if (from !== undefined && from.start >= now) {
    throw new UsageError(`--since ${since} is in the future.`, accepted)
  }
  if (from !== undefined && end !== undefined && from.start >= end.end) {
    throw new UsageError(
      `The time range is empty: it starts at ${seconds(from.start)} and ends at ${seconds(end.end)}.`,
      '--since must be before --until.',
    )
  }
  return {
    ...(from && { from: seconds(Math.floor(from.start / 1000) * 1000) }),
    ...(end && { until: seconds(Math.ceil(end.end / 1000) * 1000) }),
  }
}

/** A time as a start and as an end; they differ for a date, which spans a day. */
interface Moment {
  readonly start: number
  readonly end: number
}

function momentOf(given: string, now: number, zone: string): Moment {
  const text = given.trim()
  const wrong = () => new UsageError(`"${given}" is not a valid time.${meantBy(text)}`, accepted)
  const ago = /^(\d{1,6})([mhdw])$/.exec(text.toLowerCase())
  if (ago !== null) {
    const moment = now - Number(ago[1]) * (units[ago[2] ?? ''] ?? 0)
    if (moment < 0) throw wrong()
    return { start: moment, end: moment }
  }
  const today = dayIn(zone, now)
  if (/^today$/i.test(text)) return wholeDay(today, zone)
  if (/^yesterday$/i.test(text)) return wholeDay({ ...today, date: today.date - 1 }, zone)
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (date !== null) {
    const [year, month, date_] = date.slice(1).map(Number) as [number, number, number]
    if (!isDate(year, month, date_)) throw wrong()
    return wholeDay({ year, month, date: date_ }, zone)
  }
  const time =
    /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)? ?([Zz]|UTC|[+-]\d\d:?\d\d)?$/.exec(text)
  if (time === null) throw wrong()
  const [year, month, date_, hours, minutes, secs] = time
    .slice(1, 7)
    .map(part => Number(part ?? '0')) as number[]
  const named = time[8]
  if (!isDate(year!, month!, date_!) || hours! > 23 || minutes! > 59 || secs! > 59) throw wrong()
  if (named === undefined && zone === 'UTC') {
    throw new UsageError(
      `"${given}" has no time zone.`,
      `Add it, as in ${text.replace(' ', 'T')}Z, or name one with --tz.`,
    )
  }
  const wall = Date.UTC(year!, month! - 1, date_!, hours, minutes, secs) + Number(`0${time[7] ?? ''}`) * 1000
  const offset = named === undefined ? offsetOf(zone, wall) : namedOffset(named)
  if (offset === undefined) throw wrong()
  return { start: wall - offset, end: wall - offset }
}

/** What somebody may have meant by a time that is not taken. */
function meantBy(text: string): string {
  const compact = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
  if (compact !== null) return ` Did you mean ${compact.slice(1).join('-')}?`
  if (/^\d{1,5}$/.test(text)) return ` Did you mean ${text}d?`
  const words = /^(\d{1,5}) ?(minute|hour|day|week)s?( ago)?$/i.exec(text)
  return words === null ? '' : ` Did you mean ${words[1]}${words[2]?.[0]?.toLowerCase()}?`
}

interface CalendarDay {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly date: number
}

/** The day that it is at a moment in a zone. */
function dayIn(zone: string, ms: number): CalendarDay {
  const wall = new Date(ms + offsetAt(zone, ms))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, date: wall.getUTCDate() }
}

const offsetAt = (zone: string, ms: number) => offsetOf(zone, ms, 'instant')

function wholeDay({ year, month, date }: CalendarDay, zone: string): Moment {
  return { start: midnight(year, month, date, zone), end: midnight(year, month, date + 1, zone) }
}

/** The beginning of a day in a zone; days and months beyond their ends are those of the next. */
function midnight(year: number, month: number, date: number, zone: string): number {
  const wall = Date.UTC(year, month - 1, date)
  return wall - offsetOf(zone, wall)
}

/** JavaScript would read 30 February as 1 or 2 March. Years are limited to what ISO 8601 and Cloud Foundry can write. */
function isDate(year: number, month: number, date: number): boolean {
  const back = new Date(Date.UTC(year, month - 1, date))
  return year >= 1970 && year < 9999 && back.getUTCMonth() === month - 1 && back.getUTCDate() === date
}

function namedOffset(zone: string): number | undefined {
  if (/^(z|utc)$/i.test(zone)) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 14 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * hour + minutes * minute)
}

function monthOf(text: string, now: number, zone: string): Window {
  const today = dayIn(zone, now)
  const named = /^(\d{4})-(\d\d)$/.exec(text)
  const [year, month] =
    text === 'last'
      ? [today.year, today.month - 1]
      : text === 'this'
        ? [today.year, today.month]
        : [Number(named?.[1]), Number(named?.[2])]
  if (!isDate(year, month, 1) && text !== 'last') {
    throw new UsageError(`"${text}" is not a valid month.`, 'Use 2026-11, last or this.')
  }
  const start = midnight(year, month, 1, zone)
  if (start >= now) throw new UsageError(`--month ${text} is in the future.`, 'Use 2026-11, last or this.')
  return { from: seconds(start), until: seconds(midnight(year, month + 1, 1, zone)) }
}

/**
 * A window in words, in UTC: `for 24 to 25 Nov 2026`, with times where a bound is no midnight; '' without bounds or events.
 * @param span of the events, for the bounds that were not given.
 */
export function describeWindow(
  { from, until }: Window,
  { oldest, newest }: { readonly oldest?: string | undefined; readonly newest?: string | undefined },
): string {
  const start = from ?? oldest
  const end = until ?? newest
  if (start === undefined && end === undefined) return ''
  if (start === undefined) return `until ${endWords(end!)}`
  if (end === undefined) return `since ${timeWords(start)}`
  if ([from, until].every(bound => bound === undefined || isMidnight(bound))) {
    return `for ${dayRange(new Date(start), new Date(until === undefined ? end : lastMoment(until)))}`
  }
  const first = from === undefined ? dayWords(new Date(start)) : timeWords(from)
  return `for ${first} to ${until === undefined ? dayWords(new Date(end)) : endWords(until)}`
}

const isMidnight = (time: string) => time.endsWith('T00:00:00Z')
const lastMoment = (until: string) => Date.parse(until) - 1

function timeWords(time: string): string {
  const day = dayWords(new Date(time))
  return isMidnight(time) ? day : `${day} ${time.slice(11, 16)}`
}

/** An end at midnight is the day before: that day is in. */
function endWords(until: string): string {
  return isMidnight(until) ? dayWords(new Date(lastMoment(until))) : timeWords(until)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const dayWords = (day: Date) => `${day.getUTCDate()} ${months[day.getUTCMonth()]} ${day.getUTCFullYear()}`

function dayRange(first: Date, last: Date): string {
  if (dayWords(first) === dayWords(last)) return dayWords(first)
  const sameYear = first.getUTCFullYear() === last.getUTCFullYear()
  const sameMonth = sameYear && first.getUTCMonth() === last.getUTCMonth()
  const start = sameMonth
    ? `${first.getUTCDate()}`
    : sameYear
      ? dayWords(first).slice(0, -5)
      : dayWords(first)
  return `${start} to ${dayWords(last)}`
}

/** A window as a sentence, with the times that were asked for: `From 2026-11-01 00:00 until now (UTC).` */
export function windowSentence({ from, until }: Window): string | undefined {
  const minutes = (time: string) => time.slice(0, 16).replace('T', ' ')
  if (from === undefined && until === undefined) return undefined
  if (from === undefined) return `Until ${minutes(until!)} (UTC).`
  return `From ${minutes(from)} ${until === undefined ? 'until now' : `to ${minutes(until)}`} (UTC).`
}
