// @ts-check
import * as path from 'node:path'
import { reasonOf } from './failure.js'
import { warningsOf } from './http.js'
import { bold, Exit, fail, failOnStdout, painted } from './out.js'
import { send, sendPlain } from './request.js'
import { claimsOf, isStale, RefreshError, refresh } from './session.js'

/** @typedef {import('./call.js').Call} Call */
/** @typedef {import('./http.js').Response} Response */

/** The name under which it was called: the hints and `cf version` repeat it. @param {Call} call */
const nameOf = call => path.basename(call.bin)

/** @param {Call} call */
export const needApi = (call, curl = false) => {
  if (call.config.Target) return
  const hint = curl ? 'cf' : nameOf(call)
  const text = `No API endpoint set. Use '${hint} login' or '${hint} api' to target an endpoint.`
  if (curl && call.generation.legacy) failOnStdout(call, text)
  fail(call, text)
}

/** @param {Call} call */
const needLogin = call => {
  const { config } = call
  needApi(call)
  if (config.AccessToken || config.RefreshToken) return
  const name = nameOf(call)
  fail(call, `Not logged in. Use '${name} login' or '${name} login --sso' to log in.`)
}

/**
 * What v7 and v6 ask before every command but `curl`, without a token.
 * @param {Call} call
 * @param {string[]} paths
 */
const discover = async (
  call,
  paths = call.generation.v6 ? ['/v2/info', '/', '/login'] : ['/', '/v3', '/login'],
) => {
  const { config, generation } = call
  if (!generation.legacy) return
  for (const path of paths) {
    const base = path === '/login' ? config.AuthorizationEndpoint || config.Target : config.Target
    const response = await attempt(call, () => sendPlain(call, `${base}${path === '/' ? '' : path}`))
    if (response.status === 404) fail(call, `API endpoint not found at '${config.Target}'`)
    jsonOf(call, response)
    // v6 reads v2's version there, and finds none when v2 is off.
    if (path === '/' && generation.v6 && !response.body.includes('cloud_controller_v2'))
      fail(call, 'Version string empty')
  }
}

/**
 * @template T
 * @param {Call} call
 * @param {() => Promise<T>} request
 * @returns {Promise<T>}
 */
const attempt = async (call, request) => {
  try {
    return await request()
  } catch (error) {
    return fail(call, reasonOf(error))
  }
}

/** @param {Call} call @param {string} path */
const get = (call, path) => attempt(call, () => send(call, 'GET', `${call.config.Target}${path}`))

/**
 * The JSON of an answer, its warnings told on stderr, or the failure that it means.
 * @param {Call} call
 * @param {string} path
 */
const getJson = async (call, path) => {
  const response = await get(call, path)
  const warnings = warningsOf(response)
  if (warnings.length > 0) call.stderr(`${warnings.join('\n')}\n${call.generation.v6 ? '\n' : ''}`)
  return jsonOf(call, response)
}

