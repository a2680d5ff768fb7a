import type { Proof } from '../../capi/event-listing.ts'
import { isSettled, type Verdict } from '../../evidence/verdict.ts'
import type { ResolvedScope } from '../../options/scope.ts'
import { describeWindow, type Window } from '../../options/window.ts'
import type { Report } from '../../reports/catalog.ts'
import { plural } from '../../text.ts'
import type { Messages } from '../../ui/messages.ts'

// Types whose events can be without a space: only the org, or nothing, stands in them.
const spaceless =
  /^audit\.(?:user\.organization_|organization|space_quota|buildpack|stack|service(?:_plan|_plan_visibility|_broker|_dashboard_client)?\.)|^blob/

/** What a report leaves out, or takes in, that the command line does not say. */
export function scopeNotes(
  report: Report,
  { orgs, spaces, label }: Pick<ResolvedScope, 'orgs' | 'spaces' | 'label'>,
  asDocumented: boolean,
): string[] {
  if (label === undefined) return [`No org given: ${report.name} of all orgs you can see.`]
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
  /** The org, in words; undefined: all orgs. */
  readonly label: string | undefined
  /** When the reading began, in milliseconds since 1970. */
  readonly started: number
}

/** The last line: how many events, for which time, and whether they are all. */
export function logResult({ proof, window, verdict, label, started }: Result, messages: Messages): void {
  const { read, vanished, until, oldest, newest } = proof
  const of = label === undefined ? '' : ` of ${label}`
  const count = `${plural(read, 'event')}${of}`
  const gone =
    vanished > 0 ? ` (${plural(vanished, 'event')} vanished while they were read)` : ''
  const time = describeWindow(window, { oldest, newest })
  const asOf = isSettled(proof, started) ? '' : ` as of ${until.slice(11, 19)}`
  if (verdict.state === 'complete') {
    messages.success(`Complete: ${count}, all that Cloud Foundry has for ${time}${asOf} (UTC)${gone}.`)
    return
  }
  const word = verdict.state === 'partial' ? 'Partial' : 'Unprovable'
  messages.caveat(`${word}: ${count} for ${time}${asOf} (UTC)${gone}, but ${verdict.reasons.join('; and ')}.`)
}
