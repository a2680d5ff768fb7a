import { outputOptions } from '../../options/options.ts'
import { CommandSelected, type Program, valuesOf } from '../../options/parse.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

const about = `Prints the event types that Cloud Foundry knows: what happened, which report
holds it, which API writes it. Asks nobody.`

const { output, force, columns, header, 'no-header': noHeader, excel } = outputOptions
const { truncate, 'no-truncate': noTruncate } = outputOptions
const format = {
  ...outputOptions.format,
  describe:
    'csv, json, ndjson or table (if left out: by the ending of\n--output; a table on a terminal; else csv)',
} as const

/** Adds the command that lists the event types. */
export function addEventTypes(program: Program): Program {
  return program.command(
    lineOf('types'),
    false,
    command =>
      teach(command, 'types', about)
        .positional('TEXT', { type: 'string', describe: "words to look for, or 'audit.user.*'" })
        .options({ format, output, force, columns, header, 'no-header': noHeader, excel })
        .options({ truncate, 'no-truncate': noTruncate }),
    args => {
      const { format, output, columns, header, truncate, excel = false, force = false } = args
      const text = [...(valuesOf(args.TEXT) ?? []), ...(valuesOf(args['--']) ?? [])]
      throw new CommandSelected(async open => {
        const { listEventTypes } = await import('./types.ts')
        await listEventTypes({ text, format, output, columns, header, truncate, excel, force }, open(args))
      })
    },
  )
}
