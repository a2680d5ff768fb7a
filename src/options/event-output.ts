import type { Api } from '../capi/api.ts'
import { type AuditEvent, asV2Record } from '../capi/event.ts'
import { redactPage } from '../capi/redaction.ts'
import type { Context } from '../context.ts'
import { Incomplete, UsageError } from '../errors.ts'
import { documentedFormat } from '../reports/as-documented.ts'
import type { Report } from '../reports/catalog.ts'
import { type Column, data, moreColumns, org, space, wideColumns } from '../reports/columns.ts'
import type { OutputPlan, Source } from '../reports/formats.ts'
import { plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import type { HelpNote } from './command.ts'
import { assertNoOutputOptions, type OutputArgs, planOutput } from './output.ts'

type Place = Pick<Context, 'stdout' | 'env' | 'color'>

/**
 * Decides how events are printed.
 * @param severalOrgs whether they may be of more than one org.
 * @throws UsageError for options that have no effect together.
 */
export function planEvents(
  report: Report,
  args: OutputArgs,
  severalOrgs: boolean,
  context: Place,
): OutputPlan<AuditEvent> {
  return planOutput(
    {
      name: report.name,
      own: report.recipes[0] ?? 'csv',
      columns: columnsOf(report, severalOrgs),
      more: [...moreColumns, ...wideColumns],
      wide: wideColumns,
    },
    args,
    context,
  )
}

/**
 * Decides how the bytes of the documented recipe are printed.
 * @throws UsageError for what the recipe does not have.
 */
export function planDocumented(report: Report, args: OutputArgs, context: Place): OutputPlan<AuditEvent> {
  const { documented } = report
  if (documented === undefined) {
    throw new UsageError(`there is no documented recipe for ${report.name}.`, 'Leave out --as-documented.')
  }
  assertNoOutputOptions(args, '--as-documented', [
    'format',
    'output',
    'force',
    'as-documented',
    'strict',
    'no-header',
  ])
  const plan = planOutput(
    { name: report.name, own: report.recipes[0] ?? 'csv', columns: [], more: [] },
    args,
    context,
  )
  const { cells } = documented
  if (plan.format.name !== 'json' && plan.format.name !== 'ndjson' && plan.format.name !== 'csv') {
    throw new UsageError(`--as-documented has no ${plan.format.name} format.`, 'Use --format csv or json.')
  }
  if (plan.format.name === 'csv' && cells === undefined) {
    throw new UsageError(
      `there is no documented CSV recipe for ${report.name}.`,
      'Use --format json, or leave out --as-documented.',
    )
  }
  return { ...plan, format: documentedFormat(plan.format, cells ?? []) }
}

/** The records behind events as they are printed, without their secrets; counts those. */
export function createRecords(asDocumented: boolean, unredacted: boolean) {
  let values = 0
  let changed = 0
  return {
    /** The events of a page as they are printed. */
    async redact(events: readonly AuditEvent[]): Promise<readonly AuditEvent[]> {
      const safe = await redactPage(events)
      values += safe.values
      changed += safe.changed
      return asDocumented || unredacted ? events : safe.events
    },
    record: (event: AuditEvent): Buffer => (asDocumented ? asV2Record(event) : event.record),
    /** How many values were redacted, or would have been. */
    redacted: () => values,
    log(messages: Messages): void {
      if (values === 0) return
      const found = `${plural(values, 'value')} in ${plural(changed, 'event')}`
      const option = asDocumented ? '--as-documented' : '--unredacted'
      if (asDocumented || unredacted) messages.warn(`${option} prints ${found} that may be secret.`)
      else messages.info(`Redacted ${found}; --unredacted prints ${values === 1 ? 'it' : 'them'}.`)
    },
  }
}

/** Whether a plan prints the data of events, secrets included. */
export const printsData = ({ format, columns }: OutputPlan<AuditEvent>): boolean =>
  !format.hasColumns || columns.includes(data)

/** The columns of a report, with the space and, where there may be several, the org; `events` shows their GUIDs. */
function columnsOf({ columns, types }: Report, severalOrgs: boolean): readonly Column[] {
  if (types === undefined) return columns
  return [...columns, space, ...(severalOrgs ? [org] : [])]
}

/** Every column that a report can show. */
export const columnsToChoose = ({ columns }: Report): readonly Column[] => [
  ...columns,
  ...moreColumns,
  ...wideColumns,
]

/** The columns of a report, for its help. */
export function columnNotes(report: Report): readonly HelpNote[] {
  const own = columnsOf(report, false).map(({ key }) => key)
  const more = moreColumns.map(({ key }) => key).filter(key => !own.includes(key))
  return [
    { heading: 'Columns', text: own.join(', ') },
    { heading: 'More columns, for --columns', text: more.join(', ') },
  ]
}

/**
 * Events as a source of rows.
 * @param closing what stands behind the records in JSON, once all of them are there.
 */
export function eventSource(
  name: string,
  record: (event: AuditEvent) => Buffer,
  closing: () => { readonly api: Api; readonly envelope: unknown; readonly names?: string | undefined },
  about?: Source<AuditEvent>['about'],
): Source<AuditEvent> {
  return {
    ...(about && { about }),
    name,
    record,
    head: '{"resources":[',
    tail(written) {
      const { api, envelope, names } = closing()
      return `],${names === undefined ? '' : `"names":${names},`}${api.envelopeTail(written, envelope)}`
    },
    lastLine() {
      const { names } = closing()
      return names === undefined ? '' : `{"names":${names}}`
    },
  }
}

/** What ends a run with --strict, after a result that is not known to be complete. */
export function notComplete(): Incomplete {
  return new Incomplete(
    'The result is not known to be complete (--strict).',
    'The output was written; see the reasons above.',
  )
}
