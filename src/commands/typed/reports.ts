import { type Report, reports } from '../../reports/catalog.ts'
import {
  askOptions,
  eventOptions,
  outputOptions,
  partyOptions,
  scopeOptions,
  typeOptions,
  windowOptions,
} from '../options.ts'
import { argument, Chosen, type Program, partyArgs, renderingArgs, valuesOf } from './chosen.ts'

/** Adds a command for each of the six reports. */
export function addReports(program: Program): Program {
  return reports.reduce(addReport, program)
}

function addReport(program: Program, kind: Report): Program {
  return program.command(
    `${kind.name} [name]`,
    kind.summary,
    command =>
      command
        .usage(`$0 ${kind.name} [ORG]\n\nPrints ${kind.summary}.`)
        .positional('name', {
          type: 'string',
          describe: `the org, by name or GUID${kind.types ? ' (the targeted one, if left out)' : ''}`,
        })
        .options({
          ...scopeOptions,
          ...typeOptions,
          ...partyOptions,
          ...windowOptions,
          ...outputOptions,
          ...eventOptions,
          ...askOptions,
        }),
    args => {
      const { since, until, month, allOrgs = false, force = false, explain = false } = args
      const named = { name: argument(args, args.name), org: valuesOf(args.org), space: valuesOf(args.space) }
      const types = { type: valuesOf(args.type), allowUnknownTypes: args.allowUnknownTypes }
      const { wide, resolve } = args
      const { api, cf, timeout, maxWait, concurrency } = args
      const scope = { ...named, allOrgs, ...partyArgs(args), since, until, month }
      const asked = { ...scope, ...types, force, explain, api, cf, timeout, maxWait, concurrency }
      throw new Chosen(async open => {
        const { report } = await import('../report.ts')
        await report(kind, { ...asked, ...renderingArgs(args), wide, resolve }, open(args))
      })
    },
  )
}
