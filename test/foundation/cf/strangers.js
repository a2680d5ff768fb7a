// @ts-check
import * as fs from 'node:fs'
import * as path from 'node:path'
import { Exit } from './out.js'

/** @typedef {import('./call.js').Call} Call */

/**
 * Programs that answer to `cf` without being all of it.
 * @param {Call} call
 * @param {string} kind
 */
export const stranger = async (call, kind) => {
  if (kind === 'cloudflare') return cloudflare(call)
  if (kind === 'hang') return call.hang()
  if (kind === 'binary-output') {
    return call.stdout(Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 151) % 256)))
  }
  if (kind === 'flood') {
    const line = Buffer.from(`${'all work and no play makes a long page '.repeat(1000)}\n`)
    for (;;) call.stdout(line)
  }
  return wrapper(call, kind)
}

/** @param {Call} call */
const cloudflare = ({ args, stdout, stderr }) => {
  if (['version', '--version', '-v'].includes(args[0] ?? '')) return stdout('cf 1.0.0\n')
  stdout(`\n ⛅️ cf 1.0.0\n${'─'.repeat(40)}\n`)
  stderr(`✘ [ERROR] Unknown command: ${args[0] ?? ''}\n`)
  throw new Exit(1)
}

/**
 * A script that somebody wrote around the API: it knows two commands, and no headers.
 * `bare-wrapper` knows every path, `minimal` only /v2/events.
 * @param {Call} call
 * @param {string} kind
 */
const wrapper = async (call, kind) => {
  const { args, env, stdout, stderr } = call
  const [command, name = ''] = args
  const config = JSON.parse(fs.readFileSync(`${env.CF_HOME ?? env.HOME}/.cf/config.json`, 'utf8'))
  /** @param {string} path */
  const get = async path =>
    call.exchange(call, 'GET', `${config.Target}${path.startsWith('/') ? '' : '/'}${path}`, {
      Accept: 'application/json',
      Authorization: config.AccessToken,
    })
  if (command === 'org' && args.includes('--guid')) {
    const response = await get(`/v3/organizations?names=${encodeURIComponent(name)}`)
    const guid = JSON.parse(response.body.toString()).resources[0]?.guid
    if (guid) return stdout(`${guid}\n`)
    stderr(`no such org: ${name}\n`)
    throw new Exit(1)
  }
  if (command === 'curl' && (kind === 'bare-wrapper' || /^\/?v2\/events/.test(name))) {
    const response = await get(name)
    return stdout(Buffer.concat([response.body, Buffer.from('\n')]))
  }
  if (kind === 'bare-wrapper' && command === 'target') return stdout(`api: ${config.Target}\n`)
  stderr(`${path.basename(call.bin)}: I don't know how to ${args.join(' ')}\n`)
  throw new Exit(1)
}
