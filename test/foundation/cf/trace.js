// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { dumpHead, header } from './http.js'

const truth = /^(1|t|T|TRUE|true|True)$/
const untruth = /^(0|f|F|FALSE|false|False)$/

/**
 * Where the trace goes. A yes or no in the environment decides about stdout, but a file in the configuration is written
 * whatever the environment says. In the old `curl` of v6 and v7 a yes in either is enough, so CF_TRACE=false cannot
 * silence the configuration.
 * @param {import('./call.js').Call} call
 * @param {boolean} old
 * @returns {{ onStdout: boolean, files: string[] }}
 */
const tracing = ({ env, config }, old) => {
  const set = env.CF_TRACE ?? ''
  const settings = [set, config.Trace]
  const decided = !old && (truth.test(set) || untruth.test(set))
  return {
    onStdout: decided ? truth.test(set) : settings.some(each => truth.test(each)),
    files: settings.filter(each => each !== '' && !truth.test(each) && !untruth.test(each)),
  }
}

const hidden = '[PRIVATE DATA HIDDEN]'
const seconds = () => `${new Date().toISOString().slice(0, 19)}Z`

/** @param {string} method @param {string} url @param {Record<string, string>} sent */
const requestText = (method, url, sent) => {
  const [, host = '', rest = ''] = /^https?:\/\/([^/]*)(.*)$/.exec(url) ?? []
  const lines = Object.entries(sent)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${key === 'Authorization' ? hidden : value}\n`)
  return `REQUEST: [${seconds()}]\n${method} ${rest || '/'} HTTP/1.1\nHost: ${host}\n${lines.join('')}`
}

/**
 * Writes the trace of one exchange, as v8 and the newer commands of v7 and v6 do.
 * @param {import('./call.js').Call} call
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} sent
 * @param {import('./http.js').Response} response
 * @param {boolean} [body] whether the request counts as having one that is hidden
 * @returns {Promise<boolean>} whether stdout has it, so that `curl` prints nothing more
 */
export const trace = async (call, method, url, sent, response, body = false) => {
  const { onStdout, files } = tracing(call, false)
  if (!onStdout && files.length === 0) return false
  const headers = response.headers
    .map(([key, value]) => `${key}: ${key === 'Set-Cookie' ? hidden : value}\n`)
    .sort((a, b) => (a.split(':')[0] === b.split(':')[0] ? 0 : a < b ? -1 : 1))
    .join('')
  const type = header(response, 'Content-Type') ?? ''
  const shown = /json/.test(type)
    ? pretty(response.body.toString())
    : `[${type.split(';')[0]} Content Hidden]`
  const text = `${requestText(method, url, sent)}${
    body ? '[application/json Content Hidden]\n' : ''
  }\nRESPONSE: [${seconds()}]\n${response.line}\n${headers}${shown}\n\n`
  if (onStdout) call.stdout(text)
  for (const file of files) {
    const reason = append(file, text.slice(0, -1))
    if (reason === undefined) continue
    call.stderr(`${reason}\n`)
    // The real one returns with its lock held and waits for itself.
    await call.hang()
  }
  return onStdout
}

/**
 * The trace of the old `curl`: the body as it came, and stdout instead of a file that cannot be written.
 * @param {import('./call.js').Call} call
 * @param {string} method
 * @param {string} url
 * @param {import('./http.js').Response} response
 */
export const legacyTrace = (call, method, url, response) => {
  const { onStdout, files } = tracing(call, true)
  const sent = {
    Accept: 'application/json',
    ...(call.config.AccessToken ? { Authorization: '' } : {}),
    'Content-Type': 'application/json',
    'User-Agent': call.generation.legacyAgent,
  }
  const head = dumpHead(call, response)
    .replace(/Set-Cookie: .*/g, `Set-Cookie: ${hidden}`)
    .replaceAll(`${hidden}\r`, hidden)
  const text = `\n${requestText(method, url, sent)}\n\nRESPONSE: [${seconds()}]\n${head}${response.body}\n`
  let printed = onStdout
  if (onStdout) call.stdout(text)
  for (const file of files) {
    const reason = append(file, text)
    if (reason === undefined) continue
    call.stdout(`CF_TRACE ERROR CREATING LOG FILE ${file}:\n${reason}\n${text}`)
    printed = true
  }
  return printed
}

/** @param {string} file @param {string} text @returns {string | undefined} why it cannot be written */
const append = (file, text) => {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.appendFileSync(file, text, { mode: 0o600 })
    return undefined
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'EISDIR') return `open ${file}: is a directory`
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : 'not a directory'
    return `mkdir ${path.dirname(file)}: ${why}`
  }
}

/** The keys sorted, two spaces, a line end. @param {string} text */
const pretty = text => {
  try {
    /** @param {any} value @returns {any} */
    const sorted = value =>
      Array.isArray(value)
        ? value.map(sorted)
        : value && typeof value === 'object'
          ? Object.fromEntries(
              Object.keys(value)
                .sort()
                .map(key => [key, sorted(value[key])]),
            )
          : value
    return `${JSON.stringify(sorted(JSON.parse(text)), null, 2)}\n`
  } catch {
    return text
  }
}
