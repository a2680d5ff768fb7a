// Times as Cloud Foundry writes and accepts them, and as people in a time zone read them.

/** The default of `cc.audit_events.cutoff_age_in_days` (config/cloud_controller.yml of cloud_controller_ng). */
export const keptDays = 31

const day = 24 * 3600_000
const cleanUpHour = 20

/**
 * The time whose events Cloud Foundry still keeps by default: it deletes older ones once a day at 20:00, by the clock of
 * its own machines, which is UTC (lib/cloud_controller/clock/scheduler.rb).
 * @param now milliseconds since 1970.
 */
export function keptSince(now: number): string {
  const today = Math.floor(now / day) * day + cleanUpHour * 3600_000
  const lastCleanUp = today <= now ? today : today - day
  return seconds(lastCleanUp - keptDays * day)
}

/** Milliseconds since 1970 as `YYYY-MM-DDThh:mm:ssZ`. */
export function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Whether a text names an IANA time zone. */
export function isTimeZone(zone: string): boolean {
  try {
    // A bare offset is taken, too, by newer versions of Node alone.
    return (
      zone === 'UTC' ||
      (/^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined)
    )
  } catch {
    return false
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterFor(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, formatter)
  }
  return formatter
}

/**
 * How many milliseconds the clocks of a zone are ahead of UTC.
 * @param ms by default the time that those clocks show, as if they were UTC; with 'instant' milliseconds since 1970.
 */
export function offsetOf(zone: string, ms: number, of: 'wall' | 'instant' = 'wall'): number {
  if (zone === 'UTC') return 0
  if (of === 'wall') {
    // Where clocks are set, the offset before and after may differ: that of the instant itself holds.
    const guess = ms - offsetOf(zone, ms, 'instant')
    return offsetOf(zone, guess, 'instant')
  }
  const parts = Object.fromEntries(
    formatterFor(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
}

/** A time of Cloud Foundry as the clocks of a zone show it, with its offset: `2026-11-01T13:00:00+01:00`. */
export function inZone(time: string, zone: string): string {
  const ms = Date.parse(time)
  if (zone === 'UTC' || Number.isNaN(ms)) return time
  const offset = offsetOf(zone, ms, 'instant')
  const minutes = Math.abs(Math.round(offset / 60_000))
  const two = (number: number) => String(number).padStart(2, '0')
  const sign = offset < 0 ? '-' : '+'
  return seconds(ms + offset).replace('Z', `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`)
}
