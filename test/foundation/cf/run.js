// @ts-check
import * as fs from 'node:fs'
import { loadConfig, replaceUnreadable, saveConfig } from './config.js'
import { Exit } from './out.js'

/** @typedef {import('./call.js').Call} Call */

/**
 * Runs one command line of the stand-in, and logs it: tests count and time the calls by that.
 * @param {Call} call
 * @returns {Promise<number>} the exit code
 */
export const run = async call => {
  const start = call.now()
  const code = await codeOf(call)
  if (call.env.CF_STANDIN_LOG) {
    const line = JSON.stringify({ argv: call.args, start, end: call.now() })
    fs.appendFileSync(call.env.CF_STANDIN_LOG, `${line}\n`)
  }
  return code
}

/** @param {Call} call */
const codeOf = async call => {
  try {
    await command(call)
    return 0
  } catch (error) {
    if (error instanceof Exit) return error.code
    call.stderr(`${/** @type {Error} */ (error).stack}\n`)
    return 70
  }
}

/** @param {Call} call */
const command = async call => {
  const kind = call.env.CF_STANDIN_KIND
  if (kind) {
    const { stranger } = await import('./strangers.js')
    return stranger(call, kind)
  }
  const config = loadConfig(call)
  call.config = config
  const { legacy } = call.generation
  const [name, ...rest] = call.args
  // v8 writes the whole file at the end of every command; so do v6 and v7, but for `curl`.
  let writes = true
  try {
    const commands = await import('./commands.js')
    if (name === undefined) return commands.help(call)
    if (name === 'curl') {
      const options = await curlOptions(call, rest)
      if (!options) return
      writes = !legacy
      if (legacy) replaceUnreadable(call)
      commands.needApi(call, true)
      const { curl } = await import('./curl.js')
      return await curl(call, options)
    }
    const known = /** @type {Record<string, ((call: Call) => unknown) | undefined>} */ ({
      org: async () => {
        const org = await orgName(call, rest)
        if (rest.some(each => each.startsWith('--guid='))) writes = false
        if (org !== undefined) await commands.org(call, org)
      },
      orgs: commands.orgs,
      target: commands.target,
      api: commands.api,
      'oauth-token': commands.oauthToken,
      logout: commands.logout,
      version: commands.showVersion,
      '--version': commands.showVersion,
      '-v': commands.showVersion,
      help: commands.help,
    })[name]
    writes = known !== undefined
    if (known) return void (await known(call))
    const plugins = await import('./plugins.js')
    if (name === 'plugins') plugins.list(call)
    else if (name === 'install-plugin') await plugins.install(call, rest)
    else if (name === 'uninstall-plugin') await plugins.uninstall(call, rest)
    else if (!(await plugins.runCommand(call, name, rest))) commands.unknownCommand(call, name)
  } finally {
    if (writes) saveConfig(call)
  }
}

/**
 * @param {Call} call
 * @param {string[]} rest
 * @returns {Promise<import('./curl.js').CurlOptions | undefined>}
 */
const curlOptions = async (call, rest) => {
  const { misuse, tooMany, usage } = await import('./commands.js')
  /** @type {string[]} */
  const paths = []
  /** @type {import('./curl.js').CurlOptions} */
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
    const value = () => rest[++at] ?? misuse(call, 'curl', `expected argument for flag \`${each}'`)
    // The global flag that stands for CF_TRACE=true.
    if (each === '-v') call.env.CF_TRACE = 'true'
    else if (each === '-i') options.include = true
    else if (each === '--fail' || each === '-f') options.failing = true
    else if (each === '--output') options.output = value()
    else if (each === '-X') options.method = value()
    else if (each === '-d') options.data = value()
    else if (each === '-H') {
      const [name = '', content = ''] = value().split(/: *(.*)/s)
      options.headers[name] = content
    } else if (each === '-h' || each === '--help') return void usage(call, 'curl')
    else if (/^--./.test(each)) misuse(call, 'curl', `unknown flag \`${each.slice(2)}'`)
    else if (/^-./.test(each)) misuse(call, 'curl', `unknown flag \`${each.charAt(1)}'`)
    else paths.push(each)
  }
  if (paths.length === 0) misuse(call, 'curl', 'the required argument `PATH` was not provided')
  if (paths.length > 1) tooMany(call, 'curl', paths[1] ?? '')
  options.path = paths[0] ?? ''
  options.method ||= options.data === undefined ? 'GET' : 'POST'
  return options
}

/**
 * The name in `org NAME --guid`; no name that begins with a dash can be given, `--` is one.
 * @param {Call} call
 * @param {string[]} rest
 */
const orgName = async (call, rest) => {
  const { misuse, tooMany, usage } = await import('./commands.js')
  const names = []
  for (const each of rest) {
    if (each === '--guid') continue
    if (each === '-v') {
      call.env.CF_TRACE = 'true'
      continue
    }
    if (/^-h/.test(each) || each === '--help') return void usage(call, 'org')
    if (each.startsWith('--guid=')) {
      call.stderr(
        "Unexpected flag error\ntype: no argument for bool\nmessage: bool flag `--guid' cannot have an argument\n",
      )
      return
    }
    if (/^--./.test(each)) misuse(call, 'org', `unknown flag \`${each.slice(2)}'`)
    if (/^-[^-]/.test(each)) misuse(call, 'org', `unknown flag \`${each.charAt(1)}'`)
    names.push(each)
  }
  if (names.length === 0) misuse(call, 'org', 'the required argument `ORG` was not provided')
  // v6 takes the first and is silent about the rest.
  if (names.length > 1 && !call.generation.v6) tooMany(call, 'org', names[1] ?? '')
  return names[0]
}
