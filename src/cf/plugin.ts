import { connect } from 'node:net'
import { Failed } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { errorFromCfOutput } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/** A plugin that `cf` has installed. */
export interface InstalledPlugin {
  readonly name: string
  /** As `cf` shows it: `1.2.3`, or `N/A`. */
  readonly version: string
  readonly command: string
}

/** The plugins of this user, by `cf plugins`: a row for each command, in the order name, version, command. */
export async function plugins(runCf: RunCf): Promise<InstalledPlugin[]> {
  const { stdout } = await runOrFail(runCf, 'plugins')
  return stdout
    .toString('utf8')
    .split(/\r?\n/)
    .map(line => /^(\S+) {2,}(\S+) {2,}(\S+)/.exec(line))
    .filter(row => row !== null)
    .map(([, name, version, command]) => ({ name: name!, version: version!, command: command! }))
}

/** Installs a plugin, or replaces the one of the same name. `cf` runs it for its metadata. */
export async function installPlugin(runCf: RunCf, path: string): Promise<void> {
  await runOrFail(runCf, 'install-plugin', path, '-f')
}

export async function uninstallPlugin(runCf: RunCf, name: string): Promise<void> {
  await runOrFail(runCf, 'uninstall-plugin', name)
}

async function runOrFail(runCf: RunCf, ...args: readonly string[]): Promise<RunResult> {
  const ran = await runCf(args)
  if (ran.exitCode === 0) return ran
  const printed = ran.stdout.toString('utf8')
  const reason = redactedExcerpt(
    `${ran.stderr}\n${printed}`.replace(/^(FAILED|Attention: .*|Install and use .*)$/gm, ''),
  )
  throw (
    errorFromCfOutput(printed) ??
    errorFromCfOutput(ran.stderr) ??
    new Failed(
      `cf ${args[0]} failed: ${reason || 'it printed no reason'}`,
      'Run the same call with cf itself.',
    )
  )
}

/** What `cf` wants to know of a plugin (cloudfoundry/cli, plugin/plugin.go). */
export interface PluginMetadata {
  readonly name: string
  readonly version: Version
  /** What `cf` lists, and shows as help. */
  readonly command: { readonly name: string; readonly help: string; readonly usage: string }
}

/** Major, minor, build. */
export type Version = readonly [number, number, number]

const replyMs = 10_000

/**
 * Sends the metadata of the plugin to `cf`, which listens on a local port while it installs a plugin.
 * @throws Failed when it does not take that.
 */
export function sendMetadata(port: number, metadata: PluginMetadata): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) =>
      reject(new Failed(`cf did not take the plugin: ${why}.`, 'Update cf, then install it again.'))
    let answer = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => socket.write(setPluginMetadata(metadata)))
    socket.setTimeout(replyMs, () => socket.destroy(new Error('no answer')))
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk])
      const reply = replyOf(answer)
      if (reply === undefined) return
      socket.destroy()
      if (reply) resolve()
      else failed('it refused the metadata')
    })
    socket.on('error', error => failed(error.message))
    socket.on('close', () => failed('it hung up'))
  })
}

// The encoding of Go's net/rpc, as far as a plugin needs it to say what it is (go doc encoding/gob).

/** The call CliRpcCmd.SetPluginMetadata: definitions of its types, its head, its argument. */
export function setPluginMetadata({ name, version, command }: PluginMetadata): Buffer {
  return Buffer.concat([
    define(ids.request, struct('Request', ids.request, { ServiceMethod: ids.string, Seq: ids.uint })),
    message(ids.request, fields([string('CliRpcCmd.SetPluginMetadata')])),
    define(
      ids.metadata,
      struct('PluginMetadata', ids.metadata, {
        Name: ids.string,
        Version: ids.version,
        Commands: ids.commands,
      }),
    ),
    define(
      ids.version,
      struct('VersionType', ids.version, { Major: ids.int, Minor: ids.int, Build: ids.int }),
    ),
    define(ids.commands, [2, ...fields([common('[]Command', ids.commands), int(ids.command)]), 0]),
    define(
      ids.command,
      struct('Command', ids.command, { Name: ids.string, HelpText: ids.string, UsageDetails: ids.usage }),
    ),
    define(ids.usage, struct('Usage', ids.usage, { Usage: ids.string })),
    message(
      ids.metadata,
      fields([
        string(name),
        fields(version.map(number => (number === 0 ? undefined : int(number)))),
        [
          ...uint(1),
          ...fields([string(command.name), string(command.help), fields([string(command.usage)])]),
        ],
      ]),
    ),
  ])
}

/** Whether `cf` accepted the metadata; undefined until the reply is complete. */
export function replyOf(bytes: Buffer): boolean | undefined {
  const values: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const [length, start] = readUint(bytes, at)
    if (length === undefined || start + length > bytes.length) break
    const body = bytes.subarray(start, start + length)
    at = start + length
    const [type = 0] = readUint(body, 0)
    if ((type & 1) === 0) values.push(body) // An odd number is a negative one: a definition.
  }
  // The head of the answer, then the answer: a zero byte, and the bool.
  return values.length < 2 ? undefined : values[1]!.at(-1) === 1
}

// Built-in types, then ours, from 65 on.
const ids = {
  int: 2,
  uint: 3,
  string: 6,
  request: 65,
  metadata: 66,
  version: 67,
  commands: 68,
  command: 69,
  usage: 70,
} as const

/** Below 128 one byte; else how many bytes, negated, and those bytes. */
function uint(value: number): number[] {
  if (value < 128) return [value]
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [256 - bytes.length, ...bytes]
}

const int = (value: number) => uint(value < 0 ? -value * 2 - 1 : value * 2)

function string(text: string): number[] {
  const bytes = Buffer.from(text)
  return [...uint(bytes.length), ...bytes]
}

/** The fields of a struct, each preceded by its distance from the previous one. Zero values are omitted. */
function fields(values: readonly (readonly number[] | undefined)[]): number[] {
  const bytes: number[] = []
  let before = -1
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue
    bytes.push(index - before, ...value)
    before = index
  }
  return [...bytes, 0]
}

const common = (name: string, id: number) => fields([string(name), int(id)])

function struct(name: string, id: number, types: Readonly<Record<string, number>>): number[] {
  const entries = Object.entries(types)
  const members = entries.flatMap(([field, type]) => fields([string(field), int(type)]))
  return [3, ...fields([common(name, id), [...uint(entries.length), ...members]]), 0]
}

function framed(payload: readonly number[]): Buffer {
  return Buffer.from([...uint(payload.length), ...payload])
}

const define = (id: number, type: readonly number[]) => framed([...int(-id), ...type])
const message = (id: number, value: readonly number[]) => framed([...int(id), ...value])

function readUint(bytes: Buffer, at: number): [value: number | undefined, next: number] {
  const first = bytes[at]
  if (first === undefined) return [undefined, at]
  if (first < 128) return [first, at + 1]
  const length = 256 - first
  if (length > 6 || at + 1 + length > bytes.length) return [undefined, at]
  return [bytes.readUIntBE(at + 1, length), at + 1 + length]
}
