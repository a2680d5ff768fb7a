import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import {
  type Answer,
  ApiError,
  errorAnswer,
  insufficientScope,
  notAuthorized,
  notFound,
  plain as plainText,
  uaaUnavailable,
} from './answer.ts'
import { selfSigned } from './certificate.ts'
import { type Clock, createClock } from './clock.ts'
import { type Fault, Faults } from './faults.ts'
import { RateLimiter, type RateLimits } from './rate-limit.ts'
import type { Request } from './request.ts'
import { loginInfo, root, v2Info, v3Root } from './roots.ts'
import { type StartingState, type State, stateFrom, type User } from './state.ts'
import { type LoginOptions, type Session, Uaa } from './uaa.ts'
import { deleteV2Event, listV2Events, showV2Event } from './v2-events.ts'
import { v2Organizations } from './v2-organizations.ts'
import { listV3Events, showV3Event } from './v3-events.ts'
import { asksUaa, v3Resource } from './v3-resources.ts'
import { readsGlobally, supporterOnly } from './visibility.ts'

export interface FoundationOptions extends StartingState {
  /** Whether /v2 is served; on by default, off on most foundations since 2025. */
  v2?: boolean
  /** Whether /v3/audit_events is served; it came with 3.78. */
  v3?: boolean
  /** Milliseconds that every answer waits. */
  latencyMs?: number
  /** The API's clock: the Date header. Tokens follow the clock of the machine instead. */
  now?: Date | (() => Date)
  faults?: Fault[]
  /** Operators can lower these; 100 and 5000 otherwise. */
  maxPerPage?: { v2?: number; v3?: number }
  maxTotalResults?: number
  rateLimit?: RateLimits
  /** Called before each listing of events is answered: add, expire, commit late. */
  mutate?: (state: State, listing: number) => void
  /** A refresh token dies when it is used; the new one comes with the answer. */
  rotateRefreshTokens?: boolean
  /** What absolute links begin with, when it is not the address on loopback. */
  externalUrl?: string
  /** Bodies compressed for those who accept it, as behind nginx. */
  gzip?: boolean
  /** HTTPS with a certificate of its own, which nobody trusts unless told to. */
  tls?: boolean
  /** X-Cf-Warnings on every answer of the API. */
  warnings?: string[]
}

interface RecordedRequest {
  method: string
  /** Path and query exactly as on the wire. */
  path: string
  /** The name of the authorised user, or its GUID; undefined for anybody. */
  user: string | undefined
  status: number
}

/** A request before anything is known about it. */
interface PlainRequest {
  method: string
  /** Path and query, exactly as they are in the request line. */
  raw: string
  headers: IncomingHttpHeaders
  body: string
}

/** What goes back on the wire. */
interface Reply {
  status: number
  /** A repeated header has a value for each. */
  headers: Record<string, string | string[]>
  /** With `cut`, the length in the headers is that of the whole, so the reader can know. */
  body: Buffer
  cut: boolean
}

export interface Foundation {
  url: string
  /** The time on the machine: it is ahead of the real time by what was waited for in no time. */
  clock: Clock
  /** Answers a request without any network; `wait` for those that are slow. */
  reply(request: PlainRequest, wait: (ms: number) => Promise<void>): Promise<Reply | 'hang' | 'reset'>
  /** The certificate to be trusted, with `tls`; a file of it can be named by SSL_CERT_FILE. */
  certificate: string | undefined
  state: State
  requests: RecordedRequest[]
  uaa: Uaa
  faults: Faults
  /** Logs somebody in, by user name, GUID or client id. */
  login(user: string, options?: LoginOptions): Session
  /** Switches that a test may turn while it runs. */
  options: FoundationOptions
  close(): Promise<void>
}

// nginx, in front of Cloud Controller (large_client_header_buffers).
const longestRequestLine = 8192

const running = new Map<string, Foundation>()

/** The foundation of this process that serves an address such as http://127.0.0.1:40123. */
export const foundationAt = (url: string): Foundation | undefined => running.get(url)

