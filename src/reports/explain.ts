import type { Report } from './catalog.ts'
import { eventTypes } from './event-types.ts'

/** What `--explain` is told. The GUID of the org is known to a shell variable alone: nothing is run. */
export interface Explained {
  readonly report: Report
  /** undefined: all orgs. */
  readonly org: string | undefined
  readonly format: 'csv' | 'json'
  /** The calls that cf-audit would make, as arguments of `cf`; `$GUID` stands for the org's GUID. */
  readonly calls: readonly (readonly string[])[]
}

/** A text that can be pasted into a shell as it is: what is no command is a comment. */
export function explain({ report, org, format, calls }: Explained): string {
  const { documented } = report
  const title = format === 'csv' ? documented.titles.at(-1) : documented.titles[0]
  return [
    `# The page's recipe, "${title}":`,
    ...recipe(report, org ?? 'YOUR-ORG', format),
    '',
    '# What it misses, and why:',
    ...misses(report, format).map(line => `# - ${line}`),
    '',
    '# What cf-audit runs instead:',
    ...calls.map(args => (args[0] === 'org' ? `GUID=$(${shellLine(args)})` : shellLine(args))),
    '# … and further pages, until every event that Cloud Foundry counts has been read.',
    '',
  ].join('\n')
}

/** The page's pipeline for an org, ready to paste. */
export function recipe({ documented }: Report, org: string, format: 'csv' | 'json'): string[] {
  const { types, cells } = documented
  if (types === undefined) return ['cf curl /v2/events']
  const curl = `cf curl "/v2/events?q=type+IN+${types.join(',')}&q=organization_guid:$GUID"`
  const filter =
    format === 'json' || cells === undefined
      ? ''
      : ` | jq -c -r '.resources[].entity | [ ${cells.join(', ')} ] | @csv' | sed -e s/\\"//g`
  return [`export GUID=$(cf org ${shellWord(org)} --guid)`, curl + filter]
}

function misses({ documented, types = eventTypes }: Report, format: 'csv' | 'json'): string[] {
  const lines = [
    'Everything after the first 50 events: it asks for one page, the oldest, and does not say that there are more.',
    'Everything, where API v2 is off (the default since January 2025): the answer is "V2 endpoints disabled".',
    'Every failure: cf curl exits with 0 whatever Cloud Foundry answers.',
  ]
  if (documented.types !== undefined) {
    const asked = documented.types
    const missing = types.filter(type => !asked.includes(type))
    if (missing.length > 0) {
      lines.push(`${missing.length} of ${types.length} types of this kind of event: ${missing.join(', ')}.`)
    }
    const unknown = asked.filter(type => !eventTypes.includes(type))
    if (unknown.length > 0) lines.push(`It asks for ${unknown.join(', ')}, which Cloud Foundry never wrote.`)
  }
  if (format === 'csv') {
    lines.push(
      ...documented.faults,
      'sed deletes every quote: a comma or a line break in a name breaks its row.',
    )
  } else if (documented.cells === undefined) lines.push(...documented.faults)
  return lines
}

/** A call of ours, whose paths are made of characters that mean nothing to a shell; only `$GUID` is its variable. */
function shellLine(args: readonly string[]): string {
  return [
    'cf',
    ...args.map(word =>
      /^[\w./:=@%+,?&-]*\$GUID[\w./:=@%+,?&-]*$/.test(word) ? `"${word}"` : shellWord(word),
    ),
  ].join(' ')
}

/** A word as a POSIX shell needs it to mean just itself. */
export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
