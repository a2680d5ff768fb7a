import { AuditError } from '../../errors.ts'
import type { Dialog } from '../../ui/dialog.ts'
import { type WindowArgs, windowOf } from '../window.ts'

/** Asks for a window of time. */
export async function askTime(dialog: Dialog, now: () => number): Promise<WindowArgs> {
  const asked = await dialog.choose<WindowArgs | 'month' | 'dates'>('Which time?', [
    { label: 'Last 7 days', value: { since: '7d' } },
    {
      label: 'Last 31 days',
      value: { since: '31d' },
      hint: 'as long as Cloud Foundry keeps events by default',
    },
    { label: 'A month', value: 'month' },
    { label: 'Own dates', value: 'dates' },
  ])
  if (asked === 'month') return { month: await askMonth(dialog, now) }
  return asked === 'dates' ? askDates(dialog, now) : asked
}

async function askMonth(dialog: Dialog, now: () => number): Promise<string> {
  const [current, last] = [monthAt(now(), 0), monthAt(now(), -1)]
  const month = await dialog.choose<string | undefined>('Which month?', [
    { label: last, value: last, hint: 'last month' },
    { label: current, value: current, hint: 'this month, so far' },
    { label: 'Another one', value: undefined },
  ])
  if (month !== undefined) return month
  return dialog.write('Which month? As in 2026-11.', {
    check: text => wrongIn({ month: text }, now()),
  })
}

/** The month that is so many months from now, as `YYYY-MM`, in UTC. */
export function monthAt(now: number, months: number): string {
  const today = new Date(now)
  return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + months)).toISOString().slice(0, 7)
}

async function askDates(dialog: Dialog, now: () => number): Promise<WindowArgs> {
  const from = await dialog.write('From when? As in 2026-11-01, 36h, yesterday or 2026-11-01T12:00:00Z.', {
    empty: 'as far back as Cloud Foundry keeps events',
    check: text => wrongIn({ since: text || undefined }, now()),
  })
  const since = from || undefined
  const to = await dialog.write('Until when? A date includes its day.', {
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
