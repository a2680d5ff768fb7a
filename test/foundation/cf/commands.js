// @ts-check
import { reasonOf } from './failure.js'
import { argv0, legacy, stamped, v6, version } from './generation.js'
import { warningsOf } from './http.js'
import { bold, Exit, fail, failOnStdout, painted, stderr, stdout } from './out.js'
import { send, sendPlain } from './request.js'
import { claimsOf, isStale, RefreshError, refresh } from './session.js'

/** @typedef {import('./config.js').Config} Config */
/** @typedef {import('./http.js').Response} Response */

/** @param {Config} config */
export const needApi = (config, curl = false) => {
  if (config.Target) return
  const hint = curl ? 'cf' : argv0
  const text = `No API endpoint set. Use '${hint} login' or '${hint} api' to target an endpoint.`
  if (curl && legacy) failOnStdout(text)
  fail(text)
}

/** @param {Config} config */
const needLogin = config => {
  needApi(config)
  if (config.AccessToken || config.RefreshToken) return
  fail(`Not logged in. Use '${argv0} login' or '${argv0} login --sso' to log in.`)
}

/**
 * What v7 and v6 ask before every command but `curl`, without a token.
 * @param {Config} config
 * @param {string[]} paths
 */
const discover = async (config, paths = v6 ? ['/v2/info', '/', '/login'] : ['/', '/v3', '/login']) => {
  if (!legacy) return
  for (const path of paths) {
    const base = path === '/login' ? config.AuthorizationEndpoint || config.Target : config.Target
    const response = await attempt(() => sendPlain(config, `${base}${path === '/' ? '' : path}`))
    if (response.status === 404) fail(`API endpoint not found at '${config.Target}'`)
    jsonOf(response)
    // v6 reads v2's version there, and finds none when v2 is off.
    if (path === '/' && v6 && !response.body.includes('cloud_controller_v2')) fail('Version string empty')
  }
}

/**
 * @template T
 * @param {() => Promise<T>} request
 * @returns {Promise<T>}
 */
const attempt = async request => {
  try {
    return await request()
  } catch (error) {
    return fail(reasonOf(error))
  }
}

/** @param {Config} config @param {string} path */
const get = (config, path) => attempt(() => send(config, 'GET', `${config.Target}${path}`))

/**
 * The JSON of an answer, its warnings told on stderr, or the failure that it means.
 * @param {Config} config
 * @param {string} path
 */
const getJson = async (config, path) => {
  const response = await get(config, path)
  const warnings = warningsOf(response)
  if (warnings.length > 0) stderr(`${warnings.join('\n')}\n${v6 ? '\n' : ''}`)
  return jsonOf(response)
}

/** @param {Response} response */
const jsonOf = response => {
  const { status } = response
  const text = response.body.toString()
  if (status >= 400) return fail(v6 ? v2Failure(status, text) : v3Failure(status, text))
  if (text === '') return fail('EOF')
  if (response.cut) return fail('unexpected EOF')
  try {
    return JSON.parse(text)
  } catch {
    return fail(
      `Invalid JSON content from server: invalid character '${text.trim().charAt(0)}' looking for beginning of value`,
    )
  }
}

/**
 * @param {number} status
 * @param {string} text
 */
const v3Failure = (status, text) => {
  const unexpected = (/** @type {number} */ code, title = '', detail = '') =>
    `Unexpected Response\nResponse Code: ${status}\nCode: ${code}, Title: ${title}, Detail: ${detail}`
  if (status >= 500 && status !== 503) return unexpected(0, '', text)
  try {
    const { code, title, detail } = JSON.parse(text).errors[0]
    return [400, 401, 403, 404, 422, 503].includes(status) ? detail : unexpected(code, title, detail)
  } catch {
    return `Error unmarshalling the following into a cloud controller error: ${text}`
  }
}

/**
 * @param {number} status
 * @param {string} text
 */
const v2Failure = (status, text) => {
  let body
  try {
    body = JSON.parse(text)
  } catch {
    return `Error unmarshalling the following into a cloud controller error: ${text}`
  }
  if ([400, 401, 403, 404, 422].includes(status)) return body.description ?? ''
  return `Unexpected Response\nResponse code: ${status}\nCC code:       ${body.code ?? 0}\nCC error code: ${body.error_code ?? ''}\nDescription:   ${status >= 500 ? text : (body.description ?? '')}`
}

/** @param {Config} config @param {string} name */
export const org = async (config, name) => {
  needApi(config)
  await discover(config)
  if (v6) await discover(config, ['/', '/v3', '/login'])
  needLogin(config)
  // A comma is escaped before the form is: %252C on the wire.
  const value = formEncode(v6 ? name : name.replaceAll(',', '%2C'))
  const path = v6
    ? `/v2/organizations?order-by=name&q=${formEncode(`name:${name}`)}`
    : `/v3/organizations?names=${value}${legacy ? '' : '&page=1&per_page=1'}`
  const found = await getJson(config, path)
  const guid = found.resources[0]?.guid ?? found.resources[0]?.metadata?.guid
  if (guid === undefined) fail(`Organization '${name}' not found.`)
  stdout(`${guid}\n`)
}

/** @param {Config} config */
export const orgs = async config => {
  needApi(config)
  await discover(config)
  needLogin(config)
  stdout(`Getting orgs as ${painted('36;1', userOf(config))}...\n\n`)
  const found = await getJson(
    config,
    v6 ? '/v2/organizations?order-by=name' : '/v3/organizations?order_by=name',
  )
  const names = found.resources.map((/** @type {any} */ each) => each.name ?? each.entity?.name)
  stdout(names.length === 0 ? 'No orgs found.\n' : `${bold('name')}\n${names.join('\n')}\n`)
}

