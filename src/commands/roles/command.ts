import { connectionOptions, outputOptions, rolesOptions, scopeOptions } from '../../options/options.ts'
import { argument, CommandSelected, outputArgs, type Program, valuesOf } from '../../options/parse.ts'
import { teach } from '../help.ts'
import { lineOf } from '../overview.ts'

const about = `Prints who holds which role now: of the org, and of each space that you can
list. Instead of the menu "Users" of cloud.gov's dashboard.`

const { 'as-documented': _, unredacted: __, ...output } = outputOptions
const { cf, timeout, 'max-wait': maxWait } = connectionOptions
const { org, space, 'all-orgs': allOrgs } = scopeOptions

/** Adds the command that prints who holds which role. */
export function addRoles(program: Program): Program {
  return program.command(
    lineOf('roles'),
    false,
    command =>
      teach(command, 'roles', about)
        .positional('ORG', {
          type: 'string',
          describe: 'the org, by name or GUID (the targeted one, if left out)',
        })
        .options({
          org,
          space,
          'all-orgs': { ...allOrgs, describe: 'every org that you can see' },
          ...rolesOptions,
          ...output,
          format: {
            ...output.format,
            describe:
              'csv, json, ndjson or table (if left out: by the ending of\n--output; a table on a terminal; else csv)',
          },
          cf,
          timeout,
          'max-wait': maxWait,
        }),
    args => {
      const name = argument(args, args.ORG)
      const { allOrgs = false, force = false, cf, timeout, maxWait } = args
      const scope = { name, org: valuesOf(args.org), space: valuesOf(args.space), allOrgs }
      const filter = { user: valuesOf(args.user) ?? [], role: valuesOf(args.role) ?? [] }
      const asked = { ...scope, ...filter, force, cf, timeout, maxWait }
      throw new CommandSelected(async open => {
        const { roles } = await import('./roles.ts')
        await roles({ ...asked, ...outputArgs(args) }, open(args))
      })
    },
  )
}
