import type { Proof } from '../../capi/event-listing.ts'
import type { Context } from '../../context.ts'
import type { Conclusion } from '../../evidence/reading.ts'
import { judge, type Verdict } from '../../evidence/verdict.ts'
import { allChecked } from '../../options/actors-and-targets.ts'
import { madeBy } from '../../options/output.ts'
import type { ResolvedScope } from '../../options/scope.ts'
import { describeWindow, type Window } from '../../options/window.ts'
import type { Report } from '../../reports/catalog.ts'
import { joinNames, plural } from '../../text.ts'
import { seconds } from '../../time.ts'
import type { Messages } from '../../ui/messages.ts'

// Types whose events may have no space.
const spaceless =
  /^audit\.(?:user\.organization_|organization|space_quota|buildpack|stack|service(?:_plan|_plan_visibility|_broker|_dashboard_client)?\.)|^blob/

/** Notes on what the report leaves out or includes by default. */
export function scopeNotes(
  report: Report,
  { orgs, spaces, label }: Pick<ResolvedScope, 'orgs' | 'spaces' | 'label'>,
  { asDocumented, allOrgs }: { readonly [name in 'asDocumented' | 'allOrgs']?: boolean | undefined },
): string[] {
  if (label === undefined) return allOrgs ? [] : [`No org given: ${report.name} of all orgs you can see.`]
  if (
    spaces !== undefined &&
    (report.types === undefined || report.types.some(type => spaceless.test(type)))
  ) {
    return ['--space leaves out events outside any space, such as org roles.']
  }
  if (orgs !== undefined && report.orglessTypes !== undefined && !asDocumented) {
    return ['Events about offerings, plans and brokers belong to no org; use --all-orgs to include them.']
  }
  return []
}

/** How a reading ended. */
export interface Result {
  readonly proof: Proof
  readonly window: Window
  readonly verdict: Verdict
  /** The orgs as a phrase; undefined: all orgs. */
  readonly label: string | undefined
  /** What alone the API was asked for; empty: events of any target. */
  readonly targets?: readonly string[] | undefined
}

/** The sheet of a workbook that describes it: the query, the result, and whether it is complete. */
export function aboutRows(
  {
    proof,
    visibility,
    user,
    window,
    scope,
    started,
  }: Conclusion & {
    readonly window: Window
    readonly scope: ResolvedScope
    readonly started: number
  },
  report: Report,
  context: Pick<Context, 'version' | 'words'>,
): [key: string, value: string][] {
  const where = scope.label ?? 'all orgs you can see'
  const { state, reasons } = judge(visibility, window, where, started)
  return [
    ['Report', `${report.name}: ${report.summary}`],
    ['Scope', where],
    ...(scope.orgs ?? []).map(({ name, guid }): [string, string] => ['Organization', `${name} (${guid})`]),
    ['From', window.from ?? 'the oldest event that Cloud Foundry keeps'],
    ['Until', window.until ?? proof.until],
    ['Events', `${proof.read} read, ${proof.counted} counted by Cloud Foundry`],
    ['First event', proof.oldest ?? ''],
    ['Last event', proof.newest ?? ''],
    ['Complete', state === 'complete' ? 'yes' : `${state}: ${reasons.join('; ')}`],
    ['Read by', user.user],
    ['Read at', seconds(started)],
    ...madeBy(context),
  ]
}

/** What --limit has printed. */
export interface FirstRows {
  readonly printed: number
  /** How many events were read, of all. */
  readonly read: number
  readonly total: number
  readonly order: 'time' | 'newest'
  /** What the events are about, and what they match; empty: any. */
  readonly about: readonly string[]
  readonly matching: string
}

/** The last line of a report that --limit has ended. */
export function firstInWords({ printed, read, total, order, about, matching }: FirstRows): string {
  const first = `First ${printed.toLocaleString('en')}`
  if (about.length === 0 && matching === '') {
    return `${first} of ${plural(total, 'event')}.`
  }
  const end = order === 'time' ? 'oldest' : 'newest'
  const checked =
    read >= total
      ? allChecked(read)
      : `the ${end} ${read.toLocaleString('en')} of ${plural(total, 'event')} were checked`
  const subject = [
    printed === 1 ? 'event' : 'events',
    ...(about.length === 0 ? [] : [`about ${joinNames(about, { word: 'or' })}`]),
    ...(matching === '' ? [] : [`that ${printed === 1 ? 'matches' : 'match'} ${matching}`]),
  ]
  return `${first} ${subject.join(' ')} (${checked}).`
}

/** Logs the last line: how many events, for which time, and whether they are complete. */
export function logResult({ proof, window, verdict, label, targets = [] }: Result, messages: Messages): void {
  const { read, vanished, until, settled, oldest, newest } = proof
  const of = label === undefined ? '' : ` of ${label}`
  const those = targets.length === 0 ? '' : ` that target ${joinNames(targets, { word: 'or', most: 3 })}`
  const count = `${plural(read, 'event')}${of}${those}`
  const gone =
    vanished > 0
      ? ` (${plural(vanished, 'event')} ${vanished === 1 ? 'was' : 'were'} deleted during the export)`
      : ''
  const asOf = settled ? '' : `as of ${until.slice(11, 19)}`
  const time = [describeWindow(window, { oldest, newest }), asOf].filter(part => part !== '').join(' ')
  if (verdict.state === 'complete') {
    messages.success(`Complete: ${count}, all that Cloud Foundry has ${time} (UTC)${gone}.`)
    return
  }
  const word = verdict.state === 'partial' ? 'Partial' : 'Unprovable'
  messages.caveat(`${word}: ${count} ${time} (UTC)${gone}, but ${verdict.reasons.join('; and ')}.`)
}
