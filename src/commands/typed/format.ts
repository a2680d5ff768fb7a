import { UsageError } from '../../errors.ts'
import { reportNamed, reports } from '../../reports/catalog.ts'
import { eventOptions, outputOptions, partyOptions, typeOptions } from '../options.ts'
import { argument, Chosen, type Program, partyArgs, renderingArgs, valuesOf } from './chosen.ts'

/** Adds the command that makes a report of saved answers. */
export function addFormat(program: Program, argv: readonly string[]): Program {
  return program.command(
    'format <report> [file]',
    'a report of saved answers of cf curl (a file, or stdin); asks nobody',
    command =>
      command
        .positional('report', { choices: reports.map(({ name }) => name), demandOption: true })
        .positional('file', { type: 'string', describe: 'saved JSON of API v2 or v3, one page or several' })
        .options({ ...typeOptions, ...partyOptions, ...outputOptions, ...eventOptions })
        .hide('resolve'),
    args => {
      const { report, force = false, allowUnknownTypes } = args
      const type = valuesOf(args.type)
      if (args.resolve) {
        throw new UsageError(
          'format asks nobody, and so cannot --resolve GUIDs.',
          `Leave it out, or let cf-audit ${report} --resolve read the events itself.`,
        )
      }
      // yargs reads a lone dash as an empty text.
      const file = argument(args, args.file === '' && argv.includes('-') ? '-' : args.file)
      throw new Chosen(async open => {
        const { format } = await import('../format.ts')
        await format(
          reportNamed(report),
          {
            file,
            force,
            type,
            allowUnknownTypes,
            ...partyArgs(args),
            ...renderingArgs(args),
            wide: args.wide,
          },
          open(args),
        )
      })
    },
  )
}
