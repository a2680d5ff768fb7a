#!/usr/bin/env node
// @ts-check
/**
 * A stand-in for `cf`: what each generation of the real one prints, writes and returns. Plain JavaScript on
 * bare sockets, so that it starts about as fast as node does and puts a path on the wire exactly as given.
 */
import * as fs from 'node:fs'
import { loadConfig, replaceUnreadable, saveConfig } from './cf/config.js'
import { legacy, v6 } from './cf/generation.js'
import { Exit, stderr } from './cf/out.js'

const { env } = process
const args = process.argv.slice(2)
const start = Date.now()

/** Tests count and time the processes by it. */
const log = () => {
  if (!env.CF_STANDIN_LOG) return
  fs.appendFileSync(env.CF_STANDIN_LOG, `${JSON.stringify({ argv: args, start, end: Date.now() })}\n`)
}

const run = async () => {
  if (env.CF_STANDIN_KIND) {
    const { stranger } = await import('./cf/strangers.js')
    return stranger(env.CF_STANDIN_KIND, args)
  }
  const config = loadConfig()
  env.CF_STANDIN_SSL_DISABLED = config.SSLDisabled ? '1' : '0'
  const [command, ...rest] = args
  // v8 writes the whole file at the end of every command; so do v6 and v7, but for `curl`.
  let writes = true
  try {
    const commands = await import('./cf/commands.js')
    if (command === undefined) return commands.help()
    if (command === 'curl') {
      const options = await curlOptions(rest)
      if (!options) return
      writes = !legacy
      if (legacy) replaceUnreadable(config)
      commands.needApi(config, true)
      const { curl } = await import('./cf/curl.js')
      return await curl(config, options)
    }
    const known = /** @type {Record<string, (() => unknown) | undefined>} */ ({
      org: async () => {
        const name = await orgName(rest)
        if (rest.some(each => each.startsWith('--guid='))) writes = false
        if (name !== undefined) await commands.org(config, name)
      },
      orgs: () => commands.orgs(config),
      target: () => commands.target(config),
      api: () => commands.api(config),
      'oauth-token': () => commands.oauthToken(config),
      logout: () => commands.logout(config),
      version: commands.showVersion,
      '--version': commands.showVersion,
      '-v': commands.showVersion,
      help: commands.help,
    })[command]
    writes = known !== undefined
    await (known ? known() : commands.unknownCommand(command))
  } finally {
    if (writes) saveConfig(config)
  }
}

/**
 * @param {string[]} rest
 * @returns {Promise<import('./cf/curl.js').CurlOptions | undefined>}
 */
const curlOptions = async rest => {
  const { misuse, tooMany, usage } = await import('./cf/commands.js')
  /** @type {string[]} */
  const paths = []
  /** @type {import('./cf/curl.js').CurlOptions} */
  const options = {
    path: '',
    include: false,
    failing: false,
    output: undefined,
    method: '',
    headers: {},
    data: undefined,
  }
  for (let at = 0; at < rest.length; at++) {
    const each = rest[at] ?? ''
    const value = () => rest[++at] ?? misuse('curl', `expected argument for flag \`${each}'`)
    // The global flag that stands for CF_TRACE=true.
    if (each === '-v') env.CF_TRACE = 'true'
    else if (each === '-i') options.include = true
    else if (each === '--fail' || each === '-f') options.failing = true
    else if (each === '--output') options.output = value()
    else if (each === '-X') options.method = value()
    else if (each === '-d') options.data = value()
    else if (each === '-H') {
      const [name = '', content = ''] = value().split(/: *(.*)/s)
      options.headers[name] = content
    } else if (each === '-h' || each === '--help') return void usage('curl')
    else if (/^--./.test(each)) misuse('curl', `unknown flag \`${each.slice(2)}'`)
    else if (/^-./.test(each)) misuse('curl', `unknown flag \`${each.charAt(1)}'`)
    else paths.push(each)
  }
  if (paths.length === 0) misuse('curl', 'the required argument `PATH` was not provided')
  if (paths.length > 1) tooMany('curl', paths[1] ?? '')
  options.path = paths[0] ?? ''
  options.method ||= options.data === undefined ? 'GET' : 'POST'
  return options
}

/**
 * The name in `org NAME --guid`; no name that begins with a dash can be given, `--` is one.
 * @param {string[]} rest
 */
const orgName = async rest => {
  const { misuse, tooMany, usage } = await import('./cf/commands.js')
  const names = []
  for (const each of rest) {
    if (each === '--guid') continue
    if (each === '-v') {
      env.CF_TRACE = 'true'
      continue
    }
    if (/^-h/.test(each) || each === '--help') return void usage('org')
    if (each.startsWith('--guid=')) {
      stderr(
        "Unexpected flag error\ntype: no argument for bool\nmessage: bool flag `--guid' cannot have an argument\n",
      )
      return
    }
    if (/^--./.test(each)) misuse('org', `unknown flag \`${each.slice(2)}'`)
    if (/^-[^-]/.test(each)) misuse('org', `unknown flag \`${each.charAt(1)}'`)
    names.push(each)
  }
  if (names.length === 0) misuse('org', 'the required argument `ORG` was not provided')
  // v6 takes the first and is silent about the rest.
  if (names.length > 1 && !v6) tooMany('org', names[1] ?? '')
  return names[0]
}

let code = 0
try {
  await run()
} catch (error) {
  if (error instanceof Exit) code = error.code
  else {
    stderr(`${/** @type {Error} */ (error).stack}\n`)
    code = 70
  }
}
log()
process.exit(code)
