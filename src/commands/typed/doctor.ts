import { askOptions, scopeOptions } from '../options.ts'
import { argument, Chosen, type Program } from './chosen.ts'

/** Adds the command that looks at everything a report needs. */
export function addDoctor(program: Program): Program {
  return program.command(
    'doctor [name]',
    'what a report needs: cf, the login, the API, what your roles show',
    command =>
      command
        .usage(
          '$0 doctor [ORG]\n\nLooks at cf, its settings, the login, the API, and what your roles show of an org.',
        )
        .positional('name', { type: 'string', describe: 'the org (the targeted one, if left out)' })
        .options({
          org: scopeOptions.org,
          format: {
            alias: 'f',
            choices: ['table', 'json'] as const,
            default: 'table' as const,
            requiresArg: true,
            group: 'Output:',
            describe: 'a table for people, json for scripts',
          },
          cf: askOptions.cf,
          timeout: { ...askOptions.timeout, default: 30 },
          'max-wait': { ...askOptions['max-wait'], default: 30 },
        }),
    args => {
      const name = argument(args, args.name)
      const { org, format, cf, timeout, maxWait, color } = args
      throw new Chosen(async open => {
        const { doctor } = await import('../doctor.ts')
        await doctor({ name, org, format, cf, timeout, maxWait, color }, open(args))
      })
    },
  )
}
