import { UsageError } from '../../errors.ts'
import { actorTargetOptions, eventOptions, outputOptions, typeOptions } from '../../options/options.ts'
import {
  actorTargetArgs,
  argument,
  CommandSelected,
  outputArgs,
  type Program,
  valuesOf,
} from '../../options/parse.ts'
import { reportNamed, reports } from '../../reports/catalog.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

const about = `Prints a report of what cf curl printed, from a file or stdin. Runs no cf.
Instead of the half behind the pipe of each recipe of cloud.gov's page
"Auditing activity": | jq … | sed …`

const names = reports.map(({ name }) => name)

/** Adds the command that makes a report of saved answers. */
export function addFormat(program: Program, argv: readonly string[]): Program {
  return program.command(
    lineOf('format'),
    false,
    command =>
      teach(command, 'format', about)
        .positional('REPORT', {
          choices: names,
          demandOption: true,
          describe: `${names.slice(0, 3).join(', ')},\n${names.slice(3).join(', ')}`,
        })
        .positional('FILE', {
          type: 'string',
          describe: 'what cf curl printed: JSON of API v2 or v3, one page or several\n(stdin, if left out)',
        })
        .options({ ...typeOptions, ...actorTargetOptions, ...outputOptions, ...eventOptions })
        .hide('resolve'),
    args => {
      const { REPORT: report, force = false, allowUnknownTypes } = args
      const type = valuesOf(args.type)
      if (args.resolve) {
        throw new UsageError(
          'format asks nobody, and so cannot --resolve GUIDs.',
          `Leave it out, or let cf-audit ${report} --resolve read the events itself.`,
        )
      }
      // yargs reads a lone dash as an empty text.
      const file = argument(args, args.FILE === '' && argv.includes('-') ? '-' : args.FILE)
      throw new CommandSelected(async open => {
        const { format } = await import('./format.ts')
        await format(
          reportNamed(report),
          {
            file,
            force,
            type,
            allowUnknownTypes,
            ...actorTargetArgs(args),
            ...outputArgs(args),
            wide: args.wide,
          },
          open(args),
        )
      })
    },
  )
}
