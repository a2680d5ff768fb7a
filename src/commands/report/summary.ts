import type { Proof } from '../../capi/event-listing.ts'
import type { Visibility } from '../../capi/visibility.ts'
import type { ResolvedScope } from '../../options/scope.ts'
import { describeWindow, instant, type Window } from '../../options/window.ts'
import type { OutputPlan } from '../../reports/formats.ts'
import type { Messages } from '../../ui/messages.ts'

// The default of cc.audit_events.cutoff_age_in_days (config/cloud_controller.yml).
const keptDays = 31

// Types whose events can be without a space (the org alone, or nothing, stands in them).
const spaceless =
  /^audit\.(?:user\.organization_|organization|space_quota|buildpack|stack|service(?:_plan|_plan_visibility|_broker|_dashboard_client)?\.)|^blob/

/** What is about to be asked for, where that is not plain from the command line. */
export function scopeNotes(
  { report, asDocumented }: OutputPlan,
  { orgs, spaces, label }: ResolvedScope,
  window: Window,
): string[] {
  const notes: string[] = []
  if (label === undefined) notes.push(`No org is named: ${report.name} of every org that you can see.`)
  if (
    spaces !== undefined &&
    (report.types === undefined || report.types.some(type => spaceless.test(type)))
  ) {
    notes.push(
      'Events that belong to no space, such as org roles, are not in this report: --space leaves them out.',
    )
  } else if (orgs !== undefined && report.orglessTypes !== undefined && !asDocumented) {
    notes.push(
      'Offerings, plans, brokers and dashboard clients belong to no org and are not in this report; --all-orgs asks for them.',
    )
  }
  const bounds = describeWindow(window)
  if (bounds !== undefined) notes.push(`Window: ${bounds}`)
  return notes
}

/**
 * The closing words: how many, from when to when, and what that proves.
 * @param started when the window was laid down, in milliseconds since 1970.
 */
export function logSummary(
  { read, counted, vanished, until, oldest, newest }: Proof,
  org: string | undefined,
  window: Window,
  started: number,
  messages: Messages,
): void {
  const of = org === undefined ? '' : ` of ${org}`
  if (read === 0) {
    messages.info(`No events${of}: Cloud Foundry counts none up to ${until}.`)
  } else {
    const events = read === 1 ? '1 event' : `${read} events`
    const deleted = vanished === 0 ? '' : `; ${vanished} vanished while they were read`
    messages.info(
      `${events}${of}, ${oldest} to ${newest}: all ${counted} that Cloud Foundry counts for your roles up to ${until}${deleted}.`,
    )
  }
  warnRetention(window, started, messages)
}

/** What may be missing because it is old. */
function warnRetention({ from, until }: Window, started: number, messages: Messages): void {
  const kept = instant(started - keptDays * 24 * 3600 * 1000)
  const deletes = `Cloud Foundry deletes events after ${keptDays} days unless its operators changed that`
  if (until !== undefined && until <= kept) {
    messages.warn(`the window ends before ${kept}. ${deletes}: what happened in it may be missing.`)
  } else if (from !== undefined && from < kept) {
    messages.warn(`the window begins before ${kept}. ${deletes}: what is older may be missing.`)
  } else if (from === undefined) {
    messages.info(`${deletes}: older ones are in no export.`)
  }
}

/**
 * Which events the reader's roles show: what was counted is what they show, and no more.
 * @param org undefined: every org.
 */
export function logVisibility(visible: Visibility, org: string | undefined, messages: Messages): void {
  const where = org ?? 'the foundation'
  switch (visible.sees) {
    case 'all':
      messages.info(`Your roles show all of ${where}.`)
      return
    case 'some':
      messages.warn(
        `your roles show only a part of ${where}: ${visibleParts(visible)}. The rest takes Org Auditor.`,
      )
      return
    case 'none': // The sign of a global reader is missing where no app was ever run.
      messages.warn(
        `whether your roles show all of ${where} cannot be told: none of yours there explains it.`,
      )
      return
    case 'unknown':
      messages.warn(`which events of ${where} your roles show could not be looked up: ${visible.why}`)
  }
}

/** The orgs and spaces that can be seen, by name. */
export function visibleParts({ orgs, spaces }: Visibility & { sees: 'some' }): string {
  const inSpaces = spaces.length === 0 ? '' : `${spaces.length === 1 ? 'space' : 'spaces'} ${names(spaces)}`
  const inOrgs = orgs.length === 0 ? '' : `${orgs.length === 1 ? 'org' : 'orgs'} ${names(orgs)}`
  return [inOrgs, inSpaces].filter(part => part !== '').join(', ')
}

function names(all: readonly string[]): string {
  const more = all.length - 10
  const shown = all.slice(0, 10).map(name => (name.includes(',') ? `"${name}"` : name))
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** Which file holds the report now, and its size; nothing for stdout. */
export function logFile(output: string | undefined, bytes: number, messages: Messages): void {
  if (output !== undefined && output !== '-') messages.info(`Written: ${output}, ${sizeOf(bytes)}.`)
}

function sizeOf(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let size = bytes
  let unit = 0
  // What would be rounded to 1000 of a unit is 1 of the next.
  for (; size >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1; unit++) size /= 1000
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  return `${size.toFixed(1)} ${units[unit]}`
}
