import { access, constants, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

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
  readonly isGlobalReader: boolean
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
    const isGlobalReader = scopes.some(scope => readingAll.includes(String(scope)))
    return { api, user, guid, isClient: claims.user_name == null, isGlobalReader }
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

/** What stands in the way of clean answers: the saved settings of `cf`, and the environment. */
export interface Settings {
  /** The file in which `cf` keeps its login and its settings. */
  readonly file: string
  /** The API's address as saved; '' when none is, or when the file cannot be read. */
  readonly api: string
  /** `cf api --skip-ssl-validation`. */
  readonly skipsCertificates: boolean
  /** `cf config --trace`: none, to stdout, or to a file. */
  readonly trace: 'off' | 'stdout' | TraceFile
  /** Variables that would spoil the output; `cf` is run without them. */
  readonly variables: readonly string[]
}

/** A file that every answer is written to. */
export interface TraceFile {
  readonly file: string
  readonly isWritable: boolean
}

/**
 * Reads the settings. The file holds tokens too: it is read as a whole and dropped at once, less what is returned.
 * @param cwd what a relative trace file is relative to.
 */
export async function readSettings(env: NodeJS.ProcessEnv, cwd: string): Promise<Settings> {
  const file = configFile(env)
  const { Target, Trace, SSLDisabled } = await savedIn(file)
  return {
    file,
    api: typeof Target === 'string' ? Target : '',
    skipsCertificates: SSLDisabled === true,
    trace: await traceOf(typeof Trace === 'string' ? Trace : '', cwd),
    variables: ['CF_TRACE', 'CF_COLOR', 'CF_RAISE_ERROR_ON_WARNINGS', 'FORCE_TTY'].filter(
      name => env[name] && !(name.startsWith('CF_') && isFalse(env[name])),
    ),
  }
}

async function savedIn(file: string): Promise<Record<string, unknown>> {
  try {
    const { Target, Trace, SSLDisabled } = JSON.parse(await readFile(file, 'utf8'))
    return { Target, Trace, SSLDisabled }
  } catch {
    return {} // cf itself says what is wrong with it.
  }
}

// Go's strconv.ParseBool; any other word is the name of a file (util/configv3/config.go, Verbose).
const isTrue = (text: string) => /^(1|t|T|TRUE|true|True)$/.test(text)
const isFalse = (text: string) => /^(0|f|F|FALSE|false|False)$/.test(text)

async function traceOf(saved: string, cwd: string): Promise<Settings['trace']> {
  if (saved === '' || isFalse(saved)) return 'off'
  if (isTrue(saved)) return 'stdout'
  const file = resolve(cwd, saved)
  return { file, isWritable: await isWritable(file) }
}

/** Whether a file, or the nearest folder above it that exists, can be written to. */
async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return true
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isMissing && dirname(path) !== path && isWritable(dirname(path))
  }
}
