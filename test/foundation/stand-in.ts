import { closeSync, openSync, readSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import type { Exchange } from './cf/call.js'
import { generationOf } from './cf/generation.js'
import { canonical, exchange, readResponse, TransportError, targetOf } from './cf/http.js'
import { run } from './cf/run.js'
import { foundationAt } from './foundation.ts'

/** What a stand-in on disk pretends to be. */
interface StandIn {
  bin: string
  version: string
  kind: string | undefined
}

/** Reads back what `installCf` wrote; undefined for any other program, and for one that only a process can be. */
export const readStandIn = (bin: string): StandIn | undefined => {
  const text = beginningOf(bin)
  const [, version, kind] =
    /^#!.*\nprocess\.env\.CF_STANDIN_VERSION \?\?= "(.*)"\n(?:process\.env\.CF_STANDIN_KIND \?\?= "(.*)"\n)?import\(/.exec(
      text,
    ) ?? []
  if (version === undefined || kind === 'flood' || kind === 'no-exec') return undefined
  return { bin, version, kind }
}

/** A real cf has many megabytes, of which the first few bytes tell enough. */
const beginningOf = (file: string): string => {
  const bytes = Buffer.alloc(4096)
  try {
    const fd = openSync(file, 'r')
    try {
      return bytes.toString('utf8', 0, readSync(fd, bytes))
    } finally {
      closeSync(fd)
    }
  } catch {
    return ''
  }
}

interface StandInOptions {
  env: Record<string, string | undefined>
  now: () => number
  /** Waits for a slow answer. */
  wait: (ms: number) => Promise<void>
}

export interface StandInRun {
  stdout: Buffer
  stderr: Buffer
  /** Undefined when it would wait forever for what never comes. */
  code: number | undefined
}

/** Runs a stand-in in this process: the same code that its file runs, and no network to a foundation of this process. */
export const runStandIn = async (
  { bin, version, kind }: StandIn,
  args: readonly string[],
  { env, now, wait }: StandInOptions,
): Promise<StandInRun> => {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let hangs = () => {}
  const hung = new Promise<undefined>(done => {
    hangs = () => done(undefined)
  })
  const ended = run({
    bin,
    args: [...args],
    env: { CF_STANDIN_VERSION: version, ...(kind ? { CF_STANDIN_KIND: kind } : {}), ...env },
    generation: generationOf(env.CF_STANDIN_VERSION ?? version),
    config: {},
    stdout: text => stdout.push(Buffer.from(text)),
    stderr: text => stderr.push(Buffer.from(text)),
    exchange: direct(wait),
    hang() {
      hangs()
      return new Promise(() => {})
    },
    now,
  })
  const code = await Promise.race([ended, hung])
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), code }
}

/** Hands a request to a foundation of this process; any other address is asked on a socket. */
const direct =
  (wait: (ms: number) => Promise<void>): Exchange =>
  async (call, method, address, headers, body = '') => {
    const [, origin = '', rest = ''] = /^(https?:\/\/[^/?#]*)([^#]*)/.exec(address) ?? []
    const foundation = foundationAt(origin)
    if (foundation === undefined || foundation.certificate !== undefined)
      return exchange(call, method, address, headers, body)
    // The request line is bytes, and Node.js reads each as a character.
    const raw = Buffer.from(targetOf(rest)).toString('latin1')
    if (/[\0- \u007f]/.test(raw)) return malformed()
    const sent = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]))
    const plain = { method, raw, headers: { ...sent, 'accept-encoding': 'gzip' }, body }
    const reply = await foundation.reply(plain, wait)
    if (reply === 'hang') return call.hang()
    if (reply === 'reset') {
      const verb = method.charAt(0) + method.slice(1).toLowerCase()
      const host = origin.replace(/^.*\//, '')
      const reason = `read tcp 127.0.0.1:1->${host}: read: connection reset by peer`
      throw new TransportError(`${verb} "${address}": ${reason}`)
    }
    const kept: [string, string][] = [
      ['Connection', 'keep-alive'],
      ['Keep-Alive', 'timeout=5'],
    ]
    const closes = sent.connection === 'close'
    const received = Object.entries(reply.headers).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [canonical(name), String(each).trim()]),
    )
    const last: [string, string][] = closes ? [['Connection', 'close']] : kept
    return readResponse(
      `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? 'unknown'}`,
      [...received, ...last],
      reply.status === 204 ? Buffer.alloc(0) : reply.body,
      !reply.cut,
    )
  }

/** What the router answers to a raw space: see the foundation. */
const malformed = () =>
  readResponse(
    'HTTP/1.1 400 Bad Request',
    [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Connection', 'close'],
    ],
    Buffer.from('400 Bad Request: malformed HTTP version'),
    true,
  )