/** Starts a Cloud Foundry API and its UAA on loopback, on a port of its own. */
export const startFoundation = async (options: FoundationOptions = {}): Promise<Foundation> => {
  const state = stateFrom(options)
  const faults = new Faults(options.faults ?? [])
  const limiter = new RateLimiter(options.rateLimit)
  const requests: RecordedRequest[] = []
  const sockets = new Set<Socket>()
  let url = ''
  let listings = 0
  const machine = createClock()
  const uaa = new Uaa(options.rotateRefreshTokens ?? false, () => url, machine.now)
  const clock = () =>
    typeof options.now === 'function' ? options.now() : (options.now ?? new Date(machine.now()))

  const answerOf = (request: Request): Answer => {
    const { method, path } = request
    const external = options.externalUrl ?? url
    if (path === '/oauth/token' && method === 'POST')
      return uaa.answer(request.body, request.headers.authorization)
    if (path === '/login') return loginInfo(url)
    // The switch is in nginx, before anybody asks for a token; the pattern is not anchored.
    if (options.v2 === false && /\/v2(?!\/info)/.test(path)) {
      return plainText(404, 'V2 endpoints disabled', {}, 'text/html')
    }
    let refused: unknown
    try {
      request.user = uaa.check(request.headers.authorization, state)
    } catch (error) {
      refused = error
    }
    const limited = limiter.check(request, clock())
    if (limited.refusal) return limited.refusal
    const api = (): Answer => {
      if (path === '/') return root(url, options.v2 !== false)
      if (path === '/v3') return v3Root(url)
      if (path === '/v2/info') return v2Info(url, options.v2 !== false, request.user?.guid)
      if (!/^\/v[23]\//.test(path)) throw notFound()
      if (refused) throw refused
      const user = request.user!
      const v3 = path.startsWith('/v3/')
      if (!v3 && supporterOnly(state, user)) return plainText(403, supporterSentence, {}, 'text/html')
      if (!mayRead(user)) throw v3 ? notAuthorized() : insufficientScope()
      if (path === '/v2/events' || (path === '/v3/audit_events' && options.v3 !== false)) {
        options.mutate?.(state, ++listings)
        const totalResults = options.maxTotalResults
        return v3
          ? listV3Events(
              state,
              user,
              request,
              { perPage: options.maxPerPage?.v3 ?? 5000, totalResults },
              external,
            )
          : listV2Events(state, user, request, { perPage: options.maxPerPage?.v2 ?? 100, totalResults })
      }
      if (v3 && (uaa.trouble === 500 || uaa.trouble === 503) && asksUaa(request)) throw uaaUnavailable()
      const [, , kind, guid, ...rest] = path.split('/')
      if (rest.length === 0 && guid !== undefined) {
        if (!v3 && kind === 'events') {
          return method === 'DELETE' ? deleteV2Event(state, user, guid) : showV2Event(state, user, guid)
        }
        if (v3 && kind === 'audit_events' && options.v3 !== false)
          return showV3Event(state, user, guid, external)
      }
      if (!v3 && kind === 'organizations' && rest.length === 0) return v2Organizations(state, user, request)
      const resource = v3 ? v3Resource(state, user, request, external, options.maxTotalResults) : undefined
      if (!resource) throw notFound()
      return resource
    }
    let answer: Answer
    try {
      answer = api()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      answer = errorAnswer(error, path)
    }
    const v2 = path.startsWith('/v2')
    if (v2 && answer.headers['Content-Type'] === 'application/json; charset=utf-8') {
      answer.headers['Content-Type'] = 'application/json;charset=utf-8'
    }
    return {
      ...answer,
      headers: {
        ...answer.headers,
        ...limited.headers,
        'X-Vcap-Request-Id': `${randomUUID()}::${randomUUID()}`,
        'X-Content-Type-Options': 'nosniff',
        // Cookies of the load balancer; nobody should ever see one in an output.
        'Set-Cookie': [
          'JSESSIONID=secret-cookie-1; Path=/; HttpOnly',
          '__VCAP_ID__=secret-cookie-2; Path=/; Secure',
        ],
        ...(options.warnings ? { 'X-Cf-Warnings': options.warnings } : {}),
      },
    }
  }

  const reply = async (
    plain: PlainRequest,
    wait: (ms: number) => Promise<void>,
  ): Promise<Reply | 'hang' | 'reset'> => {
    const { raw } = plain
    const [path = '/', query = ''] = raw.split(/\?(.*)/s)
    const request: Request = { ...plain, path, query, user: undefined }
    const record: RecordedRequest = { method: request.method, path: raw, user: undefined, status: 0 }
    requests.push(record)
    const fault = faults.next({ method: request.method, raw, number: requests.length })
    if (options.latencyMs) await wait(options.latencyMs)
    if (fault === 'hang' || fault === 'reset') return fault
    if (typeof fault === 'object' && 'delayMs' in fault) await wait(fault.delayMs)
    if (typeof fault === 'object' && 'until' in fault) await fault.until
    let answer =
      typeof fault === 'object' && 'status' in fault
        ? { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' }
        : `${request.method} ${raw} HTTP/1.1`.length > longestRequestLine
          ? plainText(414, '<html><head><title>414 Request-URI Too Large</title></head></html>')
          : answerOf(request)
    if (fault === 'empty') answer = { ...answer, status: 200, body: '' }
    if (typeof fault === 'function') answer.body = JSON.stringify(fault(JSON.parse(answer.body.toString())))
    record.user = request.user?.username ?? request.user?.guid
    record.status = answer.status
    let bytes = Buffer.from(answer.body)
    const zipped = options.gzip && bytes.length > 0 && /gzip/.test(String(plain.headers['accept-encoding']))
    if (zipped) bytes = gzipSync(bytes)
    const cut = fault === 'cut'
    return {
      status: answer.status,
      headers: {
        ...answer.headers,
        Date: clock().toUTCString(),
        ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
        ...(answer.status === 204 ? {} : { 'Content-Length': String(bytes.length) }),
      },
      body: cut ? bytes.subarray(0, bytes.length >> 1) : bytes,
      cut,
    }
  }

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: raw = '/', headers } = incoming
    const answer = await reply({ method, raw, headers, body: await bodyOf(incoming) }, ms => pause(ms))
    if (answer === 'hang') return
    if (answer === 'reset') return void incoming.socket.resetAndDestroy()
    response.sendDate = false
    response.statusCode = answer.status
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
    if (answer.cut) response.write(answer.body, () => incoming.socket.destroy())
    else response.end(answer.body)
  }

  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    serve(incoming, response).catch(error => {
      console.error(error)
      response.statusCode = 500
      response.end(String(error))
    })
  }
  const pair = options.tls ? selfSigned() : undefined
  const server = pair ? createSecureServer(pair, listener) : createServer(listener)
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  // A raw space makes the request line malformed; the router refuses it before anybody reads it.
  server.on('clientError', (_, socket) => {
    const text = '400 Bad Request: malformed HTTP version'
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${text}`,
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `${pair ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`

  const foundation: Foundation = {
    url,
    clock: machine,
    reply,
    certificate: pair?.cert,
    state,
    requests,
    uaa,
    faults,
    options,
    login: (name, loginOptions) => {
      const user = state.users.find(
        each => each.username === name || each.guid === name || each.clientId === name,
      )
      if (!user) throw new Error(`the foundation has no user ${name}`)
      return uaa.login(user, loginOptions)
    },
    close: () =>
      new Promise(resolve => {
        running.delete(url)
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  running.set(url, foundation)
  return foundation
}

const supporterSentence =
  "You are not authorized to perform the requested action. See section 'Space Supporter Role in V2' https://docs.cloudfoundry.org/concepts/roles.html"

const mayRead = (user: User) => readsGlobally(user) || user.scopes.includes('cloud_controller.read')

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
