import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Who is logged in, and where. */
export interface Login {
  readonly api: string
  /** The name of the user, or the id of the client. */
  readonly user: string
  /** The GUID of the user, or the id of the client. */
  readonly guid: string
  /** A client of the UAA, no user: roles are given to it with --client. */
  readonly isClient: boolean
  /** Whether every org and event is theirs to read. */
  readonly readsAll: boolean
}

// The scopes by which Cloud Controller knows who reads everything (lib/cloud_controller/roles.rb).
const readingAll = ['admin', 'admin_read_only', 'global_auditor'].map(role => `cloud_controller.${role}`)

/**
 * Whom `cf` is logged in as, as its own file says (util/configv3/json_config.go of the CLI): to ask `cf target` would
 * cost a process in every run. The file holds the tokens, too; nothing of it is kept but what is returned.
 * @returns undefined when there is no such file, or it does not say.
 */
export async function savedLogin(env: NodeJS.ProcessEnv): Promise<Login | undefined> {
  try {
    const { Target: api, AccessToken: token } = JSON.parse(await readFile(configFile(env), 'utf8'))
    const payload = String(token).split('.')[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const user = claims.user_name ?? claims.client_id
    const guid = claims.user_id ?? claims.client_id
    const said = [api, user, guid].every(text => typeof text === 'string' && text !== '')
    if (!said) return undefined
    const scopes: unknown[] = Array.isArray(claims.scope) ? claims.scope : []
    const readsAll = scopes.some(scope => readingAll.includes(String(scope)))
    return { api, user, guid, isClient: claims.user_name == null, readsAll }
  } catch {
    return undefined
  }
}

/** Where every version of `cf` keeps its login (util/configv3/locations.go). */
export function configFile(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const windows = `${env.HOMEDRIVE ?? ''}${env.HOMEPATH ?? ''}` || env.USERPROFILE
  const home = env.CF_HOME || (platform === 'win32' ? windows : env.HOME) || ''
  return join(home, '.cf', 'config.json')
}