/** @param {Call} call @param {Response} response */
const jsonOf = (call, response) => {
  const { status } = response
  const text = response.body.toString()
  if (status >= 400) return fail(call, call.generation.v6 ? v2Failure(status, text) : v3Failure(status, text))
  if (text === '') return fail(call, 'EOF')
  if (response.cut) return fail(call, 'unexpected EOF')
  try {
    return JSON.parse(text)
  } catch {
    return fail(
      call,
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

/** @param {Call} call @param {string} name */
export const org = async (call, name) => {
  const { v6, legacy } = call.generation
  needApi(call)
  await discover(call)
  if (v6) await discover(call, ['/', '/v3', '/login'])
  needLogin(call)
  // A comma is escaped before the form is: %252C on the wire.
  const value = formEncode(v6 ? name : name.replaceAll(',', '%2C'))
  const path = v6
    ? `/v2/organizations?order-by=name&q=${formEncode(`name:${name}`)}`
    : `/v3/organizations?names=${value}${legacy ? '' : '&page=1&per_page=1'}`
  const found = await getJson(call, path)
  const guid = found.resources[0]?.guid ?? found.resources[0]?.metadata?.guid
  if (guid === undefined) fail(call, `Organization '${name}' not found.`)
  call.stdout(`${guid}\n`)
}

/** @param {Call} call */
export const orgs = async call => {
  needApi(call)
  await discover(call)
  needLogin(call)
  call.stdout(`Getting orgs as ${painted(call, '36;1', userOf(call))}...\n\n`)
  const found = await getJson(
    call,
    call.generation.v6 ? '/v2/organizations?order-by=name' : '/v3/organizations?order_by=name',
  )
  const names = found.resources.map((/** @type {any} */ each) => each.name ?? each.entity?.name)
  call.stdout(names.length === 0 ? 'No orgs found.\n' : `${bold(call, 'name')}\n${names.join('\n')}\n`)
}

/** @param {Call} call */
export const target = async call => {
  const { config } = call
  needApi(call)
  await discover(call)
  needLogin(call)
  if (config.AccessToken && !claimsOf(config.AccessToken)) fail(call, 'not a compact JWS')
  showApi(call)
  call.stdout(`user:           ${userOf(call)}\n`)
  const name = nameOf(call)
  const { Name: orgName } = config.OrganizationFields
  const { Name: spaceName } = config.SpaceFields
  if (!orgName) return call.stdout(`No org or space targeted, use '${name} target -o ORG -s SPACE'\n`)
  call.stdout(`org:            ${orgName}\n`)
  call.stdout(
    spaceName ? `space:          ${spaceName}\n` : `No space targeted, use '${name} target -s SPACE'\n`,
  )
}

/** @param {Call} call */
export const api = call => {
  const { config, generation } = call
  const name = nameOf(call)
  if (!config.Target)
    return call.stdout(
      `No ${generation.v6 ? 'api' : 'API'} endpoint set. Use '${name} api' to set an endpoint\n`,
    )
  showApi(call)
  if (!config.AccessToken && !config.RefreshToken) {
    call.stdout(
      `${generation.v6 ? '' : '\n'}Not logged in. Use '${name} login' or '${name} login --sso' to log in.\n`,
    )
  }
}

/** @param {Call} call */
const showApi = call => {
  const { config, generation } = call
  const a = generation.v6 ? 'api' : 'API'
  call.stdout(`${a} endpoint:   ${config.Target}\n${a} version:    ${config.APIVersion}\n`)
}

/** @param {Call} call */
export const oauthToken = async call => {
  needApi(call)
  await discover(call)
  needLogin(call)
  if (call.generation.v6 || isStale(call)) {
    try {
      await refresh(call)
    } catch (error) {
      fail(call, error instanceof RefreshError ? error.message : reasonOf(error))
    }
  }
  call.stdout(`${call.config.AccessToken}\n`)
}

/** @param {Call} call */
export const logout = async call => {
  const { config } = call
  needApi(call)
  await discover(call)
  call.stdout(`Logging out ${userOf(call)}...\nOK\n\n`)
  for (const name of ['AccessToken', 'RefreshToken']) config[name] = ''
  config.OrganizationFields = { GUID: '', Name: '' }
  config.SpaceFields = { GUID: '', Name: '', AllowSSH: false }
}

/** @param {Call} call */
export const showVersion = call => call.stdout(`${nameOf(call)} version ${call.generation.stamped}\n`)

/** @param {Call} call */
export const help = call =>
  call.stdout(
    `${nameOf(call)} version ${call.generation.version}, Cloud Foundry command line tool\nUsage: ${nameOf(call)} [global options] command [arguments...] [command options]\n`,
  )

/** @param {Call} call @param {string} name @returns {never} */
export const unknownCommand = (call, name) => {
  const text = `'${name}' is not a registered command. See 'cf help -a'\n`
  if (call.generation.v6) call.stdout(text)
  else call.stderr(text)
  throw new Exit(1)
}

/** @param {Call} call */
const usagesOf = call =>
  /** @type {Record<string, string>} */ ({
    org: "NAME:\n   org - Show org info\n\nUSAGE:\n   cf org ORG [--guid]\n\nOPTIONS:\n   --guid      Retrieve and display the given org's guid.  All other output for the org is suppressed.\n\nSEE ALSO:\n   org-users, orgs\n",
    curl: `NAME:
   curl - Executes a request to the targeted API endpoint

USAGE:
   cf curl PATH [-iv] [-X METHOD] [-H HEADER]... [-d DATA] [--output FILE]

   By default 'cf curl' will perform a GET to the specified PATH. If data
   is provided via -d, a POST will be performed instead, and the Content-Type
   will be set to application/json. You may override headers with -H and the
   request method with -X.

   For API documentation, please visit http://${call.generation.v6 ? '' : 'v2-'}apidocs.cloudfoundry.org.

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

/** @param {Call} call @param {string} command */
export const usage = (call, command) => call.stdout(usagesOf(call)[command] ?? `NAME:\n   ${command}\n`)

/**
 * Help on stdout, the reason on stderr.
 * @param {Call} call
 * @param {string} command
 * @param {string} reason
 * @returns {never}
 */
export const misuse = (call, command, reason) => {
  call.stderr(`Incorrect Usage: ${reason}\n\n`)
  usage(call, command)
  throw new Exit(1)
}

/**
 * @param {Call} call
 * @param {string} command
 * @param {string} argument
 * @returns {never}
 */
export const tooMany = (call, command, argument) => {
  if (call.generation.v6) {
    call.stdout('FAILED\nIncorrect Usage. An argument is missing or not correctly enclosed.\n\n')
    usage(call, command)
    throw new Exit(1)
  }
  call.stderr(`Incorrect Usage: unexpected argument "${argument}"\n`)
  call.stdout('FAILED\n\n')
  usage(call, command)
  throw new Exit(1)
}

/** The user name in the token. @param {Call} call */
const userOf = call => {
  const claims = claimsOf(call.config.AccessToken)
  return claims?.user_name ?? claims?.client_id ?? ''
}

/** Go's form encoding. @param {string} text */
const formEncode = text =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
