import { outputOptions } from '../options.ts'
import { Chosen, type Program, valuesOf } from './chosen.ts'

const { output, force, columns, header, 'no-header': noHeader, excel } = outputOptions
const { truncate, 'no-truncate': noTruncate } = outputOptions
const format = { ...outputOptions.format, describe: 'a table on a terminal, else csv' } as const

/** Adds the command that lists the event types. */
export function addEventTypes(program: Program): Program {
  return program.command(
    'types [text..]',
    'the event types: what happened, which report holds it; asks nobody',
    command =>
      command
        .positional('text', { type: 'string', describe: "words to look for, or 'audit.user.*'" })
        .options({ format, output, force, columns, header, 'no-header': noHeader, excel })
        .options({ truncate, 'no-truncate': noTruncate }),
    args => {
      const { format, output, columns, header, truncate, excel = false, force = false } = args
      const text = [...(valuesOf(args.text) ?? []), ...(valuesOf(args['--']) ?? [])]
      throw new Chosen(async open => {
        const { listEventTypes } = await import('../event-types.ts')
        await listEventTypes({ text, format, output, columns, header, truncate, excel, force }, open(args))
      })
    },
  )
}
