// @ts-check
import * as fs from 'node:fs'
import { reasonOf } from './failure.js'
import { dumpHead, header } from './http.js'
import { Exit, fail, failed } from './out.js'
import { panic } from './panic.js'
import { send } from './request.js'
import { runTemplate } from './template.js'

/**
 * @typedef {{
 *   path: string, include: boolean, failing: boolean, output: string | undefined, method: string,
 *   headers: Record<string, string>, data: string | undefined,
 * }} CurlOptions
 */

/**
 * `cf curl` of v8: whatever happens, it tries to print a body and exit with 0.
 * @param {import('./call.js').Call} call
 * @param {CurlOptions} options
 */
export const curl = async (call, options) => {
  const { legacy, speaksUp, templates } = call.generation
  if (legacy) return (await import('./legacy-curl.js')).legacyCurl(call, options)
  const url = `${call.config.Target}/${options.path.replace(/^\/+/, '')}`
  /** @type {import('./http.js').Response | undefined} */
  let response
  let traced = false
  try {
    response = await send(call, options.method, url, options.headers, options.data, one => {
      traced = one
    })
  } catch (error) {
    if (speaksUp) fail(call, reasonOf(error))
    // There is no response to read the status of, or the headers.
    if (options.failing) panic(call)
    if (templates && options.include) panic(call)
  }
  if (response && options.failing && response.status >= 400) {
    failed(call)
    call.stderr(`The requested URL returned error: ${response.status}\n`)
    throw new Exit(22)
  }
  if (traced) return
  // A body that was cut short is dropped, and nobody is told.
  const raw = !response || response.cut ? Buffer.alloc(0) : response.body
  const body = response?.status === 204 ? Buffer.from('{}') : raw
  const head = response && options.include ? dumpHead(call, response) : ''
  if (options.output !== undefined) {
    try {
      fs.writeFileSync(options.output, Buffer.concat([Buffer.from(head), body]), { mode: 0o666 })
    } catch {
      return fail(call, `Error creating file: open ${options.output}: no such file or directory`)
    }
    call.stdout('OK\n\n')
    return
  }
  if (templates) {
    const text = runTemplate(call, head + body.toString())
    return call.stdout(`${text}\n`)
  }
  const type = (response && header(response, 'Content-Type')) ?? ''
  if (body.includes(0) || /image\/|application\/octet-stream|application\/pdf/.test(type)) {
    if (options.include) call.stdout(`${head}\n`)
    return call.stdout(body)
  }
  call.stdout(Buffer.concat([Buffer.from(head), body, Buffer.from('\n')]))
}
