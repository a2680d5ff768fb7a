import {
  actorTargetOptions,
  connectionOptions,
  eventOptions,
  outputOptions,
  scopeOptions,
  typeOptions,
  windowOptions,
} from '../../options/options.ts'
import {
  actorTargetArgs,
  argument,
  CommandSelected,
  outputArgs,
  type Program,
  valuesOf,
} from '../../options/parse.ts'
import { type Report, reports } from '../../reports/catalog.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

/** Adds a command for each of the six reports. */
export function addReports(program: Program): Program {
  return reports.reduce(addReport, program)
}

/** Adds the command for one report. */
export function addReport(program: Program, kind: Report): Program {
  return program.command(
    lineOf(kind.name),
    false,
    command =>
      teach(command, kind.name, aboutReport(kind))
        .positional('ORG', {
          type: 'string',
          describe: `the org, by name or GUID${kind.types ? ' (the targeted one, if left out)' : ''}`,
        })
        .options({
          ...scopeOptions,
          ...typeOptions,
          ...actorTargetOptions,
          ...windowOptions,
          ...outputOptions,
          ...eventOptions,
          ...connectionOptions,
        }),
    args => {
      const { since, until, month, allOrgs = false, force = false, explain = false } = args
      const named = { name: argument(args, args.ORG), org: valuesOf(args.org), space: valuesOf(args.space) }
      const types = { type: valuesOf(args.type), allowUnknownTypes: args.allowUnknownTypes }
      const { wide, resolve } = args
      const { api, cf, timeout, maxWait, concurrency } = args
      const scope = { ...named, allOrgs, ...actorTargetArgs(args), since, until, month }
      const asked = { ...scope, ...types, force, explain, api, cf, timeout, maxWait, concurrency }
      throw new CommandSelected(async open => {
        const { report } = await import('./report.ts')
        await report(kind, { ...asked, ...outputArgs(args), wide, resolve }, open(args))
      })
    },
  )
}

function aboutReport({ summary, documented }: Report): string {
  const page = 'cloud.gov\'s page "Auditing activity"'
  return [
    `Prints ${summary}.`,
    documented.titles.length === 1
      ? `Instead of this recipe of ${page}:`
      : `Instead of these recipes of ${page}:`,
    ...documented.titles.map(title => `  ${title}`),
  ].join('\n')
}
