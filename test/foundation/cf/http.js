// @ts-check
import * as fs from 'node:fs'
import * as net from 'node:net'

/**
 * @typedef {{
 *   line: string, status: number, headers: [string, string][], body: Buffer, cut: boolean,
 *   chunked: boolean, unzipped: boolean,
 * }} Response
 */

/** No response at all: the words of Go's http client. */
export class TransportError extends Error {
  /**
   * @param {string} reason
   * @param {boolean} dial whether the connection was never made
   */
  constructor(reason, dial = false) {
    super(reason)
    this.dial = dial
  }
}

/**
 * One request on a socket of its own. The path goes on the wire as it is, spaces included.
 * There is no time limit: who accepts and stays silent is waited for.
 * @param {import('./call.js').Call} call
 * @param {string} method
 * @param {string} address
 * @param {Record<string, string>} headers
 * @param {string} [body]
 * @returns {Promise<Response>}
 */
export const exchange = async (call, method, address, headers, body = '') => {
  const [, scheme, host = '', rest = ''] = /^(https?):\/\/([^/?#]*)([^#]*)/.exec(address) ?? []
  const target = targetOf(rest)
  const name = host.replace(/:\d+$/, '')
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? (scheme === 'https' ? 443 : 80))
  const verb = method.charAt(0) + method.slice(1).toLowerCase()
  /** @param {string} reason */
  const words = reason => `${verb} "${address}": ${reason}`
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map(([key, value]) => `${key}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    'Accept-Encoding: gzip',
  ]
  const parts = /** @type {Buffer[]} */ ([])
  const ended = await new Promise((resolve, reject) => {
    /** @type {net.Socket} */
    let socket
    let mine = 0
    const connected = () => {
      mine = socket.localPort ?? 0
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    }
    const listen = () => {
      let needed = Infinity
      let size = 0
      socket.on('data', chunk => {
        parts.push(chunk)
        size += chunk.length
        if (needed === Infinity) needed = expected(Buffer.concat(parts))
        if (size >= needed) {
          resolve(true)
          socket.destroy()
        }
      })
      socket.on('end', () => resolve(false))
      socket.on('close', () => resolve(false))
      socket.on('error', error => {
        const { code, syscall } = /** @type {NodeJS.ErrnoException} */ (error)
        if (code === 'ECONNRESET' && parts.length > 0) return resolve(false)
        if (code === 'ECONNREFUSED') {
          return reject(
            new TransportError(words(`dial tcp ${name}:${port}: connect: connection refused`), true),
          )
        }
        if (syscall === 'getaddrinfo') {
          return reject(new TransportError(words(`dial tcp: lookup ${name}: no such host`), true))
        }
        if (code === 'ECONNRESET') {
          return reject(
            new TransportError(
              words(`read tcp ${name}:${mine}->${name}:${port}: read: connection reset by peer`),
            ),
          )
        }
        reject(new TransportError(words(error.message), false))
      })
    }
    if (scheme === 'https') {
      import('node:tls').then(tls => {
        const relaxed = call.config.SSLDisabled === true
        const file = call.env.SSL_CERT_FILE
        socket = tls.connect(
          {
            host: name,
            port,
            servername: net.isIP(name) ? '' : name,
            rejectUnauthorized: !relaxed,
            secureContext: trusting(tls, file),
          },
          connected,
        )
        socket.on('error', error => {
          const { code } = /** @type {NodeJS.ErrnoException} */ (error)
          if (
            code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
            code === 'EPROTO' ||
            code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
          ) {
            reject(new TransportError(words('http: server gave HTTP response to HTTPS client')))
          } else if (/CERT|SELF_SIGNED|ALTNAME/.test(String(code))) {
            reject(new TransportError(`certificate ${address}`))
          }
        })
        listen()
      })
      return
    }
    socket = net.connect({ host: name, port }, connected)
    listen()
  })
  const all = Buffer.concat(parts)
  if (all.length === 0) throw new TransportError(words('EOF'))
  if (!all.subarray(0, 5).equals(Buffer.from('HTTP/'))) {
    throw new TransportError(words(`net/http: HTTP/1.x transport connection broken: ${malformed(all)}`))
  }
  if (all.indexOf('\r\n\r\n') === -1) throw new TransportError(words('unexpected EOF'))
  return parse(all, ended)
}

/** By the file of certificates that is trusted: to read those of the system takes long. */
const contexts = new Map()

/** @param {typeof import('node:tls')} tls @param {string | undefined} file */
const trusting = (tls, file) => {
  const key = file ? fs.readFileSync(file, 'utf8') : ''
  if (!contexts.has(key)) contexts.set(key, tls.createSecureContext(key === '' ? {} : { ca: key }))
  return contexts.get(key)
}

/** What Go finds wrong with a first line that isn't HTTP. @param {Buffer} all */
const malformed = all => {
  const end = all.indexOf('\n')
  const line = all
    .subarray(0, end === -1 ? undefined : end)
    .toString()
    .trimEnd()
  const status = line.split(' ')[1]
  return status === undefined
    ? `malformed HTTP response ${JSON.stringify(line)}`
    : `malformed HTTP status code ${JSON.stringify(status)}`
}

/** What stands in the request line: Go escapes a space in the path, but sends the query as it is. @param {string} rest */
export const targetOf = rest => {
  const path = rest === '' ? '/' : rest
  const at = path.indexOf('?')
  const before = at === -1 ? path : path.slice(0, at)
  return before.replaceAll(' ', '%20') + (at === -1 ? '' : path.slice(at))
}

/** How many bytes the response will have, once its head is there. @param {Buffer} sofar */
const expected = sofar => {
  const end = sofar.indexOf('\r\n\r\n')
  if (end === -1) return Infinity
  const head = sofar.subarray(0, end).toString('latin1')
  if (/^HTTP\/\S+ (204|304)/.test(head)) return end + 4
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) return end + 4 + Number(length[1])
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    return sofar.includes('\r\n0\r\n\r\n', end) ? sofar.length : Infinity
  }
  return Infinity
}

/**
 * @param {Buffer} all
 * @param {boolean} ended whether everything that was promised has come
 * @returns {Promise<Response>}
 */
const parse = (all, ended) => {
  const end = all.indexOf('\r\n\r\n')
  const [line = '', ...rest] = all.subarray(0, end).toString('latin1').split('\r\n')
  const headers = rest.map(each => {
    const at = each.indexOf(':')
    return /** @type {[string, string]} */ ([canonical(each.slice(0, at)), each.slice(at + 1).trim()])
  })
  return readResponse(line, headers, all.subarray(end + 4), ended)
}

/**
 * The response in what came: unchunked, unzipped.
 * @param {string} line
 * @param {[string, string][]} headers
 * @param {Buffer} body
 * @param {boolean} ended whether everything that was promised has come
 * @returns {Promise<Response>}
 */
export const readResponse = async (line, headers, body, ended) => {
  const value = (/** @type {string} */ name) => headers.find(([key]) => key === name)?.[1]
  const chunked = value('Transfer-Encoding') === 'chunked'
  const length = value('Content-Length')
  const status = Number(line.split(' ')[1])
  let cut = !ended && (chunked || (length !== undefined && body.length < Number(length)))
  if (chunked) body = unchunk(body)
  const zipped = value('Content-Encoding') === 'gzip'
  if (zipped && !cut) {
    const { gunzipSync } = await import('node:zlib')
    try {
      body = gunzipSync(body)
    } catch {
      cut = true
    }
  }
  const shown = zipped
    ? headers.filter(([key]) => key !== 'Content-Encoding' && key !== 'Content-Length')
    : headers
  return { line, status, headers: shown, body, cut, chunked, unzipped: zipped }
}

/** @param {Buffer} bytes */
const unchunk = bytes => {
  const parts = []
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) break
    const size = Number.parseInt(bytes.subarray(at, line).toString(), 16)
    if (!(size > 0)) break
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return Buffer.concat(parts)
}

/** Go's canonical header names: X-RateLimit-Reset becomes X-Ratelimit-Reset. @param {string} name */
export const canonical = name => name.toLowerCase().replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** The first value of a header. @param {Response} response @param {string} name */
export const header = (response, name) => response.headers.find(([key]) => key === name)?.[1]

/**
 * The header block as `-i` prints it: the length first, the rest sorted, repeats as lines of their own.
 * @param {import('./call.js').Call} call
 * @param {Response} response
 */
export const dumpHead = (call, response) => {
  // An empty body's length comes last: Go writes it only when it has looked.
  const empty = header(response, 'Content-Length') === '0'
  const first = ['Content-Length', 'Transfer-Encoding']
  const close = call.generation.legacy && header(response, 'Connection') === 'close'
  const rest = response.headers.filter(([key]) => !first.includes(key) && !(close && key === 'Connection'))
  const sorted = rest
    .map((each, index) => ({ each, index }))
    .sort((a, b) => (a.each[0] < b.each[0] ? -1 : a.each[0] > b.each[0] ? 1 : a.index - b.index))
    .map(({ each }) => each)
  const lines = [
    ...(close ? [['Connection', 'close']] : []),
    ...(empty ? [] : response.headers.filter(([key]) => first.includes(key))),
    ...sorted,
    ...(empty ? [['Content-Length', '0']] : []),
  ]
  return `${response.line}\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`
}

/** The words of every X-Cf-Warnings header, decoded. @param {Response} response */
export const warningsOf = response =>
  response.headers
    .filter(([key]) => key === 'X-Cf-Warnings')
    .flatMap(([, value]) => value.split(','))
    .map(each => {
      try {
        return decodeURIComponent(each.trim().replaceAll('+', ' '))
      } catch {
        return each
      }
    })
    .filter(each => each !== 'Endpoint deprecated')
