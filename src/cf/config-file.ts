import { access, constants, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fieldsOf, parseJson, readRegularFile } from '../cache.ts'
import { isSystemError } from '../errors.ts'

/** Who is logged in, and where. */
export interface Login {
  readonly api: string
  /** The name of the user, or the id of the client. */
  readonly user: string
  /** The GUID of the user, or the id of the client. */
  readonly guid: string
  /** A client of the UAA rather than a user: `cf set-org-role` needs `--client`. */
  readonly isClient: boolean
  /** Whether the user may read every org and event. */
  readonly isGlobalReader: boolean
  /** When the access token expires, in seconds since 1970; undefined when it does not say. */
  readonly tokenExpiry: number | undefined
  /** The targeted org. It may have been renamed or deleted since. */
  readonly org: { readonly name: string; readonly guid: string } | undefined
}

// The scopes of global readers (lib/cloud_controller/roles.rb).
const readerScopes = ['admin', 'admin_read_only', 'global_auditor'].map(role => `cloud_controller.${role}`)

/**
 * The login that `cf` has saved (util/configv3/json_config.go of the CLI): `cf target` would cost a process in every run.
 * The file also holds the tokens; they are never returned or kept.
 * @returns undefined when there is no such file, or it does not name a user.
 */
export async function savedLogin(env: NodeJS.ProcessEnv): Promise<Login | undefined> {
  const { Target: api, AccessToken: token, OrganizationFields } = await savedFields(env)
  const claims = claimsOf(token)
  const user = claims.user_name ?? claims.client_id
  const guid = claims.user_id ?? claims.client_id
  if (!isText(api) || !isText(user) || !isText(guid)) return undefined
  const scopes: unknown[] = Array.isArray(claims.scope) ? claims.scope : []
  const org = fieldsOf(OrganizationFields)
  return {
    api,
    user,
    guid,
    isClient: claims.user_name == null,
    isGlobalReader: scopes.some(scope => readerScopes.includes(scope as string)),
    tokenExpiry: expiryOf(claims),
    org: isText(org.Name) && isText(org.GUID) ? { name: org.Name, guid: org.GUID } : undefined,
  }
}

/** The claims of a JWT (RFC 7519), `bearer` before it or not; none when it is no JWT. Its signature is not checked. */
export function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  const payload = /^\s*(?:bearer )?[\w-]+\.([\w-]+)\./i.exec(isText(token) ? token : '')?.[1] ?? ''
  return fieldsOf(parseJson(Buffer.from(payload, 'base64url').toString('utf8')))
}

/** When a token expires, in seconds since 1970; undefined when it does not say. */
export function expiryOf({ exp }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined
}

/**
 * Changes whenever the login file is written; every version of `cf` writes it at the end of `cf version`
 * (util/command_parser/command_parser.go).
 */
export async function loginFileStamp(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { ino, mtimeNs } = await stat(configFile(env), { bigint: true })
    return `${ino} ${mtimeNs}`
  } catch (error) {
    if (isSystemError(error)) return 'none'
    throw error
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

// The file has a few kilobytes; with many plugin repositories, a few more.
const mostBytes = 4 * 1024 * 1024

/** No fields when the file cannot be read: `cf` itself reports why. */
async function savedFields(env: NodeJS.ProcessEnv): Promise<Readonly<Record<string, unknown>>> {
  const text = await readRegularFile(configFile(env), mostBytes)
  return text === undefined ? {} : fieldsOf(parseJson(text))
}

/** Where every version of `cf` keeps its login (util/configv3/locations.go). */
export function configFile(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const windows = `${env.HOMEDRIVE ?? ''}${env.HOMEPATH ?? ''}` || env.USERPROFILE
  const home = env.CF_HOME || (platform === 'win32' ? windows : env.HOME) || ''
  return join(home, '.cf', 'config.json')
}

/** What could spoil the output of `cf`: its saved settings, and the environment. */
export interface Settings {
  /** The file in which `cf` keeps its login and its settings. */
  readonly file: string
  /** The address of the API; '' when none is saved. */
  readonly api: string
  /** `cf api --skip-ssl-validation`. */
  readonly skipsCertificates: boolean
  /** `cf config --trace`: none, to stdout, or to a file. */
  readonly trace: 'off' | 'stdout' | TraceFile
  /** Variables that would change the output; `cf` is run without them. */
  readonly variables: readonly string[]
}

/** A file that every request and response is written to. */
export interface TraceFile {
  readonly file: string
  readonly isWritable: boolean
}

/**
 * Reads the settings.
 * @param cwd what a relative trace file is relative to.
 */
export async function readSettings(env: NodeJS.ProcessEnv, cwd: string): Promise<Settings> {
  const { Target, Trace, SSLDisabled } = await savedFields(env)
  return {
    file: configFile(env),
    api: isText(Target) ? Target : '',
    skipsCertificates: SSLDisabled === true,
    trace: await traceOf(isText(Trace) ? Trace : '', cwd),
    variables: ['CF_TRACE', 'CF_COLOR', 'CF_RAISE_ERROR_ON_WARNINGS', 'FORCE_TTY'].filter(
      name => env[name] && !(name.startsWith('CF_') && isFalse(env[name])),
    ),
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

/** Whether a file can be written, or the nearest folder above it that exists. */
async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return true
  } catch (error) {
    if (!isSystemError(error)) throw error
    return error.code === 'ENOENT' && dirname(path) !== path && isWritable(dirname(path))
  }
}
