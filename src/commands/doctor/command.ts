import { connectionOptions, scopeOptions } from '../../options/options.ts'
import { argument, CommandSelected, type Program } from '../../options/parse.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

const about = `Looks at cf, its settings, the login, the API, and what your roles show of an
org; says what to do where something is amiss. A report needs nothing else.`

/** Adds the command that looks at everything a report needs. */
export function addDoctor(program: Program): Program {
  return program.command(
    lineOf('doctor'),
    false,
    command =>
      teach(command, 'doctor', about)
        .positional('ORG', { type: 'string', describe: 'the org (the targeted one, if left out)' })
        .options({
          org: {
            ...scopeOptions.org,
            describe: 'the same, as an option: for a name that begins with a dash',
          },
          format: {
            alias: 'f',
            choices: ['table', 'json'] as const,
            default: 'table' as const,
            requiresArg: true,
            group: 'Output:',
            describe: 'table, for people, or json, for scripts',
          },
          cf: connectionOptions.cf,
          timeout: {
            ...connectionOptions.timeout,
            default: 30,
            describe: 'seconds that one call of cf may take (30)',
          },
          'max-wait': {
            ...connectionOptions['max-wait'],
            default: 30,
            describe: 'seconds that rate limits may keep us waiting (30)',
          },
        }),
    args => {
      const name = argument(args, args.ORG)
      const { org, format, cf, timeout, maxWait, color } = args
      throw new CommandSelected(async open => {
        const { doctor } = await import('./doctor.ts')
        await doctor({ name, org, format, cf, timeout, maxWait, color }, open(args))
      })
    },
  )
}
