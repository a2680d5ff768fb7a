import type { AuditEvent } from '../capi/event.ts'
import type { PlaceNames } from '../capi/visibility.ts'
import { barChart, escapeHtml, htmlTable } from '../output/html.ts'
import { actor } from '../reports/columns.ts'
import { changeKindOf } from '../reports/event-types.ts'
import { grouped, plural } from '../text.ts'
import type { ReviewRow } from './access-review.ts'
import type { Statement } from './statement.ts'
import type { Verdict } from './verdict.ts'
import { isSsh, readsCredentials } from './views.ts'

/** Gathers what the printable review says about the events. */
export function createReviewPage() {
  const totals = {
    day: new Map<string, number>(),
    type: new Map<string, number>(),
    actor: new Map<string, number>(),
    space: new Map<string, number>(),
  }
  const orgsSeen = new Set<string>()
  const add = (of: keyof typeof totals, key: string) => totals[of].set(key, (totals[of].get(key) ?? 0) + 1)
  const notable = {
    grants: [] as AuditEvent[],
    revocations: [] as AuditEvent[],
    credentials: [] as AuditEvent[],
    ssh: [] as AuditEvent[],
    deletions: [] as AuditEvent[],
  }
  const counts = { grants: 0, revocations: 0, credentials: 0, ssh: 0, deletions: 0 }
  const keep = (of: keyof typeof notable, event: AuditEvent) => {
    counts[of]++
    // The CSV files and the workbook have all of them; the page has the newest.
    notable[of].push(event)
    if (notable[of].length > mostRows) notable[of].shift()
  }
  return {
    note(event: AuditEvent): void {
      add('day', event.time.slice(0, 10))
      add('type', event.type)
      add('actor', actor.cell(event))
      add('space', `${event.orgGuid} ${event.spaceGuid}`)
      orgsSeen.add(event.orgGuid)
      if (/^audit\.user\.(organization_manager|space_(manager|developer|supporter))_add$/.test(event.type))
        keep('grants', event)
      else if (/^audit\.user\.\w+_remove$/.test(event.type)) keep('revocations', event)
      else if (readsCredentials(event)) keep('credentials', event)
      else if (isSsh(event)) keep('ssh', event)
      else if (changeKindOf(event.type) === 'removed') keep('deletions', event)
    },

    /** The page: a single file without scripts, which prints on A4 and Letter. */
    html(statement: Statement, reviewed: readonly ReviewRow[], names: PlaceNames): string {
      const { asked, events, verdict, read, user, tool } = statement
      const orgs = asked.orgs?.map(({ name }) => name).join(', ') ?? 'all orgs that the reader can see'
      const sections = [
        ['Privileged roles granted', 'grants'],
        ['Roles removed', 'revocations'],
        ['Credentials read', 'credentials'],
        ['SSH access to apps', 'ssh'],
        ['Deletions', 'deletions'],
      ] as const
      /** A space; with its org where there are several, whose spaces may have the same name. */
      function placeOf(orgGuid: string, spaceGuid: string): string {
        const space = spaceGuid === '' ? '(no space)' : names.spaces.get(spaceGuid) || spaceGuid
        if (orgsSeen.size < 2) return space
        return orgGuid === '' ? '(no org)' : `${names.orgs.get(orgGuid) || orgGuid} / ${space}`
      }
      // A space that was deleted and created again is two spaces of one name.
      const bySpace = new Map<string, number>()
      for (const [place, events] of totals.space) {
        const [orgGuid = '', spaceGuid = ''] = place.split(' ')
        const label = placeOf(orgGuid, spaceGuid)
        bySpace.set(label, (bySpace.get(label) ?? 0) + events)
      }
      const title = `Audit evidence: ${orgs}`
      return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${styles}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<section>
<h2>Statement</h2>
<p>Events: ${stateOf(verdict.events)}. Roles: ${stateOf(verdict.roles)}.</p>
${reasons([...verdict.events.reasons, ...verdict.roles.reasons])}
${htmlTable(
  ['What', 'Value'],
  [
    ...(asked.orgs ?? []).map(({ name, guid }) => ['Org', `${name} (${guid})`]),
    ['Time range', `${asked.from ?? 'the oldest event that Cloud Foundry keeps'} to ${events.until} (UTC)`],
    [
      'Events',
      `${grouped(events.exported)} exported, ${grouped(events.counted)} counted by Cloud Foundry${events.vanished > 0 ? `, ${grouped(events.vanished)} deleted while they were read` : ''}`,
    ],
    ['Credentials', events.unredacted ? 'not redacted' : `${plural(events.redacted, 'value')} redacted`],
    ['First and last event', `${events.first ?? 'none'} to ${events.last ?? 'none'}`],
    ['Read by', `${user.name}, from ${read.started} to ${read.ended}`],
    ['Made by', `${tool.name} ${tool.version}`],
  ],
)}
</section>
<section>
<h2>Totals</h2>
${barChart(
  'Events by day (UTC)',
  [...totals.day].sort(([a], [b]) => (a < b ? -1 : 1)),
)}
${topChart('Events by type', totals.type)}
${topChart('Events by actor', totals.actor)}
${topChart('Events by space', bySpace)}
</section>
${sections
  .map(
    ([heading, of]) => `<section class="events">
<h2>${heading} (${grouped(counts[of])})</h2>
${counts[of] > mostRows ? `<p>The newest ${mostRows}; the CSV files and the workbook have all.</p>` : ''}
${
  counts[of] === 0
    ? '<p>None.</p>'
    : htmlTable(
        ['Time (UTC)', 'Actor', 'Event type', 'Target', 'Space'],
        notable[of].map(event => [
          event.time.replace('T', ' ').replace('Z', ''),
          actor.cell(event),
          event.type,
          event.target.name || event.target.guid,
          placeOf(event.orgGuid, event.spaceGuid),
        ]),
      )
}
</section>`,
  )
  .join('\n')}
<section>
<h2>Roles with flags (${reviewed.filter(({ flags }) => flags.length > 0).length} of ${reviewed.length})</h2>
${flagged(reviewed)}
</section>
<section class="signoff">
<h2>Sign-off</h2>
${htmlTable(['Reviewed by', 'Date', 'Decision', 'Signature'], [['', '', '', '']])}
</section>
</body>
</html>
`
    },
  }
}

const mostRows = 200

/** A chart of the largest totals. Its title counts the rest, which as a bar would dwarf all others. */
function topChart(title: string, totals: ReadonlyMap<string, number>, most = 15): string {
  const sorted = [...totals].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  const rest = sorted.slice(most)
  if (rest.length === 0) return barChart(title, sorted)
  const events = rest.reduce((sum, [, count]) => sum + count, 0)
  return barChart(
    `${title}: the first ${most} of ${sorted.length}; the rest have ${plural(events, 'event')}`,
    sorted.slice(0, most),
  )
}

const stateOf = ({ state }: Verdict) =>
  `<span class="${escapeHtml(state)}"><strong>${escapeHtml(state)}</strong></span>`

const reasons = (all: readonly string[]) =>
  all.length === 0 ? '' : `<ul>${all.map(reason => `<li>${escapeHtml(reason)}</li>`).join('')}</ul>`

function flagged(reviewed: readonly ReviewRow[]): string {
  const rows = reviewed.filter(({ flags }) => flags.length > 0)
  if (rows.length === 0) return '<p>None.</p>'
  return htmlTable(
    ['Flags', 'User', 'Role', 'Org', 'Space', 'Granted by', 'Last seen acting'],
    rows.map(row => [
      row.flags.join(', '),
      row.userName || row.role.userGuid,
      row.role.type,
      row.org,
      row.space,
      row.grant?.actor ?? '',
      row.lastSeen,
    ]),
  )
}

const styles = `
:root{color-scheme:light}
body{font:14px/1.45 system-ui,sans-serif;color:#111;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.6em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #999}
table{border-spacing:0;width:100%;font-size:.85em}
th,td{border:solid #bbb;border-width:0 1px 1px 0;padding:.25em .4em;text-align:left;vertical-align:top}
th,.events td:first-child{white-space:nowrap}
th{background:#eee;border-top-width:1px}
th:first-child,td:first-child{border-left-width:1px}
figure{margin:1em 0}figcaption{font-weight:600;margin-bottom:.3em}
svg{width:100%;max-width:680px;font:12px system-ui,sans-serif}rect{fill:#4a6fa5}
.complete strong{color:#0a6b2c}.partial strong,.unprovable strong{color:#a04000}
.signoff td{height:4em}
@media print{body{margin:0;padding:0;max-width:none;font-size:9pt}svg{max-width:130mm}rect,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}thead{display:table-header-group}tr,figure,.signoff{break-inside:avoid}h2{break-after:avoid}}
@page{margin:15mm;@bottom-right{content:counter(page) " of " counter(pages);font:8pt system-ui,sans-serif}}
`
