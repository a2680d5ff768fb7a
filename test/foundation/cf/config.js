// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { configVersion, legacy, removesTemporaries } from './generation.js'
import { Exit, stderr, stdout } from './out.js'

/** @typedef {Record<string, any>} Config */

const home = process.env.CF_HOME || process.env.HOME || process.cwd()
const directory = path.join(home, '.cf')
const file = path.join(directory, 'config.json')

/** @returns {Config} */
const defaults = () => ({
  AccessToken: '',
  APIVersion: '',
  AsyncTimeout: 0,
  AuthorizationEndpoint: '',
  CFOnK8s: { Enabled: false, AuthInfo: '' },
  ColorEnabled: '',
  ConfigVersion: configVersion,
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
 * @returns {Config}
 */
export const loadConfig = () => {
  sweep()
  let text
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return defaults()
  }
  if (text === '') {
    stderr(`Warning: Error read/writing config: unexpected end of JSON input for ${file}\n`)
    return defaults()
  }
  let found
  try {
    found = JSON.parse(text)
  } catch {
    stdout('FAILED\nError read/writing config:  unexpected end of JSON input\n')
    throw new Exit(1)
  }
  // Another version's file counts as none: the user is logged out.
  return found.ConfigVersion === configVersion ? { ...defaults(), ...found } : defaults()
}

/** The clean-up that took away what others were writing. */
const sweep = () => {
  for (const name of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (!name.startsWith('temp-config')) continue
    const each = path.join(directory, name)
    try {
      if (removesTemporaries || fs.statSync(each).mtimeMs < Date.now() - 300_000) fs.unlinkSync(each)
    } catch {
      if (!removesTemporaries) continue
      stderr(`Unexpected error: remove ${each}: no such file or directory\n`)
      throw new Exit(1)
    }
  }
}

/**
 * At the end of every command the whole file is written again, from what was read at its start:
 * the last writer wins, with what may be stale.
 * @param {Config} config
 */
export const saveConfig = config => {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const temporary = path.join(directory, `temp-config${Math.floor(Math.random() * 1e9)}`)
  fs.writeFileSync(temporary, serialised(config), { mode: 0o600 })
  try {
    fs.renameSync(temporary, file)
  } catch (error) {
    stderr(`Error writing config: rename ${temporary} ${file}: ${/** @type {Error} */ (error).message}\n`)
  }
}

/**
 * The old way, when a token was refreshed: truncate, then write; who reads in between finds nothing.
 * @param {Config} config
 */
export const overwriteConfig = config => {
  if (!legacy) return
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  fs.writeFileSync(file, serialised(config), { mode: 0o600 })
}

/**
 * v6 and v7 cannot tell a file that is missing from one that somebody is just writing: they put an empty
 * one there, and the user is logged out.
 * @param {Config} config
 */
export const replaceUnreadable = config => {
  if (!fs.existsSync(file) || fs.statSync(file).size === 0) overwriteConfig(config)
}

/** @param {Config} config */
const serialised = config => {
  const { CFOnK8s, NetworkPolicyV1Endpoint, ...known } = config
  return JSON.stringify(legacy ? known : config, null, 2)
}
