// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { Exit } from './out.js'

/** @typedef {Record<string, any>} Config */
/** @typedef {import('./call.js').Call} Call */

/** @param {Call} call */
const directoryOf = ({ env }) => path.join(env.CF_HOME || env.HOME || process.cwd(), '.cf')

/** @param {Call} call */
const fileOf = call => path.join(directoryOf(call), 'config.json')

/** @param {Call} call @returns {Config} */
const defaults = call => ({
  AccessToken: '',
  APIVersion: '',
  AsyncTimeout: 0,
  AuthorizationEndpoint: '',
  CFOnK8s: { Enabled: false, AuthInfo: '' },
  ColorEnabled: '',
  ConfigVersion: call.generation.configVersion,
  DopplerEndPoint: '',
  Locale: '',
  LogCacheEndPoint: '',
  MinCLIVersion: '',
  MinRecommendedCLIVersion: '',
  NetworkPolicyV1Endpoint: '',
  OrganizationFields: { GUID: '', Name: '' },
  PluginRepos: null,
  RefreshToken: '',
  RoutingAPIEndpoint: '',
  SpaceFields: { GUID: '', Name: '', AllowSSH: false },
  SSHOAuthClient: 'ssh-proxy',
  SSLDisabled: false,
  Target: '',
  Trace: '',
  UaaEndpoint: '',
  UAAGrantType: '',
  UAAOAuthClient: 'cf',
  UAAOAuthClientSecret: '',
})

/**
 * Every command reads the file first, even `cf version`.
 * @param {Call} call
 * @returns {Config}
 */
export const loadConfig = call => {
  const file = fileOf(call)
  sweep(call)
  let text
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return defaults(call)
  }
  if (text === '') {
    call.stderr(`Warning: Error read/writing config: unexpected end of JSON input for ${file}\n`)
    return defaults(call)
  }
  let found
  try {
    found = JSON.parse(text)
  } catch {
    call.stdout('FAILED\nError read/writing config:  unexpected end of JSON input\n')
    throw new Exit(1)
  }
  // Another version's file counts as none: the user is logged out.
  return found.ConfigVersion === call.generation.configVersion
    ? { ...defaults(call), ...found }
    : defaults(call)
}

/** The clean-up that took away what others were writing. @param {Call} call */
const sweep = call => {
  const directory = directoryOf(call)
  const { removesTemporaries } = call.generation
  for (const name of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (!name.startsWith('temp-config')) continue
    const each = path.join(directory, name)
    try {
      if (removesTemporaries || fs.statSync(each).mtimeMs < Date.now() - 300_000) fs.unlinkSync(each)
    } catch {
      if (!removesTemporaries) continue
      call.stderr(`Unexpected error: remove ${each}: no such file or directory\n`)
      throw new Exit(1)
    }
  }
}

/**
 * At the end of every command the whole file is written again, from what was read at its start:
 * the last writer wins, with what may be stale.
 * @param {Call} call
 */
export const saveConfig = call => {
  const directory = directoryOf(call)
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const temporary = path.join(directory, `temp-config${Math.floor(Math.random() * 1e9)}`)
  fs.writeFileSync(temporary, serialised(call), { mode: 0o600 })
  try {
    fs.renameSync(temporary, fileOf(call))
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    call.stderr(`Error writing config: rename ${temporary} ${fileOf(call)}: ${message}\n`)
  }
}

/**
 * The old way, when a token was refreshed: truncate, then write; who reads in between finds nothing.
 * @param {Call} call
 */
export const overwriteConfig = call => {
  if (!call.generation.legacy) return
  fs.mkdirSync(directoryOf(call), { recursive: true, mode: 0o700 })
  fs.writeFileSync(fileOf(call), serialised(call), { mode: 0o600 })
}

/**
 * v6 and v7 cannot tell a file that is missing from one that somebody is just writing: they put an empty
 * one there, and the user is logged out.
 * @param {Call} call
 */
export const replaceUnreadable = call => {
  const file = fileOf(call)
  if (!fs.existsSync(file) || fs.statSync(file).size === 0) overwriteConfig(call)
}

/** @param {Call} call */
const serialised = ({ config, generation }) => {
  const { CFOnK8s, NetworkPolicyV1Endpoint, ...known } = config
  return JSON.stringify(generation.legacy ? known : config, null, 2)
}
