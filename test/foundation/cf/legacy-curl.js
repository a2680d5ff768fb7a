// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { overwriteConfig } from './config.js'
import { tip } from './failure.js'
import { legacyAgent } from './generation.js'
import { dumpHead, exchange, header, TransportError, warningsOf } from './http.js'
import { Exit, failed, failOnStdout, stdout } from './out.js'
import { panic } from './panic.js'
import { claimsOf, isStale, RefreshError, refresh } from './session.js'
import { legacyTrace } from './trace.js'

/**
 * `cf curl` of v6 and v7: everything on stdout, JSON indented again, warnings after the body.
 * @param {import('./config.js').Config} config
 * @param {import('./curl.js').CurlOptions} options
 */
export const legacyCurl = async (config, options) => {
  const url = `${config.Target}/${options.path.replace(/^\/+/, '')}`
  if (config.AccessToken && !claimsOf(config.AccessToken)) {
    failOnStdout('Error creating request:\nnot a compact JWS')
  }
  if (config.AccessToken && isStale(config.AccessToken)) await renew(config, options)
  const response = await attempt(config, options, url)
  const { status } = response
  if (status === 401 && codeOf(response) === 1000) {
    const detail = JSON.parse(response.body.toString())
    failOnStdout(
      `Error creating request:\nInvalid auth token: ${detail.description ?? detail.errors?.[0]?.detail ?? ''}`,
    )
  }
  if (response.cut && status < 400) {
    failOnStdout('Error creating request:\nError reading response: unexpected EOF')
  }
  if (options.failing && status >= 400) refuse(status)
  const traced = legacyTrace(config, options.method, url, response)
  const body = response.cut || status === 204 ? Buffer.alloc(0) : response.body
  if (!traced && options.include) stdout(`${dumpHead(response)}\n`)
  if (options.output !== undefined) {
    fs.mkdirSync(path.dirname(options.output), { recursive: true })
    fs.writeFileSync(options.output, body, { mode: 0o644 })
  } else if (!traced) {
    // Only where the header block says so, and only what parses.
    const json = /application\/json/.test(dumpHead(response)) ? indented(body.toString()) : undefined
    stdout(json === undefined ? Buffer.concat([body, Buffer.from('\n')]) : `${json}\n`)
  }
  const warnings = warningsOf(response)
  if (process.env.CF_RAISE_ERROR_ON_WARNINGS && warnings.length > 0) failOnStdout(warnings.join('\n'))
  if (warnings.length > 0) stdout(`${warnings.join('\n')}\n`)
}

/** @param {number} status @returns {never} */
const refuse = status => {
  failed()
  stdout(`The requested URL returned error: ${status}\n`)
  throw new Exit(22)
}

/** @param {import('./config.js').Config} config @param {import('./curl.js').CurlOptions} options */
const renew = async (config, options) => {
  try {
    await refresh(config)
  } catch (error) {
    if (error instanceof RefreshError && error.status !== 401) {
      if (options.failing) refuse(error.status)
      overwriteConfig(config)
      panic()
    }
    if (error instanceof RefreshError) {
      failOnStdout(
        'Error creating request:\nAuthentication has expired.  Please log back in to re-authenticate.\n\nTIP: Use `cf login -a <endpoint> -u <user> -o <org> -s <space>` to log back in and re-authenticate.',
      )
    }
    unanswered(error)
  }
}

/**
 * Three attempts when nobody answers, whatever the method; never because of a status.
 * @param {import('./config.js').Config} config
 * @param {import('./curl.js').CurlOptions} options
 * @param {string} url
 * @returns {Promise<import('./http.js').Response>}
 */
const attempt = async (config, options, url) => {
  for (let count = 1; ; count++) {
    try {
      return await exchange(
        options.method,
        url,
        {
          Accept: 'application/json',
          ...(config.AccessToken ? { Authorization: config.AccessToken } : {}),
          Connection: 'close',
          'Content-Type': 'application/json',
          'User-Agent': legacyAgent,
          ...options.headers,
        },
        options.data,
      )
    } catch (error) {
      if (count === 3) return unanswered(error)
    }
  }
}

/** @param {unknown} error @returns {never} */
const unanswered = error => {
  const { message } = /** @type {Error} */ (error)
  const url = /^certificate (.*)$/.exec(message)?.[1]
  if (url) {
    return failOnStdout(
      `Error creating request:\nReceived invalid SSL certificate from ${new URL(url).host} - unknown authority`,
    )
  }
  const dial = error instanceof TransportError && error.dial
  return failOnStdout(`Error creating request:\nError performing request: ${message}${dial ? tip : ''}`)
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
