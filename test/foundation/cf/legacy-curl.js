// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { overwriteConfig } from './config.js'
import { tip } from './failure.js'
import { dumpHead, header, TransportError, warningsOf } from './http.js'
import { Exit, failed, failOnStdout } from './out.js'
import { panic } from './panic.js'
import { claimsOf, isStale, RefreshError, refresh } from './session.js'
import { legacyTrace } from './trace.js'

/**
 * `cf curl` of v6 and v7: everything on stdout, JSON indented again, warnings after the body.
 * @param {import('./call.js').Call} call
 * @param {import('./curl.js').CurlOptions} options
 */
export const legacyCurl = async (call, options) => {
  const { config } = call
  const url = `${config.Target}/${options.path.replace(/^\/+/, '')}`
  if (config.AccessToken && !claimsOf(config.AccessToken)) {
    failOnStdout(call, 'Error creating request:\nnot a compact JWS')
  }
  if (config.AccessToken && isStale(call)) await renew(call, options)
  const response = await attempt(call, options, url)
  const { status } = response
  if (status === 401 && codeOf(response) === 1000) {
    const detail = JSON.parse(response.body.toString())
    failOnStdout(
      call,
      `Error creating request:\nInvalid auth token: ${detail.description ?? detail.errors?.[0]?.detail ?? ''}`,
    )
  }
  if (response.cut && status < 400) {
    failOnStdout(call, 'Error creating request:\nError reading response: unexpected EOF')
  }
  if (options.failing && status >= 400) refuse(call, status)
  const traced = legacyTrace(call, options.method, url, response)
  const body = response.cut || status === 204 ? Buffer.alloc(0) : response.body
  if (!traced && options.include) call.stdout(`${dumpHead(call, response)}\n`)
  if (options.output !== undefined) {
    fs.mkdirSync(path.dirname(options.output), { recursive: true })
    fs.writeFileSync(options.output, body, { mode: 0o644 })
  } else if (!traced) {
    // Only where the header block says so, and only what parses.
    const json = /application\/json/.test(dumpHead(call, response)) ? indented(body.toString()) : undefined
    call.stdout(json === undefined ? Buffer.concat([body, Buffer.from('\n')]) : `${json}\n`)
  }
  const warnings = warningsOf(response)
  if (call.env.CF_RAISE_ERROR_ON_WARNINGS && warnings.length > 0) failOnStdout(call, warnings.join('\n'))
  if (warnings.length > 0) call.stdout(`${warnings.join('\n')}\n`)
}

/** @param {import('./call.js').Call} call @param {number} status @returns {never} */
const refuse = (call, status) => {
  failed(call)
  call.stdout(`The requested URL returned error: ${status}\n`)
  throw new Exit(22)
}

/** @param {import('./call.js').Call} call @param {import('./curl.js').CurlOptions} options */
const renew = async (call, options) => {
  try {
    await refresh(call)
  } catch (error) {
    if (error instanceof RefreshError && error.status !== 401) {
      if (options.failing) refuse(call, error.status)
      overwriteConfig(call)
      panic(call)
    }
    if (error instanceof RefreshError) {
      failOnStdout(
        call,
        'Error creating request:\nAuthentication has expired.  Please log back in to re-authenticate.\n\nTIP: Use `cf login -a <endpoint> -u <user> -o <org> -s <space>` to log back in and re-authenticate.',
      )
    }
    unanswered(call, error)
  }
}

/**
 * Three attempts when nobody answers, whatever the method; never because of a status.
 * @param {import('./call.js').Call} call
 * @param {import('./curl.js').CurlOptions} options
 * @param {string} url
 * @returns {Promise<import('./http.js').Response>}
 */
const attempt = async (call, options, url) => {
  const { config } = call
  for (let count = 1; ; count++) {
    try {
      return await call.exchange(
        call,
        options.method,
        url,
        {
          Accept: 'application/json',
          ...(config.AccessToken ? { Authorization: config.AccessToken } : {}),
          Connection: 'close',
          'Content-Type': 'application/json',
          'User-Agent': call.generation.legacyAgent,
          ...options.headers,
        },
        options.data,
      )
    } catch (error) {
      if (count === 3) return unanswered(call, error)
    }
  }
}

/** @param {import('./call.js').Call} call @param {unknown} error @returns {never} */
const unanswered = (call, error) => {
  const { message } = /** @type {Error} */ (error)
  const url = /^certificate (.*)$/.exec(message)?.[1]
  if (url) {
    return failOnStdout(
      call,
      `Error creating request:\nReceived invalid SSL certificate from ${new URL(url).host} - unknown authority`,
    )
  }
  const dial = error instanceof TransportError && error.dial
  return failOnStdout(call, `Error creating request:\nError performing request: ${message}${dial ? tip : ''}`)
}

/** @param {import('./http.js').Response} response */
const codeOf = response => {
  try {
    const body = JSON.parse(response.body.toString())
    return body.code ?? body.errors?.[0]?.code
  } catch {
    return header(response, 'none')
  }
}

/**
 * Go's json.Indent with three spaces: the tokens stay as they are, only the white space changes.
 * @param {string} text
 */
export const indented = text => {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  const trailing = /\s*$/.exec(text)?.[0] ?? ''
  let depth = 0
  let before = ''
  // Parts in a list: looking at the end of a long string makes JavaScript copy it, each time.
  const parts = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    const line = () => `\n${'   '.repeat(depth)}`
    const opened = before === '{' || before === '['
    if (token === '}' || token === ']') {
      depth--
      parts.push(opened ? token : line() + token)
    } else {
      if (opened) parts.push(line())
      if (token === ',') parts.push(`,${line()}`)
      else if (token === ':') parts.push(': ')
      else parts.push(token)
      if (token === '{' || token === '[') depth++
    }
    before = token
  }
  return parts.join('') + trailing
}