/** @param {Config} config */
export const target = async config => {
  needApi(config)
  await discover(config)
  needLogin(config)
  if (config.AccessToken && !claimsOf(config.AccessToken)) fail('not a compact JWS')
  showApi(config)
  stdout(`user:           ${userOf(config)}\n`)
  const { Name: orgName } = config.OrganizationFields
  const { Name: spaceName } = config.SpaceFields
  if (!orgName) return stdout(`No org or space targeted, use '${argv0} target -o ORG -s SPACE'\n`)
  stdout(`org:            ${orgName}\n`)
  stdout(spaceName ? `space:          ${spaceName}\n` : `No space targeted, use '${argv0} target -s SPACE'\n`)
}

/** @param {Config} config */
export const api = config => {
  if (!config.Target)
    return stdout(`No ${v6 ? 'api' : 'API'} endpoint set. Use '${argv0} api' to set an endpoint\n`)
  showApi(config)
  if (!config.AccessToken && !config.RefreshToken) {
    stdout(`${v6 ? '' : '\n'}Not logged in. Use '${argv0} login' or '${argv0} login --sso' to log in.\n`)
  }
}

/** @param {Config} config */
const showApi = config => {
  const a = v6 ? 'api' : 'API'
  stdout(`${a} endpoint:   ${config.Target}\n${a} version:    ${config.APIVersion}\n`)
}

/** @param {Config} config */
export const oauthToken = async config => {
  needApi(config)
  await discover(config)
  needLogin(config)
  if (v6 || isStale(config.AccessToken)) {
    try {
      await refresh(config)
    } catch (error) {
      fail(error instanceof RefreshError ? error.message : reasonOf(error))
    }
  }
  stdout(`${config.AccessToken}\n`)
}

/** @param {Config} config */
export const logout = async config => {
  needApi(config)
  await discover(config)
  stdout(`Logging out ${userOf(config)}...\nOK\n\n`)
  for (const name of ['AccessToken', 'RefreshToken']) config[name] = ''
  config.OrganizationFields = { GUID: '', Name: '' }
  config.SpaceFields = { GUID: '', Name: '', AllowSSH: false }
}

export const showVersion = () => stdout(`${argv0} version ${stamped}\n`)

export const help = () =>
  stdout(
    `${argv0} version ${version}, Cloud Foundry command line tool\nUsage: ${argv0} [global options] command [arguments...] [command options]\n`,
  )

/** @param {string} name @returns {never} */
export const unknownCommand = name => {
  const text = `'${name}' is not a registered command. See 'cf help -a'\n`
  if (v6) stdout(text)
  else stderr(text)
  throw new Exit(1)
}

const usages = /** @type {Record<string, string>} */ ({
  org: "NAME:\n   org - Show org info\n\nUSAGE:\n   cf org ORG [--guid]\n\nOPTIONS:\n   --guid      Retrieve and display the given org's guid.  All other output for the org is suppressed.\n\nSEE ALSO:\n   org-users, orgs\n",
  curl: `NAME:
   curl - Executes a request to the targeted API endpoint

USAGE:
   cf curl PATH [-iv] [-X METHOD] [-H HEADER]... [-d DATA] [--output FILE]

   By default 'cf curl' will perform a GET to the specified PATH. If data
   is provided via -d, a POST will be performed instead, and the Content-Type
   will be set to application/json. You may override headers with -H and the
   request method with -X.

   For API documentation, please visit http://${v6 ? '' : 'v2-'}apidocs.cloudfoundry.org.

EXAMPLES:
   cf curl "/v2/apps" -X GET -H "Content-Type: application/x-www-form-urlencoded" -d 'q=name:myapp'
   cf curl "/v2/apps" -d @/path/to/file

OPTIONS:
   -H              Custom headers to include in the request, flag can be specified multiple times
   -X              HTTP method (GET,POST,PUT,DELETE,etc)
   -d              HTTP data to include in the request body, or '@' followed by a file name to read the data from
   --fail, -f      Server errors return exit code 22
   -i              Include response headers in the output
   --output        Write curl body to FILE instead of stdout
`,
})

/** @param {string} command */
export const usage = command => stdout(usages[command] ?? `NAME:\n   ${command}\n`)

/**
 * Help on stdout, the reason on stderr.
 * @param {string} command
 * @param {string} reason
 * @returns {never}
 */
export const misuse = (command, reason) => {
  stderr(`Incorrect Usage: ${reason}\n\n`)
  usage(command)
  throw new Exit(1)
}

/**
 * @param {string} command
 * @param {string} argument
 * @returns {never}
 */
export const tooMany = (command, argument) => {
  if (v6) {
    stdout('FAILED\nIncorrect Usage. An argument is missing or not correctly enclosed.\n\n')
    usage(command)
    throw new Exit(1)
  }
  stderr(`Incorrect Usage: unexpected argument "${argument}"\n`)
  stdout('FAILED\n\n')
  usage(command)
  throw new Exit(1)
}

/** The user name in the token. @param {Config} config */
const userOf = config => {
  const claims = claimsOf(config.AccessToken)
  return claims?.user_name ?? claims?.client_id ?? ''
}

/** Go's form encoding. @param {string} text */
const formEncode = text =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
