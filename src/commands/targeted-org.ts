import type { Cf } from '../cf/connect.ts'
import type { Context } from '../context.ts'
import { NoOrgTargeted } from '../errors.ts'

/** The name of the targeted org or, where none is targeted and a person can be asked, of the one that they choose. */
export async function targetedOrg(cf: Cf, context: Context): Promise<string> {
  try {
    return await cf.targetedOrg()
  } catch (error) {
    if (!(error instanceof NoOrgTargeted) || context.dialog === undefined) throw error
    const { progress } = context
    const { askOrg, findOrgs } = await import('./questions/org.ts')
    const orgs = await findOrgs(cf, context)
    progress.pause()
    const org = await askOrg(await context.dialog(), orgs, undefined)
    progress.start()
    return org.name
  }
}
