// @ts-check
import { randomBytes } from 'node:crypto'
import { agent, legacy, marksRequests } from './generation.js'
import { exchange } from './http.js'
import { isStale, refresh } from './session.js'
import { trace } from './trace.js'

const traceId = process.env.CF_B3_TRACE_ID || randomBytes(16).toString('hex')

/**
 * A request as v8 makes it, and v7 and v6 for everything but `curl`: the token refreshed when it is about
 * to expire, and three attempts at no answer, at a refused refresh, and at 500, 502, 503 and 504.
 * @param {import('./config.js').Config} config
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} [headers]
 * @param {string} [body]
 * @param {(onStdout: boolean) => void} [traced] told whether stdout has the trace; `curl` asks
 * @returns {Promise<import('./http.js').Response>}
 */
export const send = (config, method, url, headers = {}, body = '', traced) =>
  persistently(method === 'POST' ? 1 : 3, async () => {
    if ((config.AccessToken || config.RefreshToken) && isStale(config.AccessToken)) await refresh(config)
    const sent = {
      Accept: 'application/json',
      ...(config.AccessToken ? { Authorization: config.AccessToken } : {}),
      ...(legacy ? {} : { 'Content-Type': 'application/json' }),
      'User-Agent': agent,
      ...(marksRequests ? { 'X-B3-Spanid': traceId.slice(0, 16), 'X-B3-Traceid': traceId } : {}),
      ...headers,
    }
    const response = await exchange(method, url, sent, body)
    const onStdout = await trace(config, method, url, sent, response, !legacy && traced === undefined)
    traced?.(onStdout)
    return response
  })

/**
 * A request that needs nobody logged in.
 * @param {import('./config.js').Config} config
 * @param {string} url
 */
export const sendPlain = (config, url) =>
  persistently(3, async () => {
    const sent = { Accept: 'application/json', 'User-Agent': agent }
    const response = await exchange('GET', url, sent)
    await trace(config, 'GET', url, sent, response)
    return response
  })

/**
 * At once again, without waiting in between.
 * @param {number} attempts
 * @param {() => Promise<import('./http.js').Response>} request
 */
const persistently = async (attempts, request) => {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await request()
      if (attempt < attempts && [500, 502, 503, 504].includes(response.status)) continue
      return response
    } catch (error) {
      if (attempt >= attempts) throw error
    }
  }
}
