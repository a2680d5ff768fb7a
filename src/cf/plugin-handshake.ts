import { connect } from 'node:net'
import { Failed } from '../errors.ts'
import { type PluginMetadata, replyOf, setPluginMetadata } from './plugin-metadata.ts'

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
