// @ts-check
import { randomBytes } from 'node:crypto'
import { isStale, refresh } from './session.js'
import { trace } from './trace.js'

/** One for all requests of a call. @param {import('./call.js').Call} call */
const traceIdOf = call => {
  call.traceId ??= call.env.CF_B3_TRACE_ID || randomBytes(16).toString('hex')
  return call.traceId
}

/**
 * A request as v8 makes it, and v7 and v6 for everything but `curl`: the token refreshed when it is about
 * to expire, and three attempts at no answer, at a refused refresh, and at 500, 502, 503 and 504.
 * @param {import('./call.js').Call} call
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} [headers]
 * @param {string} [body]
 * @param {(onStdout: boolean) => void} [traced] told whether stdout has the trace; `curl` asks
 * @returns {Promise<import('./http.js').Response>}
 */
export const send = (call, method, url, headers = {}, body = '', traced) =>
  persistently(method === 'POST' ? 1 : 3, async () => {
    const { config } = call
    const { agent, legacy, marksRequests } = call.generation
    if ((config.AccessToken || config.RefreshToken) && isStale(call)) await refresh(call)
    const sent = {
      Accept: 'application/json',
      ...(config.AccessToken ? { Authorization: config.AccessToken } : {}),
      ...(legacy ? {} : { 'Content-Type': 'application/json' }),
      'User-Agent': agent,
      ...(marksRequests
        ? { 'X-B3-Spanid': traceIdOf(call).slice(0, 16), 'X-B3-Traceid': traceIdOf(call) }
        : {}),
      ...headers,
    }
    const response = await call.exchange(call, method, url, sent, body)
    const onStdout = await trace(call, method, url, sent, response, !legacy && traced === undefined)
    traced?.(onStdout)
    return response
  })

/**
 * A request that needs nobody logged in.
 * @param {import('./call.js').Call} call
 * @param {string} url
 */
export const sendPlain = (call, url) =>
  persistently(3, async () => {
    const sent = { Accept: 'application/json', 'User-Agent': call.generation.agent }
    const response = await call.exchange(call, 'GET', url, sent)
    await trace(call, 'GET', url, sent, response)
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
