import { askOptions, scopeOptions } from '../options.ts'
import { argument, Chosen, type Program } from './chosen.ts'
import { teach } from './lesson.ts'
import { lineOf } from './overview.ts'

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
          cf: askOptions.cf,
          timeout: {
            ...askOptions.timeout,
            default: 30,
            describe: 'seconds that one call of cf may take (30)',
          },
          'max-wait': {
            ...askOptions['max-wait'],
            default: 30,
            describe: 'seconds that rate limits may keep us waiting (30)',
          },
        }),
    args => {
      const name = argument(args, args.ORG)
      const { org, format, cf, timeout, maxWait, color } = args
      throw new Chosen(async open => {
        const { doctor } = await import('../doctor.ts')
        await doctor({ name, org, format, cf, timeout, maxWait, color }, open(args))
      })
    },
  )
}
