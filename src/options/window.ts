import { UsageError } from '../errors.ts'

/** What was said on the command line about time. */
export interface WindowArgs {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly month?: string | undefined
}

/** `from ≤ t < until`, as `YYYY-MM-DDThh:mm:ssZ`; undefined: no bound. */
export interface Window {
  readonly from?: string | undefined
  readonly until?: string | undefined
}

const accepted =
  'Accepted: 7d or 36h (so long ago), yesterday, a date (2026-11-01, UTC; --until includes that day), or a time with its zone (2026-11-01T12:00:00Z, …+01:00).'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/**
 * The window that was asked for. No window means everything that Cloud Foundry keeps: no bound is invented.
 * @param now milliseconds since 1970.
 * @throws UsageError for what is no time, and for a window that cannot hold anything.
 */
export function windowOf({ since, until, month }: WindowArgs, now: number): Window {
  if (month !== undefined) {
    if (since !== undefined || until !== undefined) {
      throw new UsageError(
        '--month is a window of its own: it excludes --since and --until.',
        'Leave out one of them.',
      )
    }
    return monthOf(month, now)
  }
  const from = since === undefined ? undefined : momentOf('--since', since, now)
  const end = until === undefined ? undefined : momentOf('--until', until, now)
  if (from !== undefined && from.start >= now) {
    throw new UsageError(`--since ${since} has yet to come.`, accepted)
  }
  if (from !== undefined && end !== undefined && from.start >= end.end) {
    throw new UsageError(
      `The window is empty: ${instant(from.start)} is not before ${instant(end.end)}.`,
      'Exchange --since and --until.',
    )
  }
  return {
    ...(from && { from: instant(Math.floor(from.start / 1000) * 1000) }),
    ...(end && { until: instant(Math.ceil(end.end / 1000) * 1000) }),
  }
}

/** A moment as a start and as an end: a whole day differs. */
interface Moment {
  readonly start: number
  readonly end: number
}

function momentOf(option: string, text: string, now: number): Moment {
  const ago = /^(\d{1,5})([dh])$/.exec(text)
  if (ago !== null) {
    const moment = now - Number(ago[1]) * (ago[2] === 'd' ? day : hour)
    if (moment >= 0) return { start: moment, end: moment }
  }
  if (text === 'yesterday') {
    const today = Math.floor(now / day) * day
    return { start: today - day, end: today }
  }
  const date = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (date !== null) {
    const start = calendarDay(Number(date[1]), Number(date[2]), Number(date[3]))
    if (start !== undefined) return { start, end: start + day }
  }
  const time = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/.exec(text)
  if (time !== null) {
    const [, year, month, date, hours, minutes, seconds = '0', fraction = '0', zone] = time
    if (zone === undefined) throw new UsageError(`${option} ${text} has no zone.`, accepted)
    const start = calendarDay(Number(year), Number(month), Number(date))
    const offset = offsetOf(zone)
    if (
      start !== undefined &&
      offset !== undefined &&
      Number(hours) < 24 &&
      Number(minutes) < 60 &&
      Number(seconds) < 60
    ) {
      const inDay =
        Number(hours) * hour + Number(minutes) * minute + (Number(seconds) + Number(fraction)) * 1000
      return { start: start + inDay - offset, end: start + inDay - offset }
    }
  }
  throw new UsageError(`${option} ${text} is no time.`, accepted)
}

/** Midnight UTC of a day that exists; JavaScript would take 30 February for 1 or 2 March. */
function calendarDay(year: number, month: number, date: number): number | undefined {
  const start = Date.UTC(year, month - 1, date)
  const back = new Date(start)
  return year >= 1970 && back.getUTCMonth() === month - 1 && back.getUTCDate() === date ? start : undefined
}

function offsetOf(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 14 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * hour + minutes * minute)
}

function monthOf(text: string, now: number): Window {
  const today = new Date(now)
  const named = /^(\d{4})-(\d\d)$/.exec(text)
  const [year, month] =
    text === 'last'
      ? [today.getUTCFullYear(), today.getUTCMonth() - 1]
      : named === null
        ? [Number.NaN, Number.NaN]
        : [Number(named[1]), Number(named[2]) - 1]
  if (!(year >= 1970) || (text !== 'last' && (month < 0 || month > 11))) {
    throw new UsageError(`--month ${text} is no month.`, 'Accepted: 2026-11, or last.')
  }
  const start = Date.UTC(year, month)
  if (start >= now) throw new UsageError(`--month ${text} has yet to come.`, 'Accepted: 2026-11, or last.')
  return { from: instant(start), until: instant(Date.UTC(year, month + 1)) }
}

/** As Cloud Foundry writes and accepts times: whole seconds, UTC. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The window in words, or undefined when none was asked for. */
export function describeWindow({ from, until }: Window): string | undefined {
  if (from === undefined && until === undefined) return undefined
  return `${from === undefined ? '' : `${from} ≤ `}t${until === undefined ? '' : ` < ${until}`}`
}
