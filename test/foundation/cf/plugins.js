// @ts-check
// The plugins of cf: it copies one file, asks it over net/rpc what it is, keeps it, and runs it.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import * as path from 'node:path'
import { accepted, valuesIn } from './gob.js'
import { Exit, fail } from './out.js'

/** @typedef {import('./call.js').Call} Call */
/** @typedef {{ Location: string, Version: { Major: number, Minor: number, Build: number }, Commands: { Name: string, HelpText: string, UsageDetails: { Usage: string } }[] }} Plugin */

/** @param {Call} call */
const folderOf = ({ env }) =>
  path.join(env.CF_PLUGIN_HOME || env.CF_HOME || env.HOME || process.cwd(), '.cf', 'plugins')

/** @param {Call} call @returns {Record<string, Plugin>} */
const installedOf = call => {
  try {
    return JSON.parse(fs.readFileSync(path.join(folderOf(call), 'config.json'), 'utf8')).Plugins
  } catch {
    return {}
  }
}

/** @param {Call} call @param {Record<string, Plugin>} Plugins */
const save = (call, Plugins) => {
  fs.mkdirSync(folderOf(call), { recursive: true })
  fs.writeFileSync(path.join(folderOf(call), 'config.json'), JSON.stringify({ Plugins }))
}

/**
 * Runs a plugin, while cf listens for what it says.
 * @param {Call} call @param {string} file @param {string[]} words
 * @returns {Promise<{ code: number | null, said: any[] }>}
 */
const runPlugin = async (call, file, words) => {
  /** @type {any[]} */
  let said = []
  const server = createServer(socket => {
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      bytes = Buffer.concat([bytes, chunk])
      said = valuesIn(bytes) ?? []
      if (said.length === 2) socket.write(accepted)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', () => done(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const child = spawn(file, [String(port), ...words], { env: call.env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', call.stdout)
  child.stderr.on('data', call.stderr)
  /** @type {number | null} */
  const code = await new Promise((done, refuse) => child.on('close', done).on('error', refuse))
  server.close()
  return { code, said }
}

/** @param {Call} call @param {string[]} args */
export const install = async (call, args) => {
  const [file = ''] = args.filter(each => each !== '-f')
  const folder = folderOf(call)
  fs.mkdirSync(folder, { recursive: true })
  const copy = path.join(fs.mkdtempSync(path.join(folder, 'temp')), 'copy')
  try {
    fs.copyFileSync(file, copy)
    fs.chmodSync(copy, 0o700)
    call.stdout('Attention: Plugins are binaries written by potentially untrusted authors.\n')
    const { code, said } = await runPlugin(call, copy, ['SendMetadata'])
    const [head, metadata] = said
    if (code !== 0 || head?.ServiceMethod !== 'CliRpcCmd.SetPluginMetadata' || !metadata?.Name)
      fail(call, `exit status ${code}\nFile is not a valid cf CLI plugin binary.`)
    const plugins = installedOf(call)
    const Location = path.join(folder, metadata.Name)
    if (plugins[metadata.Name]) {
      if (!args.includes('-f')) fail(call, `Plugin ${metadata.Name} is already installed.`)
      await runPlugin(call, Location, ['CLI-MESSAGE-UNINSTALL'])
    }
    fs.copyFileSync(copy, Location)
    fs.chmodSync(Location, 0o755)
    const { Version, Commands } = metadata
    const version = { Major: 0, Minor: 0, Build: 0, ...Version }
    save(call, { ...plugins, [metadata.Name]: { Location, Version: version, Commands } })
    call.stdout(`OK\n\nPlugin ${metadata.Name} successfully installed.\n`)
  } finally {
    fs.rmSync(path.dirname(copy), { recursive: true })
  }
}

/** @param {Call} call */
export const list = call => {
  const rows = Object.entries(installedOf(call)).flatMap(([name, { Version, Commands }]) =>
    Commands.map(command => [
      name,
      `${Version.Major}.${Version.Minor}.${Version.Build}`,
      command.Name,
      command.HelpText,
    ]),
  )
  const table = [['plugin', 'version', 'command name', 'command help'], ...rows]
  const widths = table[0]?.map((_, index) => Math.max(...table.map(row => row[index]?.length ?? 0))) ?? []
  const lines = table.map(row =>
    row.map((cell, index) => (index === 3 ? cell : cell.padEnd(widths[index] ?? 0))).join('   '),
  )
  call.stdout(
    `Listing installed plugins...\n\n${lines.join('\n')}\n\nUse 'cf repo-plugins' to list plugins in registered repos available to install.\n`,
  )
}

/** @param {Call} call @param {string[]} args */
export const uninstall = async (call, [name = '']) => {
  const { [name]: plugin, ...others } = installedOf(call)
  if (plugin === undefined) return fail(call, `Plugin ${name} does not exist.`)
  call.stdout(`Uninstalling plugin ${name}...\n`)
  await runPlugin(call, plugin.Location, ['CLI-MESSAGE-UNINSTALL'])
  fs.rmSync(plugin.Location)
  save(call, others)
  call.stdout(`OK\n\nPlugin ${name} successfully uninstalled.\n`)
}

/**
 * Runs the plugin that has a command.
 * @param {Call} call @param {string} name @param {string[]} args
 * @returns {Promise<boolean>} whether there is one
 */
export const runCommand = async (call, name, args) => {
  const plugin = Object.values(installedOf(call)).find(({ Commands }) =>
    Commands.some(command => command.Name === name),
  )
  if (plugin === undefined) return false
  if (args.some(each => /^--?h(elp)?$/.test(each))) {
    const [command] = plugin.Commands
    call.stdout(`NAME:\n   ${name} - ${command?.HelpText}\n\nUSAGE:\n   ${command?.UsageDetails.Usage}\n`)
    return true
  }
  const verbose = args.indexOf('-v')
  const words = args.filter((_, index) => index !== verbose)
  const { code } = await runPlugin(call, plugin.Location, [name, ...words])
  if (code !== 0) throw new Exit(1) // Whatever the code is.
  return true
}
